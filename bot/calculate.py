"""The words after /basis and a day -> its reply; after an error, words that would have worked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bot.arguments import (
    NO_RATES,
    BasisRequest,
    FindBond,
    OwnRates,
    RateOnRecord,
    nobody,
    read_basis,
)
from bot.completing import completions, front_contract
from bot.grammar import is_contract
from bot.packed import pack
from bot.words import month_and_day
from bot.words import words as split_words
from tools.basis import Basis, basis
from tools.basis_inputs import BasisInputs
from tools.calendar import add_business_days, next_business_day
from tools.contracts import parse_contract
from tools.errors import CalculatorError
from tools.quotes import format_cash, format_futures


@dataclass(frozen=True, slots=True)
class BasisReply:
    """What /basis found: the request, its result, and the day in New York it was asked.

    `packed` is the request as a button carries it, None where it is too long for one; `command`
    asks the same again, in words.
    """

    request: BasisRequest
    result: Basis
    asked: date
    packed: str | None
    command: str


def answer_basis(
    text: str,
    today: date,
    on_record: RateOnRecord | None = None,
    own: OwnRates = NO_RATES,
    find: FindBond = nobody,
) -> BasisReply:
    """Return the basis that the words ask for on a day in New York.

    Raises CalculatorError with the token at fault as typed in `values["culprit"]`.
    """
    request = read_basis(text, today, on_record, own, find)
    try:
        result = basis(inputs_of(request))
    except CalculatorError as error:
        raise _blamed(error, request) from error
    return BasisReply(request, result, today, pack(request, today), command_of(request))


def inputs_of(request: BasisRequest) -> BasisInputs:
    """Return a request as the calculator takes it."""
    return BasisInputs(
        contract=request.contract,
        futures_price=request.futures.price,
        coupon_pct=request.coupon_pct,
        maturity=request.maturity,
        clean_price=request.cash.price,
        settlement=request.settlement,
        delivery=request.delivery,
        repo_pct=request.repo_pct,
        haircut_pct=request.haircut_pct,
        margin_usd=request.margin_usd,
        face_usd=request.face_usd,
        conversion_factor=request.conversion_factor,
    )


def _blamed(error: CalculatorError, request: BasisRequest) -> CalculatorError:
    """Return the error with the token as typed; a default is the contract's fault, if anyone's."""
    name = error.field or "contract"
    culprit = request.typed.get(name, request.typed["contract"])
    # What the sentence quotes is what the person wrote, not how it was read.
    shown = {"value": culprit} if name in request.typed and "value" in error.values else {}
    values = {**error.values, **shown, "culprit": culprit, "field": name}
    return CalculatorError(error.code, **values)


def command_of(request: BasisRequest) -> str:
    """Return the command that gives what was given, in forms that read the same in any language."""
    typed = request.typed
    contract = request.contract
    parts = [
        f"/basis {contract.code}",
        format_futures(request.futures.price, contract.root),
        f"{request.coupon_pct:g}%",
        request.maturity.isoformat(),
        format_cash(request.cash.price),
    ]
    if request.cusip:
        parts.append(request.cusip)
    for key, name, form in (
        ("repo", "repo_pct", "{:g}"),
        ("haircut", "haircut_pct", "{:g}%"),
        ("margin", "margin_usd", "{:.10g}"),
        ("face", "face_usd", "{:.15g}"),
        ("cf", "conversion_factor", "{:g}"),
        ("settle", "settlement", "{}"),
        ("date", "delivery", "{}"),
    ):
        if name in typed:
            parts.append(f"{key} {form.format(getattr(request, name))}")
    return " ".join(parts)


def with_repo(text: str, percent: float) -> str:
    """Return the words with another repo rate."""
    found = split_words(text)
    kept: list[str] = []
    skip = False
    for word in found:
        if skip:
            skip = False
        elif word.read.lower() == "repo":
            skip = True
        else:
            kept.append(word.read)
    return " ".join([*kept, f"repo {percent:.4f}".rstrip("0").rstrip(".")])


def example(today: date) -> str:
    """Return words after /basis that work on that day: a TY contract with two weeks or more to go.

    The bond matures seven years and eight months after the delivery month, where a coupon of
    4.25 % has the factor 0.8955: so the prices fit each other whatever the quarter.
    """
    contract = front_contract(today)
    months = contract.month + 8
    year, month = contract.year + 7 + (months > 12), (months - 1) % 12 + 1
    return f"{contract.code} 112-16+ 4.25% {month}/15/{year % 100:02d} 100-30 repo 3.90 haircut 2%"


def corrected(text: str, error: CalculatorError, today: date) -> str:
    """Return words that work: the person's own with the culprit mended, else the example."""
    return mended(text, error, today, lambda words: answer_basis(words, today)) or example(today)


def mended(
    text: str, error: CalculatorError, today: date, answer: Callable[[str], object]
) -> str | None:
    """Return the words with the culprit mended, None where no mending makes them work."""
    for words in completions(text, error, today):
        if works := _completed(words, today, answer):
            return works
    culprit = str(error.values.get("culprit", ""))
    for words in _mended(text, culprit, error, today):
        try:
            answer(words)
        except CalculatorError:
            continue
        return words
    return None


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


def _mended(text: str, culprit: str, error: CalculatorError, today: date) -> list[str]:
    """Return what the person may have meant, likeliest first."""
    found = [word.typed for word in split_words(text)]
    places = [place for place, word in enumerate(found) if word == culprit]
    if not places:
        return []
    # Of a key given twice the second is at fault, of anything else the first.
    at = places[-1] if error.code == "args_key_twice" else places[0]
    options = [[fix] for fix in _fixes(culprit, error, today)]
    mended = [_replaced(text, found, at, 1, fix) for fix in options]
    if error.code.startswith("args_") and not error.code.startswith("args_missing"):
        mended += [_replaced(text, found, at, count, []) for count in (1, 2)]
    if error.code == "args_nameless_rate":
        mended.insert(0, _DECIMAL_COMMA.sub(r"\1.\2", text))
        mended.append(" ".join(_named_rates(found)))
    return mended


_DECIMAL_COMMA = re.compile(r"(\d),(\d{1,2}%)")


def _replaced(text: str, found: list[str], at: int, count: int, fix: list[str]) -> str:
    """Return a text with some of its words replaced, its lines as they are."""
    first, last = 0, 0
    for word in found[: at + 1]:
        first = text.index(word, last)
        last = first + len(word)
    for word in found[at + 1 : at + count]:
        last = text.index(word, last) + len(word)
    changed = f"{text[:first]} {' '.join(fix)} {text[last:]}"
    return "\n".join(" ".join(line.split()) for line in changed.splitlines()).strip()


_BARE_RATE = re.compile(r"[-+]?\d{1,2}(?:\.\d+)?(?:%|bps?)?", re.I)


def _named_rates(found: list[str]) -> list[str]:
    """Return words whose nameless rates are haircut, margin and buffer, in this order."""
    names = iter(("haircut", "margin", "buffer"))
    return [
        f"{next(names, '')} {word}".strip() if _BARE_RATE.fullmatch(word) else word
        for word in found
    ]


_STAND_INS = {
    "coupon_pct": "4.25%",
    "repo_pct": "3.90",
    "haircut_pct": "2%",
    "margin_usd": "1850",
    "face_usd": "100m",
    "conversion_factor": "0.8955",
}


def _fixes(culprit: str, error: CalculatorError, today: date) -> list[str]:
    """Return what could stand in the culprit's place, by the input that it was for."""
    if near := error.values.get("near"):
        return [str(near)]
    by_code = {
        "args_nameless_rate": [f"{key} {culprit}" for key in ("repo", "haircut", "shock yield")],
        "args_extra_price": [f"to {_in_a_month(today)} {culprit}"],
        "args_missing_day": [f"{culprit} {_in_a_month(today)}"],
        "args_key_twice": [f"shock {culprit}"],
    }
    if error.code in by_code:
        return by_code[error.code]
    if error.code == "args_tenor":
        return [front_contract(today, str(error.values["root"])).code]
    if error.code in {"args_bad_date", "args_no_year"}:
        return [*_days_meant(culprit, today), *_stand_ins(culprit, error, today)]
    if error.code.startswith("price_"):
        handle = re.match(r"\D*(\d{2,3})", culprit)
        return [f"{handle[1]}-16"] if handle else []
    return _stand_ins(culprit, error, today)


def _days_meant(culprit: str, today: date) -> list[str]:
    """Return the days that a wrong one may be: day first, or without its year."""
    parts = re.split(r"[/.]", culprit)
    if len(parts) == 3:
        # `15/11/2034` and `15.11.2034` can only be a day first.
        return [f"{parts[1]}/{parts[0]}/{parts[2]}"]
    found = month_and_day(culprit)
    if found is None:
        return []
    year = today.year + (found < (today.month, today.day))
    return [f"{found[0]}/{found[1]}/{year}"]


def _stand_ins(culprit: str, error: CalculatorError, today: date) -> list[str]:
    """Return values that the input at fault may have, the calculator's own example among them."""
    name, said = error.field or "", error.values.get("example")
    by_field = {
        "contract": front_contract(today).code,
        "settlement": next_business_day(today).isoformat(),
    }
    known = [by_field.get(name), str(said) if said else None, _STAND_INS.get(name)]
    if is_contract(culprit):  # a contract that has ended: the next one of its kind
        known.append(_next_of(culprit, today))
    return [text for text in known if text]


def _in_a_month(today: date) -> date:
    return add_business_days(today, 20)


def _next_of(code: str, today: date) -> str:
    try:
        return front_contract(today, parse_contract(code, today).root).code
    except CalculatorError:
        return front_contract(today).code
