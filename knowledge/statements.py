"""A question about a company's accounts -> the lines and the statements that it is read from.

"Is it capital-intensive" stands in no report; property, plant and equipment does. The table beside
this module says which lines a measure is read from, in both languages, and how the three
statements are headed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from knowledge.figures import narrow
from knowledge.report import Lang

_FILE = Path(__file__).with_name("statements.toml")
# A statement's title stands at the head of its page, above many numbers.
_HEAD, _NUMBERS = 500, 40
_NUMBER = re.compile(r"\d[\d,.]*")
_NO_STATEMENT = re.compile(r"\bnotes to\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for: the statements by name, and the lines as one text in each language."""

    statements: frozenset[str]
    items: Mapping[Lang, str]

    def __bool__(self) -> bool:
        return bool(self.statements or any(self.items.values()))


@dataclass(frozen=True, slots=True)
class _Measure:
    asked: re.Pattern[str]
    statements: frozenset[str]
    items: Mapping[Lang, str]


def wanted(question: str) -> Wanted:
    """Return what a question about accounts is read from; empty where it asks for none.

    >>> sorted(wanted("What was its capex in the cash flow statement?").statements)
    ['cash']
    """
    statements, measures = _table()
    asked = {name for name, (form, _) in statements.items() if form.search(question)}
    found = [m for m in measures if m.asked.search(question)]
    items: dict[Lang, str] = {
        "en": " ".join(m.items["en"] for m in found),
        "zh": " ".join(m.items["zh"] for m in found),
    }
    return Wanted(frozenset(asked).union(*(m.statements for m in found)), items)


def kind(text: str) -> frozenset[str]:
    """Return which statements a passage is: by its title and its numbers; mostly none."""
    head = narrow(text[:_HEAD])
    statements, _ = _table()
    found = frozenset(name for name, (_, title) in statements.items() if title.search(head))
    if not found or _NO_STATEMENT.search(head):
        return frozenset()
    return found if len(_NUMBER.findall(text)) >= _NUMBERS else frozenset()


@lru_cache(maxsize=1)
def _table() -> tuple[Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]], tuple[_Measure, ...]]:
    table = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    statements = {
        name: (_form(row["asked"]), _form(row["title"])) for name, row in table["statement"].items()
    }
    measures = tuple(
        _Measure(
            _form(row["asked"]),
            frozenset(row["in"]),
            {"en": row["items_en"], "zh": row["items_zh"]},
        )
        for row in table["measure"]
    )
    return statements, measures


def _form(pattern: str) -> re.Pattern[str]:
    # Chinese stands next to Latin letters without a space, so a word ends where they do.
    return re.compile(pattern, re.IGNORECASE | re.ASCII)
