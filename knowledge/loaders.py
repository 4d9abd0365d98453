"""A file -> its text with what is known of it. Today: the briefs of the corpus, in Markdown.

A brief begins with TOML front matter between `+++` lines (id, lang, title, topic, groups,
reviewed_on, publisher); its paragraphs are parted by blank lines, headings name sections.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from knowledge.errors import KnowledgeError
from knowledge.report import Lang

_FENCE = "+++"
_HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Brief:
    """One document of the corpus as written: its front matter and its paragraphs with marks."""

    id: str
    lang: Lang
    title: str
    topic: str
    publisher: str
    groups: tuple[str, ...]
    reviewed_on: date
    paragraphs: tuple[tuple[str, str], ...]


def read_brief(text: str, name: str) -> Brief:
    """Return a brief from its file's text; `name` is said in errors.

    A missing fence, field or language raises `KnowledgeError` (brief_fence, brief_field).
    """
    head, body = _split(text, name)
    try:
        brief = Brief(
            id=str(head["id"]),
            lang=_lang(head["lang"]),
            title=str(head["title"]),
            topic=str(head["topic"]),
            publisher=str(head["publisher"]),
            groups=tuple(str(g) for g in head["groups"]),
            reviewed_on=head["reviewed_on"],
            paragraphs=tuple(_paragraphs(body)),
        )
    except KeyError as error:
        raise KnowledgeError("brief_field", culprit=name, field=str(error.args[0])) from error
    if not isinstance(brief.reviewed_on, date):
        raise KnowledgeError("brief_field", culprit=name, field="reviewed_on")
    return brief


def load_briefs(folder: Path) -> list[Brief]:
    """Read all briefs below a folder, in the order of their paths."""
    return [read_brief(p.read_text(encoding="utf-8"), p.name) for p in sorted(folder.rglob("*.md"))]


def _split(text: str, name: str) -> tuple[dict[str, Any], str]:
    parts = text.split(f"{_FENCE}\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise KnowledgeError("brief_fence", culprit=name)
    try:
        return tomllib.loads(parts[1]), parts[2]
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError("brief_fence", culprit=name, detail=str(error)) from error


def _lang(value: object) -> Lang:
    for lang in get_args(Lang):
        if value == lang:
            found: Lang = lang
            return found
    raise KeyError("lang")


def _paragraphs(body: str) -> Iterator[tuple[str, str]]:
    """Yield (section, paragraph); a heading names the section until the next one."""
    section = ""
    for block in re.split(r"\n\s*\n", body):
        lines = block.strip().splitlines()
        while lines and (match := _HEADING.match(lines[0])):
            section = match["text"]
            lines = lines[1:]
        if lines:
            yield section, joined(lines)


def joined(lines: Sequence[str]) -> str:
    """Return a paragraph's lines as one; Chinese lines meet without a space."""
    result = lines[0].strip()
    for line in lines[1:]:
        gap = "" if _HAN.match(result[-1:]) or not result[-1:].isascii() else " "
        result += gap + line.strip()
    return result
