"""What stands in for inputs that nobody typed: a chat's own numbers, and the market on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from bot.desk.request import NO_RATES, ListedBond, OwnRates, RateSource, no_rate
from tools.contracts import ContractMonth
from tools.ctd import Deliverable
from tools.market.data import Announced, Point
from tools.notes import Note
from tools.positions import Report


class Market(Protocol):
    """What the calculators ask of the market on record; everything is as of the day asked."""

    def series(self, name: str) -> Sequence[Point]:
        """Return a series in the order of publication; empty where unknown."""
        ...

    def reports(self) -> Sequence[Report]:
        """Return leveraged funds' positions by report date, ascending."""
        ...

    def bond(self, cusip: str) -> ListedBond | None:
        """Return a Treasury security by its CUSIP, None where no auction is on record."""
        ...

    def basket(self, contract: ContractMonth) -> PricedBasket | None:
        """Return what a contract accepts at the newest prices on record, None where unknown."""
        ...

    def next_auctions(self) -> Sequence[Announced]:
        """Return the announced auctions of notes and bonds, the next one first."""
        ...


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """The deliverable securities on record with their clean prices at the end of a day."""

    bonds: tuple[Deliverable, ...]
    day: date
    source: str
    unpriced: int = 0


class NothingOnRecord:
    """A market of which nothing is known."""

    def series(self, name: str) -> Sequence[Point]:
        """Return no points."""
        return ()

    def reports(self) -> Sequence[Report]:
        """Return no reports."""
        return ()

    def bond(self, cusip: str) -> ListedBond | None:
        """Return no bond."""
        return None

    def basket(self, contract: ContractMonth) -> PricedBasket | None:
        """Return no basket."""
        return None

    def next_auctions(self) -> Sequence[Announced]:
        """Return no auctions."""
        return ()


@dataclass(frozen=True)
class Known:
    """The day in New York, and what is known then of the chat and of the market."""

    today: date
    on_record: RateSource = no_rate
    own: OwnRates = NO_RATES
    positions: Mapping[str, str] = field(default_factory=dict)
    market: Market = field(default_factory=NothingOnRecord)
    basket: str = ""


Answer = Callable[[str, Known], "Reply"]


class Reply(Protocol):
    """What a command found, ready to be shown or written as JSON."""

    @property
    def command(self) -> str:
        """Return the command's name."""
        ...

    @property
    def words(self) -> str:
        """Return words after the command that ask the same again, in any language."""
        ...

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what must be said beside the figures."""
        ...

    def as_json(self) -> dict[str, object]:
        """Return `inputs`, `defaulted` and `result` of the command line's contract."""
        ...
