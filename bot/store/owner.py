"""A SQLite file -> the right to be its owner: one running bot a store, on a local disk.

Locks belong to the process and vanish with it, also after kill -9, so nothing has to be cleaned up.
Locks on network file systems lie, and SQLite's with them: such a folder is refused.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from bot.store.errors import StoreError

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "davfs", "beegfs", "gpfs"}
)


def _mounts(table: Path) -> Iterator[tuple[Path, str]]:
    """Yield (mount point, file system) of this machine; nothing where there is no such table."""
    with contextlib.suppress(OSError):
        for line in table.read_text(encoding="utf-8", errors="replace").splitlines():
            _, where, kind, *_ = line.split()
            yield Path(where.encode().decode("unicode_escape")), kind


def file_system(path: Path, table: Path = Path("/proc/mounts")) -> str | None:
    """Return the kind of file system that holds `path`, None where that cannot be told."""
    real = path.resolve()
    found = [(where, kind) for where, kind in _mounts(table) if real.is_relative_to(where)]
    return max(found, key=lambda mount: len(mount[0].parts))[1] if found else None


def refuse_network(path: Path, table: Path = Path("/proc/mounts")) -> None:
    """Raise StoreError where the file would lie on a network file system."""
    if (kind := file_system(path, table)) in NETWORK_FILE_SYSTEMS:
        raise StoreError("store_network", value=str(path), kind=kind)


class Ownership:
    """The owner's lock on a store, and the guests' beside it.

    The owner (`basisbot run`) excludes other owners. Guests (an export, a second sender) come and
    go; `alone` tells the owner whether any was there when it came, and so whether every lease in
    the store belongs to the dead.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._held: list[IO[str]] = []
        self.owner = False
        self.alone = False

    def _path(self, role: str) -> Path:
        return self._database.with_name(f"{self._database.name}.{role}")

    def own(self) -> None:
        """Become the owner, or raise StoreError naming the process that is."""
        lock = self._open("owner")
        if not _lock(lock, exclusive=True):
            lock.seek(0)
            holder = lock.read().strip() or "?"
            lock.close()
            raise StoreError("store_in_use", value=str(self._database), pid=holder)
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        self._held.append(lock)
        self.owner = True
        with contextlib.closing(self._open("guests")) as guests:
            self.alone = _lock(guests, exclusive=True)

    def visit(self) -> None:
        """Enter as a guest."""
        guests = self._open("guests")
        if not _lock(guests, exclusive=False):
            guests.close()  # an owner looks around this very moment; it holds this for an instant
            raise StoreError("store_in_use", value=str(self._database), pid="?")
        self._held.append(guests)

    def release(self) -> None:
        """Let go of what is held."""
        while self._held:
            self._held.pop().close()

    def _open(self, role: str) -> IO[str]:
        path = self._path(role)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError("store_unwritable", value=str(path), reason=error.strerror) from error
        return os.fdopen(descriptor, "r+", encoding="ascii")


def _lock(file: IO[str], *, exclusive: bool) -> bool:
    """Take the lock if nobody is in the way. Without `fcntl` (Windows) nobody ever is."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
