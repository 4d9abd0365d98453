"""A clock whose hands the test moves."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class Hands:
    """Call it for the time; `pass_by` moves it on (or back)."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **how_long: float) -> datetime:
        self.at += timedelta(**how_long)
        return self.at
