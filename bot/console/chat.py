"""`basisbot chat`: what a person does in a chat -> the messages that the bot then shows there."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import mimetypes
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.console.parts import takes_data, takes_language
from bot.console.terminal import CommandError, answer_lines, language, show, tell
from bot.i18n import Lang, say
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.app import LocalBot
    from bot.sandbox.world import World


Json = dict[str, Any]
Deed = Callable[["World"], object]

TEXT_LIMIT = 4096  # what a Telegram client sends in one message
HIGHEST = 2**52  # Telegram's numbers of chats lie below
NAMED = 2**51  # those of named chats lie above: Telegram has not come this far
# What each deed of a line is for, in the order in which they are listed.
EXAMPLES = {
    "text": '{"chat": 1, "text": "/dates TYH7"}',
    "press": '{"chat": 1, "press": "TY"}',
    "file": '{"chat": 1, "file": "report.pdf"}',
    "now": '{"chat": 1, "now": "2026-11-30T15:00:00Z"}',
}
# The terminal's own chat, and how one writes there.
TERMINAL = "terminal"
EXAMPLES_HERE = {"text": "/dates TYH7", "file": "@report.pdf"}
_FILE = re.compile(r'@(?:"([^"]+)"|(\S+))\s*(.*)')
_SIGN = re.compile(r"[0-9.+-]")  # a key of a keypad; here one types oneself


class Moments:
    """The time in the chat that is served: the present, until somebody says another."""

    def __init__(self) -> None:
        self.here = 0
        self._said: dict[int, datetime] = {}

    def __call__(self) -> datetime:
        """Return the time in this chat; one that was said stands still."""
        return self._said.get(self.here) or datetime.now(UTC)

    def say(self, chat: int, moment: datetime) -> None:
        """Let it be that time in a chat."""
        self._said[chat] = moment


@dataclass
class Folder:
    """Where pictures and files go that the bot sends: the one given, else a new one of its own."""

    path: Path | None = None
    count: int = 0

    def keep(self, name: str, data: bytes) -> str:
        """Write a file and return its path."""
        if self.path is None:
            self.path = Path(tempfile.mkdtemp(prefix="basisbot-chat-"))
        self.path.mkdir(parents=True, exist_ok=True)
        self.count += 1
        path = self.path / f"{self.count:03d}-{Path(name).name}"
        path.write_bytes(data)
        return str(path)


@dataclass
class _Seen:
    """What the bot does in one chat while it is listened to, each message as it is in the end."""

    chat: int
    messages: dict[object, Json] = field(default_factory=dict)
    is_older: set[object] = field(default_factory=set)

    def hear(self, event: Json) -> None:
        """Take an event of the sandbox."""
        if event["event"] == "answered" and event["chat_id"] == self.chat and event["text"]:
            self.messages["above", event["query_id"]] = {"text": event["text"]}
        if event["event"] == "deleted" and event["chat_id"] == self.chat:
            self.messages.pop(event["message_id"], None)
        message = event.get("message")
        if not message or message["chat"]["id"] != self.chat or not message["from"]["is_bot"]:
            return
        number = message["message_id"]
        if event["event"] == "edited" and number not in self.messages:
            self.is_older.add(number)
        self.messages[number] = message


class Chats:
    """People with whom the bot of this machine talks, each in a chat of a number or a name."""

    def __init__(
        self,
        bot: LocalBot,
        moments: Moments,
        folder: Folder,
        lang: Lang,
        examples: Mapping[str, str] = EXAMPLES,
    ) -> None:
        self._bot, self._moments, self._folder, self._lang = bot, moments, folder, lang
        self._examples = examples
        self._world = bot.sandbox.world
        self._met: set[int] = set()

    async def answer(self, row: Mapping[str, Any]) -> list[Json]:
        """Do what a line says and return what the bot shows then; CommandError for a bad line."""
        chat = self._number(row.get("chat"))
        self._meet(chat)
        return await self.after(chat, self._deed(chat, row))

    async def after(self, chat: int, deed: Deed) -> list[Json]:
        """Do something in a chat and return the messages that came or changed by it."""
        self._moments.here = chat
        seen = _Seen(chat)
        self._world.listeners.append(seen.hear)
        try:
            deed(self._world)
            await self._bot.attend()
        finally:
            self._world.listeners.remove(seen.hear)
        return [
            self._shown(message, edited=number in seen.is_older)
            for number, message in seen.messages.items()
        ]

    def buttons(self, chat: int) -> list[tuple[Json, Json]]:
        """Return the buttons of a chat with their messages, those of the newest message first."""
        messages = reversed(self._world.messages.get(chat, {}).values())
        return [(message, button) for message in messages for button in _buttons(message)]

    def press(self, message: Json, button: Json) -> Deed:
        """Return the pressing of a button; CommandError for one that the bot does not hear of."""
        if "callback_data" in button:
            number, data, chat = message["message_id"], button["callback_data"], message["chat"]
            return lambda world: world.press(number, data, _person(chat["id"]), chat["id"])
        value = button.get("copy_text", {}).get("text") or button.get("url", "")
        raise self._wrong("key_copies", culprit=button["text"], value=value)

    def send(self, chat: int, path: Path, caption: str = "") -> Deed:
        """Return the sending of a file of this machine."""
        from bot.sandbox.params import Upload
        from knowledge.parsing.reading import LIMITS

        try:
            if path.stat().st_size > LIMITS.bytes:
                most = LIMITS.bytes // 2**20
                raise self._wrong("file_big", "file", culprit=path, most=most)
            data = path.read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise self._wrong("file", "file", culprit=path, reason=reason) from None
        if not data:
            raise self._wrong("file_empty", "file", culprit=path)
        mime = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        upload = Upload(path.name, data, mime)
        return lambda world: world.send_file(upload, _person(chat), chat, caption)

    def say(self, chat: int, text: str) -> Deed:
        """Return the writing of a text."""
        if not text.strip() or len(text) > TEXT_LIMIT or not _is_whole(text):
            raise self._wrong("text", "text", culprit=text[:40], most=TEXT_LIMIT)
        return lambda world: world.say(text, _person(chat), chat)

    # A line

    def _number(self, given: object) -> int:
        """Return the number of a chat; a name stands for the same one each time."""
        match given:
            case str() if given.strip() and _is_whole(given):
                return named(given)
            case int() if not isinstance(given, bool) and 0 < abs(given) < HIGHEST:
                return given
        raise self._wrong("chat", "text", culprit=given)

    def _deed(self, chat: int, row: Mapping[str, Any]) -> Deed:
        names = [name for name in EXAMPLES if name in row]
        if len(names) != 1:
            raise self._wrong("deed", "text", culprit=", ".join(names))
        (name,) = names
        value, caption = row[name], row.get("caption", "")
        if not isinstance(value, str) or not isinstance(caption, str):
            raise self._wrong("no_string", name, culprit=name)
        match name:
            case "text":
                return self.say(chat, value)
            case "press":
                return self._press(chat, value)
            case "file":
                return self.send(chat, Path(value).expanduser(), caption)
        moment = self._moment(value)
        return lambda _: self._moments.say(chat, moment)

    def _press(self, chat: int, label: str) -> Deed:
        buttons = self.buttons(chat)
        for message, button in buttons:
            if button["text"].strip() == label.strip():
                return self.press(message, button)
        newest = [b["text"] for m, b in buttons if m is buttons[0][0]]
        if not newest:
            raise self._wrong("key_none", "text", culprit=label)
        example = json.dumps({"chat": chat, "press": newest[0]}, ensure_ascii=False)
        allowed = ", ".join(f"“{text}”" for text in newest)
        raise self._wrong("key", culprit=label, allowed=allowed, example=example)

    def _moment(self, value: str) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise self._wrong("now", "now", culprit=value) from None
        if moment.tzinfo is None or not 1990 <= moment.year < 2100:
            raise self._wrong("now", "now", culprit=value)
        return moment.astimezone(UTC)

    def _wrong(self, code: str, deed: str = "", **values: object) -> CommandError:
        example = str(values.get("example", self._examples.get(deed, "")))
        message = say(self._lang, f"chatting.{code}", **values | {"example": example})
        return CommandError(f"chat_{code}", message, str(values.get("culprit", "")), example)

    # Whom it is with, and what is seen

    def _meet(self, chat: int) -> None:
        """Furnish a chat: a person's own, or with a number below nought a group that one runs."""
        if chat in self._met:
            return
        self._met.add(chat)
        self._world.add_user(_person(chat), "You", "zh-hans" if self._lang == "zh" else "en")
        if chat < 0:
            self._world.add_group(chat, "Desk", {_person(chat): "creator"})

    def _shown(self, message: Json, *, edited: bool) -> Json:
        keyboard = message.get("reply_markup", {}).get("inline_keyboard", [])
        shown: Json = {
            "text": message.get("text", ""),
            "keys": [[button["text"] for button in row] for row in keyboard],
        }
        sent = {"photo": message.get("photo", [{}])[-1], "file": message.get("document", {})}
        for kind, file in sent.items():
            if stored := self._world.files.by_id.get(file.get("file_id", "")):
                shown[kind] = self._folder.keep(stored.name, stored.data)
        if "caption" in message:
            shown["caption"] = message["caption"]
        return shown | {"edited": edited}


def named(name: str) -> int:
    """Return the number of the chat that goes by a name; a number in words is that number.

    >>> named("12"), named("desk") == named("desk"), NAMED <= named("desk") < HIGHEST
    (12, True, True)
    """
    if re.fullmatch(r"-?[0-9]{1,16}", name.strip()) and 0 < abs(int(name)) < HIGHEST:
        return int(name)
    digest = hashlib.sha256(name.strip().encode()).digest()
    return NAMED + int.from_bytes(digest[:6], "big")


def _person(chat: int) -> int:
    """Return who writes in a chat: whose it is, or who runs the group."""
    return abs(chat)


def _buttons(message: Json) -> list[Json]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]


def _is_whole(text: str) -> bool:
    """Tell whether a text can be written: half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# The command


def chat_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the form, the language, recorded market files and where charts go."""
    parser.add_argument("--jsonl", action="store_true", help=say(lang, "usage.chat_jsonl"))
    takes_language(parser, lang)
    takes_data(parser, lang)
    parser.add_argument("--out", type=Path, metavar="DIR", help=say(lang, "usage.chat_out"))


def chat(arguments: argparse.Namespace) -> int:
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
        if sys.stdin.isatty():
            show("")  # the prompt's line ends too
        return None


async def _answer(chats: Chats, line: str) -> list[Json]:
    """Do what a line says: a key by its number or words, a file behind an @, else what is written.

    A key goes by its number unless figures stand on keys: there `4` is a value, `#4` the key.
    """
    here = named(TERMINAL)
    buttons = chats.buttons(here)
    newest = [pair for pair in buttons if pair[0] is buttons[0][0]]
    keys = Keys.of([button["text"] for _, button in newest])
    if (place := keys.meant(line)) is not None:
        return await chats.after(here, chats.press(*newest[place]))
    if sent := _FILE.fullmatch(line):
        path, caption = sent[1] or sent[2], sent[3]
        return await chats.answer({"chat": TERMINAL, "file": path, "caption": caption})
    return await chats.answer({"chat": TERMINAL, "text": line})


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys under a message as the terminal numbers them; `shown` has the places of those."""

    labels: list[str]
    shown: list[int]
    sign: str

    @classmethod
    def of(cls, labels: list[str]) -> Keys:
        """Return the keys of some labels; a keypad's own are typed and have no number."""
        has_pad = sum(map(bool, map(_SIGN.fullmatch, labels))) >= len("0123456789")
        shown = [n for n, label in enumerate(labels) if not (has_pad and _SIGN.fullmatch(label))]
        return cls(labels, shown, "#" if any(label.isdecimal() for label in labels) else "")

    def meant(self, line: str) -> int | None:
        """Return the place of the key that a line presses, None where it presses none."""
        for place in self.shown:
            if self.labels[place].strip() == line:
                return place
        number = line.removeprefix("#")
        if not re.fullmatch("[0-9]{1,3}", number) or not 0 < int(number) <= len(self.shown):
            return None
        return self.shown[int(number) - 1] if line[0] == "#" or not self.sign else None

    def numbered(self, place: int) -> str:
        """Return a key as it is shown, empty where it is typed."""
        if place not in self.shown:
            return ""
        return f"[{self.sign}{self.shown.index(place) + 1}] {self.labels[place]}"


def _text(message: Json, lang: Lang) -> str:
    """Return a message as the terminal shows it: its words, what came with it, its keys."""
    lines = [message["text"] or message.get("caption", "")]
    paths = [message[kind] for kind in ("photo", "file") if kind in message]
    lines += [say(lang, "console.written", path=path) for path in paths]
    keys = Keys.of([label for row in message["keys"] for label in row])
    places = count()
    for row in message["keys"]:
        lines.append("  ".join(filter(None, (keys.numbered(next(places)) for _ in row))))
    return "\n".join(filter(None, lines))
