"""A saved web page -> its blocks: the article without menus, scripts and notices."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from knowledge.errors import KnowledgeError
from knowledge.parsing.blocks import Block, Parsed, captioned, placed, table
from knowledge.parsing.texts import decoded

if TYPE_CHECKING:
    from lxml.etree import _Element


def parse_web(data: bytes) -> Parsed:
    """Return the blocks of an HTML page; raise KnowledgeError where it says nothing."""
    import trafilatura
    from trafilatura.settings import Document

    found = trafilatura.bare_extraction(
        _declared(data) or decoded(data),
        include_comments=False,
        include_tables=True,
        favor_recall=True,
        with_metadata=True,
        deduplicate=False,
    )
    if not isinstance(found, Document) or found.body is None:
        raise KnowledgeError("report_no_text")
    blocks = captioned(block for element in found.body for block in _blocks(element))
    return Parsed(
        placed(blocks),
        title=(found.title or "").strip(),
        author=(found.author or "").strip(),
        publisher=(found.sitename or "").strip(),
        date=(found.date or "").strip(),
    )


def _declared(data: bytes) -> str | None:
    """Return the page in the encoding that it declares itself, None where that is not true."""
    match = re.search(rb"charset=[\"']?([A-Za-z0-9_-]{3,20})", data[:2048])
    if match is None:
        return None
    name = match[1].decode("ascii").lower()
    try:
        return data.decode("gb18030" if name in {"gb2312", "gbk"} else name)
    except (UnicodeDecodeError, LookupError):
        return None


def _blocks(element: _Element) -> Iterable[Block]:
    if element.tag == "table":
        rows = [tuple(_text(cell) for cell in row.iter("cell")) for row in element.iter("row")]
        rows = [row for row in rows if any(row)]
        if rows:
            yield table(rows)
    elif element.tag == "list":
        for item in element.iter("item"):
            if text := _text(item):
                yield Block(text)
    elif text := _text(element):
        yield Block(text, "heading" if element.tag == "head" else "text")


def _text(element: _Element) -> str:
    return " ".join("".join(element.itertext()).split())
