"""A Word file -> its blocks: headings, paragraphs and tables in their order."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from knowledge.errors import KnowledgeError
from knowledge.parsing.blocks import Block, Parsed, captioned, placed, table

if TYPE_CHECKING:
    from docx.table import Table


def parse_word(data: bytes) -> Parsed:
    """Return the blocks of a .docx; raise KnowledgeError (report_damaged) where it is none."""
    import docx

    try:
        document = docx.Document(io.BytesIO(data))
        blocks = captioned(_blocks(document))
    # The library raises whatever its parts raise on a broken package: KeyError, XML errors, ...
    except Exception as error:
        raise KnowledgeError("report_damaged") from error
    core = document.core_properties
    stamp = core.created or core.modified
    return Parsed(
        placed(blocks),
        title=(core.title or "").strip(),
        author=(core.author or "").strip(),
        date=stamp.date().isoformat() if stamp and not _is_template(stamp.year) else "",
    )


def empty() -> bytes:
    """Return a Word file with a heading and a table: reading it loads all that reading needs."""
    import docx

    document = docx.Document()
    document.add_heading("-")
    document.add_table(1, 1).cell(0, 0).text = "-"
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _is_template(year: int) -> bool:
    # python-docx and others leave their template's own date, 2013, in what they write.
    return year <= 2013


def _blocks(document: Any) -> Iterable[Block]:  # noqa: ANN401  # docx.document.Document is a factory's
    from docx.table import Table

    for item in document.iter_inner_content():
        if isinstance(item, Table):
            if rows := list(_rows(item)):
                yield table(rows)
        elif text := " ".join(item.text.split()):
            style = (item.style.name or "") if item.style else ""
            yield Block(text, "heading" if style.startswith(("Heading", "Title")) else "text")


def _rows(found: Table) -> Iterable[tuple[str, ...]]:
    """Yield a table's rows; a cell that spans several columns says its words once."""
    for row in found.rows:
        cells, before = [], None
        for cell in row.cells:
            same = cell._tc is before  # the only sign of a merged cell
            cells.append("" if same else " ".join(cell.text.split()))
            before = cell._tc
        if any(cells):
            yield tuple(cells)
