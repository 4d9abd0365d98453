"""A series' name, as people write it, and the market -> its curve through time.

A contract's root gives three curves: leveraged funds' net and gross short and what asset managers
are net long. Every point was public by the end of the day asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.reading.folding import fold
from tools.errors import CalculatorError
from tools.market.data import MarketData
from tools.market.publication import end_of
from tools.market.snapshot import iorb_on
from tools.positions import TREASURY, Report
from tools.riskscore import realised_volatility_bp

Unit = Literal["bp", "bp_day", "pct", "usd_bn", "thousands", "times"]
Points = tuple[tuple[date, float], ...]

MOST_SHOWN = 200  # characters of what was typed that an error repeats
# What is drawn by charts of their own.
WHOLE = {"positions": "positions", "score": "score", "stress": "score"}
# Name -> series, what to multiply by, unit.
PLAIN: dict[str, tuple[str, float, Unit]] = {
    "sofr": ("sofr", 100, "pct"),
    "iorb": ("iorb", 100, "pct"),
    "effr": ("effr", 100, "pct"),
    "obfr": ("obfr", 100, "pct"),
    "tgcr": ("tgcr", 100, "pct"),
    "bgcr": ("bgcr", 100, "pct"),
    "dvp": ("repo_dvp_rate", 100, "pct"),
    "2y": ("ust_2y", 100, "pct"),
    "5y": ("ust_5y", 100, "pct"),
    "10y": ("ust_10y", 100, "pct"),
    "30y": ("ust_30y", 100, "pct"),
    "volume": ("sofr_volume", 1e-9, "usd_bn"),
    "rrp": ("rrp", 1e-9, "usd_bn"),
    "srf": ("srf_takeup", 1e-9, "usd_bn"),
    "sponsored": ("ficc_sponsored_repo", 1e-9, "usd_bn"),
    "fails": ("pd_fails_deliver", 1e-9, "usd_bn"),
    "dealers": ("pd_pos_total", 1e-9, "usd_bn"),
    "cayman": ("tic_cayman", 1e-9, "usd_bn"),
    "leverage": ("hf_leverage", 1, "times"),
    "top10": ("hf_leverage_top10", 1, "times"),
}
# One rate less another, of the same day: name -> the two.
SPREADS = {
    "sofr-tgcr": ("sofr", "tgcr"),
    "p99": ("sofr_p99", "sofr"),
    "bgcr-tgcr": ("bgcr", "tgcr"),
}
COMPUTED = ("sofr-iorb", *SPREADS, "vol")
NAMES = ("positions", "score", *COMPUTED, *TREASURY, *PLAIN)
# What else people call them, in either language; spaces and the kind of dash do not matter.
WORDS = {
    "positions": "position, net short, net shorts, cftc, tff, 持仓, 头寸, 净空头, 杠杆基金净空头",
    "score": "risk score, risk, size, 评分, 规模, 风险评分, 风险, 压力",
    "sofr-iorb": "sofr over iorb, iorb spread, funding, funding spread, repo spread, 融资, 利差, "
    "回购利差, "
    "融资利差, sofr减iorb, sofr利差",
    "sofr-tgcr": "sofr over tgcr, sofr减tgcr",
    "p99": "sofr p99, p99-sofr, tail, sofr tail, 尾部, sofr尾部, 第99百分位",
    "bgcr-tgcr": "bgcr over tgcr, bgcr减tgcr",
    "vol": "volatility, realised volatility, realized volatility, realised vol, rv20, rate vol, "
    "波动, 波动率, 实现波动率, 利率波动",
    "sofr": "repo, repo rate, 回购, 回购利率, 担保隔夜融资利率",
    "iorb": "interest on reserves, reserve rate, 准备金利率, 准备金余额利率",
    "effr": "fed funds, federal funds, fed funds rate, 联邦基金, 联邦基金利率",
    "tgcr": "triparty, tri-party, triparty rate, 三方回购, 三方回购利率",
    "bgcr": "broad gc, 广义回购利率",
    "dvp": "dvp rate, cleared repo, cleared bilateral repo, 集中清算回购, 双边回购",
    "volume": "sofr volume, repo volume, 成交量, sofr成交量, 回购成交量",
    "rrp": "on rrp, onrrp, reverse repo, overnight reverse repo, 逆回购, 隔夜逆回购",
    "srf": "standing repo, standing repo facility, srf take-up, 常备回购, 常备回购便利",
    "sponsored": "sponsored repo, ficc, ficc sponsored repo, 赞助回购, 保荐回购",
    "fails": "fails to deliver, delivery fails, settlement fails, ftd, 交割失败, 结算失败",
    "dealers": "dealer, dealer positions, primary dealers, primary dealer positions, 交易商, "
    "一级交易商, 交易商持仓, 一级交易商持仓",
    "cayman": "cayman islands, tic, tic cayman, 开曼, 开曼群岛",
    "leverage": "hedge fund leverage, hf leverage, form pf, 杠杆, 对冲基金杠杆",
    "top10": "top 10 leverage, ten largest, 前十大, 前十大杠杆",
    "TU": "zt, 2年期期货",
    "FV": "zf, 5年期期货",
    "TY": "zn, 10年期期货",
    "TN": "tnn, uxy, ultra 10, ultra ten, 超10年期, 超10年期期货",
    "US": "zb, bond, bonds, 长期国债, 长期国债期货",
    "UB": "wn, ultra, ultra bond, 超长期, 超长期国债期货",
    **{
        f"{n}y": f"{n} year, {n}-year, {n}yr, {n}y yield, {n}-year yield, ust {n}y, "
        f"{n}年, {n}年期, {n}年期国债, {n}年期收益率, {n}年期国债收益率"
        for n in (2, 5, 10, 30)
    },
}


def _plain(words: str) -> str:
    """Return words as they are compared: small letters, one kind of dash, no spaces."""
    return "".join(fold(words).text.lower().split())


_NAME_OF = {
    "": "positions",
    **{_plain(name): name for name in NAMES},
    **WHOLE,
    **{_plain(word): name for name, words in WORDS.items() for word in words.split(",")},
    **{_plain(name).replace("-", ""): name for name in COMPUTED},
}


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart: its key, unit, points by ascending date, and source key."""

    key: str
    unit: Unit
    points: Points
    source: str


def known_series(words: str) -> str | None:
    """Return the name of the series that words are all of, None where they are not."""
    return _NAME_OF.get(_plain(words))


def series_name(words: str) -> str:
    """Return the name of what is asked for: one of NAMES. Raises series_unknown with the words."""
    name = known_series(words)
    if name is None:
        raise CalculatorError(
            "series_unknown",
            culprit=words.strip()[:MOST_SHOWN],
            known=", ".join(NAMES),
            example="sofr-iorb",
        )
    return name


def curves(data: MarketData, name: str, on: date) -> tuple[Curve, ...]:
    """Return the lines of a series as it was known at the end of a day; none where unknown."""
    known = data.until(end_of(on))
    if name in TREASURY:
        return _contract(known.reports, name)
    if name in SPREADS:
        found = _spread(known, name)
    elif name in COMPUTED:
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


def _spread(data: MarketData, name: str) -> Curve:
    """Return one rate less another, basis points, on the days on which both are known."""
    of, over = SPREADS[name]
    base = dict(_dated(data, over))
    points = [(day, 1e4 * (rate - base[day])) for day, rate in _dated(data, of) if day in base]
    return Curve(name, "bp", tuple(points), _source(data, of))


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
