"""The same report says the same, whatever it comes as: a page, a file, an old encoding."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from knowledge.parsing.reading import read_report
from knowledge.parsing.report import Report
from knowledge.script import simplifier
from tests.knowledge.parsing import broker
from tests.knowledge.parsing.broker import CHINESE, ENGLISH, Paper


def traditional(paper: Paper) -> bytes:
    from opencc_purepy import OpenCC

    return bytes(OpenCC("s2t").convert(broker.plain(paper)).encode("big5", "replace"))


def text(encoding: str) -> Callable[[Paper], bytes]:
    return lambda paper: broker.plain(paper).encode(encoding)


FORMS: dict[str, Callable[[Paper], bytes]] = {
    "report.pdf": broker.pdf,
    "report.docx": broker.word,
    "report.html": broker.web_page,
    "report.md": broker.markdown,
    "report.txt": text("utf-8"),
    "report.utf16.txt": text("utf-16"),
    "report.gb.txt": text("gb18030"),
}
PAPERS = {"en": ENGLISH, "zh": CHINESE}
# Each figure of the text and of the rows of tables whose own words name its measure.
FIGURES = {"en": 40, "zh": 40}


def report(name: str, lang: str) -> Report:
    return read_report(FORMS[name](PAPERS[lang]), name)


def said(found: Report) -> set[tuple[str, float, str, str]]:
    return {(r.group, r.value, r.unit, r.as_of) for r in found.readings}


@pytest.mark.parametrize("lang", PAPERS)
@pytest.mark.parametrize("name", FORMS)
def test_a_report_is_read_alike_in_every_form(name: str, lang: str):
    found, paper = report(name, lang), PAPERS[lang]
    assert found.title == paper.title
    assert found.publisher == {"en": "Morgan Stanley", "zh": "CICC"}[lang]
    assert found.published == "2026-01-14"
    assert found.lang == lang
    assert len(found.readings) == FIGURES[lang]
    assert said(found) == said(report("report.md", lang))


@pytest.mark.parametrize("lang", PAPERS)
@pytest.mark.parametrize("name", FORMS)
def test_each_paragraph_and_each_row_is_there_whole(name: str, lang: str):
    paper = PAPERS[lang]
    pieces = report(name, lang).pieces
    text = "".join(p.text for p in pieces if p.kind == "text").replace(" ", "").replace("\n", "")
    for part in paper.part:
        for paragraph in part.paragraphs:
            assert paragraph.replace(" ", "") in text
    tables = [p.text for p in pieces if p.kind == "table"]
    parts = [part for part in paper.part if part.rows]
    for part, found in zip(parts, tables, strict=True):
        assert found == "\n".join([part.caption, *(" | ".join(row) for row in part.rows)])


@pytest.mark.parametrize("name", FORMS)
def test_what_stands_around_a_report_is_no_part_of_it(name: str):
    text = "\n".join(p.text for p in report(name, "en").pieces)
    for strange in ("999", "1000 times", "a myth", "cookies", "Log in", "1 / 2"):
        assert strange not in text


def test_traditional_characters_are_read_like_simplified_ones():
    found = read_report(traditional(CHINESE), "report.txt")
    assert "槓桿" in found.pieces[1].text
    assert said(found) == said(report("report.txt", "zh"))


def test_the_converter_needs_no_file_once_it_is_loaded():
    """The child may open none when it meets the first traditional character."""
    assert simplifier()("槓桿") == "杠杆"
