"""Rows that batches may be sent: a good one of every kind, and each of its fields made bad."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.answers.published import PUBLISHED

ROW = {
    "contract": "TYH7", "futures_price": 112.515625, "settlement": "2026-11-24",
    "delivery": "2027-03-31", "repo_pct": 3.9, "repo_basis": "ACT/360", "coupon_pct": 4.25,
    "maturity": "2034-11-15", "clean_price": 100.9375, "haircut_pct": 2.0, "margin_usd": 1850.0,
    "face_usd": 1e7,
}  # fmt: skip

EXAMPLES: dict[str, dict[str, Any]] = {
    "basis_row": ROW,
    "basis_row_act365": {**PUBLISHED["a gilt, base 365"][1]},
    "basis_row_from_gross": {**{k: ROW[k] for k in ("contract", "settlement", "futures_price",
                                                     "coupon_pct", "maturity")},
                             "gross_basis_32nds": 5.75, "report_repo_pct": 3.9},
    "carry_decomposition": {**{k: ROW[k] for k in ("futures_price", "settlement", "delivery",
                                                   "repo_pct", "coupon_pct", "maturity",
                                                   "clean_price")},
                            "conversion_factor": 0.8955},
    "conversion_factor": {"contract": "TY", "coupon_pct": 4.25, "maturity": "2034-11-15",
                          "delivery_month": "2027-03"},
    "conversion_factor_unrounded": {"contract": "TY", "coupon_pct": 4.25, "whole_years": 7,
                                    "whole_months": 8},
    "contract_value_rounding": {"futures_price": 115.5234375, "usd_per_point": 1000},
    "futures_dv01": {"cash_dv01": 67.64, "conversion_factor": 0.9506},
    "hedge_ratio": PUBLISHED["a hedge in contracts"][1],
    "invoice": PUBLISHED["an invoice"][1],
    "last_delivery_date": {"contract": "TY", "delivery_month": "2027-03"},
    "leverage": {"haircut_pct": 2.0, "margin_pct": 1.8},
    "principal_invoice": {"futures_price": 125.265625, "conversion_factor": 0.7314,
                          "face": 100_000},
    "quote_parse": {"text": "112-165", "contract": "TY"},
    "share": PUBLISHED["most trades at zero haircut"][1],
    "ctd": {**{k: ROW[k] for k in ("contract", "futures_price", "settlement", "delivery")},
            "repo_pct": 3.9,
            "bonds": [{"coupon_pct": 4.25, "maturity": "2034-11-15", "clean_price": 100.9375},
                      {"coupon_pct": 4.0, "maturity": "2034-02-15", "clean_price": 99.8,
                       "cusip": "91282CJZ5", "dated_date": "2024-02-15"}]},
    "ctd_gross_cost": {"settlement_price": 93.25, "bonds": [{"price": 99.5, "cf": 1.0382}]},
    "ctd_scenario": {"contract": "TYH7", "settlement": "2026-11-24", "horizon": "2027-03-31",
                     "shift_bp": 50, "ctd_net_basis_at_horizon_32nds": 0,
                     "bonds": [{"coupon_pct": 4.25, "maturity": "2034-11-15",
                                "clean_price": 100.9375}]},
    "futures_price_continuous_rate": {
        "clean_price": 115.0, "coupon_pct": 12.0, "days_since_coupon": 60,
        "days_to_coupon": 122, "days_coupon_to_next": 183, "days_to_delivery": 270,
        "rate_cc_pct": 10.0, "conversion_factor": 1.6},
    "fire_sale": {
        "banks": [{"id": "A1", "equity": 60, "leverage_ratio_pct": 5.0, "debt_securities": 500,
                   "gov": 300}],
        "shock_gov": 0.02, "price_impact_at_5pct_sold": 0.0, "lev_min": 0.03,
        "lev_buffer": 0.04, "lev_target": 0.05, "cash_share_of_assets": 0.05,
        "loan_share_of_liabilities": 0.5, "steps": 6},
    "pnl": {**ROW, "buffer_usd": 5e5, "cash_rate_pct": 3.5, "contracts": 90,
            "marks": [{"day": "2026-12-24", "futures_price": 112.625, "clean_price": 101.0625,
                       "repo_pct": 4.1, "roll_contract": "TYM7", "roll_futures_price": 112.25,
                       "roll_cost_32nds": 0.5},
                      {"day": "2027-01-15", "futures_price": 112.0, "clean_price": 100.5}]},
    "stress": {**ROW, "buffer_usd": 5e5, "rolling_pct": 50,
               "shocks": [{"day": 1, "yield_bp": 64, "basis_32nds": -8, "repo_pct": 5.25,
                           "haircut_pct": 4, "margin_usd": 2775}]},
    "distances": {**ROW, "buffer_usd": 5e5, "contracts": 90},
    "switch_option": {
        **{k: ROW[k] for k in ("contract", "futures_price", "settlement", "delivery")},
        "repo_pct": 3.9, "vol_bp": 100,
        "bonds": [{"coupon_pct": 4.25, "maturity": "2034-11-15", "clean_price": 100.9375},
                  {"coupon_pct": 4.0, "maturity": "2034-02-15", "clean_price": 100.3}]},
    "basis_spiral": {
        "tenors": [{"name": "FV", "size_bn": 400, "haircut_pct": 1, "margin_pct": 2,
                    "buffer_pct": 1}],
        "margin_times": 1.5, "haircut_rise_pct": 1, "basis_fall_32nds": 4,
        "impact_32nds_per_100bn": 2},
}  # fmt: skip

BAD_VALUES: list[object] = [
    None, float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 10**400, -(10**5000),
    "", "x", "1.5", True, [], [10**5000], {}, "2027-02-30", "2027-13-01", "0000-00-00",
    "9999-12-31", "0001-01-01", "31/12/2027", "\uff12\uff10\uff12\uff17-03-31",
    "\u4e2d\u6587", "9" * 5000, -1, 0, 101.0,
]  # fmt: skip


def malformed() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield kind, inputs and the field at fault: every field of every kind, each bad value."""
    for kind, example in EXAMPLES.items():
        for field in example:
            for value in BAD_VALUES:
                yield kind, {**example, field: value}, field
