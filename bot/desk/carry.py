"""/carry: a bond financed in repo -> what it earns, what that costs, the forward, day by day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from bot.desk.known import Known
from bot.desk.trade import TRADE, Trade, notes_of, read_trade, trade_inputs, trade_words
from bot.reading.grammar import split, wrong
from tools.calendar import first_delivery_day
from tools.carry import Carry, carry
from tools.coupons import Schedule, day_number, day_numbers
from tools.notes import Note

CARRY = replace(TRADE, command="carry", bare="bare_carry")
_STEPS = (1, 7, 30, 91)


@dataclass(frozen=True, slots=True)
class Leg:
    """The carry until one day: points per 100 face, the clean forward price then."""

    name: str
    day: date
    days: int
    income: float
    reinvestment: float
    financing: float
    forward: float

    @property
    def carry(self) -> float:
        """Return what is left of the income after financing."""
        return self.income + self.reinvestment - self.financing


@dataclass(frozen=True, slots=True)
class CarryReply:
    """The carry of a trade to delivery, and to some days before."""

    trade: Trade
    legs: tuple[Leg, ...]
    break_even_repo_pct: float | None

    command = "carry"

    @property
    def to_delivery(self) -> Leg:
        """Return the carry to the delivery day."""
        return self.legs[-1]

    @property
    def words(self) -> str:
        """Return words that ask the same again."""
        return " ".join(trade_words(self.trade))

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what must be said beside the figures."""
        return notes_of(self.trade)

    def as_json(self) -> dict[str, object]:
        """Return inputs, defaults and result."""
        basis = self.trade.basis
        return {
            "inputs": trade_inputs(self.trade),
            "defaulted": list(self.trade.defaults),
            "result": {
                "carry": basis.carry,
                "coupon_income": basis.coupon_income,
                "financing_cost": basis.financing,
                "reinvestment": basis.reinvestment,
                "forward_clean": basis.forward,
                "net_basis": basis.net_basis,
                "implied_repo_pct": basis.implied_repo_pct,
                "break_even_repo_pct": self.break_even_repo_pct,
                "days": basis.days,
                "by_day": [
                    {"day": leg.day.isoformat(), "days": leg.days, "carry": leg.carry,
                     "forward_clean": leg.forward}
                    for leg in self.legs
                ],
            },
        }  # fmt: skip


def answer(text: str, known: Known) -> CarryReply:
    """Return the carry that the words ask for; a repo rate is needed."""
    trade = read_trade(split(text, CARRY), known, CARRY)
    repo = repo_of(trade)
    days = _days(trade)
    found = _carry(trade, [day for _, day in days])
    columns = (found.coupon_income, found.reinvestment(repo), found.financing(repo),
               found.forward(repo))  # fmt: skip
    rows = zip(*(column.tolist() for column in columns), strict=True)
    start = trade.basis.settlement
    legs = tuple(
        Leg(name, day, (day - start).days, *figures)
        for (name, day), figures in zip(days, rows, strict=True)
    )
    exposure = float(found.exposure[-1])
    nil_at = 36_000 * float(found.coupon_income[-1]) / exposure if exposure > 0 else None
    return CarryReply(trade, legs, nil_at)


def repo_of(trade: Trade) -> float:
    """Return the trade's repo rate; without one nothing can be financed."""
    if trade.request.repo_pct is None:
        raise wrong("repo_needed", trade.typed.get("contract", trade.contract.code), "repo_pct")
    return trade.request.repo_pct


def _days(trade: Trade) -> list[tuple[str, date]]:
    """Return the days shown, in order: some steps ahead, the first delivery day, delivery."""
    start, end = trade.basis.settlement, trade.basis.delivery
    named = {f"in_{step}": start + timedelta(days=step) for step in _STEPS}
    named["first_delivery"] = first_delivery_day(trade.contract)
    ordered = sorted(named.items(), key=lambda item: item[1])
    return [*((name, day) for name, day in ordered if start < day < end), ("delivery", end)]


def _carry(trade: Trade, days: list[date]) -> Carry:
    request = trade.request
    count = len(days)
    return carry(
        np.full(count, trade.basis.clean_price),
        np.full(count, request.coupon_pct),
        Schedule.of(np.full(count, day_number(request.maturity))),
        np.full(count, day_number(trade.basis.settlement)),
        day_numbers(days),
    )


def by_day(trade: Trade) -> list[tuple[date, float]]:
    """Return the carry in points to every day until delivery, for a chart."""
    repo, basis = repo_of(trade), trade.basis
    days = [basis.settlement + timedelta(days=step) for step in range(basis.days + 1)]
    found = _carry(trade, days)
    total = found.coupon_income + found.reinvestment(repo) - found.financing(repo)
    return list(zip(days, total.tolist(), strict=True))
