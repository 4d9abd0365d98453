"""Pairs of passages on one question, half of them at odds -> whether we see which half."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.measures.row import Row
from knowledge.conflict import agreement, differ
from knowledge.scoring import auroc, mean
from knowledge.setfiles import mentions, rows_of


def is_set(folder: Path) -> bool:
    """Tell whether a folder holds pairs that say whether they are at odds."""
    return mentions(folder / "dev.json", "conflict")


def rows(folder: Path) -> Iterator[Row]:
    """Yield AUROC, and what is found and falsely found at the frozen threshold."""
    pairs = rows_of(folder / "dev.json", "query", "docs", "conflict")
    at_odds = [bool(p["conflict"]) for p in pairs]
    apart = [1 - agreement(p["query"], *p["docs"][:2]) for p in pairs]
    said = [
        (differ(p["query"], *p["docs"][:2]), odd) for p, odd in zip(pairs, at_odds, strict=True)
    ]
    found = mean([float(flag) for flag, odd in said if odd])
    false = mean([float(flag) for flag, odd in said if not odd])
    yield Row(folder.name, "basisbot", "all", "AUROC", auroc(apart, at_odds))
    yield Row(folder.name, "basisbot", "all", "found", found)
    yield Row(folder.name, "basisbot", "all", "false alarms", false)
