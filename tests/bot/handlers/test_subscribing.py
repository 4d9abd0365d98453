"""/alert, sections, pause and /status in chat, in both languages."""

from __future__ import annotations

from dataclasses import replace

from bot.sandbox.server import Sandbox
from bot.sandbox.world import COLLEAGUE, YOU
from tests.bot.handlers.conftest import Running
from tests.sandbox_client import Chat, buttons, group

BOT = "@basis_sandbox_bot"


async def test_an_alert_is_set_in_words_listed_and_dropped_by_its_button(you: Chat):
    made = await you.ask("/alert TY net short > 100k")
    assert "TY net short > 100,000 contracts" in made["text"]
    assert "already beyond it" in made["text"]
    await you.ask("/alert SOFR-IORB > 15bp")
    listed = await you.ask("/alert")
    assert "2. SOFR over IORB > 15 bp: not crossed" in listed["text"]
    await you.press(listed, "Drop 1")
    left = await you.edited(listed)
    assert "TY" not in left["text"].split("Another")[0]
    assert "1. SOFR over IORB" in left["text"]
    assert "Alerts: 1 set, 0 crossed now" in (await you.ask("/status"))["text"]


async def test_an_alert_in_chinese_and_by_the_buttons_of_an_empty_list(you: Chat):
    await you.ask("/settings 中文")
    empty = await you.ask("/alert")
    assert "这里没有提醒" in empty["text"]
    await you.press(empty, "总分 > 65")
    [made, *_] = await you.until(bool, empty["message_id"])
    assert "总分 > 65" in made["text"]
    assert "目前没有可比较的数值" in made["text"]
    assert "TY 净空头周变化 > +10%" in (await you.ask("/alert TY 净空头变化 > 10%"))["text"]


async def test_words_that_are_no_alert_are_named_with_an_example(you: Chat):
    for typed, said in (
        ("hello <b>", "cannot read “hello <b>”"),
        ("basis > 3", "nothing called “basis”"),
        ("score > 65bp", "“65bp” has the wrong unit"),
    ):
        answer = await you.ask(f"/alert {typed}")
        assert said in answer["text"]
        assert "/alert" in answer["text"]


async def test_a_group_s_alerts_are_its_admins_affair(bot: Running, sandbox: Sandbox):
    async with group(sandbox.page_url, COLLEAGUE) as member, group(sandbox.page_url, YOU) as admin:
        member.patience = admin.patience = 30
        assert "only its admins" in (await member.ask(f"/alert{BOT} score > 65"))["text"]
        assert "Alert set" in (await admin.ask(f"/alert{BOT} score > 65"))["text"]
        assert "1. SCORE > 65" in (await member.ask(f"/alert{BOT}"))["text"]


async def test_sections_and_pause_by_buttons(you: Chat):
    done = await you.ask("/subscribe 周一 8:00 上海")
    assert "every Monday at 08:00 (Shanghai)" in done["text"]
    await you.press(done, "Sections")
    shown = await you.edited(done)
    assert next(b["text"] for b in buttons(shown)) == "✓ Positions"
    await you.press(shown, "✓ Charts")
    shown = await you.edited(shown)
    assert "✗ Charts" in [b["text"] for b in buttons(shown)]
    await you.press(shown, "Back")
    back = await you.edited(shown)
    await you.press(back, "Pause")
    paused = await you.edited(back)
    assert "is paused" in paused["text"]
    assert "paused; /subscribe resumes it" in (await you.ask("/status"))["text"]
    await you.press(paused, "Resume")
    assert "comes every Monday" in (await you.edited(paused))["text"]


async def test_stop_ends_alerts_too(you: Chat):
    await you.ask("/alert score > 65")
    assert "have ended" in (await you.ask("/stop"))["text"]
    assert "No alerts here" in (await you.ask("/alert"))["text"]


async def test_status_tells_the_operator_how_delivery_stands(
    bot: Running, sandbox: Sandbox, you: Chat
):
    assert "For the operator" not in (await you.ask("/status"))["text"]
    await bot.stop()
    bot.settings = replace(bot.settings, admins=(YOU,))
    await bot.start()
    told = (await you.ask("/status"))["text"]
    assert "uncertain sends 0" in told
    assert "Chats: 1 active" in told
