"""`python -m tests.debugging MODULE ...`: a module of the product as it runs, its log at DEBUG."""

from __future__ import annotations

import logging
import runpy
import sys

from bot import log


def at_debug() -> None:
    """Let whoever sets up the log without a level, as the product does, print all of ours."""
    log.set_up.__defaults__ = ((), logging.DEBUG)


if __name__ == "__main__":
    at_debug()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
