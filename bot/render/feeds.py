"""How each feed stands -> one line a feed, for /status, the doctor and the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.i18n import Lang, say
from bot.render.trouble import words_for
from tools.market.check import Checked
from tools.market.data import FeedStatus
from tools.market.feed import Reading


def feed_line(status: FeedStatus, lang: Lang) -> str:
    """Return a feed's name with its newest date, or with what went wrong and its last good date."""
    name = say(lang, f"feed.name.{status.feed}")
    if status.error is None:
        key = "feed.line_late" if status.late else "feed.line"
        return say(lang, key, name=name, date=status.newest, expected=status.expected)
    why = _why(status, lang)
    if status.partial:
        return say(lang, "feed.partial", name=name, why=why, date=status.newest)
    key = "digest.feed_error" if status.newest else "digest.feed_error_never"
    return say(lang, key, name=name, why=why, date=status.newest)


def _why(status: FeedStatus, lang: Lang) -> str:
    """Return what went wrong; a cause among its values is said in words too."""
    told = {
        name: (words_for(value, lang) or str(value)) if isinstance(value, Exception) else value
        for name, value in status.values.items()
    }
    return say(lang, f"feed.{status.error}", **told)


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
    yield from trouble_lines(statuses, lang)
    yield from late_lines(statuses, lang)


def trouble_lines(statuses: Sequence[FeedStatus], lang: Lang) -> Iterator[str]:
    """Yield what failed, one line a reason: a machine without a network has one reason for all."""
    by_reason: dict[str, list[FeedStatus]] = {}
    for status in statuses:
        if status.error is not None:
            why = _why(status, lang)
            by_reason.setdefault(f"{why}{status.partial}", []).append(status)
    for failed in by_reason.values():
        if len(failed) == 1 or failed[0].partial:
            yield from (feed_line(status, lang) for status in failed)
            continue
        why = _why(failed[0], lang)
        items = say(lang, "digest.comma").join(feed_item(status, lang) for status in failed)
        yield say(lang, "feed.trouble", why=why, items=items)


def late_lines(statuses: Sequence[FeedStatus], lang: Lang) -> Iterator[str]:
    """Yield, in one line, the feeds that answered and whose newest figure is overdue."""
    late = [feed_item(status, lang) for status in statuses if status.late]
    if late:
        yield say(lang, "feed.late", items=say(lang, "digest.comma").join(late))


def feed_item(status: FeedStatus, lang: Lang) -> str:
    """Return a feed's name with its last good date."""
    name = say(lang, f"feed.name.{status.feed}")
    key = "trouble_item" if status.newest else "trouble_never"
    return say(lang, f"feed.{key}", name=name, date=status.newest)


def checked_lines(checked: Checked, lang: Lang) -> Iterator[str]:
    """Yield how one route answered, then what its body has that its model does not name."""
    name = say(lang, f"feed.name.{checked.feed}")
    route = f"{checked.route} {checked.slice}"
    if checked.error is not None:
        why = say(lang, f"feed.{checked.error}", **(checked.values or {}))
        yield say(lang, "feed.check_bad", name=name, route=route, why=why)
    else:
        late = checked.newest and checked.expected and checked.newest < checked.expected
        yield say(
            lang,
            "feed.check_late" if late else "feed.check_ok",
            name=name,
            route=route,
            date=checked.newest,
            expected=checked.expected,
            kb=round(checked.size / 1000),
            seconds=checked.seconds,
        )
    for reading in checked.readings:
        yield from _differences(reading, lang)
    if checked.file:
        yield "  " + say(lang, "console.written", path=checked.file)


def _differences(reading: Reading, lang: Lang) -> Iterator[str]:
    for key, names in (("check_unnamed", reading.unnamed), ("check_never", reading.never)):
        if names:
            text = say(lang, "digest.comma").join(names)
            yield "  " + say(lang, f"feed.{key}", model=reading.model, names=text)
