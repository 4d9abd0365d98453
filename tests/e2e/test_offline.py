"""With no network but the loopback everything answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from tests.e2e.processes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def unshare() -> list[str]:
    """Return the command that takes the network away, or skip where none may."""
    path = shutil.which("unshare")
    if path is None:
        pytest.skip("no unshare on this machine (util-linux)")
    for flags in (["-n"], ["-rn"]):
        if subprocess.run([path, *flags, "true"], capture_output=True, check=False).returncode == 0:
            return [path, *flags]
    pytest.skip("this machine lets nobody make a network namespace")


def test_everything_answers_without_a_network(unshare: list[str]) -> None:
    command = [*unshare, sys.executable, "-m", "tests.e2e.offline"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["elsewhere"] == "gaierror"
    start, size, cayman, basis, digest = seen["answers"]
    assert "basis trade" in start
    assert "$830 billion" in size
    assert "[2]" in size
    assert "2.54" in cayman
    assert "Net basis" in basis
    assert "as of 2026-07-14" in digest
