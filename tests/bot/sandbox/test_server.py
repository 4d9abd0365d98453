"""A bot at the sandbox meets the Bot API: messages, files, buttons, edits, limits, refusals."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaPhoto,
    InputTextMessageContent,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter

from bot.sandbox.faults import Fault, blocked, fault_from_json
from bot.sandbox.methods import METHODS
from bot.sandbox.server import Sandbox
from bot.sandbox.world import COLLEAGUE, DESK, YOU
from tests.sandbox_client import Chat


def png(width: int = 64, height: int = 32) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "navy").save(out, "PNG")
    return out.getvalue()


def refused(text: str) -> Any:
    """Expect a 400 with that text; the library plays with its capitals."""
    return pytest.raises(BadRequest, match=f"(?i){re.escape(text)}")


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(
        sandbox.token, base_url=sandbox.api_base_url, base_file_url=sandbox.file_url
    ) as bot:
        yield bot


def keyboard(*data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(d[:20], callback_data=d) for d in data]])


async def test_the_bot_learns_who_it_is(bot: Bot):
    me = await bot.get_me()
    assert me.is_bot
    assert me.username == "basis_sandbox_bot"


async def test_a_message_arrives_and_stays_until_confirmed(sandbox: Sandbox, bot: Bot):
    sandbox.world.say("/basis TYH7 112-16+")
    first = await bot.get_updates()
    again = await bot.get_updates()
    assert first[0].message is not None
    assert first[0].message.text == "/basis TYH7 112-16+"
    assert first[0].message.entities[0].type == "bot_command"
    assert [u.update_id for u in again] == [u.update_id for u in first]
    assert await bot.get_updates(offset=first[0].update_id + 1) == ()


async def test_a_long_poll_ends_when_a_message_comes(sandbox: Sandbox, bot: Bot):
    waiting = asyncio.create_task(bot.get_updates(timeout=5))
    await asyncio.sleep(0.1)
    sandbox.world.say("hello")
    updates = await asyncio.wait_for(waiting, 1)
    assert len(updates) == 1


@pytest.mark.refusals("Conflict")
async def test_a_second_poller_ends_the_first_with_a_conflict(sandbox: Sandbox, bot: Bot):
    first = asyncio.create_task(bot.get_updates(timeout=5))
    await asyncio.sleep(0.1)
    async with Bot(sandbox.token, base_url=sandbox.api_base_url) as other:
        second = asyncio.create_task(other.get_updates(timeout=1))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        assert await second == ()


async def test_limit_and_allowed_updates_are_kept(sandbox: Sandbox, bot: Bot):
    for number in range(5):
        sandbox.world.say(str(number))
    assert len(await bot.get_updates(limit=2)) == 2
    await bot.get_updates(offset=-1, allowed_updates=["callback_query"])
    sandbox.world.say("not asked for")
    assert len(await bot.get_updates()) == 1


async def test_html_becomes_text_and_entities(bot: Bot):
    message = await bot.send_message(
        YOU,
        "<b>Basis</b> &lt; 3/32 <a href='https://cftc.gov'>CFTC</a>",
        parse_mode="HTML",
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
    assert message.text == "Basis < 3/32 CFTC"
    assert [e.type for e in message.entities] == ["bold", "text_link"]
    assert message.text_html == '<b>Basis</b> &lt; 3/32 <a href="https://cftc.gov/">CFTC</a>'


REFUSED = [
    ("<b>x", "can't parse entities: can't find end tag"),
    ("", "message text is empty"),
    ("<b> </b>", "text must be non-empty"),
    ("x" * 4097, "message is too long"),
    ("\U0001f600" * 2049, "message is too long"),
]


@pytest.mark.refusals("Bad Request")
@pytest.mark.parametrize(("text", "error"), REFUSED)
async def test_texts_are_refused_in_telegrams_words(bot: Bot, text: str, error: str):
    with refused(error):
        await bot.send_message(YOU, text, parse_mode="HTML")


async def test_a_text_of_4096_units_after_parsing_passes(bot: Bot):
    message = await bot.send_message(YOU, f"<b>{'&amp;' * 4096}</b>", parse_mode="HTML")
    assert message.text == "&" * 4096


@pytest.mark.refusals("Bad Request: unsupported parse_mode")
async def test_markdown_is_not_spoken_here(bot: Bot):
    with refused("unsupported parse_mode"):
        await bot.send_message(YOU, "*x*", parse_mode="MarkdownV2")


async def test_entities_beyond_a_hundred_are_dropped_without_a_word(sandbox: Sandbox):
    html = " ".join(f"<b>{n}</b><i>x</i>" for n in range(60))
    async with httpx.AsyncClient() as client:
        url = f"{sandbox.api_base_url}{sandbox.token}/sendMessage"
        sent = await client.post(url, json={"chat_id": YOU, "text": html, "parse_mode": "HTML"})
    sandbox.log.calls.clear()  # our own oracle would rightly refuse such a message
    assert len(sent.json()["result"]["entities"]) == 100


async def test_a_photo_goes_out_and_comes_back_by_its_id(bot: Bot):
    sent = await bot.send_photo(YOU, png(), caption="<i>Positions</i>", parse_mode="HTML")
    assert (sent.photo[0].width, sent.photo[0].height) == (64, 32)
    file = await bot.get_file(sent.photo[0].file_id)
    assert bytes(await file.download_as_bytearray()) == png()
    again = await bot.send_photo(YOU, sent.photo[0].file_id)
    assert again.photo[0].file_unique_id == sent.photo[0].file_unique_id


async def test_a_document_keeps_name_and_bytes(bot: Bot):
    sent = await bot.send_document(YOU, b"date,net\n", filename="positions.csv")
    assert sent.document is not None
    assert sent.document.file_name == "positions.csv"
    file = await bot.get_file(sent.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"date,net\n"


async def test_an_album_arrives_as_one(bot: Bot):
    media = [InputMediaPhoto(png(), caption="one"), InputMediaPhoto(png(32, 32))]
    first, second = await bot.send_media_group(YOU, media)
    assert first.media_group_id == second.media_group_id
    assert first.caption == "one"


@pytest.mark.refusals("Bad Request")
@pytest.mark.parametrize(
    ("picture", "error"),
    [
        (b"not a picture", "IMAGE_PROCESS_FAILED"),
        (png(2100, 100), "PHOTO_INVALID_DIMENSIONS"),
        (b"\x89PNG" + b"0" * (10 * 2**20), "too big for a photo"),
    ],
    ids=["bytes", "ratio", "size"],
)
async def test_pictures_that_telegram_cannot_use_are_refused(bot: Bot, picture: bytes, error: str):
    with refused(error):
        await bot.send_photo(YOU, picture)


@pytest.mark.refusals("Bad Request: message caption is too long")
async def test_captions_end_at_1024_units(bot: Bot):
    await bot.send_photo(YOU, png(), caption="x" * 1024)
    with refused("caption is too long"):
        await bot.send_photo(YOU, png(), caption="x" * 1025)


async def test_a_pressed_button_asks_the_bot_and_ends_with_its_answer(sandbox: Sandbox, bot: Bot):
    sent = await bot.send_message(YOU, "choose", reply_markup=keyboard("yes", "no"))
    async with Chat(sandbox.page_url) as you:
        await you.press((await you.messages())[-1], "yes")
    query = (await bot.get_updates())[0].callback_query
    assert query is not None
    assert query.data == "yes"
    assert query.message is not None
    assert query.message.message_id == sent.message_id
    assert await bot.answer_callback_query(query.id, "done")


@pytest.mark.refusals("Bad Request: query is too old")
async def test_a_query_is_answered_once(sandbox: Sandbox, bot: Bot):
    sent = await bot.send_message(YOU, "choose", reply_markup=keyboard("yes"))
    query = sandbox.world.press(sent.message_id, "yes")
    assert await bot.answer_callback_query(query["id"])
    with refused("query is too old"):
        await bot.answer_callback_query(query["id"])


REFUSED_BUTTONS = [
    (InlineKeyboardButton("x", callback_data="\u57fa" * 22), "BUTTON_DATA_INVALID"),
    (InlineKeyboardButton("x", url="nowhere"), "is invalid: Wrong HTTP URL"),
    (InlineKeyboardButton("x", copy_text=CopyTextButton("x" * 257)), "BUTTON_COPY_TEXT_INVALID"),
    (InlineKeyboardButton("x"), "Text buttons are unallowed"),
]


@pytest.mark.refusals("Bad Request")
@pytest.mark.parametrize(("button", "error"), REFUSED_BUTTONS)
async def test_buttons_out_of_bounds_are_refused(
    bot: Bot, button: InlineKeyboardButton, error: str
):
    with refused(error):
        await bot.send_message(YOU, "x", reply_markup=InlineKeyboardMarkup([[button]]))


@pytest.mark.refusals("Bad Request: reply markup is too long")
async def test_a_keyboard_ends_at_a_hundred_buttons(bot: Bot):
    rows = [[InlineKeyboardButton(str(n), callback_data=str(n))] for n in range(101)]
    await bot.send_message(YOU, "x", reply_markup=InlineKeyboardMarkup(rows[:100]))
    with refused("reply markup is too long"):
        await bot.send_message(YOU, "x", reply_markup=InlineKeyboardMarkup(rows))


@pytest.mark.refusals("Bad Request")
async def test_edits_follow_telegrams_rules(sandbox: Sandbox, bot: Bot):
    sent = await bot.send_message(YOU, "one", reply_markup=keyboard("a"))
    changed = await bot.edit_message_text("two", YOU, sent.message_id, reply_markup=keyboard("a"))
    assert not isinstance(changed, bool)
    assert changed.text == "two"
    assert changed.edit_date is not None
    with refused("message is not modified"):
        await bot.edit_message_text("two", YOU, sent.message_id, reply_markup=keyboard("a"))
    with refused("message to edit not found"):
        await bot.edit_message_text("two", YOU, 999)
    theirs = sandbox.world.say("mine")
    with refused("message can't be edited"):
        await bot.edit_message_text("two", YOU, theirs["message_id"])
    with refused("there is no caption"):
        await bot.edit_message_caption(YOU, sent.message_id, caption="x")


async def test_captions_pictures_and_buttons_can_change(bot: Bot):
    sent = await bot.send_photo(YOU, png(), caption="one")
    place = {"chat_id": YOU, "message_id": sent.message_id}
    captioned: Any = await bot.edit_message_caption(caption="two", **place)
    assert captioned.caption == "two"
    pictured: Any = await bot.edit_message_media(InputMediaPhoto(png(20, 20), "three"), **place)
    assert (pictured.photo[0].width, pictured.caption) == (20, "three")
    marked: Any = await bot.edit_message_reply_markup(reply_markup=keyboard("a"), **place)
    assert marked.reply_markup is not None


@pytest.mark.refusals("Bad Request")
async def test_deleting_takes_own_messages_and_in_private_also_theirs(sandbox: Sandbox, bot: Bot):
    theirs = sandbox.world.say("private")
    assert await bot.delete_message(YOU, theirs["message_id"])
    with refused("message to delete not found"):
        await bot.delete_message(YOU, theirs["message_id"])
    grouped = sandbox.world.say("group", YOU, DESK)
    with refused("message can't be deleted"):
        await bot.delete_message(DESK, grouped["message_id"])


async def test_replies_quote_and_may_do_without(sandbox: Sandbox, bot: Bot):
    said = sandbox.world.say("question", COLLEAGUE, DESK)
    answer = await bot.send_message(
        DESK, "answer", reply_parameters=ReplyParameters(said["message_id"])
    )
    assert answer.reply_to_message is not None
    assert answer.reply_to_message.text == "question"
    lonely = ReplyParameters(999, allow_sending_without_reply=True)
    assert (await bot.send_message(DESK, "x", reply_parameters=lonely)).reply_to_message is None


@pytest.mark.refusals("Bad Request: message thread not found")
async def test_topics_are_kept_apart(sandbox: Sandbox, bot: Bot):
    forum = -1_001_800_000_001
    sandbox.world.add_group(forum, "Topics", {YOU: "creator"}, forum=True)
    said = sandbox.world.say("in a topic", YOU, forum, thread=5)
    assert said["message_thread_id"] == 5
    answer = await bot.send_message(forum, "here", message_thread_id=5)
    assert answer.is_topic_message
    with refused("thread not found"):
        await bot.send_message(DESK, "no topics here", message_thread_id=5)


async def test_menus_are_kept_by_scope_and_language(sandbox: Sandbox, bot: Bot):
    await bot.set_my_commands([BotCommand("help", "Help")])
    await bot.set_my_commands([BotCommand("help", "\u5e2e\u52a9")], language_code="zh")
    await bot.set_my_commands([BotCommand("ask", "Ask")], BotCommandScopeAllGroupChats())
    assert sandbox.world.menu(YOU, YOU)[0]["description"] == "Help"
    sandbox.world.speak(YOU, "zh-hans")
    assert sandbox.world.menu(YOU, YOU)[0]["description"] == "\u5e2e\u52a9"
    assert sandbox.world.menu(COLLEAGUE, DESK)[0]["command"] == "ask"
    assert (await bot.get_my_commands(language_code="zh"))[0].description == "\u5e2e\u52a9"
    await bot.delete_my_commands(language_code="zh")
    assert await bot.get_my_commands(language_code="zh") == ()


async def test_profile_texts_are_kept_by_language(bot: Bot):
    await bot.set_my_description("Basis assistant")
    await bot.set_my_short_description("\u57fa\u5dee\u52a9\u624b", language_code="zh")
    assert (await bot.get_my_description("zh")).description == "Basis assistant"
    assert (
        await bot.get_my_short_description("zh")
    ).short_description == "\u57fa\u5dee\u52a9\u624b"


async def test_chats_and_members_are_known(bot: Bot):
    assert (await bot.get_chat(DESK)).title == "Desk"
    assert (await bot.get_chat_member(DESK, YOU)).status == "creator"
    assert [m.user.id for m in await bot.get_chat_administrators(DESK)] == [YOU]
    assert (await bot.get_chat_member(DESK, bot.id)).status == "member"
    assert await bot.get_chat_member_count(DESK) == 3


async def test_a_draft_vanishes_when_the_message_comes(sandbox: Sandbox, bot: Bot):
    assert await bot.send_message_draft(YOU, 1, "<b>thinking</b>", parse_mode="HTML")
    assert sandbox.world.drafts[YOU].text == "thinking"
    await bot.send_message(YOU, "done")
    assert YOU not in sandbox.world.drafts


@pytest.mark.refusals("Bad Request: TEXTDRAFT_PEER_INVALID")
async def test_drafts_are_private(bot: Bot):
    with refused("textdraft_peer_invalid"):
        await bot.send_message_draft(DESK, 1, "x")


async def test_a_draft_lives_thirty_seconds():
    now = [1_800_000_000.0]
    box = Sandbox(clock=lambda: now[0])
    await box.start()
    async with Bot(box.token, base_url=box.api_base_url) as bot:
        await bot.send_message_draft(YOU, 1, "x")
    now[0] += 29
    box.world.drop_old_drafts()
    assert YOU in box.world.drafts
    now[0] += 1
    box.world.drop_old_drafts()
    assert YOU not in box.world.drafts
    await box.stop()


async def test_inline_queries_are_asked_answered_and_chosen(sandbox: Sandbox, bot: Bot):
    query_id = sandbox.world.ask_inline("TYH7 112-165")
    update = (await bot.get_updates())[0]
    assert update.inline_query is not None
    card = InlineQueryResultArticle("1", "Basis", InputTextMessageContent("net basis 2.5/32"))
    assert await bot.answer_inline_query(query_id, [card], cache_time=1)
    sent = sandbox.world.choose_inline(query_id, "1")
    assert sent["text"] == "net basis 2.5/32"
    assert sent["via_bot"]["id"] == bot.id


@pytest.mark.refusals("Bad Request: chat not found")
async def test_unknown_chats_are_not_found(bot: Bot):
    with refused("chat not found"):
        await bot.send_message(12345, "x")


@pytest.mark.refusals("Forbidden")
async def test_who_blocks_the_bot_is_not_written_to(sandbox: Sandbox, bot: Bot):
    sandbox.world.block(YOU)
    update = (await bot.get_updates())[0]
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(YOU, "x")


@pytest.mark.refusals("Unauthorized", "Not Found")
async def test_wrong_tokens_and_methods_are_refused(sandbox: Sandbox):
    with pytest.raises(InvalidToken):
        async with Bot(f"1:{'x' * 35}", base_url=sandbox.api_base_url):
            pass
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{sandbox.api_base_url}{sandbox.token}/noSuchMethod")
    assert answer.status_code == 404
    assert answer.json() == {"ok": False, "error_code": 404, "description": "Not Found"}


async def test_json_form_and_query_are_one_language(sandbox: Sandbox):
    url = f"{sandbox.api_base_url}{sandbox.token}/sendMessage"
    values = {"chat_id": YOU, "text": "<b>x</b>", "parse_mode": "HTML"}
    async with httpx.AsyncClient() as client:
        answers = [
            await client.post(url, json=values),
            await client.post(url, data=values),
            await client.get(url, params=values),
            await client.post(url, data=values, files={"unused": b"x"}),
        ]
    assert [a.json()["result"]["text"] for a in answers] == ["x"] * 4


async def test_faults_strike_as_often_as_told(sandbox: Sandbox, bot: Bot):
    sandbox.faults.add(fault_from_json({"method": "sendMessage", "retry_after": 7}))
    with pytest.raises(RetryAfter) as raised:
        await bot.send_message(YOU, "x")
    assert raised.value.retry_after == timedelta(seconds=7)
    await bot.send_message(YOU, "x")
    sandbox.faults.add(Fault(chat_id=YOU, error=blocked(), skip=1, times=None))
    await bot.send_message(YOU, "x")
    with pytest.raises(Forbidden):
        await bot.send_message(YOU, "x")
    sandbox.faults.clear()


@pytest.mark.parametrize("accepted", [False, True])
@pytest.mark.parametrize("how", [{"reset": True}, {"hang": True}, {"html": 502}])
async def test_lost_answers_leave_or_do_not_leave_a_message(
    sandbox: Sandbox, how: dict[str, Any], accepted: bool
):
    sandbox.faults.add(fault_from_json({"method": "sendMessage", "accepted": accepted, **how}))
    url = f"{sandbox.api_base_url}{sandbox.token}/sendMessage"
    async with httpx.AsyncClient(timeout=0.3) as client:
        call = client.post(url, json={"chat_id": YOU, "text": "x"})
        if "html" in how:
            assert (await call).status_code == 502
        else:
            lost = httpx.TimeoutException if "hang" in how else httpx.NetworkError
            with pytest.raises((lost, httpx.RemoteProtocolError)):
                await call
    taken = [call for call in sandbox.log.calls if call.accepted]
    assert len(taken) == len(sandbox.world.messages[YOU]) == int(accepted)


async def test_a_moved_group_names_its_new_id(sandbox: Sandbox, bot: Bot):
    from telegram.error import ChatMigrated

    sandbox.faults.add(fault_from_json({"chat_id": DESK, "migrate_to": -100123}))
    with pytest.raises(ChatMigrated) as raised:
        await bot.send_message(DESK, "x")
    assert raised.value.new_chat_id == -100123


async def test_strict_rates_let_one_a_second_into_a_chat(sandbox: Sandbox, bot: Bot):
    sandbox.faults.keep_rates()
    await bot.send_message(YOU, "x")
    with pytest.raises(RetryAfter):
        await bot.send_message(YOU, "x")
    await bot.send_message(COLLEAGUE, "x")


async def test_the_log_keeps_parameters_and_answers(sandbox: Sandbox, bot: Bot):
    await bot.send_message(YOU, "x", reply_markup=keyboard("a"))
    call = sandbox.log.of("sendMessage")[0]
    assert call.params["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "a"
    assert call.result["text"] == "x"
    assert call.ok


async def test_a_poller_that_dies_makes_way_without_a_conflict(sandbox: Sandbox):
    url = f"{sandbox.api_base_url}{sandbox.token}/getUpdates"
    async with httpx.AsyncClient(timeout=0.2) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(url, params={"timeout": 30})
    sandbox.world.say("after")
    async with httpx.AsyncClient() as client:
        updates = (await client.get(url)).json()["result"]
    assert [update["message"]["text"] for update in updates] == ["after"]


@pytest.mark.slow
async def test_aiogram_is_served_as_well(sandbox: Sandbox):
    from aiogram import Bot as Other
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.types import BufferedInputFile

    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url))
    async with Other(sandbox.token, session=session) as other:
        sandbox.world.say("/start")
        updates = await other.get_updates()
        assert updates[0].message is not None
        sent = await other.send_photo(
            YOU, BufferedInputFile(png(), "chart.png"), caption="<b>x</b>", parse_mode="HTML"
        )
        assert sent.photo is not None
        assert sent.caption_entities is not None
        document = await other.send_document(YOU, BufferedInputFile(b"a,b", "data.csv"))
        assert document.document is not None
        assert document.document.file_name == "data.csv"
        saved = await other.download(document.document.file_id)
        assert saved is not None
        assert saved.read() == b"a,b"


async def test_a_defect_of_the_sandbox_is_logged_and_answered(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(METHODS, "getchat", broken)
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{sandbox.api_base_url}{sandbox.token}/getChat")
    assert answer.status_code == 500
    assert "ZeroDivisionError" in answer.json()["description"]
    assert "the sandbox broke at getChat" in caplog.text
    sandbox.log.calls.clear()  # a getChat without a chat would not pass the judges
