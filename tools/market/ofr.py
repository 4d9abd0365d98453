"""The Office of Financial Research's series, bare `[[day, value], ...]`, -> figures.

Its two monitors, of short-term funding and of hedge funds, speak alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, RootModel, ValidationError

from tools.market.client import Request
from tools.market.data import values_frame
from tools.market.errors import FeedError
from tools.market.feed import Amount, Feed, Parsed, Percent, Route, bad_field, read_json


@dataclass(frozen=True, slots=True)
class Series:
    """Our name for a mnemonic, and what to multiply its figures by for decimals or USD."""

    name: str
    scale: float = 1.0


def _ascending(rows: list[tuple[date, float | None]]) -> list[tuple[date, float | None]]:
    return sorted(rows, key=lambda row: row[0])


class Rates(RootModel[Annotated[list[tuple[date, Percent | None]], AfterValidator(_ascending)]]):
    """Days and percent; nothing stands for a figure that is masked."""


class Amounts(RootModel[Annotated[list[tuple[date, Amount | None]], AfterValidator(_ascending)]]):
    """Days and dollars or multiples; nothing stands for a figure that is masked."""


def parse_series(content: bytes, name: str, known: Mapping[str, Series], source: str) -> Parsed:
    """Return the series of one answer; the mnemonic is the slice's name."""
    body = read_json(content)
    if not isinstance(body, list):
        raise FeedError("bad_table")
    series = known[name]
    try:
        rows = (Rates if series.scale < 1 else Amounts).model_validate(body).root
    except ValidationError as error:
        raise bad_field(error.errors()[0], name) from error
    told = [(day, value) for day, value in rows if value is not None]
    if not told:
        raise FeedError("not_published")
    days, values = [day for day, _ in told], [value * series.scale for _, value in told]
    return Parsed(values=(values_frame(series.name, days, values, source),))


def feed(
    name: str,
    base: str,
    known: Mapping[str, Series],
    source: str,
    expected: Callable[[datetime], date],
) -> Feed:
    """Return a feed of one series a request."""

    def requests(_now: datetime) -> list[Request]:
        return [
            Request(
                mnemonic,
                f"{base}/series/timeseries",
                {"mnemonic": mnemonic, "start_date": "2018-01-01", "remove_nulls": "true"},
            )
            for mnemonic in known
        ]

    def parse(content: bytes, mnemonic: str) -> Parsed:
        return parse_series(content, mnemonic, known, source)

    return Feed(name, (Route("timeseries", requests, parse),), expected)
