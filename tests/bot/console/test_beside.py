"""The suite and the bot on one machine: neither takes the other's port, data or settings."""

from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import Settings, read_settings
from tests.bot.terminal import Terminal
from tests.conftest import DEFAULT_PORTS, seclude

PORT = Settings().sandbox_port
LISTEN = """
import socket, sys
try:
    listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
except OSError:
    pass  # taken already: as well
print("taken", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def beside() -> Iterator[None]:
    """Have the product's default port taken, as by `make run`."""
    with subprocess.Popen(
        [sys.executable, "-c", LISTEN, str(PORT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == b"taken\n"
        socket.create_connection(("127.0.0.1", PORT)).close()
        yield
        other.stdin.close()


@pytest.mark.usefixtures("beside")
def test_a_command_of_the_suite_does_not_meet_the_bot_that_runs_beside_it(terminal: Terminal):
    assert terminal.run("run", "--data", "/no/such") == 1
    assert "/no/such" in terminal.err
    assert str(PORT) not in terminal.err


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_whoever_starts_a_second_bot_is_told_of_the_port_and_what_to_do(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, lang: str
):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        monkeypatch.setenv("BASISBOT_SANDBOX_PORT", port)
        monkeypatch.setenv("LANG", f"{lang}_XX.UTF-8")
        assert terminal.run("run") == 1
    gc.collect()  # what was left open would warn here, and a warning is an error
    assert port in terminal.err
    assert "BASISBOT_SANDBOX_PORT" in terminal.err
    assert "Traceback" not in terminal.err


@pytest.mark.parametrize("port", DEFAULT_PORTS)
def test_no_test_may_listen_where_the_product_does(port: int):
    with socket.socket() as one, pytest.raises(RuntimeError, match=str(port)):
        one.bind(("127.0.0.1", port))


def test_what_the_developer_set_up_is_not_for_the_suite():
    theirs = {
        "TELEGRAM_BOT_TOKEN": "123456:theirs",
        "BASISBOT_DATA_DIR": "/home/them/data",
        "BASISBOT_DATABASE_URL": "postgresql://them@db.example/b",
        "BASISBOT_MODEL": "openai:x",
        "BASISBOT_ADMINS": "7",
        "BASISBOT_REFERENCE_DIR": "/recorded",
        "PATH": "/bin",
    }
    seclude(theirs)
    ours = read_settings(theirs)
    assert (ours.token, ours.model, ours.admins, ours.sandbox_port) == (None, None, (), 0)
    assert ours.database.startswith("sqlite")
    assert not ours.feeds
    assert Path(tempfile.gettempdir()) in ours.data_dir.parents
    assert ours.reference_dir == Path("/recorded")
    assert theirs["PATH"] == "/bin"


def test_this_suite_is_secluded():
    ours = read_settings(os.environ)
    assert (ours.token, ours.sandbox_port, ours.feeds) == (None, 0, False)
    for folder in (ours.data_dir, Settings().data_dir):
        assert Path(tempfile.gettempdir()) in folder.parents
