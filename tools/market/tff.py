"""Rows of the CFTC's Traders in Financial Futures, by whatever route -> reports by date."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from tools.errors import CalculatorError
from tools.market.errors import FeedError
from tools.positions import BY_CODE, TREASURY, Group, Report, Row, report

# Our names for the columns that every route must deliver; a lack is an error, never a zero.
COUNTS = (
    "open_interest",
    *(f"{g}_{s}" for g in ("dealer", "am", "lev", "other") for s in ("long", "short", "spread")),
    "nonrept_long",
    "nonrept_short",
)
# What may be masked: the number of traders is left out where few trade.
OPTIONAL = ("traders_lev_short", "conc_net4_short")


def row(record: Mapping[str, Any]) -> Row:
    """Return one contract's row from a record in our column names."""

    def group(name: str) -> Group:
        return Group(record[f"{name}_long"], record[f"{name}_short"], record[f"{name}_spread"])

    traders, top4 = (_known(record.get(name)) for name in OPTIONAL)
    return Row(
        BY_CODE[record["code"]],
        record["open_interest"],
        dealer=group("dealer"),
        asset_manager=group("am"),
        leveraged=group("lev"),
        other=group("other"),
        nonreportable=Group(record["nonrept_long"], record["nonrept_short"]),
        leveraged_shorts=None if traders is None else int(traders),
        top4_net_short_pct=top4,
    )


def _known(value: float | None) -> float | None:
    """Return a number, None for pandas' not-a-number."""
    return None if value is None or math.isnan(value) else value


def reports(
    records: Iterable[tuple[date, Mapping[str, Any]]], published: Callable[[date], datetime]
) -> tuple[Report, ...]:
    """Return the reports of these records by ascending date; each must hold all six contracts."""
    by_date: dict[date, dict[str, Row]] = {}
    for day, record in records:
        new = row(record)
        if by_date.setdefault(day, {}).setdefault(new.contract, new) != new:
            raise FeedError("conflict", field=new.contract, date=day.isoformat())
    for day, rows in by_date.items():
        if lacking := [root for root in TREASURY if root not in rows]:
            raise FeedError("tff_contracts", date=day.isoformat(), lacking=", ".join(lacking))
    return tuple(
        _report(day, published(day), list(rows.values())) for day, rows in sorted(by_date.items())
    )


def _report(day: date, published: datetime, rows: Sequence[Row]) -> Report:
    try:
        return report(day, published, rows)
    except CalculatorError as error:
        raise FeedError(
            "tff_identity", field=error.values["field"], date=day.isoformat()
        ) from error
