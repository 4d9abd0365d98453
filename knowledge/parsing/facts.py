"""A parsed document -> title, publisher, date, language, each as far as it says so itself."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from knowledge.chunking import language_of_text
from knowledge.errors import KnowledgeError
from knowledge.figures import When, not_in_calendar, whens
from knowledge.parsing.blocks import Parsed
from knowledge.report import Lang

# What stands within so many characters is the head of a document: title, byline, date.
_HEAD_CHARS = 1500
# A line so short that names a publisher or a date does so for its own sake.
_SHORT_LINE = 90
_FIRST_YEAR = 1990
# A title that ends like this is only the name of the file that was printed.
_ENDINGS = (".doc", ".docx", ".pdf", ".html", ".htm", ".txt", ".indd", ".pptx", ".xlsx")
_TOOLS = re.compile(
    r"python-docx|microsoft|word|latex|pdftex|acrobat|adobe|admin|user|author|unknown|untitled",
    re.I,
)
_OTHER_SCRIPTS = re.compile(
    r"[\u0370-\u03ff\u0400-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\uac00-\ud7af]"
)
# Whose data a table shows is not who published the report.
_SOURCE = re.compile(
    r"^(?:sources?|data|notes?)\s*[:\uff1a]|\b(?:according to|based on)\b"
    r"|^(?:资料|数据)?来源|^(?:数据|注)[:\uff1a]|^根据",
    re.IGNORECASE,
)
_BY = re.compile(r"published|issued|dated?\b|as of|\u53d1\u5e03|\u65e5\u671f|\u53d1\u8868", re.I)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a document says of itself; empty where it does not."""

    title: str
    publisher: str
    published: str
    lang: Lang


def facts_of(parsed: Parsed, name: str) -> Facts:
    """Return what a document says of itself; `name` is its file's, the title of last resort.

    Raises KnowledgeError (report_language) for one that is in neither language.
    """
    lines = list(_head_lines(parsed))
    return Facts(
        title=_title(parsed, lines, name),
        publisher=_publisher(parsed, lines),
        published=_published(parsed, lines),
        lang=_language(parsed),
    )


def load() -> None:
    """Read the table of publishers, while files can still be opened."""
    _publishers()


def _head_lines(parsed: Parsed) -> Iterable[str]:
    seen = 0
    for block in parsed.blocks:
        if seen > _HEAD_CHARS or (block.page or 1) > 1:
            return
        yield block.text
        seen += len(block.text)


def _title(parsed: Parsed, lines: list[str], name: str) -> str:
    given = " ".join(parsed.title.split())
    if given and not _TOOLS.match(given) and not given.lower().endswith(_ENDINGS):
        return given[:200]
    heads = [b.text for b in parsed.blocks[:12] if b.kind == "heading" and (b.page or 1) == 1]
    first = next((text for text in heads if not text[:1].isdigit()), "")
    stem = PurePosixPath(name).stem
    return (first or stem or next(iter(lines), name))[:200]


def _publisher(parsed: Parsed, lines: list[str]) -> str:
    """Return the publisher that a document's own marks name: its data, edges, byline, copyright."""
    if parsed.publisher:
        return _known(parsed.publisher) or parsed.publisher[:80]
    data = "" if _TOOLS.search(parsed.author) else parsed.author
    short = [line for line in lines if len(line) <= _SHORT_LINE and not _SOURCE.match(line)]
    rights = [b.text for b in parsed.blocks if "\u00a9" in b.text or "copyright" in b.text.lower()]
    places = ([data], list(parsed.running), short, [_around_rights(r) for r in rights])
    for place in places:
        if found := _known(" \n ".join(place)):
            return found
    return ""


def _around_rights(text: str) -> str:
    at = max(text.find("\u00a9"), text.lower().find("copyright"))
    return text[max(0, at - 20) : at + 80]


def _known(text: str) -> str:
    """Return the publisher named first in a text."""
    found = [(m.start(), name) for name, form in _publishers() if (m := form.search(text))]
    return min(found)[1] if found else ""


def publisher_in(lang: Lang, name: str) -> str:
    """Return a publisher's name as it is written in a language.

    >>> publisher_in("zh", "CICC"), publisher_in("zh", "Example Bank")
    ('中金公司', 'Example Bank')
    """
    return _chinese_names().get(name, name) if lang == "zh" else name


@cache
def _chinese_names() -> dict[str, str]:
    aliases = ((row["name"], [a for a in row["aliases"] if not a.isascii()]) for row in _rows())
    return {name: chinese[0] for name, chinese in aliases if chinese}


@cache
def _publishers() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((row["name"], _form(row["aliases"])) for row in _rows())


@cache
def _rows() -> list[dict[str, Any]]:
    path = Path(__file__).with_name("publishers.toml")
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["publisher"]
    return rows


def _form(aliases: list[str]) -> re.Pattern[str]:
    parts = [
        rf"\b{re.escape(a)}\b" if a.isascii() else re.escape(a)
        for a in sorted(aliases, key=len, reverse=True)
    ]
    return re.compile("|".join(parts), 0 if any(a.isupper() for a in aliases) else re.I)


def _published(parsed: Parsed, lines: list[str]) -> str:
    """Return the date (a day or a month) that the head of a document carries."""
    if parsed.date:
        return parsed.date
    for line in [*lines, *parsed.running]:
        if len(line) <= _SHORT_LINE or _BY.search(line[:_SHORT_LINE]):
            dated = [w for w in whens(line[: 3 * _SHORT_LINE]) if _is_date(w)]
            if dated:
                return dated[0].iso
    return ""


def _is_date(when: When) -> bool:
    return when.year is not None and when.year >= _FIRST_YEAR and when.month is not None


def _language(parsed: Parsed) -> Lang:
    text = "".join(block.text for block in parsed.blocks)[:200_000]
    letters = sum(c.isalpha() for c in text)
    if letters and len(_OTHER_SCRIPTS.findall(text)) > 0.3 * letters:
        raise KnowledgeError("report_language")
    return language_of_text(text)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Who may have published a report, and when: what is named in it, the likelier first."""

    publishers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()


def suggested(texts: Iterable[str], today: date, most: int = 3) -> Suggestions:
    """Return the publishers named most often in a report, and the latest months of its past."""
    named: Counter[str] = Counter()
    months: set[str] = set()
    for text in texts:
        named.update(name for name, form in _publishers() for _ in form.finditer(text))
        dated = (w for w in whens(text) if _is_date(w) and w.first and w.first <= today)
        months.update(w.iso[:7] for w in dated if w.quarter is None)
    publishers = tuple(name for name, _ in named.most_common(most))
    return Suggestions(publishers, tuple(sorted(months, reverse=True)[:most]))


def named_in(text: str) -> tuple[str, str]:
    """Return the publisher and the date that a person's words give, either may be empty.

    >>> named_in("Morgan Stanley, 14 January 2026")
    ('Morgan Stanley', '2026-01-14')
    >>> named_in("Example Bank, 30 February 2026")  # no calendar has it, and no part of it is one
    ('Example Bank', '')
    """
    for missing in not_in_calendar(text):
        text = text.replace(missing, " ")
    dated = [w for w in whens(text) if w.year is not None]
    rest = text
    for when in reversed(whens(text)):
        rest = rest[: when.span[0]] + " " + rest[when.span[1] :]
    said = " ".join(rest.split()).strip(" ,;|\uff0c\uff1b\u3001-")
    return _known(said) or said[:80], dated[0].iso if dated else ""
