"""A terminal for tests: a command's words in, what it wrote and its exit code out."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.console import run


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BASISBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LANG", "C")
    for name in ("LC_ALL", "LC_MESSAGES", "TELEGRAM_BOT_TOKEN"):
        monkeypatch.delenv(name, raising=False)


class Terminal:
    """Runs commands and keeps what they wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capsys, self._patch = capsys, patch
        self.out = self.err = ""

    def run(self, *words: str, stdin: str = "") -> int:
        self._patch.setattr(sys, "stdin", io.StringIO(stdin))
        try:
            code = run(list(words))
        except SystemExit as stop:
            code = int(stop.code or 0)
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *words: str, code: int = 0) -> Any:
        assert self.run(*words) == code, self.err
        return json.loads(self.out)

    def lines(self, *words: str, stdin: str) -> list[Any]:
        assert self.run(*words, stdin=stdin) == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(capsys, monkeypatch)
