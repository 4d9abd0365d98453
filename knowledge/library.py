"""The corpus and a data folder -> all that is known, ready to be asked: the one way in.

Opening is quick: claims, terms, passages and their stored vectors are read, and words and exact
vector search answer at once. `warm` (in a background thread) loads the model, proves that it makes
the stored vectors, and opens Chroma; what is then lacking stands in `lacks`, as codes.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from knowledge.chunking import passages, search_text
from knowledge.claims import Ledger, as_of_span, is_evidence, load_ledger, ranked
from knowledge.embedding import BUNDLED_ID, Embedder, load_embedder
from knowledge.errors import KnowledgeError
from knowledge.glossary import Glossary, load_glossary
from knowledge.index import Collection, ExactIndex, VectorIndex, open_index
from knowledge.loaders import load_briefs
from knowledge.report import Claim, Lang, Passage
from knowledge.retriever import KnowledgeRetriever
from knowledge.shelves import Shelf, shelf_vectors, vector_texts
from knowledge.vectors import LANGS, Means, VectorStore, add_means, means_of, self_test

CORPUS = Path(__file__).parent / "corpus"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source that claims rest on, as `/sources` lists it."""

    key: str
    publisher: str
    title: str
    date: str | None
    url: str | None
    licence: str
    tier: int
    statuses: tuple[str, ...]
    claims: int


class Library:
    """Claims, terms and passages. `lacks` holds codes: what works without, and why."""

    def __init__(
        self,
        ledger: Ledger,
        glossary: Glossary,
        passages: Iterable[Passage],
        *,
        embedder: Embedder | None = None,
        stored: VectorStore | None = None,
        data_dir: Path | None = None,
        chroma_url: str | None = None,
    ) -> None:
        self.ledger = ledger
        self.glossary = glossary
        self.passages = tuple(passages)
        self._embedder = embedder
        self._store = stored
        self._data_dir = data_dir
        self._chroma_url = chroma_url
        self._warming = threading.Lock()
        self._warm = False
        self._index: VectorIndex | None = None
        self._shelved: tuple[list[Shelf], dict[Lang, Collection]] | None = None
        self._lacks: tuple[str, ...] = () if embedder else ("embedding_not_bundled",)
        self.retriever = self._by_vectors() or self._by_words()

    @property
    def lacks(self) -> tuple[str, ...]:
        """Return the codes of what is lacking, each to be said once."""
        return self._lacks

    @property
    def embedder(self) -> Embedder | None:
        """Return what makes vectors; None where nothing can, or its vectors are not the stored."""
        return self._embedder if self.means is not None else None

    @property
    def means(self) -> Means | None:
        """Return what makes the two languages comparable; None until there is a model's."""
        return means_of(self._store) if self._store is not None else None

    def warm(self) -> None:
        """Load the model, embed what has no vector yet, open Chroma, index the words; once."""
        with self._warming:
            if self._warm:
                return
            self._warm = True
            if self._embedder is None or not self._prepared(self._embedder):
                self.retriever = self._by_words()
            else:
                self.retriever = self._by_vectors(chroma=True) or self._by_words()
            self.retriever.warm()

    def close(self) -> None:
        """Let another process own the index."""
        if self._index is not None:
            self._index.close()

    def sources(self) -> list[SourceRow]:
        """Return the sources of all claims, best tier first, newest first within one."""
        rows: dict[str, list[Claim]] = {}
        for claim in self.ledger.values():
            rows.setdefault(claim.source.key, []).append(claim)
        found = [_source_row(claims) for claims in rows.values()]
        found.sort(key=lambda r: r.date or "", reverse=True)
        return sorted(found, key=lambda r: r.tier)

    def published(self, after: date, until: date) -> tuple[Claim, ...]:
        """Return the claims whose source came out after one day and until another, newest first.

        Sources of which only the month is known are left out.
        """
        dated = [(_day(claim.source.date), claim) for claim in self.ledger.values()]
        found = [
            (day, claim)
            for day, claim in dated
            if day is not None and after < day <= until and is_evidence(claim)
        ]
        return tuple(claim for _, claim in sorted(found, key=lambda pair: pair[0], reverse=True))

    def _prepared(self, embedder: Embedder) -> bool:
        """Bring means and vectors up to date; return whether they can be used."""
        store = self._store or VectorStore(embedder.model_id)
        try:
            if means_of(store) is not None:
                self_test(store, embedder)
            added = store.add(embedder, [t for p in self.passages for t in vector_texts(p)])
            add_means(store, embedder)
        except KnowledgeError as error:
            log.warning("Vectors cannot be used: %s", error)
            self._lacks += (error.code,)
            return False
        except Exception:  # a provider's library raises what it likes; words still answer
            log.exception("The embedding model fails; searching by words alone.")
            self._lacks += ("embedding_fails",)
            return False
        self._store = store
        if added and self._data_dir is not None:
            store.save(_vectors_folder(self._data_dir, embedder.model_id))
        return True

    def _by_words(self) -> KnowledgeRetriever:
        shelves = [Shelf(lang, rows) for lang, rows in _by_language(self.passages).items()]
        return KnowledgeRetriever(shelves, self.glossary)

    def _by_vectors(self, chroma: bool = False) -> KnowledgeRetriever | None:
        """Return a retriever with vectors, None while some are missing."""
        self._shelved = self._shelved or self._with_vectors()
        if self._shelved is None:
            return None
        shelves, collections = self._shelved
        index: VectorIndex = ExactIndex(collections)
        if chroma and (self._data_dir is not None or self._chroma_url is not None):
            folder = self._data_dir / "index" if self._data_dir is not None else None
            index, lack = open_index(folder, collections, self._chroma_url)
            self._lacks += (lack,) if lack else ()
        self._index = index
        return KnowledgeRetriever(shelves, self.glossary, self._embedder, self.means, index)

    def _with_vectors(self) -> tuple[list[Shelf], dict[Lang, Collection]] | None:
        """Return shelves whose passages all have vectors, and the vectors to index."""
        means = self.means
        if self._store is None or means is None or self._embedder is None:
            return None
        shelves: list[Shelf] = []
        collections: dict[Lang, Collection] = {}
        for lang, rows in _by_language(self.passages).items():
            raw = self._store.matrix([search_text(p) for p in rows])
            vectors = shelf_vectors(rows, lang, self._store, means)
            if raw is None or vectors is None:
                return None
            collections[lang] = Collection(rows, raw)
            shelves.append(Shelf(lang, rows, vectors))
        return shelves, collections


def open_library(
    data_dir: Path | None = None, embedding: str | None = None, chroma_url: str | None = None
) -> Library:
    """Return the bundled library. `data_dir` keeps the vector index and vectors of other models.

    `embedding` is None for the bundled model, else `provider:model`; a name that LangChain cannot
    serve raises `KnowledgeError` (embedding_name). `chroma_url` puts the index on a Chroma server.
    """
    glossary = load_glossary()
    ledger = load_ledger()
    embedder = load_embedder(embedding)
    return Library(
        ledger,
        glossary,
        bundled_passages(ledger),
        embedder=embedder,
        stored=_stored(embedder, data_dir),
        data_dir=data_dir,
        chroma_url=chroma_url,
    )


def bundled_passages(ledger: Ledger, corpus: Path = CORPUS) -> list[Passage]:
    """Return the corpus's passages, each with the dates, tiers and status of its claims."""
    briefs = load_briefs(corpus / "briefs")
    return [with_claims(passage, ledger) for brief in briefs for passage in passages(brief)]


def with_claims(passage: Passage, ledger: Ledger) -> Passage:
    """Return a passage with what its claims say of their age and standing."""
    claims = [ledger[i] for i in passage.claim_ids if i in ledger]
    dated = [(span, c) for c in claims if (span := as_of_span(c)) is not None]
    if not dated:
        return passage
    newest = max(dated, key=lambda pair: pair[0][1])[1]
    oldest = min(dated, key=lambda pair: pair[0][0])[1]
    meta = passage.meta | {
        "oldest": oldest.as_of,
        "tier_min": str(ranked(claims)[0].tier),
        "statuses": " ".join(sorted({c.status for c in claims})),
    }
    return replace(passage, as_of=newest.as_of, meta=meta)


def _stored(embedder: Embedder | None, data_dir: Path | None) -> VectorStore | None:
    if embedder is None:
        return None
    if embedder.model_id == BUNDLED_ID:
        return VectorStore.load(CORPUS, BUNDLED_ID)
    if data_dir is None:
        return VectorStore(embedder.model_id)
    return VectorStore.load(_vectors_folder(data_dir, embedder.model_id), embedder.model_id)


def _vectors_folder(data_dir: Path, model_id: str) -> Path:
    return data_dir / "vectors" / hashlib.sha256(model_id.encode()).hexdigest()[:12]


def _day(text: str | None) -> date | None:
    """Return a full date, None for a month or a year alone."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _by_language(found: Iterable[Passage]) -> Mapping[Lang, list[Passage]]:
    result: dict[Lang, list[Passage]] = {lang: [] for lang in LANGS}
    for passage in found:
        result[passage.lang].append(passage)
    return result


def _source_row(claims: list[Claim]) -> SourceRow:
    source = claims[0].source
    return SourceRow(
        key=source.key,
        publisher=source.publisher,
        title=source.title,
        date=source.date,
        url=source.url,
        licence=claims[0].licence,
        tier=min(c.tier for c in claims),
        statuses=tuple(sorted({c.status for c in claims})),
        claims=len(claims),
    )
