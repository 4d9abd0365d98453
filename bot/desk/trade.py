"""The words of a trade -> bond, contract, financing and cash, from what was typed or saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from bot.desk.known import Known
from bot.desk.plausible import doubts
from bot.desk.readers import read_count
from bot.desk.request import BasisRequest, Default, request_of, require_all, with_listed_bond
from bot.reading.amounts import Share, read_amount, read_rate
from bot.reading.folding import fold
from bot.reading.grammar import (
    FINANCED,
    NAMED,
    Scan,
    Vocabulary,
    one,
    place_prices,
    scan,
    split,
    wrong,
)
from bot.reading.keys import SPELLINGS
from bot.reading.words import Word
from tools.basis import Basis, basis
from tools.basis_inputs import BasisInputs
from tools.contracts import ContractMonth
from tools.errors import CalculatorError
from tools.notes import Note
from tools.numbers import check_number
from tools.quotes import GRID, format_cash, format_futures

EXTRAS = {
    "buffer_usd": "buffer 缓冲 缓冲资金 备付金",
    "contracts": "contracts lots 手数 张数",
    "cash_rate_pct": "cashrate 现金利率",
}
TRADE = Vocabulary(
    "position",
    spellings={**SPELLINGS, **EXTRAS},
    readers={
        **FINANCED,
        "buffer_usd": ("args_bad_dollars", one(read_amount)),
        "contracts": ("args_bad_count", one(read_count)),
        "cash_rate_pct": ("args_bad_rate", one(read_rate)),
    },
    named=NAMED,
    most_words=200,
)


@dataclass(frozen=True, slots=True)
class Trade:
    """A long bond against a short future, financed in repo, with the cash behind it.

    `contracts` is None for the factor-weighted hedge. `position` is the saved position that it
    came from. Dollars, percent.
    """

    request: BasisRequest
    basis: Basis
    buffer_usd: float
    contracts: float | None
    cash_rate_pct: float
    position: str | None = None
    typed: Mapping[str, str] = field(default_factory=dict, hash=False)
    defaults: Mapping[str, Default] = field(default_factory=dict, hash=False)

    @property
    def contract(self) -> ContractMonth:
        """Return the contract sold."""
        return self.request.contract

    @property
    def sold(self) -> float:
        """Return the contracts sold."""
        return self.basis.contracts if self.contracts is None else self.contracts

    @property
    def bonds_usd(self) -> float:
        """Return what the bonds are worth, accrued interest included."""
        return self.basis.dirty * self.basis.face_usd / 100

    @property
    def equity_usd(self) -> float:
        """Return haircut, margin and buffer: the capital behind the trade, also below zero."""
        return self.basis.capital_usd(self.contracts) + self.buffer_usd

    @property
    def leverage(self) -> float | None:
        """Return bonds over equity, None where there is no equity."""
        return self.bonds_usd / self.equity_usd if self.equity_usd > 0 else None

    @property
    def leverage_missing(self) -> str | None:
        """Return why there is no leverage figure, None where there is one."""
        if self.equity_usd < 0:
            return "capital_negative"
        return None if self.equity_usd else self.basis.leverage_missing

    def gave(self, name: str) -> bool:
        """Tell whether an input was typed or saved, not defaulted."""
        default = self.defaults.get(name)
        return default is None or default.reason == "position"


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


def segments(
    found: Sequence[Word], markers: Mapping[str, str]
) -> tuple[list[Word], list[tuple[str, Word, list[Word]]]]:
    """Part words at markers; return those before the first, then (name, marker, words) of each."""
    head: list[Word] = []
    parts: list[tuple[str, Word, list[Word]]] = []
    for word in found:
        name = markers.get(word.read.lower())
        if name:
            parts.append((name, word, []))
        elif parts:
            parts[-1][2].append(word)
        else:
            head.append(word)
    return head, parts


def with_positions(vocabulary: Vocabulary, known: Known) -> Vocabulary:
    """Return a vocabulary in which a saved position and days from today can be named."""
    named = {fold(name).text.lower(): ("position", name) for name in known.positions}
    return replace(vocabulary, named={**vocabulary.named, **named}, today=known.today)


def read_trade(
    found: Sequence[Word], known: Known, vocabulary: Vocabulary = TRADE, at_entry: bool = False
) -> Trade:
    """Return the trade that words describe, completed from the saved position they name.

    `at_entry` keeps the day on which a saved position was entered; else it settles next. Raises
    CalculatorError with the token at fault as typed.
    """
    return trade_of(scan(found, with_positions(vocabulary, known)), known, at_entry)


def trade_of(made: Scan, known: Known, at_entry: bool = False) -> Trade:
    """Return the trade of scanned words."""
    name = made.values.get("position")
    if name is not None:
        for price in made.prices:
            price.after_contract = price.after_bond = True
    elif "contract" not in made.typed:
        raise wrong("args_missing_contract", made.words[0].typed, "contract")
    place_prices(made)
    inherited = _inherit(made, known.positions[name], at_entry) if name is not None else set()
    if "contract" not in made.typed:
        raise wrong("args_missing_contract", made.words[0].typed, "contract")
    defaults = with_listed_bond(made, known.market.bond)
    require_all(made)
    request = request_of(made, known.today, known.on_record, known.own)
    defaults = {
        **request.defaults,
        **defaults,
        **{key: Default("position", {"name": name}) for key in sorted(inherited)},
    }
    typed = {key: word for key, word in made.typed.items() if key not in inherited}
    request = replace(request, typed=typed, defaults=defaults)
    try:
        found = basis(inputs_of(request))
    except CalculatorError as error:
        raise blamed(error, made.typed) from error
    return _with_cash(made, request, found, name)


def _with_cash(made: Scan, request: BasisRequest, found: Basis, name: str | None) -> Trade:
    defaults = dict(request.defaults)
    buffer = made.values.get("buffer_usd")
    if buffer is None:
        defaults["buffer_usd"] = Default("no_buffer")
    elif isinstance(buffer, Share):
        buffer = buffer.percent / 100 * found.dirty * found.face_usd / 100
    try:
        check_number("buffer_usd", buffer or 0.0, 0, 1e13, "500k")
        check_number("contracts", made.values.get("contracts", 1.0), 0, 1e9, "895")
    except CalculatorError as error:
        raise blamed(error, made.typed) from error
    if "contracts" not in made.values:
        defaults["contracts"] = Default("factor_hedge")
    if "cash_rate_pct" not in made.values:
        defaults["cash_rate_pct"] = Default("no_interest")
    return Trade(
        request=request,
        basis=found,
        buffer_usd=buffer or 0.0,
        contracts=made.values.get("contracts"),
        cash_rate_pct=made.values.get("cash_rate_pct", 0.0),
        position=name,
        typed=request.typed,
        defaults=defaults,
    )


def scan_of(saved: str) -> Scan:
    """Return what a saved position's words say, each price on its side."""
    base = scan(split(saved, TRADE), TRADE)
    place_prices(base)
    return base


# Inputs that belong to another bond or contract once a new one is typed.
_OF_THE_CONTRACT = {"futures_price", "delivery", "conversion_factor", "contracts"}
_OF_THE_BOND = {"cusip", "clean_price", "conversion_factor"}


def _inherit(made: Scan, saved: str, at_entry: bool) -> set[str]:
    """Complete a scan from a saved position; return what came from it."""
    base = scan_of(saved)
    gone = set() if at_entry else {"settlement"}
    if "contract" in made.typed:
        gone |= _OF_THE_CONTRACT
    if "coupon_pct" in made.typed or "maturity" in made.typed:
        gone |= _OF_THE_BOND
    taken = {key for key in base.values if key not in made.values and key not in gone}
    for key in taken:
        made.values[key], made.typed[key] = base.values[key], base.typed[key]
    return taken


def blamed(
    error: CalculatorError, typed: Mapping[str, str], fallback: str = "contract"
) -> CalculatorError:
    """Return the error with the token as typed; a default is the contract's fault."""
    name = error.field or fallback
    culprit = typed.get(name) or typed.get(fallback) or str(error.values.get("value", ""))
    # What the sentence quotes is what the person wrote, not how it was read.
    shown = {"value": culprit} if name in typed and "value" in error.values else {}
    values = {**error.values, **shown, "culprit": culprit, "field": name}
    return CalculatorError(error.code, **values)


# The same again in words


def trade_words(trade: Trade) -> list[str]:
    """Return the words that give a trade again, its contract's year written out."""
    request = trade.request
    contract = request.contract
    code = f"{contract.code[:-1]}{contract.year}"
    parts = [
        f"{code} {_price(request.futures.price, format_futures, contract.root)}",
        f"{exact(request.coupon_pct)}% {request.maturity.isoformat()}",
        _price(request.cash.price, format_cash),
    ]
    if request.cusip:
        parts.append(request.cusip)
    parts += [
        f"{key} {value if isinstance(value, date) else exact(value)}{unit}"
        for key, name, unit in _KEYED
        if (value := _value(trade, name)) is not None and trade.gave(name)
    ]
    return parts


_KEYED = (
    ("repo", "repo_pct", ""),
    ("haircut", "haircut_pct", "%"),
    ("margin", "margin_usd", ""),
    ("buffer", "buffer_usd", ""),
    ("lots", "contracts", ""),
    ("cashrate", "cash_rate_pct", ""),
    ("face", "face_usd", ""),
    ("cf", "conversion_factor", ""),
    ("settle", "settlement", ""),
    ("date", "delivery", ""),
)


def exact(value: float) -> str:
    """Return a number with every digit it has, and no exponent.

    >>> exact(3.9012345), exact(1e8), exact(0.1 + 0.2)
    ('3.9012345', '100000000', '0.30000000000000004')
    """
    digits = f"{Decimal(repr(float(value))):f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _price(price: float, written: Callable[..., str], *root: str) -> str:
    """Return a price in 32nds, in decimals where it is none of the grid."""
    return written(price, *root) if price * GRID == round(price * GRID) else exact(price)


def _value(trade: Trade, name: str) -> float | date | None:
    own = {"buffer_usd", "contracts", "cash_rate_pct"}
    value: float | date | None = getattr(trade if name in own else trade.request, name)
    return value


def trade_inputs(trade: Trade) -> dict[str, object]:
    """Return a trade in the keys and units of the command line's contract."""
    return {
        **trade.request.as_inputs(),
        "buffer_usd": trade.buffer_usd,
        "contracts": trade.contracts,
        "cash_rate_pct": trade.cash_rate_pct,
        "position": trade.position,
    }


def notes_of(trade: Trade) -> tuple[Note, ...]:
    """Return what must be said beside the figures; what is doubted stands first."""
    request = trade.request
    return (
        *doubts(request, trade.basis),
        *request.futures.notes,
        *request.cash.notes,
        *trade.basis.notes,
    )
