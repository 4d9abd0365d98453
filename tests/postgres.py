"""A PostgreSQL 15 of our own for tests: made in a temporary folder, on a free loopback port.

Where the server's programs are missing, `why_not()` says so and the tests skip.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import asyncpg

PROGRAMS = ("postgres", "initdb", "pg_ctl")


def program(name: str) -> str | None:
    """Return where a server program lies: on the path, or where Debian keeps it off the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or (str(debian[0]) if debian else None)


def why_not() -> str | None:
    """Return why no server can be started here, None where one can."""
    missing = [name for name in PROGRAMS if program(name) is None]
    if missing:
        return f"PostgreSQL's server programs are not installed: {', '.join(missing)}"
    if os.geteuid() == 0 and _other_user() is None:
        return "PostgreSQL refuses to run as root, and there is no other user to run it as"
    return None


def _other_user() -> pwd.struct_passwd | None:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Cluster:
    """One server. `url()` makes an empty database; `crash()` kills it as a power cut would."""

    def __init__(self) -> None:
        self.port = _free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="basisbot-pg-"))
        self._user = _other_user() if os.geteuid() == 0 else None
        self._databases = 0
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        data = str(self._folder / "data")
        self._run("initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def _run(self, *command: str) -> None:
        as_user = (
            {} if self._user is None else {"user": self._user.pw_uid, "group": self._user.pw_gid}
        )
        log = self._folder / "command.log"
        with log.open("ab") as out:
            subprocess.run(
                [program(command[0]) or command[0], *command[1:]],
                check=True,
                stdout=out,
                stderr=out,
                cwd=self._folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                extra_groups=[] if self._user else None,
                **as_user,
            )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        # Without fsync a killed server still finds its log in the kernel's memory; only a power
        # cut would lose it, and that no test can make.
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        data, log = str(self._folder / "data"), str(self._folder / "server.log")
        self._run("pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "-t", "30", "start")

    def stop(self, how: str = "fast") -> None:
        """Stop the server: `fast` in good order, `immediate` as in a crash."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", how, "-w", "-t", "30", "stop")

    def crash(self) -> None:
        """Kill the server without a checkpoint and start it again: it recovers from its log."""
        self.stop("immediate")
        self.start()

    async def url(self) -> str:
        """Return the URL of a new, empty database."""
        self._databases += 1
        name = f"test_{self._databases}_{time.monotonic_ns()}"
        admin = await asyncpg.connect(
            host="127.0.0.1", port=self.port, user="tester", database="postgres"
        )
        try:
            await admin.execute(f"CREATE DATABASE {name}")
        finally:
            await admin.close()
        return f"postgresql+asyncpg://tester@127.0.0.1:{self.port}/{name}"

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        try:
            self.stop("immediate")
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
