"""Leveraged funds' shorts: identities, units, changes, percentiles."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import CalculatorError
from tools.positions import (
    TREASURY,
    Group,
    Report,
    Row,
    Short,
    change,
    earlier,
    percentile,
    report,
)

NOON = datetime(2025, 4, 11, 16, tzinfo=UTC)


def row(contract: str, funds: Group, managers: Group, interest: int, spread: int = 0) -> Row:
    """Return a row whose dealers fill both sides up to the open interest."""
    spreads = funds.spread + managers.spread + spread
    return Row(
        contract,
        interest,
        dealer=Group(
            interest - spreads - funds.long - managers.long,
            interest - spreads - funds.short - managers.short,
            spread,
        ),
        asset_manager=managers,
        leveraged=funds,
        other=Group(0, 0, 0),
        nonreportable=Group(0, 0),
        leveraged_shorts=71,
    )


def plain(day: date, **nets: int) -> Report:
    """Return a report that knows only net shorts."""
    return Report(day, NOON, tuple(Short(root, nets.get(root, 0)) for root in TREASURY))


def test_net_is_short_less_long_in_contracts_face_and_dv01():
    tu = row("TU", Group(100_000, 1_100_000, 50_000), Group(900_000, 100_000), 4_000_000)
    made = report(date(2025, 4, 8), NOON, [tu])
    short = made.short("TU")
    assert short == Short("TU", 1_000_000, 1_100_000, 4_000_000, 800_000, 71)
    assert short.face_bn == pytest.approx(200)  # a 2-year contract has 200,000 of face
    assert short.dv01_m == pytest.approx(38)
    assert short.pct_oi == pytest.approx(25)
    assert made.gross_face_bn == pytest.approx(220)
    assert made.gross_dv01_m == pytest.approx(41.8)
    assert made.pct_oi == pytest.approx(25)
    assert made.asset_manager_net_long_bn == pytest.approx(160)


def test_share_of_open_interest_weighs_contracts_by_dv01():
    rows = [
        row("TU", Group(0, 1_000), Group(0, 0), 10_000),
        row("UB", Group(0, 1_000), Group(0, 0), 2_000),
    ]
    expected = 100 * (1_000 * 38 + 1_000 * 205) / (10_000 * 38 + 2_000 * 205)
    assert report(date(2025, 4, 8), NOON, rows).pct_oi == pytest.approx(expected)


def test_a_row_that_misses_its_open_interest_is_refused():
    good = row("TY", Group(10, 20), Group(20, 10), 100)
    bad = Row("TY", 101, *good.groups)
    with pytest.raises(CalculatorError) as error:
        report(date(2025, 4, 8), NOON, [bad])
    assert error.value.code == "tff_identity"
    assert error.value.values["expected"] == 101


def test_net_only_reports_say_that_gross_is_unknown():
    made = plain(date(2025, 4, 8), TU=5)
    assert made.gross_face_bn is None
    assert made.asset_manager_net_long_bn is None
    assert made.short("TU").pct_oi is None


def test_a_change_over_a_missing_report_is_not_the_weeks_change():
    now, before = plain(date(2025, 4, 8), TY=12), plain(date(2025, 4, 1), TY=10)
    assert change(now, before, 10).contracts["TY"] == 2
    assert change(now, before, 10).since == date(2025, 4, 1)
    assert change(now, plain(date(2025, 3, 25), TY=10), 10) is None
    assert change(now, None, 10) is None


def test_earlier_counts_reports_not_weeks():
    """In December 2025 several reports landed in one week; dates alone would miscount."""
    days = [date(2025, 9, 30), date(2025, 10, 7), date(2025, 10, 14), date(2025, 11, 10)]
    reports = [plain(day) for day in days]
    assert earlier(reports, reports[3], 1).as_of == date(2025, 10, 14)
    assert earlier(reports, reports[3], 3).as_of == date(2025, 9, 30)
    assert earlier(reports, reports[3], 4) is None


@settings(max_examples=150)
@given(st.lists(st.integers(-1000, 1000), min_size=52, max_size=80))
def test_percentile_of_the_highest_is_100_and_states_its_window(nets: list[int]):
    start = date(2018, 1, 2)
    reports = [plain(start + timedelta(weeks=n), FV=net) for n, net in enumerate(nets)]
    now = max(reports, key=lambda r: (r.short("FV").net, r.as_of))
    until = [r for r in reports if r.as_of <= now.as_of]
    found = percentile(until, now, "FV", fewest=1)
    assert found.value == 100
    assert (found.since, found.reports) == (start, len(until))


def test_no_percentile_among_a_handful():
    reports = [plain(date(2025, 1, 7) + timedelta(weeks=n), FV=n) for n in range(10)]
    assert percentile(reports, reports[-1], "FV") is None


def test_percentile_looks_back_ten_years_only():
    old = plain(date(2010, 1, 5), FV=10**6)
    recent = [plain(date(2024, 1, 2) + timedelta(weeks=n), FV=n) for n in range(60)]
    found = percentile([old, *recent], recent[-1], "FV")
    assert found.value == 100
    assert found.since == date(2024, 1, 2)
