"""Once the child is shut nothing is opened or imported, whatever a page holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from knowledge.parsing import web
from knowledge.parsing.reading import read_report
from tests.knowledge.parsing import broker
from tests.recorded import reference_reports

ROOT = Path(__file__).parents[3]
TEXT = {
    "en": "Haircuts on Treasury repo stayed near two percent, and dealers asked for no more. " * 9,
    "zh": "国债回购的折扣率维持在百分之二附近\uff0c交易商没有提出更高的要求\uff0c融资条件保持平稳。"
    * 9,
    "de": "Die Abschl\u00e4ge auf Staatsanleihen blieben bei zwei Prozent, sagten H\u00e4ndler. "
    * 9,
    "fr": "Les d\u00e9cotes sur les bons du Tr\u00e9sor sont pr\u00e8s de deux pour cent. " * 9,
}
# What a page says of its date, in the ways that pages do.
DATES = [
    ("en", "utf-8", '<meta property="article:published_time" content="2026-03-02T10:15:00+01:00">'),
    ("en", "utf-8", '<meta name="date" content="Mon, 02 Mar 2026 10:15:00 GMT">'),
    ("en", "iso-8859-1", "<p>Published on 2 March 2026 by the desk</p>"),
    ("en", "windows-1252", "<p class='date'>March 2nd, 2026</p>"),
    ("en", "utf-8", "<p>Last updated: 03/02/26, 10:15 a.m. EST</p>"),
    ("zh", "utf-8", "<p>发布日期\uff1a2026年3月2日 10\uff1a15</p>"),
    ("zh", "gb18030", "<span class='time'>2026-03-02 10:15</span>"),
    ("zh", "big5", "<p>2026/03/02</p>"),
    ("de", "utf-8", "<p>Ver\u00f6ffentlicht am 2. M\u00e4rz 2026</p>"),
    ("fr", "iso-8859-1", "<p>Publi\u00e9 le 2 mars 2026</p>"),
    ("en", "utf-8", "<time datetime='2026-03-02'>yesterday</time><p>three days ago</p>"),
    ("en", "utf-8", '<script type="application/ld+json">{"datePublished": "2026-03-02"}</script>'),
    ("en", "utf-16", "<p>Copyright \u00a9 2019-2026, all about 2. 3. 26 and Sat Mar  2 2026</p>"),
    (
        "en",
        "utf-8",
        "<table><tr><th>Day</th><th>Rate</th></tr><tr><td>Mar 2</td><td>4%</td></table>",
    ),
]


def page(lang: str, charset: str, date: str) -> bytes:
    text = TEXT[lang]
    if charset == "big5":
        text = text.translate(str.maketrans("国债购扣维", "國債購扣維"))
    body = f"<article><h1>Repo</h1>{date}<p>{text}</p><p>{text[:200]}</p></article>"
    head = f'<meta charset="{charset}"><title>Repo</title>'
    return f"<html lang='{lang}'><head>{head}</head><body>{body}</body></html>".encode(
        charset, "replace"
    )


def late(kind: str, *paths: Path) -> dict[str, object]:
    """Return what reading opened late, and the letters found in each file."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.knowledge.parsing.late", kind, *map(str, paths)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_pages_with_dates_of_any_style_open_nothing_late(tmp_path: Path):
    paths = [tmp_path / f"{n}.html" for n in range(len(DATES))]
    for path, (lang, charset, date) in zip(paths, DATES, strict=True):
        path.write_bytes(page(lang, charset, date))
    found = late("html", *paths)
    assert found["late"] == []
    assert isinstance(found["chars"], dict)
    assert min(found["chars"].values()) > 200


@pytest.mark.parametrize("path", reference_reports(".html"))
def test_real_pages_open_nothing_late_and_are_read(path: Path):
    assert late("html", path)["late"] == []
    report = read_report(path.read_bytes(), path.name)
    assert report.chars > 5_000
    assert report.notes == ()


def test_word_files_open_nothing_late(tmp_path: Path):
    path = tmp_path / "report.docx"
    path.write_bytes(broker.word(broker.ENGLISH))
    assert late("docx", path)["late"] == []


def test_text_is_kept_where_what_a_page_says_of_itself_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
):
    def blocked(*_: object, **__: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("trafilatura.extract_metadata", blocked)
    parsed = web.parse_web(page(*DATES[0]))
    assert "Haircuts on Treasury repo" in "".join(block.text for block in parsed.blocks)
    assert parsed.notes == ("metadata_unread:OSError",)
