"""What the public knew at the end of a day, and a week earlier -> this week's Digest."""

from bot.digest.compose import compose
from bot.digest.values import (
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
