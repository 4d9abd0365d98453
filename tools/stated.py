"""Inputs as one sentence states them -> the figure asked for, by the desk's identities.

For questions in words, which name no bond and no contract month; with those, `tools.basis` is
the calculator. Percent fields end in `_pct`, dollars in `_usd`, prices are points per 100.
"""

from __future__ import annotations

from tools.errors import CalculatorError


def implied_repo_pct(purchase: float, invoice: float, days: float, day_base: int = 360) -> float:
    """Return the implied repo rate without an interim coupon, in percent a year.

    (invoice - purchase) / purchase x base / days (Burghardt, The Treasury Bond Basis, ch. 1).

    >>> round(implied_repo_pct(99.50 + 0.85, 110.25 * 0.9012 + 1.60, 60), 3)
    3.631
    """
    days = _positive("days", days)
    return 100 * (invoice - purchase) / _positive("clean_price", purchase) * day_base / days


def extra_margin_usd(face_usd: float, old_pct: float, new_pct: float) -> float:
    """Return the further margin when the rate on a notional changes, negative where it falls.

    >>> round(extra_margin_usd(2e9, 1.0, 1.5))
    10000000
    """
    return face_usd * (new_pct - old_pct) / 100


def share_pct(part: float, whole: float) -> float:
    """Return a part as a percentage of the whole."""
    return 100 * part / _positive("whole", whole)


def edge_profit_usd(face_usd: float, edge_bp: float, days: float, day_base: int = 360) -> float:
    """Return what an edge of implied over actual repo earns on a notional over some days.

    >>> round(edge_profit_usd(1e9, 20, 90))
    500000
    """
    return face_usd * edge_bp / 10_000 * days / day_base


def annual_return_pct(
    profit_usd: float, equity_usd: float, days: float, day_base: int = 360
) -> float:
    """Return a profit over some days as a simple annual percentage of equity."""
    return (
        100 * profit_usd / _positive("equity_usd", equity_usd) * day_base / _positive("days", days)
    )


def financing_usd(amount_usd: float, repo_pct: float, days: float, day_base: int = 360) -> float:
    """Return the repo interest on an amount over some days."""
    return amount_usd * repo_pct / 100 * days / day_base


def hedge_contracts(face_usd: float, conversion_factor: float, contract_face_usd: float) -> float:
    """Return the futures to sell against the cheapest to deliver: face x factor / contract face."""
    return face_usd * conversion_factor / _positive("contract_face_usd", contract_face_usd)


def equity_usd(face_usd: float, haircut_pct: float, margin_pct: float) -> float:
    """Return the equity that a position needs: notional x (haircut + margin)."""
    return face_usd * (haircut_pct + margin_pct) / 100


def _positive(field: str, value: float) -> float:
    if value <= 0:
        raise CalculatorError("number_range", field=field, value=value, lowest="0", highest="1e15")
    return value
