"""Whatever is sent after a desk's command gets a sentence with its culprit, and words that work."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.commands import ANSWERS, answer, corrected
from bot.i18n import LANGS
from bot.render.trouble import sentence
from tests.bot.desk.asking import KNOWN
from tests.bot.desk.malformed_desk import MALFORMED
from tools.errors import CalculatorError

CASES = [(command, text) for command, texts in MALFORMED.items() for text in texts]


def trouble_of(command: str, text: str) -> CalculatorError | None:
    try:
        answer(command, text, KNOWN)
    except CalculatorError as error:
        return error
    return None


def test_there_are_more_than_three_hundred_different_ones():
    assert len(set(CASES)) == len(CASES) > 300


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
def test_words_that_work_are_offered_for_each(command: str):
    for text in MALFORMED[command]:
        error = trouble_of(command, text)
        assert error is not None
        works = corrected(command, text, error, KNOWN)
        assert trouble_of(command, works) is None, works


@pytest.mark.parametrize("command", ANSWERS)
@given(st.text(max_size=120))
def test_no_text_is_an_exception(command: str, text: str):
    error = trouble_of(command, text)
    if error is not None:
        assert error.values["culprit"]
