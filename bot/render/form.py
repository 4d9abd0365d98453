"""The /basis form: a state in a button's data -> one message, edited in place as it is filled in.

The state is all that was chosen, in the order of the steps, parted by `|`; what follows the last
`|` is still being typed. It travels in the buttons, so the form outlives a restart and needs no
store: `TYH7|112-16+|2034-11-15|4.25|100-3`.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from bot.desk.calculate import answer_basis
from bot.i18n import Lang, say
from bot.reading.amounts import read_coupon, read_rate
from bot.reading.days import read_date
from bot.reading.words import read_answer, words
from bot.render.html import escape
from bot.render.message import Button, Keyboard, Message
from tools.basis_inputs import deliverable_maturities
from tools.calendar import last_delivery_day
from tools.contracts import ContractMonth, parse_contract, roots
from tools.errors import CalculatorError
from tools.quotes import parse_cash_price, parse_futures_price

STEPS = ("contract", "futures", "maturity", "coupon", "cash", "repo", "haircut")
PREFIX = "f:"
_MOST_BYTES = 64
_LONGEST_ENTRY = 10
_PRICE_KEYS = ("123", "456", "789", "-0+", ".")
_NUMBER_KEYS = ("123", "456", "789", "0.")
_HAIRCUTS = ("0", "0.5", "1", "2", "3", "5")
_YEAR_AND_MONTH = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)
# The longest bonds mature within 31 years of delivery.
_LONGEST_YEARS = 31


@dataclass(frozen=True, slots=True)
class FormState:
    """What was chosen, step by step, and what is being typed at the current step."""

    chosen: tuple[str, ...]
    entry: str = ""

    @classmethod
    def read(cls, text: str) -> FormState:
        """Return the state that a button carries."""
        *chosen, entry = text.split("|")
        return cls(tuple(chosen), entry)

    @property
    def step(self) -> str | None:
        """Return the step that comes next, None where all are done."""
        return STEPS[len(self.chosen)] if len(self.chosen) < len(STEPS) else None

    def typing(self, entry: str) -> str:
        """Return the data of a button that leads to this entry."""
        return PREFIX + "|".join([*self.chosen, entry])

    def done(self, value: str) -> str:
        """Return the data of a button that settles this step."""
        return self.typing(f"{value}|")

    def back(self) -> str:
        """Return the data of a button that takes the last choice away."""
        return PREFIX + "|".join([*self.chosen[:-1], ""]) if self.chosen else PREFIX

    def words(self) -> str:
        """Return what was chosen as the words of /basis."""
        named = dict(zip(STEPS, self.chosen, strict=False))
        forms = {
            "contract": "{}",
            "futures": "futures {}",
            "maturity": "maturity {}",
            "coupon": "coupon {}",
            "cash": "cash {}",
            "repo": "repo {}",
            "haircut": "haircut {}%",
        }
        return " ".join(forms[step].format(value) for step, value in named.items() if value)


def with_typed(state: FormState, typed: str) -> FormState:
    """Return the state after a person typed the value of the current step as text."""
    value = "".join(read_answer(typed).split()) if state.step != "maturity" else typed
    if state.step == "maturity" and (found := read_date([word.read for word in words(typed)])):
        value = found.day.isoformat()
    if state.step in {"coupon", "repo", "haircut"}:  # elsewhere the sign is part of what is refused
        value = value.removesuffix("%")
    return FormState((*state.chosen, value))


def checked(state: FormState, today: date) -> tuple[FormState, CalculatorError | None]:
    """Return the state up to the first value that cannot be used, and what is wrong with it."""
    for place, value in enumerate(state.chosen):
        good = FormState(state.chosen[:place])
        try:
            _check(good, STEPS[place], value, today)
        except CalculatorError as error:
            return good, error
    refused = _out_of_range(state, today)
    return (FormState(state.chosen[:-1]), refused) if refused else (state, None)


_FIELDS = {"repo": "repo_pct", "haircut": "haircut_pct"}


def _out_of_range(state: FormState, today: date) -> CalculatorError | None:
    """Return why the last rate cannot be used, None where it can: at the end it costs the form."""
    last = STEPS[len(state.chosen) - 1] if state.chosen else ""
    if last not in _FIELDS:
        return None
    try:
        answer_basis(state.words(), today)
    except CalculatorError as error:
        return error if error.field == _FIELDS[last] else None
    return None


def _check(before: FormState, step: str, value: str, today: date) -> None:
    if step == "contract":
        parse_contract(value, today)
    elif step == "futures":
        parse_futures_price(value, parse_contract(before.chosen[0], today).root)
    elif step == "cash":
        parse_cash_price(value)
    elif step == "maturity" and read_date([value]) is None:
        raise CalculatorError("args_bad_date", culprit=value, value=value, field="maturity")
    elif step == "coupon" and read_coupon([value]) is None:
        raise CalculatorError("args_bad_coupon", culprit=value, value=value, field="coupon_pct")
    elif step in {"repo", "haircut"} and value and read_rate(value) is None:
        raise CalculatorError("args_bad_rate", culprit=value, value=value, field=step)


def form_message(
    state: FormState, lang: Lang, today: date, sofr: str | None = None, refused: str = ""
) -> Message:
    """Return the form at its current step; `refused` says what was wrong with the last value."""
    step = state.step or STEPS[-1]
    keyboard = _keyboards(state, lang, today, sofr)
    lines = [say(lang, "form.title")]
    if state.chosen:
        lines.append(say(lang, "form.so_far", words=escape(state.words())))
    if refused:
        lines.append(escape(refused))
    lines += ["", _question(state, step, lang, today)]
    if state.entry and step not in {"contract", "maturity"}:
        lines.append(f"<code>{escape(state.entry)}</code>")
    return Message("\n".join(lines), (*keyboard, _last_row(state, lang)))


def _question(state: FormState, step: str, lang: Lang, today: date) -> str:
    if step == "contract" and state.entry:
        return say(lang, "form.month", contract=state.entry)
    if step == "maturity":
        year = state.entry[:4]
        part = "year" if not year else "maturity" if len(state.entry) == 4 else "day"
        return say(lang, f"form.{part}", year=year)
    contract = parse_contract(state.chosen[0], today).code if state.chosen else ""
    return say(lang, f"form.{step}", contract=contract)


def _last_row(state: FormState, lang: Lang) -> tuple[Button, ...]:
    cancel = Button(say(lang, "button.cancel"), data="fc:")
    if not state.chosen and not state.entry:
        return (cancel,)
    back = state.typing("") if state.entry else state.back()
    return (Button(say(lang, "button.back"), data=back), cancel)


def _keyboards(state: FormState, lang: Lang, today: date, sofr: str | None) -> Keyboard:
    match state.step:
        case "contract":
            return _contracts(state, today)
        case "maturity":
            return _maturities(state, lang, today)
        case "repo":
            return (*_offer_sofr(state, lang, sofr), *_keypad(state, lang, _NUMBER_KEYS))
        case "haircut":
            rates = [Button(f"{rate}%", data=state.done(rate)) for rate in _HAIRCUTS]
            skip = Button(say(lang, "button.none"), data=state.done(""))
            return (tuple(rates[:3]), tuple(rates[3:]), (skip,))
        case "coupon":
            return _keypad(state, lang, _NUMBER_KEYS)
        case _:
            return _keypad(state, lang, _PRICE_KEYS)


def _contracts(state: FormState, today: date) -> Keyboard:
    if state.entry not in roots():
        names = [Button(root, data=state.typing(root)) for root in roots()]
        return (tuple(names[:4]), tuple(names[4:]))
    months = _listed(state.entry, today)
    return (tuple(Button(m.code, data=state.done(m.code)) for m in months),)


def _listed(root: str, today: date) -> list[ContractMonth]:
    """Return the next three contracts of a root that still deliver."""
    contract = ContractMonth(root, today.year, 3)
    while last_delivery_day(contract) <= today:
        contract = contract.next()
    return [contract, contract.next(), contract.next().next()]


def _maturities(state: FormState, lang: Lang, today: date) -> Keyboard:
    """Offer only what may be delivered: the years, then the months of one, then its two days."""
    contract = parse_contract(state.chosen[0], today)
    first, last = deliverable_maturities(contract)
    end = last or date(contract.year + _LONGEST_YEARS, contract.month, 1)
    if not _YEAR_AND_MONTH.fullmatch(state.entry):
        years = [Button(str(y), data=state.typing(str(y))) for y in range(first.year, end.year + 1)]
        return tuple(tuple(years[i : i + 4]) for i in range(0, len(years), 4))
    if len(state.entry) == 4:
        months = [
            Button(f"{state.entry}-{m:02d}", data=state.typing(f"{state.entry}-{m:02d}"))
            for m in range(1, 13)
            if any(first <= day <= end for day in _days(int(state.entry), m))
        ]
        return tuple(tuple(months[i : i + 3]) for i in range(0, len(months), 3))
    year, month = map(int, state.entry.split("-"))
    days = [day for day in _days(year, month) if first <= day <= end]
    return (tuple(Button(day.isoformat(), data=state.done(day.isoformat())) for day in days),)


def _days(year: int, month: int) -> tuple[date, date]:
    """Return the two days of a month on which Treasuries mature."""
    return date(year, month, 15), date(year, month, calendar.monthrange(year, month)[1])


def _offer_sofr(state: FormState, lang: Lang, sofr: str | None) -> Keyboard:
    skip = Button(say(lang, "button.none"), data=state.done(""))
    if sofr is None:
        return ((skip,),)
    text = say(lang, "button.repo_on_record", rate=sofr)
    return ((Button(text, data=state.done(sofr)), skip),)


def _keypad(state: FormState, lang: Lang, keys: tuple[str, ...]) -> Keyboard:
    """Return digits that add to what is being typed, one to take away, one to settle it."""
    rows = [tuple(_key(state, key) for key in row) for row in keys[:-1]]
    last = [_key(state, key) for key in keys[-1]]
    last.append(Button(say(lang, "button.delete"), data=state.typing(state.entry[:-1])))
    if state.entry:
        last.append(Button(say(lang, "button.enter"), data=state.done(state.entry)))
    return (*rows, tuple(last))


def _key(state: FormState, key: str) -> Button:
    """Return a key; past what a button can carry it does nothing more."""
    data = state.typing(state.entry + key)
    full = len(state.entry) >= _LONGEST_ENTRY or len(data.encode()) >= _MOST_BYTES
    return Button(key, data=state.typing(state.entry) if full else data)
