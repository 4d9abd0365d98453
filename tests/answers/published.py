"""A few published numbers with their sources, so that something is checked everywhere.

Each row: kind, inputs, expected results with tolerance, source.
"""

from __future__ import annotations

from typing import Any

Case = tuple[str, dict[str, Any], dict[str, tuple[Any, float]], str]

PUBLISHED: dict[str, Case] = {
    "USZ3 cheapest to deliver": (
        "basis_row",
        {
            "contract": "USZ3", "futures_price": 115.9688, "settlement": "2023-11-22",
            "delivery": "2023-12-29", "repo_pct": 5.413, "coupon_pct": 4.5,
            "maturity": "2039-08-15", "clean_price": 98.6641,
        },
        {
            "conversion_factor": (0.85, 0), "gross_basis": (0.091, 0.0011),
            "net_basis": (0.194, 0.0011), "implied_repo_pct": (3.525, 0.0011),
            "yield_pct": (4.6198, 0.00011),
        },
        "Bloomberg DLV screen of USZ3, 21 November 2023",
    ),
    "a gilt, base 365": (
        "basis_row_act365",
        {
            "settlement": "2001-08-13", "delivery": "2001-09-28", "futures_price": 115.94,
            "coupon_pct": 6.25, "maturity": "2010-11-25", "clean_price": 110.2,
            "conversion_factor": 0.9494956, "repo_pct": 4.9, "repo_basis": "ACT/365",
        },
        {"gross_basis": (0.1154801, 1e-5), "net_basis": (0.0231432, 1e-5),
         "implied_repo_pct": (4.73539, 1e-5)},
        "Choudhry, The Repo Handbook, p. 426",
    ),
    "a factor with months": (
        "conversion_factor",
        {"contract": "TU", "coupon_pct": 1.5, "maturity": "2010-10-31",
         "delivery_month": "2008-12"},
        {"factor": (0.9229, 0)},
        "CME, Calculating U.S. Treasury Futures Conversion Factors",
    ),
    "a factor with quarters": (
        "conversion_factor",
        {"contract": "TY", "coupon_pct": 3.75, "maturity": "2018-11-15",
         "delivery_month": "2008-12"},
        {"factor": (0.8357, 0)},
        "CME, Calculating U.S. Treasury Futures Conversion Factors",
    ),
    "a delivery day on Good Friday": (
        "last_delivery_date",
        {"contract": "TU", "delivery_month": "2015-03"},
        {"last_delivery": ("2015-04-03", 0)},
        "CME clearing advisory Chadv15-056",
    ),
    "an eighth of a 32nd": (
        "quote_parse",
        {"text": "103'216", "contract": "TU"},
        {"price": (103.67578125, 0)},
        "CME quote page, ZTM5, 31 March 2025",
    ),
    "a hedge in contracts": (
        "hedge_ratio",
        {"position_usd": 1e8, "bpv_per_million": 450.0, "ctd_bpv_per_100k": 42.45,
         "conversion_factor": 0.8317},
        {"contract_bpv": (51.04, 0.005), "contracts": (882, 0)},
        "CME, Treasuries Hedging and Risk Management",
    ),
    "56 to 1": (
        "leverage",
        {"repo_borrowing_usd_bn": 553.0, "capital_usd_bn": 9.9},
        {"leverage": (55.9, 0.05)},
        "FEDS Notes, 8 September 2023",
    ),
    "most trades at zero haircut": (
        "share",
        {"treasury_trades_usd_bn": {"<-2": 21.6, "-2..0": 40.6, "0": 593.9, "0..2": 108.9,
                                    ">2": 38.0}},
        {"zero_share_pct": (74.0, 0.1), "negative_share_pct": (7.7, 0.1)},
        "FEDS Notes, 14 February 2025, Figure 2",
    ),
    "an invoice": (
        "invoice",
        {"settlement_price": 120.0, "conversion_factor": 1.38, "accrued_per_100": 3.0,
         "face": 100_000},
        {"invoice_per_100": (168.6, 1e-9), "invoice_usd": (168_600.0, 1e-6)},
        "Hull, Options, Futures and Other Derivatives, section 6.2",
    ),
}  # fmt: skip
