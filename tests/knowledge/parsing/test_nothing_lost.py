"""Whatever a file says stands in a piece: letters and digits, counted page by page."""

from __future__ import annotations

import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st

from knowledge.parsing.blocks import Block, BlockKind, Parsed, table
from knowledge.parsing.pdf import parse_pdf
from knowledge.parsing.pieces import Piece, pieces_of
from knowledge.parsing.word import parse_word
from tests.recorded import reference_reports

LEAST = 0.98
# Running heads are kept once; what they repeat is no more of a page than this.
MOST_REPEATED = 0.04


def letters(text: str) -> Counter[str]:
    return Counter(c for c in text.casefold() if c.isalnum())


def missing(said: str, found: str) -> int:
    return (letters(said) - letters(found)).total()


def by_page(pieces: Iterable[Piece]) -> Mapping[int | None, str]:
    pages: dict[int | None, str] = defaultdict(str)
    for piece in pieces:
        if piece.kind != "row":  # each stands in its table too
            pages[piece.page] += piece.text + "\n"
    return pages


def parsed(data: bytes) -> Parsed:
    return parse_pdf(data, most_pages=1_000, most_chars=3_000_000)


def plain_pages(data: bytes) -> list[str]:
    """Return the text of each page as PDFium gives it, without any of our reading."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return texts


def once(pages: Sequence[str]) -> str:
    """Return the text of a document with each line that recurs on many pages only once."""
    forms = [[re.sub(r"\d+", "#", line).strip() for line in page.splitlines()] for page in pages]
    count = Counter(form for page in forms for form in set(page))
    often = max(3, len(pages) // 4)
    told: set[str] = set()
    kept: list[str] = []
    for page, lines in zip(pages, forms, strict=True):
        for line, form in zip(page.splitlines(), lines, strict=True):
            if count[form] < often or form not in told:
                kept.append(line)
            told.add(form)
    return "\n".join(kept)


@pytest.mark.parametrize("path", reference_reports(".pdf"))
def test_a_real_pdf_is_found_again_in_its_pieces(path: Path):
    data = path.read_bytes()
    pages = plain_pages(data)
    found = by_page(pieces_of(parsed(data).blocks))
    whole = letters("".join(pages)).total()
    lost = sum(missing(page, found[n]) for n, page in enumerate(pages, start=1))
    assert lost <= MOST_REPEATED * whole
    said = once(pages)
    assert missing(said, "\n".join(found.values())) <= (1 - LEAST) * letters(said).total()


@pytest.mark.parametrize("path", reference_reports(".pdf"))
def test_a_word_of_a_real_pdf_is_found_on_its_page_or_under_its_running_head(path: Path):
    """Whoever looks for what a page says finds it: whole runs of characters, in their order."""
    data = path.read_bytes()
    found = {page: squeezed(text) for page, text in by_page(pieces_of(parsed(data).blocks)).items()}
    everywhere = "".join(found.values())
    said = lost = 0
    for number, page in enumerate(plain_pages(data), start=1):
        near = "".join(found.get(n, "") for n in (number, number - 1, number + 1))
        for run in map(squeezed, page.split()):
            said += len(run)
            here = run in near or (len(run) >= 4 and run in everywhere)
            lost += 0 if here else len(run)
    assert lost <= (1 - LEAST) * said


def squeezed(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and not c.isspace() and c != "\ufffe")


def test_a_page_full_of_small_labels_keeps_its_paragraphs():
    """Most lines of a page with charts are labels; its text is no heading for that."""
    pdf = FPDF()
    pdf.set_font("Helvetica")
    conclusion = (
        "Given the recent emphasis on core inflation, the share of trades at no haircut, which "
        "stood at 74.1 percent in spring, has become the number that most desks watch. We think "
        "that it falls slowly, and that dealers will ask for two percent on notes, more on bonds, "
        "which leaves the trade alive but smaller than it was in the years before the turmoil"
    )
    for quarter in ("winter", "spring", "summer"):
        pdf.add_page()
        pdf.set_font_size(11)
        pdf.multi_cell(w=180, text=f"This {quarter}: {conclusion} of March 2020.")
        pdf.set_font_size(5)
        for label in range(60):
            pdf.text(x=20 + label % 7 * 20, y=110 + label * 3, text=f"{label / 10:.1f}")
    pieces = pieces_of(parsed(bytes(pdf.output())).blocks)
    texts = " ".join(" ".join(p.text.split()) for p in pieces)
    assert texts.count(conclusion) == 3
    assert not any(p.section for p in pieces)


def test_a_line_that_recurs_with_another_number_is_kept_each_time():
    pdf = FPDF()
    pdf.set_font("Helvetica", size=11)
    for page in range(1, 9):
        pdf.add_page()
        pdf.text(x=20, y=15, text="Desk monitor, weekly")
        pdf.text(x=20, y=60, text=f"Part {page} of what the desk saw in the week, in few words.")
        pdf.text(x=20, y=250, text=f"Total {page * page * 7}")
        pdf.text(x=100, y=290, text=f"{page}")
    found = by_page(pieces_of(parsed(bytes(pdf.output())).blocks))
    for page in range(1, 9):
        assert f"Total {page * page * 7}" in found[page]
    assert "\n".join(found.values()).count("Desk monitor") == 1


def test_two_headings_and_one_at_the_end_are_kept():
    blocks = [
        Block("Funding", "heading", 1),
        Block("Haircuts fell to nothing in spring", "heading", 1),
        Block("Dealers say so.", "text", 1),
        Block("What comes next", "heading", 1),
        Block("Outlook", "heading", 2),
    ]
    pieces = pieces_of(blocks)
    assert [p.text for p in pieces] == [
        "Funding\n\nHaircuts fell to nothing in spring\n\nDealers say so.",
        "What comes next",
        "Outlook",
    ]
    assert [p.section for p in pieces] == [
        "Haircuts fell to nothing in spring",
        "What comes next",
        "Outlook",
    ]


WORDS = st.text(st.sampled_from("abcdef ghij.,; 1234\u57fa\u5dee\u3002\uff0c"), min_size=1).filter(
    lambda text: text.strip()
)
KINDS: st.SearchStrategy[BlockKind] = st.sampled_from(["text", "heading"])
PROSE = st.builds(
    lambda text, times, kind, page: Block((text * times).strip(), kind, page),
    WORDS, st.integers(1, 200), KINDS, st.integers(1, 3),
)  # fmt: skip
TABLES = st.builds(
    lambda rows, page, caption: table(rows, page, 0, caption),
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.tuples(*[WORDS] * width), min_size=1, max_size=250)
    ),
    st.integers(1, 3),
    st.sampled_from(["", "Table 1: what they hold"]),
)


@given(st.lists(st.one_of(PROSE, PROSE, TABLES), max_size=12))
def test_each_letter_of_each_block_stands_in_a_piece_of_its_page(blocks: list[Block]):
    blocks = sorted(blocks, key=lambda block: block.page or 0)
    found = by_page(pieces_of(blocks))
    for page in (1, 2, 3):
        said = " ".join(f"{b.text} {b.caption}" for b in blocks if b.page == page)
        assert missing(said, found[page]) == 0


def test_a_word_file_keeps_what_stands_in_controls_and_insertions():
    import docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = docx.Document()
    document.add_paragraph("Dealers asked for two percent.")
    inner = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
    control = f"<w:sdt {nsdecls('w')}><w:sdtContent>{inner}</w:sdtContent></w:sdt>"
    document.element.body.insert(0, parse_xml(control.format("Summary: haircuts rose.")))
    added = f"<w:ins {nsdecls('w')}><w:r><w:t> And more on bonds.</w:t></w:r></w:ins>"
    document.paragraphs[-1]._p.append(parse_xml(added))
    buffer = io.BytesIO()
    document.save(buffer)
    texts = [block.text for block in parse_word(buffer.getvalue()).blocks]
    assert texts == ["Summary: haircuts rose.", "Dealers asked for two percent. And more on bonds."]
