"""The store and this process -> figures for a monitor, and a doubt whether all works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.delivery.pacing import Pace
from bot.store.store import Store

STORE_SECONDS = 5.0
TICK_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """Reads the store's counts and the moment of the last tick; changes nothing."""

    store: Store
    pace: Pace
    last_tick: Callable[[], datetime | None]

    async def doubt(self) -> str | None:
        """Return what keeps updates from being dealt with, or None.

        `database`, `clock`, or `telegram`: it has been away for some tries, or asked for a pause
        of more than a minute.
        """
        try:
            await asyncio.wait_for(self.store.now(), STORE_SECONDS)
        except Exception:  # whatever it is, the store does not answer
            return "database"
        age = self._tick_age()
        if age is None or abs(age) >= TICK_SECONDS:  # less than nothing: the wall clock went back
            return "clock"
        return "telegram" if self.pace.mute else None

    async def figures(self) -> Mapping[str, Any]:
        """Return counts by state, ages in seconds, and what this process met when sending."""
        held = await self.store.status()
        tables = ("inbox", "outbox", "subscriptions", "users")
        return {
            **{name: by_label("state", held[name]) for name in tables},
            "outbox_uncertain_total": held["uncertain"],
            "outbox_oldest_pending_seconds": held["oldest_pending_seconds"],
            "sending_paused_seconds": max(held["paused_seconds"], self.pace.ahead()),
            "last_tick_seconds": self._tick_age(),
            "replies_total": by_label("event", self.pace.counts),
        }

    def _tick_age(self) -> float | None:
        last = self.last_tick()
        return None if last is None else (datetime.now(UTC) - last).total_seconds()


def by_label(label: str, counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts under Prometheus's labels.

    >>> by_label("state", {"done": 3})
    {'state="done"': 3}
    """
    return {f'{label}="{name}"': count for name, count in counts.items()}
