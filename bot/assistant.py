"""All that the product can do, free of Telegram: answer, calculate, digest, remember, forget."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.answering.answer import Answer, quotes_reports
from bot.desk.mending import example
from bot.desk.request import NO_RATES, OwnRates, RateOnRecord
from bot.i18n import Lang
from tools.errors import CalculatorError

if TYPE_CHECKING:
    from pathlib import Path

    from bot.answering.engine import Answerer
    from bot.answering.reports import Own
    from bot.answering.reports.keeping import OwnReports
    from bot.desk.known import Known, Reply
    from bot.desk.record import OnRecord
    from bot.settings import Settings
    from bot.store.people import User
    from bot.store.store import Store
    from bot.week import Digest
    from knowledge.library import Library
    from knowledge.report import Claim
    from tools.market.data import MarketData
    from tools.market.store import MarketShelf

NEW_YORK = ZoneInfo("America/New_York")
QUESTION_LIMIT = 2_000
HISTORY = 4
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the answers rest on: claims, sources, briefs, and claims by publisher."""

    claims: int
    sources: int
    briefs: int
    publishers: tuple[tuple[str, int], ...]


def utc_now() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Assistant:
    """The product. Answers and figures need no store; what is remembered does.

    The library and the market are loaded when first needed, which takes a while: call what needs
    them in a thread, or `warm` first.
    """

    open_library: Callable[[], Library]
    load_market: Callable[[], MarketData]
    now: Callable[[], datetime] = utc_now
    kept: Store | None = None
    model: str | None = None
    model_base_url: str | None = None

    @property
    def store(self) -> Store:
        """Return the store; a terminal command that needs none was given none."""
        if self.kept is None:
            raise RuntimeError("this assistant was made without a store")
        return self.kept

    def today(self) -> date:
        """Return the day in New York, where the market is."""
        return self.now().astimezone(NEW_YORK).date()

    @cached_property
    def library(self) -> Library:
        """Return claims, terms and passages."""
        return self.open_library()

    @property
    def market(self) -> MarketData:
        """Return the market as far as it is known by now."""
        return self.load_market()

    @cached_property
    def _answerer(self) -> Answerer:
        from bot.answering.engine import Answerer
        from bot.answering.model import NamedModel

        model = NamedModel(self.model, self.model_base_url) if self.model else None
        return Answerer(self.library, self.today, model)

    # Ask

    def answer(
        self,
        question: str,
        lang: Lang | None = None,
        history: Sequence[str] = (),
        use_model: bool = False,
        own: Own | None = None,
    ) -> Answer:
        """Return the answer to a question; takes its time, so call it in a thread."""
        return self._answerer.answer(question, lang, history, use_model, own)

    async def ask(
        self,
        chat_id: int,
        thread_id: int | None,
        question: str,
        lang: Lang | None = None,
        use_model: bool = False,
    ) -> Answer:
        """Return the answer to a chat's question, understood by what it asked before; keep both."""
        turns = await self.store.recent(chat_id, thread_id, HISTORY)
        history = [turn.question for turn in turns]
        own = await self.reports.open(chat_id)
        answer = await asyncio.to_thread(self.answer, question, lang, history, use_model, own)
        # What a private report says is kept with the report alone: /drop then leaves nothing of it.
        said = "" if quotes_reports(answer) else answer.text
        await self.store.remember(chat_id, thread_id, question, said)
        return answer

    @cached_property
    def reports(self) -> OwnReports:
        """Return the reports that chats brought."""
        from bot.answering.reports.keeping import OwnReports

        return OwnReports(self.store.reports, lambda: self.library)

    def sayings(self) -> tuple[Claim, ...]:
        """Return the sayings of the article, in its order."""
        return self._answerer.sayings()

    def check(self, saying_id: str, lang: Lang) -> Answer:
        """Return the verdict on one saying; an id that is none raises KeyError."""
        return self._answerer.check(saying_id, lang)

    # Calculate

    def example(self) -> str:
        """Return a /basis that works today."""
        return f"/basis {example(self.today())}"

    def on_record(self, day: date) -> OnRecord:
        """Return the market as the public knew it by the end of a day in New York."""
        from bot.desk.record import OnRecord

        return OnRecord(self.load_market, day)

    def known(
        self,
        day: date | None = None,
        own: OwnRates = NO_RATES,
        positions: Mapping[str, str] | None = None,
        basket: str = "",
    ) -> Known:
        """Return what the desk's calculators may fall back on, as of a day (default today)."""
        from bot.desk.known import Known

        asked = day or self.today()
        record = self.on_record(asked)
        repo = partial(self.repo_on_record, asked)
        return Known(asked, repo, own, positions or {}, record, basket)

    def desk(self, command: str, words: str, known: Known) -> Reply:
        """Return what one of the desk's commands finds.

        Raises CalculatorError with the token at fault as typed in `values["culprit"]`.
        """
        from bot.desk.commands import answer

        return answer(command, words, known)

    def mend_desk(self, command: str, words: str, error: CalculatorError, known: Known) -> str:
        """Return words that work: the person's own, mended, or an example."""
        from bot.desk.commands import corrected

        return corrected(command, words, error, known)

    @cached_property
    def claims(self) -> Mapping[str, Claim]:
        """Return the ledger's claims by id."""
        from knowledge.claims import load_ledger

        return load_ledger()

    def repo_on_record(self, day: date) -> RateOnRecord | None:
        """Return the newest SOFR that was published by the end of a day in New York."""
        from tools.market.publication import end_of

        points = self.market.series("sofr", end_of(day))
        if not points:
            return None
        newest = points[-1]
        return RateOnRecord(round(newest.value * 100, 6), newest.as_of, "SOFR (NY Fed)")

    # The week

    def digest(self, on: date | None = None) -> Digest:
        """Return the digest of all that was published by the end of a day in New York."""
        from bot.week import compose

        day = on or self.today()
        return compose(self.market, day, self.library.published(day - WEEK, day))

    def holdings(self, lang: Lang) -> Holdings:
        """Return what the answers rest on, publishers named in the reader's language.

        The article's own sayings are checked claim by claim, never evidence: they do not count.
        """
        from bot.answering.compose import publisher
        from knowledge.claims import is_evidence

        evidence = [claim for claim in self.library.ledger.values() if is_evidence(claim)]
        publishers = Counter(publisher(claim, lang) for claim in evidence)
        return Holdings(
            claims=len(evidence),
            sources=len({claim.source.key for claim in evidence}),
            briefs=len({p.doc_id for p in self.library.passages if p.lang == lang}),
            publishers=tuple(publishers.most_common()),
        )

    def lacks(self) -> tuple[str, ...]:
        """Return the codes of what answers are made without; `lacks.<code>` says it in words."""
        return self.library.lacks

    # A chat

    async def user(self, chat_id: int, telegram_lang: str | None = None) -> User:
        """Return the chat's settings, as they are now."""
        return await self.store.user(chat_id, telegram_lang)

    async def first_today(self, chat_id: int, key: str) -> bool:
        """Return True once a day in New York for each chat and key."""
        return await self.store.once(chat_id, key, self.today().isoformat())

    async def first_ever(self, chat_id: int, key: str) -> bool:
        """Return True once for each chat and key."""
        return await self.store.once(chat_id, key, "ever")

    def warm(self) -> None:
        """Load what the first question would otherwise wait for."""
        self.example()
        self.answer("basis trade")
        self.library.warm()
        self._answerer.load_model()

    def close(self) -> None:
        """Let another process own what this one had opened."""
        if "library" in self.__dict__:
            self.library.close()


def make_assistant(
    settings: Settings,
    store: Store | None = None,
    recorded: Path | None = None,
    now: Callable[[], datetime] = utc_now,
    shelf: MarketShelf | None = None,
) -> Assistant:
    """Return the assistant; `recorded` is a folder of market files to use instead of the cache.

    `shelf` is one that somebody else renews.
    """
    from tools.market.store import MarketShelf

    def library() -> Library:
        from knowledge.library import open_library

        return open_library(settings.data_dir, settings.embedding, settings.chroma_url)

    market = shelf or MarketShelf(settings.data_dir, recorded)
    return Assistant(
        library,
        market,
        now=now,
        kept=store,
        model=settings.model,
        model_base_url=settings.model_base_url,
    )
