"""How many rows each table of the store has -> the words that say so."""

from __future__ import annotations

from collections.abc import Mapping


def by_table(rows: Mapping[str, int]) -> str:
    """Return the tables that have rows, each with how many; `-` where none has."""
    return ", ".join(f"{name} {count:,}" for name, count in rows.items() if count) or "-"
