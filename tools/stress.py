"""A basis position and a path of shocks -> cash day by day, forced sales, what ends it first.

Sign: a long basis (long bond, short futures) loses when the basis falls, that is, when cash
cheapens against futures. Press "basis widening" in a stress means the same loss.

The path may be an episode (published figures, `episodes.toml`), one free shock, or days read
from market data. Nothing unknown is filled in: what a shock does not state keeps its last level,
and a repo rate holds from its day on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

from tools.basis import Basis
from tools.bonds import Bond
from tools.errors import CalculatorError
from tools.numbers import check_number

WIDEST_BP = 1000.0
_RANGES = {
    "yield_bp": (-WIDEST_BP, WIDEST_BP, "64"),
    "basis_32nds": (-320.0, 320.0, "-8"),
    "repo_pct": (-25.0, 100.0, "5.25"),
    "haircut_pct": (-10.0, 100.0, "4%"),
    "margin_usd": (0.0, 1e6, "2775"),
}


@dataclass(frozen=True, slots=True)
class Shock:
    """The state of the market `day` days after the start; None keeps the last stated level.

    `yield_bp` and `basis_32nds` are changes since the start (basis: bond less converted future),
    the others levels: overnight repo, haircut, margin in dollars a contract.
    """

    day: int
    yield_bp: float | None = None
    basis_32nds: float | None = None
    repo_pct: float | None = None
    haircut_pct: float | None = None
    margin_usd: float | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """A past stress as published: its shocks by day, and what no source gives."""

    key: str
    start: date
    shocks: tuple[Shock, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """The position under stress.

    `held` is today's basis with face, haircut and margin; `rolling_pct` the share of the repo
    that is renewed every day, so re-margined, re-haircut and re-priced (the rest is term repo at
    the locked rate). `contracts` None means the factor-weighted hedge.
    """

    held: Basis
    bond: Bond
    buffer_usd: float
    contracts: float | None = None
    rolling_pct: float = 100.0

    @property
    def sold(self) -> float:
        """Return the contracts that are short."""
        return self.held.contracts if self.contracts is None else self.contracts


@dataclass(frozen=True, slots=True)
class StressDay:
    """One day of the replay, in dollars of the position still held.

    `cash` is the buffer left after that day's calls and sales, `equity` what would be left on
    closing out. The flows are the day's own: futures variation margin, repo re-margining, haircut
    and initial margin calls, interest, coupons. `sold_face` is the face sold that day, as `cash`
    was short of `shortfall`.
    """

    day: int
    clean_price: float
    futures_price: float
    variation_margin: float
    repo_margin: float
    haircut_call: float
    margin_call: float
    interest: float
    coupons: float
    shortfall: float
    sold_face: float
    face: float
    cash: float
    equity: float


@dataclass(frozen=True, slots=True)
class Replay:
    """The days, and the first event of each kind: (name, day).

    liquidity: the buffer is spent and bonds must be sold; funding: interest above the locked
    rate exceeds a locked profit (there is none where the net basis is positive); solvency: the
    equity is gone. The first in time leads.
    """

    days: tuple[StressDay, ...]
    events: tuple[tuple[str, int], ...]

    @property
    def ended_by(self) -> str | None:
        """Return the event that came first, or None where the position lives through it."""
        return self.events[0][0] if self.events else None

    @property
    def worst_cash_need_usd(self) -> float:
        """Return the largest one-day shortfall."""
        return max((day.shortfall for day in self.days), default=0.0)


@cache
def episodes() -> dict[str, Episode]:
    """Return the bundled episodes by key."""
    path = resources.files("tools") / "episodes.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {key: _episode(key, entry) for key, entry in table.items()}


def _episode(key: str, entry: dict[str, Any]) -> Episode:
    start: date = entry["day"][0]["date"]
    shocks = tuple(
        Shock(
            day=(row["date"] - start).days,
            yield_bp=row.get("yield_bp"),
            repo_pct=row.get("repo_pct"),
            source=row["source"],
        )
        for row in entry["day"]
    )
    return Episode(key, start, shocks, tuple(entry["missing"]))


def episode(key: str) -> Episode:
    """Return an episode by its key; raises episode_unknown."""
    found = episodes().get(key)
    if found is None:
        raise CalculatorError(
            "episode_unknown",
            field="episode",
            value=key,
            allowed=", ".join(episodes()),
            example="mar2020",
        )
    return found


def relative_repo(source: Episode, locked_pct: float) -> Episode:
    """Return an episode whose repo rates keep their spread over its first day.

    September 2019 began at 2.20 %; a position financed at another rate meets the same jump.
    """
    base = source.shocks[0].repo_pct
    if base is None:
        return source
    moved = tuple(
        shock
        if shock.repo_pct is None
        else replace(shock, repo_pct=locked_pct + shock.repo_pct - base)
        for shock in source.shocks
    )
    return replace(source, shocks=moved)


def shocks_from(
    days: Sequence[tuple[date, float | None, float | None]], source: str
) -> tuple[Shock, ...]:
    """Return shocks from rows of (day, yield in percent, overnight repo in percent).

    Yields become changes since the first row; a day without one keeps the day before's.
    """
    shocks: list[Shock] = []
    base, moved = None, 0.0
    for day, yield_pct, repo_pct in days:
        if yield_pct is not None:
            base = yield_pct if base is None else base
            moved = 100 * (yield_pct - base)
        since = (day - days[0][0]).days
        shocks.append(Shock(since, yield_bp=moved, repo_pct=repo_pct, source=source))
    return tuple(shocks)


def levels(shocks: Sequence[Shock]) -> tuple[Shock, ...]:
    """Return the shocks with each unstated input at its last stated level."""
    kept: list[Shock] = []
    for shock in shocks:
        last = kept[-1] if kept else Shock(shock.day)
        unstated = {name: getattr(last, name) for name in _RANGES if getattr(shock, name) is None}
        kept.append(replace(shock, **unstated))
    return tuple(kept)


# By what a stress reaches a basis trade; without all of them there is no verdict on the whole.
CHANNELS = {
    "yields": "yield_bp",
    "basis": "basis_32nds",
    "repo": "repo_pct",
    "haircut": "haircut_pct",
    "margin": "margin_usd",
}


def not_included(shocks: Sequence[Shock]) -> tuple[str, ...]:
    """Return the channels that a path does not state, in the order of `CHANNELS`.

    A repo rate counts only where a night is paid at it: one stated for the last day is not.
    """
    last = max((shock.day for shock in shocks), default=0)

    def reaches(shock: Shock, name: str) -> bool:
        return getattr(shock, name) is not None and (name != "repo_pct" or shock.day < last)

    return tuple(
        channel
        for channel, name in CHANNELS.items()
        if not any(reaches(shock, name) for shock in shocks)
    )


class _Book:
    """The position while the days pass: face and contracts held, loan, margin, cash."""

    def __init__(self, position: Held) -> None:
        held = position.held
        self.position = position
        self.locked_repo = float(held.repo_pct or 0.0)
        self.overnight_repo = self.locked_repo
        self.rolling = position.rolling_pct / 100
        self.face = held.face_usd
        self.contracts_per_face = position.sold / held.face_usd
        self.haircut = (held.haircut_pct or 0.0) / 100
        self.margin = _margin_usd(held)
        self.clean = held.clean_price
        self.dirty = held.dirty
        self.futures = held.futures_price
        self.loan = (1 - self.haircut) * held.dirty  # per 100 face
        self.cash = position.buffer_usd
        self.extra_interest = 0.0
        self.day = 0

    @property
    def equity(self) -> float:
        """Return what closing out would leave: cash, margin, and the bonds less the loan."""
        units = self.face / 100
        margin = self.margin * self.contracts_per_face * self.face
        return self.cash + margin + units * (self.dirty - self.loan)


def _margin_usd(held: Basis) -> float:
    value = held.futures_price * held.contract_face_usd / 100
    return value * (held.margin_pct or 0.0) / 100


def replay(position: Held, shocks: Sequence[Shock]) -> Replay:
    """Return the position's days under the shocks, in their order.

    Bonds are priced on each day at their spot yield plus the shift; the future follows from the
    repo forward, keeping today's net basis plus the basis shock. Short of cash, the holder sells
    bonds and buys futures back at the day's prices, just enough (no price impact).
    """
    _check(position, shocks)
    book = _Book(position)
    days: list[StressDay] = []
    events: dict[str, int] = {}
    locked = (position.held.locked_profit or 0.0) * position.held.face_usd / 100
    for shock in levels(shocks):
        days.append(_pass(book, shock))
        if days[-1].shortfall > 0:
            events.setdefault("liquidity", shock.day)
        if book.extra_interest > locked > 0:
            events.setdefault("funding", shock.day)
        if book.equity <= 0:
            events.setdefault("solvency", shock.day)
            break
    return Replay(tuple(days), tuple(sorted(events.items(), key=lambda item: item[1])))


def _pass(book: _Book, shock: Shock) -> StressDay:
    """Move the book to the shock's day; return that day."""
    units = book.face / 100
    contracts = book.contracts_per_face * book.face
    clean, dirty, futures, coupons = _prices(book.position, book.day, shock)
    interest = _interest(book, shock)
    variation = -contracts * book.position.held.contract_face_usd / 100 * (futures - book.futures)
    remargin = units * book.rolling * (1 - book.haircut) * (dirty - book.dirty)
    haircut_call = _haircut_call(book, shock, dirty)
    margin_call = _margin_call(book, shock, contracts)
    book.cash += variation + remargin - haircut_call - margin_call - interest + units * coupons
    book.loan += (remargin - haircut_call) / units if units else 0.0
    book.clean, book.dirty, book.futures, book.day = clean, dirty, futures, shock.day
    if shock.repo_pct is not None:
        book.overnight_repo = shock.repo_pct
    shortfall = max(-book.cash, 0.0)
    sold = _sell(book, shortfall)
    return StressDay(
        day=shock.day,
        clean_price=clean,
        futures_price=futures,
        variation_margin=variation,
        repo_margin=remargin,
        haircut_call=haircut_call,
        margin_call=margin_call,
        interest=interest,
        coupons=units * coupons,
        shortfall=shortfall,
        sold_face=sold,
        face=book.face,
        cash=book.cash,
        equity=book.equity,
    )


def _prices(position: Held, since: int, shock: Shock) -> tuple[float, float, float, float]:
    """Return clean, dirty and futures price on a day, and the coupons paid since the last."""
    held = position.held
    today = min(held.settlement + timedelta(days=shock.day), held.delivery)
    before = min(held.settlement + timedelta(days=since), held.delivery)
    clean = position.bond.clean_price(held.yield_pct + (shock.yield_bp or 0.0) / 100, today)
    paid = position.bond.coupon_dates(before, today)
    coupons = position.bond.coupon_pct / 2 * len(paid)
    left = (held.delivery - today).days
    dirty = clean + position.bond.accrued(today)
    carried = dirty * (1 + (held.repo_pct or 0.0) * left / 36_000)
    for day in position.bond.coupon_dates(today, held.delivery):
        waits = (held.delivery - day).days
        carried -= position.bond.coupon_pct / 2 * (1 + (held.repo_pct or 0.0) * waits / 36_000)
    forward = carried - held.accrued_delivery
    kept = (held.net_basis or 0.0) + (shock.basis_32nds or 0.0) / 32
    return clean, dirty, (forward - kept) / held.conversion_factor, coupons


def forward_per_dirty(held: Basis) -> float:
    """Return the points a future moves for a point on the dirty price, the net basis kept."""
    left = (held.delivery - held.settlement).days
    return (1 + (held.repo_pct or 0.0) * left / 36_000) / held.conversion_factor


def _interest(book: _Book, shock: Shock) -> float:
    """Return the interest since the last day; the rolling share pays the rate set on that day."""
    days = shock.day - book.day
    rate = book.overnight_repo
    per_rate = book.face / 100 * book.loan * days / 36_000
    extra = per_rate * book.rolling * (rate - book.locked_repo)
    book.extra_interest += extra
    return per_rate * book.locked_repo + extra


def _haircut_call(book: _Book, shock: Shock, dirty: float) -> float:
    if shock.haircut_pct is None:
        return 0.0
    rise = shock.haircut_pct / 100 - book.haircut
    book.haircut += rise
    return book.face / 100 * book.rolling * rise * dirty


def _margin_call(book: _Book, shock: Shock, contracts: float) -> float:
    if shock.margin_usd is None:
        return 0.0
    rise = shock.margin_usd - book.margin
    book.margin += rise
    return contracts * rise


def _sell(book: _Book, shortfall: float) -> float:
    """Sell just enough to cover a shortfall, all where that is not enough; return the face."""
    if shortfall <= 0 or book.face <= 0:
        return 0.0
    per_face = (book.equity - book.cash) / book.face  # capital that each dollar of face sets free
    sold = book.face if per_face <= 0 else min(shortfall / per_face, book.face)
    book.cash += per_face * sold
    book.face -= sold
    return sold


def _check(position: Held, shocks: Sequence[Shock]) -> None:
    if position.held.repo_pct is None:
        raise CalculatorError("input_missing", field="repo_pct", kind="stress", example="repo 3.90")
    check_number("buffer_usd", position.buffer_usd, 0, 1e13, "500000")
    check_number("rolling_pct", position.rolling_pct, 0, 100, "100")
    if position.contracts is not None:
        check_number("contracts", position.contracts, 0, 1e9, "895")
    if not shocks:
        raise CalculatorError("list_empty", field="shocks", example="yield +64bp")
    reached, last = 0, (position.held.delivery - position.held.settlement).days
    for shock in shocks:
        if check_number("day", shock.day, 0, 3660, "1") < reached:
            raise CalculatorError("dates_order", field="day", value=shock.day, example="0, 1, 8")
        if shock.day > last:
            delivery = position.held.delivery.isoformat()
            raise CalculatorError("shock_after_delivery", field="day", value=shock.day,
                                  last=last, delivery=delivery, example=last)  # fmt: skip
        reached = shock.day
        for field, (lowest, highest, example) in _RANGES.items():
            value = getattr(shock, field)
            if value is not None:
                check_number(field, value, lowest, highest, example)
