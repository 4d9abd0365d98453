"""What /basis shows: the number first, a narrow table, inputs with their origin, sources."""

from __future__ import annotations

import re
from datetime import date

import pytest

from bot.desk.request import RateOnRecord
from bot.i18n import LANGS, Lang
from bot.render.desk.basis import basis_formula, basis_html
from bot.render.desk.charts import desk_chart, has_chart, rows_of
from bot.render.desk.views import desk_message
from bot.render.html import measure, plain
from bot.render.message import Message
from bot.render.table import WIDEST, table, width
from tests.bot.desk.asking import basis_of, with_repo

TODAY = date(2026, 11, 24)
FULL = "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2%"

WAYS = [
    FULL,
    "TYH7 112-16+ 4.25 11/34 100-30",
    f"{FULL} margin 1850 face 2.5bn settle 2026-12-07 date 2027-03-10 cf 0.8955",
    "TUZ6 103-21.3 3.875% 10/31/28 99.123 repo 9 haircut 0 margin 0",
    "UBZ6 121-07 4.5% 11/15/54 98-24+ 912810UE6 repo -0.5 settle 2026-12-31",
    "3YZ6 105-161 4% 9/15/29 101-02 repo 5.5 face 100",
    "TWEH7 98-16 4.125% 8/15/46 83-242 repo 3.9 margin 4000",
]


def shown(text: str, lang: Lang = "en") -> Message:
    return desk_message(basis_of(text, TODAY), lang, "abc123")


def test_the_net_basis_comes_first_then_the_implied_repo():
    first, second = plain(shown(FULL).html).splitlines()[:2]
    assert first == "Net basis 2.56/32 ($799 per $1mm)"
    assert second == "Implied repo 3.67% against repo 3.90%: \N{MINUS SIGN}22.6bp"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("text", WAYS)
def test_the_table_fits_a_phone_and_the_message_telegram(text: str, lang: Lang):
    message = shown(text, lang)
    rows = re.search("<pre>(.*?)</pre>", message.html, re.DOTALL)
    assert rows
    assert max(width(row) for row in plain(rows[1]).splitlines()) <= WIDEST
    length, entities = measure(message.html)
    assert length < 4096
    assert entities < 100


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("text", WAYS)
def test_buttons_fit_what_telegram_takes(text: str, lang: Lang):
    for row in shown(text, lang).keyboard:
        for button in row:
            assert button.data is None or 1 <= len(button.data.encode()) <= 64
            assert button.copy is None or 1 <= len(button.copy) <= 256
            assert (button.data is None) != (button.copy is None)


def test_inputs_are_echoed_in_both_notations_with_their_origin():
    text = plain(shown(FULL).html)
    assert "TYH7 (2027-03) futures 112-165 = 112.515625 (yours)" in text
    assert "4.25% 2034-11-15 cash 100-30 = 100.9375 (yours)" in text
    assert (
        "settlement 2026-11-25 (default: the next bond-market business day in New York "
        "after 2026-11-24)" in text
    )
    assert "face $1,000,000 (default: one million)" in text


def test_a_month_alone_is_shown_as_defaulted():
    text = plain(shown("TYH7 112-16+ 4.25 11/34 100-30").html)
    assert "2034-11-15 cash 100-30 = 100.9375 (default: only the month was given; what" in text


@pytest.mark.parametrize(
    ("lang", "why"), [("en", "no repo rate was given"), ("zh", "没有给出回购利率")]
)
def test_without_a_repo_rate_there_is_no_net_basis_and_it_says_why(lang: Lang, why: str):
    text = plain(shown("TYH7 112-16+ 4.25 11/34 100-30", lang).html)
    assert why in text
    assert "repo 3.90" in text or "回购 3.90" in text


def test_a_rate_on_record_carries_its_date_and_source():
    on_record = RateOnRecord(3.97, date(2026, 11, 23), "NY Fed SOFR")
    reply = basis_of("TYH7 112-16+ 4.25 11/15/34 100-30", TODAY, lambda: on_record)
    text = plain(basis_html(reply, "en"))
    assert "repo 3.97% (default: NY Fed SOFR of 2026-11-23, the newest on record)" in text


def test_no_leverage_is_shown_where_nothing_is_known_of_haircut_and_margin():
    unknown = plain(shown("TYH7 112-16+ 4.25 11/34 100-30").html)
    assert "No leverage figure: haircut or margin is unknown" in unknown
    nil = plain(shown("TYH7 112-16+ 4.25 11/34 100-30 haircut 0 margin 0").html)
    assert "haircut and margin are both zero" in nil


@pytest.mark.parametrize("lang", LANGS)
def test_a_lone_decimal_is_read_as_one_and_the_other_reading_is_named(lang: Lang):
    text = plain(shown(FULL.replace("112-16+", "112.165"), lang).html)
    assert "= 112.165" in text
    assert "112-165" in text


def test_the_stress_says_what_the_repo_rate_did():
    before = basis_of(FULL, TODAY)
    after = basis_of(with_repo(FULL, 4.15), TODAY)
    first = plain(basis_html(after, "en", before)).splitlines()[0]
    assert first.startswith("Repo 3.90% → 4.15% (+25bp): net basis 2.56/32 → 5.39/32")
    assert "\N{MINUS SIGN}$884 per $1mm" in first


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("text", WAYS)
def test_the_formula_is_shown_with_the_trades_numbers(text: str, lang: Lang):
    reply = basis_of(text, TODAY)
    lines = "\n".join(basis_formula(reply, lang))
    assert f"{reply.trade.basis.conversion_factor:.4f}" in lines
    assert len(lines) < 4096


def test_columns_stand_straight_in_chinese():
    rows = plain(table([("", "a"), ("基差", "1.00"), ("basis", "12.50")])).splitlines()
    assert rows == ["           a", "基差    1.00", "basis  12.50"]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("repo", ["3.90", "9.75", "-0.5"])
def test_the_chart_by_repo_rate_says_in_words_what_it_draws(lang: Lang, repo: str):
    reply = basis_of(FULL.replace("3.90", repo))
    assert has_chart(reply)
    chart = desk_chart(reply, lang, "dark")
    assert chart.png.startswith(b"\x89PNG")
    assert f"{reply.trade.basis.implied_repo_pct:.2f}" in plain(chart.caption_html)


def test_the_figures_are_a_row():
    names, values = rows_of(basis_of(FULL))
    row = dict(zip(names, values, strict=True))
    assert row["net_basis_32nds"] == pytest.approx(2.5560, abs=1e-4)
