"""Stored vectors, their files, and the means that make languages comparable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.embedding import Embedder, unit
from knowledge.vectors import VectorStore, add_means, calibration, means_of
from tests.knowledge.shelf import Bag

TEXTS = ["repo", "基差", "futures"]


@pytest.fixture
def embedder() -> Embedder:
    return Embedder(Bag(), "bag")


def test_a_store_comes_back_from_its_files(tmp_path: Path, embedder: Embedder) -> None:
    store = VectorStore("bag")
    assert store.add(embedder, TEXTS) == 3
    store.save(tmp_path)
    found = VectorStore.load(tmp_path, "bag").matrix(TEXTS)
    np.testing.assert_allclose(found, embedder.passages(TEXTS), atol=1e-3)


def test_the_same_texts_give_the_same_bytes(tmp_path: Path, embedder: Embedder) -> None:
    for name, texts in (("a", TEXTS), ("b", TEXTS[::-1])):
        store = VectorStore("bag")
        store.add(embedder, texts)
        store.save(tmp_path / name)
    for file in ("vectors.npy", "vectors.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_only_new_texts_are_embedded(embedder: Embedder) -> None:
    store = VectorStore("bag")
    store.add(embedder, TEXTS)
    assert store.add(embedder, [*TEXTS, "swap"]) == 1


def test_a_text_without_vector_gives_no_matrix(embedder: Embedder) -> None:
    store = VectorStore("bag")
    store.add(embedder, TEXTS)
    assert store.matrix([*TEXTS, "swap"]) is None


@pytest.mark.parametrize("damage", ["gone", "cut", "other model", "rows"])
def test_a_store_that_cannot_be_trusted_is_empty(
    tmp_path: Path, embedder: Embedder, damage: str
) -> None:
    store = VectorStore("bag")
    store.add(embedder, TEXTS)
    store.save(tmp_path)
    path = tmp_path / "vectors.npy"
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:40])
    elif damage == "rows":
        np.save(path, np.zeros((2, 256), dtype=np.float16))
    model = "another" if damage == "other model" else "bag"
    assert VectorStore.load(tmp_path, model).rows == {}


def test_calibration_says_the_same_in_both_languages() -> None:
    for texts in calibration().values():
        assert len(texts["en"]) == len(texts["zh"]) >= 40
        assert len(set(texts["en"])) == len(texts["en"])


def test_less_its_mean_a_vector_forgets_its_language(embedder: Embedder) -> None:
    store = VectorStore("bag")
    add_means(store, embedder)
    means = means_of(store)
    assert means is not None
    english, chinese = embedder.passages(["repo 100", "回购 100"])
    centred = unit(english - means.passage["en"]) @ unit(chinese - means.passage["zh"])
    assert centred > english @ chinese


def test_a_store_without_means_has_none() -> None:
    assert means_of(VectorStore("bag")) is None
