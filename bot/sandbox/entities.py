"""What is marked in a text: links, styles, code, and which of them a sent message keeps.

Offsets and lengths count UTF-16 units, as all of Telegram does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

SPLITTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
FIXED_WIDTH = frozenset({"pre", "code"})
# Which of two entities over the same text stands outside: the lower number.
PRIORITY = {"blockquote": 0, "expandable_blockquote": 0, "pre": 11, "code": 20, "text_link": 49}
PRIORITY |= {"text_mention": 49, "bold": 90, "italic": 91, "underline": 92, "strikethrough": 93}
PRIORITY |= {"spoiler": 94, "date_time": 98, "custom_emoji": 99}


@dataclass(frozen=True, slots=True)
class Entity:
    """One stretch of a text and what it is, in UTF-16 units, with the Bot API's type names."""

    type: str
    offset: int
    length: int
    extra: tuple[tuple[str, Any], ...] = ()

    @property
    def end(self) -> int:
        """Return the offset behind the last unit."""
        return self.offset + self.length

    def to_json(self) -> dict[str, Any]:
        """Return the MessageEntity of the Bot API."""
        head = {"type": self.type, "offset": self.offset, "length": self.length}
        return head | dict(self.extra)


def utf16(text: str) -> int:
    """Return the length that Telegram counts: characters beyond U+FFFF count twice."""
    return len(text) + sum(c > "\uffff" for c in text)


def ordered(entities: Iterable[Entity]) -> list[Entity]:
    """Return entities by place, outer before inner."""
    return sorted(entities, key=lambda e: (e.offset, -e.length, _rank(e)))


def _rank(entity: Entity) -> int:
    """Return an entity's place among those over the same text; a block with a language is first."""
    return PRIORITY.get(entity.type, 50) - (entity.type == "pre" and bool(entity.extra))


def settled(entities: Iterable[Entity]) -> list[Entity]:
    """Return the entities that a sent message keeps.

    Links, code and the like cannot overlap, quotes cannot nest, nothing is styled inside code,
    and a style is cut wherever another entity begins. Which one wins follows TDLib.
    """
    given = ordered(entities)
    solid = _apart(e for e in given if e.type not in SPLITTABLE and e.type not in QUOTES)
    quotes = _apart(e for e in given if e.type in QUOTES)
    blocks = [*quotes, *(e for e in solid if not any(_crosses(e, q) for q in quotes))]
    styles = {kind: _joined(e for e in given if e.type == kind) for kind in SPLITTABLE}
    cuts = {edge for e in blocks for edge in (e.offset, e.end)}
    cuts |= {start for spans in styles.values() for start, _ in spans}
    plain = [e for e in blocks if e.type in FIXED_WIDTH]
    pieces = [
        Entity(kind, start, end - start)
        for kind, spans in styles.items()
        for span in spans
        for start, end in _split(span, cuts)
        if not any(e.offset <= start and end <= e.end for e in plain)
    ]
    return ordered([*blocks, *pieces])


def _apart(entities: Iterable[Entity]) -> list[Entity]:
    """Return the entities of a sorted list without those that overlap an earlier one."""
    kept: list[Entity] = []
    for entity in entities:
        if not kept or entity.offset >= kept[-1].end:
            kept.append(entity)
    return kept


def _crosses(entity: Entity, quote: Entity) -> bool:
    """Tell whether an entity overlaps a quote without lying inside it."""
    apart = entity.end <= quote.offset or quote.end <= entity.offset
    return not apart and not (quote.offset <= entity.offset and entity.end <= quote.end)


def _joined(entities: Iterable[Entity]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for entity in entities:
        if spans and entity.offset <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], entity.end))
        else:
            spans.append((entity.offset, entity.end))
    return spans


def _split(span: tuple[int, int], cuts: set[int]) -> list[tuple[int, int]]:
    inner = sorted(cut for cut in cuts if span[0] < cut < span[1])
    edges = [span[0], *inner, span[1]]
    return list(pairwise(edges))


DOMAINS = "com|org|net|gov|edu|int|io|eu|uk|cn|hk"  # the ends of bare addresses known here
# What Telegram finds by itself in a text: (type, pattern whose group 1 is the entity).
AUTOMATIC = (
    ("url", re.compile(r"(?<![\w@/])((?:https?://|www\.)[^\s<>\"\u3000-\u303f\uff00-\uffef]+)")),
    (
        "url",
        re.compile(rf"(?<![\w@/.-])((?:[a-z0-9-]+\.)+(?:{DOMAINS})(?!\.?[\w@-])(?:/[\w/.-]*)?)"),
    ),
    ("email", re.compile(r"(?<![\w.+-])([A-Za-z0-9.+_-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z]{2,8})+)")),
    ("mention", re.compile(r"(?<!\w)(@[A-Za-z0-9_]{2,32})(?!\w)")),
    ("hashtag", re.compile(r"(?<!\w)(#(?=\w*[^\W\d_])\w{1,256})(?![\w#])")),
    ("cashtag", re.compile(r"(?<![\w$])(\$[A-Z]{1,8})(?![\w$])")),
    (
        "bot_command",
        re.compile(r"(?<![\w/<>])(/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/<>])"),
    ),
)


def found_in(text: str, given: Iterable[Entity] = ()) -> list[Entity]:
    """Return the links, mentions and commands in a text, outside code and links already given."""
    taken = [e for e in given if e.type not in SPLITTABLE and e.type not in QUOTES]
    for kind, pattern in AUTOMATIC:
        for match in pattern.finditer(text):
            shown = match.group(1).rstrip(".,:;!?)'\"") if kind == "url" else match.group(1)
            entity = Entity(kind, utf16(text[: match.start(1)]), utf16(shown))
            if all(entity.end <= t.offset or t.end <= entity.offset for t in taken):
                taken.append(entity)
    return [e for e in taken if e.type in {kind for kind, _ in AUTOMATIC}]


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Return what remains of a text when it is sent: no blanks around it, no control characters."""
    text = text.replace("\r", "")
    cleaned = "".join(" " if c < " " and c != "\n" else c for c in text)
    first = min((e.offset for e in entities), default=utf16(cleaned))
    blank = len(cleaned) - len(cleaned.lstrip(" \n"))
    left = min(blank, first)
    size = utf16(cleaned.rstrip(" \n")) - left
    kept = [
        replace(e, offset=e.offset - left, length=min(e.end - left, size) - (e.offset - left))
        for e in entities
    ]
    return cleaned.rstrip(" \n")[left:], [e for e in kept if e.length > 0]
