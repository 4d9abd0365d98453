"""A Digest -> the messages of a chat: the weekly one, its buttons and what they bring."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from bot.i18n import Lang, say
from bot.render.digest.data import digest_csv
from bot.render.digest.ending import freshness_lines, sources_quote
from bot.render.digest.figures import dealer_lines, figure_lines, legend_lines
from bot.render.digest.headline import score_lines
from bot.render.digest.implied import implied_lines
from bot.render.digest.positions import (
    detail_rows,
    legend_line,
    position_lines,
    position_rows,
    sum_line,
)
from bot.render.digest.text import digest_html, joined
from bot.render.message import Attachment, Button, Keyboard, Message
from bot.render.numbers import billions
from bot.render.table import table
from bot.week import Digest


def digest_messages(
    digest: Digest, lang: Lang, theme: str = "light", left_out: Collection[str] = ()
) -> list[Message]:
    """Return the digest as it is sent: the text with its buttons, then the charts."""
    text = Message(digest_html(digest, lang, left_out), keyboard(digest, lang))
    return [text] if "charts" in left_out else [text, *chart_messages(digest, lang, theme)]


def chart_messages(digest: Digest, lang: Lang, theme: str = "light") -> list[Message]:
    """Return the charts that the digest's history allows, each with its caption."""
    from bot.render import charts

    made = []
    if digest.reports:
        made.append(("positions", charts.positions_chart(digest, lang, theme)))
    if any(week.score for week in digest.weeks):
        made.append(("stress", charts.stress_chart(digest, lang, theme)))
    return [
        Message(chart.caption_html, attachment=Attachment(f"{name}-{digest.on}.png", chart.png))
        for name, chart in made
    ]


def silence_message(lang: Lang, newest: date) -> Message:
    """Return what the operators hear where two reports of the CFTC in a row did not come."""
    return Message(say(lang, "digest.silence", date=newest))


def keyboard(digest: Digest, lang: Lang) -> Keyboard:
    """Return the buttons under a digest; their data carry the day and survive a restart."""

    def button(key: str, data: str) -> Button:
        return Button(say(lang, f"digest.button.{key}"), data=data)

    day = digest.on.isoformat()
    return (
        tuple(button(key, f"dg:{key}:{day}") for key in ("details", "charts", "csv")),
        (button("schedule", "dg:schedule"), button("unsubscribe", "dg:unsub")),
    )


def addendum_message(digest: Digest, lang: Lang) -> Message:
    """Return the short message for a CFTC report that came after its digest was sent."""
    block = digest.positions
    if block is None:
        raise ValueError("an addendum needs a report")
    head = say(lang, "digest.addendum_title", date=block.report.as_of)
    blocks = [
        [f"<b>{head}</b>", say(lang, "digest.addendum_why")],
        [
            table(list(position_rows(block, lang)), gap=1),
            sum_line(block, lang),
            legend_line(block, lang),
        ],
        list(score_lines(digest, lang)),
        [sources_quote(digest.sources, lang)],
    ]
    brings, _ = keyboard(digest, lang)
    return Message(joined(blocks), (brings,))


def details_message(digest: Digest, lang: Lang) -> Message:
    """Return what the button "details" shows: the second table of positions and its legend."""
    lines = [f"<b>{say(lang, 'digest.details_title', date=digest.on)}</b>"]
    if block := digest.positions:
        heading = say(
            lang, "positions.heading", date=block.report.as_of, days=digest.age("tff").days
        )
        lines += [heading, table(list(detail_rows(block, lang)), gap=1)]
        if block.report.asset_manager_net_long_bn is not None:
            net = billions(block.report.asset_manager_net_long_bn)
            lines.append(say(lang, "positions.managers", net=net))
        if block.four_weeks is None:
            lines.append(say(lang, "positions.no_four"))
        lines.append(f"<i>{say(lang, 'positions.legend_details')}</i>")
    if digest.buckets:
        lines += ["", *figure_lines(lang, "buckets", digest.buckets)]
    if meanings := list(legend_lines(lang, digest.figures)):
        lines += ["", *meanings]
    lines += ["", say(lang, "digest.anchors")]
    return Message("\n".join([*lines, "", sources_quote(digest.sources, lang)]))


def positions_message(digest: Digest, lang: Lang) -> Message:
    """Return what /positions answers: the positions block of the digest with its source."""
    lines = list(position_lines(digest, lang)) or [say(lang, "chart.no_positions")]
    if digest.origin == "bundled":
        lines.insert(1, say(lang, "digest.bundled_only"))
    return Message("\n".join([*lines, "", sources_quote(digest.sources_of(()), lang, "sums")]))


def csv_message(digest: Digest, lang: Lang) -> Message:
    """Return what the button "CSV data" brings: the figures as a file."""
    caption = say(lang, "digest.csv_caption", date=digest.on)
    return Message(caption, attachment=digest_csv(digest))


def market_message(digest: Digest, lang: Lang) -> Message:
    """Return what /market answers: rates, yields, dealers and the score, each with its date."""
    sources = digest.sources_of((*digest.figures, *digest.rates))
    blocks = [
        [f"<b>{say(lang, 'digest.market_title', date=digest.on)}</b>"],
        list(figure_lines(lang, "funding", (*digest.funding, *digest.rates))),
        list(figure_lines(lang, "volatility", digest.volatility)),
        list(implied_lines(digest, lang)),
        list(dealer_lines(digest, lang)),
        list(score_lines(digest, lang)),
        list(freshness_lines(digest, lang, ())),
        [sources_quote(sources, lang, "calculation_there")],
    ]
    if not digest.figures:
        blocks.insert(1, [say(lang, "digest.market_nothing")])
    return Message(joined(blocks))
