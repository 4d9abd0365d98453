"""A basket of bonds against one contract -> the cheapest to deliver, its rivals, its switches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import ArrayLike

from tools.basis import Basis, basis, completed, evaluate_all
from tools.basis_inputs import BasisInputs, Terms, check_price, deliverable_maturities, resolve
from tools.bonds import Flows, dirty_price, dirty_slope, flows, street_yield
from tools.contracts import ContractMonth
from tools.conversion import factor_from_months, months_to_maturity, round_factor
from tools.coupons import Floats, day_number, day_numbers
from tools.errors import CalculatorError
from tools.notes import Note

MAX_BONDS = 1_000
_SWITCH_PRECISION_BP = 0.001


@dataclass(frozen=True, slots=True)
class Deliverable:
    """A bond of the basket: coupon in percent, maturity, clean price in points.

    `name` is what the user calls it (a CUSIP, say); `dated_date` that of a bond not yet issued.
    """

    coupon_pct: float
    maturity: date
    clean_price: float
    name: str | None = None
    dated_date: date | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """One bond of the basket with its basis."""

    bond: Deliverable
    basis: Basis


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A bond that could not be ranked, and why."""

    bond: Deliverable
    error: CalculatorError


@dataclass(frozen=True, slots=True)
class Basket:
    """The deliverables by falling implied repo; the first is the cheapest to deliver."""

    contract: ContractMonth
    rows: tuple[Ranked, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[Note, ...]

    @property
    def ctd(self) -> Ranked:
        """Return the cheapest to deliver."""
        return self.rows[0]

    @property
    def gap_pct(self) -> float | None:
        """Return by how much its implied repo leads the runner-up's, in percentage points."""
        first, second = self._rates()
        return None if first is None or second is None else first - second

    @property
    def gap_32nds(self) -> float | None:
        """Return how far the runner-up's net basis is above the CTD's, in 32nds of futures.

        Net bases are divided by the factors, so that both are in futures points; None without a
        repo rate or a runner-up.
        """
        if len(self.rows) < 2:
            return None
        first, second = (row.basis for row in self.rows[:2])
        if first.net_basis is None or second.net_basis is None:
            return None
        return 32 * (
            second.net_basis / second.conversion_factor - first.net_basis / first.conversion_factor
        )

    def _rates(self) -> tuple[float | None, float | None]:
        rates = [row.basis.implied_repo_pct for row in self.rows[:2]]
        return rates[0], rates[1] if len(rates) > 1 else None


def rank(terms: BasisInputs, bonds: Sequence[Deliverable]) -> Basket:
    """Return the bonds ranked by implied repo against the contract of `terms`.

    `terms` gives contract, futures price, days and rates; its own bond is ignored. Bonds outside
    the grade are left out with their error. Raises list_empty or basket_no_deliverable.
    """
    _check_size(bonds)
    checked: list[tuple[Deliverable, BasisInputs, Terms, tuple[Note, ...]]] = []
    left_out = []
    for bond in bonds:
        inputs = _inputs(terms, bond)
        try:
            checked.append((bond, inputs, *resolve(inputs)))
        except CalculatorError as error:
            if error.field not in _BOND_FIELDS:
                raise
            left_out.append(LeftOut(bond, error))
    if not checked:
        raise _no_deliverable(terms.contract, left_out)
    found = evaluate_all([resolved for _, _, resolved, _ in checked])
    rows = [
        Ranked(bond, completed(one, inputs, resolved, said))
        for one, (bond, inputs, resolved, said) in zip(found, checked, strict=True)
    ]
    rows.sort(key=lambda row: _by_rate(row.basis))
    notes = {note.code: note for row in rows for note in row.basis.notes}
    return Basket(terms.contract, tuple(rows), tuple(left_out), tuple(notes.values()))


_BOND_FIELDS = ("maturity", "clean_price", "coupon_pct", "dated_date")


def _check_size(bonds: Sequence[Deliverable]) -> None:
    if not bonds:
        raise CalculatorError("list_empty", field="bonds", example="4.25 11/15/34 100-30")
    if len(bonds) > MAX_BONDS:
        raise CalculatorError(
            "list_too_long", field="bonds", value=len(bonds), highest=MAX_BONDS, example=100
        )


def _inputs(terms: BasisInputs, bond: Deliverable) -> BasisInputs:
    return replace(
        terms,
        coupon_pct=bond.coupon_pct,
        maturity=bond.maturity,
        clean_price=bond.clean_price,
        dated_date=bond.dated_date,
        conversion_factor=None,
    )


def _by_rate(result: Basis) -> tuple[float, float]:
    """Sort by falling implied repo; on the delivery day by rising basis in futures points."""
    rate = result.implied_repo_pct
    return (-rate if rate is not None else 0.0, result.gross_basis / result.conversion_factor)


def _no_deliverable(contract: ContractMonth, left_out: Sequence[LeftOut]) -> CalculatorError:
    first, last = deliverable_maturities(contract)
    return CalculatorError(
        "basket_no_deliverable",
        field="bonds",
        value=len(left_out),
        contract=contract.code,
        first=first.isoformat(),
        last=last.isoformat() if last else "...",
        example=first.replace(day=15).isoformat(),
    )


@dataclass(frozen=True, slots=True)
class Scenario:
    """The basket on the horizon after a parallel shift of all yields.

    `basis_32nds` are the bonds' bases in the order given; `futures_risk` is what screens print as
    risk, by the CTD: points per 100 face and percentage point of yield. A basis point on 100,000
    face is `futures_dv01_usd`.
    """

    shift_bp: float
    futures_price: float
    ctd: int
    basis_32nds: tuple[float, ...]
    futures_risk: float

    @property
    def futures_dv01_usd(self) -> float:
        """Return dollars per basis point on 100,000 face."""
        return self.futures_risk * 10


@dataclass(frozen=True, slots=True)
class Switch:
    """The yield shift at which the cheapest to deliver changes."""

    shift_bp: float
    below: int
    above: int


@dataclass(frozen=True, slots=True)
class Market:
    """A basket's spot yields, and its flows on the horizon day: what scenarios start from."""

    factors: Floats
    yields_pct: Floats
    flow: Flows

    def clean(self, shift_bp: ArrayLike) -> Floats:
        """Return the clean prices on the horizon; shifts broadcast against the bonds."""
        shifted = self.yields_pct + np.asarray(shift_bp, dtype=np.float64) / 100
        return dirty_price(shifted, self.flow) - self.flow.accrued


def market(
    contract: ContractMonth, bonds: Sequence[Deliverable], settlement: date, horizon: date
) -> Market:
    """Return a basket's spot street yields on settlement and its flows on the horizon."""
    _check_size(bonds)
    if settlement > horizon:
        raise CalculatorError(
            "settlement_after_delivery",
            field="settlement",
            value=settlement.isoformat(),
            contract=contract.code,
            delivery=horizon.isoformat(),
            example=horizon.isoformat(),
        )
    coupons = np.array([bond.coupon_pct for bond in bonds])
    maturities = day_numbers(bond.maturity for bond in bonds)
    for bond in bonds:
        check_price("clean_price", bond.clean_price)
        if bond.maturity <= horizon:
            raise CalculatorError(
                "bond_matured",
                field="maturity",
                value=bond.maturity.isoformat(),
                day=horizon.isoformat(),
                example=deliverable_maturities(contract)[0].isoformat(),
            )
    spot = flows(coupons, maturities, day_number(settlement))
    clean = np.array([bond.clean_price for bond in bonds])
    months = [months_to_maturity(bond.maturity, contract) for bond in bonds]
    return Market(
        factors=round_factor(factor_from_months(coupons, months, contract.spec.factor_months)),
        yields_pct=street_yield(clean + spot.accrued, spot),
        flow=flows(coupons, maturities, day_number(horizon)),
    )


def scenario(state: Market, shift_bp: float, ctd_net_basis_32nds: float = 0.0) -> Scenario:
    """Return the futures price, CTD and bases on the horizon after a yield shift.

    Each bond keeps its spot street yield plus the shift; the future is the least converted
    price, less the net basis that the CTD is assumed to keep. This reproduces the published
    scenario screen (USZ3, 80 cells) to 0.06/32; forward yields would miss it by up to 0.66/32.
    """
    clean = state.clean(shift_bp)
    converted = clean / state.factors
    ctd = int(np.argmin(converted))
    futures = float(converted[ctd] - ctd_net_basis_32nds / 32 / state.factors[ctd])
    slope = dirty_slope(state.yields_pct + shift_bp / 100, state.flow)[ctd]
    return Scenario(
        shift_bp=shift_bp,
        futures_price=futures,
        ctd=ctd,
        basis_32nds=tuple((32 * (clean - state.factors * futures)).tolist()),
        futures_risk=float(-slope / state.factors[ctd]),
    )


def switches(
    state: Market,
    lowest_bp: float,
    highest_bp: float,
    step_bp: float = 5.0,
) -> tuple[Switch, ...]:
    """Return the shifts within the range at which another bond becomes the cheapest.

    Changes that come and go within one step are not seen.
    """
    grid = np.arange(lowest_bp, highest_bp + step_bp / 2, step_bp)
    cheapest = np.argmin(state.clean(grid[:, np.newaxis]) / state.factors, axis=-1)
    places = np.flatnonzero(cheapest[1:] != cheapest[:-1])
    return tuple(_switch(state, float(grid[i]), float(grid[i + 1])) for i in places)


def _switch(state: Market, low: float, high: float) -> Switch:
    """Halve an interval until the change of CTD is known to a thousandth of a basis point."""
    below = _cheapest(state, low)
    while high - low > _SWITCH_PRECISION_BP:
        middle = (low + high) / 2
        low, high = (middle, high) if _cheapest(state, middle) == below else (low, middle)
    return Switch(shift_bp=(low + high) / 2, below=below, above=_cheapest(state, high))


def _cheapest(state: Market, shift_bp: float) -> int:
    return int(np.argmin(state.clean(shift_bp) / state.factors))


def gross_costs(
    futures_price: float,
    prices: Sequence[float],
    factors: Sequence[float],
) -> list[float]:
    """Return what delivering each bond costs before carry: price - futures price x factor."""
    return [price - futures_price * factor for price, factor in zip(prices, factors, strict=True)]


@dataclass(frozen=True, slots=True)
class Roll:
    """Two contract months side by side, for a bond that both accept.

    `spread_32nds` is front less back; `implied_repo_between_pct` is the rate earned by taking
    the bond on the front's delivery day and delivering it into the back.
    """

    front: Basis
    back: Basis
    spread_32nds: float
    implied_repo_between_pct: float | None


def roll(front: BasisInputs, back_contract: ContractMonth, back_price: float) -> Roll:
    """Return the calendar roll of a bond from one contract month into a later one."""
    near = basis(front)
    far = basis(
        replace(
            front,
            contract=back_contract,
            futures_price=back_price,
            delivery=None,
            conversion_factor=None,
        )
    )
    between = basis(
        replace(
            front,
            contract=back_contract,
            futures_price=back_price,
            delivery=None,
            conversion_factor=None,
            clean_price=near.invoice_price,
            settlement=near.delivery,
            dated_date=None,
        )
    )
    return Roll(near, far, 32 * (front.futures_price - back_price), between.implied_repo_pct)


@dataclass(frozen=True, slots=True)
class Hedge:
    """Contracts to sell against a face of bonds, by factor and by DV01."""

    by_factor: float
    by_dv01: float
    futures_dv01_usd: float


def hedge(held: Basis, ctd: Basis) -> Hedge:
    """Return the hedge of a bond position with the contract whose CTD is given.

    By factor: face x factor / contract face, which locks the invoice for delivery. By DV01:
    position DV01 over futures DV01 (spot CTD DV01 / factor), which offsets a parallel shift.
    """
    position = held.dv01 * held.face_usd / 100
    return Hedge(held.contracts, position / ctd.futures_dv01_usd, ctd.futures_dv01_usd)
