"""Pairs of passages on one question, half of them at odds -> whether we see which half."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from knowledge.disagreement import agreement
from tests.eval.row import Row
from tests.eval.scoring import auroc, mean
from tests.eval.setfiles import mentions, rows_of


def is_set(folder: Path) -> bool:
    """Tell whether a folder holds pairs that say whether they are at odds."""
    return mentions(folder / "dev.json", "conflict")


def rows(folder: Path) -> Iterator[Row]:
    """Yield of how many a day or amount is asked, AUROC, what is found and falsely found."""
    pairs = rows_of(folder / "dev.json", "query", "docs", "conflict")
    at_odds = [bool(p["conflict"]) for p in pairs]
    agreed = [agreement(p["query"], *p["docs"][:2]) for p in pairs]
    apart = [0.5 if one is None else 1 - one for one in agreed]
    said = list(zip([one == 0 for one in agreed], at_odds, strict=True))
    found = mean([float(flag) for flag, odd in said if odd])
    false = mean([float(flag) for flag, odd in said if not odd])
    told = mean([float(one is not None) for one in agreed])
    yield Row(folder.name, "basisbot", "all", "told", told)
    yield Row(folder.name, "basisbot", "all", "AUROC", auroc(apart, at_odds))
    yield Row(folder.name, "basisbot", "all", "found", found)
    yield Row(folder.name, "basisbot", "all", "false alarms", false)
