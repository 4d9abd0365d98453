"""`basisbot digest`: all that was published by a day -> that week's digest, its charts as files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.options import day, takes_json, takes_language
from bot.console.parts import assistant
from bot.console.terminal import language, show, show_json, tell
from bot.i18n import Lang, say
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.week import Digest


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the day, where the data lie and where charts go."""
    takes_language(parser, lang)
    parser.add_argument("--date", type=day, metavar="YYYY-MM-DD", help=say(lang, "usage.date"))
    parser.add_argument("--data", type=Path, metavar="DIR", help=say(lang, "usage.data"))
    parser.add_argument("--out", type=Path, metavar="DIR", help=say(lang, "usage.out"))
    parser.add_argument(
        "--fetch", action=argparse.BooleanOptionalAction, help=say(lang, "usage.fetch")
    )
    takes_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Show the digest, written from recorded data or from what was fetched."""
    from bot.render.digest import digest_json, digest_text

    lang = language(arguments)
    if arguments.data is None:
        _fetch(arguments, lang)
    found = assistant(arguments.data).digest(arguments.date)
    if arguments.json:
        show_json(digest_json(found))
    else:
        show(digest_text(found, lang))
    if arguments.out:
        _write_charts(found, arguments.out, lang)
    return 0


def _write_charts(found: Digest, folder: Path, lang: Lang) -> None:
    from bot.render.digest import chart_messages

    folder.mkdir(parents=True, exist_ok=True)
    for message in chart_messages(found, lang):
        if message.attachment:
            path = folder / message.attachment.name
            path.write_bytes(message.attachment.data)
            tell(say(lang, "console.written", path=path))


def _fetch(arguments: argparse.Namespace, lang: Lang) -> None:
    """Fetch before a digest where asked to, or where feeds are on and what is held is old."""
    from bot.assistant import utc_now
    from bot.delivery.fetching import BRIEFLY, fetch_briefly, is_stale
    from bot.render.feeds import feed_line

    settings, now = load_settings(), utc_now()
    wanted = arguments.fetch
    if wanted is None:
        wanted = settings.feeds and is_stale(settings, now, arguments.date)
    if wanted:
        tell(say(lang, "console.fetching", seconds=int(BRIEFLY)))
        fetch_briefly(settings, now, lambda status: tell(feed_line(status, lang)))
