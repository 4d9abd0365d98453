"""A report with days that no calendar has is read like any other, whatever kind of file it is."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.amounts import span_of
from knowledge.parsing.blocks import Parsed
from knowledge.parsing.child import report_of_parsed
from knowledge.parsing.facts import named_in, suggested
from knowledge.parsing.kinds import Kind
from knowledge.parsing.pdf import parse_pdf
from knowledge.parsing.report import Report
from knowledge.parsing.texts import parse_markdown, parse_text
from knowledge.parsing.web import parse_web
from knowledge.parsing.word import parse_word
from tests.knowledge.parsing import files

MOST = 1_000_000
TODAY = date(2026, 11, 24)
_WORDS = {"en": (" to ", " and ", "-", ", ", " through "), "zh": ("至", "到", "和", "\uff0c", "-")}
_MONTHS = ("January", "February", "Feb", "Apr", "June", "Sept", "November", "Smarch")
_HEADS = {"en": "Treasury basis monitor", "zh": "美国国债基差交易监测与杠杆水平的每周报告"}
_PLACES = {
    "en": (
        "Published on {a}", "Leverage of the basis trade reached 37 times on {a}.",
        "The haircut was 2% on {a}, against 1% on {b}.",
        "From {a}{to}{b} hedge funds held a short position of $912 billion.",
        "In the week to {a} the basis trade stood at $1.1 trillion, up from $0.9 trillion a year "
        "earlier.", "Between {a} and {b} leverage was 21 times, from 18 times on {b}.",
    ),
    "zh": (
        "发布日期\uff1a{a}", "{a}基差交易的杠杆达到37倍。", "折扣率在{a}为2%\uff0c而{b}为1%。",
        "{a}{to}{b}对冲基金的期货空头为9120亿美元。", "截至{a}基差交易规模为1.1万亿美元\uff0c"
        "上年同期为0.9万亿美元。",
    ),
}  # fmt: skip


@st.composite
def days(draw: st.DrawFn, lang: str) -> str:
    """Return a date as people write it; many do not exist, and some lack their year."""
    year = draw(st.sampled_from((1900, 2019, 2020, 2023, 2025, 2026)))
    month, day = draw(st.integers(0, 14)), draw(st.sampled_from((0, 1, 15, 28, 29, 30, 31, 32)))
    quarter, week, name = draw(st.integers(0, 6)), draw(st.integers(0, 60)), draw(
        st.sampled_from(_MONTHS)
    )  # fmt: skip
    both = (f"{year}-{month:02d}-{day:02d}", f"{month}/{day}/{year}", f"{day}.{month}.{year}",
            f"{year}-W{week}", f"Q{quarter} {year}", f"{quarter}Q{year % 100}")  # fmt: skip
    english = (f"{day} {name} {year}", f"{name} {day}, {year}", f"{name} {day}", f"{day} {name}",
               f"{name} {year}", f"{day}-{day + 2} {name} {year}")  # fmt: skip
    chinese = (f"{year}年{month}月{day}日", f"{month}月{day}日", f"{day}日", f"{month}月",
               f"{year}年第{quarter}季度", f"{year}年{month}月{day}日至{day + 2}日")  # fmt: skip
    return draw(st.sampled_from(both + (chinese if lang == "zh" else english)))


@st.composite
def papers(draw: st.DrawFn, lang: str = "") -> list[str]:
    """Return the paragraphs of a report about dates that may not be."""
    spoken = lang or draw(st.sampled_from(("en", "zh")))
    chosen = draw(st.lists(st.sampled_from(_PLACES[spoken]), min_size=1, max_size=4))
    head = f"{draw(days(spoken))} {_HEADS[spoken]}"
    day, to = days(spoken), st.sampled_from(_WORDS[spoken])
    return [head, *(text.format(a=draw(day), b=draw(day), to=draw(to)) for text in chosen)]


Row = list[tuple[str, ...]]


def _table(paper: list[str]) -> Row:
    return [
        ("Date", "Leverage (times)", "Haircut (%)"),
        *((text[:40], "37", "2") for text in paper),
    ]


def text(paper: list[str]) -> tuple[Parsed, bytes]:
    data = "\n\n".join(paper).encode()
    return parse_text(data), data


def markdown(paper: list[str]) -> tuple[Parsed, bytes]:
    rows = [f"| {' | '.join(row)} |" for row in _table(paper)]
    rows.insert(1, "|---|---|---|")
    data = "\n\n".join([f"# {paper[0]}", *paper[1:], "\n".join(rows)]).encode()
    return parse_markdown(data), data


def page(paper: list[str]) -> tuple[Parsed, bytes]:
    rows = "".join(
        f"<tr>{''.join(f'<td>{html.escape(c)}</td>' for c in row)}</tr>" for row in _table(paper)
    )
    said = "".join(f"<p>{html.escape(t)}</p>" for t in paper)
    stated = html.escape(paper[0], quote=True)
    data = (
        f'<html><head><meta charset="utf-8"><title>{stated}</title>'
        f'<meta property="article:published_time" content="{stated}"></head>'
        f"<body><article><h1>{stated}</h1>{said}<table>{rows}</table></article></body></html>"
    ).encode()
    return parse_web(data), data


def word(paper: list[str]) -> tuple[Parsed, bytes]:
    data = files.docx(paper, _table(paper))
    return parse_word(data), data


def pdf(paper: list[str]) -> tuple[Parsed, bytes]:
    data = files.small_pdf("\n".join(paper), title=paper[0])
    return parse_pdf(data, 100, MOST), data


KINDS: dict[Kind, Callable[[list[str]], tuple[Parsed, bytes]]] = {
    "text": text, "markdown": markdown, "html": page, "docx": word, "pdf": pdf,
}  # fmt: skip


def exist(report: Report) -> None:
    """Check that each date which was read is one of the calendar."""
    for stated in (report.published, *(r.as_of for r in report.readings)):
        for day in re.findall(r"\d{4}-\d\d-\d\d", stated):
            date.fromisoformat(day)
        for month in re.findall(r"\d{4}-(\d\d)\b", stated):
            assert 1 <= int(month) <= 12
        for quarter in re.findall(r"\d{4}-Q(\d)", stated):
            assert 1 <= int(quarter) <= 4
        span_of(stated)


@settings(max_examples=600)
@given(papers())
def test_a_text_is_read_and_only_with_dates_that_exist(paper: list[str]):
    report = report_of_parsed(*text(paper), "note.txt", "text", MOST)
    exist(report)
    suggested([piece.text for piece in report.pieces], TODAY)


@pytest.mark.parametrize("kind", ["markdown", "html", "docx"])
@settings(max_examples=60, deadline=None)
@given(paper=papers())
def test_so_is_each_other_kind_of_file(kind: Kind, paper: list[str]):
    exist(report_of_parsed(*KINDS[kind](paper), f"note.{kind}", kind, MOST))


@settings(max_examples=30, deadline=None)
@given(papers("en"))
def test_so_is_a_pdf(paper: list[str]):
    exist(report_of_parsed(*pdf(paper), "note.pdf", "pdf", MOST))


@settings(max_examples=300)
@given(st.sampled_from(("en", "zh")).flatmap(days), st.sampled_from(("", "Morgan Stanley, ")))
def test_a_label_takes_a_date_that_exists(day: str, publisher: str):
    for said in re.findall(r"\d{4}-\d\d-\d\d", named_in(publisher + day)[1]):
        date.fromisoformat(said)


@pytest.mark.parametrize(
    ("told", "as_of"),
    [
        ("14 March 2026\n\nLeverage was 37 times on 29 February.", ""),
        ("14 March 2024\n\nLeverage was 37 times on 29 February.", "2024-02-29"),
        ("14 March 2026\n\nIn 2025 it rose. Leverage was 37 times on 29 February.", ""),
        ("In May 2025 it rose. Leverage was 37 times on 30 February.", ""),
        ("In May 2025 it rose. On 31 June it fell. Leverage was 37 times.", ""),
        (f"In May 2025 {'it rose and rose ' * 7}. Leverage was 37 times on 3 March.", ""),
        ("In May 2025 it rose. Leverage was 37 times.", "2025-05"),
        ("2026年3月14日\n\n2025年5月规模上升。杠杆在2月29日达到37倍。", ""),
        ("2025年5月规模上升。杠杆在2月30日达到37倍。", "2025-02"),
        ("In May 2025 it rose. Leverage was 37 times on 30 February 2025.", "2025-02"),
    ],
)
def test_a_day_that_is_not_takes_no_other_date(told: str, as_of: str):
    """At most the month that is written beside it is read."""
    report = report_of_parsed(parse_text(told.encode()), b"", "note.txt", "text", MOST)
    assert [r.as_of for r in report.readings] == [as_of]
