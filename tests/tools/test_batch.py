"""Rows in, results out; a bad row names its input."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.malformed import EXAMPLES, ROW, malformed
from tests.tools.saying import sentences_of
from tools.basis import basis
from tools.batch import basis_figures, compute, kinds, to_cents
from tools.errors import CalculatorError
from tools.fields import Fields
from tools.rows import basis_inputs

compute("last_delivery_date", {"contract": "TY", "delivery_month": "2027-03"})  # loads the calendar


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_kind_has_an_example_that_works(kind: str) -> None:
    assert compute(kind, EXAMPLES[kind])


def test_no_kind_is_without_an_example() -> None:
    assert set(EXAMPLES) == set(kinds())


def test_a_row_gives_extra_measures_beside_the_published_ones() -> None:
    result = compute("basis_row", ROW)
    assert result["net_basis"] == pytest.approx(0.078921, abs=1e-6)
    assert result["leverage"] == pytest.approx(27.475761, abs=1e-6)
    assert result["notes"] == []
    assert result["forward_dirty"] == pytest.approx(100.836663 + 1.596685, abs=1e-5)


def test_optional_inputs_may_be_left_out_or_null() -> None:
    bare = {k: ROW[k] for k in ("contract", "futures_price", "settlement", "coupon_pct",
                                "maturity", "clean_price")}  # fmt: skip
    result = compute("basis_row", bare)
    assert result["net_basis"] is None
    assert result["implied_repo_pct"] == compute("basis_row", ROW)["implied_repo_pct"]
    assert compute("basis_row", {**bare, "repo_pct": None, "dated_date": None}) == result


def test_a_dated_date_moves_the_start() -> None:
    assert compute("basis_row", {**ROW, "dated_date": "2026-12-15"})["settlement"] == "2026-12-15"


def test_act_365_lowers_the_financing() -> None:
    by_365 = compute("basis_row", {**ROW, "repo_basis": "ACT/365"})
    assert by_365["financing_cost"] == pytest.approx(
        compute("basis_row", ROW)["financing_cost"] * 360 / 365
    )


def test_a_report_without_its_repo_rate_still_implies_one() -> None:
    row = {k: v for k, v in EXAMPLES["basis_row_from_gross"].items() if k != "report_repo_pct"}
    result = compute("basis_row_from_gross", {**row, "conversion_factor": 0.8955,
                                              "delivery": "2027-03-31"})  # fmt: skip
    assert result["net_basis_32nds_with_report_repo"] is None
    assert result["implied_repo_pct"] == pytest.approx(3.678, abs=0.01)


def test_a_cash_quote_is_read_by_its_own_rule() -> None:
    assert compute("quote_parse", {"text": "98-24+", "side": "cash"}) == {
        "price": 98.765625, "in_32nds": "98-245", "notes": [],
    }  # fmt: skip


def test_leverage_from_shares_or_from_balances() -> None:
    assert compute("leverage", {"haircut_pct": 2.0})["leverage"] == 50
    assert compute("leverage", {"haircut_pct": 0, "margin_pct": 1.0, "buffer_pct": 1})[
        "leverage"
    ] == pytest.approx(50)


def test_the_textbook_price_counts_the_coupons_due_by_delivery() -> None:
    row = EXAMPLES["futures_price_continuous_rate"]
    before = compute("futures_price_continuous_rate", {**row, "days_to_delivery": 100})
    assert before["forward_dirty"] == pytest.approx(116.978 * math.exp(0.1 * 100 / 365), abs=1e-3)
    accrued = 6 * 160 / 182
    assert before["forward_clean"] == pytest.approx(before["forward_dirty"] - accrued)
    twice = compute("futures_price_continuous_rate", {**row, "days_to_delivery": 305})
    assert twice["forward_clean"] == twice["forward_dirty"]


def test_cents_round_half_up() -> None:
    assert to_cents(0.125) == 0.13
    assert to_cents(115523.4375) == 115523.44


def test_every_malformed_input_is_either_computed_or_named() -> None:
    """Well over a thousand: each gives numbers or an error with field, culprit and sentences."""
    refused = [error for kind, inputs, _ in malformed() if (error := _error(kind, inputs))]
    assert len(refused) > 1000
    for error in refused:
        assert error.field, error
        assert all(len(sentence) < 700 for sentence in sentences_of(error)), error


def _error(kind: str, inputs: dict[str, Any]) -> CalculatorError | None:
    """Return the error of a row, or None where its numbers are finite."""
    try:
        result = compute(kind, inputs)
    except CalculatorError as error:
        return error
    numbers = [value for value in result.values() if isinstance(value, float)]
    assert all(math.isfinite(number) for number in numbers), (kind, inputs)
    return None


def test_inputs_without_a_use_are_named_and_change_nothing() -> None:
    found = compute("basis_row", {**ROW, "repo": 5.0, "note": "late"})
    assert found.pop("ignored") == ["repo", "note"]
    assert found == compute("basis_row", ROW)
    bonds = [{**EXAMPLES["ctd"]["bonds"][0], "px": 99}, *EXAMPLES["ctd"]["bonds"][1:]]
    assert compute("ctd", {**EXAMPLES["ctd"], "bonds": bonds})["ignored"] == ["bonds.px"]
    assert compute("basis_row", {**ROW, "bonds": [1, 2]})["ignored"] == ["bonds"]


@pytest.mark.parametrize(("kind", "near"), [("Basis_Row", "basis_row"), ("firesale", "fire_sale"),
                                            ("", "basis_row")])  # fmt: skip
def test_an_unknown_kind_names_the_nearest_and_all_there_are(kind: str, near: str) -> None:
    error = _error(kind, {})
    assert error is not None
    assert error.values["example"] == near
    assert all("switch_option" in sentence for sentence in sentences_of(error))


def test_the_figures_of_a_basis_are_its_row_without_the_notes() -> None:
    inputs = EXAMPLES["basis_row"]
    row = compute("basis_row", inputs)
    assert row.pop("notes") is not None
    assert basis_figures(basis(basis_inputs(Fields("basis_row", inputs)))) == row


@pytest.mark.parametrize(
    ("kind", "changes", "code", "field"),
    [
        ("basis_row", {"repo_basis": "30/360"}, "choice", "repo_basis"),
        ("basis_row", {"repo_pct": "3.9"}, "number_form", "repo_pct"),
        ("basis_row", {"futures_price": "112-165"}, "price_decimal", "futures_price"),
        ("basis_row", {"contract": 7}, "input_form", "contract"),
        ("basis_row", {"contract": "ESH7"}, "contract_form", "contract"),
        ("basis_row", {"settlement": None}, "input_missing", "settlement"),
        ("basis_row", {"settlement": "2027-04-01"}, "settlement_after_delivery", "settlement"),
        (
            "carry_decomposition",
            {"settlement": "2027-04-01"},
            "settlement_after_delivery",
            "settlement",
        ),
        ("carry_decomposition", {"maturity": "2027-03-31"}, "bond_matured", "maturity"),
        ("carry_decomposition", {"repo_pct": None}, "input_missing", "repo_pct"),
        ("conversion_factor", {"maturity": "2027-02-15"}, "bond_matured", "maturity"),
        ("conversion_factor", {"delivery_month": "2027-02"}, "contract_form", "delivery_month"),
        ("conversion_factor", {"delivery_month": "2027-3"}, "input_form", "delivery_month"),
        ("conversion_factor_unrounded", {"whole_years": 7.5}, "number_form", "whole_years"),
        ("conversion_factor_unrounded", {"whole_months": 12}, "number_range", "whole_months"),
        (
            "last_delivery_date",
            {"contract": "TN", "delivery_month": "2010-03"},
            "contract_not_listed",
            "contract",
        ),
        ("leverage", {"haircut_pct": 0, "margin_pct": 0}, "capital_missing", "haircut_pct"),
        ("leverage", {"haircut_pct": None}, "input_missing", "repo_borrowing_usd_bn"),
        ("quote_parse", {"side": "swap"}, "choice", "side"),
        ("quote_parse", {"text": "112-164"}, "price_third_digit", "futures_price"),
        ("ctd", {"bonds": []}, "list_empty", "bonds"),
        ("ctd", {"bonds": "4.25"}, "input_form", "bonds"),
        ("ctd", {"bonds": [{"coupon_pct": 4.25}]}, "input_missing", "maturity"),
        ("ctd", {"bonds": [{}] * 10_001}, "list_too_long", "bonds"),
        ("ctd_scenario", {"shift_bp": 501}, "number_range", "shift_bp"),
        (
            "futures_price_continuous_rate",
            {"days_since_coupon": 0, "days_to_coupon": 0},
            "number_range",
            "days_to_coupon",
        ),
        ("fire_sale", {"steps": 0}, "number_range", "steps"),
        (
            "share",
            {"treasury_trades_usd_bn": {"a name that is far too long": 1.0}},
            "input_form",
            "treasury_trades_usd_bn",
        ),
        ("share", {"treasury_trades_usd_bn": {}}, "list_empty", "treasury_trades_usd_bn"),
        ("share", {"treasury_trades_usd_bn": {"0": "x"}}, "number_form", "0"),
    ],
)
def test_the_input_at_fault_is_named(
    kind: str, changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(CalculatorError) as caught:
        compute(kind, {**EXAMPLES[kind], **changes})
    assert (caught.value.code, caught.value.field) == (code, field)


def test_an_unknown_kind_names_those_there_are() -> None:
    with pytest.raises(CalculatorError) as caught:
        compute("basis_rows", {})
    assert caught.value.code == "kind_unknown"
    assert "basis_row" in sentences_of(caught.value)[0]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(EXAMPLES)), st.data())
def test_any_inputs_at_all_give_a_result_or_a_calculator_error(
    kind: str, data: st.DataObject
) -> None:
    example = EXAMPLES[kind]
    junk = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
                     st.dates().map(str), st.lists(st.integers(), max_size=2))  # fmt: skip
    inputs = {field: data.draw(st.one_of(st.just(value), junk)) for field, value in example.items()}
    error = _error(kind, inputs)
    assert error is None or all(sentences_of(error))


def test_every_code_is_documented_and_has_its_sentence_and_no_more() -> None:
    from bot.i18n import LANGS, sentences
    from tools import errors

    raised = set()
    for path in Path(errors.__file__).parent.glob("*.py"):
        if path.name == "positions.py":  # a feed's data, whose errors are said under `feed.`
            continue
        text = path.read_text(encoding="utf-8")
        raised |= set(re.findall(r'CalculatorError\(\s*"([a-z0-9_]+)"', text))
    raised |= {"bond_ineligible", "bond_ineligible_open"}
    documented = set(re.findall(r"[a-z0-9_]+", errors.__doc__ or ""))
    assert raised <= documented
    for lang in LANGS:
        assert {f"error.{code}" for code in raised} <= set(sentences(lang))


def test_settlements_through_a_year_never_break() -> None:
    day = date(2026, 6, 1)
    while day < date(2027, 3, 31):
        assert compute("basis_row", {**ROW, "settlement": day.isoformat()})["days"] >= 0
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("row", "deliverable"),
    [
        ({"contract": "TY", "delivery_month": "2027-03", "coupon_pct": 4.5,
          "maturity": "2044-02-15"}, False),
        ({"contract": "TY", "delivery_month": "2027-03", "coupon_pct": 4.25,
          "maturity": "2034-11-15"}, True),
        ({"contract": "TY", "coupon_pct": 4.25, "whole_years": 7, "whole_months": 6}, None),
    ],
)  # fmt: skip
def test_a_factor_says_whether_its_bond_can_be_delivered(
    row: dict[str, Any], deliverable: bool | None
) -> None:
    assert compute("conversion_factor", row)["deliverable"] is deliverable
