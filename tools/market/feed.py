"""The one shape of all feeds: what to ask, by which routes, and how to read the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from tools.market.client import Request
from tools.market.data import Announced, Security
from tools.market.errors import FeedError
from tools.positions import Report

if TYPE_CHECKING:
    import pandas as pd
    from pydantic_core import ErrorDetails

Row = TypeVar("Row", bound=BaseModel)
# For so long a day may still be published or corrected, after it has ended.
REVISED = timedelta(days=366)
# What a figure can be: a slip of the decimal point or of the unit is no rate and no amount.
Percent = Annotated[float, Field(ge=-10, le=30, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
_BOUNDS = {"greater_than_equal", "less_than_equal", "finite_number"}


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a body says: reports of positions, figures in the shape of MarketData, bonds, prices."""

    reports: tuple[Report, ...] = ()
    values: tuple[pd.DataFrame, ...] = field(default=(), repr=False)
    securities: tuple[Security, ...] = field(default=(), repr=False)
    prices: Mapping[date, Mapping[str, float]] = field(default_factory=dict, repr=False)
    announced: tuple[Announced, ...] = field(default=(), repr=False)

    @property
    def newest(self) -> date | None:
        """Return the newest as-of date."""
        days = [report.as_of for report in self.reports[-1:]]
        days += [frame["as_of"].max().date() for frame in self.values if len(frame)]
        days += [security.auctioned for security in self.securities]
        days += self.prices
        return max(days, default=None)


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a feed's data: what to ask at a moment, one request a slice, and its parser.

    `read` is told the slice's name too: some bodies do not say what they are of.
    """

    name: str
    requests: Callable[[datetime], Sequence[Request]]
    read: Callable[[bytes, str], Parsed]


def alone(parse: Callable[[bytes], Parsed]) -> Callable[[bytes, str], Parsed]:
    """Return a reader for bodies that say themselves what they are of."""
    return lambda content, _slice: parse(content)


@dataclass(frozen=True, slots=True)
class Feed:
    """A publisher's data: its routes, tried in order, and the newest date to expect of it.

    A route that works but brings nothing as new as `expected` gives way to the next one. No figure
    is of a day more than `ahead` days to come: one that says so is a slip, and would pass for new.
    """

    name: str
    routes: tuple[Route, ...]
    expected: Callable[[datetime], date]
    ahead: int = 1

    def route(self, name: str) -> Route:
        """Return a route by its name."""
        return next(route for route in self.routes if route.name == name)


def read_text(content: bytes, whole_lines: bool = False) -> str:
    """Return a text body; `whole_lines` leaves out a last line that may have been cut short.

    Where nothing follows the last figure, a line without its end may hold half of a number.
    """
    text = content.decode("utf-8-sig", errors="replace")
    return text[: text.rfind("\n") + 1] if whole_lines else text


def read_json(content: bytes) -> Any:  # noqa: ANN401  # whatever the publisher sent
    """Return a JSON body, or raise FeedError where it is cut short or no JSON at all."""
    try:
        return json.loads(content)
    except ValueError as error:
        raise FeedError("bad_json") from error


@dataclass(slots=True)
class Reading:
    """How a body met its model: rows read, fields the model does not name, fields never there."""

    model: str
    rows: int
    unnamed: tuple[str, ...]
    never: tuple[str, ...]


# Where somebody checks feeds, what is read is written down here.
readings: ContextVar[list[Reading] | None] = ContextVar("readings", default=None)


def read_rows(model: type[Row], rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return rows read by a model, or raise FeedError naming the field that is not as documented.

    A required field that is missing is an error, never a zero.
    """
    try:
        read = [model.model_validate(row) for row in rows]
    except ValidationError as error:
        first = error.errors()[0]
        raise bad_field(first, ".".join(str(part) for part in first["loc"])) from error
    if (told := readings.get()) is not None:
        told.append(_reading(model, read))
    return read


def bad_field(error: ErrorDetails, name: str) -> FeedError:
    """Return what a model says of a field as a FeedError."""
    if error["type"] == "missing":
        return FeedError("missing_field", field=name)
    code = "odd_value" if error["type"] in _BOUNDS else "bad_value"
    return FeedError(code, field=name, value=str(error["input"])[:40])


def _reading(model: type[BaseModel], rows: Sequence[BaseModel]) -> Reading:
    unnamed = {name for row in rows for name in row.model_extra or ()}
    there = {name for row in rows for name in row.model_fields_set}
    never = model.model_fields.keys() - there if rows else ()
    return Reading(model.__name__, len(rows), tuple(sorted(unnamed)), tuple(sorted(never)))


def years(first: int, now: datetime) -> list[int]:
    """Return the years from the first to this one in New York, newest first."""
    from tools.market.publication import NEW_YORK

    return list(range(now.astimezone(NEW_YORK).year, first - 1, -1))


def is_settled(request: Request, asked: datetime) -> bool:
    """Tell whether a slice whose answer came at that moment changes no more: ask no more for it.

    The answer's moment counts, not today's date: a bot that was off for a year holds what was
    published when it was last on, which may lack days that came out afterwards.
    """
    from tools.market.publication import end_of

    return request.until is not None and asked >= end_of(request.until) + REVISED
