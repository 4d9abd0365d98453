"""What a question about accounts is read from, and which passage is a statement."""

from __future__ import annotations

import pytest

from knowledge.statements import kind, wanted

NUMBERS = " ".join(f"{n},{n}00" for n in range(10, 60))


@pytest.mark.parametrize(
    ("question", "statement", "line"),
    [
        ("Is ACME a capital-intensive business?", "balance", "property plant"),
        ("What is the FY2018 capex of ACME?", "cash", "purchases of property"),
        ("该公司2022年毛利率是多少?", "income", "cost of sales"),
        ("Using the statement of financial position, what are payables?", "balance", "payable"),
        ("自由现金流如何?", "cash", "operating activities"),
    ],
)
def test_a_measure_is_looked_for_in_its_statement_and_lines(
    question: str, statement: str, line: str
) -> None:
    found = wanted(question)
    assert statement in found.statements
    assert line in found.items["en"]
    assert found.items["zh"]


@pytest.mark.parametrize("question", ["How big is the basis trade?", "什么是转换因子?", ""])
def test_a_question_about_something_else_wants_no_accounts(question: str) -> None:
    assert not wanted(question)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"ACME INC.\nCONSOLIDATED\nBALANCE\nSHEETS\n{NUMBERS}", {"balance"}),
        (f"Consolidated\u00a0Statements\u00a0of\u00a0Cash\u00a0Flows\n{NUMBERS}", {"cash"}),
        (f"合并利润表\n{NUMBERS}", {"income"}),
        (f"Notes to Consolidated Balance Sheets\n{NUMBERS}", set()),
        ("The balance sheet shows total assets of 5.", set()),
    ],
)
def test_a_statement_is_known_by_its_title_and_its_numbers(text: str, kinds: set[str]) -> None:
    assert kind(text) == kinds
