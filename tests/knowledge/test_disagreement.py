"""What differs from a claim, what is newer, and why both may be right."""

from __future__ import annotations

import pytest

from knowledge.amounts import Amount
from knowledge.claims import is_evidence, load_ledger
from knowledge.disagreement import agreement, apart, differing, newer, why

LEDGER = load_ledger()


@pytest.mark.parametrize(
    ("claim", "others"),
    [
        ("SZ04", {"SZ15"}),
        ("SZ23", {"SZ24"}),
        ("SZ36", {"SZ35"}),
        ("RP04", {"RP06"}),
        ("MS01", {"SZ05", "MS07"}),
    ],
)
def test_a_linked_claim_with_another_figure_differs(claim: str, others: set[str]) -> None:
    assert {c.id for c in differing(LEDGER[claim], LEDGER)} == others


def test_the_same_figure_of_two_measures_does_not_differ() -> None:
    """74 % of hedge-fund borrowing and 74 % of pilot volume are equal numbers."""
    assert "RP01" not in {c.id for c in differing(LEDGER["LV04"], LEDGER)}


def test_own_arithmetic_is_nobodys_other_figure() -> None:
    assert differing(LEDGER["CA07"], LEDGER) == ()
    assert not {c.id for c in differing(LEDGER["SZ05"], LEDGER)} & {"CA04", "CA07"}


def test_what_differs_differs_both_ways() -> None:
    for claim in filter(is_evidence, LEDGER.values()):
        for other in differing(claim, LEDGER):
            assert claim in differing(other, LEDGER)


def test_ranges_that_meet_are_not_apart() -> None:
    span = Amount(0.35e12, 1.5e12, "usd")
    assert not apart(span, Amount(0.83e12, 0.83e12, "usd"))
    assert apart(span, Amount(2e12, 2e12, "usd"))
    assert not apart(span, Amount(2e12, 2e12, "gbp"))


def test_a_later_figure_of_one_measure_is_newer() -> None:
    assert newer(LEDGER["MS07"], LEDGER) == LEDGER["MS08"]
    assert newer(LEDGER["SZ27"], LEDGER) == LEDGER["SZ19"]
    assert newer(LEDGER["MS08"], LEDGER) is None


def test_another_country_is_no_newer_figure() -> None:
    assert newer(LEDGER["TC01"], LEDGER) is None


def test_why_two_figures_differ() -> None:
    assert why(LEDGER["SZ04"], LEDGER["SZ15"]) == "measure"
    assert why(LEDGER["MS07"], LEDGER["MS08"]) == "date"


@pytest.mark.parametrize(
    ("question", "one", "other", "agreed"),
    [
        ("When did runoff end?", "It ended on 1 December 2025.", "On December 1, 2025.", 1.0),
        ("缩表哪一天结束?", "2025年12月1日停止缩表。", "缩表自12月1日起停止。", 1.0),
        ("How big was the trade?", "It was $830bn.", "About 0.83 trillion dollars.", 1.0),
        ("规模有多大?", "约8300亿美元。", "达到0.83万亿美元。", 1.0),
        ("When did runoff end?", "It ended on 1 December 2025.", "On 11 December 2025.", 0.0),
        ("缩表哪一天结束?", "2025年12月1日停止缩表。", "缩表自12月11日起停止。", 0.0),
        ("How big was the trade?", "It was $830bn.", "About 1.3 trillion dollars then.", 0.0),
        ("规模有多大?", "约8300亿美元。", "达到1.3万亿美元。", 0.0),
        ("Who chairs the Fed?", "Jane Roe chairs it.", "Mary Major does.", None),
    ],
)
def test_two_texts_give_the_same_day_or_amount_or_another(
    question: str, one: str, other: str, agreed: float | None
):
    assert agreement(question, one, other) == agreed
