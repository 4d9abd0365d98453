"""A folder of recorded public data -> MarketData, point in time by publication rules.

Reads the files that it knows by name and leaves the rest alone. Every file is optional; a folder
without a single one is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tools.market import bundled, publication, tff, tic
from tools.market.data import MarketData, values_frame
from tools.market.errors import FeedError
from tools.positions import Report

if TYPE_CHECKING:
    from datetime import date, datetime

    import pandas as pd

TIDY_TFF = "tff_futonly_treasury_2017_2026.csv"
TEN_YEAR_TFF = "tff_us10y_2006_2026-08.csv"
HOLDERS = "tic_mfhhis01_to_2025-12.txt"  # one vintage, revised: past months may have read otherwise


def read_recorded(folder: Path) -> MarketData:
    """Return all that a folder of recorded files knows, or raise FeedError naming the folder."""
    if not folder.is_dir():
        raise FeedError("recorded_folder", path=str(folder))
    frames = list(_frames(folder))
    reports = _reports(folder / TIDY_TFF)
    if not frames and not reports:
        raise FeedError("recorded_nothing", path=str(folder))
    import pandas as pd

    values = pd.concat([*frames, bundled.iorb_steps()], ignore_index=True)
    return MarketData(
        reports or bundled.milestones(),
        values.drop_duplicates(["series", "as_of"], ignore_index=True),
        "recorded",
        missing_reports=_missing(folder / TEN_YEAR_TFF, reports),
        iorb_known_through=bundled.iorb_known_through(),
    )


def _frames(folder: Path) -> Iterator[pd.DataFrame]:
    for name, read in READERS.items():
        if (folder / name).is_file():
            with _named(folder / name):
                yield from read(_csv(folder / name))
    if (folder / HOLDERS).is_file():
        with _named(folder / HOLDERS):
            yield from tic.parse((folder / HOLDERS).read_bytes()).values
    slope, ten_year = folder / "fred_T10Y2Y.csv", folder / "fred_DGS10.csv"
    if slope.is_file() and ten_year.is_file():
        with _named(slope):
            yield _two_year(_csv(slope), _csv(ten_year))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say of a file that is not in its documented shape which one it is, and what is wrong."""
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise FeedError("recorded_file", path=str(path), reason=str(error)) from error


def _csv(path: Path, **options: object) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(path, na_values=["."], **options)  # type: ignore[call-overload,no-any-return]  # options vary by file


def _fred(series: str, source: str, scale: float) -> Callable[[pd.DataFrame], _Frames]:
    """Read FRED's graph CSV in its older or newer form: a date column, then one series."""

    def read(table: pd.DataFrame) -> _Frames:
        day, column = table.columns[:2]
        yield values_frame(series, table[day], table[column] * scale, source)

    return read


def _policy(table: pd.DataFrame) -> _Frames:
    for column, series in {"iorb": "iorb", "srf": "srf_rate"}.items():
        yield values_frame(series, table["effective_date"], table[column] / 100, "fed_notes")


def _two_year(table: pd.DataFrame, ten_year: pd.DataFrame) -> pd.DataFrame:
    spread = table.set_index("observation_date")["T10Y2Y"]
    two = (ten_year.set_index("observation_date")["DGS10"] - spread).dropna()
    return values_frame("ust_2y", list(two.index), two / 100, "treasury_par")


def _columns(names: dict[str, tuple[str, str]]) -> Callable[[pd.DataFrame], _Frames]:
    """Read several percent columns of one daily table."""

    def read(table: pd.DataFrame) -> _Frames:
        day = table.columns[0]
        for column, (series, source) in names.items():
            if column in table:
                yield values_frame(series, table[day], table[column] / 100, source)

    return read


def _ofr(table: pd.DataFrame) -> _Frames:
    rates = {"FNYR-TGCR-A": ("tgcr", "nyfed_tgcr"), "FNYR-BGCR-A": ("bgcr", "nyfed_bgcr")}
    yield from _columns(rates)(table)
    yield values_frame("sofr_volume", table["date"], table["FNYR-SOFR_UV-A"], "nyfed_sofr")


def _fails(table: pd.DataFrame) -> _Frames:
    for column, series in (
        ("treasury_fails_deliver", "pd_fails_deliver"),
        ("treasury_fails_receive", "pd_fails_receive"),
    ):
        yield values_frame(series, table["date"], table[column] * 1e6, "nyfed_pd")


_Frames = Iterator["pd.DataFrame"]
# In order of trust: where two files know the same figure, the first one stands.
READERS: dict[str, Callable[[pd.DataFrame], _Frames]] = {
    "fred_SOFR.csv": _fred("sofr", "nyfed_sofr", 0.01),
    "fred_DGS10.csv": _fred("ust_10y", "treasury_par", 0.01),
    "fred_RRPONTSYD.csv": _fred("rrp", "nyfed_rrp", 1e9),
    "policy_rates_2025-07_2026-09.csv": _policy,
    "treasury_par_yields_2021_2025-07.csv": _columns(
        {f"{n} Yr": (f"ust_{n}y", "treasury_par") for n in (2, 5, 10, 30)}
    ),
    "fred_rates_2022_2025-11.csv": _columns(
        {
            **{f"{r.upper()}_Rate": (r, f"nyfed_{r}") for r in ("tgcr", "bgcr", "effr", "obfr")},
            "SRF_Rate": ("srf_rate", "fed_notes"),
            **{f"UST_{n}Y": (f"ust_{n}y", "treasury_par") for n in (2, 5, 10, 30)},
        }
    ),
    "fred_DGS30_to_2024-08.csv": _fred("ust_30y", "treasury_par", 0.01),
    "ofr_stfm_sample_2025-05_2025-11.csv": _ofr,
    "repo_rates_ofr_fred_2014_2025-01.csv": _columns(
        {
            "FNYR_TGCR_A": ("tgcr", "nyfed_tgcr"),
            "FNYR_BGCR_A": ("bgcr", "nyfed_bgcr"),
            "EFFR": ("effr", "nyfed_effr"),
            "REPO_DVP_AR_OO_P": ("repo_dvp_rate", "ofr_stfm"),
        }
    ),
    "nyfed_pd_settlement_fails_2022_2025-11.csv": _fails,
}


def _reports(path: Path) -> tuple[Report, ...]:
    if not path.is_file():
        return ()
    with _named(path):
        table = _csv(path, dtype={"code": str}, parse_dates=["report_date"])
        days = [stamp.date() for stamp in table["report_date"]]
        records = cast("list[dict[str, Any]]", table.to_dict("records"))
        return tff.reports(zip(days, records, strict=True), publication.tff_published)


def _missing(path: Path, reports: tuple[Report, ...]) -> tuple[tuple[date, datetime], ...]:
    """Return the reports of the 10-year file that the six-contract file lacks, in its span."""
    if not path.is_file() or not reports:
        return ()
    known = {r.as_of for r in reports}
    with _named(path):
        days = [stamp.date() for stamp in _csv(path, parse_dates=["date"])["date"]]
    return tuple(
        (day, publication.tff_published(day))
        for day in days
        if day > reports[0].as_of and day not in known
    )
