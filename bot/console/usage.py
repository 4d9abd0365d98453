"""argparse in two languages: its headings, its help and what it says of wrong words."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

from bot.i18n import Lang, say

# What argparse says in English, and the sentence of ours that says it.
_SAID = {
    "required": re.compile(r"the following arguments are required: (?P<names>.+)"),
    "choice": re.compile(
        r"argument (?P<name>.+?): invalid choice: (?P<value>.+) \(choose from (?P<allowed>.+)\)"
    ),
    "value": re.compile(r"argument (?P<name>.+?): invalid (?P<kind>\w+) value: (?P<value>.+)"),
    "together": re.compile(r"argument (?P<name>.+?): not allowed with argument (?P<other>.+)"),
    "missing": re.compile(r"argument (?P<name>.+?): expected (?:one|at least one) argument"),
    "unknown": re.compile(r"unrecognized arguments: (?P<names>.+)"),
    "ambiguous": re.compile(r"ambiguous option: (?P<value>\S+) could match (?P<allowed>.+)"),
}


class Parser(argparse.ArgumentParser):
    """A parser that speaks the terminal's language; `example` is shown beneath its help."""

    def __init__(self, *, lang: Lang, prog: str, description: str, example: str) -> None:
        super().__init__(
            prog,
            description=description,
            epilog=example,
            add_help=False,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.lang = lang
        self._positionals.title = say(lang, "usage.words")
        self._optionals.title = say(lang, "usage.options")
        self.add_argument("-h", "--help", action="help", help=say(lang, "usage.help"))

    def format_usage(self) -> str:
        """Return how it is called, under a heading of its language."""
        return self._titled(super().format_usage())

    def format_help(self) -> str:
        """Return the help, under headings of its language."""
        return self._titled(super().format_help())

    def _titled(self, text: str) -> str:
        return text.replace("usage:", say(self.lang, "usage.usage"), 1)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the words and what helps, and exit with 2."""
        wrong = say(self.lang, "usage.wrong", message=_words(message, self.lang))
        helps = say(self.lang, "usage.helps", command=f"{self.prog} --help")
        self.exit(2, f"{wrong}\n{self.format_usage()}{helps}\n")


def _words(message: str, lang: Lang) -> str:
    """Return what argparse says, in a language."""
    for key, form in _SAID.items():
        if match := form.fullmatch(message):
            values = match.groupdict()
            if "kind" in values:
                values["kind"] = say(lang, f"usage.kind.{values['kind']}")
            return say(lang, f"usage.said.{key}", **values)
    return message
