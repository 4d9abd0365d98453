"""A row's untyped fields -> the contract, the terms and the bonds that several kinds ask for."""

from __future__ import annotations

from datetime import date

from tools.basis_inputs import BasisInputs
from tools.contracts import ContractMonth, parse_contract
from tools.ctd import Deliverable
from tools.errors import CalculatorError
from tools.fields import Fields


def contract_of(row: Fields, around: date) -> ContractMonth:
    """Return the row's contract; a short year is read near a day."""
    return parse_contract(row.text("contract"), around)


def day_base(row: Fields, default: str = "ACT/360") -> int:
    """Return the days of the row's year for repo interest."""
    bases = {"ACT/360": 360, "ACT/365": 365}
    name = row.text("repo_basis") if row.has("repo_basis") else default
    if name not in bases:
        raise CalculatorError(
            "choice", field="repo_basis", value=name, allowed=", ".join(bases), example=default
        )
    return bases[name]


def basis_inputs(row: Fields) -> BasisInputs:
    """Return one bond against one contract, as the row gives it."""
    settlement = row.day("settlement")
    return BasisInputs(
        contract=contract_of(row, settlement),
        futures_price=row.price("futures_price"),
        coupon_pct=row.known("coupon_pct"),
        maturity=row.day("maturity"),
        clean_price=row.price("clean_price"),
        settlement=settlement,
        delivery=row.day("delivery") if row.has("delivery") else None,
        repo_pct=row.optional("repo_pct"),
        haircut_pct=row.optional("haircut_pct"),
        margin_usd=row.optional("margin_usd"),
        face_usd=row.known("face_usd") if row.has("face_usd") else 1_000_000.0,
        dated_date=row.day("dated_date") if row.has("dated_date") else None,
        conversion_factor=row.optional("conversion_factor"),
        day_base=day_base(row),
    )


def deliverables(row: Fields) -> list[Deliverable]:
    """Return the row's bonds."""
    return [
        Deliverable(
            coupon_pct=bond.known("coupon_pct"),
            maturity=bond.day("maturity"),
            clean_price=bond.price("clean_price"),
            name=bond.text("cusip") if bond.has("cusip") else None,
            dated_date=bond.day("dated_date") if bond.has("dated_date") else None,
        )
        for bond in row.rows("bonds")
    ]


def basket_inputs(row: Fields, bonds: list[Deliverable]) -> BasisInputs:
    """Return the terms that a basket's bonds share."""
    settlement = row.day("settlement")
    return BasisInputs(
        contract=contract_of(row, settlement),
        futures_price=row.price("futures_price"),
        coupon_pct=bonds[0].coupon_pct,
        maturity=bonds[0].maturity,
        clean_price=bonds[0].clean_price,
        settlement=settlement,
        delivery=row.day("delivery") if row.has("delivery") else None,
        repo_pct=row.optional("repo_pct"),
    )
