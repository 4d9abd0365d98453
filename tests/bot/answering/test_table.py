"""A course of one measure stands in a narrow table before its sentences; measures never mix."""

from __future__ import annotations

import pytest

from bot.render.answers import answer_message
from bot.render.table import WIDEST, width
from tests.bot.answering.shelf import answerer


@pytest.mark.parametrize(
    ("question", "measure", "first"),
    [
        (
            "How have foreign holdings of Treasuries moved since 2021?",
            "total foreign holdings",
            ("2021-12", "$7,740 billion"),
        ),
        ("外国持有美债2021年以来怎么变化?", "外国持有总额", ("2021-12", "77,400亿美元")),
    ],
)
def test_a_course_has_its_values_by_date(
    question: str, measure: str, first: tuple[str, str]
) -> None:
    answer = answerer().answer(question)
    assert answer.table is not None
    assert answer.table.measure == measure
    assert answer.table.rows[0][:2] == first
    assert [row[0] for row in answer.table.rows] == sorted(row[0] for row in answer.table.rows)


def test_the_table_comes_first_and_fits_a_phone() -> None:
    message = answer_message(
        answerer().answer("How have leveraged funds’ Treasury futures shorts changed since 2019?")
    )
    head, _, rest = message.html.partition("</pre>")
    lines = head.partition("<pre>")[2].splitlines()
    assert lines[0] == "2019-12-31  $631.17 billion  [1]"
    assert all(width(line) <= WIDEST for line in lines)
    assert rest.lstrip().startswith("\N{BULLET}")


@pytest.mark.parametrize("question", ["How big is the basis trade?", "零折扣回购占多少？"])
def test_figures_of_several_measures_share_no_column(question: str) -> None:
    answer = answerer().answer(question)
    assert answer.route == "disagreement"
    assert answer.table is None
