"""A follow-up and the questions before it -> the whole question that it stands for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from bot.answering import stated
from bot.answering.ask import Ask, read
from bot.answering.lexicon import Lexicon
from bot.answering.words import tidy

# Kinds of names that a follow-up exchanges in the question before ("and the OFR?").
_KINDS = ("publisher", "holder", "episode")
_OPENING = re.compile(
    r"^(?:and |but |so |then |ok |okay |what about |how about |what of |and what about |same for |"
    r"那么?|还有|以及|换成|如果是|再问)+[\s,\uff0c]*",
    re.IGNORECASE,
)
_TAIL = re.compile(r"(?:呢|吗)?[?\uff1f.\u3002!\s]*$")
# What a question asks of its topic; a follow-up with its own aspect leaves the old one behind.
_ASPECTS = frozenset(
    {"size", "growth", "leverage", "share", "risk", "causation", "profit", "benefit"}
)
# Not "who says so": that asks for the source of what was said.
_WHO = re.compile(r"^(?:and |but |so |那么?|又)?(?:who\b(?! (?:says?|said|wrote))|谁(?!说))")
_ASKING = re.compile(
    r"(?:who|what|which|why|when|how (?:big|large))\b|.*有多大|谁|什么|哪|为什么|何时"
)
_SHORT_WORDS, _SHORT_CHARS = 6, 14
_LONGEST_RESTATEMENT = 24


def whole_question(ask: Ask, earlier: Sequence[Ask], lexicon: Lexicon) -> str:
    """Return the question in full; its own text where it stands alone or nothing came before."""
    text = ""
    for before in (*(e for e in earlier if not e.asks("greeting")), ask):
        if text and is_restatement(before, read(text, before.lang, lexicon, date.max)):
            text = stated.restated(text, before.text)[0]
            continue
        leans = (
            bool(text)
            and _leans(before, lexicon)
            and not _figures_of_its_own(before, text, lexicon)
        )
        text = _joined(before, text, lexicon) if leans else before.text
    return text


def _figures_of_its_own(ask: Ask, before: str, lexicon: Lexicon) -> bool:
    """Tell whether figures that a calculation has no place for make a question one of its own.

    So does a day beside a calculation without one. Joined to the calculation they would be told
    with its old result.
    """
    if not stated.read(before).places:
        return False
    if ask.whens:
        return not read(before, ask.lang, lexicon, date.max).whens
    return bool(ask.figures)


def is_restatement(ask: Ask, earlier: Ask) -> bool:
    """Tell whether a follow-up to a calculation gives one of its figures anew: "margin 3%?"."""
    calculated = earlier.figures and any(name.startswith("calc_") for name in earlier.intents)
    says = ask.figures or stated.multiplies(ask.text)
    if not (calculated and says) or len(ask.reading.tokens) > _LONGEST_RESTATEMENT:
        return False
    text, unplaced = stated.restated(earlier.text, ask.text)
    return bool(unplaced) or text != stated.read(earlier.text).text


def unplaced_figures(ask: Ask, earlier: Sequence[Ask], lexicon: Lexicon) -> tuple[str, ...]:
    """Return the figures of a follow-up of which it is open which earlier one they replace."""
    if not earlier:
        return ()
    text = whole_question(earlier[-1], earlier[:-1], lexicon)
    if not is_restatement(ask, read(text, ask.lang, lexicon, date.max)):
        return ()
    return tuple(figure.text for figure in stated.restated(text, ask.text)[1])


def _leans(ask: Ask, lexicon: Lexicon) -> bool:
    """Tell whether a question needs the one before: it opens with "and", is short, says "it"."""
    opens = bool(_OPENING.match(ask.folded))
    short = len(ask.reading.tokens) <= (_SHORT_CHARS if ask.lang == "zh" else _SHORT_WORDS)
    own = len(_subjects(ask, lexicon))
    if opens and own < 3:
        return True
    if ask.asks("pronoun") and own < 2:
        return True
    if _is_whole(ask, own):
        return False
    asks = ask.asks("why", "how_much", "claim_check") or _WHO.search(ask.folded)
    return short and own < 2 and bool(ask.concepts or ask.spans or asks)


def _is_whole(ask: Ask, own: int) -> bool:
    """Tell whether a question stands alone, however short: "What is a haircut?", "haircut"."""
    one_term = len(ask.reading.mentions) == 1 and not ask.reading.rest and not ask.spans
    if ask.asks("what_is") or (one_term and not ask.concepts <= _ASPECTS):
        return own > 0
    return bool(_ASKING.match(ask.folded)) and own > 0 and len(ask.concepts) > 1


def _subjects(ask: Ask, lexicon: Lexicon) -> frozenset[str]:
    named = frozenset().union(*(lexicon.kind(kind, ask.concepts) for kind in _KINDS))
    return ask.concepts - named - {"now", "size", "treasury"}


def _joined(ask: Ask, before: str, lexicon: Lexicon) -> str:
    """Put what the follow-up names into the question before: its date, its name, its subject."""
    earlier = read(before, ask.lang, lexicon, date.max)
    text = before
    if ask.whens:
        text = _with_date(text, earlier, ask)
        earlier = read(text, ask.lang, lexicon, date.max)
    if _is_another_aspect(ask, lexicon):
        return _about(ask, earlier, lexicon)
    swapped = text
    for kind in _KINDS:
        swapped = _with_name(swapped, ask, lexicon, kind)
    if _subjects(ask, lexicon) or (swapped in {before, tidy(before)} and not ask.whens):
        return _combined(swapped, ask)
    return swapped


def _is_another_aspect(ask: Ask, lexicon: Lexicon) -> bool:
    """Tell whether a follow-up asks something else of the same topic: "is it risky", "who does"."""
    if ask.asks("pronoun") and _subjects(ask, lexicon) | (ask.concepts & {"size"}):
        return True
    if _WHO.search(ask.folded) and not _subjects(ask, lexicon):
        return True
    return bool(ask.concepts) and ask.concepts <= _ASPECTS


def _with_date(text: str, earlier: Ask, ask: Ask) -> str:
    new = ask.text[ask.whens[0].span[0] : ask.whens[-1].span[1]]
    if not earlier.whens:
        stem = _TAIL.sub("", text)
        return f"{new}{stem}\uff1f" if ask.lang == "zh" else f"{stem} in {new}?"
    first, last = earlier.whens[0].span[0], earlier.whens[-1].span[1]
    return text[:first] + new + text[last:]


def _with_name(text: str, ask: Ask, lexicon: Lexicon, kind: str) -> str:
    """Exchange the names of one kind in a text for those that the follow-up says."""
    said, text = tidy(ask.text), tidy(text)
    new = _spans_of(said, lexicon, kind)
    if not new:
        return text
    name = said[new[0][0] : new[-1][1]]
    old = _spans_of(text, lexicon, kind)
    if not old:
        stem = _TAIL.sub("", text)
        return f"{name}\uff0c{stem}\uff1f" if ask.lang == "zh" else f"{stem}, {name}?"
    return text[: old[0][0]] + name + text[old[-1][1] :]


def _spans_of(text: str, lexicon: Lexicon, kind: str) -> list[tuple[int, int]]:
    """Return where a text says names of a kind, in its own characters."""
    reading = lexicon.read(text)
    wanted = lexicon.kind(kind, reading.concepts)
    return [
        (reading.tokens[m.start].start, reading.tokens[m.end - 1].end)
        for m in reading.mentions
        if m.concept in wanted
    ]


def _about(ask: Ask, earlier: Ask, lexicon: Lexicon) -> str:
    """Put what the question before was about behind a follow-up that says "it"."""
    wanted = _subjects(earlier, lexicon) - ask.concepts - _ASPECTS
    topics = [
        ask_text
        for m in earlier.reading.mentions
        if m.concept in wanted
        and (ask_text := tidy(earlier.text)[_at(earlier, m.start)[0] : _at(earlier, m.end - 1)[1]])
    ]
    joined = " ".join(dict.fromkeys(topics))
    if not joined:
        return _combined(earlier.text, ask)
    said = _TAIL.sub("", ask.text)
    return f"{said}\uff0c{joined}\uff1f" if ask.lang == "zh" else f"{said}: {joined}?"


def _at(ask: Ask, place: int) -> tuple[int, int]:
    token = ask.reading.tokens[place]
    return token.start, token.end


def _combined(text: str, ask: Ask) -> str:
    said = _TAIL.sub("", _OPENING.sub("", ask.text))
    stem = _TAIL.sub("", text)
    return f"{stem}\uff0c{said}\uff1f" if ask.lang == "zh" else f"{stem}: {said}?"
