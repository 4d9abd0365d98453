"""Start-up, memory, /basis and questions, beside a bare python-telegram-bot echo."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.bench.rows import Row, cpu_seconds, rss_mib, spread
from tests.e2e.processes import Process, bot_against, telegram
from tests.sandbox_client import Chat

BASIS = "/basis TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2%"
UPDATES, CHATS, FIRST = 200, 40, 8_000_000
QUESTIONS = (
    "How big is the basis trade?",
    "What does net basis measure?",
    "Did the basis trade cause the March 2020 dysfunction?",
    "By when must repo be centrally cleared?",
    "Why do futures trade rich to cash Treasuries?",
    "零折扣回购的占比到底是74%还是42%？",
    "什么是最便宜可交割券？",
    "中国持有的美债近两年怎么变化？",
    "2025年4月关税暂停是不是因为基差交易崩溃？",
    "开曼对冲基金持有的美债超过中日英三国总和吗？",
)


def run() -> list[Row]:
    """Measure both bots against the same kind of server, one after the other."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        bare = await _measure(_made(folder, "bare"), minimal=True)
        ours = await _measure(_made(folder, "ours"), minimal=False)
    return [
        Row("start to first answer", ours["start"], "s", f"bare echo {bare['start']:.2f} s"),
        Row("memory at rest", ours["rest"], "MiB", f"bare echo {bare['rest']:.0f} MiB"),
        Row(
            "CPU per /basis",
            ours["cpu"],
            "ms",
            f"bare echo {bare['cpu']:.2f} ms, {ours['cpu'] / bare['cpu']:.1f} times; "
            f"{ours['cpu'] - bare['cpu']:.1f} ms on top, inbox on disk included",
        ),
        Row("/basis answered, p50", ours["p50"], "ms", f"one at a time; echo {bare['p50']:.0f}"),
        Row("/basis answered, p95", ours["p95"], "ms", f"one at a time; echo {bare['p95']:.0f}"),
        Row("question answered, p50", ours["q50"], "ms", f"{len(QUESTIONS)} questions, 5 rounds"),
        Row("question answered, p95", ours["q95"], "ms", "in both languages, warm"),
        Row("memory after questions", ours["full"], "MiB", "corpus, vectors and embedder loaded"),
    ]


def _made(folder: str, name: str) -> Path:
    made = Path(folder) / name
    made.mkdir()
    return made


async def _measure(folder: Path, *, minimal: bool) -> dict[str, float]:
    async with telegram(folder) as (server, page):
        bot = await bot_against(server, folder)
        if minimal:
            bot = Process("tests.bench.minimal_bot", (), bot.environment, bot.log)
        async with Chat(page, patience=60) as you:
            for n in range(CHATS):
                await you.act("user", user_id=FIRST + n, first_name=f"Reader {n}")
            started = time.perf_counter()
            await bot.start()
            await you.ask("/help")
            found = {"start": time.perf_counter() - started}
            await asyncio.sleep(8)  # what it loads after it answers
            pid = bot.child.pid if bot.child else 0
            found["rest"] = rss_mib(pid)
            found["cpu"] = await _cpu_per_update(you, page, pid)
            found["p50"], found["p95"] = spread(await _times(you, [BASIS] * 20, pause=1.1))
            if not minimal:
                for question in QUESTIONS:
                    await you.ask(question)
                asked = await _times(you, list(QUESTIONS) * 5, pause=1.1)
                found["q50"], found["q95"] = spread(asked)
                found["full"] = rss_mib(pid)
        await bot.end(signal.SIGINT)
    return found


async def _cpu_per_update(you: Chat, page: str, pid: int) -> float:
    """Return the CPU milliseconds of one /basis, from a burst over many chats."""
    await you.ask(BASIS)
    before, calls = cpu_seconds(pid), await _answers(you)
    for n in range(UPDATES):
        await you.act("say", text=BASIS, user_id=FIRST + n % CHATS)
    await _until(lambda: _answers(you), calls + UPDATES)
    return 1000 * (cpu_seconds(pid) - before) / UPDATES


async def _answers(you: Chat) -> int:
    calls = (await you.client.get("/page/log")).json()["calls"]
    return sum(call["method"] == "sendMessage" and call["accepted"] for call in calls)


async def _until(count: Callable[[], Awaitable[int]], wanted: int) -> None:
    end = time.perf_counter() + 90
    while await count() < wanted:
        assert time.perf_counter() < end, "the bot does not answer"
        await asyncio.sleep(0.2)


async def _times(you: Chat, texts: list[str], pause: float) -> list[float]:
    """Return how long each text waited for its answer, in milliseconds; one at a time."""
    taken = []
    for text in texts:
        started = time.perf_counter()
        await you.ask(text)
        taken.append(1000 * (time.perf_counter() - started))
        await asyncio.sleep(pause)  # one message a second to a chat is Telegram's pace
    return taken
