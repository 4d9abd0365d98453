"""What Telegram or the network said -> what that means for the message, and what to do about it.

python-telegram-bot's BadRequest and TimedOut are NetworkErrors, so catching NetworkError to try
again would repeat a bad request for ever. Here every error gets exactly one meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.log import outline
from bot.store.database import DatabaseAwayError, is_outage

WAIT_AT_MOST = 900.0  # seconds; whoever is asked to wait longer tries again after this
WAIT_UNSAID = 5.0  # seconds after a 429 that names none


class Meaning(Enum):
    """What became of a request that failed."""

    LATER = auto()  # 429: not taken; the whole bot waits
    UNSENT = auto()  # it did not reach Telegram, or Telegram said that it failed by itself
    UNCERTAIN = auto()  # it was on its way: taken or not, nobody knows
    BLOCKED = auto()  # the chat does not want us, or took our right to write
    GONE = auto()  # there is no such chat any more
    MOVED = auto()  # the group has a new id
    MARKUP = auto()  # the HTML does not parse; the words are fine
    PICTURE = auto()  # Telegram cannot show it as a picture; as a file it can
    FILE = auto()  # Telegram no longer knows the file by that name
    TOPIC = auto()  # the topic of the group is gone; the group is there
    UNCHANGED = auto()  # an edit that changes nothing
    UNEDITABLE = auto()  # the message to edit is gone, or cannot be edited any more
    REFUSED = auto()  # asking again cannot help
    TOKEN = auto()  # the token is not (or no longer) good
    CONFLICT = auto()  # somebody else polls with the same token
    UNKNOWN_METHOD = auto()  # this server does not know the method


@dataclass(frozen=True, slots=True)
class Verdict:
    """A meaning with what is needed to act on it; `reason` may be logged and kept."""

    meaning: Meaning
    reason: str
    wait_seconds: float = 0.0
    new_chat_id: int | None = None


# The way to Telegram is closed for now; there is nothing wrong with what is to be sent.
AWAY = frozenset(
    {Meaning.LATER, Meaning.UNSENT, Meaning.UNCERTAIN, Meaning.TOKEN, Meaning.CONFLICT}
)

# Found in Telegram's descriptions, in lower case; the first that fits counts.
BAD_REQUESTS: tuple[tuple[str, Meaning], ...] = (
    ("message is not modified", Meaning.UNCHANGED),
    ("message to edit not found", Meaning.UNEDITABLE),
    ("message can't be edited", Meaning.UNEDITABLE),
    ("there is no text in the message to edit", Meaning.UNEDITABLE),
    ("message_id_invalid", Meaning.UNEDITABLE),
    ("can't parse entities", Meaning.MARKUP),
    ("can't find end of", Meaning.MARKUP),
    ("unsupported start tag", Meaning.MARKUP),
    ("message thread not found", Meaning.TOPIC),
    ("topic_deleted", Meaning.TOPIC),
    ("topic_closed", Meaning.TOPIC),
    ("chat not found", Meaning.GONE),
    ("peer_id_invalid", Meaning.GONE),
    ("user not found", Meaning.GONE),
    ("group chat was deactivated", Meaning.GONE),
    ("user is deactivated", Meaning.GONE),
    ("not enough rights", Meaning.BLOCKED),
    ("have no rights", Meaning.BLOCKED),
    ("need administrator rights", Meaning.BLOCKED),
    ("chat_write_forbidden", Meaning.BLOCKED),
    ("chat_restricted", Meaning.BLOCKED),
    ("photo_invalid_dimensions", Meaning.PICTURE),
    ("image_process_failed", Meaning.PICTURE),
    ("photo_ext_invalid", Meaning.PICTURE),
    ("wrong file identifier", Meaning.FILE),
    ("wrong remote file", Meaning.FILE),
    ("file reference", Meaning.FILE),
    ("file_id", Meaning.FILE),
    ("not found", Meaning.REFUSED),
)
# The request had not left, or could not: the connection was never made.
NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
# A gateway that answers for a server it lost sight of.
GATEWAY_CODES = frozenset({502, 504})
_CODE = re.compile(r"\((\d{3})\)\. Parsing the server response")


def classify(error: BaseException) -> Verdict:
    """Return what an error of the Bot API or of the way to it means.

    The wait is at most `WAIT_AT_MOST`, whatever Telegram asks for; `reason` tells what it asked.
    """
    meaning = _meaning(error)
    return Verdict(
        meaning,
        outline(error),
        wait_seconds=_seconds(error) if meaning is Meaning.LATER else 0.0,
        new_chat_id=error.new_chat_id if isinstance(error, ChatMigrated) else None,
    )


def _meaning(error: BaseException) -> Meaning:
    for kind, meaning in BY_TYPE:
        if isinstance(error, kind):
            return meaning(error) if callable(meaning) else meaning
    return Meaning.REFUSED


def is_away(error: BaseException) -> bool:
    """Tell whether Telegram could not be reached, or takes nothing from us for now."""
    return _meaning(error) in AWAY


def is_passing(error: BaseException) -> bool:
    """Tell whether an error ends by waiting: Telegram or the database is away.

    A file that is missing or a computation that takes too long (OSErrors too) is not of that kind.
    """
    if isinstance(error, OSError) and not isinstance(error, DatabaseAwayError):
        return False
    return is_outage(error) or is_away(error)


def _seconds(error: BaseException) -> float:
    wait = error.retry_after if isinstance(error, RetryAfter) else WAIT_UNSAID
    seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
    return min(seconds, WAIT_AT_MOST)


def _of_forbidden(error: TelegramError) -> Meaning:
    return Meaning.GONE if "deactivated" in str(error).lower() else Meaning.BLOCKED


def _of_bad_request(error: TelegramError) -> Meaning:
    description = str(error).lower()
    for words, meaning in BAD_REQUESTS:
        if words in description:
            return meaning
    return Meaning.REFUSED


def _of_network(error: TelegramError) -> Meaning:
    cause = error.__cause__
    if isinstance(cause, NEVER_LEFT):
        return Meaning.UNSENT
    if isinstance(cause, httpx.HTTPError) or "Unknown error in HTTP" in str(error):
        return Meaning.UNCERTAIN
    said = str(error).lower()
    if "too many requests" in said:  # without a time; with one it is RetryAfter
        return Meaning.LATER
    if "entity too large" in said:
        return Meaning.REFUSED
    code = _CODE.search(str(error))
    if code is not None and int(code[1]) in GATEWAY_CODES:
        return Meaning.UNCERTAIN
    return Meaning.UNSENT


# The order counts: BadRequest is a NetworkError, and all are TelegramErrors.
BY_TYPE: tuple[tuple[type[TelegramError], Meaning | Callable[[TelegramError], Meaning]], ...] = (
    (RetryAfter, Meaning.LATER),
    (ChatMigrated, Meaning.MOVED),
    (Forbidden, _of_forbidden),
    (BadRequest, _of_bad_request),
    (EndPointNotFound, Meaning.UNKNOWN_METHOD),
    # 404 is an unknown method or a malformed token; of a method known to exist it is the token.
    # `Niceties` reads it the other way.
    (InvalidToken, Meaning.TOKEN),
    (Conflict, Meaning.CONFLICT),
    (NetworkError, _of_network),
    # "Invalid server response": success, with something that is no JSON.
    (TelegramError, Meaning.UNCERTAIN),
)
