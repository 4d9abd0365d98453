"""An amount in either language is worth the same in a command, a form, an alert and a question."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.basis import BASIS
from bot.desk.steps import Steps, cleaned, first_wrong
from bot.reading.amounts import has_scale, read_dollars, read_number, read_rate
from bot.reading.folding import fold
from bot.reading.grammar import scan, split
from bot.reading.words import words
from bot.week.rules import read_rule
from knowledge.figures import SCALES, figures
from tests.bot.desk.asking import read_basis

TODAY = date(2026, 11, 24)
TRADE = "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90"
BEFORE_FACE = Steps(
    "leverage",
    ("-", "TYH7", "112-16+", "2034-11-15", "4.25", "100-30", "3.90", "2", "1850", "0"),
)

SHORT = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
ENGLISH = {
    **dict.fromkeys(("mm", "mn", "mio", "mln", "million"), 1e6),
    **dict.fromkeys(("bn", "bln", "billion"), 1e9),
    **dict.fromkeys(("trn", "tn", "trillion"), 1e12),
}
CHINESE = {
    "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "十亿": 1e9,
    "百亿": 1e10, "千亿": 1e11, "万亿": 1e12, "兆": 1e12,
}  # fmt: skip
TRADITIONAL = {"萬": 1e4, "百萬": 1e6, "千萬": 1e7, "億": 1e8, "千億": 1e11, "萬億": 1e12}
AMOUNTS: dict[str, float] = {
    **{f"{n}{s}": n * worth for n in (2, 500) for s, worth in SHORT.items()},
    **{f"2.5{s.upper()}": 2.5 * worth for s, worth in SHORT.items()},
    **{f"{n}{s}": n * worth for n in (3, 2.5, 400) for s, worth in ENGLISH.items()},
    **{f"7 {s}": 7 * worth for s, worth in ENGLISH.items()},
    **{f"${n}{s}": n * worth for n in (5, 0.5) for s, worth in ENGLISH.items()},
    **{f"2,5{s}": 2.5 * worth for s, worth in ENGLISH.items()},
    **{f"{n}{s}": n * worth for n in (5, 1.5) for s, worth in CHINESE.items()},
    **{f"8{s}美元": 8 * worth for s, worth in CHINESE.items()},
    **{f"6 {s}": 6 * worth for s, worth in CHINESE.items()},
    **{f"三{s}": 3 * worth for s, worth in CHINESE.items() if s[0] not in "千兆"},
    **{f"一点五{s}": 1.5 * worth for s, worth in CHINESE.items() if s != "千"},
    **{f"两{s}美元": 2 * worth for s, worth in CHINESE.items() if s[0] not in "千兆"},
    **{f"9{s}": 9 * worth for s, worth in TRADITIONAL.items()},
    **{f"九百{s}": 900 * worth for s, worth in CHINESE.items() if s in "万亿"},
    "百亿": 1e10, "十万亿": 1e13,
    **{f"0.25{s}": 0.25 * worth for s, worth in CHINESE.items()},
    **{f"四{s}": 4 * worth for s, worth in TRADITIONAL.items() if s[0] != "千"},
    "三千亿": 3e11, "五千亿美元": 5e11, "两千五百万": 2.5e7, "十五亿": 1.5e9, "二十亿": 2e9,
    "三十五亿": 3.5e9, "五百亿": 5e10, "一百二十万": 1.2e6, "五十万亿": 5e13, "两万亿": 2e12,
    "\uff11\uff10\uff10\uff4d": 1e8, "\uff12.5\uff42\uff4e": 2.5e9, "\uff04500m": 5e8,
    "1,000,000": 1e6, "$1,000,000.00": 1e6, "1,250m": 1.25e9, "$1,850": 1850.0, "2500000": 2.5e6,
}  # fmt: skip


def in_a_command(text: str) -> float:
    made = scan(split(f"{TRADE} face {text}", BASIS), BASIS)  # read, whether or not it can be lent
    return float(made.values["face_usd"])


def in_a_form(text: str) -> float | None:
    value = cleaned("face", text, TODAY)
    state, error = first_wrong(Steps(BEFORE_FACE.command, (*BEFORE_FACE.chosen, value)), TODAY)
    # An amount beyond a calculator's range was read: its range speaks of the number.
    assert error is None or error.code == "number_range", state
    return read_dollars(value)


def in_an_alert(text: str) -> float:
    return read_rule(f"rrp > {text}").bound * 1e9


def in_a_question(text: str) -> float:
    (figure,) = figures(fold(text).text)
    return figure.value


def test_there_are_two_hundred():
    assert len(AMOUNTS) >= 200


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_is_worth_the_same_wherever_it_stands(text: str):
    worth = AMOUNTS[text]
    assert in_a_form(text) == pytest.approx(worth)
    assert in_a_question(text) == pytest.approx(worth)
    assert in_a_command(text) == pytest.approx(worth)
    # Without a scale an alert means billions, and less than a million is no amount of them.
    if 1e6 <= worth <= 2e13 and has_scale(words(text)[0].read):
        assert in_an_alert(text) == pytest.approx(worth)


numbers = st.integers(1, 99_999).map(lambda hundredths: f"{hundredths / 100:g}")
scales = st.sampled_from([scale for scale in SCALES if SCALES[scale] >= 1e6])


@given(numbers, scales, st.sampled_from(("", "$")))
def test_any_number_with_any_scale_is_read_the_same_everywhere(number: str, scale: str, sign: str):
    text = f"{sign}{number}{scale}"
    worth = float(number) * SCALES[scale]
    assert in_a_question(text) == pytest.approx(worth)
    assert in_a_form(text) == pytest.approx(worth)
    assert read_dollars(words(f"face {text}")[1].read) == pytest.approx(worth)
    if 1e7 <= worth <= 2e13:
        assert in_an_alert(text) == pytest.approx(worth)


@given(st.integers(1, 9_999), st.sampled_from(("万", "亿", "万亿")))
def test_a_chinese_numeral_is_its_number(number: int, scale: str):
    text = f"{chinese(number)}{scale}"
    assert in_a_form(text) == in_a_question(text) == number * SCALES[scale]
    assert words(f"面值{text}")[1].read == text


def chinese(number: int) -> str:
    """Return a number below ten thousand in Chinese."""
    said, zero = "", False
    for place, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, place)
        if digit:
            said += ("零" if zero and said else "") + "零一二三四五六七八九"[digit] + name
        zero = not digit
    return said


RATES = {
    "3.9": 3.9, "3.9%": 3.9, "3,9": 3.9, "3,90%": 3.9, "390bp": 3.9, "390bps": 3.9, "390基点": 3.9,
    "390个基点": 3.9, "3.9pct": 3.9, "百分之三点九": 3.9, "十五个基点": 0.15, "0,5%": 0.5,
    "-0.25": -0.25, "3,125%": 3.125, "\uff13.9\uff05": 3.9, "0.039": 0.039,
}  # fmt: skip


@pytest.mark.parametrize("text", RATES)
def test_a_rate_is_the_same_in_a_command_and_in_a_form(text: str):
    rate = RATES[text]
    assert read_rate(fold(text).text) == pytest.approx(rate)
    made = read_basis(f"{TRADE.replace('3.90', text)}", TODAY)
    assert made.repo_pct == pytest.approx(rate)
    step = cleaned("repo", text, TODAY)
    assert read_rate(step) == pytest.approx(rate)


@pytest.mark.parametrize("text", ["1,85", "1,2345", "1.2.3", "1e9", "3..5", "", "百分之", "亿"])
def test_what_is_no_amount_is_not_read(text: str):
    assert read_dollars(text) is None


@pytest.mark.parametrize("text", ["3,000", "3,", "1.2.3", "1e9", "3..5", "", "百分之", "123,5"])
def test_what_is_no_rate_is_not_read(text: str):
    assert read_rate(text) is None


def test_a_bare_decimal_comma_is_one_number_or_none():
    assert [read_number(text) for text in ("0,5", "1,850", "1,85,0")] == [0.5, 1850.0, None]
