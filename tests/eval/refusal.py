"""Questions of which half have no answer in the passages -> whether we know which half.

Two layouts. A retrieval set whose questions carry `answerable`: one index, the unanswerable ones
are about something else. A `dev.json` whose items carry `docs` and `answerable`: a few passages
each, on the subject always, with or without the fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from knowledge.chunking import language_of_text
from knowledge.confidence import confidence
from knowledge.embedding import Embedder
from knowledge.glossary import Glossary
from knowledge.report import Passage
from knowledge.retriever import KnowledgeRetriever
from knowledge.vectors import VectorStore
from tests.eval.retrieved import RetrievalSet, prepared, read_set, retriever
from tests.eval.row import Row
from tests.eval.scoring import auroc, mean
from tests.eval.setfiles import mentions, rows_of

Case = tuple[float, bool]

# Below every score: nothing was found at all.
_NOTHING = -10.0


def is_set(folder: Path) -> bool:
    """Tell whether a folder holds questions that say whether they can be answered."""
    return any(mentions(folder / name, "answerable") for name in ("queries.jsonl", "dev.json"))


def rows(
    folder: Path, glossary: Glossary, embedder: Embedder | None, store: VectorStore | None
) -> Iterator[Row]:
    """Yield AUROC, and what is answered and refused at the frozen thresholds."""
    if (folder / "dev.json").is_file():
        cases = list(_items(folder, glossary, embedder, store))
    else:
        data = read_set(folder, "answerable", judged=False)
        cases = list(pool(data, glossary, embedder, store))
    yield from figures(folder.name, cases)


def figures(name: str, cases: Iterable[Case]) -> Iterator[Row]:
    """Yield AUROC, and the shares answered and refused, of cases: how sure, whether answerable."""
    known = list(cases)
    answered = [float(sure >= 0) for sure, answerable in known if answerable]
    refused = [float(sure < 0) for sure, answerable in known if not answerable]
    for measure, found in (
        ("AUROC", auroc([sure for sure, _ in known], [answerable for _, answerable in known])),
        ("answered", mean(answered)),
        ("refused", mean(refused)),
    ):
        yield Row(name, "basisbot", "all", measure, found)


def pool(
    data: RetrievalSet, glossary: Glossary, embedder: Embedder | None, store: VectorStore | None
) -> Iterator[Case]:
    """Yield how sure each question of a set is of its best passage, and whether it has one."""
    found = _retriever(data.passages, glossary, embedder, store)
    for question in data.questions:
        yield _confidence(found, question["text"]), bool(question["answerable"])


def _items(
    folder: Path, glossary: Glossary, embedder: Embedder | None, store: VectorStore | None
) -> Iterator[Case]:
    for item in rows_of(folder / "dev.json", "_id", "query", "docs", "answerable"):
        passages = [
            Passage(f"{item['_id']}/{n}", str(n), language_of_text(text), "", text, "")
            for n, text in enumerate(item["docs"])
        ]
        found = _retriever(passages, glossary, embedder, store)
        yield _confidence(found, item["query"]), bool(item["answerable"])


def _retriever(
    passages: Iterable[Passage],
    glossary: Glossary,
    embedder: Embedder | None,
    store: VectorStore | None,
) -> KnowledgeRetriever:
    rows = list(passages)
    kept, maker = prepared(rows, embedder, store)
    return retriever(rows, glossary, maker, kept)


def _confidence(found: KnowledgeRetriever, question: str) -> float:
    best = found.retrieve(question, 1)
    if not best:
        return _NOTHING
    lang = language_of_text(question)
    return confidence(question, lang, best[0].passage, best[0].likeness)
