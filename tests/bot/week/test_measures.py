"""What people may ask to see drawn, and what is drawn of it."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from bot.i18n import LANGS, Lang
from bot.render.charts import NothingToDrawError
from bot.render.curves import curves_chart
from bot.render.html import measure, plain
from bot.render.series import series_chart, series_messages, unknown_message
from bot.week import compose
from bot.week.series import NAMES, PLAIN, WORDS, curves, series_name
from tests.bot.render.test_charts import inked, size
from tests.oracles import check_html
from tests.recorded import recorded_digest, recorded_market
from tools.errors import CalculatorError
from tools.market.bundled import bundled_market

DAY = date(2025, 4, 11)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("", "positions"), ("score", "score"), ("SOFR-IORB", "sofr-iorb"),
        ("sofr − iorb", "sofr-iorb"),
        ("SOFR iorb", "sofr-iorb"), ("vol", "vol"), ("波动率", "vol"), ("ty", "TY"), ("ZN", "TY"),
        ("10年期", "10y"), ("持仓", "positions"), ("开曼", "cayman"), ("stress", "score"),
        ("10 年期 国债", "10y"), ("10-year yield", "10y"), ("Fed funds", "effr"),
        ("primary dealers", "dealers"), ("一级交易商", "dealers"), ("UXY", "TN"), ("WN", "UB"),
        ("SOFR–TGCR", "sofr-tgcr"), ("sofrtgcr", "sofr-tgcr"), ("tail", "p99"),
        ("隔夜逆回购", "rrp"), ("常备回购便利", "srf"), ("成交量", "volume"),
        ("准备金利率", "iorb"), ("对冲基金杠杆", "leverage"), ("10年期期货", "TY"),
        ("交割 失败", "fails"),
    ],
)  # fmt: skip
def test_a_series_is_known_by_the_names_that_people_use(words: str, name: str):
    assert series_name(words) == name


def test_every_name_that_is_offered_can_be_asked_for():
    assert [series_name(name) for name in NAMES] == list(NAMES)


def test_every_word_leads_to_one_series_and_every_series_has_words_in_both_languages():
    heard: dict[str, str] = {}
    for name, words in WORDS.items():
        assert name in NAMES
        for word in map(str.strip, words.split(",")):
            assert series_name(word) == name
            assert heard.setdefault(word.replace(" ", ""), name) == name
        assert not words.isascii(), name
    assert {*NAMES} - {*WORDS} == {"obfr"}  # nobody calls it anything else


@pytest.mark.parametrize("lang", LANGS)
def test_an_unknown_series_is_named_with_all_that_there_are(lang: Lang):
    with pytest.raises(CalculatorError) as error:
        series_name("<b>gold</b>")
    message = unknown_message(error.value, lang)
    check_html(message.html, limit=4096)
    assert "<b>gold</b>" in plain(message.html)
    assert all(name in message.html for name in NAMES)


def test_sofr_over_iorb_is_315_on_its_worst_day():
    [curve] = curves(recorded_market(), "sofr-iorb", DAY)
    highest = max(curve.points, key=lambda point: point[1])
    assert highest == (date(2019, 9, 17), pytest.approx(315))
    assert curve.points[-1][0] == date(2025, 4, 10)  # Thursday's, known on Friday


def test_realised_volatility_ends_on_the_figure_of_the_digest():
    [curve] = curves(recorded_market(), "vol", DAY)
    [figure] = [f for f in recorded_digest(DAY).volatility if f.key == "rv20"]
    assert curve.points[-1] == (DAY, pytest.approx(figure.value))


def test_a_contract_is_drawn_net_gross_and_against_asset_managers():
    net, gross, managers = curves(recorded_market(), "TY", DAY)
    assert net.points[-1] == (date(2025, 4, 8), pytest.approx(1873.687))
    assert gross.points[-1][1] > net.points[-1][1]
    assert managers.key == "managers_long"


def test_of_the_bundled_table_a_contract_has_its_net_short_only():
    [net] = curves(bundled_market(), "FV", date(2026, 11, 22))
    assert net.points[-1] == (date(2026, 7, 14), pytest.approx(2156.75))


@pytest.mark.parametrize("name", PLAIN)
def test_nothing_that_was_published_later_is_drawn(name: str):
    for curve in curves(recorded_market(), name, DAY):
        assert curve.points[-1][0] <= DAY
        assert list(curve.points) == sorted(curve.points)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["sofr-iorb", "vol", "TY", "10y", "cayman"])
def test_pictures_have_their_size_a_caption_that_says_their_extremes_and_data(
    lang: Lang, name: str
):
    digest = recorded_digest(DAY)
    picture, data = series_messages(name, digest, recorded_market(), lang, "dark")
    assert picture.attachment is not None
    assert data.attachment is not None
    assert size(picture.attachment.data) == (1200, 675)
    frame, whole = inked(picture.attachment.data)
    assert frame == 0
    assert whole > 5_000
    assert measure(picture.html)[0] <= 1024
    check_html(picture.html, limit=1024)
    main = curves(recorded_market(), name, DAY)[0]
    assert str(max(main.points, key=lambda point: point[1])[0]) in plain(picture.html)
    rows = list(csv.DictReader(io.StringIO(data.attachment.data.decode())))
    assert rows[-1]["date"] == str(main.points[-1][0])
    assert len(rows) >= len(main.points)
    assert not data.attachment.picture


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_not_on_record_is_said(lang: Lang):
    digest = compose(bundled_market(), date(2026, 11, 22))
    [message] = series_messages("sofr", digest, bundled_market(), lang)
    assert message.attachment is None
    assert message.html
    with pytest.raises(NothingToDrawError):
        curves_chart("sofr", (), lang)


def test_the_charts_of_the_digest_have_names_too():
    digest = recorded_digest(DAY)
    for name in ("positions", "score"):
        assert series_chart(name, digest, recorded_market(), "en").csv


def test_every_contract_and_series_has_a_title_in_both_languages():
    from bot.render.curves import title

    for lang in LANGS:
        assert all(title(name, lang) for name in NAMES if name not in {"positions", "score"})
