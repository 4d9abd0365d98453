"""The digest as people read it: both languages, chat, terminal, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.i18n import LANGS, Lang, say
from bot.render.digest.data import digest_csv, digest_json
from bot.render.digest.messages import (
    addendum_message,
    details_message,
    digest_messages,
    market_message,
    positions_message,
)
from bot.render.digest.text import LIMIT, digest_html, digest_text
from bot.render.html import measure, plain
from bot.render.table import WIDEST, width
from bot.week import Digest, Figure, compose
from knowledge.report import Claim, Source
from tests.oracles import check_html
from tests.recorded import recorded_digest
from tools.market.baskets import CtdDv01
from tools.market.bundled import bundled_market
from tools.market.data import FeedStatus

DAYS = [date(2019, 9, 20), date(2020, 3, 20), date(2025, 4, 11), date(2025, 10, 31)]
DAYS += [date(2026, 7, 17)]


def april() -> Digest:
    return recorded_digest(date(2025, 4, 11))


def july() -> Digest:
    return recorded_digest(date(2026, 7, 17))


def empty() -> Digest:
    return compose(bundled_market(), date(2026, 11, 22))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("day", DAYS)
def test_the_message_stays_under_3500_and_its_tables_narrow(lang: Lang, day: date):
    html = digest_html(recorded_digest(day), lang)
    assert measure(html)[0] < LIMIT
    digest = recorded_digest(day)
    makers = (details_message, market_message, positions_message, addendum_message)
    for message in (html, *(make(digest, lang).html for make in makers)):
        for table in re.findall(r"<pre>(.*?)</pre>", message, re.DOTALL):
            assert max(width(line) for line in plain(table).splitlines()) <= WIDEST


def squeezed(text: str) -> str:
    """Return a text whose columns stand one space apart."""
    return re.sub(" +", " ", text)


def test_april_2025_in_english():
    text = squeezed(digest_text(april(), "en"))
    for said in (
        "Risk score 64.5 of 100: elevated, +8.1 on the week.",
        "SIZE 92 +1",
        "volatility 61 +18",
        "FV 3,273,502 −67 327 141 100",
        "all 992 541 100",
        "an upper proxy for the basis trade; CFTC, as of 2025-04-08 (3 days)",
        "SOFR 4.37% −2 bp 04-10",
        "10y 4.48% +47 bp 04-11",
        "2025-04-10 Federal Reserve Bank of New York, SOFR",
        "static table of round placeholders",
    ):
        assert said in text


def test_april_2025_in_chinese():
    text = squeezed(digest_text(april(), "zh"))
    for said in (
        "风险评分 64.5/100：偏高，较上周 +8.1。",
        "规模 92 +1",
        "FV 3,273,502",
        "上限代理指标",
        "并非基差交易本身",
        "SOFR 4.37% −2 bp 04-10",
        "9,917 亿美元",
        "5 项输入齐全",
    ):
        assert said in text


def test_july_2026_says_range_inputs_and_staleness():
    english, chinese = (squeezed(digest_text(july(), lang)) for lang in LANGS)
    assert "4 of 5 inputs: between 47.1 and 79.4" in english
    assert "unwind n/a n/a" in english
    assert "5 项输入有 4 项" in chinese
    assert "区间 47.1 至 79.4" in chinese


@pytest.mark.parametrize(
    ("lang", "sentence"), [("en", "Too old to use: {name}."), ("zh", "过旧不用：{name}。")]
)
def test_a_series_that_is_too_old_is_named_and_not_used(lang: Lang, sentence: str):
    digest = july()
    first, *others = (age for age in digest.ages if age.as_of is not None)
    aged = replace(first, state="dropped", days=247)
    text = squeezed(digest_text(replace(digest, ages=(aged, *others)), lang))
    name = say(lang, f"digest.age.{aged.input}")
    assert sentence.format(name=name) in text
    assert "247" in text


def test_a_shutdown_is_named_with_the_last_report():
    digest = recorded_digest(date(2025, 10, 31))
    assert "CFTC delayed, last report 2025-09-23: the unwind is n/a" in digest_text(digest, "en")
    assert "最近一期报告为 2025-09-23" in digest_text(digest, "zh")


def test_stress_of_65_names_its_parts_whatever_the_band():
    text = digest_text(recorded_digest(date(2020, 3, 13)), "en")
    assert "elevated" in text
    assert "Stress stands out: volatility 93, funding 57, unwind 24." in text


@pytest.mark.parametrize("lang", LANGS)
def test_with_nothing_fetched_it_says_why_there_is_no_score(lang: Lang):
    text = digest_text(empty(), lang)
    assert "2026-07-14" in text
    assert "131" in text
    assert {"en": "No score: ", "zh": "暂无评分"}[lang] in text
    assert {"en": "Nothing has been fetched yet", "zh": "尚未抓取任何数据"}[lang] in text


@pytest.mark.parametrize("lang", LANGS)
def test_the_words_never_alarm_or_promise(lang: Lang):
    for digest in (april(), july(), empty()):
        text = digest_text(digest, lang).lower()
        for word in ("bomb", " will ", "collapse", "炸弹", "崩盘", "必将"):
            assert word not in text


def test_a_feed_that_failed_is_named_with_its_last_good_date():
    failed = FeedStatus(
        "cftc_tff", date(2026, 7, 14), datetime(2026, 7, 17, tzinfo=UTC), None,
        "http_status", {"status": 503},
    )  # fmt: skip
    digest = replace(july(), feeds=(failed,))
    said = "CFTC positions could not be read (the server answered 503); last good 2026-07-14."
    assert said in digest_text(digest, "en")
    never = replace(failed, newest=None)
    assert "此前也从未取得" in digest_text(replace(july(), feeds=(never,)), "zh")


def test_the_chat_gets_a_text_with_buttons_and_two_charts():
    text, positions, stress = digest_messages(july(), "en", "dark")
    data = [button.data for row in text.keyboard for button in row]
    assert data == [
        "dg:details:2026-07-17", "dg:charts:2026-07-17", "dg:csv:2026-07-17",
        "dg:schedule", "dg:unsub",
    ]  # fmt: skip
    assert all(len(item.encode()) <= 64 for item in data if item)
    assert positions.attachment is not None
    assert stress.attachment is not None
    assert positions.attachment.picture
    assert text.html.count("<blockquote expandable>") == 1


def test_with_nothing_fetched_the_chat_gets_one_chart():
    _, chart = digest_messages(empty(), "zh")
    assert chart.attachment is not None


def test_json_is_whole_and_knows_no_nan():
    for digest in (april(), july(), empty()):
        text = json.dumps(digest_json(digest), allow_nan=False)
        assert json.loads(text)["date"] == digest.on.isoformat()
    made = digest_json(july())
    assert made["score"]["band"] == "watch"
    assert made["score"]["unwind"] is None
    assert made["positions"]["contracts"][1]["net"] == 2156750
    assert digest_json(empty())["score"] is None


def test_csv_gives_each_figure_with_unit_date_and_source():
    rows = list(csv.DictReader(io.StringIO(digest_csv(april()).data.decode())))
    found = {row["item"]: row for row in rows}
    assert found["FV_net_short"]["value"] == "3273502"
    assert found["sofr"]["as_of"] == "2025-04-10"
    assert found["sofr"]["source"] == "nyfed_sofr"
    assert float(found["score"]["value"]) == pytest.approx(64.53, abs=0.005)


@pytest.mark.parametrize("lang", LANGS)
def test_positions_and_details_stand_alone(lang: Lang):
    assert "3,273,502" in positions_message(april(), lang).html
    assert "2026-07-14" in positions_message(empty(), lang).html
    details = plain(details_message(april(), lang).html)
    assert "+148" in details  # FV over four reports, thousands
    assert positions_message(compose(bundled_market(), date(2018, 1, 5)), lang).html


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("day", DAYS)
def test_telegrams_own_parser_takes_every_message(lang: Lang, day: date):
    digest = recorded_digest(day)
    for message in (*digest_messages(digest, lang), details_message(digest, lang)):
        check_html(message.html, limit=1024 if message.attachment else 4096)
    for message in (*digest_messages(empty(), lang), positions_message(empty(), lang)):
        check_html(message.html, limit=1024 if message.attachment else 4096)


@pytest.mark.parametrize("lang", LANGS)
def test_market_and_addendum_stand_alone(lang: Lang):
    market = plain(market_message(april(), lang).html)
    assert "4.37%" in market
    assert "IORB 4.40%" in market
    addendum = addendum_message(april(), lang)
    assert "2025-04-08" in addendum.html
    assert "3,273,502" in addendum.html
    assert "2017-01-03" in addendum.html  # what its percentiles are of
    [row] = addendum.keyboard
    assert row[0].data == "dg:details:2025-04-11"
    for message in (market_message(april(), lang), market_message(empty(), lang), addendum):
        check_html(message.html, limit=4096)
    with pytest.raises(ValueError, match="report"):
        addendum_message(compose(bundled_market(), date(2018, 1, 5)), lang)


def claims(count: int) -> tuple[Claim, ...]:
    source = Source("s", "A title", "Federal Reserve Board", date="2025-04-10")
    return tuple(
        Claim(
            f"c{n}", "t", "g", None, f"A & B {'long statement ' * 40}", "论断" * 300, 1.0, "usd_bn",
            "2025", source, "verified", None, "own words", 1,
        )
        for n in range(count)
    )  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
def test_new_claims_are_named_with_publisher_and_date_and_cut_to_fit(lang: Lang):
    digest = replace(april(), claims=claims(5))
    text = digest_text(digest, lang)
    assert text.count("2025-04-10)" if lang == "en" else "2025-04-10）") == 3
    assert measure(digest_html(digest, lang))[0] < LIMIT
    check_html(digest_html(digest, lang), limit=4096)


def test_what_grows_too_long_gives_up_what_a_button_brings():
    """Everything there at once, and every feed that the score needs failed in its own way."""
    slow = tuple(Figure(key, 1.0, "usd_bn", date(2025, 3, 31), "tic_mfh", 1e8) for key in SLOW_KEYS)
    feeds = tuple(
        FeedStatus(name, date(2025, 4, 8), None, None, "bad_value", {"field": name, "value": "?"})
        for name in ("cftc_tff", "nyfed_rates", "treasury_par", "fred_iorb", "tic_holders")
    )
    digest = replace(april(), slow=slow * 3, feeds=feeds, claims=claims(3))
    html = digest_html(digest, "en")
    assert measure(html)[0] < LIMIT
    assert "Weeks to remember" not in html
    assert "CFTC positions could not be read" in html
    assert "TIC holders (last good 2025-04-08)" in html


SLOW_KEYS = ("tic_cayman", "hf_leverage", "hf_leverage_top10")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("day", DAYS)
def test_no_line_can_end_between_a_sign_and_its_dollar(lang: Lang, day: date):
    for message in digest_messages(recorded_digest(day), lang):
        prose = re.sub(r"<pre>.*?</pre>", "", message.html, flags=re.DOTALL)
        assert not re.search(r"[\N{MINUS SIGN}+]\$", prose)
        assert "\N{WORD JOINER}" not in digest_text(recorded_digest(day), lang)


def test_a_past_week_does_not_know_of_later_ones():
    before = digest_text(recorded_digest(date(2020, 3, 20)), "en")
    assert "2025" not in before
    assert "2025" in digest_text(april(), "en")


def test_slow_figures_carry_their_month_or_quarter():
    digest = recorded_digest(date(2026, 2, 21))
    cayman = "Held through the Cayman Islands (TIC) $421bn (\N{MINUS SIGN}$6.4bn), 2025-12"
    assert cayman in digest_text(digest, "en")
    quarter = Figure("hf_leverage", 1.85, "times", date(2026, 3, 31), "ofr_hfm")
    assert "1.85 倍，2026Q1" in digest_text(replace(digest, slow=(quarter,)), "zh")


def test_dv01_of_the_cheapest_to_deliver_takes_the_place_of_the_table_and_says_so():
    block = april().positions
    assert block is not None
    ctd = CtdDv01("TYM5", "91282CAB1", 61.5, date(2025, 4, 11))
    rows = tuple(replace(r, ctd=ctd) if r.short.contract == "TY" else r for r in block.rows)
    digest = replace(april(), positions=replace(block, rows=rows))
    text = digest_text(digest, "en")
    assert "of the cheapest to deliver, prices of 2025-04-11" in text
    assert "TU, FV, TN, US, UB: from a static table" in text
    made = digest_json(digest)["positions"]["contracts"][2]
    assert made["dv01_m"] == pytest.approx(1873687 * 61.5 / 1e6)
    assert made["ctd"]["cusip"] == "91282CAB1"
    found = {r["item"]: r for r in csv.DictReader(io.StringIO(digest_csv(digest).data.decode()))}
    assert found["TY_net_short_dv01"]["source"] == "91282CAB1"
    assert found["FV_net_short_dv01"]["source"] == "static"
    # The score is not touched: its anchors and its back-test rest on the static table.
    assert digest_json(digest)["score"] == digest_json(april())["score"]
