"""Telegram's HTML -> plain text and its entities, or the error that Telegram would answer with.

What is accepted, what is refused and with which words follows TDLib, the library behind the
official Bot API server; the tests compare the two on generated input. Offsets and lengths count
UTF-16 units, byte offsets in errors count UTF-8 bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from bot.sandbox.entities import Entity, ordered, utf16
from bot.sandbox.links import USER_LINK, checked_url, lower

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
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
REFERENCE = re.compile(r"(&(?:#([0-9]+)|#[xX]([0-9a-fA-F]+)|([a-zA-Z]+)));?")
MARK = re.compile(r"[<&]")
TOKEN = re.compile(r"[A-Za-z0-9.\-]*")
MOMENT = re.compile(r"r|w?[dD]?[tT]?")


class ParseError(ValueError):
    """A text that Telegram refuses; the message is Telegram's."""


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
            piece = self.source[self.at : self._next_mark()]
            self.at += len(piece)
        self.pieces.append(piece)
        self.size += utf16(piece)

    def _next_mark(self) -> int:
        """Return where the next tag or reference may begin, beyond this character."""
        match = MARK.search(self.source, self.at + 1)
        return match.start() if match else len(self.source)

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


def _link(url: str, offset: int, length: int) -> Entity | None:
    """Return the link, or nothing where Telegram drops the address without a word."""
    if user := USER_LINK.fullmatch(url):
        return Entity("text_mention", offset, length, (("user_id", int(user.group(1))),))
    checked = checked_url(url)
    return Entity("text_link", offset, length, (("url", checked),)) if checked else None
