"""Whatever is typed of a trade reaches every command's figures alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.desk.leverage import answer as leverage_of
from bot.desk.pnl import answer as pnl
from bot.desk.stress import answer as stress
from bot.i18n import LANGS, Lang, say
from bot.render.desk.leverage import leverage_html
from bot.render.desk.pnl import pnl_html
from bot.render.desk.stress import stress_html
from tests.bot.desk.asking import KNOWN
from tools.batch import compute
from tools.errors import CalculatorError

BOND = "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 settle 2026-12-01"
FUNDED = f"{BOND} haircut 2% margin 1850 face 50m buffer 500k"
WIDE = (
    "TYH7 112-01 4.5% 11/15/33 103-04 repo 3.95 haircut 2% margin 2000 face 250m buffer 2m "
    "settle 2026-12-01"
)
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
    assert result(leverage_of(trade, KNOWN))["equity_usd"] == pytest.approx(first, rel=1e-9)
    assert result(pnl(trade, KNOWN))["equity_usd"] == pytest.approx(first, rel=1e-9)


@given(trades(), st.integers(1, 99))
def test_a_haircut_below_zero_leaves_one_equity_too(trade: str, tenths: int):
    """Also where the haircut lends more than margin and buffer take."""
    trade = trade.replace("haircut ", f"haircut -{tenths / 10}% drop ").split(" drop ")
    trade = f"{trade[0]} {trade[1].split(' ', 1)[1]}"
    first = result(stress(f"{trade} shock 0 basis 0", KNOWN))["days"][0]["equity"]
    reply = leverage_of(trade, KNOWN)
    assert result(reply)["equity_usd"] == pytest.approx(first, rel=1e-9, abs=0.01)
    assert result(pnl(trade, KNOWN))["equity_usd"] == pytest.approx(first, rel=1e-9, abs=0.01)
    assert (reply.missing == "capital_negative") == (first < 0)


@given(trades())
def test_the_parts_of_a_profit_add_to_its_total(trade: str):
    found = result(pnl(f"{trade} {MARK}", KNOWN))
    assert sum(found["parts_usd"].values()) == pytest.approx(found["total_usd"], abs=0.005)


@given(trades(), st.sampled_from((0, 50, 100)))
def test_the_liquidity_distance_fails_in_a_stress_of_the_same_share(trade: str, share: int):
    shared = f"{trade} rolling {share}%"
    distance = result(leverage_of(shared, KNOWN))["liquidity_bp"]
    assume(distance is not None and abs(distance) < 900)
    for much, ended in ((1.001, "liquidity"), (0.999, None)):
        moved = f"{shared} shock 0 yield {-distance * much:+.9f}bp"
        events = dict.fromkeys(row["event"] for row in result(stress(moved, KNOWN))["events"])
        assert ("liquidity" in events) == (ended is not None)


@pytest.mark.parametrize(
    ("share", "distance"), [("", 12.8), (" rolling 0%", 12.8), (" rolling 50%", 24.7)]
)
def test_both_answers_name_the_share_and_leverage_takes_it(share: str, distance: float):
    reply = leverage_of(f"{WIDE}{share}", KNOWN)
    assert reply.distances.liquidity_bp == pytest.approx(distance, abs=0.05)
    again = leverage_of(reply.words, KNOWN)
    assert (again.rolling_pct, again.distances) == (reply.rolling_pct, reply.distances)
    for lang in LANGS:
        named = f"{reply.rolling_pct:g}%"
        assert named in say(lang, "stress.line_rolling", share=f"{reply.rolling_pct:g}")
        assert named in leverage_html(reply, lang, {})
        assert say(lang, "leverage.liquidity_beyond") not in leverage_html(reply, lang, {})


def test_a_share_without_a_trade_or_out_of_range_is_refused():
    for words in ("haircut 2% margin 1.8% rolling 50%", f"{WIDE} rolling 101%"):
        with pytest.raises(CalculatorError) as caught:
            leverage_of(words, KNOWN)
        assert caught.value.field == "rolling_pct"


@pytest.mark.parametrize("lang", LANGS)
def test_a_rate_that_no_night_is_paid_at_is_not_included(lang: Lang):
    last = stress(f"{FUNDED} shock 0 yield +10 shock 3 repo 8", KNOWN)
    assert "repo" in last.left_out
    assert say(lang, "stress.rate_unpaid", day=4) in stress_html(last, lang)
    paid = stress(f"{FUNDED} shock 0 yield +10 shock 3 repo 8 shock 4", KNOWN)
    assert "repo" not in paid.left_out
    assert say(lang, "stress.rate_unpaid", day=5) not in stress_html(paid, lang)


def test_contracts_beside_the_hedge_count_in_equity_and_distances():
    found = result(leverage_of(f"{FUNDED} lots 500", KNOWN))
    assert found["equity_usd"] == pytest.approx(2_436_253, abs=1)
    assert found["solvency_32nds"] == pytest.approx(155.9, abs=0.05)


def test_a_factor_of_one_s_own_reaches_every_part_of_the_profit():
    found = result(pnl(f"{FUNDED} cf 0.80 {MARK}", KNOWN))
    assert found["total_usd"] == 30_298.19
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


@pytest.mark.parametrize(
    ("field", "value"),
    [("repo_basis", "ACT/365"), ("conversion_factor", 0.8), ("delivery", "2027-03-01"),
     ("dated_date", "2026-12-10"), ("contracts", 500)],
)  # fmt: skip
def test_each_input_of_a_row_reaches_the_split_of_its_profit(field: str, value: object):
    row = {
        "contract": "TYH7", "futures_price": 112.515625, "coupon_pct": 4.25,
        "maturity": "2034-11-15", "clean_price": 100.9375, "repo_pct": 3.9, "face_usd": 50e6,
        "settlement": "2026-12-01",
        "marks": [{"day": "2026-12-24", "clean_price": 101.0625, "futures_price": 112.625}],
    }  # fmt: skip
    found = compute("pnl", row | {field: value})
    assert "ignored" not in found
    assert found["parts_usd"] != compute("pnl", row)["parts_usd"]


@pytest.mark.parametrize(
    ("words", "leverage"),
    [
        ("", 21.61),
        ("lots 300", 24.47),
        ("lots 500", 20.75),
        ("lots 900", 15.92),
        ("cf 0.80", 22.46),
    ],
)
def test_the_leverage_is_the_bonds_over_the_equity_beside_it(words: str, leverage: float):
    found = result(leverage_of(f"{FUNDED} {words}", KNOWN))
    assert found["leverage"] == pytest.approx(leverage, abs=0.005)


@given(trades())
def test_the_leverage_of_any_trade_is_its_bonds_over_its_equity(trade: str):
    reply = leverage_of(trade, KNOWN)
    held = reply.trade.basis
    bonds = held.dirty * held.face_usd / 100
    assert reply.measures[0].value == pytest.approx(bonds / reply.distances.equity_usd, rel=1e-9)


@pytest.mark.parametrize("lang", LANGS)
def test_the_profit_to_delivery_says_whose_it_is_and_why_it_has_no_return(lang: Lang):
    few = FUNDED.replace("haircut 2%", "haircut -1%").replace(" buffer 500k", "")
    for words, hedge in ((FUNDED, False), (f"{FUNDED} lots 300", True), (f"{few} lots 1", True)):
        text = pnl_html(pnl(words, KNOWN), lang)
        assert (say(lang, "pnl.outlook_hedge") in text) == hedge
    assert say(lang, "basis.capital_negative") in text


CHANGES = {"lots": "lots 777", "cf": "cf 0.7777", "date": "date 2027-03-01"}


@pytest.mark.parametrize("name", CHANGES)
def test_what_moves_one_command_s_figure_moves_the_others(name: str):
    """Equity, leverage, distance and stress know lots and factor; profit knows all three."""
    changed = {}
    for command, words in (
        (leverage_of, ""), (pnl, f" {MARK}"), (stress, " shock 5 yield -30 basis -2"),
    ):  # fmt: skip
        before = result(command(FUNDED + words, KNOWN))
        changed[command] = before != result(command(f"{FUNDED} {CHANGES[name]}{words}", KNOWN))
    assert all(changed.values())


@pytest.mark.parametrize("lang", LANGS)
def test_a_stress_that_states_nothing_says_so(lang: Lang):
    text = stress_html(stress(f"{FUNDED} shock 120", KNOWN), lang)
    assert say(lang, "stress.nothing_stated") in text
    assert "()" not in text
    assert "（）" not in text


@pytest.mark.parametrize(
    "shock", ["shock 121 yield +10", "shock 200 yield +10", "shock 3000 basis -1"]
)
def test_a_shock_after_delivery_is_refused_as_typed(shock: str):
    with pytest.raises(CalculatorError) as caught:
        stress(f"{FUNDED} {shock}", KNOWN)
    assert caught.value.code == "shock_after_delivery"
    assert caught.value.values["culprit"] == shock.split()[1]
