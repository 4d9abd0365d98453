"""How this bot receives -> Telegram is told so, and told again where it has forgotten.

Telegram gives the updates of a token either to a webhook or to who polls. Each start says which.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Bot, WebhookInfo
from telegram.error import TelegramError

log = logging.getLogger(__name__)

WATCH_SECONDS = 300.0
CONNECTIONS = 40  # at once from Telegram; each is held for one commit


@dataclass(frozen=True, slots=True)
class Registration:
    """Where updates go. An empty `url` means that we poll."""

    bot: Bot
    url: str
    secret: str
    allowed_updates: Sequence[str]

    async def tell(self) -> None:
        """Set the webhook, or take away one that would keep us from polling.

        What waits at Telegram stays there for us. Raises what Telegram answers.
        """
        if not self.url:
            await self.bot.delete_webhook(drop_pending_updates=False)
            return
        await self.bot.set_webhook(
            self.url,
            secret_token=self.secret,
            allowed_updates=list(self.allowed_updates),
            max_connections=CONNECTIONS,
            drop_pending_updates=False,
        )

    async def watch(self, every_seconds: float = WATCH_SECONDS) -> None:
        """Look now and then, until cancelled, whether updates get through to our address."""
        seen = None
        while True:
            await asyncio.sleep(every_seconds)
            try:
                info = await self.bot.get_webhook_info()
                if info.url != self.url:
                    log.warning("somebody took our webhook away; it is set again")
                    await self.tell()
                elif info.last_error_date != seen:
                    seen = info.last_error_date
                    _report(info)
            except TelegramError as error:
                log.warning("the webhook could not be looked at: %s", error)


def _report(info: WebhookInfo) -> None:
    """Say what Telegram last met at our address."""
    if info.last_error_date is not None:
        log.warning(
            "Telegram could not deliver at %s: %s; %s updates wait there",
            info.last_error_date.isoformat(),
            info.last_error_message,
            info.pending_update_count,
        )
