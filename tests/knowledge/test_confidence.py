"""Whether a passage is about a question."""

from __future__ import annotations

import pytest

from knowledge.confidence import THRESHOLDS, about, confidence
from tests.knowledge.shelf import passage

TEXT = "Leveraged funds held $715 billion of shorts in May 2023, says OFR."


def test_likeness_decides_by_the_pair_of_languages() -> None:
    between = (THRESHOLDS["en", "zh"] + THRESHOLDS["en", "en"]) / 2
    english, chinese = passage("a", TEXT), passage("b", "杠杆基金空头", lang="zh")
    assert about("What did funds hold?", "en", chinese, between)
    assert not about("What did funds hold?", "en", english, between)


@pytest.mark.parametrize(
    ("with_it", "without"),
    [
        ("空头在2023年5月有多少?", "空头在2021年3月有多少?"),
        ("OFR怎么说?", "BSkyB怎么说?"),
    ],
)
def test_another_occasion_or_name_makes_it_less_sure(with_it: str, without: str) -> None:
    text = passage("a", TEXT)
    assert confidence(with_it, "zh", text, 0.5) > confidence(without, "zh", text, 0.5)
