"""A brief's file -> its front matter, its paragraphs, and their sentences with the claims cited."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.errors import KnowledgeError
from knowledge.report import Lang

# `[SZ05]`, `[MS01 MS07]`: ids of the claim ledger, just before a sentence's end or a comma.
MARK = re.compile(r"\s?\[([A-Z]{1,2}\d{2}(?: [A-Z]{1,2}\d{2})*)\]")
# A sentence ends at a full-width stop, or at a Latin one before a space and a capital or figure.
_END = re.compile(r"(?<=[\u3002\uff01\uff1f])|(?<=[.!?])\s+(?=[A-Z\d$/\u201c\"])")
_FRONT = "+++"
_FIELDS = {
    "id": str, "lang": str, "title": str, "topic": str, "groups": list,
    "reviewed_on": date, "publisher": str,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence without its marks, and the ids that it cites in their order."""

    text: str
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One self-standing passage under its heading, marks included."""

    heading: str
    text: str

    @property
    def plain(self) -> str:
        """Return the text without marks."""
        return MARK.sub("", self.text)

    @property
    def claims(self) -> tuple[str, ...]:
        """Return the ids cited, each once, in the order of their first mention."""
        return cited(self.text)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Return the sentences with what each cites."""
        return sentences(self.text)


@dataclass(frozen=True, slots=True)
class Brief:
    """One brief in one language; `groups` are the ledger's groups that it speaks to."""

    id: str
    lang: Lang
    title: str
    topic: str
    groups: tuple[str, ...]
    reviewed_on: date
    publisher: str
    paragraphs: tuple[Paragraph, ...]

    @property
    def claims(self) -> tuple[str, ...]:
        """Return the ids cited anywhere in the brief, each once."""
        return tuple(dict.fromkeys(c for p in self.paragraphs for c in p.claims))


def cited(text: str) -> tuple[str, ...]:
    """Return the claim ids marked in a text, each once, in their order.

    >>> cited("About $830 billion [SZ05], reported at $1.5 trillion [MS01 SZ05].")
    ('SZ05', 'MS01')
    """
    return tuple(dict.fromkeys(i for m in MARK.finditer(text) for i in m[1].split()))


def sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a marked text in either language."""
    parts = (part.strip() for part in _END.split(text))
    return tuple(Sentence(MARK.sub("", part), cited(part)) for part in parts if part)


def read_brief(path: Path) -> Brief:
    """Read one brief; a missing or ill-typed field raises `KnowledgeError` with its name."""
    text = path.read_text(encoding="utf-8")
    if not text.startswith(_FRONT) or text.count(f"\n{_FRONT}\n") != 1:
        raise KnowledgeError("brief_front_matter", culprit=path.name)
    front, body = text[len(_FRONT) :].split(f"\n{_FRONT}\n")
    fields = _fields(front, path.name)
    return Brief(
        **(fields | {"groups": tuple(fields["groups"])}), paragraphs=tuple(_paragraphs(body))
    )


def read_briefs(corpus: Path) -> tuple[Brief, ...]:
    """Read all briefs under `briefs/en` and `briefs/zh`, English first, by name."""
    folders = (corpus / "briefs" / lang for lang in ("en", "zh"))
    return tuple(read_brief(path) for folder in folders for path in sorted(folder.glob("*.md")))


def _fields(front: str, name: str) -> dict[str, Any]:
    try:
        fields = tomllib.loads(front)
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError("brief_front_matter", culprit=f"{name}: {error}") from error
    wrong = sorted(fields.keys() ^ _FIELDS.keys())
    wrong += [key for key, kind in _FIELDS.items() if not isinstance(fields.get(key), kind)]
    if wrong:
        raise KnowledgeError("brief_front_matter", culprit=f"{name}: {', '.join(wrong)}")
    return fields


def _paragraphs(body: str) -> Iterator[Paragraph]:
    heading = ""
    for block in re.split(r"\n\s*\n", body.strip()):
        if block.startswith("## "):
            heading = block[3:].strip()
        else:
            yield Paragraph(heading, " ".join(block.split("\n")))
