"""Figures and dates as people write them, in both languages."""

from __future__ import annotations

import calendar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.figures import Figure, figures, not_in_calendar, same, states, whens


def read(text: str) -> list[tuple[float, str]]:
    return [(pytest.approx(f.value), f.unit) for f in figures(text)]


@pytest.mark.parametrize(
    "text",
    ["$0.83tn", "$830bn", "830 billion dollars", "US$830 billion", "USD 0.83 trillion",
     "8300亿美元", "0.83万亿美元", "８３００亿美元", "$830,000,000,000", "$830B"],
)  # fmt: skip
def test_one_amount_of_dollars_is_read_from_every_spelling(text: str) -> None:
    assert read(text) == [(8.3e11, "usd")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("56 to 1", [(56, "times")]),
        ("7-to-1 against 2-to-1", [(7, "times"), (2, "times")]),
        ("50-100x", [(50, "times"), (100, "times")]),
        ("50至100倍", [(50, "times"), (100, "times")]),
        ("three times", [(3, "times")]),
        ("约为三倍", [(3, "times")]),
        ("$1.25-1.3tn", [(1.25e12, "usd"), (1.3e12, "usd")]),
        ("1.25至1.3万亿美元", [(1.25e12, "usd"), (1.3e12, "usd")]),
        ("20bp", [(20, "bp")]),
        ("20个基点", [(20, "bp")]),
        ("百分之五", [(5, "percent")]),
        ("四成以上", [(40, "percent")]),
        ("一点五万亿美元", [(1.5e12, "usd")]),
        ("fell 9.9 per cent", [(9.9, "percent")]),
        ("a \u22129.9% return", [(-9.9, "percent")]),
        ("£77bn", [(77e9, "gbp")]),
        ("2.5/32", [(2.5, "32nds")]),
        ("2/5/10-year futures", [(2, "years"), (5, "years"), (10, "years")]),
        ("2、5、10年期国债期货", [(2, "years"), (5, "years"), (10, "years")]),
        ("901 contracts", [(901, "contracts")]),
        ("901张", [(901, "contracts")]),
        ("60 days", [(60, "days")]),
        ("权益3000万", [(3e7, "")]),
        ("利差25bp上升", [(25, "bp")]),
        ("20x杠杆", [(20, "times")]),
        ("基差为-5个基点", [(-5, "bp")]),
        ("USD100亿", [(1e10, "usd")]),
        ("RMB68,377 million", [(6.8377e10, "cny")]),
        ("5\u202f%", [(5, "percent")]),
    ],
)
def test_values_come_in_their_base_unit(text: str, expected: list[tuple[float, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    ["TYH7", "Form 10-K", "FEDS 2025-038", "WP 21-01", "claim SZ05", "as it says [1][12]",
     "on 31 December 2026", "2026年12月31日", "2018-20", "3Q25", "COVID-19", "the 3rd time", "",
     "工作论文21-01指出", "编号2025-038未公布", "FEDS2025-038号", "见SZ05号",
     "2017-2019 basis traders"],
)  # fmt: skip
def test_names_dates_and_citation_numbers_are_no_figures(text: str) -> None:
    assert figures(text) == []


@pytest.mark.parametrize(
    "text",
    ["31 December 2026", "December 31, 2026", "2026-12-31", "2026年12月31日", "2026/12/31",
     "31st of December 2026", "Dec 31 2026", "２０２６年１２月３１日"],
)  # fmt: skip
def test_one_day_is_read_from_every_spelling(text: str) -> None:
    assert [w.iso for w in whens(text)] == ["2026-12-31"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("September 2025", ["2025-09"]),
        ("2025年9月", ["2025-09"]),
        ("Q3 2025 and 2025-Q4 and 3Q24", ["2025-Q3", "2025-Q4", "2024-Q3"]),
        ("third quarter of 2025", ["2025-Q3"]),
        ("2025年三季度", ["2025-Q3"]),
        ("2022Q4-2024Q4累计", ["2022-Q4", "2024-Q4"]),
        ("2018-20 and 2022\u20132024", ["2018..2020", "2022..2024"]),
        ("year-end 2024", ["2024"]),
        ("2024年末", ["2024"]),
        ("between 15 and 31 March 2020", ["2020-03-15", "2020-03-31"]),
        ("2020年3月15日至31日", ["2020-03-15", "2020-03-31"]),
        ("4月2日至9日", ["--04-02", "--04-09"]),
        ("2000亿 and 2000 contracts and $2020", []),
    ],
)
def test_months_quarters_years_and_runs_are_dates(text: str, expected: list[str]) -> None:
    assert [w.iso for w in whens(text)] == expected


def test_a_date_knows_its_first_and_last_day() -> None:
    quarter, year = whens("Q3 2025 or 2024")
    assert (str(quarter.first), str(quarter.last)) == ("2025-07-01", "2025-09-30")
    assert (str(year.first), str(year.last)) == ("2024-01-01", "2024-12-31")


def test_spans_point_into_the_text_as_given() -> None:
    text = "美债\uff1a\uff18\uff13\uff10\uff10亿美元\uff0c2025年9月\uff0c约35%。"
    assert [text[slice(*f.span)] for f in figures(text)] == [
        "\uff18\uff13\uff10\uff10亿美元",
        "35%",
    ]
    assert [text[slice(*w.span)] for w in whens(text)] == ["2025年9月"]


@pytest.mark.parametrize(
    ("a", "b"),
    [("8.3%", "830bp"), ("1.5 trillion", "$1.5tn"), ("$1.2tn", "$1,185.5bn"), ("5%", "5.0%")],
)
def test_figures_agree_to_the_coarser_written_precision(a: str, b: str) -> None:
    assert same(figures(a)[0], figures(b)[0])


@pytest.mark.parametrize(
    ("a", "b"), [("$830bn", "$840bn"), ("5%", "5x"), ("$1.5tn", "$1.5bn"), ("7%", "7 days")]
)
def test_figures_that_differ_in_value_scale_or_unit_do_not_agree(a: str, b: str) -> None:
    assert not same(figures(a)[0], figures(b)[0])


def test_a_figure_states_a_known_value_only_as_exactly_as_it_is_written() -> None:
    assert states(figures("$715bn")[0], 714.92e9, "usd")
    assert not states(figures("$714bn")[0], 714.92e9, "usd")


@given(st.integers(1, 99_999), st.sampled_from([("bn", 1e9), ("tn", 1e12), ("亿美元", 1e8)]))
def test_what_is_written_is_what_is_read(number: int, scale: tuple[str, float]) -> None:
    text = f"${number:,}{scale[0]}" if scale[0].isascii() else f"{number}{scale[0]}"
    assert read(text) == [(number * scale[1], "usd")]


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    for figure in figures(text):
        assert isinstance(figure, Figure)
        assert text[slice(*figure.span)] == figure.text
    for when in whens(text):
        assert text[slice(*when.span)] == when.text


_PIECES = st.sampled_from(
    ["2020", "2021", "1900", "2099", "年", "月", "日", "至", "到", "-", "/", ".", " ", "and", "to",
     "Feb", "September", "May", "Q5", "5Q25", "号", ",", "第五季度", "week 54", "呢"]
    + [f"{n}" for n in (0, 2, 4, 9, 12, 13, 15, 28, 29, 30, 31, 32, 54)]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=12), st.sampled_from(["", " "]))
def test_no_text_of_date_pieces_is_read_as_a_day_that_does_not_exist(
    pieces: list[str], space: str
) -> None:
    text = space.join(pieces)
    not_in_calendar(text)
    for when in whens(text):
        assert (when.first is None) == (when.last is None) == (when.year is None)


@given(
    st.integers(1900, 2099), st.integers(1, 12), st.integers(1, 28), st.integers(29, 32),
    st.sampled_from(["{y}年{m}月{a}日至{b}日", "{y}年{m}月{a}日至{m}月{b}日"]),
)  # fmt: skip
def test_the_end_of_a_span_is_a_day_or_is_named(y: int, m: int, a: int, b: int, form: str) -> None:
    text = form.format(y=y, m=m, a=a, b=b)
    longest = calendar.monthrange(y, m)[1]
    assert bool(not_in_calendar(text)) == (b > longest)


@pytest.mark.parametrize(
    "text",
    ["2020年9月15日至31日", "2020-02-30", "2020年13月", "9/31/2020", "31.9.2020",
     "February 30, 2021",
     "30 Feb 2021", "2021年2月28日至29日",
     "Q5 2020", "2020年第五季度", "2020年9月31日", "week 54"],
)  # fmt: skip
def test_a_date_that_no_calendar_has_is_named(text: str) -> None:
    assert not_in_calendar(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("2020年9月15日至31日美联储买了多少", "2020年9月31日"),
        ("9月15日至31日", "9月31日"),
        ("9月15至31日", "9月31日"),
        ("2020年2月28日和30日", "2020年2月30日"),
        ("2020年1月1日至32日", "2020年1月32日"),
        ("2025年2月30號", "2025年2月30號"),
        ("2025年9月15日至9月31日", "9月31日"),
        ("September 15-31, 2020", "September 31, 2020"),
        ("June 15 to 31", "June 31"),
        ("from 15 to 31 September 2020", "31 September 2020"),
        ("Q5 2025", "Q5 2025"),
        ("2025Q5", "2025Q5"),
        ("5Q25", "5Q25"),
        ("2025年第五季度", "2025年第五季度"),
        ("2025-W60", "2025-W60"),
        ("week 60 of 2025", "week 60 of 2025"),
        ("20250631", "20250631"),
        ("20251301", "20251301"),
    ],
)
def test_a_date_that_no_calendar_has_is_named_whole(text: str, named: str) -> None:
    assert not_in_calendar(text) == [named]


@pytest.mark.parametrize(
    "text",
    ["2020年9月15日至30日", "2020-02-29", "June 15 to 40 billion", "20250630", "20201130",
     "5Q", "2025年2月3日、4日", "9/30/2020", "60日内", "28.9.2020", "18个月",
     "March 2020",
     "2-9 April 2025", "2018-20", "10-year 4.5% at 110-16, 91 days", "FV 27年3月", "12月31日"],
)  # fmt: skip
def test_a_date_of_the_calendar_is_not_named_as_missing(text: str) -> None:
    assert not not_in_calendar(text)
