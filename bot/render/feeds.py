"""How each feed stands -> one line a feed, for /status, the doctor and the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.i18n import Lang, say
from tools.market.data import FeedStatus


def feed_line(status: FeedStatus, lang: Lang) -> str:
    """Return a feed's name with its newest date, or with what went wrong and its last good date."""
    name = say(lang, f"feed.name.{status.feed}")
    if status.error is None:
        return say(lang, "feed.line", name=name, date=status.newest)
    why = say(lang, f"feed.{status.error}", **status.values)
    key = "digest.feed_error" if status.newest else "digest.feed_error_never"
    return say(lang, key, name=name, why=why, date=status.newest)


def feeds_summary(statuses: Sequence[FeedStatus], lang: Lang, *, on: bool = True) -> Iterator[str]:
    """Yield when the feeds were asked and which of them failed; or that they never were."""
    checked = max((s.checked_at for s in statuses if s.checked_at), default=None)
    if checked is None:
        yield say(lang, "status.feeds_never" if on else "status.feeds_off")
        return
    good = sum(status.ok for status in statuses)
    yield say(
        lang,
        "status.feeds",
        good=good,
        count=len(statuses),
        moment=f"{checked:%Y-%m-%d %H:%M}",
        off="" if on else say(lang, "status.feeds_off_now"),
    )
    yield from (feed_line(status, lang) for status in statuses if not status.ok)
