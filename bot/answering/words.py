"""Text in either language -> tokens that compare: English stems, numbers, Chinese characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from knowledge.glossary import simplified

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:[.,]\d+)*%?|[\u3400-\u9fff]")
_DOTTED = re.compile(r"\b(?:[A-Za-z]\.){2,}")

# Names whose stem would be another word (Perli: "per").
_NAMES = frozenset({"perli"})


@dataclass(frozen=True, slots=True)
class Token:
    """One stem, number or Chinese character and where it stands in the folded text."""

    text: str
    start: int
    end: int

    @property
    def chinese(self) -> bool:
        """Tell whether this is a Chinese character."""
        return "\u3400" <= self.text <= "\u9fff"


def fold(text: str) -> str:
    """Return text in half width, simplified characters and lower case, `U.S.` as `us`.

    >>> fold("U.S. Treasuries")
    'us treasuries'
    """
    return simplified(tidy(text)).casefold()


def tidy(text: str) -> str:
    """Return text in half width, single spaces and without dots in `U.S.`; case and script stay.

    Its characters stand where those of `fold` stand.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    return " ".join(_DOTTED.sub(lambda m: m[0].replace(".", ""), plain).split())


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text in their order, English ones stemmed."""
    return [Token(stem(m[0]), m.start(), m.end()) for m in _TOKEN.finditer(fold(text))]


@cache
def stem(word: str) -> str:
    """Return the stem of an English word; numbers and Chinese stay as they are."""
    if not word[0].isascii() or not word[0].isalpha():
        return word.replace(",", "")
    if word in _NAMES:
        return word
    found: str = _stemmer().stemWord(word.removesuffix("'s"))
    return found


@cache
def _stemmer() -> Any:  # noqa: ANN401  # the library has no types
    import Stemmer

    return Stemmer.Stemmer("english")
