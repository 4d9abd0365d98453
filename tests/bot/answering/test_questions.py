"""Questions in, answers out, on the real corpus and without a model: both languages alike."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path

import pytest

from bot.answering.answer import Answer
from bot.answering.engine import Answerer
from bot.i18n import Lang
from knowledge.library import open_library
from tests.bot.answering.shelf import TODAY, answerer, evidence_of
from tests.eval import gate
from tests.eval import questions as evaluate

OWN = Path(__file__).parent / "questions.toml"


def own_questions() -> list[evaluate.Question]:
    rows = tomllib.loads(OWN.read_text(encoding="utf-8"))["q"]
    return [evaluate.question_of({**row, "claim_ids": row.get("claims", [])}) for row in rows]


@cache
def ask(question: evaluate.Question) -> Answer:
    return answerer().answer(question.question, question.lang, question.history)


@pytest.mark.parametrize("question", own_questions(), ids=lambda q: q.id)
def test_our_own_questions_are_answered_from_the_expected_claims(
    question: evaluate.Question,
) -> None:
    mark = evaluate.score([question], ask).marks[0]
    assert mark.passed, (mark.route, mark.missing, mark.refused)
    assert mark.cites_expected, (mark.route, mark.cited)


@pytest.mark.parametrize("question", own_questions(), ids=lambda q: q.id)
def test_every_number_and_date_of_an_answer_stands_in_a_cited_claim(
    question: evaluate.Question,
) -> None:
    answer = ask(question)
    evidence = {c.n: found for c in answer.citations if (found := evidence_of(c)) is not None}
    if answer.route == "calculation":
        return  # computed by the calculators, which have tests of their own
    said = article_sayings() if answer.route == "factcheck" else gate.Evidence(0, ())
    for statement in answer.statements:
        cited = [evidence[n] for n in statement.cites if n in evidence]
        if not cited:
            continue
        wrong = [
            f for f in gate.unborne_figures(statement.text, [*cited, said]) if f.unit != "years"
        ]
        assert not wrong, (statement.text, wrong)
        assert not gate.unborne_dates(statement.text, [*cited, said]), statement.text


@pytest.mark.parametrize("question", own_questions(), ids=lambda q: q.id)
def test_every_statement_of_an_answer_is_cited_and_every_mark_resolves(
    question: evaluate.Question,
) -> None:
    answer = ask(question)
    numbers = {c.n for c in answer.citations}
    assert all(set(s.cites) <= numbers for s in answer.statements)
    if not answer.refused and answer.route != "welcome":
        assert all(s.cites for s in answer.statements)


def test_the_reference_questions_are_answered(reference_dir: Path) -> None:
    questions = evaluate.load_questions(reference_dir / "questions.json")
    card = evaluate.score(questions, ask)
    met, total = card.mentions
    assert met / total >= 0.95, evaluate.report(card, "en")
    assert not any(m.forbidden for m in card.marks)
    assert all(m.refused for m in card.marks if m.question.refusable)


def test_the_whole_library_answers_the_reference_questions_as_well(reference_dir: Path) -> None:
    whole = Answerer(open_library(), lambda: TODAY)
    questions = evaluate.load_questions(reference_dir / "questions.json")
    card = evaluate.score(questions, lambda q: whole.answer(q.question, q.lang, q.history))
    assert card.mentions[0] / card.mentions[1] >= 0.95, evaluate.report(card, "en")


def article_sayings() -> gate.Evidence:
    """What a verdict may repeat: the sayings that it judges."""
    rows = [c for c in answerer().library.ledger.values() if c.source.key == "ARTICLE"]
    return gate.Evidence(0, tuple(t for c in rows for t in gate.of_claim(0, c).texts))


def sources(answer: Answer) -> set[str]:
    return {c.claim for c in answer.citations if c.claim}


def test_how_big_is_answered_by_several_positions_with_publisher_date_and_measure() -> None:
    answer = answerer().answer("How big is the basis trade?")
    assert answer.route == "disagreement"
    assert {"SZ05", "MS01"} <= sources(answer)
    fed = next(s.text for s in answer.statements if "$830 billion" in s.text)
    assert fed.startswith("$830 billion")
    assert "Federal Reserve Board" in fed
    assert "2026-06-22" in fed
    assert "measure: Form PF" in fed


def test_the_bank_and_the_fed_are_compared_in_chinese() -> None:
    answer = answerer().answer("大摩说基差交易有多大？和美联储的数字差多少？")
    assert {"CA04", "MS01", "SZ05"} <= sources(answer)
    for needle in ("1.5", "0.83", "1.8"):
        assert evaluate.mentions(answer.text, needle)
    assert "口径" in answer.text


def test_three_countries_against_cayman_is_denied_first_with_both_numbers() -> None:
    answer = answerer().answer("开曼对冲基金持有的美债超过中日英三国总和吗？")
    assert answer.route == "factcheck"
    assert answer.text.startswith("不对")
    assert "1.85" in answer.statements[0].text
    assert "2.54" in answer.statements[0].text


@pytest.mark.parametrize("question", ["What's the weather in London?", "今天天气怎么样"])
def test_weather_is_refused_with_questions_that_can_be_answered(question: str) -> None:
    answer = answerer().answer(question)
    assert answer.refused
    assert not answer.citations
    assert len(answer.nearest) == 3
    for nearest in answer.nearest:
        assert not answerer().answer(nearest).refused


@pytest.mark.parametrize("text", ["", "   ", "?!", "👋", "hello", "你好", "Thanks!", "谢谢"])
def test_a_greeting_or_nothing_gets_a_welcome_and_no_scolding(text: str) -> None:
    answer = answerer().answer(text)
    assert answer.route == "welcome"
    assert not answer.refused
    assert answer.nearest


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_answer_is_in_the_language_asked_for_whatever_the_question_is_in(lang: str) -> None:
    answer = answerer().answer("How big is the basis trade?", "zh" if lang == "zh" else "en")
    assert answer.lang == lang
    assert ("口径" in answer.text) == (lang == "zh")


def test_claims_of_vintages_are_not_mixed_in_one_answer() -> None:
    answer = answerer().answer("2025年12月TIC口径下日本、中国、英国和开曼各持有多少美债?")
    assert {"TC01", "TC02", "TC03", "TC04"} <= sources(answer)
    assert "TC18" not in sources(answer)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_of_the_articles_sayings_has_its_verdict_and_its_sources(lang: Lang) -> None:
    rows = answerer().sayings()
    assert len(rows) == 37
    for row in rows:
        answer = answerer().check(row.id, lang)
        assert answer.statements[0].cites, row.id
        assert row.statement(lang) in answer.notes[0]
        assert row.id == "S15" or sources(answer) - {row.id}, row.id


def test_a_saying_that_the_article_does_not_make_is_no_key() -> None:
    with pytest.raises(KeyError):
        answerer().check("SZ05", "en")


def test_an_old_claim_says_its_date_first() -> None:
    answer = answerer().answer("Why does TIC fail to see Cayman holdings?")
    old = next(s.text for s in answer.statements if "custodial" in s.text or "custody" in s.text)
    assert old.startswith("As of")


def test_second_hand_claims_say_so_in_both_languages() -> None:
    english = answerer().answer("How large did Morgan Stanley say the basis trade was?")
    chinese = answerer().answer("大摩说基差交易有多大？")
    assert "second-hand report" in english.text
    assert "转引" in chinese.text


def test_an_answer_is_no_dump() -> None:
    for question in own_questions():
        if question.kind != "time_series":
            assert len(ask(question).statements) <= 9, question.id


def test_what_the_article_says_is_never_evidence() -> None:
    article = {i for i in answerer().library.ledger if i.startswith("S") and i[1].isdigit()}
    for question in own_questions():
        answer = ask(question)
        if answer.route != "factcheck":
            assert not sources(answer) & article, question.id


@pytest.mark.slow
def test_questions_of_other_subjects_are_refused(reference_dir: Path) -> None:
    """Wikipedia, company filings, Chinese news: at most one in fifty may slip through."""
    sets = reference_dir / "benchmarks" / "sets"
    texts = {
        json.loads(line)["text"]
        for file in sets.glob("*/queries.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    }
    asked = sorted(texts)[::3]
    assert len(asked) > 200
    answered = [t for t in asked if not answerer().answer(t).refused]
    assert len(answered) <= len(asked) / 50, answered


def test_personal_advice_is_refused_and_harmless_questions_are_not(reference_dir: Path) -> None:
    file = reference_dir / "benchmarks" / "sets" / "guardrail_investment_advice" / "dev.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    kept = {r["text"]: answerer().answer(r["text"]).route == "refusal:advice" for r in rows}
    missed = [r["text"] for r in rows if r["personal_advice"] and not kept[r["text"]]]
    alarms = [r["text"] for r in rows if not r["personal_advice"] and kept[r["text"]]]
    assert not missed
    assert not alarms
