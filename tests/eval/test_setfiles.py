"""Files of evaluation sets: what is read, and what is said of those that cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.errors import KnowledgeError
from tests.eval.setfiles import judgements_of, mentions, rows_of

GOOD = '{"_id": "p1", "text": "Notes fell."}'


def file(folder: Path, content: str | bytes, name: str = "corpus.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def trouble(path: Path, *fields: str) -> tuple[str, object, object]:
    with pytest.raises(KnowledgeError) as caught:
        rows_of(path, *(fields or ("_id", "text")))
    error = caught.value
    assert error.values["culprit"] == str(path)
    return error.code, error.values.get("line"), error.values.get("field")


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        f"\ufeff{GOOD}\r\n",
        f"\n{GOOD}\n\n",
        '{"_id": "p1", "text": "A line\u2028within."}',
        '{"_id": 7, "text": "", "more": null}',
    ],
)
def test_rows_are_read_with_signs_of_any_editor(tmp_path: Path, content: str) -> None:
    assert len(rows_of(file(tmp_path, content), "_id", "text")) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ("eval_empty", None, None)),
        (" \n\n", ("eval_empty", None, None)),
        (b"\xff\xfe{}", ("eval_encoding", None, None)),
        (f'{GOOD}\n{{"_id": "p2", ', ("eval_json", 2, None)),
        (f"{GOOD}\n\n[1, 2]", ("eval_json", 3, None)),
        (f'{GOOD}\n"text"', ("eval_json", 2, None)),
        ('{"_id": "p1"}', ("eval_field", 1, "text")),
        ('{"_id": null, "text": "x"}', ("eval_field", 1, "_id")),
        ('{"_id": "p1", "text": 5}', ("eval_field", 1, "text")),
    ],
)
def test_a_broken_file_is_told_by_line_and_field(
    tmp_path: Path, content: str | bytes, said: tuple[str, int | None, str | None]
) -> None:
    assert trouble(file(tmp_path, content)) == said


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert trouble(tmp_path / "corpus.jsonl")[0] == "eval_missing"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", ("eval_list", None, None)),
        ("[1]", ("eval_json", 1, None)),
        ("[{]", ("eval_json", 1, None)),
        ("[]", ("eval_empty", None, None)),
        ('[{"query": "q", "docs": [], "answerable": 1}]', ("eval_field", 1, "docs")),
        ('[{"query": "q", "docs": ["a"], "answerable": "yes"}]', ("eval_field", 1, "answerable")),
    ],
)
def test_a_broken_list_is_told_by_place_and_field(
    tmp_path: Path, content: str, said: tuple[str, int | None, str | None]
) -> None:
    path = file(tmp_path, content, "dev.json")
    assert trouble(path, "query", "docs", "answerable") == said


def test_where_passages_may_be_at_odds_there_are_two(tmp_path: Path) -> None:
    row = {"query": "q", "docs": ["a"], "conflict": 0}
    path = file(tmp_path, json.dumps([row]), "dev.json")
    assert trouble(path, "query", "docs", "conflict") == ("eval_field", 1, "docs")


def test_judgements_are_those_above_nought(tmp_path: Path) -> None:
    path = file(tmp_path, "query-id\tcorpus-id\tscore\r\nq1\tp1\t1\r\nq1\tp2\t0\r\nq1\tp3\t2\n")
    assert judgements_of(path) == {"q1": frozenset({"p1", "p3"})}


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("", "eval_empty", None),
        ("query-id\tcorpus-id\tscore\n", "eval_empty", None),
        ("head\nq1\tp1\t0\n", "eval_empty", None),
        ("head\nq1\tp1\n", "eval_judgement", 2),
        ("head\nq1\tp1\t1\nq1 p1 1\n", "eval_judgement", 3),
        ("head\nq1\tp1\thigh\n", "eval_judgement", 2),
    ],
)
def test_broken_judgements_are_told_by_line(
    tmp_path: Path, content: str, code: str, line: int | None
) -> None:
    with pytest.raises(KnowledgeError) as caught:
        judgements_of(file(tmp_path, content, "qrels.tsv"))
    assert (caught.value.code, caught.value.values.get("line")) == (code, line)
    assert caught.value.values["example"]


def test_a_field_is_seen_in_the_beginning_of_a_file(tmp_path: Path) -> None:
    assert mentions(file(tmp_path, GOOD), "text")
    assert not mentions(tmp_path / "corpus.jsonl", "answerable")
    assert not mentions(tmp_path / "none", "text")
