"""What a person is told about the feeds, in /status, by the doctor and in the terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot import console
from bot.delivery import fetching
from bot.delivery.doctor import examine
from bot.i18n import LANGS, Lang
from bot.render.feeds import feed_line, feeds_summary, trouble_lines
from bot.settings import Settings
from tools.market.cache import Cache
from tools.market.check import Checked
from tools.market.data import FeedStatus
from tools.market.store import market_cache

CHECKED = datetime(2026, 7, 18, 12, tzinfo=UTC)
GOOD = FeedStatus("treasury_par", date(2026, 7, 17), CHECKED, "csv")
FAILED = FeedStatus(
    "cftc_tff", date(2026, 7, 14), CHECKED, None, "http_status", {"status": 503}
)  # fmt: skip


def test_a_feed_says_its_newest_date_or_what_went_wrong():
    assert feed_line(GOOD, "en") == "Treasury par yields: newest 2026-07-17"
    assert feed_line(FAILED, "en") == (
        "CFTC positions could not be read (the server answered 503); last good 2026-07-14."
    )
    assert "503" in feed_line(FAILED, "zh")


def test_the_summary_names_only_what_failed():
    lines = list(feeds_summary((GOOD, FAILED), "en"))
    assert lines[0] == "Feeds: 1 of 2 answered at 2026-07-18 12:00 UTC"
    assert len(lines) == 2


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("on", [True, False])
def test_before_the_first_fetch_it_says_so(lang: Lang, on: bool):
    [line] = feeds_summary((), lang, on=on)
    assert line


async def test_the_doctor_names_feeds_that_failed_and_a_cache_that_is_old(tmp_path: Path):
    Cache(market_cache(tmp_path)).write_status([GOOD, FAILED])
    found = [f for f in await examine(Settings(data_dir=tmp_path)) if f.code.startswith("feed")]
    assert [(f.code, f.level) for f in found] == [
        ("feeds_old", "warn"), ("feed", "ok"), ("feed", "warn"),
    ]  # fmt: skip
    assert "503" in found[2].sentence("zh")
    assert found[2].as_json("en")["feed"] == "cftc_tff"


@pytest.mark.parametrize(
    ("words", "feeds", "asked"),
    [("", "on", True), ("", "off", False), ("--fetch", "off", True), ("--no-fetch", "on", False)],
)
def test_the_terminal_fetches_where_asked_or_where_what_it_holds_is_old(
    home: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    feeds: str,
    asked: bool,
):
    """The progress goes to stderr, so that --json stays JSON."""
    home.setenv("BASISBOT_FEEDS", feeds)
    home.setattr(fetching, "fetch_briefly", lambda _settings, _now, told: told(FAILED))
    assert console.run(["digest", "--date", "2026-07-17", "--json", *words.split()]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("{")
    assert ("503" in err) is asked


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("BASISBOT_DATA_DIR", str(tmp_path))
    return monkeypatch


@pytest.mark.parametrize(("error", "code"), [(None, 0), ("html", 1)])
def test_feeds_check_exits_1_where_a_feed_is_not_as_its_model_says(
    home: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: str | None, code: int
):
    checked = Checked("tic_holders", "files", "current", 0.3, 9_000, date(2026, 6, 30), error=error)

    async def one(_now: datetime, **options: object) -> list[Checked]:
        options["told"](checked)
        return [checked]

    home.setattr("tools.market.check.check", one)
    assert console.run(["feeds", "check"]) == code
    assert "TIC holders (files current)" in capsys.readouterr().out
    assert console.run(["feeds", "check", "--json"]) == code
    out, err = capsys.readouterr()
    assert json.loads(out)["feeds"][0]["newest"] == "2026-06-30"
    assert "TIC" in err


def test_one_reason_for_many_feeds_is_one_line():
    """Without a network every feed fails alike."""
    failed = [replace(FAILED, feed=name, error="unreachable", values={}) for name in NAMES]
    [line] = trouble_lines(failed, "en")
    assert line.startswith("Not read (not reachable): CFTC positions (last good 2026-07-14), ")
    [line] = trouble_lines(failed, "zh")
    assert "无法连接" in line


NAMES = ("cftc_tff", "nyfed_rates", "tic_holders")
