"""A claim of the ledger -> those that give another figure for it, and the newer one of its measure.

Two figures differ where both answer one question (`group`) in one unit, are linked as each other's
counterpart (`related`) and lie further apart than rounding. Why they may both be right is said by
their measures and dates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from knowledge.amounts import Amount, amounts, as_of_span
from knowledge.claims import Ledger, is_evidence, is_own_arithmetic
from knowledge.figures import When, figures, narrow, whens
from knowledge.glossary import simplified
from knowledge.report import Claim

Reason = Literal["measure", "date", "source"]
# Two figures closer than this (a share of the larger) are one figure, rounded differently.
ROUNDING = 0.02


def differing(claim: Claim, ledger: Ledger) -> tuple[Claim, ...]:
    """Return the evidence that gives another figure for the same question, best source first."""
    if is_own_arithmetic(claim):
        return ()
    return tuple(
        other
        for other in ledger.related(claim)
        if other.group == claim.group
        and is_evidence(other)
        and not is_own_arithmetic(other)
        and _differ(amounts(claim), amounts(other))
    )


def _differ(ours: Sequence[Amount], theirs: Sequence[Amount]) -> bool:
    return len(ours) == len(theirs) and any(map(apart, ours, theirs))


def apart(one: Amount, other: Amount) -> bool:
    """Return whether two amounts of one unit are further apart than rounding; ranges by their ends.

    Amounts of two units are not comparable, so they are not apart.
    """
    if (one.unit, one.per) != (other.unit, other.per):
        return False
    gap = max(one.low, other.low) - min(one.high, other.high)
    return gap > ROUNDING * max(abs(one.high), abs(other.high))


def why(one: Claim, other: Claim) -> Reason:
    """Return what tells two differing claims apart first: the measure, the date, or who speaks."""
    if one.measure != other.measure:
        return "measure"
    return "date" if as_of_span(one) != as_of_span(other) else "source"


def newer(claim: Claim, ledger: Ledger) -> Claim | None:
    """Return the newest linked or neighbouring claim of the same measure that is later, if any.

    Where one measure is published of several (a country each), only a linked claim is the same.
    """
    mine = as_of_span(claim)
    if mine is None or claim.measure is None or _single(claim) is None:
        return None
    series = [c for c in ledger.group(claim.group) if c.measure == claim.measure]
    named = [c for c in series if c in ledger.related(claim)] or _of_one(series)
    later = [
        (span[1], c)
        for c in named
        if is_evidence(c)
        and _single(c) is not None
        and (span := as_of_span(c))
        and span[1] > mine[1]
    ]
    return max(later, key=lambda pair: pair[0])[1] if later else None


def _of_one(series: list[Claim]) -> list[Claim]:
    """Return a series if it has one claim a date, none where a date has several."""
    dates = [c.as_of for c in series]
    return series if len(dates) == len(set(dates)) else []


def _single(claim: Claim) -> Amount | None:
    found = amounts(claim)
    return found[0] if len(found) == 1 else None


# What a question asks for: a day, or an amount.
_DAY = re.compile(
    r"\bwhen\b|\bdates?\b|\bwhat day\b|时间|日期|什么时候|何时|哪(?:一)?[天年月日]", re.I
)
_AMOUNT = re.compile(
    r"how (?:many|much|big|large|high|long|old)|\bnumber of\b|多少|几[个名次级]|震级|多[大高长]",
    re.I,
)


def agreement(question: str, one: str, other: str) -> float | None:
    """Return 1.0 where two texts give the same day or amount, 0.0 where another, as asked.

    None where the question asks for neither: then nothing is told of them. What the question
    says itself does not count.

    >>> agreement("When did runoff end?", "Runoff ended on 1 December 2025.", "On 2025-12-01.")
    1.0
    """
    asked, a, b = (simplified(narrow(text)) for text in (question, one, other))
    if _DAY.search(asked):
        return float(_same_day(asked, a, b))
    if _AMOUNT.search(asked):
        return float(bool((_amounts(a) & _amounts(b)) - _amounts(asked)))
    return None


def _same_day(asked: str, a: str, b: str) -> bool:
    known = {w.iso for w in whens(asked)}
    first, second = ([w for w in whens(t) if w.day and w.iso not in known] for t in (a, b))
    return any(_one_day(x, y) for x in first for y in second)


def _one_day(x: When, y: When) -> bool:
    if (x.month, x.day) != (y.month, y.day):
        return False
    return None in (x.year, y.year) or x.year == y.year


def _amounts(text: str) -> frozenset[tuple[float, str]]:
    """Return the amounts of a text with their units, or the character behind them."""
    plain = narrow(text)
    return frozenset(
        (round(f.value, 6), f.unit or plain[f.span[1] : f.span[1] + 1]) for f in figures(plain)
    )
