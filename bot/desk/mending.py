"""Words that could not be read and why -> the words with the culprit put right, if one can."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise

from bot.desk.completing import completions, front_contract
from bot.reading.days import month_and_day, read_date
from bot.reading.words import words as split_words
from tools.calendar import add_business_days
from tools.errors import CalculatorError


def example(today: date) -> str:
    """Return words after /basis that work on that day: a TY contract with two weeks or more to go.

    The bond matures seven years and eight months after the delivery month, where a coupon of
    4.25 % has the factor 0.8955: so the prices fit each other whatever the quarter.
    """
    contract = front_contract(today)
    months = contract.month + 8
    year, month = contract.year + 7 + (months > 12), (months - 1) % 12 + 1
    return f"{contract.code} 112-16+ 4.25% {month}/15/{year % 100:02d} 100-30 repo 3.90 haircut 2%"


def mended(
    text: str, error: CalculatorError, today: date, answer: Callable[[str], object]
) -> str | None:
    """Return the words with the culprit put right or what they lack filled in, else None.

    Nothing of the words is left out and no other word is touched. Where two readings of the
    culprit work, nobody can tell which was meant, and none is offered.
    """
    for words in completions(text, error, today):
        if works := _completed(words, today, answer):
            return works
    readings = dict.fromkeys(_readings(text, error, today, answer))
    working = [words for words in readings if words != text and _works(words, answer)]
    return working[0] if len(working) == 1 else None


def _works(words: str, answer: Callable[[str], object]) -> bool:
    try:
        answer(words)
    except CalculatorError:
        return False
    return True


_MOST_MISSING = 5  # a bond, its repo rate, its funding and a stress, say


def _completed(words: str, today: date, answer: Callable[[str], object]) -> str | None:
    """Return words once all that they miss is filled in, None where that does not help."""
    for _ in range(_MOST_MISSING):
        try:
            answer(words)
        except CalculatorError as error:
            words = next(iter(completions(words, error, today)), "")
            continue
        return words
    return None


def _readings(
    text: str, error: CalculatorError, today: date, answer: Callable[[str], object]
) -> list[str]:
    """Return the words once for each thing that the culprit, as a whole, can have meant."""
    found = [word.typed for word in split_words(text)]
    culprit = str(error.values.get("culprit", ""))
    spans = _spans(text, found)
    places = [place for place, word in enumerate(found) if word == culprit]
    readings: list[str] = []
    if error.code == "args_key_twice":
        return _of_a_key_twice(text, found, spans, answer)
    for place in places:
        first, last = spans[place]
        if not _is_part_of_a_number(text, first, last):
            fixes = _meant(culprit, error, today)
            readings += [f"{text[:first]}{fix}{text[last:]}" for fix in fixes]
    return ["\n".join(" ".join(line.split()) for line in words.splitlines()) for words in readings]


def _spans(text: str, found: list[str]) -> list[tuple[int, int]]:
    """Return where each word of a text begins and ends."""
    spans: list[tuple[int, int]] = []
    last = 0
    for word in found:
        first = text.index(word, last)
        last = first + len(word)
        spans.append((first, last))
    return spans


def _is_part_of_a_number(text: str, first: int, last: int) -> bool:
    """Tell whether a comma ties a word to digits beside it: half a number has no meaning."""
    around = text[max(0, first - 2) : first], text[last : last + 2]
    return any(re.fullmatch(r"\d,|,\d", part) for part in around)


def _of_a_key_twice(
    text: str, found: list[str], spans: list[tuple[int, int]], answer: Callable[[str], object]
) -> list[str]:
    """Return words whose last key and value are not said twice, or are the shock that is missing.

    Two different values stand against each other: which of them counts, only the person knows.
    """
    readings: list[str] = []
    for at in range(1, len(found) - 1):
        key, value = found[at], found[at + 1]
        without = f"{text[: spans[at][0]]}{text[spans[at + 1][1] :]}".strip()
        said = [pair for pair in pairwise(found[:at]) if pair[0] == key]
        if (key, value) in said:
            readings.append(without)
        elif said and _lacks_a_shock(without, answer):
            readings.append(f"{text[: spans[at][0]]}shock {text[spans[at][0] :]}")
    return readings


def _lacks_a_shock(words: str, answer: Callable[[str], object]) -> bool:
    try:
        answer(words)
    except CalculatorError as error:
        return error.code == "args_no_shock"
    return False


def _meant(culprit: str, error: CalculatorError, today: date) -> list[str]:
    """Return what the whole of a culprit can mean, in words that are read."""
    if error.code == "args_unknown_near":
        return [str(error.values["near"])] if error.values.get("only") else []
    if error.code == "args_missing_day":
        return [f"{culprit} {_in_a_month(today)}"]
    if error.code == "args_tenor":
        return [front_contract(today, str(error.values["root"])).code]
    if error.code in {"args_bad_date", "args_no_year"}:
        return _days_meant(culprit, today)
    return []


def _days_meant(culprit: str, today: date) -> list[str]:
    """Return the days that a wrong one may be: day first, without its year, or the next one."""
    parts = re.split(r"[/.]", culprit)
    if len(parts) == 3:
        # `15/11/2034` and `15.11.2034` can only be a day first, `5/11/2034` could be both.
        day_first = parts[0].isdecimal() and int(parts[0]) > 12
        return [f"{parts[1]}/{parts[0]}/{parts[2]}"] if day_first else []
    found = month_and_day(culprit)
    if found is None:
        return []
    days = [f"{found[0]}/{found[1]}/{today.year + more}" for more in (-1, 0, 1)]
    return [day for day in days if _is_near(day, today)]


_NEAR_DAYS = 150  # less than half a year: of two years only one can be as near


def _is_near(day: str, today: date) -> bool:
    read = read_date([day])
    return read is not None and abs((read.day - today).days) <= _NEAR_DAYS


def _in_a_month(today: date) -> date:
    return add_business_days(today, 20)
