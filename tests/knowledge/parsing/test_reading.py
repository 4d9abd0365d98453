"""Good files are read whole: text in order with its place, tables by rows, figures."""

from __future__ import annotations

import subprocess
import sys

import pytest

from knowledge.parsing.pieces import Piece
from knowledge.parsing.reading import bare_environment, clean_label, read_report
from knowledge.parsing.readings import Reading
from knowledge.parsing.report import Report, is_near, simhash
from tests.knowledge.parsing import files

PAGES = 40


@pytest.fixture(scope="module")
def report() -> Report:
    return read_report(files.two_column_report(PAGES), "monitor.pdf")


def on(report: Report, page: int, kind: str) -> list[Piece]:
    return [p for p in report.pieces if p.page == page and p.kind == kind]


def test_it_says_who_when_and_in_which_language(report: Report):
    assert report.title == "Treasury basis monitor"
    assert report.publisher == "Morgan Stanley"
    assert report.published == "2026-01-14"
    assert report.pages == PAGES
    assert {p.lang for p in report.pieces} == {"en", "zh"}


@pytest.mark.parametrize("page", range(1, PAGES + 1))
def test_columns_are_read_one_after_the_other_on_each_page(report: Report, page: int):
    pieces = on(report, page, "text")
    text = " ".join(p.text for p in pieces).removeprefix(pieces[0].section)
    chinese = page % 2 == 0
    first = files.ZH if chinese else files.EN
    said = first.format(size=(400 + page) * 10 if chinese else 400 + page, times=20 + page)
    filler = files.ZH_FILLER if chinese else files.EN_FILLER
    places = [squeezed(text).find(squeezed(s)[:60]) for s in (said, filler[1], filler[2])]
    assert places[0] == 0
    assert -1 < places[1] < places[2]


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("page", range(1, PAGES + 1))
def test_tables_are_kept_whole_and_row_by_row(report: Report, page: int):
    (whole,) = on(report, page, "table")
    assert whole.text.splitlines()[0].startswith(("Table", "表"))
    rows = on(report, page, "row")
    assert len(rows) == 4
    assert f"{100 + page + 20}" in rows[2].text
    assert "5-year" in rows[2].text


def test_lines_that_recur_on_each_page_are_said_once(report: Report):
    assert sum("Treasury basis monitor |" in p.text for p in report.pieces) == 1
    assert not any("Page 7" in p.text for p in report.pieces)


def test_each_page_of_text_keeps_its_section(report: Report):
    assert on(report, 3, "text")[0].section == "Part 3: funding"
    assert on(report, 4, "text")[0].section == "第4部分 融资与杠杆"


def found(report: Report, group: str, page: int) -> list[Reading]:
    return [r for r in report.readings if r.group == group and report.pieces[r.piece].page == page]


def test_figures_are_read_in_both_languages_with_measure_unit_and_date(report: Report):
    english = found(report, "size", 1)[0]
    assert (english.value, english.unit, english.as_of) == (401e9, "usd", "2025-09")
    assert english.entity_en == "leveraged funds"
    assert found(report, "leverage", 1)[0].value == 21
    chinese = found(report, "size", 2)[0]
    assert (chinese.value, chinese.unit, chinese.as_of) == (402e9, "usd", "2026-01")
    assert chinese.entity_zh == "对冲基金"
    assert found(report, "leverage", 2)[0].value == 22
    assert found(report, "margin", 2)[0].value == 2.1


def test_cells_take_their_unit_from_the_column(report: Report):
    english = [r.value for r in found(report, "volume", 1)]
    assert english == [101e9, 111e9, 121e9, 131e9]
    assert [r.value for r in found(report, "repo_size", 2)] == [10.2e9, 11.2e9, 12.2e9, 13.2e9]
    assert [r.value for r in found(report, "haircut", 1)] == [0.0, 0.5, 1.0, 1.5]


def test_a_figure_points_to_its_sentence(report: Report):
    for reading in report.readings:
        text = report.pieces[reading.piece].text
        assert reading.written in text[reading.start : reading.end]


def plain(*texts: str) -> list[tuple[str, int]]:
    return [(text, 1) for text in texts]


def test_names_of_columns_that_are_broken_over_lines_are_put_together():
    data = files.table_pdf(
        [
            plain("Quarter", "Repo borrowing ($bn)", "Prime brokerage ($bn)", "Gross leverage (x)"),
            plain("2025-Q1", "2,640", "2,310", "16.8"),
            plain("2025-Q2", "2,870", "n/a", "17.1"),
        ],
        (22, 18, 20, 18),
        "Table 1: Hedge fund financing by quarter",
    )
    report = read_report(data, "a.pdf")
    (whole,) = [p for p in report.pieces if p.kind == "table"]
    assert whole.text.splitlines() == [
        "Table 1: Hedge fund financing by quarter",
        "Quarter | Repo borrowing ($bn) | Prime brokerage ($bn) | Gross leverage (x)",
        "2025-Q1 | 2,640 | 2,310 | 16.8",
        "2025-Q2 | 2,870 | n/a | 17.1",
    ]
    assert {(r.group, r.value, r.as_of) for r in report.readings} == {
        ("repo_size", 2.64e12, "2025-Q1"),
        ("repo_size", 2.87e12, "2025-Q2"),
        ("leverage", 16.8, "2025-Q1"),
        ("leverage", 17.1, "2025-Q2"),
    }


def test_a_name_over_two_columns_counts_for_both():
    data = files.table_pdf(
        [
            [("", 1), ("Leveraged funds net short", 2), ("Asset managers net long", 2)],
            plain("Contract", "6 Jan 2026", "30 Dec 2025", "6 Jan 2026", "30 Dec 2025"),
            plain("TU", "412", "403", "380", "371"),
            plain("FV", "406", "409", "395", "399"),
        ],
        (30, 32, 32, 32, 32),
        "Table 2. Positions in Treasury futures, $bn",
    )
    report = read_report(data, "a.pdf")
    (whole,) = [p for p in report.pieces if p.kind == "table"]
    assert whole.text.splitlines()[1].startswith(
        "Contract | Leveraged funds net short, 6 Jan 2026 |"
    )
    first = {
        (r.entity_en, r.group, r.value, r.as_of) for r in report.readings if "TU" in r.sentence
    }
    assert first == {
        ("leveraged funds", "futures_shorts", 4.12e11, "2026-01-06"),
        ("leveraged funds", "futures_shorts", 4.03e11, "2025-12-30"),
        ("asset managers", "futures_longs", 3.80e11, "2026-01-06"),
        ("asset managers", "futures_longs", 3.71e11, "2025-12-30"),
    }


SPREAD = [
    [("", 1), ("Leveraged funds net short", 2), ("Asset managers net long", 2)],
    plain("Contract", "6 Jan 2026", "30 Dec 2025", "6 Jan 2026", "30 Dec 2025"),
    plain("TU", "412", "403", "380", "371"),
]


def test_a_name_over_two_columns_counts_for_both_on_a_web_page_and_in_word_too():
    rows = "".join(
        "<tr>" + "".join(f"<td colspan={n}>{text}</td>" for text, n in row) + "</tr>"
        for row in SPREAD
    )
    caption = "Positions in Treasury futures, $bn"
    said = "<p>" + "Positions in Treasury futures have grown over the year. " * 6 + "</p>"
    body = f"<article>{said}<h2>{caption}</h2><table>{rows}</table></article>"
    page = f"<html><body>{body}</body></html>"
    word = files.merged_docx(SPREAD, caption)
    for name, data in (("a.html", page.encode()), ("a.docx", word)):
        report = read_report(data, name)
        table = next(p.text for p in report.pieces if p.kind == "table")
        assert "Contract | Leveraged funds net short, 6 Jan 2026 | Leveraged" in table
        assert "Asset managers net long, 30 Dec 2025\nTU | 412 | 403 | 380 | 371" in table
        assert len([r for r in report.readings if r.group == "futures_longs"]) == 2


TEXT = "对冲基金的基差交易规模约为1.5万亿美元\uff0c平均杠杆为18倍。折扣率大多接近于零。\n" * 4


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_text_is_read_in_any_usual_encoding(encoding: str):
    report = read_report(TEXT.encode(encoding), "notes.txt")
    assert report.lang == "zh"
    assert report.pieces[0].text.startswith("对冲基金的基差交易规模约为1.5万亿美元")
    assert {1.5e12, 18.0} <= {r.value for r in report.readings}


def test_traditional_and_western_code_pages_are_read():
    big5 = (
        "對沖基金的基差交易規模約為1.5萬億美元\uff0c平均槓桿為18倍。國債回購的折扣率大多接近於零。\n"
        * 4
    )
    assert "槓桿" in read_report(big5.encode("big5"), "a.txt").pieces[0].text
    western = "Café note \u2013 leverage of the \u201cbasis\u201d funds was 56 times. " * 3
    assert "\u201cbasis\u201d" in read_report(western.encode("cp1252"), "a.txt").pieces[0].text


def test_word_files_keep_their_tables_in_order():
    data = files.docx(
        ["Funding has grown.", "Table 1. Funding"], [("Tenor", "Haircut (%)"), ("2y", "0.5")]
    )
    report = read_report(data, "a.docx")
    assert [p.kind for p in report.pieces] == ["text", "table", "row"]
    assert report.pieces[1].text == "Table 1. Funding\nTenor | Haircut (%)\n2y | 0.5"
    assert [(r.group, r.value, r.unit) for r in report.readings] == [("haircut", 0.5, "percent")]


PAGE = (
    "<html><head><title>Note on leverage</title>"
    "<meta property='og:site_name' content='Example Bank'>"
    "<meta name='date' content='2026-03-02'><script>alert(1)</script></head><body>"
    "<nav><a href='/'>Home</a><a href='/x'>Subscribe now</a></nav>"
    "<article><h1>Note on leverage</h1>"
    "<p>Leverage of the funds in the basis trade was 56 times in December 2022, as a note of the "
    "Board says; others put it lower. It rests on repo with haircuts near zero.</p>"
    "<table><tr><th>Tenor</th><th>Haircut (%)</th></tr><tr><td>2y</td><td>0.5</td></tr></table>"
    "<p>A second paragraph tells how dealers set their terms and how these changed in spring.</p>"
    "</article><footer>All rights reserved</footer></body></html>"
)


def test_of_a_web_page_the_article_is_read_and_nothing_around_it():
    report = read_report(PAGE.encode(), "note.pdf")
    assert (report.kind, report.publisher, report.published) == (
        "html",
        "Example Bank",
        "2026-03-02",
    )
    text = " ".join(p.text for p in report.pieces)
    assert "56 times" in text
    assert "Subscribe now" not in text
    assert "alert" not in text
    assert {(r.group, r.value) for r in report.readings} >= {("leverage", 56.0), ("haircut", 0.5)}


def test_markdown_has_sections_and_tables():
    text = (
        "---\nx: 1\n---\n# Funding\n\nLeverage was **56 times** in 2022, see [here](http://x).\n\n"
        "Table 1\n| Tenor | Leverage (x) |\n|---|---:|\n| 5-year | 45 |\n"
    )
    report = read_report(text.encode(), "a.md")
    assert report.title == "Funding"
    assert report.pieces[0].text == "Funding\n\nLeverage was 56 times in 2022, see here."
    assert [r.value for r in report.readings] == [56.0, 45.0]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("../../x", "x"),
        ("a\0b.pdf", "ab.pdf"),
        ("CON", "CON"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("evil\u202efdp.exe", "evilfdp.exe"),
        ("  two\n lines .txt", "two lines .txt"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("报告.pdf", "报告.pdf"),
    ],
)
def test_a_name_is_only_a_label(name: str, label: str):
    assert clean_label(name) == label


def test_small_changes_keep_the_print_of_a_text_and_another_text_has_another():
    text = " ".join(p for p in files.EN_FILLER) * 3
    changed = text.replace("cheapest", "dearest", 1)
    assert is_near(simhash(text), simhash(changed))
    assert not is_near(simhash(text), simhash(files.EN * 5))


@pytest.mark.skipif(sys.platform == "win32", reason="these bounds are Unix's")
def test_the_child_can_open_neither_files_nor_sockets_and_knows_no_secret(
    monkeypatch: pytest.MonkeyPatch,
):
    """What a parser could do under an attacker's hand, tried from where a parser runs."""
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:secret")
    code = (
        "import os, socket; from knowledge.parsing import child\n"
        "child._bound(2**30, 5); child._parser('text'); child._shut()\n"
        "for act in (lambda: open('/etc/passwd'), socket.socket, os.pipe):\n"
        "    try: act(); print('open')\n"
        "    except OSError as error: print(error.errno)\n"
        "print('TELEGRAM_BOT_TOKEN' in os.environ)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=bare_environment(), capture_output=True, check=True
    )
    assert done.stdout.decode().split() == ["24", "24", "24", "False"]
