"""What can be offered after the bot's name -> results: a line to choose by, a message to send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from bot.answering.answer import Answer
from bot.answering.compose import Draft, as_of_text, line
from bot.desk.basis import BasisReply
from bot.desk.dates import DatesReply
from bot.handlers.suggesting import Entry, Example, Offer, Wrong
from bot.i18n import Lang, say
from bot.render.answers import answer_message
from bot.render.desk.basis import basis_html
from bot.render.desk.dates import dates_html
from bot.render.html import escape, split_html
from bot.render.numbers import dollars, number, percent, thirty_seconds
from bot.render.trouble import sentence
from knowledge.report import Citation
from tools.quotes import format_cash, format_futures

if TYPE_CHECKING:
    from knowledge.glossary import Term
    from knowledge.report import Claim

TITLE, DESCRIPTION = 80, 160  # characters that a phone shows of each, and some to spare


@dataclass(frozen=True, slots=True)
class Result:
    """One line to choose: its id, what the line shows, the message, and what to type to change it.

    `again` fills the field of the chat anew, empty where there is nothing to change.
    """

    id: str
    title: str
    description: str
    html: str
    again: str = ""


def results(offers: list[Offer], query: str, lang: Lang, today: date) -> list[Result]:
    """Return the results for offers, each with an id of its own."""
    made = [_result(offer, query, lang, today) for offer in offers]
    return list({result.id: result for result in made}.values())


def _result(offer: Offer, query: str, lang: Lang, today: date) -> Result:
    match offer:
        case BasisReply():
            return _basis("basis", offer, query, lang)
        case Example():
            return _example(offer, lang)
        case DatesReply():
            return _dates(offer, lang)
        case Wrong():
            return _wrong(offer, lang)
        case Answer():
            return _answer(offer, query, lang)
    return _entry(offer, lang, today)


def _basis(name: str, reply: BasisReply, query: str, lang: Lang) -> Result:
    html = _advised(basis_html(reply, lang), lang)
    return Result(name, _short(basis_title(reply, lang), TITLE), _inputs(reply, lang), html, query)


def basis_title(reply: BasisReply, lang: Lang) -> str:
    """Return the number of a basis in a line."""
    result = reply.trade.basis
    if result.net_basis is None or result.implied_repo_pct is None:
        points = result.gross_basis
        key = "inline.gross"
    else:
        points = result.net_basis
        key = "inline.net"
    implied = "-" if result.implied_repo_pct is None else number(result.implied_repo_pct, 2)
    return say(lang, key, points=thirty_seconds(points), usd=dollars(points * 1e4), implied=implied)


def _inputs(reply: BasisReply, lang: Lang) -> str:
    request = reply.trade.request
    known = request.repo_pct is not None
    return say(
        lang,
        "inline.inputs" if known else "inline.inputs_no_repo",
        contract=request.contract.code,
        futures=format_futures(request.futures.price, request.contract.root),
        coupon=f"{request.coupon_pct:g}%",
        maturity=request.maturity.isoformat(),
        cash=format_cash(request.cash.price),
        repo=f"{percent(request.repo_pct or 0)}%",
    )


def _example(offer: Example, lang: Lang) -> Result:
    made = _basis("example", offer.reply, offer.query, lang)
    key = "inline.nothing" if offer.found_nothing else "inline.example"
    return Result(
        "example", say(lang, key), _short(offer.query, DESCRIPTION), made.html, made.again
    )


def _dates(reply: DatesReply, lang: Lang) -> Result:
    contract = reply.contract
    days = {name: day.isoformat() for name, day, _ in reply.days}
    return Result(
        f"dates:{contract.code}",
        say(lang, "inline.dates", contract=contract.code, month=contract.delivery_month),
        say(lang, "inline.days", **days),
        dates_html(reply, lang),
        contract.code,
    )


def _wrong(offer: Wrong, lang: Lang) -> Result:
    """Say what is wrong in the line itself; what is sent explains it, and what works."""
    told = sentence(offer.error, lang)
    offered = "chat.for_example" if offer.is_example else "chat.try_this"
    command = f"/basis {offer.works}"
    html = f"{escape(told)}\n\n{say(lang, offered)}\n<code>{escape(command)}</code>"
    line = "inline.for_example" if offer.is_example else "inline.works"
    works = say(lang, line, example=offer.works)
    return Result("wrong", _short(told, TITLE), _short(works, DESCRIPTION), html, offer.works)


def _answer(answer: Answer, query: str, lang: Lang) -> Result:
    """Show the question with its answer; where it is sent, nobody saw it asked."""
    html = f"<b>{escape(query)}</b>\n{answer_message(answer).html}"
    said = str(answer.statements[0]) if answer.statements else answer.text
    title = say(lang, "inline.answer", question=query)
    return Result("answer", _short(title, TITLE), _short(said, DESCRIPTION), _advised(html, lang))


def _entry(entry: Entry, lang: Lang, today: date) -> Result:
    from knowledge.glossary import Term

    value = entry.value
    return _term(value, lang, today) if isinstance(value, Term) else _claim(value, lang, today)


def _term(term: Term, lang: Lang, today: date) -> Result:
    draft = Draft(lang, today)
    name, definition = term.names(lang)[0], term.definition(lang)
    title = f"{term.en[0]} / {term.zh[0]}"
    source = Citation(
        n=0, source="glossary", publisher=draft.say("answer.glossary"), title=title, doc="glossary"
    )
    said = draft.say("answer.term", term=name, definition=definition)
    draft.add(said, numbers=[draft.cite_source(title, source)])
    html = answer_message(draft.answer("inline")).html
    key = "".join(c if c.isalnum() and c.isascii() else "-" for c in term.en[0])
    return Result(f"term:{key}"[:64], title[:TITLE], _short(definition, DESCRIPTION), html)


def _claim(claim: Claim, lang: Lang, today: date) -> Result:
    draft = Draft(lang, today)
    draft.add_claim(claim)
    html = _advised(answer_message(draft.answer("inline")).html, lang)
    who = draft.citations[0].publisher
    title = say(lang, "inline.claim", publisher=who, as_of=as_of_text(claim, lang)).rstrip(
        " ,\uff0c"
    )
    described = _short(line(claim, lang, today), DESCRIPTION)
    return Result(f"claim:{claim.id}", _short(title, TITLE), described, html)


def _advised(html: str, lang: Lang) -> str:
    """Return a message that whoever reads it elsewhere knows to be no advice."""
    return f"{split_html(html, 3900, 95)[0]}\n\n<i>{say(lang, 'chat.not_advice')}</i>"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
