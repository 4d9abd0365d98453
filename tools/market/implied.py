"""Settlements, end-of-day bond prices and auctions -> each contract's CTD and its implied repo.

The implied repo rate of the cheapest to deliver, simple, on 360 days, from the next business day to
the last delivery day; beside it how far it lies over SOFR, which is overnight: the gap holds the
term, the specialness of the bond and the worth of the short's options too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tools.basis_inputs import BasisInputs
from tools.calendar import next_business_day
from tools.contracts import ContractMonth
from tools.ctd import Deliverable, rank
from tools.errors import CalculatorError
from tools.market.baskets import FRESH_DAYS, deliverable, front_contract
from tools.market.data import MarketData, Point
from tools.positions import TREASURY

# Why there is no implied repo: no settlements given, only old ones, or no bond prices of their day.
Lack = Literal["none", "old", "bonds"]


@dataclass(frozen=True, slots=True)
class Implied:
    """A contract's cheapest to deliver on a day.

    Prices in points per 100, rates in percent; `over_sofr_bp` in basis points, over the newest
    SOFR of that day or before; None where there is none of the week. `basket` counts the bonds.
    """

    contract: str
    day: date
    futures_price: float
    cusip: str
    coupon_pct: float
    maturity: date
    clean_price: float
    implied_repo_pct: float
    over_sofr_bp: float | None
    sofr_day: date | None
    basket: int


def implied_repos(data: MarketData, on: date) -> tuple[Implied, ...]:
    """Return the front contracts' CTDs at the newest day of the last week with all prices."""
    return tuple(_found(data, on))


def lack(data: MarketData, on: date) -> Lack:
    """Return why there is none."""
    newest = max((day for day in data.futures if day <= on), default=None)
    if newest is None:
        return "none"
    return "old" if (on - newest).days > FRESH_DAYS else "bonds"


def _found(data: MarketData, on: date) -> Iterator[Implied]:
    days = data.futures.keys() & data.prices.keys()
    near = sorted((day for day in days if 0 <= (on - day).days <= FRESH_DAYS), reverse=True)
    for root in TREASURY:
        for day in near:
            contract = _front(data.futures[day], root, day)
            made = _implied(data, contract, day) if contract else None
            if made:
                yield made
                break


def _front(given: Mapping[ContractMonth, float], root: str, day: date) -> ContractMonth | None:
    """Return the contract that most hold, else the next one that a price is given of."""
    front = front_contract(root, day)
    ahead = [c for c in given if c.root == root and (c.year, c.month) >= (front.year, front.month)]
    return min(ahead, key=lambda c: (c.year, c.month), default=None)


def _implied(data: MarketData, contract: ContractMonth, day: date) -> Implied | None:
    prices, price = data.prices[day], data.futures[day][contract]
    known = [s for s in data.securities if s.cusip in prices and s.issued <= day]
    bonds = [
        Deliverable(s.coupon_pct, s.maturity, prices[s.cusip], s.cusip)
        for s in deliverable(known, contract)
    ]
    ctd = _cheapest(contract, price, bonds, day)
    if ctd is None:
        return None
    bond, rate = ctd
    sofr = _sofr(data.series("sofr"), day)
    return Implied(
        contract.code, day, price, bond.name or "", bond.coupon_pct, bond.maturity,
        bond.clean_price, rate, 100 * (rate - 100 * sofr.value) if sofr else None,
        sofr.as_of if sofr else None, len(bonds),
    )  # fmt: skip


def _cheapest(
    contract: ContractMonth, price: float, bonds: Sequence[Deliverable], day: date
) -> tuple[Deliverable, float] | None:
    """Return the bond of the highest implied repo and that rate, None where nothing is ranked."""
    if not bonds:
        return None
    first = bonds[0]
    terms = BasisInputs(
        contract, price, first.coupon_pct, first.maturity, first.clean_price, next_business_day(day)
    )
    try:
        best = rank(terms, bonds).ctd
    except CalculatorError:
        return None
    rate = best.basis.implied_repo_pct
    return None if rate is None else (best.bond, rate)


def _sofr(points: Sequence[Point], day: date) -> Point | None:
    near = [point for point in points if 0 <= (day - point.as_of).days <= FRESH_DAYS]
    return max(near, key=lambda point: point.as_of, default=None)
