"""Reports through the sandbox: sent as files, asked about, private, gone when deleted."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.i18n import say
from bot.sandbox.server import Sandbox
from bot.sandbox.world import COLLEAGUE, YOU
from bot.settings import Settings
from tests.bot.handlers.conftest import Running
from tests.knowledge.parsing import files
from tests.knowledge.parsing.bad import BAD
from tests.knowledge.parsing.test_bad_files import QUICK
from tests.sandbox_client import Chat, group, texts

BOT = "@basis_sandbox_bot"
CANARY = "Zanzibar"
# What Telegram does not let anybody send, or a bot fetch.
UNSENT = {"report_empty", "report_too_big"}
NOTE = (
    f"# {CANARY} funding note\n\nPublished by Morgan Stanley on 14 January 2026.\n\n"
    "In December 2025 the leverage of the basis trade reached 37 times, says the desk. "
    f"The {CANARY} facility lent $912 billion against Treasuries in the basis trade.\n"
)


async def sent(you: Chat, name: str, data: bytes, mime: str = "text/markdown", caption: str = ""):
    """Send a file and return the message that says what was found, or why nothing was."""
    upload = await you.upload(name, data, mime, caption)

    def settled(found: list[dict]) -> bool:
        return any(m.get("edit_date") for m in found)

    found = await you.until(settled, upload["message_id"])
    return next(m for m in found if m.get("edit_date"))


async def becomes(you: Chat, told: dict, words: str) -> dict:
    """Return a message once it says the words; how far its search is may change it before."""

    def says(found: list[dict]) -> bool:
        return any(m["message_id"] == told["message_id"] and words in m["text"] for m in found)

    found = await you.until(says)
    return next(m for m in found if m["message_id"] == told["message_id"])


async def shown(you: Chat, words: str) -> None:
    """Wait until some message of the bot says the words."""
    await you.until(lambda found: any(words in text for text in texts(found)))


async def test_a_report_of_forty_pages_is_read_and_asked_with_page_and_quote(you: Chat):
    report = files.two_column_report(40)
    told = await sent(you, "monitor.pdf", report, "application/pdf")
    assert "Treasury basis monitor" in told["text"]
    assert "Morgan Stanley, 2026-01-14" in told["text"]
    assert "40 pages" in told["text"]
    assert "Preparing the search by meaning" in told["text"]
    english = await you.ask("What does this report say about leverage on page 7?")
    assert "27 times" in english["text"]
    assert "leverage reached 27 times the margin that was posted" in english["text"]
    assert "page 7" in english["text"]
    chinese = await you.ask("这份报告第8页对基差交易规模怎么说\uff1f")
    assert "4080亿美元" in chinese["text"]
    assert "第 8 页" in chinese["text"]
    await you.press(told, "Does this report agree")
    compared = (await you.until(bool, chinese["message_id"]))[0]
    assert "They differ" in compared["text"]
    assert "Federal Reserve Board" in compared["text"]


async def test_another_chat_meets_nothing_of_it(you: Chat, sandbox: Sandbox, bot: Running):
    await sent(you, f"{CANARY}.md", NOTE.encode())
    mine = await you.ask("What does this report say about leverage?")
    assert "37 times" in mine["text"]
    assert CANARY in (await you.ask("/sources"))["text"]
    async with Chat(sandbox.page_url, COLLEAGUE, patience=30) as other:
        heard = [
            await other.ask("/start"),
            await other.ask("What does this report say about leverage?"),
            await other.ask("What did the facility lend against Treasuries?"),
            await other.ask("How big is the basis trade?"),
            await other.ask("/sources"),
        ]
        export = await other.ask("/export")
        assert CANARY not in str([*texts(heard), *heard, export])
        file = await kept_file(sandbox, export)
        assert CANARY not in file
        assert json.loads(file)["reports"] == []


async def kept_file(sandbox: Sandbox, message: dict) -> str:
    return sandbox.world.files.by_id[message["document"]["file_id"]].data.decode()


async def test_nothing_of_it_is_logged(you: Chat, caplog: pytest.LogCaptureFixture):
    with caplog.at_level("DEBUG"):
        await sent(you, f"{CANARY}.md", NOTE.encode())
        await you.ask("What does this report say about leverage?")
    ours = [r.getMessage() for r in caplog.records if r.name.split(".")[0] in {"bot", "knowledge"}]
    assert not any(CANARY in line or "912" in line for line in ours)


@pytest.mark.parametrize("how", ["button", "command", "forget"])
async def test_what_is_deleted_is_gone_at_once_and_from_the_disk(
    you: Chat, bot: Running, tmp_path: Path, how: str
):
    told = await sent(you, f"{CANARY}.md", NOTE.encode())
    await you.ask("What does this report say about leverage?")
    if how == "button":
        await you.press(told, "Delete it")
        await shown(you, "is deleted")
    elif how == "command":
        assert "is deleted" in (await you.ask("/drop 1"))["text"]
    else:
        sure = await you.ask("/forget")
        await you.press(sure, "Yes, delete")
        await shown(you, "Deleted")
    assert "no report" in (await you.ask("What does this report say about leverage?"))["text"]
    await bot.stop()
    text = [b"lent $912 billion", b"reached 37 times"]
    left = b"".join(on_disk(tmp_path))
    assert not [words for words in text if words in left]
    await bot.start()


def on_disk(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()


async def test_the_same_file_twice_and_a_changed_one(you: Chat):
    await sent(you, "note.md", NOTE.encode())
    again = await sent(you, "note.md", NOTE.encode())
    assert "already" in again["text"]
    changed = await sent(you, "note.md", NOTE.replace("37 times", "39 times").encode())
    assert "replaces" in changed["text"]
    answer = await you.ask("What does this report say about leverage?")
    assert "39 times" in answer["text"]
    assert "37 times" not in answer["text"]


async def test_a_day_that_no_calendar_has_is_no_date_of_a_report(you: Chat):
    plain = b"In 2025 leverage of the basis trade was 41 times, as somebody wrote down for us."
    told = await sent(you, "a.txt", plain, "text/plain", "Goldman Sachs, 30 February 2026")
    assert "Goldman Sachs, date not found" in told["text"]
    assert "There is no such date: “30 February 2026”" in told["text"]
    answer = await you.ask("/label 1 Goldman Sachs, 2026-06-31")
    assert "There is no such date: “2026-06-31”" in answer["text"]
    assert "2026-06" not in (await you.ask("/sources"))["text"]
    assert (
        "Goldman Sachs, 2026-06-30" in (await you.ask("/label 1 Goldman Sachs, 2026-06-30"))["text"]
    )


def fails(*_: object, **__: object) -> None:
    raise ValueError("a step that fails")


async def fails_later(*_: object, **__: object) -> None:
    fails()


@pytest.mark.parametrize(
    "step",
    ["reports.suggestions", "reports.can_embed", "reports.watch", "reports.now", "found_message",
     "_remarks"],
)  # fmt: skip
async def test_whatever_fails_after_it_was_stored_a_report_is_said_to_be_kept(
    you: Chat, monkeypatch: pytest.MonkeyPatch, step: str
):
    plain = b"On 31 June 2025 leverage of the basis trade was 41 times, as somebody wrote down."
    at, _, name = step.rpartition(".")
    where = "bot.answering.reports.keeping.OwnReports." if at else "bot.handlers.uploading."
    monkeypatch.setattr(where + name, fails_later if at else fails)
    upload = await you.upload("note.txt", plain, "text/plain")
    await you.until(
        lambda found: any(
            "Only this chat" in t or "is kept, as number 1" in t for t in texts(found)
        ),
        upload["message_id"],
    )
    monkeypatch.undo()
    answer = await you.ask("What does this report say about leverage?")
    assert "41 times" in answer["text"]
    listed = await you.ask("/sources")
    assert "/drop" in listed["text"]
    said = texts(await you.from_bot(upload["message_id"]))
    assert not any("not your input" in text for text in said)


async def test_a_report_that_could_not_be_stored_is_said_not_to_be_and_leaves_nothing(
    you: Chat, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.store.reports._keep_vectors", fails_later)
    told = await sent(you, "note.md", NOTE.encode())
    assert "is not kept" in told["text"]
    monkeypatch.undo()
    assert "no report" in (await you.ask("What does this report say about leverage?"))["text"]
    assert "Ask, for example" in (await sent(you, "note.md", NOTE.encode()))["text"]


async def test_pages_that_could_not_be_read_are_told(you: Chat):
    told = await sent(you, "partscan.pdf", files.partly_scanned_pdf(), "application/pdf")
    assert "3 of its pages hold pictures without text" in told["text"]
    answer = await you.ask("What does this report say about leverage?")
    assert "3 of the 4 pages" in answer["text"]


async def test_a_report_that_says_nobody_is_asked_who_and_when(you: Chat):
    plain = "In 2025 leverage of the basis trade was 41 times, as somebody wrote down for us."
    told = await sent(you, "<b>plain</b>.txt", plain.encode(), "text/plain")
    assert "/label 1" in told["text"]
    assert "no number" not in (await you.ask("/label 1 摩根大通 2026年3月"))["text"]
    assert "J.P. Morgan, 2026-03" in (await you.ask("/sources"))["text"]
    assert "number 9" in (await you.ask("/label 9 X 2026"))["text"]
    assert "number 9" in (await you.ask("/drop 9"))["text"]
    assert "/drop 1" in (await you.ask("/drop"))["text"]
    assert "/label 1" in (await you.ask("/label"))["text"]


async def test_who_and_when_are_chosen_by_buttons_from_what_the_report_names(you: Chat):
    plain = (
        "Leverage of the basis trade was 41 times in March 2026, as we reckon it. Analysts of "
        "Morgan Stanley and of J.P. Morgan put it lower in January 2026; Morgan Stanley said 38."
    )
    told = await sent(you, "plain.txt", plain.encode(), "text/plain")
    assert "Who published it?" in told["text"]
    await you.press(told, "Morgan Stanley")
    told = await becomes(you, told, "When was it published?")
    await you.press(told, "2026-03")
    told = await becomes(you, told, "Morgan Stanley, 2026-03")
    assert "published?" not in told["text"]
    other = await sent(you, "other.txt", plain.replace("41", "42").encode(), "text/plain")
    assert "is deleted" in (await you.ask("/drop 2"))["text"]
    await you.press(other, "Morgan Stanley")
    await shown(you, "not kept any more")


async def test_the_caption_says_who_or_asks(you: Chat):
    plain = b"In 2025 leverage of the basis trade was 41 times, as somebody wrote down for us."
    told = await sent(you, "a.txt", plain, "text/plain", "Goldman Sachs, 3 March 2026")
    assert "Goldman Sachs, 2026-03-03" in told["text"]
    asked = await sent(
        you, "b.txt", plain + b" And more.", "text/plain", "这份报告对杠杆怎么说\uff1f"
    )
    answer = (await you.until(bool, asked["message_id"]))[-1]
    assert "41倍" in answer["text"]


async def test_in_a_group_a_file_is_read_only_where_we_are_meant(bot: Running, sandbox: Sandbox):
    async with group(sandbox.page_url) as desk, Chat(sandbox.page_url, patience=30) as you:
        desk.patience = 30
        await you.ask("/start")
        quiet = await desk.upload("note.md", NOTE.encode(), "text/markdown")
        told = await sent(desk, "note.md", NOTE.encode(), caption=f"{BOT} for the desk")
        assert told["message_id"] > quiet["message_id"]
        answers = await desk.from_bot(quiet["message_id"])
        assert len(answers) == 1
        asked = await desk.ask(f"{BOT} what does this report say about leverage?")
        assert "37 times" in asked["text"]
        assert "no report" in (await you.ask("What does this report say about leverage?"))["text"]


async def test_only_an_operator_fills_the_shared_library(sandbox: Sandbox, settings: Settings):
    running = Running(replace(settings, admins=(YOU,)))
    await running.start()
    try:
        async with (
            Chat(sandbox.page_url, patience=30) as admin,
            Chat(sandbox.page_url, COLLEAGUE, patience=30) as other,
        ):
            kept = await sent(
                other, "mine.md", NOTE.replace(CANARY, "Ural").encode(), caption="/share"
            )
            assert "this chat only" in kept["text"]
            told = await sent(admin, "note.md", NOTE.encode(), caption="/share")
            assert "every chat can ask" in told["text"]
            listed = await other.ask("/sources")
            assert f"{CANARY} funding note" in listed["text"]
            admins = await admin.ask("/sources")
            assert "Ural" not in admins["text"]
            await admin.press(told, "Delete it")
            await shown(admin, "is deleted")
            assert CANARY not in (await other.ask("/sources"))["text"]
    finally:
        await running.stop()


@pytest.mark.slow
async def test_each_bad_file_gets_its_message_and_others_are_answered_meanwhile(
    you: Chat, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("knowledge.parsing.reading.LIMITS", replace(QUICK, cpu_seconds=2))
    # One of each reason; every kind is tried in tests/knowledge/parsing.
    kinds = {code: kind for kind, (_, _, code) in BAD.items() if code not in UNSENT}
    delays: list[float] = []
    done = asyncio.Event()

    async def another() -> None:
        async with Chat(sandbox.page_url, COLLEAGUE, patience=30) as other:
            await other.ask("/start")
            while not done.is_set():
                began = time.monotonic()
                answer = await other.ask("/basis TYH7 112-16+ 4.25 11/15/34 98-24+")
                delays.append(time.monotonic() - began)
                assert "TYH7" in answer["text"]
                await asyncio.sleep(0.1)

    asking = asyncio.create_task(another())
    try:
        for kind in kinds.values():
            name, make, code = BAD[kind]
            told = await sent(you, name, make(), "application/octet-stream")
            sentence = say("en", f"report.{code.removeprefix('report_')}", value=20_000,
                           highest=3_000_000 if code == "report_too_long" else 1_000)  # fmt: skip
            assert told["text"] == sentence, kind
    finally:
        done.set()
        await asking
    assert "no report" in (await you.ask("What does this report say?"))["text"]
    delays.sort()
    assert len(delays) > 20
    assert delays[len(delays) // 2] < 0.5
    assert delays[-1] < 3.0
