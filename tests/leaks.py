"""Many chats' reports, added, asked and deleted at random: whoever meets another's words is told.

`python -m tests.leaks [--operations 10000] [--chats 20] [--seed N]` exits 1 at the first leak. The
store, the search, the answers, the lists and the export are the product's own; only the embedder is
a bag of words. Each report has a word that no other has: it must never be said to another chat,
nor lie anywhere on the disk or in a log once the report is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import logging
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot.answering.engine import Answerer
from bot.answering.reports.keeping import OwnReports
from bot.render.answers import answer_json
from bot.render.reports import list_text
from bot.store.reports import EVERYBODY
from bot.store.store import Store
from knowledge.chunking import language_of_text
from knowledge.claims import load_ledger
from knowledge.embedding import Embedder
from knowledge.glossary import load_glossary
from knowledge.library import Library
from knowledge.parsing.facts import facts_of
from knowledge.parsing.pieces import pieces_of
from knowledge.parsing.readings import readings_of
from knowledge.parsing.report import Report, simhash
from knowledge.parsing.texts import parse_markdown
from knowledge.vectors import VectorStore, add_means
from tests.knowledge.shelf import Bag

CHATS = 20
FIRST_CHAT = 7_000_001
CANARY = re.compile(r"canary\d+")
# How often each is done, of a hundred.
WEIGHTS = {"add": 12, "replace": 3, "drop": 9, "forget": 3, "label": 2, "embed": 4, "ask": 49,
           "list": 9, "export": 9}  # fmt: skip
LOOK_EVERY = 250
QUESTIONS = (
    "What does this report say about leverage?",
    "这份报告怎么说杠杆\uff1f",
    "Does this report agree with the Fed?",
    "Who wrote this report and when?",
    "Summarize this report",
    "How big is the basis trade?",
    "What does the {word} facility lend?",
    "{word}说了什么\uff1f",
)
TEXT = """# {word} note

Published by Morgan Stanley on 14 January 2026.

In December 2025 the leverage of the basis trade reached {times} times, says {word}. The {word}
facility lent ${size} billion against Treasuries in the basis trade.

2025年12月{word}的基差交易规模约为{size}亿美元\uff0c杠杆为{times}倍。

| Tenor {word} | Haircut (%) |
|---|---|
| 2-year {word} | 0.{times} |
"""


class LeakError(AssertionError):
    """A word was said, or kept, where it must not be."""


def read_here(data: bytes, name: str, **_: object) -> Report:
    """Read a report as the child does, without a child: ten thousand of them would take an hour."""
    parsed = parse_markdown(data)
    text = "\n".join(block.text for block in parsed.blocks)
    known, pieces = facts_of(parsed, name), pieces_of(parsed.blocks)
    tables = [block for block in parsed.blocks if block.kind == "table"]
    return Report(
        kind="markdown",
        title=known.title,
        publisher=known.publisher,
        published=known.published,
        lang=language_of_text(text),
        pages=0,
        chars=len(text),
        sha256=hashlib.sha256(data).hexdigest(),
        simhash=simhash(text),
        pieces=tuple(pieces),
        readings=tuple(readings_of(pieces, tables, known.published)),
    )


def library() -> Library:
    """Return the ledger and the glossary, with a bag of words for an embedder."""
    embedder = Embedder(Bag(), "bag")
    stored = VectorStore("bag")
    add_means(stored, embedder)
    return Library(load_ledger(), load_glossary(), [], embedder=embedder, stored=stored)


class Heard(logging.Handler):
    """Keeps what our own code logs, at any level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@dataclass
class House:
    """The chats, what each should have (report number -> its word), and what they may not meet."""

    store: Store
    reports: OwnReports
    answerer: Answerer
    folder: Path
    chance: random.Random
    kept: dict[int, dict[int, str]]
    heard: Heard = field(default_factory=Heard)
    done: Counter[str] = field(default_factory=Counter)
    words: int = 0

    async def step(self) -> None:
        chat = self.chance.choice(list(self.kept))
        (act,) = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        if act in {"replace", "drop", "label"} and not self.kept[chat]:
            act = "add"
        self.done[act] += 1
        await getattr(self, act)(chat)

    async def add(self, chat: int, label: str = "") -> None:
        self.words += 1
        word = f"canary{self.words}"
        text = TEXT.format(word=word, times=20 + self.words % 60, size=100 + self.words % 900)
        name = label or f"file{self.words}.md"
        added = await self.reports.take(chat, text.encode(), name)
        if added.report is None:
            raise LeakError(f"{name} was not kept")
        self.kept[chat][added.report.number] = word

    async def replace(self, chat: int) -> None:
        number = self.chance.choice(list(self.kept[chat]))
        rows = await self.reports.listed(chat)
        await self.add(chat, next(row.label for row in rows if row.number == number))

    async def drop(self, chat: int) -> None:
        number = self.chance.choice(list(self.kept[chat]))
        await self.reports.drop_number(chat, number)
        del self.kept[chat][number]

    async def forget(self, chat: int) -> None:
        await self.store.forget(chat)
        self.reports.forget(chat)
        self.kept[chat] = {}

    async def label(self, chat: int) -> None:
        number = self.chance.choice(list(self.kept[chat]))
        await self.reports.label(chat, number, f"{self.kept[chat][number]} Bank, 2026-03")

    async def embed(self, _: int) -> None:
        await self.reports.finish()

    async def ask(self, chat: int) -> None:
        """Ask for what anybody has; the question itself may name another's word."""
        other = self.chance.choice(list(self.kept))
        word = self.chance.choice([*self.kept[other].values(), "canary0"])
        question = self.chance.choice(QUESTIONS).format(word=word)
        answer = self.answerer.answer(question, own=await self.reports.open(chat))
        said = json.dumps(answer_json(answer), ensure_ascii=False)
        self.check(chat, said if word in self.kept[chat].values() else said.replace(word, ""))

    async def list(self, chat: int) -> None:
        own, shared = await asyncio.gather(
            self.reports.listed(chat), self.reports.listed(EVERYBODY)
        )
        text = list_text("en", own, shared)
        self.check(chat, text)
        if missing := set(self.kept[chat].values()) - set(CANARY.findall(text)):
            raise LeakError(f"chat {chat} misses {missing}")

    async def export(self, chat: int) -> None:
        self.check(chat, json.dumps(await self.store.export(chat)))

    def check(self, chat: int, said: str) -> None:
        if strange := set(CANARY.findall(said)) - set(self.kept[chat].values()):
            raise LeakError(f"chat {chat} met {strange}")

    def look(self) -> None:
        """Look for dead words in every byte on the disk, and for any word in the logs."""
        alive = {word for words in self.kept.values() for word in words.values()}
        disk = b"".join(p.read_bytes() for p in self.folder.rglob("*") if p.is_file())
        found = {m.decode() for m in re.findall(CANARY.pattern.encode(), disk)}
        if dead := found - alive:
            raise LeakError(f"on the disk: {dead}")
        if alive - found:
            raise LeakError(f"this look would find nothing: {alive - found} are not on the disk")
        if said := [line for line in self.heard.lines if CANARY.search(line)]:
            raise LeakError(f"in the logs: {said}")


async def soak(operations: int, chats: int, seed: int, folder: Path) -> House:
    """Do so many operations at random; raise LeakError at the first leak."""
    store = await Store.open(f"sqlite+aiosqlite:///{folder / 'soak.db'}")
    known = library()
    house = House(
        store=store,
        reports=OwnReports(store.reports, lambda: known, read=read_here),
        answerer=Answerer(known, lambda: date(2026, 11, 24)),
        folder=folder,
        chance=random.Random(seed),
        kept={FIRST_CHAT + n: {} for n in range(chats)},
    )
    loggers = [logging.getLogger(name) for name in ("bot", "knowledge")]
    for logger in loggers:
        logger.addHandler(house.heard)
        logger.setLevel(logging.DEBUG)
    try:
        for number in range(1, operations + 1):
            await house.step()
            if number % LOOK_EVERY == 0 or number == operations:
                house.look()
    finally:
        for logger in loggers:
            logger.removeHandler(house.heard)
        await store.close()
    return house


def main(words: Iterable[str]) -> int:
    parser = argparse.ArgumentParser("python -m tests.leaks", description=__doc__)
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--chats", type=int, default=CHATS)
    parser.add_argument("--seed", type=int, default=20261124)
    given = parser.parse_args([*words])
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            house = asyncio.run(soak(given.operations, given.chats, given.seed, Path(folder)))
        except LeakError as leak:
            sys.stderr.write(f"leak: {leak}\n")
            return 1
    counts = ", ".join(f"{name} {count:,}" for name, count in sorted(house.done.items()))
    sys.stdout.write(
        f"{given.operations:,} operations over {given.chats} chats in "
        f"{time.perf_counter() - began:.0f} s, no leak ({counts}; {house.words:,} reports)\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
