"""/basis: the words, or a saved position that they name, -> the basis of one bond."""

from __future__ import annotations

from dataclasses import replace

from bot.desk.calculate import BasisReply, answer_basis, command_of, mended
from bot.desk.calculate import example as basis_example
from bot.desk.known import Known
from bot.desk.packed import pack
from bot.desk.request import BASIS, BasisRequest
from bot.desk.trade import TRADE, read_trade
from bot.reading.folding import fold
from bot.reading.grammar import split
from bot.reading.words import words
from tools.errors import CalculatorError

# What a position adds (buffer, lots) tells the basis nothing: typed, it is refused as ever.
_OF_POSITION = replace(
    TRADE, command="basis", bare="args_bare", spellings=BASIS.spellings, readers=BASIS.readers
)


def answer(text: str, known: Known) -> BasisReply:
    """Return the basis that the words ask for.

    Raises CalculatorError with the token at fault as typed in `values["culprit"]`.
    """
    if not _names_position(text, known):
        return answer_basis(text, known.today, known.on_record, known.own, known.market.bond)
    trade = read_trade(split(text, _OF_POSITION), known, _OF_POSITION)
    request = trade.request
    given = _as_typed(request)
    return BasisReply(
        request, trade.basis, known.today, pack(given, known.today), command_of(given)
    )


def corrected(text: str, error: CalculatorError, known: Known) -> str:
    """Return words that work: the person's own with the culprit mended, else the example."""
    own = mended(text, error, known.today, lambda tried: answer(tried, known))
    return own or basis_example(known.today)


def _names_position(text: str, known: Known) -> bool:
    names = {fold(name).text.lower() for name in known.positions}
    return any(word.read.lower() in names for word in words(text))


def _as_typed(request: BasisRequest) -> BasisRequest:
    """Return a request whose saved inputs stand as typed, for buttons carry no position."""
    saved = {name: d for name, d in request.defaults.items() if d.reason == "position"}
    typed = {name: str(default.values["name"]) for name, default in saved.items()}
    return replace(
        request,
        typed={**request.typed, **typed},
        defaults={name: d for name, d in request.defaults.items() if name not in saved},
    )
