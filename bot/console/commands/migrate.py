"""`basisbot migrate`: the store, brought to the tables of this version."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.console.parts import shown_database, with_store
from bot.console.terminal import language, show
from bot.i18n import Lang, say
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.store.store import Store


def options(_parser: argparse.ArgumentParser, _lang: Lang) -> None:
    """Take none."""


def run(arguments: argparse.Namespace) -> int:
    """Open the store, which migrates it, and say where it is."""
    settings = load_settings()
    with_store(settings, _nothing)
    show(say(language(arguments), "console.migrated", where=shown_database(settings)))
    return 0


async def _nothing(_: Store) -> None:
    return None
