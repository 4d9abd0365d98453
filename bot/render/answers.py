"""An Answer -> its message: what is said with numbered marks, then who bears it, to unfold."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.answering.answer import Answer
from bot.i18n import Lang, say, sentences
from bot.render.html import escape
from bot.render.message import Button, Keyboard, Message
from bot.render.table import WIDEST, table, width
from knowledge.report import Citation

_EXAMPLES = "answer.example."
_DATA_BYTES = 64
_GAP, _MONTH = 2, len("2026-01")
_LABEL = 60


def answer_message(answer: Answer) -> Message:
    """Return an answer as it is sent; a refusal offers what can be asked instead."""
    bullet = "\N{BULLET} " if len(answer.statements) > 1 else ""
    lines = [f"{bullet}{escape(str(statement))}" for statement in answer.statements]
    parts = [_table(answer), "\n".join(lines)]
    if answer.notes:
        parts.append("\n".join(f"<i>{escape(note)}</i>" for note in answer.notes))
    if answer.citations:
        sources = "\n".join(_citation(c, answer.lang) for c in answer.citations)
        parts.append(f"<blockquote expandable>{sources}</blockquote>")
    return Message("\n\n".join(part for part in parts if part), nearest_keyboard(answer))


def _table(answer: Answer) -> str:
    """Return the course of a measure as a narrow table under its name, dates cut to fit."""
    if answer.table is None:
        return ""
    rows = [(as_of, value, f"[{n}]") for as_of, value, n in answer.table.rows]
    room = WIDEST - max(width(value) + width(mark) for _, value, mark in rows) - 2 * _GAP
    whole = all(len(as_of) <= room for as_of, _, _ in rows)
    cut = [(as_of if whole else as_of[:_MONTH], value, mark) for as_of, value, mark in rows]
    return f"<b>{escape(answer.table.measure)}</b>\n{table(cut, _GAP)}"


def _citation(citation: Citation, lang: Lang) -> str:
    name = escape(citation.publisher)
    if citation.url and linkable(citation.url):
        name = f'<a href="{escape(citation.url)}">{name}</a>'
    return f"[{citation.n}] {name}: {escape(_details(citation, lang))}"


def _details(citation: Citation, lang: Lang) -> str:
    """Return title, page, date and as-of date of a citation."""
    parts = [citation.title]
    if citation.page:
        parts.append(say(lang, "chat.page", page=citation.page))
    if citation.date:
        parts.append(citation.date)
    if citation.as_of and citation.as_of != citation.date:
        parts.append(say(lang, "chat.as_of", as_of=citation.as_of))
    return say(lang, "chat.comma").join(parts)


def linkable(url: str) -> bool:
    """Tell whether an address may become a link: https, a host, no credentials."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def nearest_keyboard(answer: Answer) -> Keyboard:
    """Return a button for each question that can be asked instead."""
    return tuple((question_button(text, answer.lang),) for text in answer.nearest)


def question_button(question: str, lang: Lang) -> Button:
    """Return a button that asks a question; one too long for a button is offered to copy."""
    label = (
        question if len(question) <= _LABEL else question[: _LABEL - 1] + "\N{HORIZONTAL ELLIPSIS}"
    )
    for key, sentence in sentences(lang).items():
        if key.startswith(_EXAMPLES) and sentence == question:
            return Button(label, data=f"q:{lang}:{key.removeprefix(_EXAMPLES)}")
    data = f"q::{question}"
    if len(data.encode()) <= _DATA_BYTES:
        return Button(label, data=data)
    return Button(label, copy=question[:256])


def question_of(data: str) -> str | None:
    """Return the question that a button asks, None where it asks none any more."""
    _, lang, text = data.split(":", 2)
    if not lang:
        return text
    return sentences("zh" if lang == "zh" else "en").get(_EXAMPLES + text)


def answer_text(answer: Answer) -> str:
    """Return an answer as plain text for a terminal, sources last."""
    parts = [answer.text]
    if answer.citations:
        parts.append("\n".join(_source_line(c, answer.lang) for c in answer.citations))
    if answer.nearest:
        parts.append("\n".join(f"> {question}" for question in answer.nearest))
    return "\n\n".join(part for part in parts if part)


def _source_line(citation: Citation, lang: Lang) -> str:
    line = f"[{citation.n}] {citation.publisher}: {_details(citation, lang)}"
    return f"{line} <{citation.url}>" if citation.url else line


def answer_json(answer: Answer) -> dict[str, object]:
    """Return an answer in the keys of the command line's contract."""
    return {
        "answer": answer.text,
        "lang": answer.lang,
        "refused": answer.refused,
        "route": answer.route,
        "citations": [
            {
                "n": c.n,
                "source": c.source,
                "publisher": c.publisher,
                "title": c.title,
                "date": c.date,
                "url": c.url,
                "as_of": c.as_of,
                "claim": c.claim,
                "doc": c.doc,
                "page": c.page,
                "quote": c.quote,
            }
            for c in answer.citations
        ],
        "nearest": list(answer.nearest),
        "notes": list(answer.notes),
    }
