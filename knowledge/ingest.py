"""The corpus -> its stored vectors, and the check that none is missing.

python -m knowledge.ingest build    embeds what changed and writes knowledge/corpus/vectors.*
python -m knowledge.ingest check    exits 1 and names the passages that have no vector
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from knowledge.chunking import content_hash
from knowledge.claims import Ledger, load_ledger
from knowledge.embedding import BUNDLED_ID, Embedder, load_embedder
from knowledge.library import CORPUS, bundled_passages
from knowledge.report import Passage
from knowledge.shelves import vector_texts
from knowledge.vectors import VectorStore, add_means, means_keys


def build(corpus: Path = CORPUS, embedder: Embedder | None = None) -> int:
    """Embed what has no vector, forget what is gone, write the store; return how many were new."""
    maker = embedder or load_embedder()
    if maker is None:
        raise SystemExit("vectors are built where the bundled model runs: Linux on x86-64")
    texts = [t for p in bundled_passages(_ledger(corpus), corpus) for t in vector_texts(p)]
    store = VectorStore.load(corpus, maker.model_id)
    store.keep([*means_keys(), *(content_hash(t) for t in texts)])
    added = store.add(maker, texts)
    add_means(store, maker)
    store.save(corpus)
    return added


def missing(corpus: Path = CORPUS, model_id: str = BUNDLED_ID) -> list[Passage]:
    """Return the passages of the corpus that have no stored vector."""
    store = VectorStore.load(corpus, model_id)
    found = bundled_passages(_ledger(corpus), corpus)
    return [p for p in found if store.matrix(vector_texts(p)) is None]


def _ledger(corpus: Path) -> Ledger:
    return load_ledger(corpus / "claims.json")


def main(words: Sequence[str]) -> int:
    """Build or check; return the exit code."""
    if list(words) == ["build"]:
        sys.stderr.write(f"{build()} vectors added\n")
        return 0
    if list(words) == ["check"]:
        lacking = missing()
        for passage in lacking:
            sys.stderr.write(f"no vector: {passage.id}\n")
        if lacking:
            sys.stderr.write("run: python -m knowledge.ingest build\n")
        return 1 if lacking else 0
    sys.stderr.write(f"{__doc__}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
