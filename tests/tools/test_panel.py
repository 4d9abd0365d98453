"""Many bonds at once give what one bond at a time gives."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from tests.tools.months import contract_months
from tools.basis import basis
from tools.basis_inputs import BasisInputs
from tools.calendar import last_delivery_day
from tools.contracts import ContractMonth
from tools.coupons import day_number, day_numbers
from tools.panel import Panel, panel

CONTRACTS = [ContractMonth("TY", 2027, 3), ContractMonth("TY", 2027, 6)]
MATURITIES = [date(2033, 12, 15), date(2034, 2, 15), date(2034, 5, 31), date(2034, 8, 31)]
COUPONS = np.array([4.5, 4.0, 4.125, 3.875])
DATED = [date(2023, 11, 15), date(2024, 2, 15), date(2026, 12, 15), date(2024, 8, 31)]
DAYS = [date(2026, 11, 24), date(2027, 3, 2)]
RNG = np.random.default_rng(7)
PRICES = 97 + 6 * RNG.random((2, 4))
FUTURES = np.array([112.5, 111.75])
REPO = np.array([3.9, 4.1])


def _panel() -> Panel:
    months, steps = contract_months(CONTRACTS)
    return panel(
        futures_price=FUTURES[:, None],
        clean_price=PRICES,
        coupon_pct=COUPONS,
        maturity=day_numbers(MATURITIES),
        settlement=day_numbers(DAYS)[:, None],
        delivery=day_numbers(last_delivery_day(c) for c in CONTRACTS)[:, None],
        delivery_month=months[:, None],
        factor_months=steps[:, None],
        repo_pct=REPO[:, None],
        dated=day_numbers(DATED),
    )


def test_a_panel_equals_its_bonds_one_by_one() -> None:
    many = _panel()
    for row, (day, contract) in enumerate(zip(DAYS, CONTRACTS, strict=True)):
        for column, maturity in enumerate(MATURITIES):
            one = basis(
                BasisInputs(contract, FUTURES[row], COUPONS[column], maturity,
                            PRICES[row, column], day, repo_pct=REPO[row], dated_date=DATED[column])
            )  # fmt: skip
            at = (row, column)
            assert many.conversion_factor[at] == one.conversion_factor
            assert many.gross_basis[at] == pytest.approx(one.gross_basis, abs=1e-12)
            assert many.net_basis[at] == pytest.approx(one.net_basis, abs=1e-12)
            assert many.forward[at] == pytest.approx(one.forward, abs=1e-12)
            assert many.implied_repo_pct[at] == pytest.approx(one.implied_repo_pct, abs=1e-10)


def test_the_cheapest_has_the_highest_implied_repo_and_a_gap() -> None:
    many = _panel()
    rates = many.implied_repo_pct
    assert many.ctd.tolist() == rates.argmax(-1).tolist()
    ordered = np.sort(rates, axis=-1)
    assert many.gap_pct == pytest.approx(ordered[:, -1] - ordered[:, -2])


def _row(prices: list[float], maturity: date = date(2034, 2, 15)) -> Panel:
    return panel(
        futures_price=112.5, clean_price=prices, coupon_pct=4.0, maturity=day_number(maturity),
        settlement=day_number(date(2026, 11, 24)), delivery=day_number(date(2027, 3, 31)),
        delivery_month=(2027 - 1970) * 12 + 2, factor_months=3, repo_pct=3.9,
    )  # fmt: skip


def test_a_bond_without_a_price_is_never_the_cheapest() -> None:
    row = _row([np.nan, 100.0, 99.0])
    assert row.ctd == 2
    assert np.isnan(row.implied_repo_pct[0])
    assert row.gap_pct > 0


def test_rows_without_rivals_or_without_prices_say_so() -> None:
    assert np.isnan(_row([100.0]).gap_pct)
    assert np.isnan(_row([np.nan, 100.0]).gap_pct)
    assert _row([np.nan, np.nan]).ctd == -1


def test_a_bond_repaid_by_delivery_has_no_figures() -> None:
    assert _row([100.0, 100.0], date(2027, 3, 31)).ctd == -1


def test_no_implied_repo_once_delivery_has_come() -> None:
    late = panel(
        futures_price=112.5, clean_price=100.0, coupon_pct=4.0,
        maturity=day_number(date(2034, 2, 15)),
        settlement=day_numbers(date(2027, 3, 30) + timedelta(n) for n in range(3)),
        delivery=day_number(date(2027, 3, 31)), delivery_month=(2027 - 1970) * 12 + 2,
        factor_months=3, repo_pct=3.9,
    )  # fmt: skip
    assert np.isnan(late.implied_repo_pct).tolist() == [False, True, True]
