"""The figures that ship with the bot: milestone positions, episodes, the policy rate.

They let the bot show something true before any feed was ever reached; each carries its date.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from tools.market.data import MarketData, values_frame
from tools.market.publication import tff_published
from tools.positions import TREASURY, Report, Short

if TYPE_CHECKING:
    import pandas as pd

TABLE_SOURCE = "cftc_tff_table"


@dataclass(frozen=True, slots=True)
class Episode:
    """A week that people remember, with the score that the back-test gives it."""

    key: str
    friday: date
    score: int


@cache
def _table(name: str) -> dict[str, Any]:
    path = resources.files("tools.market") / name
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def milestones() -> tuple[Report, ...]:
    """Return leveraged funds' net shorts on the milestone dates, ascending."""
    return tuple(
        Report(
            row["as_of"],
            tff_published(row["as_of"]),
            tuple(Short(root, row["net"][root]) for root in TREASURY),
            gross_face_bn=float(row["gross_face_bn"]),
            pct_oi=float(row["pct_oi"]),
            source=TABLE_SOURCE,
        )
        for row in _table("milestones.toml")["milestone"]
    )


@cache
def episodes() -> tuple[Episode, ...]:
    """Return the weeks to remember, ascending."""
    return tuple(Episode(**row) for row in _table("milestones.toml")["episode"])


def iorb_known_through() -> date:
    """Return the last day for which the table of policy rates speaks."""
    day: date = _table("policy_rates.toml")["known_through"]
    return day


def iorb_steps() -> pd.DataFrame:
    """Return the interest on reserve balances by effective date, decimals, as a values frame."""
    steps = _table("policy_rates.toml")["iorb"]
    days = [date.fromisoformat(day) for day in steps]
    return values_frame("iorb", days, [rate / 100 for rate in steps.values()], "fed_notes")


def bundled_market() -> MarketData:
    """Return the market as far as it ships with the bot."""
    return MarketData(
        milestones(), iorb_steps(), "bundled", iorb_known_through=iorb_known_through()
    )
