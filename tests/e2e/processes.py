"""The product and its Bot API server as processes of their own, so that one can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.sandbox.log import Call
from tests.logbook import check_lines, deeds
from tests.sandbox_client import Chat

ROOT = Path(__file__).parent.parent.parent
SECRETS = ("_TOKEN", "_SECRET", "_KEY")
TOKEN = "424242:made-up-for-a-test-0123456789abcdef"  # noqa: S105  # no bot of Telegram's has it


@dataclass
class Process:
    """One child of this test, its output in a file, its log at DEBUG in another beside it.

    `beside` are those that talk to it.
    """

    module: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    child: asyncio.subprocess.Process | None = field(default=None, init=False)
    beside: list[Process] = field(default_factory=list, init=False)

    @property
    def errors(self) -> Path:
        """Return the file of what it prints as errors: its log."""
        return self.log.with_suffix(".err")

    @property
    def output(self) -> str:
        """Return all that it printed."""
        files = (self.log, self.errors)
        return "".join(file.read_text(encoding="utf-8") for file in files if file.exists())

    async def start(self) -> None:
        """Start it; its output is added to what earlier starts wrote."""
        names = ("PATH", "HOME", "LANG", "TMPDIR", "BASISBOT_REFERENCE_DIR")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        kept["PYTHONPATH"] = str(ROOT)
        with self.log.open("ab") as out, self.errors.open("ab") as errors:
            self.child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.debugging",
                self.module,
                *self.arguments,
                cwd=self.log.parent,  # where no `.env` of the developer's lies
                env={**kept, **self.environment},
                stdout=out,
                stderr=errors,
            )

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        assert self.child is not None
        with contextlib.suppress(ProcessLookupError):
            self.child.send_signal(number)
        return await asyncio.wait_for(self.child.wait(), 15)

    async def kill(self) -> None:
        """Kill it as a power cut would."""
        await self.end(signal.SIGKILL)

    async def says(self, pattern: str, seconds: float = 30) -> re.Match[str]:
        """Return the first match of a pattern in the output, waiting for it."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.output)):
            assert time.monotonic() < end, f"no {pattern!r} in {self.output}"
            assert self.child is not None, "it was never started"
            assert self.child.returncode is None, self.output
            await asyncio.sleep(0.05)
        return found

    def check(self, said: Iterable[object], *secrets: str) -> None:
        """Fail where its log shows what people wrote or were answered, or a secret it was given."""
        named = [value for name, value in self.environment.items() if name.endswith(SECRETS)]
        if self.errors.exists():  # it was started
            check_lines(self.errors.read_text("utf-8").splitlines(), said, *named, *secrets)


async def heard(page: str, begin: int) -> list[object]:
    """Return what was written since that deed, and all that the bot sent through the server."""
    async with Chat(page) as anyone:
        calls: list[Call] = await anyone.calls()
    return [*deeds[begin:], *(call.params for call in calls)]


@contextlib.asynccontextmanager
async def telegram(folder: Path) -> AsyncIterator[tuple[Process, str]]:
    """Yield a Bot API server that outlives the bot, and its page's address.

    No log of the two shows what went through it.
    """
    begin = len(deeds)
    process = Process("bot.sandbox", ("--port", "0", "--token", TOKEN), {}, folder / "sandbox.log")
    await process.start()
    try:
        page = await process.says(r"page\s+(\S+)")
        yield process, page[1]
        said = await heard(page[1], begin)
    finally:
        await process.end(signal.SIGTERM)
    for one in (process, *process.beside):
        one.check(said, TOKEN)


async def bot_against(server: Process, folder: Path, **more: str) -> Process:
    """Return a live bot, not yet started, that talks to the server."""
    base = (await server.says(r"TELEGRAM_API_BASE_URL=(\S+)"))[1]
    files = (await server.says(r"TELEGRAM_API_FILE_URL=(\S+)"))[1]
    environment = {
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_BASE_URL": base,
        "TELEGRAM_API_FILE_URL": files,
        "BASISBOT_DATA_DIR": str(folder / "data"),
        "BASISBOT_FEEDS": "off",
        **more,
    }
    bot = Process("bot", ("run",), environment, folder / "bot.log")
    server.beside.append(bot)
    return bot


@contextlib.asynccontextmanager
async def newcomer(folder: Path, *options: str, **more: str) -> AsyncIterator[tuple[Process, str]]:
    """Yield the product as someone without a token starts it, and the address that it prints."""
    environment = {
        "BASISBOT_DATA_DIR": str(folder / "data"),
        "BASISBOT_SANDBOX_PORT": "0",
        "BASISBOT_FEEDS": "off",
        **more,
    }
    begin, said = len(deeds), list[object]()
    process = Process("bot", ("run", *options), environment, folder / "bot.log")
    await process.start()
    try:
        page = await process.says(r"(http://127\.0\.0\.1:\d+/\?key=(\S+))")
        yield process, page[1]
        assert process.child is not None
        if process.child.returncode is None:  # a test may end it by itself
            said += await heard(page[1], begin)
    finally:
        await process.end(signal.SIGTERM)
    process.check([*deeds[begin:], *said], page[2])
