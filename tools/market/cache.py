"""Bodies as they came, with hash and time, in a folder: the record of what was fetched.

One folder a feed; in it, for each slice, the newest good bodies (compressed) and a note that
names the last. Notes are replaced in one step: a reader never meets half of one.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import tempfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from tools.market.client import Body, Request
from tools.market.data import FeedStatus

log = logging.getLogger(__name__)

KEPT = 8


@dataclass(frozen=True, slots=True)
class Kept:
    """A cached body's note: which slice and route, when it came, its hash, ETag, newest date.

    `asked_at` is when its publisher last said that this is what there is.
    """

    slice: str
    route: str
    sha256: str
    retrieved_at: str
    etag: str | None
    newest: str | None = None
    asked_at: str | None = None

    @property
    def asked(self) -> datetime:
        """Return when the slice was last asked for; notes of old tell only when it came."""
        return datetime.fromisoformat(self.asked_at or self.retrieved_at)


@dataclass(frozen=True, slots=True)
class Cache:
    """The folder of fetched bodies."""

    folder: Path

    def note(self, feed: str, name: str) -> Kept | None:
        """Return the note on the newest body of a slice."""
        path = self.folder / feed / f"{name}.json"
        try:
            kept = Kept(**json.loads(path.read_text("utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None  # damaged is as good as absent: it will be fetched again
        return kept if self._body(feed, kept).is_file() else None

    def keep(
        self,
        feed: str,
        route: str,
        request: Request,
        body: Body,
        newest: date | None = None,
        *,
        asked: datetime | None = None,
    ) -> None:
        """Store a good body and name it the newest; the oldest beyond eight go.

        One that came before keeps its moment: that is since when its content was public. `asked`
        is a later moment at which it was still the answer.
        """
        before = self.note(feed, request.slice)
        came = body.retrieved_at.isoformat()
        if before and before.sha256 == body.sha256:
            came = before.retrieved_at
        day = newest.isoformat() if newest else None
        last = (asked or body.retrieved_at).isoformat()
        kept = Kept(request.slice, route, body.sha256, came, body.etag, day, last)
        path = self._body(feed, kept)
        _write(path, gzip.compress(body.content, mtime=0))
        _write(self.folder / feed / f"{kept.slice}.json", json.dumps(asdict(kept)).encode())
        bodies = sorted(path.parent.glob(f"{kept.slice}.*.gz"), key=lambda p: p.stat().st_mtime_ns)
        for old in bodies[:-KEPT]:
            old.unlink(missing_ok=True)

    def prune(self, feed: str, asked: Collection[str]) -> None:
        """Forget the slices that no route asks for any more, such as the prices of past weeks."""
        for path in (self.folder / feed).glob("*.json"):
            if path.stem not in asked:
                for body in path.parent.glob(f"{path.stem}.*.gz"):
                    body.unlink(missing_ok=True)
                path.unlink(missing_ok=True)

    def reject(self, feed: str, request: Request, body: Body) -> None:
        """Store the last body of a slice that could not be trusted, for the operator to read."""
        _write(
            self.folder / feed / f"{request.slice}.rejected", gzip.compress(body.content, mtime=0)
        )

    def body(self, feed: str, name: str) -> Body | None:
        """Return the newest body of a slice, None where there is none that can be read."""
        kept = self.note(feed, name)
        return self._read(feed, kept) if kept else None

    def bodies(self, feed: str) -> Iterator[tuple[Kept, Body]]:
        """Yield the newest body of each slice of a feed; what is damaged will be fetched again."""
        for path in sorted((self.folder / feed).glob("*.json")):
            kept = self.note(feed, path.stem)
            if kept and (body := self._read(feed, kept)):
                yield kept, body
            else:
                path.unlink(missing_ok=True)

    def _read(self, feed: str, kept: Kept) -> Body | None:
        path = self._body(feed, kept)
        try:
            content = gzip.decompress(path.read_bytes())
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            log.warning("the cached body %s cannot be read: %s", path, error)
            return None
        return Body(content, datetime.fromisoformat(kept.retrieved_at), kept.etag)

    def _body(self, feed: str, kept: Kept) -> Path:
        return self.folder / feed / f"{kept.slice}.{kept.sha256[:16]}.gz"

    def write_status(self, statuses: list[FeedStatus]) -> None:
        """Store how each feed stands."""
        rows = [asdict(status) for status in statuses]
        _write(self.folder / "status.json", json.dumps(rows, default=str, indent=1).encode())

    def statuses(self) -> tuple[FeedStatus, ...]:
        """Return how each feed stood after the last try."""
        try:
            rows = json.loads((self.folder / "status.json").read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            rows = []
        return tuple(
            FeedStatus(
                row["feed"],
                date.fromisoformat(row["newest"]) if row["newest"] else None,
                datetime.fromisoformat(row["checked_at"]) if row["checked_at"] else None,
                row["route"],
                row["error"],
                row["values"],
                row.get("partial", False),
                date.fromisoformat(row["expected"]) if row.get("expected") else None,
            )
            for row in rows
        )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(path)
