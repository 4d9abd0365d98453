"""A Digest -> its text in our HTML, without the sections that are not wanted, never too long."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from bot.i18n import Lang, say
from bot.render.digest.ending import (
    blind_lines,
    claim_lines,
    freshness_lines,
    memory_lines,
    sources_quote,
)
from bot.render.digest.figures import dealer_lines, figure_lines, slow_lines
from bot.render.digest.headline import score_lines
from bot.render.digest.implied import implied_lines
from bot.render.digest.positions import position_lines
from bot.render.html import measure, plain
from bot.render.numbers import JOINER
from bot.week import Digest

LIMIT = 3500
# What a chat may leave out of its digest; score, freshness, blind spots and sources stay.
SECTIONS = ("positions", "funding", "volatility", "dealers", "memory", "charts")
# What may be left out where the text would grow too long, in this order.
DISPENSABLE = ("legend", "absent", "memory", "movers", "more_claims", "claims", "slow")


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
    return plain(digest_html(digest, lang)).replace(JOINER, "")  # a terminal would show it


def _whole(digest: Digest, lang: Lang, leave: Collection[str]) -> str:
    """Return all but what is left out: sections by their names, sentences by theirs."""
    head = [f"<b>{say(lang, 'digest.title', date=digest.on)}</b>", say(lang, "digest.known")]
    if digest.origin == "bundled":
        head.append(say(lang, "digest.bundled_only"))
    sections: Mapping[str, Iterable[str]] = {
        "head": head,
        "score": score_lines(digest, lang),
        "positions": position_lines(digest, lang, leave),
        "funding": figure_lines(lang, "funding", digest.funding, leave),
        "volatility": figure_lines(lang, "volatility", digest.volatility, leave),
        "implied": implied_lines(digest, lang, leave),
        "dealers": dealer_lines(digest, lang),
        "slow": slow_lines(digest, lang),
        "freshness": freshness_lines(digest, lang, leave),
        "blind": blind_lines(digest, lang),
        "memory": memory_lines(digest, lang),
        "claims": claim_lines(digest, lang, leave),
        "disclaimer": [f"<i>{say(lang, 'digest.disclaimer')}</i>"],
        "sources": [sources_quote(digest.sources, lang)],
    }
    return joined([list(lines) for name, lines in sections.items() if name not in leave])


def joined(blocks: Sequence[Sequence[str]]) -> str:
    """Return blocks of lines as one text, an empty line between two blocks."""
    return "\n\n".join("\n".join(lines) for lines in blocks if lines)
