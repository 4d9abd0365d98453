"""A question about a contract's own terms -> tick, face, days and deliverable terms, as dated data.

The terms are the exchange's (`tools/contracts.toml`), each cell with its page and date; the days
are counted on the exchange's calendar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from bot.answering.ask import Ask
from bot.answering.calculation import money
from bot.answering.compose import Draft, day_text
from bot.answering.lexicon import load_table
from bot.answering.words import tidy
from knowledge.claims import Ledger
from knowledge.report import Citation
from tools import calendar
from tools.contracts import (
    LETTER_OF_MONTH,
    Cell,
    ContractMonth,
    Window,
    parse_contract,
    parse_contract_or_root,
)
from tools.errors import CalculatorError

_CODE = re.compile(
    r"(?<![A-Z0-9])(?:Z[TFNB]|Z3N|T[UYN]|FV|U[SB]|UXY|WN|TWE|3Y)[HMUZ](?:20)?\d{1,2}(?![A-Z0-9])",
    re.IGNORECASE,
)
# Which claims of the ledger state a term too.
_CLAIMS = {
    ("FV", "tick"): "ME09",
    ("FV", "face"): "ME09",
    ("FV", "deliverable"): "ME10",
    ("TU", "face"): "ME11",
}
# What is asked of all contracts at once is told of these.
_MAIN = ("TU", "FV", "TY", "TN", "US", "UB")
_YEAR = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """The contracts that a question names, and which of their terms it asks for."""

    contracts: tuple[ContractMonth, ...]
    terms: tuple[str, ...]


def write(draft: Draft, ask: Ask, ledger: Ledger) -> bool:
    """Write the terms that a question asks for; False where it asks for none."""
    wanted = asked(ask, draft.today)
    if wanted is None:
        return False
    for contract in wanted.contracts:
        for term in wanted.terms:
            _write_term(draft, contract, term, ledger)
    _note_month(draft, ask, wanted)
    return True


def asked(ask: Ask, today: date) -> Wanted | None:
    """Return which terms of which contracts a question asks for, None where it asks for none."""
    terms = tuple(name for name in load_table()["term"] if _asks(name, ask))
    contracts = tuple(_named(ask, today))
    if not terms or (not contracts and "futures" not in ask.concepts):
        return None
    if not contracts and not set(terms) <= {"tick", "face"}:
        return None
    return Wanted(contracts or tuple(_nearest(root, ask, today) for root in _MAIN), terms)


def _asks(term: str, ask: Ask) -> bool:
    return any(pattern.search(ask.folded) for pattern in _patterns("term", term))


def _named(ask: Ask, today: date) -> Iterable[ContractMonth]:
    """Yield the contracts that a question names by code (`FVZ6`), else by tenor."""
    codes = [match[0] for match in _CODE.finditer(tidy(ask.text))]
    for code in codes:
        try:
            yield parse_contract(code, today)
        except CalculatorError:
            continue
    if codes:
        return
    text = tidy(ask.text)
    for root in load_table()["contract"]:
        ticker, words = _patterns("contract", root)[0], _patterns("contract", root)[1:]
        if ticker.search(text) or any(pattern.search(ask.folded) for pattern in words):
            yield _nearest(root, ask, today)


def _nearest(root: str, ask: Ask, today: date) -> ContractMonth:
    """Return the contract of the asked month, else the one whose delivery comes next.

    A month without a year is the next such month that still delivers; one in which the contract
    was not listed is told of the next that delivers.
    """
    month, year = delivery_month(ask)
    if month in LETTER_OF_MONTH and year is not None:
        return _listed(root, year, month) or _front(root, today)
    if month in LETTER_OF_MONTH:
        years = range(today.year - 1, today.year + 2)
        contracts = (_listed(root, each, month) for each in years)
        return next(c for c in contracts if c and calendar.last_delivery_day(c) >= today)
    return _front(root, today)


def _listed(root: str, year: int, month: int) -> ContractMonth | None:
    """Return the contract of a month, None where it was not listed."""
    try:
        return parse_contract_or_root(root, f"{year}-{month:02d}")
    except CalculatorError as error:
        if error.code != "contract_not_listed":
            raise
        return None


def _front(root: str, today: date) -> ContractMonth:
    """Return the contract whose delivery comes next."""
    quarter = (today.month + 2) // 3 * 3
    contract = parse_contract_or_root(root, f"{today.year}-{quarter:02d}")
    return contract if calendar.last_delivery_day(contract) >= today else contract.next()


_SHORT_YEAR = re.compile(
    r"(?<!\d)(?P<y>\d\d)\s?年\s?(?P<m>\d{1,2})\s?月|\b(?P<name>[a-z]{3,9})\.?[ '\u2019-]*"
    r"(?P<y2>\d\d)\b(?!\s?(?:year|yr|%|bp))|(?<![a-z0-9])(?P<letter>[hmuz])(?P<y3>\d)(?![a-z0-9])"
)
# A year of four digits that no other reader takes for one: 2101, 9999.
_FAR_YEAR = re.compile(r"(?<!\d)(?P<y>[1-9]\d{3})(?:\s?年\s?|-)(?P<m>\d{1,2})(?:\s?月|(?![\d-]))")
_MONTH_WORD = re.compile(
    r"\b(mar(?:ch)?|june?|sept?(?:ember)?|dec(?:ember)?|jan(?:uary)?|feb(?:ruary)?|apr(?:il)?|"
    r"july?|aug(?:ust)?|oct(?:ober)?|nov(?:ember)?)\b|\bmay (?=contract|future)|"
    r"(?<![\d十])(?P<zh>十[一二]?|[一二三四五六七八九])月"
)
_STEMS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMERALS = "一二三四五六七八九十"
_CENTURY = 2000


def delivery_month(ask: Ask) -> tuple[int | None, int | None]:
    """Return the month and the year that a question gives a contract; None what it leaves out."""
    if dated := next((w for w in ask.whens if w.year and w.month), None):
        return dated.month, dated.year
    if far := _FAR_YEAR.search(ask.folded):
        return int(far["m"]), int(far["y"])
    for match in _SHORT_YEAR.finditer(ask.folded):
        if match["letter"]:
            month = {"h": 3, "m": 6, "u": 9, "z": 12}[match["letter"]]
            return month, _CENTURY + 20 + int(match["y3"])
        if match["m"]:
            return int(match["m"]), _CENTURY + int(match["y"])
        if match["name"][:3] in _STEMS:
            return _STEMS.index(match["name"][:3]) + 1, _CENTURY + int(match["y2"])
    alone = next((w.month for w in ask.whens if w.month), None)
    word = _MONTH_WORD.search(ask.folded)
    return alone or (_month_of(word) if word else None), None


def _month_of(word: re.Match[str]) -> int:
    if word["zh"] is None:
        return _STEMS.index(word[0].strip()[:3]) + 1
    return 10 * ("十" in word["zh"]) + sum(
        _NUMERALS.index(sign) + 1 for sign in word["zh"] if sign != "十"
    )


_DAYS = frozenset({"notice", "first_delivery", "last_trade", "last_delivery"})


def _note_month(draft: Draft, ask: Ask, wanted: Wanted) -> None:
    """Say which contract was taken where the question gave no delivery month, or none there is."""
    if _CODE.search(tidy(ask.text)):
        return
    month, year = delivery_month(ask)
    if month in LETTER_OF_MONTH and year is not None:
        for contract in wanted.contracts:
            if (contract.year, contract.month) != (year, month):
                asked_month = f"{year}-{month:02d}"
                draft.note("note.not_listed", root=contract.root, month=asked_month,
                           contract=contract.code)  # fmt: skip
        return
    if month in LETTER_OF_MONTH or _DAYS.isdisjoint(wanted.terms):
        return
    key = "note.front_contract" if month is None else "note.no_delivery_month"
    for contract in wanted.contracts:
        draft.note(key, contract=contract.code, month=month)


@cache
def _patterns(table: str, name: str) -> tuple[re.Pattern[str], ...]:
    """Return a row's patterns: a contract's ticker first, as written, then its words."""
    row = load_table()[table][name]
    return tuple(re.compile(row[key]) for key in ("ticker", "en", "zh") if key in row)


def _write_term(draft: Draft, contract: ContractMonth, term: str, ledger: Ledger) -> None:
    text, cell = _WRITERS[term](draft, contract)
    source = Citation(
        n=0,
        source="contracts",
        publisher=draft.say("answer.publisher.cme_group"),
        title=cell.source,
        as_of=cell.as_of,
        doc="contracts",
    )
    number = draft.cite_source(f"contract:{contract.root}:{cell.source}", source)
    claim = ledger.get(_CLAIMS.get((contract.root, term), ""))
    draft.add(text, [claim] if claim else [], [number])
    if cell.doubt:
        draft.note(f"note.doubt_{cell.doubt}", contract=contract.code, root=contract.root)


def _tick(draft: Draft, contract: ContractMonth) -> tuple[str, Cell]:
    spec = contract.spec
    usd = spec.usd_per_point * spec.tick_32nds / 32
    step = draft.say(f"answer.contract.step_{round(spec.tick_32nds * 1000)}")
    values = {"usd": f"{usd:,.4f}".rstrip("0").rstrip("."), "step": step}
    return _line(draft, contract, "tick", **values), spec.cells["tick_32nds"]


def _face(draft: Draft, contract: ContractMonth) -> tuple[str, Cell]:
    spec = contract.spec
    return _line(draft, contract, "face", usd=money(spec.face_usd, draft.lang)), spec.cells[
        "face_usd"
    ]


def _day(
    name: str, of: Callable[[ContractMonth], date]
) -> Callable[[Draft, ContractMonth], tuple[str, Cell]]:
    """Return the writer of one day of a contract, with the exchange's rule for it."""

    def write_day(draft: Draft, contract: ContractMonth) -> tuple[str, Cell]:
        spec = contract.spec
        rule = draft.say(f"answer.contract.rule_{name}_{spec.last_delivery}")
        day = day_text(of(contract), draft.lang)
        text = _line(draft, contract, name, day=day, rule=rule, code=contract.code)
        return text, spec.cells["last_delivery"]

    return write_day


def _deliverable(draft: Draft, contract: ContractMonth) -> tuple[str, Cell]:
    spec = contract.spec
    window = spec.window
    values = {"least": _term(draft, window.min_months), "most": _most(draft, window)}
    return _line(draft, contract, "deliverable", **values), spec.cells["window"]


def _most(draft: Draft, window: Window) -> str:
    """Return the upper bounds of a window in words: remaining term, original term."""
    parts = []
    if window.max_months is not None:
        key = "under" if window.max_open else "at_most"
        day = "_last_day" if window.max_from_last_day else ""
        term = _term(draft, window.max_months)
        parts.append(draft.say(f"answer.contract.{key}{day}", term=term))
    if window.original_max_months is not None:
        term = _term(draft, window.original_max_months)
        parts.append(draft.say("answer.contract.original", term=term))
    return "".join(parts)


def _term(draft: Draft, months: int) -> str:
    years, rest = divmod(months, _YEAR)
    key = "years_months" if rest else "years"
    return draft.say(
        f"answer.contract.{key}{'_one' if years == 1 else ''}", years=years, months=rest
    )


def _line(draft: Draft, contract: ContractMonth, key: str, **values: object) -> str:
    name = draft.say(f"answer.contract.name_{contract.root.lower()}")
    return draft.say(f"answer.contract.{key}", name=name, **values)


_WRITERS: dict[str, Callable[[Draft, ContractMonth], tuple[str, Cell]]] = {
    "tick": _tick,
    "face": _face,
    "notice": _day("notice", calendar.first_intention_day),
    "first_delivery": _day("first_delivery", calendar.first_delivery_day),
    "last_trade": _day("last_trade", calendar.last_trading_day),
    "last_delivery": _day("last_delivery", calendar.last_delivery_day),
    "deliverable": _deliverable,
}
