"""What a form offers at a step -> the buttons: contracts, the days of a bond, digits, choices."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import date

from bot.i18n import Lang, say
from bot.render.message import Button, Keyboard
from tools.basis_inputs import deliverable_maturities
from tools.calendar import last_delivery_day
from tools.contracts import ContractMonth, roots

PRICE_KEYS = ("123", "456", "789", "-0+", ".")
NUMBER_KEYS = ("123", "456", "789", "0.")
LONGEST_ENTRY = 10
_YEAR_AND_MONTH = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)
# The longest bonds mature within 31 years of delivery.
_LONGEST_YEARS = 31

# From what is typed so far, or chosen, to the data of the button that says so.
Data = Callable[[str], str]


def contract_keys(entry: str, today: date, typing: Data, done: Data) -> Keyboard:
    """Offer the roots, then the three months of one that deliver next."""
    if entry not in roots():
        names = [Button(root, data=typing(root)) for root in roots()]
        return (tuple(names[:4]), tuple(names[4:]))
    return (tuple(Button(m.code, data=done(m.code)) for m in _listed(entry, today)),)


def _listed(root: str, today: date) -> list[ContractMonth]:
    contract = ContractMonth(root, today.year, 3)
    while last_delivery_day(contract) <= today:
        contract = contract.next()
    return [contract, contract.next(), contract.next().next()]


def maturity_keys(entry: str, contract: ContractMonth, typing: Data, done: Data) -> Keyboard:
    """Offer only what may be delivered: the years, then the months of one, then its two days."""
    first, last = deliverable_maturities(contract)
    end = last or date(contract.year + _LONGEST_YEARS, contract.month, 1)
    if not _YEAR_AND_MONTH.fullmatch(entry):
        years = [Button(str(y), data=typing(str(y))) for y in range(first.year, end.year + 1)]
        return in_rows(years, 4)
    if len(entry) == 4:
        months = [
            Button(f"{entry}-{m:02d}", data=typing(f"{entry}-{m:02d}"))
            for m in range(1, 13)
            if any(first <= day <= end for day in _days(int(entry), m))
        ]
        return in_rows(months, 3)
    year, month = map(int, entry.split("-"))
    days = [day for day in _days(year, month) if first <= day <= end]
    return (tuple(Button(day.isoformat(), data=done(day.isoformat())) for day in days),)


def _days(year: int, month: int) -> tuple[date, date]:
    """Return the two days of a month on which Treasuries mature."""
    return date(year, month, 15), date(year, month, calendar.monthrange(year, month)[1])


def digit_keys(entry: str, keys: Sequence[str], typing: Data, done: Data, lang: Lang) -> Keyboard:
    """Offer digits that add to what is being typed, one to take away, one to settle it."""

    def key(sign: str) -> Button:
        return Button(sign, data=typing(entry if len(entry) >= LONGEST_ENTRY else entry + sign))

    rows = [tuple(key(sign) for sign in row) for row in keys[:-1]]
    last = [key(sign) for sign in keys[-1]]
    last.append(Button(say(lang, "button.delete"), data=typing(entry[:-1])))
    if entry:
        last.append(Button(say(lang, "button.enter"), data=done(entry)))
    return (*rows, tuple(last))


def in_rows(buttons: Sequence[Button], width: int) -> Keyboard:
    """Return buttons in rows of a width."""
    return tuple(tuple(buttons[i : i + width]) for i in range(0, len(buttons), width))
