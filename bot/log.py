"""What is logged -> lines on stderr that show no token and no other secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable

FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# A bot's token, wherever it stands: in httpx's URLs, in a repr, in a traceback.
_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{20,}")
_HIDDEN = "<hidden>"
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


class Redacting(logging.Formatter):
    """Formats a record, traceback included, then hides tokens and the given secrets."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__(FORM)
        self._secrets = sorted((s for s in secrets if len(s) >= 4), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the finished line without secrets."""
        line = hide_tokens(super().format(record))
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        return line


def set_up(secrets: Iterable[str] = (), level: int = logging.INFO) -> None:
    """Log to stderr from here on; libraries that log each request only when something is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redacting(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
