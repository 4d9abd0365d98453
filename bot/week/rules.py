"""Words such as `TY net short change > 10%` or `评分超过65` -> a measure and its bound."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.reading.amounts import NUMBER, SCALE, read_number
from bot.reading.folding import fold
from bot.week.series import WORDS
from knowledge.figures import SCALES, not_in_calendar

Unit = Literal["points", "bp", "pct", "usd_bn", "contracts", "change_pct"]
LONGEST = 160

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
# The series that /chart draws by these names is watched by the same words.
_OF_CHARTS = {
    "sofr-iorb": "sofr_iorb", "sofr-tgcr": "sofr_tgcr", "p99": "sofr_p99", "vol": "rv20",
    "sofr": "sofr", "rrp": "rrp", "srf": "srf_takeup", "fails": "pd_fails_deliver",
}  # fmt: skip
_BY_NAME = {
    word.strip(): key for chart, key in _OF_CHARTS.items() for word in WORDS[chart].split(",")
} | {name: key for key, (_, names) in _NAMES.items() for name in names.split("|")}
# What an amount of dollars is called besides: how much of it there is.
_HOW_MUCH = re.compile(
    r"(?: ?(?:take-?up|usage|use|balances?|volumes?|facility"
    r"|的?(?:使用)?(?:用量|余额|规模|总量|存量)))+$"
)
_SPREAD = re.compile(
    r"(?:spread (?:of|between) )?"
    r"sofr ?(?:-|/|over|minus|less|vs\.?|to|and|减去?|与|和|对|较|比|高于)? ?(iorb|tgcr)"
    r"(?: ?的?(?:spread|gap|利差|之差|差))?"
)
_FAR_ABOVE = re.compile(r"sofr ?[较比]? ?(?:iorb|tgcr)")
_YEARS = {"2": 2, "two": 2, "5": 5, "five": 5, "10": 10, "ten": 10, "30": 30, "thirty": 30}
_CHINESE_YEARS = {"二": "2", "两": "2", "五": "5", "十": "10", "三十": "30"}
_YIELD = re.compile(
    r"(?:us |u\.s\. ?|美国)?(?:ust|treasury|treasuries|美债|国债)? ?"
    r"(2|5|10|30|two|five|ten|thirty)"
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
_FUNDS = r"(?:lf |leveraged funds?(?:'s?)? |杠杆基金的?)"
_NET = re.compile(
    rf"(?P<first>(?:(?:the|weekly|week's|one-week|percent(?:age)?|%|w/w) )*change in (?:the )?)?"
    rf"{_FUNDS}?(?P<root>.*?) ?{_FUNDS}?(?:(?:treasury |国债)?(?:futures|期货) ?)?"
    r"(?:net ?shorts?(?: positions?)?|净空(?:头|仓)?(?:持仓|头寸)?)"
    r"(?:(?P<all>,? (?:(?:of|in|across) )?all contracts|,? (?:in )?total|总?[合总]计|总额)"
    r"|(?: (?:in|of|on|for))? (?P<behind>[a-z0-9]{2,3}|ultra|bond)(?: futures)?)?"
    r"(?P<change>,? ?(?:(?:weekly|week's|one-week|w/w|wow|the|每?周) ?)*"
    r"(?:change|chg|w/w|wow|环比|变化率?|变动|[增涨升降跌减]幅)"
    r"(?: ?(?:w/w|on the week))?)?"
)
# Words that bring a rule in or close it, and say nothing of it.
_OPENING = re.compile(
    r"^(?:(?:(?:(?:alert|notify|tell|warn|ping|remind|let|give)"
    # "us" is a contract too, so only "us when" is the people who ask.
    r"(?: me| us(?=,? (?:when|if|once|whenever|should|know)))?"
    r"|(?:set|create|add|make)? ?an? alert(?: for)?|please|know|watch(?: for)?|when|if|once"
    r"|whenever|should|the|set)(?![a-z])|请|在|当|如果|要是|若|一旦|帮我|麻烦|想在|提醒我?|通知我?|告诉我|设置?(?:个|一个)?提醒?)"
    r"[,:]? ?)+"
)
_CLOSING = re.compile(
    r"(?:[ ,]*(?:时候?|的时候|的话|,|请|就|则|再)*"
    r"(?:提醒我?|通知我?|告诉我|告警|叫我|谢谢|(?:please|thanks|thank you)(?![a-z])"
    r"|(?:alert|notify|tell|warn|ping) (?:me|us)|let (?:me|us) know)| ?时|的话|[.!。])+$"
)
# What stands between a measure and its bound. English words begin a word of their own: the end
# of "basis" is not "is". The longer word comes first.
_STANDING = (
    r"(?<![a-z])(?:is|are|was|has|have|been|gets?|goes|went|stays?|trades?|back|cross(?:es|ed)?"
    r"|breaks?|moves? back|by|an?|the)(?![a-z])"
    r"|幅度|累计|[单每本当]?周|一周内?|大幅|[骤激锐猛再已在了]"
)
_UP = (
    r"(?<![a-z-])(?:ris(?:es?|en|ing)|rose|climb\w*|jump\w*|increas\w+|grow\w*|gain\w*|surg\w+"
    r"|spik\w+|widen\w*|up)(?![a-z-])|上升|上涨|上行|跳升|攀升|走高|走阔|走扩|飙升|提高|升高|增加|增长|扩大|[升涨增]幅?"
)
_DOWN = (
    r"(?<![a-z-])(?:fall\w*|fell|drop\w*|dip\w*|sink\w*|declin\w+|decreas\w+|slid\w*|slip\w*"
    r"|slump\w*|plung\w+|tumbl\w+|shrink\w*|narrow\w*|reduc\w+|down)(?![a-z-])"
    r"|下降|下跌|下行|下滑|下挫|回落|走低|减少|降低|缩减|缩水|收窄|[降跌减]幅?"
)
_EITHER = (
    r"(?<![a-z-])(?:mov(?:es?|ed|ing)|chang\w+|chg|swing\w*|shift\w*)(?![a-z-])|w/w|wow"
    r"|变动|变化率?|波动率?|增减|环比"
)
# A level reads the same with or without a movement: "falls below 40" is "below 40".
_HIGHER = (
    r"(?<![a-z])(?:at or above|above|beyond|past|surpass(?:es)?|higher than|tops?|hits|reaches)"
    r"(?![a-z])|高于|突破|升破|涨破|上穿|高过"
)
_LOWER = r"(?<![a-z])(?:at or below|below|under|lower than)(?![a-z])|低于|跌破|降破|下穿|不足"
# Behind a movement these may measure how far it goes, and the next ones always do.
_AMOUNTS_TOO = frozenset({"高于", "低于", "higher than", "lower than"})
_MORE = (
    r">=?|=>|≥|(?<![a-z])(?:over|more than|greater than|at least|n(?:o|ot) less than"
    r"|exceed(?:s|ing)?)(?![a-z])|超过|大于|多于|达到|不低于|不少于|超出|至少|逾|过"
)
_LESS = (
    r"<=?|=<|≤|(?<![a-z])(?:n(?:o|ot) more than|less than|at most)(?![a-z])"
    r"|小于|少于|不高于|不超过|至多"
)
_TO = r"(?<![a-z])to(?![a-z])|至|到"
# A noun of change with its own way: a fall (降幅) or a rise (增幅) of the net short.
_SIGNED_NOUN = re.compile(r"(?:降|跌|减|增|涨|升)幅$")
_PERIOD = re.compile(r"(?:w/w|wow|环比)$")
_MOVED = re.compile(rf"(?P<down>{_DOWN})|(?P<up>{_UP})|(?P<either>{_EITHER})")
_RULE = re.compile(
    rf"(?P<what>.+?) ?(?P<moves>(?:(?:{_STANDING}|{_DOWN}|{_UP}|{_EITHER}) ?)*)"
    rf"(?:(?:(?P<until>{_TO})? ?(?:(?P<higher>{_HIGHER})|(?P<lower>{_LOWER}))|(?P<less>{_LESS})"
    rf"|(?P<more>{_MORE})|(?P<far>高出?)"
    rf"|(?P<to>{_TO})) ?(?:to |到|至)?)?"
    rf"(?P<amount>(?P<sign>[-+])?(?:us)?\$?(?P<number>{NUMBER}) ?"
    rf"(?P<unit>%|percent|bps?|basis points?|个?基点|(?:{SCALE})(?![a-z])|points?|pts?|分)?"
    r"(?: ?(?:/|a |per |每)(?:d|day|日|天))?"
    r"(?: ?(?:usd|dollars?|contracts?|lots?|of face|美元|美金|手|张|口|点))?)"
    r"(?: ?(?:(?P<over>[以之]上)|(?P<under>[以之]下)))?"
    r"(?P<week>,? ?(?:w/w|wow|week on week|(?:on|over|in|within) (?:the|a|one) week))?"
)
_UNIT_OF: dict[str, Unit] = {
    "%": "pct", "percent": "pct", "bp": "bp", "bps": "bp", "basis point": "bp",
    "basis points": "bp", "基点": "bp", "个基点": "bp", "point": "points", "points": "points",
    "pt": "points", "pts": "points", "分": "points",
}  # fmt: skip
# What a scale can count: what one unit of the measure is, the least amount, the largest scale.
_COUNTED: dict[Unit, tuple[float, float, float]] = {
    "usd_bn": (1e9, 1e6, 1e15), "contracts": (1.0, 1.0, 1e7),
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

    Raises AlertError: `no_such_day`, `bad_words`, `bad_measure`, `bad_movement`, `bad_unit` or
    `bad_range`, each with the `culprit` as typed.
    """
    typed = " ".join(text.split())
    if missing := not_in_calendar(typed):
        raise AlertError("no_such_day", culprit=", ".join(missing))
    if len(typed) > LONGEST:
        half = LONGEST // 2
        raise AlertError("bad_words", culprit=f"{typed[:half]} \u2026 {typed[-half:]}")
    plain = _plain(typed)
    found = _RULE.fullmatch(_CLOSING.sub("", plain))
    if found is None:
        raise AlertError("bad_words", culprit=typed)
    shown = typed if len(typed) == len(plain) else plain
    opening = _OPENING.match(plain[: found.end("moves")])
    start = opening.end() if opening else 0
    percent = found["unit"] in {"%", "percent"}
    named = _named(plain, start, found, percent=percent)
    if named is None and not _compares(found, "", found["moves"]):
        raise AlertError("bad_words", culprit=typed)
    if named is None:
        raise AlertError("bad_measure", culprit=shown[start : found.end("what")])
    culprit = shown[slice(*found.span("amount"))]
    measure, name, moves = named
    if not _compares(found, name, moves):
        raise AlertError("bad_words", culprit=typed)
    sense = _sense(found, measure, name, moves, percent=percent)
    if sense is None or (found["week"] and not sense[0].startswith("change")):
        raise AlertError("bad_movement", culprit=typed)
    measure, above, sign = sense
    return Rule(measure, above, sign * _bound(found, measure, culprit))


def _named(
    plain: str, start: int, found: re.Match[str], *, percent: bool
) -> tuple[str, str, str] | None:
    """Return the measure with the longest name, that name, and the words of movement behind it."""
    ends = [found.end("what")]
    ends += [found.start("moves") + m.end() for m in _MOVED.finditer(found["moves"])]
    for end in reversed(ends):
        name = plain[start:end]
        if (measure := _measure(name, percent=percent)) is not None:
            return measure, name, plain[end : found.end("moves")]
    return None


def _sense(
    found: re.Match[str], measure: str, name: str, moves: str, *, percent: bool
) -> tuple[str, bool, int] | None:
    """Return what is watched, whether above its bound, and the bound's sign; None if it is open.

    A movement towards a level is that level. A movement by more than an amount is a change, with
    the movement's sign, and there must be a measure of it.
    """
    noun = _SIGNED_NOUN.search(name)
    moved, signed = _direction(moves), noun and _direction(noun[0])
    side = _side(found)
    if side is None:
        return None
    to_a_level = found["to"] or found["higher"] or found["lower"]
    by_more = side > 0 and not to_a_level and found["sign"] != "-"
    if signed:
        return (measure, signed > 0, signed) if moved is None and by_more else None
    if moved is None:
        return (measure, side > 0, 1)
    if to_a_level:
        return (measure, moved > 0, 1) if _towards_a_level(found, measure, moved, side) else None
    kind, _, contract = measure.partition(":")
    if kind.startswith("change") and _PERIOD.search(name):
        kind = "net"
    if kind != "net" or not moved or not by_more:
        return None
    return f"{'change_pct' if percent else 'change'}:{contract}", moved > 0, moved


def _compares(found: re.Match[str], name: str, moves: str) -> bool:
    """Tell whether a bound is said to be one: by a comparison, or by a movement of so much."""
    if found["far"]:
        return bool(_FAR_ABOVE.fullmatch(name.strip())) and _direction(moves) is None
    said = ("higher", "lower", "less", "more", "to", "over", "under")
    return any(found[part] for part in said) or _direction(moves) is not None


def _side(found: re.Match[str]) -> int | None:
    """Return +1 for above a bound or by more than it, -1 for the others, None for both."""
    up = any(found[part] for part in ("higher", "more", "over", "far"))
    down = any(found[part] for part in ("lower", "less", "under"))
    if up and down:
        return None
    return -1 if down else 1


def _towards_a_level(found: re.Match[str], measure: str, moved: int, side: int) -> bool:
    """Tell whether a movement ends at a level on its own side: "falls below", 升至."""
    if found["to"]:
        beyond = found["over"] or found["under"]
        at_most = found["to"] == "to" and found["moves"].strip() == "up"  # "up to 70"
        agrees = not at_most and (not beyond or side == moved)
        return moved != 0 and agrees and not measure.startswith("change")
    beyond = found["higher"] or found["lower"]
    may_be_amount = beyond in _AMOUNTS_TOO and not found["until"]
    return moved == (1 if found["higher"] else -1) and not may_be_amount


def _direction(words: str) -> int | None:
    """Return +1 for up, -1 for down, 0 for either way or for both; None where nothing moves."""
    ways = {m.lastgroup for m in _MOVED.finditer(words)}
    if len(ways) > 1:  # 环比 and w/w say over what time, and "down w/w" is down
        ways = {m.lastgroup for m in _MOVED.finditer(words) if not _PERIOD.fullmatch(m[0])}
    if not ways:
        return None
    return {"up": 1, "down": -1}.get(next(iter(ways)) or "", 0) if len(ways) == 1 else 0


def _plain(text: str) -> str:
    """Return words in small letters and plain marks, as the names above are written."""
    folded = fold(text).text.lower()
    folded = re.sub("(三十|十|五|二|两)(?=年)", lambda year: _CHINESE_YEARS[year[0]], folded)
    return re.sub(r" ?(-) ?(?=[a-z])", r"\1", folded).strip()


def _bound(found: re.Match[str], measure: str, culprit: str) -> float:
    """Return the bound in the measure's unit; percent and basis points turn into each other."""
    number, natural, unit = read_number(found["number"]), unit_of(measure), found["unit"] or ""
    if number is None:
        raise AlertError("bad_words", culprit=culprit)
    said, bound = _UNIT_OF.get(unit), -number if found["sign"] == "-" else number
    if scale := SCALES.get(unit):
        one, least, most = _COUNTED.get(natural, (1.0, 1.0, 0.0))
        if scale > most or number * scale < least:
            raise AlertError("bad_unit", culprit=culprit, unit=natural)
        bound *= scale / one
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
    amount_of = _BY_NAME.get(_HOW_MUCH.sub("", name), "")
    if UNITS.get(amount_of) == "usd_bn":
        return amount_of
    if found := _SPREAD.fullmatch(name):
        return f"sofr_{found[1]}"
    if found := _YIELD.fullmatch(name):
        return f"ust_{_YEARS[found[1]]}y"
    return _BY_NAME.get(name) or _of_positions(name, percent=percent)


def _of_positions(name: str, *, percent: bool) -> str | None:
    """Return the net short, or its change, of the one contract in a name or of all."""
    found = _NET.fullmatch(name)
    if found is None or (found["first"] and found["change"]):
        return None
    said = [part for part in (found["root"], found["all"], found["behind"]) if part]
    root = (found["root"] or found["behind"] or "").strip().removesuffix("的")
    root = re.sub(r"[ -]?years?\b|yr\b", "y", root).removesuffix(" futures").removesuffix("国债")
    contract = _CONTRACTS.get(root.strip().removeprefix("美国"))
    if contract is None or len(said) > 1:
        return None
    changes = found["first"] or found["change"]
    kind = ("change_pct" if percent else "change") if changes else "net"
    return f"{kind}:{contract}"
