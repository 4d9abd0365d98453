"""Every feed against every fault, over HTTP: the right value or a clear error, in time, in bounds.

A week after all feeds were well each fails in one way at once. What was held must stay to the last
digit, each route must say what is wrong, and the digest must come out and say what it lacks.
"""

from __future__ import annotations

import asyncio
import shutil
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.i18n import say
from bot.render.digest.text import LIMIT, digest_html, digest_text
from bot.render.html import measure
from bot.week import compose
from tests.tools.market.faults import FAULTS, HARMLESS, Fault, endless
from tests.tools.market.publisher import (
    BRIEF,
    FAST,
    ORIGINS,
    SATURDAY,
    Handler,
    publishing,
)
from tools.market.check import Checked, check
from tools.market.client import TRIES, Pace
from tools.market.data import FeedStatus, MarketData
from tools.market.fetch import refresh
from tools.market.store import load_market, market_cache

NEXT = SATURDAY + timedelta(weeks=1)
PACE = replace(FAST, most=2_000_000)
IN_BUFFERS = 30_000_000  # what of 2 GB may be on its way when the line is cut


@pytest.fixture(scope="module")
def first_year() -> int:
    return 2026


def last(series: str) -> Callable[[MarketData], float]:
    return lambda data: data.series(series)[-1].value


def iorb(data: MarketData) -> float:
    return next(p.value for p in reversed(data.series("iorb")) if p.source == "fred_iorb")


def short(data: MarketData) -> float:
    found = data.reports[-1].short("TY")
    return found.net if found else 0


# Feed -> a figure of it, what that was in the first week and is in the second, its newest date.
FEEDS: dict[str, tuple[Callable[[MarketData], float], float, float, str]] = {
    "cftc_tff": (short, 800_000, 850_000, "2026-07-14"),
    "nyfed_rates": (last("sofr"), 0.0366, 0.0371, "2026-07-16"),
    "treasury_par": (last("ust_10y"), 0.0454, 0.0459, "2026-07-17"),
    "fred_iorb": (iorb, 0.0365, 0.0370, "2026-07-17"),
    "nyfed_operations": (last("rrp"), 5e9, 6e9, "2026-07-17"),
    "nyfed_dealers": (last("pd_pos_7_11y"), 2_002e6, 3_002e6, "2026-07-08"),
    "ofr_stfm": (last("repo_dvp_rate"), 0.0366, 0.0371, "2026-07-15"),
    "ofr_hfm": (last("hf_leverage"), 3.66, 3.71, "2026-07-15"),
    "tic_holders": (last("tic_cayman"), 453.1e9, 454.1e9, "2026-06-30"),
    "treasury_auctions": (lambda data: len(data.securities), 120, 121, "2026-07-15"),
    "treasury_prices": (
        lambda data: next(iter(data.prices[max(data.prices)].values())), 99.5, 100.5, "2026-07-17",
    ),
}  # fmt: skip
ROUTES = [
    "cftc_tff socrata", "cftc_tff zip", "cftc_tff weekly", "nyfed_rates search",
    "treasury_par csv", "fred_iorb api", "fred_iorb graph", "nyfed_operations search",
    "nyfed_dealers get", "ofr_stfm timeseries", "ofr_hfm timeseries", "tic_holders files",
    "treasury_auctions query", "treasury_prices form",
]  # fmt: skip

# Fault -> what every route says, and which routes say something else; None: it is well.
EXPECTED: dict[str, tuple[str | None, dict[str, str | None]]] = {
    "404": ("http_status", {}),
    "429": ("http_status", {}),
    "500": ("http_status", {}),
    "html": ("html", {}),
    "empty": ("empty", {}),
    "blank": ("empty", {}),
    "endless": ("too_large", {}),
    "hang": ("timeout", {}),
    "drip": ("timeout", {}),
    "cut": ("unreachable", {}),
    "loop": ("unreachable", {}),
    "swollen": ("too_large", {}),
    "packed twice": ("packing", {}),
    "half packed": ("packing", {}),
    "not packed": ("packing", {}),
    "half": (
        "bad_json",
        {
            "cftc_tff zip": "bad_zip", "cftc_tff weekly": "tff_contracts",
            "treasury_par csv": "bad_table", "tic_holders files": "missing_field",
            "treasury_prices form": "too_few", "fred_iorb graph": None,
        },
    ),
    "renamed": (
        "missing_field",
        {"cftc_tff weekly": "bad_table", "treasury_prices form": "bad_table"},
    ),
    "nulls": (
        "bad_value",
        {
            "treasury_par csv": "missing_field", "tic_holders files": None,  # the months before
            **dict.fromkeys(
                ("fred_iorb api", "fred_iorb graph", "nyfed_dealers get", "ofr_stfm timeseries",
                 "ofr_hfm timeseries", "treasury_auctions query"),
                "not_published",
            ),
        },
    ),
    # A body by itself may be old; that it is older than what is held shows in the store.
    "stale": (None, {}),
    # Prices are of the day asked for: the file does not say.
    "future": ("future", {"treasury_prices form": None}),
    "absurd": ("odd_value", {}),
    # Of a month that stands twice the first figure, the newer one, holds.
    "conflict": ("conflict", {"tic_holders files": None}),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What a fault of all publishers led to."""

    fault: str
    seconds: float
    statuses: dict[str, FeedStatus]
    checked: dict[str, Checked]
    data: MarketData
    most_sent: int


async def run(fault: Fault, name: str, folder: Path) -> Outcome:
    pace = BRIEF if name in {"hang", "drip"} else PACE
    async with publishing() as made:
        made.week = 1
        made.faults |= dict.fromkeys(ORIGINS.values(), fault)
        began = time.monotonic()
        statuses = await refresh(
            market_cache(folder), NEXT, origins=made.origins, pace=pace, fred_api_key="k3y-of-ours"
        )
        seconds = time.monotonic() - began
        checked = await check(NEXT, origins=made.origins, pace=pace, fred_api_key="k3y-of-ours")
        return Outcome(
            name,
            seconds,
            {status.feed: status for status in statuses},
            {f"{one.feed} {one.route}": one for one in checked},
            load_market(folder),
            made.most_sent,
        )


@pytest.fixture(scope="module", params=FAULTS)
def outcome(
    request: pytest.FixtureRequest, fetched_once: Path, tmp_path_factory: pytest.TempPathFactory
) -> Outcome:
    folder = shutil.copytree(fetched_once, tmp_path_factory.mktemp("faulty") / "data")
    return asyncio.run(run(FAULTS[request.param], request.param, folder))


@pytest.mark.parametrize("route", ROUTES)
def test_each_route_names_what_is_wrong(outcome: Outcome, route: str):
    usual, others = EXPECTED[outcome.fault]
    checked = outcome.checked[route]
    assert checked.error == others.get(route, usual)
    if checked.error is None:
        assert checked.newest
    else:
        for lang in ("en", "zh"):
            assert say(lang, f"feed.{checked.error}", **(checked.values or {}))


@pytest.mark.parametrize("feed", FEEDS)
def test_what_was_held_stays_to_the_last_digit(outcome: Outcome, feed: str):
    figure, before, after, newest = FEEDS[feed]
    status = outcome.statuses[feed]
    unharmed = {
        "future": {"treasury_prices"},
        "stale": {"treasury_prices"},  # the file does not say of which day it is
        "conflict": {"tic_holders"},
    }.get(outcome.fault, set())
    if feed in unharmed:
        assert status.ok
        return
    assert figure(outcome.data) == pytest.approx(before, rel=1e-12)
    assert before != after
    assert status.newest == date.fromisoformat(newest)
    # "Nothing published yet" is no trouble while what is held is as new as can be expected.
    assert not status.ok or (outcome.fault == "nulls" and not status.late)


def test_the_digest_comes_out_and_says_how_old_what_it_has_is(outcome: Outcome):
    digest = compose(outcome.data, NEXT.date())
    for lang in ("en", "zh"):
        assert 500 < measure(digest_html(digest, lang))[0] < LIMIT
        text = digest_text(digest, lang)
        for status in outcome.statuses.values():
            if not status.ok or status.late:
                name = say(lang, f"feed.name.{status.feed}")
                told = [line for line in text.splitlines() if name in line]
                assert any(str(status.newest) in line for line in told), (lang, name)


def test_it_ends_in_time_and_no_body_is_read_beyond_the_limit(outcome: Outcome):
    if outcome.fault in {"hang", "drip"}:
        assert outcome.seconds < BRIEF.feed + 2
    assert outcome.most_sent < PACE.most + IN_BUFFERS


def test_the_real_limits_leave_time_for_a_digest_and_memory_for_the_rest():
    """All that a feed may take: three routes of three tries, each of twenty seconds, and pauses."""
    pace = Pace()
    assert pace == Pace(pause=1.0, answer=20.0, feed=240.0, most=32_000_000)
    assert 3 * TRIES * (pace.answer + 3 * pace.pause) < pace.feed


async def test_two_gigabytes_cost_the_real_limit_and_no_more():
    async with publishing() as made:
        made.faults["fiscal"] = endless
        tracemalloc.start()
        try:
            checked = await check(NEXT, origins=made.origins, only={"treasury_auctions"})
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    [auctions] = checked
    assert (auctions.error, auctions.values) == ("too_large", {"limit": 32})
    assert made.most_sent < Pace().most + IN_BUFFERS
    assert peak < 80_000_000


@pytest.mark.parametrize("name", HARMLESS)
async def test_what_looks_odd_and_is_sound_is_read(name: str, fetched_once: Path, tmp_path: Path):
    folder = shutil.copytree(fetched_once, tmp_path / "data")
    outcome = await run(HARMLESS[name], name, folder)
    for feed, (figure, _, after, _) in FEEDS.items():
        assert outcome.statuses[feed].error is None, feed
        assert figure(outcome.data) == pytest.approx(after, rel=1e-12), feed
    if "once" not in name and "twice" not in name:
        assert {one.error for one in outcome.checked.values()} == {None}


# Where a host serves several feeds: what the paths of one hold.
PATHS = {
    "cftc_tff": ("socrata", "cftc"), "nyfed_rates": ("nyfed/rates/",),
    "treasury_par": ("treasury",), "fred_iorb": ("fred", "api"), "nyfed_operations": ("nyfed/rp/",),
    "nyfed_dealers": ("nyfed/pd/",), "ofr_stfm": ("ofr/v1/",), "ofr_hfm": ("ofr/hf/",),
    "tic_holders": ("tic",), "treasury_auctions": ("fiscal",), "treasury_prices": ("direct",),
}  # fmt: skip


def only_of(feed: str) -> Fault:
    def fault(handler: Handler) -> None:
        asked = "/".join(handler.path_args).replace("/api/", "/")
        if asked.startswith(PATHS[feed]):
            handler.set_status(500)
        else:
            handler.write(handler.good(handler.publisher.week))

    return fault


@pytest.mark.parametrize("feed", FEEDS)
async def test_one_that_fails_takes_no_other_along(feed: str, fetched_once: Path, tmp_path: Path):
    folder = shutil.copytree(fetched_once, tmp_path / "data")
    async with publishing() as made:
        made.week = 1
        made.faults |= dict.fromkeys(ORIGINS.values(), only_of(feed))
        statuses = await refresh(market_cache(folder), NEXT, origins=made.origins, pace=PACE)
    assert {status.feed for status in statuses if not status.ok} == {feed}
    data = load_market(folder)
    for name, (figure, before, after, _) in FEEDS.items():
        assert figure(data) == pytest.approx(before if name == feed else after, rel=1e-12), name
    assert str(FEEDS[feed][3]) in digest_text(compose(data, NEXT.date()), "en")
