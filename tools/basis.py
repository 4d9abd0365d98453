"""One bond against one contract -> gross and net basis, carry, implied repo, invoice, leverage.

Points per 100 face unless the name says otherwise. The convention is proceeds: coupons between
settlement and delivery earn the repo rate, and net basis = gross basis - carry holds only so;
`net_basis_no_reinvestment` lets them lie idle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from tools.basis_inputs import BasisInputs, Terms, resolve
from tools.calendar import is_business_day, next_business_day
from tools.carry import Carry, carry
from tools.coupons import Days, Schedule, day_number
from tools.figures import figures
from tools.leverage import margin_share_pct
from tools.notes import Note


@dataclass(frozen=True, slots=True)
class Basis:
    """One deliverable against its contract.

    Fields that need a repo rate are None without one; `implied_repo_pct` is None where delivery
    is on the settlement day. `leverage` is None with the reason in `leverage_missing`.
    `dv01` is points per 100 face for one basis point at the spot yield. The two `_moved` fields
    are given where a coupon falls on a day without business and is paid on the next one; the
    other figures pay it on its own date (no published screen tells which is used).
    """

    settlement: date
    delivery: date
    days: int
    futures_price: float
    clean_price: float
    conversion_factor: float
    accrued: float
    accrued_delivery: float
    dirty: float
    coupons: float
    gross_basis: float
    coupon_income: float
    implied_repo_pct: float | None
    yield_pct: float
    dv01: float
    repo_pct: float | None = None
    forward: float | None = None
    financing: float | None = None
    reinvestment: float | None = None
    carry: float | None = None
    net_basis: float | None = None
    net_basis_no_reinvestment: float | None = None
    forward_dv01: float | None = None
    locked_profit: float | None = None
    implied_repo_moved_pct: float | None = None
    net_basis_moved: float | None = None
    contract_face_usd: float = 100_000.0
    face_usd: float = 1_000_000.0
    haircut_pct: float | None = None
    margin_pct: float | None = None
    leverage: float | None = None
    leverage_missing: str | None = None
    equity_per_100: float | None = None
    notes: tuple[Note, ...] = ()

    @property
    def invoice_price(self) -> float:
        """Return the converted futures price: futures price x conversion factor."""
        return self.futures_price * self.conversion_factor

    @property
    def invoice_per_100(self) -> float:
        """Return what the buyer of the future pays for 100 face, accrued interest included."""
        return self.invoice_price + self.accrued_delivery

    @property
    def invoice_usd(self) -> float:
        """Return the invoice of one contract in dollars."""
        return self.invoice_per_100 * self.contract_face_usd / 100

    @property
    def gross_basis_32nds(self) -> float:
        """Return the gross basis in 32nds of a point."""
        return self.gross_basis * 32

    @property
    def net_basis_32nds(self) -> float | None:
        """Return the net basis in 32nds of a point."""
        return None if self.net_basis is None else self.net_basis * 32

    @property
    def gross_basis_usd(self) -> float:
        """Return the gross basis of the face in dollars."""
        return self.gross_basis * self.face_usd / 100

    @property
    def carry_usd(self) -> float | None:
        """Return the carry of the face in dollars."""
        return None if self.carry is None else self.carry * self.face_usd / 100

    @property
    def net_basis_usd(self) -> float | None:
        """Return the net basis of the face in dollars."""
        return None if self.net_basis is None else self.net_basis * self.face_usd / 100

    @property
    def contracts(self) -> float:
        """Return the contracts to sell against the face: face x factor / contract face."""
        return self.face_usd * self.conversion_factor / self.contract_face_usd

    @property
    def futures_dv01_usd(self) -> float:
        """Return one contract's DV01 by the spot convention: bond DV01 / factor, in dollars."""
        return self.dv01 / self.conversion_factor * self.contract_face_usd / 100

    @property
    def futures_dv01_forward_usd(self) -> float | None:
        """Return one contract's DV01 by the forward convention, in dollars."""
        if self.forward_dv01 is None:
            return None
        return self.forward_dv01 / self.conversion_factor * self.contract_face_usd / 100

    @property
    def equity_usd(self) -> float | None:
        """Return the equity that the face needs, in dollars."""
        return None if self.equity_per_100 is None else self.capital_usd()

    def capital_usd(self, contracts: float | None = None) -> float:
        """Return haircut and margin in dollars: haircut x bonds + margin x contracts.

        `contracts` None means the factor-weighted hedge.
        """
        sold = self.contracts if contracts is None else contracts
        haircut = (self.haircut_pct or 0.0) * self.dirty * self.face_usd
        margin = (self.margin_pct or 0.0) * self.futures_price * self.contract_face_usd * sold
        return haircut / 10_000 + margin / 10_000


def basis(inputs: BasisInputs) -> Basis:
    """Return the basis of a request; raises CalculatorError naming the input at fault."""
    terms, notes = resolve(inputs)
    return completed(evaluate(terms), inputs, terms, notes)


def completed(found: Basis, inputs: BasisInputs, terms: Terms, notes: tuple[Note, ...]) -> Basis:
    """Return an evaluated basis with leverage, face and what must be said about it."""
    result, moved = _with_moved_coupons(found, terms)
    margin_pct = None
    if inputs.margin_usd is not None:
        margin_pct = margin_share_pct(
            inputs.margin_usd, inputs.futures_price, terms.contract_face_usd
        )
    return replace(
        _with_leverage(result, inputs.haircut_pct, margin_pct),
        face_usd=inputs.face_usd,
        notes=(*notes, *moved, *_missing(inputs)),
    )


def evaluate(terms: Terms) -> Basis:
    """Return the basis of checked terms."""
    return evaluate_all((terms,))[0]


def evaluate_all(many: Sequence[Terms]) -> list[Basis]:
    """Return the basis of each of many checked terms."""
    return [
        Basis(
            settlement=terms.settlement,
            delivery=terms.delivery,
            futures_price=terms.futures_price,
            clean_price=terms.clean_price,
            conversion_factor=terms.conversion_factor,
            contract_face_usd=terms.contract_face_usd,
            **found,
        )
        for terms, found in zip(many, figures(many), strict=True)
    ]


def _with_moved_coupons(result: Basis, terms: Terms) -> tuple[Basis, tuple[Note, ...]]:
    """Return a basis with what changes if coupons wait for the next business day, and a note."""
    if not result.coupons:
        return result, ()
    dates = terms.bond.coupon_dates(terms.settlement, terms.delivery)
    waits = [(day, min(_paid_on(day), terms.delivery)) for day in dates]
    late = sum((paid - day).days for day, paid in waits)
    if not late:
        return result, ()
    legs = carry_of(terms)
    lost = terms.bond.coupon_pct / 2 * late  # point-days on which the coupons do not earn
    legs = replace(legs, idle=legs.idle - lost, exposure=legs.exposure + lost)
    repo = terms.repo_pct
    moved = None if repo is None else float(legs.forward(repo, terms.day_base))
    implied = _implied_repo(legs, result.invoice_price, terms.day_base)
    values = {
        "value": waits[0][0].isoformat(),
        "bp": f"{100 * (implied - (result.implied_repo_pct or implied)):+.2f}",
    }
    return (
        replace(
            result,
            implied_repo_moved_pct=implied,
            net_basis_moved=None if moved is None else moved - result.invoice_price,
        ),
        (Note("coupon_not_business_day", values),),
    )


def _paid_on(day: date) -> date:
    return day if is_business_day(day) else next_business_day(day)


def carry_of(terms: Terms) -> Carry:
    """Return the carry of one bond from settlement to delivery."""
    return carry(
        np.asarray(terms.clean_price),
        np.asarray(terms.bond.coupon_pct),
        Schedule.of(day_number(terms.bond.maturity)),
        _day(terms.settlement),
        _day(terms.delivery),
    )


def _day(day: date) -> Days:
    return np.asarray(day_number(day), dtype=np.int64)


def _implied_repo(legs: Carry, invoice_price: float, day_base: int) -> float:
    return float(legs.implied_repo(np.asarray(invoice_price), day_base))


def _with_leverage(result: Basis, haircut_pct: float | None, margin_pct: float | None) -> Basis:
    """Return a basis with leverage, or the reason why there is none."""
    given = replace(result, haircut_pct=haircut_pct, margin_pct=margin_pct)
    equity = 100 * given.capital_usd() / given.face_usd
    if equity < 0:
        return replace(given, leverage_missing="capital_negative")
    if equity == 0:
        unknown = haircut_pct is None or margin_pct is None
        return replace(given, leverage_missing="capital_unknown" if unknown else "capital_zero")
    return replace(given, leverage=given.dirty / equity, equity_per_100=equity)


def _missing(inputs: BasisInputs) -> tuple[Note, ...]:
    """Return what was left out of the answer for want of an input."""
    notes = []
    if inputs.repo_pct is None:
        notes.append(Note("repo_missing"))
    if inputs.margin_usd is None and inputs.haircut_pct:
        notes.append(Note("margin_missing"))
    if inputs.haircut_pct is None and inputs.margin_usd:
        notes.append(Note("haircut_missing"))
    return tuple(notes)
