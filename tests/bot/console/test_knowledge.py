"""`basisbot sources` and `eval`: what answers rest on, and how good they are."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bot.terminal import Terminal


def test_sources_as_text_and_json(terminal: Terminal):
    assert terminal.run("sources") == 0
    assert "Federal Reserve" in terminal.out
    found = terminal.json("sources", "--json")["sources"]
    assert {"publisher", "title", "date", "url", "licence", "statuses"} <= set(found[0])


def test_eval_questions_scores_a_file(terminal: Terminal, tmp_path: Path):
    file = tmp_path / "questions.json"
    row = {
        "id": "Q1",
        "lang": "en",
        "class": "unanswerable",
        "question": "What will the weather be?",
        "gold_answer": "",
    }
    file.write_text(json.dumps([row]), encoding="utf-8")
    assert terminal.json("eval", "questions", str(file), "--json")["questions"] == 1
    missing = terminal.json("eval", "questions", "nowhere.json", "--json", code=1)["error"]
    assert missing["culprit"] == "nowhere.json"
