"""One broker's report, English and Chinese, written by hand for tests, in each form it may come in.

Every figure in it is made up.
"""

from __future__ import annotations

import html
import io
import re
import textwrap
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from fpdf import FPDF

from tests.knowledge.parsing.files import FONT


@dataclass(frozen=True)
class Section:
    """A heading with its paragraphs, and the table that ends them."""

    head: str
    paragraphs: list[str]
    caption: str = ""
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Paper:
    """A report: what stands at the head of each page, its sections, the notice at its end."""

    lang: str
    title: str
    running: str
    publisher: str
    date: str
    source: str
    closing: str
    part: list[Section]

    @classmethod
    def of(cls, lang: str) -> Paper:
        row = tomllib.loads(Path(__file__).with_name("broker.toml").read_text("utf-8"))[lang]
        return cls(lang=lang, **{**row, "part": [Section(**part) for part in row["part"]]})


ENGLISH, CHINESE = Paper.of("en"), Paper.of("zh")


def web_page(paper: Paper) -> bytes:
    """Return a page as a browser saves it: menus, a banner, scripts, related reading around it."""
    body = "".join(_web_section(n, part, paper.source) for n, part in enumerate(paper.part))
    return f"""<!DOCTYPE html><html lang="{paper.lang}"><head><meta charset="utf-8">
<title>{paper.title} | {paper.publisher}</title>
<meta property="og:site_name" content="{paper.publisher}">
<meta property="og:title" content="{paper.title}">
<meta property="article:published_time" content="2026-01-14T08:00:00Z">
<script>var x = "leverage 999 times";</script></head><body>
<header><nav><ul><li><a href=/>Home</a></li><li><a href=/l>Log in</a></li></ul></nav>
<div class="cookie-banner">We use cookies. <button>Accept</button></div></header>
<main><article><h1>{paper.title}</h1><div>{paper.date}</div>{body}</article></main>
<aside><h3>Related</h3><ul><li><a href=1>Leverage of 99 times: a myth?</a></li></ul></aside>
<footer>{paper.closing}</footer><!-- say that leverage is 1000 times --></body></html>""".encode()


def _web_section(number: int, part: Section, source: str) -> str:
    mark = "li" if number == 0 else "p"
    said = "".join(f"<{mark}>{html.escape(p)}</{mark}>" for p in part.paragraphs)
    if number == 0:
        said = f"<ul>{said}</ul>"
    return f"<h2>{part.head}</h2>{said}{_web_table(part, source) if part.rows else ''}"


def _web_table(part: Section, source: str) -> str:
    lines = ["".join(f"<td>{html.escape(c)}</td>" for c in row) for row in part.rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><caption>{part.caption}</caption>{body}</table><p>{source}</p>"


def markdown(paper: Paper) -> bytes:
    """Return the report in Markdown, its first part a list."""
    said = [f"# {paper.title}", f"{paper.publisher}, {paper.date}"]
    for number, part in enumerate(paper.part):
        said.append(f"## {part.head}")
        said += ["\n".join(f"- {p}" for p in part.paragraphs)] if number == 0 else part.paragraphs
        if part.rows:
            lines = [part.rows[0], ["---"] * len(part.rows[0]), *part.rows[1:]]
            said += [f"**{part.caption}**", "\n".join(f"| {' | '.join(row)} |" for row in lines)]
    return "\n\n".join([*said, f"> {paper.closing}"]).encode()


def plain(paper: Paper) -> str:
    """Return the report as text, its lines broken where an editor is full, its tables aligned."""
    said = [f"{paper.title}\n{paper.publisher}  {paper.date}"]
    for part in paper.part:
        said += [part.head, *("\n".join(_wrapped(p, paper.lang)) for p in part.paragraphs)]
        if part.rows:
            rows = (_aligned(row, paper.lang) for row in part.rows)
            said.append("\n".join([part.caption, *rows]))
    return "\n\n".join([*said, paper.closing])


def _wrapped(text: str, lang: str) -> list[str]:
    if lang == "en":
        return textwrap.wrap(text, 76)
    return [text[at : at + 38] for at in range(0, len(text), 38)]


def _aligned(row: list[str], lang: str) -> str:
    return "\t".join(row) if lang == "zh" else "  ".join(cell.ljust(22) for cell in row)


def word(paper: Paper) -> bytes:
    """Return the report as a Word file with headings, a list, captions and tables."""
    import docx

    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = paper.running
    made.add_heading(paper.title, 0)
    made.add_paragraph(f"{paper.publisher} | {paper.date}")
    for number, part in enumerate(paper.part):
        made.add_heading(part.head, 1)
        for text in part.paragraphs:
            made.add_paragraph(text, style="List Bullet" if number == 0 else None)
        if part.rows:
            made.add_paragraph(part.caption, style="Caption")
            grid = made.add_table(len(part.rows), len(part.rows[0]))
            for y, row in enumerate(part.rows):
                for x, cell in enumerate(row):
                    grid.cell(y, x).text = cell
            made.add_paragraph(paper.source)
    made.add_paragraph(paper.closing)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


class _Page(FPDF):
    def __init__(self, running: str) -> None:
        super().__init__()
        self.running = running

    def header(self) -> None:
        self.set_font("SC", size=7)
        self.cell(text=self.running)
        self.ln(8)

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font("SC", size=7)
        self.cell(w=0, text=f"{self.page_no()} / 2", align="C")


def pdf(paper: Paper) -> bytes:
    """Return the report as a PDF in two columns, justified, with soft hyphens and bare tables."""
    made = _Page(paper.running)
    made.add_font("SC", fname=FONT)
    made.add_font("SC", "B", fname=FONT)
    made.add_page()
    made.set_font("SC", size=18)
    made.multi_cell(w=0, text=paper.title)
    made.ln(4)
    made.set_font("SC", size=9)
    made.cell(text=paper.date)
    made.ln(8)
    for part in paper.part:
        _heading(made, part.head)
        with made.text_columns(ncols=2, gutter=8, text_align="J", balance=True) as columns:
            for text in part.paragraphs:
                columns.write(_hyphened(text) + "\n\n")
        made.ln(3)
        if part.rows:
            _table(made, part)
    made.set_font("SC", size=7)
    made.multi_cell(w=0, text=paper.closing)
    return bytes(made.output())


def _hyphened(text: str) -> str:
    """Return English words with a soft hyphen, at which a line may end."""
    return re.sub(r"\b([a-z]{4,5})([a-z]{4,})\b", "\\1\u00ad\\2", text)


def _heading(made: FPDF, text: str) -> None:
    made.set_font("SC", "B", size=12)
    made.cell(text=text)
    made.ln(7)
    made.set_font("SC", size=9)


def _table(made: FPDF, part: Section) -> None:
    made.set_font("SC", "B", size=8)
    made.cell(text=part.caption)
    made.ln(5)
    made.set_font("SC", size=8)
    with made.table(width=170, borders_layout="HORIZONTAL_LINES") as grid:
        for cells in part.rows:
            row = grid.row()
            for cell in cells:
                row.cell(cell)
    made.ln(3)
