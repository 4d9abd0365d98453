"""Bonds and prices on record -> a contract's basket, and its DV01 by the cheapest to deliver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from tools.basis_inputs import check_deliverable
from tools.calendar import first_intention_day, last_delivery_day, next_business_day
from tools.contracts import ContractMonth
from tools.ctd import Deliverable, market, scenario
from tools.errors import CalculatorError
from tools.market.data import MarketData, Security
from tools.positions import TREASURY

QUARTERS = (3, 6, 9, 12)
FRESH_DAYS = 7


def front_contract(root: str, day: date) -> ContractMonth:
    """Return the quarterly contract that most hold on a day: the next one not yet in delivery.

    Positions roll before the first day on which a short may announce delivery.
    """
    contract = ContractMonth(root, day.year, next(m for m in QUARTERS if m >= day.month))
    return contract if day < first_intention_day(contract) else contract.next()


def deliverable(securities: Iterable[Security], contract: ContractMonth) -> tuple[Security, ...]:
    """Return the bonds that a contract accepts, by remaining and by original term."""
    longest = contract.spec.window.original_max_months
    return tuple(
        security
        for security in securities
        if (longest is None or security.original_months <= longest)
        and _accepted(security, contract)
    )


def _accepted(security: Security, contract: ContractMonth) -> bool:
    try:
        check_deliverable(contract, security.coupon_pct, security.maturity)
    except CalculatorError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class CtdDv01:
    """A contract's DV01 by its cheapest to deliver, USD per basis point and contract."""

    contract: str
    cusip: str
    dv01_usd: float
    priced: date


def ctd_dv01s(data: MarketData, on: date) -> dict[str, CtdDv01]:
    """Return the DV01 of each contract whose basket and prices are on record on a day.

    Prices up to a week old count. The cheapest is the bond with the lowest converted price at
    today's yields on the last delivery day: no futures price is needed, and none is public.
    """
    priced = max((day for day in data.prices if day <= on), default=None)
    if priced is None or (on - priced).days > FRESH_DAYS:
        return {}
    prices = data.prices[priced]
    known = [s for s in data.securities if s.cusip in prices and s.issued <= priced]
    found = {}
    for root in TREASURY:
        contract = front_contract(root, priced)
        if basket := deliverable(known, contract):
            bonds = [Deliverable(s.coupon_pct, s.maturity, prices[s.cusip]) for s in basket]
            found[root] = _dv01(contract, basket, bonds, priced)
    return found


def _dv01(
    contract: ContractMonth, basket: Sequence[Security], bonds: Sequence[Deliverable], day: date
) -> CtdDv01:
    state = market(contract, bonds, next_business_day(day), last_delivery_day(contract))
    today = scenario(state, 0.0)
    # The scenario's risk is points per 100 and percentage point of yield: a hundredth of each.
    dv01 = today.futures_risk / 100 * contract.spec.face_usd / 100
    return CtdDv01(contract.code, basket[today.ctd].cusip, dv01, day)
