"""The back-test as the command line gives it."""

from __future__ import annotations

import json

import pytest

from bot.console.weeks import backtest_json, backtest_text
from bot.i18n import LANGS, Lang
from tests.recorded import recorded_market
from tools.market.backtest import backtest

KEYS = [
    "date", "score", "size", "stress", "funding", "volatility", "unwind", "tff_age",
    "net_face_bn", "dv01_m", "pct_oi", "sofr_iorb_max_bp", "rv20_bp", "unwind_pct", "inputs",
    "low", "high",
]  # fmt: skip


def test_json_keeps_every_week_and_writes_missing_as_null():
    weeks = backtest_json(backtest(recorded_market()))["weeks"]
    assert json.loads(json.dumps(weeks, allow_nan=False)) == weeks
    assert [list(week) for week in weeks] == [KEYS] * 399
    assert [week["date"] for week in weeks] == sorted(week["date"] for week in weeks)
    by_date = {week["date"]: week for week in weeks}
    assert by_date["2025-11-07"]["unwind"] is None
    assert by_date["2025-11-07"]["inputs"] == 4
    assert by_date["2025-11-07"]["score"] == pytest.approx(78.79, abs=0.005)
    gap = by_date["2023-06-16"]
    assert all(gap[key] is None for key in KEYS if key not in {"date", "inputs"})


@pytest.mark.parametrize("lang", LANGS)
def test_text_ranks_the_weeks_and_states_the_distribution(lang: Lang):
    lines = backtest_text(backtest(recorded_market()), lang).splitlines()
    ranked = [line for line in lines if line.startswith("20")]
    assert [line.split()[0] for line in ranked[:2]] == ["2025-11-07", "2020-03-20"]
    text = "\n".join(lines)
    for figure in ("333", "399", "40", "79", "37"):
        assert figure in text
