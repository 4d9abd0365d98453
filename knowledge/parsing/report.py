"""What is known of one file once it was read: the value that leaves the child process."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from knowledge.parsing.kinds import Kind
from knowledge.parsing.pieces import Piece
from knowledge.parsing.readings import Reading
from knowledge.report import Lang

_NGRAM = 5
_BITS = 64
# Two texts whose prints differ in no more bits are one text with small changes.
NEAR_BITS = 3
# A note of a parser: how many of the pages said nothing, though they show something.
PAGES_WITHOUT_TEXT = "pages_without_text:"


@dataclass(frozen=True, slots=True)
class Report:
    """A file as read. `published` and `publisher` are empty where it does not say them itself."""

    kind: Kind
    title: str
    publisher: str
    published: str
    lang: Lang
    pages: int
    chars: int
    sha256: str
    simhash: int
    pieces: tuple[Piece, ...]
    readings: tuple[Reading, ...]
    notes: tuple[str, ...] = ()

    @property
    def unread_pages(self) -> int:
        """Return how many pages hold pictures without text, by the note of its parser."""
        found = (n.partition(":")[2] for n in self.notes if n.startswith(PAGES_WITHOUT_TEXT))
        return next((int(count) for count in found), 0)

    def as_json(self) -> dict[str, Any]:
        """Return the report in JSON's types."""
        return asdict(self)


def report_of(row: Mapping[str, Any]) -> Report:
    """Return the report that `as_json` wrote."""
    lists = {
        "pieces": tuple(Piece(**p) for p in row["pieces"]),
        "readings": tuple(Reading(**r) for r in row["readings"]),
        "notes": tuple(row["notes"]),
    }
    return Report(**{**row, **lists})


def simhash(text: str) -> int:
    """Return 64 bits that are nearly the same for nearly the same text (character 5-grams).

    Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002.
    """
    import numpy as np

    plain = "".join(text.split()).casefold()[:200_000]
    grams = {plain[i : i + _NGRAM] for i in range(max(1, len(plain) - _NGRAM + 1))}
    prints = b"".join(hashlib.blake2b(g.encode(), digest_size=8).digest() for g in sorted(grams))
    bits = np.unpackbits(np.frombuffer(prints, dtype=np.uint8)).reshape(-1, _BITS)
    ayes = bits.sum(axis=0, dtype=np.int64) * 2 > len(bits)
    return int("".join("1" if aye else "0" for aye in ayes), 2)


def is_near(one: int, other: int) -> bool:
    """Tell whether two prints are those of nearly the same text."""
    return (one ^ other).bit_count() <= NEAR_BITS
