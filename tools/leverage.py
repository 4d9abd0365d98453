"""Haircut, futures margin and buffer -> how much one unit of equity carries."""

from __future__ import annotations

from dataclasses import dataclass

from tools.errors import CalculatorError
from tools.numbers import check_number


def leverage(haircut_pct: float, margin_pct: float, buffer_pct: float = 0.0) -> float:
    """Return gross bonds over equity: 1 / (haircut + margin + buffer), inputs in percent.

    The haircut is a share of the dirty price, the margin of the futures' value. Raises
    `capital_missing` where nothing at all would be needed.

    >>> round(leverage(2.0, 1.8), 1)
    26.3
    """
    needed = haircut_pct + margin_pct + buffer_pct
    if needed <= 0:
        raise CalculatorError(
            "capital_missing",
            field="haircut_pct",
            value=haircut_pct,
            example="haircut 2% margin 1850",
        )
    return 100 / needed


def margin_share_pct(margin_usd: float, futures_price: float, contract_face_usd: float) -> float:
    """Return a futures margin in dollars a contract as a percentage of the contract's value."""
    return 100 * margin_usd / (futures_price * contract_face_usd / 100)


def balance_sheet_leverage(borrowing: float, capital: float) -> float:
    """Return borrowing over capital, the measure behind "56 to 1" (FEDS Notes 2023-09-08)."""
    if capital <= 0:
        raise CalculatorError(
            "number_range",
            field="capital_usd_bn",
            value=capital,
            lowest="0",
            highest="1e9",
            example="9.9",
        )
    return borrowing / capital


@dataclass(frozen=True, slots=True)
class LoopRound:
    """One turn of the repo loop: bonds bought with the cash at hand, then pledged for the next."""

    number: int
    bought: float
    held: float
    borrowed: float


def repo_loop(equity: float, haircut_pct: float, rounds: int) -> list[LoopRound]:
    """Return the first rounds of buying, pledging and buying again.

    Round k buys equity x (1 - haircut)^k; the sum tends to equity / haircut.
    Raises number_range for a haircut outside 0 to 100 % or rounds outside 1 to 1000.
    """
    check_number("haircut_pct", haircut_pct, 0, 100, "2%")
    check_number("rounds", rounds, 1, 1000, "10")
    kept = 1 - haircut_pct / 100
    cash, held, turns = equity, 0.0, []
    for number in range(1, rounds + 1):
        held += cash
        turns.append(LoopRound(number, bought=cash, held=held, borrowed=held * kept))
        cash *= kept
    return turns


@dataclass(frozen=True, slots=True)
class Measure:
    """Leverage by one definition; `code` names it in the locales (`leverage.<code>`).

    `value` is None where the definition gives no finite number; `claims` are the ledger's rows
    that use it, so that a press figure can be told from the trade's arithmetic.
    """

    code: str
    value: float | None
    claims: tuple[str, ...] = ()


def measures(
    haircut_pct: float,
    margin_pct: float,
    buffer_pct: float = 0.0,
    fund_equity_pct: float | None = None,
    futures_pct: float = 100.0,
) -> tuple[Measure, ...]:
    """Return the leverage of one trade by each definition in use, side by side.

    All shares, the futures' value too, are percentages of the bonds' value.

    trade            bonds / (haircut + margin + buffer), what the trade itself allows
    both_legs        bonds and futures / the same capital
    repo_loop        bonds / haircut capital alone
    repo_to_haircut  repo borrowed / haircut capital, the measure of the official 56 to 1
    fund             bonds / the fund's whole equity, given as a percentage of the bonds
    """
    trade = _over(100.0, haircut_pct + margin_pct + buffer_pct)
    return (
        Measure("trade", trade, ("LV06", "LV07")),
        Measure("both_legs", None if trade is None else trade * (1 + futures_pct / 100)),
        Measure("repo_loop", _over(100.0, haircut_pct)),
        Measure("repo_to_haircut", _over(100.0 - haircut_pct, haircut_pct), ("LV02", "LV03")),
        Measure("fund", _over(100.0, fund_equity_pct or 0.0), ("LV01", "LV08")),
    )


def _over(amount: float, capital: float) -> float | None:
    return amount / capital if capital > 0 else None
