"""Inline questions: dealt with at once, the newest of each person, none stored."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telegram import Bot, Update

from bot.delivery.passing import MOST, Passing


def question(number: int, person: Any = 1) -> dict[str, Any]:
    user = {"id": person, "is_bot": False, "first_name": "You"}
    body = {"id": str(number), "from": user, "query": f"q{number}", "offset": ""}
    return {"update_id": number, "inline_query": body}


class Slow:
    """Takes an instant over each question and notes which it finished."""

    def __init__(self) -> None:
        self.done: list[str] = []

    async def __call__(self, update: Update) -> None:
        assert update.inline_query
        if update.inline_query.query == "q13":
            raise ZeroDivisionError
        await asyncio.sleep(0.02)
        self.done.append(update.inline_query.query)


async def test_of_one_person_only_the_newest_counts(bot: Bot):
    slow = Slow()
    passing = Passing(bot, slow)
    assert all(passing.take(question(n)) for n in (1, 2, 3))
    assert passing.take(question(4, person=2))
    await asyncio.sleep(0.1)
    assert sorted(slow.done) == ["q3", "q4"]


async def test_all_else_is_for_the_inbox(bot: Bot):
    passing = Passing(bot, Slow())
    assert not passing.take({"update_id": 1, "message": {}})
    assert not passing.take({"update_id": 1, "inline_query": []})


async def test_too_many_at_once_are_dropped(bot: Bot):
    slow = Slow()
    passing = Passing(bot, slow)
    for n in range(MOST + 5):
        assert passing.take(question(100 + n, person=n))
    await asyncio.sleep(0.1)
    assert len(slow.done) == MOST


async def test_one_that_breaks_or_cannot_be_read_takes_nobody_down(
    bot: Bot, caplog: pytest.LogCaptureFixture
):
    slow = Slow()
    passing = Passing(bot, slow)
    passing.take(question(13))
    passing.take(question(14, person=[]))
    passing.take({"update_id": 1, "inline_query": {"from": 7}})
    passing.take(question(15, person=3))
    await asyncio.sleep(0.1)
    assert "q15" in slow.done
    assert "ZeroDivisionError" in caplog.text


async def test_stopping_leaves_what_is_under_way(bot: Bot):
    slow = Slow()
    passing = Passing(bot, slow)
    passing.take(question(1))
    await passing.stop()
    assert slow.done == []
