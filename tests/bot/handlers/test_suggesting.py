"""Laws of what is offered after the bot's name: never nothing, never an error, names first."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.assistant import make_assistant
from bot.handlers.suggesting import MOST, Entry, Inline, score
from bot.handlers.suggestions import results
from bot.settings import Settings
from knowledge.glossary import Term
from tests.oracles import check_html

TYPED = st.text(max_size=256) | st.text(
    alphabet=" TYHMUZ0123456789-+%./'基差回购?", min_size=1, max_size=60
)


@pytest.fixture(scope="module")
def inline(tmp_path_factory: pytest.TempPathFactory) -> Inline:
    folder: Path = tmp_path_factory.mktemp("inline")
    return Inline(make_assistant(Settings(data_dir=folder, feeds=False)))


@settings(deadline=None, max_examples=40)
@given(typed=TYPED)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_whatever_is_typed_something_is_offered(inline: Inline, lang: str, typed: str):
    found = results(
        inline.offers(typed), typed, "zh" if lang == "zh" else "en", inline.assistant.today()
    )
    assert 1 <= len(found) <= 50
    assert len({result.id for result in found}) == len(found)
    for result in found:
        assert 1 <= len(result.id.encode()) <= 64
        assert result.title.strip()
        check_html(result.html)


def test_a_term_is_found_by_its_first_name_in_either_language(inline: Inline):
    for entry in inline._terms[::6]:
        assert isinstance(entry.value, Term)
        for name in (entry.value.en[0], entry.value.zh[0]):
            names = [n for found in islice(inline._looked_up(name), 3) for n in found.names]
            assert any(name.casefold() in n for n in names), name


def test_the_name_comes_before_what_begins_so_and_that_before_a_slip():
    entry = Entry.of(Term(("haircut",), ("折扣率",), "", ""), ("haircut", "折扣率"), "")
    exact, begun, slip = (score([typed], entry) for typed in ("haircut", "hair", "hairct"))
    assert exact > begun > slip > 1
    assert score(["repo"], entry) == 0


def test_no_more_is_offered_than_is_read(inline: Inline):
    assert len(inline.offers("treasury")) <= MOST
