"""How fresh the digest is, what it cannot see, what to remember, what is new, its sources."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.answering.compose import publisher
from bot.i18n import Lang, say
from bot.render.feeds import feed_item, late_lines, trouble_lines
from bot.render.html import escape
from bot.render.measures import measure_name
from bot.render.numbers import number
from bot.render.table import table
from bot.week import Absent, Digest, Sources
from knowledge.report import Claim
from tools.market.snapshot import Age

MOST_CLAIMS = 3
LONGEST_CLAIM = 220
# Feeds that the score needs: of their failure the digest gives the reason too.
SCORED = {"cftc_tff", "nyfed_rates", "treasury_par", "fred_iorb"}


def freshness_lines(digest: Digest, lang: Lang, leave: Collection[str]) -> Iterator[str]:
    """Yield how old each input is, what is not available, which feeds failed."""
    yield f"<b>{say(lang, 'digest.freshness')}</b>"
    yield table([_age_row(lang, age) for age in digest.ages], gap=1, left_last=True)
    for state in ("stale", "dropped"):
        if names := [say(lang, f"digest.age.{a.input}") for a in digest.ages if a.state == state]:
            yield say(lang, f"digest.age.{state}", names=say(lang, "digest.comma").join(names))
    if digest.absent and digest.origin != "bundled" and "absent" not in leave:
        items = say(lang, "digest.comma").join(_absent(lang, item) for item in digest.absent)
        yield say(lang, "digest.absent", items=items)
    failed = [feed for feed in digest.feeds if not feed.ok]
    named = [feed for feed in failed if feed.feed in SCORED]
    yield from (escape(line) for line in trouble_lines(named, lang))
    if others := [feed_item(feed, lang) for feed in failed if feed.feed not in SCORED]:
        yield say(lang, "digest.troubles", items=say(lang, "digest.comma").join(others))
    yield from late_lines(digest.feeds, lang)


def _age_row(lang: Lang, age: Age) -> tuple[str, ...]:
    name = say(lang, f"digest.age.{age.input}")
    if age.as_of is None:
        return (say(lang, "digest.age.missing"), "", name)
    return (age.as_of.isoformat(), say(lang, "digest.age.days", days=age.days), name)


def _absent(lang: Lang, item: Absent) -> str:
    name = measure_name(lang, item.key)
    key = "absent_never" if item.last is None else "absent_last"
    return say(lang, f"digest.{key}", name=name, date=item.last)


def blind_lines(digest: Digest, lang: Lang) -> Iterator[str]:
    """Yield what public data cannot show."""
    yield f"<b>{say(lang, 'digest.blind_title')}</b>"
    yield from (f"\N{BULLET} {say(lang, f'digest.blind.{spot}')}" for spot in digest.blind_spots)


def memory_lines(digest: Digest, lang: Lang) -> Iterator[str]:
    """Yield the weeks to remember with their scores."""
    if digest.episodes:
        weeks = [
            (e.friday.isoformat(), number(e.score), say(lang, f"digest.episode.{e.key}"))
            for e in digest.episodes
        ]
        yield f"<b>{say(lang, 'digest.memory')}</b>"
        yield table(weeks, left_last=True)


def claim_lines(digest: Digest, lang: Lang, leave: Collection[str]) -> Iterator[str]:
    """Yield the claims that came to the library within the week, one where more have no room."""
    if digest.claims:
        yield f"<b>{say(lang, 'digest.claims')}</b>"
        count = 1 if "more_claims" in leave else MOST_CLAIMS
        yield from (_claim(claim, lang) for claim in digest.claims[:count])


def _claim(claim: Claim, lang: Lang) -> str:
    text = claim.statement(lang)
    if len(text) > LONGEST_CLAIM:
        text = text[:LONGEST_CLAIM].rsplit(" ", 1)[0] + "\N{HORIZONTAL ELLIPSIS}"
    line = say(
        lang, "digest.claim", text=text, publisher=publisher(claim, lang), date=claim.source.date
    )
    return f"\N{BULLET} {escape(line)}"


def sources_quote(sources: Sources, lang: Lang, own: str = "calculation") -> str:
    """Return sources, the newest date of each, and what is `own` work, in a quote that unfolds."""
    lines = [
        say(lang, "digest.source_dated", name=say(lang, f"digest.source.{key}"), date=day)
        for key, day in sources
    ]
    body = "\n".join(map(escape, [*lines, say(lang, f"digest.{own}")]))
    return f"<blockquote expandable><b>{say(lang, 'digest.sources')}</b>\n{body}</blockquote>"
