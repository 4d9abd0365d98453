"""The back-test against the recorded reference: every component, every named week, the gaps."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.recorded import market_folder, recorded_market
from tools.market import publication
from tools.market.backtest import Week, backtest, weekly
from tools.market.data import MarketData

Weeks = dict[date, Week]
# Friday -> (TFF age, net face bn, SOFR-IORB bp, 10Y vol bp, unwind %, SIZE, STRESS, SCORE, rank)
NAMED = {
    date(2019, 9, 13): (3, 526, 10, 5.4, 5.1, 67, 48, 56, 62),
    date(2019, 9, 20): (3, 497, 315, 5.7, 4.4, 63, 77, 71, 3),
    date(2020, 2, 21): (3, 475, 0, 4.4, -2.6, 60, 22, 38, 187),
    date(2020, 3, 6): (3, 438, 13, 5.7, -1.6, 61, 50, 54, 67),
    date(2020, 3, 13): (3, 384, 10, 9.5, 4.9, 55, 76, 67, 8),
    date(2020, 3, 20): (3, 376, 44, 14.0, 10.7, 53, 92, 77, 2),
    date(2020, 4, 3): (3, 343, -9, 13.6, 20.1, 49, 84, 70, 5),
    date(2021, 8, 6): (3, 101, -10, 4.8, -2.2, 13, 17, 16, 307),
    date(2022, 10, 14): (3, 288, -10, 10.5, -8.6, 50, 67, 60, 37),
    date(2025, 3, 28): (3, 948, -4, 5.6, 0.2, 89, 28, 52, 91),
    date(2025, 4, 11): (3, 992, 2, 7.3, -4.4, 92, 46, 65, 17),
    date(2025, 4, 18): (3, 1027, -4, 7.8, -1.1, 93, 49, 66, 13),
    date(2025, 10, 31): (38, 1116, 16, 4.0, None, 92, 52, 68, 7),
    date(2025, 11, 7): (45, 1116, 32, 4.3, None, 92, 70, 79, 1),
}


@pytest.fixture(scope="module")
def weeks() -> Weeks:
    return {week.friday: week for week in backtest(recorded_market())}


def test_333_of_399_fridays_are_scored(weeks: Weeks):
    assert len(weeks) == 399
    assert list(weeks) == sorted(weeks)
    assert sum(week.score is not None for week in weeks.values()) == 333


def test_every_component_is_that_of_the_reference(weeks: Weeks):
    with (market_folder() / "backtest_weekly_scores.csv").open() as file:
        reference = {date.fromisoformat(r["digest_friday"]): r for r in csv.DictReader(file)}
    assert reference.keys() == weeks.keys()
    for friday, row in reference.items():
        score, inputs = weeks[friday].score, weeks[friday].inputs
        if row["score"] == "":
            assert score is None, friday
            continue
        ours = {
            "spr_max5": inputs.sofr_iorb_max_bp, "rv20": inputs.rv20_bp,
            "dv01_m": inputs.dv01_m, "pct_oi": inputs.pct_oi, "cover4": inputs.unwind_pct,
            "face_bn": weeks[friday].net_face_bn, "tff_age": weeks[friday].tff_age,
            "size": score.size, "stress": score.stress, "score": score.score,
            "s_fund": score.funding, "s_vol": score.volatility, "s_cover": score.unwind or 0.0,
        }  # fmt: skip
        for name, value in ours.items():
            expected = float(row[name]) if row[name] else None
            assert value == (expected if expected is None else pytest.approx(expected, abs=0.0051))


@pytest.mark.parametrize("friday", NAMED)
def test_named_weeks_and_their_ranks(weeks: Weeks, friday: date):
    week = weeks[friday]
    ranked = sorted((w.score.score for w in weeks.values() if w.score), reverse=True)
    age, face, funding, vol, unwind, size, stress, score, rank = NAMED[friday]
    assert week.tff_age == age
    assert round(week.net_face_bn) == face
    assert round(week.inputs.sofr_iorb_max_bp) == funding
    assert week.inputs.rv20_bp == pytest.approx(vol, abs=0.051)
    assert week.inputs.unwind_pct == (None if unwind is None else pytest.approx(unwind, abs=0.051))
    got = (week.score.size, week.score.stress, week.score.score)
    assert tuple(round(part) for part in got) == (size, stress, score)
    assert ranked.index(week.score.score) + 1 == rank


def test_ignoring_publication_dates_changes_the_shutdown_weeks(weeks: Weeks):
    """From 2019-01-11 to 02-15 the public read reports of December; to know better is to cheat."""
    data = recorded_market()
    naive = data.republished(
        lambda day: publication.end_of(day + timedelta(days=3)), publication.reference_published
    )
    for week in weekly(naive, date(2019, 1, 11), date(2019, 2, 15)):
        honest = weeks[week.friday]
        assert week.tff_age == 3
        assert honest.tff_age > 12
        assert abs(week.score.size - honest.score.size) > 0.5
        assert honest.score.inputs == 4
        assert week.score.inputs == 5


def test_a_window_of_publications_holds_each_sofr_date_exactly_once():
    """Friday's SOFR is published on Monday: it belongs to the next digest, and to no other."""
    data = recorded_market()
    start = date(2025, 9, 27)
    seen: list[date] = []
    for n in range(8):
        day = start + timedelta(weeks=n)
        found = weekly_window(data, day)
        assert all(timedelta(2) <= day - sofr <= timedelta(8) for sofr in found)
        seen += found
    published = [
        p.as_of for p in data.series("sofr")
        if publication.end_of(start - timedelta(7)) < p.published_at
        <= publication.end_of(start + timedelta(weeks=7))
    ]  # fmt: skip
    assert seen == published
    assert len(seen) == len(set(seen))
    assert date(2025, 10, 31) in seen


def weekly_window(data: MarketData, day: date) -> list[date]:
    """Return the SOFR dates that a digest of that day counts."""
    from tools.market.snapshot import sofr_over_iorb_bp

    since, until = publication.end_of(day - timedelta(days=7)), publication.end_of(day)
    return [sofr for sofr, _ in sofr_over_iorb_bp(data, since, until)]


def test_the_newest_recorded_week_is_scored_without_an_unwind():
    data = recorded_market()
    [week] = weekly(data, date(2026, 7, 17), date(2026, 7, 17))
    assert week.score.score == pytest.approx(47.1, abs=0.05)
    assert week.score.unwind is None
    assert week.score.inputs == 4
    assert week.score.low < 60 < week.score.high


def test_a_later_figure_never_moves_an_earlier_week():
    """Cutting the record at a Friday leaves that Friday's score as it is."""
    data = recorded_market()
    friday = date(2020, 3, 20)
    cut = data.until(publication.end_of(friday))
    assert weekly(cut, friday, friday) == weekly(data, friday, friday)
    assert cut.series("sofr")[-1].as_of == date(2020, 3, 19)


def test_without_the_ten_year_file_gaps_are_scored_from_old_reports():
    """The list of missing reports is what keeps a recording gap unscored."""
    data = replace(recorded_market(), missing_reports=())
    [week] = weekly(data, date(2023, 3, 17), date(2023, 3, 17))
    assert week.score is not None
