"""The scorer: numbers as values and whole tokens, dates in three forms, refusals where due."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.answering.answer import Answer, Statement
from tests.eval.questions import Question, load_questions, mentions, report, score


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("about $830 billion", "0.83"),
        ("约8300亿美元", "0.83"),
        ("0.83万亿", "0.83tn"),
        ("$0.83tn", "830 billion"),
        ("50万", "500,000"),
        ("share of 5%", "5.0"),
        ("7-to-1", "7"),
        ("by 2026-12-31", "31 December 2026"),
        ("2026年12月31日", "31 December 2026"),
        ("on 1 December 2025", "12月1日"),
        ("Overestimates the trade", "overst|overestimat"),
        ("杠杆56倍", "56"),
        ("6,835亿美元", "6835|683.5"),
    ],
)
def test_an_answer_says_what_it_says_in_other_forms(text: str, needle: str) -> None:
    assert mentions(text, needle)


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("in 2027", "7"),
        ("since 2010", "10"),
        ("on 10 October 2025", "10"),
        ("claim SZ07 and mark [7]", "7"),
        ("about $8.3 billion", "0.83"),
        ("1 December 2024", "1 December 2025"),
        ("nothing of the kind", "consequence"),
    ],
)
def test_an_answer_does_not_say_what_only_looks_alike(text: str, needle: str) -> None:
    assert not mentions(text, needle)


def test_a_tolerance_is_absolute() -> None:
    assert mentions("33.33 times", "33.3", 0.05)
    assert not mentions("33.4 times", "33.3", 0.05)


def question(kind: str = "numeric_lookup", **fields: object) -> Question:
    return Question("T1", "en", kind, "How big?", **fields)  # type: ignore[arg-type]  # test data


def said(text: str, refused: bool = False) -> Answer:
    return Answer("en", (Statement(text),), refused=refused)


def test_a_question_passes_when_all_is_said_and_nothing_forbidden() -> None:
    asked = question(must_mention=("0.83", "1.5"), must_not_say=("collapse",))
    assert score([asked], lambda _: said("$830 billion to $1.5 trillion")).passed == (1, 1)
    assert score([asked], lambda _: said("$830 billion")).mentions == (1, 2)
    forbidden = score([asked], lambda _: said("$830bn, $1.5tn, collapse")).marks[0]
    assert forbidden.forbidden == ("collapse",)
    assert not forbidden.passed


def test_refusals_count_where_nothing_can_be_known_and_only_there() -> None:
    assert score([question("unanswerable")], lambda _: said("No.", refused=True)).passed == (1, 1)
    assert score([question("unanswerable")], lambda _: said("0.83")).passed == (0, 1)
    assert score([question()], lambda _: said("No.", refused=True)).passed == (0, 1)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_names_what_was_missed_and_why(lang: str) -> None:
    card = score([question(must_mention=("0.83",))], lambda _: said("no idea"))
    text = report(card, "zh" if lang == "zh" else "en")
    assert "T1" in text
    assert "0.83" in text
    assert card.as_json()["missed"][0]["missing"] == ["0.83"]


def test_a_question_file_is_read_with_its_history(tmp_path: Path) -> None:
    file = tmp_path / "q.json"
    row = {"id": "A", "lang": "zh", "class": "definition", "question": "?", "history": ["x"]}
    file.write_text(json.dumps([row]), encoding="utf-8")
    assert load_questions(file)[0].history == ("x",)


def test_a_row_without_its_question_is_named(tmp_path: Path) -> None:
    file = tmp_path / "q.json"
    file.write_text('[{"id": "A", "lang": "en", "class": "definition"}]', encoding="utf-8")
    with pytest.raises(ValueError, match="row 1"):
        load_questions(file)


def test_every_gold_answer_passes_its_own_question(reference_dir: Path) -> None:
    file = reference_dir / "questions.json"
    gold = {r["id"]: r["gold_answer"] for r in json.loads(file.read_text(encoding="utf-8"))}
    for asked in load_questions(file):
        missing = [n for n in asked.must_mention if not mentions(gold[asked.id], n)]
        assert not missing, (asked.id, missing)
