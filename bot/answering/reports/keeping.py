"""A chat's files -> its own library: read, kept, made searchable by meaning, asked.

Reading happens in a child process, embedding in a thread, a little at a time: the event loop is
never waited upon. What a file said is in the store before its upload is over; the vectors follow,
and are continued after a restart.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bot.answering.answer import REPORT
from bot.answering.reports import OwnFigure, OwnReport
from bot.i18n import Lang
from bot.store.reports import EVERYBODY, Added, Content, Reports, Stored, owned, vector_text
from knowledge.errors import KnowledgeError
from knowledge.parsing.facts import Suggestions, named_in, suggested
from knowledge.parsing.reading import clean_label, read_report
from knowledge.report import Found, Passage

if TYPE_CHECKING:
    from knowledge.embedding import Embedder, Vectors
    from knowledge.library import Library
    from knowledge.parsing.report import Report
    from knowledge.private import PrivateShelves

log = logging.getLogger(__name__)

# Few at a time: a question that comes meanwhile waits for no more than these.
BATCH = 2
# Files read at once in one process; each may take a core for a minute.
READERS = 1
# Each upload that waits keeps one of the inbox's workers, of which questions need some.
MOST_WAITING = 4
RETRY_SECONDS = 60.0

Progress = Callable[[int, int], Awaitable[object]]


@dataclass(frozen=True)
class OpenReports:
    """What one chat may ask: its own reports and those for everybody, as they are now."""

    reports: Sequence[OwnReport]
    figures: Sequence[OwnFigure]
    owners: Sequence[int]
    shelves: PrivateShelves | None

    def retrieve(self, question: str, limit: int, lang: Lang) -> list[Found]:
        """Return the nearest passages of these reports."""
        from knowledge.private import merged

        if self.shelves is None:
            return []
        return merged((self.shelves.retrieve(o, question, limit, lang) for o in self.owners), limit)


@dataclass
class _Held:
    """What is in memory of one owner besides the shelves."""

    version: str
    reports: list[OwnReport]
    figures: list[OwnFigure]


@dataclass
class OwnReports:
    """The reports of all chats; every call names the chat."""

    kept: Reports
    library: Callable[[], Library]
    read: Callable[..., Report] = read_report
    _held: dict[int, _Held] = field(default_factory=dict)
    _watchers: dict[int, Progress] = field(default_factory=dict)
    _waiting: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READERS))

    # In and out

    async def take(
        self,
        chat_id: int,
        data: bytes,
        name: str,
        *,
        words: str = "",
        user_id: int | None = None,
    ) -> Added:
        """Read a file and keep it for the chat. `words` may say who published it and when.

        Raises KnowledgeError with the `report_...` code of what is wrong with the file. Whatever is
        raised, nothing is kept: a cancellation that comes while the report is stored is too late.
        """
        owned(chat_id)
        if self._waiting >= MOST_WAITING:
            raise KnowledgeError("report_busy")
        self._waiting += 1
        try:
            async with self._reading:
                report = await self._read(data, name)
        finally:
            self._waiting -= 1
        said = named_in(words) if words.strip() else ("", "")
        report = replace(
            report, publisher=said[0] or report.publisher, published=said[1] or report.published
        )
        added = await _to_its_end(self.kept.add(chat_id, report, clean_label(name), user_id))
        if added.outcome in {"added", "replaced"}:
            self._wake.set()
        return added

    async def _read(self, data: bytes, name: str) -> Report:
        """Read a file in a thread; when we are cancelled, so is the child."""
        stopped = threading.Event()
        try:
            return await asyncio.to_thread(self.read, data, name, stopped=stopped)
        finally:
            stopped.set()

    async def listed(self, chat_id: int) -> list[Stored]:
        """Return the chat's own reports."""
        return await self.kept.listed(chat_id)

    async def drop(self, chat_id: int, report_id: int) -> Stored | None:
        """Delete one report of the chat, everywhere and at once; return what it was."""
        gone = await self.kept.drop(chat_id, report_id)
        self._watchers.pop(report_id, None)
        self.forget(chat_id)
        return gone

    async def drop_number(self, chat_id: int, number: int) -> Stored | None:
        """Delete the chat's report of a number; return what it was."""
        found = next((r for r in await self.listed(chat_id) if r.number == number), None)
        return None if found is None else await self.drop(chat_id, found.id)

    async def label(self, chat_id: int, number: int, words: str) -> Stored | None:
        """Say who published a report and when, in a person's words."""
        publisher, published = named_in(words)
        return await self.kept.label(chat_id, number, publisher, published)

    async def label_id(self, owners: Sequence[int], report_id: int, words: str) -> Stored | None:
        """Say so of a report by its id, of the first of the owners who has it."""
        for owner in owners:
            for report in await self.listed(owner):
                if report.id == report_id:
                    return await self.label(owner, report.number, words)
        return None

    async def suggestions(self, chat_id: int, report: Stored, today: date) -> Suggestions:
        """Return who may have published a report, and when, where it does not say so itself."""
        if report.publisher and report.published:
            return Suggestions()
        content = await self.kept.content(chat_id, report.id)
        texts = [piece.text for piece in content.pieces] if content else []
        return await asyncio.to_thread(suggested, texts, today)

    async def now(self, report: Stored) -> Stored | None:
        """Return a report as it is now, None where it is gone."""
        return next((r for r in await self.listed(report.chat_id) if r.id == report.id), None)

    def forget(self, chat_id: int) -> None:
        """Let go of what is in memory of a chat; the store's rows are the store's to delete."""
        self._held.pop(owned(chat_id), None)
        if "shelves" in self.__dict__:
            self.shelves.forget(chat_id)

    # Asked

    async def open(self, chat_id: int) -> OpenReports:
        """Return what the chat may ask, as the store has it now."""
        asked = dict.fromkeys((owned(chat_id), EVERYBODY))
        owners = [owner for owner in asked if await self._fresh(owner)]
        held = [self._held[owner] for owner in reversed(owners)]
        return OpenReports(
            reports=[r for one in held for r in one.reports],
            figures=[f for one in held for f in one.figures],
            owners=owners,
            shelves=self.shelves if owners else None,
        )

    @cached_property
    def shelves(self) -> PrivateShelves:
        """Return the passages in memory."""
        from knowledge.private import PrivateShelves

        library = self.library()
        return PrivateShelves(library.glossary, library.embedder, library.means)

    async def _fresh(self, owner: int) -> bool:
        """Bring what is in memory of an owner up to date; tell whether there is anything."""
        while rows := await self.kept.listed(owner):
            await asyncio.to_thread(self.library)
            version = "|".join(row.stamp for row in rows)
            held = self._held.get(owner)
            if held and held.version == version and self.shelves.version(owner) == version:
                return True
            model = await asyncio.to_thread(self._model)
            contents = [await self.kept.content(owner, row.id, model) for row in rows]
            found = [content for content in contents if content is not None]
            await asyncio.to_thread(self._hold, owner, version, found)
            # Once more around: what was deleted while we read must not stay in memory.
        self.forget(owner)
        return False

    def _hold(self, owner: int, version: str, contents: Sequence[Content]) -> None:
        import numpy as np

        from knowledge.private import Holding

        passages: list[Passage] = []
        vectors: dict[str, Vectors] = {}
        figures: list[OwnFigure] = []
        for content in contents:
            made = [passage_of(content.report, seq, content) for seq in range(len(content.pieces))]
            passages += made
            figures += [OwnFigure(r, made[r.piece]) for r in content.readings]
            for passage, key in zip(made, content.keys, strict=True):
                if key in content.vectors:
                    row = np.frombuffer(content.vectors[key], dtype="<f2")
                    vectors[passage.id] = row.astype(np.float32)
        self.shelves.put(owner, Holding(version, passages, vectors))
        self._held[owner] = _Held(version, [own_report(c.report) for c in contents], figures)

    # Made searchable by meaning

    async def watch(self, report: Stored, progress: Progress) -> None:
        """Tell somebody of a report's embedding, until it is done: passages done, and of how many.

        A report that is deleted meanwhile says nothing any more.
        """
        self._watchers[report.id] = progress
        model = await asyncio.to_thread(self._model)
        waits = {report_id for _, report_id in await self.kept.unfinished(model)}
        if report.id not in waits and self._watchers.pop(report.id, None) is not None:
            await _tell(progress, report.passages, report.passages)

    async def can_embed(self) -> bool:
        """Tell whether there is a model; without one, words must do."""
        return await asyncio.to_thread(self._embedder) is not None

    async def work(self) -> None:
        """Embed what waits, for ever; cancel it to stop. What is not done is done next time."""
        while True:
            self._wake.clear()
            try:
                await self.finish()
            except Exception:  # the model's library, or a database that is away
                log.exception("Reports could not be embedded; trying again in a minute.")
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self._wake.wait()

    async def finish(self, progress: Progress | None = None) -> None:
        """Embed all that waits."""
        if not await self.kept.any():
            return
        embedder = await asyncio.to_thread(self._embedder)
        if embedder is None:
            return
        for chat_id, report_id in await self.kept.unfinished(embedder.model_id):
            await self._embed(embedder, chat_id, report_id, progress)
            self._watchers.pop(report_id, None)

    async def _embed(
        self, embedder: Embedder, chat_id: int, report_id: int, progress: Progress | None
    ) -> None:
        content = await self.kept.content(chat_id, report_id, embedder.model_id)
        if content is None:
            return
        texts = {
            key: vector_text(content.report.title, piece)
            for key, piece in zip(content.keys, content.pieces, strict=True)
        }
        missing = [key for key in texts if key not in content.vectors]
        for start in range(0, len(missing), BATCH):
            keys = missing[start : start + BATCH]
            rows = await asyncio.to_thread(embedder.passages, [texts[key] for key in keys])
            packed = {k: row.astype("<f2").tobytes() for k, row in zip(keys, rows, strict=True)}
            if not await self.kept.put_vectors(chat_id, report_id, embedder.model_id, packed):
                return  # deleted meanwhile
            done = len(texts) - len(missing) + start + len(keys)
            for told in filter(None, (progress, self._watchers.get(report_id))):
                await _tell(told, done, len(texts))

    def _embedder(self) -> Embedder | None:
        return self.library().embedder

    def _model(self) -> str:
        embedder = self._embedder()
        return embedder.model_id if embedder else ""


async def _to_its_end(work: Coroutine[Any, Any, Added]) -> Added:
    """Return what a work brings, also where we are cancelled meanwhile."""
    task = asyncio.create_task(work)
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise


async def _tell(progress: Progress, done: int, total: int) -> None:
    """Tell of progress; that it could not be told stops no work."""
    try:
        await progress(done, total)
    except Exception:
        log.warning("Progress of a report could not be told.", exc_info=True)


def passage_of(stored: Stored, seq: int, content: Content) -> Passage:
    """Return a piece of a report as the passage that is searched and cited."""
    piece = content.pieces[seq]
    return Passage(
        id=f"{stored.chat_id}/{stored.id}/{seq}",
        doc_id=f"{REPORT}{stored.id}",
        lang=piece.lang,
        title=stored.title,
        text=piece.text,
        publisher=stored.publisher,
        section=piece.section,
        as_of=stored.published or None,
        page=piece.page,
        owner=str(stored.chat_id),
        meta={
            "published": stored.published,
            "kind": piece.kind,
            "span": f"{piece.start}-{piece.end}",
        },
    )


def own_report(stored: Stored) -> OwnReport:
    """Return a report as a question meets it."""
    return OwnReport(
        doc_id=f"{REPORT}{stored.id}",
        number=stored.number,
        title=stored.title,
        publisher=stored.publisher,
        published=stored.published,
        pages=stored.pages,
        unread=stored.unread,
        shared=stored.chat_id == EVERYBODY,
    )
