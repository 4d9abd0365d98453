"""The one composer: Settings -> parts -> an assistant, or a running bot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.assistant import Assistant
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.store.store import Store
    from knowledge.library import Library
    from tools.market.data import MarketData


def make_assistant(
    settings: Settings, store: Store | None = None, recorded: Path | None = None
) -> Assistant:
    """Return the assistant; `recorded` is a folder of market files to use instead of the cache."""

    def library() -> Library:
        from knowledge.library import open_library

        return open_library(settings.data_dir, settings.embedding)

    def market() -> MarketData:
        from tools.market.store import load_market

        return load_market(settings.data_dir, recorded)

    return Assistant(library, market, kept=store, model=settings.model)
