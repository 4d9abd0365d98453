"""Conversations through the sandbox: greeting, questions, groups, settings, what is kept."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.assistant import Assistant
from bot.sandbox.server import Sandbox
from bot.sandbox.world import COLLEAGUE, YOU
from tests.bot.handlers.conftest import Running
from tests.sandbox_client import Chat, buttons, group

BOT = "@basis_sandbox_bot"


def sources(message: dict) -> str:
    """Return what is folded away under an answer."""
    folded = [e for e in message["entities"] if e["type"] == "expandable_blockquote"]
    text = message["text"].encode("utf-16-le")
    return "".join(
        text[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le") for e in folded
    )


async def test_every_button_of_the_greeting_does_something_at_once(you: Chat):
    hello = await you.ask("/start")
    seen = hello["message_id"]
    for label in [b["text"] for b in buttons(hello) if b["text"] != "中文"]:
        await you.press(hello, label)
        answers = await you.until(bool, seen)
        seen = answers[-1]["message_id"]
    await you.press(hello, "中文")
    assert "用中文或英文提问" in (await you.edited(hello))["text"]


async def test_a_question_is_answered_with_dated_sources_to_unfold(you: Chat):
    answer = await you.ask("How big is the basis trade?")
    assert answer["text"].count("[") >= 2
    assert "Federal Reserve" in sources(answer)
    links = [e["url"] for e in answer["entities"] if e["type"] == "text_link"]
    assert links
    assert all(link.startswith("https://") for link in links)


async def test_a_chinese_question_is_answered_in_chinese(you: Chat):
    answer = await you.ask("大摩说基差交易有多大\uff1f和美联储的数字差多少\uff1f")
    assert "1.5万亿美元" in answer["text"]
    assert "截至" in sources(answer) or "2026" in sources(answer)


async def test_the_sum_of_three_countries_is_denied_with_both_numbers(you: Chat):
    answer = await you.ask("开曼对冲基金持有的美债超过中日英三国总和吗\uff1f")
    assert "1.85" in answer["text"]


async def test_what_is_not_in_the_corpus_is_refused_with_what_can_be_asked(you: Chat):
    answer = await you.ask("What will the weather be in Paris tomorrow?")
    asked = [b for b in buttons(answer) if b.get("callback_data", "").startswith("q:")]
    assert asked
    await you.press(answer, asked[0]["text"][:20])
    known = (await you.until(bool, answer["message_id"]))[0]
    assert "[1]" in known["text"]


async def test_ask_without_a_question_says_how(you: Chat):
    assert "/ask How big" in (await you.ask("/ask"))["text"]


async def test_help_has_a_topic_behind_each_button(you: Chat):
    told = await you.ask("/help")
    for topic, words in (("Calculate", "112-16+"), ("Formats", "third digit"), ("All", "/forget")):
        await you.press(told, topic)
        told = await you.edited(told)
        assert words in told["text"]


async def test_only_what_works_is_in_the_menus(you: Chat, sandbox: Sandbox):
    told = await you.ask("/help other")
    named = {word[1:] for word in told["text"].split() if word.startswith("/")}
    await you.until(lambda _: ("all_chat_administrators", "zh") in menus(sandbox))
    for commands in menus(sandbox).values():
        assert {c["command"] for c in commands} <= named
    assert {"ctd", "carry", "pnl", "leverage", "stress", "spiral"} <= named


def menus(sandbox: Sandbox) -> dict:
    found = {}
    for (scope, language), commands in sandbox.world.commands.items():
        kind = json.loads(scope)["type"] if scope.startswith("{") else scope
        found[kind, language] = commands
    return found


async def test_an_unknown_command_gets_its_neighbour(you: Chat):
    for typed, near in (("/basiss x", "/basis"), ("/digets", "/digest"), ("/xyzzy", "/xyzzy")):
        assert near in (await you.ask(typed))["text"]


async def test_a_picture_is_told_that_only_text_is_read(you: Chat):
    sent = await you.upload("report.png", b"\x89PNG\r\n\x1a\n" + bytes(99), "image/png")
    told = await you.until(lambda found: any(m.get("edit_date") for m in found), sent["message_id"])
    assert "read text only" in told[-1]["text"]


# Groups


async def test_a_group_is_left_in_peace_but_for_what_is_meant_for_us(
    bot: Running, sandbox: Sandbox
):
    async with group(sandbox.page_url) as desk, Chat(sandbox.page_url, patience=30) as you:
        await you.ask("/start")
        quiet = await desk.say("the basis trade is huge, who knows how big?")
        await desk.say("/unknown")
        await desk.say("/help@another_bot")
        asked = await desk.say(f"{BOT} how big is the basis trade?")
        answers = await desk.until(bool, quiet["message_id"])
        assert answers[0]["reply_to_message"]["message_id"] == asked["message_id"]
        follow = await desk.say("What is the net basis?", reply_to=answers[0]["message_id"])
        reply = (await desk.until(bool, answers[-1]["message_id"]))[0]
        assert reply["reply_to_message"]["message_id"] == follow["message_id"]


async def test_only_an_admin_subscribes_a_group(bot: Running, sandbox: Sandbox):
    async with group(sandbox.page_url, COLLEAGUE) as member, group(sandbox.page_url, YOU) as admin:
        member.patience = admin.patience = 30
        refused = await member.ask(f"/subscribe{BOT} fri 18:00 London")
        assert "only its admins" in refused["text"]
        done = await admin.ask(f"/subscribe{BOT} fri 18:00 London")
        assert "every Friday at 18:00 (London)" in done["text"]


# Subscriptions


async def test_subscribing_by_buttons(you: Chat):
    asked = await you.ask("/subscribe")
    for label in ("Fri", "18:00", "Shanghai"):
        await you.press(asked, label)
        asked = await you.edited(asked)
    assert "every Friday at 18:00 (Shanghai)" in asked["text"]
    assert "2026-" in asked["text"]
    ended = await you.ask("/unsubscribe")
    assert "has ended" in ended["text"]
    assert "no subscription" in (await you.ask("/stop"))["text"]


async def test_subscribing_in_words(you: Chat):
    done = await you.ask("/subscribe 周五 18:00 上海")
    assert "every Friday at 18:00 (Shanghai)" in done["text"]
    for typed, said in (
        ("sunday", "every Sunday at 18:00 (Shanghai)"),
        ("fri 18:00 Atlantis", "no time zone “Atlantis”"),
        ("fri 25:00", "cannot read “25:00”"),
        ("<b>fri</b>", "no time zone “<b> </b>”"),
    ):
        assert said in (await you.ask(f"/subscribe {typed}"))["text"]


async def test_the_digest_comes_with_its_chart_and_its_buttons_work(you: Chat):
    text = await you.ask("/digest")
    messages = await you.until(lambda found: any("photo" in m for m in found), text["message_id"])
    assert "Weekly risk digest" in text["text"]
    assert messages[0]["caption"]
    await you.press(text, "CSV data")
    await you.until(lambda found: any("document" in m for m in found), messages[-1]["message_id"])


async def test_a_digest_of_a_day_that_is_none_says_so(you: Chat):
    assert "not a date" in (await you.ask("/digest someday"))["text"]


async def test_the_chart_is_a_picture_that_says_the_same_in_words(you: Chat):
    answer = await you.ask("/chart")
    assert "photo" in answer
    assert "2026-07-14" in answer["caption"]


# Settings and what is kept


async def test_language_and_theme_by_buttons_and_words(you: Chat):
    shown = await you.ask("/settings")
    await you.press(shown, "中文")
    shown = await you.edited(shown)
    assert "语言" in shown["text"]
    await you.press(shown, "深色图表")
    assert "深色" in (await you.edited(shown))["text"]
    assert "English" in (await you.ask("/settings language en"))["text"]
    assert "klingon" in (await you.ask("/settings language klingon"))["text"]


async def test_telegrams_language_is_taken_until_another_is_chosen(bot: Running, sandbox: Sandbox):
    sandbox.world.add_user(7_000_009, "Wang", "zh-hans")
    async with Chat(sandbox.page_url, 7_000_009, patience=30) as wang:
        assert "出处" in (await wang.ask("/start"))["text"]
        assert "in English" in (await wang.ask("/settings language en"))["text"]
        assert "Ask in English" in (await wang.ask("/start"))["text"]


async def test_everything_kept_can_be_taken_away_and_deleted(you: Chat, sandbox: Sandbox):
    await you.ask("How big is the basis trade?")
    await you.ask("/subscribe fri 18:00 London")
    file = await you.ask("/export")
    assert file["document"]["file_name"] == "basisbot-export.json"
    sure = await you.ask("/forget")
    await you.press(sure, "Yes")
    gone = await you.edited(sure)
    assert "Deleted" in gone["text"]
    assert "not subscribed" in (await you.ask("/status"))["text"]


async def test_forgetting_can_be_declined(you: Chat):
    sure = await you.ask("/forget")
    await you.press(sure, "No")
    assert "Nothing was deleted" in (await you.edited(sure))["text"]


async def test_privacy_and_sources_and_status_say_how_things_are(you: Chat):
    assert "90 days" in (await you.ask("/privacy"))["text"]
    assert "Federal Reserve" in (await you.ask("/sources"))["text"]
    assert "basisbot" in (await you.ask("/status"))["text"]


# What goes wrong


async def test_cancel_does_not_wait_behind_what_it_cancels(
    you: Chat, monkeypatch: pytest.MonkeyPatch
):
    started = asyncio.Event()

    async def slow(*_: object, **__: object) -> None:
        started.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Assistant, "ask", slow)
    await you.say("How big is the basis trade?")
    await started.wait()
    stopped = await you.ask("/cancel")
    assert "Stopped" in stopped["text"]
    assert "Nothing is running" in (await you.ask("/cancel"))["text"]


async def test_an_unexpected_error_gets_an_id_that_is_in_the_log(
    you: Chat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: object) -> None:
        raise RuntimeError("token 1234567:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")

    monkeypatch.setattr(Assistant, "desk", broken)
    answer = await you.ask("/basis TYH7 112-16 4.25 11/34 100-30")
    reference = answer["text"].split(" as ")[1].split(".")[0]
    assert f"error {reference}" in caplog.text
    assert "这里出了错" in answer["text"]
    assert "AAAA" not in answer["text"]


async def test_a_slow_answer_here_does_not_hold_up_a_number_there(
    you: Chat, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    release = asyncio.Event()

    async def slow(*_: object, **__: object) -> None:
        await release.wait()

    monkeypatch.setattr(Assistant, "ask", slow)
    await you.say("How big is the basis trade?")
    async with Chat(sandbox.page_url, COLLEAGUE, patience=30) as other:
        assert (
            "Net basis"
            in (await other.ask("/basis TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90"))["text"]
        )
    release.set()


async def test_a_chat_that_blocks_us_is_paused_and_start_wakes_it(you: Chat):
    await you.ask("/subscribe fri 18:00 London")
    await you.act("block", user_id=you.user_id)
    await asyncio.sleep(0.3)
    await you.act("block", user_id=you.user_id, blocked=False)
    await you.ask("/start")
    assert "every Friday" in (await you.ask("/status"))["text"]
