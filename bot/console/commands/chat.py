"""`basisbot chat`: the whole conversation in the terminal, or lines of JSON in and out."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from bot.console.chatting import EXAMPLES, Chats, Folder, Json, Moments, named
from bot.console.failure import CommandError
from bot.console.lines import answer_lines
from bot.console.options import takes_language
from bot.console.terminal import language, show, tell
from bot.i18n import Lang, say
from bot.settings import load_settings

TERMINAL = named("terminal")
EXAMPLES_HERE = {"text": "/dates TYH7", "file": "@report.pdf"}
_PAD = re.compile(r"[0-9.+-]")  # a key that types one sign; here one types oneself


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the form, the language, recorded market files and where charts go."""
    parser.add_argument("--jsonl", action="store_true", help=say(lang, "usage.chat_jsonl"))
    takes_language(parser, lang)
    parser.add_argument("--data", type=Path, metavar="DIR", help=say(lang, "usage.data"))
    parser.add_argument("--out", type=Path, metavar="DIR", help=say(lang, "usage.chat_out"))


def run(arguments: argparse.Namespace) -> int:
    """Talk until the input ends."""
    lang = language(arguments)
    with asyncio.Runner() as runner, _chats(runner, arguments, lang) as chats:
        if not arguments.jsonl:
            return _talk(runner, chats, lang)

        def answer(row: Mapping[str, Any]) -> Json:
            return {"messages": runner.run(chats.answer(row))}

        return answer_lines(answer, lang, name="chat", example=EXAMPLES["text"])


@contextmanager
def _chats(runner: asyncio.Runner, arguments: argparse.Namespace, lang: Lang) -> Iterator[Chats]:
    """Yield the chats with a bot of our own; it works while it is waited for."""
    from bot.app import local_bot

    moments, stack = Moments(), AsyncExitStack()
    own = local_bot(load_settings(), now=moments, recorded=arguments.data)
    bot = runner.run(stack.enter_async_context(own))
    try:
        examples = EXAMPLES if arguments.jsonl else EXAMPLES_HERE
        yield Chats(bot, moments, Folder(arguments.out), lang, examples)
    finally:
        runner.run(stack.aclose())


def _talk(runner: asyncio.Runner, chats: Chats, lang: Lang) -> int:
    """Take what is typed, line by line, and show what the bot answers."""
    with suppress(ImportError):  # not everywhere; where it is, lines can be edited and had again
        import readline  # noqa: F401  # what it does, it does by being there
    show(say(lang, "chatting.hello"))
    while (line := _typed()) is not None:
        if not line.strip():
            continue
        try:
            messages = runner.run(_answer(chats, line.strip()))
        except CommandError as error:
            tell(error.message)
            continue
        for message in messages:
            show(f"\n{_text(message, lang)}\n")
    return 0


def _typed() -> str | None:
    """Return a line as typed, None at the end of the input."""
    try:
        return input("> " if sys.stdin.isatty() else "")
    except EOFError:
        return None


async def _answer(chats: Chats, line: str) -> list[Json]:
    """Do what a line says: a key by its number, a file behind an @, else what is written."""
    row = {"chat": TERMINAL, "text": line}
    if line.startswith("@"):
        path, _, caption = line[1:].partition(" ")
        row = {"chat": TERMINAL, "file": path, "caption": caption}
    buttons = chats.buttons(TERMINAL)
    newest = [b for b in buttons if b[0] is buttons[0][0] and not _PAD.fullmatch(b[1]["text"])]
    has_pad = any(_PAD.fullmatch(b["text"]) for m, b in buttons if m is buttons[0][0])
    number = line.removeprefix("#")
    if number.isdecimal() and 0 < int(number) <= len(newest) and (line[0] == "#" or not has_pad):
        return await chats.after(TERMINAL, chats.press(*newest[int(number) - 1]))
    return await chats.answer(row)


def _text(message: Json, lang: Lang) -> str:
    """Return a message as the terminal shows it: its words, what came with it, its keys."""
    lines = [message["text"] or message.get("caption", "")]
    paths = [message[kind] for kind in ("photo", "file") if kind in message]
    lines += [say(lang, "console.written", path=path) for path in paths]
    labels = [[key for key in row if not _PAD.fullmatch(key)] for row in message["keys"]]
    sign = "#" if any(_PAD.fullmatch(key) for row in message["keys"] for key in row) else ""
    number = 0
    for row in filter(None, labels):
        numbered = []
        for label in row:
            number += 1
            numbered.append(f"[{sign}{number}] {label}")
        lines.append("  ".join(numbered))
    return "\n".join(filter(None, lines))
