"""Words such as `TY net short change > 10%` or `评分超过65` -> a measure and its bound."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.reading.amounts import NUMBER, SCALE, read_number
from bot.reading.folding import fold
from bot.week.asked import named
from knowledge.figures import SCALES, not_in_calendar
from tools.market.measures import MEASURES, Reading, Unit, offered

LONGEST = 160
_FAR_ABOVE = re.compile(r"sofr ?[较比]? ?(?:iorb|tgcr)")
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
    rf"(?P<unit>%|percent|bps?|basis points?|个?基点|(?:{SCALE})(?![a-z])|points?|pts?|分|x|倍)?"
    r"(?: ?(?:/|a |per |每)(?:d|day|日|天))?"
    r"(?: ?(?:usd|dollars?|contracts?|lots?|of face|美元|美金|手|张|口|点))?)"
    r"(?: ?(?:(?P<over>[以之]上)|(?P<under>[以之]下)))?"
    r"(?P<week>,? ?(?:w/w|wow|week on week|(?:on|over|in|within) (?:the|a|one) week))?"
)
_UNIT_OF: dict[str, Unit] = {
    "%": "pct", "percent": "pct", "bp": "bp", "bps": "bp", "basis point": "bp",
    "basis points": "bp", "基点": "bp", "个基点": "bp", "point": "points", "points": "points",
    "pt": "points", "pts": "points", "分": "points", "x": "times", "倍": "times",
}  # fmt: skip
# What a scale can count: what one unit of the measure is, the least amount, the largest scale.
_COUNTED: dict[Unit, tuple[float, float, float]] = {
    "usd_bn": (1e9, 1e6, 1e15), "contracts": (1.0, 1.0, 1e7),
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


def crossing(rule: Rule, crossed: bool, found: Sequence[Reading]) -> tuple[bool, Reading | None]:
    """Return how the rule stands after these readings, and the last that crossed the bound."""
    told = None
    for reading in found:
        now = rule.crossed(reading.value)
        if now and not crossed:
            told = reading
        crossed = now
    return crossed, told


def read_rule(text: str) -> Rule:
    """Return the rule that words state, in either language.

    Raises AlertError: `no_such_day`, `bad_words`, `bad_measure`, `bad_movement`, `bad_unit` or
    `bad_range`, each with the `culprit` as typed; or `not_watched` with the reason as `why`.
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
    watched = _watched(plain, start, found, percent=percent)
    if watched is None and not _compares(found, "", found["moves"]):
        raise AlertError("bad_words", culprit=typed)
    if watched is None:
        culprit = shown[start : found.end("what")]
        raise AlertError("bad_measure", culprit=culprit, known=", ".join(offered()))
    culprit = shown[slice(*found.span("amount"))]
    measure, name, moves = watched
    if not _compares(found, name, moves):
        raise AlertError("bad_words", culprit=typed)
    sense = _sense(found, measure, name, moves, percent=percent)
    if sense is None or (found["week"] and not sense[0].startswith("change")):
        raise AlertError("bad_movement", culprit=typed)
    measure, above, sign = sense
    return Rule(measure, above, sign * _bound(found, measure, culprit))


def _watched(
    plain: str, start: int, found: re.Match[str], *, percent: bool
) -> tuple[str, str, str] | None:
    """Return the measure with the longest name, that name, and the words of movement behind it."""
    ends = [found.end("what")]
    ends += [found.start("moves") + m.end() for m in _MOVED.finditer(found["moves"])]
    for end in reversed(ends):
        name = plain[start:end]
        if (measure := named(name)) is None:
            continue
        if measure.unwatched:
            raise AlertError("not_watched", why=measure.unwatched)
        kind, _, contract = measure.key.partition(":")
        if kind.startswith("change"):
            kind = "change_pct" if percent else "change"
        key = f"{kind}:{contract}" if contract else kind
        return key, name, plain[end : found.end("moves")]
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
    """Return words in small letters and plain marks, as the patterns above are written."""
    folded = fold(text).text.lower()
    return re.sub(r" ?(-) ?(?=[a-z])", r"\1", folded).strip()


def _bound(found: re.Match[str], measure: str, culprit: str) -> float:
    """Return the bound in the measure's unit; percent and basis points turn into each other."""
    number, unit, watched = read_number(found["number"]), found["unit"] or "", MEASURES[measure]
    natural = "bp" if watched.unit == "bp_day" else watched.unit
    if number is None:
        raise AlertError("bad_words", culprit=culprit)
    said, bound = _UNIT_OF.get(unit), -number if found["sign"] == "-" else number
    if scale := SCALES.get(unit):
        one, least, most = _COUNTED.get(natural, (1.0, 1.0, 0.0))
        if scale > most or number * scale < least:
            raise AlertError("bad_unit", culprit=culprit, unit=natural)
        bound *= scale / one
    low, high = watched.bounds
    if (said, natural) in {("pct", "bp"), ("bp", "pct")}:
        bound *= 100 if natural == "bp" else 0.01
        if not low <= bound <= high:
            raise AlertError("bad_unit", culprit=culprit, unit=natural)
    elif said not in {None, natural} and (said, natural) != ("pct", "change_pct"):
        raise AlertError("bad_unit", culprit=culprit, unit=natural)
    if not low <= bound <= high:
        raise AlertError("bad_range", culprit=culprit, low=f"{low:,.0f}", high=f"{high:,.0f}")
    return round(bound, 9)
