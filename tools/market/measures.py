"""Market data and a measure -> its dated figures; people's words -> the measure they name.

The one catalogue of what is measured: the digest, /chart, /alert, /market and /positions take names
and figures from here, so that what can be drawn can be watched, and both show the same figure. The
words by which people name a measure stand in measures.toml.
"""

from __future__ import annotations

import re
import statistics
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, partial
from importlib import resources
from typing import Any, Literal

from tools import positions
from tools.market.backtest import FIRST, week
from tools.market.data import MarketData
from tools.market.publication import NEW_YORK, end_of
from tools.market.snapshot import DAILY_LIMITS, DEALER_LIMITS, TFF_LIMITS, sofr_over_iorb_bp
from tools.positions import Report
from tools.riskscore import realised_volatility_bp

Unit = Literal["points", "bp", "bp_day", "pct", "usd_bn", "contracts", "change_pct", "times"]
# Where the digest and /market show a measure.
Block = Literal[
    "score", "positions", "funding", "volatility", "implied", "dealers", "slow", "rates", "buckets"
]
# What the digest shows of it: the newest figure, with its change on the week or on the report
# before, a week's highest day, a rate with the day since when it holds, or a figure once it is new.
Shown = Literal["level", "week", "report", "high", "step", "new"]
# Why a measure is not drawn, not watched or not asked for by itself.
# `by_day`: a week's window of a measure whose every day is there. `settlements`: it needs futures
# settlements, which whoever runs the bot may give, of one day and without a history. `no_feed`: it
# comes with recorded data alone.
Reason = Literal["by_day", "settlements", "no_feed"]
# Why the digest leaves a measure out. `market`, `details`: /market and the button "details" have
# it. `as_contracts`: the change stands there in contracts. `by_week`: its week's mean and highest
# day stand there. `in_sum`: the sum of all contracts does. `near_effr`, `in_coupons`,
# `in_triparty`, `behind_volume`: another row says nearly the same, and a phone has room for few.
Omitted = Literal[
    "market", "details", "as_contracts", "near_effr", "in_coupons", "in_triparty",
    "behind_volume", "by_week", "in_sum",
]  # fmt: skip
# What a figure, and so a bound, may be in its unit.
BOUNDS: Mapping[Unit, tuple[float, float]] = {
    "points": (0, 100), "bp": (-1000, 1000), "bp_day": (-1000, 1000), "pct": (-5, 25),
    "usd_bn": (-20_000, 20_000), "contracts": (-50_000_000, 50_000_000),
    "change_pct": (-1000, 1000), "times": (0, 100),
}  # fmt: skip
OFR_LIMITS = (7, 14)  # five and ten business days
WINDOW_LIMITS = (14, 14)  # a digest's window begins with Friday's SOFR, out on the Monday
SLOW_LIMITS = (200, 400)  # monthly holdings, and Form PF by the quarter
A_WEEK = timedelta(days=7)
WEEK_DAYS = 10  # the longest span between two reports that still counts as a week
WINDOW = 21  # yields that make twenty daily changes
CONTRACTS = (*positions.TREASURY, "ALL")
BUCKETS = ("0_2y", "2_3y", "3_6y", "6_7y", "7_11y", "11_21y", "21y")
# A side of the futures market -> the fields of a report, of all contracts and of one.
SIDES = {
    "net": ("net_face_bn", "net"), "gross": ("gross_face_bn", "gross"),
    "managers": ("asset_manager_net_long_bn", "asset_manager_net_long"),
}  # fmt: skip
TFF = "tff"  # in `Measure.series`: the CFTC's report, published by `publication.tff_published`


@dataclass(frozen=True, slots=True)
class Reading:
    """A measure's figure on a date, in the measure's unit, with the key of its source."""

    as_of: date
    value: float
    source: str = ""


# data, the oldest as-of date that is wanted, the moment until which things were public
Compute = Callable[[MarketData, date, datetime], Iterable[Reading]]


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is measured, under the key by which alerts are stored.

    `series` are what it is computed of, each public by its rule in `publication`; `limits` the
    ages in days up to which its newest figure is fresh and usable.
    """

    key: str
    unit: Unit
    compute: Compute
    series: tuple[str, ...]
    block: Block | None = None
    shown: Shown = "week"
    limits: tuple[int, int] = DAILY_LIMITS
    omitted: Omitted | None = None
    uncharted: Reason | None = None
    unwatched: Reason | None = None
    unasked: Reason | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the lowest and the highest figure that it can plausibly be."""
        return BOUNDS[self.unit]

    @property
    def contract(self) -> str:
        """Return the contract that it is of, `ALL` for all of them, nothing where it is of none."""
        return self.key.partition(":")[2]

    @property
    def name(self) -> str:
        """Return the word by which it is offered to people."""
        return words_of(self)[0].format(root=_table()["root"].get(self.contract, [""])[0])

    @property
    def offered(self) -> bool:
        """Tell whether a list of measures names it; the others follow from those that it names."""
        by_itself = self.key.partition(":")[0] in {self.key, "net"}
        return by_itself and self.block != "buckets" and self.uncharted is None

    @property
    def drawn(self) -> tuple[Measure, ...]:
        """Return the lines of its chart: itself, and beside a contract's net short its company."""
        if not self.key.startswith("net:"):
            return (self,)
        return (self, *(MEASURES[f"{kind}:{self.contract}"] for kind in ("gross", "managers")))


def readings(
    data: MarketData, measure: Measure, until: datetime, since: date = date.min
) -> tuple[Reading, ...]:
    """Return a measure's figures as of `since` and later that were public at `until`, by date."""
    known = (r for r in measure.compute(data, since, until) if r.as_of >= since)
    return tuple(sorted(known, key=lambda reading: reading.as_of))


# How a measure comes out of the data.


def _series(name: str, scale: float, data: MarketData, _: date, until: datetime) -> list[Reading]:
    return [Reading(p.as_of, p.value * scale, p.source) for p in data.series(name, until)]


def _spread(of: str, over: str, data: MarketData, _: date, until: datetime) -> Iterator[Reading]:
    """Yield one rate less another, basis points, on the days on which both are known."""
    base = {point.as_of: point.value for point in data.series(over, until)}
    for point in data.series(of, until):
        if point.as_of in base:
            yield Reading(point.as_of, 1e4 * (point.value - base[point.as_of]), point.source)


def _over_iorb(data: MarketData, _: date, until: datetime) -> Iterator[Reading]:
    for day, bp in sofr_over_iorb_bp(data, end_of(date(1990, 1, 1)), until):
        yield Reading(day, bp, "nyfed_sofr")


def _week_over_iorb(highest: bool, data: MarketData, _: date, until: datetime) -> Iterator[Reading]:
    """Yield the mean of the window of a digest at `until`, or its highest day."""
    week_ago = end_of(until.astimezone(NEW_YORK).date() - A_WEEK)
    window = dict(sofr_over_iorb_bp(data, week_ago, until))
    if window:
        day = max(window, key=window.__getitem__) if highest else max(window)
        value = window[day] if highest else statistics.fmean(window.values())
        yield Reading(day, value, "fed_notes")


def _volatility(data: MarketData, since: date, until: datetime) -> Iterator[Reading]:
    yields = data.series("ust_10y", until)
    for end in range(1, len(yields) + 1):
        last = yields[end - 1]
        if last.as_of < since:
            continue
        realised = realised_volatility_bp(
            [point.value for point in yields[max(0, end - WINDOW) : end]]
        )
        if realised is not None:
            yield Reading(last.as_of, realised, last.source)


def _sum(names: tuple[str, ...], data: MarketData, _: date, until: datetime) -> Iterator[Reading]:
    """Yield the sum of amounts, USD billion, on the days on which each of them is known."""
    parts = [{p.as_of: p for p in data.series(name, until)} for name in names]
    for day, first in parts[0].items():
        if all(day in part for part in parts):
            yield Reading(day, sum(part[day].value for part in parts) * 1e-9, first.source)


def _score(part: str, data: MarketData, since: date, until: datetime) -> Iterator[Reading]:
    """Yield a part of the score, week by week back from the day of `until`, as known on each."""
    day = until.astimezone(NEW_YORK).date()
    while day >= max(since, FIRST):
        score = week(data, day, until).score
        value: float | None = getattr(score, part) if score is not None else None
        if value is not None:
            yield Reading(day, value, "score")
        day -= A_WEEK


OfReport = Callable[[Report], float | None]


def _reports(read: OfReport, data: MarketData, _: date, until: datetime) -> Iterator[Reading]:
    for report in data.reports:
        value = read(report) if report.published_at <= until else None
        if value is not None:
            yield Reading(report.as_of, value, report.source)


def _change(
    read: OfReport, percent: bool, data: MarketData, since: date, until: datetime
) -> Iterator[Reading]:
    """Yield the change on the report before; without one a week before, a month's is no week's."""
    before: Reading | None = None
    for now in _reports(read, data, since, until):
        if before is not None and (now.as_of - before.as_of).days <= WEEK_DAYS:
            moved = now.value - before.value
            if not percent:
                yield Reading(now.as_of, moved, now.source)
            elif before.value:
                yield Reading(now.as_of, 100 * moved / abs(before.value), now.source)
        before = now


def _side(kind: str, contract: str, report: Report) -> float | None:
    """Return a side of a report: contracts of one, or the face of all in USD billion."""
    of_all, of_one = SIDES[kind]
    holder = report if contract == "ALL" else report.short(contract)
    value: float | None = getattr(holder, of_all if holder is report else of_one, None)
    return value


# What there is, in the order in which the digest shows it.


def _of(
    key: str,
    unit: Unit,
    block: Block | None = None,
    series: str = "",
    **more: Any,  # noqa: ANN401
) -> Measure:
    """Return the measure that is one series, in a unit that people read."""
    scale = {"pct": 100.0, "usd_bn": 1e-9, "times": 1.0}[unit]
    name = series or key
    return Measure(key, unit, partial(_series, name, scale), (name,), block, **more)


def _less(key: str, of: str, over: str, block: Block | None = None, **more: Any) -> Measure:  # noqa: ANN401
    return Measure(key, "bp", partial(_spread, of, over), (of, over), block, "level", **more)


def _scores() -> Iterator[Measure]:
    of = (TFF, "sofr", "iorb", "ust_10y")
    for part in ("score", "size", "stress", "funding", "volatility", "unwind"):
        yield Measure(part, "points", partial(_score, part), of, "score")


def _positions() -> Iterator[Measure]:
    for contract in CONTRACTS:
        unit: Unit = "usd_bn" if contract == "ALL" else "contracts"
        of_report = partial(
            Measure, series=(TFF,), block="positions", shown="report", limits=TFF_LIMITS
        )
        omits: Mapping[str, Omitted | None] = {
            "net": None, "gross": None if contract == "ALL" else "in_sum", "managers": "details",
        }  # fmt: skip
        for kind, omitted in omits.items():
            read = partial(_reports, partial(_side, kind, contract))
            yield of_report(f"{kind}:{contract}", unit, read, omitted=omitted)
        net = partial(_side, "net", contract)
        yield of_report(f"change:{contract}", unit, partial(_change, net, False))
        percent = partial(_change, net, True)
        yield of_report(f"change_pct:{contract}", "change_pct", percent, omitted="as_contracts")


def _funding() -> Iterator[Measure]:
    of_week = partial(
        Measure, unit="bp", series=("sofr", "iorb"), block="funding", shown="level",
        limits=WINDOW_LIMITS, uncharted="by_day", unwatched="by_day",
    )  # fmt: skip
    yield _of("sofr", "pct", "funding")
    yield of_week("sofr_iorb_mean", compute=partial(_week_over_iorb, False))
    yield of_week("sofr_iorb_max", compute=partial(_week_over_iorb, True))
    yield Measure("sofr_iorb", "bp", _over_iorb, ("sofr", "iorb"), omitted="by_week")
    yield _less("sofr_p99", "sofr_p99", "sofr", "funding")
    yield _less("sofr_tgcr", "sofr", "tgcr", "funding")
    yield _less("dvp_tgcr", "repo_dvp_rate", "tgcr", "funding", limits=OFR_LIMITS)
    yield _of("sofr_volume", "usd_bn", "funding")
    yield _of("srf_takeup", "usd_bn", "funding", shown="high")
    yield _of("rrp", "usd_bn", "funding")
    yield _of("iorb", "pct", "rates", shown="step", omitted="market")
    for rate in ("effr", "tgcr", "bgcr"):
        yield _of(rate, "pct", "rates", omitted="market")
    yield _of(
        "srf_rate", "pct", "rates", shown="step", omitted="market",
        uncharted="no_feed", unwatched="no_feed", unasked="no_feed",
    )  # fmt: skip
    yield _of("obfr", "pct", omitted="near_effr")
    yield _of("dvp", "pct", series="repo_dvp_rate", limits=OFR_LIMITS, omitted="in_triparty")
    yield _less("bgcr_tgcr", "bgcr", "tgcr", omitted="in_triparty")
    yield _of("ficc_sponsored_repo", "usd_bn", limits=OFR_LIMITS, omitted="behind_volume")


def _bonds_and_holders() -> Iterator[Measure]:
    yield Measure("rv20", "bp_day", _volatility, ("ust_10y",), "volatility")
    for years in (2, 5, 10, 30):
        yield _of(f"ust_{years}y", "pct", "volatility")
    yield Measure(
        "implied_repo", "pct", lambda *_: (), ("sofr",), "implied",
        uncharted="settlements", unwatched="settlements", unasked="settlements",
    )  # fmt: skip
    weekly = partial(_of, unit="usd_bn", shown="report", limits=DEALER_LIMITS)
    buckets = tuple(f"pd_pos_{bucket}" for bucket in BUCKETS)
    coupons = partial(_sum, buckets)
    yield Measure("pd_pos_coupons", "usd_bn", coupons, buckets, "dealers", "report", DEALER_LIMITS)
    yield weekly("pd_fails_deliver", block="dealers")
    yield weekly("pd_fails_receive", block="dealers")
    yield weekly("pd_pos_total", omitted="in_coupons")
    for bucket in buckets:
        yield weekly(bucket, block="buckets", omitted="details")
    slow = partial(_of, block="slow", shown="new", limits=SLOW_LIMITS)
    yield slow("tic_cayman", "usd_bn")
    yield slow("hf_leverage", "times")
    yield slow("hf_leverage_top10", "times")


MEASURES: Mapping[str, Measure] = {
    measure.key: measure
    for group in (_scores, _positions, _funding, _bonds_and_holders)
    for measure in group()
}


# How people name it: words of measures.toml, in which `{part}` stands for any word of that part.

LONGEST = 80  # folded characters of a name; what is longer names nothing
_PART = re.compile(r"\{(\w+)\}")
_UNHEARD = re.compile(r"[\s\-\u2010-\u2015\u2212/.,:'\u2019\"()_的]")


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    path = resources.files("tools.market") / "measures.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def words_of(measure: Measure) -> tuple[str, ...]:
    """Return the words that name a measure, the one by which it is offered first."""
    return tuple(_table()["measure"][measure.key.partition(":")[0]])


def folded(text: str) -> str:
    """Return words as they are compared.

    >>> folded("SOFR - IORB"), folded("on-RRP")
    ('sofriorb', 'onrrp')
    """
    return _UNHEARD.sub("", text.lower())


def _pattern(words: Iterable[str], contract: str) -> str:
    return "|".join("".join(_pieces(word, contract)) for word in words)


def _pieces(word: str, contract: str) -> Iterator[str]:
    for place, piece in enumerate(_PART.split(word)):
        if place % 2 == 0:
            yield re.escape(folded(piece))
            continue
        of_contract = _table().get(piece)
        words = _table()["part"][piece] if of_contract is None else of_contract[contract]
        yield f"(?:{_pattern(words, contract)})"


@cache
def _names() -> tuple[re.Pattern[str], tuple[Measure, ...]]:
    measures = tuple(MEASURES.values())
    groups = (f"({_pattern(words_of(measure), measure.contract)})" for measure in measures)
    return re.compile("|".join(groups)), measures


def named(words: str) -> Measure | None:
    """Return the measure that words are all of, in either language; None where they are none.

    Chinese comes in simplified characters. How much there is of an amount may be said too.
    """
    name = folded(words)
    if len(name) > LONGEST:
        return None
    pattern, measures = _names()
    amount = re.sub(f"(?:{_pattern(_table()['part']['how_much'], '')})+$", "", name)
    for text in dict.fromkeys((name, amount)):
        if (match := pattern.fullmatch(text)) and match.lastindex:
            measure = measures[match.lastindex - 1]
            if text == name or measure.unit == "usd_bn":
                return measure
    return None


def offered() -> tuple[str, ...]:
    """Return the names of the measures that a list offers."""
    return tuple(measure.name for measure in MEASURES.values() if measure.offered)
