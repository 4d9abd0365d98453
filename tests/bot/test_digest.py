"""compose: what the public knew by the end of a day, and how old it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.digest import Digest, compose
from tests.recorded import recorded_market
from tools.market import publication
from tools.market.bundled import bundled_market
from tools.market.data import values_frame


def figures(digest: Digest) -> dict[str, float]:
    return {figure.key: figure.value for figure in digest.figures}


def test_the_digest_of_11_april_2025():
    digest = compose(recorded_market(), date(2025, 4, 11))
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
    assert {age.state for age in digest.ages} == {"fresh"}


def test_the_digest_of_17_july_2026_says_what_is_missing():
    digest = compose(recorded_market(), date(2026, 7, 17))
    assert digest.score is not None
    assert digest.score.score == pytest.approx(47.1, abs=0.05)
    assert digest.missing == ("unwind_pct",)
    assert digest.score.low == digest.score.score
    assert digest.score.high == pytest.approx(79.42, abs=0.01)
    assert digest.positions is not None
    assert digest.positions.four_weeks is None
    assert digest.age("pd_fails_deliver").state == "dropped"
    assert {item.key for item in digest.absent} >= {"sofr_p99", "sofr_tgcr"}


def test_in_a_shutdown_the_last_report_is_used_and_flagged():
    digest = compose(recorded_market(), date(2025, 11, 7))
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
    from bot.digest import _snapshot

    shot = _snapshot(recorded_market(), date(2025, 11, 8))
    days = [day for day, _ in shot.window]
    assert (days[0], days[-1]) == (date(2025, 10, 31), date(2025, 11, 6))
    assert max(bp for _, bp in shot.window) == pytest.approx(32)


def test_rates_past_the_table_of_policy_rates_are_not_guessed():
    """SOFR is known, IORB is not: funding is missing rather than measured against an old rate."""
    data = bundled_market()
    days = [date(2026, 11, 2) + timedelta(days=n) for n in range(5)]
    import pandas as pd

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
