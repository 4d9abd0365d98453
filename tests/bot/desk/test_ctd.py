"""A basket from lines, from a CSV, from what is on record; its ranking, pages and words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.desk.basket import read_table
from bot.desk.commands import corrected
from bot.desk.ctd import CtdReply, answer
from bot.desk.known import PricedBasket
from tests.bot.desk.asking import BASKET, BONDS, HEAD, KNOWN, LISTED, Record, wrong
from tools.contracts import ContractMonth
from tools.ctd import Deliverable


def core(reply: CtdReply) -> tuple[object, ...]:
    rows = [(row.bond.coupon_pct, row.bond.maturity, row.bond.clean_price) for row in
            reply.basket.rows]  # fmt: skip
    return reply.request.contract, reply.request.futures.price, rows


EXPECTED = core(answer(BASKET, KNOWN))


def test_the_highest_implied_repo_leads():
    reply = answer(BASKET, KNOWN)
    rates = [row.basis.implied_repo_pct for row in reply.basket.rows]
    assert rates == sorted(rates, reverse=True)  # type: ignore[type-var]
    assert reply.basket.ctd.bond.coupon_pct == 4.5
    assert reply.basket.gap_pct == pytest.approx(rates[0] - rates[1])  # type: ignore[operator]


@pytest.mark.parametrize(
    "text",
    [
        BASKET.replace("\n", " "),
        BASKET.replace("\n", " ; "),
        f"{BASKET}\n\n",
        "\n".join([*reversed(BONDS), HEAD]),
        f"TYH7 112-16+\n{BONDS[0]}\n{BONDS[1]} repo 3.9\n{BONDS[2]} vol 100bp",
        f"{HEAD}\n100-30 4.25% 11/15/34\n5/15/34 4% 100-03\n4 1/2 103-21+ 15 Nov 2033",
        f"@basisbot {HEAD}\n4.25,2034-11-15,100.9375\n4,2034-05-15,100.09375\n"
        "4.5,2033-11-15,103.671875",
        f"{HEAD}\ncoupon;maturity;price\n4.25;2034-11-15;100.9375\n4;2034-05-15;100.09375\n"
        "4.5;2033-11-15;103.671875",
        f"{HEAD}\nPrice\tMaturity\tCoupon\n100-30\t11/15/34\t4.25%\n100-03\t5/15/34\t4\n"
        "103-21+\t11/15/33\t4.5",
        f"TYH7 10y @ 112-16+ 3.9% repo vol 100: T {BONDS[0]}; T 4s of 5/15/34 at 100-03,"
        f" T {BONDS[2]}",
        "TYH7 112-16+ 回购3.9 票息4.25% 到期2034年11月15日 现券100-30"
        " 票息4% 到期2034年5月15日 现券100-03 票息4.5% 到期2033年11月15日 现券103-21+",
        "合约TYH7 期货112-16+ 回购3.9% 波动率100\n4.25\uff05，2034年11月15日，100-30\n"
        "4%，2034年5月15日，100-03\n4.5%，2033年11月15日，103-21\uff0b",
    ],
)
def test_one_basket_many_ways_of_writing_it(text: str):
    assert core(answer(text, KNOWN)) == EXPECTED


def test_a_csv_beside_the_words_is_read_too():
    assert core(answer(HEAD, replace(KNOWN, basket="\ufeff" + "\n".join(BONDS)))) == EXPECTED


def test_a_csv_keeps_cusips_and_dated_dates():
    text = "cusip,coupon,maturity,price,dated\n91282CJZ5,4,2034-02-15,99-24,2024-02-15\n"
    [line] = read_table(text, KNOWN.market.bond, ContractMonth("TY", 2027, 3))
    assert line.bond == Deliverable(4.0, date(2034, 2, 15), 99.75, "91282CJZ5", date(2024, 2, 15))


def test_a_cusip_and_a_price_are_a_bond_where_the_auction_is_on_record():
    known = replace(KNOWN, market=Record({LISTED.cusip: LISTED}))
    reply = answer(f"{HEAD}\n91282CJZ5 99-24\n4.5% 11/15/33 103-21+ 91282CJZ5", known)
    assert {row.bond.name for row in reply.basket.rows} == {"91282CJZ5"}
    assert {row.bond.coupon_pct for row in reply.basket.rows} == {4.0, 4.5}


def test_the_treasury_s_own_prices_are_the_basket_where_none_was_given():
    bonds = tuple(line.bond for line in answer(BASKET, KNOWN).request.lines)
    priced = PricedBasket(bonds, date(2026, 11, 23), "treasury_prices", 2)
    reply = answer(HEAD, replace(KNOWN, market=Record(priced=priced)))
    assert core(reply) == EXPECTED
    assert reply.request.defaults["bonds"].values["day"] == date(2026, 11, 23)
    assert "\n" not in reply.words


def test_the_words_of_a_reply_ask_the_same_again():
    for text in (BASKET, f"{BASKET} roll TYM7 112-08 shift 35bp face 10m settle 2026-12-01"):
        reply = answer(text, KNOWN)
        assert answer(reply.words, KNOWN).as_json() | {"defaulted": []} == reply.as_json() | {
            "defaulted": []
        }


def test_bonds_outside_the_grade_are_left_out_and_said():
    reply = answer(f"{BASKET}\n4% 2/15/56 90-00", KNOWN)
    [left] = reply.basket.left_out
    assert left.error.code == "bond_ineligible"


def test_a_scenario_is_flat_where_the_cheapest_stands():
    reply = answer(f"{BASKET} shift 35", KNOWN)
    for found in reply.scenarios():
        assert found.basis_32nds[found.ctd] == pytest.approx(0, abs=1e-9)
    assert 35.0 in [found.shift_bp for found in reply.scenarios()]


def test_the_option_needs_a_rate_and_days():
    assert answer(BASKET, KNOWN).option() is not None
    assert answer(BASKET.replace("repo 3.90", ""), KNOWN).option() is None
    assert answer(f"{BASKET} settle 2027-03-31", KNOWN).option() is None


def test_without_a_volatility_a_range_of_them_is_shown():
    option = answer(BASKET.replace(" vol 100", ""), KNOWN).option()
    assert option is not None
    values = [each.value for each in option.values]
    assert values == sorted(values)
    assert len(values) == 5


def test_the_first_delivery_day_is_a_basket_of_its_own_until_it_is_past():
    first = answer(BASKET, KNOWN).first_day()
    assert first is not None
    assert first.ctd.basis.delivery == date(2027, 3, 1)
    assert answer(f"{BASKET} settle 2027-03-02", KNOWN).first_day() is None


def test_a_roll_takes_the_cheapest_bond_that_both_accept():
    reply = answer(f"{BASKET} roll TYM7 112-08", KNOWN)
    found = reply.roll()
    assert found is not None
    row, rolled = found
    assert row.bond.coupon_pct == 4.25  # the 4.5 of November 2033 is too short for June
    assert rolled.spread_32nds == pytest.approx(8.5)


WRONG = [
    ("", "bare_ctd", "/ctd"),
    ("112-16+", "args_missing_contract", "112-16+"),
    ("TYH7", "args_missing_futures", "TYH7"),
    (HEAD, "basket_missing", "TYH7"),
    (f"{HEAD}\n4.25% 11/15/34", "args_missing_cash", "11/15/34"),
    (f"{HEAD}\n4.25% 100-30", "args_missing_maturity", "4.25%"),
    (f"{HEAD}\n11/15/34 100-30", "args_missing_coupon", "11/15/34"),
    (f"{HEAD}\n4.25% 11/15/34 100-325", "price_32nds", "100-325"),
    (f"{HEAD}\n4.25% 11/15/34 banana", "args_bad_bond", "banana"),
    (f"{HEAD}\n91282CJZ6 99-24", "cusip_check_digit", "91282CJZ6"),
    (f"{HEAD}\n91282CJZ5 99-24", "args_cusip_unknown", "91282CJZ5"),
    (f"{HEAD}\n4% 2/15/56 90-00", "basket_no_deliverable", "TYH7"),
    (f"TYH7 112-16+ vol lots\n{BONDS[0]}", "args_bad_shift", "lots"),
    (f"{BASKET} roll TYM7", "args_key_value", "roll"),
    (f"{BASKET} roll 112-08 TYM", "contract_form", "TYM"),
    (f"{BASKET} roll TYU6 112-08", "settlement_after_delivery", "TYU6"),
    (f"{BASKET} settle 2027-04-05", "settlement_after_delivery", "2027-04-05"),
    (f"{BASKET} USH7", "args_two_contracts", "USH7"),
    ("TYH7 " * 3000, "args_too_many", "TYH7"),
]


@pytest.mark.parametrize(("text", "code", "culprit"), WRONG, ids=lambda value: str(value)[:30])
def test_what_cannot_be_read_names_the_token_as_typed(text: str, code: str, culprit: str):
    error = wrong(answer, text)
    assert (error.code, error.values["culprit"]) == (code, culprit)


@pytest.mark.parametrize("text", ["TYH7 112-16+", "TYH7", "USH7 118-20 repo 3.9", "TUH7 103-216"])
def test_words_without_bonds_are_completed_by_two_that_the_contract_takes(text: str):
    works = corrected("ctd", text, wrong(answer, text), KNOWN)
    assert works.startswith(text)
    reply = answer(works, KNOWN)
    assert len(reply.basket.rows) == 2
    assert not reply.basket.left_out


def test_a_slip_is_mended_and_the_lines_stay():
    text = f"{HEAD}\n{BONDS[0]}\n4% 15/5/34 100-03"
    works = corrected("ctd", text, wrong(answer, text), KNOWN)
    assert works == f"{HEAD}\n{BONDS[0]}\n4% 5/15/34 100-03"


def test_a_thousand_bonds_are_the_most():
    error = wrong(answer, HEAD, replace(KNOWN, basket=f"{BONDS[0]}\n" * 1002))
    assert error.code == "list_too_long"


@pytest.mark.parametrize(
    "table",
    [
        "Security,Price\nT 4 1/4 11/15/34 Govt,100-30",
        "coupon,maturity,price\n4 1/4,15-Nov-34,100-30",
        "CUSIP,Cpn,Maturity,Px Last\n,4.25,11/15/2034,100.9375",
        "Px_Last;Coupon %;Maturity Date;coupon\n100-30;;11/15/2034;4-1/4",
        "债券\t价格\nT 4.25 11/15/34\t100-30",
    ],
)
def test_a_table_as_a_screen_or_a_sheet_writes_it(table: str):
    contract = ContractMonth("TY", 2027, 3)
    [line] = read_table(table, KNOWN.market.bond, contract)
    assert line.bond == Deliverable(4.25, date(2034, 11, 15), 100.9375)
