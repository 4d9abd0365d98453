"""Words such as `TY net short change > 10%` or `评分超过65` -> a measure and its bound."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Unit = Literal["points", "bp", "pct", "usd_bn", "contracts", "change_pct"]
LONGEST = 80

# Measure -> (its unit, the words for it in either language).
_NAMES: dict[str, tuple[Unit, str]] = {
    "score": ("points", "score|risk score|total score|composite|评分|风险评分|总评分|得分|总分"),
    "size": ("points", "size|size score|规模|规模分|规模评分"),
    "stress": ("points", "stress|stress score|压力|压力分|压力评分"),
    "funding": ("points", "funding|funding score|融资|融资分|融资评分"),
    "unwind": ("points", "unwind|unwind score|平仓|平仓分|平仓评分"),
    "sofr_p99": (
        "bp",
        "sofr p99|sofr99|sofr p99-median|sofr p99-sofr|p99-median|p99-sofr|p99"
        "|sofr 99th percentile|sofr 99th percentile over sofr|sofr第99百分位减sofr|sofr第99百分位",
    ),
    "sofr": ("pct", "sofr|sofr rate|sofr利率"),
    "rv20": (
        "bp",
        "vol|volatility|realised vol|realized vol|realised volatility|realized volatility|rv20|rv"
        "|10y vol|10y volatility|10-year yield, realised over 20 days|10年期波动|10年期波动率|波动"
        "|波动率|已实现波动率|10年期收益率20日已实现波动",
    ),
    "srf_takeup": (
        "usd_bn",
        "srf|srf take-up|srf takeup|standing repo|standing repo take-up|常备回购|常备回购便利"
        "|常备回购用量|常备回购便利用量",
    ),
    "rrp": (
        "usd_bn",
        "rrp|on rrp|reverse repo|overnight reverse repo|逆回购|隔夜逆回购|逆回购余额"
        "|隔夜逆回购余额",
    ),
    "pd_fails_deliver": ("usd_bn", "fails|fails to deliver|ftd|交割失败|交割失败(应付未付)"),
}  # fmt: skip
UNITS = {measure: unit for measure, (unit, _) in _NAMES.items()} | {
    "sofr_iorb": "bp", "sofr_tgcr": "bp",
}  # fmt: skip
_BY_NAME = {name: key for key, (_, names) in _NAMES.items() for name in names.split("|")}
_SPREAD = re.compile(
    r"sofr ?(?:-|/|over|minus|less|vs\.?|to|减去?|与|和|对|较|高于)? ?(iorb|tgcr)"
    r"(?: ?(?:spread|gap|利差|之差|差))?"
)
_YEARS = {"2": 2, "two": 2, "5": 5, "five": 5, "10": 10, "ten": 10, "30": 30, "thirty": 30}
_YIELD = re.compile(
    r"(?:ust|treasury|treasuries|美债|国债|美国国债)? ?(2|5|10|30|two|five|ten|thirty)"
    r"(?:y|yr| ?-? ?years?|年期?)(?: ?(?:ust|treasury|note|bond|美债|国债))*"
    r"(?: ?(?:yield|rate|收益率|利率))?"
)
_ROOTS = {
    "TU": "tu zt 2y 2年 2年期", "FV": "fv zf 5y 5年 5年期", "TY": "ty zn 10y 10年 10年期",
    "TN": "tn uxy 超10年 超10年期", "US": "us zb bond 长债 30y 30年 30年期",
    "UB": "ub wn ultra 超长债", "ALL": "all total 全部 合计 总 全部合约",
}  # fmt: skip
_CONTRACTS = {name: root for root, names in _ROOTS.items() for name in names.split()} | {
    "ultra 10y": "TN", "ultra bond": "UB", "": "ALL",
}  # fmt: skip
_NET = re.compile(
    r"(?P<root>.*?) ?(?:lf |leveraged funds'? |杠杆基金 ?|期货 ?)?"
    r"(?:net ?shorts?(?: positions?)?|净空(?:头|仓)?(?:持仓|头寸)?)(?:,? (?:of )?all contracts)?"
    r"(?P<change>,? ?(?:(?:weekly|week's|one-week|w/w|wow|the|每?周) ?)*"
    r"(?:changes?|chg|move|w/w|wow|环比|变化率?|变动|增幅|降幅|增减)(?: ?(?:w/w|on the week))?)?"
)
# Words that bring a rule in or close it, and say nothing of it.
_OPENING = re.compile(
    r"^(?:(?:please|alert|notify|tell|warn|ping|me|us|when|if|once|whenever|should|the|请|在|当"
    r"|如果|若|一旦|提醒我?|通知我?|告诉我|设置?)(?![a-z]) ?)+"
)
_CLOSING = re.compile(r"(?: ?(?:时|的时候|请|就|则)*(?:提醒我?|通知我?|告诉我|告警)| ?时|[.!。])+$")
# English words begin a word of their own: the end of "basis" is not "is".
_MOVING = (
    r"(?<![a-z])(?:is|are|was|gets?|goes|rises?|rose|climbs?|jumps?|moves?|falls?|fell|drops?|dips?"
    r"|sinks?|stays?)|升|涨|跌|降|上升|下降|下跌"
)
_ABOVE = (
    r">=?|=>|≥|(?<![a-z])(?:above|over|more than|greater than|higher than|at least|exceeds?"
    r"|exceeding|tops?|reaches|hits)|高于|超过|大于|多于|突破|升破|涨破|上穿|达到|不低于|超出|至少"
    r"|高过|过|到"
)
_BELOW = (
    r"<=?|=<|≤|(?<![a-z])(?:below|under|less than|lower than|at most)|低于|小于|少于|跌破|降破|下穿"
    r"|不足|不高于|至多"
)
# A movement by more than an amount is a change, never a level; one that falls has its own sign.
_BY_MORE = (
    r" ?(?:by )?(?:>=?|=>|≥|more than|greater than|over|at least|exceed(?:s|ing)?"
    r"|超[过過]|大[于於]|多[于於]|超出|至少|不低[于於]|[达達]到|逾|[过過])"
)
_FALL = re.compile(
    r"(?:(?<![a-z])(?:falls?|fell|drop(?:s|ped)?|dips?|sinks?|declin\w+|decreas\w+|slid\w*|slump\w*"
    r"|plung\w+|shrink\w*|reduc\w+|(?<!-)down)|下[降跌滑挫]|[降跌]幅?|回落|[减減]少?|缩减)"
    + _BY_MORE
)
_MOVE = re.compile(
    r"(?:(?<![a-z])(?:ris(?:es?|ing)|rose|climb\w*|jump\w*|mov(?:es?|ed|ing)|increas\w+|grow\w*"
    r"|gains?|surg\w+|chang\w+|swing\w*|(?<!-)up)|[升涨漲]幅?|[变變][动動化]|增[加幅]?)" + _BY_MORE
)
_RULE = re.compile(
    rf"(?P<what>.+?) ?(?:(?:{_MOVING}) ?)*(?:(?P<above>{_ABOVE})|(?:{_BELOW})) ?(?:to |到|至)?"
    r"(?P<number>[-+]?\$?(?:\d[\d,]*\.?\d*|\.\d+)) ?"
    r"(?P<unit>%|percent|bps?|basis points?|个?基点|k|m|mn|million|bn|billions?|tn|trillion|万亿"
    r"|万|亿|points?|pts?|分)?"
    r"(?: ?(?:/|a |per |每)(?:d|day|日|天))?"
    r"(?: ?(?:usd|dollars?|contracts?|lots?|of face|美元|美金|手|张|口|点))?"
)
_UNIT_OF: dict[str, Unit] = {
    "%": "pct", "percent": "pct", "bp": "bp", "bps": "bp", "basis point": "bp",
    "basis points": "bp", "基点": "bp", "个基点": "bp",
    "bn": "usd_bn", "billion": "usd_bn", "billions": "usd_bn", "tn": "usd_bn",
    "trillion": "usd_bn", "亿": "usd_bn", "万亿": "usd_bn",
    "k": "contracts", "m": "contracts", "mn": "contracts", "million": "contracts",
    "万": "contracts", "point": "points", "points": "points", "pt": "points", "pts": "points",
    "分": "points",
}  # fmt: skip
_SCALE = {
    "tn": 1e3, "trillion": 1e3, "亿": 0.1, "万亿": 1e3, "k": 1e3, "m": 1e6, "mn": 1e6,
    "million": 1e6, "万": 1e4,
}  # fmt: skip
# What a bound may be, in its measure's unit: beyond it an alert would never be told.
_RANGES: dict[Unit, tuple[float, float]] = {
    "points": (0, 100), "bp": (-1000, 1000), "pct": (-5, 25), "usd_bn": (-20_000, 20_000),
    "contracts": (-50_000_000, 50_000_000), "change_pct": (-1000, 1000),
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


def unit_of(measure: str) -> Unit:
    """Return the unit of a measure's figures."""
    kind, _, contract = measure.partition(":")
    if kind in {"net", "change"}:
        return "usd_bn" if contract == "ALL" else "contracts"
    if kind == "change_pct":
        return "change_pct"
    return "pct" if kind.startswith("ust_") else UNITS[kind]


def read_rule(text: str) -> Rule:
    """Return the rule that words state, in either language.

    Raises AlertError: `bad_words`, `bad_measure`, `bad_unit` or `bad_range`, each with the
    `culprit` as typed.
    """
    typed = " ".join(text.split())[:LONGEST]
    plain = _plain(typed)
    found = _RULE.fullmatch(_CLOSING.sub("", plain))
    if found is None:
        raise AlertError("bad_words", culprit=typed)
    shown = typed if len(typed) == len(plain) else plain
    opening = _OPENING.match(found["what"])
    start = opening.end() if opening else 0
    measure = _measure(found["what"][start:], percent=found["unit"] in {"%", "percent"})
    if measure is None:
        raise AlertError("bad_measure", culprit=shown[start : found.end("what")])
    if _FALL.search(plain) or (_MOVE.search(plain) and not measure.startswith("change")):
        raise AlertError("bad_words", culprit=typed)
    culprit = shown[found.start("number") : found.end()]
    return Rule(measure, found["above"] is not None, _bound(found, measure, culprit))


def _plain(text: str) -> str:
    """Return words in small letters and plain marks, as the names above are written."""
    folded = unicodedata.normalize("NFKC", text).lower()
    folded = re.sub("[\u2010-\u2015\u2212]", "-", folded.replace("\u2019", "'"))
    return re.sub(r" ?(-) ?(?=[a-z])", r"\1", folded).strip()


def _bound(found: re.Match[str], measure: str, culprit: str) -> float:
    """Return the bound in the measure's unit; percent and basis points turn into each other."""
    number = float(found["number"].replace(",", "").replace("$", ""))
    said, natural = _UNIT_OF.get(found["unit"] or ""), unit_of(measure)
    bound = number * _SCALE.get(found["unit"] or "", 1.0)
    low, high = _RANGES[natural]
    if (said, natural) in {("pct", "bp"), ("bp", "pct")}:
        bound *= 100 if natural == "bp" else 0.01
        if not low <= bound <= high:
            raise AlertError("bad_unit", culprit=culprit, unit=natural)
    elif said not in {None, natural} and (said, natural) != ("pct", "change_pct"):
        raise AlertError("bad_unit", culprit=culprit, unit=natural)
    if not low <= bound <= high:
        raise AlertError("bad_range", culprit=culprit, low=f"{low:,.0f}", high=f"{high:,.0f}")
    return round(bound, 9)


def _measure(name: str, *, percent: bool) -> str | None:
    # Chinese is written with and without spaces around letters and digits.
    name = re.sub(r"(?<=[\u4e00-\u9fff]) | (?=[\u4e00-\u9fff])", "", name.strip(" '\""))
    if known := _BY_NAME.get(name):
        return known
    if found := _SPREAD.fullmatch(name):
        return f"sofr_{found[1]}"
    if found := _YIELD.fullmatch(name):
        return f"ust_{_YEARS[found[1]]}y"
    found = _NET.fullmatch(name)
    if found is None:
        return None
    root = re.sub(r"[ -]?years?\b|yr\b", "y", found["root"].strip().removesuffix("的"))
    contract = _CONTRACTS.get(root.removesuffix(" futures").strip())
    if contract is None:
        return None
    kind = ("change_pct" if percent else "change") if found["change"] else "net"
    return f"{kind}:{contract}"
