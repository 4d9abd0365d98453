"""Commands with one slip each -> what is offered is the command that was meant, or nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from bot.desk import basis
from bot.desk.basis import BasisReply
from bot.desk.commands import ANSWERS
from bot.desk.commands import answer as desk_answer
from bot.desk.known import Reply
from bot.desk.mending import mended
from tests.bot.desk.asking import BASKET, KNOWN
from tools.errors import CalculatorError

BOND = "TYH7 112-16+ 4.25% 11/15/34 100-30"
FUNDED = {
    "en": f"{BOND} repo 3.90 haircut 2.5% margin 1850 settle 12/1/2026",
    "zh": f"{BOND} 回购利率 3.90 折扣率 2.5% 保证金 1850 结算日 12/1/2026",
}
HELD = {
    "en": f"{FUNDED['en']} face 50.5m buffer 1.5m lots 447",
    "zh": f"{FUNDED['zh']} 面值 50.5m 缓冲资金 1.5m 手数 447",
}
SPIRAL = "size 1tn 2y 40% 5y 30% 10y 30% haircut 1.5% margin 2% shock margin x1.5 basis -4"
COMMANDS = {
    ("basis", "en"): f"{FUNDED['en']} face 50.5m cf 0.8955",
    ("basis", "zh"): f"{FUNDED['zh']} 面值 50.5m 转换因子 0.8955",
    ("carry", "en"): FUNDED["en"],
    ("carry", "zh"): FUNDED["zh"],
    ("leverage", "en"): HELD["en"],
    ("leverage", "zh"): HELD["zh"],
    ("pnl", "en"): f"{HELD['en']} to 12/10/2026 112-20 101-02",
    ("pnl", "zh"): f"{HELD['zh']} to 12/10/2026 112-20 101-02",
    ("stress", "en"): f"{HELD['en']} mar2020",
    ("stress", "zh"): f"{HELD['zh']} mar2020",
    ("spiral", "en"): SPIRAL,
    ("spiral", "zh"): SPIRAL.replace("haircut", "折扣率").replace("margin", "保证金"),
    ("ctd", "en"): BASKET,
    ("ctd", "zh"): BASKET.replace("repo", "回购利率"),
    ("dates", "en"): "TYH7",
    ("dates", "zh"): "TYH7",
}
PER_COMMAND = 180  # 16 commands: 2,880 slips


@dataclass
class Slips:
    """Ways to mistype one word of a command."""

    dice: random.Random

    def ways(self) -> dict[str, Callable[[list[str]], list[str] | None]]:
        """Return the ways by name; each returns None where the words leave it no place."""
        return {
            "decimal comma": self.comma,
            "thousands": self.thousands,
            "a letter": self.letter,
            "a word between": self.between,
            "a key without its name": self.nameless,
            "a key for another": self.key,
            "a value for another": self.value,
            "a value said twice": self.twice,
            "day first": self.day_first,
            "no year": self.no_year,
            "a bad price": self.price,
            "a unit": self.unit,
            "cut in two": self.cut,
        }

    def _at(self, words: list[str], fits: Callable[[str], bool]) -> int | None:
        places = [place for place, word in enumerate(words) if fits(word)]
        return self.dice.choice(places) if places else None

    def _replaced(
        self, words: list[str], fits: Callable[[str], bool], change: Callable[[str], str]
    ) -> list[str] | None:
        at = self._at(words, fits)
        return None if at is None else [*words[:at], change(words[at]), *words[at + 1 :]]

    def comma(self, words: list[str]) -> list[str] | None:
        return self._replaced(words, lambda word: "." in word, lambda w: w.replace(".", ","))

    def thousands(self, words: list[str]) -> list[str] | None:
        forms = (
            "$1,850/contract",
            "1,850.00",
            "1.850,00",
            "$1,850/side",
            "1,85",
            "USD1,850",
            "1'850",
        )
        return self._replaced(words, lambda word: word == "1850", lambda _: self.dice.choice(forms))

    def letter(self, words: list[str]) -> list[str] | None:
        def typed(word: str) -> str:
            at = self.dice.randrange(len(word))
            swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
            return self.dice.choice(
                (word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], swapped)
            )

        return self._replaced(words, lambda word: word.isalpha() and len(word) > 2, typed)

    def between(self, words: list[str]) -> list[str]:
        at = self.dice.randrange(len(words) + 1)
        said = self.dice.choice(
            (
                "short",
                "rate",
                "buffers 500k",
                "ask",
                "约",
                "not",
                "minus",
                "tail 3m",
                "im 2%",
                "90",
                "5%",
            )
        )
        return [*words[:at], *said.split(), *words[at:]]

    def _key(self, words: list[str]) -> int | None:
        return self._at(
            words[:-1], lambda word: word.isalpha() and word not in {"shock", "mar2020"}
        )

    def nameless(self, words: list[str]) -> list[str] | None:
        at = self._key(words)
        return None if at is None else [*words[:at], *words[at + 1 :]]

    def key(self, words: list[str]) -> list[str] | None:
        keys = ("fund", "rate", "level", "fact", "marge", "dat", "set", "利率", "杠杆")
        at = self._key(words)
        return None if at is None else [*words[:at], self.dice.choice(keys), *words[at + 1 :]]

    def value(self, words: list[str]) -> list[str] | None:
        at = self._key(words)
        wrong = self.dice.choice(
            ("abc", "120%", "-3", "3,", "T+9", "1.2.3", "2/3", "31/11/34", "1e9", "x")
        )
        return None if at is None else [*words[: at + 1], wrong, *words[at + 2 :]]

    def twice(self, words: list[str]) -> list[str] | None:
        at = self._key(words)
        if at is None:
            return None
        again = self.dice.choice((words[at + 1], "7.5", "3%", "1m"))
        return [*words, words[at], again]

    def day_first(self, words: list[str]) -> list[str] | None:
        mark = self.dice.choice("/.")

        def turned(word: str) -> str:
            month, day, year = word.split("/")
            return mark.join((day, month, year))

        return self._replaced(words, lambda word: word.count("/") == 2, turned)

    def no_year(self, words: list[str]) -> list[str] | None:
        return self._replaced(
            words, lambda word: word.endswith("/2026"), lambda word: word.rpartition("/")[0]
        )

    def price(self, words: list[str]) -> list[str] | None:
        forms = ("{}5+", "{}+", "{}/32", "1{}", "{}.5.5")
        return self._replaced(
            words,
            lambda word: "-" in word and word[0].isdigit(),
            lambda word: self.dice.choice(forms).format(word),
        )

    def unit(self, words: list[str]) -> list[str] | None:
        units = ("bpp", "%%", "kk", " mill", "mmm", "/contract", "元")
        return self._replaced(
            words, lambda word: word[0].isdigit(), lambda word: word + self.dice.choice(units)
        )

    def cut(self, words: list[str]) -> list[str] | None:
        def halves(word: str) -> str:
            at = self.dice.randrange(1, len(word))
            return f"{word[:at]}{self.dice.choice(' ,')}{word[at:]}"

        return self._replaced(words, lambda word: word[0].isdigit() and len(word) > 2, halves)


def slipped(text: str, seed: str) -> Iterator[tuple[str, str]]:
    """Yield words with one slip, and which it was; lines stay lines."""
    slips = Slips(random.Random(seed))
    ways = list(slips.ways().items())
    for number in range(PER_COMMAND):
        name, way = ways[number % len(ways)]
        words = way(text.split(" "))
        if words is not None:
            yield name, " ".join(words)


def said(reply: BasisReply | Reply) -> str:
    """Return all inputs of a reply in words."""
    return reply.command if isinstance(reply, BasisReply) else f"{reply.command} {reply.words}"


@pytest.mark.parametrize(("command", "lang"), COMMANDS)
def test_what_is_offered_for_a_slip_is_what_was_meant_or_nothing(command: str, lang: str):
    """An input that was left out is filled in openly; none that was given is changed."""
    text = COMMANDS[command, lang]

    def ask(words: str) -> BasisReply | Reply:
        if command == "basis":
            return basis.answer(words, KNOWN)
        return desk_answer(command, words, KNOWN)

    meant, counts, wrong = said(ask(text)), Counter[str](), []
    for way, words in slipped(text, f"{command} {lang}"):
        try:
            ask(words)
        except CalculatorError as error:
            offered = mended(words, error, KNOWN.today, ask)
        else:
            counts["read"] += 1
            continue
        if offered is None:
            counts["no offer"] += 1
        elif said(ask(offered)) == meant or offered.startswith(words):
            counts["right"] += 1
        else:
            wrong.append((way, words, offered))
    assert wrong == []
    assert counts["no offer"] + counts["right"] > 0


def test_all_calculators_are_asked():
    assert {command for command, _ in COMMANDS} == {"basis", *ANSWERS}
