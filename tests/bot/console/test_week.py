"""`basisbot digest` and `backtest`: the week, and the weeks before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.terminal import Terminal


def test_the_digest_as_text_json_and_charts(terminal: Terminal, tmp_path: Path):
    out = tmp_path / "charts"
    assert terminal.run("digest", "--date", "2026-07-17", "--out", str(out)) == 0
    assert "Weekly risk digest, 2026-07-17" in terminal.out
    assert [path.suffix for path in out.iterdir()] == [".png"]
    found = terminal.json("digest", "--date", "2026-07-17", "--lang", "zh", "--json")
    assert found["date"] == "2026-07-17"


def test_the_digest_and_the_backtest_of_recorded_weeks(terminal: Terminal, reference_dir: Path):
    data = str(reference_dir / "market")
    found = terminal.json("digest", "--date", "2025-04-11", "--data", data, "--json")
    assert found["score"]["score"] == pytest.approx(65, abs=1)
    weeks = terminal.json("backtest", "--data", data, "--json")["weeks"]
    assert len(weeks) == 399
    assert sum(week["score"] is not None for week in weeks) == 333


def test_a_data_folder_that_is_not_there_is_named(terminal: Terminal):
    error = terminal.json("digest", "--data", "/no/such", "--json", code=1)["error"]
    assert "/no/such" in error["message"]


def test_the_bot_does_not_start_over_recorded_files_that_are_not_there(terminal: Terminal):
    assert terminal.run("run", "--data", "/no/such") == 1
    assert "/no/such" in terminal.err
