"""A series' name means one thing: what recorded files and live feeds write under it agree in scale.

WITNESSES are figures of a day, some rounded, in the shape and unit in which the publisher gives
them; each is read by the live feed's parser and held against what the recorded files say of that
day, or of the nearest day they know. A file of fails in a few single issues once stood under the
name of all Treasury fails, 145 times too small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest

from tests.recorded import market_folder
from tests.tools.market import bodies
from tools.market import (
    bundled,
    dealers,
    fred,
    nyfed,
    ofr_stfm,
    operations,
    recorded,
    tic,
    treasury,
)
from tools.market.feed import Parsed
from tools.market.fetch import read_cache
from tools.market.store import market_cache

NEAR = timedelta(days=400)
SAME_DAY, NEARBY = 1.02, 2.0  # at most so many times larger or smaller
PAR = "treasury_par_yields_2021_2025-07.csv"
OFR = "repo_rates_ofr_fred_2014_2025-01.csv"


def rate(name: str, day: str, percent: float, **more: float) -> Parsed:
    row = {"effectiveDate": day, "type": name.upper(), "percentRate": percent, **more}
    return nyfed.FEED.routes[0].read(bodies.as_json({"refRates": [row]}), name)


def overnight_reverse_repo(day: str, usd: int) -> Parsed:
    row = {"operationDate": day, "operationType": "Reverse Repo", "totalAmtAccepted": usd}
    return operations.parse(bodies.as_json({"repo": {"operations": [row]}}))


def par(day: str, *yields: float) -> Parsed:
    cells = ",".join([day, *(f"{y:.2f}" for y in yields)])
    return treasury.parse(f'Date,"2 Yr","5 Yr","10 Yr","30 Yr"\n{cells}\n'.encode())


def holders(month: str, cayman: float, total: float) -> Parsed:
    rows = (f"Country\t{month}", f"Cayman Islands\t{cayman}", f"Grand Total\t{total}", "")
    return tic.parse("\n".join(rows).encode())


def monitor(mnemonic: str, rows: list[tuple[str, float]]) -> Parsed:
    return ofr_stfm.FEED.routes[0].read(bodies.as_json(rows), mnemonic)


def dealt(day: str, millions: dict[str, str]) -> Parsed:
    rows = [
        {"asofdate": day, "keyid": key, "value": millions.get(key, "*")} for key in dealers.KEYS
    ]
    return dealers.parse(bodies.as_json({"pd": {"timeseries": rows}}))


# The New York Fed's rates API, its operations' results and dealers' statistics; Treasury's par
# curve and TIC table 5; FRED's IORB; the OFR's monitor.
WITNESSES: dict[str, Callable[[], Parsed]] = {
    "sofr": lambda: rate("sofr", "2026-07-16", 3.62),
    "sofr_volume": lambda: rate("sofr", "2026-06-16", 3.63, volumeInBillions=3137),
    "tgcr": lambda: rate("tgcr", "2026-08-20", 3.60),
    "bgcr": lambda: rate("bgcr", "2026-08-20", 3.60),
    "effr": lambda: rate("effr", "2026-06-16", 3.63),
    "obfr": lambda: rate("obfr", "2024-06-06", 5.32),
    "rrp": lambda: overnight_reverse_repo("2022-12-30", 2_553_716_000_000),
    "iorb": lambda: fred.parse_graph(b"observation_date,IORB\n2026-07-16,3.65\n"),
    "repo_dvp_rate": lambda: monitor("REPO-DVP_AR_OO-P", [("2024-06-28", 5.4)]),
    **dict.fromkeys(
        ("ust_2y", "ust_5y", "ust_10y", "ust_30y"),
        lambda: par("07/30/2026", 4.23, 4.40, 4.68, 5.21),
    ),
    **dict.fromkeys(("tic_cayman", "tic_total"), lambda: holders("2025-12", 421.2, 9271.0)),
    "pd_fails_deliver": lambda: dealt("2024-07-03", {"PDFTD-USTET": "113493"}),
}  # fmt: skip


def frame(parsed: Parsed, series: str) -> pd.DataFrame:
    [found] = [f for f in parsed.values if len(f) and f["series"].iloc[0] == series]
    return found


def times_off(ours: pd.DataFrame, day: date, value: float) -> tuple[float, timedelta]:
    """Return how many times larger or smaller the nearest day's figure is, and how near it is."""
    gaps = (ours["as_of"] - pd.Timestamp(day)).abs()
    nearest = ours.loc[gaps.idxmin()]
    factor = float(nearest["value"]) / value
    return max(factor, 1 / factor), gaps.min().to_pytimedelta()


def agrees(ours: pd.DataFrame, series: str) -> bool:
    """Tell whether what is recorded under a name is what its publisher publishes under it."""
    row = frame(WITNESSES[series](), series).iloc[-1]
    factor, gap = times_off(ours, row["as_of"].date(), float(row["value"]))
    assert gap <= NEAR, series
    return factor <= (NEARBY if gap else SAME_DAY)


def read_files(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each recorded file's name with each series that it writes."""
    for name, read in recorded.READERS.items():
        if (folder / name).is_file():
            for found in read(pd.read_csv(folder / name, na_values=["."])):
                yield name, found
    yield from (
        (recorded.HOLDERS, f) for f in tic.parse((folder / recorded.HOLDERS).read_bytes()).values
    )
    yield "bundled", bundled.iorb_steps()


@pytest.fixture(scope="module")
def written() -> list[tuple[str, str, pd.DataFrame]]:
    found = [(name, frame) for name, frame in read_files(market_folder()) if len(frame)]
    return [(name, frame["series"].iloc[0], frame) for name, frame in found]


def test_every_name_that_both_can_write_has_a_witness(
    written: list[tuple[str, str, pd.DataFrame]], fetched_once: Path
):
    live = set(read_cache(market_cache(fetched_once)).values["series"])
    both = live & {series for _, series, _ in written}
    assert len(both) >= 14
    assert both <= WITNESSES.keys()


def test_what_is_recorded_under_a_name_is_what_its_publisher_says(
    written: list[tuple[str, str, pd.DataFrame]],
):
    held = [(file, series) for file, series, ours in written if series in WITNESSES
            and not_too_old(ours, series) and not agrees(ours, series)]  # fmt: skip
    assert held == []
    near = {
        series for _, series, ours in written if series in WITNESSES and not_too_old(ours, series)
    }
    assert WITNESSES.keys() - near == {"pd_fails_deliver"}


def not_too_old(ours: pd.DataFrame, series: str) -> bool:
    row = frame(WITNESSES[series](), series).iloc[-1]
    return times_off(ours, row["as_of"].date(), float(row["value"]))[1] <= NEAR


def test_files_that_write_one_name_agree_on_their_common_days(
    written: list[tuple[str, str, pd.DataFrame]],
):
    compared = 0
    for (one, series, ours), (other, same, theirs) in combinations(written, 2):
        if series != same:
            continue
        common = ours.merge(theirs, on="as_of")
        apart = (common["value_x"] - common["value_y"]).abs()
        if len(common) > 20:
            compared += 1
            assert apart.median() <= 0.001 * common["value_x"].abs().median(), (one, other, series)
    assert compared >= 8


def test_fails_in_single_issues_are_not_all_fails():
    path = market_folder() / "nyfed_pd_settlement_fails_2022_2025-11.csv"
    table = pd.read_csv(path, parse_dates=["date"])
    ours = pd.DataFrame({"as_of": table["date"], "value": table["treasury_fails_deliver"] * 1e6})
    assert not agrees(ours.dropna(), "pd_fails_deliver")


def test_the_live_parsers_read_the_recorded_copies_alike(
    written: list[tuple[str, str, pd.DataFrame]],
):
    """The par curve's file is the publisher's own; OFR's figures are as its API gives them."""
    folder = market_folder()
    live = {f["series"].iloc[0]: f for f in treasury.parse((folder / PAR).read_bytes()).values}
    table = pd.read_csv(folder / OFR)
    column = table.dropna(subset=["REPO_DVP_AR_OO_P"])
    rows = list(zip(column[column.columns[0]], column["REPO_DVP_AR_OO_P"], strict=True))
    live["repo_dvp_rate"] = monitor("REPO-DVP_AR_OO-P", rows).values[0]
    for file, series, ours in written:
        if file == (OFR if series == "repo_dvp_rate" else PAR):
            common = ours.merge(live[series], on="as_of", suffixes=("_ours", "_live"))
            assert len(common) == len(ours) > 1_000
            assert list(common["value_ours"]) == pytest.approx(list(common["value_live"]))
