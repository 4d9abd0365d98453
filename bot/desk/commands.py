"""A command's name and its words -> its reply; words that work where some do not."""

from __future__ import annotations

from datetime import date

from bot.desk import basis, carry, ctd, dates, leverage, pnl, spiral, stress
from bot.desk.completing import front_contract
from bot.desk.known import Answer, Known, Reply
from bot.desk.mending import example as basis_example
from bot.desk.mending import mended
from tools.calendar import add_business_days
from tools.contracts import ContractMonth
from tools.conversion import conversion_factor
from tools.errors import CalculatorError
from tools.quotes import format_cash

ANSWERS: dict[str, Answer] = {
    "basis": basis.answer,
    "ctd": ctd.answer,
    "carry": carry.answer,
    "pnl": pnl.answer,
    "leverage": leverage.answer,
    "stress": stress.answer,
    "spiral": spiral.answer,
    "dates": dates.answer,
}


def answer(command: str, words: str, known: Known) -> Reply:
    """Return what a command finds; raises CalculatorError with the token at fault as typed."""
    return ANSWERS[command](words, known)


def corrected(command: str, words: str, error: CalculatorError, known: Known) -> str:
    """Return words that work: the person's own with the culprit mended, else the example."""
    own = None
    if error.code != "args_too_many":
        own = mended(words, error, known.today, lambda text: answer(command, text, known))
    return own or example(command, known.today)


def example(command: str, today: date) -> str:
    """Return words after a command that work on a day."""
    trade = basis_example(today)
    funded = f"{trade} margin 1850 face 100m buffer 500k"
    if command == "pnl":
        return f"{funded} to {add_business_days(today, 6)} 112-20 101-02"
    words = {
        "basis": trade,
        "ctd": _basket(today),
        "carry": trade,
        "leverage": funded,
        "stress": f"{funded} mar2020",
        "spiral": "size 1tn 2y 40% 5y 30% 10y 30% haircut 1% margin 2%"
        " shock margin x1.5 haircut +1% basis -4",
        "dates": front_contract(today).code,
        "position": f"save ten {funded}",
    }
    return words[command]


# Coupon, whole years and months from the delivery month to maturity, gross basis in 32nds.
_EXAMPLE_BONDS = ((4.25, 7, 8, 5.75), (3.875, 7, 5, 7.0), (4.0, 7, 2, 9.5), (4.5, 6, 8, 4.5))


def _basket(today: date) -> str:
    """Return a basket whose prices fit the contract's, whatever the quarter."""
    contract = front_contract(today)
    lines = [f"{contract.code} 112-16+ repo 3.90 vol 100"]
    lines += [_line(contract, *bond) for bond in _EXAMPLE_BONDS]
    return "\n".join(lines)


def _line(contract: ContractMonth, coupon: float, years: int, months: int, gross: float) -> str:
    month = contract.month + months
    maturity = date(contract.year + years + (month > 12), (month - 1) % 12 + 1, 15)
    price = 112.515625 * conversion_factor(coupon, maturity, contract) + gross / 32
    return f"{coupon:g}% {maturity} {format_cash(round(price * 64) / 64)}"
