"""Chinese text in either script -> simplified characters, one for one, by OpenCC's tables.

Only two of the library's tables are read: its own converter loads all of them, 30 MB that stay.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path

_TABLES = "opencc_purepy/dicts"


class Simplifier:
    """Turns phrases first, the longest at each place, then single characters."""

    def __init__(self, phrases: dict[str, str], characters: dict[str, str]) -> None:
        self._phrases = phrases
        self._characters = str.maketrans(characters)
        longest_first = sorted(phrases, key=len, reverse=True)
        self._pattern = re.compile(f"({'|'.join(map(re.escape, longest_first))})")

    def __call__(self, text: str) -> str:
        """Return the text in simplified characters."""
        # Every second piece is a phrase, which its own table has settled.
        pieces = self._pattern.split(text)
        pieces[::2] = [piece.translate(self._characters) for piece in pieces[::2]]
        pieces[1::2] = [self._phrases[phrase] for phrase in pieces[1::2]]
        return "".join(pieces)


@lru_cache(maxsize=1)
def simplifier() -> Simplifier:
    """Return what simplifies, its tables read once."""
    folder = Path(str(distribution("opencc-purepy").locate_file(_TABLES)))
    return Simplifier(_table(folder / "TSPhrases.txt"), _table(folder / "TSCharacters.txt"))


def _table(file: Path) -> dict[str, str]:
    """Return a table of OpenCC: a tab, then the ways to write it, the usual one first."""
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if "\t" in line and not line.startswith("#"))
    return {written: ways.split()[0] for written, ways in rows}
