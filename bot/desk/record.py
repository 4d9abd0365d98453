"""The market on record as of a day -> what the calculators ask of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from bot.desk.known import PricedBasket
from bot.desk.request import ListedBond
from tools.contracts import ContractMonth
from tools.ctd import Deliverable
from tools.market.baskets import deliverable
from tools.market.data import Announced, MarketData, Point, Security
from tools.market.publication import end_of
from tools.positions import Report

AUCTIONS, PRICES = "treasury_auctions", "treasury_prices"


class OnRecord:
    """The market as the public knew it by the end of a day in New York."""

    def __init__(self, load: Callable[[], MarketData], day: date) -> None:
        self._load = load
        self._day = day

    @property
    def _market(self) -> MarketData:
        return self._load()

    @property
    def _end(self) -> datetime:
        return end_of(self._day)

    def series(self, name: str) -> Sequence[Point]:
        """Return a series in the order of publication."""
        return self._market.series(name, self._end)

    def reports(self) -> Sequence[Report]:
        """Return leveraged funds' positions by report date."""
        return [r for r in self._market.reports if r.published_at <= self._end]

    def _securities(self) -> list[Security]:
        return [s for s in self._market.securities if s.auctioned <= self._day]

    def bond(self, cusip: str) -> ListedBond | None:
        """Return a security by its CUSIP."""
        for found in self._securities():
            if found.cusip == cusip:
                return ListedBond(
                    cusip, found.coupon_pct, found.maturity, found.dated, found.auctioned, AUCTIONS
                )
        return None

    def basket(self, contract: ContractMonth) -> PricedBasket | None:
        """Return what the contract accepts, at the newest prices on record."""
        day = max((day for day in self._market.prices if day <= self._day), default=None)
        accepted = deliverable(self._securities(), contract)
        if day is None or not accepted:
            return None
        prices = self._market.prices[day]
        bonds = tuple(
            Deliverable(s.coupon_pct, s.maturity, prices[s.cusip], s.cusip, s.dated)
            for s in accepted
            if s.cusip in prices
        )
        return PricedBasket(bonds, day, PRICES, len(accepted) - len(bonds))

    def next_auctions(self) -> Sequence[Announced]:
        """Return the announced auctions that are still to come, the next one first."""
        known = self._market.announced
        to_come = [each for each in known if each.known <= self._day <= each.auction]
        return sorted(to_come, key=lambda auction: auction.auction)
