"""What is due -> the outbox: rendered once for all who get the same, enqueued once a period."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from bot.delivery.send import pieces
from bot.reading.schedule import MAX_LATENESS, Due, reckon
from bot.render.message import Attachment, Button, Keyboard, Message
from bot.store.departures import Departures, Group, Look, Policy, addressees
from bot.store.payloads import Edition, Part, Payloads
from bot.store.store import Store

log = logging.getLogger(__name__)

# period, scheduled instant, look -> the messages, in the order of sending
Compose = Callable[[str, datetime, Look], Awaitable[Sequence[Message]]]

PURGE_EVERY = timedelta(hours=1)
LANGS = ("en", "zh")
THEMES = ("light", "dark")


def to_part(message: Message) -> Part:
    """Return one piece as the store keeps it."""
    keyboard = json.dumps(
        [[{k: v for k, v in asdict(button).items() if v is not None} for button in row]
         for row in message.keyboard],
        ensure_ascii=False,
    )  # fmt: skip
    attachment = message.attachment
    if attachment is None:
        return Part(message.html, keyboard)
    return Part(message.html, keyboard, attachment.name, attachment.data, attachment.picture)


def to_message(part: Part) -> Message:
    """Return what was stored as a message again."""
    rows = json.loads(part.keyboard)
    keyboard: Keyboard = tuple(tuple(Button(**button) for button in row) for row in rows)
    attachment = None
    if part.attachment_name is not None and part.attachment is not None:
        attachment = Attachment(part.attachment_name, part.attachment, part.picture)
    return Message(part.html, keyboard, attachment)


class Outbox:
    """The way into the outbox: `tick()` for what schedules ask for, `notice` and `announce` else.

    `composers` renders by kind of subscription (`{"digest": ...}`); `policy` says what happens to
    a message that may have arrived: `resend` (the default) or `skip`.
    """

    def __init__(
        self,
        store: Store,
        composers: Mapping[str, Compose],
        *,
        owner: str,
        policy: Policy = "resend",
        max_lateness: timedelta = MAX_LATENESS,
        lease: timedelta = timedelta(seconds=60),
    ) -> None:
        self._store = store
        self._composers = composers
        self._policy = policy
        self._max_lateness = max_lateness
        self.rows = Departures(store.database, owner, lease)
        self.payloads = Payloads(store.database)
        self.last_tick: datetime | None = None
        self._purged: datetime | None = None

    async def tick(self, now: datetime | None = None) -> int:
        """Enqueue what is due by `now` (the database's time); return how many subscriptions.

        May run anywhere, at any time, twice: a subscription gets one row a period. What cannot be
        composed stays due, and the next tick tries again; the others do not wait for it.
        """
        moment = now or await self._store.now()
        enqueued = 0
        for group in await self.rows.due_groups(moment):
            try:
                enqueued += await self._enqueue(group, moment)
            except Exception:
                log.exception("%s of %s (%s) stays due", group.kind, group.next_due, group.lang)
        if self._purged is None or moment - self._purged >= PURGE_EVERY:
            await self._store.purge()
            self._purged = moment
        self.last_tick = moment
        return enqueued

    async def _enqueue(self, group: Group, now: datetime) -> int:
        reckoning = reckon(group.schedule, group.next_due, now, self._max_lateness)
        payload_id = None
        if reckoning.send is not None:
            due = reckoning.send
            edition = _edition(group, due)
            compose = self._composers[group.kind]

            async def render() -> Sequence[Message]:
                return await compose(due.period, due.at, group.look)

            payload_id = await self._render_once(edition, render)
        moved, last = 0, 0
        while chunk := await self.rows.enqueue(
            group, reckoning, payload_id=payload_id, policy=self._policy, after_id=last
        ):
            last, size = chunk
            moved += size
        if moved:
            log.info("%s: %s enqueued for %s", group.kind, moved, reckoning.send or "nothing")
        return moved

    async def _render_once(
        self, edition: Edition, render: Callable[[], Awaitable[Sequence[Message]]]
    ) -> int:
        """Return the id of an edition's payload, rendered where it is not there yet."""
        found = await self.payloads.find(edition)
        if found is not None:
            return found
        parts = [to_part(piece) for message in await render() for piece in pieces(message)]
        if not parts:
            raise ValueError(f"nothing to send: {edition}")
        return await self.payloads.put(edition, parts)

    async def notice(
        self,
        chat_id: int,
        key: str,
        messages: Sequence[Message],
        *,
        kind: str = "notice",
        policy: Policy = "skip",
        thread_id: int | None = None,
    ) -> bool:
        """Enqueue messages to one chat outside any schedule; False where that key went before."""
        parts = [to_part(piece) for message in messages for piece in pieces(message)]
        payload_id = await self.payloads.put(Edition(kind, f"{chat_id}:{key}", "", ""), parts)
        return await self.rows.notice(
            chat_id, key, payload_id, kind=kind, policy=policy, thread_id=thread_id
        )

    async def announce(
        self,
        kind: str,
        key: str,
        compose: Callable[[str, str], Awaitable[Sequence[Message]]],
        *,
        to: str = "digest",
        got: tuple[datetime, datetime] | None = None,
    ) -> None:
        """Enqueue a message to all active subscriptions of the kind `to`, once for each key.

        `compose(lang, theme)` renders it; an addendum to the digest is keyed on its report's date.
        With `got` it goes only to those whose message was enqueued in that time, its end excluded.
        """
        for lang in LANGS:
            for theme in THEMES:
                whom = addressees(to, lang, theme, got)
                if await self.rows.nobody(whom):
                    continue

                async def render(lang: str = lang, theme: str = theme) -> Sequence[Message]:
                    return await compose(lang, theme)

                payload_id = await self._render_once(Edition(kind, key, lang, theme), render)
                last: int | None = 0
                while last is not None:
                    last = await self.rows.announce(
                        kind, key, whom, payload_id=payload_id, after_id=last
                    )


def _edition(group: Group, due: Due) -> Edition:
    """Return the name of what this group gets; whoever leaves out sections gets another one."""
    key = " ".join([due.at.astimezone(UTC).isoformat(), *group.left_out.split()])
    return Edition(group.kind, key, group.lang, group.theme)
