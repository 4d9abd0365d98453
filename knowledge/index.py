"""Passages' vectors -> the nearest ones to a question: Chroma on disk, or exact search in memory.

Chroma is a copy that can be thrown away: texts live in the corpus, vectors in the store of
vectors. It has one collection a language, is given our vectors and never makes its own, and
belongs to one process at a time; another process (`basisbot ask` while the bot runs) searches
exactly instead. A Chroma server may hold it for many processes. When the copy is missing, broken
or of other passages, it is built again.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import numpy as np

from knowledge.embedding import Vectors
from knowledge.errors import KnowledgeError
from knowledge.report import Lang, Passage

if TYPE_CHECKING:
    import httpx
    from chromadb.api import ClientAPI
    from langchain_chroma import Chroma

log = logging.getLogger(__name__)

# Collections by language. On a server each build has names of its own, so that processes of two
# versions can stand side by side.
_COLLECTION = {"en": "passages-en", "zh": "passages-zh"}
# Chroma takes at most 5,461 rows a call.
_ROWS = 1000
# A denser graph and a wider search than Chroma's defaults (16, 100, 100). Over 50,000 passages that
# lie close together the defaults found 85 of 100 nearest, this finds 99, in 4 ms instead of 2.
_HNSW = {
    "hnsw:space": "cosine",
    "hnsw:M": 48,
    "hnsw:construction_ef": 400,
    "hnsw:search_ef": 600,
}
# A question waits no longer for a server before all is compared here.
_SERVER_SECONDS = 5.0


class VectorIndex(Protocol):
    """Whatever finds the passages nearest to a vector, one language at a time."""

    def nearest(self, lang: Lang, vector: Vectors, limit: int) -> list[str]:
        """Return the ids of the nearest passages of a language, nearest first."""
        ...

    def close(self) -> None:
        """Let go of files and locks."""
        ...


@dataclass(frozen=True)
class Collection:
    """The passages of one language with their vectors, one a row."""

    passages: Sequence[Passage]
    vectors: Vectors


Collections = Mapping[Lang, Collection]


class ExactIndex:
    """Every passage compared with the question: exact, in memory, some ms at 10,000 passages."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections

    def nearest(self, lang: Lang, vector: Vectors, limit: int) -> list[str]:
        """Return the ids of the nearest passages, nearest first."""
        found = self._collections.get(lang)
        if found is None or not len(found.vectors):
            return []
        order = np.argsort(-(found.vectors @ vector), kind="stable")[:limit]
        return [found.passages[i].id for i in order]

    def close(self) -> None:
        """Nothing is held."""


class OwnerLock:
    """The right to use an index folder, held by one process; it ends with the process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = path.open("ab")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise KnowledgeError("index_busy", culprit=str(path)) from error

    def release(self) -> None:
        """Let another process in."""
        self._file.close()


def _lock(file: IO[bytes]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class ChromaIndex:
    """An embedded Chroma database in a folder of its own, named after what is in it."""

    def __init__(self, folder: Path, collections: Collections) -> None:
        self._lock = OwnerLock(folder / "owner.lock")
        try:
            self._stores = self._opened(folder, collections)
        except BaseException:
            self._lock.release()
            raise

    def nearest(self, lang: Lang, vector: Vectors, limit: int) -> list[str]:
        """Return the ids of the nearest passages, nearest first."""
        return _nearest(self._stores, lang, vector, limit)

    def close(self) -> None:
        """Let another process use the folder."""
        self._lock.release()

    def _opened(self, folder: Path, collections: Collections) -> dict[Lang, Chroma]:
        name = fingerprint(collections)
        for found in sorted(p for p in folder.iterdir() if p.is_dir()):
            stores = _usable(found, collections) if found.name.startswith(name) else None
            if stores is not None:
                return stores
            shutil.rmtree(found, ignore_errors=True)
        # Chroma keeps a path it once opened in memory, also when the files are gone: so each
        # building has a path of its own.
        return _build(folder / f"{name}-{secrets.token_hex(4)}", collections)


class ChromaServer:
    """A Chroma server's collections, named after what is in them; built by whoever comes first.

    `url` is `http://host:port`. A server that cannot be reached raises what its client raises; one
    that fails later is done without, question by question.
    """

    def __init__(self, url: str, collections: Collections) -> None:
        self._exact = ExactIndex(collections)
        self._client = _remote(url)
        suffix = f"-{fingerprint(collections)}"
        try:
            self._stores = _stores(self._client, collections, suffix)
            if not _healthy(self._stores, collections):
                # Ids are the passages' own: two processes that build at once write the same rows.
                _fill(self._client, collections, suffix)
        except BaseException:
            self.close()
            raise

    def nearest(self, lang: Lang, vector: Vectors, limit: int) -> list[str]:
        """Return the ids of the nearest passages, nearest first."""
        try:
            return _nearest(self._stores, lang, vector, limit)
        except Exception:  # the client raises what HTTP, Chroma and its server raise
            log.exception("The Chroma server does not answer; searching exactly.")
            return self._exact.nearest(lang, vector, limit)

    def close(self) -> None:
        """Hang up."""
        for session in _sessions(self._client):
            session.close()


def _sessions(client: ClientAPI) -> Iterator[httpx.Client]:
    """Yield the HTTP sessions of a client, which Chroma neither bounds in time nor closes."""
    parts: Any = client
    for part in (parts, parts._admin_client):
        yield part._server._session


def _nearest(stores: Mapping[Lang, Chroma], lang: Lang, vector: Vectors, limit: int) -> list[str]:
    if lang not in stores:
        return []
    found = stores[lang].similarity_search_by_vector_with_relevance_scores(
        [float(x) for x in vector], k=limit
    )
    return [str(document.id) for document, _ in found]


def _remote(url: str) -> ClientAPI:
    import chromadb
    from chromadb.config import Settings

    parts = urlsplit(url)
    secure = parts.scheme == "https"
    client = chromadb.HttpClient(
        host=parts.hostname or url,
        port=parts.port or (443 if secure else 8000),
        ssl=secure,
        settings=Settings(anonymized_telemetry=False),
    )
    for session in _sessions(client):
        session.timeout = _SERVER_SECONDS
    return client


def _usable(folder: Path, collections: Collections) -> dict[Lang, Chroma] | None:
    try:
        stores = _stores(_client(folder), collections)
        if _healthy(stores, collections):
            return stores
        log.warning("The vector index in %s is incomplete and is built again.", folder)
    except Exception:  # Chroma raises what its Rust and SQLite parts raise
        log.warning("The vector index in %s is broken and is built again.", folder, exc_info=True)
    return None


def _client(folder: Path) -> ClientAPI:
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    return chromadb.PersistentClient(path=str(folder), settings=settings)


def _stores(client: ClientAPI, collections: Collections, suffix: str = "") -> dict[Lang, Chroma]:
    from langchain_chroma import Chroma

    return {
        lang: Chroma(
            client=client,
            collection_name=_COLLECTION[lang] + suffix,
            embedding_function=None,
            collection_metadata=dict(_HNSW),
        )
        for lang, collection in collections.items()
        if collection.passages
    }


def _build(folder: Path, collections: Collections) -> dict[Lang, Chroma]:
    client = _client(folder)
    stores = _stores(client, collections)
    _fill(client, collections)
    return stores


def _fill(client: ClientAPI, collections: Collections, suffix: str = "") -> None:
    for lang, collection in collections.items():
        passages, vectors = collection.passages, collection.vectors
        if not passages:
            continue
        rows = client.get_collection(_COLLECTION[lang] + suffix, embedding_function=None)
        for start in range(0, len(passages), _ROWS):
            part = passages[start : start + _ROWS]
            rows.upsert(
                ids=[p.id for p in part],
                embeddings=vectors[start : start + _ROWS],
                documents=[p.text for p in part],
                metadatas=[{"doc_id": p.doc_id} for p in part],
            )


def _healthy(stores: Mapping[Lang, Chroma], collections: Collections) -> bool:
    """Return whether each collection is complete and finds its own first passage."""
    for lang, store in stores.items():
        collection = collections[lang]
        if len(store.get(include=[])["ids"]) != len(collection.passages):
            return False
        probe = [float(x) for x in collection.vectors[0]]
        found = store.similarity_search_by_vector_with_relevance_scores(probe, k=1)
        if not found or found[0][1] > 0.01:
            return False
    return True


def fingerprint(collections: Collections) -> str:
    """Return a name for exactly these passages and vectors."""
    digest = hashlib.sha256()
    for lang in sorted(collections):
        for passage in collections[lang].passages:
            digest.update(f"{lang}\0{passage.id}\0{passage.text}\0".encode("utf-8", "replace"))
        digest.update(np.ascontiguousarray(collections[lang].vectors, dtype=np.float16).tobytes())
    return digest.hexdigest()[:24]


def open_index(
    folder: Path | None, collections: Collections, url: str | None = None
) -> tuple[VectorIndex, str | None]:
    """Return an index over the collections and, where it is not Chroma's, the code of the reason.

    With a `url` the index is a Chroma server's, else it is embedded in the folder. `index_busy`:
    another process owns the folder. `index_unusable`: it cannot be written or Chroma fails on it.
    `index_server`: the server does not answer. Either way the exact index answers the same.
    """
    if url is not None:
        return _open_server(url, collections)
    if folder is None:
        return ExactIndex(collections), None
    try:
        return ChromaIndex(folder, collections), None
    except KnowledgeError as error:
        return ExactIndex(collections), error.code
    except Exception:  # Chroma raises what its Rust and SQLite parts raise
        log.exception("The vector index in %s cannot be used; searching exactly.", folder)
        return ExactIndex(collections), "index_unusable"


def _open_server(url: str, collections: Collections) -> tuple[VectorIndex, str | None]:
    try:
        return ChromaServer(url, collections), None
    except Exception:  # the client raises what HTTP, Chroma and its server raise
        log.exception("The Chroma server at %s cannot be used; searching exactly.", url)
        return ExactIndex(collections), "index_server"
