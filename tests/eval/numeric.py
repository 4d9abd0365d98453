"""Claims beside their sources, some of them edited -> what share of the edits the gate catches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.eval.gate import Evidence, faults
from tests.eval.row import Row
from tests.eval.scoring import mean
from tests.eval.setfiles import mentions, rows_of


def is_set(folder: Path) -> bool:
    """Tell whether a folder holds claims with their sources."""
    return mentions(folder / "dev.jsonl", "claim")


def rows(folder: Path) -> Iterator[Row]:
    """Yield the share caught of each kind of edit, and of false alarms of each kind of rewording.

    A claim is caught when the gate finds any fault with it, its source being all the evidence.
    """
    claims = rows_of(folder / "dev.jsonl", "kind", "supported", "claim", "source")
    cases = [(r["kind"], bool(r["supported"]), _caught(r)) for r in claims]
    for supported, measure in ((False, "caught"), (True, "false alarms")):
        some = [(kind, flag) for kind, borne, flag in cases if borne is supported]
        for part in ("all", *sorted({kind for kind, _ in some})):
            flags = [float(flag) for kind, flag in some if part in ("all", kind)]
            yield Row(folder.name, "basisbot", part, measure, mean(flags))


def _caught(row: dict[str, Any]) -> bool:
    return bool(faults(row["claim"], (1,), {1: Evidence(1, (row["source"],))}))
