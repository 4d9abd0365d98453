"""What fails says so in one sentence, or as an object where that was asked for: no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.terminal import Terminal


def test_a_bad_line_stops_no_other(terminal: Terminal):
    rows = [
        '{"id": 1, "question": "How big is the basis trade?", "lang": "fr"}',
        '{"id": 2, "question": "size?", "history": "abc"}',
        '{"id": 3, "question": "size?", "history": [1]}',
        '{"id": 4, "question": 5}',
        '{"id": 5, "question": "hm\ufffd"',
        '{"id": 6, "question": "基差交易有多大？"}',
    ]
    found = terminal.lines("ask", "--jsonl", stdin="\n".join(rows))
    codes = [row["error"]["code"] for row in found[:5]]
    assert codes == ["bad_lang", "bad_history", "bad_history", "input_missing", "bad_json"]
    assert all(row["error"]["message"] for row in found[:5])
    assert found[5]["lang"] == "zh"


def basisbot(*words: str) -> subprocess.Popen[bytes]:
    """Start a process of its own, as a shell would."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "BASISBOT_FEEDS": "off"},
        cwd=Path(__file__).parents[3],
    )


@pytest.mark.slow
def test_bytes_that_are_no_text_are_one_bad_line():
    rows = b'\xff\xfe{"id": 1}\n{"id": 2, "kind": "quote_parse", "inputs": {"text": "112-16"}}\n'
    out, err = basisbot("calc", "--jsonl").communicate(rows, timeout=60)
    bad, good = (json.loads(line) for line in out.splitlines())
    assert bad["error"]["code"] == "bad_json"
    assert good["result"]["price"] == 112.5
    assert err == b""


@pytest.mark.slow
def test_a_reader_that_has_enough_is_no_error():
    with basisbot("sources") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "sources"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_damaged_store_leaves_the_library_s_own_answers(terminal: Terminal, tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "basisbot.db").write_bytes(b"no database " * 999)
    assert terminal.run("ask", "How big is the basis trade?") == 0
    assert "$830 billion" in terminal.out
    assert "is damaged" in terminal.err
    assert terminal.run("sources") == 0
    assert terminal.run("migrate") == 1
    assert "is damaged" in terminal.err


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:secret@127.0.0.1:1/x", "cannot be reached"),
        ("mysql://a/b", "is no database that basisbot can use"),
        ("nonsense", "is no database that basisbot can use"),
    ],
)
def test_a_database_that_is_not_there_is_named_without_its_password(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, url: str, said: str
):
    monkeypatch.setenv("BASISBOT_DATABASE_URL", url)
    assert terminal.run("export", "5") == 1
    assert said in terminal.err
    assert "secret" not in terminal.err


def test_a_defect_is_told_in_a_sentence_and_shown_with_debug(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
):
    def break_down(*_: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr("bot.delivery.doctor.examine", break_down)
    error = terminal.json("doctor", "--json", code=1)["error"]
    assert (error["code"], error["culprit"]) == ("defect", "ZeroDivisionError")
    assert terminal.run("doctor") == 1
    assert terminal.err.startswith(
        "error: an error of the program itself, ZeroDivisionError: of ours"
    )
    assert "Traceback" not in terminal.err
    with pytest.raises(ZeroDivisionError):
        terminal.run("doctor", "--debug")


def test_with_jsonl_a_failure_of_the_whole_is_an_object_too(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BASISBOT_SANDBOX_PORT", "http")
    assert terminal.run("ask", "--jsonl", stdin='{"id": 1, "question": "x"}') == 1
    assert "BASISBOT_SANDBOX_PORT" in json.loads(terminal.out)["error"]["message"]
