"""CFTC, Traders in Financial Futures, futures only -> reports of leveraged funds' shorts.

Three routes to the same report: the Socrata API, the yearly zip, the weekly file without a
header. Futures only, for the deltas of options blur the basis.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from tools.market import publication, tff
from tools.market.client import Request
from tools.market.errors import FeedError
from tools.market.feed import Feed, Parsed, Route, alone, read_json, read_rows, read_text, years
from tools.positions import BY_CODE

SOCRATA = "https://publicreporting.cftc.gov/resource/gpe5-46if.json"
ZIP = "https://www.cftc.gov/files/dea/history/fut_fin_txt_{year}.zip"
WEEKLY = "https://www.cftc.gov/dea/newcot/FinFutWk.txt"
FIRST_YEAR = 2017
COLUMNS = 87
UNPACKED_LIMIT = 100_000_000

# Where the columns that we read stand in the weekly file, which has no header.
_PLACES = {
    "report_date_as_yyyy_mm_dd": 2,
    "cftc_contract_market_code": 3,
    "open_interest_all": 7,
    **{
        f"{group}_positions_{side}_all": 8 + 3 * g + s
        for g, group in enumerate(("dealer", "asset_mgr", "lev_money", "other_rept"))
        for s, side in enumerate(("long", "short", "spread"))
    },
    "nonrept_positions_long_all": 22,
    "nonrept_positions_short_all": 23,
    "traders_lev_money_short_all": 66,
    "conc_net_le_4_tdr_short_all": 78,
}


def _day(value: object) -> object:
    """Read a date as the routes write it: 2026-07-14, 2026-07-14T00:00:00.000, 7/14/2026."""
    text = str(value).strip().split("T")[0]
    if "/" in text:
        month, day, year = text.split("/")
        return date(int(year), int(month), int(day))
    return text


def _null(value: object) -> object:
    """Read a dot as nothing: so the files write a number that is withheld."""
    text = str(value).strip() if value is not None else "."
    return None if text == "." else text


def _either(name: str) -> AliasChoices:
    # Socrata drops "_all" from some columns and keeps it on others; the files keep it on all.
    return AliasChoices(name, f"{name}_all")


Count = Annotated[int, Field(ge=0), BeforeValidator(_null)]


class TffRow(BaseModel):
    """One contract in one report, by the names that Socrata and the files share in lower case."""

    model_config = ConfigDict(extra="allow")

    report_date: Annotated[date, BeforeValidator(_day)] = Field(
        validation_alias=AliasChoices("report_date_as_yyyy_mm_dd", "report_date_as_mm_dd_yyyy")
    )
    code: str = Field(validation_alias="cftc_contract_market_code")
    open_interest: Count = Field(validation_alias=_either("open_interest"))
    dealer_long: Count = Field(validation_alias=_either("dealer_positions_long"))
    dealer_short: Count = Field(validation_alias=_either("dealer_positions_short"))
    dealer_spread: Count = Field(validation_alias=_either("dealer_positions_spread"))
    am_long: Count = Field(validation_alias=_either("asset_mgr_positions_long"))
    am_short: Count = Field(validation_alias=_either("asset_mgr_positions_short"))
    am_spread: Count = Field(validation_alias=_either("asset_mgr_positions_spread"))
    lev_long: Count = Field(validation_alias=_either("lev_money_positions_long"))
    lev_short: Count = Field(validation_alias=_either("lev_money_positions_short"))
    lev_spread: Count = Field(validation_alias=_either("lev_money_positions_spread"))
    other_long: Count = Field(validation_alias=_either("other_rept_positions_long"))
    other_short: Count = Field(validation_alias=_either("other_rept_positions_short"))
    other_spread: Count = Field(validation_alias=_either("other_rept_positions_spread"))
    nonrept_long: Count = Field(validation_alias=_either("nonrept_positions_long"))
    nonrept_short: Count = Field(validation_alias=_either("nonrept_positions_short"))
    traders_lev_short: Annotated[int | None, BeforeValidator(_null)] = Field(
        None, validation_alias=_either("traders_lev_money_short")
    )
    conc_net4_short: Annotated[float | None, BeforeValidator(_null)] = Field(
        None, validation_alias=_either("conc_net_le_4_tdr_short")
    )
    created_at: datetime | None = Field(None, validation_alias=":created_at")


def _published(rows: Sequence[TffRow]) -> Mapping[date, datetime]:
    """Return each report's publication: the row's own stamp where it is credible, else the rule.

    A data set that is loaded anew gives old reports a new stamp; nothing was published before
    two days after its date, and nothing is known to have waited for ninety.
    """
    stamps = {}
    for row in rows:
        stamp = row.created_at
        if stamp is not None and stamp.tzinfo is None:
            stamp = stamp.replace(tzinfo=UTC)
        if stamp is None or not 2 <= (stamp.date() - row.report_date).days <= 90:
            stamp = publication.tff_published(row.report_date)
        stamps[row.report_date] = stamp
    return stamps


def _parsed(records: Iterator[Mapping[str, Any]]) -> Parsed:
    wanted = (r for r in records if str(r.get("cftc_contract_market_code", "")).strip() in BY_CODE)
    rows = read_rows(TffRow, wanted)
    if not rows:
        raise FeedError("not_published")
    stamps = _published(rows)
    dated = ((row.report_date, row.model_dump() | {"code": row.code.strip()}) for row in rows)
    return Parsed(tff.reports(dated, stamps.__getitem__))


def _socrata(content: bytes) -> Parsed:
    rows = read_json(content)
    if not isinstance(rows, list):
        raise FeedError("bad_table")
    if rows and "cftc_contract_market_code" not in rows[0]:
        raise FeedError("missing_field", field="cftc_contract_market_code")
    return _parsed(iter(rows))


def parse_annual(content: bytes) -> Parsed:
    """Return the reports of an annual text file with its header, either of its two date forms."""
    lines = csv.reader(io.StringIO(read_text(content)))
    header = [name.strip().lower().replace("-", "_") for name in next(lines, [])]
    if "cftc_contract_market_code" not in header:
        raise FeedError("missing_field", field="cftc_contract_market_code")
    return _parsed(dict(zip(header, line, strict=False)) for line in lines if line)


def parse_zip(content: bytes) -> Parsed:
    """Return the reports of a yearly zip with one annual file in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            [member] = archive.infolist()
            if member.file_size > UNPACKED_LIMIT:
                raise FeedError("too_large", limit=UNPACKED_LIMIT // 1_000_000)
            with archive.open(member) as file:
                unpacked = file.read(UNPACKED_LIMIT)  # however short it says it is
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise FeedError("bad_zip") from error
    return parse_annual(unpacked)


def parse_weekly(content: bytes) -> Parsed:
    """Return the report of the weekly file: 87 columns, no header."""
    lines = [line for line in csv.reader(io.StringIO(read_text(content))) if line]
    if not lines or any(len(line) != COLUMNS for line in lines):
        raise FeedError("bad_table")
    return _parsed({name: line[place] for name, place in _PLACES.items()} for line in lines)


def _by_year(now: datetime) -> list[Request]:
    codes = ",".join(f"'{code}'" for code in BY_CODE)
    return [
        Request(
            f"socrata-{year}",
            SOCRATA,
            {
                "$select": ":*,*",  # stars come first, or not at all
                "$where": f"report_date_as_yyyy_mm_dd between '{year}-01-01T00:00:00.000'"
                f" and '{year}-12-31T00:00:00.000' and cftc_contract_market_code in({codes})",
                "$order": "report_date_as_yyyy_mm_dd",
                "$limit": "5000",
            },
            until=date(year, 12, 31),
        )
        for year in years(FIRST_YEAR, now)
    ]


def _zips(now: datetime) -> list[Request]:
    return [
        Request(f"zip-{year}", ZIP.format(year=year), until=date(year, 12, 31))
        for year in years(FIRST_YEAR, now)
    ]


def expected(now: datetime) -> date:
    """Return the newest report that the usual rule says is out, an hour's grace allowed."""
    day = now.astimezone(publication.NEW_YORK).date()
    while day.weekday() != 1 or publication.tff_published(day) > now - timedelta(hours=1):
        day -= timedelta(days=1)
    # A Tuesday that is a holiday is reported as of Monday.
    return day - timedelta(days=1)


FEED = Feed(
    "cftc_tff",
    (
        Route("socrata", _by_year, alone(_socrata)),
        Route("zip", _zips, alone(parse_zip)),
        Route("weekly", lambda _now: [Request("weekly", WEEKLY)], alone(parse_weekly)),
    ),
    expected,
)
