"""The sayings of the article and their verdicts -> messages to page through, theme by theme."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.answering.answer import Answer
from bot.i18n import Lang, say
from bot.render.answers import answer_message
from bot.render.html import escape
from bot.render.message import Button, Keyboard, Message
from knowledge.report import Claim

# Every group of the article's sayings belongs to one theme.
THEMES = {
    "size": ("size", "size_growth", "market_share", "tenor"),
    "trade": ("definition", "mechanism", "futures_premium", "basis_level", "leverage", "unwind",
              "opinion"),
    "cayman": ("cayman", "cayman_flow", "cayman_rank", "tic_critique"),
    "holders": ("foreign_holders", "banks", "buyers", "qt"),
    "episodes": ("march2020", "fed_response", "april2025"),
    "press": ("ms_report", "ft_article"),
}  # fmt: skip
VERDICTS = ("verified", "disputed", "contradicted", "reported_only")
_A_ROW = 2
_NUMBERS_A_ROW = 4


def theme_of(saying: Claim) -> str:
    """Return the theme that a saying belongs to."""
    return next(theme for theme, groups in THEMES.items() if saying.group in groups)


def themes_message(sayings: Sequence[Claim], lang: Lang) -> Message:
    """Return how the sayings fared, with a button for each theme and one to read them all."""
    fared = Counter(_verdict(saying) for saying in sayings)
    counts = {verdict: fared[verdict] for verdict in VERDICTS}
    html = say(lang, "factcheck.title", total=len(sayings), **counts)
    held = Counter(theme_of(saying) for saying in sayings)
    themes = [
        Button(
            say(lang, "factcheck.counted", name=say(lang, f"factcheck.theme.{t}"), count=held[t]),
            data=f"fk:t:{t}",
        )
        for t in THEMES
    ]
    every = Button(say(lang, "factcheck.from_first"), data=f"fk:s:{sayings[0].id}")
    return Message(html, (*_rows(themes, _A_ROW), (every,)))


def theme_message(sayings: Sequence[Claim], theme: str, lang: Lang) -> Message:
    """Return the sayings of one theme, each with its verdict in a word and a button."""
    mine = [(n, s) for n, s in enumerate(sayings, start=1) if theme_of(s) == theme]
    lines = [f"<b>{say(lang, f'factcheck.theme.{theme}')}</b>"]
    for number, saying in mine:
        verdict = say(lang, f"answer.verdict.{_verdict(saying)}")
        words = escape(saying.statement(lang))
        lines.append(say(lang, "factcheck.line", number=number, saying=words, verdict=verdict))
    numbers = [Button(str(number), data=f"fk:s:{saying.id}") for number, saying in mine]
    back = Button(say(lang, "factcheck.themes"), data="fk:")
    return Message("\n".join(lines), (*_rows(numbers, _NUMBERS_A_ROW), (back,)))


def check_message(sayings: Sequence[Claim], saying: Claim, verdict: Answer) -> Message:
    """Return one saying with its verdict, why, and the sources; the notes would repeat it."""
    lang = verdict.lang
    place = sayings.index(saying)
    head = say(
        lang,
        "factcheck.head",
        number=place + 1,
        total=len(sayings),
        saying=escape(saying.statement(lang)),
    )
    body = answer_message(replace(verdict, notes=()))
    return Message(f"{head}\n\n{body.html}", _steps(sayings, place, lang))


def _steps(sayings: Sequence[Claim], place: int, lang: Lang) -> Keyboard:
    """Return the buttons to the neighbours, round from the last to the first, and to the lists."""
    before, after = sayings[place - 1], sayings[(place + 1) % len(sayings)]
    theme = theme_of(sayings[place])
    name = say(lang, f"factcheck.theme.{theme}")
    return (
        (
            Button(say(lang, "factcheck.previous"), data=f"fk:s:{before.id}"),
            Button(say(lang, "factcheck.next"), data=f"fk:s:{after.id}"),
        ),
        (
            Button(name, data=f"fk:t:{theme}"),
            Button(say(lang, "factcheck.themes"), data="fk:"),
        ),
    )


def _verdict(saying: Claim) -> str:
    return saying.status.replace("-", "_")


def _rows(buttons: Iterable[Button], width: int) -> Keyboard:
    every = tuple(buttons)
    return tuple(every[i : i + width] for i in range(0, len(every), width))
