"""`basisbot ...` and `python -m bot`: the command line, thin."""

from __future__ import annotations

import os
import sys

# Before numpy is imported: on small arrays its threads cost more than they bring.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def main() -> int:
    """Run the command line and return its exit code."""
    from bot.console import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
