"""The ledger: values, dates, who differs from whom, and finding claims in either language."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from knowledge.claims import Amount, Ledger, amounts, as_of_span, load_ledger, ranked
from knowledge.errors import KnowledgeError
from tests.knowledge.shelf import claim

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


def test_better_sources_then_newer_figures_stand_first() -> None:
    newer = claim("N", as_of="2026-08")
    assert [c.id for c in ranked([ARTICLE, MS, FED, newer])] == ["N", "SZ05", "MS01", "S01"]


def test_relations_hold_in_both_directions() -> None:
    ledger = Ledger([FED, MS, ARTICLE])
    assert [c.id for c in ledger.related(MS)] == ["S01"]
    assert [c.id for c in ledger.related(ARTICLE)] == ["SZ05", "MS01"]


def test_a_row_that_lacks_a_field_is_named(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    path.write_text(json.dumps([{"id": "SZ05", "topic": "size"}]), encoding="utf-8")
    with pytest.raises(KnowledgeError, match="SZ05"):
        load_ledger(path)


def test_an_id_used_twice_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="claim_twice"):
        Ledger([FED, FED])
