"""A digest without the sections that a chat does not want."""

from __future__ import annotations

from datetime import date

import pytest

from bot.i18n import LANGS, Lang, say
from bot.render.chat import sections_message
from bot.render.digest.messages import digest_messages
from bot.render.digest.text import SECTIONS, digest_html
from tests.recorded import recorded_digest

TITLES = {"positions": "positions", "funding": "funding", "volatility": "volatility",
          "dealers": "dealers", "memory": "memory"}  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("left_out", list(TITLES))
def test_a_section_left_out_takes_no_other_with_it(lang: Lang, left_out: str):
    digest = recorded_digest(date(2025, 4, 11))
    whole, without = digest_html(digest, lang), digest_html(digest, lang, {left_out})
    there = {name for name, key in TITLES.items() if say(lang, f"digest.{key}") in whole}
    kept = {name for name, key in TITLES.items() if f"<b>{say(lang, f'digest.{key}')}" in without}
    assert left_out not in kept
    assert kept >= there - {left_out, "memory"}
    assert say(lang, "digest.freshness") in without
    assert say(lang, "digest.blind_title") in without


def test_without_charts_a_digest_is_one_message():
    digest = recorded_digest(date(2025, 4, 11))
    assert len(digest_messages(digest, "en")) == 3
    assert len(digest_messages(digest, "en", left_out={"charts"})) == 1


@pytest.mark.parametrize("lang", LANGS)
def test_every_section_has_its_button(lang: Lang):
    message = sections_message(lang, {"charts"})
    labels = [button.text for row in message.keyboard for button in row]
    assert len(labels) == len(SECTIONS) + 1
    assert labels[len(SECTIONS) - 1].startswith("✗")
