"""Claims that were said -> what must stand beside them: another figure, a newer one, a caution."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answering.ask import Ask
from bot.answering.compose import OLD_DAYS, Draft, as_of_text, last_date_text, publisher
from bot.answering.ledger import Shelf
from bot.answering.pick import MOST_LINES
from bot.i18n import has
from knowledge.claims import amounts, as_of_span, is_evidence, is_own_arithmetic
from knowledge.disagreement import differing, newer, why
from knowledge.figures import Figure, figures, same
from knowledge.report import Claim

MOST_RIVALS = 2
_LARGE_USD = 1e9


def write(draft: Draft, ask: Ask, chosen: Sequence[Claim], shelf: Shelf) -> None:
    """Set beside the first claim what disputes it, what differs from it and what is newer."""
    if not chosen or len(draft.statements) >= MOST_LINES:
        return
    first = chosen[0]
    _disputing(draft, first, shelf)
    if not ask.spans and not shelf.lexicon.kind("publisher", ask.concepts):
        _newer(draft, first, shelf)
    for other in differing(first, shelf.ledger)[:MOST_RIVALS]:
        draft.add_claim(other)
        _say_why(draft, first, other)


def _disputing(draft: Draft, first: Claim, shelf: Shelf) -> None:
    """Add a claim that corrects or disputes the first one."""
    for other in shelf.ledger.related(first):
        doubtful = {"disputed", "contradicted"} & {other.status, first.status}
        if doubtful and is_evidence(other) and other.id not in draft.claims:
            draft.add_claim(other)
            return


def _newer(draft: Draft, first: Claim, shelf: Shelf) -> None:
    if (later := newer(first, shelf.ledger)) is None:
        return
    draft.add_claim(later)
    draft.note("answer.differ.newer", date=as_of_text(later, draft.lang))


def _say_why(draft: Draft, first: Claim, other: Claim) -> None:
    """Say why both may be right: the group's own sentence, else the measure or the date."""
    if has(f"answer.why.{first.group}"):
        draft.note(f"answer.why.{first.group}")
        return
    reason = why(first, other)
    names = {"first": publisher(first, draft.lang), "second": publisher(other, draft.lang)}
    if reason == "date":
        names = {"first": as_of_text(first, draft.lang), "second": as_of_text(other, draft.lang)}
    measures = {"one": first.measured(draft.lang), "other": other.measured(draft.lang)}
    draft.note(f"answer.differ.{reason}", **names, **measures)


def caution(draft: Draft, ask: Ask, shelf: Shelf) -> None:
    """Say of a large figure in the question that no claim of the answer states it."""
    said = [f for i in draft.claims for f in _stated(shelf.ledger[i])]
    for figure in ask.figures:
        if _is_telling(figure) and not any(same(figure, known) for known in said):
            draft.note("answer.differ.unseen", figure=figure.text.strip())


def age(draft: Draft, ask: Ask, answering: Sequence[Claim], shelf: Shelf) -> None:
    """Say how old the newest figure is where now is asked for and `answering` holds an old one.

    A run without an end, a day and a row without a figure have no age; nor has own arithmetic.
    """
    if ask.spans or not ask.asks("current"):
        return
    series = [c for claim in answering for c in _series(claim, shelf) if _is_point(c)]
    dated = [(span[1], claim) for claim in series if (span := as_of_span(claim))]
    last, newest = max(dated, key=lambda pair: pair[0], default=(draft.today, None))
    if newest is None or (draft.today - last).days <= OLD_DAYS:
        return
    months = (draft.today.year - last.year) * 12 + draft.today.month - last.month
    months -= draft.today.day < last.day
    date = last_date_text(newest, draft.lang)
    draft.note("answer.differ.newest_held", date=date, months=months)


def _series(claim: Claim, shelf: Shelf) -> list[Claim]:
    """Return a claim and the evidence of the same measure, whoever's figures they are."""
    group = shelf.ledger.group(claim.group) if claim.measure else ()
    return [claim, *(c for c in group if c.measure == claim.measure and is_evidence(c))]


def _is_point(claim: Claim) -> bool:
    return bool(amounts(claim)) and not is_own_arithmetic(claim) and not claim.as_of.endswith("..")


def _stated(claim: Claim) -> list[Figure]:
    return figures(f"{claim.statement_en} ; {claim.statement_zh}")


def _is_telling(figure: Figure) -> bool:
    if figure.unit in {"usd", ""}:
        return figure.value >= _LARGE_USD
    return figure.unit in {"percent", "times"}
