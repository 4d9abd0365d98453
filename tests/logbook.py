"""Everything that this session logs, as the product prints it, held against what people wrote.

What its child processes log too: they print at DEBUG, and whoever starts one checks what it said.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.log import Redacting, is_printed

SHORTEST_TEXT = 10  # characters; "/start" may stand in a line of our own
SHORTEST_NAME = 6
SAID = frozenset({"text", "caption", "query", "file_name", "first_name", "last_name", "username",
                  "title", "vcard", "content"})  # fmt: skip
NAMES = frozenset({"first_name", "last_name", "username", "title"})


class Logbook:
    """A factory of records that keeps the line each would be printed as, our own at any level."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._form = Redacting()
        self._make = logging.getLogRecordFactory()

    def open(self) -> None:
        """Hear every logger from here on, whatever handlers come and go."""
        logging.setLogRecordFactory(self.record)
        for name in ("bot", "knowledge", "tools"):
            logging.getLogger(name).setLevel(logging.DEBUG)

    def close(self) -> None:
        """Let the library make its records by itself again."""
        logging.setLogRecordFactory(self._make)

    def record(self, *args: Any, **values: Any) -> logging.LogRecord:
        record = self._make(*args, **values)
        if is_printed(record):
            self.lines.append(self._form.format(record))
        return record


def words_said(thing: object) -> Iterator[str]:
    """Yield the texts and names in what people wrote, as Bot API objects or calls' parameters."""
    if isinstance(thing, Mapping):
        for name, value in thing.items():
            if name in SAID and isinstance(value, str):
                shortest = SHORTEST_NAME if name in NAMES else SHORTEST_TEXT
                yield from (line for line in value.splitlines() if len(line.strip()) >= shortest)
            else:
                yield from words_said(value)
    elif isinstance(thing, list | tuple):
        for one in thing:
            yield from words_said(one)


# What tests have done as people in any sandbox, be it another process's.
deeds: list[Mapping[str, Any]] = []
book = Logbook()


def check_lines(lines: Iterable[str], said: Iterable[object], *secrets: str) -> None:
    """Fail where a line shows a text or a name that was said, or a secret, or a part of a token."""
    whole = "\n".join(lines)
    if not whole:
        return
    hidden = {part for secret in secrets for part in (secret, secret.partition(":")[2]) if part}
    for words in {*words_said(list(said)), *hidden}:
        if words.strip() not in whole:
            continue
        found = re.search(rf"(?<!\w){re.escape(words.strip())}(?!\w)", whole)
        assert not found, f"{words!r} stands in the log: {whole[max(0, found.start() - 300) :]}"
