"""/factcheck in the chat: themes, one saying after the other, also after a restart."""

from __future__ import annotations

import pytest

from bot.i18n import Lang, say
from tests.bot.handlers.conftest import Running
from tests.sandbox_client import Chat, buttons


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_the_article_is_paged_through_by_buttons(you: Chat, bot: Running, lang: Lang):
    await you.ask(f"/settings language {lang}")
    themes = await you.ask("/factcheck")
    assert "37" in themes["text"]
    await you.press(themes, say(lang, "factcheck.theme.cayman"))
    listed = await you.edited(themes)
    number = next(b["text"] for b in buttons(listed) if b["text"].isdecimal())
    await you.press(listed, number)
    saying = await you.edited(listed)
    assert f"{number} " in saying["text"]
    assert "[1]" in saying["text"]
    await bot.stop()
    await bot.start()
    await you.press(saying, say(lang, "factcheck.next"))
    following = await you.edited(saying)
    assert following["text"] != saying["text"]
    await you.press(following, say(lang, "factcheck.previous"))
    assert (await you.edited(following))["text"] == saying["text"]


async def test_a_number_opens_a_saying_and_words_are_checked(you: Chat):
    assert (await you.ask("/factcheck 3"))["text"].startswith("3 of 37")
    assert (await you.ask("/factcheck S32"))["text"].startswith("32 of 37")
    assert "1 to 37" in (await you.ask("/factcheck 99"))["text"]
    words = "Cayman hedge funds hold more Treasuries than China, Japan and the UK combined"
    answer = await you.ask(f"/factcheck {words}")
    assert answer["text"].startswith("• No.")
    assert "1.85" in answer["text"]
    chinese = await you.ask("/factcheck 开曼对冲基金持有的美债超过中日英三国总和")
    assert "不对" in chinese["text"]
