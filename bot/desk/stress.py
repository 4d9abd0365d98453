"""/stress: a position and an episode, dated market data or free shocks -> cash day by day.

`/stress mar2020 <trade>` replays published figures, and the days in between where the market's
series of those days are on record; `from D to D` replays any days on record; `shock ...` is free.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from bot.desk.carry import repo_of
from bot.desk.known import Known
from bot.desk.readers import move, read_bp, read_days, read_margin, read_ticks
from bot.desk.trade import (
    TRADE,
    Trade,
    blamed,
    notes_of,
    segments,
    trade_inputs,
    trade_of,
    trade_words,
    with_positions,
)
from bot.reading.amounts import read_rate
from bot.reading.days import read_date
from bot.reading.grammar import Scan, Vocabulary, one, scan, split, wrong
from bot.reading.words import Word
from tools.bonds import Bond
from tools.errors import CalculatorError
from tools.market.data import Point
from tools.notes import Note
from tools.stress import (
    CHANNELS,
    Episode,
    Held,
    Replay,
    Shock,
    episodes,
    levels,
    not_included,
    relative_repo,
    replay,
    shocks_from,
)

_NAMES = {
    "sep2019": "sep2019 sept2019 september2019 2019-09 sep-2019 9/2019 repo2019 2019年9月",
    "mar2020": "mar2020 march2020 2020-03 mar-2020 3/2020 covid 2020年3月",
    "apr2025": "apr2025 april2025 2025-04 apr-2025 4/2025 tariffs 2025年4月",
}
_EPISODE_OF = {word: key for key, words in _NAMES.items() for word in words.split()}
STRESS = replace(
    TRADE,
    command="stress",
    spellings={
        **TRADE.spellings,
        "rolling_pct": "rolling overnight 隔夜占比",
        "first": "from 从 自",
        "last": "until till 止",
    },
    readers={**TRADE.readers, "rolling_pct": ("args_bad_rate", one(read_rate))},
    dates=TRADE.dates | {"first", "last"},
    named={**TRADE.named, **{word: ("episode", key) for word, key in _EPISODE_OF.items()}},
    most_words=900,
    most_characters=8_000,
    bare="bare_stress",
)
_MARKERS = dict.fromkeys(("shock", "shocks", "day", "冲击", "情景"), "shock")
_SHOCK_KEYS = {"yield", "yields", "rates", "收益率", "basis", "基差"}
MOST_SHOCKS = 60
TENORS = ((3.5, "ust_2y"), (7.5, "ust_5y"), (20.0, "ust_10y"), (100.0, "ust_30y"))
LONGEST_DAYS = 366


SHOCK = Vocabulary(
    "stress",
    spellings={
        "after": "after 第",
        "yield_bp": "yield yields rates 收益率",
        "basis_32nds": "basis 基差",
        "repo_pct": "repo r 回购 回购利率",
        "haircut_pct": "haircut hc 折扣率 折扣",
        "margin_usd": "margin im 保证金",
    },
    readers={
        "after": ("args_bad_day", one(read_days)),
        "yield_bp": ("args_bad_shift", one(read_bp)),
        "basis_32nds": ("args_bad_ticks", one(read_ticks)),
        "repo_pct": ("args_bad_rate", one(move(read_rate))),
        "haircut_pct": ("args_bad_rate", one(move(read_rate))),
        "margin_usd": ("args_bad_dollars", one(move(read_margin))),
    },
    dates=frozenset(),
    bond=False,
)


@dataclass(frozen=True, slots=True)
class Path:
    """The shocks of a replay, from where, and what no source gives.

    `kind`: `episode` (published figures alone), `recorded` (series on record), `free`.
    """

    kind: str
    shocks: tuple[Shock, ...]
    start: date | None = None
    episode: str | None = None
    missing: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StressReply:
    """A replay of a position under a path of shocks."""

    trade: Trade
    rolling_pct: float
    path: Path
    found: Replay
    shock_words: str = ""
    typed: dict[str, str] = field(default_factory=dict, hash=False)

    command = "stress"

    @property
    def words(self) -> str:
        """Return words that ask the same again."""
        parts = trade_words(self.trade)
        if self.rolling_pct != 100:
            parts.append(f"rolling {self.rolling_pct:.10g}%")
        if self.path.episode:
            parts.append(self.path.episode)
        elif self.path.kind == "recorded" and self.path.start:
            last = self.path.start + timedelta(days=self.path.shocks[-1].day)
            parts.append(f"from {self.path.start} until {last}")
        if self.shock_words:
            parts.append(self.shock_words)
        return " ".join(parts)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Return the channels by which a stress reaches the trade that this path does not state."""
        return not_included(self.path.shocks)

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what must be said beside the figures."""
        return notes_of(self.trade)

    def as_json(self) -> dict[str, object]:
        """Return inputs, defaults and result."""
        path, found = self.path, self.found
        inputs = {
            **trade_inputs(self.trade),
            "rolling_pct": self.rolling_pct,
            "episode": path.episode,
            "path": path.kind,
            "start": path.start and path.start.isoformat(),
            "shocks": [
                {name: getattr(shock, name)
                 for name in ("day", "yield_bp", "basis_32nds", "repo_pct", "haircut_pct",
                              "margin_usd", "source")}
                for shock in path.shocks
            ],
        }  # fmt: skip
        names = (
            "day", "clean_price", "futures_price", "variation_margin", "repo_margin",
            "haircut_call", "margin_call", "interest", "coupons", "shortfall", "sold_face", "face",
            "cash", "equity",
        )  # fmt: skip
        return {
            "inputs": inputs,
            "defaulted": list(self.trade.defaults),
            "result": {
                "days": [{name: getattr(day, name) for name in names} for day in found.days],
                "events": [{"event": name, "day": day} for name, day in found.events],
                "ended_by": found.ended_by,
                "worst_cash_need_usd": found.worst_cash_need_usd,
                "missing": list(path.missing),
                "not_included": list(self.left_out),
            },
        }


def answer(text: str, known: Known) -> StressReply:
    """Return the replay that the words ask for."""
    head, parts = segments(_marked(split(text, STRESS)), _MARKERS)
    if not head:
        raise wrong("args_missing_contract", parts[0][1].typed, "contract")
    if len(parts) > MOST_SHOCKS:
        raise wrong("args_too_many", parts[MOST_SHOCKS][1].typed, most=MOST_SHOCKS)
    head = _with_episode(head)
    _check_names(head, known)
    trade, made = _trade(head, known)
    repo_of(trade)
    path = _path(made, known, trade)
    free = [_shock(words, marker, trade) for _, marker, words in parts]
    if free:
        path = _joined(path, free)
    if path is None:
        raise wrong("args_no_shock", head[-1].typed, "episode")
    rolling = made.values.get("rolling_pct", 100.0)
    bond = Bond(trade.request.coupon_pct, trade.request.maturity)
    held = Held(trade.basis, bond, trade.buffer_usd, trade.contracts, rolling)
    try:
        found = replay(held, path.shocks)
    except CalculatorError as error:
        raise _at_shock(error, free, [segment for _, _, segment in parts], made) from error
    words = " ".join(
        " ".join([marker.read, *(word.read for word in segment)]) for _, marker, segment in parts
    )
    return StressReply(trade, rolling, path, found, words, made.typed)


def _at_shock(
    error: CalculatorError, free: list[Shock], segments: list[list[Word]], head: Scan
) -> CalculatorError:
    """Return an error with the token at fault: that of the shock whose value the error names."""
    field = error.field or ""
    key = "after" if field == "day" else field
    for shock, segment in zip(free, segments, strict=True):
        typed = scan(_numbered(segment), SHOCK).typed
        if key in typed and getattr(shock, field) == error.values.get("value"):
            return blamed(error, {field: typed[key]})
    return blamed(error, head.typed)


def _marked(found: list[Word]) -> list[Word]:
    """Put a marker before the first key that only a shock has, where none was typed.

    `shock day 5` says the marker twice; once is enough.
    """
    found = [
        word
        for word, after in zip(found, [*found[1:], None], strict=True)
        if not (after and word.read.lower() in _MARKERS and after.read.lower() in _MARKERS)
    ]
    keys = [word.read.lower() for word in found]
    marks = [at for at, key in enumerate(keys) if key in _MARKERS]
    firsts = [at for at, key in enumerate(keys) if key in _SHOCK_KEYS]
    if not firsts or (marks and marks[0] < firsts[0]):
        return found
    return [*found[: firsts[0]], Word(found[firsts[0]].typed, "shock"), *found[firsts[0] :]]


def _check_names(head: list[Word], known: Known) -> None:
    """Refuse a past month such as `mar2021`: it is no bond's maturity, so it means an episode."""
    for word in head:
        found = read_date([word.read])
        past = found is not None and found.month_alone and found.day < known.today
        if past and word.read.lower() not in STRESS.named:
            raise wrong("episode_unknown", word.typed, "episode", allowed=", ".join(episodes()),
                        example="mar2020")  # fmt: skip


def _with_episode(head: list[Word]) -> list[Word]:
    """Join the two words of an episode: `march 2020`."""
    joined: list[Word] = []
    for word in head:
        both = f"{joined[-1].read}{word.read}" if joined else ""
        if both.lower() in _EPISODE_OF and joined[-1].read.isalpha():
            joined[-1] = Word(f"{joined[-1].typed} {word.typed}", both)
        else:
            joined.append(word)
    return joined


def _trade(head: list[Word], known: Known) -> tuple[Trade, Scan]:
    made = scan(head, with_positions(STRESS, known))
    return trade_of(made, known), made


def _path(made: Scan, known: Known, trade: Trade) -> Path | None:
    """Return the episode or the days on record that the words name."""
    key, first, last = (made.values.get(name) for name in ("episode", "first", "last"))
    if key is not None:
        source = episodes()[key]
        start, end = source.start, source.start + timedelta(days=source.shocks[-1].day)
        recorded = _recorded(known, trade, start, end)
        if recorded is None:
            return _published(source, trade)
        without = tuple(m for m in source.missing if m not in _FILLED_IN)
        return replace(recorded, episode=key, missing=without)
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise wrong("args_two_days", made.typed.get("first") or made.typed["last"], "day")
    if not first < last or (last - first).days > LONGEST_DAYS:
        raise wrong("dates_order", made.typed["last"], "day", example="2020-03-02, 2020-03-20")
    recorded = _recorded(known, trade, first, last)
    if recorded is None:
        raise wrong("nothing_on_record", made.typed["first"], "day", last=last)
    return recorded


# What a daily series on record fills in of an episode's gaps.
_FILLED_IN = {"yields", "repo", "days_between"}


def _published(source: Episode, trade: Trade) -> Path:
    moved = relative_repo(source, repo_of(trade))
    return Path(
        "episode", levels(moved.shocks), source.start, source.key, source.missing,
        tuple(dict.fromkeys(s.source for s in source.shocks if s.source)),
    )  # fmt: skip


def _recorded(known: Known, trade: Trade, first: date, last: date) -> Path | None:
    """Return daily shocks from the series on record, None unless both ends have a yield.

    Yields become changes of the bond's nearest tenor; overnight rates keep their spread over the
    first day's, as a position financed at another rate meets the same jump.
    """
    years = (trade.request.maturity - trade.basis.settlement).days / 365.25
    name = next(series for longest, series in TENORS if years <= longest)
    yields = _within(known.market.series(name), first, last)
    if len(yields) < 2 or min(yields) != first or max(yields) < last - timedelta(days=4):
        return None
    rates = _within(known.market.series("sofr"), first, last)
    rows = [
        (day, yields[day].value * 100, rates[day].value * 100 if day in rates else None)
        for day in sorted(yields)
    ]
    named = f"{name} {yields[first].source}, sofr" if rates else f"{name} {yields[first].source}"
    source = Episode("", first, shocks_from(rows, named), ())
    base = next((row[2] for row in rows if row[2] is not None), None)
    if base is not None:
        moved = [
            s if s.repo_pct is None else replace(s, repo_pct=repo_of(trade) + s.repo_pct - base)
            for s in source.shocks
        ]
        source = replace(source, shocks=tuple(moved))
    missing = ("basis", "margin", "haircut") if rates else ("basis", "margin", "haircut", "repo")
    keys = [name, *(["sofr"] if rates else [])]
    return Path("recorded", source.shocks, first, None, missing, tuple(keys))


def _within(points: Iterable[Point], first: date, last: date) -> dict[date, Point]:
    return {p.as_of: p for p in points if first <= p.as_of <= last}


def _numbered(segment: list[Word]) -> list[Word]:
    """Name a bare number at the head of a shock: it is the day."""
    if segment and read_days(segment[0].read) is not None:
        return [Word(segment[0].typed, "after"), *segment]
    return segment


def _shock(segment: list[Word], marker: Word, trade: Trade) -> Shock:
    if not segment:
        raise wrong("args_key_value", marker.typed, "shocks")
    made = scan(_numbered(segment), SHOCK)
    if made.prices:
        raise wrong("args_unknown", made.prices[0].word.typed)
    now = {
        "repo_pct": repo_of(trade),
        "haircut_pct": trade.request.haircut_pct or 0.0,
        "margin_usd": trade.request.margin_usd or 0.0,
    }
    moved = {
        name: made.values[name].of(level) for name, level in now.items() if name in made.values
    }
    return Shock(
        day=int(made.values.get("after", 0)),
        yield_bp=made.values.get("yield_bp"),
        basis_32nds=made.values.get("basis_32nds"),
        **moved,
    )


def _joined(path: Path | None, free: list[Shock]) -> Path:
    """Return the user's shocks on top of a path: those of a day join it, the last one stays."""
    if path is None:
        return Path("free", levels(free))
    free = list(levels(free))
    days = sorted({*(s.day for s in path.shocks), *(s.day for s in free)})
    joined: list[Shock] = []
    for day in days:
        base = _latest(path.shocks, day)
        own = _latest(tuple(free), day)
        joined.append(
            replace(
                base,
                day=day,
                yield_bp=_sum(base.yield_bp, own.yield_bp),
                basis_32nds=_sum(base.basis_32nds, own.basis_32nds),
                repo_pct=base.repo_pct if own.repo_pct is None else own.repo_pct,
                haircut_pct=base.haircut_pct if own.haircut_pct is None else own.haircut_pct,
                margin_usd=base.margin_usd if own.margin_usd is None else own.margin_usd,
            )
        )
    without = not_included(joined)
    missing = tuple(name for name in path.missing if name not in CHANNELS or name in without)
    return replace(path, shocks=tuple(joined), missing=missing)


def _sum(base: float | None, own: float | None) -> float | None:
    return None if base is None and own is None else (base or 0.0) + (own or 0.0)


def _latest(shocks: tuple[Shock, ...], day: int) -> Shock:
    known = [shock for shock in shocks if shock.day <= day]
    return known[-1] if known else Shock(day)
