"""A report is kept whole and said to be kept, or nothing of it is left and that is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.store import reports as rows
from bot.store.database import Database
from bot.store.store import Store
from tests.bot.engines import both_engines
from tests.bot.store.test_reports import ANA, report

STEPS = ("_one", "_near", "_vectors", "_remove", "_insert", "_keep_vectors",
         "_check_room", "_passage_row", "_vector_row", "_found", "commit", "committed",
         "scrub")  # fmt: skip
OLD, NEW = report("Same.", "Old."), report("Same.", "New.", sha="b")


class StepError(Exception):
    """A step that failed after it was done."""


def failing(done: Callable[..., Any], *, waits: bool) -> Callable[..., Any]:
    async def later(*given: object, **named: object) -> object:
        await done(*given, **named)
        raise StepError

    def at_once(*given: object, **named: object) -> object:
        done(*given, **named)
        raise StepError

    return later if waits else at_once


def break_step(monkeypatch: pytest.MonkeyPatch, database: Database, step: str) -> None:
    """Make a step of keeping a report fail once it is done."""
    if step in {"commit", "committed"}:

        def hook(name: str) -> None:
            if name == step:
                monkeypatch.undo()
                raise StepError

        monkeypatch.setattr(database, "_step", hook)
    elif step == "scrub":
        monkeypatch.setattr(database, "scrub", failing(database.scrub, waits=True))
    else:
        waits = step not in {"_check_room", "_passage_row", "_vector_row", "_stored"}
        monkeypatch.setattr(rows, step, failing(getattr(rows, step), waits=waits))


async def state(store: Store) -> list[object]:
    """Return all that is kept of a chat, vectors too."""
    found: list[object] = []
    for row in await store.reports.listed(ANA):
        found += [row, await store.reports.content(ANA, row.id, "model")]
    return found


@both_engines
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("replaces", [False, True])
async def test_each_step_that_fails_leaves_all_or_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str, replaces: bool
):
    if replaces:
        old = (await store.reports.add(ANA, OLD, "m.pdf")).report
        content = await store.reports.content(ANA, old.id)
        await store.reports.put_vectors(ANA, old.id, "model", dict.fromkeys(content.keys, b"v"))
    before = await state(store)
    with monkeypatch.context() as broken:
        break_step(broken, store.database, step)
        try:
            added = await store.reports.add(ANA, NEW, "m.pdf")
        except StepError:
            added = None
    if added is None:
        assert await state(store) == before
        return
    assert added.outcome == ("replaced" if replaces else "added")
    [kept] = await store.reports.listed(ANA)
    assert kept == added.report
    content = await store.reports.content(ANA, kept.id, "model")
    assert [p.text for p in content.pieces] == ["Same.", "New."]
    assert len(content.readings) == kept.figures
    assert len(content.vectors) == replaces


@both_engines
async def test_what_is_committed_is_said_to_be_kept(store: Store, monkeypatch: pytest.MonkeyPatch):
    break_step(monkeypatch, store.database, "committed")
    assert (await store.reports.add(ANA, OLD, "m.pdf")).outcome == "added"


@both_engines
async def test_a_report_that_is_deleted_is_so_where_the_sweep_fails(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    kept = (await store.reports.add(ANA, replace(OLD, title="Gone"), "m.pdf")).report
    break_step(monkeypatch, store.database, "scrub")
    gone = await store.reports.drop(ANA, kept.id)
    assert gone is not None
    assert await store.reports.listed(ANA) == []
