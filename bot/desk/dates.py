"""/dates: a contract -> its first intention, first and last delivery, last trade, next auctions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.desk.known import Known
from bot.reading.grammar import Vocabulary, parsed, root_of_tenor, scan, split, wrong
from bot.reading.keys import SPELLINGS
from knowledge.figures import not_in_calendar
from tools.basis_inputs import deliverable_maturities
from tools.calendar import (
    business_days_between,
    doubtful_days,
    first_delivery_day,
    first_intention_day,
    last_delivery_day,
    last_trading_day,
)
from tools.contracts import ContractMonth, aliases, parse_contract, roots
from tools.market.data import Announced
from tools.notes import Note

DATES = Vocabulary(
    "dates",
    spellings={"contract": SPELLINGS["contract"]},
    dates=frozenset(),
    bare="bare_dates",
)


@dataclass(frozen=True, slots=True)
class DatesReply:
    """A contract's days; `days_left` counts business days from the day asked."""

    contract: ContractMonth
    today: date
    days: tuple[tuple[str, date, int | None], ...]
    window: tuple[date, date | None]
    doubtful: tuple[date, ...]
    auctions: Sequence[Announced]
    defaulted: tuple[str, ...] = ()

    command = "dates"

    @property
    def words(self) -> str:
        """Return words that ask the same again."""
        return f"{self.contract.code[:-1]}{self.contract.year}"

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what must be said beside the days."""
        front = [Note("front_contract", {"contract": self.contract.code})]
        doubts = [Note("doubt_good_friday", {"day": day.isoformat()}) for day in self.doubtful]
        if self.contract.spec.window.doubt:
            code = f"doubt_{self.contract.spec.window.doubt}"
            doubts.append(Note(code, {"contract": self.contract.code}))
        return (*(front if self.defaulted else ()), *doubts)

    def as_json(self) -> dict[str, object]:
        """Return inputs, defaults and result."""
        first, last = self.window
        return {
            "inputs": {
                "contract": self.contract.code,
                "delivery_month": self.contract.delivery_month,
                "today": self.today.isoformat(),
            },
            "defaulted": list(self.defaulted),
            "result": {
                **{name: day.isoformat() for name, day, _ in self.days},
                "deliverable_from": first.isoformat(),
                "deliverable_to": last and last.isoformat(),
                "next_contract": self.contract.next().code,
                "auctions": [
                    {"auction": a.auction.isoformat(), "issue": a.issue.isoformat(),
                     "term": a.term, "cusip": a.cusip, "as_of": a.known.isoformat()}
                    for a in self.auctions
                ],
            },
        }  # fmt: skip


def answer(text: str, known: Known) -> DatesReply:
    """Return the days of the contract that the words name."""
    if missing := not_in_calendar(text):
        raise wrong("no_such_day", ", ".join(missing))
    found = split(text, DATES)
    if len(found) == 1 and (root := _root_alone(found[0].read)):
        return _days(_front(root, known.today), known, ("contract",))
    made = scan(found, DATES)
    if "contract" not in made.typed:
        raise wrong("args_missing_contract", made.words[0].typed, "contract")
    extra = [name for name in made.typed if name != "contract"]
    if extra or made.prices:
        word = made.typed[extra[0]] if extra else made.prices[0].word.typed
        raise wrong("args_unknown", word)
    contract = parsed(made, "contract", lambda text: parse_contract(text, known.today))
    return _days(contract, known)


def _root_alone(word: str) -> str | None:
    """Return the contract that a word names without a delivery month: `TY`, `ZN`, `10y`."""
    names = {alias: root for root in roots() for alias in (root, *aliases(root))}
    return names.get(word.upper()) or root_of_tenor(word)


def _front(root: str, today: date) -> ContractMonth:
    """Return the next contract of a root that still delivers."""
    contract = ContractMonth(root, today.year, 3)
    while last_delivery_day(contract) < today:
        contract = contract.next()
    return contract


def _days(contract: ContractMonth, known: Known, defaulted: tuple[str, ...] = ()) -> DatesReply:
    named = {
        "first_intention": first_intention_day(contract),
        "first_delivery": first_delivery_day(contract),
        "last_trade": last_trading_day(contract),
        "last_delivery": last_delivery_day(contract),
    }
    return DatesReply(
        contract=contract,
        today=known.today,
        days=tuple((name, day, _left(known.today, day)) for name, day in named.items()),
        window=deliverable_maturities(contract),
        doubtful=tuple(found.day for found in doubtful_days(contract)),
        auctions=known.market.next_auctions(),
        defaulted=defaulted,
    )


def _left(today: date, day: date) -> int | None:
    """Return the business days until a day, None where it is past."""
    return business_days_between(today, day) if day >= today else None
