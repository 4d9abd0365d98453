"""A Digest -> the messages of a chat, plain text for the terminal, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from typing import Any

from bot.digest import Absent, Digest, Figure, PositionBlock
from bot.i18n import Lang, say
from bot.render.feeds import trouble_lines
from bot.render.html import escape, plain
from bot.render.message import Attachment, Button, Keyboard, Message
from bot.render.numbers import billions, number
from bot.render.table import table
from tools.market.snapshot import Age
from tools.positions import TREASURY
from tools.riskscore import Score

DASH = "\N{EN DASH}"
LIMIT = 3500


def _amount(lang: Lang, unit: str, value: float, sign: bool = False) -> str:
    if unit == "usd":
        return billions(value / 1e9, 1 if abs(value) < 1e11 else 0, sign)
    digits = 2 if unit == "pct" else 1
    return say(lang, f"digest.unit.{unit}", value=number(value, digits, sign))


def _figure(lang: Lang, figure: Figure) -> str:
    name = say(lang, f"digest.figure.{figure.key}")
    value = _amount(lang, figure.unit, figure.value)
    if figure.change is None:
        return say(lang, "digest.figure.line", name=name, value=value, date=figure.as_of)
    # A rate moves in basis points, whatever it is quoted in.
    if figure.unit == "pct":
        change = say(lang, "digest.unit.bp", value=number(figure.change, sign=True))
    else:
        change = _amount(lang, figure.unit, figure.change, sign=True)
    return say(
        lang, "digest.figure.line_change", name=name, value=value, change=change, date=figure.as_of
    )


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
    if score.stress_leads:
        yield say(lang, "score.stress_leads", parts=_stress_parts(score, lang))
    yield _inputs(digest, score, lang)


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
            "dv01": number(row.short.dv01_m),
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
        dv01=number(report.net_dv01_m),
        oi=_known(lang, report.pct_oi, lambda oi: f"{number(oi, 1)}%"),
    )


def _known(lang: Lang, value: float | None, form: Callable[[float], str]) -> str:
    return say(lang, "score.na") if value is None else form(value)


def _movers(block: PositionBlock, lang: Lang) -> Iterator[str]:
    if block.week is None:
        return
    moves = [(row.week or 0, row.short.contract) for row in block.rows]
    largest = sorted(moves, key=lambda m: -abs(m[0] * TREASURY[m[1]].dv01_usd))[:2]
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


def _position_lines(digest: Digest, lang: Lang) -> Iterator[str]:
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
    yield from _movers(block, lang)
    if rank := block.percentile:
        value = number(rank.value)
        yield say(lang, "positions.rank", value=value, reports=rank.reports, since=rank.since)
        yield f"<i>{say(lang, 'positions.legend', since=rank.since)}</i>"
    else:
        yield f"<i>{say(lang, 'positions.legend_short')}</i>"


def _section(lang: Lang, key: str, figures: tuple[Figure, ...]) -> Iterator[str]:
    if figures:
        yield f"<b>{say(lang, f'digest.{key}')}</b>"
        yield from (_figure(lang, figure) for figure in figures)


def _age(lang: Lang, age: Age) -> str:
    name = say(lang, f"digest.age.{age.input}")
    return say(lang, f"digest.age.{age.state}", name=name, date=age.as_of, days=age.days)


def _absent(lang: Lang, item: Absent) -> str:
    name = say(lang, f"digest.figure.{item.key}")
    key = "absent_never" if item.last is None else "absent_last"
    return say(lang, f"digest.{key}", name=name, date=item.last)


def _freshness(digest: Digest, lang: Lang) -> Iterator[str]:
    dot = " \N{MIDDLE DOT} "
    yield f"<b>{say(lang, 'digest.freshness')}</b>"
    yield dot.join(_age(lang, age) for age in digest.ages)
    if digest.absent and digest.origin != "bundled":
        items = say(lang, "digest.comma").join(_absent(lang, item) for item in digest.absent)
        yield say(lang, "digest.absent", items=items)
    yield from (escape(line) for line in trouble_lines(digest.feeds, lang))


def _ending(digest: Digest, lang: Lang) -> Iterator[str]:
    comma, dot = say(lang, "digest.comma"), " \N{MIDDLE DOT} "
    spots = comma.join(say(lang, f"digest.blind.{spot}") for spot in digest.blind_spots)
    yield f"<b>{say(lang, 'digest.blind_title')}</b>\n{spots}"
    if digest.episodes:
        weeks = dot.join(
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
    if digest.claims:
        news = "\n".join(f"\N{BULLET} {escape(c.statement(lang))}" for c in digest.claims[:3])
        yield f"<b>{say(lang, 'digest.claims')}</b>\n{news}"
    yield f"<i>{say(lang, 'digest.disclaimer')}</i>"


def _sources(digest: Digest, lang: Lang) -> str:
    lines = [
        say(lang, "digest.source_line", name=say(lang, f"digest.source.{key}"), date=day)
        for key, day in digest.sources
    ]
    body = "\n".join(map(escape, [*lines, say(lang, "digest.calculation")]))
    return f"<blockquote expandable><b>{say(lang, 'digest.sources')}</b>\n{body}</blockquote>"


def digest_html(digest: Digest, lang: Lang) -> str:
    """Return the digest's text, under 3,500 characters, in our HTML."""
    head = [f"<b>{say(lang, 'digest.title', date=digest.on)}</b>"]
    head.append(say(lang, "digest.known", date=digest.on))
    if digest.origin == "bundled":
        head.append(say(lang, "digest.bundled_only"))
    blocks = [
        head,
        list(_score_lines(digest, lang)),
        list(_position_lines(digest, lang)),
        list(_section(lang, "funding", digest.funding)),
        list(_section(lang, "volatility", digest.volatility)),
        list(_section(lang, "dealers", digest.dealers)),
        list(_freshness(digest, lang)),
        list(_ending(digest, lang)),
        [_sources(digest, lang)],
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines)


def keyboard(digest: Digest, lang: Lang) -> Keyboard:
    """Return the buttons under a digest; their data carry the day and survive a restart."""

    def button(key: str, data: str) -> Button:
        return Button(say(lang, f"digest.button.{key}"), data=data)

    day = digest.on.isoformat()
    return (
        tuple(button(key, f"dg:{key}:{day}") for key in ("details", "charts", "csv")),
        (button("schedule", "dg:schedule"), button("unsubscribe", "dg:unsub")),
    )


def digest_messages(digest: Digest, lang: Lang, theme: str = "light") -> list[Message]:
    """Return the digest as it is sent: the text with its buttons, then the charts."""
    return [
        Message(digest_html(digest, lang), keyboard(digest, lang)),
        *chart_messages(digest, lang, theme),
    ]


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
                "dv01_m": row.short.dv01_m,
                "pct_oi": row.short.pct_oi,
                "week": row.week,
                "four_weeks": row.four_weeks,
                "percentile": _json(row.percentile),
            }
            for row in block.rows
        ],
        "net_face_bn": report.net_face_bn,
        "net_dv01_m": report.net_dv01_m,
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
        yield f"{short.contract}_net_short_dv01", short.dv01_m, "usd_m_per_bp", as_of, source


def digest_csv(digest: Digest) -> Attachment:
    """Return the digest's figures as CSV: one figure a row, with unit, date and source."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("item", "value", "unit", "as_of", "source"))
    if block := digest.positions:
        writer.writerows(_position_cells(block))
    for figure in digest.figures:
        writer.writerow((figure.key, figure.value, figure.unit, figure.as_of, figure.source))
    if digest.score:
        for name in ("score", "size", "stress", "funding", "volatility", "unwind", "low", "high"):
            value = getattr(digest.score, name)
            writer.writerow((name, "" if value is None else value, "points", digest.on, "own"))
    return Attachment(f"digest-{digest.on}.csv", out.getvalue().encode(), picture=False)
