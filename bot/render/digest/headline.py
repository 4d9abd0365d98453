"""The score -> its lines: the number, its parts, what moved, what is missing and why."""

from __future__ import annotations

from collections.abc import Iterator

from bot.i18n import Lang, say
from bot.render.digest.words import known
from bot.render.numbers import number
from bot.render.table import table
from bot.week import PARTS, Digest
from tools.riskscore import Score


def score_lines(digest: Digest, lang: Lang) -> Iterator[str]:
    """Yield the score with its parts, or why there is none."""
    score = digest.score
    if score is None:
        yield say(lang, "score.none", reasons=_reasons(digest, lang))
        return
    change = ""
    if digest.score_before:
        moved = number(score.score - digest.score_before.score, 1, sign=True)
        change = say(lang, "score.change", change=moved)
    band = say(lang, f"score.band.{score.band}")
    headline = say(lang, "score.headline", score=number(score.score, 1), band=band, change=change)
    yield headline
    if score.stress_leads:
        yield say(lang, "score.stress_leads", parts=_stress_parts(score, lang))
    yield table(list(_part_rows(digest, score, lang)))
    yield _inputs(digest, score, lang)


def _part_rows(digest: Digest, score: Score, lang: Lang) -> Iterator[tuple[str, ...]]:
    """Yield SIZE, STRESS and the three inputs of STRESS, indented, with their moves."""
    moved = dict(digest.moved)
    heads = ("now", "week") if moved else ("now",)
    yield ("", *(say(lang, f"score.column.{head}") for head in heads))
    for part in PARTS:
        cells = [known(lang, getattr(score, part))]
        if moved:
            cells.append(known(lang, moved[part], lambda move: number(move, sign=True)))
        yield (say(lang, f"score.row.{part}"), *cells)


def _stress_parts(score: Score, lang: Lang) -> str:
    parts = {"funding": score.funding, "volatility": score.volatility, "unwind": score.unwind}
    ranked = sorted(((v, k) for k, v in parts.items() if v), reverse=True)
    return say(lang, "digest.comma").join(
        say(lang, f"score.part.{name}", value=number(value)) for value, name in ranked
    )


def _inputs(digest: Digest, score: Score, lang: Lang) -> str:
    if not digest.missing:
        return say(lang, "score.inputs", inputs=score.inputs)
    return say(
        lang,
        "score.range",
        inputs=score.inputs,
        low=number(score.low, 1),
        high=number(score.high, 1),
        reasons=_reasons(digest, lang),
    )


def _reasons(digest: Digest, lang: Lang) -> str:
    reasons = dict.fromkeys(_why(digest, lang, name) for name in digest.missing)
    return say(lang, "digest.semicolon").join(reasons)


def _why(digest: Digest, lang: Lang, name: str) -> str:
    """Return why an input of the score is missing."""
    tff, sofr, ust = (digest.age(key) for key in ("tff", "sofr", "ust_10y"))
    report = digest.positions.report if digest.positions else None
    if name in {"dv01_m", "pct_oi"}:
        key = f"tff_{tff.state}"
    elif name == "sofr_iorb_max_bp":
        key = {"missing": "sofr_missing", "dropped": "sofr_dropped"}.get(sofr.state, "iorb")
    elif name == "rv20_bp":
        key = f"ust_10y_{ust.state}" if not ust.usable else "ust_10y_short"
    elif not tff.usable:
        key = f"tff_{tff.state}"
    elif tff.days is not None and tff.days > 12:
        key = "unwind_old"
    elif report and report.gross_dv01_m is None:
        key = "unwind_gross"
    else:
        key = "unwind_gap"
    age = sofr if key.startswith("sofr") else ust if key.startswith("ust") else tff
    return say(lang, f"score.why.{key}", days=age.days, date=age.as_of)
