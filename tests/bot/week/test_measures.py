"""What people may ask to see drawn, and what is drawn of it."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from bot.i18n import LANGS, Lang, say
from bot.render.charts import NothingToDrawError
from bot.render.curves import curves_chart
from bot.render.html import measure as lengths
from bot.render.html import plain
from bot.render.measures import amount, measure_name
from bot.render.series import figure_message, series_chart, series_messages, unknown_message
from bot.week import compose
from bot.week.asked import chart_asked, figure_asked, named
from bot.week.rules import AlertError, read_rule
from tests.bot.render.test_charts import inked, size
from tests.oracles import check_html
from tests.recorded import recorded_digest, recorded_market
from tools.errors import CalculatorError
from tools.market.bundled import bundled_market
from tools.market.data import MarketData
from tools.market.measures import BUCKETS, MEASURES, Reading, offered, readings
from tools.market.publication import end_of

DAY = date(2025, 4, 11)


def key_of(words: str) -> str | None:
    """Return the key of the measure that words name, by the one reader of them all."""
    measure = named(words)
    return measure and measure.key


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("score", "score"), ("SOFR-IORB", "sofr_iorb"),
        ("sofr − iorb", "sofr_iorb"),
        ("SOFR iorb", "sofr_iorb"), ("vol", "rv20"), ("波动率", "rv20"), ("ty", "net:TY"),
        ("ZN", "net:TY"),
        ("10年期", "ust_10y"), ("持仓", "net:ALL"), ("开曼", "tic_cayman"), ("stress", "stress"),
        ("funding", "funding"),
        ("10 年期 国债", "ust_10y"), ("10-year yield", "ust_10y"), ("Fed funds", "effr"),
        ("primary dealers", "pd_pos_total"), ("一级交易商", "pd_pos_total"), ("UXY", "net:TN"),
        ("WN", "net:UB"),
        ("SOFR–TGCR", "sofr_tgcr"), ("sofrtgcr", "sofr_tgcr"), ("tail", "sofr_p99"),
        ("隔夜逆回购", "rrp"), ("常备回购便利", "srf_takeup"), ("成交量", "sofr_volume"),
        ("准备金利率", "iorb"), ("对冲基金杠杆", "hf_leverage"), ("10年期期货", "net:TY"),
        ("交割 失败", "pd_fails_deliver"),
    ],
)  # fmt: skip
def test_a_measure_is_known_by_the_names_that_people_use(words: str, key: str):
    assert key_of(words) == key


def test_every_name_that_is_offered_can_be_asked_for():
    assert [chart_asked(name, DAY)[0].name for name in offered()] == list(offered())


def test_a_chart_without_words_is_that_of_positions():
    assert chart_asked("", DAY) == (MEASURES["net:ALL"], None)


@pytest.mark.parametrize("lang", LANGS)
def test_an_unknown_series_is_named_with_all_that_there_are(lang: Lang):
    with pytest.raises(CalculatorError) as error:
        chart_asked("<b>gold</b>", DAY)
    message = unknown_message(error.value, lang)
    check_html(message.html, limit=4096)
    assert "<b>gold</b>" in plain(message.html)
    assert all(name in message.html for name in offered())


def until(data: MarketData, key: str, day: date = DAY) -> tuple[Reading, ...]:
    return readings(data, MEASURES[key], end_of(day))


def test_realised_volatility_ends_on_the_figure_of_the_digest():
    [figure] = [f for f in recorded_digest(DAY).volatility if f.key == "rv20"]
    last = until(recorded_market(), "rv20")[-1]
    assert (last.as_of, last.value) == (DAY, pytest.approx(figure.value))


def test_the_positions_of_the_digest_are_the_newest_figures_of_their_measures():
    block = recorded_digest(DAY).positions
    assert block is not None
    data = recorded_market()
    for row in block.rows:
        root = row.short.contract
        for kind, value in (
            ("net", row.short.net),
            ("gross", row.short.gross),
            ("managers", row.short.asset_manager_net_long),
            ("change", row.week),
        ):
            assert until(data, f"{kind}:{root}")[-1].value == value
    assert until(data, "net:ALL")[-1].value == block.report.net_face_bn
    assert until(data, "gross:ALL")[-1].value == block.report.gross_face_bn
    assert until(data, "managers:ALL")[-1].value == block.report.asset_manager_net_long_bn


@pytest.mark.parametrize("part", ["score", "size", "stress", "funding", "volatility", "unwind"])
def test_the_parts_of_the_score_are_drawn_and_watched_as_the_digest_has_them(part: str):
    last = until(recorded_market(), part)[-1]
    assert (last.as_of, last.value) == (DAY, getattr(recorded_digest(DAY).score, part))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("key", ["sofr_iorb", "rv20", "net:TY", "ust_10y", "tic_cayman", "stress"])
def test_pictures_have_their_size_a_caption_that_says_their_extremes_and_data(lang: Lang, key: str):
    digest = recorded_digest(DAY)
    picture, data = series_messages(MEASURES[key], digest, recorded_market(), lang, "dark")
    assert picture.attachment is not None
    assert data.attachment is not None
    assert size(picture.attachment.data) == (1200, 675)
    frame, whole = inked(picture.attachment.data)
    assert frame == 0
    assert whole > 5_000
    assert lengths(picture.html)[0] <= 1024
    check_html(picture.html, limit=1024)
    main = until(recorded_market(), key)
    assert str(max(main, key=lambda reading: reading.value).as_of) in plain(picture.html)
    rows = list(csv.DictReader(io.StringIO(data.attachment.data.decode())))
    assert rows[-1]["date"] == str(main[-1].as_of)
    assert len(rows) >= len(main)
    assert not data.attachment.picture


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_not_on_record_is_said(lang: Lang):
    digest = compose(bundled_market(), date(2026, 11, 22))
    [message] = series_messages(MEASURES["sofr"], digest, bundled_market(), lang)
    assert message.attachment is None
    assert message.html
    with pytest.raises(NothingToDrawError):
        curves_chart({}, lang)


def test_the_charts_of_the_digest_have_names_too():
    digest = recorded_digest(DAY)
    for key in ("net:ALL", "score"):
        assert series_chart(MEASURES[key], digest, recorded_market(), "en").csv


@pytest.mark.parametrize("lang", LANGS)
def test_the_chart_of_a_contract_sets_its_net_short_beside_the_gross_and_the_managers(lang: Lang):
    digest = recorded_digest(DAY)
    picture, _ = series_messages(MEASURES["net:TY"], digest, recorded_market(), lang)
    assert "1,874" in plain(picture.html)  # thousand contracts
    assert say(lang, "series.contract", contract="TY") in plain(picture.html)
    bundled = bundled_market()
    [_, table] = series_messages(
        MEASURES["net:FV"], compose(bundled, date(2026, 11, 22)), bundled, lang
    )
    assert table.attachment is not None  # the bundled table holds the net short alone
    assert table.attachment.data.splitlines()[0] == b"date,net:FV_contracts,source"


@pytest.mark.parametrize("lang", LANGS)
def test_the_newest_figure_of_a_measure_is_said_with_its_day_and_source(lang: Lang):
    said = plain(figure_message(MEASURES["sofr"], recorded_market(), DAY, lang).html)
    assert "4.37%" in said
    assert "2025-04-10" in said
    nothing = figure_message(MEASURES["sofr"], bundled_market(), DAY, lang)
    assert (
        nothing.html
        == series_messages(
            MEASURES["sofr"], compose(bundled_market(), DAY), bundled_market(), lang
        )[0].html
    )


@pytest.mark.parametrize("lang", LANGS)
def test_every_measure_has_a_name_a_unit_and_where_it_is_not_to_be_had_a_reason(lang: Lang):
    for key, measure in MEASURES.items():
        assert key_of(measure_name(lang, key)) == key.replace("change_pct", "change")
        assert amount(lang, key, 7)
        for reason in (measure.uncharted, measure.unwatched, measure.unasked):
            assert reason is None or say(lang, f"measure.why.{reason}")


# What is not to be had of a measure, and why; what stands nowhere here is everywhere. `market` is
# what /market answers to the measure's name.
CONTRACTS = ("TU", "FV", "TY", "TN", "US", "UB", "ALL")
ABSENT = {
    **{
        key: {"chart": "by_day", "alert": "by_day"} for key in ("sofr_iorb_mean", "sofr_iorb_max")
    },
    "srf_rate": {
        "chart": "no_feed", "alert": "no_feed", "market": "no_feed", "digest": "market",
    },
    "implied_repo": {
        "chart": "settlements", "alert": "settlements", "market": "settlements",
    },
    **{key: {"digest": "market"} for key in ("iorb", "effr", "tgcr", "bgcr")},
    **{f"pd_pos_{bucket}": {"digest": "details"} for bucket in BUCKETS},
    **{f"managers:{root}": {"digest": "details"} for root in CONTRACTS},
    **{f"gross:{root}": {"digest": "in_sum"} for root in CONTRACTS if root != "ALL"},
    **{f"change_pct:{root}": {"digest": "as_contracts"} for root in CONTRACTS},
    "sofr_iorb": {"digest": "by_week"}, "obfr": {"digest": "near_effr"},
    "dvp": {"digest": "in_triparty"}, "bgcr_tgcr": {"digest": "in_triparty"},
    "ficc_sponsored_repo": {"digest": "behind_volume"}, "pd_pos_total": {"digest": "in_coupons"},
}  # fmt: skip


@pytest.mark.parametrize("key", MEASURES)
def test_each_measure_is_drawn_watched_shown_and_asked_for_or_says_why_not(key: str):
    measure = MEASURES[key]
    absent = {
        "chart": measure.uncharted,
        "alert": measure.unwatched,
        "digest": measure.omitted,
        "market": measure.unasked,
    }
    assert {place: why for place, why in absent.items() if why} == ABSENT.get(key, {})
    assert (measure.block is None) <= (measure.omitted is not None)
    words = measure.name
    assert chart_asked(words, DAY) == (measure, None)
    assert figure_asked(words, DAY) == (measure, None)
    bound = "7%" if key.startswith("change_pct") else "7"
    if measure.unwatched is None:
        assert read_rule(f"{words} > {bound}").measure == key
        return
    with pytest.raises(AlertError) as refused:
        read_rule(f"{words} > {bound}")
    assert refused.value.values == {"why": measure.unwatched}


def test_what_the_digest_shows_is_in_the_catalogue_under_the_same_key():
    digest = recorded_digest(DAY)
    for name in ("funding", "volatility", "dealers", "slow", "rates", "buckets"):
        for figure in getattr(digest, name):
            measure = MEASURES[figure.key]
            assert (measure.block, measure.unit) == (name, figure.unit)


# What alerts have been stored under since the first release; each must go on being watched.
STORED = (
    "score", "size", "stress", "funding", "unwind", "sofr", "sofr_iorb", "sofr_tgcr", "sofr_p99",
    "rv20", "srf_takeup", "rrp", "pd_fails_deliver", "ust_2y", "ust_5y", "ust_10y", "ust_30y",
    *(f"{kind}:{root}" for kind in ("net", "change", "change_pct") for root in CONTRACTS),
)  # fmt: skip


@pytest.mark.parametrize("key", STORED)
@pytest.mark.parametrize("lang", LANGS)
def test_an_alert_of_an_earlier_release_is_still_watched_and_named(key: str, lang: Lang):
    assert MEASURES[key].unwatched is None
    assert measure_name(lang, key)
