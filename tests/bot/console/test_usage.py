"""Wrong usage, help in both languages, and how quickly the command is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.console.main import COMMANDS
from bot.i18n import say
from tests.bot.terminal import Terminal

WRONG = {
    "": "",
    "bogus": "'bogus' is none of",
    "digest --date someday": "'someday' is not a date such as 2026-07-17 (--date)",
    "digest --date 2026-13-01": "'2026-13-01' is not a date",
    "export x": "'x' is not a chat's number",
    "export": "CHAT is missing",
    "ask --lang fr hi": "'fr' is none of 'en', 'zh'",
    "ask --json --jsonl": "--jsonl and --json do not go together",
    "ask hello --bogus": "--bogus is not known here",
    "calc --basket": "--basket needs a value",
    "backtest": "--data is missing",
    "ingest --private x y": "'x' is not a chat's number",
    "ask --js hello": "--js is not known here",
}


@pytest.mark.parametrize("words", WRONG)
def test_wrong_usage_exits_2_and_says_what_is_wrong(terminal: Terminal, words: str):
    assert terminal.run(*words.split()) == 2
    assert WRONG[words] in terminal.err
    assert "usage: basisbot" in terminal.err
    assert terminal.out == ""


def test_wrong_usage_is_said_in_the_terminal_s_language(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert terminal.run("export", "x") == 2
    assert terminal.err.startswith("用法不对：'x' 不是")
    assert "查看说明：basisbot export --help" in terminal.err


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_whole_in_each_language(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, command: str, lang: str
):
    monkeypatch.setenv("LANG", {"en": "C", "zh": "zh_CN.UTF-8"}[lang])
    assert terminal.run(command, "--help") == 0
    assert say(lang, f"console.{command}") in terminal.out
    assert say(lang, f"usage.example.{command}") in terminal.out
    other = {"en": "用法", "zh": "usage:"}[lang]
    assert other not in terminal.out
    options = [line.split() for line in terminal.out.splitlines() if line.startswith("  --")]
    assert all(len(words) > 1 for words in options), "each option says what it is for"


def test_the_version_is_said(terminal: Terminal):
    assert terminal.run("--version") == 0
    assert terminal.out.startswith("basisbot 0.")


def test_words_may_stand_on_both_sides_of_an_option(terminal: Terminal):
    bond = ("4.25%", "11/15/34", "100-30", "repo", "3.90", "settle", "2026-11-25")
    assert terminal.run("calc", "/basis", "TYH7", "112-16+", "--lang", "zh", *bond) == 0
    assert terminal.out.startswith("净基差")


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
