"""Words that lack an input -> the same words with one that fits what is there.

What is filled in is an example: a bond that the contract accepts, a price near its converted
future. The person sees it before anything is computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from bot.reading.amounts import read_coupon
from bot.reading.days import read_date
from bot.reading.grammar import is_contract, is_price
from bot.reading.keys import SPELLINGS
from bot.reading.words import words
from tools.basis_inputs import deliverable_maturities
from tools.calendar import last_delivery_day
from tools.contracts import ContractMonth, parse_contract
from tools.conversion import conversion_factor
from tools.errors import CalculatorError
from tools.quotes import format_cash, format_futures, parse_cash_price, parse_futures_price

_COUPON, _GROSS, _FUTURES = 4.25, 6 / 32, 112.515625
_LOWEST_PRICE = 20.0


def completions(text: str, error: CalculatorError, today: date) -> list[str]:
    """Return the words completed by what the error misses, likeliest first."""
    if error.code == "args_missing_contract":
        # Behind the bond its price stays the bond's; before all, the first price is the future's.
        code = front_contract(today).code
        return [f"{text.strip()} {code}", f"{code} {text.strip()}"]
    if error.code in _AROUND:
        before, after = _AROUND[error.code]
        return [f"{before} {text.strip()} {after}".strip()]
    complete = _BY_CODE.get(error.code)
    if complete is None:
        return []
    try:
        return [f"{text.rstrip()}{part}" for part in complete(Given(text, today))]
    except CalculatorError:
        return []


def front_contract(today: date, root: str = "TY") -> ContractMonth:
    """Return the next contract of a root whose last delivery is two weeks or more away."""
    contract = ContractMonth(root, today.year, 3)
    while (last_delivery_day(contract) - today).days < 14:
        contract = contract.next()
    return contract


class Given:
    """What words hold, as far as it can be told; the rest is made to fit.

    Raises CalculatorError where they name no contract.
    """

    def __init__(self, text: str, today: date) -> None:
        found = _keyless([word.read for word in words(text)])
        codes = [word for word in found if is_contract(word)]
        if not codes:
            raise CalculatorError("args_missing_contract")
        self.contract: ContractMonth = parse_contract(codes[0], today)
        prices = [word for word in found if is_price(word) and not _small(word)]
        self.prices = prices[:2]
        coupons = [read[0] for word in found if _small(word) and (read := read_coupon([word]))]
        self.coupon = coupons[0] if coupons else _COUPON
        days = [day.day for word in found if (day := read_date([word]))]
        dates = [day for day in days if day > today]
        self.maturity = dates[0] if dates else self.fitting_maturity()

    def fitting_maturity(self) -> date:
        """Return a mid-month maturity in the window, not at its very edge."""
        first, _ = deliverable_maturities(self.contract)
        months = first.month + 2
        return date(first.year + (months > 12), (months - 1) % 12 + 1, 15)

    @property
    def factor(self) -> float:
        """Return the bond's conversion factor."""
        return conversion_factor(self.coupon, self.maturity, self.contract)

    def futures(self) -> float:
        """Return the future's price, a likely one where none is given."""
        if not self.prices:
            return _FUTURES
        return parse_futures_price(self.prices[0], self.contract.root).price

    def cash(self) -> str:
        """Return a bond price near the converted future's."""
        price = self.futures() * self.factor + _GROSS
        return format_cash(round(price * 64) / 64)

    def futures_for_cash(self) -> str:
        """Return a futures price near the bond's over its factor."""
        price = _FUTURES
        if self.prices:
            price = (parse_cash_price(self.prices[0]).price - _GROSS) / self.factor
        return format_futures(round(price * 32) / 32, self.contract.root)


def _keyless(found: list[str]) -> list[str]:
    """Return words without keys of rates and amounts, and without the values behind them."""
    keys = {key for name in _OTHERS for key in SPELLINGS[name].split()}
    return [
        word
        for before, word in zip(["", *found], found, strict=False)
        if not keys & {before.lower(), word.lower()}
    ]


_OTHERS = ("repo_pct", "haircut_pct", "margin_usd", "face_usd", "settlement", "delivery")


def _small(word: str) -> bool:
    """Tell whether a number is too small for a price, so that it can be a coupon."""
    number = re.fullmatch(r"(\d+(?:\.\d*)?)[%s]?", word)
    return number is not None and float(number[1]) < _LOWEST_PRICE


def _bond(given: Given) -> list[str]:
    bond = f"{given.coupon:g}% {given.maturity}"
    if len(given.prices) > 1:
        return [f" {bond}"]
    future = "" if given.prices else f"futures {format_futures(_FUTURES)} "
    return [f" {future}{bond} cash {given.cash()}"]


def _two_bonds(given: Given) -> list[str]:
    """Return lines of two bonds, the second a month longer: no window is shorter than that."""
    lines = []
    for coupon in (_COUPON, _COUPON - 0.25):
        given.coupon = coupon
        lines.append(f"{coupon:g}% {given.maturity} {given.cash()}")
        months = given.maturity.month + 1
        given.maturity = date(given.maturity.year + (months > 12), (months - 1) % 12 + 1, 15)
    return ["\n" + "\n".join(lines)]


_BY_CODE: dict[str, Callable[[Given], list[str]]] = {
    "args_missing_bond": _bond,
    "args_missing_coupon": lambda given: [f" coupon {given.coupon:g}%"],
    "args_missing_maturity": lambda given: [f" maturity {given.fitting_maturity()}"],
    "args_missing_cash": lambda given: [f" cash {given.cash()}"],
    "args_missing_futures": lambda given: [f" futures {given.futures_for_cash()}"],
    "basket_missing": _two_bonds,
    "args_no_capital": lambda _: [" haircut 2% margin 1850"],
}
# What stands before or behind the words, whatever they say.
_AROUND = {
    "repo_needed": ("", "repo 3.90"),
    "args_no_shock": ("", "mar2020"),
    "args_no_common_shock": ("", "shock margin x1.5 haircut +1% basis -4"),
    "args_missing_haircut_pct": ("haircut 1%", ""),
    "args_missing_margin_pct": ("margin 2%", ""),
    "args_no_size": ("size 1tn 2y 40% 5y 30% 10y 30%", ""),
}
