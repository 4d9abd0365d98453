"""The article's sayings as messages: each has its theme, its verdict, its neighbours, and fits."""

from __future__ import annotations

import pytest

from bot.i18n import LANGS, Lang, say
from bot.render.checks import THEMES, check_message, theme_message, theme_of, themes_message
from bot.render.html import plain
from tests.bot.answering.shelf import answerer

SAYINGS = answerer().sayings()
ROOM = 4096


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("lang", LANGS)
def test_each_saying_has_a_message_with_verdict_and_sources_that_fits(lang: Lang) -> None:
    assert len(SAYINGS) == 37
    for saying in SAYINGS:
        message = check_message(SAYINGS, saying, answerer().check(saying.id, lang))
        shown = plain(message.html)
        assert units(shown) <= ROOM, saying.id
        assert saying.statement(lang) in shown
        verdict = saying.status.replace("-", "_")
        assert say(lang, f"answer.verdict.{verdict}") in shown
        assert "[1]" in shown or saying.status == "reported-only", saying.id


@pytest.mark.parametrize("lang", LANGS)
def test_every_theme_lists_its_sayings_and_all_are_counted(lang: Lang) -> None:
    overview = themes_message(SAYINGS, lang)
    assert "37" in overview.html
    listed = [
        button.data
        for theme in THEMES
        for row in theme_message(SAYINGS, theme, lang).keyboard
        for button in row
        if button.data and button.data.startswith("fk:s:")
    ]
    assert sorted(listed) == sorted(f"fk:s:{saying.id}" for saying in SAYINGS)
    assert all(units(plain(theme_message(SAYINGS, t, lang).html)) <= ROOM for t in THEMES)
    assert {theme_of(s) for s in SAYINGS} == set(THEMES)


def test_next_leads_through_all_and_back_to_the_first() -> None:
    seen, at = [], SAYINGS[0].id
    for _ in SAYINGS:
        seen.append(at)
        saying = next(s for s in SAYINGS if s.id == at)
        message = check_message(SAYINGS, saying, answerer().check(at, "en"))
        at = str(message.keyboard[0][1].data).removeprefix("fk:s:")
    assert seen == [s.id for s in SAYINGS]
    assert at == SAYINGS[0].id
