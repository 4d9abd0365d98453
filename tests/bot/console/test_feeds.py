"""`basisbot feeds` against a server that plays all publishers: exit codes, words, what is kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.console.main import run
from tests.tools.market.faults import FAULTS, stale
from tests.tools.market.publisher import FAST, ORIGINS, SATURDAY, Publisher, publishing
from tools.market import check
from tools.market.fetch import refresh
from tools.market.store import market_cache


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """A server in a thread of its own: the command runs its own loop."""
    ready, made = threading.Event(), []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with publishing() as server:
            made.append(server)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    usual: Callable[..., object] = check.check
    fake = partial(usual, SATURDAY, origins=made[0].origins, pace=FAST)
    monkeypatch.setattr(check, "check", lambda _now, **options: fake(**options))
    yield made[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    with contextlib.suppress(RuntimeError):
        loop.close()


def test_all_well_is_zero_and_a_line_each(publisher: Publisher, capsys: pytest.CaptureFixture[str]):
    assert run(["feeds", "check", "--lang", "en"]) == 0
    out, err = capsys.readouterr()
    lines = [line for line in out.splitlines() if not line.startswith("  ")]
    assert len(lines) == 13
    assert all(line.startswith("ok ") for line in lines)
    assert "CFTC positions (socrata socrata-2026): newest 2026-07-14" in out
    assert err == ""


def test_one_that_fails_is_named_and_the_code_is_one(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
):
    publisher.faults["treasury"] = FAULTS["renamed"]
    publisher.faults["fiscal"] = FAULTS["404"]
    assert run(["feeds", "check", "--lang", "zh"]) == 1
    out, _ = capsys.readouterr()
    bad = [line for line in out.splitlines() if line.startswith("故障")]
    assert len(bad) == 2
    assert any("10 Yr" in line for line in bad)
    assert any("404" in line for line in bad)


def test_json_is_one_object_and_the_lines_go_beside_it(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
):
    publisher.faults["tic"] = FAULTS["html"]
    assert run(["feeds", "check", "--json"]) == 1
    out, err = capsys.readouterr()
    feeds = {f"{f['feed']} {f['route']}": f for f in json.loads(out)["feeds"]}
    assert feeds["tic_holders files"]["error"] == "html"
    assert feeds["nyfed_rates search"]["newest"] == "2026-07-16"
    assert "TIC" in err


def test_what_is_recorded_lies_where_it_was_asked_for(
    publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(["feeds", "record", "--out", str(tmp_path / "raw")]) == 0
    bodies = sorted(path.relative_to(tmp_path / "raw") for path in tmp_path.rglob("*.body"))
    assert len(bodies) == 13
    assert {path.parts[0] for path in bodies} == {
        "cftc_tff", "fred_iorb", "nyfed_dealers", "nyfed_operations", "nyfed_rates", "ofr_hfm",
        "ofr_stfm", "tic_holders", "treasury_auctions", "treasury_par", "treasury_prices",
    }  # fmt: skip
    assert str(tmp_path / "raw") in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_said_before_anybody_is_asked(
    publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "raw").write_text("a file")
    assert run(["feeds", "record", "--out", str(tmp_path / "raw")]) == 1
    assert str(tmp_path / "raw") in capsys.readouterr().err
    assert publisher.asked == []


def test_every_origin_is_played():
    assert len(set(ORIGINS.values())) == len(ORIGINS)


def test_the_doctor_tells_overdue_feeds_from_failed_ones_and_reads_the_settlements(
    publisher: Publisher,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    publisher.faults |= {"fred": stale, "treasury": FAULTS["500"]}
    folder = market_cache(tmp_path)
    asyncio.run(refresh(folder, SATURDAY, origins=publisher.origins, pace=FAST))
    (tmp_path / "futures.csv").write_text("date,contract,settle\n2026-07-17,TYU6,112-1x\n")
    monkeypatch.setenv("BASISBOT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LANG", "C.UTF-8")
    run(["doctor", "--json"])
    found = {f["feed"]: f for f in json.loads(capsys.readouterr().out)["findings"] if "feed" in f}
    assert {name for name, f in found.items() if f["level"] == "warn"} == {
        "fred_iorb", "treasury_par", "futures_file",
    }  # fmt: skip
    assert "newest 2026-06-19, overdue" in found["fred_iorb"]["message"]
    assert "the server answered 500" in found["treasury_par"]["message"]
    assert "line 2: “112-1x”" in found["futures_file"]["message"]
