"""A report's figures beside what others say on the same question: whether they agree."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answering.ask import Ask
from bot.answering.compose import Draft, as_of_text, publisher, value_text
from bot.answering.ledger import Shelf
from bot.answering.reports.own import Known, OwnFigure, OwnReport
from bot.answering.reports.words import amount_words, cite, figure_words, shortened, with_quote
from bot.i18n import Lang, has, say
from knowledge.amounts import Amount, amounts, as_of_span, span_of
from knowledge.claims import is_evidence, is_own_arithmetic, ranked
from knowledge.figures import figures
from knowledge.parsing.readings import Reading
from knowledge.parsing.vocabulary import groups_in
from knowledge.report import Claim

MOST_OTHERS = 2
# Dates farther apart than this explain part of a difference.
_APART_DAYS = 45


def compare(draft: Draft, ask: Ask, known: Sequence[Known], shelf: Shelf) -> None:
    """Set a report's figures beside the ledger's on the same question, or say that none meet."""
    asked = shelf.lexicon.kind("publisher", ask.concepts)
    groups = groups_in(ask.text) or list(dict.fromkeys(f.reading.group for _, f in known))
    if _write_pairs(draft, groups, known, asked, shelf):
        return
    who = draft.say("own.others") if not asked else _named(asked, shelf, draft.lang)
    draft.add(draft.say("own.nothing_to_compare", publisher=who))
    if asked and groups_in(ask.text):
        _write_pairs(draft, groups, known, frozenset(), shelf)


def _write_pairs(
    draft: Draft, groups: Sequence[str], known: Sequence[Known], asked: frozenset[str], shelf: Shelf
) -> int:
    """Write a report's figure and another's on each question; return on how many."""
    pairs = [_pair(group, known, _rivals(group, asked, shelf)) for group in groups]
    found = [pair for pair in pairs if pair is not None][:MOST_OTHERS]
    for pair in found:
        _write_pair(draft, *pair)
        group = pair[1].reading.group
        if has(f"answer.why.{group}"):
            draft.note(f"answer.why.{group}")
    if found:
        draft.note("own.machine_read")
    return len(found)


def _named(asked: frozenset[str], shelf: Shelf, lang: Lang) -> str:
    """Return a publisher by the shortest of the names it goes by."""
    names = {publisher(c.claim, lang) for c in shelf.cards if asked & c.publishers}
    return min(names, key=len, default=say(lang, "own.others"))


def _rivals(group: str, asked: frozenset[str], shelf: Shelf) -> list[Claim]:
    """Return what others say on a question in numbers, those of the named publisher alone."""
    cards = [
        card
        for card in shelf.cards
        if card.claim.group == group
        and is_evidence(card.claim)
        and not is_own_arithmetic(card.claim)
        and (not asked or asked & card.publishers)
    ]
    return ranked(card.claim for card in cards)


_Pair = tuple[OwnReport, OwnFigure, Claim, Amount]


def _pair(group: str, known: Sequence[Known], rivals: Sequence[Claim]) -> _Pair | None:
    """Return the report's figure and the claim that are nearest in time, of one unit."""
    best: tuple[tuple[int, int, int], _Pair] | None = None
    for place, (report, figure) in enumerate(known):
        if figure.reading.group != group:
            continue
        for rank, claim in enumerate(rivals):
            amount = _comparable(figure.reading, claim)
            if amount is None:
                continue
            key = (_days_apart(report, figure.reading, claim), rank, place)
            if best is None or key < best[0]:
                best = (key, (report, figure, claim, amount))
    return best[1] if best else None


def _comparable(reading: Reading, claim: Claim) -> Amount | None:
    """Return the claim's amount in the reading's unit, None where it has another.

    The share of trades that have no haircut is no haircut: shares are told apart by their measure.
    """
    if ("share" in (claim.measure or "")) != ("share" in reading.measure_en):
        return None
    return next((a for a in amounts(claim) if a.unit == reading.unit and not a.per), None)


def _days_apart(report: OwnReport, reading: Reading, claim: Claim) -> int:
    ours, theirs = span_of(reading.as_of or report.published), as_of_span(claim)
    if ours is None or theirs is None:
        return 10_000
    return max((theirs[0] - ours[1]).days, (ours[0] - theirs[1]).days, 0)


def _write_pair(
    draft: Draft, report: OwnReport, figure: OwnFigure, claim: Claim, amount: Amount
) -> None:
    """Write both figures and whether they agree, each with its source and date."""
    reading = figure.reading
    quote = shortened(reading.sentence, figure.passage.lang)
    number = cite(draft, report, figure.passage, quote, reading.as_of)
    own_words = draft.say("own.compare_own", figure=figure_words(reading, draft.lang))
    draft.add(with_quote(own_words, quote, figure.passage, draft.lang), numbers=[number])
    draft.add_claim(claim)
    ours = amount_words(reading.value, reading.unit, draft.lang)
    theirs = amount_words(amount.value, amount.unit, draft.lang)
    if amount.is_range:
        theirs = value_text(claim, draft.lang) or theirs
    draft.add(_verdict(draft, reading, claim, amount, (ours, theirs)), [claim], [number])
    when = reading.as_of or report.published
    if not when:
        draft.note("own.no_date")
    elif _days_apart(report, reading, claim) > _APART_DAYS:
        draft.note("own.other_time", own=when, other=as_of_text(claim, draft.lang))


def _verdict(
    draft: Draft, reading: Reading, claim: Claim, amount: Amount, words: tuple[str, str]
) -> str:
    ours, theirs = words
    slack = _rounding(reading)
    if amount.low - slack <= reading.value <= amount.high + slack:
        return draft.say("own.agree", own=ours, other=theirs)
    gap = reading.value / amount.value - 1 if amount.value else 0.0
    return draft.say(
        "own.differ",
        own=ours,
        other=theirs,
        publisher=publisher(claim, draft.lang),
        percent=f"{abs(gap) * 100:.0f}",
        direction=draft.say("own.higher" if gap > 0 else "own.lower"),
    )


def _rounding(reading: Reading) -> float:
    """Return half a unit of the last digit that the report wrote."""
    figure = next(iter(figures(reading.written)), None)
    decimals = figure.decimals if figure else 0
    return 0.5 * float(10.0**-decimals) * reading.scale
