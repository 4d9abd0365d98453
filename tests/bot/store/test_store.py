"""Chats, subscriptions, talk and privacy, on both engines."""

import asyncio
from datetime import time

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.reading.schedule import ScheduleError
from bot.store.privacy import NOT_EXPORTED
from bot.store.store import Store
from bot.store.tables import metadata
from tests.bot.engines import both_engines
from tests.bot.store.clock import Hands

pytestmark = both_engines

ANA, BO = 1001, -1002003004005


async def test_a_chat_is_met_once_and_its_choices_stay(store: Store) -> None:
    first = await store.user(ANA, "zh-hans")
    assert (first.lang, first.telegram_lang, first.theme) == (None, "zh-hans", "light")
    changed = await store.set_user(ANA, lang="en", theme="dark", tz="Asia/Shanghai")
    assert (changed.lang, changed.theme, changed.tz) == ("en", "dark", "Asia/Shanghai")
    assert await store.user(ANA) == changed
    assert (await store.user(ANA, "en")).telegram_lang == "en"
    assert (await store.user(BO)).id != first.id


async def test_meeting_the_same_chat_at_once_makes_one_user(store: Store) -> None:
    met = await asyncio.gather(*(store.user(ANA, "en") for _ in range(20)))
    assert len({user.id for user in met}) == 1


async def test_an_unknown_zone_leaves_the_old_one(store: Store) -> None:
    await store.set_user(ANA, tz="Europe/Berlin")
    with pytest.raises(ScheduleError):
        await store.set_user(ANA, tz="Europe/Atlantis", lang="zh")
    kept = await store.user(ANA)
    assert (kept.tz, kept.lang) == ("Europe/Berlin", None)


async def test_what_is_not_a_setting_is_refused(store: Store) -> None:
    with pytest.raises(TypeError, match="status"):
        await store.set_user(ANA, status="active")
    with pytest.raises(ValueError, match="sepia"):
        await store.set_user(ANA, theme="sepia")


async def test_a_subscription_says_when_it_is_due(store: Store) -> None:
    made = await store.subscribe(
        ANA, weekday=0, local_time=time(8, 5), tz="Asia/Shanghai", lang="zh"
    )
    assert made.next_due.isoformat() == "2026-07-20T00:05:00+00:00"
    assert (made.local_time, made.lang, made.status) == (time(8, 5), "zh", "active")
    assert await store.subscriptions(ANA) == [made]


async def test_subscribing_again_changes_the_one_subscription(store: Store) -> None:
    first = await store.subscribe(ANA)
    second = await store.subscribe(ANA, weekday=2, local_time=time(18))
    assert first.id == second.id
    assert (await store.subscriptions(ANA))[0].weekday == 2


async def test_a_new_language_holds_for_the_subscription_too(store: Store) -> None:
    await store.subscribe(ANA, lang="en")
    await store.set_user(ANA, lang="zh", theme="dark")
    (changed,) = await store.subscriptions(ANA)
    assert (changed.lang, changed.theme) == ("zh", "dark")


async def test_a_subscription_without_words_of_its_own_speaks_the_users(store: Store) -> None:
    await store.set_user(ANA, lang="zh", tz="Europe/Berlin")
    made = await store.subscribe(ANA)
    assert (made.lang, made.tz) == ("zh", "Europe/Berlin")


async def test_unsubscribing_ends_it_and_the_id_survives_a_return(store: Store) -> None:
    made = await store.subscribe(ANA)
    assert await store.unsubscribe(ANA, "digest") == 1
    assert await store.subscriptions(ANA) == []
    assert await store.unsubscribe(ANA) == 0
    assert (await store.subscribe(ANA)).id == made.id


async def test_a_blocked_chat_is_paused_and_start_wakes_it(store: Store, hands: Hands) -> None:
    made = await store.subscribe(ANA)
    assert await store.pause(ANA, "blocked") == 1
    assert (await store.user(ANA)).status == "blocked"
    assert (await store.subscriptions(ANA))[0].status == "blocked"
    hands.pass_by(days=30)
    assert await store.resume(ANA) == 1
    (woken,) = await store.subscriptions(ANA)
    assert woken.status == "active"
    assert made.next_due < hands() < woken.next_due
    assert (await store.user(ANA)).status == "active"


async def test_start_does_not_wake_what_its_owner_paused(store: Store) -> None:
    await store.subscribe(ANA)
    assert await store.pause(ANA, "asked") == 1
    assert await store.resume(ANA, "blocked") == 0
    assert (await store.subscriptions(ANA))[0].status == "paused"
    assert await store.resume(ANA, "asked") == 1


async def test_talk_is_kept_by_chat_and_topic(store: Store) -> None:
    for number in range(4):
        await store.remember(ANA, None, f"q{number}", f"a{number}")
    await store.remember(ANA, 7, "topic", "other")
    await store.remember(BO, None, "group", "other")
    assert [turn.question for turn in await store.recent(ANA, None, 2)] == ["q2", "q3"]
    assert [turn.question for turn in await store.recent(ANA, 7)] == ["topic"]


async def test_once_is_once_a_period(store: Store) -> None:
    assert await store.once(ANA, "advice", "2026-07-15")
    assert not await store.once(ANA, "advice", "2026-07-15")
    assert await store.once(ANA, "advice", "2026-07-16")
    assert await store.once(BO, "advice", "2026-07-15")


async def test_once_is_once_among_many_at_the_same_time(store: Store) -> None:
    said = await asyncio.gather(*(store.once(ANA, "advice", "today") for _ in range(20)))
    assert sum(said) == 1


async def test_export_shows_all_and_forget_leaves_nothing(store: Store) -> None:
    for chat in (ANA, BO):
        await store.subscribe(chat)
        await store.remember(chat, None, "\u57fa\u5dee?", "answer")
        await store.once(chat, "advice", "today")
    before = await store.export(BO)
    copy = await store.export(ANA)
    assert copy["turns"][0]["question"] == "\u57fa\u5dee?"
    assert copy["subscriptions"][0]["local_time"] == "10:00"
    assert copy["users"][0]["created"] == "2026-07-15T12:00:00+00:00"
    gone = await store.forget(ANA)
    assert {table: rows for table, rows in gone.items() if rows} == {
        "turns": 1, "occasions": 1, "subscriptions": 1, "users": 1,
    }  # fmt: skip
    assert not any(rows for name, rows in (await store.export(ANA)).items() if name != "chat_id")
    assert await store.export(BO) == before


async def test_every_table_with_a_chat_is_exported_and_forgotten(store: Store) -> None:
    """A table added later cannot be left out by oversight."""
    exported = await store.export(ANA)
    with_chat = {
        t.name for t in metadata.tables.values() if {"chat_id", "user_id"} & set(t.c.keys())
    }
    assert with_chat - {t.name for t in NOT_EXPORTED} <= exported.keys()
    assert with_chat <= (await store.forget(ANA)).keys()


async def test_a_group_keeps_everything_under_its_new_id(store: Store) -> None:
    made = await store.subscribe(-5, lang="zh")
    await store.remember(-5, 3, "q", "a")
    await store.move_chat(-5, BO)
    assert [s.id for s in await store.subscriptions(BO)] == [made.id]
    assert len(await store.recent(BO, 3)) == 1
    assert await store.subscriptions(-5) == []


async def test_a_group_that_spoke_under_its_new_id_first_is_merged(store: Store) -> None:
    await store.subscribe(-5)
    mine = await store.subscribe(BO, weekday=1)
    await store.move_chat(-5, BO)
    assert await store.subscriptions(BO) == [mine]
    assert (await store.status())["users"] == {"active": 1}


async def test_old_talk_goes_and_new_talk_stays(store: Store, hands: Hands) -> None:
    await store.remember(ANA, None, "old", "a")
    hands.pass_by(days=91)
    await store.remember(ANA, None, "new", "a")
    assert (await store.purge())["turns"] == 1
    assert [turn.question for turn in await store.recent(ANA, None)] == ["new"]


async def test_status_counts(store: Store) -> None:
    await store.subscribe(ANA)
    await store.subscribe(BO)
    await store.pause(BO)
    status = await store.status()
    assert status["users"] == {"active": 1, "blocked": 1}
    assert status["subscriptions"] == {"active": 1, "blocked": 1}
    assert (status["uncertain"], status["oldest_pending_seconds"]) == (0, None)


async def test_a_bad_write_spoils_no_other_in_its_group(store: Store) -> None:
    async def fails(connection: AsyncConnection) -> None:
        raise RuntimeError("mine alone")

    writes = [store.remember(ANA, None, str(n), "a") for n in range(10)]
    bad = store.database.write(fails)
    results = await asyncio.gather(*writes, bad, return_exceptions=True)
    assert isinstance(results[-1], RuntimeError)
    assert len(await store.recent(ANA, None, 99)) == 10


async def test_a_cancelled_caller_tears_no_transaction(store: Store) -> None:
    for delay in range(12):
        task = asyncio.create_task(store.remember(ANA, None, f"q{delay}", "a"))
        await asyncio.sleep(delay / 2000)
        task.cancel()
    await store.remember(ANA, None, "last", "a")
    assert (await store.recent(ANA, None, 1))[0].question == "last"


async def test_a_change_of_a_user_is_seen_at_once(store: Store) -> None:
    assert (await store.user(ANA, "de")).telegram_lang == "de"
    assert (await store.user(ANA, "fr")).telegram_lang == "fr"
    await store.set_user(ANA, lang="zh")
    assert (await store.user(ANA)).lang == "zh"
    await store.pause(ANA, "blocked")
    assert (await store.user(ANA)).status == "blocked"
    await store.resume(ANA)
    assert (await store.user(ANA)).status == "active"
    await store.forget(ANA)
    assert (await store.user(ANA)).lang is None
