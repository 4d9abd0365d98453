"""The sources -> which sentences of the catalogues nobody says.

A key is said where a source holds it whole, or as a written pattern (`stress.event_{name}`) whose
gaps are filled by what the sources or their data hold: a literal, a name, or another pattern
(`implied_{lack}`); or as a code that names its table (`store_closed` for `store.store_closed`,
`report_too_heavy` for `report.too_heavy`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ("bot", "knowledge", "tools", "tests/eval")
_WORD = re.compile(r"[A-Za-z0-9_]+")
_QUOTED = re.compile(r'"([^"\n]{1,120})"')  # a name in data is said as its slug
_LONGEST = 200  # a literal longer than this is prose

Pattern = tuple[str, ...]  # what is written between the gaps


@dataclass
class Sources:
    """What the sources hold: literals, names, words of their data, patterns of keys."""

    literals: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    patterns: set[Pattern] = field(default_factory=set)

    def read(self, tree: ast.AST) -> None:
        for node in ast.walk(tree):
            match node:
                case ast.Constant(value=str(text)) if len(text) < _LONGEST:
                    self.literals.add(text)
                    self.held.update((text, _slug(text), *_WORD.findall(text)))
                case ast.JoinedStr():
                    written = _pattern(node)
                    if any(part.strip("._") for part in written):
                        self.patterns.add(written)
                case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                    self.held.add(name)
                case ast.keyword(arg=str(name)):
                    self.held.add(name)

    def data(self, text: str) -> None:
        self.held.update(word for found in _WORD.findall(text) for word in (found, found.lower()))
        self.held.update(map(_slug, _QUOTED.findall(text)))

    def says(self, key: str) -> bool:
        table, _, name = key.rpartition(".")
        code = {f"{table}_{name}", name if "_" in name else ""}
        if key in self.literals or code & self.literals:
            return True
        return any(self._fits(key, p) for p in self.patterns if "." in "".join(p))

    def _fits(self, key: str, pattern: Pattern) -> bool:
        """Tell whether a key is a pattern with each of its gaps filled by something held."""
        first, *rest = pattern
        if not key.startswith(first):
            return False
        key = key.removeprefix(first)
        if not rest:
            return not key
        ends = [len(key)] if rest == [""] else range(len(key) + 1)
        return any(
            self._fills(key[:end]) and self._fits(key[end:], tuple(rest))
            for end in ends
            if key[end:].startswith(rest[0])
        )

    def _fills(self, gap: str) -> bool:
        if not gap or gap in self.held:
            return True
        parts = [p for p in self.patterns if "_" in "".join(p) and "." not in "".join(p)]
        return any(self._fits(gap, p) for p in parts if len("".join(p)) < len(gap))


def _slug(name: str) -> str:
    return "_".join(re.findall("[a-z0-9]+", name.lower()))


def _pattern(node: ast.JoinedStr) -> Pattern:
    written = [""]
    for part in node.values:
        if isinstance(part, ast.Constant):
            written[-1] += str(part.value)
        else:
            written.append("")
    return tuple(written)


def _files(ending: str) -> Iterator[Path]:
    for folder in SOURCES:
        yield from (p for p in (ROOT / folder).rglob(f"*{ending}") if "locales" not in p.parts)


def unsaid(keys: Iterable[str]) -> list[str]:
    """Return the keys that nothing says, in their order."""
    sources = Sources()
    for path in _files(".py"):
        sources.read(ast.parse(path.read_text(encoding="utf-8")))
    for path in (*_files(".toml"), *_files(".json")):
        sources.data(path.read_text(encoding="utf-8"))
    return [key for key in keys if not sources.says(key)]
