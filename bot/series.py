"""A series' name, as people write it, and the market -> its curve through time.

A contract's root gives three curves: leveraged funds' net and gross short and what asset managers
are net long. Every point was public by the end of the day asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tools.errors import CalculatorError
from tools.market.data import MarketData
from tools.market.publication import end_of
from tools.market.snapshot import iorb_on
from tools.positions import TREASURY, Report
from tools.riskscore import realised_volatility_bp

Unit = Literal["bp", "bp_day", "pct", "usd_bn", "thousands", "times"]
Points = tuple[tuple[date, float], ...]

# What is drawn by charts of their own.
WHOLE = {"positions": "positions", "score": "score", "stress": "score"}
# Name -> series, what to multiply by, unit.
PLAIN: dict[str, tuple[str, float, Unit]] = {
    "sofr": ("sofr", 100, "pct"),
    "effr": ("effr", 100, "pct"),
    "tgcr": ("tgcr", 100, "pct"),
    "2y": ("ust_2y", 100, "pct"),
    "5y": ("ust_5y", 100, "pct"),
    "10y": ("ust_10y", 100, "pct"),
    "30y": ("ust_30y", 100, "pct"),
    "volume": ("sofr_volume", 1e-9, "usd_bn"),
    "rrp": ("rrp", 1e-9, "usd_bn"),
    "srf": ("srf_takeup", 1e-9, "usd_bn"),
    "fails": ("pd_fails_deliver", 1e-9, "usd_bn"),
    "dealers": ("pd_pos_total", 1e-9, "usd_bn"),
    "cayman": ("tic_cayman", 1e-9, "usd_bn"),
    "leverage": ("hf_leverage", 1, "times"),
}
ALIASES = {
    "": "positions",
    "持仓": "positions",
    "position": "positions",
    "评分": "score",
    "压力": "score",
    "sofr iorb": "sofr-iorb",
    "sofr over iorb": "sofr-iorb",
    "sofriorb": "sofr-iorb",
    "funding": "sofr-iorb",
    "融资": "sofr-iorb",
    "利差": "sofr-iorb",
    "volatility": "vol",
    "波动": "vol",
    "波动率": "vol",
    "rv20": "vol",
    "逆回购": "rrp",
    "常备回购": "srf",
    "交割失败": "fails",
    "开曼": "cayman",
    "杠杆": "leverage",
    **{f"{n}年": f"{n}y" for n in (2, 5, 10, 30)},
    **{f"{n}年期": f"{n}y" for n in (2, 5, 10, 30)},
    **dict(zip(("zt", "zf", "zn", "zb"), ("tu", "fv", "ty", "us"), strict=True)),
    "tnn": "tn",
}
COMPUTED = ("sofr-iorb", "vol")
NAMES = (
    "positions",
    "score",
    *COMPUTED,
    *TREASURY,
    *PLAIN,
)


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart: its key, unit, points by ascending date, and source key."""

    key: str
    unit: Unit
    points: Points
    source: str


def series_name(words: str) -> str:
    """Return the name of what is asked for: one of NAMES. Raises series_unknown with the words."""
    text = " ".join(words.lower().replace("−", "-").replace("–", "-").split())  # noqa: RUF001
    text = text.replace(" - ", "-")
    name = ALIASES.get(text, text)
    known = {known.lower(): known for known in NAMES} | WHOLE
    if name not in known:
        raise CalculatorError(
            "series_unknown",
            culprit=words.strip()[:40],
            known=", ".join(NAMES),
            example="sofr-iorb",
        )
    return known[name]


def curves(data: MarketData, name: str, on: date) -> tuple[Curve, ...]:
    """Return the lines of a series as it was known at the end of a day; none where unknown."""
    known = data.until(end_of(on))
    if name in TREASURY:
        return _contract(known.reports, name)
    if name in COMPUTED:
        found = _over_iorb(known) if name == "sofr-iorb" else _volatility(known)
    else:
        series, scale, unit = PLAIN[name]
        points = tuple((day, value * scale) for day, value in _dated(known, series))
        found = Curve(name, unit, points, _source(known, series))
    return (found,) if found.points else ()


def _dated(data: MarketData, series: str) -> Points:
    """Return a series by its as-of dates, ascending."""
    return tuple(sorted((point.as_of, point.value) for point in data.series(series)))


def _source(data: MarketData, series: str) -> str:
    points = data.series(series)
    return points[-1].source if points else ""


def _over_iorb(data: MarketData) -> Curve:
    steps = data.series("iorb")
    points = []
    for day, sofr in _dated(data, "sofr"):
        iorb = iorb_on(steps, day, data.iorb_known_through)
        if iorb is not None:
            points.append((day, 1e4 * (sofr - iorb)))
    return Curve("sofr-iorb", "bp", tuple(points), _source(data, "sofr"))


def _volatility(data: MarketData) -> Curve:
    yields = _dated(data, "ust_10y")
    values = [value for _, value in yields]
    points = []
    for end in range(21, len(yields) + 1):
        realised = realised_volatility_bp(values[end - 21 : end])
        if realised is not None:
            points.append((yields[end - 1][0], realised))
    return Curve("vol", "bp_day", tuple(points), _source(data, "ust_10y"))


def _contract(reports: Sequence[Report], root: str) -> tuple[Curve, ...]:
    """Return leveraged funds' net and gross short and asset managers' net long, in thousands."""
    wanted: dict[str, Callable[[Report], int | None]] = {
        "net_short": lambda r: short.net if (short := r.short(root)) else None,
        "gross_short": lambda r: short.gross if (short := r.short(root)) else None,
        "managers_long": lambda r: s.asset_manager_net_long if (s := r.short(root)) else None,
    }
    made = []
    for key, read in wanted.items():
        values = [(report.as_of, read(report)) for report in reports]
        points = tuple((day, value / 1000) for day, value in values if value is not None)
        if points:
            made.append(Curve(key, "thousands", points, reports[-1].source))
    return tuple(made)
