"""The spiral from words: sizes given or as funds are short, a common shock, assumed impacts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.desk.request import OwnRates
from bot.desk.spiral import answer
from tests.bot.desk.asking import KNOWN, REPORT, Record, wrong
from tools.basis_spiral import ASSUMED_IMPACTS, CommonShock, Tenor, impact_range

SHOCK = "shock margin x1.5 haircut +1% basis -4"
SHARES = "haircut 1% margin 2%"
SIZED = "size 1tn 2y 40% 5y 30% 10y 30%"
TEXT = f"{SIZED} {SHARES} {SHOCK}"


def test_the_runs_are_the_calculator_s_for_each_assumed_impact():
    reply = answer(TEXT, KNOWN)
    tenors = [Tenor("TU", 400, 1, 2, 1), Tenor("FV", 300, 1, 2, 1), Tenor("TY", 300, 1, 2, 1)]
    assert reply.runs == impact_range(tenors, CommonShock(1.5, 1.0, 4.0))
    assert [run.impact_32nds_per_100bn for run in reply.runs] == list(ASSUMED_IMPACTS)
    assert reply.assumed_impacts
    assert [note.code for note in reply.notes] == ["impact_assumed"]


@pytest.mark.parametrize(
    "text",
    [
        "2y 400bn 5y 300bn 10y 300bn haircut 1% margin 2% shock margin +50% haircut 1% basis -4/32",
        "TU 400bn FV 300bn ZN 300bn margin 200bp haircut 100bp shock basis -4 margin 1.5x"
        " haircut 100bp",
        "1tn 2y 40% 5y 30% 10y 30% haircut 1% margin 2% shock margin x1.5 haircut +1% basis -4",
        "规模1万亿 2y 40% 5y 30% 10y 30% 折扣率1% 保证金2% 冲击 保证金x1.5 折扣率+1% 基差-4",
    ],
)
def test_one_scenario_many_ways_of_writing_it(text: str):
    found, expected = answer(text, KNOWN), answer(TEXT, KNOWN)
    assert found.shock == expected.shock
    assert [(t.name, pytest.approx(t.size_bn)) for t in found.tenors] == [
        (t.name, t.size_bn) for t in expected.tenors
    ]


def test_without_a_size_the_funds_shorts_stand_in_with_their_date():
    reply = answer(f"{SHARES} {SHOCK}", replace(KNOWN, market=Record(shorts=[REPORT])))
    assert reply.size_bn == pytest.approx(REPORT.net_face_bn)
    assert {t.name: pytest.approx(t.size_bn) for t in reply.tenors} == {
        "TU": 200.0, "FV": 200.0, "TY": 100.0,
    }  # fmt: skip
    assert reply.positions_as_of == REPORT.as_of
    assert reply.defaults["size_usd"].reason == "funds_short"


def test_a_size_alone_is_split_as_funds_are_short_and_shares_alone_sized():
    known = replace(KNOWN, market=Record(shorts=[REPORT]))
    sized = answer(f"size 1tn {SHARES} {SHOCK}", known)
    assert [t.size_bn for t in sized.tenors] == pytest.approx([400, 400, 200])
    shared = answer(f"5y 60% 10y 40% {SHARES} {SHOCK}", known)
    assert [t.size_bn for t in shared.tenors] == pytest.approx([300, 200])


def test_an_impact_of_one_s_own_is_one_run():
    reply = answer(f"{SIZED} {SHARES} impact 3 {SHOCK}", KNOWN)
    assert [run.impact_32nds_per_100bn for run in reply.runs] == [3.0]
    assert [note.code for note in reply.notes] == ["impact_given"]


def test_the_chat_s_own_haircut_stands_in_but_never_a_margin():
    own = replace(KNOWN, own=OwnRates(haircut_pct=1.0, margin_usd=1850))
    assert answer(f"{SIZED} margin 2% {SHOCK}", own).tenors[0].haircut_pct == 1.0
    assert wrong(answer, f"{SIZED} {SHOCK}", own).code == "args_missing_margin_pct"


def test_the_words_of_a_reply_ask_the_same_again():
    for text in (TEXT, f"{SIZED} {SHARES} buffer 0.5% impact 2 {SHOCK}"):
        reply = answer(text, KNOWN)
        assert answer(reply.words, KNOWN).runs == reply.runs


WRONG = [
    ("", "bare_spiral", "/spiral"),
    (f"{SIZED} {SHARES}", "args_no_common_shock", "2%"),
    (f"{SIZED} {SHARES} shock", "args_no_common_shock", "shock"),
    (f"{SHARES} {SHOCK}", "args_no_size", "haircut"),
    (f"{SIZED} margin 2% {SHOCK}", "args_missing_haircut_pct", "2%"),
    (f"{SIZED} haircut 1% {SHOCK}", "args_missing_margin_pct", "1%"),
    (f"{SIZED} haircut 1% margin 1850 {SHOCK}", "args_bad_rate", "1850"),
    (f"size 1tn 2y 40% 5y 30% {SHARES} {SHOCK}", "args_shares_sum", "30%"),
    (f"size 1tn 2y 400bn {SHARES} {SHOCK}", "args_size_twice", "400bn"),
    (f"2y 400bn 5y 60% {SHARES} {SHOCK}", "args_size_twice", "60%"),
    (f"{TEXT} {SHOCK}", "args_key_twice", "shock"),
    (f"{SIZED} {SHARES} shock margin huge", "args_bad_times", "huge"),
    (f"{SIZED} {SHARES} shock basis down", "args_bad_ticks", "down"),
    (f"{SIZED} {SHARES} shock margin x500", "number_range", "x500"),
    (f"{SIZED} {SHARES} shock haircut 300%", "number_range", "300%"),
    (f"{SIZED} {SHARES} shock basis -900", "number_range", "-900"),
    (f"{SIZED} {SHARES} impact 5000 {SHOCK}", "number_range", "5000"),
    (f"{SIZED} {SHARES} 55 {SHOCK}", "args_unknown", "55"),
    (f"{SIZED} {SHARES} shock 55", "args_unknown", "55"),
    (f"size 0 2y 100% {SHARES} {SHOCK}", "args_no_size", "size"),
]


@pytest.mark.parametrize(("text", "code", "culprit"), WRONG, ids=lambda value: str(value)[-30:])
def test_what_cannot_be_read_names_the_token_as_typed(text: str, code: str, culprit: str):
    error = wrong(answer, text)
    assert (error.code, error.values["culprit"]) == (code, culprit)
