"""A key, a language and values -> the sentence a person reads."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{key}.")
        else:
            yield key, str(value)


@cache
def sentences(lang: Lang) -> dict[str, str]:
    """Return every sentence of a language by its dotted key."""
    path = resources.files("bot") / "locales" / f"{lang}.toml"
    return dict(_flatten(tomllib.loads(path.read_text(encoding="utf-8"))))


def say(lang: Lang, key: str, **values: object) -> str:
    """Return the sentence `key` in `lang` with its `{placeholders}` filled.

    An unknown key raises KeyError: a missing sentence is a defect, not a fallback.
    """
    return sentences(lang)[key].format(**values)


def has(key: str) -> bool:
    """Tell whether a sentence of that key exists."""
    return key in sentences("en")


def language_of(text: str) -> Lang:
    """Return "zh" where the text holds Chinese characters, else "en".

    One Chinese word in an English sentence about 基差 is still a Chinese speaker's question
    only if Chinese characters outnumber Latin words; tickers and numbers say nothing.
    """
    chinese = sum("\u4e00" <= c <= "\u9fff" or "\u3400" <= c <= "\u4dbf" for c in text)
    latin = sum(len(word) > 1 and word.isascii() and word.isalpha() for word in text.split())
    return "zh" if chinese and chinese >= latin else "en"


def pick_language(explicit: str | None, telegram_code: str | None = None, text: str = "") -> Lang:
    """Return the language to answer in: the setting, else Telegram's code, else the text's own."""
    if explicit in LANGS:
        return "zh" if explicit == "zh" else "en"
    if telegram_code:
        return "zh" if telegram_code.lower().startswith("zh") else "en"
    return language_of(text)
