"""A Digest -> the messages of a chat, plain text for the terminal, JSON and CSV."""

from bot.render.digest.data import digest_csv, digest_json
from bot.render.digest.messages import (
    addendum_message,
    chart_messages,
    csv_message,
    details_message,
    digest_messages,
    market_message,
    positions_message,
    silence_message,
)
from bot.render.digest.text import LIMIT, SECTIONS, digest_html, digest_text

__all__ = [
    "LIMIT",
    "SECTIONS",
    "addendum_message",
    "chart_messages",
    "csv_message",
    "details_message",
    "digest_csv",
    "digest_html",
    "digest_json",
    "digest_messages",
    "digest_text",
    "market_message",
    "positions_message",
    "silence_message",
]
