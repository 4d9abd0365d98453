"""Scripted chat models: whatever they say, only rows that the house found are shown."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.answer import Answer
from bot.answering.engine import Answerer
from bot.answering.model import MOST_CHARS, ModelError, NamedModel, choose
from bot.i18n import say
from knowledge.report import Passage
from tests.bot.answering.shelf import answerer, with_model, with_passages

QUESTION = "What was the total of hedge-fund repo borrowing at the end of 2024?"
CHINESE = "2024年底对冲基金的回购借款总额是多少？"
QUESTIONS = (QUESTION, CHINESE, "How large are hedge funds' Treasury holdings?",
             "What is the haircut on Treasury repo?")  # fmt: skip
CANARY = "PWNED-7731"
SECOND_HAND = {"en": "second-hand report", "zh": "转引"}
# What a model did to a sentence and a reader got to see, when its words were shown.
ALTERATIONS = {
    "number in words": ("$2.5 trillion", "nine trillion dollars"),
    "digit": ("2.5", "3.5"),
    "negation": ("had risen", "had not risen"),
    "direction": ("fell 9%", "rose 9%"),
    "minus": ("9%", "-9%"),
    "subject": ("Hedge-fund", "Pension-fund"),
    "hedging": ("borrow about", "may borrow about"),
    "status": ("; second-hand report", ""),
    "measure": ("; measure: Form PF repo borrowing", ""),
    "cause": ("eight quarters of growth", "eight quarters of growth, because of the Fed"),
    "advice": ("(Office of", "and you should sell now (Office of"),
    "bracket": ("9%", "(9) basis points"),
    "address": ("(Office of", "see t.me/evil or evil.example (Office of"),
    "french quote": ("(Office of", "\u00aba ticking bomb\u00bb (Office of"),
    "single quote": ("(Office of", "'a ticking bomb' (Office of"),
    "firm": ("(Office of", "as Goldman Sachs says (Office of"),
}


@dataclass
class Scripted:
    """A chat model that says what it is told to."""

    reply: object
    seen: list[Any] = field(default_factory=list)

    def invoke(self, input: Any) -> object:
        self.seen.append(input)
        return self.reply


class Failing:
    """A chat model whose provider is down, or answers with an HTTP status."""

    def __init__(self, status: int | None = None) -> None:
        self.status = status

    def invoke(self, input: Any) -> str:
        error = ConnectionError(f"no route to the provider for {QUESTION}")
        if self.status is not None:
            error.status_code = self.status  # type: ignore[attr-defined]  # as the libraries do
        raise error


class Slow:
    """A chat model that thinks for too long."""

    def invoke(self, input: Any) -> str:
        time.sleep(0.6)
        return rows(1)


def rows(*numbers: object) -> str:
    return json.dumps({"rows": numbers}, ensure_ascii=False)


SAYING = Scripted("")


@cache
def asked() -> Answerer:
    """Return one answerer for all replies: it builds its index once."""
    return with_model(SAYING)


def replied(reply: object, question: str = QUESTION) -> Answer:
    SAYING.reply = reply
    return asked().answer(question, use_model=True)


@cache
def without(question: str) -> Answer:
    """Return the answer without a model."""
    return answerer().answer(question)


def borne(answer: Answer) -> list[tuple[str, tuple[str | None, ...]]]:
    """Return each statement with the claims or documents that bear it."""
    by_number = {c.n: c.claim or c.doc for c in answer.citations}
    return [(s.text, tuple(by_number[n] for n in s.cites)) for s in answer.statements]


def assert_of_the_house(answer: Answer, question: str = QUESTION) -> None:
    """Fail where anything is shown that the answer without a model does not have."""
    plain = without(question)
    assert set(borne(answer)) <= set(borne(plain))
    assert max(Counter(borne(answer)).values()) == 1
    assert [c.n for c in answer.citations] == [*range(1, len(answer.citations) + 1)]
    assert {n for s in answer.statements for n in s.cites} == {c.n for c in answer.citations}
    notes = {say(answer.lang, f"answer.model.{key}") for key in ("unchosen", "failed")}
    assert set(answer.notes) - set(plain.notes) <= notes
    for text, _ in borne(answer):
        row = next(s.text for s in plain.statements if s.text == text)
        assert (SECOND_HAND[answer.lang] in row) == (SECOND_HAND[answer.lang] in text)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("order", [(2, 1), (3,), (3, 1, 2), (1, 2)])
def test_an_honest_choice_is_shown_as_chosen(question: str, order: tuple[int, ...]) -> None:
    plain = borne(answerer().answer(question))
    answer = replied(rows(*order), question)
    assert answer.route == "model"
    assert borne(answer) == [plain[n - 1] for n in order]
    assert_of_the_house(answer, question)


@pytest.mark.parametrize(
    ("reply", "order"),
    [
        (f"Here you are:\n```json\n{rows(2, 1)}\n```", [2, 1]),
        (rows(2, 2, 1, 2), [2, 1]),
        (rows("3", 1), [3, 1]),
        (rows(99, 0, -1, 2, 2.0, True, None, [1], {"n": 1}, "r1", "1e1"), [2]),
        ([{"type": "text", "text": rows(3)}], [3]),
    ],
    ids=["fenced", "twice", "as text", "strange ones", "blocks"],
)
def test_a_number_that_a_row_has_counts_and_no_other(reply: object, order: list[int]) -> None:
    plain = borne(answerer().answer(QUESTION))
    assert borne(replied(reply)) == [plain[n - 1] for n in order]


@pytest.mark.parametrize(
    "reply",
    [
        rows(),
        rows(4, 17),
        rows(CANARY),
        '{"rows": "none"}',
        '{"statements": [{"text": "It is $9 trillion.", "cites": [1]}]}',
        "I am sorry, as a language model I cannot",
        "{broken",
        "",
        '{"rows": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"rows": ' + "[" * 1_500 + "]" * 1_500 + "}",
        '{"rows": ' + "9" * 3_900 + "}",
        rows(1) + " and more words" * 5_000,
        rows(*[1] * MOST_CHARS),
        [{"type": "image", "data": "x"}, 7],
        {"rows": [1]},
        None,
        '{"rows": NaN}',
        '{"rows": [1e999]}',
    ],
    ids=["none", "no row", "words", "shape", "sentences", "prose", "json", "nothing", "nested",
         "nested short", "long number", "68 kB", "long list", "blocks", "object", "null", "nan",
         "infinite"],
)  # fmt: skip
def test_where_nothing_is_chosen_the_answer_without_a_model_comes(reply: object) -> None:
    plain, answer = answerer().answer(QUESTION), replied(reply)
    assert (answer.statements, answer.citations) == (plain.statements, plain.citations)
    assert answer.notes == (*plain.notes, say("en", "answer.model.unchosen"))
    assert answer.route == plain.route


@pytest.mark.parametrize("name", ALTERATIONS)
@pytest.mark.parametrize("form", ["statements", "rows", "prose", "beside a choice"])
def test_no_altered_sentence_reaches_the_reader(name: str, form: str) -> None:
    old, new = ALTERATIONS[name]
    texts = [s.text for s in answerer().answer(QUESTION).statements]
    altered = [text.replace(old, new) for text in texts if old in text]
    assert altered, "this alteration alters nothing"
    reply = {
        "statements": json.dumps({"statements": [{"text": t, "cites": [1]} for t in altered]}),
        "rows": rows(*altered),
        "prose": "\n".join(altered),
        "beside a choice": json.dumps({"rows": [2, *altered], "text": altered[0]}),
    }[form]
    answer = replied(reply)
    assert not set(altered) & {s.text for s in answer.statements}
    assert_of_the_house(answer)
    assert len(answer.statements) == (1 if form == "beside a choice" else len(texts))


_NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)
_REPLIES = st.one_of(
    st.text(max_size=300),
    _NESTED.map(json.dumps),
    st.lists(_NESTED, max_size=8).map(lambda chosen: json.dumps({"rows": chosen})),
    st.lists(st.integers(-2, 9), max_size=8).map(lambda chosen: json.dumps({"rows": chosen})),
    _NESTED,
)


@settings(deadline=None, max_examples=50)
@given(_REPLIES, st.sampled_from([QUESTION, CHINESE]))
def test_whatever_a_model_says_the_answer_is_of_the_house_s_rows(
    reply: object, question: str
) -> None:
    assert_of_the_house(replied(reply, question), question)


def test_a_second_hand_row_says_so_wherever_the_model_puts_it() -> None:
    first = replied(rows(2, 1)).statements[0].text
    assert "second-hand report" in first
    assert "measure: " in first


@pytest.mark.parametrize(
    ("status", "code"), [(401, "key"), (403, "key"), (429, "busy"), (500, "failed"),
                         (None, "failed")],
)  # fmt: skip
def test_a_refused_key_is_told_from_a_spent_budget_and_neither_costs_the_answer(
    status: int | None, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = with_model(Failing(status)).answer(QUESTION, use_model=True)
    plain = answerer().answer(QUESTION)
    assert answer.statements == plain.statements
    assert answer.notes == (*plain.notes, say("en", f"answer.model.{code}"))
    assert f"{code} ConnectionError" in caplog.text
    assert str(status or "") in caplog.text
    assert "hedge-fund" not in caplog.text


def test_a_model_that_is_too_slow_is_not_waited_for() -> None:
    start = time.perf_counter()
    with pytest.raises(ModelError, match="slow"):
        choose(Slow(), QUESTION, ["a", "b"], seconds=0.05)
    assert time.perf_counter() - start < 0.5


def test_loading_the_library_is_not_of_the_time_that_a_model_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(*_: object, **__: object) -> Scripted:
        time.sleep(0.3)
        return Scripted(rows(2))

    monkeypatch.setattr("langchain.chat_models.init_chat_model", load)
    assert choose(NamedModel("anybody:any"), QUESTION, ["a", "b"], seconds=0.2) == [1]


def test_a_model_is_asked_only_where_there_is_something_to_choose() -> None:
    """And never for refusals, calculations, verdicts and disagreements."""
    model = Scripted(rows(1))
    with_model(model).answer(QUESTION)
    for question in ("Should I short Treasuries?", "How big is the basis trade?", "What is 2+2?"):
        with_model(model).answer(question, use_model=True)
    one = Answerer(with_passages(note()).library, lambda: answerer().today(), model)
    assert one.answer("Where did the zebra spread of Acme Bank close?", use_model=True).statements
    assert model.seen == []


def test_rows_are_handed_over_as_data_between_marks_that_change() -> None:
    model = Scripted("")
    for _ in range(2):
        with_model(model).answer(QUESTION, use_model=True)
    first, second = (messages[1][1] for messages in model.seen)
    assert first.splitlines()[0].startswith("<rows ")
    assert first.splitlines()[0] != second.splitlines()[0]
    assert "second-hand report" in first


def note() -> Passage:
    return Passage(
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


def test_a_passage_is_quoted_with_its_page_when_no_claim_answers() -> None:
    answer = with_passages(note()).answer("Where did the zebra spread of Acme Bank close?")
    assert answer.route == "extract"
    assert answer.statements[0].text.startswith("The zebra spread of Acme Bank closed at 14")
    assert "What is a zebra" not in answer.text
    assert answer.citations[0].page == 3
