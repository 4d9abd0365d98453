"""/ctd as written -> its request: the words of the head, of the roll, and the bonds' lines.

The basket stands in the message (a bond a line: coupon, maturity, price, in any order), in a CSV
beside it, or is named by CUSIPs where the Treasury's auctions are on record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from bot.desk.basket import BasketLine, is_header, read_basket, read_table
from bot.desk.known import Known
from bot.desk.readers import read_bp
from bot.desk.request import DEFAULT_FACE_USD, Default, repo_or_default
from bot.desk.trade import scan_of, with_positions
from bot.reading.amounts import has_scale, read_tenor
from bot.reading.days import read_date
from bot.reading.folding import fold
from bot.reading.grammar import (
    FINANCED,
    NAMED,
    Scan,
    Vocabulary,
    coupon_comes,
    is_contract,
    is_price,
    one,
    parsed,
    scan,
    wrong,
)
from bot.reading.keys import FILLERS, SPELLINGS
from bot.reading.words import MOST_WORDS, Word, words
from tools.basis_inputs import BasisInputs, deliverable_maturities
from tools.calendar import FIRST_DAY, LAST_DAY, last_delivery_day, next_business_day
from tools.contracts import ContractMonth, parse_contract
from tools.errors import CalculatorError
from tools.quotes import Quote, parse_futures_price

MOST = 16_000

CTD = Vocabulary(
    "ctd",
    spellings={
        **{
            name: SPELLINGS[name]
            for name in ("contract", "futures_price", "repo_pct", "face_usd", "delivery",
                         "settlement")
        },
        "vol_bp": "vol volatility 波动率",
        "shift_bp": "shift shock 平移 移动",
    },
    readers={
        **FINANCED,
        "vol_bp": ("args_bad_shift", one(read_bp)),
        "shift_bp": ("args_bad_shift", one(read_bp)),
    },
    dates=frozenset({"delivery", "settlement"}),
    named=NAMED,
    most_words=4_000,
    most_characters=MOST,
    bare="bare_ctd",
)  # fmt: skip
_ROLL = {"roll": "roll", "into": "roll", "back": "roll", "展期": "roll", "移仓": "roll"}


@dataclass(frozen=True, slots=True)
class CtdRequest:
    """What /ctd is asked; rates in percent, volatility and shift in basis points."""

    contract: ContractMonth
    futures: Quote
    settlement: date
    delivery: date
    face_usd: float
    repo_pct: float | None
    vol_bp: float | None
    shift_bp: float | None
    lines: tuple[BasketLine, ...]
    back: ContractMonth | None
    back_futures: Quote | None
    typed: dict[str, str] = field(hash=False)
    defaults: dict[str, Default] = field(hash=False)

    @property
    def inputs(self) -> BasisInputs:
        """Return the terms that all bonds share; the bond itself is a stand-in."""
        bond = self.lines[0].bond
        return BasisInputs(
            contract=self.contract,
            futures_price=self.futures.price,
            coupon_pct=bond.coupon_pct,
            maturity=bond.maturity,
            clean_price=bond.clean_price,
            settlement=self.settlement,
            delivery=self.delivery,
            repo_pct=self.repo_pct,
            face_usd=self.face_usd,
        )


def read_ctd(text: str, known: Known) -> CtdRequest:
    """Return the request; raises CalculatorError with the token at fault as typed."""
    names = {fold(name).text.lower() for name in known.positions}
    head, rolled, bonds, table = _parts(text, names, known.today)
    made = scan(head, with_positions(CTD, known))
    position = made.values.get("position")
    saved = known.positions.get(position or "", "")
    inherited = _inherit(made, saved) if saved else set()
    if "contract" not in made.typed:
        raise wrong("args_missing_contract", head[0].typed if head else "/ctd", "contract")
    for price in made.prices:
        if "futures_price" in made.typed:
            raise wrong("args_extra_price", price.word.typed)
        made.values["futures_price"], made.typed["futures_price"] = price.word, price.word.typed
    if "futures_price" not in made.typed:
        raise wrong("args_missing_futures", made.typed["contract"], "futures_price")
    from_position = Default("position", {"name": position})
    defaults: dict[str, Default] = dict.fromkeys(sorted(inherited), from_position)
    settlement = _settlement(made, known, defaults)
    contract = parsed(made, "contract", lambda t: parse_contract(t, settlement))
    futures = parsed(made, "futures_price", lambda t: parse_futures_price(t, contract.root))
    delivery = made.values.get("delivery")
    if delivery is None:
        delivery = last_delivery_day(contract)
        defaults["delivery"] = Default("last_delivery_day", {"contract": contract.code})
    repo = repo_or_default(made, known.on_record, known.own, defaults)
    if "face_usd" not in made.values:
        defaults["face_usd"] = Default("one_million")
    lines = _lines(contract, bonds, table, known, defaults)
    if not lines and saved:
        bond = [_bond_of(saved)]
        lines, defaults["bonds"] = read_basket(bond, known.market.bond, contract), from_position
    if not lines:
        raise _no_bonds(contract, made.typed["contract"])
    back, back_futures = _back(rolled, settlement, made.typed)
    return CtdRequest(
        contract=contract,
        futures=futures,
        settlement=settlement,
        delivery=delivery,
        face_usd=made.values.get("face_usd", DEFAULT_FACE_USD),
        repo_pct=repo,
        vol_bp=made.values.get("vol_bp"),
        shift_bp=made.values.get("shift_bp"),
        lines=tuple(lines),
        back=back,
        back_futures=back_futures,
        typed={name: word for name, word in made.typed.items() if name not in inherited},
        defaults=defaults,
    )


def _settlement(made: Scan, known: Known, defaults: dict[str, Default]) -> date:
    """Return the day typed, else the next business day, said so."""
    typed: date | None = made.values.get("settlement")
    if typed is None:
        defaults["settlement"] = Default("next_business_day", {"today": known.today})
        return next_business_day(known.today)
    if not FIRST_DAY <= typed <= LAST_DAY:
        raise wrong("date_range", made.typed["settlement"], "settlement", first=FIRST_DAY,
                    last=LAST_DAY)  # fmt: skip
    return typed


def _lines(
    contract: ContractMonth,
    bonds: list[list[Word]],
    table: str,
    known: Known,
    defaults: dict[str, Default],
) -> list[BasketLine]:
    """Return the bonds of the message and of the CSV beside it, else those on record."""
    find = known.market.bond
    lines = [
        *read_basket(bonds, find, contract),
        *read_table(table, find, contract),
        *read_table(known.basket, find, contract),
    ]
    return lines or _on_record(contract, known, defaults)


_SAVED = ("contract", "futures_price", "repo_pct", "face_usd", "delivery")


def _inherit(made: Scan, saved: str) -> set[str]:
    """Complete the head from a saved position; return what came from it.

    A contract that was typed has another price and another delivery day.
    """
    base = scan_of(saved)
    for price in made.prices:
        made.values["futures_price"], made.typed["futures_price"] = price.word, price.word.typed
    made.prices.clear()
    gone = {"futures_price", "delivery"} if "contract" in made.typed else set()
    taken = {
        name
        for name in _SAVED
        if name in base.values and name not in made.values and name not in gone
    }
    for name in taken:
        made.values[name], made.typed[name] = base.values[name], base.typed[name]
    return taken


def _bond_of(saved: str) -> list[Word]:
    """Return the words of a saved position's bond."""
    base = scan_of(saved)
    coupon, maturity = base.values["coupon_pct"], base.values["maturity"]
    cash = base.values["clean_price"].read
    cusip = base.typed.get("cusip", "")
    return words(f"{coupon:g}% {maturity} {cash} {cusip}")


@dataclass(slots=True)
class _Sorting:
    """Words on their way to the head, to the roll or to the lines of bonds."""

    head: list[Word] = field(default_factory=list)
    rolled: list[Word] = field(default_factory=list)
    bonds: list[list[Word]] = field(default_factory=list)
    table: list[str] = field(default_factory=list)
    futures_seen: bool = False


def _parts(
    text: str, names: set[str], today: date
) -> tuple[list[Word], list[Word], list[list[Word]], str]:
    """Return the words of the head, of the roll, of each line of bonds, and the text of a table."""
    if len(text) > MOST:
        raise wrong("args_too_many", words(text, 100)[-1].typed, most=CTD.most_words)
    sorting = _Sorting()
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if is_header(line):
            sorting.table = lines[number:]
            break
        _sort(words(line, MOST), sorting, names, today)
    if not (sorting.head or sorting.bonds or sorting.table):
        raise wrong("bare_ctd", "/ctd")
    if len(sorting.head) > MOST_WORDS:
        raise wrong("args_too_many", sorting.head[MOST_WORDS].typed, most=MOST_WORDS)
    if sum(map(len, sorting.bonds)) > CTD.most_words:
        raise wrong("args_too_many", sorting.bonds[-1][-1].typed, most=CTD.most_words)
    return sorting.head, sorting.rolled, sorting.bonds, "\n".join(sorting.table)


def _sort(line: list[Word], sorting: _Sorting, names: set[str], today: date) -> None:
    """Send each word of a line where it belongs; what is of a bond stays in one line."""
    bond: list[Word] = []
    at = 0
    while at < len(line):
        reads = [word.read for word in line[at : at + 4]]
        lowered = reads[0].lower()
        if at == 0 and reads[0].startswith("@") and not sorting.head:
            at += 1
        elif lowered in CTD.keys:
            took = _width(CTD.keys[lowered], reads, today)
            sorting.head += line[at : at + took]
            sorting.futures_seen |= CTD.keys[lowered] == "futures_price"
            at += took
        elif lowered in FILLERS:
            at += 1
        elif _key_behind(reads):
            sorting.head += line[at : at + 2]
            at += 2
        elif read_tenor(lowered) or lowered in NAMED or lowered in names:
            sorting.head.append(line[at])
            at += 1
        elif lowered in _ROLL:
            sorting.rolled += line[at : at + 3]
            at += 3
        elif is_contract(reads[0]):
            sorting.head.append(line[at])
            at += 1
        elif (
            not sorting.futures_seen
            and _is_futures(reads)
            and ((at > 0 and is_contract(line[at - 1].read)) or not (bond or sorting.bonds))
        ):
            sorting.head.append(line[at])
            sorting.futures_seen = True
            at += 1
        elif has_scale(reads[0]):
            sorting.head.append(line[at])
            at += 1
        else:
            bond.append(line[at])
            at += 1
    if bond:
        sorting.bonds.append(bond)


def _key_behind(reads: list[str]) -> bool:
    """Tell whether a rate has its key behind it: `3.9% repo`."""
    name = CTD.keys.get(reads[1].lower(), "") if len(reads) > 1 else ""
    if name not in CTD.readers or not reads[0].endswith(("%", "bp", "基点")):
        return False
    read = CTD.readers[name][1]
    return read(reads[:1]) is not None and (len(reads) == 2 or read(reads[2:]) is None)


def _width(name: str, reads: list[str], today: date) -> int:
    """Return how many words a key and its value take."""
    found = read_date(reads[1:4], today) if name in CTD.dates else None
    return 1 + (found.took if found else 1)


def _is_futures(reads: list[str]) -> bool:
    return is_price(reads[0]) and not coupon_comes(reads[:3], coupon_seen=False)


def _back(
    rolled: list[Word], settlement: date, typed: dict[str, str]
) -> tuple[ContractMonth | None, Quote | None]:
    """Return the contract rolled into and its price."""
    if not rolled:
        return None, None
    typed["back"] = rolled[0].typed
    if len(rolled) < 3:
        raise wrong("args_key_value", rolled[0].typed, "contract")
    made = scan(rolled[1:], CTD)
    if "contract" not in made.typed or not made.prices:
        raise wrong("args_bad_roll", rolled[1].typed, "contract")
    price = made.prices[0].word
    made.values["futures_price"], made.typed["futures_price"] = price, price.typed
    back = parsed(made, "contract", lambda t: parse_contract(t, settlement))
    typed["back"] = made.typed["contract"]
    return back, parsed(made, "futures_price", lambda t: parse_futures_price(t, back.root))


def _on_record(
    contract: ContractMonth, known: Known, defaults: dict[str, Default]
) -> list[BasketLine]:
    """Return the basket by the Treasury's own auctions and end-of-day prices, where on record."""
    found = known.market.basket(contract)
    if found is None or not found.bonds:
        return []
    values = {"day": found.day, "source": found.source, "unpriced": found.unpriced}
    defaults["bonds"] = Default("bonds_on_record", values)
    return [BasketLine(bond) for bond in found.bonds]


def _no_bonds(contract: ContractMonth, culprit: str) -> CalculatorError:
    """Return that the basket is missing, and what would be accepted."""
    first, last = deliverable_maturities(contract)
    return wrong("basket_missing", culprit, "bonds", contract=contract.code, first=first,
                 last=last or "...")  # fmt: skip
