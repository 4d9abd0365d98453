"""The figures in the box: equal to the published table, and to the record they were taken from."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.recorded import market_folder, recorded_market
from tools.market import bundled, publication
from tools.market.snapshot import iorb_on
from tools.market.store import load_market

# As of -> net face bn, gross short bn, net DV01 $m/bp, percent of open interest, as published.
PUBLISHED = {
    date(2019, 9, 17): (497, 782, 284, 28.7),
    date(2020, 2, 18): (475, 774, 297, 25.7),
    date(2020, 3, 31): (343, 618, 219, 24.2),
    date(2021, 6, 29): (86, 397, 74, 7.1),
    date(2025, 4, 1): (990, 1196, 523, 33.2),
    date(2025, 4, 8): (992, 1196, 541, 34.1),
    date(2025, 4, 15): (1027, 1191, 546, 35.0),
    date(2025, 12, 30): (1154, 1400, 591, 34.3),
    date(2026, 7, 14): (923, 1113, 562, 32.1),
}


def test_the_milestones_add_up_to_the_published_totals():
    made = {
        r.as_of: (round(r.net_face_bn), r.gross_face_bn, round(r.net_dv01_m), r.pct_oi)
        for r in bundled.milestones()
    }
    assert made == PUBLISHED


def test_the_milestones_are_those_of_the_record():
    """The table was copied by hand once; the CFTC's rows say the same."""
    record = {r.as_of: r for r in recorded_market().reports}
    for milestone in bundled.milestones():
        report = record[milestone.as_of]
        assert [s.net for s in milestone.shorts] == [s.net for s in report.shorts]
        assert milestone.gross_face_bn == round(report.gross_face_bn or 0)
        assert milestone.pct_oi == pytest.approx(report.pct_oi, abs=0.05)


def test_the_policy_rate_is_that_of_the_record():
    """Every day of the recorded daily series, 2018 to 2025, against the bundled steps."""
    import csv

    steps = bundled.bundled_market().series("iorb")
    with (market_folder() / "repo_rates_ofr_fred_2014_2025-01.csv").open() as file:
        rows = [(r["date"], r["Interest_on_Reserves"]) for r in csv.DictReader(file)]
    with (market_folder() / "fred_rates_2022_2025-11.csv").open() as file:
        rows += [(r["date"], r["IORB_Rate"]) for r in csv.DictReader(file)]
    days = [(date.fromisoformat(d), float(v)) for d, v in rows if v and d >= "2018-04-01"]
    assert len(days) > 2500
    for day, percent in days:
        assert iorb_on(steps, day, None) == pytest.approx(percent / 100), day


def test_the_policy_rate_says_nothing_beyond_its_table():
    steps = bundled.bundled_market().series("iorb")
    last = bundled.iorb_known_through()
    assert iorb_on(steps, date(2026, 10, 28), last) == pytest.approx(0.039)
    assert iorb_on(steps, date(2026, 10, 29), last) is None
    assert iorb_on(steps, date(2015, 1, 1), last) is None


def test_the_episodes_score_what_the_back_test_gives():
    from tools.market.backtest import backtest

    weeks = {week.friday: week.score for week in backtest(recorded_market())}
    for episode in bundled.episodes():
        score = weeks[episode.friday]
        assert score is not None
        assert round(score.score) == episode.score


def test_only_the_2023_incident_parts_the_digest_from_the_reference():
    """The known reports of February 2023 came weeks late; the reference back-test ignores it."""
    day = date(2023, 1, 31)
    assert publication.tff_published(day).date() == date(2023, 2, 24)
    assert publication.reference_tff_published(day).date() == date(2023, 2, 3)
    usual = date(2023, 1, 24)
    assert publication.tff_published(usual) == publication.reference_tff_published(usual)


def test_nothing_at_all_is_the_bundle(tmp_path: Path):
    assert load_market(tmp_path).origin == "bundled"
    assert load_market(None).origin == "bundled"
