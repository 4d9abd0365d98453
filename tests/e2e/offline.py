"""Run by test_offline inside a network namespace of its own: the loopback up, nothing else."""

from __future__ import annotations

import asyncio
import fcntl
import json
import socket
import struct
import sys
import tempfile
from pathlib import Path

from tests.e2e.processes import newcomer
from tests.sandbox_client import Chat, texts

SIOCSIFFLAGS, UP_AND_RUNNING = 0x8914, 0x41
SAID = (
    "/start",
    "How big is the basis trade?",
    "开曼对冲基金持有的美债超过中日英三国总和吗？",
    "/basis TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2%",
    "/digest",
)


def bring_up_loopback() -> None:
    """Do what `ip link set lo up` does, without needing it installed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", UP_AND_RUNNING))


def elsewhere() -> str:
    """Return what becomes of a name, to prove that there is no network."""
    try:
        socket.getaddrinfo("example.org", 443)
    except OSError as error:
        return type(error).__name__
    return "reached"


async def talk(folder: Path) -> list[str]:
    """Return what the product answers, feeds switched on."""
    answers = []
    async with (
        newcomer(folder, BASISBOT_FEEDS="on") as (_, page),
        Chat(page, patience=30) as you,
    ):
        for words in SAID:
            answers += texts([await you.ask(words)])
    return answers


def main() -> None:
    """Print what was seen as JSON."""
    bring_up_loopback()
    with tempfile.TemporaryDirectory() as folder:
        answers = asyncio.run(talk(Path(folder)))
    json.dump({"elsewhere": elsewhere(), "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
