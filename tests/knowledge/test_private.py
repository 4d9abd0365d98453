"""Nobody meets what another owns, whatever is added, asked and deleted in whatever order."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from knowledge.embedding import Embedder, unit
from knowledge.errors import KnowledgeError
from knowledge.private import Holding, PrivateShelves
from knowledge.report import Passage
from knowledge.vectors import Means
from tests.knowledge.shelf import TERMS, Bag, passage

OWNERS = range(7_000_001, 7_000_021)
OPERATIONS = 10_000
WORDS = ("leverage", "haircut", "repo", "margin", "basis", "基差交易", "杠杆", "回购")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(Bag(), "bag")


def means() -> Means:
    nothing = np.zeros(256, dtype=np.float32)
    return Means({"en": nothing, "zh": nothing}, {"en": nothing, "zh": nothing})


def shelves(embedder: Embedder, room: int = 100_000) -> PrivateShelves:
    return PrivateShelves(TERMS, embedder, means(), room)


def own(owner: int, number: int, text: str, lang: str = "en") -> Passage:
    return passage(f"{owner}/{number}", text, owner=str(owner), lang=lang)


class Chats:
    """What each owner should have, beside what the shelves hold."""

    def __init__(self, embedder: Embedder, seed: int) -> None:
        self.random = random.Random(seed)
        self.embedder = embedder
        self.shelves = shelves(embedder)
        self.kept: dict[int, dict[str, Passage]] = {owner: {} for owner in OWNERS}
        self.vectors: dict[str, np.ndarray] = {}
        self.gone: set[str] = set()
        self.count = 0

    def step(self) -> None:
        owner = self.random.choice(OWNERS)
        roll = self.random.random()
        if roll < 0.15:
            self.add(owner)
        elif roll < 0.27 and self.kept[owner]:
            self.drop(owner, self.random.choice(sorted(self.kept[owner])))
        elif roll < 0.3:
            self.forget(owner)
        else:
            self.ask(owner)

    def add(self, owner: int) -> None:
        """Add a passage that many owners' passages resemble, with a word that only it has."""
        self.count += 1
        canary = f"canary{self.count}x{owner}"
        words = " ".join(self.random.sample(WORDS, 3))
        lang = "zh" if self.count % 3 == 0 else "en"
        made = own(owner, self.count, f"{words} {canary}", lang)
        self.kept[owner][made.id] = made
        if self.count % 5:  # some wait for their vector yet
            self.vectors[made.id] = unit(self.embedder.passages([made.text]))[0]
        self.put(owner)

    def drop(self, owner: int, passage_id: str) -> None:
        self.gone.add(self.kept[owner].pop(passage_id).id)
        self.put(owner)

    def forget(self, owner: int) -> None:
        self.gone.update(self.kept[owner])
        self.kept[owner] = {}
        self.shelves.forget(owner)

    def put(self, owner: int) -> None:
        rows = list(self.kept[owner].values())
        vectors = {p.id: self.vectors[p.id] for p in rows if p.id in self.vectors}
        self.shelves.put(owner, Holding(str(self.count), rows, vectors))

    def ask(self, owner: int) -> None:
        """Ask for a word of anybody's passage; only one's own may come, and nothing deleted."""
        other = self.random.choice(OWNERS)
        theirs = self.random.choice([*self.kept[other].values(), own(other, 0, "repo margin")])
        for found in self.shelves.retrieve(owner, theirs.text, limit=50):
            assert found.passage.owner == str(owner)
            assert found.passage.id in self.kept[owner]
            assert found.passage.id not in self.gone


def test_ten_thousand_operations_over_twenty_chats_leak_nothing(embedder: Embedder):
    chats = Chats(embedder, seed=20261124)
    for _ in range(OPERATIONS):
        chats.step()
    assert chats.count > 1_000
    assert len(chats.gone) > 500
    for owner in OWNERS:
        assert {p.id for p in chats.shelves.passages(owner)} == set(chats.kept[owner])


def test_each_owner_finds_what_is_its_own(embedder: Embedder):
    chats = Chats(embedder, seed=1)
    for _ in range(300):
        chats.step()
    asked = 0
    for owner, rows in chats.kept.items():
        for row in rows.values():
            found = chats.shelves.retrieve(owner, row.text.split()[-1], limit=1)
            assert found[0].passage.id == row.id
            asked += 1
    assert asked > 10


def test_threads_that_ask_and_delete_at_once_leak_nothing(embedder: Embedder):
    held = shelves(embedder)

    def life(owner: int) -> int:
        chance, seen = random.Random(owner), 0
        for number in range(60):
            row = own(owner, number, f"leverage haircut canary{owner}x{number}")
            vector = {row.id: unit(embedder.passages([row.text]))[0]}
            held.put(owner, Holding(str(number), [row], vector))
            other = chance.choice(OWNERS)
            for found in held.retrieve(owner, f"leverage canary{other}x{number}", limit=9):
                assert found.passage.owner == str(owner)
                seen += 1
            if chance.random() < 0.3:
                held.forget(owner)
                assert held.retrieve(owner, "leverage") == []
        return seen

    with ThreadPoolExecutor(8) as pool:
        assert min(pool.map(life, OWNERS)) > 30


def test_owners_share_no_statistics(embedder: Embedder):
    """What another holds changes neither rank nor score: even that would tell something."""
    alone, crowded = shelves(embedder), shelves(embedder)
    mine = [own(1, n, f"leverage note {n} haircut") for n in range(5)]
    vectors = {p.id: unit(embedder.passages([p.text]))[0] for p in mine}
    for held in (alone, crowded):
        held.put(1, Holding("a", mine, vectors))
    theirs = [own(2, n, "leverage leverage haircut") for n in range(50)]
    crowded.put(2, Holding("a", theirs, {}))
    assert alone.retrieve(1, "leverage 3") == crowded.retrieve(1, "leverage 3")


@pytest.mark.parametrize("nobody", [None, "1", True, 1.0])
def test_without_an_owner_nothing_is_found(embedder: Embedder, nobody: object):
    held = shelves(embedder)
    for act in (
        lambda: held.retrieve(nobody, "leverage"),
        lambda: held.put(nobody, Holding("", [], {})),
        lambda: held.forget(nobody),
        lambda: held.passages(nobody),
        lambda: held.version(nobody),
    ):
        with pytest.raises(KnowledgeError, match="owner_missing"):
            act()


def test_a_passage_of_another_is_not_taken_in(embedder: Embedder):
    held = shelves(embedder)
    for stranger in (own(2, 1, "x"), passage("p", "x")):
        with pytest.raises(KnowledgeError, match="owner_differs"):
            held.put(1, Holding("", [stranger], {}))
    assert held.passages(1) == ()


def test_what_was_asked_longest_ago_makes_room(embedder: Embedder):
    held = shelves(embedder, room=3)
    for owner in (1, 2, 3):
        held.put(owner, Holding("v", [own(owner, n, "leverage") for n in range(1)], {}))
    held.retrieve(1, "leverage")
    held.put(4, Holding("v", [own(4, 1, "leverage")], {}))
    assert [held.version(owner) for owner in (1, 2, 3, 4)] == ["v", None, "v", "v"]
