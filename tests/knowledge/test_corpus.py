"""What the bundled ledger, glossary and briefs hold, beyond what the corpus check asks."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from knowledge.chunking import marks
from knowledge.claims import load_ledger
from knowledge.corpus_check import CORPUS
from knowledge.loaders import load_briefs

REFERENCE = Path(os.environ.get("BASISBOT_REFERENCE_DIR", "../shared/reference"))
LEDGER = load_ledger()
BRIEFS = load_briefs(CORPUS / "briefs")
ARTICLE = [claim for claim in LEDGER.values() if claim.topic == "article"]


def test_every_claim_of_the_article_has_a_verdict_in_both_languages() -> None:
    assert [c.id for c in ARTICLE] == [f"S{n:02d}" for n in range(1, 38)]
    assert all(c.verdict_en and c.verdict_zh for c in ARTICLE)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_fact_check_speaks_to_every_claim_of_the_article(lang: str) -> None:
    (brief,) = [b for b in BRIEFS if b.id == "15-fact-check" and b.lang == lang]
    assert {c.id for c in ARTICLE} <= {i for _, text in brief.paragraphs for i in marks(text)}


def test_there_are_sixteen_briefs_in_each_language() -> None:
    assert {lang: len([b for b in BRIEFS if b.lang == lang]) for lang in ("en", "zh")} == {
        "en": 16,
        "zh": 16,
    }


def test_a_contradicted_or_disputed_row_names_what_speaks_against_it() -> None:
    doubtful = [c for c in LEDGER.values() if c.status in {"contradicted", "disputed"}]
    assert [c.id for c in doubtful if not c.related] == []


def test_the_articles_text_and_title_stand_in_no_statement() -> None:
    title = ARTICLE[0].source.title
    texts = [t for c in LEDGER.values() for t in (c.statement_zh, c.verdict_zh or "")]
    texts += [text for b in BRIEFS for _, text in b.paragraphs]
    assert not [t for t in texts if title[:12] in t]


def test_the_ledger_file_is_written_one_way() -> None:
    text = (CORPUS / "claims.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"


def test_each_measure_has_one_chinese_name() -> None:
    names: dict[str, set[str | None]] = {}
    for row in json.loads((CORPUS / "claims.json").read_text(encoding="utf-8")):
        names.setdefault(row["measure"], set()).add(row["measure_zh"])
    assert {m: z for m, z in names.items() if len(z) > 1} == {}


def test_the_size_of_the_trade_is_told_with_a_measure() -> None:
    assert [c.id for c in LEDGER.group("size") if not c.measure] == []


def test_the_glossary_has_no_name_twice() -> None:
    rows = json.loads((CORPUS / "glossary.json").read_text(encoding="utf-8"))
    for lang in ("en", "zh"):
        names = [name.casefold() for row in rows for name in row[lang]]
        assert [n for n in set(names) if names.count(n) > 1] == []


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="BASISBOT_REFERENCE_DIR is absent")
def test_every_claim_that_the_questions_name_is_in_the_ledger() -> None:
    questions = json.loads((REFERENCE / "questions.json").read_text(encoding="utf-8"))
    assert {i for q in questions for i in q["claim_ids"]} <= set(LEDGER)
