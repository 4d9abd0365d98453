"""A trade's words that lack something -> bonds on record to choose from, and a form begun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.desk.completing import Given
from bot.desk.known import Known, PricedBasket
from bot.desk.trade import TRADE, with_positions
from bot.reading.grammar import SOFR, Scan, place_prices, scan, split
from tools.basis_inputs import BasisInputs
from tools.calendar import next_business_day
from tools.ctd import Deliverable, rank
from tools.errors import CalculatorError
from tools.quotes import format_cash, parse_futures_price

MOST = 3
# Errors of words that are right as far as they go.
LACKING = frozenset(
    {"args_missing_bond", "args_missing_coupon", "args_missing_maturity", "args_missing_futures"}
    | {"args_missing_cash", "repo_needed"}
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A bond that could be meant, with its price on record, and the words completed by it."""

    bond: Deliverable
    words: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The cheapest to deliver first; their prices are of one day and source."""

    bonds: tuple[Choice, ...]
    day: date
    source: str


def choices(text: str, error: CalculatorError, known: Known) -> Choices | None:
    """Return the bonds on record that words without a bond may mean, None where there are none."""
    if error.code != "args_missing_bond":
        return None
    try:
        given = Given(text, known.today)
        found = known.market.basket(given.contract)
        if found is None or not found.bonds:
            return None
        bonds = _ranked(given, found, known)
    except CalculatorError:
        return None  # what else is wrong with the words is said once they name a bond
    made = tuple(Choice(bond, f"{text.rstrip()} {_written(bond)}") for bond in bonds[:MOST])
    return Choices(made, found.day, found.source)


def _ranked(given: Given, found: PricedBasket, known: Known) -> list[Deliverable]:
    """Return the basket's bonds, by implied repo where the words give the future's price."""
    if not given.prices:
        return list(found.bonds)
    first = found.bonds[0]
    terms = BasisInputs(
        contract=given.contract,
        futures_price=parse_futures_price(given.prices[0], given.contract.root).price,
        coupon_pct=first.coupon_pct,
        maturity=first.maturity,
        clean_price=first.clean_price,
        settlement=next_business_day(known.today),
    )
    return [row.bond for row in rank(terms, found.bonds).rows]


def _written(bond: Deliverable) -> str:
    price = format_cash(round(bond.clean_price * 256) / 256)
    return f"{bond.coupon_pct:g}% {bond.maturity} cash {price}"


_ORDER = ("contract", "futures_price", "maturity", "coupon_pct", "clean_price", "repo_pct")


def begun(text: str, known: Known) -> tuple[str, ...]:
    """Return the answers to a form's first steps that words hold, up to the first they lack."""
    try:
        made = scan(split(text, TRADE), with_positions(TRADE, known))
        place_prices(made)
    except CalculatorError:
        return ()
    answers: list[str] = []
    for name in _ORDER:
        if name not in made.values or made.values[name] is SOFR:
            break
        answers.append(_answer(made, name))
    return tuple(answers)


def _answer(made: Scan, name: str) -> str:
    """Return an input as a form keeps it."""
    value = made.values[name]
    if name in {"coupon_pct", "repo_pct"}:
        return f"{value:.10g}"
    return str(value.isoformat() if name == "maturity" else value.read)
