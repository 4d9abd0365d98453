"""A contract's days -> their message."""

from __future__ import annotations

from bot.desk.dates import DatesReply
from bot.i18n import Lang, say
from bot.render.desk.parts import notes_block, page, sources_block
from bot.render.html import escape
from bot.render.table import table


def dates_html(reply: DatesReply, lang: Lang) -> str:
    """Return the message of /dates."""
    contract = reply.contract
    rows = [
        (say(lang, f"dates.{name}"), day.isoformat(), "-" if left is None else str(left))
        for name, day, left in reply.days
    ]
    head = ("", say(lang, "dates.col_day"), say(lang, "dates.col_left"))
    first, last = reply.window
    window = "dates.window" if last else "dates.window_open"
    return page(
        say(lang, "dates.headline", contract=contract.code, month=contract.delivery_month),
        table([head, *rows], gap=1),
        say(lang, "dates.roll", next=contract.next().code, intention=reply.days[0][1]),
        say(lang, window, first=first, last=last),
        _auctions(reply, lang),
        notes_block(reply.notes, lang),
        sources_block(
            [
                say(lang, "dates.rule"),
                say(lang, "basis.source_calendar"),
                say(
                    lang,
                    "basis.source_terms",
                    contract=contract.code,
                    source=contract.spec.cells["last_delivery"].source,
                    as_of=contract.spec.cells["last_delivery"].as_of,
                ),
            ]
        ),
    )


def _auctions(reply: DatesReply, lang: Lang) -> str:
    if not reply.auctions:
        return say(lang, "dates.no_auctions")
    rows = [(say(lang, "dates.col_auction"), say(lang, "dates.col_term"),
             say(lang, "dates.col_issue"))]  # fmt: skip
    rows += [
        (a.auction.isoformat(), escape(a.term), a.issue.isoformat()) for a in reply.auctions[:6]
    ]
    as_of = max(a.known for a in reply.auctions)
    return page(say(lang, "dates.auctions", as_of=as_of), table(rows, gap=1))


def dates_rows(reply: DatesReply) -> list[tuple[object, ...]]:
    """Return the days as rows, a header first."""
    return [("event", "day"), *((name, day) for name, day, _ in reply.days)]
