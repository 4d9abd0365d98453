"""Two languages, side by side: the same keys, the same placeholders, nothing left untranslated."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from bot.i18n import has, language_of, pick_language, say, sentences
from tests.said import unsaid


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_catalogues_have_the_same_keys():
    assert sentences("en").keys() == sentences("zh").keys()


def test_both_catalogues_have_the_same_placeholders():
    differing = {
        key
        for key, sentence in sentences("en").items()
        if placeholders(sentence) != placeholders(sentences("zh")[key])
    }
    assert differing == set()


def test_every_sentence_is_said_somewhere():
    assert unsaid(sentences("en")) == []


def test_a_sentence_that_nobody_says_is_found():
    assert unsaid(["chat.failed", "chat.never_said_by_anybody"]) == ["chat.never_said_by_anybody"]


def test_no_sentence_is_empty():
    assert [k for lang in ("en", "zh") for k, v in sentences(lang).items() if not v.strip()] == []


# Said to people whose language is not known, or a language's own name.
BILINGUAL = {"chat.failed", "settings.language_zh", "button.language"}


def test_english_sentences_hold_no_chinese_but_words_to_type():
    mixed = {
        key
        for key, sentence in sentences("en").items()
        if language_of(sentence) == "zh" and sentence != sentences("zh")[key]
    }
    assert mixed <= BILINGUAL, mixed - BILINGUAL


def test_an_unknown_key_is_a_defect_not_a_fallback():
    with pytest.raises(KeyError):
        say("en", "no.such.sentence")
    assert not has("no.such.sentence")


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("How big is the basis trade?", "en"),
        ("大摩说基差交易有多大?", "zh"),
        ("TYH7 的 CTD 是哪只券", "zh"),
        ("What does 基差 mean in a basis trade?", "en"),
        ("TYH7 112-16+", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_question(text: str, lang: str):
    assert language_of(text) == lang


def test_a_setting_wins_over_telegram_and_telegram_over_the_text():
    assert pick_language("en", "zh-hans", "你好") == "en"
    assert pick_language(None, "zh-hans", "hello") == "zh"
    assert pick_language(None, "de", "你好") == "en"
    assert pick_language(None, None, "你好") == "zh"


def test_every_sentence_that_the_code_names_exists():
    """A key built from parts (`f"error.{code}"`) is tested where it is said."""
    named = re.compile(r'\bsay\(\s*[\w.()" ]+,\s*"([a-z_.0-9]+)"')
    folder = Path(__file__).parents[2] / "bot"
    keys = {k for file in folder.rglob("*.py") for k in named.findall(file.read_text("utf-8"))}
    assert len(keys) > 100
    assert keys - sentences("en").keys() == set()
