"""Alerts -> their messages: set, crossed, all of a chat; each with the button that drops it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.i18n import Lang, say
from bot.render.html import escape
from bot.render.measures import amount, measure_name
from bot.render.message import Button, Keyboard, Message
from bot.store.alerts import Alert
from bot.week.rules import Rule, read_rule
from tools.market.measures import Reading, offered

# What the buttons offer: words that /alert reads, by the rule that they mean.
OFFERED = ("score > 65", "SOFR-IORB > 15bp", "TY net short change > 10%")


def rule_words(lang: Lang, rule: Rule | Alert) -> str:
    """Return a rule as a person reads it."""
    sign = "&gt;" if rule.above else "&lt;"
    name = escape(measure_name(lang, rule.measure))
    return f"{name} {sign} {amount(lang, rule.measure, rule.bound)}"


def set_message(lang: Lang, alert: Alert, newest: Reading | None) -> Message:
    """Return that an alert is set, and how it stands by the newest figure."""
    lines = [say(lang, "alert.set", rule=rule_words(lang, alert))]
    if newest is None:
        lines.append(say(lang, "alert.no_figure"))
    else:
        figure = amount(lang, alert.measure, newest.value)
        key = "alert.beyond" if alert.crossed else "alert.within"
        lines.append(say(lang, key, value=figure, date=newest.as_of))
    return Message("\n".join(lines), ((_drop(lang, alert), _list(lang)),))


def crossed_message(lang: Lang, alert: Alert, reading: Reading) -> Message:
    """Return that a bound was crossed."""
    text = say(
        lang,
        "alert.crossed",
        measure=escape(measure_name(lang, alert.measure)),
        value=amount(lang, alert.measure, reading.value),
        date=reading.as_of,
        rule=rule_words(lang, alert),
    )
    digest = Button(say(lang, "button.digest"), data="dg:now")
    return Message(text, ((digest, _drop(lang, alert)),))


def list_message(lang: Lang, alerts: Sequence[Alert]) -> Message:
    """Return a chat's alerts, each with its button, and what else can be set."""
    if not alerts:
        return Message(say(lang, "alert.none"), _offers(lang))
    lines = [say(lang, "alert.title")]
    for number_, alert in enumerate(alerts, start=1):
        state = say(lang, "alert.state_beyond" if alert.crossed else "alert.state_within")
        words = rule_words(lang, alert)
        lines.append(
            say(lang, "alert.line", number=number_, rule=words, state=state, date=alert.as_of)
        )
    buttons = [
        Button(say(lang, "alert.drop_number", number=n), data=f"al:drop:{alert.id}")
        for n, alert in enumerate(alerts, start=1)
    ]
    more = say(lang, "alert.more", known=", ".join(offered()))
    rows = [tuple(buttons[i : i + 4]) for i in range(0, len(buttons), 4)]
    return Message("\n".join([*lines, "", more]), (*rows,))


def _offers(lang: Lang) -> Keyboard:
    """Return a button for each example; it sets that alert."""

    def label(words: str) -> str:
        rule = read_rule(words)
        sign = ">" if rule.above else "<"
        bound = amount(lang, rule.measure, rule.bound)
        return f"{measure_name(lang, rule.measure)} {sign} {bound}"

    return tuple((Button(label(words), data=f"al:set:{words}"),) for words in OFFERED)


def _drop(lang: Lang, alert: Alert) -> Button:
    return Button(say(lang, "alert.drop"), data=f"al:drop:{alert.id}")


def _list(lang: Lang) -> Button:
    return Button(say(lang, "alert.list"), data="al:list")
