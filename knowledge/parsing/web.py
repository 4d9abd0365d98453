"""A saved web page -> its blocks: the article without menus, scripts and notices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from knowledge.errors import KnowledgeError
from knowledge.parsing.blocks import Block, Parsed, captioned, placed, table
from knowledge.parsing.texts import decoded

if TYPE_CHECKING:
    from lxml.etree import _Element
    from trafilatura.settings import Document


# A search beyond a page's own marks loads hundreds of modules when it first finds words.
_DATES: Mapping[str, Any] = {
    "extensive_search": False,
    "original_date": True,
    "outputformat": "%Y-%m-%d",
}


def parse_web(data: bytes) -> Parsed:
    """Return the blocks of an HTML page; raise KnowledgeError where it says nothing.

    What a page says of itself is read after its text: where that fails, the text is there, and a
    note (`metadata_unread:` and the error's kind) says what is not.
    """
    import trafilatura
    from trafilatura.settings import Document

    page = _declared(data) or decoded(data)
    found = trafilatura.bare_extraction(
        page,
        include_comments=False,
        include_tables=True,
        favor_recall=True,
        with_metadata=False,
        deduplicate=False,
    )
    if not isinstance(found, Document) or found.body is None:
        raise KnowledgeError("report_no_text")
    blocks = captioned(block for element in found.body for block in _blocks(element))
    said, notes = _said_of_itself(page)
    return Parsed(
        placed(blocks),
        title=(said.title or "").strip() if said else "",
        author=(said.author or "").strip() if said else "",
        publisher=(said.sitename or "").strip() if said else "",
        date=(said.date or "").strip() if said else "",
        notes=notes,
    )


def _said_of_itself(page: str) -> tuple[Document | None, tuple[str, ...]]:
    """Return a page's title, author, publisher and date, or a note of why they are not known."""
    from trafilatura import extract_metadata

    try:
        return extract_metadata(page, date_config=dict(_DATES), extensive=False), ()
    # The libraries raise whatever they meet in a page, or cannot open any more.
    except Exception as error:
        return None, (f"metadata_unread:{type(error).__name__}",)


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
