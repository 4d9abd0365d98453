"""Which report a question is about."""

from __future__ import annotations

import pytest

from knowledge.retriever import KnowledgeRetriever
from knowledge.routing import NAMED, reports, route
from knowledge.shelves import Shelf
from tests.knowledge.shelf import TERMS, passage


def named(question: str, **fields: object) -> bool:
    gained = reports([passage("p", "text", **fields)], TERMS).gains(route(question, TERMS))
    return bool(gained[0] >= NAMED)


@pytest.mark.parametrize(
    ("question", "publisher"),
    [
        ("What does Morgan Stanley say about haircuts?", "Morgan Stanley"),
        ("摩根士丹利怎么看折扣率?", "Morgan Stanley"),
        ("How did JnJ's sales grow?", "Johnson & Johnson"),
        ("Does AMEX pay dividends?", "American Express"),
        ("What is MGM's debt?", "MGM Resorts"),
        ("How large are Coca Cola's inventories?", "The Coca-Cola Company"),
        ("中金公司怎么看?", "中金公司"),
    ],
)
def test_a_publisher_is_known_by_its_names(question: str, publisher: str) -> None:
    assert named(question, publisher=publisher)


@pytest.mark.parametrize(
    ("question", "publisher"),
    [
        ("What was repaid within 3 months?", "3M"),
        ("The trade grew. Why?", "The Kraft Heinz Company"),
        ("How big is the basis trade?", "basisbot"),
        ("How big is the basis trade?", ""),
    ],
)
def test_nobody_is_named_by_chance(question: str, publisher: str) -> None:
    assert not named(question, publisher=publisher)


def test_a_title_with_a_year_names_whose_report_it_is() -> None:
    assert named("What is ACME's capex?", title="ACME 2022 10K")


def test_the_asked_year_comes_before_the_next_and_that_before_others() -> None:
    years = ["ACME 2021 10K", "ACME 2022 10K", "ACME 2019 10K"]
    found = reports([passage(t, "x", title=t) for t in years], TERMS)
    asked = route("What was ACME's capex from FY2020 to FY2021?", TERMS)
    assert found.gains(asked).tolist() == pytest.approx([NAMED + 0.3, NAMED + 0.1, NAMED])


REPORTS = [
    passage(day, "Haircuts rose.", publisher="Acme Bank", meta={"published": day})
    for day in ("2025-07-10", "2026-04-11", "2026-07-11", "")
]


@pytest.mark.parametrize("question", ["What is Acme Bank's latest view?", "Acme Bank现在怎么看?"])
def test_who_asks_of_today_means_the_newest_report(question: str) -> None:
    gained = reports(REPORTS, TERMS).gains(route(question, TERMS)) - NAMED
    assert gained[2] == pytest.approx(0.3)
    assert gained[1] == pytest.approx(0.15)
    assert gained[0] < 0.02
    assert gained[3] == 0.0


@pytest.mark.parametrize(
    "question",
    ["What are Acme Bank's current assets?", "What did Acme Bank say in 2025, now published?"],
)
def test_who_does_not_or_gives_a_year_does_not(question: str) -> None:
    gained = reports(REPORTS, TERMS).gains(route(question, TERMS)) - NAMED
    assert gained[2] < 0.11
    assert gained[0] >= gained[2] or "2025" not in question


def test_the_newest_report_stands_first() -> None:
    found = KnowledgeRetriever([Shelf("en", REPORTS)], TERMS).retrieve(
        "Have haircuts risen now, says Acme Bank?", 4
    )
    assert found[0].passage.id == "2026-07-11"


def test_a_named_report_comes_first_and_may_fill_the_list() -> None:
    rows = [
        passage(f"{name}{n}", f"Repo haircuts rose, part {n}.", doc_id=name, publisher=name)
        for name in ("Acme Bank", "Other Bank")
        for n in range(4)
    ]
    found = KnowledgeRetriever([Shelf("en", rows)], TERMS).retrieve(
        "Did haircuts rise according to Acme Bank?", 4
    )
    assert {f.passage.doc_id for f in found} == {"Acme Bank"}
    assert all(f.named for f in found)
    plain = KnowledgeRetriever([Shelf("en", rows)], TERMS).retrieve("Did haircuts rise?", 4)
    assert [f.passage.doc_id for f in plain].count("Acme Bank") == 2


@pytest.mark.parametrize(
    ("question", "publisher", "naming"),
    [
        ("What does Acme Bank say of haircuts?", "Acme Bank", {"acm", "bank"}),
        ("How did JnJ's sales grow?", "Johnson & Johnson", {"jnj", "johnson"}),
        ("中金怎么看回购?", "中金", {"中金"}),
        ("What does Acme Bank say of haircuts?", "Other House", set()),
    ],
)
def test_words_that_only_name_the_report_are_told(
    question: str, publisher: str, naming: set[str]
) -> None:
    found = reports([passage("p", "x", publisher=publisher)], TERMS)
    assert found.naming(route(question, TERMS)) == naming


def test_within_a_named_report_its_name_finds_nothing() -> None:
    rows = [
        passage("cover", "Acme Bank. Acme Bank, its shares and its debt.", publisher="Acme Bank"),
        passage("page", "The haircut on notes rose to two percent.", publisher="Acme Bank"),
    ]
    found = KnowledgeRetriever([Shelf("en", rows)], TERMS).retrieve("Acme Bank's haircut?", 2)
    assert [f.passage.id for f in found] == ["page", "cover"]
    assert found[1].coverage == 0.0
