"""The ledger: values, dates, who differs from whom, and finding claims in either language."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from knowledge.claims import Amount, Ledger, amounts, as_of_span, load_ledger, ranked, value_dates
from knowledge.errors import KnowledgeError
from tests.knowledge.shelf import TERMS, claim

FED = claim("SZ05", value=0.83, unit="USD trillion", as_of="2025-09", measure="Form PF",
            related=("S01",), statement_en="Fed staff estimate the basis trade at $830 billion.",
            statement_zh="美联储研究人员估计基差交易约8300亿美元。")  # fmt: skip
MS = claim("MS01", value=1.5, unit="USD trillion", as_of="2026-01-13", measure="nominal", tier=3,
           publisher="Tiger Trade news", status="reported-only",
           statement_en="Morgan Stanley put the basis trade at about $1.5 trillion.",
           statement_zh="摩根士丹利估计基差交易约1.5万亿美元。")  # fmt: skip
ARTICLE = claim("S01", key="ARTICLE", tier=5, value=1.5, unit="USD trillion", status="disputed",
                as_of="2026-01", publisher="An author", related=("MS01", "SZ05"),
                statement_en="The article says the basis trade is $1.5 trillion.")  # fmt: skip
OLD = claim("SZ27", value=0.63, unit="USD trillion", as_of="2019-12-31", key="old")


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.83, "USD trillion", (Amount(8.3e11, 8.3e11, "usd"),)),
        ("1.25-1.3", "USD trillion", (Amount(1.25e12, 1.3e12, "usd"),)),
        ("553; 9.9", "USD billion", (Amount(553e9, 553e9, "usd"), Amount(9.9e9, 9.9e9, "usd"))),
        ("8; 45", "USD trillion; percent", (Amount(8e12, 8e12, "usd"), Amount(45, 45, "percent"))),
        ("5; 35", "USD billion per month",
         (Amount(5e9, 5e9, "usd", "month"), Amount(35e9, 35e9, "usd", "month"))),
        (-9.9, "percent", (Amount(-9.9, -9.9, "percent"),)),
        (5, "basis points", (Amount(5, 5, "bp"),)),
        ("77; 99.9", "GBP billion", (Amount(77e9, 77e9, "gbp"), Amount(99.9e9, 99.9e9, "gbp"))),
        (None, None, ()),
        (None, "formula", ()),
        ("2026-12-31; 2027-06-30", "date", ()),
    ],
)  # fmt: skip
def test_value_texts_become_amounts(
    value: float | str | None, unit: str | None, expected: tuple[Amount, ...]
) -> None:
    found = amounts(claim("A", value=value, unit=unit))
    assert [(a.unit, a.per) for a in found] == [(a.unit, a.per) for a in expected]
    assert [x for a in found for x in (a.low, a.high)] == pytest.approx(
        [x for a in expected for x in (a.low, a.high)]
    )


def test_a_value_that_is_no_number_names_the_claim() -> None:
    with pytest.raises(KnowledgeError, match="AB12: about one"):
        amounts(claim("AB12", value="about one", unit="percent"))


@pytest.mark.parametrize(
    ("as_of", "first", "last"),
    [
        ("2025-09", "2025-09-01", "2025-09-30"),
        ("2025-Q3", "2025-07-01", "2025-09-30"),
        ("2022-01..2024-12", "2022-01-01", "2024-12-31"),
        ("2021-12; 2025-12", "2021-12-01", "2025-12-31"),
        ("2020..", "2020-01-01", "2020-12-31"),
        ("2018..2020", "2018-01-01", "2020-12-31"),
        ("2025 (publication)", "2025-01-01", "2025-12-31"),
        ("2019-12-31", "2019-12-31", "2019-12-31"),
    ],
)
def test_as_of_texts_become_days(as_of: str, first: str, last: str) -> None:
    assert as_of_span(claim("A", as_of=as_of)) == (
        date.fromisoformat(first),
        date.fromisoformat(last),
    )


def test_a_claim_without_date_has_no_days() -> None:
    assert as_of_span(claim("A", as_of="")) is None


def test_dates_as_values_are_kept_apart_from_amounts() -> None:
    dated = claim("CL01", value="2026-12-31; 2027-06-30", unit="date")
    assert value_dates(dated) == (date(2026, 12, 31), date(2027, 6, 30))


def test_two_measures_of_one_thing_within_a_year_are_a_disagreement_of_method() -> None:
    found = Ledger([FED, MS, ARTICLE, OLD]).disagreement([MS])
    assert found is not None
    assert found.kind == "method"
    assert [c.id for c in found.positions] == ["SZ05", "MS01"]


def test_figures_years_apart_are_history() -> None:
    assert Ledger([FED, OLD]).disagreement([FED]) is None


def test_definitions_of_leverage_differ_however_far_apart() -> None:
    seven = claim("LV01", group="leverage", value=7, unit="times", as_of="2022-12", key="a")
    press = claim("LV05", group="leverage", value="50-100", unit="times", as_of="2025-04", key="b")
    found = Ledger([seven, press]).disagreement([press])
    assert found is not None
    assert {c.id for c in found.positions} == {"LV01", "LV05"}


def test_countries_in_one_table_are_a_series() -> None:
    rows = [
        claim(i, group="foreign_holders", value=v, unit="USD billion", measure="TIC", key="T")
        for i, v in (("TC01", 1185.5), ("TC03", 683.5))
    ]
    found = Ledger(rows).disagreement(rows)
    assert found is not None
    assert found.kind == "series"


def test_one_sources_decomposition_is_no_disagreement() -> None:
    rows = [
        claim(i, group="size", value=v, unit="USD trillion", measure=m, key="FSR")
        for i, v, m in (("A1", 2.4, "long"), ("A2", 1.6, "short"))
    ]
    assert Ledger(rows).disagreement(rows) is None


def test_a_count_and_a_share_are_not_set_against_each_other() -> None:
    rows = [
        claim("C1", group="concentration", value=50, unit="percent", key="a"),
        claim("C2", group="concentration", value=83, unit="percent", key="b"),
    ]
    assert Ledger(rows).disagreement(rows) is None


def test_the_article_is_challenged_by_evidence_and_never_evidence_itself() -> None:
    ledger = Ledger([FED, MS, ARTICLE])
    found = ledger.disagreement([ARTICLE])
    assert found is not None
    assert found.kind == "challenged"
    assert [c.id for c in found.positions] == ["SZ05", "MS01"]
    assert [c.id for c in found.challenged] == ["S01"]


def test_judgements_of_several_publishers_are_views() -> None:
    rows = [
        claim("MA01", group="march2020", publisher="BIS", as_of="2020-04-02"),
        claim("MA06", group="march2020", as_of="2025-05"),
        claim("MA15", group="march2020", status="from-memory-unverified", publisher="none"),
    ]
    found = Ledger(rows).disagreement(rows)
    assert found is not None
    assert found.kind == "view"
    assert [c.id for c in found.positions] == ["MA06", "MA01"]


def test_better_sources_then_newer_figures_stand_first() -> None:
    newer = claim("N", as_of="2026-08")
    assert [c.id for c in ranked([ARTICLE, MS, FED, newer])] == ["N", "SZ05", "MS01", "S01"]


def test_relations_hold_in_both_directions() -> None:
    ledger = Ledger([FED, MS, ARTICLE])
    assert [c.id for c in ledger.related(MS)] == ["S01"]
    assert [c.id for c in ledger.related(ARTICLE)] == ["SZ05", "MS01"]


@pytest.mark.parametrize(
    ("question", "lang"),
    [
        ("What does the Fed say about the size of the basis trade?", "en"),
        ("美联储说基差交易有多大?", "zh"),
        ("美聯儲說基差交易有多大?", "zh"),
        ("who said 8300亿", "en"),
    ],
)
def test_a_claim_is_found_in_either_language(question: str, lang: str) -> None:
    ledger = Ledger([OLD, ARTICLE, MS, FED], TERMS)
    assert ledger.search(question, "zh" if lang == "zh" else "en", 1)[0].claim.id == "SZ05"


def test_a_bank_is_found_by_its_nickname() -> None:
    ledger = Ledger([OLD, ARTICLE, FED, MS], TERMS)
    assert ledger.search("大摩怎么说?", "zh", 1)[0].claim.id == "MS01"


def test_the_asked_date_decides_between_like_claims() -> None:
    rows = [claim("A", as_of="2024-12"), claim("B", as_of="2025-12"), claim("C", as_of="2023-12")]
    assert Ledger(rows).search("How large in December 2025?", "en", 1)[0].claim.id == "B"


def test_the_article_speaks_only_where_it_is_asked_about() -> None:
    ledger = Ledger([ARTICLE, MS], TERMS)
    assert ledger.search("Is the basis trade $1.5 trillion?", "en", 1)[0].claim.id == "MS01"
    assert ledger.search("Is the article right: $1.5 trillion?", "en", 1)[0].claim.id == "S01"


def test_a_question_without_a_known_word_finds_nothing() -> None:
    assert Ledger([FED, MS]).search("Wetter?", "en", 5) == []


def test_a_row_that_lacks_a_field_is_named(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    path.write_text(json.dumps([{"id": "SZ05", "topic": "size"}]), encoding="utf-8")
    with pytest.raises(KnowledgeError, match="SZ05"):
        load_ledger(path)


def test_an_id_used_twice_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="claim_twice"):
        Ledger([FED, FED])
