"""New market data -> what is said outside any schedule: alerts, and the addendum to a digest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.delivery.outbox import Outbox
from bot.render.message import Message
from bot.store.alerts import Alert
from bot.store.store import Store
from bot.week.rules import Rule, crossing
from tools.market.measures import MEASURES, Reading, readings
from tools.market.publication import NEW_YORK, late_reports

if TYPE_CHECKING:
    from tools.market.data import MarketData

log = logging.getLogger(__name__)

ALERT, ADDENDUM = "alert", "addendum"
# When the CFTC publishes the report of a Tuesday: on Friday, in New York.
ON_FRIDAY, AT = timedelta(days=3), time(15, 30)

# Two reports in a row that did not come: the second was due on the Friday of the week after next.
TWO_MISSED = timedelta(days=14) + ON_FRIDAY

Tell = Callable[[Alert, Reading], Sequence[Message]]
# report date, language, theme -> the addendum
Compose = Callable[[date, str, str], Awaitable[Sequence[Message]]]
# language, newest report date -> what the operators hear
Warn = Callable[[str, date], Message]


@dataclass
class Watch:
    """`tick()` looks at the market where it changed, and enqueues what it has to say.

    `tell` renders an alert that was crossed, `compose` the addendum, `warn` what the `operators`
    hear of a CFTC that is silent. All may be asked for again after a crash; a crossing, a report
    and a silence are told once all the same, by their keys.
    """

    outbox: Outbox
    store: Store
    market: Callable[[], MarketData]
    tell: Tell
    compose: Compose
    warn: Warn | None = None
    operators: Sequence[int] = ()
    _seen: tuple[int, date] | None = field(default=None, init=False)

    async def tick(self, now: datetime) -> int:
        """Look at what is new since the last look; return how many alerts were told."""
        data = await asyncio.to_thread(self.market)
        # The score of a new day has a new window, also where no data came.
        mark = (id(data), now.astimezone(NEW_YORK).date())
        if mark == self._seen:
            return 0
        if data.origin != "bundled":
            await self._late_report(data, now)
            await self._silence(data, now)
        told = await self._alerts(data, now)
        self._seen = mark
        return told

    async def _alerts(self, data: MarketData, now: datetime) -> int:
        told = 0
        for key, alerts in (await self.store.alerts.by_measure()).items():
            since = min(alert.as_of for alert in alerts)
            found = await asyncio.to_thread(readings, data, MEASURES[key], now, since)
            if found:
                told += await self._tell(alerts, found)
        return told

    async def _tell(self, alerts: Sequence[Alert], found: Sequence[Reading]) -> int:
        """Enqueue a message for each bound that these figures crossed, then note how all stand."""
        looked_at: list[tuple[Alert, bool, bool]] = []
        for alert in alerts:
            rule = Rule(alert.measure, alert.above, alert.bound)
            mine = [reading for reading in found if reading.as_of >= alert.as_of]
            crossed, reading = crossing(rule, alert.crossed, mine)
            if reading is not None:
                await self._notice(alert, reading)
            newest = found[-1].as_of > alert.as_of
            if reading is not None or crossed != alert.crossed or newest:
                looked_at.append((alert, crossed, reading is not None))
        await self.store.alerts.note(looked_at, found[-1].as_of)
        return sum(told for _, _, told in looked_at)

    async def _notice(self, alert: Alert, reading: Reading) -> None:
        await self.outbox.notice(
            alert.chat_id,
            f"{alert.id}:{alert.crossings + 1}",
            self.tell(alert, reading),
            kind=ALERT,
            policy="skip",
            thread_id=alert.thread_id,
        )

    async def _late_report(self, data: MarketData, now: datetime) -> None:
        """Tell those whose digest went out without a report that has come since.

        The first report that we see at all is no late one: nobody was kept waiting for it.
        """
        if not data.reports:
            return
        newest = max(report.as_of for report in data.reports)
        sightings, told = self.store.sightings, f"{ADDENDUM}:{newest}"
        first_ever = not await sightings.any("report:")
        seen = await sightings.first(f"report:{newest}")
        expected = datetime.combine(newest + ON_FRIDAY, AT, NEW_YORK)
        if first_ever or seen <= expected or await sightings.any(told):
            return

        async def compose(lang: str, theme: str) -> Sequence[Message]:
            return await self.compose(newest, lang, theme)

        await self.outbox.announce(
            ADDENDUM, newest.isoformat(), compose, got=(expected, min(seen, now))
        )
        await sightings.first(told)

    async def _silence(self, data: MarketData, now: datetime) -> None:
        """Tell the operators, once, where two reports did not come and no calendar says why."""
        newest = max((report.as_of for report in data.reports), default=None)
        if newest is None or self.warn is None:
            return
        due = datetime.combine(newest + TWO_MISSED, AT, NEW_YORK)
        if now <= due or _explained(newest, now):
            return
        for chat in self.operators:
            user = await self.store.user(chat)
            message = self.warn(user.lang or user.telegram_lang or "en", newest)
            await self.outbox.notice(chat, f"silence:{newest}", [message])


def _explained(newest: date, now: datetime) -> bool:
    """Tell whether the calendar knows when the report after the newest comes, and it is not yet."""
    today = now.astimezone(NEW_YORK).date()
    return any(
        newest < report <= newest + timedelta(days=9) and published >= today
        for report, published in late_reports().items()
    )
