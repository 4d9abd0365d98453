"""`basisbot ask`: a question in, an answer with citations out."""

from __future__ import annotations

import json

import pytest

from tests.bot.terminal import Terminal


def test_ask_answers_with_citations(terminal: Terminal):
    assert terminal.run("ask", "How big is the basis trade?") == 0
    assert "[1]" in terminal.out
    assert "https://" in terminal.out
    found = terminal.json("ask", "基差交易有多大?", "--json")
    assert found["lang"] == "zh"
    assert not found["refused"]
    assert {"n", "source", "publisher", "url", "as_of", "claim", "doc", "page", "quote"} <= set(
        found["citations"][0]
    )


def test_ask_jsonl_takes_history(terminal: Terminal):
    rows = [
        {"id": 1, "question": "What will the weather be?"},
        {"id": 2, "question": "And in March 2020?", "history": ["How much did the Fed buy?"]},
        {"id": 3},
    ]
    found = terminal.lines("ask", "--jsonl", stdin="\n".join(map(json.dumps, rows)))
    assert found[0]["refused"]
    assert found[0]["ms"] >= 0
    assert found[1]["answer"]
    assert found[2]["error"]["code"] == "input_missing"


def test_ask_without_a_question_fails_clearly(terminal: Terminal):
    assert terminal.run("ask") == 1
    assert terminal.err.startswith("error: a question is needed")


def test_a_question_is_needed_and_the_example_works(terminal: Terminal):
    error = terminal.json("ask", "--json", code=1)["error"]
    assert error["code"] == "no_text"
    command, question = error["example"].split(" ", 2)[1:]
    assert terminal.run(command, question.strip('"')) == 0
    assert "[1]" in terminal.out


def test_what_is_lacking_is_said_in_words(terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("knowledge.embedding.find_spec", lambda _: None)
    monkeypatch.setenv("BASISBOT_MODEL", "ollama:any")
    assert terminal.run("doctor") == 0
    assert "Linux with x86-64" in terminal.out
    assert "langchain-ollama is not installed" in terminal.out
    assert terminal.run("ask", "How many hedge funds run the basis trade?") == 0
    assert "Linux with x86-64" in terminal.err
