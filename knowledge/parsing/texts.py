"""Bytes in whatever encoding -> text; plain text and Markdown -> blocks."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from knowledge.errors import KnowledgeError
from knowledge.parsing.blocks import Block, Parsed, captioned, placed, table
from knowledge.parsing.wrapping import unbroken

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$")
_UNDERLINE = re.compile(r"^(=+|-{3,})$")
_TABLE_RULE = re.compile(r"^\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?$")
_ITEM = re.compile(r"^\s*(?:[-*+\u2022]|\d{1,2}[.)])\s+|^\s*>\s?")
_BETWEEN_CELLS = re.compile(r"\t+| {2,}")
_ENDS = re.compile(r"[.!\u3002\uff01;\uff1b:\uff1a,\uff0c]$")
_TITLE_CHARS, _HEADING_CHARS, _SHORT_LINES = 120, 80, 50
_MARKUP = re.compile(r"!?\[(?P<label>[^\]\n]*)\]\([^)\n]*\)|[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}")


def decoded(data: bytes) -> str:
    """Return the text of bytes; raise KnowledgeError (report_binary) where they are none.

    Tried in turn: what a byte order mark says, UTF-8, UTF-16 by its zero bytes, what gives Chinese
    sentences (GB18030, Big5, UTF-16), and the Western code page.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _checked(_decoded(data, name))
    text = _utf8(data)
    if text is not None and not _is_wide(data):
        return _checked(text)
    if (wide := _wide(data)) is not None:
        return _checked(wide)
    for name in ("gb18030", "big5", "utf-16-le", "utf-16-be"):
        found = _decoded(data, name)
        if found is not None and _reads_chinese(found):
            return _checked(found)
    return _checked(_decoded(data, "cp1252") or _decoded(data, "gb18030"))


def _decoded(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _utf8(data: bytes) -> str | None:
    """Return UTF-8 text, also when it was cut within its last character."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        whole = error.start >= len(data) - 3 and error.reason == "unexpected end of data"
        return data[: error.start].decode("utf-8") if whole and error.start else None


def _is_wide(data: bytes) -> bool:
    return len(data) > 3 and data[:4096].count(0) > len(data[:4096]) // 10


def _wide(data: bytes) -> str | None:
    """Return UTF-16 text that has no byte order mark; its zero bytes lie on one side."""
    if not _is_wide(data) or len(data) % 2:
        return None
    low, high = data[0:4096:2].count(0), data[1:4096:2].count(0)
    if min(low, high) > max(low, high) // 8:
        return None
    return _decoded(data, "utf-16-be" if low > high else "utf-16-le")


def _reads_chinese(text: str) -> bool:
    """Tell whether a decoding gives Chinese sentences rather than chance characters."""
    han = len(_HAN.findall(text))
    letters = sum(unicodedata.category(c).startswith("L") for c in text[:20_000])
    marks = sum(c in "\uff0c\u3002\u3001\uff1b\uff1a\u201c\u201d\uff08\uff09" for c in text)
    return han > 0 and (marks * 60 >= han or han < 30) and han >= 0.2 * min(letters, 20_000)


def _checked(text: str | None) -> str:
    """Return text without stray control characters; raise where it is no text."""
    if text is None:
        raise KnowledgeError("report_binary")
    strange = len(_CONTROL.findall(text))
    if strange > 0.01 * len(text) + 2:
        raise KnowledgeError("report_binary")
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).lstrip("\ufeff")


def parse_text(data: bytes) -> Parsed:
    """Return plain text: paragraphs are parted by blank lines, or each line is one."""
    text = decoded(data)
    pieces = re.split(r"\n\s*\n", text) if "\n\n" in text else text.splitlines()
    blocks = [block for piece in pieces for block in _plain_blocks(piece.strip("\n").splitlines())]
    first = blocks[0].text if blocks else ""
    is_title = len(first) <= _TITLE_CHARS and not first.endswith((".", "\u3002"))
    return Parsed(placed(captioned(blocks)), title=first if is_title else "")


def _plain_blocks(lines: list[str]) -> Iterable[Block]:
    """Yield what lines between blank ones are: a heading, a table by its gaps, a paragraph."""
    lines = [line for line in lines if line.strip()]
    start = next((n for n in range(len(lines)) if len(_aligned(lines[n:])) > 1), len(lines))
    yield from _prose(lines[:start])
    if rows := _aligned(lines[start:]):
        yield table(rows)
        yield from _plain_blocks(lines[start + len(rows) :])


def _prose(lines: list[str]) -> Iterable[Block]:
    """Yield lines as one paragraph; where all are short, each as its own: a head, a list."""
    if len(lines) == 1 and len(lines[0]) <= _HEADING_CHARS and not _ENDS.search(lines[0].strip()):
        yield Block(lines[0].strip(), "heading")
    elif lines and max(map(_width, lines)) <= _SHORT_LINES:
        yield from (Block(line.strip()) for line in lines)
    elif lines:
        yield Block(unbroken([line.strip() for line in lines]))


def _width(line: str) -> int:
    """Return how wide a line is: a Chinese character takes two columns."""
    return sum(2 if char > "\u2e7f" else 1 for char in line)


def _aligned(lines: list[str]) -> list[tuple[str, ...]]:
    """Return the rows that lines begin with: as many cells in each, parted by tabs or gaps."""
    rows: list[tuple[str, ...]] = []
    for line in lines:
        cells = tuple(cell.strip() for cell in _BETWEEN_CELLS.split(line.strip()))
        if len(cells) < 2 or (rows and len(cells) != len(rows[0])):
            break
        rows.append(cells)
    return rows if len(rows) > 1 and any(c.isdigit() for row in rows for c in "".join(row)) else []


def parse_markdown(data: bytes) -> Parsed:
    """Return Markdown: headings, paragraphs, lists, tables; its marks are left out."""
    blocks: list[Block] = []
    for piece in re.split(r"\n\s*\n", _without_front(decoded(data))):
        blocks += _marked_blocks([line for line in piece.strip().splitlines() if line.strip()])
    title = next((block.text for block in blocks if block.kind == "heading"), "")
    return Parsed(placed(captioned(blocks)), title=title)


def _marked_blocks(lines: list[str]) -> Iterable[Block]:
    """Yield what the lines between two blank ones are."""
    while lines and (match := _HEADING.match(lines[0])):
        yield Block(_plain(match["text"]), "heading")
        lines = lines[1:]
    if len(lines) == 2 and _UNDERLINE.match(lines[1]):
        yield Block(_plain(lines[0]), "heading")
    elif len(lines) > 2 and (rule := _rule(lines)) is not None:
        if rule > 1:
            yield Block(_plain(" ".join(lines[: rule - 1])))
        yield table([_cells(line) for line in (lines[rule - 1], *lines[rule + 1 :])])
    else:
        yield from (Block(_plain(unbroken(item))) for item in _items(lines))


def _items(lines: list[str]) -> Iterable[list[str]]:
    """Yield the lines of each item of a list, or of the one paragraph, without their bullets."""
    starts = [n for n, line in enumerate(lines) if n == 0 or _ITEM.match(line)]
    for start, end in pairwise([*starts, len(lines)]):
        yield [_ITEM.sub("", line).strip() for line in lines[start:end]]


def _without_front(text: str) -> str:
    """Return Markdown without the settings that some tools write above it."""
    match = re.match(r"(---|\+\+\+)\n.*?\n\1\n", text, re.DOTALL)
    return text[match.end() :] if match else text


def _rule(lines: list[str]) -> int | None:
    return next((i for i, line in enumerate(lines) if i and _TABLE_RULE.match(line)), None)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(_plain(cell.strip()) for cell in line.strip().strip("|").split("|"))


def _plain(text: str) -> str:
    return _MARKUP.sub(lambda m: m["label"] or "", text).strip()
