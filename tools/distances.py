"""A hedged position and its buffer -> how far it is from each of four ends, kept apart.

Cash, equity, funding and haircut run out by different roads; one number for all would mislead.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.basis import Basis
from tools.errors import CalculatorError
from tools.numbers import check_number
from tools.stress import WIDEST_BP, Held, forward_per_dirty


@dataclass(frozen=True, slots=True)
class Distances:
    """Four distances of a long-basis position (long bond, short futures).

    `liquidity_bp`: fall of yields until variation margin, less what the share of the repo that is
    re-margined the same day brings in, has eaten the buffer; negative where a rise does, as too
    few contracts are sold; None where no move of 1,000 bp does. A stress of that move at the same
    share spends the buffer to the cent. `solvency_32nds`: fall of the basis until the
    equity is gone. `funding_pct`: rise of the repo rate, held to delivery, that eats the locked
    profit; None without a repo rate or a day to run. `haircut_pct`: rise of the haircut that the
    buffer can pay; `haircut_usd_per_pct` what each percentage point costs.
    """

    liquidity_bp: float | None
    solvency_32nds: float
    funding_pct: float | None
    haircut_pct: float
    haircut_usd_per_pct: float
    equity_usd: float

    @property
    def leverage(self) -> float:
        """Return bonds over equity, the buffer included."""
        return 100 * self.haircut_usd_per_pct / self.equity_usd


def distances(position: Held) -> Distances:
    """Return the four distances of a position; its rolling share counts in the first alone.

    Raises capital_missing where haircut, margin and buffer are all nil: there is no equity to
    measure against.
    """
    held, buffer_usd = position.held, position.buffer_usd
    check_number("buffer_usd", buffer_usd, 0, 1e13, "500000")
    check_number("rolling_pct", position.rolling_pct, 0, 100, "0%")
    check_number("contracts", position.sold, 1e-9, 1e9, "9")
    equity = held.capital_usd(position.sold) + buffer_usd
    if equity <= 0:
        raise CalculatorError(
            "capital_missing",
            field="haircut_pct",
            value=held.haircut_pct or 0,
            example="haircut 2% margin 1850",
        )
    bonds_usd = held.dirty * held.face_usd / 100
    return Distances(
        liquidity_bp=_liquidity(position),
        solvency_32nds=32 * equity / (held.face_usd / 100),
        funding_pct=_funding(held),
        haircut_pct=100 * buffer_usd / bonds_usd,
        haircut_usd_per_pct=bonds_usd / 100,
        equity_usd=equity,
    )


def _liquidity(position: Held) -> float | None:
    """Return the fall of yields on the first day that spends the buffer, in basis points.

    A dollar more on the dirty price costs what the futures lose on it and brings in what the
    repo is re-margined by: the rise of the price is closed, the yield at it the bond's own.
    """
    held = position.held
    units = held.face_usd / 100
    lost = position.sold * held.contract_face_usd / 100 * forward_per_dirty(held)
    brought = units * position.rolling_pct / 100 * (1 - (held.haircut_pct or 0.0) / 100)
    if position.buffer_usd == 0:
        return 0.0
    if abs(lost - brought) < 1e-9 * units:
        return None
    clean = held.clean_price + position.buffer_usd / (lost - brought)
    lowest, highest = (
        position.bond.clean_price(held.yield_pct + way * WIDEST_BP / 100, held.settlement)
        for way in (1, -1)
    )
    if not lowest <= clean <= highest:
        return None
    return 100 * (held.yield_pct - position.bond.yield_pct(clean, held.settlement))


def _funding(held: Basis) -> float | None:
    """Return implied repo less repo: the identity of the locked profit, coupons included."""
    if held.implied_repo_pct is None or held.repo_pct is None:
        return None
    return held.implied_repo_pct - held.repo_pct
