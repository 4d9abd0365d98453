"""Replies: cut, paced, mended, tried again; and what cannot be helped is raised."""

import json
import time

import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.delivery.again import backoff
from bot.delivery.outbox import to_message, to_part
from bot.delivery.pacing import Pace
from bot.delivery.send import Niceties, deliver, edit, markup, pieces
from bot.render.html import measure
from bot.render.message import Attachment, Button, Message
from tests.bot.delivery.sundial import Sundial
from tests.bot.delivery.telegram_double import Double, Fault, refusal

CHAT = 42
PNG = Attachment("chart.png", b"\x89PNG made up")


def quick() -> Pace:
    """Return a pace that waits in no time."""
    dial = Sundial()
    many = (999, 1.0)
    return Pace(overall=many, private=many, group=many, clock=dial, sleep=dial.sleep)


def first_only(fault: Fault, times: int = 1):
    """Fail the first calls, then answer."""
    left = [times]

    def decide(_call: object) -> Fault | None:
        left[0] -= 1
        return fault if left[0] >= 0 else None

    return decide


async def test_a_reply_goes_out_as_html_without_previews(bot: Bot, double: Double) -> None:
    ids = await deliver(
        bot, CHAT, Message("<b>29.5</b>", ((Button("More", "more:1"),),)), thread_id=7, reply_to=3
    )
    (call,) = double.taken
    assert ids == [1]
    assert (call.chat_id, call.text, call.fields["parse_mode"]) == (CHAT, "<b>29.5</b>", "HTML")
    assert json.loads(call.fields["link_preview_options"]) == {"is_disabled": True}
    assert call.fields["message_thread_id"] == "7"
    assert json.loads(call.fields["reply_parameters"])["message_id"] == 3
    assert (
        json.loads(call.fields["reply_markup"])["inline_keyboard"][0][0]["callback_data"]
        == "more:1"
    )


async def test_a_long_reply_is_several_messages_with_the_keyboard_last(
    bot: Bot, double: Double
) -> None:
    html = "<b>" + "word " * 2000 + "</b>"
    ids = await deliver(
        bot, CHAT, Message(html, ((Button("More", "m"),),)), reply_to=3, pace=quick()
    )
    assert ids == [1, 2, 3]
    assert ["reply_markup" in call.fields for call in double.taken] == [False, False, True]
    assert ["reply_parameters" in call.fields for call in double.taken] == [True, False, False]
    assert all(measure(call.text)[0] <= 4096 for call in double.taken)


async def test_a_picture_carries_its_caption_and_a_file_its_name(bot: Bot, double: Double) -> None:
    await deliver(bot, CHAT, Message("caption", attachment=PNG), pace=quick())
    csv = Attachment("data.csv", b"a,b\n", picture=False)
    await deliver(bot, CHAT, Message("", attachment=csv), pace=quick())
    photo, document = double.taken
    assert (photo.method, photo.text) == ("sendPhoto", "caption")
    assert (document.method, document.text) == ("sendDocument", "")
    assert b"a,b\n" in document.files.values()


async def test_a_caption_that_is_too_long_goes_under_its_picture(bot: Bot, double: Double) -> None:
    await deliver(bot, CHAT, Message("x" * 1025, ((Button("B", "b"),),), PNG), pace=quick())
    assert [(c.method, len(c.text)) for c in double.taken] == [
        ("sendPhoto", 0),
        ("sendMessage", 1025),
    ]
    assert "reply_markup" in double.taken[1].fields


def test_a_caption_of_1024_stays_with_its_picture() -> None:
    assert len(pieces(Message("\U0001f4c8" * 512, attachment=PNG))) == 1
    assert len(pieces(Message("\U0001f4c8" * 513, attachment=PNG))) == 2


def test_an_empty_message_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="without words"):
        pieces(Message(" <b></b> "))


def test_buttons_keep_telegrams_limits() -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        markup(((Button("x", "\u57fa" * 22),),))
    made = markup(((Button("x", "\u57fa" * 21), Button("u", url="https://example.org")),))
    assert made is not None
    assert made.inline_keyboard[0][1].url == "https://example.org"
    assert markup(()) is None
    copied = markup(((Button("c", copy="y" * 999),),))
    assert copied is not None
    assert len(copied.inline_keyboard[0][0].copy_text.text) == 256


async def test_html_that_does_not_parse_is_sent_as_plain_words(bot: Bot, double: Double) -> None:
    double.fault = first_only(
        refusal(400, "Bad Request: can't parse entities: Unsupported start tag")
    )
    pace = quick()
    await deliver(bot, CHAT, Message("<b>1 &lt; 2</b>"), pace=pace)
    (call,) = double.taken
    assert (call.text, "parse_mode" in call.fields) == ("1 < 2", False)
    assert pace.counts["markup"] == 1


async def test_429_is_waited_out_and_never_becomes_plain_text(bot: Bot, double: Double) -> None:
    double.fault = first_only(refusal(429, "Too Many Requests: retry after 1", retry_after=1))
    start = time.monotonic()
    await deliver(bot, CHAT, Message("<b>x</b>"))
    assert time.monotonic() - start >= 1
    assert double.taken[0].fields["parse_mode"] == "HTML"


async def test_429_pauses_every_chat(bot: Bot, double: Double) -> None:
    """Telegram blocks the whole bot, not the one chat."""
    pace = Pace()
    pace.pause(0.3)
    start = time.monotonic()
    await deliver(bot, CHAT + 1, Message("x"), pace=pace)
    assert time.monotonic() - start >= 0.3


async def test_endless_429_ends_in_an_error(bot: Bot, double: Double) -> None:
    double.fault = lambda _call: refusal(429, "Too Many Requests", retry_after=1)
    with pytest.raises(RetryAfter):
        await deliver(bot, CHAT, Message("x"), pace=quick())
    assert len(double.calls) == 5


async def test_a_wait_of_hours_is_not_waited_out(bot: Bot, double: Double) -> None:
    double.fault = lambda _call: refusal(429, "Too Many Requests", retry_after=7200)
    with pytest.raises(RetryAfter):
        await deliver(bot, CHAT, Message("x"), pace=quick())
    assert len(double.calls) == 1


async def test_a_429_of_a_day_is_capped_said_and_followed_by_a_trial(
    bot: Bot, double: Double, caplog: pytest.LogCaptureFixture
) -> None:
    double.fault = first_only(refusal(429, "Too Many Requests", retry_after=86_400))
    pace = quick()
    with pytest.raises(RetryAfter):
        await deliver(bot, CHAT, Message("x"), pace=pace)
    assert pace.ahead() == 900
    assert pace.mute
    assert pace.doubtful
    assert "nothing is sent for 900 s" in caplog.text
    assert "Retry in" in caplog.text  # what it asked for, in the library's words
    with pytest.raises(RetryAfter):  # and nobody waits for hours in its place
        await deliver(bot, CHAT + 1, Message("y"), pace=pace)
    assert len(double.calls) == 1
    await pace.sleep(900)
    await deliver(bot, CHAT, Message("x"), pace=pace)
    assert not pace.doubtful


async def test_a_429_that_names_no_time_is_waited_out(bot: Bot, double: Double) -> None:
    double.fault = first_only(refusal(429, "Too Many Requests"), times=2)
    pace = quick()
    assert await deliver(bot, CHAT, Message("x"), pace=pace) == [1]
    assert pace.counts["later"] == 2


@pytest.mark.parametrize(
    "body", ['{"ok": false, "description": "Internal"}', "<html>", "", '{"ok"']
)
async def test_a_server_that_fails_is_asked_again(bot: Bot, double: Double, body: str) -> None:
    double.fault = first_only(Fault(503, body), times=2)
    assert await deliver(bot, CHAT, Message("x"), pace=quick()) == [1]


@pytest.mark.parametrize(
    "fault", [Fault(delay=1.0, accepts=True), Fault(200, "<html>", accepts=True)]
)
async def test_what_may_have_arrived_is_sent_twice_rather_than_never(
    bot: Bot, double: Double, fault: Fault
) -> None:
    double.fault = first_only(fault)
    await deliver(bot, CHAT, Message("x"), pace=quick())
    assert [call.method for call in double.calls] == ["sendMessage", "getMe", "sendMessage"]


async def test_what_may_have_arrived_twice_is_raised(bot: Bot, double: Double) -> None:
    lost = Fault(200, "<html>", accepts=True)
    double.fault = lambda call: lost if call.method == "sendMessage" else None
    with pytest.raises(TelegramError, match="Invalid server response"):
        await deliver(bot, CHAT, Message("x"), pace=quick())
    assert len(double.taken) == 2


async def test_nothing_is_repeated_while_telegram_answers_nothing(bot: Bot, double: Double) -> None:
    """What may have arrived is not sent again into an outage: each copy might arrive."""
    double.fault = lambda _call: Fault(502, "<html>", accepts=True)
    with pytest.raises(TelegramError):
        await deliver(bot, CHAT, Message("x"), pace=quick())
    assert len(double.taken) == 1
    assert {call.method for call in double.calls} == {"sendMessage", "getMe"}


async def test_a_bad_request_and_a_block_are_raised_at_once(bot: Bot, double: Double) -> None:
    for fault, error in (
        (refusal(400, "Bad Request: message is too long"), BadRequest),
        (refusal(403, "Forbidden: bot was blocked by the user"), Forbidden),
    ):
        double.calls.clear()
        double.fault = lambda _call, fault=fault: fault
        with pytest.raises(error):
            await deliver(bot, CHAT, Message("x"), pace=quick())
        assert len(double.calls) == 1


async def test_a_group_that_moved_is_followed(bot: Bot, double: Double) -> None:
    moved = refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009)
    double.fault = first_only(moved)
    await deliver(bot, -5, Message("x" * 5000), pace=quick())
    assert [call.chat_id for call in double.taken] == [-1009, -1009]


async def test_a_closed_topic_falls_back_to_the_group(bot: Bot, double: Double) -> None:
    double.fault = first_only(refusal(400, "Bad Request: message thread not found"))
    await deliver(bot, -5, Message("x"), thread_id=9, pace=quick())
    assert "message_thread_id" not in double.taken[0].fields


async def test_a_picture_that_telegram_cannot_show_goes_as_a_file(bot: Bot, double: Double) -> None:
    double.fault = first_only(refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"))
    await deliver(bot, CHAT, Message("c", attachment=PNG), pace=quick())
    assert double.taken[0].method == "sendDocument"


async def test_an_edit_that_changes_nothing_is_no_error(bot: Bot, double: Double) -> None:
    double.fault = first_only(refusal(400, "Bad Request: message is not modified: specified new"))
    assert await edit(bot, CHAT, 5, Message("x"), pace=quick()) == [5]


async def test_an_edit_replaces_and_overflows_into_new_messages(bot: Bot, double: Double) -> None:
    assert await edit(bot, CHAT, 5, Message("word " * 1000), pace=quick()) == [5, 2]
    assert [call.method for call in double.taken] == ["editMessageText", "sendMessage"]


async def test_a_message_that_cannot_be_edited_is_sent_anew(bot: Bot, double: Double) -> None:
    double.fault = first_only(refusal(400, "Bad Request: message to edit not found"))
    assert await edit(bot, CHAT, 5, Message("x"), pace=quick()) == [1]
    picture = await edit(bot, CHAT, 5, Message("x", attachment=PNG), pace=quick())
    assert picture == [2]


async def test_niceties_that_a_server_does_not_know_are_asked_for_once(
    bot: Bot, double: Double
) -> None:
    double.known_methods = {"getMe", "sendMessage"}
    optional = Niceties()
    assert not await optional(bot.set_my_short_description, "about")
    assert not await optional(bot.set_my_short_description, "about")
    assert not await optional(bot.do_api_request, "sendRichMessage", api_kwargs={})
    assert not await optional(bot.do_api_request, "sendRichMessage", api_kwargs={})
    assert sum(call.method == "setMyShortDescription" for call in double.calls) == 1
    assert sum(call.method == "sendRichMessage" for call in double.calls) == 1


async def test_niceties_that_fail_for_now_are_tried_again(bot: Bot, double: Double) -> None:
    double.fault = first_only(refusal(500, "Internal Server Error"))
    optional = Niceties()
    assert not await optional(bot.set_my_short_description, "about")
    assert await optional(bot.set_my_short_description, "about")


def test_backoff_doubles_by_chance_and_is_bounded() -> None:
    assert all(0.25 <= backoff(1) <= 0.5 for _ in range(50))
    assert all(1.0 <= backoff(3) <= 2.0 for _ in range(50))
    assert all(15 <= backoff(60) <= 30 for _ in range(50))


def test_a_message_comes_back_from_the_store_as_it_went_in() -> None:
    keyboard = (
        (Button("More", "more:1"), Button("Site", url="https://example.org")),
        (Button("c", copy="x"),),
    )
    for message in (
        Message("<b>\u57fa\u5dee</b>", keyboard),
        Message("", (), Attachment("a.csv", b"\x00\xff", picture=False)),
    ):
        assert to_message(to_part(message)) == message
