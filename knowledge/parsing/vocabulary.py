"""measures.toml -> the words by which measures, owners and units are known, in both languages."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from knowledge.glossary import simplified

# Characters that only traditional Chinese writes, common in any report on the subject.
_TRADITIONAL = re.compile(
    "[億萬國債對槓為與據場貨資這說個時後會來開關總頭價風險進權單業實際過無現銀應經濟發產數淨佔拋賣]"
)


@dataclass(frozen=True, slots=True)
class Name:
    """A measure or an owner: its names, the forms that name it, the units it is told in.

    `asked` also names it in a question; a `share` is told as a part of something, in percent;
    `about` is what must be spoken of beside it, where its words are those of any trade.
    """

    group: str
    en: str
    zh: str
    units: frozenset[str]
    form: re.Pattern[str]
    asked: re.Pattern[str]
    share: bool
    about: re.Pattern[str] | None = None


def groups_in(text: str) -> list[str]:
    """Return the measures that a question names, the narrower ones first, each once.

    >>> groups_in("What does it say about leverage and haircuts?")
    ['haircut', 'leverage']
    """
    return list(dict.fromkeys(name.group for name in named_in(text)))


def named_in(text: str) -> list[Name]:
    """Return the measures that a question names, the narrower ones first."""
    plain = folded(text)
    return [name for name in measures() if name.asked.search(plain)]


def folded(text: str) -> str:
    """Return a text in simplified characters, each in the place of its own.

    >>> folded("對沖基金的槓桿")
    '对冲基金的杠杆'
    """
    if not _TRADITIONAL.search(text):
        return text
    found = simplified(text)
    return found if len(found) == len(text) else "".join(map(simplified, text))


def load() -> None:
    """Read the tables, while files can still be opened."""
    measures()
    owners()
    units()
    others()
    folded("億")


@cache
def measures() -> tuple[Name, ...]:
    """Return what figures may measure, the narrower ones first."""
    return tuple(_name(row) for row in _words()["measure"])


@cache
def owners() -> tuple[Name, ...]:
    """Return whose figures they may be."""
    return tuple(_name(row) for row in _words()["entity"])


@cache
def others() -> re.Pattern[str]:
    """Return the names of what is measured too, but not here: a figure beside one is of that."""
    forms = (f"{row['en']}|{row['zh']}" for row in _words()["other"])
    return re.compile("|".join(forms), re.IGNORECASE)


@cache
def units() -> tuple[tuple[re.Pattern[str], str, float], ...]:
    """Return the forms that give a bare number its unit, each with the unit and its scale."""
    return tuple(
        (re.compile(str(row["form"]), re.IGNORECASE), str(row["unit"]), float(str(row["scale"])))
        for row in _words()["unit"]
    )


@cache
def _words() -> dict[str, list[dict[str, object]]]:
    path = Path(__file__).with_name("measures.toml")
    found: dict[str, list[dict[str, object]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def _name(row: dict[str, object]) -> Name:
    said, units_ = f"{row['en']}|{row['zh']}", row.get("units", ())
    return Name(
        group=str(row.get("group", "")),
        en=str(row["en_name"]),
        zh=str(row["zh_name"]),
        units=frozenset(units_ if isinstance(units_, list) else ()),
        form=re.compile(said, re.IGNORECASE),
        asked=re.compile(f"{said}|{row['asked']}" if "asked" in row else said, re.IGNORECASE),
        share=bool(row.get("share", False)),
        about=re.compile(str(row["about"]), re.IGNORECASE) if "about" in row else None,
    )
