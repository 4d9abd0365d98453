"""A reply of the desk -> its message with buttons, its formula, its pages, its CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.desk.basis import BasisReply
from bot.desk.change import choices, inputs_of, near_what, written
from bot.desk.ctd import CtdReply
from bot.desk.known import Reply
from bot.desk.leverage import LeverageReply
from bot.i18n import Lang, say
from bot.render.desk.basis import basis_formula, basis_html
from bot.render.desk.carry import carry_formula, carry_html
from bot.render.desk.charts import desk_chart, has_chart, rows_of
from bot.render.desk.ctd import ctd_formula, ctd_html, ctd_page, pages_of
from bot.render.desk.dates import dates_html
from bot.render.desk.leverage import leverage_formula, leverage_html
from bot.render.desk.parts import DOUBT, note_text, page
from bot.render.desk.pnl import pnl_formula, pnl_html
from bot.render.desk.spiral import spiral_formula, spiral_html
from bot.render.desk.stress import stress_formula, stress_html
from bot.render.drawing import csv_of
from bot.render.html import escape
from bot.render.message import Attachment, Button, Keyboard, Message
from knowledge.report import Claim
from tools.notes import Note

PREFIX = "k:"
_MOST_COPIED = 256
DEARER_BP = 25
NO_CLAIMS: Mapping[str, Claim] = {}


# By command; each function takes its own command's reply.
_HTML: dict[str, Callable[[Any, Lang], str]] = {
    "carry": carry_html,
    "ctd": ctd_html,
    "pnl": pnl_html,
    "stress": stress_html,
    "spiral": spiral_html,
    "dates": dates_html,
}
_FORMULAS: dict[str, Callable[[Any, Lang], list[str]]] = {
    "basis": basis_formula,
    "carry": carry_formula,
    "ctd": ctd_formula,
    "pnl": pnl_formula,
    "leverage": leverage_formula,
    "stress": stress_formula,
    "spiral": spiral_formula,
}


def reply_html(
    reply: Reply,
    lang: Lang,
    claims: Mapping[str, Claim] = NO_CLAIMS,
    before: Reply | None = None,
) -> str:
    """Return what a command answers; `claims` are the ledger's, for what a figure means.

    `before` is the reply that stood there until one of its inputs was changed.
    """
    return page(*(escape(note_text(note, lang)) for note in doubted(reply)),
                _body(reply, lang, claims, before))  # fmt: skip


def doubted(reply: Reply) -> list[Note]:
    """Return what in a reply's inputs can hardly be meant."""
    return [note for note in reply.notes if note.code.startswith(DOUBT)]


def _body(reply: Reply, lang: Lang, claims: Mapping[str, Claim], before: Reply | None) -> str:
    if isinstance(reply, BasisReply):
        return basis_html(reply, lang, before if isinstance(before, BasisReply) else None)
    if isinstance(reply, LeverageReply):
        return leverage_html(reply, lang, claims)
    return _HTML[reply.command](reply, lang)


def _formula(reply: Reply, lang: Lang) -> list[str]:
    formula = _FORMULAS.get(reply.command)
    return formula(reply, lang) if formula else []


def desk_message(
    reply: Reply,
    lang: Lang,
    key: str,
    claims: Mapping[str, Claim] = NO_CLAIMS,
    before: Reply | None = None,
) -> Message:
    """Return a command's message; `key` names its calculation in the buttons."""
    return Message(reply_html(reply, lang, claims, before), _keyboard(reply, lang, key))


def data(action: str, key: str, rest: str = "") -> str:
    """Return a button's data; at most 64 bytes, as keys are short."""
    return f"{PREFIX}{action}:{key}" + (f":{rest}" if rest else "")


def _keyboard(reply: Reply, lang: Lang, key: str) -> Keyboard:
    rows: list[tuple[Button, ...]] = []
    fields = dict.fromkeys(str(note.values["field"]) for note in doubted(reply))
    doubtful = [
        Button(say(lang, f"desk.fix.{field}"), data=data("i", key, field))
        for field in fields
        if field in inputs_of(reply)
    ]
    if doubtful:
        rows.append(tuple(doubtful))
    if isinstance(reply, CtdReply):
        pages = [
            Button(say(lang, f"desk.button.page_{name}"), data=data("p", key, name))
            for name in pages_of(reply)
        ]
        rows += [tuple(pages[at : at + 2]) for at in range(0, len(pages), 2)]
    if isinstance(reply, BasisReply):
        rows.append(_repo_buttons(reply, lang, key))
    figures: list[Button] = []
    if has_chart(reply):
        figures.append(Button(say(lang, "desk.button.chart"), data=data("c", key)))
    if rows_of(reply):
        figures.append(Button(say(lang, "desk.button.csv"), data=data("v", key)))
    if _formula(reply, lang):
        figures.append(Button(say(lang, "button.formula"), data=data("f", key)))
    if figures:
        rows.append(tuple(figures))
    last = []
    if inputs_of(reply):
        last.append(Button(say(lang, "desk.button.change"), data=data("i", key)))
    command = f"/{reply.command} {reply.words}"
    if len(command) <= _MOST_COPIED:
        last.append(Button(say(lang, "button.copy"), copy=command))
    if last:
        rows.append(tuple(last))
    return tuple(rows)


def _repo_buttons(reply: BasisReply, lang: Lang, key: str) -> tuple[Button, ...]:
    """Return what a basis is asked next: at a dearer repo rate, or at any other."""
    repo = reply.trade.request.repo_pct
    choose = data("i", key, "repo_pct")
    if repo is None:
        return (Button(say(lang, "button.give_repo"), data=choose),)
    dearer = data("s", key, f"repo_pct={repo + DEARER_BP / 100:.10g}")
    return (
        Button(say(lang, "button.stress", bp=DEARER_BP), data=dearer),
        Button(say(lang, "button.change_repo"), data=choose),
    )


def formula_message(reply: Reply, lang: Lang) -> Message:
    """Return the formulas with this reply's numbers in them."""
    lines = [escape(line) for line in _formula(reply, lang)]
    return Message("\n\n".join([say(lang, "desk.formula_title"), *lines]))


def page_message(reply: CtdReply, name: str, lang: Lang) -> Message:
    """Return another page of a basket."""
    return Message(ctd_page(reply, name, lang))


def chart_message(reply: Reply, lang: Lang, theme: str) -> Message:
    """Return the chart with its caption."""
    chart = desk_chart(reply, lang, theme)
    return Message(chart.caption_html, attachment=Attachment(f"{reply.command}.png", chart.png))


def csv_message(reply: Reply, lang: Lang) -> Message:
    """Return the figures as a file."""
    rows = rows_of(reply)
    caption = say(lang, "desk.csv_caption", rows=len(rows) - 1)
    file = Attachment(f"{reply.command}.csv", csv_of(rows), picture=False)
    return Message(caption, attachment=file)


def change_keyboard(reply: Reply, lang: Lang, key: str, name: str = "") -> Keyboard:
    """Return the inputs that can be changed, or the values of the one named."""
    back = Button(say(lang, "button.back"), data=data("b", key))
    inputs = inputs_of(reply)
    if name in inputs:
        values = [
            Button(written(name, value), data=data("s", key, f"{name}={value:.10g}"))
            for value in choices(name, near_what(reply, name))
        ]
        return (tuple(values[:4]), tuple(values[4:]), (back,))
    named = [Button(say(lang, f"desk.input.{each}"), data=data("i", key, each)) for each in inputs]
    return (*(tuple(named[at : at + 3]) for at in range(0, len(named), 3)), (back,))
