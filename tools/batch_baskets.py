"""Rows about a whole basket or a whole system, untyped -> their results."""

from __future__ import annotations

import math

from tools.ctd import gross_costs, market, rank, scenario, switches
from tools.fields import Fields
from tools.firesale import Holder, Rules, spiral
from tools.rows import basket_inputs, contract_of, deliverables

Result = dict[str, object]


def ctd(row: Fields) -> Result:
    """Rank a basket by implied repo."""
    bonds = deliverables(row)
    basket = rank(basket_inputs(row, bonds), bonds)
    best = basket.ctd.bond
    return {
        "ctd_maturity": best.maturity.isoformat(),
        "ctd_coupon_pct": best.coupon_pct,
        "order_by_irr": [ranked.bond.maturity.isoformat() for ranked in basket.rows],
        "implied_repo_pct": [ranked.basis.implied_repo_pct for ranked in basket.rows],
        "gross_basis_32nds": [ranked.basis.gross_basis_32nds for ranked in basket.rows],
        "net_basis_32nds": [ranked.basis.net_basis_32nds for ranked in basket.rows],
        "conversion_factor": [ranked.basis.conversion_factor for ranked in basket.rows],
        "gap_pct": basket.gap_pct,
        "left_out": [
            {"maturity": left.bond.maturity.isoformat(), "code": left.error.code}
            for left in basket.left_out
        ],
        "notes": [note.code for note in basket.notes],
    }


def ctd_scenario(row: Fields) -> Result:
    """Price a basket on the horizon after a yield shift."""
    settlement = row.day("settlement")
    bonds = deliverables(row)
    state = market(contract_of(row, settlement), bonds, settlement, row.day("horizon"))
    kept = "ctd_net_basis_at_horizon_32nds"
    result = scenario(
        state,
        row.number("shift_bp", -500, 500, "50"),
        row.number(kept, -320, 320, "0") if row.has(kept) else 0.0,
    )
    return {
        "futures_price": result.futures_price,
        "ctd_maturity": bonds[result.ctd].maturity.isoformat(),
        "ctd_coupon_pct": bonds[result.ctd].coupon_pct,
        "basis_at_horizon_32nds": list(result.basis_32nds),
        "futures_risk": result.futures_risk,
        "switches_bp": [switch.shift_bp for switch in switches(state, -200, 200)],
    }


def ctd_gross_cost(row: Fields) -> Result:
    """Compare bonds by price less converted futures price, with prices and factors given."""
    bonds = row.rows("bonds")
    costs = gross_costs(
        row.price("settlement_price"),
        [bond.price("price") for bond in bonds],
        [bond.number("cf", 0.1, 3.0, "0.8955") for bond in bonds],
    )
    return {"costs": costs, "ctd_index": costs.index(min(costs))}


def futures_price_continuous_rate(row: Fields) -> Result:
    """Return the textbook futures price at a continuous rate (Hull, section 6.2).

    F = [(dirty - PV of coupons) e^(rT) - accrued at delivery] / factor, days over 365. The
    coupons due are the one after `days_to_coupon` and, where delivery is later, the next.
    """
    half = row.known("coupon_pct") / 2
    since = row.number("days_since_coupon", 0, 366, "60")
    until = row.number("days_to_coupon", 0, 366, "122")
    following = row.number("days_coupon_to_next", 1, 366, "183")
    days = row.number("days_to_delivery", 1, 366, "270")
    rate = row.number("rate_cc_pct", -25, 100, "10") / 100 / 365
    if since + until <= 0:
        row.number("days_to_coupon", 1, 366, "122")
    dirty = row.price("clean_price") + half * since / (since + until)
    due = [day for day in (until, until + following) if day <= days]
    value = sum(half * math.exp(-rate * day) for day in due)
    forward_dirty = (dirty - value) * math.exp(rate * days)
    accrued = half * _share(days, since, until, following)
    forward = forward_dirty - accrued
    return {
        "dirty": dirty,
        "forward_dirty": forward_dirty,
        "forward_clean": forward,
        "futures": forward / row.known("conversion_factor"),
    }


def _share(days: float, since: float, until: float, following: float) -> float:
    """Return the share of its coupon period that has passed on the delivery day."""
    if days < until:
        return (since + days) / (since + until)
    return (days - until) % following / following


def fire_sale(row: Fields) -> Result:
    """Run the deleveraging model on a system of holders."""
    holders = [
        Holder(
            name=bank.text("id"),
            equity=bank.number("equity", 0, 1e15, "60"),
            leverage_ratio_pct=bank.number("leverage_ratio_pct", 0.01, 100, "5"),
            debt_securities=bank.number("debt_securities", 0, 1e15, "500"),
            gov=bank.number("gov", 0, 1e15, "300"),
        )
        for bank in row.rows("banks")
    ]
    result = spiral(
        holders,
        Rules(
            shock_gov=row.number("shock_gov"),
            impact=row.number("price_impact_at_5pct_sold"),
            lev_min=row.number("lev_min"),
            lev_buffer=row.number("lev_buffer"),
            lev_target=row.number("lev_target"),
            cash_share=row.number("cash_share_of_assets"),
            loan_share=row.number("loan_share_of_liabilities"),
            steps=row.whole("steps", 1, 1000),
        ),
    )
    last = result.rounds[-1]
    return {
        "defaults_per_step": result.failures_per_step,
        "cumulative_fraction_sold": result.sold_shares,
        "final_price_corp": last.price_other,
        "final_price_gov": last.price_gov,
        "failed": list(result.failed),
    }
