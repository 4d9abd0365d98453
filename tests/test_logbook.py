"""The judges of logs: what a line must not show is found, in this process and in a child's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.bot.answering.model_server import serve
from tests.bot.delivery.telegram_double import TOKEN
from tests.e2e.processes import Process
from tests.logbook import Logbook, check_lines

ASKED = {"text": "how much do I owe the dealer?", "from": {"first_name": "Adalbert"}}
TALKER = """
import logging, sys
from bot.log import set_up
set_up()
logging.getLogger("bot.talker").debug("read %s", sys.argv[1])
"""


@pytest.mark.parametrize(
    "words", ["how much do I owe the dealer?", "Adalbert", TOKEN, "made-up-for-tests"]
)
def test_a_line_that_shows_what_was_said_or_a_part_of_the_token_is_found(words: str):
    with pytest.raises(AssertionError, match="stands in the log"):
        check_lines(["all is well", f"read {words}"], [ASKED], TOKEN)
    check_lines(["all is well", f"read x{words}x"], [ASKED], TOKEN)


async def talker(folder: Path, words: str) -> Process:
    (folder / "talker.py").write_text(TALKER)
    process = Process("talker", (words,), {"OWN_SECRET": "only-we-know"}, folder / "talker.log")
    await process.start()
    assert process.child is not None
    assert await asyncio.wait_for(process.child.wait(), 60) == 0
    return process


@pytest.mark.parametrize("words", [ASKED["text"], "only-we-know", TOKEN])
async def test_a_child_that_logs_at_debug_what_was_said_or_a_secret_is_found(
    tmp_path: Path, words: str
):
    process = await talker(tmp_path, words)
    with pytest.raises(AssertionError, match="stands in the log"):
        process.check([ASKED], "read")


async def test_a_child_that_logs_its_own_words_only_is_well(tmp_path: Path):
    process = await talker(tmp_path, "three updates")
    assert "DEBUG bot.talker: read three updates" in process.output
    process.check([ASKED], TOKEN)


def test_what_a_model_is_asked_is_held_against_the_log(logbook: Logbook):
    with pytest.raises(AssertionError, match="stands in the log"), serve({}) as served:  # noqa: PT012
        served.requests.append({"messages": [{"role": "user", "content": ASKED["text"]}]})
        logbook.lines.append(f"asked {ASKED['text']}")
    logbook.lines.pop()
