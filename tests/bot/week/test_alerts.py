"""Words -> a bound, and what the market says about it, by dates and by publication."""

from __future__ import annotations

import contextlib
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.i18n import LANGS, Lang
from bot.render.alerts import rule_words
from bot.render.html import plain
from bot.week.rules import AlertError, Rule, crossing, read_rule
from tests.recorded import recorded_market
from tools.market.bundled import bundled_market
from tools.market.data import MarketData
from tools.market.measures import MEASURES, Reading
from tools.market.measures import readings as readings_of


@pytest.mark.parametrize(
    ("words", "measure", "above", "bound"),
    [
        ("score > 65", "score", True, 65),
        ("评分 低于 40", "score", False, 40),
        ("SOFR-IORB > 15bp", "sofr_iorb", True, 15),
        ("SOFR \N{MINUS SIGN} IORB \uff1e 15 个基点", "sofr_iorb", True, 15),
        ("sofr over iorb over 15", "sofr_iorb", True, 15),
        ("TY net short change > 10%", "change_pct:TY", True, 10),
        ("ZN 净空头变化超过 10%", "change_pct:TY", True, 10),
        ("ub net short change < -20k", "change:UB", False, -20_000),
        ("TY net short > 2.5m", "net:TY", True, 2_500_000),
        ("TY 净空头 > 250万", "net:TY", True, 2_500_000),
        ("net short > 1.2tn", "net:ALL", True, 1_200),
        ("全部净空头 > 12000亿", "net:ALL", True, 1_200),
        ("10y > 5%", "ust_10y", True, 5),
        ("30年期收益率 高于 5.25%", "ust_30y", True, 5.25),
        ("fails > $100bn", "pd_fails_deliver", True, 100),
        ("vol >= 8bp", "rv20", True, 8),
        ("alert me when the score goes above 65", "score", True, 65),
        ("score drops below 40", "score", False, 40),
        ("当评分超过65时提醒我", "score", True, 65),
        ("\u8bc4\u5206\uff1e\uff16\uff15", "score", True, 65),
        ("总分 > 65", "score", True, 65),
        ("压力分突破60", "stress", True, 60),
        ("SOFR minus IORB spread > 15 bps", "sofr_iorb", True, 15),
        ("SOFR 与 IORB 利差超过15基点", "sofr_iorb", True, 15),
        ("sofr-iorb > 0.15%", "sofr_iorb", True, 15),
        ("SOFR > 450bp", "sofr", True, 4.5),
        ("TY net short w/w > 10%", "change_pct:TY", True, 10),
        ("10年期净空头周变化超过10%", "change_pct:TY", True, 10),
        ("TY net short > 2,000,000 contracts", "net:TY", True, 2_000_000),
        ("TY 净空头 > 200万手", "net:TY", True, 2_000_000),
        ("总净空头超过1.2万亿美元", "net:ALL", True, 1_200),
        ("Ultra bond net short > 1m", "net:UB", True, 1_000_000),
        ("10年期国债收益率超过5%", "ust_10y", True, 5),
        ("volatility > 10 bp a day", "rv20", True, 10),
    ],
)
def test_a_bound_is_read_in_both_languages_and_many_units(
    words: str, measure: str, above: bool, bound: float
):
    assert read_rule(words) == Rule(measure, above, bound)


@pytest.mark.parametrize(
    ("words", "code", "culprit"),
    [
        ("hello", "bad_words", "hello"),
        ("score > high", "bad_words", "score > high"),
        ("score 65", "bad_words", "score 65"),
        ("score > 1000", "bad_range", "1000"),
        ("SOFR-IORB > 5000bp", "bad_range", "5000bp"),
        ("score > 65 or stress > 70", "bad_measure", "score > 65 or stress"),
        ("when gold > 3000", "bad_measure", "gold"),
        ("basis > 10", "bad_measure", "basis"),
        ("XX net short > 10", "bad_measure", "XX net short"),
        ("SOFR-IORB > 15%", "bad_unit", "15%"),
        ("score > 65bp", "bad_unit", "65bp"),
        ("TY net short > 10%", "bad_unit", "10%"),
    ],
)
def test_what_cannot_be_read_is_named_as_typed(words: str, code: str, culprit: str):
    with pytest.raises(AlertError) as caught:
        read_rule(words)
    assert (caught.value.code, caught.value.values["culprit"]) == (code, culprit)


@pytest.mark.parametrize(
    "words",
    [
        "score falls more than 10", "评分下跌超过10", "10y yield drops more than 20bp",
        "10年期收益率下跌超过20个基点", "RRP drops more than 50bn", "隔夜逆回购下降超过500亿",
        "SOFR jumps more than 10bp", "10y rises more than 25bp", "10y move > 15bp",
        "SOFR declines by more than 10bp", "score increases more than 5", "评分回落逾10",
        "RRP shrinks by over 50bn", "SOFR swings more than 10bp", "10年期收益率跳升超过25bp",
        "score is down more than 10", "SOFR moves more than 10bp", "sofr drops above 10bp",
        "sofr falls higher than 10bp", "sofr falls tops 10bp", "评分下跌高于5", "评分上升高于5",
        "评分下跌低于5", "TY净空头降幅小于10%", "TY净空头降幅低于10%", "rrp falls less than 10bn",
        "rrp falls at most 10bn", "rrp rises less than 10bn", "TY net short moves > 10%",
        "TY净空头增减超过10%", "score rises over 65", "score slips by more than 5",
        "TY净空头降幅超过-10%", "TY net short falls more than -10%", "评分波动超过5",
        "TY net short change rises more than 10%", "score is not above 65",
        "score no longer above 65", "评分不再高于65", "score > 65 and sofr > 4%", "評分下跌超過10",
    ],
)  # fmt: skip
def test_what_may_be_a_movement_or_another_rule_is_refused(words: str):
    with pytest.raises(AlertError):
        read_rule(words)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("TY net short falls more than 10%", Rule("change_pct:TY", False, -10)),
        ("TY net short drops by more than 200k", Rule("change:TY", False, -200_000)),
        ("TY net short rises by more than 50000", Rule("change:TY", True, 50_000)),
        ("net short falls more than 100bn", Rule("change:ALL", False, -100)),
        ("净空头下降超过1000亿美元", Rule("change:ALL", False, -100)),
        ("净空头降幅超过10%", Rule("change_pct:ALL", False, -10)),
        ("TY净空头降幅超过10%", Rule("change_pct:TY", False, -10)),
        ("净空头周降幅大于50亿美元", Rule("change:ALL", False, -5)),
        ("净空头增幅超过10%", Rule("change_pct:ALL", True, 10)),
        ("TY净空头减少超过5万", Rule("change:TY", False, -50_000)),
        ("淨空頭下跌超過10%", Rule("change_pct:ALL", False, -10)),
        ("TY net short change falls below -10%", Rule("change_pct:TY", False, -10)),
        ("score drops to 65", Rule("score", False, 65)),
        ("评分降到40", Rule("score", False, 40)),
        ("评分升至70", Rule("score", True, 70)),
        ("评分跌至低于40", Rule("score", False, 40)),
        ("TY净空头降至5万", Rule("net:TY", False, 50_000)),
        ("SOFR rises above 4%", Rule("sofr", True, 4)),
        ("評分超過65", Rule("score", True, 65)),
        ("TY淨空頭跌破5萬", Rule("net:TY", False, 50_000)),
    ],
)
def test_a_movement_is_a_change_with_its_sign_and_towards_a_level_that_level(
    words: str, rule: Rule
):
    assert read_rule(words) == rule


WORDINGS: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("alert_wordings.toml").read_text(encoding="utf-8")
)


def as_stored(words: str) -> str:
    """Return what becomes of words: `score > 65`, or the code of the reason."""
    try:
        rule = read_rule(words)
    except AlertError as error:
        return error.code
    bound = f"{rule.bound:.9f}".rstrip("0").rstrip(".")
    return f"{rule.measure} {'>' if rule.above else '<'} {bound}"


@pytest.mark.parametrize("kind", WORDINGS)
def test_each_natural_wording_is_stored_rightly_or_refused_with_its_reason(kind: str):
    assert {words: as_stored(words) for words in WORDINGS[kind]} == WORDINGS[kind]
    assert kind.startswith("refused") == all(" " not in is_ for is_ in WORDINGS[kind].values())


# Openings, measures with their unit, comparisons by side, and closings that fit any of them.
_SAID = {
    "en": (
        ("", "alert me when ", "please tell me if the ", "let me know once ", "notify us when ",
         "set an alert for the "),
        {"score": ("score", ""), "SOFR-IORB": ("sofr_iorb", "bp"), "SOFR": ("sofr", "%"),
         "funding spread": ("sofr_iorb", " bps"), "RRP": ("rrp", "bn"),
         "reverse repo usage": ("rrp", " billion"), "fails to deliver": ("pd_fails_deliver", "bn"),
         "10-year yield": ("ust_10y", "%"), "net short": ("net:ALL", "bn"),
         "US net short": ("net:US", " contracts"), "net short in TY": ("net:TY", ""),
         "change in TY net short": ("change_pct:TY", "%"), "volatility": ("rv20", " bp")},
        {True: (" > ", " above ", " is above ", " goes over ", " exceeds ", " at least ", " hits ",
                " no less than ", " crosses above "),
         False: (" < ", " below ", " is under ", " goes below ", " at most ", " less than ",
                 " crosses below ", " at or below ")},
        ("", ".", ", please", ", alert me", " let me know"),
    ),
    "zh": (
        ("", "当", "如果", "请在", "提醒我", "要是", "麻烦在", "當"),
        {"评分": ("score", "分"), "SOFR减IORB": ("sofr_iorb", "个基点"),
         "融资利差": ("sofr_iorb", "bp"), "SOFR": ("sofr", "%"),
         "隔夜逆回购用量": ("rrp", "0亿美元"), "交割失败": ("pd_fails_deliver", "0亿"),
         "十年期收益率": ("ust_10y", "%"), "10年期殖利率": ("ust_10y", "%"),
         "净空头": ("net:ALL", "0亿美元"), "TY净空头": ("net:TY", "手"),
         "淨空頭": ("net:ALL", "0億美元"), "TY净空头周变化": ("change_pct:TY", "%"),
         "波动率": ("rv20", "个基点")},
        {True: ("超过", "高于", "大于", "达到", "不低于", "升破", "超過"),
         False: ("低于", "跌破", "小于", "不高于", "低於")},
        ("", "时提醒我", "就通知我", "的话请告诉我", "。", "的时候告诉我", "時提醒我"),
    ),
}  # fmt: skip


@settings(max_examples=1000)
@given(st.sampled_from(LANGS), st.integers(1, 9), st.data())
def test_what_is_said_around_a_bound_changes_nothing_of_it(
    lang: Lang, number: int, data: st.DataObject
):
    openings, measures, sides, closings = _SAID[lang]
    name = data.draw(st.sampled_from(sorted(measures)))
    above = data.draw(st.booleans())
    opening, closing = data.draw(st.sampled_from(openings)), data.draw(st.sampled_from(closings))
    said = data.draw(st.sampled_from(sides[above]))
    measure, unit = measures[name]
    assert read_rule(f"{opening}{name}{said}{number}{unit}{closing}") == Rule(
        measure, above, number
    )


_SHORTS = {
    "en": {"TY net short": "TY", "net short": "ALL", "leveraged funds' US net short": "US",
           "net short in FV": "FV"},
    "zh": {"TY净空头": "TY", "净空头": "ALL", "10年期国债期货净空头": "TY", "TY淨空頭": "TY",
           "杠杆基金的净空头": "ALL"},
}  # fmt: skip
_MOVES = {
    "en": {-1: ("falls", "drops", "has fallen", "declines", "went down", "is reduced", "shrinks"),
           1: ("rises", "is up", "increases", "goes up", "grows")},
    "zh": {-1: ("减少", "下降", "收窄", "回落", "減少", "缩减", "下跌", "降低", "骤降"),
           1: ("增加", "上升", "扩大", "增长", "上涨", "提高", "激增")},
}  # fmt: skip
_OVER = {
    "en": (("", " on the week", " w/w", " over the week", " in a week"),
           ("", "by ", "more than ", "by more than ", "at least ", "by over ", "> ")),
    "zh": (("", "一周", "单周", "周环比", "环比", "本周"),
           ("", "超过", "了", "逾", "达到", "至少", "不少于")),
}  # fmt: skip


@settings(max_examples=1000)
@given(st.sampled_from(LANGS), st.sampled_from((-1, 1)), st.integers(1, 90), st.data())
def test_the_net_short_moving_by_an_amount_is_its_change_on_the_week(
    lang: Lang, way: int, number: int, data: st.DataObject
):
    measure = data.draw(st.sampled_from(sorted(_SHORTS[lang])))
    root, percent = _SHORTS[lang][measure], data.draw(st.booleans())
    periods, by_how = _OVER[lang]
    move, period = (
        data.draw(st.sampled_from(_MOVES[lang][way])),
        data.draw(st.sampled_from(periods)),
    )
    how, unit = (
        data.draw(st.sampled_from(by_how)),
        "%" if percent else "bn" if root == "ALL" else "k",
    )
    text = f"{measure}{period}{move}{how}{number}{unit}"
    if lang == "en":
        text = f"alert me when {measure} {move} {how}{number}{unit}{period}"
    bound = number * (1000 if unit == "k" else 1) * way
    kind = "change_pct" if percent else "change"
    assert read_rule(text) == Rule(f"{kind}:{root}", way > 0, bound)


@pytest.mark.parametrize("root", ["TU", "FV", "TY", "TN", "US", "UB"])
@pytest.mark.parametrize("asked", ["{}", "alert {}", "alert me when {}", "alert us when the {}"])
def test_each_contract_is_itself_whoever_asks(root: str, asked: str):
    """`US` is the bond contract, and "us" are the people who ask."""
    assert as_stored(asked.format(f"{root} net short change > 10%")) == f"change_pct:{root} > 10"
    assert as_stored(asked.format(f"{root} net short falls 10%")) == f"change_pct:{root} < -10"


_WAYS = {
    -1: ("falls", "drops", "declines", "is down", "下降", "下跌", "减少", "回落"),
    1: ("rises", "jumps", "increases", "is up", "上升", "上涨", "增加", "走高"),
}
_BY = (
    "more than",
    "by more than",
    "at least",
    ">",
    "超过",
    "大于",
    "逾",
    "less than",
    "小于",
    "",
    "by",
    "no less than",
)
_AT = {-1: ("below", "under", "to", "至", "到"), 1: ("above", "beyond", "past", "to", "至", "到")}


@given(
    st.sampled_from(("score", "评分", "RRP", "SOFR", "TY net short", "TY净空头", "净空头")),
    st.sampled_from((-1, 1)),
    st.integers(1, 90),
    st.data(),
)
def test_a_worded_movement_is_stored_as_meant_or_refused(
    measure: str, way: int, amount: int, data: st.DataObject
):
    """Never as a level for an amount, nor with the other sign."""
    move = data.draw(st.sampled_from(_WAYS[way]))
    by_amount = data.draw(st.booleans())
    how = data.draw(st.sampled_from(_BY if by_amount else _AT[way]))
    try:
        rule = read_rule(f"{measure} {move} {how} {amount}")
    except AlertError:
        return
    assert rule.above == (way > 0)
    assert rule.measure.startswith("change") == by_amount
    assert rule.bound == (way if by_amount else 1) * amount


@given(
    st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=12),
    st.floats(0, 100, allow_nan=False),
    st.booleans(),
)
def test_one_look_at_all_figures_ends_where_many_looks_at_each_end(
    values: list[float], bound: float, above: bool
):
    """How often data are looked at changes neither the state nor whether anything was told."""
    rule = Rule("score", above, bound)
    days = [Reading(date(2026, 7, n), value) for n, value in enumerate(values, start=1)]
    at_once, told = crossing(rule, False, days)
    state, ever = False, None
    for day in days:
        state, now = crossing(rule, state, [day])
        ever = now or ever
    assert (state, ever) == (at_once, told)
    assert (told is not None) == any(rule.crossed(value) for value in values)


@given(st.text(max_size=120))
def test_any_text_is_a_rule_or_a_clear_error_at_once(text: str):
    with contextlib.suppress(AlertError):
        rule = read_rule(text)
        assert abs(rule.bound) <= 5e7


@pytest.mark.parametrize("measure", [key for key, m in MEASURES.items() if not m.unwatched])
@pytest.mark.parametrize("lang", LANGS)
def test_what_is_shown_of_a_rule_can_be_typed_again(measure: str, lang: Lang):
    for above in (True, False):
        rule = Rule(measure, above, 7)
        assert read_rule(plain(rule_words(lang, rule))) == rule


def test_a_bound_that_is_reached_is_not_crossed():
    assert not Rule("score", True, 65).crossed(65)
    assert not Rule("score", False, 65).crossed(65)


# Recorded data


def readings(data: MarketData, key: str, since: date, now: datetime) -> list[Reading]:
    return [Reading(r.as_of, r.value) for r in readings_of(data, MEASURES[key], now, since)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_peak_of_october_2025_is_seen_the_day_after():
    since, data = date(2025, 10, 28), recorded_market()
    early = readings(data, "sofr_iorb", since, at("2025-11-01T00:00"))
    late = readings(data, "sofr_iorb", since, at("2025-11-05T00:00"))
    assert max(r.value for r in early) == pytest.approx(16, abs=0.5)
    peak = max(late, key=lambda reading: reading.value)
    assert (peak.as_of, round(peak.value)) == (date(2025, 10, 31), 32)


def test_the_score_of_a_friday_is_the_digests():
    *_, reading = readings(recorded_market(), "score", date(2025, 1, 1), at("2025-04-12T03:59:59"))
    assert reading.as_of == date(2025, 4, 11)
    assert reading.value == pytest.approx(64.53, abs=0.005)


def test_positions_move_by_report_and_a_gap_is_no_week():
    data, now = recorded_market(), at("2025-04-12T00:00")
    [change] = readings(data, "change:TY", date(2025, 4, 8), now)
    [percent] = readings(data, "change_pct:TY", date(2025, 4, 8), now)
    assert change == Reading(date(2025, 4, 8), 233_274)
    assert percent.value == pytest.approx(100 * 233_274 / (1_873_687 - 233_274))
    after_the_gap = readings(data, "change:TY", date(2024, 1, 1), at("2024-01-13T00:00"))
    assert [r.as_of for r in after_the_gap] == [date(2024, 1, 9)]


def test_without_a_fetch_positions_are_known_and_a_score_is_not():
    data, now = bundled_market(), at("2026-11-24T00:00")
    assert readings(data, "net:TY", date(2026, 7, 1), now)
    assert readings(data, "score", date(2026, 1, 1), now) == []
    assert readings(data, "sofr_iorb", date(2026, 1, 1), now) == []
