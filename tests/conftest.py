"""What every test can ask for: a sandbox judged by two oracles, and the recorded reference data."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox
from tests.logbook import Logbook, check_lines
from tests.oracles import check_log

ROOT = Path(__file__).parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that the sandbox fixture reads, and choose the library's new types."""
    os.environ.setdefault("PTB_TIMEDELTA", "1")  # else each RetryAfter warns of its future type
    os.environ["BASISBOT_FEEDS"] = "off"  # a test asks no publisher
    config.addinivalue_line("markers", "refusals(*texts): the Bot API refusals a test provokes")


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
    book = Logbook()
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
