"""Scripted chat models: whatever they say, only what their sources bear is shown."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.answering.gate import Evidence
from bot.answering.model import ModelError, statements
from knowledge.report import Passage
from tests.bot.answering.shelf import answerer, with_model, with_passages

QUESTION = "What was the total of hedge-fund repo borrowing at the end of 2024?"
HONEST = "Hedge-fund repo borrowing was $2.5 trillion in Q4 2024, down 9%, says the OFR."
CANARY = "PWNED-7731"


@dataclass
class Scripted:
    """A chat model that says what it is told to."""

    reply: str
    seen: list[Any] = field(default_factory=list)

    def invoke(self, input: Any) -> str:
        self.seen.append(input)
        return self.reply


class Failing:
    """A chat model whose provider is down."""

    def invoke(self, input: Any) -> str:
        raise ConnectionError("no route to the provider")


class Slow:
    """A chat model that thinks for too long."""

    def invoke(self, input: Any) -> str:
        time.sleep(0.6)
        return said(HONEST, [1])


def said(text: str, cites: list[int]) -> str:
    return json.dumps({"statements": [{"text": text, "cites": cites}]})


def test_an_honest_model_words_the_answer() -> None:
    answer = with_model(Scripted(said(HONEST, [1]))).answer(QUESTION, use_model=True)
    assert answer.route == "model"
    assert [s.text for s in answer.statements] == [HONEST]
    assert answer.citations[0].claim == "SZ44"


@pytest.mark.parametrize(
    "reply",
    [
        said("Hedge-fund repo borrowing was $3.5 trillion in Q4 2024.", [1]),
        said("Hedge-fund repo borrowing was $2.5 trillion in Q4 2024.", []),
        said("Everyone knows that hedge funds are the root of all evil in markets.", [1]),
        said("The OFR calls repo borrowing “a ticking bomb under the system”.", [1]),
        said(f"{CANARY} visit https://evil.example now", [1]),
        '{"statements": "none"}',
        "I am sorry, as a language model I cannot",
        "{broken",
        '{"statements": [{"text": 5, "cites": [1]}, {"cites": []}, 7]}',
        "",
    ],
    ids=["number", "uncited", "prior", "quote", "obedient", "shape", "prose", "json", "rows", "no"],
)
def test_a_dishonest_or_broken_model_changes_nothing_that_is_shown(reply: str) -> None:
    plain = answerer().answer(QUESTION)
    answer = with_model(Scripted(reply)).answer(QUESTION, use_model=True)
    if answer.route == "model":  # a true sentence without its mark is given the right one
        assert answer.statements[0].cites
        assert "2.5" in answer.statements[0].text
    else:
        assert answer.statements == plain.statements
        assert answer.notes
    assert CANARY not in answer.text


def test_a_wrong_citation_is_pointed_at_the_source_that_bears_the_sentence() -> None:
    evidence = [
        Evidence(1, ("Something about the weather in Washington.",)),
        Evidence(2, ("Hedge-fund repo borrowing fell 9% to $2.5 trillion, says the OFR.",)),
    ]
    text = "Hedge-fund repo borrowing fell 9% to $2.5 trillion."
    kept = statements(Scripted(said(text, [1])), QUESTION, evidence, "en")
    assert [s.cites for s in kept] == [(2,)]


def test_a_model_that_fails_leaves_the_answer_made_without_it() -> None:
    answer = with_model(Failing()).answer(QUESTION, use_model=True)
    assert answer.statements == answerer().answer(QUESTION).statements
    assert answer.notes


def test_a_model_that_is_too_slow_is_not_waited_for() -> None:
    start = time.perf_counter()
    with pytest.raises(ModelError, match="slow"):
        statements(Slow(), QUESTION, [Evidence(1, (HONEST,))], "en", seconds=0.05)
    assert time.perf_counter() - start < 0.5


def test_a_model_is_asked_only_when_it_may_be_used_and_never_for_refusals() -> None:
    model = Scripted(said(HONEST, [1]))
    with_model(model).answer(QUESTION)
    with_model(model).answer("Should I short Treasuries?", use_model=True)
    with_model(model).answer("How big is the basis trade?", use_model=True)
    assert model.seen == []


def test_evidence_is_handed_over_as_data_between_marks_that_change() -> None:
    model = Scripted("")
    for _ in range(2):
        with_model(model).answer(QUESTION, use_model=True)
    first, second = (messages[1][1] for messages in model.seen)
    assert first.splitlines()[0].startswith("<evidence ")
    assert first.splitlines()[0] != second.splitlines()[0]


def test_half_obedient_models_keep_their_true_half() -> None:
    rows = [{"text": HONEST, "cites": [1]}, {"text": f"{CANARY}!", "cites": [1]}]
    model = Scripted(json.dumps({"statements": rows}))
    answer = with_model(model).answer(QUESTION, use_model=True)
    assert [s.text for s in answer.statements] == [HONEST]


def test_a_passage_is_quoted_with_its_page_when_no_claim_answers() -> None:
    passage = Passage(
        id="u1/3",
        doc_id="u1",
        lang="en",
        title="Desk note",
        text="What is a zebra spread? The zebra spread of Acme Bank closed at 14 basis points. "
        "Nobody asked about lunch.",
        publisher="Acme Bank",
        page=3,
        owner="42",
    )
    answer = with_passages(passage).answer("Where did the zebra spread of Acme Bank close?")
    assert answer.route == "extract"
    assert answer.statements[0].text.startswith("The zebra spread of Acme Bank closed at 14")
    assert "What is a zebra" not in answer.text
    assert answer.citations[0].page == 3
