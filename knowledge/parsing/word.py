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

    for item in _items(document, document.element.body):
        if isinstance(item, Table):
            if rows := list(_rows(item)):
                yield table(rows)
        elif text := _words(item._p):
            style = (item.style.name or "") if item.style else ""
            yield Block(text, "heading" if style.startswith(("Heading", "Title")) else "text")


def _items(document: Any, parent: Any) -> Iterable[Any]:  # noqa: ANN401  # as above, and lxml's
    """Yield paragraphs and tables in their order, those within content controls too."""
    from docx.oxml.ns import qn
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    for child in parent.iterchildren():
        if child.tag == qn("w:p"):
            yield Paragraph(child, document._body)
        elif child.tag == qn("w:tbl"):
            yield Table(child, document._body)
        elif child.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:ins")}:
            yield from _items(document, child)


def _words(paragraph: Any) -> str:  # noqa: ANN401  # lxml's element
    """Return a paragraph's words: insertions, links and text boxes too, what was deleted not."""
    from docx.oxml.ns import qn

    gaps = {qn("w:tab"), qn("w:br"), qn("w:cr"), qn("w:p")}
    parts: list[str] = []
    for node in paragraph.iter():
        if any(above.tag.endswith("}Fallback") for above in node.iterancestors()):
            continue  # the same text box once more, for older programs
        if node.tag == qn("w:t"):
            parts.append(node.text or "")
        elif node.tag in gaps:
            parts.append(" ")
    return " ".join("".join(parts).split())


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
