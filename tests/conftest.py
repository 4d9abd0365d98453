"""What every test can ask for: a sandbox judged by two oracles, and the recorded reference data."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.server import Sandbox
from bot.settings import Settings
from tests.logbook import Logbook, book, check_lines
from tests.oracles import check_log

ROOT = Path(__file__).parent.parent
DEFAULT_PORTS = (Settings().sandbox_port, Settings().webhook_port)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that the sandbox fixture reads, and choose the library's new types."""
    os.environ.setdefault("PTB_TIMEDELTA", "1")  # else each RetryAfter warns of its future type
    seclude(os.environ)
    sys.addaudithook(refuse_default_ports)
    config.addinivalue_line("markers", "refusals(*texts): the Bot API refusals a test provokes")


def seclude(environment: MutableMapping[str, str]) -> None:
    """Let the suite and its children be as on a machine where nobody set up or runs the bot.

    What the developer's shell says of the product is not for the tests; an empty value also keeps
    out what a `.env` would say. The port is any free one, the data folder nobody's.
    """
    for name in [*environment]:
        if name.startswith(("BASISBOT_", "TELEGRAM_")) and name != "BASISBOT_REFERENCE_DIR":
            del environment[name]
    folder = tempfile.mkdtemp(prefix="basisbot-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    unset = dict.fromkeys(
        ("TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN_FILE", "TELEGRAM_API_BASE_URL",
         "BASISBOT_DATABASE_URL", "BASISBOT_DATABASE_URL_FILE", "BASISBOT_CHROMA_URL",
         "BASISBOT_MODEL", "BASISBOT_MODEL_BASE_URL", "BASISBOT_EMBEDDING", "BASISBOT_WEBHOOK_URL",
         "BASISBOT_WEBHOOK_SECRET", "BASISBOT_WEBHOOK_SECRET_FILE", "FRED_API_KEY"), ""
    )  # fmt: skip
    environment.update(
        unset,
        BASISBOT_FEEDS="off",  # a test asks no publisher
        BASISBOT_SANDBOX_PORT="0",
        BASISBOT_DATA_DIR=folder,
        XDG_DATA_HOME=folder,
    )


def refuse_default_ports(event: str, given: tuple[Any, ...]) -> None:
    """Fail what would listen where the product does: it may be running there (PEP 578)."""
    if event == "socket.bind" and given[1][1:2] in {(port,) for port in DEFAULT_PORTS}:
        raise RuntimeError(f"a test listens at the product's own port: {given[1]}")


@pytest.fixture(scope="session")
def reference_dir() -> Path:
    """Return where recorded data lie, or skip where they do not."""
    folder = Path(os.environ.get("BASISBOT_REFERENCE_DIR", "../shared/reference"))
    folder = folder if folder.is_absolute() else (ROOT / folder).resolve()
    if not (folder / "basis_cases.json").exists():
        pytest.skip(f"no recorded data in {folder} (set BASISBOT_REFERENCE_DIR)")
    return folder


@pytest.fixture(scope="session")
def logbook() -> Iterator[Logbook]:
    """All lines that are logged in this session, from the first test that asks for them on."""
    book.open()
    yield book
    book.close()


@pytest.fixture
async def sandbox(request: pytest.FixtureRequest, logbook: Logbook) -> AsyncIterator[Sandbox]:
    """A running sandbox; when the test is over, every call made to it is judged.

    And the log is: no text, name or token that passed through it may stand there.

    `@pytest.mark.refusals("Bad Request: chat not found", ...)` names the refusals that a test
    provokes on purpose; any other one fails it.
    """
    begin = len(logbook.lines)
    box = Sandbox(webhook_wait=0.05)
    await box.start()
    yield box
    await box.stop()
    said = [box.world.messages, box.world.users, [call.params for call in box.log.calls]]
    check_lines(logbook.lines[begin:], said, box.token)
    mark = request.node.get_closest_marker("refusals")
    check_log(box.log.calls, mark.args if mark else ())
