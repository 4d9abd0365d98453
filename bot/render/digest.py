"""A Digest -> the messages of a chat, plain text for the terminal, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import Any

from bot.answering.compose import publisher
from bot.digest import Absent, Digest, Figure, PositionBlock
from bot.i18n import Lang, say
from bot.render.feeds import trouble_lines
from bot.render.html import escape, measure, plain
from bot.render.message import Attachment, Button, Keyboard, Message
from bot.render.numbers import billions, number
from bot.render.table import table
from knowledge.report import Claim
from tools.market.snapshot import Age
from tools.positions import TREASURY
from tools.riskscore import Score

DASH = "\N{EN DASH}"
LIMIT = 3500
MOST_CLAIMS = 3
YIELDS = {"ust_2y", "ust_5y", "ust_10y", "ust_30y"}
FAILS = {"pd_fails_deliver", "pd_fails_receive"}
STEPS = {"iorb", "srf_rate"}  # rates that hold from the day that they are of
LONGEST_CLAIM = 220


# What may be left out where the text would grow too long, in this order.
DISPENSABLE = ("memory", "movers", "absent", "claims", "slow")
# What a chat may leave out of its digest; score, freshness, blind spots and sources stay.
SECTIONS = ("positions", "funding", "volatility", "dealers", "memory", "charts")
# Feeds that the score needs: their failure is named, that of the others only counted.
SCORED = {"cftc_tff", "nyfed_rates", "treasury_par", "fred_iorb"}


def _amount(lang: Lang, unit: str, value: float, sign: bool = False) -> str:
    if unit == "usd":
        return billions(value / 1e9, 1 if abs(value) < 1e11 else 0, sign)
    digits = 2 if unit in {"pct", "times"} else 1
    return say(lang, f"digest.unit.{unit}", value=number(value, digits, sign))


def _figure(lang: Lang, figure: Figure) -> str:
    name = say(lang, f"digest.figure.{figure.key}")
    value = _amount(lang, figure.unit, figure.value)
    if figure.change is None:
        key = "line_since" if figure.key in STEPS else "line"
        return say(lang, f"digest.figure.{key}", name=name, value=value, date=figure.as_of)
    return say(
        lang, "digest.figure.line_change", name=name, value=value, change=_change(lang, figure),
        date=figure.as_of,
    )  # fmt: skip


def _change(lang: Lang, figure: Figure) -> str:
    change = figure.change or 0.0
    # A rate moves in basis points, whatever it is quoted in.
    if figure.unit == "pct":
        return say(lang, "digest.unit.bp", value=number(change, sign=True))
    return _amount(lang, figure.unit, change, sign=True)


def _together(lang: Lang, key: str, figures: Sequence[Figure]) -> Iterator[str]:
    """Yield figures of one day in one line, others each in its own."""
    if len(figures) < 2 or len({figure.as_of for figure in figures}) > 1:
        yield from (_figure(lang, figure) for figure in figures)
        return
    items = say(lang, "digest.comma").join(
        say(
            lang,
            "digest.figure.item" if figure.change is None else "digest.figure.item_change",
            name=say(lang, f"digest.short.{figure.key}"),
            value=_amount(lang, figure.unit, figure.value),
            change=_change(lang, figure),
        )
        for figure in figures
    )
    yield say(lang, f"digest.together.{key}", items=items, date=figures[0].as_of)


def _period(figure: Figure) -> str:
    """Return the month or quarter that a slow figure is of."""
    day = figure.as_of
    return f"{day:%Y}Q{(day.month + 2) // 3}" if figure.key.startswith("hf") else f"{day:%Y-%m}"


def _slow(lang: Lang, figure: Figure) -> str:
    name = say(lang, f"digest.figure.{figure.key}")
    value = _amount(lang, figure.unit, figure.value)
    if figure.change is None:
        return say(lang, "digest.figure.line", name=name, value=value, date=_period(figure))
    change = _amount(lang, figure.unit, figure.change, sign=True)
    return say(
        lang, "digest.figure.line_slow", name=name, value=value, change=change,
        date=_period(figure),
    )  # fmt: skip


def _part(lang: Lang, value: float | None) -> str:
    return say(lang, "score.na") if value is None else number(value)


def _why(digest: Digest, lang: Lang, name: str) -> str:
    """Return why an input of the score is missing."""
    tff, sofr, ust = (digest.age(key) for key in ("tff", "sofr", "ust_10y"))
    report = digest.positions.report if digest.positions else None
    if name in {"dv01_m", "pct_oi"}:
        key = f"tff_{tff.state}"
    elif name == "sofr_iorb_max_bp":
        key = {"missing": "sofr_missing", "dropped": "sofr_dropped"}.get(sofr.state, "iorb")
    elif name == "rv20_bp":
        key = f"ust_10y_{ust.state}" if not ust.usable else "ust_10y_short"
    elif not tff.usable:
        key = f"tff_{tff.state}"
    elif tff.days is not None and tff.days > 12:
        key = "unwind_old"
    elif report and report.gross_dv01_m is None:
        key = "unwind_gross"
    else:
        key = "unwind_gap"
    age = sofr if key.startswith("sofr") else ust if key.startswith("ust") else tff
    return say(lang, f"score.why.{key}", days=age.days, date=age.as_of)


def _reasons(digest: Digest, lang: Lang) -> str:
    reasons = dict.fromkeys(_why(digest, lang, name) for name in digest.missing)
    return say(lang, "digest.semicolon").join(reasons)


def _score_lines(digest: Digest, lang: Lang) -> Iterator[str]:
    score = digest.score
    if score is None:
        yield say(lang, "score.none", reasons=_reasons(digest, lang))
        return
    change = ""
    if digest.score_before:
        moved = number(score.score - digest.score_before.score, 1, sign=True)
        change = say(lang, "score.change", change=moved)
    band = say(lang, f"score.band.{score.band}")
    yield say(lang, "score.headline", score=number(score.score, 1), band=band, change=change)
    yield say(
        lang,
        "score.parts",
        size=number(score.size),
        stress=number(score.stress),
        funding=_part(lang, score.funding),
        volatility=_part(lang, score.volatility),
        unwind=_part(lang, score.unwind),
    )
    if digest.moved:
        yield say(lang, "score.moved", parts=_moves(digest, lang))
    if score.stress_leads:
        yield say(lang, "score.stress_leads", parts=_stress_parts(score, lang))
    yield _inputs(digest, score, lang)


def _moves(digest: Digest, lang: Lang) -> str:
    return say(lang, "digest.comma").join(
        say(
            lang,
            f"score.part.{part}",
            value=say(lang, "score.na") if moved is None else number(moved, sign=True),
        )
        for part, moved in digest.moved
    )


def _stress_parts(score: Score, lang: Lang) -> str:
    parts = {"funding": score.funding, "volatility": score.volatility, "unwind": score.unwind}
    ranked = sorted(((v, k) for k, v in parts.items() if v), reverse=True)
    return say(lang, "digest.comma").join(
        say(lang, f"score.part.{name}", value=number(value)) for value, name in ranked
    )


def _inputs(digest: Digest, score: Score, lang: Lang) -> str:
    if not digest.missing:
        return say(lang, "score.inputs", inputs=score.inputs)
    return say(
        lang,
        "score.range",
        inputs=score.inputs,
        low=number(score.low, 1),
        high=number(score.high, 1),
        reasons=_reasons(digest, lang),
    )


def _thousands(contracts: int | None) -> str:
    return DASH if contracts is None else number(contracts / 1000, sign=True)


def _position_rows(block: PositionBlock, lang: Lang) -> Iterator[tuple[str, ...]]:
    """Yield the table: changes and ranks only where there are any, so that it stays narrow."""
    moved, ranked = block.week is not None, block.percentile is not None
    names = ["net", *(["week"] if moved else []), "face", "dv01", *(["rank"] if ranked else [])]
    yield ("", *(say(lang, f"positions.columns_{name}") for name in names))
    for row in block.rows:
        cells = {
            "net": number(row.short.net),
            "week": _thousands(row.week),
            "face": number(row.short.face_bn),
            "dv01": number(row.dv01_m),
            "rank": number(row.percentile.value) if row.percentile else DASH,
        }
        yield (row.short.contract, *(cells[name] for name in names))


def _sum(block: PositionBlock, lang: Lang) -> str:
    report, week = block.report, ""
    if block.week:
        change = billions(block.week.net_face_bn, sign=True)
        week = say(lang, "positions.sum_week", change=change, since=block.week.since)
    # Chinese readers count in hundred millions; the figure itself looks alike in both languages.
    yi = say(lang, "positions.in_yi", yi=number(report.net_face_bn * 10)) if lang == "zh" else ""
    return say(
        lang,
        "positions.sum",
        net=billions(report.net_face_bn),
        help=yi,
        week=week,
        gross=_known(lang, report.gross_face_bn, billions),
        dv01=number(block.net_dv01_m),
        oi=_known(lang, report.pct_oi, lambda oi: f"{number(oi, 1)}%"),
    )


def _known(lang: Lang, value: float | None, form: Callable[[float], str]) -> str:
    return say(lang, "score.na") if value is None else form(value)


def _movers(block: PositionBlock, lang: Lang) -> Iterator[str]:
    if block.week is None:
        return
    moves = [(row.week or 0, row) for row in block.rows]
    ranked = sorted(moves, key=lambda m: -abs(m[0] * m[1].dv01_usd))[:2]
    largest = [(contracts, row.short.contract) for contracts, row in ranked if contracts]
    if not largest:
        return
    items = say(lang, "digest.comma").join(
        say(
            lang,
            "positions.mover",
            contract=contract,
            contracts=number(contracts, sign=True),
            face=billions(contracts * TREASURY[contract].face_usd / 1e9, 1, sign=True),
        )
        for contracts, contract in largest
    )
    yield say(lang, "positions.movers", since=block.week.since, items=items)


def _dv01_words(block: PositionBlock, lang: Lang) -> str:
    """Return where the DV01s come from."""
    if block.priced is None:
        return say(lang, "positions.dv01_static")
    if not block.static:
        return say(lang, "positions.dv01_ctd", date=block.priced)
    contracts = say(lang, "digest.comma").join(block.static)
    return say(lang, "positions.dv01_mixed", date=block.priced, contracts=contracts)


def _position_lines(digest: Digest, lang: Lang, leave: Collection[str] = ()) -> Iterator[str]:
    block = digest.positions
    if block is None:
        return
    age = digest.age("tff")
    heading = say(lang, "positions.heading", date=block.report.as_of, days=age.days)
    yield f"<b>{say(lang, 'digest.positions')}</b>\n{heading}"
    if age.state != "fresh" and digest.origin != "bundled":
        yield say(lang, "positions.delayed", date=block.report.as_of)
    yield table(list(_position_rows(block, lang)), gap=1)
    yield _sum(block, lang)
    if "movers" not in leave:
        yield from _movers(block, lang)
    dv01 = _dv01_words(block, lang)
    if rank := block.percentile:
        value = number(rank.value)
        yield say(lang, "positions.rank", value=value, reports=rank.reports, since=rank.since)
        yield f"<i>{say(lang, 'positions.legend', since=rank.since, dv01=dv01)}</i>"
    else:
        yield f"<i>{say(lang, 'positions.legend_short', dv01=dv01)}</i>"


def _section(lang: Lang, key: str, figures: tuple[Figure, ...]) -> Iterator[str]:
    if figures:
        yield f"<b>{say(lang, f'digest.{key}')}</b>"
        yield from (_figure(lang, figure) for figure in figures)


def _volatility(digest: Digest, lang: Lang) -> Iterator[str]:
    """Yield the realised volatility and, in one line, the yields."""
    if digest.volatility:
        yields = [figure for figure in digest.volatility if figure.key in YIELDS]
        others = [figure for figure in digest.volatility if figure.key not in YIELDS]
        yield f"<b>{say(lang, 'digest.volatility')}</b>"
        yield from (_figure(lang, figure) for figure in others)
        yield from _together(lang, "yields", yields)


def _dealers(digest: Digest, lang: Lang) -> Iterator[str]:
    """Yield the dealers' figures under a heading that says how late they are."""
    if digest.dealers:
        newest = max(figure.as_of for figure in digest.dealers)
        title, days = say(lang, "digest.dealers"), (digest.on - newest).days
        yield f"<b>{say(lang, 'digest.lagged', title=title, days=days)}</b>"
        fails = [figure for figure in digest.dealers if figure.key in FAILS]
        yield from (_figure(lang, figure) for figure in digest.dealers if figure.key not in FAILS)
        yield from _together(lang, "fails", fails)


def _slow_section(digest: Digest, lang: Lang) -> Iterator[str]:
    if digest.slow:
        yield f"<b>{say(lang, 'digest.slow')}</b>"
        yield from (_slow(lang, figure) for figure in digest.slow)
        yield f"<i>{say(lang, 'digest.slow_note')}</i>"


def _age(lang: Lang, age: Age) -> str:
    name = say(lang, f"digest.age.{age.input}")
    return say(lang, f"digest.age.{age.state}", name=name, date=age.as_of, days=age.days)


def _absent(lang: Lang, item: Absent) -> str:
    name = say(lang, f"digest.figure.{item.key}")
    key = "absent_never" if item.last is None else "absent_last"
    return say(lang, f"digest.{key}", name=name, date=item.last)


def _freshness(digest: Digest, lang: Lang, leave: Collection[str]) -> Iterator[str]:
    dot = " \N{MIDDLE DOT} "
    yield f"<b>{say(lang, 'digest.freshness')}</b>"
    yield dot.join(_age(lang, age) for age in digest.ages)
    if digest.absent and digest.origin != "bundled" and "absent" not in leave:
        items = say(lang, "digest.comma").join(_absent(lang, item) for item in digest.absent)
        yield say(lang, "digest.absent", items=items)
    failed = [feed for feed in digest.feeds if not feed.ok]
    named = [feed for feed in failed if feed.feed in SCORED]
    yield from (escape(line) for line in trouble_lines(named, lang))
    if others := len(failed) - len(named):
        yield say(lang, "digest.troubles", count=others, feeds=len(digest.feeds))


def _memory(digest: Digest, lang: Lang) -> Iterator[str]:
    if digest.episodes:
        weeks = " \N{MIDDLE DOT} ".join(
            say(
                lang,
                "digest.episode_item",
                date=e.friday,
                score=e.score,
                name=say(lang, f"digest.episode.{e.key}"),
            )
            for e in digest.episodes
        )
        yield f"<b>{say(lang, 'digest.memory')}</b>\n{weeks}"


def _claims(digest: Digest, lang: Lang) -> Iterator[str]:
    if digest.claims:
        news = "\n".join(_claim(claim, lang) for claim in digest.claims[:MOST_CLAIMS])
        yield f"<b>{say(lang, 'digest.claims')}</b>\n{news}"


def _claim(claim: Claim, lang: Lang) -> str:
    text = claim.statement(lang)
    if len(text) > LONGEST_CLAIM:
        text = text[:LONGEST_CLAIM].rsplit(" ", 1)[0] + "\N{HORIZONTAL ELLIPSIS}"
    line = say(
        lang, "digest.claim", text=text, publisher=publisher(claim, lang), date=claim.source.date
    )
    return f"\N{BULLET} {escape(line)}"


def _ending(digest: Digest, lang: Lang, leave: Collection[str]) -> Iterator[str]:
    spots = say(lang, "digest.comma").join(
        say(lang, f"digest.blind.{spot}") for spot in digest.blind_spots
    )
    yield f"<b>{say(lang, 'digest.blind_title')}</b>\n{spots}"
    if "memory" not in leave:
        yield from _memory(digest, lang)
    if "claims" not in leave:
        yield from _claims(digest, lang)
    yield f"<i>{say(lang, 'digest.disclaimer')}</i>"


def _sources(digest: Digest, lang: Lang) -> str:
    lines = [
        say(lang, "digest.source_line", name=say(lang, f"digest.source.{key}"), date=day)
        for key, day in digest.sources
    ]
    body = "\n".join(map(escape, [*lines, say(lang, "digest.calculation")]))
    return f"<blockquote expandable><b>{say(lang, 'digest.sources')}</b>\n{body}</blockquote>"


def digest_html(digest: Digest, lang: Lang, left_out: Collection[str] = ()) -> str:
    """Return the digest's text, under 3,500 characters, in our HTML, without some of SECTIONS.

    Where it would grow longer, what can be had by a button or next week is left out too.
    """
    html = ""
    unwanted = {*left_out, *(("claims",) if "memory" in left_out else ())}
    for count in range(len(DISPENSABLE) + 1):
        html = _whole(digest, lang, {*unwanted, *DISPENSABLE[:count]})
        if measure(html)[0] < LIMIT:
            break
    return html


def _whole(digest: Digest, lang: Lang, leave: Collection[str]) -> str:
    head = [f"<b>{say(lang, 'digest.title', date=digest.on)}</b>"]
    head.append(say(lang, "digest.known", date=digest.on))
    if digest.origin == "bundled":
        head.append(say(lang, "digest.bundled_only"))
    blocks = [
        head,
        list(_score_lines(digest, lang)),
        list(_position_lines(digest, lang, leave)) if "positions" not in leave else [],
        list(_section(lang, "funding", digest.funding)) if "funding" not in leave else [],
        list(_volatility(digest, lang)) if "volatility" not in leave else [],
        list(_dealers(digest, lang)) if "dealers" not in leave else [],
        list(_slow_section(digest, lang)) if "slow" not in leave else [],
        list(_freshness(digest, lang, leave)),
        list(_ending(digest, lang, leave)),
        [_sources(digest, lang)],
    ]
    return _joined(blocks)


def _joined(blocks: Sequence[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(lines) for lines in blocks if lines)


def market_message(digest: Digest, lang: Lang) -> Message:
    """Return what /market answers: rates, yields, dealers and the score, each with its date."""
    blocks = [
        [f"<b>{say(lang, 'digest.market_title', date=digest.on)}</b>"],
        list(_section(lang, "funding", (*digest.funding, *digest.rates))),
        list(_volatility(digest, lang)),
        list(_dealers(digest, lang)),
        list(_score_lines(digest, lang)),
        list(_freshness(digest, lang, ())),
        [_sources(digest, lang)],
    ]
    if not digest.figures:
        blocks.insert(1, [say(lang, "digest.market_nothing")])
    return Message(_joined(blocks))


def addendum_message(digest: Digest, lang: Lang) -> Message:
    """Return the short message for a CFTC report that came after its digest was sent."""
    block = digest.positions
    if block is None:
        raise ValueError("an addendum needs a report")
    head = say(lang, "digest.addendum_title", date=block.report.as_of)
    blocks = [
        [f"<b>{head}</b>", say(lang, "digest.addendum_why")],
        [table(list(_position_rows(block, lang)), gap=1), _sum(block, lang)],
        list(_score_lines(digest, lang)),
        [_sources(digest, lang)],
    ]
    return Message(_joined(blocks))


def keyboard(digest: Digest, lang: Lang) -> Keyboard:
    """Return the buttons under a digest; their data carry the day and survive a restart."""

    def button(key: str, data: str) -> Button:
        return Button(say(lang, f"digest.button.{key}"), data=data)

    day = digest.on.isoformat()
    return (
        tuple(button(key, f"dg:{key}:{day}") for key in ("details", "charts", "csv")),
        (button("schedule", "dg:schedule"), button("unsubscribe", "dg:unsub")),
    )


def digest_messages(
    digest: Digest, lang: Lang, theme: str = "light", left_out: Collection[str] = ()
) -> list[Message]:
    """Return the digest as it is sent: the text with its buttons, then the charts."""
    text = Message(digest_html(digest, lang, left_out), keyboard(digest, lang))
    return [text] if "charts" in left_out else [text, *chart_messages(digest, lang, theme)]


def chart_messages(digest: Digest, lang: Lang, theme: str = "light") -> list[Message]:
    """Return the charts that the digest's history allows, each with its caption."""
    from bot.render import charts

    made = []
    if digest.reports:
        made.append(("positions", charts.positions_chart(digest, lang, theme)))
    if any(week.score for week in digest.weeks):
        made.append(("stress", charts.stress_chart(digest, lang, theme)))
    return [
        Message(chart.caption_html, attachment=Attachment(f"{name}-{digest.on}.png", chart.png))
        for name, chart in made
    ]


def _detail_rows(block: PositionBlock, lang: Lang) -> Iterator[tuple[str, ...]]:
    names = ("month", "oi", "am", "traders", "top4")
    yield ("", *(say(lang, f"positions.columns_{name}") for name in names))
    for row in block.rows:
        short = row.short
        managers = short.asset_manager_net_long
        yield (
            short.contract,
            _thousands(row.four_weeks),
            DASH if short.pct_oi is None else number(short.pct_oi),
            DASH if managers is None else number(managers / 1000),
            DASH if short.traders is None else number(short.traders),
            DASH if short.top4_net_short_pct is None else number(short.top4_net_short_pct),
        )


def details_message(digest: Digest, lang: Lang) -> Message:
    """Return what the button "details" shows: the second table of positions and its legend."""
    lines = [f"<b>{say(lang, 'digest.details_title', date=digest.on)}</b>"]
    if block := digest.positions:
        heading = say(
            lang, "positions.heading", date=block.report.as_of, days=digest.age("tff").days
        )
        lines += [heading, table(list(_detail_rows(block, lang)), gap=1)]
        if block.report.asset_manager_net_long_bn is not None:
            net = billions(block.report.asset_manager_net_long_bn)
            lines.append(say(lang, "positions.managers", net=net))
        if block.four_weeks is None:
            lines.append(say(lang, "positions.no_four"))
        lines.append(f"<i>{say(lang, 'positions.legend_details')}</i>")
    if digest.buckets:
        lines += ["", *_section(lang, "buckets", digest.buckets)]
    lines += ["", say(lang, "digest.anchors")]
    return Message("\n".join([*lines, "", _sources(digest, lang)]))


def positions_message(digest: Digest, lang: Lang) -> Message:
    """Return what /positions answers: the positions block of the digest with its source."""
    lines = list(_position_lines(digest, lang)) or [say(lang, "chart.no_positions")]
    if digest.origin == "bundled":
        lines.insert(1, say(lang, "digest.bundled_only"))
    return Message("\n".join([*lines, "", _sources(digest, lang)]))


def digest_text(digest: Digest, lang: Lang) -> str:
    """Return the digest as plain text for a terminal."""
    return plain(digest_html(digest, lang))


def digest_json(digest: Digest) -> dict[str, Any]:
    """Return the digest as JSON values: dates in ISO form, missing figures null, no history."""
    positions = digest.positions
    return {
        "date": digest.on.isoformat(),
        "origin": digest.origin,
        "score": _json(digest.score) | {"band": digest.score.band} if digest.score else None,
        "score_before": _json(digest.score_before),
        "missing": list(digest.missing),
        "positions": _positions_json(positions) if positions else None,
        "funding": [_json(f) for f in digest.funding],
        "volatility": [_json(f) for f in digest.volatility],
        "dealers": [_json(f) for f in digest.dealers],
        "rates": [_json(f) for f in digest.rates],
        "buckets": [_json(f) for f in digest.buckets],
        "slow": [_json(f) for f in digest.slow],
        "moved": dict(digest.moved),
        "absent": [_json(a) for a in digest.absent],
        "ages": [_json(a) for a in digest.ages],
        "blind_spots": list(digest.blind_spots),
        "episodes": [_json(e) for e in digest.episodes],
        "claims": [claim.id for claim in digest.claims],
        "feeds": [_json(f) for f in digest.feeds],
        "sources": [{"source": key, "as_of": day.isoformat()} for key, day in digest.sources],
    }


def _positions_json(block: PositionBlock) -> dict[str, Any]:
    report = block.report
    return {
        "as_of": report.as_of.isoformat(),
        "published_at": report.published_at.isoformat(),
        "source": report.source,
        "contracts": [
            _json(row.short)
            | {
                "face_bn": row.short.face_bn,
                "dv01_m": row.dv01_m,
                "dv01_usd": row.dv01_usd,
                "ctd": _json(row.ctd),
                "pct_oi": row.short.pct_oi,
                "week": row.week,
                "four_weeks": row.four_weeks,
                "percentile": _json(row.percentile),
            }
            for row in block.rows
        ],
        "net_face_bn": report.net_face_bn,
        "net_dv01_m": block.net_dv01_m,
        "net_dv01_static_m": report.net_dv01_m,
        "gross_face_bn": report.gross_face_bn,
        "gross_dv01_m": report.gross_dv01_m,
        "pct_oi": report.pct_oi,
        "asset_manager_net_long_bn": report.asset_manager_net_long_bn,
        "week": _json(block.week),
        "four_weeks": _json(block.four_weeks),
        "percentile": _json(block.percentile),
    }


def _json(value: Any) -> Any:  # noqa: ANN401  # whatever a dataclass holds
    if is_dataclass(value) and not isinstance(value, type):
        return _json(asdict(value))
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def _position_cells(block: PositionBlock) -> Iterator[tuple[object, ...]]:
    as_of, source = block.report.as_of, block.report.source
    for short in block.report.shorts:
        yield f"{short.contract}_net_short", short.net, "contracts", as_of, source
        yield f"{short.contract}_net_short_face", short.face_bn, "usd_bn", as_of, source
    for row in block.rows:
        how = row.ctd.cusip if row.ctd else "static"
        yield f"{row.short.contract}_net_short_dv01", row.dv01_m, "usd_m_per_bp", as_of, how


def digest_csv(digest: Digest) -> Attachment:
    """Return the digest's figures as CSV: one figure a row, with unit, date and source."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("item", "value", "unit", "as_of", "source"))
    if block := digest.positions:
        writer.writerows(_position_cells(block))
    for figure in (*digest.figures, *digest.rates, *digest.buckets):
        writer.writerow((figure.key, figure.value, figure.unit, figure.as_of, figure.source))
    if digest.score:
        for name in ("score", "size", "stress", "funding", "volatility", "unwind", "low", "high"):
            value = getattr(digest.score, name)
            writer.writerow((name, "" if value is None else value, "points", digest.on, "own"))
    return Attachment(f"digest-{digest.on}.csv", out.getvalue().encode(), picture=False)
