"""Greetings, help, settings, subscriptions, privacy, status -> their messages, with buttons."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.assistant import Holdings
from bot.i18n import Lang, say
from bot.reading.schedule import Weekly
from bot.reading.zones import CITIES, offset_of
from bot.render.answers import question_button
from bot.render.digest.text import SECTIONS
from bot.render.html import escape
from bot.render.message import Attachment, Button, Keyboard, Message

COMMANDS = (
    "start", "help", "ask", "basis", "ctd", "carry", "pnl", "leverage", "stress", "spiral",
    "position", "dates", "positions", "market", "chart", "digest", "subscribe", "alert",
    "unsubscribe", "factcheck", "sources", "drop", "label", "settings", "status", "privacy",
    "export", "forget", "cancel", "stop",
)  # fmt: skip
# In a group what concerns one person's own things stays out of the menu.
GROUP_COMMANDS = (
    "ask", "basis", "ctd", "carry", "pnl", "leverage", "stress", "spiral", "dates", "positions",
    "market", "chart", "digest", "help",
)  # fmt: skip
GROUP_ADMIN_COMMANDS = (*GROUP_COMMANDS, "subscribe", "alert", "unsubscribe", "settings", "status")
# What the help shows first; the rest is a topic of its own.
OVERVIEW = (
    "ask", "basis", "positions", "chart", "digest", "subscribe", "factcheck", "settings",
)  # fmt: skip
TOPICS = ("calculate", "ask", "digest", "formats", "other")
HOURS = (7, 8, 9, 10, 12, 17, 18, 20)
_FEW_PUBLISHERS = 12
_LANGUAGE = {"en": "english", "zh": "chinese"}  # as buttons name it


def other_language(lang: Lang) -> Lang:
    """Return the language that this one is not."""
    return "en" if lang == "zh" else "zh"


def start_message(lang: Lang, example: str) -> Message:
    """Return the greeting; each of its buttons does something at once."""
    contract = example.split()[1]
    label = say(lang, "button.basis_example", contract=contract)
    basis = Button(label, data="ex:basis")
    keyboard: Keyboard = (
        (question_button(say(lang, "answer.example.size"), lang),),
        (basis,),
        (
            Button(say(lang, "button.digest"), data="dg:now"),
            Button(say(lang, "button.subscribe"), data="dg:schedule"),
        ),
        (
            Button(say(lang, "button.factcheck"), data="fk:new"),
            Button(say(lang, "button.language"), data=f"se:lang:{other_language(lang)}"),
        ),
    )
    return Message(say(lang, "chat.start"), keyboard)


def help_message(lang: Lang, example: str, topic: str = "") -> Message:
    """Return the help, or one topic of it, always with the buttons to the others."""
    body = _topic(lang, topic, example) if topic in TOPICS else _overview(lang)
    topics = [
        Button(say(lang, f"button.{label}"), data=f"he:{name}")
        for name, label in zip(TOPICS, ("calculate", "ask", "digest", "formats", "commands"),
                               strict=True)
        if name != topic
    ]  # fmt: skip
    rows: list[tuple[Button, ...]] = []
    if not topic:
        rows += [
            (question_button(say(lang, "answer.example.size"), lang),),
            (question_button(say(lang, "answer.example.cayman"), lang),),
        ]
    if topic in {"", "calculate"}:
        text = say(lang, "button.basis_example", contract=example.split()[1])
        rows.append((Button(text, data="ex:basis"),))
    if topic == "calculate":
        copy = Button(say(lang, "button.copy"), copy=example)
        rows.append((copy, Button(say(lang, "button.fill_in"), data="wn:basis")))
    rows += [tuple(topics[:3]), tuple(topics[3:])]
    return Message(body, tuple(row for row in rows if row))


def _overview(lang: Lang) -> str:
    lines = [
        say(lang, "help.line", command=name, what=escape(say(lang, f"command.{name}")))
        for name in OVERVIEW
    ]
    return "\n".join(
        [say(lang, "help.title"), *lines, "", say(lang, "help.tap"), say(lang, "chat.not_advice")]
    )


def _topic(lang: Lang, topic: str, example: str) -> str:
    lines = "\n".join(
        say(lang, "help.line", command=name, what=escape(say(lang, f"command.{name}")))
        for name in COMMANDS
    )
    return say(lang, f"help.{topic}", example=escape(example), commands=lines)


def settings_message(lang: Lang, theme: str, rates: str) -> Message:
    """Return the settings with a button for each change; `rates` are the chat's defaults."""
    html = say(
        lang,
        "settings.title",
        language=say(lang, f"settings.language_{lang}"),
        theme=say(lang, f"settings.theme_{theme}"),
        rates=rates,
    )
    darker = "light" if theme == "dark" else "dark"
    keyboard: Keyboard = (
        (
            Button(say(lang, "button.english"), data="se:lang:en"),
            Button(say(lang, "button.chinese"), data="se:lang:zh"),
        ),
        (Button(say(lang, f"button.{darker}"), data=f"se:theme:{darker}"),),
        (Button(say(lang, "button.privacy"), data="pr:"),),
    )
    return Message(html, keyboard)


# Subscriptions


def day_message(lang: Lang) -> Message:
    """Return the question for the day of the week."""
    days = [Button(say(lang, f"subscribe.short_{day}"), data=f"su:{day}") for day in range(7)]
    return Message(say(lang, "subscribe.pick_day"), (tuple(days[:4]), tuple(days[4:])))


def hour_message(lang: Lang, day: int) -> Message:
    """Return the question for the hour."""
    hours = [Button(f"{hour:02d}:00", data=f"su:{day}:{hour:02d}00") for hour in HOURS]
    back = Button(say(lang, "button.back"), data="su:")
    text = say(lang, "subscribe.pick_hour", day=say(lang, f"subscribe.day_{day}"))
    return Message(text, (tuple(hours[:4]), tuple(hours[4:]), (back,)))


def zone_message(lang: Lang, day: int, at: time) -> Message:
    """Return the question for the zone."""
    hour = at.strftime("%H%M")
    cities = [
        Button(say(lang, f"subscribe.city_{name}"), data=f"su:{day}:{hour}:{zone}")
        for name, zone in CITIES.items()
    ]
    back = Button(say(lang, "button.back"), data=f"su:{day}")
    named = say(lang, f"subscribe.day_{day}")
    text = say(
        lang,
        "subscribe.pick_zone",
        day=named,
        time=at.strftime("%H:%M"),
        typed=named.lower() if lang == "en" else named,
    )
    rows = [tuple(cities[i : i + 3]) for i in range(0, len(cities), 3)]
    return Message(text, (*rows, (back,)))


def subscribed_message(
    lang: Lang,
    schedule: Weekly,
    due: datetime,
    *,
    done: bool = False,
    paused: bool = False,
    later: bool = False,
) -> Message:
    """Return when the digest comes, with what can be done about it.

    `later`: the schedule's next day lies in a week whose digest was due already.
    """
    key = "current_paused" if paused else "done" if done else "current"
    text = say(lang, f"subscribe.{key}", **schedule_words(lang, schedule, due))
    if later and not paused:
        text += f"\n{say(lang, 'subscribe.week_used')}"
    pause = "resume" if paused else "pause"
    other = other_language(lang)
    return Message(
        text,
        (
            (
                Button(say(lang, "button.preview"), data="dg:now"),
                Button(say(lang, "button.change"), data="su:"),
            ),
            (
                Button(say(lang, "button.sections"), data="dg:sections"),
                Button(say(lang, f"button.{pause}"), data=f"dg:{pause}"),
            ),
            (
                Button(say(lang, f"button.{_LANGUAGE[other]}"), data=f"dg:lang:{other}"),
                Button(say(lang, "button.unsubscribe"), data="dg:unsub"),
            ),
        ),
    )


def sections_message(lang: Lang, left_out: Collection[str]) -> Message:
    """Return which sections the digest shows, each with the button that changes that."""
    buttons = [
        Button(
            say(
                lang,
                f"subscribe.section_{'off' if name in left_out else 'on'}",
                name=say(lang, f"subscribe.section_{name}"),
            ),
            data=f"dg:sections:{name}",
        )
        for name in SECTIONS
    ]
    rows = [tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2)]
    back = Button(say(lang, "button.back"), data="dg:back")
    return Message(say(lang, "subscribe.pick_sections"), (*rows, (back,)))


def schedule_words(lang: Lang, schedule: Weekly, due: datetime) -> Mapping[str, str]:
    """Return day, time, zone and next instant as a person reads them."""
    return {
        "day": say(lang, f"subscribe.day_{schedule.weekday}"),
        "time": schedule.local_time.strftime("%H:%M"),
        "zone": zone_name(lang, schedule.tz),
        "next": due.astimezone(ZoneInfo(schedule.tz)).strftime("%Y-%m-%d %H:%M"),
    }


def zone_name(lang: Lang, zone: str) -> str:
    """Return a zone's name in the reader's language where we have one."""
    for name, known in CITIES.items():
        if known == zone:
            return say(lang, f"subscribe.city_{name}")
    return offset_of(zone) or zone.replace("_", " ")


# What is known, what is kept


def sources_message(lang: Lang, holdings: Holdings, reports: str = "") -> Message:
    """Return what the answers rest on; `reports` lists those that this chat may ask besides."""
    head = say(lang, "sources.title", claims=holdings.claims, sources=holdings.sources)
    lines = [
        say(lang, "sources.line", publisher=escape(name), count=count)
        for name, count in holdings.publishers[:_FEW_PUBLISHERS]
    ]
    briefs = say(lang, "sources.briefs", count=holdings.briefs)
    text = "\n".join([head, *lines, "", briefs, say(lang, "sources.more")])
    return Message(f"{text}\n\n{reports}" if reports else text)


def privacy_message(lang: Lang, model: str | None) -> Message:
    """Return what is kept, how long, and how to take it away."""
    words = (
        say(lang, "privacy.model_used", model=escape(model))
        if model
        else say(lang, "privacy.model_none")
    )
    return Message(say(lang, "privacy.text", model=words))


def forget_message(lang: Lang) -> Message:
    """Return the question whether everything is to be deleted."""
    yes = Button(say(lang, "button.forget"), data="fo:yes")
    no = Button(say(lang, "button.keep"), data="fo:no")
    return Message(say(lang, "privacy.forget_sure"), ((yes,), (no,)))


def export_message(lang: Lang, json_text: str, rows: int) -> Message:
    """Return everything kept, as a file."""
    name = "basisbot-export.json"
    attachment = Attachment(name, json_text.encode(), picture=False)
    return Message(say(lang, "privacy.export_caption", rows=rows), attachment=attachment)


def unknown_command_message(lang: Lang, command: str, near: Sequence[str]) -> Message:
    """Return that there is no such command, and which was probably meant."""
    shown = escape(command[:40])
    if near:
        return Message(say(lang, "chat.unknown_command_near", command=shown, near=near[0]))
    return Message(say(lang, "chat.unknown_command", command=shown))
