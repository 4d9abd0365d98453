"""A folder of recorded public data -> MarketData, point in time by publication rules.

Reads the files that it knows by name and leaves the rest alone. Every file is optional; a folder
without a single one is an error.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tools.market import bundled, cftc, publication, tff, tic
from tools.market.data import MarketData, values_frame
from tools.market.errors import FeedError
from tools.market.feed import Parsed
from tools.positions import BY_CODE, Report

if TYPE_CHECKING:
    import pandas as pd

TIDY_TFF = "tff_futonly_treasury_2017_2026.csv"
TEN_YEAR_TFF = "tff_us10y_2006_2026-08.csv"
# The CFTC's own files: a year's zip, the year so far, its form for spreadsheets, the newest week.
WIRE_FILES: dict[str, Callable[[bytes], Parsed]] = {
    "fut_fin_txt_*.zip": cftc.parse_zip,
    "FinFutYY*.txt": cftc.parse_annual,
    "tff_excelstyle*.csv": cftc.parse_annual,
    "FinFutWk*.txt": cftc.parse_weekly,
}
HOLDERS = "tic_mfhhis01_to_2025-12.txt"  # one vintage, revised: past months may have read otherwise
EXAMPLE = "basisbot digest --data ./market"


def read_recorded(folder: Path) -> MarketData:
    """Return all that a folder of recorded files knows, or raise FeedError naming folder or file.

    A file may be packed (`fred_SOFR.csv.gz`). Nothing stands in for positions that are not there.
    """
    if not folder.is_dir():
        raise FeedError("recorded_folder", path=str(folder), example=EXAMPLE)
    frames = list(_frames(folder))
    reports = _reports(folder)
    if not frames and not reports:
        raise FeedError("recorded_nothing", path=str(folder), example=EXAMPLE)
    import pandas as pd

    values = pd.concat([*frames, bundled.iorb_steps()], ignore_index=True)
    return MarketData(
        reports,
        values.drop_duplicates(["series", "as_of"], ignore_index=True),
        "recorded",
        missing_reports=_missing(folder, reports),
        iorb_known_through=bundled.iorb_known_through(),
    )


def _frames(folder: Path) -> Iterator[pd.DataFrame]:
    for name, read in READERS.items():
        with _opened(folder, name) as content:
            if content is not None:
                yield from read(_csv(content))
    with _opened(folder, HOLDERS) as content:
        if content is not None:
            yield from tic.parse(content).values
    with _opened(folder, "fred_T10Y2Y.csv") as slope, _opened(folder, "fred_DGS10.csv") as ten_year:
        if slope is not None and ten_year is not None:
            yield _two_year(_csv(slope), _csv(ten_year))


@contextmanager
def _opened(folder: Path, name: str) -> Iterator[bytes | None]:
    """Yield what a file holds, None where there is none; name the file where it makes trouble."""
    plain, packed = folder / name, folder / f"{name}.gz"
    path = packed if packed.is_file() and not plain.is_file() else plain
    try:
        content = path.read_bytes() if path.is_file() else None
        yield gzip.decompress(content) if content is not None and path is packed else content
    except (FeedError, OSError, EOFError, zlib.error, ValueError, LookupError, TypeError) as error:
        raise FeedError("recorded_file", path=str(path), reason=error) from error


def _csv(content: bytes, **options: object) -> pd.DataFrame:
    import pandas as pd

    if not content.strip():
        raise FeedError("empty")
    return pd.read_csv(io.BytesIO(content), na_values=["."], encoding="utf-8-sig", **options)  # type: ignore[call-overload,no-any-return]  # options vary by file


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    if name not in table:
        raise FeedError("missing_field", field=name)
    return table[name]


def _numbers(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of finite numbers, nothing where a cell is empty."""
    import pandas as pd

    cells = _column(table, name)
    figures = pd.to_numeric(cells, errors="coerce").astype(float)
    odd = (figures.isna() & cells.notna()) | np.isinf(figures)
    if odd.any():
        raise FeedError("bad_value", field=name, value=str(cells[odd].iloc[0])[:40])
    return figures


def _days(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of days, each written out as 2026-07-14."""
    import pandas as pd

    cells = _column(table, name)
    days = pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")
    if days.isna().any():
        raise FeedError("bad_date", field=name, value=str(cells[days.isna()].iloc[0])[:40])
    return days


def _fred(series: str, source: str, scale: float) -> Callable[[pd.DataFrame], _Frames]:
    """Read FRED's graph CSV in its older or newer form: a date column, then one series."""

    def read(table: pd.DataFrame) -> _Frames:
        if len(table.columns) < 2:
            raise FeedError("bad_table")
        day, column = table.columns[:2]
        yield values_frame(series, _days(table, day), _numbers(table, column) * scale, source)

    return read


def _policy(table: pd.DataFrame) -> _Frames:
    for column, series in {"iorb": "iorb", "srf": "srf_rate"}.items():
        rates = _numbers(table, column) / 100
        yield values_frame(series, _days(table, "effective_date"), rates, "fed_notes")


def _two_year(table: pd.DataFrame, ten_year: pd.DataFrame) -> pd.DataFrame:
    spread = _numbers(table, "T10Y2Y").set_axis(_days(table, "observation_date"))
    ten = _numbers(ten_year, "DGS10").set_axis(_days(ten_year, "observation_date"))
    two = (ten - spread).dropna()
    return values_frame("ust_2y", list(two.index), two / 100, "treasury_par")


def _columns(names: dict[str, tuple[str, str]]) -> Callable[[pd.DataFrame], _Frames]:
    """Read several percent columns of one daily table; a column that is not there is not read."""

    def read(table: pd.DataFrame) -> _Frames:
        days = _days(table, table.columns[0])
        for column in names.keys() & set(table.columns):
            series, source = names[column]
            yield values_frame(series, days, _numbers(table, column) / 100, source)

    return read


def _ofr(table: pd.DataFrame) -> _Frames:
    rates = {f"FNYR-{r.upper()}-A": (r, f"nyfed_{r}") for r in ("sofr", "tgcr", "bgcr")}
    yield from _columns(rates)(table)
    volumes = _numbers(table, "FNYR-SOFR_UV-A")
    yield values_frame("sofr_volume", _days(table, "date"), volumes, "nyfed_sofr")


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
            "SOFR": ("sofr", "nyfed_sofr"),
            "FNYR_TGCR_A": ("tgcr", "nyfed_tgcr"),
            "FNYR_BGCR_A": ("bgcr", "nyfed_bgcr"),
            "EFFR": ("effr", "nyfed_effr"),
            "REPO_DVP_AR_OO_P": ("repo_dvp_rate", "ofr_stfm"),
        }
    ),
}


def _reports(folder: Path) -> tuple[Report, ...]:
    """Return the reports of the tidy table, and of the CFTC's own files for weeks it lacks."""
    reports: dict[date, Report] = {}
    for pattern, read in WIRE_FILES.items():
        for path in sorted(folder.glob(pattern)):
            with _opened(folder, path.name) as content:
                if content is not None:
                    reports |= {report.as_of: report for report in read(content).reports}
    with _opened(folder, TIDY_TFF) as content:
        if content is not None:
            reports |= {report.as_of: report for report in _tidy(content)}
    return tuple(reports[day] for day in sorted(reports))


def _tidy(content: bytes) -> tuple[Report, ...]:
    table = _csv(content, dtype={"code": str})
    days = [stamp.date() for stamp in _days(table, "report_date")]
    table = table.assign(code=_column(table, "code").str.strip().str.zfill(6))
    for name in tff.COUNTS:
        if (counts := _numbers(table, name)).isna().any():
            raise FeedError("bad_value", field=name, value="")
        table[name] = counts.astype(int)
    records = cast("list[dict[str, Any]]", table.to_dict("records"))
    ours = [(d, r) for d, r in zip(days, records, strict=True) if r["code"] in BY_CODE]
    return tff.reports(ours, publication.tff_published)


def _missing(folder: Path, reports: tuple[Report, ...]) -> tuple[tuple[date, datetime], ...]:
    """Return the reports of the 10-year file that the six-contract file lacks, in its span."""
    known = {report.as_of for report in reports}
    with _opened(folder, TEN_YEAR_TFF) as content:
        if content is None or not reports:
            return ()
        days = [stamp.date() for stamp in _days(_csv(content), "date")]
    return tuple(
        (day, publication.tff_published(day))
        for day in days
        if day > reports[0].as_of and day not in known
    )
