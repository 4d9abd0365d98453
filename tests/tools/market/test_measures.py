"""The catalogue of measures: how each comes out of the data, and by which words it is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from tools.market import publication
from tools.market.bundled import bundled_market
from tools.market.data import MarketData, values_frame
from tools.market.measures import (
    BUCKETS,
    LONGEST,
    MEASURES,
    TFF,
    Reading,
    folded,
    named,
    offered,
    readings,
    words_of,
)
from tools.market.publication import end_of
from tools.positions import Report, Short

DAY = date(2026, 7, 10)
MONDAY = date(2026, 7, 6)


def market(reports: tuple[Report, ...] = (), **series: dict[date, float]) -> MarketData:
    """Return a market of some series, each figure public by the usual rule."""
    bundled = bundled_market()
    frames = [values_frame(name, [*at], at.values(), f"of_{name}") for name, at in series.items()]
    values = pd.concat([bundled.values[:0], *frames], ignore_index=True)
    return replace(bundled, reports=reports, values=values, iorb_known_through=date(2027, 1, 1))


def days(*values: float) -> dict[date, float]:
    return {MONDAY + timedelta(days=n): value for n, value in enumerate(values)}


def known(data: MarketData, key: str, day: date = DAY, since: date = date.min) -> list[Reading]:
    return list(readings(data, MEASURES[key], end_of(day), since))


def values_of(data: MarketData, key: str, day: date = DAY) -> dict[date, float]:
    return {reading.as_of: pytest.approx(reading.value) for reading in known(data, key, day)}


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [("sofr", 0.0436, 4.36), ("rrp", 5e9, 5.0), ("hf_leverage", 4.5, 4.5), ("dvp", 0.04, 4.0)],
)
def test_a_series_comes_in_the_unit_that_people_read(key: str, value: float, shown: float):
    [series] = MEASURES[key].series
    data = market(**{series: {MONDAY: value}})
    [reading] = known(data, key, date(2027, 6, 1))
    assert reading == Reading(MONDAY, pytest.approx(shown), f"of_{series}")


def test_nothing_is_known_before_it_is_public_nor_wanted_before_since():
    data = market(sofr=days(0.04, 0.041, 0.042))
    assert [r.as_of.day for r in known(data, "sofr", date(2026, 7, 8))] == [6, 7]
    assert [r.as_of.day for r in known(data, "sofr", since=date(2026, 7, 8))] == [8]


def test_a_spread_is_of_the_days_on_which_both_rates_are_known():
    data = market(bgcr=days(0.0402, 0.0403), tgcr=days(0.04))
    assert values_of(data, "bgcr_tgcr") == {MONDAY: 2.0}


def test_sofr_is_held_against_the_policy_rate_of_its_day():
    steps = {date(2026, 1, 1): 0.04, date(2026, 7, 7): 0.0425}
    data = market(sofr=days(0.041, 0.041), iorb=steps)
    assert values_of(data, "sofr_iorb") == {MONDAY: 10.0, date(2026, 7, 7): -15.0}


def test_the_week_of_a_digest_has_its_mean_and_its_highest_day():
    data = market(sofr=days(0.041, 0.0412, 0.0401), iorb={date(2026, 1, 1): 0.04})
    assert values_of(data, "sofr_iorb_mean") == {date(2026, 7, 8): 23 / 3}
    assert values_of(data, "sofr_iorb_max") == {date(2026, 7, 7): 12.0}
    assert known(data, "sofr_iorb_max", date(2026, 8, 10)) == []


def test_volatility_needs_twenty_changes_and_is_worked_out_for_the_days_wanted():
    start = date(2026, 6, 1)
    data = market(ust_10y={start + timedelta(days=n): 0.04 + n % 2 * 1e-3 for n in range(24)})
    found = known(data, "rv20", since=start + timedelta(days=22))
    assert [r.as_of for r in found] == [start + timedelta(days=n) for n in (22, 23)]
    assert found[0].value == pytest.approx(10 * np.sqrt(20 / 19))
    assert len(known(data, "rv20")) == 4


def test_coupons_are_the_sum_of_the_buckets_where_every_bucket_is_known():
    at = {date(2026, 6, 24): 1e9, date(2026, 7, 1): 2e9}
    data = market(**{f"pd_pos_{bucket}": dict(at) for bucket in BUCKETS})
    assert values_of(data, "pd_pos_coupons", date(2026, 8, 1)) == {
        date(2026, 6, 24): 7.0, date(2026, 7, 1): 14.0,
    }  # fmt: skip
    some = market(pd_pos_0_2y=at, **{f"pd_pos_{b}": {date(2026, 7, 1): 2e9} for b in BUCKETS[1:]})
    assert values_of(some, "pd_pos_coupons", date(2026, 8, 1)) == {date(2026, 7, 1): 14.0}


def test_an_implied_repo_rate_has_no_history():
    assert known(bundled_market(), "implied_repo") == []


def report(day: date, net: int, gross: int | None = None) -> Report:
    shorts = (Short("TY", net, gross, 10 * abs(net) + 1, 50),)
    face = None if gross is None else gross * 1e5 / 1e9
    dv01 = None if gross is None else gross * 65 / 1e6
    return Report(day, publication.tff_published(day), shorts, face, dv01, 20.0)


TUESDAYS = [date(2026, 6, 2) + timedelta(weeks=n) for n in range(6)]


def test_a_contract_has_its_sides_and_all_contracts_their_face():
    data = market((report(TUESDAYS[0], 1_000, 3_000), report(TUESDAYS[1], 1_500)))
    assert values_of(data, "net:TY") == {TUESDAYS[0]: 1_000, TUESDAYS[1]: 1_500}
    assert values_of(data, "gross:TY") == {TUESDAYS[0]: 3_000}
    assert values_of(data, "managers:TY") == {TUESDAYS[0]: 50, TUESDAYS[1]: 50}
    assert values_of(data, "net:ALL") == {TUESDAYS[0]: 0.1, TUESDAYS[1]: 0.15}
    assert values_of(data, "gross:ALL") == {TUESDAYS[0]: 0.3}
    assert values_of(data, "managers:ALL") == {TUESDAYS[0]: 0.005, TUESDAYS[1]: 0.005}
    assert known(data, "net:UB") == []
    assert [r.as_of for r in known(data, "net:TY", date(2026, 6, 8))] == [TUESDAYS[0]]


def test_a_change_is_on_the_report_of_the_week_before_and_in_percent_of_what_it_was():
    nets = (0, -200, -100, 50)
    months_later = report(date(2026, 8, 4), 500)
    data = market(
        (*(report(day, net) for day, net in zip(TUESDAYS, nets, strict=False)), months_later)
    )
    late = date(2026, 9, 1)
    assert values_of(data, "change:TY", late) == dict(
        zip(TUESDAYS[1:4], (-200, 100, 150), strict=True)
    )
    assert values_of(data, "change_pct:TY", late) == dict(
        zip(TUESDAYS[2:4], (50, 150), strict=True)
    )
    [last] = known(data, "change:TY", late, since=TUESDAYS[3])
    assert last.value == 150


def test_the_score_and_its_parts_are_known_week_by_week_as_of_each():
    start = date(2026, 5, 1)
    fridays = [date(2026, 7, 3), date(2026, 7, 10)]
    every = [start + timedelta(days=n) for n in range(71)]
    data = market(
        tuple(report(date(2026, 5, 5) + timedelta(weeks=n), 300_000, 400_000) for n in range(10)),
        ust_10y={day: 0.04 + day.day % 2 * 5e-4 for day in every},
        sofr=dict.fromkeys(every, 0.041),
        iorb={date(2026, 1, 1): 0.04},
    )
    for part in ("score", "size", "stress", "funding", "volatility", "unwind"):
        found = known(data, part, since=date(2026, 7, 1))
        assert [r.as_of for r in found] == fridays
        assert {r.source for r in found} == {"score"}
    [now] = readings(data, MEASURES["score"], datetime(2026, 7, 8, 15, tzinfo=UTC), fridays[0])
    assert now.as_of == date(2026, 7, 8)
    assert known(market(), "score") == []
    assert known(data, "score", date(2018, 4, 1)) == []  # before the first week of the record


@pytest.mark.parametrize("key", MEASURES)
def test_each_measure_is_of_series_with_a_rule_of_publication_and_has_bounds(key: str):
    measure = MEASURES[key]
    for series in measure.series:
        if series != TFF:
            [moment] = publication.published(series, np.array([MONDAY], dtype="datetime64[D]"))
            assert moment.tzinfo is not None
    low, high = measure.bounds
    assert low < high
    assert 0 < measure.limits[0] <= measure.limits[1]


def test_a_contracts_chart_sets_its_net_short_beside_the_gross_and_the_managers():
    assert [m.key for m in MEASURES["net:TY"].drawn] == ["net:TY", "gross:TY", "managers:TY"]
    assert MEASURES["sofr"].drawn == (MEASURES["sofr"],)


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("SOFR minus IORB spread", "sofr_iorb"), ("spread of SOFR over IORB", "sofr_iorb"),
        ("TY", "net:TY"), ("10y futures", "net:TY"), ("US 10y", "ust_10y"), ("US", "net:US"),
        ("leveraged funds' US net short", "net:US"), ("net short in TY", "net:TY"),
        ("change in TY net short", "change:TY"), ("TY net short w/w", "change:TY"),
        ("percent change in net short", "change_pct:ALL"), ("net short, all contracts", "net:ALL"),
        ("asset managers' net long in UB", "managers:UB"), ("fv gross shorts", "gross:FV"),
        ("RRP balance", "rrp"), ("on-RRP usage", "rrp"), ("RRP", "rrp"), ("p99", "sofr_p99"),
        ("十年期国债期货净空头", "net:TY"), ("净空头总额", "net:ALL"), ("10年期收益率", "ust_10y"),
        ("隔夜逆回购使用量", "rrp"), ("交割失败(应付未付)", "pd_fails_deliver"),
        ("交易商净头寸,2至3年", "pd_pos_2_3y"), ("TY的净空头", "net:TY"),
    ],
)  # fmt: skip
def test_words_of_either_language_name_one_measure(words: str, key: str):
    measure = named(words)
    assert measure is not None
    assert measure.key == key


@pytest.mark.parametrize(
    "words", ["", "gold", "short TY", "SOFR usage", "score not", "7y", "basis", "s" * (LONGEST + 1)]
)
def test_other_words_name_none(words: str):
    assert named(words) is None


def test_every_word_leads_to_one_measure_and_every_measure_has_words_in_both_languages():
    for key, measure in MEASURES.items():
        assert named(measure.name) is measure
        for word in words_of(measure):
            if "{" not in word:
                assert named(word) is measure, word
        if "tgcr" not in key and key not in {"sofr_iorb_mean", "dvp"}:
            said = "".join(words_of(measure))
            assert not said.isascii() or "{" in said, key


def test_no_two_measures_have_a_word_in_common():
    plain = [w for m in MEASURES.values() for w in {*map(folded, words_of(m))} if "{" not in w]
    assert len(plain) == len(set(plain))


def test_what_is_offered_is_what_the_others_follow_from():
    names = offered()
    assert {"score", "TY", "sofr-iorb", "10y", "cayman"} <= {*names}
    assert not {*names} & {"TY net short change", "dealers 2-3y", "implied repo"}
    assert len(set(names)) == len(names)
