"""Rows about a position or about many, untyped -> profit, stress, distances, option, spiral."""

from __future__ import annotations

from tools.basis import basis
from tools.basis_inputs import BasisInputs
from tools.basis_spiral import ASSUMED_IMPACTS, CommonShock, Tenor, basis_spiral
from tools.bonds import Bond
from tools.ctd import rank
from tools.distances import distances as distances_of
from tools.errors import CalculatorError
from tools.fields import Fields
from tools.options import forwards_of, implied_vol_bp, option_adjusted_basis
from tools.options import switch_option as option_of
from tools.pnl import Mark, Position, Rolled, outlook
from tools.pnl import pnl as pnl_of
from tools.rows import basis_inputs, basket_inputs, contract_of, deliverables
from tools.stress import Held, Shock, episode, not_included, relative_repo, replay

Result = dict[str, object]


def _contracts(row: Fields) -> float | None:
    return row.number("contracts", 0, 1e9, "895") if row.has("contracts") else None


def _usd(row: Fields, field: str) -> float:
    return row.number(field, 0, 1e13, "500000") if row.has(field) else 0.0


def _repo(inputs: BasisInputs, kind: str) -> float:
    if inputs.repo_pct is None:
        raise CalculatorError(
            "input_missing", field="repo_pct", kind=kind, example='"repo_pct": 3.90'
        )
    return inputs.repo_pct


def pnl(row: Fields) -> Result:
    """Split the profit between the row's own prices and its `marks`; parts in dollars."""
    inputs = basis_inputs(row)
    rate = row.number("cash_rate_pct", -25, 100, "4") if row.has("cash_rate_pct") else 0.0
    buffer = _usd(row, "buffer_usd")
    position = Position(
        contract=inputs.contract,
        coupon_pct=inputs.coupon_pct,
        maturity=inputs.maturity,
        face_usd=inputs.face_usd,
        repo_pct=_repo(inputs, row.kind),
        contracts=_contracts(row),
        haircut_pct=inputs.haircut_pct or 0.0,
        margin_usd=inputs.margin_usd or 0.0,
        buffer_usd=buffer,
        cash_rate_pct=rate,
        conversion_factor=inputs.conversion_factor,
        delivery=inputs.delivery,
        day_base=inputs.day_base,
    )
    held = basis(inputs)
    start = Mark(held.settlement, inputs.clean_price, inputs.futures_price)
    found = pnl_of(position, [start, *(_mark(mark) for mark in row.rows("marks"))])
    view = outlook(held, buffer, rate, position.contracts)
    return {
        "parts_usd": found.parts,
        "total_usd": found.total,
        "carry_usd": found.carry,
        "days": found.days,
        "profit_to_delivery_usd": view.profit_usd,
        "break_even_repo_pct": view.break_even_repo_pct,
        "return_on_equity_pct": view.return_pct,
        "equity_usd": view.equity_usd,
    }


def _mark(row: Fields) -> Mark:
    day = row.day("day")
    rolled = None
    if row.has("roll_contract"):
        contract = contract_of(Fields(row.kind, {"contract": row.text("roll_contract")}), day)
        cost = row.number("roll_cost_32nds", -320, 320, "0.5") if row.has("roll_cost_32nds") else 0
        rolled = Rolled(contract, row.price("roll_futures_price"), cost / 32)
    return Mark(
        day=day,
        clean_price=row.price("clean_price"),
        futures_price=row.price("futures_price"),
        repo_pct=row.optional("repo_pct"),
        rolled=rolled,
    )


def stress(row: Fields) -> Result:
    """Replay an `episode` or `shocks` on the row's position; dollars by day."""
    inputs = basis_inputs(row)
    repo = _repo(inputs, row.kind)
    held = _held(row, inputs, rolling_pct=100.0)
    missing: tuple[str, ...] = ()
    if row.has("episode"):
        source = relative_repo(episode(row.text("episode")), repo)
        shocks, missing = source.shocks, source.missing
    else:
        shocks = tuple(_shock(shock) for shock in row.rows("shocks"))
    found = replay(held, shocks)
    names = ("day", "cash", "equity", "face", "shortfall", "sold_face", "variation_margin",
             "repo_margin", "haircut_call", "margin_call", "interest")  # fmt: skip
    return {
        "days": [{name: getattr(day, name) for name in names} for day in found.days],
        "events": [{"event": name, "day": day} for name, day in found.events],
        "ended_by": found.ended_by,
        "worst_cash_need_usd": found.worst_cash_need_usd,
        "missing": list(missing),
        "not_included": list(not_included(shocks)),
    }


def _held(row: Fields, inputs: BasisInputs, rolling_pct: float) -> Held:
    """Return the row's position; `rolling_pct` is the share where the row states none."""
    return Held(
        basis(inputs),
        Bond(inputs.coupon_pct, inputs.maturity),
        _usd(row, "buffer_usd"),
        _contracts(row),
        row.number("rolling_pct", 0, 100, "100") if row.has("rolling_pct") else rolling_pct,
    )


def _shock(row: Fields) -> Shock:
    def level(field: str) -> float | None:
        return row.number(field) if row.has(field) else None

    return Shock(
        day=row.whole("day", 0, 3660) if row.has("day") else 0,
        yield_bp=level("yield_bp"),
        basis_32nds=level("basis_32nds"),
        repo_pct=level("repo_pct"),
        haircut_pct=level("haircut_pct"),
        margin_usd=level("margin_usd"),
    )


def distances(row: Fields) -> Result:
    """Return how far the row's position is from each of four ends; nothing rolls if unstated."""
    found = distances_of(_held(row, basis_inputs(row), rolling_pct=0.0))
    return {
        "liquidity_bp": found.liquidity_bp,
        "solvency_32nds": found.solvency_32nds,
        "funding_pct": found.funding_pct,
        "haircut_rise_pct": found.haircut_pct,
        "haircut_usd_per_pct": found.haircut_usd_per_pct,
        "equity_usd": found.equity_usd,
        "leverage": found.leverage,
    }


def switch_option(row: Fields) -> Result:
    """Value the short's choice among the row's bonds at `vol_bp` a year."""
    bonds = deliverables(row)
    basket = rank(basket_inputs(row, bonds), bonds)
    forwards = forwards_of(basket)
    found = option_of(forwards, row.number("vol_bp", 0, 1000, "100"))
    best = basket.ctd.basis
    net = best.net_basis or 0.0
    return {
        "ctd_maturity": basket.ctd.bond.maturity.isoformat(),
        "value_32nds": found.value_32nds,
        "order_by_irr": [ranked.bond.maturity.isoformat() for ranked in basket.rows],
        "probabilities": list(found.probabilities),
        "net_basis_32nds": best.net_basis_32nds,
        "option_adjusted_basis_32nds": 32
        * option_adjusted_basis(net, best.conversion_factor, found),
        "implied_vol_bp": implied_vol_bp(forwards, net / best.conversion_factor),
    }


def spiral(row: Fields) -> Result:
    """Run basis trades by tenor through a common shock, for each assumed impact."""
    tenors = [
        Tenor(
            tenor.text("name"),
            tenor.number("size_bn", 0, 1e5, "400"),
            tenor.number("haircut_pct", -10, 100, "2"),
            tenor.number("margin_pct", 0, 100, "1.8"),
            tenor.number("buffer_pct", 0, 100, "1"),
        )
        for tenor in row.rows("tenors")
    ]
    shock = CommonShock(
        row.number("margin_times", 0, 100, "1.5") if row.has("margin_times") else 1.0,
        row.number("haircut_rise_pct", -100, 100, "1") if row.has("haircut_rise_pct") else 0.0,
        row.number("basis_fall_32nds", -320, 320, "4") if row.has("basis_fall_32nds") else 0.0,
    )
    given = "impact_32nds_per_100bn"
    impacts = (row.number(given, 0, 1000, "2"),) if row.has(given) else ASSUMED_IMPACTS
    runs = [basis_spiral(tenors, shock, impact) for impact in impacts]
    return {
        "calibrated": False,
        "runs": [
            {
                "impact_32nds_per_100bn": run.impact_32nds_per_100bn,
                "sold_share": run.sold_share,
                "total_sold_bn": run.rounds[-1].total_sold_bn,
                "basis_fall_32nds": list(run.rounds[-1].basis_fall_32nds),
                "funds_left": run.rounds[-1].funds_left,
                "funds": run.funds,
                "rounds": len(run.rounds),
            }
            for run in runs
        ],
    }
