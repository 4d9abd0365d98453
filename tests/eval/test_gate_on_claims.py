"""Every claim of the ledger, edited by rule in both languages -> what share the gate catches.

The edits are those of the public set on filings, made here of texts that the gate was not tuned on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from knowledge.claims import load_ledger
from knowledge.figures import figures, whens
from tests.eval.gate import faults, of_claim

UNITS = [("trillion", "billion"), ("billion", "million"), ("万亿", "亿"), ("%", "个基点")]
TURNS = {
    "en": [("rose", "fell"), ("increased", "decreased"), ("higher", "lower"), ("bought", "sold"),
           ("more than", "less than"), ("above", "below"), ("grew", "shrank")],
    "zh": [("上升", "下降"), ("增加", "减少"), ("高于", "低于"), ("升至", "降至"),
           ("买入", "卖出"), ("增持", "减持")],
}  # fmt: skip
CAUGHT = {"digit": 0.99, "unit": 0.99, "year": 0.99, "swap": 0.97, "direction": 0.9}


def edits(text: str, lang: str) -> Iterator[tuple[str, str]]:
    found = figures(text)
    if found:
        place = found[0].span[0] + re.search(r"\d", f"{found[0].text}0").start()
        if text[place : place + 1].isdigit():
            yield "digit", text[:place] + str((int(text[place]) + 4) % 9 + 1) + text[place + 1 :]
    for one, other in UNITS:
        if one in text:
            yield "unit", text.replace(one, other, 1)
            break
    year = next((w.year for w in whens(text) if w.year and str(w.year) in text), None)
    if year is not None:
        yield "year", text.replace(str(year), str(year - 3), 1)
    yield from swapped(text)
    for pair in TURNS[lang]:
        for one, other in (pair, pair[::-1]):
            if (match := re.search(rf"\b{one}\b" if lang == "en" else one, text)) is not None:
                yield "direction", text[: match.start()] + other + text[match.end() :]
                return


def swapped(text: str) -> Iterator[tuple[str, str]]:
    found = [f for f in figures(text) if f.unit not in {"years", "months", "weeks", "days"}]
    for a, b in pairwise(found):
        if a.unit == b.unit and a.value != b.value:
            middle = text[a.span[1] : b.span[0]]
            yield "swap", text[: a.span[0]] + b.text + middle + a.text + text[b.span[1] :]
            return


def test_edited_claims_are_caught_and_claims_as_written_pass() -> None:
    caught: Counter[str] = Counter()
    made: Counter[str] = Counter()
    for claim in load_ledger().values():
        evidence = {1: of_claim(1, claim)}
        for lang in ("en", "zh"):
            text = claim.statement(lang)
            assert faults(text, (1,), evidence, lang) == [], claim.id
            for kind, edited in edits(text, lang):
                made[kind] += 1
                caught[kind] += bool(faults(edited, (1,), evidence, lang))
    assert all(made[kind] > 40 for kind in CAUGHT), made
    shares = {kind: caught[kind] / made[kind] for kind in CAUGHT}
    assert all(shares[kind] >= least for kind, least in CAUGHT.items()), shares
