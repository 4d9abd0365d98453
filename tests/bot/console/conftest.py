"""Each test of a command has a terminal, and a home of its own."""

from tests.bot.terminal import _home, terminal

__all__ = ["_home", "terminal"]
