"""Our HTML -> what Telegram takes: escaped, measured, cut so that every piece stands alone.

Telegram counts a message in UTF-16 units after its tags are parsed (4,096, a caption 1,024) and
keeps at most 100 entities. Its parser checks neither, so we do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
ENTITY_LIMIT = 100

TAGS = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a"}
    | {"blockquote", "tg-spoiler", "tg-emoji", "span"}
)
# Telegram knows these four names only; anything else after "&" is literal text.
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

_TOKEN = re.compile(
    r"<(?P<end>/?)(?P<tag>[a-zA-Z][a-zA-Z-]*)(?P<attributes>(?:\s+[^<>]*)?)>"
    r"|&(?P<name>lt|gt|amp|quot);|&#(?P<code>x[0-9a-fA-F]{1,6}|[0-9]{1,7});"
)
_SENTENCE_ENDS = frozenset(".!?;\u3002\uff01\uff1f\uff1b\u2026")
_ZERO_WIDTH_JOINER = "\u200d"


def escape(text: str) -> str:
    """Return text made safe inside HTML and inside an attribute's quotes.

    >>> escape('a < b & "c"')
    'a &lt; b &amp; &quot;c&quot;'
    """
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


def utf16_len(text: str) -> int:
    """Return the length as Telegram counts it: an emoji beyond the basic plane is 2.

    >>> utf16_len("basis"), utf16_len("\U0001f4c8")
    (5, 2)
    """
    return len(text) + sum(char > "\uffff" for char in text)


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    raw: str


@dataclass(frozen=True, slots=True)
class _Span:
    """A tag over a stretch of the plain text, by character positions."""

    tag: _Tag
    start: int
    end: int


@dataclass(slots=True)
class _Parsed:
    """The plain text, and the tags over it: outer before inner, by where they open."""

    text: str = ""
    spans: list[_Span] = field(default_factory=list)


def _character(match: re.Match[str]) -> str | None:
    """Return the character that a reference stands for, None where there is no such character."""
    if name := match["name"]:
        return NAMED[name]
    code = match["code"]
    value = int(code[1:], 16) if code[0] == "x" else int(code)
    known = 0 < value <= 0x10FFFF and not 0xD800 <= value <= 0xDFFF
    return chr(value) if known else None


def _parse(html: str) -> _Parsed:
    """Read our HTML forgivingly: an unknown tag is text, an unclosed one ends with the text."""
    pieces: list[str] = []
    length = 0
    opened: list[tuple[_Tag, int, int]] = []  # tag, start, place among the spans
    spans: list[_Span | None] = []

    def add(text: str) -> None:
        nonlocal length
        pieces.append(text)
        length += len(text)

    def close_innermost() -> str:
        tag, start, place = opened.pop()
        spans[place] = _Span(tag, start, length)
        return tag.name

    at = 0
    for match in _TOKEN.finditer(html):
        add(html[at : match.start()])
        at = match.end()
        name = (match["tag"] or "").lower()
        if not match["tag"]:
            add(_character(match) or match.group())
        elif name not in TAGS:
            add(match.group())
        elif not match["end"]:
            opened.append((_Tag(name, match.group()), length, len(spans)))
            spans.append(None)
        elif any(tag.name == name for tag, _, _ in opened):
            while close_innermost() != name:
                pass
    add(html[at:])
    while opened:
        close_innermost()
    return _Parsed("".join(pieces), [s for s in spans if s is not None and s.end > s.start])


def plain(html: str) -> str:
    """Return the text that a reader sees, without tags.

    >>> plain("<b>1 &lt; 2</b>")
    '1 < 2'
    """
    return _parse(html).text


def measure(html: str) -> tuple[int, int]:
    """Return (UTF-16 units after parsing, entities) of a message."""
    parsed = _parse(html)
    return utf16_len(parsed.text), len(parsed.spans)


def split_html(html: str, limit: int = TEXT_LIMIT, entities: int = ENTITY_LIMIT) -> list[str]:
    """Return the pieces to send in order, each within Telegram's limits and with balanced tags.

    Cuts fall at a paragraph, else a line, a sentence, a word, a character; a `<pre>` table moves
    to the next piece whole where it fits there. Blank text gives no piece.
    """
    parsed = _parse(html)
    return [
        _emit(parsed, start, end)
        for start, end in _pieces(parsed, limit, entities)
        if parsed.text[start:end].strip()
    ]


def _pieces(parsed: _Parsed, limit: int, entities: int) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each piece of the text."""
    text, start = parsed.text, 0
    while start < len(text):
        furthest = _furthest(parsed, start, limit, entities)
        end = len(text) if furthest == len(text) else _cut(parsed, start, furthest)
        yield start, end
        start = end


def _furthest(parsed: _Parsed, start: int, limit: int, entities: int) -> int:
    """Return the last place where a piece from `start` may end within both limits."""
    units, end = 0, start
    while end < len(parsed.text):
        units += 2 if parsed.text[end] > "\uffff" else 1
        if units > limit:
            break
        end += 1
    inside = [span for span in parsed.spans if span.end > start and span.start < end]
    if len(inside) > entities:
        end = min(end, max(inside[entities].start, start + 1))
    return end


def _cut(parsed: _Parsed, start: int, furthest: int) -> int:
    """Return the best place for a cut in (start, furthest]: never needlessly inside a table."""
    text = parsed.text
    for span in parsed.spans:
        if span.tag.name == "pre" and start < span.start < furthest < span.end:
            if text[start : span.start].strip():
                return span.start
            break
    half = start + (furthest - start) // 2
    for position in (
        _after(text, "\n\n", half, furthest),
        _after(text, "\n", half, furthest),
        _after_sentence(text, half, furthest),
        _after_space(text, half, furthest),
    ):
        if position is not None:
            return position
    return _between_characters(text, start, furthest)


def _after(text: str, mark: str, low: int, high: int) -> int | None:
    place = text.rfind(mark, low, high)
    return None if place < 0 else place + len(mark)


def _after_sentence(text: str, low: int, high: int) -> int | None:
    """Return the place after the last sentence end; a Latin one counts only before a space."""
    for place in range(high - 1, low - 1, -1):
        if text[place] in _SENTENCE_ENDS and (
            text[place] > "\u2fff" or text[place + 1 : place + 2].isspace()
        ):
            return place + 1
    return None


def _after_space(text: str, low: int, high: int) -> int | None:
    for place in range(high - 1, low - 1, -1):
        if text[place].isspace():
            return place + 1
    return None


def _between_characters(text: str, start: int, high: int) -> int:
    """Return the last place that does not tear what a reader sees as one character."""
    for place in range(high, max(start, high - 64), -1):
        if not _joined(text, place):
            return place
    return high


def _joined(text: str, place: int) -> bool:
    """Tell whether the characters around `place` belong together (accents, flags, families)."""
    before, after = text[place - 1], text[place]
    if _ZERO_WIDTH_JOINER in {before, after}:
        return True
    if unicodedata.category(after) in {"Mn", "Me", "Mc"} or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if not (_is_flag_half(before) and _is_flag_half(after)):
        return False
    run = 0
    while place - run > 0 and _is_flag_half(text[place - run - 1]):
        run += 1
    return run % 2 == 1


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _emit(parsed: _Parsed, start: int, end: int) -> str:
    """Write the text from start to end, its tags reopened and closed around it."""
    text = parsed.text
    while start < end and text[start] in "\r\n":
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    out: list[str] = []
    opened: list[_Span] = []
    at = start

    def close_up_to(place: int) -> None:
        nonlocal at
        while opened and opened[-1].end <= place:
            span = opened.pop()
            out.append(escape(text[at : span.end]))
            at = span.end
            out.append(f"</{span.tag.name}>")

    for span in parsed.spans:
        first, last = max(span.start, start), min(span.end, end)
        if first >= last:
            continue
        close_up_to(first)
        out.append(escape(text[at:first]))
        at = first
        out.append(span.tag.raw)
        opened.append(_Span(span.tag, first, last))
    close_up_to(end)
    out.append(escape(text[at:end]))
    return "".join(out)
