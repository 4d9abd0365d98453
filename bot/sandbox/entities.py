"""Telegram's HTML -> plain text and its entities, or the error that Telegram would answer with.

What is accepted, what is refused and with which words follows TDLib, the library behind the
official Bot API server; the tests compare the two on generated input. Offsets and lengths count
UTF-16 units, byte offsets in errors count UTF-8 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

SPACE = frozenset(" \t\r\n\0\v")
END = "\0"  # what stands behind the last character; a NUL inside ends a tag just the same
STYLES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
}
TAGS = {*STYLES, "a", "pre", "code", "blockquote", "tg-emoji", "tg-time"}
SPLITTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
FIXED_WIDTH = frozenset({"pre", "code"})
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
# Which of two entities over the same text stands outside: the lower number.
PRIORITY = {"blockquote": 0, "expandable_blockquote": 0, "pre": 11, "code": 20, "text_link": 49}
PRIORITY |= {"text_mention": 49, "bold": 90, "italic": 91, "underline": 92, "strikethrough": 93}
PRIORITY |= {"spoiler": 94, "date_time": 98, "custom_emoji": 99}


class ParseError(ValueError):
    """A text that Telegram refuses; the message is Telegram's."""


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


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Return the text without its tags and the entities, outer before inner."""
    return _Parser(source).run()


@dataclass(slots=True)
class _Open:
    """A tag that waits for its end."""

    tag: str
    argument: str
    offset: int  # in UTF-16 units
    start: int  # in pieces of the result
    attributes: dict[str, str]


@dataclass(slots=True)
class _Parser:
    source: str
    at: int = 0
    size: int = 0  # UTF-16 units written so far
    pieces: list[str] = field(default_factory=list)
    nested: list[_Open] = field(default_factory=list)
    found: list[Entity] = field(default_factory=list)

    def run(self) -> tuple[str, list[Entity]]:
        if any("\ud800" <= c <= "\udfff" for c in self.source):
            raise ParseError("Text must be encoded in UTF-8")
        while self.at < len(self.source):
            self._step()
        if self.nested:
            tag = self.nested[-1].tag
            raise ParseError(f'Can\'t find end tag corresponding to start tag "{tag}"')
        text = "".join(self.pieces)
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise ParseError(
                "Text contains invalid Unicode characters after decoding HTML entities,"
                " check for unmatched surrogate code units"
            )
        return text, ordered(_without_inner_language(e) for e in self.found)

    def _step(self) -> None:
        if self._char == "<":
            begin = self.at
            self.at += 1
            if self._char == "/":
                self._end_tag(begin)
            else:
                self._start_tag(begin)
            return
        piece = self._reference() if self._char == "&" else ""
        if not piece:
            piece = self._char
            self.at += 1
        self.pieces.append(piece)
        self.size += utf16(piece)

    @property
    def _char(self) -> str:
        return self.source[self.at] if self.at < len(self.source) else END

    def _bytes(self, index: int) -> int:
        return len(self.source[:index].encode())

    def _skip_space(self) -> None:
        while self._char != END and self._char in SPACE:
            self.at += 1

    def _word(self, stop: str) -> str:
        """Return what stands before white space or a character of `stop`."""
        begin = self.at
        while self._char not in SPACE and self._char not in stop:
            self.at += 1
        return self.source[begin : self.at]

    def _reference(self) -> str:
        """Return the character that `&...` names and step over it, or nothing."""
        match = REFERENCE.match(self.source, self.at)
        if match is None:
            return ""
        decimal, hexadecimal, name = match.group(2, 3, 4)
        if name is None:
            code = int(decimal) if decimal else int(hexadecimal, 16)
            # Nine characters of reference at most, as TDLib reads them.
            if not 0 < code < 0x10FFFF or match.end(1) - match.start() >= 10:
                return ""
            char = chr(code)
        elif (char := NAMED.get(name, "")) == "":
            return ""
        self.at = match.end()
        return char

    def _start_tag(self, begin: int) -> None:
        tag = lower(self._word(">"))
        if self._char == END:
            raise ParseError(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        if tag not in TAGS:
            where = self._bytes(begin)
            raise ParseError(f'Unsupported start tag "{tag}" at byte offset {where}')
        attributes = self._attributes(tag, begin)
        self.at += 1
        argument = _argument(tag, attributes)
        if tag == "span" and argument != "spoiler":
            where = self._bytes(begin)
            raise ParseError(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
        self.nested.append(_Open(tag, argument, self.size, len(self.pieces), attributes))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:
            self._skip_space()
            if self._char == ">":
                return found
            name = self._word("=>/\"'")
            if not name:
                raise ParseError(
                    f'Empty attribute name in the tag "{tag}" at byte offset {self._bytes(begin)}'
                )
            found[name] = self._attribute_value(tag, begin)

    def _attribute_value(self, tag: str, begin: int) -> str:
        self._expect_more(tag, begin)
        if self._char != "=":
            return ""
        self.at += 1
        self._expect_more(tag, begin)
        value = self._quoted() if self._char in "'\"" else self._token()
        if self._char == END:
            raise ParseError(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        return value

    def _expect_more(self, tag: str, begin: int) -> None:
        self._skip_space()
        if self._char == END:
            where = self._bytes(begin)
            raise ParseError(f'Unclosed start tag "{tag}" at byte offset {where}')

    def _token(self) -> str:
        match = TOKEN.match(self.source, self.at)
        begin, self.at = self.at, match.end() if match else self.at
        if self._char not in SPACE and self._char != ">":
            raise ParseError(f"Unexpected end of name token at byte offset {self._bytes(begin)}")
        return lower(self.source[begin : self.at])

    def _quoted(self) -> str:
        quote = self._char
        self.at += 1
        value: list[str] = []
        while self._char not in {quote, END}:
            char = self._reference() if self._char == "&" else ""
            if not char:
                char = self._char
                self.at += 1
            value.append(char)
        if self._char == quote:
            self.at += 1
        return "".join(value)

    def _end_tag(self, begin: int) -> None:
        where = self._bytes(begin)
        if not self.nested:
            raise ParseError(f"Unexpected end tag at byte offset {where}")
        self.at += 1
        name = lower(self._word(">"))
        self._skip_space()
        if self._char != ">":
            raise ParseError(f"Unclosed end tag at byte offset {where}")
        opened = self.nested[-1]
        if name and name != opened.tag:
            raise ParseError(
                f"Unmatched end tag at byte offset {where},"
                f' expected "</{opened.tag}>", found "</{name}>"'
            )
        self.at += 1
        self.nested.pop()
        if self.size > opened.offset:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        span = (opened.offset, self.size - opened.offset)
        if opened.tag in {"pre", "code"}:
            self._close_fixed_width(opened, span)
        elif opened.tag == "a":
            shown = "".join(self.pieces[opened.start :])
            self._add(_link(opened.argument or shown, *span))
        elif opened.tag == "tg-emoji":
            self._add(_emoji(opened.argument, *span))
        elif opened.tag == "tg-time":
            self._add(_moment(opened.attributes, *span))
        elif opened.tag == "blockquote":
            kind = "expandable_blockquote" if opened.argument else "blockquote"
            self._add(Entity(kind, *span))
        else:
            self._add(Entity(STYLES[opened.tag], *span))

    def _add(self, entity: Entity | None) -> None:
        if entity is not None:
            self.found.append(entity)

    def _close_fixed_width(self, opened: _Open, span: tuple[int, int]) -> None:
        """Close `pre` or `code`; one right around the other with a language is one entity."""
        last = self.found[-1] if self.found else None
        same = last is not None and (last.offset, last.length) == span
        if same and last and opened.tag == "pre" and last.type == "code" and last.extra:
            self.found[-1] = replace(last, type="pre")
        elif same and last and opened.tag == "code" and last == Entity("pre", *span):
            language = (("language", opened.argument),) if opened.argument else ()
            if language:
                self.found[-1] = replace(last, extra=language)
            else:
                self.found.append(Entity("code", *span))
        else:
            language = (("language", opened.argument),) if opened.argument else ()
            extra = language if opened.tag == "code" else ()
            self.found.append(Entity(opened.tag, *span, extra))


REFERENCE = re.compile(r"(&(?:#([0-9]+)|#[xX]([0-9a-fA-F]+)|([a-zA-Z]+)));?")
TOKEN = re.compile(r"[A-Za-z0-9.\-]*")


def lower(text: str) -> str:
    """Return the text with its ASCII letters in lower case and nothing else changed."""
    return text.encode().lower().decode()


def _argument(tag: str, attributes: dict[str, str]) -> str:
    if tag == "a":
        return attributes.get("href", "")
    if tag == "code":
        return _after("language-", attributes.get("class", ""))
    if tag == "span":
        return _after("tg-", attributes.get("class", ""))
    if tag == "tg-emoji":
        return attributes.get("emoji-id", "")
    return "1" if tag == "blockquote" and "expandable" in attributes else ""


def _after(prefix: str, value: str) -> str:
    return value[len(prefix) :] if value.startswith(prefix) else ""


def _without_inner_language(entity: Entity) -> Entity:
    """Return code without its language: only a block has one."""
    return replace(entity, extra=()) if entity.type == "code" else entity


def _emoji(argument: str, offset: int, length: int) -> Entity:
    number = int(argument) if re.fullmatch(r"-?[0-9]{1,19}", argument) else 0
    if not number or not -(2**63) <= number < 2**63:
        raise ParseError("Invalid custom emoji identifier specified")
    return Entity("custom_emoji", offset, length, (("custom_emoji_id", str(number)),))


def _moment(attributes: dict[str, str], offset: int, length: int) -> Entity | None:
    form = attributes.get("format", "")
    if form and not MOMENT.fullmatch(form):
        raise ParseError("Invalid date format used")
    unix = attributes.get("unix", "")
    if not re.fullmatch(r"[0-9]{1,10}", unix) or not 0 < int(unix) < 2**31:
        return None
    extra = (("unix_time", int(unix)), *((("date_time_format", form),) if form else ()))
    return Entity("date_time", offset, length, extra)


MOMENT = re.compile(r"r|w?[dD]?[tT]?")
USER_LINK = re.compile(r"tg:(?://)?user\?id=([1-9][0-9]{0,18})", re.IGNORECASE)
OWN_SCHEME = re.compile(r"(tg|ton|tonsite):(?://)?(.+)", re.IGNORECASE | re.DOTALL)
WEB_LINK = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<login>[^/?#@]*@)?(?P<host>[^/?#:@]+)(?P<port>:[0-9]{1,5})?"
    r"(?P<rest>[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)


def _link(url: str, offset: int, length: int) -> Entity | None:
    """Return the link, or nothing where Telegram drops the address without a word."""
    if user := USER_LINK.fullmatch(url):
        return Entity("text_mention", offset, length, (("user_id", int(user.group(1))),))
    checked = checked_url(url)
    return Entity("text_link", offset, length, (("url", checked),)) if checked else None


def checked_url(url: str) -> str:
    """Return the address as Telegram keeps it, or "" where it would not make it a link."""
    if own := OWN_SCHEME.fullmatch(url):
        scheme, rest = own.group(1).lower(), own.group(2)
        bare = scheme != "tg" and not re.search(r"[/?#]", rest)
        return f"{scheme}://{rest}{'/' if bare else ''}"
    match = WEB_LINK.fullmatch(url)
    if match is None or any(c <= " " for c in url):
        return ""
    host = lower(match.group("host"))
    labels = host.split(".")
    if len(labels) < 2 or not all(labels) or re.search(r"[\"'<>\\^`{|}\[\],!*();&=+$%]", host):
        return ""
    rest = match.group("rest") or "/"
    scheme = (match.group("scheme") or "http").lower()
    slash = "" if rest.startswith("/") else "/"
    login = match.group("login") or ""
    return f"{scheme}://{login}{host}{match.group('port') or ''}{slash}{rest}"


def ordered(entities: Iterable[Entity]) -> list[Entity]:
    """Return entities by place, outer before inner."""
    return sorted(entities, key=lambda e: (e.offset, -e.length, _rank(e)))


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


def _rank(entity: Entity) -> int:
    """Return an entity's place among those over the same text; a block with a language is first."""
    return PRIORITY.get(entity.type, 50) - (entity.type == "pre" and bool(entity.extra))


# What Telegram finds by itself in a text: (type, pattern whose group 1 is the entity).
AUTOMATIC = (
    ("url", re.compile(r"(?<![\w@/])((?:https?://|www\.)[^\s<>\"\u3000-\u303f\uff00-\uffef]+)")),
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
