"""The processes that are killed log as the product does, and what they log is held as ours is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.delivery.children import Child, alive
from tests.bot.delivery.telegram_double import TOKEN, Double


async def test_what_a_child_logs_shows_neither_texts_nor_the_token(tmp_path: Path, double: Double):
    double.ask(1, chat_id=7, text="how much do I owe the dealer?")
    child = Child("answer", f"sqlite:///{tmp_path / 'store.db'}", double, until=1)
    async with alive(child):
        await child.start()
        assert await child.ended() == 0
    assert "DEBUG bot.child: a life begins" in child.log
    for words in ("re: how much do I owe the dealer?", TOKEN):
        child.log = f"read {words}"
        with pytest.raises(AssertionError, match="stands in the log"):
            child.check()
