"""/spiral: basis trades of a size, a common shock and an assumed impact -> sales round by round.

The size and its split over tenors default to leveraged funds' futures shorts, an upper proxy of
the trade with its date. Haircut and margin are the user's to give. No published value of the
price impact is known, so it is a range, and called an assumption.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.desk.known import Known
from bot.desk.readers import read_growth, read_ticks
from bot.desk.request import Default
from bot.desk.trade import blamed, segments
from bot.reading.amounts import Share, read_amount, read_dollars, read_rate, read_share
from bot.reading.grammar import Scan, Vocabulary, one, scan, split, wrong
from tools.basis_spiral import (
    ASSUMED_IMPACTS,
    BasisSpiral,
    CommonShock,
    Tenor,
    basis_spiral,
    impact_range,
)
from tools.contracts import aliases, roots
from tools.errors import CalculatorError
from tools.notes import Note

ASSUMED_BUFFER_PCT = 1.0
_MARKERS = dict.fromkeys(("shock", "shocks", "冲击", "情景"), "shock")
_TENOR_NAMES = {
    "2y": "TU", "3y": "3Y", "5y": "FV", "7y": "TY", "10y": "TY", "20y": "TWE", "30y": "US",
}  # fmt: skip


def _names() -> dict[str, str]:
    """Return the tenor's contract by every word that may name it."""
    names = {root.lower(): root for root in roots()}
    names |= {alias.lower(): root for root in roots() for alias in aliases(root)}
    return names | _TENOR_NAMES


SPIRAL = Vocabulary(
    "spiral",
    spellings={
        "size_usd": "size total 规模",
        "haircut_pct": "haircut hc 折扣率 折扣",
        "margin_pct": "margin im 保证金 保证金率",
        "buffer_pct": "buffer 缓冲 缓冲资金",
        "impact": "impact 冲击系数 价格影响",
        **{root: " ".join(name for name, of in _names().items() if of == root) for root in roots()},
    },
    readers={
        "size_usd": ("args_bad_dollars", one(read_dollars)),
        "haircut_pct": ("args_bad_rate", one(read_rate)),
        "margin_pct": ("args_bad_rate", one(read_share)),
        "buffer_pct": ("args_bad_rate", one(read_rate)),
        "impact": ("args_bad_ticks", one(read_ticks)),
        **dict.fromkeys(roots(), ("args_bad_dollars", one(read_amount))),
    },
    dates=frozenset(),
    bond=False,
    bare_amount="size_usd",
    bare="bare_spiral",
)


SHOCK = Vocabulary(
    "spiral",
    spellings={
        "margin_times": "margin im 保证金",
        "haircut_rise_pct": "haircut hc 折扣率 折扣",
        "basis_32nds": "basis 基差",
    },
    readers={
        "margin_times": ("args_bad_times", one(read_growth)),
        "haircut_rise_pct": ("args_bad_rate", one(read_rate)),
        "basis_32nds": ("args_bad_ticks", one(read_ticks)),
    },
    dates=frozenset(),
    bond=False,
)


@dataclass(frozen=True, slots=True)
class SpiralReply:
    """The spiral under each impact; `positions_as_of` is the day of the shorts behind the size."""

    tenors: tuple[Tenor, ...]
    shock: CommonShock
    runs: tuple[BasisSpiral, ...]
    assumed_impacts: bool
    positions_as_of: date | None
    source: str | None
    typed: dict[str, str] = field(hash=False)
    defaults: dict[str, Default] = field(hash=False)

    command = "spiral"

    @property
    def size_bn(self) -> float:
        """Return the size of all trades, USD billion."""
        return sum(tenor.size_bn for tenor in self.tenors)

    @property
    def words(self) -> str:
        """Return words that ask the same again."""
        first, shock = self.tenors[0], self.shock
        parts = [
            f"haircut {first.haircut_pct:.10g}% margin {first.margin_pct:.10g}%"
            f" buffer {first.buffer_pct:.10g}%",
            *(f"{tenor.name} {tenor.size_bn:.10g}bn" for tenor in self.tenors),
        ]
        if not self.assumed_impacts:
            parts.append(f"impact {self.runs[0].impact_32nds_per_100bn:.10g}")
        parts.append(
            f"shock margin x{shock.margin_times:.10g} haircut {shock.haircut_rise_pct:.10g}%"
            f" basis {-shock.basis_fall_32nds:.10g}"
        )
        return " ".join(parts)

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what must be said beside the figures."""
        return (Note("impact_assumed" if self.assumed_impacts else "impact_given"),)

    def as_json(self) -> dict[str, object]:
        """Return inputs, defaults and result."""
        shock = self.shock
        return {
            "inputs": {
                "tenors": [
                    {"name": t.name, "size_bn": t.size_bn, "haircut_pct": t.haircut_pct,
                     "margin_pct": t.margin_pct, "buffer_pct": t.buffer_pct}
                    for t in self.tenors
                ],
                "margin_times": shock.margin_times,
                "haircut_rise_pct": shock.haircut_rise_pct,
                "basis_fall_32nds": shock.basis_fall_32nds,
                "positions_as_of": self.positions_as_of and self.positions_as_of.isoformat(),
            },
            "defaulted": list(self.defaults),
            "result": {"calibrated": False, "runs": [_run_json(run) for run in self.runs]},
        }  # fmt: skip


def _run_json(run: BasisSpiral) -> dict[str, object]:
    return {
        "impact_32nds_per_100bn": run.impact_32nds_per_100bn,
        "sold_share": run.sold_share,
        "funds": run.funds,
        "rounds": [
            {
                "sold_bn": r.sold_bn,
                "total_sold_bn": r.total_sold_bn,
                "basis_fall_32nds": list(r.basis_fall_32nds),
                "held_bn": r.held_bn,
                "funds_left": r.funds_left,
                "equity_bn": r.equity_bn,
            }
            for r in run.rounds
        ],
    }


def answer(text: str, known: Known) -> SpiralReply:
    """Return the spiral that the words ask for."""
    head, parts = segments(split(text, SPIRAL), _MARKERS)
    if len(parts) > 1:
        raise wrong("args_key_twice", parts[1][1].typed)
    made = scan(head, SPIRAL)
    if made.prices:
        raise wrong("args_unknown", made.prices[0].word.typed)
    if not parts or not parts[0][2]:
        culprit = parts[0][1].typed if parts else head[-1].typed
        raise wrong("args_no_common_shock", culprit, "shocks")
    shaken = scan(parts[0][2], SHOCK)
    if shaken.prices:
        raise wrong("args_unknown", shaken.prices[0].word.typed)
    typed = {**made.typed, **shaken.typed}
    defaults: dict[str, Default] = {}
    tenors, as_of, source = _tenors(made, known, defaults)
    shock = _shock(shaken, defaults)
    given = made.values.get("impact")
    if given is None:
        defaults["impact"] = Default("assumed_impacts")
    try:
        runs = (
            impact_range(tenors, shock, ASSUMED_IMPACTS)
            if given is None
            else (basis_spiral(tenors, shock, given),)
        )
    except CalculatorError as error:
        raise blamed(error, _by_calculator(typed), "haircut_pct") from error
    return SpiralReply(tuple(tenors), shock, runs, given is None, as_of, source, typed, defaults)


def _by_calculator(typed: dict[str, str]) -> dict[str, str]:
    """Return the typed words by the names that the calculator gives its inputs."""
    renamed = {"basis_32nds": "basis_fall_32nds", "impact": "impact_32nds_per_100bn",
               "size_usd": "size_bn"}  # fmt: skip
    sized = [word for name, word in typed.items() if name in roots()]
    named = {renamed.get(name, name): word for name, word in typed.items()}
    return {"size_bn": sized[0], **named} if sized else named


def _shock(made: Scan, defaults: dict[str, Default]) -> CommonShock:
    for name in ("margin_times", "haircut_rise_pct", "basis_32nds"):
        if name not in made.typed:
            defaults[name] = Default("left_alone")
    return CommonShock(
        margin_times=made.values.get("margin_times", 1.0),
        haircut_rise_pct=made.values.get("haircut_rise_pct", 0.0),
        basis_fall_32nds=-made.values.get("basis_32nds", 0.0),
    )


def _tenors(
    made: Scan, known: Known, defaults: dict[str, Default]
) -> tuple[list[Tenor], date | None, str | None]:
    """Return the trades by tenor, and the day of the positions where these gave size or split."""
    haircut, margin, buffer = _shares(made, known, defaults)
    sizes, as_of, source = _sizes(made, known, defaults)
    tenors = [
        Tenor(name, size, haircut, margin, buffer) for name, size in sizes.items() if size > 0
    ]
    if not tenors:
        raise wrong("args_no_size", made.words[0].typed if made.words else "/spiral", "size_bn")
    return tenors, as_of, source


def _shares(made: Scan, known: Known, defaults: dict[str, Default]) -> tuple[float, float, float]:
    haircut = made.values.get("haircut_pct", known.own.haircut_pct)
    if haircut is not None and "haircut_pct" not in made.typed:
        defaults["haircut_pct"] = Default("own_default")
    margin = made.values.get("margin_pct")
    for name, value in (("haircut_pct", haircut), ("margin_pct", margin)):
        if value is None:
            culprit = made.words[-1].typed if made.words else "/spiral"
            raise wrong(f"args_missing_{name}", culprit, name)
    if "buffer_pct" not in made.typed:
        defaults["buffer_pct"] = Default("assumed_buffer")
    assert margin is not None  # noqa: S101 - checked above
    assert haircut is not None  # noqa: S101 - checked above
    return haircut, margin.percent, made.values.get("buffer_pct", ASSUMED_BUFFER_PCT)


def _sizes(
    made: Scan, known: Known, defaults: dict[str, Default]
) -> tuple[dict[str, float], date | None, str | None]:
    """Return billions of dollars by contract: given, shared out, or as funds are short."""
    given = {root: made.values[root] for root in roots() if root in made.values}
    size = made.values.get("size_usd")
    amounts = {root: value / 1e9 for root, value in given.items() if isinstance(value, float)}
    shares = {root: value.percent for root, value in given.items() if isinstance(value, Share)}
    if amounts and (shares or size is not None):
        first = next(iter(shares), next(iter(amounts)))
        raise wrong("args_size_twice", made.typed[first], "size_bn")
    if amounts:
        return amounts, None, None
    if shares and abs(sum(shares.values()) - 100) > 0.5:
        last = list(shares)[-1]
        raise wrong("args_shares_sum", made.typed[last], "size_bn",
                    total=f"{sum(shares.values()):g}")  # fmt: skip
    return _from_positions(known, size, shares, defaults, made)


def _from_positions(
    known: Known,
    size: float | None,
    shares: dict[str, float],
    defaults: dict[str, Default],
    made: Scan,
) -> tuple[dict[str, float], date | None, str | None]:
    if size is not None and shares:
        return {root: size / 1e9 * share / 100 for root, share in shares.items()}, None, None
    reports: Sequence[object] = known.market.reports()
    if not reports:
        raise wrong("args_no_size", made.words[0].typed if made.words else "/spiral", "size_bn")
    newest = known.market.reports()[-1]
    shorts = {short.contract: max(short.face_bn, 0.0) for short in newest.shorts}
    total = sum(shorts.values())
    reason = Default("funds_short", {"day": newest.as_of})
    if size is None:
        defaults["size_usd"] = reason
        size = total * 1e9
    if not shares:
        defaults["tenors"] = reason
        shares = {root: 100 * face / total for root, face in shorts.items()}
    sizes = {root: size / 1e9 * share / 100 for root, share in shares.items()}
    return sizes, newest.as_of, newest.source
