"""/ctd: a contract, its price and a basket -> who is cheapest, by how much, and when that changes.

The basket stands in the message (a bond a line: coupon, maturity, price, in any order), in a CSV
beside it, or is named by CUSIPs where the Treasury's auctions are on record.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from bot.arguments import DEFAULT_FACE_USD, Default, repo_or_default
from bot.desk.basket import BasketLine, is_header, read_basket, read_table
from bot.desk.known import Known
from bot.desk.readers import read_bp
from bot.desk.trade import blamed, scan_of, with_positions
from bot.grammar import (
    FINANCED,
    NAMED,
    SPELLINGS,
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
from bot.words import FILLERS, MOST_WORDS, Word, has_scale, read_date, read_tenor, words
from tools.basis_inputs import BasisInputs, deliverable_maturities
from tools.calendar import (
    FIRST_DAY,
    LAST_DAY,
    first_delivery_day,
    last_delivery_day,
    next_business_day,
)
from tools.contracts import ContractMonth, parse_contract
from tools.ctd import (
    Basket,
    Deliverable,
    Hedge,
    Market,
    Ranked,
    Roll,
    Scenario,
    Switch,
    hedge,
    market,
    rank,
    roll,
    scenario,
    switches,
)
from tools.errors import CalculatorError
from tools.notes import Note
from tools.options import (
    SwitchOption,
    forwards_of,
    implied_vol_bp,
    option_adjusted_basis,
    switch_option,
)
from tools.quotes import Quote, format_futures, parse_futures_price

SHIFTS_BP = (-100, -50, -25, 0, 25, 50, 100)
VOLS_BP = (50.0, 80.0, 100.0, 120.0, 150.0)
WIDEST_BP = 200.0
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


@dataclass(frozen=True)
class CtdReply:
    """A ranked basket; what needs more work is computed when it is looked at."""

    request: CtdRequest
    basket: Basket

    command = "ctd"

    @property
    def bonds(self) -> list[Deliverable]:
        """Return the deliverables, cheapest first."""
        return [row.bond for row in self.basket.rows]

    @cached_property
    def market(self) -> Market:
        """Return the basket's spot yields and its flows on the delivery day."""
        request = self.request
        start = max([request.settlement, *(b.dated_date for b in self.bonds if b.dated_date)])
        return market(request.contract, self.bonds, min(start, request.delivery), request.delivery)

    def scenarios(self) -> list[Scenario]:
        """Return the basket on the delivery day by yield shift."""
        extra = {self.request.shift_bp} - {None}
        shifts = sorted({*map(float, SHIFTS_BP), *(float(s) for s in extra if s is not None)})
        return [scenario(self.market, shift) for shift in shifts]

    def switches(self) -> tuple[Switch, ...]:
        """Return the yield shifts at which another bond becomes the cheapest."""
        return switches(self.market, -WIDEST_BP, WIDEST_BP)

    def first_day(self) -> Basket | None:
        """Return the same basket delivered on the first delivery day, None where that is past."""
        first = first_delivery_day(self.request.contract)
        if not self.request.settlement < first < self.request.delivery:
            return None
        return rank(replace(self.request.inputs, delivery=first), self._deliverables())

    def option(self) -> Option | None:
        """Return the switch option, None without a repo rate."""
        if self.request.repo_pct is None or self.basket.ctd.basis.days == 0:
            return None
        forwards = forwards_of(self.basket)
        ctd = self.basket.ctd.basis
        net = ctd.net_basis or 0.0
        chosen = self.request.vol_bp
        vols = VOLS_BP if chosen is None else (chosen,)
        values = tuple(switch_option(forwards, vol) for vol in vols)
        return Option(
            values=values,
            adjusted=tuple(
                option_adjusted_basis(net, ctd.conversion_factor, value) for value in values
            ),
            implied_vol_bp=implied_vol_bp(forwards, net / ctd.conversion_factor),
        )

    def hedges(self) -> list[tuple[Ranked, Hedge]]:
        """Return the contracts against the face of each bond, by factor and by DV01."""
        ctd = self.basket.ctd.basis
        return [(row, hedge(row.basis, ctd)) for row in self.basket.rows]

    def roll(self) -> tuple[Ranked, Roll] | None:
        """Return the calendar roll of the cheapest bond that both contracts accept."""
        request = self.request
        if request.back is None or request.back_futures is None:
            return None
        error = None
        for row in self.basket.rows:
            front = replace(
                request.inputs,
                coupon_pct=row.bond.coupon_pct,
                maturity=row.bond.maturity,
                clean_price=row.bond.clean_price,
                dated_date=row.bond.dated_date,
            )
            try:
                return row, roll(front, request.back, request.back_futures.price)
            except CalculatorError as refused:
                if refused.field != "maturity":
                    raise blamed(refused, request.typed, "back") from refused
                error = refused
        raise blamed(error, request.typed, "back") if error else LookupError("an empty basket")

    def _deliverables(self) -> list[Deliverable]:
        return [line.bond for line in self.request.lines]

    @property
    def words(self) -> str:
        """Return words that ask the same again."""
        request = self.request
        contract = request.contract
        parts = [
            f"{_dated(contract)} {format_futures(request.futures.price, contract.root)}",
            *(
                f"{key} {form.format(getattr(request, name))}"
                for key, name, form in _KEYED
                if name in request.typed or _is_saved(request, name)
            ),
        ]
        if request.back and request.back_futures:
            price = format_futures(request.back_futures.price, request.back.root)
            parts.append(f"roll {_dated(request.back)} {price}")
        recorded = "bonds" in request.defaults and not _is_saved(request, "bonds")
        lines = [] if recorded else [line.words for line in request.lines]
        return "\n".join([" ".join(parts), *lines])

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what must be said beside the figures."""
        return (*self.request.futures.notes, *self.basket.notes)

    def as_json(self) -> dict[str, object]:
        """Return inputs, defaults and result."""
        return {
            "inputs": _inputs(self.request),
            "defaulted": list(self.request.defaults),
            "result": _result(self),
        }


@dataclass(frozen=True, slots=True)
class Option:
    """The switch option at some volatilities; `adjusted` are net bases less its value, points."""

    values: tuple[SwitchOption, ...]
    adjusted: tuple[float, ...]
    implied_vol_bp: float | None


_KEYED = (
    ("repo", "repo_pct", "{:.10g}"),
    ("vol", "vol_bp", "{:.10g}"),
    ("shift", "shift_bp", "{:.10g}bp"),
    ("face", "face_usd", "{:.15g}"),
    ("settle", "settlement", "{}"),
    ("date", "delivery", "{}"),
)


def _is_saved(request: CtdRequest, name: str) -> bool:
    default = request.defaults.get(name)
    return default is not None and default.reason == "position"


def _dated(contract: ContractMonth) -> str:
    return f"{contract.code[:-1]}{contract.year}"


def answer(text: str, known: Known) -> CtdReply:
    """Return the ranking that the words ask for; `known.basket` is a CSV beside them."""
    request = read_ctd(text, known)
    try:
        basket = rank(request.inputs, [line.bond for line in request.lines])
    except CalculatorError as error:
        raise blamed(error, request.typed) from error
    reply = CtdReply(request, basket)
    if request.back is not None:
        reply.roll()
    return reply


def read_ctd(text: str, known: Known) -> CtdRequest:
    """Return the request; raises CalculatorError with the token at fault as typed."""
    names = {name.lower() for name in known.positions}
    head, rolled, bonds, table = _parts(text, names)
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
    settlement = made.values.get("settlement")
    if settlement is None:
        settlement = next_business_day(known.today)
        defaults["settlement"] = Default("next_business_day", {"today": known.today})
    elif not FIRST_DAY <= settlement <= LAST_DAY:
        raise wrong("date_range", made.typed["settlement"], "settlement", first=FIRST_DAY,
                    last=LAST_DAY)  # fmt: skip
    contract = parsed(made, "contract", lambda t: parse_contract(t, settlement))
    futures = parsed(made, "futures_price", lambda t: parse_futures_price(t, contract.root))
    delivery = made.values.get("delivery")
    if delivery is None:
        delivery = last_delivery_day(contract)
        defaults["delivery"] = Default("last_delivery_day", {"contract": contract.code})
    repo = repo_or_default(made, known.on_record, known.own, defaults)
    if "face_usd" not in made.values:
        defaults["face_usd"] = Default("one_million")
    find = known.market.bond
    lines = [
        *read_basket(bonds, find),
        *read_table(table, find),
        *read_table(known.basket, find),
    ]
    if not lines:
        lines = _on_record(contract, known, defaults)
    if not lines and saved:
        lines, defaults["bonds"] = read_basket([_bond_of(saved)], find), from_position
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


def _parts(text: str, names: set[str]) -> tuple[list[Word], list[Word], list[list[Word]], str]:
    """Return the words of the head, of the roll, of each line of bonds, and the text of a table."""
    if len(text) > MOST:
        raise wrong("args_too_many", words(text, 100)[-1].typed, most=CTD.most_words)
    sorting = _Sorting()
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if is_header(line):
            sorting.table = lines[number:]
            break
        _sort(words(line, MOST), sorting, names)
    if not (sorting.head or sorting.bonds or sorting.table):
        raise wrong("bare_ctd", "/ctd")
    if len(sorting.head) > MOST_WORDS:
        raise wrong("args_too_many", sorting.head[MOST_WORDS].typed, most=MOST_WORDS)
    if sum(map(len, sorting.bonds)) > CTD.most_words:
        raise wrong("args_too_many", sorting.bonds[-1][-1].typed, most=CTD.most_words)
    return sorting.head, sorting.rolled, sorting.bonds, "\n".join(sorting.table)


def _sort(line: list[Word], sorting: _Sorting, names: set[str]) -> None:
    """Send each word of a line where it belongs; what is of a bond stays in one line."""
    bond: list[Word] = []
    at = 0
    while at < len(line):
        reads = [word.read for word in line[at : at + 4]]
        lowered = reads[0].lower()
        if at == 0 and reads[0].startswith("@") and not sorting.head:
            at += 1
        elif lowered in CTD.keys:
            took = _width(CTD.keys[lowered], reads)
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


def _width(name: str, reads: list[str]) -> int:
    """Return how many words a key and its value take."""
    found = read_date(reads[1:4]) if name in CTD.dates else None
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


def _inputs(request: CtdRequest) -> dict[str, object]:
    return {
        "contract": request.contract.code,
        "delivery_month": request.contract.delivery_month,
        "futures_price": request.futures.price,
        "settlement": request.settlement.isoformat(),
        "delivery": request.delivery.isoformat(),
        "repo_pct": request.repo_pct,
        "face_usd": request.face_usd,
        "vol_bp": request.vol_bp,
        "shift_bp": request.shift_bp,
        "bonds": [
            {
                "coupon_pct": line.bond.coupon_pct,
                "maturity": line.bond.maturity.isoformat(),
                "clean_price": line.bond.clean_price,
                "cusip": line.bond.name,
                "dated_date": line.bond.dated_date.isoformat() if line.bond.dated_date else None,
            }
            for line in request.lines
        ],
    }


def _result(reply: CtdReply) -> dict[str, object]:
    """Return the result in the keys of the published cases, with what else was computed."""
    basket, option, first = reply.basket, reply.option(), reply.first_day()
    rolled = reply.roll()
    best = basket.ctd
    return {
        "ctd_maturity": best.bond.maturity.isoformat(),
        "ctd_coupon_pct": best.bond.coupon_pct,
        "order_by_irr": [row.bond.maturity.isoformat() for row in basket.rows],
        "implied_repo_pct": [row.basis.implied_repo_pct for row in basket.rows],
        "gross_basis_32nds": [row.basis.gross_basis_32nds for row in basket.rows],
        "net_basis_32nds": [row.basis.net_basis_32nds for row in basket.rows],
        "conversion_factor": [row.basis.conversion_factor for row in basket.rows],
        "gap_pct": basket.gap_pct,
        "gap_32nds": basket.gap_32nds,
        "left_out": [
            {"maturity": left.bond.maturity.isoformat(), "code": left.error.code}
            for left in basket.left_out
        ],
        "futures_dv01_usd": best.basis.futures_dv01_usd,
        "futures_dv01_forward_usd": best.basis.futures_dv01_forward_usd,
        "scenarios": [
            {
                "shift_bp": found.shift_bp,
                "futures_price": found.futures_price,
                "ctd_maturity": reply.bonds[found.ctd].maturity.isoformat(),
                "basis_at_horizon_32nds": list(found.basis_32nds),
                "futures_risk": found.futures_risk,
            }
            for found in reply.scenarios()
        ],
        "switches_bp": [found.shift_bp for found in reply.switches()],
        "option": None if option is None else _option_json(option),
        "first_day_ctd_maturity": first and first.ctd.bond.maturity.isoformat(),
        "hedge": [
            {"by_factor": found.by_factor, "by_dv01": found.by_dv01} for _, found in reply.hedges()
        ],
        "roll": None if rolled is None else _roll_json(*rolled),
    }


def _option_json(option: Option) -> dict[str, object]:
    return {
        "implied_vol_bp": option.implied_vol_bp,
        "by_vol": [
            {
                "vol_bp": value.vol_bp,
                "value_32nds": value.value_32nds,
                "option_adjusted_basis_32nds": 32 * adjusted,
                "probabilities": list(value.probabilities),
            }
            for value, adjusted in zip(option.values, option.adjusted, strict=True)
        ],
    }


def _roll_json(row: Ranked, found: Roll) -> dict[str, object]:
    return {
        "maturity": row.bond.maturity.isoformat(),
        "spread_32nds": found.spread_32nds,
        "implied_repo_between_pct": found.implied_repo_between_pct,
        "front_net_basis_32nds": found.front.net_basis_32nds,
        "back_net_basis_32nds": found.back.net_basis_32nds,
    }
