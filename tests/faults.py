"""`python -m tests.faults`: a digest to many, two senders, a Telegram that fails, and killings.

Real processes on a real store send to a local Bot API server that throws 429, 5xx, hangs and
resets. They are killed and stopped at random moments, and PostgreSQL is crashed; whoever ended is
started again. What is printed: how many messages were lost and doubled, and how many of those the
kills explain. All on loopback.

`python -m tests.faults outage`: questions are stored while Telegram is away for `--away` seconds in
the way `--how`; printed is how many were answered, how often and in which order.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.departures import Policy
from bot.store.store import Store
from bot.store.tables import outbox
from tests.bot.delivery.children import Child, alive, subscribe
from tests.bot.delivery.outage import HOWS, outlast
from tests.bot.delivery.telegram_double import SENDS, Call, Double, Fault, refusal
from tests.postgres import Cluster

UNFINISHED = ("pending", "claimed", "sending")
GATEWAY_GONE = "<html><body>502 Bad Gateway</body></html>"
CLIENT_TIMEOUT = 2.0  # what the senders wait for an answer


@dataclass(frozen=True, slots=True)
class Run:
    """What is done to whom."""

    policy: Policy = "resend"
    subscribers: int = 10_000
    kills: int = 20
    terms: int = 5
    crashes: int = 0
    seed: int = 7
    seconds: float = 360.0
    lease: float = 4.0


@dataclass(slots=True)
class Found:
    """What came of it.

    `in_flight`: messages whose intent was committed and whose result was not, over all kills.
    `left`: the same after each SIGTERM. `unclear`: answers that the server withheld although it
    had taken the message: those may be doubled by `resend` without any kill.
    """

    seconds: float = 0.0
    killed: int = 0
    terminated: int = 0
    crashed: int = 0
    in_flight: int = 0
    left: int = 0
    lost: int = 0
    duplicates: int = 0
    unclear_duplicates: int = 0
    most_copies: int = 0
    states: Counter[str] = field(default_factory=Counter)
    uncertain: int = 0
    lost_uncertain: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def by_kills(self) -> int:
        """Return the duplicates that no withheld answer explains."""
        return self.duplicates - self.unclear_duplicates

    def lines(self) -> Iterable[str]:
        """Yield the figures as a person reads them."""
        rate = sum(self.states.values()) / self.seconds
        yield f"{self.seconds:.0f} s, {rate:.0f} messages/s over all, restarts included"
        yield f"{self.killed} SIGKILL, {self.terminated} SIGTERM, {self.crashed} server crashes"
        yield "faults: " + ", ".join(f"{n} {name}" for name, n in sorted(self.faults.items()))
        yield f"lost {self.lost}, of which counted as uncertain {self.lost_uncertain}"
        yield (
            f"duplicates {self.duplicates}: {self.unclear_duplicates} after withheld answers, "
            f"{self.by_kills} after {self.in_flight} in flight at kills; "
            f"most copies {self.most_copies}"
        )
        yield f"in flight after SIGTERM {self.left}"
        states = ", ".join(f"{n} {state}" for state, n in sorted(self.states.items()))
        yield f"store: {states}; uncertain sends counted {self.uncertain}"


class Trouble:
    """What the server does wrong, by chance: a fault for a call, or none."""

    def __init__(self, chance: random.Random, found: Found) -> None:
        self._chance, self._found = chance, found
        self.unclear: Counter[int] = Counter()

    def __call__(self, call: Call) -> Fault | None:
        if call.method not in SENDS:
            return None
        name, fault = self._draw()
        if fault is not None:
            self._found.faults[name] += 1
            self.unclear[call.chat_id] += fault.accepts
        return fault

    def _draw(self) -> tuple[str, Fault | None]:
        hang = CLIENT_TIMEOUT + 0.5
        faults = (
            (0.002, "429", refusal(429, "Too Many Requests: retry after 1", retry_after=1)),
            (0.010, "500", Fault()),
            (0.004, "502", Fault(502, GATEWAY_GONE)),
            (0.004, "503", Fault(503, "")),
            (0.001, "hang", Fault(delay=hang, hangs_up=True)),
            (0.002, "taken, hang", Fault(delay=hang, accepts=True, hangs_up=True)),
            (0.002, "taken, reset", Fault(accepts=True, hangs_up=True)),
            (0.002, "reset", Fault(hangs_up=True)),
        )
        drawn = self._chance.random()
        for share, name, fault in faults:
            drawn -= share
            if drawn < 0:
                return name, fault
        return "", None


class Watcher:
    """A guest at the store who counts rows."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def sending(self, pid: int) -> int:
        """Return how many messages a process had in flight when it ended."""
        query = select(func.count()).where(
            outbox.c.state == "sending", outbox.c.owner.like(f"%:{pid}:%")
        )
        return int(await self._scalar(query))

    async def unfinished(self) -> bool:
        """Tell whether anything is still to be sent."""
        query = select(func.count()).where(outbox.c.state.in_(UNFINISHED))
        return bool(await self._scalar(query))

    async def _scalar(self, query: object) -> int:
        async def read(connection: AsyncConnection) -> int:
            return int((await connection.execute(query)).scalar_one())  # type: ignore[call-overload]  # any SELECT

        return await self.store.database.read(read)

    async def fates(self) -> dict[int, tuple[str, int]]:
        """Return by chat what the store says became of its message, and how often it was unsure."""

        async def read(connection: AsyncConnection) -> dict[int, tuple[str, int]]:
            query = select(outbox.c.chat_id, outbox.c.state, outbox.c.uncertain)
            return {chat: (state, n) for chat, state, n in await connection.execute(query)}

        return await self.store.database.read(read)


async def endure(url: str, run: Run, cluster: Cluster | None = None) -> Found:
    """Send one digest to all subscribers through all that the run does; return what came of it."""
    await subscribe(url, range(1, run.subscribers + 1))
    store = await Store.open(url, guest=True)
    ordeal = Ordeal(url, run, Watcher(store), cluster)
    await ordeal.double.start()
    try:
        return await ordeal.endure()
    finally:
        await store.close()
        await ordeal.double.stop()


class Ordeal:
    """One run: the server, two senders, and who harms them."""

    def __init__(self, url: str, run: Run, watcher: Watcher, cluster: Cluster | None) -> None:
        self._url, self._run, self._watcher, self._cluster = url, run, watcher, cluster
        self._chance, self._found = random.Random(run.seed), Found()
        self._trouble = Trouble(self._chance, self._found)
        self.double = Double(latency=0.01, fault=self._trouble)
        self._began = time.monotonic()

    async def endure(self) -> Found:
        """Send through all of it, count, and return what came of it."""
        settings = {"policy": self._run.policy, "lease": self._run.lease}
        pair = [
            Child("digest", self._url, self.double, **settings),
            Child("digest", self._url, self.double, **settings, guest=True),
        ]
        self._began = time.monotonic()
        async with alive(*pair):
            for child in pair:
                await child.start()
            await self._torment(pair)
            while await self._watcher.unfinished():
                await self._a_while(0.2)
            self._found.seconds = time.monotonic() - self._began
            for child in pair:
                await child.terminate()
        _count(self._found, await self._watcher.fates(), self.double, self._trouble)
        return self._found

    async def _torment(self, pair: list[Child]) -> None:
        """Kill, stop and crash at random points of the run, in a random order."""
        run, chance = self._run, self._chance
        deeds = ["kill"] * run.kills + ["term"] * run.terms + ["crash"] * run.crashes
        chance.shuffle(deeds)
        points = sorted(chance.sample(range(1, int(run.subscribers * 0.95)), len(deeds)))
        for deed, point in zip(deeds, points, strict=True):
            while len(self.double.taken) < point:
                await self._a_while(0.005)
            await self._do(deed, chance.choice(pair))

    async def _do(self, deed: str, child: Child) -> None:
        found, pid = self._found, child.pid
        if deed == "crash":
            assert self._cluster is not None
            await asyncio.to_thread(self._cluster.crash)
            found.crashed += 1
            return
        if deed == "kill":
            await child.kill()
            found.killed += 1
            found.in_flight += await self._watcher.sending(pid)
        else:
            await child.terminate()
            found.terminated += 1
            found.left += await self._watcher.sending(pid)
        await child.start()

    async def _a_while(self, seconds: float) -> None:
        spent = time.monotonic() - self._began
        assert spent < self._run.seconds, f"{len(self.double.taken)} taken in {spent:.0f} s"
        await asyncio.sleep(seconds)


def _count(
    found: Found, fates: dict[int, tuple[str, int]], double: Double, trouble: Trouble
) -> None:
    copies = Counter(call.chat_id for call in double.taken)
    lost = [chat for chat in fates if not copies[chat]]
    found.lost = len(lost)
    found.lost_uncertain = sum(fates[chat][0] == "uncertain" for chat in lost)
    found.duplicates = sum(count - 1 for count in copies.values())
    found.unclear_duplicates = sum(
        min(count - 1, trouble.unclear[chat]) for chat, count in copies.items()
    )
    found.most_copies = max(copies.values(), default=0)
    found.states = Counter(state for state, _ in fates.values())
    found.uncertain = sum(times for _, times in fates.values())


def held(run: Run, found: Found) -> bool:
    """Tell whether the promises held."""
    if run.policy == "skip":
        kept = found.duplicates == 0 and found.lost == found.lost_uncertain
    else:
        kept = found.lost == 0 and found.by_kills <= found.in_flight
    return kept and found.left == 0 and sum(found.states.values()) == run.subscribers


@asynccontextmanager
async def _engine(name: str) -> AsyncIterator[tuple[str, Cluster | None]]:
    if name == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite+aiosqlite:///{Path(folder) / 'store.db'}", None
        return
    cluster = Cluster()
    try:
        yield await cluster.url(), cluster
    finally:
        cluster.remove()


async def _outage(arguments: argparse.Namespace) -> int:
    async with _engine(arguments.engine) as (url, _):
        with tempfile.TemporaryDirectory() as folder:
            fates = await outlast(url, Path(folder), how=arguments.how, seconds=arguments.away)
    title = f"{arguments.engine}, Telegram away for {arguments.away:.0f} s: {arguments.how}"
    said = "promises held" if fates.kept else "PROMISES BROKEN"
    sys.stdout.write("\n".join([f"## {title}", *fates.lines(), said, ""]))
    return 0 if fates.kept else 1


async def _main(arguments: argparse.Namespace) -> int:
    if arguments.what == "outage":
        return await _outage(arguments)
    async with _engine(arguments.engine) as (url, cluster):
        run = Run(
            policy=arguments.policy,
            subscribers=arguments.subscribers,
            kills=arguments.kills,
            terms=arguments.terms,
            crashes=arguments.crashes if cluster else 0,
            seed=arguments.seed,
            seconds=arguments.seconds,
        )
        found = await endure(url, run, cluster)
    title = f"{arguments.engine}, {run.policy}, {run.subscribers} subscribers, seed {run.seed}"
    sys.stdout.write("\n".join([f"## {title}", *found.lines(), ""]))
    good = held(run, found)
    sys.stdout.write("promises held\n" if good else "PROMISES BROKEN\n")
    return 0 if good else 1


def main() -> int:
    """Read the command line and run once."""
    parser = argparse.ArgumentParser("python -m tests.faults", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("digest", "outage"), default="digest")
    parser.add_argument("--how", choices=tuple(HOWS), default="502", help="of an outage")
    parser.add_argument("--away", type=float, default=60.0, help="seconds of an outage")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--policy", choices=("resend", "skip"), default="resend")
    parser.add_argument("--subscribers", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--terms", type=int, default=5)
    parser.add_argument("--crashes", type=int, default=3, help="of the PostgreSQL server")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=360.0, help="at most")
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
