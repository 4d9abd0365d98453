"""The forms of the commands: what is asked step by step, and the words that the answers make.

A form is its command and the answers so far. Which step comes next depends on them: a saved
position skips the trade, a basket asks for bond after bond until it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.desk.known import Known
from bot.desk.position import check_name
from bot.desk.trade import TRADE, read_trade
from bot.reading.amounts import read_coupon, read_dollars, read_rate
from bot.reading.days import ReadDate, read_date, which
from bot.reading.grammar import split
from bot.reading.words import read_answer, words
from tools.contracts import parse_contract
from tools.errors import CalculatorError
from tools.quotes import parse_cash_price, parse_futures_price

NEW, DONE, MORE, PASTE = "-", ".", "+", "="

_BOND = ("maturity", "coupon", "cash")
_TRADE = ("contract", "futures", *_BOND, "repo")
_FUNDING = ("haircut", "margin", "buffer", "face")
_PLANS: dict[str, tuple[str, ...]] = {
    "basis": (*_TRADE, "haircut"),
    "carry": _TRADE,
    "pnl": ("position", *_TRADE, "face", "mark_day", "mark_futures", "mark_cash"),
    "leverage": ("position", *_TRADE, *_FUNDING),
    "stress": ("position", *_TRADE, *_FUNDING, "scenario"),
    "spiral": ("haircut", "margin_pct", "buffer_pct", "shock_margin", "shock_haircut",
               "shock_basis"),
    "dates": ("contract",),
    "position": ("name", *_TRADE, *_FUNDING),
    "ctd": ("contract", "futures", "repo", "basket"),
}  # fmt: skip
COMMANDS = tuple(_PLANS)
# What a step's answer is in the words of the command; the others stand by their shape.
_WORDS = {
    "futures": "futures {}",
    "maturity": "maturity {}",
    "coupon": "coupon {}",
    "cash": "cash {}",
    "repo": "repo {}",
    "haircut": "haircut {}%",
    "margin": "margin {}",
    "margin_pct": "margin {}%",
    "buffer": "buffer {}",
    "buffer_pct": "buffer {}%",
    "face": "face {}",
    "mark_day": "to {}",
    "shock_margin": "shock margin x{}",
    "shock_haircut": "haircut {}%",
    "shock_basis": "basis -{}",
}


@dataclass(frozen=True, slots=True)
class Steps:
    """A form: the command, the answers so far, and what is being typed at the current step."""

    command: str
    chosen: tuple[str, ...] = ()
    entry: str = ""

    @classmethod
    def opened(cls, command: str, has_positions: bool) -> Steps:
        """Return a command's form as it opens: without saved positions it is about a new trade."""
        asks = _PLANS[command][0] == "position"
        return cls(command, (NEW,) if asks and not has_positions else ())

    def named(self) -> list[tuple[str, str]]:
        """Return the answers, each with its step."""
        found: list[tuple[str, str]] = []
        for value in self.chosen:
            step = _next(self.command, found)
            if step is None:
                break
            found.append((step, value))
        return found

    @property
    def step(self) -> str | None:
        """Return the step that comes next, None where all is known."""
        return _next(self.command, self.named())

    def value(self, step: str) -> str:
        """Return the last answer to a step, empty where there is none."""
        return next((value for name, value in reversed(self.named()) if name == step), "")

    def words(self) -> str:
        """Return the words of the command that the answers make."""
        parts = ["save"] if self.command == "position" else []
        lines: list[str] = []
        for step, value in self.named():
            if step in {"more", "basket"} or (step == "position" and value == NEW):
                continue
            if step == "pasted":
                lines += value.splitlines()
                continue
            in_basket = self.command == "ctd" and step in _BOND
            text = value if in_basket else _WORDS.get(step, "{}").format(value)
            if not value:
                continue
            if in_basket:
                if step == "maturity":
                    lines.append(text)
                else:
                    lines[-1] += f" {text}{'%' if step == 'coupon' else ''}"
            else:
                parts.append(text)
        return "\n".join([" ".join(parts), *lines])


def _next(command: str, answers: Sequence[tuple[str, str]]) -> str | None:
    """Return the step after some answers."""
    if command == "ctd" and len(answers) >= 4:
        return _next_of_basket(answers)
    plan = list(_PLANS[command])
    if answers and answers[0][0] == "position" and answers[0][1] != NEW:
        plan = [step for step in plan if step not in {*_TRADE, *_FUNDING}]
    return plan[len(answers)] if len(answers) < len(plan) else None


def _next_of_basket(answers: Sequence[tuple[str, str]]) -> str | None:
    """Return the next step of a basket: three a bond, then whether there is another."""
    if answers[3][1] == PASTE:
        return "pasted" if len(answers) == 4 else None
    if answers[-1] == ("more", DONE):
        return None
    return (*_BOND, "more")[(len(answers) - 4) % 4]


def first_wrong(state: Steps, today: date) -> tuple[Steps, CalculatorError | None]:
    """Return the form up to the first answer that cannot be used, and what is wrong with it."""
    for place, (step, value) in enumerate(state.named()):
        before = Steps(state.command, state.chosen[:place])
        try:
            _check(before, step, value, today)
        except CalculatorError as error:
            return before, error
    refused = _out_of_range(state, today)
    return (Steps(state.command, state.chosen[:-1]), refused) if refused else (state, None)


_FIELDS = {
    "repo": "repo_pct", "haircut": "haircut_pct", "margin": "margin_usd", "buffer": "buffer_usd",
    "face": "face_usd",
}  # fmt: skip


def _out_of_range(state: Steps, today: date) -> CalculatorError | None:
    """Return why the last answer cannot be used with the trade so far, None where it can.

    Said at its own step: found out at the end, it would cost all the answers.
    """
    named = [(step, value) for step, value in state.named() if step in {*_TRADE, *_FUNDING}]
    if not named or named[-1][0] not in _FIELDS or "cash" not in dict(named):
        return None
    words = " ".join(_WORDS.get(step, "{}").format(value) for step, value in named if value)
    try:
        read_trade(split(words, TRADE), Known(today))
    except CalculatorError as error:
        return error if error.field == _FIELDS[named[-1][0]] else None
    return None


_NUMBERS = {
    "repo": read_rate, "haircut": read_rate, "margin_pct": read_rate, "buffer_pct": read_rate,
    "shock_haircut": read_rate, "shock_basis": read_rate, "shock_margin": read_rate,
}  # fmt: skip
_AMOUNTS = frozenset({"margin", "buffer", "face"})


def _check(before: Steps, step: str, value: str, today: date) -> None:
    if step == "contract":
        parse_contract(value, today)
    elif step == "name":
        check_name(value, value)
    elif step in {"futures", "mark_futures"}:
        contract = before.value("contract")
        parse_futures_price(value, parse_contract(contract, today).root if contract else None)
    elif step in {"cash", "mark_cash"}:
        parse_cash_price(value)
    elif step in {"maturity", "mark_day"}:
        _check_day(step, value, today)
    elif step == "coupon" and not _is_coupon(value.split()):
        raise _wrong("args_bad_coupon", value)
    elif step in _NUMBERS and value and _NUMBERS[step](value) is None:
        raise _wrong("args_bad_rate", value)
    elif step in _AMOUNTS and value and read_dollars(value) is None:
        raise _wrong("args_bad_dollars", value)


def _check_day(step: str, value: str, today: date) -> None:
    found = _day(step, value, today)
    if found is None:
        raise _wrong("args_bad_date", value)
    if found.other:
        raise CalculatorError("args_which_day", culprit=value, value=value, **which(found))


def _day(step: str, typed: str, today: date) -> ReadDate | None:
    """Return the day that an answer says; a bond matures on a date, not so long from today."""
    reads = [word.read for word in words(typed)]
    return read_date(reads, today if step == "mark_day" else None)


def _is_coupon(parts: Sequence[str]) -> bool:
    """Tell whether words are a coupon and nothing more: `15 Nov 2034` begins like one."""
    found = read_coupon(parts)
    return found is not None and found[1] == len(parts)


def _wrong(code: str, value: str) -> CalculatorError:
    return CalculatorError(code, culprit=value, value=value)


def cleaned(step: str | None, typed: str, today: date) -> str:
    """Return a typed answer as a form keeps it."""
    if step in {"maturity", "mark_day"}:
        found = _day(step, typed, today)
        return found.day.isoformat() if found and not found.other else typed.strip()
    if step == "pasted":
        return typed.strip()
    typed = read_answer(typed)
    if step == "coupon":
        return typed.strip().removesuffix("%").rstrip()
    plain = "".join(typed.split())
    # Where no rate is asked for, the sign is part of what is refused.
    return plain.removesuffix("%") if step in _NUMBERS else plain
