"""Words such as `TY net short change > 10%` -> a bound; market data -> what it is held against.

An alert is told once for each crossing. Its figures come from what was fetched, each by its as-of
date; a figure that is missing is no figure, and crosses nothing.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from tools.market.publication import NEW_YORK, end_of

if TYPE_CHECKING:
    from tools.market.data import MarketData
    from tools.positions import Report

Unit = Literal["points", "bp", "pct", "usd_bn", "contracts", "change_pct"]
A_WEEK = timedelta(days=7)
WEEK_DAYS = 10  # the longest span between two reports that still counts as a week
LONGEST = 80

CONTRACTS = {"tu": "TU", "fv": "FV", "ty": "TY", "tn": "TN", "us": "US", "ub": "UB"} | {
    "zt": "TU", "zf": "FV", "zn": "TY", "zb": "US",
}  # fmt: skip
# Measure -> (its unit, the words for it in either language).
_NAMES: dict[str, tuple[Unit, str]] = {
    "score": ("points", "score|risk score|评分|风险评分|得分"),
    "size": ("points", "size|规模"),
    "stress": ("points", "stress|压力"),
    "sofr_iorb": ("bp", "sofr-iorb|sofr iorb|sofr over iorb|sofr减iorb|sofr 减 iorb"),
    "sofr_tgcr": ("bp", "sofr-tgcr|sofr tgcr|sofr over tgcr|sofr减tgcr|sofr 减 tgcr"),
    "sofr_p99": ("bp", "sofr p99|sofr99|sofr p99-median|p99-median|p99"),
    "sofr": ("pct", "sofr"),
    "rv20": ("bp", "vol|volatility|realised vol|realized vol|rv20|rv|波动|波动率"),
    "srf_takeup": ("usd_bn", "srf|srf take-up|srf takeup|standing repo|常备回购"),
    "rrp": ("usd_bn", "rrp|on rrp|reverse repo|逆回购|隔夜逆回购"),
    "pd_fails_deliver": ("usd_bn", "fails|fails to deliver|交割失败"),
}  # fmt: skip
UNITS = {measure: unit for measure, (unit, _) in _NAMES.items()}
_BY_NAME = {name: key for key, (_, names) in _NAMES.items() for name in names.split("|")}
_YIELD = re.compile(r"(2|5|10|30)(?:y|yr|-year| year|年期?)(?: ?(?:yield|收益率))?")
_NET = re.compile(
    r"(?:(?P<root>[a-z]{2}|all|total|全部|合计) ?)?(?:lf )?(?:net ?short|net ?shorts|净空头?)"
    r"(?P<change> ?(?:weekly |week's )?(?:change|chg|周?变化|周?变动))?"
)
_RULE = re.compile(
    r"(?P<what>.+?) ?(?P<sign>>=?|<=?|≥|≤|above|over|more than|below|under|less than"
    r"|高于|超过|大于|低于|小于|跌破) ?"
    r"(?P<number>[-+]?\$?(?:\d[\d,]*\.?\d*|\.\d+)) ?"
    r"(?P<unit>%|bps?|个?基点|k|m|mn|bn|billion|tn|trillion|万|亿|万亿|points?|分)?"
    r"(?: ?美元| ?usd)?"
)
_ABOVE = frozenset({">", ">=", "≥", "above", "over", "more than", "高于", "超过", "大于"})
_UNIT_OF: dict[str, Unit] = {
    "%": "pct", "bp": "bp", "bps": "bp", "基点": "bp", "个基点": "bp",
    "bn": "usd_bn", "billion": "usd_bn", "tn": "usd_bn", "trillion": "usd_bn", "亿": "usd_bn",
    "万亿": "usd_bn", "k": "contracts", "m": "contracts", "mn": "contracts", "万": "contracts",
    "point": "points", "points": "points", "分": "points",
}  # fmt: skip
_SCALE = {
    "tn": 1e3, "trillion": 1e3, "亿": 0.1, "万亿": 1e3, "k": 1e3, "m": 1e6, "mn": 1e6, "万": 1e4,
}  # fmt: skip


class AlertError(ValueError):
    """Words that are no alert; `alert.<code>` in the locales says why, `values` fill it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Rule:
    """A measure and its bound in the measure's unit; crossed above it, or else below."""

    measure: str
    above: bool
    bound: float

    def crossed(self, value: float) -> bool:
        """Tell whether a figure lies beyond the bound."""
        return value > self.bound if self.above else value < self.bound


@dataclass(frozen=True, slots=True)
class Reading:
    """A measure's figure on a date, in the measure's unit."""

    as_of: date
    value: float


def unit_of(measure: str) -> Unit:
    """Return the unit of a measure's figures."""
    kind, _, contract = measure.partition(":")
    if kind == "net":
        return "usd_bn" if contract == "ALL" else "contracts"
    if kind == "change":
        return "usd_bn" if contract == "ALL" else "contracts"
    if kind == "change_pct":
        return "change_pct"
    return "pct" if kind.startswith("ust_") else UNITS[kind]


def read_rule(text: str) -> Rule:
    """Return the rule that words state, in either language.

    Raises AlertError: `bad_words`, `bad_measure` or `bad_unit`, each with the `culprit` as typed.
    """
    typed = " ".join(text.split())[:LONGEST]
    plain = _plain(typed)
    found = _RULE.fullmatch(plain)
    if found is None:
        raise AlertError("bad_words", culprit=typed)
    shown = typed if len(typed) == len(plain) else plain
    measure = _measure(found["what"], percent=found["unit"] == "%")
    if measure is None:
        raise AlertError("bad_measure", culprit=shown[: found.end("what")])
    number = float(found["number"].replace(",", "").replace("$", ""))
    unit, natural = _UNIT_OF.get(found["unit"] or ""), unit_of(measure)
    if unit not in {None, natural} and (unit, natural) != ("pct", "change_pct"):
        raise AlertError("bad_unit", culprit=shown[found.start("number") :], unit=natural)
    bound = number * _SCALE.get(found["unit"] or "", 1.0)
    if not math.isfinite(bound) or abs(bound) > 1e9:
        raise AlertError("bad_words", culprit=typed)
    return Rule(measure, found["sign"] in _ABOVE, bound)


def _plain(text: str) -> str:
    """Return words in small letters and plain marks, as the names above are written."""
    folded = unicodedata.normalize("NFKC", text).lower()
    folded = re.sub("[\u2010-\u2015\u2212]", "-", folded.replace("\u2019", "'"))
    return re.sub(r" ?(-) ?(?=[a-z])", r"\1", folded).strip()


def _measure(name: str, *, percent: bool) -> str | None:
    name = name.strip()
    if known := _BY_NAME.get(name):
        return known
    if found := _YIELD.fullmatch(name):
        return f"ust_{found[1]}y"
    found = _NET.fullmatch(name)
    if found is None:
        return None
    root = found["root"] or "all"
    contract = CONTRACTS.get(root, "ALL" if root in {"all", "total", "全部", "合计"} else None)
    if contract is None:
        return None
    kind = ("change_pct" if percent else "change") if found["change"] else "net"
    return f"{kind}:{contract}"


# What the market says


def readings(data: MarketData, measure: str, since: date, now: datetime) -> list[Reading]:
    """Return a measure's figures as of `since` and later that the public knows by now, in order."""
    kind, _, contract = measure.partition(":")
    if kind in {"score", "size", "stress"}:
        found = list(_score(data, kind, now))
    elif kind in {"net", "change", "change_pct"}:
        found = list(_positions(data, kind, contract, since, now))
    else:
        found = list(_series(data, kind, now))
    return sorted((r for r in found if r.as_of >= since), key=lambda reading: reading.as_of)


def _score(data: MarketData, part: str, now: datetime) -> Iterator[Reading]:
    """Yield today's score as the digest of this moment would give it."""
    from tools.market.snapshot import snapshot
    from tools.riskscore import risk_score

    on = now.astimezone(NEW_YORK).date()
    score = risk_score(snapshot(data, on, end_of(on - A_WEEK), now).inputs)
    if score is not None:
        yield Reading(on, getattr(score, part))


def _series(data: MarketData, series: str, now: datetime) -> Iterator[Reading]:
    from tools.market.snapshot import sofr_over_iorb_bp
    from tools.riskscore import realised_volatility_bp

    if series == "sofr_iorb":
        long_ago = now - timedelta(days=75)
        yield from (Reading(day, bp) for day, bp in sofr_over_iorb_bp(data, long_ago, now))
    elif series == "rv20":
        points = data.series("ust_10y", now)
        value = realised_volatility_bp([point.value for point in points[-21:]])
        if value is not None:
            yield Reading(points[-1].as_of, value)
    elif series in {"sofr_p99", "sofr_tgcr"}:
        of, over = ("sofr_p99", "sofr") if series == "sofr_p99" else ("sofr", "tgcr")
        under = {point.as_of: point.value for point in data.series(over, now)}
        for point in data.series(of, now):
            if point.as_of in under:
                yield Reading(point.as_of, 1e4 * (point.value - under[point.as_of]))
    else:
        scale = 100 if unit_of(series) == "pct" else 1e-9
        yield from (Reading(p.as_of, p.value * scale) for p in data.series(series, now))


def _positions(
    data: MarketData, kind: str, contract: str, since: date, now: datetime
) -> Iterator[Reading]:
    from tools.positions import earlier

    reports = [report for report in data.reports if report.published_at <= now]
    for report in (r for r in reports if r.as_of >= since):
        value = _net(report, contract)
        if value is None:
            continue
        if kind == "net":
            yield Reading(report.as_of, value)
            continue
        before = earlier(reports, report, 1)
        was = _net(before, contract) if before is not None else None
        if before is None or was is None or (report.as_of - before.as_of).days > WEEK_DAYS:
            continue  # no report a week before: a month's move is not the week's
        if kind == "change":
            yield Reading(report.as_of, value - was)
        elif was:
            yield Reading(report.as_of, 100 * (value - was) / abs(was))


def _net(report: Report, contract: str) -> float | None:
    """Return the net short: contracts of one, or the face of all in USD billion."""
    if contract == "ALL":
        return report.net_face_bn
    short = report.short(contract)
    return None if short is None else float(short.net)


def crossing(rule: Rule, crossed: bool, found: Sequence[Reading]) -> tuple[bool, Reading | None]:
    """Return how the rule stands after these readings, and the last that crossed the bound."""
    told = None
    for reading in found:
        now = rule.crossed(reading.value)
        if now and not crossed:
            told = reading
        crossed = now
    return crossed, told
