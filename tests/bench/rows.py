"""One line of the table, and how a process's cost is read."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with its unit, and a note: the rival, the ratio, what was done."""

    label: str
    value: float | str
    unit: str
    note: str = ""


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, user and system."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def rss_mib(pid: int) -> float:
    """Return the resident memory of a process in MiB."""
    return psutil.Process(pid).memory_info().rss / 2**20


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
