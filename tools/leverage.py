"""Haircut, futures margin and buffer -> how much one unit of equity carries."""

from __future__ import annotations

from tools.errors import CalculatorError


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


def equity_per_100(
    dirty: float, haircut_pct: float, invoice_price: float, margin_pct: float, buffer: float = 0.0
) -> float:
    """Return the equity that 100 face of bonds against futures needs, in points.

    h x dirty price + m x converted futures price + buffer.
    """
    return (haircut_pct * dirty + margin_pct * invoice_price) / 100 + buffer


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
