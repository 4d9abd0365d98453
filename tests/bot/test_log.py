"""What is logged shows no token and no secret, tracebacks included."""

from __future__ import annotations

import logging
import sys

from bot.log import Redacting

TOKEN = "1234567890:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQ"  # noqa: S105  # made up here


def fail() -> None:
    raise RuntimeError(f"https://api.example/bot{TOKEN}/getMe")


def line(message: str, *args: object, secrets: tuple[str, ...] = ()) -> str:
    try:
        fail()
    except RuntimeError:
        record = logging.LogRecord("x", logging.INFO, "f", 1, message, args, sys.exc_info())
    return Redacting(secrets).format(record)


def test_a_token_is_hidden_wherever_it_stands():
    written = line("calling %s", f"https://api.example/bot{TOKEN}/sendMessage")
    assert TOKEN not in written
    assert "AAbbCC" not in written
    assert written.count("<hidden>") >= 2
    assert "RuntimeError" in written


def test_other_secrets_are_hidden_too():
    assert "hunter22" not in line("key hunter22", secrets=("hunter22",))
