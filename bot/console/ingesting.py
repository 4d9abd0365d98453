"""Files and folders on this machine -> reports in the store, one line of outcome each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from knowledge.errors import KnowledgeError
from knowledge.parsing.reading import LIMITS

if TYPE_CHECKING:
    from bot.answering.reports.keeping import OwnReports
    from bot.store.reports import Added


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file: what was kept, or why nothing was."""

    path: Path
    outcome: Literal["added", "replaced", "same", "refused"]
    added: Added | None = None
    error: KnowledgeError | None = None


def files_in(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the files that paths name, those in folders too, each with the name it is kept by.

    They come in the order of their names; hidden ones are left out. Two files of one name in two
    folders are two reports, so a folder's name is part of the file's. A path that does not exist
    raises KnowledgeError (no_path).
    """
    for path in paths:
        if path.is_dir():
            inside = (p.relative_to(path) for p in sorted(path.rglob("*")) if p.is_file())
            yield from ((path / p, " - ".join(p.parts)) for p in inside if not _is_hidden(p))
        elif path.is_file():
            yield path, path.name
        else:
            raise KnowledgeError("no_path", culprit=str(path))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


async def ingest(
    reports: OwnReports,
    paths: Iterable[Path],
    owner: int,
    told: Callable[[Taken], object],
    progress: Callable[[int, int], Awaitable[object]],
) -> list[Taken]:
    """Keep files for an owner, make them searchable by meaning; return what became of each."""
    done: list[Taken] = []
    for path, name in files_in(paths):
        done.append(await _take(reports, path, name, owner))
        told(done[-1])
    await reports.finish(progress)
    return done


async def _take(reports: OwnReports, path: Path, name: str, owner: int) -> Taken:
    try:
        added = await reports.take(owner, _bytes(path), name)
    except KnowledgeError as error:
        return Taken(path, "refused", error=error)
    except OSError as error:
        reason = error.strerror or str(error)
        return Taken(path, "refused", error=KnowledgeError("report_not_opened", reason=reason))
    # "forgotten" comes only to a chat that was watched while its file was read.
    return Taken(path, "added" if added.outcome == "forgotten" else added.outcome, added)


def _bytes(path: Path) -> bytes:
    """Return a file's bytes; one that is too large is not read at all."""
    size = path.stat().st_size
    if size > LIMITS.bytes:
        megabytes = f"{size / 2**20:.1f}"
        raise KnowledgeError("report_too_big", value=megabytes, highest=LIMITS.bytes // 2**20)
    return path.read_bytes()
