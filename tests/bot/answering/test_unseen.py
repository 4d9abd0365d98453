"""A comparison in which TIC does not see one side opens with what it depends on."""

from __future__ import annotations

import pytest

from tests.bot.answering.shelf import answerer


@pytest.mark.parametrize(
    "question",
    [
        "Do Cayman hedge funds hold more Treasuries than Japan?",
        "Cayman vs Japan: who holds more Treasuries?",
        "Are Cayman funds bigger holders of Treasuries than China?",
        "Do hedge funds own more Treasuries than the UK?",
        "Does Japan hold more Treasuries than Cayman hedge funds?",
        "Is Japan or the Cayman Islands the larger holder of Treasuries?",
        "At end-2024 did Cayman funds hold more Treasuries than Japan?",
        "开曼对冲基金持有的美债比日本多吗？",
        "日本和开曼谁持有的美债更多？",
        "开曼基金的美债持仓超过中国了吗",
        "開曼對沖基金持有的美債比日本多嗎？",
        "对冲基金持有的美债比英国多吗",
    ],
)
def test_a_fund_population_is_compared_on_both_measures(question: str) -> None:
    answer = answerer().answer(question)
    assert {"XB04", "TC11", "XB09", "XB03"} <= {c.claim for c in answer.citations}
    assert "Form PF" in answer.statements[0].text
    assert "TIC" in answer.statements[0].text


@pytest.mark.parametrize(
    "question", ["Does Belgium hold more Treasuries than China?", "英国持有的美债比中国多吗"]
)
def test_a_custodial_centre_is_said_to_be_none_of_the_owners(question: str) -> None:
    assert "TC15" in {c.claim for c in answerer().answer(question).citations}


@pytest.mark.parametrize(
    "question", ["Does Japan hold more Treasuries than China?", "日本持有的美债比中国多吗"]
)
def test_an_ordinary_comparison_stays_as_it_was(question: str) -> None:
    assert not {"XB04", "TC15"} & {c.claim for c in answerer().answer(question).citations}
