"""What is logged shows no token, no secret and no word of a user, tracebacks included."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError

from bot.log import Redacting, is_printed, outline, set_up, trace
from bot.settings import read_settings
from bot.store.errors import StoreError
from knowledge.errors import KnowledgeError
from tools.errors import CalculatorError

TOKEN = "1234567890:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQ"  # noqa: S105  # made up here
MARK = "zebra"
# What a user may have written: words with a mark by which they are found again.
WRITTEN = st.builds(
    lambda before, after: f"{before}{MARK}{after}",
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)


def line(
    message: str,
    *args: object,
    name: str = "bot.x",
    error: BaseException | None = None,
    secrets: tuple[str, ...] = (),
) -> str:
    """Return what the product prints of a record."""
    caught = (type(error), error, error.__traceback__) if error is not None else None
    record = logging.LogRecord(name, logging.WARNING, "f", 1, message, args, caught)
    return Redacting(secrets).format(record)


@pytest.mark.parametrize("colon", [":", "%3A", "%3a", "%253A"])
def test_a_token_is_hidden_however_its_colon_is_written(colon: str):
    address = f"https://api.example/file/bot{TOKEN.replace(':', colon)}/documents/file_1"
    written = line("calling %s", address)
    assert written.endswith("calling https://api.example/file/bot<hidden>/documents/file_1")


def test_the_second_part_of_a_token_alone_is_hidden():
    second = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"
    assert second not in line("token %s", second)
    assert "a-short-one" not in line("t a-short-one", secrets=("77:a-short-one",))


def test_each_secret_of_the_settings_is_hidden_as_it_stands_and_in_an_address():
    password = "p@ss/word:1"  # noqa: S105  # made up here
    settings = read_settings(
        {
            "TELEGRAM_BOT_TOKEN": "123456:short",
            "BASISBOT_DATABASE_URL": f"postgresql://me:{quote(password, safe='')}@db.example/b",
            "BASISBOT_MODEL_BASE_URL": "https://u:model-pass@models.example/v1",
            "BASISBOT_CHROMA_URL": "https://u:chroma-pass@vectors.example",
            "FRED_API_KEY": "fred-key-0000",
            "OPENAI_API_KEY": "sk-openai-key",
            "ANTHROPIC_API_KEY": "sk-ant-key/+=",
            "AWS_SECRET_ACCESS_KEY": "aws-secret-key",
        }
    )
    for secret in (password, "123456:short", "short", "model-pass", "chroma-pass", "fred-key-0000",
                   "sk-openai-key", "sk-ant-key/+=", "aws-secret-key"):  # fmt: skip
        for form in (secret, quote(secret, safe="")):
            assert form not in line("it is %s", form, secrets=settings.secrets)


def test_a_driver_and_a_server_keep_their_own_words():
    assert outline(BadRequest("Message is not modified")) == "BadRequest: Message is not modified"
    gateway = NetworkError("Bad Gateway (502). Parsing the server response b'<html>' failed")
    assert outline(gateway) == "NetworkError: Bad Gateway (502)."
    assert outline(InvalidToken(f"The token `{TOKEN}` was rejected")) == "InvalidToken: The token"
    assert outline(httpx.ConnectError("All attempts failed")) == "ConnectError: All attempts failed"
    assert outline(OSError(28, "No space left on device")) == (
        "OSError: [Errno 28] No space left on device"
    )
    assert outline(StoreError("store_closed", value="x")) == "StoreError: store_closed"


def test_a_traceback_says_where_and_what_kind_causes_first():
    try:
        try:
            json.loads("{")
        except ValueError as cause:
            raise CalculatorError("bad_price", value="abc") from cause
    except CalculatorError as error:
        written = trace(error)
    assert (
        written.index("JSONDecodeError")
        < written.index("which led to")
        < written.index("CalculatorError: bad_price")
    )
    assert written.count("test_log.py") == 2
    assert "abc" not in written.replace('value="abc"', "")  # the source line is ours


def raised(error: Exception) -> Exception:
    """Return an exception as one catches it, with a traceback."""
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


KINDS: list[Callable[[str], Exception]] = [
    ValueError,
    KeyError,
    lambda words: json.JSONDecodeError(words, words, 0),
    lambda words: UnicodeDecodeError("utf-8", words.encode(), 0, 1, words),
    lambda words: OSError(2, "No such file or directory", words),
    OSError,
    lambda words: CalculatorError("bad_price", value=words),
    lambda words: StoreError("store_bad_url", value=words),
    lambda words: KnowledgeError("report_failed", culprit=words),
    lambda words: BadRequest(f'Can\'t parse entities: unsupported start tag "{words}" at byte 4'),
    lambda words: BadRequest(f"Button URL '{words}' is invalid"),
    lambda words: NetworkError(f"Unknown error in HTTP implementation: {ValueError(words)!r}"),
    lambda words: TelegramError(f"OK (200). Parsing the server response {words!r} failed"),
    lambda words: httpx.HTTPError(f"Client error '404' for url '{words}'"),
]


@given(WRITTEN, st.sampled_from(KINDS), st.sampled_from(KINDS), st.sampled_from(["bot.x", "lib"]))
def test_no_words_in_an_exception_reach_a_line(
    words: str, kind: Callable[[str], Exception], other: Callable[[str], Exception], name: str
):
    """As the argument, as the message, as the traceback, as its cause, in a group, with a note."""
    error, cause = raised(kind(words)), raised(other(words))
    error.__cause__ = cause
    error.add_note(words)
    group = ExceptionGroup(words, [error, cause])
    for one in (error, cause, group):
        assert MARK not in line("it failed: %s", one, name=name)
        assert MARK not in line("it failed: %r", one, name=name, error=one)
        assert MARK not in line(one, name=name)  # type: ignore[arg-type]  # log.error(error)


@given(WRITTEN)
def test_a_library_shows_its_own_words_and_numbers_only(words: str):
    """What it was given may be an answer cut in half, or a task with an exception in its repr."""
    shown = line("Can not load invalid JSON data: %r", words.encode(), name="telegram.request")
    assert shown.endswith("WARNING telegram.request: Can not load invalid JSON data: <bytes>")
    for message, args in (
        ("%(update)s is lost", ({"update": words},)),
        (f"Task exception was never retrieved\nfuture: <Task exception={ValueError(words)!r}>", ()),
        (f"Exception in callback send({words!r})", ()),
        ("it takes %d numbers", (words,)),
    ):
        assert MARK not in line(message, *args, name="asyncio")
    assert line("%d of %s", 3, 4.5, name="lib").endswith("3 of 4.5")


def test_a_traceback_that_another_handler_wrote_is_not_taken_over():
    """The standard formatter leaves its text on the record; ours may come after it."""
    error = raised(ValueError("zebra crossing"))
    caught = (type(error), error, error.__traceback__)
    record = logging.LogRecord("bot.x", logging.ERROR, "f", 1, "failed", (), caught)
    assert "zebra" in logging.Formatter().format(record)
    assert "zebra" not in Redacting().format(record).replace('ValueError("zebra', "")


@pytest.mark.parametrize(
    "name",
    ["httpx", "httpcore.http11", "telegram.Bot", "telegram.ext.Application", "openai._base_client",
     "sqlalchemy.engine.Engine", "aiosqlite", "asyncio", "apscheduler.scheduler", "chromadb"],
)  # fmt: skip
def test_what_a_library_says_of_each_request_is_printed_at_no_level(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    """At DEBUG they print parameters and addresses; ours and what is wrong is printed."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    before = logging.root.handlers[:], logging.root.level
    levels = {name: logging.getLogger(name).level for name in logging.root.manager.loggerDict}
    try:
        set_up(level=logging.DEBUG)
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).debug("sendMessage with %s", {"text": "zebra"})
        logging.getLogger(name).info("sendMessage with %s", {"text": "zebra"})
        logging.getLogger(name).warning("a wrong thing")
        logging.getLogger("bot.x").debug("a right thing")
    finally:
        logging.root.handlers[:], logging.root.level = before
        for known, level in levels.items():
            logging.getLogger(known).setLevel(level)
    assert [text.split(maxsplit=3)[-1] for text in out.getvalue().splitlines()] == [
        f"{name}: a wrong thing",
        "bot.x: a right thing",
    ]


def test_a_record_is_judged_by_whose_it_is():
    levels = {"bot.store": logging.DEBUG, "botany": logging.INFO, "botany.x": logging.ERROR}
    records = [logging.LogRecord(n, level, "f", 1, "m", (), None) for n, level in levels.items()]
    assert [is_printed(record) for record in records] == [True, False, True]
