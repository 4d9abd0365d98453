"""Runs alone: a kind and files -> what reading them opens or imports once the child is shut, JSON.

The audit hook sees every open and import of the interpreter, whether it succeeds or not.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from knowledge.parsing import child, facts, readings
from knowledge.parsing.kinds import Kind
from knowledge.parsing.pieces import pieces_of
from knowledge.parsing.reading import LIMITS

WATCHED = {"open", "import", "os.listdir", "socket.connect", "subprocess.Popen"}


def main(kind: Kind, paths: list[str]) -> None:
    pages = {path: Path(path).read_bytes() for path in paths}
    parse = child._parser(kind)
    late: list[tuple[str, str]] = []
    now = ""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if now and event in WATCHED:
            late.append((now, f"{event} {arguments[0]}"))

    sys.addaudithook(hook)
    chars: dict[str, int] = {}
    for path, data in pages.items():
        now = Path(path).name
        parsed = parse(data, asdict(LIMITS))
        known = facts.facts_of(parsed, now)
        pieces = pieces_of(parsed.blocks)
        tables = [block for block in parsed.blocks if block.kind == "table"]
        readings.readings_of(pieces, tables, known.published)
        chars[now] = sum(len(piece.text) for piece in pieces)
        now = ""
    found: dict[str, Any] = {"late": late, "chars": chars}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])  # type: ignore[arg-type]  # the tests name a kind
