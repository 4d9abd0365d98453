"""One sentence's figures by the desk's identities, and the input at fault where there is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tools.errors import CalculatorError
from tools.stated import (
    annual_return_pct,
    edge_profit_usd,
    equity_usd,
    extra_margin_usd,
    financing_usd,
    hedge_contracts,
    implied_repo_pct,
    share_pct,
)


def test_each_identity_gives_its_figure() -> None:
    assert implied_repo_pct(100.35, 110.25 * 0.9012 + 1.60, 60) == pytest.approx(3.631, abs=5e-4)
    assert extra_margin_usd(2e9, 1.0, 1.5) == pytest.approx(10e6)
    assert share_pct(1.5, 30) == pytest.approx(5.0)
    assert edge_profit_usd(1e9, 20, 90) == pytest.approx(500_000)
    assert annual_return_pct(500_000, 30e6, 90) == pytest.approx(6.667, abs=1e-3)
    assert financing_usd(100e6, 4.0, 30) == pytest.approx(333_333.33, abs=0.01)
    assert hedge_contracts(100e6, 0.9012, 100_000) == pytest.approx(901.2)
    assert equity_usd(1e9, 2.0, 1.0) == pytest.approx(30e6)


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (lambda: implied_repo_pct(0, 100, 60), "clean_price"),
        (lambda: implied_repo_pct(100, 101, 0), "days"),
        (lambda: share_pct(1, 0), "whole"),
        (lambda: annual_return_pct(1, 0, 90), "equity_usd"),
        (lambda: annual_return_pct(1, 1, -90), "days"),
        (lambda: hedge_contracts(1, 1, 0), "contract_face_usd"),
    ],
)
def test_nothing_is_divided_by_nothing(made: Callable[[], float], field: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        made()
    assert (caught.value.code, caught.value.field) == ("number_range", field)
