"""Whatever is sent after a desk's command gets a sentence with its culprit, and words that work."""

from __future__ import annotations

import statistics
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.commands import ANSWERS, answer, corrected
from bot.i18n import LANGS
from bot.render.trouble import sentence
from tests.bot.desk.asking import KNOWN
from tests.bot.malformed_desk import MALFORMED
from tools.errors import CalculatorError

CASES = [(command, text) for command, texts in MALFORMED.items() for text in texts]
# What the grammar does read: a bond of one part of the list may be a good one for another.
MOST_MS = 50.0


def trouble_of(command: str, text: str) -> CalculatorError | None:
    try:
        answer(command, text, KNOWN)
    except CalculatorError as error:
        return error
    return None


def test_there_are_more_than_three_hundred_different_ones():
    assert len(set(CASES)) == len(CASES) > 300


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Load the calendar and what else comes with the first use."""
    for command in ANSWERS:
        corrected(command, "x", CalculatorError("args_unknown", culprit="x"), KNOWN)


@pytest.mark.parametrize("command", MALFORMED)
def test_each_gets_a_sentence_with_its_culprit_in_both_languages(command: str):
    for text in MALFORMED[command]:
        error = trouble_of(command, text)
        assert error is not None, text[:80]
        culprit = str(error.values["culprit"])
        assert culprit in text or culprit == f"/{command}", (text[:80], culprit)
        for lang in LANGS:
            said = sentence(error, lang)
            assert "{" not in said or "{" in text
            assert said


@pytest.mark.parametrize("command", MALFORMED)
def test_words_that_work_are_offered_for_each_in_no_time(command: str):
    took: list[float] = []
    for text in MALFORMED[command]:
        began = time.perf_counter()
        error = trouble_of(command, text)
        assert error is not None
        works = corrected(command, text, error, KNOWN)
        took.append(1000 * (time.perf_counter() - began))
        assert trouble_of(command, works) is None, works
    # A busy machine may pause any one of them: most of them tell.
    assert statistics.quantiles(took, n=20)[-1] < MOST_MS


@pytest.mark.parametrize("command", ANSWERS)
@given(st.text(max_size=120))
def test_no_text_is_an_exception(command: str, text: str):
    error = trouble_of(command, text)
    if error is not None:
        assert error.values["culprit"]
