"""A short run of the random life of twenty chats' reports, and that a leak would be seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import leaks
from tests.leaks import CHATS, LeakError, soak

SEED = 7


@pytest.mark.slow
async def test_a_thousand_operations_over_twenty_chats_leak_nothing(tmp_path: Path):
    """Ten thousand: `python -m tests.leaks`."""
    house = await soak(1_000, CHATS, SEED, tmp_path)
    assert house.words > 100
    assert min(house.done[act] for act in leaks.WEIGHTS) > 5


async def test_an_answer_from_another_chat_s_report_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    first = leaks.FIRST_CHAT
    theirs = leaks.OwnReports.open
    monkeypatch.setattr(leaks.OwnReports, "open", lambda self, _: theirs(self, first))
    with pytest.raises(LeakError, match="met"):
        await soak(300, 3, SEED, tmp_path)


async def test_a_copy_left_on_the_disk_would_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Without a sweep the write-ahead log still holds what was deleted."""
    monkeypatch.setattr("bot.store.database._sweep", lambda _: None)
    with pytest.raises(LeakError, match="on the disk"):
        await soak(300, 3, SEED, tmp_path)


async def test_a_word_in_the_logs_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    read = leaks.read_here

    def read_aloud(data: bytes, name: str, **more: object) -> leaks.Report:
        leaks.logging.getLogger("bot.answering.reports.keeping").info("read %s", data.decode())
        return read(data, name, **more)

    monkeypatch.setattr(leaks, "read_here", read_aloud)
    with pytest.raises(LeakError, match="in the logs"):
        await soak(300, 3, SEED, tmp_path)
