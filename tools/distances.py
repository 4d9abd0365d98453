"""A hedged position and its buffer -> how far it is from each of four ends, kept apart.

Cash, equity, funding and haircut run out by different roads; one number for all would mislead.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.basis import Basis
from tools.errors import CalculatorError
from tools.numbers import check_number


@dataclass(frozen=True, slots=True)
class Distances:
    """Four distances of a long-basis position (long bond, short futures).

    `liquidity_bp`: fall of yields until variation margin has eaten the buffer (gains on the bond
    are no cash until the repo is re-margined). `solvency_32nds`: fall of the basis until the
    equity is gone. `funding_pct`: rise of the repo rate, held to delivery, that eats the locked
    profit; None without a repo rate or a day to run. `haircut_pct`: rise of the haircut that the
    buffer can pay; `haircut_usd_per_pct` what each percentage point costs.
    """

    liquidity_bp: float
    solvency_32nds: float
    funding_pct: float | None
    haircut_pct: float
    haircut_usd_per_pct: float
    equity_usd: float

    @property
    def leverage(self) -> float:
        """Return bonds over equity, the buffer included."""
        return 100 * self.haircut_usd_per_pct / self.equity_usd


def distances(held: Basis, buffer_usd: float, contracts: float | None = None) -> Distances:
    """Return the four distances; `contracts` defaults to the factor-weighted hedge.

    Raises capital_missing where haircut, margin and buffer are all nil: there is no equity to
    measure against.
    """
    check_number("buffer_usd", buffer_usd, 0, 1e13, "500000")
    sold = held.contracts if contracts is None else contracts
    check_number("contracts", sold, 1e-9, 1e9, "9")
    equity = held.capital_usd(sold) + buffer_usd
    if equity <= 0:
        raise CalculatorError(
            "capital_missing",
            field="haircut_pct",
            value=held.haircut_pct or 0,
            example="haircut 2% margin 1850",
        )
    bonds_usd = held.dirty * held.face_usd / 100
    return Distances(
        liquidity_bp=buffer_usd / (sold * held.futures_dv01_usd),
        solvency_32nds=32 * equity / (held.face_usd / 100),
        funding_pct=_funding(held),
        haircut_pct=100 * buffer_usd / bonds_usd,
        haircut_usd_per_pct=bonds_usd / 100,
        equity_usd=equity,
    )


def _funding(held: Basis) -> float | None:
    """Return implied repo less repo: the identity of the locked profit, coupons included."""
    if held.implied_repo_pct is None or held.repo_pct is None:
        return None
    return held.implied_repo_pct - held.repo_pct
