"""A day, a trade, a basket and a market on record, for the tests of the desk's commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.desk.basis import BasisReply
from bot.desk.basis import answer as basis_answer
from bot.desk.change import changed
from bot.desk.known import Known, NothingOnRecord, PricedBasket
from bot.desk.request import NO_RATES, BasisRequest, ListedBond, OwnRates, RateSource, no_rate
from tools.contracts import ContractMonth
from tools.errors import CalculatorError
from tools.market.data import Announced, Point
from tools.positions import Report, Short

TODAY = date(2026, 11, 24)
KNOWN = Known(TODAY)
TRADE = "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2% margin 1850 face 100m buffer 500k"
SAVED = (
    "TYH2027 112-165 4.25% 2034-11-15 100-30 repo 3.9 haircut 2% margin 1850 buffer 500000"
    " face 100000000 settle 2026-11-25"
)
HEAD = "TYH7 112-16+ repo 3.90 vol 100"
BONDS = ("4.25% 11/15/34 100-30", "4% 5/15/34 100-03", "4.5% 11/15/33 103-21+")
BASKET = "\n".join([HEAD, *BONDS])


@dataclass(frozen=True)
class Record(NothingOnRecord):
    """A market of a few things."""

    bonds: dict[str, ListedBond] = field(default_factory=dict)
    points: dict[str, Sequence[Point]] = field(default_factory=dict)
    shorts: Sequence[Report] = ()
    priced: PricedBasket | None = None
    auctions: Sequence[Announced] = ()

    def series(self, name: str) -> Sequence[Point]:
        return self.points.get(name, ())

    def reports(self) -> Sequence[Report]:
        return self.shorts

    def bond(self, cusip: str) -> ListedBond | None:
        return self.bonds.get(cusip)

    def basket(self, contract: ContractMonth) -> PricedBasket | None:
        return self.priced

    def next_auctions(self) -> Sequence[Announced]:
        return self.auctions


LISTED = ListedBond("91282CJZ5", 4.0, date(2034, 2, 15), None, date(2024, 2, 7), "auctions")
REPORT = Report(
    date(2026, 11, 17),
    datetime(2026, 11, 20, 20, 30, tzinfo=UTC),
    (Short("TU", 1_000_000, 200.0, 8.0), Short("FV", 2_000_000, 200.0, 9.0),
     Short("TY", 1_000_000, 100.0, 7.0)),
)  # fmt: skip


def points(first: date, values: Sequence[float]) -> list[Point]:
    """Return a daily series from a day on, decimals."""
    return [
        Point(date.fromordinal(first.toordinal() + at), value,
              datetime(2020, 12, 31, tzinfo=UTC), "test")
        for at, value in enumerate(values)
    ]  # fmt: skip


def wrong(answer: Any, text: str, known: Known = KNOWN) -> CalculatorError:
    """Return the error that words make."""
    with pytest.raises(CalculatorError) as caught:
        answer(text, known)
    return caught.value


def basis_of(
    text: str, today: date = TODAY, on_record: RateSource = no_rate, own: OwnRates = NO_RATES
) -> BasisReply:
    """Return what /basis answers to words where no position and no auction is on record."""
    return basis_answer(text, Known(today, on_record, own))


def read_basis(
    text: str, today: date = TODAY, on_record: RateSource = no_rate, own: OwnRates = NO_RATES
) -> BasisRequest:
    """Return the request that the words after /basis make."""
    return basis_of(text, today, on_record, own).trade.request


def with_repo(text: str, percent: float) -> str:
    """Return words with another repo rate, as the button writes them."""
    return changed(basis_of(text).words, "repo_pct", percent)
