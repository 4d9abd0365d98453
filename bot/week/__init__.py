"""What the public knew at the end of a day, and a week earlier -> this week's Digest."""

from bot.week.compose import compose
from bot.week.values import (
    PARTS,
    Absent,
    Digest,
    Figure,
    PositionBlock,
    PositionRow,
    Sources,
)

__all__ = [
    "PARTS",
    "Absent",
    "Digest",
    "Figure",
    "PositionBlock",
    "PositionRow",
    "Sources",
    "compose",
]
