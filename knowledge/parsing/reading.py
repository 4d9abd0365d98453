"""A file's bytes -> its report, read by a child process that can do no harm and is cut off in time.

`read_report` blocks for as long as the child works: call it in a thread.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import unicodedata
from dataclasses import asdict, dataclass
from pathlib import Path

from knowledge.errors import KnowledgeError
from knowledge.parsing.report import Report, report_of

log = logging.getLogger(__name__)

LABEL_CHARS = 120
_RESULT_BYTES = 64 * 2**20
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost. `bytes` is Telegram's own limit on what a bot can fetch."""

    bytes: int = 20 * 2**20
    most_pages: int = 1_000
    most_chars: int = 3_000_000
    memory_bytes: int = 2**30
    cpu_seconds: int = 60
    wall_seconds: float = 90.0


LIMITS = Limits()


def clean_label(name: str) -> str:
    r"""Return a file's name as it may be shown: no path, no control or direction marks, short.

    >>> clean_label("../../etc/pass\u202ewd.pdf")
    'passwd.pdf'
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = unicodedata.normalize("NFC", last)
    kept = "".join(c for c in plain if unicodedata.category(c)[0] != "C")
    kept = " ".join(kept.split()).strip(". ")
    if len(kept) > LABEL_CHARS:
        stem, dot, ending = kept.rpartition(".")
        short = dot + ending if len(ending) <= 8 else ""
        kept = (stem if short else kept)[: LABEL_CHARS - len(short)] + short
    return kept or "file"


def read_report(
    data: bytes,
    name: str,
    limits: Limits | None = None,
    stopped: threading.Event | None = None,
) -> Report:
    """Return what a file says; raise KnowledgeError with the code that says why it cannot be read.

    The codes are `report_...`; `values` hold what its sentence names. Setting `stopped` ends the
    child at once.
    """
    limits, stopped = limits or LIMITS, stopped or threading.Event()
    if not data:
        raise KnowledgeError("report_empty")
    if len(data) > limits.bytes:
        megabytes = limits.bytes // 2**20
        raise KnowledgeError("report_too_big", value=f"{len(data) / 2**20:.1f}", highest=megabytes)
    options = {"name": clean_label(name), **asdict(limits)}
    code, result = _run(data, options, limits.wall_seconds, stopped)
    try:
        answer = json.loads(result)
    except ValueError as error:
        raise KnowledgeError(_died(code)) from error
    if "where" in answer:
        log.error("A report could not be read: %s", answer["where"])
    if "error" in answer:
        raise KnowledgeError(answer["error"]["code"], **answer["error"]["values"])
    report = report_of(answer["report"])
    for note in report.notes:
        if note.startswith("metadata_unread:"):
            log.warning("A page's own title, publisher and date could not be read: %s", note)
    return report


def _run(
    data: bytes, options: dict[str, object], wall_seconds: float, stopped: threading.Event
) -> tuple[int, bytes]:
    """Run the child over the bytes; return its exit code and what it wrote."""
    child = subprocess.Popen(  # noqa: S603  # our own interpreter and module, no shell
        [sys.executable, "-s", "-P", "-m", "knowledge.parsing.child", json.dumps(options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=bare_environment(),
        cwd=_ROOT,
    )

    def cut_off() -> None:
        stopped.wait(wall_seconds)
        child.kill()

    clock = threading.Thread(target=cut_off, daemon=True)
    feeder = threading.Thread(target=_feed, args=(child, data), daemon=True)
    clock.start()
    feeder.start()
    try:
        result = child.stdout.read(_RESULT_BYTES + 1) if child.stdout else b""
        if len(result) > _RESULT_BYTES:
            child.kill()
            result = b""
        return child.wait(), result
    finally:
        stopped.set()
        clock.join()
        child.wait()
        feeder.join()
        if child.stdout:
            child.stdout.close()


def bare_environment() -> dict[str, str]:
    """Return the child's environment: none of our settings, so no secret can be read out of it."""
    bare = {"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
    if root := os.environ.get("SYSTEMROOT"):  # without it Python does not start on Windows
        bare["SYSTEMROOT"] = root
    return bare


def _feed(child: subprocess.Popen[bytes], data: bytes) -> None:
    """Hand the bytes over; a child that refused them early has closed its end."""
    if child.stdin:
        with contextlib.suppress(BrokenPipeError), child.stdin as pipe:
            pipe.write(data)


def _died(code: int) -> str:
    """Return why a child without an answer ended: out of bounds, or over a broken file."""
    segfault = getattr(signal, "SIGSEGV", None)
    return "report_damaged" if code > 0 or -code == segfault else "report_too_heavy"
