"""Rows about positions give what the calculators give."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.tools.test_batch import EXAMPLES, ROW
from tools.basis import basis
from tools.basis_inputs import BasisInputs
from tools.basis_spiral import CommonShock, Tenor, basis_spiral, impact_range
from tools.batch import compute
from tools.bonds import Bond
from tools.contracts import ContractMonth
from tools.distances import distances
from tools.errors import CalculatorError
from tools.pnl import Mark, Position, Rolled, outlook, pnl
from tools.stress import Held

TYH7, TYM7 = ContractMonth("TY", 2027, 3), ContractMonth("TY", 2027, 6)
BOND = (4.25, date(2034, 11, 15))
INPUTS = BasisInputs(TYH7, 112.515625, *BOND, 100.9375, date(2026, 11, 24), date(2027, 3, 31), 3.9,
                     haircut_pct=2.0, margin_usd=1850.0, face_usd=1e7)  # fmt: skip


def without(kind: str, *names: str, **more: object) -> dict[str, Any]:
    return {k: v for k, v in EXAMPLES[kind].items() if k not in names} | more


def test_a_profit_row_splits_what_the_calculator_splits() -> None:
    position = Position(TYH7, *BOND, 1e7, 3.9, 90.0, 2.0, 1850.0, 5e5, 3.5)
    marks = [
        Mark(date(2026, 11, 24), 100.9375, 112.515625),
        Mark(date(2026, 12, 24), 101.0625, 112.625, 4.1, Rolled(TYM7, 112.25, 0.5 / 32)),
        Mark(date(2027, 1, 15), 100.5, 112.0),
    ]
    found, view = pnl(position, marks), outlook(basis(INPUTS), 5e5, 3.5, 90.0)
    row = compute("pnl", EXAMPLES["pnl"])
    assert row["parts_usd"] == found.parts
    assert (row["total_usd"], row["days"], row["carry_usd"]) == (found.total, 52, found.carry)
    assert row["return_on_equity_pct"] == view.return_pct
    assert row["profit_to_delivery_usd"] == view.profit_usd


def test_a_profit_row_needs_little() -> None:
    bare = without("pnl", "haircut_pct", "margin_usd", "buffer_usd", "cash_rate_pct", "contracts")
    marks = [{"day": "2026-12-24", "futures_price": 112.625, "clean_price": 101.0625,
              "roll_contract": "TYM7", "roll_futures_price": 112.25}]  # fmt: skip
    row = compute("pnl", {**bare, "marks": marks})
    assert row["return_on_equity_pct"] is None
    assert sum(row["parts_usd"].values()) == pytest.approx(row["total_usd"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["pnl", "stress"])
def test_without_a_repo_rate_nothing_is_financed(kind: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        compute(kind, without(kind, "repo_pct"))
    assert (caught.value.code, caught.value.field) == ("input_missing", "repo_pct")


def test_a_stress_row_replays_an_episode_by_its_name() -> None:
    row = compute("stress", without("stress", "shocks", "rolling_pct", "buffer_usd",
                                    episode="sep2019"))  # fmt: skip
    assert [day["day"] for day in row["days"]] == [0, 3, 4, 5, 6, 7]  # type: ignore[attr-defined]
    assert {"margin", "haircut"} <= set(row["missing"])  # type: ignore[call-overload]
    assert row["not_included"] == ["yields", "basis", "haircut", "margin"]


def test_a_shock_may_name_one_thing_alone() -> None:
    row = compute("stress", without("stress", shocks=[{"yield_bp": -10}]))
    assert row["ended_by"] is None
    assert row["missing"] == []
    assert row["not_included"] == ["basis", "repo", "haircut", "margin"]


def test_distances_of_a_row_are_the_calculator_s() -> None:
    held = basis(INPUTS)
    found = distances(Held(held, Bond(INPUTS.coupon_pct, INPUTS.maturity), 5e5, 90.0, 0.0))
    row = compute("distances", EXAMPLES["distances"])
    assert row["liquidity_bp"] == found.liquidity_bp
    assert row["solvency_32nds"] == found.solvency_32nds
    assert (row["leverage"], row["equity_usd"]) == (found.leverage, found.equity_usd)
    hedged = compute("distances", without("distances", "buffer_usd", "contracts"))
    assert hedged["liquidity_bp"] == 0


def test_an_option_row_names_the_cheapest_and_its_chances() -> None:
    row = compute("switch_option", EXAMPLES["switch_option"])
    assert sum(row["probabilities"]) == pytest.approx(1)  # type: ignore[arg-type]
    assert row["ctd_maturity"] == row["order_by_irr"][0]  # type: ignore[index]
    assert row["value_32nds"] > 0  # type: ignore[operator]
    same_day = {**EXAMPLES["switch_option"], "repo_pct": None}
    with pytest.raises(CalculatorError, match="input_missing"):
        compute("switch_option", same_day)


def test_a_spiral_row_shows_a_range_unless_an_impact_is_given() -> None:
    tenor = Tenor("FV", 400, 1, 2, 1)
    one = basis_spiral([tenor], CommonShock(1.5, 1, 4), 2)
    row = compute("basis_spiral", EXAMPLES["basis_spiral"])
    assert row["runs"][0]["sold_share"] == one.sold_share  # type: ignore[index]
    assert row["calibrated"] is False
    calm = compute("basis_spiral", {"tenors": EXAMPLES["basis_spiral"]["tenors"]})
    ranged = impact_range([tenor], CommonShock())
    assert [run["sold_share"] for run in calm["runs"]] == [r.sold_share for r in ranged]  # type: ignore[attr-defined]


def test_the_row_is_the_trade_of_the_basis_row() -> None:
    assert compute("basis_row", ROW)["net_basis"] == basis(INPUTS).net_basis
