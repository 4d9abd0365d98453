"""Conversations about /basis: words, buttons that survive a restart, and the form."""

from __future__ import annotations

import pytest

from bot.sandbox.server import Sandbox
from tests.bot.handlers.conftest import Running
from tests.sandbox_client import Chat, buttons, group

FULL = "/basis TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2%"


async def test_the_number_comes_first(you: Chat):
    answer = await you.ask(FULL)
    assert answer["text"].startswith("Net basis 2.56/32 ($799 per $1mm)\nImplied repo 3.67%")
    kinds = {entity["type"] for entity in answer["entities"]}
    assert {"pre", "expandable_blockquote"} <= kinds


async def test_the_reminder_comes_once_a_day(you: Chat):
    first, second = await you.ask(FULL), await you.ask(FULL)
    assert "not investment advice" in first["text"]
    assert "not investment advice" not in second["text"]


async def test_a_wrong_token_is_named_and_the_example_works_at_a_tap(you: Chat):
    wrong = await you.ask(FULL.replace("repo", "rpo"))
    assert "“rpo”" in wrong["text"]
    assert f"This works:\n{FULL}" in wrong["text"]
    await you.press(wrong, "Try: TYH7 112-16+ 4.25%")
    answer = (await you.until(bool, wrong["message_id"]))[0]
    assert "Net basis" in answer["text"]


async def test_what_cannot_be_put_right_gets_an_example_that_is_called_one(you: Chat):
    wrong = await you.ask(FULL.replace("112-16+", "112-325"))
    assert "“112-325”" in wrong["text"]
    assert "For example:\n/basis TY" in wrong["text"]
    assert "This works" not in wrong["text"]


async def test_buttons_work_after_a_restart(you: Chat, bot: Running):
    answer = await you.ask(FULL)
    await bot.stop()
    await bot.start()
    await you.press(answer, "Stress")
    stressed = await you.edited(answer)
    assert stressed["text"].startswith("Repo 3.90% → 4.15% (+25bp): net basis 2.56/32 → 5.39/32")
    await you.press(stressed, "Formula")
    formula = (await you.until(bool, stressed["message_id"]))[0]
    assert "112.515625 × 0.8955" in formula["text"]


async def test_a_basis_can_be_seen_and_taken_away(you: Chat):
    answer = await you.ask(FULL)
    await you.press(answer, "Chart")
    picture = (await you.until(bool, answer["message_id"]))[-1]
    assert picture["photo"]
    assert "It is nil at the implied repo, 3.67%" in picture["caption"]
    await you.press(answer, "CSV")
    file = (await you.until(bool, picture["message_id"]))[-1]
    assert file["document"]["file_name"] == "basis.csv"


async def test_another_repo_rate_changes_the_message_in_place(you: Chat):
    answer = await you.ask(FULL)
    await you.press(answer, "Change repo")
    choosing = await you.edited(answer)
    await you.press(choosing, "4.15%")
    changed = (
        await you.until(lambda found: any("repo 4.15%" in m.get("text", "") for m in found))
    )[-1]
    assert changed["message_id"] == answer["message_id"]
    assert changed["text"].startswith("Repo 3.90% → 4.15% (+25bp): net basis 2.56/32 → 5.39/32")
    assert "\nNet basis 5.39/32" in changed["text"]


async def test_without_a_rate_the_button_offers_one(you: Chat):
    answer = await you.ask("/basis TYH7 112-16+ 4.25% 11/34 100-30")
    assert "No net basis" in answer["text"]
    await you.press(answer, "Give a repo rate")
    await you.press(await you.edited(answer), "4%")
    await you.until(lambda found: found[-1]["text"].startswith("Net basis"))


STEPS = (
    *("TY", "TYH7"),
    *("1", "1", "2", "-", "1", "6", "+", "OK"),
    *("2034", "2034-11", "2034-11-15"),
    *("4", ".", "2", "5", "OK"),
    *("1", "0", "0", "-", "3", "0", "OK"),
    *("3", ".", "9", "OK", "2%"),
)


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_the_form_leads_to_the_same_answer(you: Chat, lang: str):
    await you.ask(f"/settings language {lang}")
    form = await you.ask("/basis")
    names = {"OK": "确定"} if lang == "zh" else {}
    for step in STEPS:
        label = names.get(step, step)
        wanted = next(b for b in buttons(form) if b["text"] == label)
        before = form
        await you.act(
            "press",
            message_id=form["message_id"],
            data=wanted["callback_data"],
            user_id=you.user_id,
            chat_id=you.here,
        )
        form = await you.edited(before)
    assert form["text"].startswith("净基差 2.56/32" if lang == "zh" else "Net basis 2.56/32")


async def test_a_value_can_be_typed_into_the_form(you: Chat):
    form = await you.ask("/basis")
    await you.press(form, "TY")
    form = await you.edited(form)
    await you.press(form, "TYH7")
    form = await you.edited(form)
    await you.say("112-325", reply_to=form["message_id"])
    form = await you.edited(form)
    assert "“112-325”" in form["text"]
    await you.say("112-16+")
    form = await you.edited(form)
    assert "In which year" in form["text"]


async def test_the_form_outlives_a_restart(you: Chat, bot: Running):
    form = await you.ask("/basis")
    await you.press(form, "TY")
    form = await you.edited(form)
    await bot.stop()
    await bot.start()
    await you.press(form, "TYH7")
    form = await you.edited(form)
    await you.say("112-16+", reply_to=form["message_id"])
    assert "In which year" in (await you.edited(form))["text"]


async def test_in_a_group_the_command_is_answered_as_a_reply(bot: Running, sandbox: Sandbox):
    async with group(sandbox.page_url) as desk:
        said = await desk.say(FULL.replace("/basis", "/basis@basis_sandbox_bot"))
        answer = (await desk.until(bool, said["message_id"]))[0]
        assert answer["reply_to_message"]["message_id"] == said["message_id"]


async def test_chinese_in_chinese_out(you: Chat):
    await you.ask("/settings language zh")
    answer = await you.ask(
        "/basis TYH7\uff0c112\uff0d16\uff0b\uff0c4.25\uff05\uff0c2034年11月15日\uff0c100-30"
        "\uff0c回购\uff1a3.9%\uff0c折扣率2%"
    )
    assert answer["text"].startswith("净基差 2.56/32")
