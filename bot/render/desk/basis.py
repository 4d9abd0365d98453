"""A basis -> its message: the number, one narrow table, what it rests on; the figures as rows."""

from __future__ import annotations

from collections.abc import Iterator

from bot.desk.basis import BasisReply
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
from tools.basis import Basis
from tools.batch import basis_figures
from tools.calendar import first_delivery_day

_SAID = frozenset({"repo_missing"})  # the headline says it


def basis_html(reply: BasisReply, lang: Lang, before: BasisReply | None = None) -> str:
    """Return the message of /basis; with `before`, what another repo rate did comes first."""
    return page(
        _moved(before.trade.basis, reply.trade.basis, lang) if before else "",
        *_headline(reply.trade.basis, lang),
        table(list(_rows(reply, lang))),
        *_remarks(reply, lang),
        notes_block(reply.notes, lang, _SAID),
        inputs_block(trade_lines(reply.trade, lang), lang),
        escape(say(lang, "basis.convention")),
        sources_block(trade_sources(reply.trade, lang)),
    )


def _moved(old: Basis, new: Basis, lang: Lang) -> str:
    """Return what another repo rate did to the net basis, nothing where the rate is the same."""
    if old.net_basis is None or new.net_basis is None or old.repo_pct == new.repo_pct:
        return ""
    shift = 100 * ((new.repo_pct or 0) - (old.repo_pct or 0))
    return say(
        lang,
        "basis.stressed",
        before=percent(old.repo_pct or 0),
        after=percent(new.repo_pct or 0),
        shift=number(shift, 0, sign=True),
        net_before=thirty_seconds(old.net_basis),
        net_after=thirty_seconds(new.net_basis),
        change=dollars((old.net_basis - new.net_basis) * 10_000),
    )


def _headline(result: Basis, lang: Lang) -> Iterator[str]:
    gross = {"gross": thirty_seconds(result.gross_basis), "usd": dollars(result.gross_basis * 1e4)}
    if result.implied_repo_pct is None:
        yield say(lang, "basis.headline_same_day", **gross)
        return
    implied = number(result.implied_repo_pct, 2)
    if result.net_basis is None or result.repo_pct is None:
        yield say(lang, "basis.headline_no_repo", implied=implied, **gross)
        yield say(lang, "basis.no_repo")
        return
    yield say(
        lang,
        "basis.headline",
        net=thirty_seconds(result.net_basis),
        usd=dollars(result.net_basis * 1e4),
        implied=implied,
        repo=percent(result.repo_pct),
        gap=number(100 * (result.implied_repo_pct - result.repo_pct), 1, sign=True),
    )


def _rows(reply: BasisReply, lang: Lang) -> Iterator[tuple[str, ...]]:
    """Yield the table: label, 32nds, dollars per million of face."""
    result = reply.trade.basis
    yield "", say(lang, "basis.col_32nds"), say(lang, "basis.col_usd")
    for name, points in (
        ("gross", result.gross_basis),
        ("carry", result.carry),
        ("net", result.net_basis),
    ):
        if points is not None:
            yield say(lang, f"basis.{name}"), thirty_seconds(points), number(points * 1e4)
    for name, value in _single(reply):
        yield say(lang, f"basis.{name}"), "", value


def _single(reply: BasisReply) -> Iterator[tuple[str, str]]:
    """Yield the lines of the table that have one figure; dollars are those of a million of face."""
    trade, result = reply.trade, reply.trade.basis
    if result.implied_repo_pct is not None:
        yield "implied", f"{number(result.implied_repo_pct, 3)}%"
    yield "factor", f"{result.conversion_factor:.4f}"
    yield "invoice", f"{result.invoice_per_100:.4f}"
    if result.forward is not None:
        yield "forward", f"{result.forward:.4f}"
    yield "yield", f"{number(result.yield_pct, 3)}%"
    yield "contracts", number(trade.sold * 1e6 / result.face_usd, 2)
    yield "dv01", dollars(result.futures_dv01_usd, 2)
    if trade.leverage is not None:
        yield "equity", dollars(trade.equity_usd * 1e6 / result.face_usd)
        yield "leverage", f"{number(trade.leverage, 1)}x"


def _remarks(reply: BasisReply, lang: Lang) -> Iterator[str]:
    """Yield what must be said beside the figures."""
    trade, result = reply.trade, reply.trade.basis
    if trade.leverage_missing:
        yield say(lang, f"basis.{trade.leverage_missing}")
    if result.carry is not None and result.carry < 0:
        first = first_delivery_day(trade.contract)
        if result.settlement < first < result.delivery:
            yield say(lang, "basis.first_day", first=first)
    if result.face_usd != 1e6:
        yield _on_face(result, lang)
        yield _lots(reply, lang)
    if trade.cash_rate_pct:
        yield say(lang, "basis.cash_rate_unused")


def _lots(reply: BasisReply, lang: Lang) -> str:
    """Return what to trade on the whole face: whole lots, what they leave open, the tail."""
    values = {"lots": number(reply.whole_lots), "dv01": dollars(reply.residual_dv01_usd, 0)}
    if reply.tailed_lots is None:
        return say(lang, "basis.whole_lots", **values)
    return say(lang, "basis.whole_lots_tailed", tailed=number(reply.tailed_lots, 2), **values)


def _on_face(result: Basis, lang: Lang) -> str:
    face = dollars(result.face_usd)
    if result.net_basis_usd is None or result.carry_usd is None:
        return say(lang, "basis.on_face_gross", face=face, gross=dollars(result.gross_basis_usd))
    return say(
        lang,
        "basis.on_face",
        face=face,
        net=dollars(result.net_basis_usd),
        carry=dollars(result.carry_usd),
    )


def basis_formula(reply: BasisReply, lang: Lang) -> list[str]:
    """Return the formulas with this trade's numbers in them."""
    result = reply.trade.basis
    values = {
        "clean": decimal(result.clean_price),
        "futures": decimal(result.futures_price),
        "factor": f"{result.conversion_factor:.4f}",
        "gross": number(result.gross_basis, 6),
        "gross_32nds": thirty_seconds(result.gross_basis),
    }
    lines = [say(lang, "basis.formula_gross", **values)]
    if result.net_basis is not None and result.carry is not None:
        lines += _financed_lines(result, lang)
    if result.implied_repo_pct is not None:
        implied = number(result.implied_repo_pct, 4)
        lines.append(say(lang, "basis.formula_implied", implied=implied))
    if (trade := reply.trade).leverage is not None:
        bonds, equity = dollars(trade.bonds_usd), dollars(trade.equity_usd)
        leverage = number(trade.leverage, 1)
        lines.append(
            say(lang, "basis.formula_leverage", bonds=bonds, equity=equity, leverage=leverage)
        )
    return lines


def _financed_lines(result: Basis, lang: Lang) -> list[str]:
    carry = say(
        lang,
        "basis.formula_carry",
        income=number(result.coupon_income, 6),
        reinvestment=number(result.reinvestment or 0, 6),
        financing=number(result.financing or 0, 6),
        carry=number(result.carry or 0, 6),
        dirty=number(result.dirty, 6),
        repo=percent(result.repo_pct or 0),
        days=result.days,
    )
    net = say(
        lang,
        "basis.formula_net",
        gross=number(result.gross_basis, 6),
        carry=number(result.carry or 0, 6),
        net=number(result.net_basis or 0, 6),
        net_32nds=thirty_seconds(result.net_basis or 0),
    )
    return [carry, net]


def basis_rows(reply: BasisReply) -> list[tuple[object, ...]]:
    """Return the figures as one row, a header first."""
    figures = basis_figures(reply.trade.basis)
    return [tuple(figures), tuple(figures.values())]
