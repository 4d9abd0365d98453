"""A statement laid along its source -> what stands where the source has something else.

Sentences that are worded alike are compared place by place: with every number, date, scale and
direction hidden, the same words meet, and then what was hidden must be the same too. So numbers
that changed places and a rise told as a fall are seen even where both words stand in the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from knowledge.figures import Figure, figures, narrow

Kind = Literal["word", "number", "scale", "direction"]
Agrees = Callable[[Figure, Figure], bool]

_TOKEN = re.compile(r"\d[\d.,]*|[A-Za-z]+(?:['\u2019][a-z]+)?|[\u3400-\u9fff]")
_SCALE = re.compile(r"thousands?|millions?|billions?|trillions?")
# How many words around a place, and how many of them on the same stretch, make it the same place.
_AROUND = 5
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text: a word, or something hidden behind its kind for the comparison."""

    kind: Kind
    text: str
    figure: Figure | None = None

    @property
    def shown(self) -> str:
        """Return what is compared first: the word, or only the kind of what is hidden."""
        return self.text if self.kind == "word" else f"<{self.kind}>"


def misplaced(
    text: str, version: str, agrees: Agrees, ways: Sequence[re.Pattern[str]]
) -> frozenset[Kind]:
    """Return the kinds of what differs from its counterpart in a source of the same language.

    `ways` holds a pattern for each direction, opposites side by side; `agrees` tells whether a
    figure states a known one.
    """
    said, known = list(_tokens(text, ways)), list(_tokens(version, ways))
    return frozenset(
        said[i].kind
        for i, j, nearby in _counterparts(said, known)
        if nearby >= _ENOUGH
        and not _alike(said[i], known[j], agrees)
        and not _elsewhere(said, i, known, j, agrees)
    )


def _tokens(text: str, ways: Sequence[re.Pattern[str]]) -> Iterator[Token]:
    plain = narrow(text)
    taken = {f.span: Token("number", f.text, f) for f in figures(plain)}
    for number, way in enumerate(ways):
        for match in way.finditer(plain):
            taken.setdefault(match.span(), Token("direction", str(number)))
    end = 0
    for span, token in sorted(taken.items(), key=lambda item: item[0]):
        if span[0] >= end:
            yield from _plain_tokens(plain[end : span[0]])
            yield token
            end = span[1]
    yield from _plain_tokens(plain[end:])


def _plain_tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        word = match[0].lower()
        if word[0].isdigit():
            yield Token("number", word.rstrip(".,"))
        elif _SCALE.fullmatch(word):
            yield Token("scale", word.rstrip("s"))
        else:
            yield Token("word", word)


def _counterparts(said: Sequence[Token], known: Sequence[Token]) -> Iterator[tuple[int, int, int]]:
    """Yield the hidden places that meet, with the number of words that meet around them."""
    matcher = SequenceMatcher(
        None, [t.shown for t in said], [t.shown for t in known], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            if said[block.a + step].kind != "word":
                around = range(max(0, step - _AROUND), min(block.size, step + _AROUND + 1))
                words = sum(said[block.a + k].kind == "word" for k in around)
                yield block.a + step, block.b + step, words


def _alike(said: Token, known: Token, agrees: Agrees) -> bool:
    if said.kind == "direction":
        return int(said.text) ^ 1 != int(known.text)
    if said.figure is not None and known.figure is not None:
        return agrees(said.figure, known.figure)
    return said.figure is None and known.figure is None and said.text == known.text


def _elsewhere(
    said: Sequence[Token], i: int, known: Sequence[Token], j: int, agrees: Agrees
) -> bool:
    """Return whether the source has it at another place that fits its company no less."""
    here = _company(said, i)
    met = len(here & _company(known, j))
    return any(
        len(here & _company(known, k)) >= met
        for k, token in enumerate(known)
        if k != j and token.kind == said[i].kind and _alike(said[i], token, agrees)
    )


def _company(tokens: Sequence[Token], place: int) -> frozenset[str]:
    around = tokens[max(0, place - _AROUND) : place + _AROUND + 1]
    return frozenset(t.text for t in around if t.kind == "word")
