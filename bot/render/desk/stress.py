"""A replay -> its message: what ends the trade first, cash day by day, what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from bot.desk.stress import StressReply
from bot.i18n import Lang, say
from bot.render.desk.parts import (
    inputs_block,
    millions,
    notes_block,
    page,
    sources_block,
    thousands,
    trade_lines,
    trade_sources,
)
from bot.render.html import escape
from bot.render.measures import measure_name
from bot.render.numbers import dollars, number
from bot.render.table import table
from tools.stress import CHANNELS, Shock, StressDay

SHOWN = 14
_FLOWS = (
    "variation_margin", "repo_margin", "haircut_call", "margin_call", "interest", "coupons",
)  # fmt: skip
_COSTS = frozenset({"haircut_call", "margin_call", "interest"})


def title(reply: StressReply, lang: Lang) -> str:
    """Return the name of what is replayed."""
    path = reply.path
    if path.episode:
        return say(lang, f"episode.{path.episode}")
    if path.kind == "recorded" and path.start:
        last = path.start + timedelta(days=path.shocks[-1].day)
        return say(lang, "stress.days_on_record", first=path.start, last=last)
    return say(lang, "stress.free")


def stress_html(reply: StressReply, lang: Lang) -> str:
    """Return the message of /stress."""
    return page(
        f"<b>{escape(title(reply, lang))}</b>",
        _headline(reply, lang),
        say(lang, "stress.line_rolling", share=f"{reply.rolling_pct:g}"),
        *_unpaid(reply, lang),
        *_capital_unknown(reply, lang),
        _days(reply, lang),
        _worst(reply, lang),
        _missing(reply, lang),
        notes_block(reply.notes, lang, frozenset({"margin_missing", "haircut_missing"})),
        inputs_block([*trade_lines(reply.trade, lang), *_inputs(reply, lang)], lang),
        escape(say(lang, "stress.convention")),
        sources_block([*_sources(reply, lang), *trade_sources(reply.trade, lang)]),
    )


def _headline(reply: StressReply, lang: Lang) -> str:
    found, last = reply.found, reply.found.days[-1]
    values = {
        "cash": dollars(last.cash),
        "equity": dollars(last.equity),
        "face": dollars(last.face),
        "need": dollars(found.worst_cash_need_usd),
        "buffer": dollars(reply.trade.buffer_usd),
    }
    if found.ended_by is None:
        return say(lang, "stress.survives", verdict=verdict(reply, lang), **values)
    lines = [
        say(lang, f"stress.event_{name}", day=day_name(reply, day, lang), **values)
        for name, day in found.events
    ]
    sold = reply.trade.request.face_usd - last.face
    if sold > 0:
        lines.append(say(lang, "stress.sold", sold=dollars(sold), **values))
    return "\n".join([say(lang, "stress.ends"), *lines])


def verdict(reply: StressReply, lang: Lang) -> str:
    """Return what can be said where nothing gave: of the whole only with every channel stated."""
    without = reply.left_out
    if not without:
        return say(lang, "stress.lives_through")
    included = [name for name in CHANNELS if name not in without]
    if not included:
        return say(lang, "stress.nothing_stated")
    return say(
        lang, "stress.partial", included=_listed(included, lang), without=_listed(without, lang)
    )


def _listed(channels: Iterable[str], lang: Lang) -> str:
    return say(lang, "desk.comma").join(say(lang, f"stress.channel_{name}") for name in channels)


def _unpaid(reply: StressReply, lang: Lang) -> Iterator[str]:
    """Yield that a rate stated for the last day alone costs nothing in this replay."""
    shocks = reply.path.shocks
    if "repo" in reply.left_out and any(shock.repo_pct is not None for shock in shocks):
        yield say(lang, "stress.rate_unpaid", day=shocks[-1].day + 1)


def _capital_unknown(reply: StressReply, lang: Lang) -> Iterator[str]:
    """Yield that haircut or margin was not given: as nothing stands for them, equity is small."""
    request = reply.trade.request
    for name, given in (("haircut", request.haircut_pct), ("margin", request.margin_usd)):
        if given is None:
            yield say(lang, f"stress.no_{name}")


def day_name(reply: StressReply, day: int, lang: Lang) -> str:
    """Return a day of the replay: its date, or its number where the shocks have no dates."""
    if reply.path.start is None:
        return say(lang, "stress.day_number", day=day)
    return (reply.path.start + timedelta(days=day)).isoformat()


def _shocks(reply: StressReply) -> dict[int, Shock]:
    return {shock.day: shock for shock in reply.path.shocks}


def _days(reply: StressReply, lang: Lang) -> str:
    """Return cash, equity and face by day, in millions; the first and the worst days of many."""
    by_day = _shocks(reply)
    rows = [(say(lang, "stress.col_day"), "bp", say(lang, "stress.col_cash"),
             say(lang, "stress.col_equity"), say(lang, "stress.col_face"))]  # fmt: skip
    shown = _chosen(reply.found.days)
    for day in shown:
        label = day_name(reply, day.day, lang)[5:] if reply.path.start else str(day.day)
        rows.append(
            (
                label,
                number(by_day[day.day].yield_bp or 0.0, sign=True),
                millions(day.cash),
                millions(day.equity),
                millions(day.face, 1),
            )
        )
    left_out = len(reply.found.days) - len(shown)
    said = say(lang, "stress.more_days", count=left_out) if left_out else ""
    return page(table(rows, gap=1), say(lang, "stress.in_millions"), said)


def _chosen(days: tuple[StressDay, ...]) -> list[StressDay]:
    """Return the days to show: all of a few; of many the ends and those of the least cash."""
    if len(days) <= SHOWN:
        return list(days)
    worst = sorted(days[1:-1], key=lambda day: day.cash - day.shortfall)[: SHOWN - 2]
    return sorted({days[0], *worst, days[-1]}, key=lambda day: day.day)


def _worst(reply: StressReply, lang: Lang) -> str:
    """Return the flows of the day with the largest cash need, or of the least cash."""
    day = max(reply.found.days, key=lambda d: (d.shortfall, _largest_flow(d)))
    rows = [
        (say(lang, f"stress.{name}"), thousands(-amount if name in _COSTS else amount, 1))
        for name in _FLOWS
        if abs(amount := getattr(day, name)) >= 50
    ]
    if not rows:
        return ""
    if day.shortfall:
        rows.append((say(lang, "stress.shortfall"), thousands(day.shortfall, 1)))
    return page(say(lang, "stress.worst_day", day=day_name(reply, day.day, lang)), table(rows))


def _largest_flow(day: StressDay) -> float:
    return max(abs(float(getattr(day, name))) for name in _FLOWS)


def _missing(reply: StressReply, lang: Lang) -> str:
    names = [*reply.path.missing]
    if reply.path.episode and reply.path.kind == "recorded":
        names = [name for name in names if name != "days_between"]
    return "\n".join(f"\N{BULLET} {escape(say(lang, f'episode.missing_{name}'))}" for name in names)


def _inputs(reply: StressReply, lang: Lang) -> Iterator[str]:
    for shock in reply.path.shocks[:SHOWN]:
        parts = [
            say(lang, f"stress.shock_{name}", value=form.format(value))
            for name, form in (
                ("yield_bp", "{:+g}"),
                ("basis_32nds", "{:+g}"),
                ("repo_pct", "{:.2f}"),
                ("haircut_pct", "{:.2f}"),
                ("margin_usd", "{:,.0f}"),
            )
            if (value := getattr(shock, name))
        ]
        if parts and reply.path.kind != "recorded":
            said = say(lang, "desk.comma").join(parts)
            yield say(lang, "stress.line_shock", day=day_name(reply, shock.day, lang), shocks=said)


def _sources(reply: StressReply, lang: Lang) -> Iterator[str]:
    if reply.path.kind == "recorded":
        for series in reply.path.sources:
            yield say(lang, "stress.source_series", name=measure_name(lang, series))
        return
    yield from reply.path.sources


def stress_formula(reply: StressReply, lang: Lang) -> list[str]:
    """Return how a day is made."""
    return [say(lang, "stress.formula")]


def stress_rows(reply: StressReply) -> list[tuple[object, ...]]:
    """Return the days as rows, a header first."""
    by_day = _shocks(reply)
    head = (
        "day", "date", "yield_bp", "repo_pct", "clean_price", "futures_price", *_FLOWS,
        "shortfall", "sold_face", "face", "cash", "equity",
    )  # fmt: skip
    rows: list[tuple[object, ...]] = [head]
    for day in reply.found.days:
        start = reply.path.start
        when = start + timedelta(days=day.day) if start else ""
        shock = by_day[day.day]
        rows.append(
            (day.day, when, shock.yield_bp, shock.repo_pct, day.clean_price, day.futures_price,
             *(getattr(day, name) for name in _FLOWS), day.shortfall, day.sold_face, day.face,
             day.cash, day.equity)
        )  # fmt: skip
    return rows
