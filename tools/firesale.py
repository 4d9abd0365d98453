"""Leveraged holders, a shock and a price impact -> who sells, who fails, round by round.

The system-wide deleveraging model of Farmer, Kleinnijenhuis, Nahai-Williamson and Wetzer
(Foundations of System-Wide Stress Testing), with the choices of their published code. Two
tradables, government bonds and other debt; holders sell to return to a target ratio of equity
to assets, sales move prices, prices move ratios.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.coupons import Floats
from tools.errors import CalculatorError
from tools.numbers import check_number

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Holder:
    """A leveraged holder, in any money unit, the same for all.

    `leverage_ratio_pct` is equity over assets; `gov` the government bonds among the
    `debt_securities` held.
    """

    name: str
    equity: float
    leverage_ratio_pct: float
    debt_securities: float
    gov: float


@dataclass(frozen=True, slots=True)
class Rules:
    """The shock and how holders answer it; shares are decimals.

    `impact` is the price drop when 5 % of a market is sold. Below `lev_min` a holder fails;
    below `lev_buffer` it sells until it is back at `lev_target`. `lev_buffer` of 1 makes everyone
    below target sell (leverage targeting), 0.04 only those near the limit (threshold).
    """

    shock_gov: float
    impact: float
    lev_min: float = 0.03
    lev_buffer: float = 0.04
    lev_target: float = 0.05
    cash_share: float = 0.05
    loan_share: float = 0.5
    steps: int = 6


@dataclass(frozen=True, slots=True)
class Round:
    """One round: failures in it, share of both markets sold so far, prices after clearing."""

    failures: int
    sold_share: float
    price_other: float
    price_gov: float
    sold: float


@dataclass(frozen=True, slots=True)
class Spiral:
    """The rounds, and who had failed by the end."""

    rounds: tuple[Round, ...]
    failed: tuple[str, ...]

    @property
    def failures_per_step(self) -> list[int]:
        """Return failures by step, with the leading nil of the reference code."""
        return [0, *(r.failures for r in self.rounds)]

    @property
    def sold_shares(self) -> list[float]:
        """Return the cumulative share sold by step."""
        return [r.sold_share for r in self.rounds]


class _Books:
    """The holders' balance sheets while the rounds run: rows are holders, columns tradables."""

    def __init__(self, holders: Sequence[Holder], rules: Rules) -> None:
        equity = np.array([h.equity for h in holders], dtype=np.float64)
        assets = equity / np.array([h.leverage_ratio_pct / 100 for h in holders])
        debt = np.array([h.debt_securities for h in holders], dtype=np.float64)
        gov = np.array([h.gov for h in holders], dtype=np.float64)
        self.rules = rules
        self.cash: Floats = rules.cash_share * assets
        self.units: Floats = np.stack([debt - gov, gov], axis=1)
        self.other: Floats = assets - debt - self.cash
        self.loan: Floats = rules.loan_share * (assets - equity)
        self.fixed: Floats = assets - equity - self.loan
        self.market: Floats = self.units.sum(0)
        self.price: Floats = np.array([1.0, 1.0 - rules.shock_gov])
        self.sold: Floats = np.zeros(2)
        self.failed: Flags = np.zeros(len(holders), dtype=bool)
        self.orders: Floats = np.zeros_like(self.units)

    def clear(self) -> float:
        """Sell the orders at the mean of old and new price; return the units sold."""
        offered = self.orders.sum(0)
        share = np.divide(offered, self.market, out=np.zeros(2), where=self.market > 0)
        beta = -math.log(1 - self.rules.impact) / 0.05
        new = self.price * np.exp(-beta * share)
        self.cash += self.orders @ ((self.price + new) / 2)
        self.units -= self.orders
        self.sold += offered
        self.price = new
        return float(offered.sum())

    def respond(self) -> int:
        """Mark the books, let the weak fail, place the orders of the rest; return failures."""
        value = self.units @ self.price
        assets = self.cash + value + self.other
        equity = assets - self.loan - self.fixed
        ratio = np.divide(equity, assets, out=np.full(len(assets), -np.inf), where=assets > 0)
        alive = ~self.failed
        failing = alive & (ratio < self.rules.lev_min)
        selling = alive & ~failing & (ratio < self.rules.lev_buffer)
        need = np.where(selling, np.maximum(assets - equity / self.rules.lev_target, 0), 0)
        pay = np.minimum(need, np.minimum(self.cash, self.loan))
        self.cash -= pay
        self.loan -= pay
        missing = np.maximum(need - pay - self.cash, 0)
        share = np.divide(
            np.minimum(missing, value), value, out=np.zeros_like(value), where=value > 0
        )
        self.orders = self.units * np.where(failing, 1.0, share)[:, np.newaxis]
        self.failed |= failing
        return int(failing.sum())

    @property
    def sold_share(self) -> float:
        """Return the share of both markets sold so far."""
        total = float(self.market.sum())
        return float(self.sold.sum()) / total if total > 0 else 0.0


def spiral(holders: Sequence[Holder], rules: Rules) -> Spiral:
    """Run the rounds; raises CalculatorError for an empty system or a rule out of range.

    Orders placed in a round are cleared at the start of the next, a failed holder's whole book
    too; orders of the last round never trade.
    """
    _check(holders, rules)
    books = _Books(holders, rules)
    rounds = []
    for _ in range(rules.steps):
        sold = books.clear()
        failures = books.respond()
        rounds.append(
            Round(failures, books.sold_share, float(books.price[0]), float(books.price[1]), sold)
        )
    failed = tuple(h.name for h, gone in zip(holders, books.failed, strict=True) if gone)
    return Spiral(tuple(rounds), failed)


_RULES = {
    "shock_gov": (0.0, 0.99, "0.05"),
    "impact": (0.0, 0.99, "0.02"),
    "lev_min": (0.0, 1.0, "0.03"),
    "lev_buffer": (0.0, 1.0, "0.04"),
    "lev_target": (1e-6, 1.0, "0.05"),
    "cash_share": (0.0, 1.0, "0.05"),
    "loan_share": (0.0, 1.0, "0.5"),
    "steps": (1, 1000, "6"),
}


def _check(holders: Sequence[Holder], rules: Rules) -> None:
    for field, (lowest, highest, example) in _RULES.items():
        check_number(field, getattr(rules, field), lowest, highest, example)
    if not holders:
        raise CalculatorError("list_empty", field="banks", example="[{...}]")
    for holder in holders:
        check_number("equity", holder.equity, 0, 1e15, "60")
        check_number("leverage_ratio_pct", holder.leverage_ratio_pct, 0.01, 100, "5")
        check_number("debt_securities", holder.debt_securities, 0, 1e15, "500")
        check_number("gov", holder.gov, 0, holder.debt_securities, "300")
