"""What was typed -> the same in plain marks, half-width digits and simplified characters.

Each character keeps where it came from, so that an error can repeat the words as they were typed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from knowledge.glossary import simplified
from tools.quotes import SEVERAL_MARKS, VULGAR_FRACTIONS

# Marks that NFKC leaves alone but that people and phones type for the plain ones.
_PLAIN = {
    **VULGAR_FRACTIONS,
    **{odd: plain for plain in "'\"-" for odd in SEVERAL_MARKS[plain]},
    **dict.fromkeys(SEVERAL_MARKS[""], ""),
    "\u2044": "/",
}
# What Taiwan says for what the mainland calls otherwise; as long, so that places stay.
_SAID_OTHERWISE = (("殖利率", "收益率"), ("公债", "国债"))


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in plain characters, and for each of them where it stood in what was typed."""

    text: str
    typed: str
    origin: tuple[int, ...]

    def as_typed(self, first: int, last: int) -> str:
        """Return what was typed for the characters from `first` up to `last`.

        >>> fold("\uff34\uff39\uff28\uff17\u3000回購").as_typed(5, 7)
        '回購'
        """
        return self.typed[self.origin[first] : self.origin[last - 1] + 1]


def fold(text: str) -> Folded:
    """Return a text in plain characters; its letters keep their case.

    >>> fold("回購\uff1a\uff13.9\uff05 112\u221216\u00bd").text
    '回购:3.9% 112-16.5'
    """
    parts = [(place, plain) for place, typed in enumerate(text) for plain in _folded(typed)]
    plain = "".join(plain for _, plain in parts)
    simple = simplified(plain)
    if len(simple) != len(plain):
        simple = "".join(map(simplified, plain))
    for said, meant in _SAID_OTHERWISE:
        simple = simple.replace(said, meant)
    return Folded(simple, text, tuple(place for place, _ in parts))


def _folded(typed: str) -> str:
    if (plain := _PLAIN.get(typed)) is not None:
        return plain
    return "".join(_PLAIN.get(part, part) for part in unicodedata.normalize("NFKC", typed))
