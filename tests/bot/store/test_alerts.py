"""What is kept of alerts and of sections: by chat, exported, forgotten, moved."""

from __future__ import annotations

from datetime import date

import pytest

from bot.store.alerts import MOST_ALERTS, Alert
from bot.store.store import Store
from tests.bot.engines import both_engines
from tests.bot.store.clock import Hands

ANA, BO = 1001, -1002
DAY = date(2026, 7, 14)


async def add(store: Store, chat: int, bound: float = 65.0) -> Alert | None:
    return await store.alerts.add(
        chat, "score", above=True, bound=bound, lang="en", thread_id=3, crossed=False, as_of=DAY
    )


@both_engines
async def test_an_alert_is_kept_once_exported_and_forgotten(store: Store) -> None:
    made = await add(store, ANA)
    assert await add(store, ANA) == made
    await add(store, BO)
    assert [row["bound"] for row in (await store.export(ANA))["alerts"]] == [65.0]
    assert (await store.forget(ANA))["alerts"] == 1
    assert await store.alerts.of_chat(ANA) == []
    assert len(await store.alerts.of_chat(BO)) == 1


async def test_a_chat_has_so_many_alerts_and_drops_only_its_own(store: Store) -> None:
    for bound in range(MOST_ALERTS):
        made = await add(store, ANA, float(bound))
    assert await add(store, ANA, 99.0) is None
    assert made is not None
    assert await store.alerts.drop(BO, made.id) == 0
    assert await store.alerts.drop(ANA, made.id) == 1
    again = await add(store, ANA, 99.0)
    assert again is not None
    assert again.id > made.id, "an old button must not drop a new alert"


@both_engines
async def test_a_group_that_moves_takes_its_alerts_along(store: Store) -> None:
    await add(store, BO)
    await add(store, BO, 70.0)
    mine = await add(store, ANA)
    await store.move_chat(BO, ANA)
    kept = await store.alerts.of_chat(ANA)
    assert sorted(alert.bound for alert in kept) == [65.0, 70.0]
    assert mine in kept


async def test_a_new_language_holds_for_alerts_too(store: Store) -> None:
    await add(store, ANA)
    await store.set_user(ANA, lang="zh")
    assert [alert.lang for alert in await store.alerts.of_chat(ANA)] == ["zh"]


@both_engines
async def test_sections_stay_left_out_through_a_new_schedule(store: Store) -> None:
    assert not await store.leave_out(ANA, {"charts"})
    await store.subscribe(ANA)
    assert await store.leave_out(ANA, {"dealers", "charts"})
    changed = await store.subscribe(ANA, weekday=1)
    assert changed.unwanted == {"charts", "dealers"}


@pytest.mark.parametrize("name", ["report:2026-07-14", "other"])
async def test_a_sighting_keeps_its_first_moment(store: Store, hands: Hands, name: str) -> None:
    assert not await store.sightings.any(name[:3])
    first = await store.sightings.first(name)
    hands.pass_by(days=1)
    assert await store.sightings.first(name) == first
    assert await store.sightings.any(name[:3])
