"""Basis trades under common shocks and a price impact -> sales and basis, round by round.

An illustration, not a calibration: no published value of the impact of basis sales on the basis
is known to us, so it is an input, to be shown as a range and called an assumption. Each tenor is
held by funds alike but for their buffers, spread evenly around the mean. Funds hold bonds against
short futures; a shock raises margins and haircuts and moves the basis against them; whoever lacks
the capital sells bonds and buys futures, which moves the basis further.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.coupons import Floats
from tools.errors import CalculatorError
from tools.numbers import check_number

# 32nds of a point that the basis moves per 100 bn dollars sold: assumptions, for want of figures.
ASSUMED_IMPACTS = (1.0, 2.0, 4.0)
_SMALLEST_SALE_BN = 1e-6


@dataclass(frozen=True, slots=True)
class Tenor:
    """The trades in one contract: size in bn dollars, shares in percent of the bonds held.

    `buffer_pct` is the mean free cash; funds hold between nil and twice that.
    """

    name: str
    size_bn: float
    haircut_pct: float
    margin_pct: float
    buffer_pct: float


@dataclass(frozen=True, slots=True)
class CommonShock:
    """What hits everyone: margin multiple, haircut rise in points, fall of the basis in 32nds."""

    margin_times: float = 1.0
    haircut_rise_pct: float = 0.0
    basis_fall_32nds: float = 0.0


@dataclass(frozen=True, slots=True)
class SpiralRound:
    """One round: sold in it and in all (bn), the basis's fall so far by tenor, funds left."""

    sold_bn: float
    total_sold_bn: float
    basis_fall_32nds: tuple[float, ...]
    held_bn: float
    funds_left: int
    equity_bn: float


@dataclass(frozen=True, slots=True)
class BasisSpiral:
    """The rounds under one assumed impact."""

    impact_32nds_per_100bn: float
    rounds: tuple[SpiralRound, ...]
    funds: int
    size_bn: float

    @property
    def sold_share(self) -> float:
        """Return the share of all trades that was sold."""
        return self.rounds[-1].total_sold_bn / self.size_bn


def basis_spiral(
    tenors: Sequence[Tenor],
    shock: CommonShock,
    impact_32nds_per_100bn: float,
    funds_per_tenor: int = 20,
    rounds: int = 20,
) -> BasisSpiral:
    """Run rounds until nobody must sell, at most `rounds`.

    A fund needs (haircut + rise) + margin x multiple of its bonds as capital. Short of it, it
    sells down to what its equity carries, at the mean of the basis before and after the round's
    sales; without equity it sells all. Raises CalculatorError for inputs out of range.
    """
    _check(tenors, shock, impact_32nds_per_100bn, funds_per_tenor, rounds)
    held = np.array([[t.size_bn / funds_per_tenor] * funds_per_tenor for t in tenors])
    buffers = 2 * (np.arange(funds_per_tenor) + 0.5) / funds_per_tenor
    before = np.array([(t.haircut_pct + t.margin_pct) / 100 for t in tenors])
    mean_buffer = np.array([t.buffer_pct / 100 for t in tenors])
    equity = held * (before[:, np.newaxis] + mean_buffer[:, np.newaxis] * buffers)
    needed = np.array(
        [
            (t.haircut_pct + shock.haircut_rise_pct + t.margin_pct * shock.margin_times) / 100
            for t in tenors
        ]
    )[:, np.newaxis]
    fall = np.full(len(tenors), shock.basis_fall_32nds)
    equity -= held * _share(fall)[:, np.newaxis]
    done: list[SpiralRound] = []
    total = 0.0
    for _ in range(rounds):
        sales = _sales(held, equity, needed)
        sold = float(sales.sum())
        total += sold
        moved = impact_32nds_per_100bn * sales.sum(1) / 100
        # The sellers lose half the move on what they sell, every holder the whole on the rest.
        held = held - sales
        equity = equity - _share(moved)[:, np.newaxis] * (held + sales / 2)
        fall = fall + moved
        done.append(_round(sold, total, fall, held, equity))
        if sold < _SMALLEST_SALE_BN:
            break
    size = sum(t.size_bn for t in tenors)
    return BasisSpiral(impact_32nds_per_100bn, tuple(done), held.size, size)


def impact_range(
    tenors: Sequence[Tenor],
    shock: CommonShock,
    impacts: Sequence[float] = ASSUMED_IMPACTS,
    funds_per_tenor: int = 20,
) -> tuple[BasisSpiral, ...]:
    """Return the spiral under each assumed impact: one figure alone would feign knowledge."""
    return tuple(basis_spiral(tenors, shock, impact, funds_per_tenor) for impact in impacts)


def _share(basis_32nds: Floats) -> Floats:
    """Return a fall of the basis as a share of face."""
    return basis_32nds / 32 / 100


def _sales(held: Floats, equity: Floats, needed: Floats) -> Floats:
    """Return what each fund sells: all it holds beyond what its equity carries."""
    carried = np.divide(
        np.maximum(equity, 0), needed, out=np.full_like(held, np.inf), where=needed > 0
    )
    carried = np.where(equity > 0, carried, 0.0)
    return np.maximum(held - carried, 0.0)


def _round(sold: float, total: float, fall: Floats, held: Floats, equity: Floats) -> SpiralRound:
    return SpiralRound(
        sold_bn=sold,
        total_sold_bn=total,
        basis_fall_32nds=tuple(fall.tolist()),
        held_bn=float(held.sum()),
        funds_left=int((equity > 0).sum()),
        equity_bn=float(np.maximum(equity, 0).sum()),
    )


def _check(
    tenors: Sequence[Tenor], shock: CommonShock, impact: float, funds: int, rounds: int
) -> None:
    if not tenors:
        raise CalculatorError("list_empty", field="tenors", example="5y 400bn haircut 1% margin 2%")
    for tenor in tenors:
        check_number("size_bn", tenor.size_bn, 1e-3, 1e5, "400")
        check_number("haircut_pct", tenor.haircut_pct, -10, 100, "2%")
        check_number("margin_pct", tenor.margin_pct, 0, 100, "1.8")
        check_number("buffer_pct", tenor.buffer_pct, 0, 100, "1")
    check_number("margin_times", shock.margin_times, 0, 100, "1.5")
    check_number("haircut_rise_pct", shock.haircut_rise_pct, -100, 100, "1")
    check_number("basis_fall_32nds", shock.basis_fall_32nds, -320, 320, "4")
    check_number("impact_32nds_per_100bn", impact, 0, 1000, "2")
    check_number("funds_per_tenor", funds, 1, 1000, "20")
    check_number("rounds", rounds, 1, 1000, "20")


def without_impact(spiral: BasisSpiral) -> BasisSpiral:
    """Return the first round alone: what the shock itself forces, before any feedback."""
    return replace(spiral, rounds=spiral.rounds[:1])
