"""The tests of the store run on both engines."""

from tests.bot.engines import cluster, hands, store, url

__all__ = ["cluster", "hands", "store", "url"]
