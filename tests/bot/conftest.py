"""Stores for the bot's tests: SQLite by default, both engines where a test asks for them."""

from tests.bot.engines import cluster, empty_stores, hands, store, url

__all__ = ["cluster", "empty_stores", "hands", "store", "url"]
