"""Telegram's limits hold at every moment, by a clock that the test moves."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.pacing import FORGET_BEYOND, Pace, Window
from tests.bot.delivery.sundial import Sundial


def paced() -> tuple[Pace, Sundial]:
    dial = Sundial()
    return Pace(clock=dial, sleep=dial.sleep), dial


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 5), st.floats(0.5, 5))
def test_a_window_never_holds_more_than_its_limit(
    gaps: list[float], limit: int, seconds: float
) -> None:
    window, now, at = Window(limit, seconds), 0.0, []
    for gap in gaps:
        now += gap
        at.append(window.reserve(now))
    assert at == sorted(at)
    assert all(
        later - earlier >= seconds - 1e-9 for earlier, later in zip(at, at[limit:], strict=False)
    )


async def test_a_private_chat_gets_a_message_a_second_on_average() -> None:
    pace, dial = paced()
    times = []
    for _ in range(9):
        await pace.reply(1)
        times.append(dial.at)
    assert times == [0, 0, 0, 3, 3, 3, 6, 6, 6]


async def test_a_group_gets_twenty_a_minute() -> None:
    pace, dial = paced()
    for _ in range(20):
        await pace.reply(-1)
    assert dial.at < 1
    await pace.reply(-1)
    assert dial.at == 60


async def test_all_chats_together_get_thirty_a_second() -> None:
    pace, dial = paced()
    for chat in range(91):
        await pace.reply(chat + 1)
    assert dial.at == 3


async def test_replies_to_many_chats_do_not_wait_for_one_busy_chat() -> None:
    pace = Pace(private=(1, 0.2))
    done: list[int] = []

    async def answer(chat: int) -> None:
        await pace.reply(chat)
        done.append(chat)

    await asyncio.gather(answer(1), answer(1), answer(1), answer(2), answer(3))
    assert done == [1, 2, 3, 1, 1]


async def test_a_broadcast_asks_and_goes_elsewhere() -> None:
    pace, dial = paced()
    assert [pace.wait(1) for _ in range(3)] == [0, 0, 0]
    assert pace.wait(1) == 3
    assert pace.wait(2) == 0
    dial.at = 3
    assert pace.wait(1) == 0


async def test_a_pause_holds_for_replies_and_broadcasts() -> None:
    pace, dial = paced()
    pace.pause(35)
    pace.pause(5)
    assert pace.wait(1) == 35
    await pace.reply(2)
    assert dial.at == 35


async def test_replies_are_owed_to_the_common_budget_once() -> None:
    pace, _ = paced()
    for chat in range(4):
        await pace.reply(chat + 1)
    assert pace.take_spent() == 4
    assert pace.take_spent() == 0


async def test_quiet_chats_are_forgotten() -> None:
    pace, dial = paced()
    for chat in range(FORGET_BEYOND):
        pace.wait(chat + 1)
    dial.at = 100
    pace.wait(-1)
    assert len(pace._chats) == 1
