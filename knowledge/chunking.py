"""A brief or a plain text -> passages: one thought each, what they rest on, what they are found by.

A brief is Markdown with TOML front matter between `+++` lines. One paragraph is one passage; the
claim marks of its sentences (`[SZ05]`, `[MS01 MS07]`) leave the text and become its claim ids.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

from knowledge.errors import KnowledgeError
from knowledge.report import Lang, Passage

# Some 350 tokens of e5: four characters of English a token, one and a half of Chinese.
_CHUNK_EN, _CHUNK_ZH = 1400, 550
_SEPARATORS = ["\n\n", "\n", "\u3002", "\uff01", "\uff1f", "\uff1b", ". ", "! ", "? ", "; ",
               "\uff0c", ", ", " ", ""]  # fmt: skip
# A shorter sentence says too little to be found by alone.
_SHORT_EN, _SHORT_ZH = 30, 12
_SENTENCE_END = re.compile(r"(?<=[\u3002\uff01\uff1f\uff1b])|(?<=[.!?;])\s+|\n+")
_FENCE = "+++"
_MARK = re.compile(r"\s?\[(?P<ids>[A-Z]{1,2}\d{2}(?:[\s,;\u3001]+[A-Z]{1,2}\d{2})*)\]")
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


def passages(brief: Brief) -> list[Passage]:
    """Return one passage a paragraph, its marks turned into claim ids."""
    return [
        Passage(
            id=f"{brief.lang}/{brief.id}/{n}",
            doc_id=brief.id,
            lang=brief.lang,
            title=brief.title,
            text=unmarked(paragraph),
            publisher=brief.publisher,
            section=section,
            claim_ids=marks(paragraph),
            as_of=brief.reviewed_on.isoformat(),
            meta={
                "topic": brief.topic,
                "groups": " ".join(brief.groups),
                "reviewed_on": brief.reviewed_on.isoformat(),
            },
        )
        for n, (section, paragraph) in enumerate(brief.paragraphs, start=1)
    ]


def marks(text: str) -> tuple[str, ...]:
    """Return the claim ids that a text is marked with, each once, in their order.

    >>> marks("About $1.5tn [MS01 MS07]. The Fed says less [SZ05].")
    ('MS01', 'MS07', 'SZ05')
    """
    ids = [i for m in _MARK.finditer(text) for i in re.findall(r"[A-Z]{1,2}\d{2}", m["ids"])]
    return tuple(dict.fromkeys(ids))


def unmarked(text: str) -> str:
    """Return the text as it is shown, without claim marks.

    >>> unmarked("About $1.5tn [MS01 MS07]. The Fed says less. [SZ05]")
    'About $1.5tn. The Fed says less.'
    """
    return _MARK.sub("", text).strip()


def split_text(text: str, lang: Lang) -> list[str]:
    """Return a long text in pieces of some 350 tokens, cut behind sentences where possible."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=_CHUNK_ZH if lang == "zh" else _CHUNK_EN,
        chunk_overlap=0,
        separators=_SEPARATORS,
        keep_separator="end",
    )
    return [piece.strip() for piece in splitter.split_text(text) if piece.strip()]


def cut(passage: Passage) -> list[Passage]:
    """Return a passage in pieces, each with a numbered id; a short one as it is."""
    pieces = split_text(passage.text, passage.lang)
    if len(pieces) < 2:
        return [passage]
    return [
        replace(passage, id=f"{passage.id}.{n}", text=piece)
        for n, piece in enumerate(pieces, start=1)
    ]


def sentences(text: str, lang: Lang) -> list[str]:
    """Return the sentences of a text, short ones joined to what stands before them.

    >>> sentences("They fell by 1.5% in one week. Why? Funds had sold notes and repaid repo.", "en")
    ['They fell by 1.5% in one week. Why?', 'Funds had sold notes and repaid repo.']
    """
    shortest, gap = (_SHORT_ZH, "") if lang == "zh" else (_SHORT_EN, " ")
    found: list[str] = []
    for part in _SENTENCE_END.split(text):
        piece = part.strip()
        if piece and found and min(len(piece), len(found[-1])) < shortest:
            found[-1] += gap + piece
        elif piece:
            found.append(piece)
    return found


def header(passage: Passage) -> str:
    """Return `publisher | title | date | section`: what places a passage among others.

    The date is that of publication, which a report has; a brief is only as old as its claims.
    """
    published = passage.meta.get("published", "")
    parts = (passage.publisher, passage.title, published, passage.section)
    return " | ".join(part for part in parts if part)


def search_text(passage: Passage) -> str:
    """Return what a passage is embedded and indexed by: its header above its text."""
    head = header(passage)
    return f"{head}\n{passage.text}" if head else passage.text


def content_hash(text: str) -> str:
    """Return the key of a text among vectors: the first 20 hex digits of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:20]


def language_of_text(text: str) -> Lang:
    """Return the language that a text is mostly written in."""
    han = len(_HAN.findall(text))
    latin = sum(c.isascii() and c.isalpha() for c in text)
    # A Chinese character says about as much as three letters of English.
    return "zh" if han * 3 > latin else "en"


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
            yield section, _joined(lines)


def _joined(lines: Sequence[str]) -> str:
    """Return a paragraph's lines as one; Chinese lines meet without a space."""
    result = lines[0].strip()
    for line in lines[1:]:
        gap = "" if _HAN.match(result[-1:]) or not result[-1:].isascii() else " "
        result += gap + line.strip()
    return result
