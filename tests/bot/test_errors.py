"""Whatever code is raised anywhere, a person reads a sentence in their own language."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import RunError
from bot.i18n import LANGS, Lang, has, sentences
from bot.reading.schedule import ScheduleError
from bot.render.trouble import TABLES, words_for
from bot.settings import SettingsError
from bot.store.errors import StoreError
from knowledge.errors import KnowledgeError
from tools.errors import CalculatorError
from tools.market.errors import FeedError

ROOT = Path(__file__).parents[2]
# Where the sentences of each exception stand.
HOME = {
    CalculatorError: "error",
    StoreError: "store",
    KnowledgeError: "knowledge",
    SettingsError: "setting",
    FeedError: "feed",
    RunError: "console",
    ScheduleError: "subscribe",
}
# Raised by a calculation that a feed makes, and said as the feed's.
ELSEWHERE = {"error.tff_identity": "feed.tff_identity"}
# No words of a person's lead there: who sees one has found a defect.
DEFECTS = {
    "subscribe.bad_weekday",
    "subscribe.bad_time",
    "knowledge.owner_missing",
    "knowledge.owner_differs",
}
NAMES = {kind.__name__: table for kind, table in HOME.items()}


def raised() -> Iterator[tuple[str, str, frozenset[str], str]]:
    """Yield table, code, the names of its values, and where it is raised."""
    for package in ("bot", "knowledge", "tools"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    table = NAMES.get(node.func.id)
                    if table and node.args:
                        names = frozenset(k.arg or "**" for k in node.keywords)
                        place = f"{file.relative_to(ROOT)}:{node.lineno}"
                        for code in codes(node.args[0]):
                            yield table, code, names, place


def codes(node: ast.expr) -> list[str]:
    """Return the codes that an argument can be: a string, or one of two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return [*codes(node.body), *codes(node.orelse)]
    return []


def key(table: str, code: str) -> str:
    if code.startswith("report_"):  # a file that cannot be read
        return f"report.{code.removeprefix('report_')}"
    return ELSEWHERE.get(f"{table}.{code}", f"{table}.{code}")


def test_every_code_has_a_sentence_in_both_languages() -> None:
    found = list(raised())
    assert len(found) > 120
    lacking = {
        f"{table}.{code} ({place})"
        for table, code, _, place in found
        if f"{table}.{code}" not in DEFECTS
        and not all(key(table, code) in sentences(lang) for lang in LANGS)
    }
    assert lacking == set()


def test_every_sentence_is_given_the_values_that_it_names() -> None:
    lacking = set()
    for table, code, names, place in raised():
        if "**" in names or not has(f"{table}.{code}"):
            continue
        parsed = string.Formatter().parse(sentences("en")[f"{table}.{code}"])
        wanted = {name for _, name, _, _ in parsed if name}
        if table != "error" and wanted - names:
            lacking.add(f"{table}.{code} ({place}): {sorted(wanted - names)}")
    assert lacking == set()


def test_a_code_stands_in_one_table_only() -> None:
    tables = [t for t in TABLES if t != "console"]
    twice = [
        code
        for code in {key.split(".", 1)[1] for key in sentences("en") if key.split(".")[0] in tables}
        if "." not in code and sum(has(f"{table}.{code}") for table in tables) > 1
    ]
    assert twice == []


@pytest.mark.parametrize("lang", LANGS)
def test_a_second_bot_on_the_same_store_is_told_what_to_do(lang: Lang) -> None:
    words = words_for(StoreError("store_in_use", value="/data/basisbot.db", pid=7), lang)
    assert words
    assert "/data/basisbot.db" in words
    assert "BASISBOT_DATA_DIR=" in words
    assert words_for(ValueError("anything"), lang) is None
