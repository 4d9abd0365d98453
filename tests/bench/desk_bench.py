"""The calculators against QuantLib: a basket, a history, the switch option, a stress replay.

Then how long malformed inputs take to be refused.

One process, CPU time, medians of interleaved rounds, each work repeated within a round so that
both sides run warm. QuantLib is driven from Python as its cookbook does, the flows of a bond
filtered by date; a loop that stops at the first later flow is shown beside. `from scratch` builds
each bond anew, `reused` keeps them. It has no conversion factor and no implied repo, so these are
formed from its 6 % price, accrued interest and cash flows. The days of the history are sampled
for QuantLib and the rest extrapolated, which the note says.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import QuantLib as ql  # noqa: N813  # its own name for itself

from bot.desk import commands as desk
from bot.desk.commands import corrected
from bot.i18n import LANGS
from bot.render.trouble import sentence
from tests.bench.rows import Row, spread
from tests.bot.desk.asking import KNOWN, TODAY, basis_of
from tests.bot.desk.malformed_desk import MALFORMED as MALFORMED_DESK
from tests.bot.reading.malformed import MALFORMED as MALFORMED_BASIS
from tests.tools.malformed import malformed as malformed_rows
from tests.tools.months import contract_months
from tools.basis import basis
from tools.basis_inputs import BasisInputs
from tools.batch import compute
from tools.bonds import Bond
from tools.calendar import last_delivery_day
from tools.contracts import ContractMonth
from tools.coupons import day_number, day_numbers
from tools.ctd import Deliverable, rank
from tools.errors import CalculatorError
from tools.options import forwards_of, switch_option
from tools.panel import Panel, panel
from tools.stress import Held, Shock, replay

ROUNDS, HISTORY_ROUNDS = 31, 5
BONDS, DAYS, SAMPLED = 30, 5_000, 20
REPO = 3.9
FIRST = date(2006, 1, 2)
FUTURES = 112.515625


@dataclass(frozen=True)
class Quoted:
    """A bond as both sides get it."""

    coupon_pct: float
    maturity: date
    clean_price: float


def basket_of(contract: ContractMonth) -> list[Quoted]:
    """Return thirty bonds that TY accepts, six and a half to seven and a half years long."""
    made = []
    for place in range(BONDS):
        months = contract.month - 1 + 79 + place % 12
        maturity = date(contract.year + months // 12, months % 12 + 1, 15)
        coupon = 2.0 + place * 0.125
        made.append(Quoted(coupon, maturity, 80.0 + 4 * coupon + place / 64))
    return made


Given = dict[str, Any]


def given_of(contract: ContractMonth, bonds: Sequence[Quoted], settlement: date) -> Given:
    """Return the basket as the panel takes it."""
    months, steps = contract_months([contract])
    return {
        "futures_price": FUTURES,
        "clean_price": np.array([bond.clean_price for bond in bonds]),
        "coupon_pct": np.array([bond.coupon_pct for bond in bonds]),
        "maturity": day_numbers(bond.maturity for bond in bonds),
        "settlement": np.asarray(day_number(settlement)),
        "delivery": np.asarray(day_number(last_delivery_day(contract))),
        "delivery_month": months[0],
        "factor_months": steps[0],
        "repo_pct": REPO,
    }


def terms_of(
    contract: ContractMonth, bonds: Sequence[Quoted], settlement: date
) -> tuple[BasisInputs, list[Deliverable]]:
    """Return the basket as the desk's calculators take it."""
    first = bonds[0]
    terms = BasisInputs(contract, FUTURES, first.coupon_pct, first.maturity, first.clean_price,
                        settlement, repo_pct=REPO)  # fmt: skip
    return terms, [Deliverable(b.coupon_pct, b.maturity, b.clean_price) for b in bonds]


def ours(given: Given) -> Panel:
    """Return the basket's factors, bases, implied repos and cheapest."""
    found = panel(**given)
    _ = found.ctd
    return found


# QuantLib


def _day(day: date) -> ql.Date:
    return ql.Date(day.day, day.month, day.year)


_CALENDAR = ql.NullCalendar()
_HALF = ql.Period(ql.Semiannual)
_THIRTY = ql.Thirty360(ql.Thirty360.BondBasis)


def _built(coupon: float, issued: ql.Date, maturity: ql.Date, thirty: bool) -> ql.FixedRateBond:
    schedule = ql.Schedule(issued, maturity, _HALF, _CALENDAR, ql.Unadjusted, ql.Unadjusted,
                           ql.DateGeneration.Backward, False)  # fmt: skip
    counter = _THIRTY if thirty else ql.ActualActual(ql.ActualActual.ISMA, schedule)
    return ql.FixedRateBond(0, 100.0, schedule, [coupon / 100], counter)


@dataclass(frozen=True)
class Theirs:
    """A deliverable as QuantLib holds it: the bond, and the one that its factor prices."""

    bond: ql.FixedRateBond
    notional: ql.FixedRateBond
    month: ql.Date


def theirs(quoted: Quoted, contract: ContractMonth) -> Theirs:
    """Build a deliverable: a bond issued ten years before, and its notional twin."""
    maturity = _day(quoted.maturity)
    issued = maturity - ql.Period(10, ql.Years)
    month = ql.Date(1, contract.month, contract.year)
    whole = (quoted.maturity.year - contract.year) * 12 + quoted.maturity.month - contract.month
    end = month + ql.Period(whole // 3 * 3, ql.Months)
    notional = _built(quoted.coupon_pct, month - ql.Period(12, ql.Months), end, thirty=True)
    return Theirs(_built(quoted.coupon_pct, issued, maturity, thirty=False), notional, month)


Paid = tuple[float, float]


def filtered(bond: ql.FixedRateBond, start: ql.Date, end: ql.Date) -> Paid:
    """Return the coupons between two days, and their sum weighted by the days they wait."""
    flows = [(f.date(), f.amount()) for f in bond.cashflows() if start < f.date() <= end]
    return sum(amount for _, amount in flows), sum(a * (end - day) for day, a in flows)


def cut_short(bond: ql.FixedRateBond, start: ql.Date, end: ql.Date) -> Paid:
    """Return the same, stopping at the first later flow."""
    coupons = idle = 0.0
    for flow in bond.cashflows():
        paid = flow.date()
        if paid > end:
            break
        if paid > start:
            coupons += flow.amount()
            idle += flow.amount() * (end - paid)
    return coupons, idle


def by_quantlib(
    made: Sequence[Theirs],
    bonds: Sequence[Quoted],
    settlement: date,
    delivery: date,
    between: Callable[[ql.FixedRateBond, ql.Date, ql.Date], Paid] = filtered,
) -> tuple[list[float], list[float], list[float], int]:
    """Return factors, net bases, implied repos and the place of the cheapest."""
    start, end = _day(settlement), _day(delivery)
    days = end - start
    factors, nets, rates = [], [], []
    for one, quoted in zip(made, bonds, strict=True):
        price = ql.BondFunctions.cleanPrice(one.notional, 0.06, _THIRTY, ql.Compounded,
                                            ql.Semiannual, one.month)  # fmt: skip
        factor = round(price / 100, 4)
        dirty = quoted.clean_price + one.bond.accruedAmount(start)
        accrued = one.bond.accruedAmount(end)
        coupons, idle = between(one.bond, start, end)
        exposure = dirty * days - idle
        invoice = FUTURES * factor
        forward = dirty - coupons - accrued + exposure * REPO / 36_000
        factors.append(factor)
        nets.append(forward - invoice)
        rates.append(36_000 * (invoice + accrued + coupons - dirty) / exposure)
    return factors, nets, rates, int(np.argmax(rates))


# Clocks


Work = tuple[Callable[[], object], int]


def cpu(work: Callable[[], object], times: int) -> float:
    """Return the CPU seconds of a piece of work, done some times over."""
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


def interleaved(works: Sequence[Work], rounds: int) -> list[float]:
    """Return the median CPU milliseconds of each work, all run in turn."""
    took: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for place, (work, times) in enumerate(works):
            took[place].append(1000 * cpu(work, times))
    return [statistics.median(times) for times in took]


def _basket_rows() -> list[Row]:
    contract, settlement = ContractMonth("TY", 2027, 3), date(2026, 11, 25)
    bonds, delivery = basket_of(contract), last_delivery_day(contract)
    kept = [theirs(bond, contract) for bond in bonds]

    def scratch() -> object:
        return by_quantlib([theirs(b, contract) for b in bonds], bonds, settlement, delivery)

    def reused() -> object:
        return by_quantlib(kept, bonds, settlement, delivery)

    given = given_of(contract, bonds, settlement)

    def own() -> Panel:
        return ours(given_of(contract, bonds, settlement))

    def kept_own() -> Panel:
        return ours(given)

    def lean() -> object:
        return by_quantlib(kept, bonds, settlement, delivery, cut_short)

    own(), scratch()
    terms, deliverables = terms_of(contract, bonds, settlement)

    def ranked() -> object:
        return rank(terms, deliverables)

    works = ((own, 20), (kept_own, 20), (scratch, 2), (reused, 2), (lean, 2), (ranked, 2))
    mine, held, built, again, short, desk_s = interleaved(works, ROUNDS)
    found, oracle = own(), by_quantlib(kept, bonds, settlement, delivery)
    apart = max(
        float(np.abs(found.net_basis - np.array(oracle[1])).max()),
        float(np.abs(found.implied_repo_pct - np.array(oracle[2])).max()),
    )
    same = found.conversion_factor.tolist() == oracle[0] and int(found.ctd) == oracle[3]
    return [
        Row("basket of 30: factors, net, repo, CTD", mine, "ms", "goal under 0.6 ms"),
        Row("  QuantLib, built from scratch", built, "ms", f"{built / mine:.0f}x; goal 25x"),
        Row("  ours, arrays reused", held, "ms"),
        Row("  QuantLib, bonds reused", again, "ms", f"{again / held:.0f}x; goal 20x"),
        Row("  QuantLib, reused, loop cut short", short, "ms", f"{short / held:.0f}x"),
        Row("  largest difference", f"{apart:.1e}", "points",
            f"goal 1e-8; factors and CTD {'equal' if same else 'DIFFER'}"),
        Row("basket of 30 as /ctd ranks it", desk_s, "ms", "checks, yields, DV01s, notes too"),
    ]  # fmt: skip


@dataclass(frozen=True)
class History:
    """Days, the contract held on each, and thirty bonds a contract."""

    days: list[date]
    contracts: list[ContractMonth]
    baskets: dict[ContractMonth, list[Quoted]]


def history() -> History:
    """Return 5,000 weekdays over some eighty quarterly contracts."""
    days: list[date] = []
    day = FIRST
    while len(days) < DAYS:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    contract = ContractMonth("TY", 2006, 3)
    held: list[ContractMonth] = []
    for day in days:
        while day >= date(contract.year, contract.month, 1):
            contract = contract.next()
        held.append(contract)
    return History(days, held, {c: basket_of(c) for c in dict.fromkeys(held)})


@dataclass(frozen=True)
class Arrays:
    """The history as the panel takes it."""

    settlement: np.ndarray
    delivery: np.ndarray
    month: np.ndarray
    step: np.ndarray
    coupon: np.ndarray
    maturity: np.ndarray
    price: np.ndarray


def arrays(past: History) -> Arrays:
    """Return the history's inputs, one row a day, one column a bond."""
    order = {contract: place for place, contract in enumerate(past.baskets)}
    which = np.array([order[contract] for contract in past.contracts])
    months, steps = contract_months(list(order))
    deliveries = day_numbers(last_delivery_day(contract) for contract in order)
    baskets = list(past.baskets.values())
    return Arrays(
        settlement=day_numbers(past.days)[:, None],
        delivery=deliveries[which][:, None],
        month=months[which][:, None],
        step=steps[which][:, None],
        coupon=np.array([[b.coupon_pct for b in basket] for basket in baskets])[which],
        maturity=np.array([day_numbers(b.maturity for b in basket) for basket in baskets])[which],
        price=np.array([[b.clean_price for b in basket] for basket in baskets])[which],
    )


def whole(given: Arrays) -> Panel:
    """Return the history's figures at once."""
    found = panel(
        futures_price=FUTURES, clean_price=given.price, coupon_pct=given.coupon,
        maturity=given.maturity, settlement=given.settlement, delivery=given.delivery,
        delivery_month=given.month, factor_months=given.step, repo_pct=REPO,
    )  # fmt: skip
    _ = found.ctd
    return found


def _history_rows() -> list[Row]:
    past = history()
    given = arrays(past)
    whole(given)
    sample = list(range(0, DAYS, DAYS // SAMPLED))[:SAMPLED]

    def sampled(made: Callable[[ContractMonth], list[Theirs]]) -> list[object]:
        return [
            by_quantlib(
                made(past.contracts[at]), past.baskets[past.contracts[at]], past.days[at],
                last_delivery_day(past.contracts[at]),
            )
            for at in sample
        ]  # fmt: skip

    kept = {c: [theirs(b, c) for b in past.baskets[c]] for c in {past.contracts[a] for a in sample}}

    def anew(contract: ContractMonth) -> list[Theirs]:
        return [theirs(bond, contract) for bond in past.baskets[contract]]

    works: list[Work] = [
        (lambda: whole(given), 1),
        (lambda: sampled(anew), 1),
        (lambda: sampled(kept.__getitem__), 1),
    ]
    mine, scratch, reused = interleaved(works, HISTORY_ROUNDS)
    scale = DAYS / SAMPLED
    found = whole(given)
    apart = max(
        float(np.abs(found.implied_repo_pct[at] - np.array(answer[2])).max())
        for at, answer in zip(sample, sampled(kept.__getitem__), strict=True)
    )  # fmt: skip
    tracemalloc.start()
    whole(given)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    note = f"{SAMPLED} days measured, the rest extrapolated"
    return [
        Row("history of 5,000 days x 30 bonds", mine / 1000, "s",
            f"goal under 0.2 s; {1e6 * mine / (DAYS * BONDS):.0f} ns a bond-day"),
        Row("  QuantLib, built from scratch", scratch * scale / 1000, "s",
            f"{scratch * scale / mine:.0f}x; goal 120x; {note}"),
        Row("  QuantLib, bonds reused", reused * scale / 1000, "s",
            f"{reused * scale / mine:.0f}x; {note}"),
        Row("  largest difference of implied repo", f"{apart:.1e}", "%", "goal 1e-8"),
        Row("  memory at the peak of the run", peak, "MiB", "beyond its inputs"),
    ]  # fmt: skip


def _option_rows() -> list[Row]:
    contract, settlement = ContractMonth("TY", 2027, 3), date(2026, 11, 25)
    terms, bonds = terms_of(contract, basket_of(contract), settlement)
    forwards = forwards_of(rank(terms, bonds))
    held = basis(replace(terms, haircut_pct=2.0, margin_usd=1850.0, face_usd=1e8))
    position = Held(held, Bond(terms.coupon_pct, terms.maturity), 5e5)
    path = [Shock(day, yield_bp=64 * day / 120, basis_32nds=-day / 12) for day in range(121)]
    option, stress = interleaved(
        ((lambda: switch_option(forwards, 100.0), 2), (lambda: replay(position, path), 1)), ROUNDS
    )
    return [
        Row("switch option on 30 bonds", option, "ms", "goal under 20 ms; 2,001 nodes"),
        Row("stress replay of 121 days", stress, "ms", "goal under 50 ms"),
    ]


# Malformed inputs


Refusals = Iterator[tuple[str, Callable[[], object]]]


def words_refused() -> Refusals:
    """Yield each malformed text of the tests, and all that its refusal takes.

    That is to read it, to find words that would have worked, and the sentence in both languages.
    """
    for text in MALFORMED_BASIS:
        yield f"/basis {text}", partial(_refused, "basis", text)
    for command, texts in MALFORMED_DESK.items():
        for text in texts:
            yield f"/{command} {text}", partial(_refused, command, text)


def rows_refused() -> Refusals:
    """Yield each malformed row of a batch in the tests, and the naming of its input at fault."""
    for kind, inputs, field in malformed_rows():
        try:
            compute(kind, inputs)
        except CalculatorError:
            yield f"{kind}: a bad {field}", partial(_row_refused, kind, inputs)


def _refused(command: str, text: str) -> list[str]:
    try:
        if command == "basis":
            basis_of(text, TODAY)
        else:
            desk.answer(command, text, KNOWN)
    except CalculatorError as error:
        if command == "basis":
            works = corrected(text, error, TODAY)
        else:
            works = desk.corrected(command, text, error, KNOWN)
        return [works, *(sentence(error, lang) for lang in LANGS)]
    raise AssertionError(text)


def _row_refused(kind: str, inputs: dict[str, Any]) -> CalculatorError:
    try:
        compute(kind, inputs)
    except CalculatorError as error:
        return error
    raise AssertionError(kind)


def _refusal_rows(label: str, refusals: Refusals) -> list[Row]:
    took = []
    for name, refuse in refusals:
        refuse()  # warm: calendar, sentences, caches
        took.append((1000 * min(cpu(refuse, 1) for _ in range(3)), name))
    slowest, culprit = max(took)
    middle, high = spread([ms for ms, _ in took])
    return [
        Row(label, f"{len(took):,}", "inputs", "each: best of 3 runs, warm"),
        Row("  median", middle, "ms"),
        Row("  95th percentile", high, "ms"),
        Row("  slowest", slowest, "ms", f"goal under 50 ms; {culprit[:48]!r}"),
    ]


def run() -> list[Row]:
    """Measure ours beside QuantLib, one after the other in turn."""
    return [*_basket_rows(), *_history_rows(), *_option_rows(),
            *_refusal_rows("malformed words after a command", words_refused()),
            *_refusal_rows("malformed rows of a batch", rows_refused())]  # fmt: skip
