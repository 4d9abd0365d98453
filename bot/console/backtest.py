"""Scored weeks -> the back-test as JSON and as a table for the terminal."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from bot.i18n import Lang, say
from bot.render.numbers import number
from bot.render.table import pad
from tools.market.backtest import Week

HIGHEST = 15


def backtest_json(weeks: Sequence[Week]) -> dict[str, Any]:
    """Return the weeks in ascending order: components 0 to 100, unrounded, missing = null.

    A week without a score keeps its inputs' count and has null everywhere else.
    """
    return {"weeks": [_week(week) for week in weeks]}


def _week(week: Week) -> dict[str, Any]:
    score, inputs = week.score, week.inputs
    known = score is not None
    return {
        "date": week.friday.isoformat(),
        "score": score.score if score else None,
        "size": score.size if score else None,
        "stress": score.stress if score else None,
        "funding": score.funding if score else None,
        "volatility": score.volatility if score else None,
        "unwind": score.unwind if score else None,
        "tff_age": week.tff_age if known else None,
        "net_face_bn": week.net_face_bn if known else None,
        "dv01_m": inputs.dv01_m if known else None,
        "pct_oi": inputs.pct_oi if known else None,
        "sofr_iorb_max_bp": inputs.sofr_iorb_max_bp if known else None,
        "rv20_bp": inputs.rv20_bp if known else None,
        "unwind_pct": inputs.unwind_pct if known else None,
        "inputs": score.inputs if score else 5 - len(inputs.missing),
        "low": score.low if score else None,
        "high": score.high if score else None,
    }


def backtest_text(weeks: Sequence[Week], lang: Lang) -> str:
    """Return the highest weeks as a table, with the distribution and what it does not mean."""
    scored = [(week.score.score, week) for week in weeks if week.score]
    lines = [
        say(
            lang,
            "score.backtest.head",
            first=weeks[0].friday,
            last=weeks[-1].friday,
            count=len(weeks),
            scored=len(scored),
        )
    ]
    if scored:
        lines += ["", *_highest(scored, lang), "", _distribution([s for s, _ in scored], lang)]
    return "\n".join([*lines, say(lang, "score.backtest.limits")])


def _highest(scored: list[tuple[float, Week]], lang: Lang) -> list[str]:
    names = ("score", "size", "stress", "funding", "volatility", "unwind")
    heads = [say(lang, f"score.column.{name}") for name in names]
    rows = [" ".join([pad("", 10), *(pad(head, 6, right=True) for head in heads)])]
    ranked = sorted(scored, key=lambda pair: -pair[0])[:HIGHEST]
    for _, week in ranked:
        parts = [getattr(week.score, name) for name in names]
        cells = [say(lang, "score.na") if part is None else number(part, 1) for part in parts]
        rows.append(" ".join([str(week.friday), *(pad(cell, 6, right=True) for cell in cells)]))
    return rows


def _distribution(scores: list[float], lang: Lang) -> str:
    return say(
        lang,
        "score.backtest.distribution",
        median=number(statistics.median(scores)),
        top=number(max(scores)),
        elevated=sum(score >= 60 for score in scores),
        severe=sum(score >= 70 for score in scores),
    )
