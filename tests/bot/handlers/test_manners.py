"""First contact and manners: plain words, changed words, no words, too many, old buttons."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from bot.delivery.pacing import Pace
from bot.handlers.application import BUTTONS
from bot.handlers.flood import Flood, News
from bot.sandbox.server import Sandbox
from bot.sandbox.world import ANONYMOUS, COLLEAGUE, DESK, OTHERS, YOU
from tests.bot.handlers.conftest import Running
from tests.sandbox_client import Chat, group

BOT = "@basis_sandbox_bot"
BASIS = "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90"


async def test_prices_without_a_command_are_calculated(you: Chat):
    assert "Net basis" in (await you.ask(BASIS))["text"]
    assert "last trade" in (await you.ask("TYH7"))["text"].lower()
    wrong = await you.ask("TYH7 112-325 4.25% 11/15/34 100-30")
    assert "112-325" in wrong["text"]


async def test_a_question_that_names_a_contract_stays_a_question(you: Chat):
    told = await you.ask("TYH7 is what kind of contract?")
    assert "Net basis" not in told["text"]


async def test_plain_words_are_taken_as_they_are_meant(you: Chat):
    for typed, said in (
        ("help", "What works here"),
        ("帮助", "What works here"),
        ("Menu", "What works here"),
        ("start", "Ask in English or Chinese"),
        ("Thanks!", "You are welcome"),
        ("谢谢", "You are welcome"),
        ("cancel", "Nothing is running"),
        ("stop", "no subscription"),
        ("/START", "Ask in English or Chinese"),
        ("/start@another_bot", "Did you mean /start"),
        ("/xyzzy", "no command /xyzzy"),
    ):
        assert said in (await you.ask(typed))["text"], typed


async def test_the_same_in_chinese(bot: Running, sandbox: Sandbox):
    sandbox.world.add_user(7_000_009, "Wang", "zh-hans")
    async with Chat(sandbox.page_url, 7_000_009, patience=30) as wang:
        for typed, said in (
            ("帮助", "可用"),
            ("谢谢", "不客气"),
            ("取消", "没有"),
            ("退订", "没有订阅"),
            (BASIS, "净基差"),
            ("TYH7", "最后交易"),
            ("x" * 2500, "2000"),
        ):
            assert said in (await wang.ask(typed))["text"], typed
        sent = await wang.act("other", kind="voice", user_id=7_000_009)
        told = await wang.until(bool, sent["message_id"])
        assert "只读文字" in told[0]["text"]


async def test_what_is_no_text_gets_a_friendly_word(you: Chat):
    for kind in OTHERS:
        sent = await you.act("other", kind=kind, user_id=YOU)
        told = await you.until(bool, sent["message_id"])
        assert ["I read text" in m["text"] for m in told] == [True], kind


async def test_the_words_beside_a_picture_are_answered(you: Chat):
    sent = await you.act("other", kind="photo", user_id=YOU, caption="How big is the basis trade?")
    told = await you.until(lambda found: len(found) == 2, sent["message_id"])
    assert "the words beside it" in told[0]["text"]
    assert "[1]" in told[1]["text"]


async def test_words_that_were_changed_are_answered_anew(you: Chat):
    asked = await you.say(f"/basiss {BASIS}")
    near = (await you.until(bool, asked["message_id"]))[0]
    await you.act("edit", message_id=asked["message_id"], text=f"/basis {BASIS}")
    told = (await you.until(bool, near["message_id"]))[0]
    assert "Net basis" in told["text"]
    assert told["reply_to_message"]["message_id"] == asked["message_id"]


async def test_in_a_group_changed_words_are_left_alone(bot: Running, sandbox: Sandbox):
    async with group(sandbox.page_url) as desk:
        desk.patience = 30
        said = await desk.say("nothing for a bot")
        await desk.act(
            "edit", message_id=said["message_id"], text=f"{BOT} hi", user_id=YOU, chat_id=DESK
        )
        told = await desk.ask(f"/privacy{BOT}")
        assert await desk.from_bot(said["message_id"]) == [told]


async def test_a_forwarded_text_is_read_as_a_question(you: Chat):
    told = await you.ask("How big is the basis trade?", forwarded="Somebody")
    assert "[1]" in told["text"]


async def test_a_text_cut_in_pieces_is_one_mishap(you: Chat):
    first = await you.say("word " * 800)
    await you.say("word " * 800)
    await you.say("/privacy")
    told = await you.until(
        lambda found: bool(found) and "90 days" in found[-1]["text"], first["message_id"]
    )
    assert len(told) == 2
    assert "as a file" in told[0]["text"]


async def test_rapid_messages_are_answered_in_order(you: Chat):
    faces = list(range(1, 13))
    said = [await you.say(f"/basis {BASIS} face {n}m") for n in faces]
    told = await you.until(lambda found: len(found) == len(faces), said[-1]["message_id"] - 30)
    order = [int(m[1]) for t in told if (m := re.search(r"face \$(\d+),000,000", t["text"]))]
    assert order == faces


# Groups


async def test_a_name_alone_in_a_group_says_how_to_ask(bot: Running, sandbox: Sandbox):
    async with group(sandbox.page_url) as desk:
        desk.patience = 30
        assert f"/ask{BOT}" in (await desk.ask(BOT))["text"]
        asked = await desk.say("How big is the basis trade?")
        told = await desk.ask(f"{BOT}", reply_to=asked["message_id"])
        assert "[1]" in told["text"]


async def test_two_people_in_a_group_are_each_answered(bot: Running, sandbox: Sandbox):
    async with (
        group(sandbox.page_url) as you,
        group(sandbox.page_url, COLLEAGUE) as colleague,
    ):
        you.patience = colleague.patience = 30
        mine = await you.say(f"{BOT}, what is the net basis?")
        theirs = await colleague.say(f"{BOT} what is a haircut?")
        told = await you.until(lambda found: len(found) == 2, mine["message_id"])
        replies = {t["reply_to_message"]["message_id"]: t["text"] for t in told}
        assert "net basis" in replies[mine["message_id"]]
        assert "haircut" in replies[theirs["message_id"]]
        assert "Read as" not in "".join(replies.values())


async def test_a_topic_is_kept(bot: Running, sandbox: Sandbox):
    forum = -1_001_700_000_009
    sandbox.world.add_group(forum, "Forum", {YOU: "creator"}, forum=True)
    async with Chat(sandbox.page_url, YOU, forum, patience=30) as desk:
        told = await desk.ask(f"/basis{BOT} {BASIS}", thread=77)
        assert told["message_thread_id"] == 77
        assert told["is_topic_message"]


async def test_an_admin_that_stays_anonymous_may_decide(bot: Running, sandbox: Sandbox):
    async with group(sandbox.page_url, COLLEAGUE) as desk:
        desk.patience = 30
        assert "only its admins" in (await desk.ask(f"/settings{BOT} language zh"))["text"]
        told = await desk.ask(f"/settings{BOT} language zh", anonymous=True)
        assert "中文" in told["text"]
        assert told["reply_to_message"]["from"]["id"] == ANONYMOUS["id"]


async def test_a_group_keeps_its_subscription_when_it_becomes_a_supergroup(
    bot: Running, sandbox: Sandbox
):
    new = -1_001_700_000_010
    async with group(sandbox.page_url) as old, Chat(sandbox.page_url, YOU, new) as desk:
        old.patience = desk.patience = 30
        await old.ask(f"/subscribe{BOT} fri 18:00 London")
        await old.act("migrate", chat_id=DESK, new_id=new)
        await asyncio.sleep(0.3)
        assert "every Friday at 18:00" in (await desk.ask(f"/status{BOT}"))["text"]


# Buttons that are old, forged or nobody's


PREFIXES = (
    *("k", "w", "wn", "ex", "fc", "q", "fk", "dg"),
    *("se", "he", "pr", "fo", "rd", "rp", "rt"),
)
TAILS = ("", "x", "::", "lang:fr", "yes:1", "||||", "999", "-1:a:b:c", "密")


def forged() -> list[str]:
    """Return data of every kind of button, cut short or made up."""
    return [f"{prefix}:{tail}" for prefix in PREFIXES for tail in TAILS]


def test_every_kind_of_button_is_forged():
    known = {*PREFIXES, "su", "al"}
    for pattern in BUTTONS:
        assert any(pattern.startswith((f"^{p}:", f"^{p[0]}[")) for p in known), pattern


def press(sandbox: Sandbox, data: str, message: dict[str, Any] | None) -> None:
    """Press a button that is not there, as no client of Telegram's can."""
    query = {
        "id": str(len(sandbox.world.callbacks) + 1),
        "from": sandbox.world.user(YOU),
        "chat_instance": "1",
        "data": data,
        **({"message": message} if message else {"inline_message_id": "nothing"}),
    }
    sandbox.world.callbacks[query["id"]] = {
        **query,
        "message": message or {"chat": {"id": YOU}, "message_id": 0},
    }
    sandbox.world.updates.add("callback_query", query)


@pytest.mark.refusals(
    "Bad Request: message is not modified",
    "Bad Request: message can't be edited",
    "Bad Request: message to edit not found",
    "Bad Request: query is too old",
)
async def test_forged_buttons_break_nothing(
    you: Chat, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
):
    hello = await you.ask("/start")
    for one in forged():
        press(sandbox, one, hello)
    press(sandbox, "he:ask", None)
    for gone in ("he:ask", "k:b:zz"):
        press(sandbox, gone, {"chat": hello["chat"], "message_id": 1, "date": 0})
    said = await you.say("/xyzzy")
    await you.until(
        lambda found: any("no command /xyzzy" in (m.get("text") or "") for m in found),
        said["message_id"],
    )
    assert "Traceback" not in caplog.text
    assert not [m for m in await you.from_bot() if "went wrong" in (m.get("text") or "")]


# Floods


def test_a_chat_may_send_as_many_as_can_be_answered():
    flood = Flood(private=3, group=2)
    assert [flood.is_over(7, at) for at in (0, 1, 2, 3, 59, 61, 61.5)] == [
        False, False, False, True, True, False, False,
    ]  # fmt: skip
    assert [flood.is_over(-7, at) for at in (0, 1, 2)] == [False, False, True]
    assert not flood.is_over(8, 3)


def test_news_is_told_once_in_a_while():
    news = News(60)
    assert [news.is_due(7, at) for at in (0, 1, 59, 60, 61)] == [True, False, False, True, False]


def test_the_bound_is_what_telegram_lets_us_send():
    flood = Flood.at(Pace())
    assert sum(not flood.is_over(7, 0) for _ in range(100)) == 60
    assert sum(not flood.is_over(-7, 0) for _ in range(100)) == 30


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound of Telegram's pace, though the tests' bot answers faster."""
    monkeypatch.setattr(Flood, "at", lambda _: Flood(60, 30))


async def test_a_flood_gets_one_notice_and_holds_nobody_up(
    bounded: None, you: Chat, sandbox: Sandbox
):
    first = await you.say("/privacy")
    for _ in range(75):
        sandbox.world.say("/privacy", YOU)
    async with Chat(sandbox.page_url, COLLEAGUE, patience=30) as other:
        assert "90 days" in (await other.ask("/privacy"))["text"]
    await you.say("/cancel")
    await you.until(lambda found: len(found) >= 62, first["message_id"])
    await asyncio.sleep(0.3)
    words = [m["text"] for m in await you.from_bot(first["message_id"])]
    assert any("Nothing is running" in w for w in words)
    assert sum("more than I can answer" in w for w in words) == 1
    assert sum("90 days" in w for w in words) == 60
