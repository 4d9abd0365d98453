"""A deliverable basket and a yield volatility -> the value of the short's right to choose.

The quality (switch) option with one factor: all forward yields move together by a normal shift of
variance vol^2 T; each converted price P/C is re-centred on its forward by adding a constant
(scaling would tilt the basket). Value in points of futures:

    min_i f_i - E[min_i P_i/C_i]

By quadrature on a fine grid: a Gauss rule of few nodes is off at the kinks (up to 0.05/32).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.bonds import Flows, dirty_price, flows, street_yield
from tools.coupons import Floats, day_number, day_numbers
from tools.ctd import Basket
from tools.errors import CalculatorError

_NODES = 2_001
_WIDTH = 8.0  # standard deviations on each side
_HIGHEST_VOL_BP = 1_000.0
_DAYS_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class SwitchOption:
    """The option's value and how likely each bond is to be delivered.

    `value` in points of futures; `probabilities` follow the basket's order and sum to one;
    `ctd` is the cheapest at the forwards.
    """

    vol_bp: float
    value: float
    probabilities: tuple[float, ...]
    ctd: int

    @property
    def value_32nds(self) -> float:
        """Return the value in 32nds of futures."""
        return 32 * self.value


@dataclass(frozen=True, slots=True)
class Forwards:
    """A basket on its delivery day: forward clean prices, factors, flows, days until then."""

    clean: Floats
    factors: Floats
    flow: Flows
    days: int


def forwards_of(basket: Basket) -> Forwards:
    """Return a ranked basket on its delivery day, in the basket's order.

    Raises input_missing where the basket was ranked without a repo rate.
    """
    results = [row.basis for row in basket.rows]
    clean = [result.forward for result in results if result.forward is not None]
    if len(clean) < len(results):
        raise CalculatorError("input_missing", field="repo_pct", kind="ctd", example="repo 3.90")
    bonds = [row.bond for row in basket.rows]
    day = results[0].delivery
    return Forwards(
        clean=np.array(clean),
        factors=np.array([result.conversion_factor for result in results]),
        flow=flows(
            [bond.coupon_pct for bond in bonds],
            day_numbers(bond.maturity for bond in bonds),
            day_number(day),
        ),
        days=results[0].days,
    )


def switch_option(forwards: Forwards, vol_bp: float) -> SwitchOption:
    """Return the switch option at a yield volatility in basis points a year.

    Raises number_range for a volatility below 0 or above 1000.
    """
    _check_vol(vol_bp)
    shifts, weights = _grid(vol_bp, forwards.days)
    paths = _converted(forwards, shifts, weights)
    cheapest = np.argmin(paths, axis=-1)
    least = np.take_along_axis(paths, cheapest[:, np.newaxis], axis=-1)[:, 0]
    start = forwards.clean / forwards.factors
    shares = np.bincount(cheapest, weights=weights, minlength=len(start))
    return SwitchOption(
        vol_bp=vol_bp,
        # Rounding of the weighted mean can leave a value of -1e-16 for an option of nil.
        value=max(float(start.min() - weights @ least), 0.0),
        probabilities=tuple(shares.tolist()),
        ctd=int(np.argmin(start)),
    )


def _check_vol(vol_bp: float) -> None:
    if not 0 <= vol_bp <= _HIGHEST_VOL_BP:
        raise CalculatorError(
            "number_range",
            field="vol_bp",
            value=vol_bp,
            lowest="0",
            highest=f"{_HIGHEST_VOL_BP:g}",
            example="100",
        )


def _grid(vol_bp: float, days: int) -> tuple[Floats, Floats]:
    """Return yield shifts in percentage points and their normal weights, which sum to one."""
    deviation = vol_bp / 100 * (days / _DAYS_A_YEAR) ** 0.5
    nodes = np.linspace(-_WIDTH, _WIDTH, _NODES)
    density = np.exp(-(nodes**2) / 2)
    return deviation * nodes, density / density.sum()


def _converted(forwards: Forwards, shifts: Floats, weights: Floats) -> Floats:
    """Return the re-centred converted prices, one row a shift, one column a bond."""
    flow = forwards.flow
    yields = street_yield(forwards.clean + flow.accrued, flow)
    moved = yields + shifts[:, np.newaxis]
    converted = (dirty_price(moved, flow) - flow.accrued) / forwards.factors
    centred: Floats = converted + (forwards.clean / forwards.factors - weights @ converted)
    return centred


def option_adjusted_basis(net_basis: float, factor: float, option: SwitchOption) -> float:
    """Return a net basis less the option's value, both in points of the bond.

    What is left is richness of the bond (positive) or of the future (negative).
    """
    return net_basis - option.value * factor


def implied_vol_bp(forwards: Forwards, value: float) -> float | None:
    """Return the volatility at which the option is worth `value` points of futures.

    None where no volatility up to 1000 bp a year is enough, or the value is below nil. The
    value rises with volatility, so halving finds it, to a hundredth of a basis point.
    """
    low, high = 0.0, _HIGHEST_VOL_BP
    if not 0 <= value <= switch_option(forwards, high).value:
        return None
    while high - low > 0.01:
        middle = (low + high) / 2
        if switch_option(forwards, middle).value < value:
            low = middle
        else:
            high = middle
    return (low + high) / 2
