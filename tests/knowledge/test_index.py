"""Chroma against exact search: same answers, one owner, built again when it must be."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import KnowledgeError
from knowledge.index import (
    ChromaIndex,
    ChromaServer,
    Collection,
    ExactIndex,
    OwnerLock,
    fingerprint,
    open_index,
)
from tests.knowledge.shelf import passage


def collection(lang: str, size: int, seed: int = 7) -> Collection:
    vectors = np.random.default_rng(seed).normal(size=(size, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = [passage(f"{lang}{n}", f"text {n}", lang=lang) for n in range(size)]
    return Collection(rows, vectors)


COLLECTIONS = {"en": collection("en", 300), "zh": collection("zh", 40)}
VECTOR = COLLECTIONS["en"].vectors[17]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def built(folder: Path) -> str:
    return next(p.name for p in folder.iterdir() if p.is_dir())


def test_chroma_finds_what_exact_search_finds(folder: Path) -> None:
    index, exact = ChromaIndex(folder, COLLECTIONS), ExactIndex(COLLECTIONS)
    queries = np.random.default_rng(1).normal(size=(20, 32)).astype(np.float32)
    hits = sum(
        len(set(index.nearest("en", q, 10)) & set(exact.nearest("en", q, 10))) for q in queries
    )
    index.close()
    assert hits >= 0.98 * 200


def test_a_language_is_searched_alone(folder: Path) -> None:
    index = ChromaIndex(folder, COLLECTIONS)
    assert all(i.startswith("zh") for i in index.nearest("zh", VECTOR, 50))
    assert index.nearest("en", VECTOR, 1) == ["en17"]
    index.close()


def test_what_is_built_is_opened_again(folder: Path) -> None:
    ChromaIndex(folder, COLLECTIONS).close()
    before = built(folder)
    index = ChromaIndex(folder, COLLECTIONS)
    assert index.nearest("en", VECTOR, 1) == ["en17"]
    index.close()
    assert built(folder) == before


def test_other_passages_make_another_index_and_the_old_one_goes(folder: Path) -> None:
    ChromaIndex(folder, COLLECTIONS).close()
    before = built(folder)
    changed = COLLECTIONS | {"zh": collection("zh", 41)}
    ChromaIndex(folder, changed).close()
    assert built(folder) != before
    assert len([p for p in folder.iterdir() if p.is_dir()]) == 1


@pytest.mark.parametrize("damage", ["database", "vectors", "rows"])
def test_a_damaged_index_is_built_again(folder: Path, damage: str) -> None:
    """The damage is done in a process of its own: Chroma holds its files open."""
    ChromaIndex(folder, COLLECTIONS).close()
    before = folder / built(folder)
    if damage == "database":
        (before / "chroma.sqlite3").write_bytes(b"not a database" * 100)
    elif damage == "vectors":
        for file in before.rglob("*.bin"):
            file.write_bytes(b"\0" * 10)
    else:
        lose_a_row(before)
    index = ChromaIndex(folder, COLLECTIONS)
    assert index.nearest("en", VECTOR, 1) == ["en17"]
    assert len(index.nearest("en", VECTOR, 300)) == 300
    index.close()


def lose_a_row(folder: Path) -> None:
    code = (
        "import chromadb, sys; c = chromadb.PersistentClient(sys.argv[1]);"
        "c.get_collection('passages-en', embedding_function=None).delete(ids=['en17'])"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True)


def test_a_second_owner_is_refused_and_searches_exactly(folder: Path) -> None:
    first = ChromaIndex(folder, COLLECTIONS)
    second, lack = open_index(folder, COLLECTIONS)
    assert lack == "index_busy"
    assert isinstance(second, ExactIndex)
    assert second.nearest("en", VECTOR, 1) == ["en17"]
    first.close()
    third, lack = open_index(folder, COLLECTIONS)
    assert lack is None
    third.close()


def test_the_lock_names_its_file(tmp_path: Path) -> None:
    held = OwnerLock(tmp_path / "owner.lock")
    with pytest.raises(KnowledgeError, match=r"owner\.lock"):
        OwnerLock(tmp_path / "owner.lock")
    held.release()


def test_a_folder_that_cannot_be_made_is_no_obstacle(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    index, lack = open_index(file / "index", COLLECTIONS)
    assert lack == "index_unusable"
    assert index.nearest("en", VECTOR, 1) == ["en17"]


def test_without_a_folder_the_search_is_exact() -> None:
    index, lack = open_index(None, COLLECTIONS)
    assert lack is None
    assert isinstance(index, ExactIndex)


def test_an_empty_language_finds_nothing() -> None:
    assert ExactIndex({"en": collection("en", 0)}).nearest("en", VECTOR, 3) == []
    assert ExactIndex({}).nearest("zh", VECTOR, 3) == []


def test_the_fingerprint_knows_texts_and_vectors() -> None:
    other = Collection(COLLECTIONS["zh"].passages, -COLLECTIONS["zh"].vectors)
    assert fingerprint(COLLECTIONS) == fingerprint(dict(reversed(COLLECTIONS.items())))
    assert fingerprint(COLLECTIONS) != fingerprint(COLLECTIONS | {"zh": other})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Chroma server on loopback, as its own command starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = Path(sys.executable).with_name("chroma")
    folder = tmp_path_factory.mktemp("chroma")
    process = subprocess.Popen(
        [command, "run", "--path", folder, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.slow
def test_a_server_holds_one_index_for_many(server: str) -> None:
    one, other = (closing(ChromaServer(server, COLLECTIONS)) for _ in range(2))
    with one as first, other as second:
        assert first.nearest("en", VECTOR, 1) == second.nearest("en", VECTOR, 1) == ["en17"]
        assert all(i.startswith("zh") for i in second.nearest("zh", VECTOR, 50))


@pytest.mark.slow
def test_other_passages_on_a_server_stand_beside_the_first(server: str) -> None:
    others = {"en": collection("en", 30, seed=8)}
    index, lack = open_index(None, others, server)
    assert lack is None
    assert index.nearest("en", others["en"].vectors[3], 1) == ["en3"]
    index.close()
    with closing(ChromaServer(server, COLLECTIONS)) as first:
        assert first.nearest("en", VECTOR, 1) == ["en17"]


@pytest.mark.slow
def test_an_incomplete_index_on_a_server_is_filled(server: str) -> None:
    with closing(ChromaServer(server, COLLECTIONS)) as index:
        name = f"passages-en-{fingerprint(COLLECTIONS)}"
        index._client.get_collection(name, embedding_function=None).delete(ids=["en17", "en18"])
        assert index.nearest("en", VECTOR, 1) != ["en17"]
    with closing(ChromaServer(server, COLLECTIONS)) as index:
        assert index.nearest("en", VECTOR, 1) == ["en17"]


@pytest.mark.slow
def test_a_server_that_fails_between_questions_is_done_without(
    server: str, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(ChromaServer(server, COLLECTIONS)) as index:
        index._client.delete_collection(f"passages-en-{fingerprint(COLLECTIONS)}")
        with caplog.at_level(logging.CRITICAL):
            assert index.nearest("en", VECTOR, 1) == ["en17"]


def test_a_server_that_is_down_is_said_and_the_search_is_exact(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.CRITICAL):
        index, lack = open_index(None, COLLECTIONS, "http://127.0.0.1:1")
    assert lack == "index_server"
    assert index.nearest("en", VECTOR, 1) == ["en17"]
