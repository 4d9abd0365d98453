"""A conversation for tests: lines into `basisbot chat --jsonl`, what each was answered out."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.console import run
from bot.i18n import Lang, say

Json = dict[str, Any]
NOW = "2026-11-24T17:00:00Z"


class Key(str):
    """The label of a key to press, where a plain string is written."""

    __slots__ = ()


@dataclass(frozen=True)
class Said:
    """One line and what it was answered."""

    line: Json
    answer: Json

    @property
    def messages(self) -> list[Json]:
        assert "error" not in self.answer, f"{self.line}: {self.answer}"
        return self.answer["messages"]

    @property
    def words(self) -> str:
        return "\n".join(m["text"] or m.get("caption", "") for m in self.messages)

    @property
    def keys(self) -> list[str]:
        return [key for m in self.messages for row in m["keys"] for key in row]


def lines_of(chat: object, steps: Iterable[str]) -> list[Json]:
    """Return the lines that say and press what a walk has in turn."""
    return [{"chat": chat, "press" if isinstance(step, Key) else "text": step} for step in steps]


def talk(folder: Path, lines: Sequence[Json], lang: Lang, *options: str) -> list[Said]:
    """Do the command within this process, over a data folder."""
    told = io.StringIO()
    typed = "".join(f"{json.dumps(line)}\n" for line in lines)
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(told):
        patch.setenv("BASISBOT_DATA_DIR", str(folder))
        patch.setattr("sys.stdin", io.StringIO(typed))
        assert run(["chat", "--jsonl", "--lang", lang, *options]) == 0
    answers = [json.loads(line) for line in told.getvalue().splitlines()]
    assert [a["chat"] for a in answers] == [line.get("chat") for line in lines]
    return [Said(*pair) for pair in zip(lines, answers, strict=True)]


def walks(folder: Path, steps: dict[str, Sequence[str]], lang: Lang) -> dict[str, list[Said]]:
    """Return what each walk was answered, each in a chat of its name, at noon of one day."""
    lines = [
        line
        for name, walk in steps.items()
        for line in ({"chat": name, "now": NOW}, *lines_of(name, walk))
    ]
    said = talk(folder, lines, lang, "--out", str(folder / "sent"))
    return {name: [s for s in said if s.line["chat"] == name][1:] for name in steps}


def figures(text: str) -> list[str]:
    """Return the figures of a text, in their order."""
    return re.findall(r"\d[\d,.]*\d|\d", text)


def check_fine(said: Said, lang: Lang) -> None:
    """Fail what is no answer in the language: an error, a silence, a complaint."""
    assert said.messages, f"nothing was said to {said.line}"
    whole = {say(lang, key) for key in ("chat.try_this", "chat.for_example")}
    begins = [say(lang, "chat.unknown_command", command="").partition("/")[0]]
    keys = ("chat.failed", "chat.button_old", "chat.form_closed", "desk.gone")
    begins += [say(lang, key, id="").partition("<")[0] for key in keys]
    lines = said.words.splitlines()
    assert not whole & set(lines[-2:-1]), f"{said.line}: {said.words}"
    assert not [x for x in lines if x.startswith(tuple(begins))], f"{said.line}: {said.words}"
    chinese = re.findall("[\u4e00-\u9fff]", said.words)
    # One sign in an English answer is a word that may be typed.
    assert (len(chinese) > 1) == (lang == "zh"), f"{said.line}: {said.words}"
