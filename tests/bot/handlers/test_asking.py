"""Questions in the chat: what the answers are made with and without, and who may use a model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.i18n import say
from bot.sandbox.server import Sandbox
from bot.sandbox.world import COLLEAGUE, YOU
from bot.settings import Settings
from tests.bot.answering.model_server import Served, serve
from tests.bot.handlers.conftest import Running
from tests.sandbox_client import Chat

QUESTION = "What was the total of hedge-fund repo borrowing at the end of 2024?"
FALSE = "Hedge-fund repo borrowing was nine trillion dollars."


@pytest.fixture
def model() -> Iterator[Served]:
    reply = json.dumps({"rows": [2], "text": FALSE})
    with serve({"honest": lambda _: reply}) as served:
        yield served


async def test_only_the_allowed_chats_reach_the_model(
    sandbox: Sandbox, settings: Settings, model: Served, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    paid = replace(
        settings, model="openai:honest", model_base_url=model.base_url, allow=(COLLEAGUE,)
    )
    running = Running(paid)
    await running.start()
    try:
        async with (
            Chat(sandbox.page_url, patience=30) as you,
            Chat(sandbox.page_url, user_id=COLLEAGUE, patience=30) as colleague,
        ):
            plain = (await you.ask(QUESTION))["text"]
            assert "$2.5 trillion" in plain
            assert model.requests == []
            shown = (await colleague.ask(QUESTION))["text"]
            assert "$3 trillion" in shown
            assert "second-hand report" in shown
            assert "$2.5 trillion" not in shown
            assert FALSE not in shown
            assert len(model.requests) == 1
    finally:
        await running.stop()


async def test_what_answers_are_made_without_is_said_once_in_each_chat(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("knowledge.embedding.find_spec", lambda _: None)
    lack = say("en", "lacks.embedding_not_bundled")
    for _ in range(2):  # a restart forgets nothing
        running = Running(settings)
        await running.start()
        async with Chat(sandbox.page_url, user_id=YOU, patience=30) as you:
            for _ in range(2):
                await you.ask(QUESTION)
            said = [m for m in await you.from_bot() if lack in m["text"]]
        await running.stop()
        assert len(said) == 1
