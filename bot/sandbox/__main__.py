"""`python -m bot.sandbox --port N`: the sandbox alone, for a bot that runs elsewhere."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from bot.sandbox.server import Sandbox


async def serve(sandbox: Sandbox, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    page = await sandbox.start(port)
    sys.stdout.write(
        f"page  {page}\n"
        f"TELEGRAM_BOT_TOKEN={sandbox.token}\n"
        f"TELEGRAM_API_BASE_URL={sandbox.api_base_url}\n"
        f"TELEGRAM_API_FILE_URL={sandbox.file_url}\n"
    )
    sys.stdout.flush()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await sandbox.stop()


def main() -> int:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="port on 127.0.0.1 (0: any free)")
    parser.add_argument("--token", help="the bot's token (default: a random one)")
    parser.add_argument("--key", help="the page's key (default: a random one)")
    parser.add_argument(
        "--strict-rates", action="store_true", help="30/s, 1/s a chat, 20/min a group"
    )
    given = parser.parse_args()
    sandbox = Sandbox(token=given.token, key=given.key, strict_rates=given.strict_rates)
    try:
        asyncio.run(serve(sandbox, given.port))
    except OSError as error:
        sys.stderr.write(f"port {given.port}: {error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
