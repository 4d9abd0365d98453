"""A Digest -> its text in our HTML, without the sections that are not wanted, never too long."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.digest import Digest
from bot.i18n import Lang, say
from bot.render.digest.ending import ending_lines, freshness_lines, sources_quote
from bot.render.digest.figures import dealer_lines, section, slow_lines, volatility_lines
from bot.render.digest.headline import score_lines
from bot.render.digest.positions import position_lines
from bot.render.html import measure, plain

LIMIT = 3500
# What a chat may leave out of its digest; score, freshness, blind spots and sources stay.
SECTIONS = ("positions", "funding", "volatility", "dealers", "memory", "charts")
# What may be left out where the text would grow too long, in this order.
DISPENSABLE = ("memory", "movers", "absent", "claims", "slow")


def digest_html(digest: Digest, lang: Lang, left_out: Collection[str] = ()) -> str:
    """Return the digest's text, under 3,500 characters, in our HTML, without some of SECTIONS.

    Where it would grow longer, what can be had by a button or next week is left out too.
    """
    html = ""
    unwanted = {*left_out, *(("claims",) if "memory" in left_out else ())}
    for count in range(len(DISPENSABLE) + 1):
        html = _whole(digest, lang, {*unwanted, *DISPENSABLE[:count]})
        if measure(html)[0] < LIMIT:
            break
    return html


def digest_text(digest: Digest, lang: Lang) -> str:
    """Return the digest as plain text for a terminal."""
    return plain(digest_html(digest, lang))


def _whole(digest: Digest, lang: Lang, leave: Collection[str]) -> str:
    head = [f"<b>{say(lang, 'digest.title', date=digest.on)}</b>"]
    head.append(say(lang, "digest.known", date=digest.on))
    if digest.origin == "bundled":
        head.append(say(lang, "digest.bundled_only"))
    blocks = [
        head,
        list(score_lines(digest, lang)),
        list(position_lines(digest, lang, leave)) if "positions" not in leave else [],
        list(section(lang, "funding", digest.funding)) if "funding" not in leave else [],
        list(volatility_lines(digest, lang)) if "volatility" not in leave else [],
        list(dealer_lines(digest, lang)) if "dealers" not in leave else [],
        list(slow_lines(digest, lang)) if "slow" not in leave else [],
        list(freshness_lines(digest, lang, leave)),
        list(ending_lines(digest, lang, leave)),
        [sources_quote(digest, lang)],
    ]
    return joined(blocks)


def joined(blocks: Sequence[Sequence[str]]) -> str:
    """Return blocks of lines as one text, an empty line between two blocks."""
    return "\n\n".join("\n".join(lines) for lines in blocks if lines)
