"""Vectors kept by the hash of their text, and the means that make two languages comparable.

A store is two files: `vectors.npy` (one row a vector, float16) and `vectors.json` (the model's id
and the keys of the rows, sorted). The same texts and model give the same bytes.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from knowledge.chunking import content_hash
from knowledge.embedding import Embedder, Vectors, unit
from knowledge.errors import KnowledgeError
from knowledge.report import Lang

CALIBRATION_FILE = Path(__file__).parent / "corpus" / "calibration.json"
LANGS: tuple[Lang, ...] = ("en", "zh")
# A stored vector and a fresh one of the same text; four bits on another processor differ less.
_SAME = 0.995


@dataclass
class VectorStore:
    """Vectors of one model by content hash, in memory; `load` and `save` keep them in a folder."""

    model_id: str
    rows: dict[str, Vectors] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path, model_id: str) -> VectorStore:
        """Read the vectors of a model; a store that is absent, broken or of another is empty."""
        try:
            index = json.loads((folder / "vectors.json").read_text(encoding="utf-8"))
            matrix = np.load(folder / "vectors.npy", allow_pickle=False)
        except (OSError, ValueError):
            return cls(model_id)
        if index.get("model") != model_id or len(index["keys"]) != len(matrix):
            return cls(model_id)
        wide = matrix.astype(np.float32)
        return cls(model_id, dict(zip(index["keys"], wide, strict=True)))

    def save(self, folder: Path) -> None:
        """Write the store so that a reader sees the old one or the new one, never half."""
        folder.mkdir(parents=True, exist_ok=True)
        keys = sorted(self.rows)
        buffer = io.BytesIO()
        rows = np.array([self.rows[k] for k in keys], dtype=np.float16)
        np.save(buffer, rows, allow_pickle=False)
        index = json.dumps({"model": self.model_id, "keys": keys}, indent=0)
        _replace(folder / "vectors.npy", buffer.getvalue())
        _replace(folder / "vectors.json", index.encode() + b"\n")

    def add(self, embedder: Embedder, texts: Iterable[str]) -> int:
        """Embed the texts that are not stored yet; return how many those were."""
        wanted = {content_hash(t): t for t in texts}
        missing = {k: t for k, t in wanted.items() if k not in self.rows}
        if missing:
            self.rows.update(zip(missing, embedder.passages(list(missing.values())), strict=True))
        return len(missing)

    def matrix(self, texts: Iterable[str]) -> Vectors | None:
        """Return the texts' vectors, one a row; None when one of them is not stored."""
        rows = [self.rows.get(content_hash(t)) for t in texts]
        found = [r for r in rows if r is not None]
        if len(found) < len(rows):
            return None
        size = next((len(r) for r in self.rows.values()), 0)
        return np.array(found, dtype=np.float32).reshape(len(found), size)

    def keep(self, keys: Iterable[str]) -> None:
        """Forget every vector but these."""
        wanted = set(keys)
        self.rows = {k: v for k, v in self.rows.items() if k in wanted}


@dataclass(frozen=True)
class Means:
    """The mean vector of passages and of questions in each language.

    e5 gives every language its own corner of the space: an English passage is nearer to any
    English question than to the right Chinese one. Less its language's mean, a vector says what
    the text is about, in whatever language.
    """

    passage: Mapping[Lang, Vectors]
    query: Mapping[Lang, Vectors]

    def passage_mean(self, lang: Lang, vectors: Vectors, own: float) -> Vectors:
        """Return the mean of a language, moved by a share (0 to 1) towards that of the vectors."""
        fixed = self.passage[lang]
        return np.asarray(fixed + own * (vectors.mean(axis=0) - fixed), dtype=np.float32)

    def centred_query(self, lang: Lang, vector: Vectors) -> Vectors:
        """Return a question's vector less the mean of its language, at length one."""
        return unit(vector - self.query[lang])


def calibration() -> dict[str, dict[Lang, list[str]]]:
    """Return the fixed texts that the means are estimated on: the same sentences in each language.

    They change only with a migration: every stored mean, weight and threshold rests on them.
    """
    texts: dict[str, dict[Lang, list[str]]] = json.loads(
        CALIBRATION_FILE.read_text(encoding="utf-8")
    )
    return texts


def add_means(store: VectorStore, embedder: Embedder) -> None:
    """Put the means, and a probe of each kind, into a store that lacks them."""
    texts = calibration()
    for lang in LANGS:
        if _key("passage", lang) not in store.rows:
            passages = embedder.passages(texts["passages"][lang])
            queries = np.array([embedder.query(t) for t in texts["queries"][lang]])
            store.rows[_key("passage", lang)] = passages.mean(axis=0)
            store.rows[_key("query", lang)] = queries.mean(axis=0)
            store.rows[_probe("passage", lang)] = passages[0]
            store.rows[_probe("query", lang)] = queries[0]


def means_of(store: VectorStore) -> Means | None:
    """Return the means in a store, None when it has none."""
    try:
        return Means(
            passage={lang: store.rows[_key("passage", lang)] for lang in LANGS},
            query={lang: store.rows[_key("query", lang)] for lang in LANGS},
        )
    except KeyError:
        return None


def means_keys() -> list[str]:
    """Return the keys under which means and probes are stored."""
    return [make(kind, lang) for make in (_key, _probe) for kind in ("passage", "query")
            for lang in LANGS]  # fmt: skip


def self_test(store: VectorStore, embedder: Embedder) -> None:
    """Raise `KnowledgeError` (embedding_differs) when fresh vectors are not the stored ones."""
    texts = calibration()
    for lang in LANGS:
        fresh = {
            "passage": embedder.passages(texts["passages"][lang][:1])[0],
            "query": embedder.query(texts["queries"][lang][0]),
        }
        for kind, vector in fresh.items():
            near = float(vector @ unit(store.rows[_probe(kind, lang)]))
            if near < _SAME:
                raise KnowledgeError("embedding_differs", culprit=store.model_id, cosine=near)


def _key(kind: str, lang: Lang) -> str:
    return f"mean:{kind}:{lang}"


def _probe(kind: str, lang: Lang) -> str:
    return f"probe:{kind}:{lang}"


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)  # noqa: PTH105 - one atomic step, also over an existing file
