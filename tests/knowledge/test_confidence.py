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


CHINESE = passage("z", "塔纳克林松支持英国, BSkyB播出节目。", lang="zh")


@pytest.mark.parametrize(
    ("with_it", "without"),
    [
        ("塔纳克林松支持谁?", "奥廷加支持谁?"),
        ("BSkyB播出什么?", "Telewest播出什么?"),
        ("塔纳克林松和奥廷加支持谁?", "麦金德和奥廷加支持谁?"),
    ],
)
def test_a_name_that_a_chinese_passage_lacks_makes_it_less_sure(with_it: str, without: str) -> None:
    assert confidence(with_it, "zh", CHINESE, 0.5) > confidence(without, "zh", CHINESE, 0.5)


def test_ordinary_words_are_no_names() -> None:
    named = confidence("塔纳克林松支持谁?", "zh", CHINESE, 0.5)
    assert confidence("东方和西方的平台是什么?", "zh", CHINESE, 0.5) == named
