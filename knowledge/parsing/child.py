"""Runs alone: a file on stdin -> its report on stdout as JSON, then nothing more.

Before anything of the file is looked at, the process gives up what it could do harm with: more
memory and time than a report needs, writing files, and (once its libraries are loaded) opening
anything at all, a file or a socket.
"""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.errors import KnowledgeError
from knowledge.parsing import facts, readings, vocabulary
from knowledge.parsing.blocks import Parsed
from knowledge.parsing.kinds import Kind, kind_of
from knowledge.parsing.pieces import pieces_of
from knowledge.parsing.report import Report, simhash
from knowledge.parsing.texts import parse_markdown, parse_text

# Letters that a font maps to nothing, or to private characters, are no text that can be searched.
_UNREADABLE_SHARE = 0.3
_FEWEST_CHARS = 20
# Python finds a codec's module only when it first needs it.
_CODECS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gb2312", "gbk",
           "big5", "cp1252", "latin-1", "cp437", "ascii", "idna")  # fmt: skip


# One page that says something and one that does not: they load what loads late.
_WORDS = b"<p>" + b"Published on 2 March 2026 by nobody, for what loads late. " * 8 + b"</p>"
_PAGES = tuple(
    b"<html><body>" + body + b"</body></html>" for body in (_WORDS, b"<script></script>")
)


def main() -> int:
    """Read the limits and the name from the command line, the file from stdin."""
    options = json.loads(sys.argv[1])
    _bound(options["memory_bytes"], options["cpu_seconds"])
    try:
        answer: dict[str, Any] = {"report": _read(options).as_json()}
    except KnowledgeError as error:
        answer = {"error": {"code": error.code, "values": error.values}}
    except (MemoryError, RecursionError):
        answer = {"error": {"code": "report_too_heavy", "values": {}}}
    except Exception as error:
        # A defect of ours. Where it happened may be told, what was read may not.
        answer = {"error": {"code": "report_failed", "values": {}}, "where": _where(error)}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    # Destructors of a damaged document are of no use to anybody.
    os._exit(0)


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
    return f"{type(error).__name__} at {places}"


def _bound(memory_bytes: int, cpu_seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: only the wall clock bounds it
        return
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_seconds)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(what: int, most: int) -> None:
    import resource

    # macOS refuses a limit on memory; the others still hold.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (most, most))


def _shut() -> None:
    """Open nothing from here on: no file, no socket, in Python or beneath it."""
    with contextlib.suppress(ImportError):
        import resource

        _limit(resource.RLIMIT_NOFILE, 3)


def _read(options: Mapping[str, Any]) -> Report:
    data = sys.stdin.buffer.read()
    name = str(options["name"])
    kind = kind_of(data, name)
    parse = _parser(kind)
    _shut()
    return report_of_parsed(parse(data, options), data, name, kind, options["most_chars"])


def report_of_parsed(parsed: Parsed, data: bytes, name: str, kind: Kind, most_chars: int) -> Report:
    """Return the report of a parsed document; raise KnowledgeError where it says nothing."""
    text = "\n".join(block.text for block in parsed.blocks)
    _check(text, most_chars)
    known = facts.facts_of(parsed, name)
    pieces = pieces_of(parsed.blocks)
    tables = [block for block in parsed.blocks if block.kind == "table"]
    return Report(
        kind=kind,
        title=known.title,
        publisher=known.publisher,
        published=known.published,
        lang=known.lang,
        pages=parsed.pages,
        chars=len(text),
        sha256=hashlib.sha256(data).hexdigest(),
        simhash=simhash(text),
        pieces=tuple(pieces),
        readings=tuple(readings.readings_of(pieces, tables, known.published)),
        notes=parsed.notes,
    )


def _parser(kind: Kind) -> Callable[[bytes, Mapping[str, Any]], Parsed]:
    """Return what reads this kind, with all loaded that it would load at its first use."""
    np.unpackbits(np.zeros(1, dtype=np.uint8))
    facts.load()
    vocabulary.load()
    for name in _CODECS:
        codecs.lookup(name)
    if kind == "pdf":
        import pypdfium2  # noqa: F401

        from knowledge.parsing.pdf import parse_pdf

        return lambda data, limits: parse_pdf(data, limits["most_pages"], limits["most_chars"])
    if kind == "docx":
        from knowledge.parsing.word import empty, parse_word

        parse_word(empty())
        return lambda data, _: parse_word(data)
    if kind == "html":
        time.strptime("2026", "%Y")  # the first date that is parsed loads a module
        from knowledge.parsing.web import parse_web

        for sample in _PAGES:
            with contextlib.suppress(KnowledgeError):
                parse_web(sample)
        return lambda data, _: parse_web(data)
    return lambda data, _: parse_markdown(data) if kind == "markdown" else parse_text(data)


def _check(text: str, most_chars: int) -> None:
    """Raise for a text that says nothing, too much, or nothing that can be read."""
    said = "".join(text.split())
    if len(said) < _FEWEST_CHARS:
        raise KnowledgeError("report_no_text")
    if len(said) > most_chars:
        raise KnowledgeError("report_too_long", highest=most_chars)
    sample = said[:100_000]
    strange = sum(_is_strange(char) for char in sample)
    if strange > _UNREADABLE_SHARE * len(sample) or not any(c.isalpha() for c in sample):
        raise KnowledgeError("report_unreadable")


def _is_strange(char: str) -> bool:
    code = ord(char)
    return code in {0xFFFD, 0xFFFE} or 0xE000 <= code <= 0xF8FF or not char.isprintable()


if __name__ == "__main__":
    sys.exit(main())
