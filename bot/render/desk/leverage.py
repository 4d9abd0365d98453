"""Leverage by each definition, the repo loop and four distances -> their message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.answering.compose import publisher
from bot.desk.leverage import LeverageReply
from bot.i18n import Lang, say
from bot.render.desk.parts import (
    inputs_block,
    millions,
    notes_block,
    origin_of,
    page,
    sources_block,
    trade_lines,
    trade_sources,
)
from bot.render.html import escape
from bot.render.numbers import dollars, number, percent
from bot.render.table import table
from knowledge.report import Claim
from tools.distances import Distances
from tools.quotes import format_futures

# What the press repeats without a definition.
_PRESS = "LV05"
_SAID = frozenset({"margin_missing", "haircut_missing", "repo_missing"})


def leverage_html(reply: LeverageReply, lang: Lang, claims: Mapping[str, Claim]) -> str:
    """Return the message of /leverage."""
    return page(
        _headline(reply, lang),
        _measures(reply, lang),
        _distances(reply, lang),
        _loop(reply, lang),
        notes_block(reply.notes, lang, _SAID),
        inputs_block(_inputs(reply, lang), lang),
        escape(say(lang, "leverage.convention")),
        sources_block(_sources(reply, lang, claims)),
    )


def times(value: float | None) -> str:
    """Return a leverage, `-` where there is none."""
    return "-" if value is None else f"{number(value, 1)}x"


def _headline(reply: LeverageReply, lang: Lang) -> str:
    if reply.missing:
        return say(lang, f"leverage.{reply.missing}")
    unknown = [
        say(lang, f"note.{name}_missing")
        for name, share in (("haircut", reply.haircut_pct), ("margin", reply.margin_pct))
        if share is None
    ]
    headline = say(
        lang,
        "leverage.headline",
        leverage=times(reply.measures[0].value),
        haircut=percent(reply.haircut_pct or 0),
        margin=number(reply.margin_pct or 0, 2),
        buffer=number(reply.buffer_pct, 2),
    )
    return page(headline, *unknown)


def _measures(reply: LeverageReply, lang: Lang) -> str:
    rows = [
        (say(lang, f"leverage.{measure.code}"), times(measure.value))
        for measure in reply.measures
        if measure.code != "fund" or measure.value is not None
    ]
    return page(say(lang, "leverage.by_definition"), table(rows), say(lang, "leverage.press"))


def _distances(reply: LeverageReply, lang: Lang) -> str:
    far = reply.distances
    if far is None:
        return "" if reply.trade is None or reply.missing else say(lang, "leverage.no_capital")
    name, far_off = _liquidity(far, lang)
    rows = [
        (name, far_off),
        (say(lang, "leverage.solvency"), f"{number(far.solvency_32nds, 1)}/32"),
        (
            say(lang, "leverage.funding"),
            "-" if far.funding_pct is None else f"{number(100 * far.funding_pct, 1)}bp",
        ),
        (say(lang, "leverage.haircut"), f"{number(far.haircut_pct, 2)}pp"),
    ]
    lines = [say(lang, "leverage.distances"), table(rows)]
    if far.funding_pct is not None and far.funding_pct < 0:
        lines.append(say(lang, "leverage.nothing_locked"))
    lines.append(
        say(
            lang,
            "leverage.meaning",
            equity=dollars(far.equity_usd),
            buffer=dollars(reply.trade.buffer_usd if reply.trade else 0),
            per_point=dollars(far.haircut_usd_per_pct),
            share=f"{reply.rolling_pct:g}",
        )
    )
    if reply.other_end and far.liquidity_bp != reply.other_end.liquidity_bp:
        share = 0 if reply.rolling_pct > 50 else 100
        name, far_off = _liquidity(reply.other_end, lang)
        lines.append(say(lang, "leverage.other_end", share=share, liquidity=name, distance=far_off))
    return page(*lines)


def _liquidity(far: Distances, lang: Lang) -> tuple[str, str]:
    """Return which way yields move until the buffer is spent, and by how much."""
    if far.liquidity_bp is None:
        return say(lang, "leverage.liquidity"), say(lang, "leverage.liquidity_beyond")
    key = "liquidity" if far.liquidity_bp >= 0 else "liquidity_rise"
    return say(lang, f"leverage.{key}"), f"{number(abs(far.liquidity_bp), 1)}bp"


def _loop(reply: LeverageReply, lang: Lang) -> str:
    if not reply.loop:
        return say(lang, "leverage.no_loop") if reply.haircut_pct is not None else ""
    rows = [(say(lang, "leverage.col_round"), say(lang, "leverage.col_held"),
             say(lang, "leverage.col_borrowed"))]  # fmt: skip
    rows += [(str(t.number), millions(t.held), millions(t.borrowed)) for t in reply.loop]
    limit = reply.equity_usd * 100 / (reply.haircut_pct or 1)
    rows.append((say(lang, "leverage.limit"), millions(limit), millions(limit - reply.equity_usd)))
    title = say(lang, "leverage.loop", equity=dollars(reply.equity_usd))
    return page(title, table(rows), say(lang, "leverage.loop_note"))


def _inputs(reply: LeverageReply, lang: Lang) -> Iterator[str]:
    if reply.trade is not None:
        yield from trade_lines(reply.trade, lang)
    else:
        for name, share in (
            ("haircut_pct", reply.haircut_pct),
            ("margin_pct", reply.margin_pct),
            ("buffer_pct", reply.buffer_pct),
        ):
            if share is None:
                yield say(lang, f"leverage.line_{name}_missing")
                continue
            where = origin_of(reply.defaults, name, lang)
            if name == "margin_pct" and (future := reply.future):
                yield say(
                    lang,
                    "leverage.line_margin_of",
                    usd=dollars(future.margin_usd),
                    contract=future.contract.code,
                    price=format_futures(future.price, future.contract.root),
                    rate=number(share, 2),
                    origin=where,
                )
                continue
            yield say(lang, f"leverage.line_{name}", rate=number(share, 2), origin=where)
    yield say(
        lang,
        "leverage.line_equity",
        usd=dollars(reply.equity_usd),
        origin=origin_of(reply.defaults, "equity_usd", lang),
    )
    if reply.fund_pct is not None:
        yield say(lang, "leverage.line_fund", rate=number(reply.fund_pct, 2))


def _sources(reply: LeverageReply, lang: Lang, claims: Mapping[str, Claim]) -> Iterator[str]:
    cited = [(measure.code, claim_id) for measure in reply.measures for claim_id in measure.claims]
    for code, claim_id in (*cited, ("undefined", _PRESS)):
        if claim := claims.get(claim_id):
            yield say(
                lang,
                "leverage.claim",
                measure=say(lang, f"leverage.{code}"),
                statement=claim.statement(lang),
                id=claim_id,
                publisher=publisher(claim, lang),
                date=claim.source.date or "-",
            )
    if reply.trade is not None:
        yield from trade_sources(reply.trade, lang)


def leverage_formula(reply: LeverageReply, lang: Lang) -> list[str]:
    """Return the formulas."""
    lines = [say(lang, "leverage.formula_trade"), say(lang, "leverage.formula_loop")]
    if reply.distances is not None:
        lines.append(say(lang, "leverage.formula_distances"))
    return lines


def leverage_rows(reply: LeverageReply) -> list[tuple[object, ...]]:
    """Return measures, distances and loop as rows, a header first."""
    rows: list[tuple[object, ...]] = [("figure", "value", "unit")]
    rows += [(f"leverage_{m.code}", m.value, "times") for m in reply.measures]
    if far := reply.distances:
        rows += [
            ("liquidity", far.liquidity_bp, "bp"),
            ("solvency", far.solvency_32nds, "32nds"),
            ("funding", far.funding_pct, "percent"),
            ("haircut", far.haircut_pct, "percentage points"),
            ("equity", far.equity_usd, "usd"),
        ]
    rows += [(f"loop_held_{t.number}", t.held, "usd") for t in reply.loop]
    return rows
