"""A trade's profit by part -> its message, formula and CSV."""

from __future__ import annotations

from collections.abc import Iterator

from bot.desk.pnl import PnlReply
from bot.i18n import Lang, say
from bot.render.desk.parts import (
    inputs_block,
    notes_block,
    page,
    sources_block,
    trade_lines,
    trade_sources,
)
from bot.render.html import escape
from bot.render.numbers import dollars, number, percent
from bot.render.table import table
from tools.pnl import PARTS
from tools.quotes import format_cash, format_futures


def pnl_html(reply: PnlReply, lang: Lang) -> str:
    """Return the message of /pnl: the total, its parts, and the outlook to delivery."""
    return page(
        _headline(reply, lang),
        _parts(reply, lang),
        _outlook(reply, lang),
        notes_block(reply.notes, lang, frozenset({"margin_missing", "haircut_missing"})),
        inputs_block([*trade_lines(reply.trade, lang), *_marks(reply, lang)], lang),
        escape(say(lang, "pnl.convention")),
        sources_block([*trade_sources(reply.trade, lang), say(lang, "pnl.source")]),
    )


def _headline(reply: PnlReply, lang: Lang) -> str:
    if reply.found is None:
        return say(lang, "pnl.headline_none")
    first, last = reply.marks[0].day, reply.marks[-1].day
    return say(
        lang,
        "pnl.headline",
        total=dollars(reply.found.total, 2),
        face=dollars(reply.trade.request.face_usd),
        first=first,
        last=last,
        days=reply.found.days,
    )


def _parts(reply: PnlReply, lang: Lang) -> str:
    if reply.found is None:
        return ""
    rows = [
        (say(lang, f"pnl.{name}"), number(amount, 2))
        for name in PARTS
        if (amount := reply.found.parts[name])
    ]
    rows.append((say(lang, "pnl.total"), number(reply.found.total, 2)))
    return page(table(rows), say(lang, "pnl.adds_up"))


def _outlook(reply: PnlReply, lang: Lang) -> str:
    view = reply.outlook
    if view is None:
        return ""
    values = {
        "delivery": reply.trade.basis.delivery,
        "profit": dollars(view.profit_usd),
        "nil": number(view.break_even_repo_pct, 2),
        "repo": percent(reply.trade.request.repo_pct or 0),
        "equity": dollars(view.equity_usd),
    }
    line = say(lang, "pnl.outlook", **values)
    if reply.trade.contracts is not None:
        line = page(line, say(lang, "pnl.outlook_hedge"))
    if view.return_pct is None:
        missing = "capital_negative" if view.equity_usd < 0 else reply.trade.basis.leverage_missing
        return page(line, say(lang, f"basis.{missing}"))
    return page(line, say(lang, "pnl.return", rate=number(view.return_pct, 2), **values))


def _marks(reply: PnlReply, lang: Lang) -> Iterator[str]:
    contract = reply.trade.contract
    for mark in reply.marks[1:]:
        line = say(
            lang,
            "pnl.line_mark",
            day=mark.day,
            contract=contract.code,
            futures=format_futures(mark.futures_price, contract.root),
            cash=format_cash(mark.clean_price),
        )
        if mark.repo_pct is not None:
            line += say(lang, "pnl.mark_repo", repo=percent(mark.repo_pct))
        yield line
        if mark.rolled:
            contract = mark.rolled.contract
            yield say(
                lang,
                "pnl.line_roll",
                contract=contract.code,
                futures=format_futures(mark.rolled.futures_price, contract.root),
                cost=number(32 * mark.rolled.cost, 2),
            )


def pnl_formula(reply: PnlReply, lang: Lang) -> list[str]:
    """Return how each part is made."""
    lines = [say(lang, f"pnl.formula_{name}") for name in PARTS]
    if reply.outlook is not None:
        lines.append(say(lang, "pnl.formula_return"))
    return ["\n".join(f"\N{BULLET} {line}" for line in lines)]


def pnl_rows(reply: PnlReply) -> list[tuple[object, ...]]:
    """Return the parts as rows, a header first."""
    found = reply.found
    parts = [] if found is None else [(name, found.parts[name]) for name in PARTS]
    total = [] if found is None else [("total", found.total)]
    view = reply.outlook
    ahead: list[tuple[object, ...]] = []
    if view is not None:
        ahead = [
            ("profit_to_delivery", view.profit_usd),
            ("break_even_repo_pct", view.break_even_repo_pct),
            ("return_on_equity_pct", view.return_pct),
            ("equity", view.equity_usd),
        ]
    return [("part", "usd"), *parts, *total, *ahead]
