"""Whatever is typed of a trade reaches every command's figures alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.leverage import answer as leverage
from bot.desk.pnl import answer as pnl
from bot.desk.stress import answer as stress
from tests.bot.desk.asking import KNOWN
from tools.batch import compute
from tools.errors import CalculatorError

BOND = "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 settle 2026-12-01"
FUNDED = f"{BOND} haircut 2% margin 1850 face 50m buffer 500k"
MARK = "to 2026-12-24 112-20 101-02"


@st.composite
def trades(draw: st.DrawFn) -> str:
    """Return a trade with some of the inputs that a desk may change."""
    words = [
        BOND,
        f"haircut {draw(st.integers(0, 60)) / 10}%",
        f"face {draw(st.integers(1, 900))}m",
    ]
    words += [f"margin {draw(st.integers(500, 6000))}", f"buffer {draw(st.integers(1, 9000))}k"]
    if draw(st.booleans()):
        words.append(f"lots {draw(st.integers(1, 9000))}")
    if draw(st.booleans()):
        words.append(f"cf {draw(st.integers(7000, 9999)) / 10000}")
    if draw(st.booleans()):
        words.append(f"date 2027-03-{draw(st.sampled_from((1, 10, 15, 23, 31))):02d}")
    return " ".join(words)


def result(reply: Any) -> dict[str, Any]:
    return reply.as_json()["result"]


@given(trades())
def test_a_trade_has_one_equity_in_every_command(trade: str):
    first = result(stress(f"{trade} shock 0 basis 0", KNOWN))["days"][0]["equity"]
    assert result(leverage(trade, KNOWN))["equity_usd"] == pytest.approx(first, rel=1e-9)
    assert result(pnl(trade, KNOWN))["equity_usd"] == pytest.approx(first, rel=1e-9)


@given(trades())
def test_the_parts_of_a_profit_add_to_its_total(trade: str):
    found = result(pnl(f"{trade} {MARK}", KNOWN))
    assert sum(found["parts_usd"].values()) == pytest.approx(found["total_usd"], abs=0.005)


def test_contracts_beside_the_hedge_count_in_equity_and_distances():
    found = result(leverage(f"{FUNDED} lots 500", KNOWN))
    assert found["equity_usd"] == pytest.approx(2_436_253, abs=1)
    assert found["solvency_32nds"] == pytest.approx(155.9, abs=0.05)


def test_a_factor_of_one_s_own_reaches_every_part_of_the_profit():
    found = result(pnl(f"{FUNDED} cf 0.80 {MARK}", KNOWN))
    assert found["total_usd"] == pytest.approx(30_298.20, abs=0.02)
    assert found["parts_usd"]["hedge_mismatch"] == 0


def test_a_day_of_delivery_of_one_s_own_reaches_the_split():
    late, early = (
        result(pnl(f"{FUNDED} {words} {MARK}", KNOWN)) for words in ("", "date 2027-03-01")
    )
    assert late["total_usd"] == early["total_usd"]
    assert late["parts_usd"]["carry_runoff"] != early["parts_usd"]["carry_runoff"]
    flat = "to 2027-03-01 112-16+ 100-30"
    end = result(pnl(f"{FUNDED} date 2027-03-01 {flat}", KNOWN))["parts_usd"]
    carried = end["coupon"] + end["financing"] + end["carry_runoff"]
    assert carried == pytest.approx(0, abs=0.01)  # on the day of delivery no carry is left


def test_a_row_names_the_inputs_that_its_profit_is_made_without():
    row = {
        "contract": "TYH7", "futures_price": 112.515625, "coupon_pct": 4.25,
        "maturity": "2034-11-15", "clean_price": 100.9375, "repo_pct": 3.9, "face_usd": 50e6,
        "settlement": "2026-12-01", "repo_basis": "ACT/365", "conversion_factor": 0.8,
        "marks": [{"day": "2026-12-24", "clean_price": 101.0625, "futures_price": 112.625}],
    }  # fmt: skip
    found = compute("pnl", row)
    assert found["ignored"] == ["repo_basis"]
    assert found["total_usd"] != compute("pnl", row | {"conversion_factor": None})["total_usd"]


@pytest.mark.parametrize(
    "shock", ["shock 121 yield +10", "shock 200 yield +10", "shock 3000 basis -1"]
)
def test_a_shock_after_delivery_is_refused_as_typed(shock: str):
    with pytest.raises(CalculatorError) as caught:
        stress(f"{FUNDED} {shock}", KNOWN)
    assert caught.value.code == "shock_after_delivery"
    assert caught.value.values["culprit"] == shock.split()[1]
