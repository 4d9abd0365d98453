"""A carry -> its message, its formula, its days as CSV."""

from __future__ import annotations

from bot.desk.carry import CarryReply
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
from bot.render.numbers import decimal, dollars, number, percent, thirty_seconds
from bot.render.table import table


def carry_html(reply: CarryReply, lang: Lang) -> str:
    """Return the message of /carry."""
    return page(
        _headline(reply, lang),
        _parts(reply, lang),
        _by_day(reply, lang),
        notes_block(reply.notes, lang, frozenset({"margin_missing", "haircut_missing"})),
        inputs_block(trade_lines(reply.trade, lang), lang),
        escape(say(lang, "carry.convention")),
        sources_block(trade_sources(reply.trade, lang)),
    )


def _headline(reply: CarryReply, lang: Lang) -> str:
    leg, basis = reply.to_delivery, reply.trade.basis
    nil = reply.break_even_repo_pct
    return say(
        lang,
        "carry.headline" if nil is not None else "carry.headline_same_day",
        carry=thirty_seconds(leg.carry),
        usd=dollars(leg.carry * 1e4),
        day=leg.day,
        days=leg.days,
        forward=f"{leg.forward:.4f}",
        repo=percent(basis.repo_pct or 0),
        nil="" if nil is None else number(nil, 2),
    )


def _parts(reply: CarryReply, lang: Lang) -> str:
    leg = reply.to_delivery
    rows = [("", say(lang, "basis.col_32nds"), say(lang, "basis.col_usd"))]
    for name, points in (
        ("income", leg.income),
        ("reinvestment", leg.reinvestment),
        ("financing", -leg.financing),
        ("total", leg.carry),
    ):
        if points or name != "reinvestment":
            rows.append((say(lang, f"carry.{name}"), thirty_seconds(points), number(points * 1e4)))
    return table(rows)


def _by_day(reply: CarryReply, lang: Lang) -> str:
    rows = [
        (say(lang, "carry.col_day"), say(lang, "carry.col_days"), say(lang, "basis.col_32nds"),
         say(lang, "carry.col_forward"))
    ]  # fmt: skip
    rows += [
        (leg.day.isoformat(), str(leg.days), thirty_seconds(leg.carry), f"{leg.forward:.3f}")
        for leg in reply.legs
    ]
    return table(rows, gap=1)


def carry_formula(reply: CarryReply, lang: Lang) -> list[str]:
    """Return the formulas with this trade's numbers in them."""
    leg, basis = reply.to_delivery, reply.trade.basis
    return [
        say(
            lang,
            "carry.formula",
            accrued=number(basis.accrued, 6),
            accrued_delivery=number(basis.accrued_delivery, 6),
            coupons=number(basis.coupons, 6),
            income=number(leg.income, 6),
            dirty=number(basis.dirty, 6),
            repo=percent(basis.repo_pct or 0),
            days=leg.days,
            financing=number(leg.financing, 6),
            reinvestment=number(leg.reinvestment, 6),
            carry=number(leg.carry, 6),
        ),
        say(
            lang,
            "carry.formula_forward",
            clean=decimal(basis.clean_price),
            carry=number(leg.carry, 6),
            forward=number(leg.forward, 6),
        ),
    ]


def carry_rows(reply: CarryReply) -> list[tuple[object, ...]]:
    """Return the days as rows, a header first."""
    head = ("day", "days", "income", "reinvestment", "financing", "carry", "forward_clean")
    return [
        head,
        *(
            (g.day, g.days, g.income, g.reinvestment, g.financing, g.carry, g.forward)
            for g in reply.legs
        ),
    ]
