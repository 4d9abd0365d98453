"""A basis position through days and prices -> its profit, split into parts that add up.

Long bond, short futures, financed in repo. Dollars; prices in points per 100 face, rates in
percent, simple interest on 360 days. The bond is financed at its cost; coupons repay the loan.
Per period, with the net basis taken at the locked repo rate throughout:

    coupon              accrued interest earned and coupons paid
    financing           repo interest at the locked rate on the whole loan
    carry_runoff        fall of the carry still priced into the gross basis
    convergence         change of the net basis
    financing_surprise  repo paid above the locked rate
    hedge_mismatch      contracts beyond the factor-weighted hedge x change of the futures price
    haircut_saved       repo not paid on the share that equity carries
    cash_interest       interest on margin and buffer
    roll                cost of moving into the next contract

Coupon less financing is the carry earned; without a change of the net basis the runoff takes
away what the carry earns, up to the cost of financing the rest at a changed price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from tools.basis import Basis, carry_of
from tools.basis_inputs import Terms, check_price
from tools.bonds import Bond
from tools.calendar import last_delivery_day
from tools.contracts import ContractMonth
from tools.conversion import conversion_factor
from tools.errors import CalculatorError
from tools.numbers import check_number

PARTS = (
    "coupon",
    "financing",
    "carry_runoff",
    "convergence",
    "financing_surprise",
    "hedge_mismatch",
    "haircut_saved",
    "cash_interest",
    "roll",
)


@dataclass(frozen=True, slots=True)
class Position:
    """What is held: dollars, percent a year.

    `contracts` None means the factor-weighted hedge of the contract held; `conversion_factor`
    None the exchange's formula, `delivery` None the last delivery day; `day_base` is the repo's.
    A roll brings the new contract's own factor and day.
    """

    contract: ContractMonth
    coupon_pct: float
    maturity: date
    face_usd: float
    repo_pct: float
    contracts: float | None = None
    haircut_pct: float = 0.0
    margin_usd: float = 0.0
    buffer_usd: float = 0.0
    cash_rate_pct: float = 0.0
    conversion_factor: float | None = None
    delivery: date | None = None
    day_base: int = 360

    @property
    def bond(self) -> Bond:
        """Return the bond held."""
        return Bond(self.coupon_pct, self.maturity)

    @property
    def factor(self) -> float:
        """Return the bond's factor in the contract held: the one given, else the exchange's."""
        if self.conversion_factor is not None:
            return self.conversion_factor
        return conversion_factor(self.coupon_pct, self.maturity, self.contract)

    @property
    def delivered(self) -> date:
        """Return the day of delivery: the one given, else the contract's last."""
        return self.delivery or last_delivery_day(self.contract)

    @property
    def hedge(self) -> float:
        """Return the factor-weighted contracts."""
        return self.face_usd * self.factor / self.contract.spec.face_usd

    @property
    def sold(self) -> float:
        """Return the contracts sold."""
        return self.hedge if self.contracts is None else self.contracts


@dataclass(frozen=True, slots=True)
class Rolled:
    """A move into another contract on a mark's day: its price then, and the cost in points."""

    contract: ContractMonth
    futures_price: float
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """Prices on a day, and the repo rate paid since the mark before (None: as locked)."""

    day: date
    clean_price: float
    futures_price: float
    repo_pct: float | None = None
    rolled: Rolled | None = None


@dataclass(frozen=True, slots=True)
class Pnl:
    """Profit by part in dollars and cents; the parts add to the total, to the cent."""

    parts: dict[str, float]
    total: float
    days: int

    @property
    def carry(self) -> float:
        """Return the carry earned: coupon less financing."""
        return round(self.parts["coupon"] + self.parts["financing"], 2)


def pnl(position: Position, marks: Sequence[Mark]) -> Pnl:
    """Return the profit between the first and the last mark.

    Raises CalculatorError for fewer than two marks, days out of order, prices that are none, or
    a mark after the contract's last delivery day.
    """
    _check(position, marks)
    sums = dict.fromkeys(PARTS, 0.0)
    marked = 0.0
    loan = _dirty(position, marks[0])
    held = position
    start = marks[0]
    if start.rolled is not None:
        raise _order_error(start)
    for end in marks[1:]:
        parts, value, loan = _period(held, start, end, loan)
        for name, amount in parts.items():
            sums[name] += amount
        marked += value
        held, start, cost = _roll(held, end)
        sums["roll"] -= cost
        marked -= cost
    return Pnl(_to_cents(sums, marked), round(marked, 2), (marks[-1].day - marks[0].day).days)


def _period(
    held: Position, start: Mark, end: Mark, loan: float
) -> tuple[dict[str, float], float, float]:
    """Return the parts of one period, its mark-to-market, and the loan per 100 face after it."""
    per_point = held.face_usd / 100
    paid = [(end.day - day).days for day in held.bond.coupon_dates(start.day, end.day)]
    half = held.coupon_pct / 2
    days = (end.day - start.day).days
    exposure = (loan * days - half * sum(paid)) / (100 * held.day_base)
    accrual = held.bond.accrued(end.day) - held.bond.accrued(start.day) + half * len(paid)
    rate = held.repo_pct if end.repo_pct is None else end.repo_pct
    before, after = _priced(held, start), _priced(held, end)
    futures_move = end.futures_price - start.futures_price
    usd_per_point = held.contract.spec.usd_per_point
    share = held.haircut_pct / 100
    cash = (held.margin_usd * held.sold + held.buffer_usd) * held.cash_rate_pct * days / 36_000
    parts = {
        "coupon": per_point * accrual,
        "financing": -per_point * exposure * held.repo_pct,
        "carry_runoff": per_point * (after[0] - before[0]),
        "convergence": per_point * (after[1] - before[1]),
        "financing_surprise": -per_point * exposure * (rate - held.repo_pct),
        "hedge_mismatch": -(held.sold - held.hedge) * usd_per_point * futures_move,
        "haircut_saved": per_point * exposure * share * rate,
        "cash_interest": cash,
    }
    bonds = per_point * (end.clean_price - start.clean_price + accrual)
    interest = per_point * exposure * rate * (1 - share)
    value = bonds - held.sold * usd_per_point * futures_move - interest + cash
    return parts, value, loan - half * len(paid)


def _priced(held: Position, mark: Mark) -> tuple[float, float]:
    """Return the carry to delivery and the net basis at the locked rate, per 100 face."""
    factor = held.factor
    legs = carry_of(
        Terms(
            bond=held.bond,
            clean_price=mark.clean_price,
            futures_price=mark.futures_price,
            conversion_factor=factor,
            settlement=mark.day,
            delivery=held.delivered,
            repo_pct=held.repo_pct,
            day_base=held.day_base,
        )
    )
    forward = float(legs.forward(held.repo_pct, held.day_base))
    return mark.clean_price - forward, forward - factor * mark.futures_price


def _roll(held: Position, mark: Mark) -> tuple[Position, Mark, float]:
    """Return position and mark after a roll, and its cost; the hedge is weighted anew."""
    if mark.rolled is None:
        return held, mark, 0.0
    moved = replace(held, contract=mark.rolled.contract, conversion_factor=None, delivery=None)
    if held.contracts is not None:
        moved = replace(moved, contracts=held.contracts * moved.hedge / held.hedge)
    cost = mark.rolled.cost * moved.sold * moved.contract.spec.usd_per_point
    return moved, replace(mark, futures_price=mark.rolled.futures_price, rolled=None), cost


def _dirty(position: Position, mark: Mark) -> float:
    return mark.clean_price + position.bond.accrued(mark.day)


def _to_cents(parts: dict[str, float], total: float) -> dict[str, float]:
    """Round parts to cents so that they add to the rounded total; the largest takes the rest."""
    cents = {name: round(100 * amount) for name, amount in parts.items()}
    largest = max(cents, key=lambda name: abs(cents[name]))
    cents[largest] += round(100 * round(total, 2)) - sum(cents.values())
    return {name: amount / 100 for name, amount in cents.items()}


def _check(position: Position, marks: Sequence[Mark]) -> None:
    if len(marks) < 2:
        raise CalculatorError(
            "list_too_short",
            field="marks",
            value=len(marks),
            lowest=2,
            example="2026-11-24 100-30 112-16+, 2026-12-24 101-02 112-20",
        )
    check_number("face_usd", position.face_usd, 100, 1e13, "100m")
    check_number("repo_pct", position.repo_pct, -25, 100, "3.90")
    check_number("haircut_pct", position.haircut_pct, -10, 100, "2%")
    check_number("margin_usd", position.margin_usd, 0, 1e6, "1850")
    check_number("buffer_usd", position.buffer_usd, 0, 1e13, "500000")
    check_number("contracts", position.sold, 0, 1e9, "895")
    contract, last = position.contract, position.delivered
    for before, mark in zip((None, *marks), marks, strict=False):
        if before is not None and mark.day <= before.day:
            raise _order_error(mark)
        if mark.day > last:
            raise CalculatorError(
                "settlement_after_delivery",
                field="settlement",
                value=mark.day.isoformat(),
                contract=contract.code,
                delivery=last.isoformat(),
                example=last.isoformat(),
            )
        check_price("clean_price", mark.clean_price)
        check_price("futures_price", mark.futures_price)
        if mark.rolled is not None:
            check_price("futures_price", mark.rolled.futures_price)
            contract = mark.rolled.contract
            last = last_delivery_day(contract)


def _order_error(mark: Mark) -> CalculatorError:
    return CalculatorError(
        "dates_order",
        field="settlement",
        value=mark.day.isoformat(),
        example="2026-11-24, 2026-12-24",
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a position earns if held to delivery at today's repo rate.

    `profit_usd` is the locked profit (minus the net basis); `break_even_repo_pct` the rate at
    which it is nil; `return_pct` the annual return on the equity, None where there is none.
    """

    profit_usd: float
    break_even_repo_pct: float
    return_pct: float | None
    equity_usd: float


def outlook(
    held: Basis,
    buffer_usd: float = 0.0,
    cash_rate_pct: float = 0.0,
    contracts: float | None = None,
) -> Outlook:
    """Return profit, break-even and annual return on equity to delivery.

    [(implied repo - repo) x dirty + repo x haircut x dirty + cash rate x (margin + buffer)] /
    equity: the haircut share is not borrowed, so its repo is saved. The profit is that of the
    factor-weighted hedge; margin and equity are those of the `contracts` sold (None: that hedge).
    Raises input_missing without a repo rate or a day to run.
    """
    if held.net_basis is None or held.repo_pct is None or held.implied_repo_pct is None:
        missing = "repo_pct" if held.repo_pct is None else "settlement"
        raise CalculatorError("input_missing", field=missing, kind="pnl", example="repo 3.90")
    buffer = 100 * buffer_usd / held.face_usd
    capital = 100 * held.capital_usd(contracts) / held.face_usd
    equity = capital + buffer
    margin = capital - held.dirty * (held.haircut_pct or 0.0) / 100
    saved = held.repo_pct * (held.haircut_pct or 0.0) / 100 * held.dirty
    cash = cash_rate_pct * (margin + buffer)
    annual = -100 * held.net_basis * 360 / held.days + saved + cash
    return Outlook(
        profit_usd=-held.net_basis * held.face_usd / 100,
        break_even_repo_pct=held.implied_repo_pct,
        return_pct=annual / equity if equity > 0 else None,
        equity_usd=equity * held.face_usd / 100,
    )
