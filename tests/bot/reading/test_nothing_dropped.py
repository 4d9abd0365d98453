"""A command obeys all of its words or says which it does not understand; no word is passed over."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk.dates import answer as dates
from bot.desk.known import Known
from bot.reading.schedule import ScheduleError
from bot.reading.when import read_wish
from bot.week.asked import DayError, chart_asked, day_asked
from bot.week.rules import AlertError, read_rule
from tools.errors import CalculatorError

TODAY = date(2026, 11, 24)
ERRORS = (DayError, AlertError, ScheduleError, CalculatorError)
READERS: dict[str, Callable[[str], object]] = {
    "subscribe": read_wish,
    "alert": read_rule,
    "digest": lambda text: day_asked(text, TODAY),
    "chart": lambda text: chart_asked(text, TODAY),
    "dates": lambda text: dates(text, Known(TODAY)),
}
# What each command obeys, its words parted by spaces.
OBEYED = {
    "subscribe": (
        "monday 9am", "every Friday at 18:00 in New York", "fri 6 pm Shanghai english",
        "9:30 UTC+8",
        "周五 18:00 上海", "每周五 晚上8点 北京时间", "周一 早上九点半", "週五 下午六點 紐約",
    ),
    "alert": (
        "score > 65", "alert me when the score goes above 65", "TY net short change < -10%",
        "RRP falls below $50 bn", "SOFR over IORB above 15 bp", "评分 超过 65",
        "当 评分 低于 40 时 提醒我",
        "TY 净空头 减少 超过 10%",
    ),
    "digest": ("2020-03-20", "20 March 2020", "last week", "3 weeks ago", "2020-W12", "上周",
               "2020年3月20日"),
    "chart": ("sofr", "sofr 2020-03-20", "net short last week", "10y 20 March 2020", "sofr-iorb",
              "持仓 上周", "10年期收益率 2020年3月20日"),
    "dates": ("TYH7",),
}  # fmt: skip
JUNK = (
    "potatoes", "77", "except", "holidays", "unless", "not", "or", "only", "until",
    "last 30 potatoes",
    "of may", "versus gold", "xyz", "hedge", "biweekly", "twice", "maybe", "if quiet", "(potatoes)",
    "\N{POTATO}", "土豆", "除节假日外", "最近三十次", "或者黄金", "不要", "除非平静", "隔一次",
    "黄金價格",
)  # fmt: skip
made_up = st.text("bcdfgjqvwxz", min_size=4, max_size=9).map(lambda letters: f"q{letters}")
made_up |= st.text("豆薯椅鞋帽猫狗茄", min_size=2, max_size=5)


def said_by(error: Exception) -> str:
    """Return what an error repeats of the words."""
    values = [error.culprit] if isinstance(error, DayError) else error.values.values()  # type: ignore[attr-defined]
    return _plain(" ".join(str(value) for value in values))


def _plain(text: str) -> str:
    from knowledge.glossary import simplified

    return "".join(simplified(unicodedata.normalize("NFKC", text)).lower().split()).strip("()")


def refused(command: str, text: str, junk: str) -> None:
    """Check that a command refuses its words and names the strange ones, or the first of them."""
    with pytest.raises(ERRORS) as caught:
        READERS[command](text)
    said = said_by(caught.value)
    assert any(_plain(part) in said for part in junk.split()), text


@pytest.mark.parametrize(
    ("command", "words"), [(name, words) for name, all_of in OBEYED.items() for words in all_of]
)
def test_a_word_anywhere_that_is_not_understood_is_named(command: str, words: str):
    READERS[command](words)
    parts = words.split()
    for junk in JUNK:
        for place in range(len(parts) + 1):
            refused(command, " ".join([*parts[:place], junk, *parts[place:]]), junk)


@settings(max_examples=600)
@given(st.sampled_from(sorted(OBEYED)), made_up, st.data())
def test_so_is_a_made_up_one(command: str, junk: str, data: st.DataObject):
    parts = data.draw(st.sampled_from(OBEYED[command])).split()
    place = data.draw(st.integers(0, len(parts)))
    refused(command, " ".join([*parts[:place], junk, *parts[place:]]), junk)


@settings(max_examples=400)
@given(st.sampled_from(sorted(OBEYED)), st.sampled_from(JUNK), st.booleans(), st.data())
def test_chinese_glued_to_the_words_is_not_passed_over(
    command: str, junk: str, first: bool, data: st.DataObject
):
    words = data.draw(st.sampled_from([w for w in OBEYED[command] if not w.isascii()] or ["TYH7"]))
    if junk.isascii():
        return
    refused(command, f"{junk}{words}" if first else f"{words}{junk}", junk)


@pytest.mark.parametrize(
    ("command", "words", "culprit"),
    [
        ("chart", "sofr last 30 potatoes", "last 30 potatoes"),
        ("chart", "sofr vs effr", "vs effr"),
        ("chart", "10y 2y", "2y"),
        ("chart", "sofr 2099-01-01", "2099-01-01"),
        ("chart", "持仓 最近30天", "最近30天"),
        ("chart", "gold", "gold"),
        ("subscribe", "monday 9am except holidays", "except holidays"),
        ("subscribe", "Monday 9 - 10", "- 10"),
        ("subscribe", "周一早上九点 节假日除外", "节假日除外"),
        ("subscribe", "every other friday 9am", "other"),
        ("subscribe", "first friday of the month", "first of month"),
        ("subscribe", "fri 9am general", "general"),
        ("digest", "SOFR vs EFFR", "SOFR vs EFFR"),
        ("digest", "last week of may", "last week of may"),
        ("digest", "上周和五月", "上周和五月"),
        ("digest", "2020年3月20日的利率", "2020年3月20日的利率"),
        ("alert", "score > 65 " + "x" * 200, "x" * 60),
        ("alert", f"{'please ' * 21}score > 65 only if SOFR falls", "only if"),
        ("dates", "TYH7 except holidays", "except"),
    ],
)
def test_the_rest_that_is_not_understood_is_named(command: str, words: str, culprit: str):
    refused(command, words, culprit)
