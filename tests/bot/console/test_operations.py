"""What an operator asks for: the store kept, moved, emptied; the machine examined."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import pytest

from bot.console import run
from bot.delivery.doctor import beat, still
from tests.bot.terminal import Terminal


def test_operations_on_an_empty_store(terminal: Terminal):
    assert terminal.run("migrate") == 0
    assert "basisbot.db" in terminal.out
    assert terminal.json("export", "42")["chat_id"] == 42
    assert terminal.run("forget", "42") == 0
    assert "0 records" in terminal.out
    assert terminal.run("healthcheck") == 1
    assert "not alive" in terminal.err


def test_the_doctor_finds_nothing_broken_without_a_network(terminal: Terminal):
    findings = terminal.json("doctor", "--json")["findings"]
    assert {"python", "corpus", "no_token", "no_model"} <= {f["code"] for f in findings}
    assert "fail" not in {f["level"] for f in findings}


def test_the_doctor_exits_1_on_trouble(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "file").write_text("", encoding="ascii")
    monkeypatch.setenv("BASISBOT_DATA_DIR", str(tmp_path / "file" / "data"))
    assert terminal.run("doctor") == 1
    assert "FAIL" in terminal.out


class Typing(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "code"), [("yes\n", 0), ("是\n", 0), ("no\n", 1), ("", 1)])
def test_a_person_is_asked_before_a_chat_is_forgotten(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
):
    assert terminal.run("migrate") == 0
    monkeypatch.setattr(sys, "stdin", Typing(typed))
    assert run(["forget", "42"]) == code
    monkeypatch.setattr(sys, "stdin", Typing(""))
    assert run(["forget", "42", "--yes"]) == 0


def test_a_setting_that_cannot_be_used_is_named(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BASISBOT_SANDBOX_PORT", "http")
    assert terminal.run("doctor") == 1
    assert "BASISBOT_SANDBOX_PORT" in terminal.err


def test_a_backup_is_written_and_restored_by_two_commands(terminal: Terminal, tmp_path: Path):
    assert terminal.run("migrate") == 0
    assert terminal.run("backup", "kept.db") == 0
    assert terminal.out.startswith("Backup kept.db: 0 rows")
    assert terminal.run("backup", "kept.db") == 1
    assert "exists already" in terminal.err
    assert terminal.run("restore", "kept.db") == 0
    assert "Restored kept.db to sqlite:///" in terminal.out
    assert (tmp_path / "data" / "basisbot.db.before-restore").exists()
    assert terminal.run("restore", "none.db") == 1
    assert "no file none.db" in terminal.err


def test_a_bot_that_stopped_of_its_own_will_is_not_alive(terminal: Terminal, tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    beat(data, time.time())
    assert terminal.run("healthcheck") == 0
    still(data)
    still(data)
    assert terminal.run("healthcheck") == 1
    assert "not alive" in terminal.err
