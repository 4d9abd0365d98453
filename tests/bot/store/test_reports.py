"""A chat's reports are its own: kept once, replaced by name, gone without a trace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.store.reports import MOST_REPORTS, Reports
from bot.store.store import Store
from knowledge.errors import KnowledgeError
from knowledge.parsing.pieces import Piece
from knowledge.parsing.readings import Reading
from knowledge.parsing.report import Report, simhash
from tests.bot.engines import both_engines

ANA, BO = 501, 502


def piece(text: str, page: int | None = 1) -> Piece:
    return Piece(text, "text", "en", "Funding", page, 0, len(text))


def report(*texts: str, sha: str = "a", title: str = "Monitor") -> Report:
    reading = Reading(
        0, 0, 9, "leverage", "leverage", "杠杆", "", "", 56.0, "times", 1.0, "56 times", "2022", "s"
    )
    whole = " ".join(texts)
    return Report(
        "pdf", title, "", "", "en", 1, len(whole), sha * 64, simhash(whole),
        tuple(piece(t) for t in texts), (reading,),
    )  # fmt: skip


@both_engines
async def test_what_goes_in_comes_out(store: Store) -> None:
    added = await store.reports.add(ANA, report("Leverage was 56 times.", "Repo."), "m.pdf")
    assert added.outcome == "added"
    (stored,) = await store.reports.listed(ANA)
    assert (stored.number, stored.title, stored.passages, stored.figures) == (1, "Monitor", 2, 1)
    content = await store.reports.content(ANA, stored.id)
    assert content is not None
    assert [p.text for p in content.pieces] == ["Leverage was 56 times.", "Repo."]
    assert content.readings[0].value == 56
    assert content.keys[0] != content.keys[1]


@both_engines
async def test_the_same_file_twice_changes_nothing(store: Store) -> None:
    await store.reports.add(ANA, report("One."), "m.pdf")
    before = await store.reports.listed(ANA)
    assert (await store.reports.add(ANA, report("One."), "other.pdf")).outcome == "same"
    assert await store.reports.listed(ANA) == before


async def test_a_changed_file_of_the_same_name_replaces_and_keeps_what_it_shares(store: Store):
    first = await store.reports.add(ANA, report("Same.", "Old."), "m.pdf")
    content = await store.reports.content(ANA, first.report.id)
    vectors = {key: bytes([n, 0]) for n, key in enumerate(content.keys)}
    assert await store.reports.put_vectors(ANA, first.report.id, "model", vectors)
    second = await store.reports.add(ANA, report("Same.", "New.", sha="b"), "m.pdf")
    assert second.outcome == "replaced"
    assert second.report.number == 1
    now = await store.reports.content(ANA, second.report.id, "model")
    assert [p.text for p in now.pieces] == ["Same.", "New."]
    assert now.vectors == {now.keys[0]: bytes([0, 0])}
    assert await store.reports.unfinished("model") == [(ANA, second.report.id)]
    assert await store.reports.content(ANA, first.report.id) is None


async def test_nearly_the_same_is_told(store: Store) -> None:
    text = " ".join(f"In week {n} the funds borrowed {n * 7919} dollars a note." for n in range(99))
    await store.reports.add(ANA, report(text), "a.pdf")
    again = await store.reports.add(ANA, report(text + "!", sha="b"), "b.pdf")
    assert again.near.label == "a.pdf"
    assert (await store.reports.add(BO, report(text + "?", sha="c"), "c.pdf")).near is None


@both_engines
async def test_one_chat_never_meets_the_reports_of_another(store: Store) -> None:
    mine = (await store.reports.add(ANA, report("Secret."), "m.pdf")).report
    assert await store.reports.listed(BO) == []
    assert await store.reports.content(BO, mine.id) is None
    assert await store.reports.drop(BO, mine.id) is None
    assert await store.reports.label(BO, mine.number, "X", "2026") is None
    assert not await store.reports.put_vectors(BO, mine.id, "m", {"k": b"x"})
    assert len(await store.reports.listed(ANA)) == 1


@pytest.mark.parametrize("nobody", [None, "501", True])
async def test_without_an_owner_nothing_is_asked(store: Store, nobody: object) -> None:
    reports: Reports = store.reports
    with pytest.raises(KnowledgeError, match="owner_missing"):
        await reports.listed(nobody)
    with pytest.raises(KnowledgeError, match="owner_missing"):
        await reports.content(nobody, 1)


async def test_a_label_says_who_and_when(store: Store) -> None:
    made = (await store.reports.add(ANA, report("One."), "m.pdf")).report
    named = await store.reports.label(ANA, 1, "Morgan Stanley", "2026-01-14")
    assert (named.publisher, named.published) == ("Morgan Stanley", "2026-01-14")
    assert named.stamp != made.stamp
    assert await store.reports.label(ANA, 9, "X", "") is None


async def test_there_is_room_for_so_many(store: Store) -> None:
    for number in range(MOST_REPORTS):
        made = replace(report(f"Text {number}."), sha256=f"{number:064x}")
        await store.reports.add(ANA, made, f"{number}.pdf")
    with pytest.raises(KnowledgeError, match="report_library_full"):
        await store.reports.add(ANA, report("More."), "more.pdf")
    # One that takes another's place still fits.
    assert (await store.reports.add(ANA, report("More."), "3.pdf")).outcome == "replaced"


async def test_nothing_is_kept_for_a_chat_that_was_forgotten_while_its_file_was_read(store: Store):
    user = await store.user(ANA)
    await store.forget(ANA)
    late = await store.reports.add(ANA, report("Late."), "m.pdf", user.id)
    assert late.outcome == "forgotten"
    assert await store.reports.listed(ANA) == []


@pytest.mark.parametrize("how", ["drop", "forget"])
async def test_what_is_deleted_is_nowhere_on_disk(store: Store, tmp_path: Path, how: str) -> None:
    canary = "canary-7f3a9c"
    texts = [f"{canary} {n} " + "Leverage was 56 times. " * 30 for n in range(200)]
    made = (await store.reports.add(ANA, report(*texts, title=canary), f"{canary}.pdf")).report
    assert canary.encode() in on_disk(tmp_path)
    if how == "drop":
        await store.reports.drop(ANA, made.id)
    else:
        await store.forget(ANA)
    assert canary.encode() not in on_disk(tmp_path)


def on_disk(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())


async def test_the_export_has_the_text_and_no_vectors(store: Store) -> None:
    made = (await store.reports.add(ANA, report("Leverage was 56 times."), "m.pdf")).report
    await store.reports.put_vectors(ANA, made.id, "m", {"k": b"\0\1"})
    copy = await store.export(ANA)
    assert copy["report_passages"][0]["text"] == "Leverage was 56 times."
    assert copy["reports"][0]["label"] == "m.pdf"
    assert "report_vectors" not in copy


async def test_a_group_that_moves_takes_its_reports_along(store: Store) -> None:
    await store.reports.add(-5, report("One."), "a.pdf")
    await store.reports.add(-5, report("Two.", sha="b"), "b.pdf")
    await store.reports.add(BO, report("One."), "x.pdf")
    await store.move_chat(-5, BO)
    assert [(r.number, r.label) for r in await store.reports.listed(BO)] == [
        (1, "x.pdf"),
        (2, "b.pdf"),
    ]
    assert await store.reports.listed(-5) == []
