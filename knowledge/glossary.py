"""The English-Chinese terms -> which of them a text names, and their names in the other tongue."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from knowledge.report import Lang
from knowledge.script import simplifier

GLOSSARY_FILE = Path(__file__).parent / "corpus" / "glossary.json"

_HAN = re.compile(r"[\u3400-\u9fff]")
# One Chinese character (point, wan) or an English sign says nothing about the subject.
_MIN_ZH, _MIN_EN = 2, 2


@dataclass(frozen=True, slots=True)
class Term:
    """One notion with its names, the preferred one first, and a definition in each language."""

    en: tuple[str, ...]
    zh: tuple[str, ...]
    definition_en: str
    definition_zh: str

    def names(self, lang: Lang) -> tuple[str, ...]:
        """Return the names in one language, the preferred one first."""
        return self.zh if lang == "zh" else self.en

    def definition(self, lang: Lang) -> str:
        """Return the definition in the reader's language."""
        return self.definition_zh if lang == "zh" else self.definition_en


@dataclass(frozen=True, slots=True)
class Mention:
    """A term as it stands in a text; the span counts in the folded text (`simplified`)."""

    term: Term
    text: str
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What to search for besides the question: the terms' names in the other language, and aliases.

    `translated` holds one preferred name a term, `aliases` the other names in the question's own
    language, `terms` the notions themselves in the order of the question.
    """

    terms: tuple[Term, ...]
    translated: tuple[str, ...]
    aliases: tuple[str, ...]

    @property
    def query(self) -> str:
        """Return the translated names as one query, empty when the question names no term."""
        return " ".join(self.translated)


class Glossary:
    """Terms, findable in running text of either language and either Chinese script."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._terms = tuple(terms)

    def __iter__(self) -> Iterator[Term]:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)

    def find(self, text: str) -> list[Mention]:
        """Return the terms that a text names, the longest name at each place, in their order."""
        folded = simplified(text)
        found: list[Mention] = []
        for match in self._pattern.finditer(folded):
            term = self._named(match[0])
            if term is not None:
                found.append(Mention(term, match[0], match.span()))
        return found

    def lookup(self, name: str) -> Term | None:
        """Return the term that has exactly this name, in either language or script."""
        folded = simplified(name).strip()
        return self._by_name.get(_key(folded)) or self._by_name.get(_key(_singular(folded)))

    def expand(self, question: str, lang: Lang) -> Expansion:
        """Return the names to add to a question asked in `lang`."""
        mentions = self.find(question)
        terms = tuple(dict.fromkeys(m.term for m in mentions))
        said = {_key(m.text) for m in mentions}
        other: Lang = "en" if lang == "zh" else "zh"
        aliases = [n for t in terms for n in t.names(lang) if _key(n) not in said]
        return Expansion(terms, tuple(t.names(other)[0] for t in terms), tuple(aliases))

    def _named(self, text: str) -> Term | None:
        if _ambiguous(text):
            return self._exact.get(text)
        return self._by_name.get(_key(text)) or self._by_name.get(_key(_singular(text)))

    @cached_property
    def _by_name(self) -> dict[str, Term]:
        names: dict[str, Term] = {}
        for term in self._terms:
            for name in (*term.en, *term.zh):
                names.setdefault(_key(simplified(name)), term)
        return names

    @cached_property
    def _exact(self) -> dict[str, Term]:
        return {name: term for term in self._terms for name in term.en if _ambiguous(name)}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = [simplified(n) for t in self._terms for n in (*t.en, *t.zh)]
        forms = [_form(n) for n in sorted(set(names), key=len, reverse=True) if _worth(n)]
        return re.compile("|".join(forms) or r"(?!)", re.IGNORECASE)


def simplified(text: str) -> str:
    """Return Chinese text in simplified characters; text without Chinese is returned as it is."""
    if not _HAN.search(text):
        return text
    # Two words that the tables take for their own opposite.
    return simplifier()(text).replace("結束", "结束").replace("显着", "显著")


def _worth(name: str) -> bool:
    return len(name) >= (_MIN_ZH if _HAN.search(name) else _MIN_EN)


def _ambiguous(name: str) -> bool:
    """Return whether a name means the term only as typed: CF, GC and IM are words otherwise."""
    return len(name) == 2 and name.isascii() and name.isalpha()


def _key(name: str) -> str:
    return re.sub(r"[\s-]+", " ", name.replace("\u2019", "'")).casefold().strip()


def _singular(name: str) -> str:
    return name[:-1] if name.isascii() and name[-1:] in "sS" else name


def _form(name: str) -> str:
    """Return the pattern of one name: spaces and hyphens alike, an English plural allowed."""
    if _HAN.search(name):
        return re.escape(name)
    body = r"[\s-]+".join(re.escape(word) for word in re.split(r"[\s-]+", name))
    body = body.replace("'", "['\u2019]")
    return rf"(?<![A-Za-z0-9]){body}(?:s)?(?![A-Za-z0-9])"


def load_glossary(path: Path = GLOSSARY_FILE) -> Glossary:
    """Read a glossary file: rows of `en`, `zh` (names, preferred first) and two definitions."""
    return Glossary(_terms(json.loads(path.read_text(encoding="utf-8"))))


def _terms(rows: list[dict[str, Any]]) -> Iterator[Term]:
    for row in rows:
        yield Term(tuple(row["en"]), tuple(row["zh"]), row["definition_en"], row["definition_zh"])
