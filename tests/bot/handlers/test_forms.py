"""Text typed while forms are open, on replicas of one bot that share nothing but a database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

import pytest
from telegram import Update

from bot.assistant import make_assistant
from bot.delivery.pacing import Pace
from bot.desk.steps import COMMANDS
from bot.handlers.application import build
from bot.handlers.context import BotApplication, Desk
from bot.sandbox.server import Sandbox
from bot.settings import Settings
from bot.store.store import Store
from tests.bot.engines import both_engines
from tests.bot.handlers.conftest import HASTE, NOON
from tests.sandbox_client import Chat, Json, buttons


@dataclass
class Replicas:
    """Two of a bot over one database; the test says which of them is handed an update."""

    applications: list[BotApplication]
    you: Chat
    turn: int = 0
    handed: list[Update] = field(default_factory=list)
    _next: int = 0

    async def hand_over(self) -> None:
        """Let the replica whose turn it is deal with what has come."""
        application = self.applications[self.turn]
        for update in await application.bot.get_updates(offset=self._next):
            self._next = update.update_id + 1
            self.handed.append(update)
            await application.process_update(update)
        self.turn = 1 - self.turn

    async def again(self, at: int) -> None:
        """Deal with the last update once more, as after a failure on the way to Telegram."""
        update = self.handed[-1]
        update.set_bot(self.applications[at].bot)
        await self.applications[at].process_update(update)

    async def say(self, text: str, **given: object) -> list[Json]:
        """Write, and return what comes behind it."""
        message = await self.you.say(text, **given)
        await self.hand_over()
        return await self.you.from_bot(message["message_id"])

    async def press(self, message: Json, label: str) -> None:
        """Press a button of a message as it stands now."""
        await self.you.press(await self.now(message), label)
        await self.hand_over()

    async def opened(self, command: str) -> Json:
        """Open a command's form."""
        (form,) = await self.say(f"/{command}")
        if "step by step" in form["text"]:
            return form
        await self.press(form, "Fill in step by step")
        return (await self.you.from_bot(form["message_id"]))[0]

    async def now(self, message: Json) -> Json:
        """Return a message as it stands."""
        all_ = await self.you.messages()
        return next(m for m in all_ if m["message_id"] == message["message_id"])

    async def text(self, message: Json) -> str:
        """Return what a message says now."""
        return str((await self.now(message))["text"])

    async def fill_in(self, form: Json, *answers: str) -> None:
        """Press or type answers, the replicas in turn, without replying."""
        for answer in answers:
            labels = {button["text"] for button in buttons(await self.now(form))}
            if answer in labels:
                await self.press(form, answer)
            else:
                assert await self.say(answer) == []


@pytest.fixture
async def replicas(url: str, sandbox: Sandbox, settings: Settings) -> AsyncIterator[Replicas]:
    async with AsyncExitStack() as stack:
        applications = []
        for guest in (False, True):  # SQLite has one owner
            store = await Store.open(url, guest=guest)
            stack.push_async_callback(store.close)
            assistant = make_assistant(settings, store, now=lambda: NOON)
            stack.callback(assistant.close)
            desk = Desk(assistant, Pace(HASTE, HASTE, HASTE), feeds=False)
            application = build(replace(settings), desk)
            await application.initialize()
            stack.push_async_callback(application.shutdown)
            applications.append(application)
        you = await stack.enter_async_context(Chat(sandbox.page_url, patience=30))
        yield Replicas(applications, you)


LEG = ("TY", "TYH7", "112-16", "2034-11-15", "4.25", "100-30", "3.9")
ENDS = {"basis": (*LEG, "2%"), "leverage": (*LEG, "2%", "1850", "$500k", "$100m"), "carry": LEG}


@both_engines
@pytest.mark.parametrize("command", ENDS)
async def test_a_finished_form_takes_no_value_on_any_replica(replicas: Replicas, command: str):
    (form,) = await replicas.say(f"/{command}")
    await replicas.fill_in(form, *ENDS[command])
    result = await replicas.text(form)
    assert "step by step" not in result
    for value in ("5", "3.8"):
        assert await replicas.say(value)  # what it is then is said in a message of its own
        assert await replicas.text(form) == result


@both_engines
@pytest.mark.parametrize("way", ["Cancel", "/cancel"])
@pytest.mark.parametrize("command", ["basis", "leverage"])
async def test_a_cancelled_form_takes_no_value(replicas: Replicas, command: str, way: str):
    (form,) = await replicas.say(f"/{command}")
    await replicas.fill_in(form, "TY", "TYH7")
    if way == "Cancel":
        await replicas.press(form, way)
    else:
        await replicas.say(way)
    closed = await replicas.text(form)
    for _ in replicas.applications:
        assert await replicas.say("112-16")
        assert await replicas.text(form) == closed


@both_engines
async def test_a_reply_to_a_closed_form_is_told_so(replicas: Replicas):
    (form,) = await replicas.say("/carry")
    await replicas.fill_in(form, "TY", "TYH7")
    await replicas.say("/cancel")
    (told,) = await replicas.say("112-16", reply_to=form["message_id"])
    assert told["text"].startswith("This form is closed.")


@both_engines
async def test_values_are_for_the_form_that_was_opened_last(replicas: Replicas):
    (first,) = await replicas.say("/leverage")
    await replicas.fill_in(first, "TY", "TYH7")
    before = await replicas.text(first)
    (second,) = await replicas.say("/basis")
    await replicas.fill_in(second, *ENDS["basis"])
    assert await replicas.text(first) == before
    assert await replicas.say("112-16")
    assert await replicas.text(first) == before


@both_engines
@pytest.mark.refusals("Bad Request: message is not modified")
async def test_a_value_that_is_dealt_with_twice_fills_in_one_step(replicas: Replicas):
    (form,) = await replicas.say("/leverage")
    await replicas.fill_in(form, "TY", "TYH7", "112-16", "2034-11-15", "4.25", "100-30", "3.9")
    await replicas.say("2")
    stands = await replicas.text(form)
    for at in (0, 1):
        await replicas.again(at)
        assert await replicas.text(form) == stands


WORDINGS = (
    "TYH7",
    "TYZ6",
    "tyz6",
    "112-325",
    "15 Nov 2034",
    "2034年11月15日",
    "4.25%",
    "repo 3,90",
)
FORMS = {
    **dict.fromkeys(("basis", "carry", "pnl", "leverage", "stress", "ctd"), ("TY", "TYH7")),
    "position": ("ten", "TY", "TYH7"),
    "spiral": (),
    "dates": (),
}


@pytest.mark.parametrize("command", FORMS)
async def test_what_is_typed_is_read_or_refused_by_the_form_that_is_open(
    replicas: Replicas, command: str
):
    """Never another form, and what was answered stands."""
    for wording in WORDINGS:
        form = await replicas.opened(command)
        await replicas.fill_in(form, *FORMS[command])
        before = await replicas.text(form)
        came = await replicas.say(wording)
        after = await replicas.text(form)
        assert f"/{command}, step by step" in after or command == "dates", wording
        assert came == [], wording
        if FORMS[command]:
            assert "So far: " in before
            assert "TYH7" in after, wording
            assert "".join(wording.split()) in "".join(after.split()), wording


@pytest.mark.parametrize("command", ["basis", "leverage"])
async def test_a_question_or_a_command_beside_a_form_leaves_it_as_it_is(
    replicas: Replicas, command: str
):
    (form,) = await replicas.say(f"/{command}")
    await replicas.fill_in(form, "TY", "TYH7")
    before = await replicas.text(form)
    for text in ("What is a haircut?", "/dates TYH7", "10年期国债期货的转换因子是什么"):
        assert await replicas.say(text)
        assert await replicas.text(form) == before
    assert await replicas.say("112-16") == []
    assert "112-16" in await replicas.text(form)


def test_all_forms_are_typed_into():
    assert set(FORMS) == {"basis", *COMMANDS}
