"""The judges refuse what Telegram would refuse, and pass what it would pass."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.sandbox.log import Call
from tests.oracles import check_call, check_html, check_log, check_response

MESSAGE = {
    "message_id": 1,
    "date": 1_800_000_000,
    "chat": {"id": 1, "type": "private"},
    "text": "x",
}


@pytest.mark.parametrize(
    "text",
    ["<b>x", "<br>", "", "<b> </b>", "x" * 4097, "\U0001f600" * 2049, "<b>x</b> " * 101],
    ids=["unclosed", "tag", "empty", "blank", "long", "long in UTF-16", "entities"],
)
def test_a_text_that_would_not_arrive_whole_is_refused(text: str):
    with pytest.raises(AssertionError):
        check_html(text)


def test_a_text_at_the_limit_passes():
    assert len(check_html("<b>" + "&lt;" * 4096 + "</b>")["text"]) == 4096


@pytest.mark.parametrize(
    "params",
    [
        {"chat_id": 1},
        {"chat_id": 1, "text": "x", "colour": "red"},
        {"chat_id": [1], "text": "x"},
        {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"data": "x"}]]}},
    ],
    ids=["missing", "unknown", "wrong", "button without text"],
)
def test_a_call_that_no_model_fits_is_refused(params: dict[str, object]):
    with pytest.raises((AssertionError, ValidationError)):
        check_call("sendMessage", params)


def test_calls_and_results_that_fit_pass():
    check_call("sendMessage", {"chat_id": "1", "text": "x", "parse_mode": "HTML"})
    check_call("sendPhoto", {"chat_id": 1, "photo": {"file_name": "x.png", "size": 9}})
    check_response("sendMessage", MESSAGE)


def test_a_result_of_the_wrong_shape_is_refused():
    with pytest.raises(ValidationError):
        check_response("sendMessage", {"message_id": "one"})


def call(status: int, text: str = "x", description: str = "") -> Call:
    answer = {"result": MESSAGE} if status == 200 else {"description": description}
    return Call(1, 0.0, "sendMessage", {"chat_id": 1, "text": text}, status, answer)


def test_a_run_is_judged_call_by_call():
    assert check_log([call(200), call(200)]) == 2
    with pytest.raises(AssertionError, match="chat not found"):
        check_log([call(400, description="Bad Request: chat not found")])
    assert check_log([call(400, description="Bad Request: chat not found")], ["Bad Request"]) == 0
