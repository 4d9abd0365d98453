"""`python -m tests.bench [NAME...]`: every benchmark, or those named, in one table."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import tests.bench
from tests.bench.rows import Row


def modules() -> list[str]:
    """Return the names of the benchmarks: modules that end in _bench."""
    found = pkgutil.iter_modules([str(Path(tests.bench.__file__).parent)])
    return sorted(m.name.removesuffix("_bench") for m in found if m.name.endswith("_bench"))


def show(name: str, rows: Iterable[Row], seconds: float) -> None:
    """Print one benchmark as a table."""
    load = os.getloadavg()[0]
    sys.stdout.write(f"\n## {name} ({seconds:.0f} s, load average {load:.1f})\n\n")
    for row in rows:
        value = row.value if isinstance(row.value, str) else f"{row.value:,.2f}"
        sys.stdout.write(f"{row.label:<44} {value:>12} {row.unit:<8} {row.note}\n")
    sys.stdout.flush()


def main(names: list[str]) -> int:
    """Run them one after the other."""
    wrong = [name for name in names if name not in modules()]
    if wrong:
        sys.stderr.write(f"no benchmark {wrong[0]!r}; there are: {', '.join(modules())}\n")
        return 2
    for name in names or modules():
        started = time.perf_counter()
        rows = importlib.import_module(f"tests.bench.{name}_bench").run()
        show(name, rows, time.perf_counter() - started)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
