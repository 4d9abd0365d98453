"""Retrieval measured on sets laid out as files, beside its rivals."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest

from knowledge.embedding import Embedder
from knowledge.errors import KnowledgeError
from tests.eval.retrieved import evaluate, measure, read_set
from tests.knowledge.shelf import TERMS, Bag

SETS = Path(os.environ.get("BASISBOT_REFERENCE_DIR", "../shared/reference")) / "benchmarks/sets"


def written(folder: Path) -> Path:
    passages = [
        {"_id": "p1", "title": "", "text": "The conversion factor of a bond.", "lang": "en"},
        {"_id": "p2", "title": "", "text": "对冲基金用回购融资。", "lang": "zh"},
        {"_id": "p3", "title": "", "text": "Rivers reach the sea.", "lang": "en"},
    ]
    questions = [
        {"_id": "q1", "text": "转换因子是什么?", "cross": 1},
        {"_id": "q2", "text": "对冲基金怎样融资?", "cross": 0},
        {"_id": "q3", "text": "Who won?", "cross": 0},
    ]
    folder.mkdir(exist_ok=True)
    for name, rows in (("corpus", passages), ("queries", questions)):
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(r) for r in rows))
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tp1\t1\nq2\tp2\t1\n")
    return folder


def test_recall_and_gain_are_those_of_the_definition() -> None:
    relevant = frozenset({"a", "b"})
    ideal = 1 + 1 / math.log2(3)
    gain = 1 + 1 / math.log2(4)
    assert measure(["a", "x", "b"], relevant) == pytest.approx((0.5, 1.0, 1.0, gain / ideal))
    assert measure([], relevant) == (0.0, 0.0, 0.0, 0.0)


def test_systems_are_scored_on_all_questions_and_by_slice(tmp_path: Path) -> None:
    scores = evaluate(read_set(written(tmp_path)), TERMS, Embedder(Bag(), "bag"), None)
    table = {(s.system, s.part): s for s in scores}
    assert table["basisbot", "cross=1"].recall_1.value == 1.0
    assert table["BM25", "cross=1"].recall_1.value == 0.0
    assert table["basisbot", "all"].questions == 2
    assert ("LangChain + Chroma", "cross=0") in table


def test_without_a_model_words_are_scored_alone(tmp_path: Path) -> None:
    scores = evaluate(read_set(written(tmp_path)), TERMS, None, None)
    assert {s.system for s in scores} == {"BM25", "basisbot"}


@pytest.mark.parametrize("broken", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_a_set_that_cannot_be_read_is_named(tmp_path: Path, broken: str) -> None:
    (written(tmp_path) / broken).unlink()
    with pytest.raises(KnowledgeError) as caught:
        read_set(tmp_path)
    assert caught.value.code == "eval_missing"
    assert caught.value.values["culprit"] == str(tmp_path / broken)


def test_odd_rows_are_read_for_what_they_are(tmp_path: Path) -> None:
    written(tmp_path)
    rows = [
        {"_id": 5, "title": None, "text": "七月起息", "lang": "fr"},
        {"_id": "p9", "text": "   "},
        {"_id": 5, "text": "again"},
    ]
    with (tmp_path / "corpus.jsonl").open("a") as file:
        file.writelines("\n" + json.dumps(row) for row in rows)
    data = read_set(tmp_path)
    assert [(p.id, p.lang, p.title) for p in data.passages[3:]] == [("5", "zh", "")]


def test_without_judgements_only_passages_and_questions_are_needed(tmp_path: Path) -> None:
    (written(tmp_path) / "qrels.tsv").unlink()
    assert read_set(tmp_path, judged=False).relevant == {}
    with pytest.raises(KnowledgeError, match="answerable"):
        read_set(tmp_path, "answerable", judged=False)
