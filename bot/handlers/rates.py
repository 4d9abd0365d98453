"""/settings repo|haircut|margin: a chat's own default rates, named as such in each answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.handlers.context import BotContext, Here
from bot.i18n import Lang, say
from bot.reading.amounts import read_dollars, read_rate
from bot.reading.keys import SPELLINGS
from bot.render.message import Message
from bot.render.numbers import dollars, percent
from bot.render.trouble import sentence
from tools.basis_inputs import check_field
from tools.errors import CalculatorError

RATES = ("repo_pct", "haircut_pct", "margin_usd")
_NAME_OF = {key: name for name in RATES for key in SPELLINGS[name].split()}
_OFF = frozenset({"off", "none", "-", "关", "无", "取消"})


def is_rate(words: Sequence[str]) -> bool:
    """Tell whether the words after /settings are about a default rate."""
    return bool(words) and words[0] in _NAME_OF


async def set_rate(context: BotContext, here: Here, words: Sequence[str]) -> Message:
    """Keep a default rate, or drop it, and say so; else say what is wrong."""
    name = _NAME_OF[words[0]]
    typed = "".join(words[1:])
    try:
        value = None if typed in _OFF else _read(name, typed)
    except CalculatorError as error:
        return Message(f"{sentence(error, here.lang)}\n{say(here.lang, 'settings.rate_example')}")
    await context.assistant.store.own.set_rate(here.chat_id, name, value)
    if value is None:
        said = say(here.lang, "settings.rate_off", name=say(here.lang, f"desk.input.{name}"))
    else:
        said = say(
            here.lang,
            "settings.rate_set",
            name=say(here.lang, f"desk.input.{name}"),
            value=shown(name, value),
        )
    return Message(said)


def _read(name: str, typed: str) -> float:
    """Return a rate as typed, checked; raises CalculatorError with the culprit."""
    found = read_dollars(typed) if name == "margin_usd" else read_rate(typed)
    code = "args_bad_dollars" if name == "margin_usd" else "args_bad_rate"
    if found is None:
        raise CalculatorError(code, culprit=typed, value=typed, field=name)
    return check_field(name, found)


def shown(name: str, value: float) -> str:
    """Return a default rate as a person reads it."""
    return dollars(value) if name == "margin_usd" else f"{percent(value)}%"


def rate_lines(rates: Mapping[str, float], lang: Lang) -> str:
    """Return the chat's default rates, one a line."""
    return "\n".join(
        say(
            lang,
            "settings.rate_line",
            name=say(lang, f"desk.input.{name}"),
            value=shown(name, rates[name]) if name in rates else say(lang, "settings.rate_none"),
        )
        for name in RATES
    )
