"""A desk's command in the terminal: its reply as text, as JSON or as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.i18n import Lang
from bot.render.desk.charts import rows_of
from bot.render.desk.parts import note_text
from bot.render.desk.views import reply_html
from bot.render.drawing import csv_of
from bot.render.html import plain

if TYPE_CHECKING:
    from bot.desk.known import Reply
    from knowledge.report import Claim


def desk_text(reply: Reply, lang: Lang, claims: Mapping[str, Claim]) -> str:
    """Return a reply as plain text."""
    return plain(reply_html(reply, lang, claims))


def desk_json(reply: Reply, lang: Lang) -> dict[str, Any]:
    """Return a reply in the keys and units of the command line's contract."""
    return {
        "command": reply.command,
        **reply.as_json(),
        "notes": [note_text(note, lang) for note in reply.notes],
    }


def desk_csv(reply: Reply) -> str:
    """Return a reply's figures as CSV, a header first."""
    return csv_of(rows_of(reply)).decode()
