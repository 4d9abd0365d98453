"""What the desk's messages share: where an input came from, echoed inputs, sources, buttons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from bot.desk.calculate import BasisReply
from bot.desk.request import Default
from bot.desk.trade import Trade
from bot.i18n import Lang, say
from bot.render.basis import dollars, input_lines, note_text, percent, reason, source_lines
from bot.render.html import escape
from bot.render.numbers import number
from tools.notes import Note

MILLION = 1e6


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


def as_basis_reply(trade: Trade) -> BasisReply:
    """Return a trade as /basis has it, for the lines that both show."""
    return BasisReply(trade.request, trade.basis, date.min, None, "")


def trade_lines(trade: Trade, lang: Lang) -> Iterator[str]:
    """Yield a trade's inputs in both notations, with where each came from."""
    yield from input_lines(as_basis_reply(trade), lang)
    yield say(
        lang,
        "desk.line_hedge",
        lots=number(trade.sold, 2),
        origin=origin_of(trade.defaults, "contracts", lang),
    )
    yield say(
        lang,
        "desk.line_buffer",
        usd=dollars(trade.buffer_usd),
        origin=origin_of(trade.defaults, "buffer_usd", lang),
    )
    if trade.cash_rate_pct:
        yield say(
            lang,
            "desk.line_cash_rate",
            rate=percent(trade.cash_rate_pct),
            origin=origin_of(trade.defaults, "cash_rate_pct", lang),
        )


def trade_sources(trade: Trade, lang: Lang) -> Iterator[str]:
    """Yield where factor, terms, calendar and method come from."""
    yield from source_lines(as_basis_reply(trade), lang)


def sources_block(lines: Iterable[str]) -> str:
    """Return sources in a quote that unfolds."""
    shown = "\n".join(escape(line) for line in dict.fromkeys(lines))
    return f"<blockquote expandable>{shown}</blockquote>"


def notes_block(notes: Iterable[Note], lang: Lang, said: frozenset[str] = frozenset()) -> str:
    """Return a calculator's remarks, each once, without those already said."""
    texts = {note.code: note_text(note, lang) for note in notes if note.code not in said}
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
