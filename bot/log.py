"""What is logged -> lines on stderr without a secret and without a word that a user wrote.

An exception's text holds whatever was being read when it was raised: a message, the row of a
statement, the half of an answer that was cut off. So what is printed of an exception is its kind,
its codes and where it was raised; of those that a server, a driver or the system words, also the
words up to the first thing that they quote. What other people's libraries say is printed from
WARNING on, whatever the level, with the same care: at DEBUG they print every request they make.
"""

from __future__ import annotations

import copy
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# A bot's token, wherever it stands: in httpx's URLs, where its colon is encoded for a download, in
# a repr, in a traceback; and its second part, 35 characters that begin with AA, alone.
_TOKEN = re.compile(
    r"\d{6,}(?::|%(?:25)*3a)[a-z0-9_-]{20,}|(?<![a-z0-9_-])aa[a-z0-9_-]{33}(?![a-z0-9_-])",
    re.IGNORECASE,
)
_HIDDEN = "<hidden>"
_SHORTEST_SECRET = 4
_OURS = frozenset({"bot", "knowledge", "tools"})
# Whose exceptions are worded by a server or a driver: what they quote is cut off.
_WORDED = frozenset({"asyncpg", "httpcore", "httpx", "sqlalchemy", "sqlite3", "telegram"})
# Whose exceptions name public figures only.
_PUBLIC = "tools.market"
# Where a text begins to quote: a mark that stands for no apostrophe, a bracket that holds more
# than a status, a second line, or the words by which python-telegram-bot cites an answer.
_QUOTING = re.compile(r"""\n|["`“<\[{]|(?<![^\W_])'|\bb'|\((?!\d+\))|Parsing the server""")
_FRAMES = 60
_CHATTY = (
    "httpx",
    "httpcore",
    "alembic",
    "alembic.runtime.plugins",
    "apscheduler",
    "tornado.access",
    "chromadb",
    "matplotlib",
    "asyncio",
)


def hide_tokens(text: str) -> str:
    """Return a text without anything that looks like a bot's token."""
    return _TOKEN.sub(_HIDDEN, text)


def outline(error: BaseException) -> str:
    """Return what may be printed of an exception: its kind, its code, its words up to a quotation.

    >>> outline(ValueError("could not convert string to float: 'my salary'"))
    'ValueError'
    >>> outline(FileNotFoundError(2, "No such file or directory", "my salary.pdf"))
    'FileNotFoundError: [Errno 2] No such file or directory'
    """
    words = hide_tokens(_words(error))
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(outline(one) for one in error.exceptions)
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return f"[Errno {error.errno}] {_opening(str(error.strerror or ''))}".rstrip()
    family = type(error).__module__
    if family.startswith(_PUBLIC):
        return str(error)
    driver = getattr(error, "orig", None)  # what SQLAlchemy wraps, which may wrap the driver's own
    if isinstance(driver, BaseException):
        return outline(driver.__cause__ or driver)
    if family.partition(".")[0] in _WORDED:
        state = getattr(error, "sqlstate", None) or ""
        return f"{state} {_opening(str(error))}".strip()
    code = getattr(error, "code", None)
    return code if isinstance(code, str) and code.isidentifier() else ""


def _opening(text: str) -> str:
    """Return a text up to the first thing that it quotes, 200 characters at most."""
    return _QUOTING.split(text, maxsplit=1)[0][:200].rstrip(" :,=")


def trace(error: BaseException) -> str:
    """Return a traceback, causes first, in which each exception is an `outline`."""
    return "\n\nwhich led to:\n\n".join(reversed([*_links(error)]))


def _links(error: BaseException | None) -> Iterator[str]:
    """Yield an exception with its frames, then what it came from."""
    met: set[int] = set()
    while error is not None and id(error) not in met:
        met.add(id(error))
        frames = "".join(traceback.format_tb(error.__traceback__, -_FRAMES))
        yield f"Traceback (most recent call last):\n{frames}{outline(error)}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


class _Plain(str):
    """A text that stands for an argument, in `%s` as in `%r`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the text itself."""
        return str(self)


def _argument(value: object, *, ours: bool) -> object:
    """Return what stands for an argument of a line: ours are chosen with care, others' are not."""
    if isinstance(value, BaseException):
        return _Plain(outline(value))
    if ours or value is None or isinstance(value, int | float):
        return value
    return _Plain(f"<{type(value).__name__}>")


def _message(record: logging.LogRecord) -> str:
    """Return a record's message with its arguments as they may be printed."""
    ours = record.name.partition(".")[0] in _OURS
    if isinstance(record.msg, BaseException):
        return outline(record.msg)
    template = str(record.msg)
    if not record.args:
        return template if ours else _opening(template)
    args: Mapping[str, object] | tuple[object, ...]
    if isinstance(record.args, Mapping):
        args = {name: _argument(value, ours=ours) for name, value in record.args.items()}
    else:
        args = tuple(_argument(value, ours=ours) for value in record.args)
    try:
        return template % args
    except (KeyError, TypeError, ValueError):  # the library would print the arguments as they came
        return _opening(template)


class Redacting(logging.Formatter):
    """Formats a record, traceback included, then hides tokens and the given secrets."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__(FORM)
        written = {form for secret in secrets for form in _forms(secret)}
        self._secrets = sorted(written, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the finished line without secrets."""
        plain = copy.copy(record)
        plain.msg, plain.args = _message(record), ()
        plain.exc_text = None  # another handler may have left its own there
        line = hide_tokens(super().format(plain))
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        return line

    def formatException(self, ei: object) -> str:  # noqa: N802 - the library's name
        """Return the traceback of a record's exception."""
        error = ei[1] if isinstance(ei, tuple) else None
        return trace(error) if isinstance(error, BaseException) else ""


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it may be written: plain, in an address, and a token's second part."""
    for part in (secret, secret.partition(":")[2]):
        if len(part) >= _SHORTEST_SECRET:
            yield from (part, quote(part, safe=""), quote(part))


def is_printed(record: logging.LogRecord) -> bool:
    """Tell whether a record is printed: all of ours, of others what is wrong."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in _OURS


def set_up(secrets: Iterable[str] = (), level: int = logging.INFO) -> None:
    """Log to stderr from here on; libraries that log each request only when something is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redacting(secrets))
    handler.addFilter(is_printed)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
