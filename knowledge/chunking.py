"""A brief or a plain text -> passages: one thought each, what they rest on, what they are found by.

One paragraph of a brief is one passage; the claim marks of its sentences (`[SZ05]`, `[MS01 MS07]`)
leave the text and become its claim ids.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace

from knowledge.loaders import Brief
from knowledge.report import Lang, Passage

# Some 350 tokens of e5: four characters of English a token, one and a half of Chinese.
CHUNK: Mapping[Lang, int] = {"en": 1400, "zh": 550}
_SEPARATORS = ["\n\n", "\n", "\u3002", "\uff01", "\uff1f", "\uff1b", ". ", "! ", "? ", "; ",
               "\uff0c", ", ", " ", ""]  # fmt: skip
# A shorter sentence says too little to be found by alone.
_SHORT_EN, _SHORT_ZH = 30, 12
_SENTENCE_END = re.compile(r"(?<=[\u3002\uff01\uff1f\uff1b])|(?<=[.!?;])\s+|\n+")
_MARK = re.compile(r"\s?\[(?P<ids>[A-Z]{1,2}\d{2}(?:[\s,;\u3001]+[A-Z]{1,2}\d{2})*)\]")
_HAN = re.compile(r"[\u3400-\u9fff]")


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
        chunk_size=CHUNK[lang],
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
