"""A file of a public set -> its rows, checked for the fields that a measurement needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from knowledge.errors import KnowledgeError


def rows_of(file: Path, *fields: str) -> list[dict[str, Any]]:
    """Return the rows of a `.json` list or of `.jsonl` lines.

    A file that cannot be read, or a row without one of the fields, raises `KnowledgeError`
    (eval_set).
    """
    try:
        text = file.read_text(encoding="utf-8")
        found: Sequence[Any] = json.loads(text) if file.suffix == ".json" else _lines(text)
    except (OSError, ValueError) as error:
        raise KnowledgeError("eval_set", culprit=str(file), detail=str(error)) from error
    rows = [row for row in found if isinstance(row, dict) and row.keys() >= set(fields)]
    if not rows or len(rows) < len(found):
        raise KnowledgeError("eval_set", culprit=str(file), detail=", ".join(fields))
    return rows


def _lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def mentions(file: Path, field: str) -> bool:
    """Tell whether a file is there and its beginning names a field."""
    if not file.is_file():
        return False
    with file.open(encoding="utf-8", errors="replace") as opened:
        return f'"{field}"' in opened.read(100_000)
