"""Wrong usage, help, and how quickly the command is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.bot.terminal import Terminal


@pytest.mark.parametrize("words", [[], ["bogus"], ["digest", "--date", "someday"], ["export", "x"]])
def test_wrong_usage_exits_2(terminal: Terminal, words: list[str]):
    assert terminal.run(*words) == 2


def test_help_names_only_what_works(terminal: Terminal):
    assert terminal.run("--help") == 0
    assert "webhook" not in terminal.out


@pytest.mark.slow
def test_the_command_is_installed_and_quick_to_start():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "COMMAND" in done.stdout
    for heavy in ("pandas", "chromadb", "langchain_core", "matplotlib", "telegram", "sqlalchemy"):
        assert f" {heavy}\n" not in done.stderr
