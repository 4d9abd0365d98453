"""compose: what the public knew by the end of a day, and how old it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from bot.week import Digest, compose
from tests.recorded import recorded_digest, recorded_market
from tools.market import publication
from tools.market.bundled import bundled_market
from tools.market.data import MarketData, values_frame
from tools.market.measures import BUCKETS


def figures(digest: Digest) -> dict[str, float]:
    return {figure.key: figure.value for figure in digest.figures}


def test_the_digest_of_11_april_2025():
    digest = recorded_digest(date(2025, 4, 11))
    assert digest.score is not None
    assert (digest.score.band, digest.score.inputs) == ("elevated", 5)
    assert digest.score.score == pytest.approx(64.53, abs=0.005)
    assert digest.score_before is not None
    assert digest.score_before.score == pytest.approx(56.41, abs=0.005)
    assert digest.positions is not None
    assert digest.positions.report.as_of == date(2025, 4, 8)
    nets = {row.short.contract: row.short.net for row in digest.positions.rows}
    assert nets == {
        "TU": 1666387, "FV": 3273502, "TY": 1873687, "TN": 372621, "US": 515987, "UB": 548193,
    }  # fmt: skip
    assert digest.positions.week is not None
    assert digest.positions.week.contracts["TY"] == 233274
    known = figures(digest)
    assert known["sofr"] == pytest.approx(4.37)
    assert known["sofr_iorb_max"] == pytest.approx(2)
    assert known["ust_10y"] == pytest.approx(4.48)
    assert {age.state for age in digest.ages} == {"fresh", "missing"}  # fails are not recorded


def test_the_digest_of_17_july_2026_says_what_is_missing():
    digest = recorded_digest(date(2026, 7, 17))
    assert digest.score is not None
    assert digest.score.score == pytest.approx(47.1, abs=0.05)
    assert digest.missing == ("unwind_pct",)
    assert digest.score.low == digest.score.score
    assert digest.score.high == pytest.approx(79.42, abs=0.01)
    assert digest.positions is not None
    assert digest.positions.four_weeks is None
    assert digest.age("pd_fails_deliver").state == "missing"
    assert {item.key for item in digest.absent} >= {"sofr_p99", "sofr_tgcr"}


def test_in_a_shutdown_the_last_report_is_used_and_flagged():
    digest = recorded_digest(date(2025, 11, 7))
    assert digest.age("tff").state == "stale"
    assert digest.age("tff").days == 45
    assert digest.score is not None
    assert round(digest.score.score) == 79
    assert digest.missing == ("unwind_pct",)


def test_with_nothing_fetched_the_table_speaks_and_there_is_no_score():
    digest = compose(bundled_market(), date(2026, 11, 22))
    assert digest.score is None
    assert set(digest.missing) == {
        "dv01_m", "pct_oi", "sofr_iorb_max_bp", "rv20_bp", "unwind_pct",
    }  # fmt: skip
    assert digest.positions is not None
    assert digest.positions.report.as_of == date(2026, 7, 14)
    assert digest.sources == (("cftc_tff_table", date(2026, 7, 14)),)
    assert digest.weeks == ()


def test_a_digest_knows_no_report_that_was_published_later():
    """The report of Tuesday 2025-04-15 came out on Friday the 18th."""
    data = recorded_market()
    thursday, friday = (compose(data, date(2025, 4, day)) for day in (17, 18))
    assert thursday.positions.report.as_of == date(2025, 4, 8)
    assert friday.positions.report.as_of == date(2025, 4, 15)


def test_a_holiday_delays_the_report_by_a_business_day():
    """Thanksgiving 2024: the report of 2024-11-26 came on Monday 12-02 (official schedule)."""
    published = publication.tff_published(date(2024, 11, 26))
    assert published.astimezone(publication.NEW_YORK).isoformat() == "2024-12-02T15:30:00-05:00"


@pytest.mark.parametrize(
    ("report", "published"),
    [("2018-12-24", "2019-02-01"), ("2023-01-31", "2023-02-24"), ("2025-09-30", "2025-11-19")],
)
def test_late_reports_come_by_their_tables(report: str, published: str):
    stamp = publication.tff_published(date.fromisoformat(report))
    assert stamp.astimezone(publication.NEW_YORK).date().isoformat() == published


def test_a_saturday_digest_counts_sofr_of_friday_a_week_ago_to_thursday():
    from bot.week.compose import _snapshot

    shot = _snapshot(recorded_market(), date(2025, 11, 8))
    days = [day for day, _ in shot.window]
    assert (days[0], days[-1]) == (date(2025, 10, 31), date(2025, 11, 6))
    assert max(bp for _, bp in shot.window) == pytest.approx(32)


def test_rates_past_the_table_of_policy_rates_are_not_guessed():
    """SOFR is known, IORB is not: funding is missing rather than measured against an old rate."""
    data = bundled_market()
    days = [date(2026, 11, 2) + timedelta(days=n) for n in range(5)]
    sofr = values_frame("sofr", days, [0.039] * 5, "nyfed_sofr")
    late = replace(data, values=pd.concat([data.values, sofr], ignore_index=True))
    digest = compose(late, date(2026, 11, 7))
    assert "sofr_iorb_max_bp" in digest.missing
    assert figures(digest)["sofr"] == pytest.approx(3.9)
    assert "sofr_iorb_max" in {item.key for item in digest.absent}


def test_old_positions_are_shown_but_not_scored():
    data = recorded_market()
    digest = compose(replace(data, reports=data.reports[:300]), date(2025, 4, 11))
    assert digest.age("tff").state == "dropped"
    assert digest.positions is not None
    assert digest.score is None
    assert {"dv01_m", "pct_oi"} <= set(digest.missing)


def test_before_anything_was_known_there_is_nothing_to_show():
    digest = compose(bundled_market(), date(2018, 1, 5))
    assert digest.positions is None
    assert digest.score is None
    assert digest.figures == ()


def test_the_digest_says_by_how_much_each_part_moved():
    moved = dict(recorded_digest(date(2025, 4, 11)).moved)
    assert moved["volatility"] == pytest.approx(61.12 - 42.92, abs=0.02)  # of the reference
    assert moved["size"] is not None
    assert dict(recorded_digest(date(2025, 11, 7)).moved)["unwind"] is None
    assert compose(bundled_market(), date(2026, 11, 22)).moved == ()


@pytest.mark.parametrize(("day", "new"), [(date(2026, 2, 21), True), (date(2026, 2, 28), False)])
def test_monthly_holdings_are_shown_in_the_week_they_come_out(day: date, new: bool):
    """December's were public on 18 February 2026 by the usual rule."""
    slow = {figure.key: figure for figure in recorded_digest(day).slow}
    assert ("tic_cayman" in slow) is new
    if new:
        assert slow["tic_cayman"].value == pytest.approx(421.2)
        assert slow["tic_cayman"].change == pytest.approx(-6.4)


def with_values(series: str, days: list[date], values: list[float], source: str) -> MarketData:
    data = recorded_market()
    frame = values_frame(series, days, values, source)
    return replace(data, values=pd.concat([data.values, frame], ignore_index=True))


def test_take_up_of_the_repo_facility_is_that_of_its_busiest_day():
    """Most days it is nil: a digest that shows the last day alone would miss a month's end."""
    days = [date(2025, 4, day) for day in (1, 7, 9, 10)]
    data = with_values("srf_takeup", days, [50e9, 0.0, 12e9, 0.0], "nyfed_srf")
    [figure] = [f for f in compose(data, date(2025, 4, 11)).funding if f.key == "srf_takeup"]
    assert (figure.value, figure.as_of) == (pytest.approx(12), date(2025, 4, 9))


def test_dealers_positions_add_up_to_coupons_only_where_every_bucket_is_known():
    days = [date(2025, 4, 2), date(2025, 3, 26)]
    data = recorded_market()
    frames = [values_frame(f"pd_pos_{bucket}", days, [10e9, 8e9], "nyfed_pd") for bucket in BUCKETS]
    whole = replace(data, values=pd.concat([data.values, *frames], ignore_index=True))
    [found] = [f for f in compose(whole, date(2025, 4, 11)).dealers if f.key == "pd_pos_coupons"]
    assert (found.value, found.change) == (pytest.approx(70), pytest.approx(14))
    some = replace(data, values=pd.concat([data.values, *frames[1:]], ignore_index=True))
    digest = compose(some, date(2025, 4, 11))
    assert "pd_pos_coupons" not in figures(digest)
    assert len(digest.buckets) == 6


def test_the_policy_rate_beside_sofr_says_since_when_it_holds():
    [iorb] = [f for f in recorded_digest(date(2025, 4, 11)).rates if f.key == "iorb"]
    assert (iorb.value, iorb.as_of) == (pytest.approx(4.40), date(2024, 12, 19))


def test_cleared_repo_is_set_against_triparty_on_a_day_that_has_both():
    digest = recorded_digest(date(2024, 6, 14))
    [spread] = [figure for figure in digest.funding if figure.key == "dvp_tgcr"]
    assert abs(spread.value) < 20
    assert spread.source == "ofr_stfm"
