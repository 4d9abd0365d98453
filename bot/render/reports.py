"""A chat's own reports -> their messages: what was found in a file, the list, what went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from bot.i18n import Lang, has, say
from bot.render.answers import question_button
from bot.render.html import escape
from bot.render.message import Button, Message
from bot.store.reports import Added, Stored
from knowledge.errors import KnowledgeError
from knowledge.parsing.facts import Suggestions, publisher_in

PREFIX = "report_"
_TITLE = 120
NOTHING = Suggestions()


def refusal_text(lang: Lang, error: KnowledgeError) -> str:
    """Return why a file cannot be read, in one plain sentence."""
    key = f"report.{error.code.removeprefix(PREFIX)}"
    if not error.code.startswith(PREFIX) or not has(key):
        return say(lang, "report.failed")
    return say(lang, key, **error.values)


def found_message(
    lang: Lang,
    added: Added,
    state: str = "",
    remarks: Sequence[str] = (),
    suggestions: Suggestions = NOTHING,
) -> Message:
    """Return what was found in a file, with a question to begin with and a button to delete it.

    `state` says how far the search by meaning is. Where a report does not say who published it or
    when, that is asked, with buttons for what it names.
    """
    report = added.report
    if report is None:
        return Message(say(lang, "upload.forgotten_meanwhile"))
    if added.outcome == "same":
        return Message(say(lang, "upload.same", number=report.number), _buttons(lang, report))
    head = say(
        lang,
        "upload.found",
        title=escape(report.title[:_TITLE]),
        facts=escape(facts(lang, report)),
        counts=counts(lang, report),
        example=say(lang, "upload.example"),
    )
    lines = [head, *unread(lang, report), *remarks]
    if added.outcome == "replaced":
        lines.append(say(lang, "upload.replaced", name=escape(report.label)))
    if added.near is not None:
        near = added.near
        lines.append(say(lang, "upload.near", number=near.number, name=escape(near.label)))
    if asked := _asked(report):
        lines.append(say(lang, f"upload.ask_{asked}", number=report.number))
    keys = (*_suggested(lang, report, suggestions), *_buttons(lang, report))
    return Message("\n".join([*lines, *filter(None, ["", state])]), keys)


def _asked(report: Stored) -> str:
    """Return what a report does not say of itself and is asked for next; "" for nothing."""
    if not report.publisher:
        return "who"
    return "" if report.published else "when"


def _suggested(
    lang: Lang, report: Stored, suggestions: Suggestions
) -> tuple[tuple[Button, ...], ...]:
    """Return a button for each answer that the report itself suggests."""
    asked = _asked(report)
    if asked == "who":
        names = suggestions.publishers
        return tuple(
            (Button(publisher_in(lang, name), data=f"rp:{report.id}:{name}"),) for name in names
        )
    months = suggestions.dates if asked else ()
    keys = tuple(Button(month, data=f"rt:{report.id}:{month}") for month in months)
    return (keys,) if keys else ()


def _buttons(lang: Lang, report: Stored) -> tuple[tuple[Button, ...], ...]:
    return (
        (question_button(say(lang, "upload.example"), lang),),
        (question_button(say(lang, "upload.example_agree"), lang),),
        (Button(say(lang, "upload.button_drop"), data=f"rd:{report.id}"),),
    )


def facts(lang: Lang, report: Stored) -> str:
    """Return who published a report and when, or that it does not say."""
    return say(
        lang,
        "upload.facts",
        publisher=publisher_in(lang, report.publisher) or say(lang, "upload.no_publisher"),
        published=report.published or say(lang, "upload.no_date"),
    )


def counts(lang: Lang, report: Stored) -> str:
    """Return what was read: pages where there are any, passages, figures."""
    key = "upload.counts_pages" if report.pages else "upload.counts"
    return say(lang, key, pages=report.pages, passages=report.passages, figures=report.figures)


def unread(lang: Lang, report: Stored) -> list[str]:
    """Return how many pages could not be read, where there are such."""
    return [say(lang, "upload.blank_pages", count=report.unread)] if report.unread else []


def list_text(lang: Lang, own: Sequence[Stored], shared: Sequence[Stored]) -> str:
    """Return the reports that a chat may ask, its own with numbers; "" for none."""
    parts: list[str] = []
    if own:
        lines = [line(lang, report) for report in own]
        parts.append(
            "\n".join([say(lang, "upload.own_title"), *lines, say(lang, "upload.own_more")])
        )
    if shared:
        titles = [f"\u2022 {escape(_named(lang, report))}" for report in shared]
        parts.append("\n".join([say(lang, "upload.shared_title"), *titles]))
    return "\n\n".join(parts)


def line(lang: Lang, report: Stored) -> str:
    """Return one report of the list."""
    named = escape(_named(lang, report))
    return say(
        lang, "upload.own_line", number=report.number, title=named, counts=counts(lang, report)
    )


def _named(lang: Lang, report: Stored) -> str:
    publisher = publisher_in(lang, report.publisher)
    details = say(lang, "chat.comma").join(filter(None, (publisher, report.published)))
    title = report.title[:_TITLE]
    return say(lang, "upload.named", title=title, details=details) if details else title
