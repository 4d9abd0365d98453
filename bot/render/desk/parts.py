"""What the desk's messages share: where an input came from, echoed inputs, sources, buttons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from bot.desk.request import Default
from bot.desk.trade import Trade
from bot.i18n import Lang, say
from bot.render.html import escape
from bot.render.numbers import decimal, dollars, number, percent
from tools.notes import Note
from tools.quotes import format_cash, format_futures

MILLION = 1e6
DOUBT = "odd_"  # notes that stand above the figures


def page(*parts: str) -> str:
    """Return the parts of a message that say something, one under the other."""
    return "\n".join(part for part in parts if part)


def origin_of(defaults: Mapping[str, Default], name: str, lang: Lang) -> str:
    """Return where an input came from: the user, a saved position, or a default and why."""
    default = defaults.get(name)
    if default is None:
        return say(lang, "inputs.yours")
    if default.reason in {"position", "listed_bond"}:
        return reason(default, lang)
    return say(lang, "inputs.default", why=reason(default, lang))


def inputs_block(lines: Iterable[str], lang: Lang) -> str:
    """Return echoed inputs under their title."""
    shown = [f"\N{BULLET} {escape(line)}" for line in lines]
    return "\n".join([say(lang, "inputs.title"), *shown])


def note_text(note: Note, lang: Lang) -> str:
    """Return what a calculator wants said, as plain text."""
    return say(lang, f"note.{note.code}", **note.values)


def reason(default: Default, lang: Lang) -> str:
    """Return why an input has the value that nobody gave."""
    return say(lang, f"inputs.{default.reason}", **default.values)


def trade_lines(trade: Trade, lang: Lang) -> Iterator[str]:
    """Yield a trade's inputs in both notations, with where each came from, as plain text."""
    request, result = trade.request, trade.basis

    def line(key: str, name: str, **values: object) -> str:
        return say(lang, key, origin=origin_of(trade.defaults, name, lang), **values)

    yield line(
        "inputs.line_futures",
        "futures_price",
        contract=request.contract.code,
        month=request.contract.delivery_month,
        in_32nds=format_futures(request.futures.price, request.contract.root),
        decimal=decimal(request.futures.price),
    )
    yield line(
        "inputs.line_bond",
        "maturity",
        coupon=percent(request.coupon_pct),
        maturity=request.maturity,
        cusip=f" {request.cusip}" if request.cusip else "",
        in_32nds=format_cash(request.cash.price),
        decimal=decimal(request.cash.price),
    )
    yield line("inputs.line_settlement", "settlement", day=request.settlement)
    yield line("inputs.line_delivery", "delivery", day=request.delivery, days=result.days)
    if request.repo_pct is None:
        yield say(lang, "inputs.line_repo_missing", origin=say(lang, "inputs.missing"))
    else:
        yield line("inputs.line_repo", "repo_pct", rate=percent(request.repo_pct))
    computed = request.conversion_factor is None
    yield say(
        lang,
        "inputs.line_factor",
        factor=f"{result.conversion_factor:.4f}",
        origin=say(lang, "inputs.factor_computed" if computed else "inputs.yours"),
    )
    if request.haircut_pct is not None:
        yield line("inputs.line_haircut", "haircut_pct", rate=percent(request.haircut_pct))
    if request.margin_usd is not None and result.margin_pct is not None:
        yield line(
            "inputs.line_margin",
            "margin_usd",
            usd=dollars(request.margin_usd),
            rate=number(result.margin_pct, 2),
        )
    yield line("inputs.line_face", "face_usd", usd=dollars(request.face_usd))
    yield line("desk.line_hedge", "contracts", lots=number(trade.sold, 2))
    yield line("desk.line_buffer", "buffer_usd", usd=dollars(trade.buffer_usd))
    if trade.cash_rate_pct:
        yield line("desk.line_cash_rate", "cash_rate_pct", rate=percent(trade.cash_rate_pct))


def trade_sources(trade: Trade, lang: Lang) -> Iterator[str]:
    """Yield where factor, terms, calendar, method and a defaulted repo rate come from."""
    contract = trade.contract
    if trade.request.conversion_factor is None:
        yield say(lang, "basis.source_factor")
    terms = {
        (cell.source, cell.as_of)
        for name, cell in contract.spec.cells.items()
        if name in {"face_usd", "last_delivery", "window"}
    }
    for source, as_of in sorted(terms):
        yield say(lang, "basis.source_terms", contract=contract.code, source=source, as_of=as_of)
    yield say(lang, "basis.source_calendar")
    yield say(lang, "basis.source_method")
    repo = trade.defaults.get("repo_pct")
    if repo and repo.reason == "repo_on_record":
        yield say(lang, "basis.source_repo", **repo.values)


def sources_block(lines: Iterable[str]) -> str:
    """Return sources in a quote that unfolds."""
    shown = "\n".join(escape(line) for line in dict.fromkeys(lines))
    return f"<blockquote expandable>{shown}</blockquote>"


def notes_block(notes: Iterable[Note], lang: Lang, said: frozenset[str] = frozenset()) -> str:
    """Return a calculator's remarks, each once, without those already said."""
    texts = {
        note.code: note_text(note, lang)
        for note in notes
        if note.code not in said and not note.code.startswith(DOUBT)
    }
    return "\n".join(escape(text) for text in texts.values())


def thousands(amount: float, digits: int = 0) -> str:
    """Return dollars in thousands."""
    return number(amount / 1000, digits)


def millions(amount: float, digits: int = 2) -> str:
    """Return dollars in millions."""
    return number(amount / MILLION, digits)


def bond_name(coupon_pct: float, maturity: date) -> str:
    """Return a bond as a desk writes it: `4.25 11/34`."""
    return f"{coupon_pct:g} {maturity:%m/%y}"
