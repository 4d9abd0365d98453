"""FACE terminal: words after `basisbot` in, text or JSON out, an exit code.

0: done; 1: what was asked for failed, with a clear message; 2: wrong usage. Errors go to stderr,
with `--json` or `--jsonl` as an object to stdout.
"""

from bot.console.main import run

__all__ = ["run"]
