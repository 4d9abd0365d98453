"""A kind of calculation and its inputs, untyped -> its results, one row at a time.

Kinds, keys and units are those of published test cases: prices in points, rates in percent,
dates as YYYY-MM-DD, 32nds and dollars where the key says so. Extra keys in a result are extra
measures of the same row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from difflib import get_close_matches

from tools import batch_baskets, batch_positions
from tools.basis import Basis, basis, evaluate
from tools.basis_inputs import BasisInputs, Terms, check_deliverable
from tools.bonds import Bond, matured
from tools.calendar import (
    first_delivery_day,
    last_delivery_day,
    last_trading_day,
    previous_business_day,
)
from tools.contracts import (
    parse_contract_or_root,
    parse_root,
    spec_of,
)
from tools.conversion import conversion_factor, factor_from_months, round_factor
from tools.errors import CalculatorError
from tools.fields import Fields
from tools.leverage import balance_sheet_leverage, leverage
from tools.quotes import format_futures, parse_cash_price, parse_futures_price
from tools.rows import basis_inputs, contract_of, day_base

Result = dict[str, object]


def compute(kind: str, inputs: Mapping[str, object]) -> Result:
    """Return the results of one row; raises CalculatorError naming the input at fault.

    Inputs that the calculation has no use for are named in `ignored`.
    """
    calculation = _KINDS.get(kind)
    if calculation is None:
        near = get_close_matches(kind.lower()[:40], kinds(), n=1)
        raise CalculatorError(
            "kind_unknown", value=kind, allowed=", ".join(kinds()), example=[*near, "basis_row"][0]
        )
    row = Fields(kind, inputs)
    result = calculation(row)
    ignored = row.ignored()
    return {**result, "ignored": ignored} if ignored else result


def kinds() -> tuple[str, ...]:
    """Return the kinds of calculation there are."""
    return tuple(_KINDS)


def _bond(row: Fields) -> Bond:
    return Bond(row.known("coupon_pct"), row.day("maturity"))


def _basis_row(row: Fields) -> Result:
    return _basis_result(basis(basis_inputs(row)))


def basis_figures(result: Basis) -> Result:
    """Return a basis in the keys and units of the published cases, without its notes."""
    return {name: value for name, value in _basis_result(result).items() if name != "notes"}


def _basis_result(result: Basis) -> Result:
    """Return a basis in the keys of the published cases; None where an input was missing."""
    return {
        "conversion_factor": result.conversion_factor,
        "gross_basis": result.gross_basis,
        "gross_basis_32nds": result.gross_basis_32nds,
        "carry": result.carry,
        "coupon_income": result.coupon_income,
        "financing_cost": result.financing,
        "reinvestment": result.reinvestment,
        "net_basis": result.net_basis,
        "net_basis_32nds": result.net_basis_32nds,
        "net_basis_no_reinvestment": result.net_basis_no_reinvestment,
        "net_basis_coupon_moved": result.net_basis_moved,
        "implied_repo_coupon_moved_pct": result.implied_repo_moved_pct,
        "implied_repo_pct": result.implied_repo_pct,
        "yield_pct": result.yield_pct,
        "accrued": result.accrued,
        "forward_accrued": result.accrued_delivery,
        "dirty": result.dirty,
        "forward_clean": result.forward,
        "forward_dirty": None
        if result.forward is None
        else result.forward + result.accrued_delivery,
        "invoice_per_100": result.invoice_per_100,
        "invoice_usd": result.invoice_usd,
        "settlement": result.settlement.isoformat(),
        "delivery": result.delivery.isoformat(),
        "days": result.days,
        "futures_dv01_usd": result.futures_dv01_usd,
        "leverage": result.leverage,
        "equity_per_100": result.equity_per_100,
        "notes": [note.code for note in result.notes],
    }


def _free_terms(row: Fields, base: int) -> Terms:
    """Return terms without a contract: factor and delivery day are given."""
    settlement, delivery, bond = row.day("settlement"), row.day("delivery"), _bond(row)
    if settlement > delivery:
        raise CalculatorError(
            "settlement_after_delivery",
            field="settlement",
            value=settlement.isoformat(),
            contract="-",
            delivery=delivery.isoformat(),
            example=previous_business_day(delivery).isoformat(),
        )
    if bond.maturity <= delivery:
        raise matured(bond.maturity, delivery)
    return Terms(
        bond=bond,
        clean_price=row.price("clean_price"),
        futures_price=row.price("futures_price"),
        conversion_factor=row.known("conversion_factor"),
        settlement=settlement,
        delivery=delivery,
        repo_pct=row.optional("repo_pct"),
        day_base=base,
    )


def _basis_row_act365(row: Fields) -> Result:
    return _basis_result(evaluate(_free_terms(row, day_base(row, "ACT/365"))))


def _carry_decomposition(row: Fields) -> Result:
    row.known("repo_pct")
    return _basis_result(evaluate(_free_terms(row, day_base(row))))


def _basis_row_from_gross(row: Fields) -> Result:
    """Back the cash price out of the gross basis, as a basis report prints it."""
    settlement, bond = row.day("settlement"), _bond(row)
    contract = contract_of(row, settlement)
    factor = row.optional("conversion_factor")
    if factor is None:
        factor = conversion_factor(bond.coupon_pct, bond.maturity, contract)
    futures = row.price("futures_price")
    gross = row.number("gross_basis_32nds", -3200, 3200, "21.2") / 32
    result = basis(
        BasisInputs(
            contract=contract,
            futures_price=futures,
            coupon_pct=bond.coupon_pct,
            maturity=bond.maturity,
            clean_price=futures * factor + gross,
            settlement=settlement,
            delivery=row.day("delivery") if row.has("delivery") else None,
            repo_pct=check_repo(row),
            conversion_factor=factor,
        )
    )
    return _basis_result(result) | {
        "clean_price": result.clean_price,
        "futures_dv01_per_100k": result.dv01 / factor * 1000,
        "net_basis_32nds_with_report_repo": result.net_basis_32nds,
    }


def check_repo(row: Fields) -> float | None:
    """Return the report's repo rate, or None where the report gives none."""
    if not row.has("report_repo_pct"):
        return None
    return row.number("report_repo_pct", -25, 100, "0.225")


def _conversion_factor(row: Fields) -> Result:
    exact = _factor_unrounded(row)
    return {
        "factor": float(round_factor(exact)),
        "factor_unrounded": exact,
        "deliverable": _deliverable(row),
    }


def _conversion_factor_unrounded(row: Fields) -> Result:
    return {"factor": _factor_unrounded(row)}


def _deliverable(row: Fields) -> bool | None:
    """Tell whether the contract takes the bond, None where only its term is given."""
    if row.has("whole_years") or not row.has("maturity"):
        return None
    contract = parse_contract_or_root(row.text("contract"), row.month("delivery_month"))
    try:
        check_deliverable(contract, row.known("coupon_pct"), row.day("maturity"))
    except CalculatorError:
        return False
    return True


def _factor_unrounded(row: Fields) -> float:
    """Return a factor from maturity and delivery month, or from whole years and months."""
    coupon = row.known("coupon_pct")
    if row.has("whole_years") or not row.has("maturity"):
        months = row.whole("whole_years", 0, 100) * 12 + row.whole("whole_months", 0, 11)
        return float(factor_from_months(coupon, months, _factor_step(row)))
    contract = parse_contract_or_root(row.text("contract"), row.month("delivery_month"))
    maturity = row.day("maturity")
    months = (maturity.year - contract.year) * 12 + maturity.month - contract.month
    if months < 0:
        raise matured(maturity, date(contract.year, contract.month, 1))
    return float(factor_from_months(coupon, months, contract.spec.factor_months))


def _factor_step(row: Fields) -> int:
    """Return the rounding step of a root's contracts today (it never changed)."""
    return spec_of(parse_root(row.text("contract")), 2026, 12).factor_months


def _quote_parse(row: Fields) -> Result:
    text = row.text("text")
    side = row.text("side") if row.has("side") else "futures"
    if side not in ("futures", "cash"):
        raise CalculatorError(
            "choice", field="side", value=side, allowed="futures, cash", example="futures"
        )
    root = parse_root(row.text("contract")) if row.has("contract") else None
    quote = parse_cash_price(text) if side == "cash" else parse_futures_price(text, root)
    return {
        "price": quote.price,
        "in_32nds": format_futures(quote.price, root),
        "notes": [note.code for note in quote.notes],
    }


def _last_delivery_date(row: Fields) -> Result:
    contract = parse_contract_or_root(row.text("contract"), row.month("delivery_month"))
    return {
        "first_delivery": first_delivery_day(contract).isoformat(),
        "last_trade": last_trading_day(contract).isoformat(),
        "last_delivery": last_delivery_day(contract).isoformat(),
    }


def _invoice(row: Fields) -> Result:
    per_100 = row.price("settlement_price") * row.known("conversion_factor") + row.number(
        "accrued_per_100", 0, 25, "1.25"
    )
    return {"invoice_per_100": per_100, "invoice_usd": per_100 * row.positive("face") / 100}


def _principal_invoice(row: Fields) -> Result:
    converted = row.price("futures_price") * row.known("conversion_factor")
    dollars = converted * row.positive("face") / 100
    return {"principal_invoice_usd": dollars, "principal_invoice_usd_rounded": to_cents(dollars)}


def _contract_value_rounding(row: Fields) -> Result:
    value = row.price("futures_price") * row.positive("usd_per_point")
    return {"contract_value_usd": to_cents(value)}


def to_cents(dollars: float) -> float:
    """Return dollars rounded half up to the cent (CME price rounding conventions)."""
    return math.floor(dollars * 100 + 0.5) / 100


def _hedge_ratio(row: Fields) -> Result:
    contract_bpv = row.positive("ctd_bpv_per_100k") / row.known("conversion_factor")
    position_bpv = row.positive("position_usd") * row.positive("bpv_per_million") / 1_000_000
    exact = position_bpv / contract_bpv
    return {
        "contract_bpv": contract_bpv,
        "contracts_exact": exact,
        "contracts": math.floor(exact + 0.5),
    }


def _futures_dv01(row: Fields) -> Result:
    return {"futures_dv01": row.positive("cash_dv01") / row.known("conversion_factor")}


def _leverage(row: Fields) -> Result:
    """Return borrowing over capital, or what haircut, margin and buffer allow."""
    if row.has("repo_borrowing_usd_bn") or not row.has("haircut_pct"):
        borrowing = row.number("repo_borrowing_usd_bn", 0, 1e9, "553")
        return {"leverage": balance_sheet_leverage(borrowing, row.positive("capital_usd_bn", 1e9))}
    margin = row.number("margin_pct", 0, 100, "1.8") if row.has("margin_pct") else 0.0
    buffer = row.number("buffer_pct", 0, 100, "2") if row.has("buffer_pct") else 0.0
    return {"leverage": leverage(row.known("haircut_pct"), margin, buffer)}


def _share(row: Fields) -> Result:
    """Return the shares of trades at zero and at negative haircut."""
    buckets = row.value("treasury_trades_usd_bn")
    if not isinstance(buckets, Mapping) or any(len(str(name)) > 20 for name in buckets):
        raise CalculatorError(
            "input_form",
            field="treasury_trades_usd_bn",
            value=buckets,
            example='{"0": 593.9, "0..2": 108.9}',
        )
    amounts = {
        str(name): Fields("share", {str(name): amount}).number(str(name), 0, 1e9)
        for name, amount in buckets.items()
    }
    total = sum(amounts.values())
    if total <= 0:
        raise CalculatorError(
            "list_empty", field="treasury_trades_usd_bn", example='{"0": 593.9, "0..2": 108.9}'
        )
    negative = sum(amount for name, amount in amounts.items() if name.startswith(("<-", "-")))
    return {
        "zero_share_pct": 100 * amounts.get("0", 0.0) / total,
        "negative_share_pct": 100 * negative / total,
    }


_KINDS: dict[str, Callable[[Fields], Result]] = {
    "basis_row": _basis_row,
    "ctd": batch_baskets.ctd,
    "ctd_gross_cost": batch_baskets.ctd_gross_cost,
    "ctd_scenario": batch_baskets.ctd_scenario,
    "fire_sale": batch_baskets.fire_sale,
    "basis_spiral": batch_positions.spiral,
    "distances": batch_positions.distances,
    "pnl": batch_positions.pnl,
    "stress": batch_positions.stress,
    "switch_option": batch_positions.switch_option,
    "futures_price_continuous_rate": batch_baskets.futures_price_continuous_rate,
    "basis_row_act365": _basis_row_act365,
    "basis_row_from_gross": _basis_row_from_gross,
    "carry_decomposition": _carry_decomposition,
    "conversion_factor": _conversion_factor,
    "conversion_factor_unrounded": _conversion_factor_unrounded,
    "contract_value_rounding": _contract_value_rounding,
    "futures_dv01": _futures_dv01,
    "hedge_ratio": _hedge_ratio,
    "invoice": _invoice,
    "last_delivery_date": _last_delivery_date,
    "leverage": _leverage,
    "principal_invoice": _principal_invoice,
    "quote_parse": _quote_parse,
    "share": _share,
}
