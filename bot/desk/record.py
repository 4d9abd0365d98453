"""The market on record as of a day -> what the calculators ask of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from bot.arguments import ListedBond
from bot.desk.known import PricedBasket, UpcomingAuction
from tools.basis_inputs import check_deliverable
from tools.contracts import ContractMonth
from tools.ctd import Deliverable
from tools.errors import CalculatorError
from tools.market.data import MarketData, Point, Security
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
        accepted = [s for s in self._securities() if _deliverable(contract, s)]
        if day is None or not accepted:
            return None
        prices = self._market.prices[day]
        bonds = tuple(
            Deliverable(s.coupon_pct, s.maturity, prices[s.cusip], s.cusip, s.dated)
            for s in accepted
            if s.cusip in prices
        )
        return PricedBasket(bonds, day, PRICES, len(accepted) - len(bonds))

    def next_auctions(self) -> Sequence[UpcomingAuction]:
        """Return the announced auctions: none are kept yet."""
        return ()


def _deliverable(contract: ContractMonth, security: Security) -> bool:
    """Tell whether a contract accepts a security, its original term included."""
    longest = contract.spec.window.original_max_months
    if longest is not None and security.original_months > longest:
        return False
    try:
        check_deliverable(contract, security.coupon_pct, security.maturity)
    except CalculatorError:
        return False
    return True
