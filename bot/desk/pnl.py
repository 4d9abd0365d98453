"""/pnl: a trade through dates and prices -> its profit by part; and what it earns to delivery."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from bot.desk.carry import repo_of
from bot.desk.known import Known
from bot.desk.readers import read_ticks
from bot.desk.trade import (
    TRADE,
    Trade,
    blamed,
    notes_of,
    read_trade,
    segments,
    trade_inputs,
    trade_words,
)
from bot.reading.days import read_date
from bot.reading.grammar import READERS, Scan, Vocabulary, one, parsed, scan, split, wrong
from bot.reading.keys import SPELLINGS
from bot.reading.words import Word
from tools.calendar import FIRST_DAY, LAST_DAY
from tools.contracts import ContractMonth, parse_contract
from tools.errors import CalculatorError
from tools.notes import Note
from tools.pnl import Mark, Outlook, Pnl, Position, Rolled, outlook, pnl
from tools.quotes import format_cash, format_futures, parse_cash_price, parse_futures_price

PNL = replace(TRADE, command="pnl", bare="bare_pnl", most_words=600, most_characters=8_000)
MARKERS = {
    **dict.fromkeys(
        (
            "to",
            "then",
            "mark",
            "exit",
            "close",
            "unwind",
            "sell",
            "到",
            "至",
            "然后",
            "盯市",
            "平仓",
            "出场",
            "卖出",
        ),
        "mark",
    ),
    **dict.fromkeys(("roll", "展期", "移仓"), "roll"),
}
MOST_MARKS = 60


MARK = Vocabulary(
    "pnl",
    spellings={
        "day": "day on 日期",
        **{name: SPELLINGS[name] for name in ("futures_price", "clean_price", "repo_pct")},
        "cost_32nds": "cost 成本",
    },
    readers={**READERS, "cost_32nds": ("args_bad_ticks", one(read_ticks))},
    dates=frozenset({"day"}),
    bare_date="day",
    bond=False,
)
_ROLL = replace(MARK, bond=True, spellings={**MARK.spellings, "contract": SPELLINGS["contract"]})


@dataclass(frozen=True, slots=True)
class PnlReply:
    """A trade's profit between its entry and the last mark, and its outlook at entry.

    `found` is None where no later prices were given.
    """

    trade: Trade
    marks: tuple[Mark, ...]
    found: Pnl | None
    outlook: Outlook | None

    command = "pnl"

    @property
    def words(self) -> str:
        """Return words that ask the same again."""
        contract = self.trade.contract
        parts = trade_words(self.trade)
        if len(self.marks) > 1 and not self.trade.gave("settlement"):
            parts.append(f"settle {self.marks[0].day}")
        for mark in self.marks[1:]:
            parts.append(
                f"to {mark.day} {format_futures(mark.futures_price, contract.root)}"
                f" {format_cash(mark.clean_price)}"
            )
            if mark.repo_pct is not None:
                parts.append(f"repo {mark.repo_pct:.10g}")
            if mark.rolled:
                contract = mark.rolled.contract
                price = format_futures(mark.rolled.futures_price, contract.root)
                parts.append(f"roll {contract.code[:-1]}{contract.year} {price}")
                if mark.rolled.cost:
                    parts.append(f"cost {32 * mark.rolled.cost:.10g}")
        return " ".join(parts)

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what must be said beside the figures."""
        return notes_of(self.trade)

    def as_json(self) -> dict[str, object]:
        """Return inputs, defaults and result."""
        marks = [
            {
                "day": mark.day.isoformat(),
                "futures_price": mark.futures_price,
                "clean_price": mark.clean_price,
                "repo_pct": mark.repo_pct,
                "roll": mark.rolled and mark.rolled.contract.code,
            }
            for mark in self.marks
        ]
        found, view = self.found, self.outlook
        return {
            "inputs": {**trade_inputs(self.trade), "marks": marks},
            "defaulted": list(self.trade.defaults),
            "result": {
                "parts_usd": found and found.parts,
                "total_usd": found and found.total,
                "carry_usd": found and found.carry,
                "days": found and found.days,
                "profit_to_delivery_usd": view and view.profit_usd,
                "break_even_repo_pct": view and view.break_even_repo_pct,
                "return_on_equity_pct": view and view.return_pct,
                "equity_usd": view and view.equity_usd,
            },
        }


def answer(text: str, known: Known) -> PnlReply:
    """Return the profit that the words ask for; a repo rate is needed."""
    head, parts = segments(split(text, PNL), MARKERS)
    if not head:
        raise wrong("args_missing_contract", parts[0][1].typed, "contract")
    trade = read_trade(head, known, PNL, at_entry=True)
    repo = repo_of(trade)
    if len(parts) > MOST_MARKS:
        raise wrong("args_too_many", parts[MOST_MARKS][1].typed, most=MOST_MARKS)
    marks = _marks(trade, parts, known.today)
    found = _profit(trade, repo, marks, parts) if len(marks) > 1 else None
    view = None
    if trade.basis.days:
        view = outlook(trade.basis, trade.buffer_usd, trade.cash_rate_pct, trade.contracts)
    return PnlReply(trade, tuple(marks), found, view)


def _profit(
    trade: Trade, repo: float, marks: list[Mark], parts: list[tuple[str, Word, list[Word]]]
) -> Pnl:
    request = trade.request
    position = Position(
        contract=request.contract,
        coupon_pct=request.coupon_pct,
        maturity=request.maturity,
        face_usd=request.face_usd,
        repo_pct=repo,
        contracts=trade.contracts,
        haircut_pct=request.haircut_pct or 0.0,
        margin_usd=request.margin_usd or 0.0,
        buffer_usd=trade.buffer_usd,
        cash_rate_pct=trade.cash_rate_pct,
        conversion_factor=request.conversion_factor,
        delivery=request.delivery,
    )
    try:
        return pnl(position, marks)
    except CalculatorError as error:
        raise _at_mark(error, trade, parts) from error


def _at_mark(
    error: CalculatorError, trade: Trade, parts: list[tuple[str, Word, list[Word]]]
) -> CalculatorError:
    """Return an error with the token at fault: a mark's day where the calculator names a day."""
    said = str(error.values.get("value", ""))
    for _, _, segment in parts:
        for at, word in enumerate(segment):
            made = scan_day(segment[at : at + 3])
            if made is not None and made.isoformat() == said:
                return CalculatorError(error.code, **{**error.values, "culprit": word.typed})
    return blamed(error, trade.typed)


def scan_day(ahead: list[Word]) -> date | None:
    """Return the day that the next words say, None where they say none."""
    found = read_date([word.read for word in ahead])
    return found.day if found else None


def _marks(trade: Trade, parts: list[tuple[str, Word, list[Word]]], today: date) -> list[Mark]:
    """Return the entry and each later mark; a roll belongs to the mark before it."""
    basis = trade.basis
    marks = [Mark(basis.settlement, basis.clean_price, basis.futures_price)]
    contract = trade.contract
    for name, marker, segment in parts:
        if name == "mark":
            marks.append(_mark(segment, marker, contract, today))
        elif len(marks) == 1 or marks[-1].rolled:
            raise wrong("args_bad_roll", marker.typed, "contract")
        else:
            rolled = _rolled(segment, marker, marks[-1].day)
            marks[-1] = replace(marks[-1], rolled=rolled)
            contract = rolled.contract
    return marks


def _mark(segment: list[Word], marker: Word, contract: ContractMonth, today: date) -> Mark:
    if not segment:
        raise wrong("args_key_value", marker.typed, "marks")
    made = scan(segment, replace(MARK, today=today))
    if "day" not in made.typed:
        raise wrong("args_missing_day", marker.typed, "settlement")
    day = made.values["day"]
    if not FIRST_DAY <= day <= LAST_DAY:
        raise wrong("date_range", made.typed["day"], "settlement", first=FIRST_DAY, last=LAST_DAY)
    _two_prices(made, marker)
    return Mark(
        day=day,
        futures_price=parsed(
            made, "futures_price", lambda text: parse_futures_price(text, contract.root)
        ).price,
        clean_price=parsed(made, "clean_price", parse_cash_price).price,
        repo_pct=made.values.get("repo_pct"),
    )


def _two_prices(made: Scan, marker: Word) -> None:
    """Give a mark's prices their sides: the futures price first, then the bond's."""
    for price in made.prices:
        free = [n for n in ("futures_price", "clean_price") if n not in made.typed]
        if not free:
            raise wrong("args_extra_price", price.word.typed)
        made.values[free[0]], made.typed[free[0]] = price.word, price.word.typed
    for name, code in (
        ("futures_price", "args_missing_futures"),
        ("clean_price", "args_missing_cash"),
    ):
        if name not in made.typed:
            raise wrong(code, made.typed.get("day", marker.typed), name)


def _rolled(segment: list[Word], marker: Word, day: date) -> Rolled:
    made = scan(segment, _ROLL)
    if "contract" not in made.typed or not (made.prices or "futures_price" in made.typed):
        raise wrong("args_bad_roll", marker.typed, "contract")
    if made.prices:
        word = made.prices[0].word
        made.values["futures_price"], made.typed["futures_price"] = word, word.typed
    contract = parsed(made, "contract", lambda text: parse_contract(text, day))
    price = parsed(
        made, "futures_price", lambda text: parse_futures_price(text, contract.root)
    ).price
    return Rolled(contract, price, made.values.get("cost_32nds", 0.0) / 32)
