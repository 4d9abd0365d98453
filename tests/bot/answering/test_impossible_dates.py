"""A day that no calendar has is no date, wherever it is typed, and never an exception."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.reports import OwnFigure, OwnReport
from bot.answering.reports.keeping import own_report, passage_of
from bot.i18n import Lang
from bot.reading.days import read_date
from bot.store.reports import Content, Stored
from bot.week.asked import DayError, day_asked
from knowledge.figures import whens
from knowledge.parsing.child import report_of_parsed
from knowledge.parsing.report import Report
from knowledge.report import Found, Passage
from tests.bot.answering.shelf import answerer
from tests.knowledge.parsing.test_impossible_dates import MOST, papers, text

MONTHS = ("January", "February", "Apr", "June", "September", "Nov", "Smarch")


@st.composite
def dates(draw: st.DrawFn) -> str:
    """Return a date or a span as people write it; many do not exist."""
    year = draw(st.sampled_from((0, 1, 99, 1900, 2019, 2020, 2023, 2026, 9999)))
    month, day, last = draw(st.integers(0, 14)), draw(st.integers(0, 33)), draw(st.integers(0, 33))
    name = draw(st.sampled_from(MONTHS))
    quarter, week = draw(st.integers(0, 6)), draw(st.integers(0, 60))
    return draw(
        st.sampled_from(
            (
                f"{year:04d}年{month}月{day}日至{last}日", f"{year}年{month}月{day}日",
                f"{month}月{day}日至{last}日", f"{year}年第{quarter}季度",
                f"{year}年{month}月{day}号到{last}号",
                f"from {day} to {last} {name} {year}", f"{name} {day}-{last}, {year:04d}",
                f"{month}/{day}/{year}", f"{day}.{month}.{year}",
                f"{year:04d}-{month:02d}-{day:02d}",
                f"{year}-W{week}", f"Q{quarter} {year}", f"{quarter}Q{year % 100}", f"{name} {day}",
                f"between {day} and {last} {name} {year}", f"{year}-{last}",
            )
        )
    )  # fmt: skip


@settings(max_examples=800)
@given(st.lists(dates(), min_size=1, max_size=3), st.sampled_from((" ", "，", " to ", "至", "-")))
def test_every_date_that_is_read_exists(texts: list[str], between: str):
    for when in whens(between.join(texts)):
        if when.year is not None:
            assert when.first is not None
            assert when.last is not None
            assert when.iso


@settings(max_examples=400)
@given(dates())
def test_commands_read_a_date_or_refuse_it(text: str):
    read_date(text.split())
    with suppress(DayError):
        day_asked(text, date(2026, 11, 30))


@pytest.mark.parametrize(
    "question",
    [
        "2020年9月15日至31日美联储买了多少国债？",
        "2020年2月28日至30日发生了什么？",
        "What happened between 28 and 30 February 2020?",
        "How much did the Fed buy from 15 to 31 September 2020?",
        "What did hedge funds sell on 2020-02-30?",
        "2025年4月31日的基差规模是多少？",
    ],
)
def test_a_question_with_an_impossible_day_is_answered_or_refused(question: str):
    assert answerer().answer(question).statements


@dataclass
class Brought:
    """A reader's one report, of which everything is found."""

    reports: Sequence[OwnReport]
    figures: Sequence[OwnFigure]
    passages: Sequence[Passage]

    def retrieve(self, question: str, limit: int, lang: Lang) -> list[Found]:
        return [Found(passage, 1.0, likeness=1.0) for passage in self.passages[:limit]]


def brought(report: Report) -> Brought:
    stored = Stored(
        1, 501, 1, "note.txt", report.kind, report.title, report.publisher, report.published,
        report.lang, 0, 0, len(report.pieces), len(report.readings), "stamp",
        datetime(2026, 11, 22, tzinfo=UTC),
    )  # fmt: skip
    content = Content(stored, report.pieces, (), report.readings, {})
    passages = [passage_of(stored, seq, content) for seq in range(len(report.pieces))]
    figures = [OwnFigure(reading, passages[reading.piece]) for reading in report.readings]
    return Brought([own_report(stored)], figures, passages)


QUESTIONS = (
    "What does this report say about leverage on {day}?",
    "Does this report agree with the Fed on the size of the basis trade?",
    "Summarize this report",
    "这份报告对{day}的杠杆怎么说\uff1f",
    "这份报告和美联储的数字一致吗\uff1f",
)


@settings(max_examples=120, deadline=None)
@given(papers(), st.sampled_from(QUESTIONS), dates())
def test_a_report_with_impossible_dates_can_be_asked(paper: list[str], question: str, day: str):
    own = brought(report_of_parsed(*text(paper), "note.txt", "text", MOST))
    assert answerer().answer(question.format(day=day), own=own).statements
