"""A chat's own numbers: positions, default rates, calculations and forms, on both engines."""

import asyncio
from datetime import date

from bot.store.desk import MOST_POSITIONS, OpenForm, key_of
from bot.store.store import Store
from tests.bot.engines import both_engines
from tests.bot.store.clock import Hands

ANA, BO = 1001, -1002003004005
WORDS = "TYH2027 112-165 4.25% 2034-11-15 100-30 face 100000000 haircut 2%"
DAY = date(2026, 11, 24)


@both_engines
async def test_a_position_is_kept_by_name_until_it_is_dropped(store: Store) -> None:
    assert await store.own.save_position(ANA, "ten", WORDS)
    assert await store.own.save_position(ANA, "ten", f"{WORDS} repo 4")
    assert await store.own.positions(ANA) == {"ten": f"{WORDS} repo 4"}
    assert await store.own.positions(BO) == {}
    assert not await store.own.drop_position(BO, "ten")
    assert await store.own.drop_position(ANA, "ten")
    assert await store.own.positions(ANA) == {}


@both_engines
async def test_a_chat_keeps_no_more_than_fifty_positions(store: Store) -> None:
    for number in range(MOST_POSITIONS):
        assert await store.own.save_position(ANA, f"p{number}", WORDS)
    assert not await store.own.save_position(ANA, "one more", WORDS)
    assert await store.own.save_position(ANA, "p0", "changed")


@both_engines
async def test_default_rates_are_the_chat_s_own(store: Store) -> None:
    await store.own.set_rate(ANA, "repo_pct", 4.3)
    await store.own.set_rate(ANA, "repo_pct", 4.4)
    await store.own.set_rate(ANA, "haircut_pct", 2.0)
    assert await store.own.rates(ANA) == {"repo_pct": 4.4, "haircut_pct": 2.0}
    assert await store.own.rates(BO) == {}
    await store.own.set_rate(ANA, "repo_pct", None)
    assert await store.own.rates(ANA) == {"haircut_pct": 2.0}


@both_engines
async def test_a_calculation_is_found_by_its_key_in_its_own_chat_only(store: Store) -> None:
    first, again = await asyncio.gather(*(store.own.keep(ANA, "ctd", WORDS, DAY) for _ in range(2)))
    assert first == again == key_of("ctd", WORDS, DAY.isoformat())
    found = await store.own.kept(ANA, first)
    assert found is not None
    assert (found.command, found.words, found.asked) == ("ctd", WORDS, DAY)
    assert await store.own.kept(BO, first) is None


@both_engines
async def test_a_form_stands_as_it_was_left(store: Store) -> None:
    await store.own.put_form(ANA, "k", "ctd", ["TYH7"])
    await store.own.put_form(ANA, "k", "ctd", ["TYH7", "112-16+"])
    form = await store.own.form(ANA, "k")
    assert form is not None
    assert form.chosen == ("TYH7", "112-16+")
    assert await store.own.form(BO, "k") is None


@both_engines
async def test_a_form_is_moved_on_by_one_of_two_who_saw_it_alike(store: Store) -> None:
    seen = OpenForm(7, "f:TYH7|")
    await store.own.put_open(ANA, seen)
    moved = [OpenForm(7, f"f:TYH7|112-{n}|", by=n, before=seen.data) for n in (16, 17)]
    tries = [store.own.move_open(ANA, seen, after) for after in moved]
    assert sorted(await asyncio.gather(*tries)) == [False, True]
    assert await store.own.open_form(ANA) in moved
    assert not await store.own.move_open(BO, seen, moved[0])


@both_engines
async def test_the_form_last_touched_is_the_open_one(store: Store, hands: Hands) -> None:
    for message in (100, 9):
        await store.own.put_open(ANA, OpenForm(message, f"f:{message}|"))
        hands.pass_by(minutes=1)
    assert await store.own.open_form(ANA) == OpenForm(9, "f:9|")
    assert await store.own.open_form(ANA, 100) == OpenForm(100, "f:100|")
    assert await store.own.open_form(BO) is None
    await store.own.close_forms(ANA)
    assert await store.own.open_form(ANA, 100) == OpenForm(100, "")


@both_engines
async def test_text_without_a_reply_is_for_a_form_of_today(store: Store, hands: Hands) -> None:
    await store.own.put_open(ANA, OpenForm(7, "f:TYH7|"))
    hands.pass_by(days=1, minutes=1)
    assert await store.own.open_form(ANA) is None
    assert await store.own.open_form(ANA, 7) is not None  # a reply says which form it means
    assert await store.forget(ANA)
    assert await store.own.open_form(ANA, 7) is None


async def _fill(store: Store, chat: int) -> None:
    await store.own.save_position(chat, "ten", WORDS)
    await store.own.set_rate(chat, "repo_pct", 4.3)
    await store.own.keep(chat, "ctd", WORDS, DAY)
    await store.own.put_form(chat, "k", "ctd", ["TYH7"])


TABLES = ("positions", "own_rates", "calculations", "forms")


@both_engines
async def test_export_shows_and_forget_deletes_all_of_it(store: Store) -> None:
    await _fill(store, ANA)
    await _fill(store, BO)
    kept = await store.export(ANA)
    assert [len(kept[table]) for table in TABLES] == [1, 1, 1, 1]
    assert kept["positions"][0]["words"] == WORDS
    gone = await store.forget(ANA)
    assert [gone[table] for table in TABLES] == [1, 1, 1, 1]
    after, others = await store.export(ANA), await store.export(BO)
    assert not any(after[table] for table in TABLES)
    assert all(others[table] for table in TABLES)


@both_engines
async def test_a_group_that_moves_takes_its_numbers_along(store: Store) -> None:
    await _fill(store, BO)
    await store.own.save_position(ANA, "ten", "newer")
    await store.move_chat(BO, ANA)
    assert await store.own.positions(ANA) == {"ten": "newer"}
    assert await store.own.rates(ANA) == {"repo_pct": 4.3}
    assert await store.own.positions(BO) == {}


@both_engines
async def test_buttons_live_sixty_days_and_positions_stay(store: Store, hands: Hands) -> None:
    await _fill(store, ANA)
    hands.pass_by(days=61)
    gone = await store.purge()
    assert (gone["calculations"], gone["forms"]) == (1, 1)
    assert await store.own.positions(ANA) == {"ten": WORDS}
