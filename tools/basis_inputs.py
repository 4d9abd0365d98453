"""What a user asks of one bond and one contract -> checked terms, or the input at fault."""

from __future__ import annotations

import math
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from tools.bonds import Bond, matured
from tools.calendar import (
    FIRST_DAY,
    LAST_DAY,
    doubtful_days,
    is_business_day,
    last_delivery_day,
    next_business_day,
    previous_business_day,
)
from tools.contracts import ContractMonth, Window
from tools.conversion import conversion_factor, months_to_maturity
from tools.errors import CalculatorError
from tools.leverage import margin_share_pct
from tools.notes import Note
from tools.numbers import check_number
from tools.quotes import MAX_PRICE, tick_notes

# Lowest and highest accepted value, and an example that works.
RANGES: dict[str, tuple[float, float, str]] = {
    "coupon_pct": (0.0, 25.0, "4.25%"),
    "repo_pct": (-25.0, 100.0, "3.90"),
    "haircut_pct": (-10.0, 100.0, "2%"),
    "margin_usd": (0.0, 1e6, "1850"),
    "face_usd": (100.0, 1e13, "100m"),
    "conversion_factor": (0.1, 3.0, "0.8774"),
}


@dataclass(frozen=True, slots=True)
class BasisInputs:
    """One bond against one contract, as asked.

    Prices in points per 100 face, rates in percent, dollars in `_usd`. `delivery` defaults to
    the last delivery day, `conversion_factor` to the exchange's formula. `dated_date` is given
    for a bond not yet issued: interest then starts on that day. `day_base` is 360 in the US.
    """

    contract: ContractMonth
    futures_price: float
    coupon_pct: float
    maturity: date
    clean_price: float
    settlement: date
    delivery: date | None = None
    repo_pct: float | None = None
    haircut_pct: float | None = None
    margin_usd: float | None = None
    face_usd: float = 1_000_000.0
    dated_date: date | None = None
    conversion_factor: float | None = None
    day_base: int = 360


@dataclass(frozen=True, slots=True)
class Terms:
    """What the arithmetic needs, checked: settlement is the later of settlement and dated date."""

    bond: Bond
    clean_price: float
    futures_price: float
    conversion_factor: float
    settlement: date
    delivery: date
    repo_pct: float | None
    day_base: int = 360
    contract_face_usd: float = 100_000.0


def check_field(field: str, value: object) -> float:
    """Return one of the numbers of `RANGES`, checked."""
    return check_number(field, value, *RANGES[field])


def check_price(field: str, value: object) -> float:
    """Return a price above 0 and up to 1000 points, else raise price_decimal or price_range."""
    example = "98.765625" if field == "clean_price" else "112.515625"
    if isinstance(value, str):
        raise CalculatorError("price_decimal", field=field, value=value, example=example)
    number = check_number(field, value, -math.inf, math.inf, example)
    if not 0 < number <= MAX_PRICE:
        raise CalculatorError(
            "price_range", field=field, value=value, highest=f"{MAX_PRICE:g}", example=example
        )
    return number


def check_day(field: str, day: date) -> date:
    """Return a date that the calendar covers, else raise date_range."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CalculatorError(
            "date_range",
            field=field,
            value=day.isoformat(),
            first=FIRST_DAY.isoformat(),
            last=LAST_DAY.isoformat(),
        )
    return day


def resolve(inputs: BasisInputs) -> tuple[Terms, tuple[Note, ...]]:
    """Return the checked terms of a request and what must be said about them.

    Raises CalculatorError whose `field` names the input at fault.
    """
    _check_numbers(inputs)
    check_day("settlement", inputs.settlement)
    delivery = _delivery(inputs)
    settlement = _settlement(inputs, delivery)
    _check_bond(inputs, settlement, delivery)
    factor = inputs.conversion_factor
    if factor is None:
        factor = conversion_factor(inputs.coupon_pct, inputs.maturity, inputs.contract)
    terms = Terms(
        bond=Bond(inputs.coupon_pct, inputs.maturity),
        clean_price=inputs.clean_price,
        futures_price=inputs.futures_price,
        conversion_factor=factor,
        settlement=settlement,
        delivery=delivery,
        repo_pct=inputs.repo_pct,
        day_base=inputs.day_base,
        contract_face_usd=inputs.contract.spec.face_usd,
    )
    return terms, _notes(inputs, delivery)


def _check_numbers(inputs: BasisInputs) -> None:
    check_price("futures_price", inputs.futures_price)
    check_price("clean_price", inputs.clean_price)
    for field in RANGES:
        value = getattr(inputs, field)
        if value is not None:
            check_field(field, value)
    if inputs.day_base not in (360, 365):
        raise CalculatorError(
            "choice", field="day_base", value=inputs.day_base, allowed="360, 365", example="360"
        )
    _check_margin(inputs)


def _check_margin(inputs: BasisInputs) -> None:
    """Refuse a margin above the contract's whole value."""
    face = inputs.contract.spec.face_usd
    if inputs.margin_usd is None:
        return
    if margin_share_pct(inputs.margin_usd, inputs.futures_price, face) > 100:
        raise CalculatorError(
            "number_range",
            field="margin_usd",
            value=inputs.margin_usd,
            lowest="0",
            highest=f"{inputs.futures_price * face / 100:,.0f}",
            example="1850",
        )


def _delivery(inputs: BasisInputs) -> date:
    last = last_delivery_day(inputs.contract)
    if inputs.delivery is None:
        return last
    first = date(inputs.contract.year, inputs.contract.month, 1)
    latest = next_business_day(last) if doubtful_days(inputs.contract) else last
    if not first <= inputs.delivery <= latest:
        raise CalculatorError(
            "delivery_outside_window",
            field="delivery",
            value=inputs.delivery.isoformat(),
            contract=inputs.contract.code,
            first=first.isoformat(),
            last=last.isoformat(),
            example=last.isoformat(),
        )
    return inputs.delivery


def _settlement(inputs: BasisInputs, delivery: date) -> date:
    """Return the day from which interest runs: a bond not yet issued starts on its dated date."""
    if inputs.settlement > delivery:
        raise CalculatorError(
            "settlement_after_delivery",
            field="settlement",
            value=inputs.settlement.isoformat(),
            contract=inputs.contract.code,
            delivery=delivery.isoformat(),
            example=previous_business_day(delivery).isoformat(),
        )
    if inputs.dated_date is None:
        return inputs.settlement
    if inputs.dated_date > delivery:
        raise CalculatorError(
            "dated_after_delivery",
            field="dated_date",
            value=inputs.dated_date.isoformat(),
            delivery=delivery.isoformat(),
            example=inputs.settlement.isoformat(),
        )
    return max(inputs.settlement, inputs.dated_date)


def _check_bond(inputs: BasisInputs, settlement: date, delivery: date) -> None:
    if inputs.maturity <= delivery:
        day = settlement if inputs.maturity <= settlement else delivery
        raise matured(inputs.maturity, day, _example_maturity(inputs.contract))
    check_deliverable(inputs.contract, inputs.coupon_pct, inputs.maturity)


def deliverable_maturities(contract: ContractMonth) -> tuple[date, date | None]:
    """Return the first and last maturity that may be delivered (None: no last one)."""
    window = contract.spec.window
    first = _month_first(contract, window.min_months)
    if window.max_months is None:
        return first, None
    if window.max_from_last_day:
        return first, _month_first(contract, window.max_months + 1) - timedelta(days=1)
    latest = _month_first(contract, window.max_months)
    return first, latest - timedelta(days=1) if window.max_open else latest


# What the Treasury issues: the term in months, and whether it matures on a 15th (else at the end of
# a month); from ten years on in the middle month of a quarter only. (TreasuryDirect's schedule of
# 2-, 3-, 5-, 7-, 10-, 20- and 30-year auctions.)
_TERMS = ((24, False), (36, True), (60, False), (84, False), (120, True), (240, True), (360, True))
_QUARTER_MONTHS = frozenset({2, 5, 8, 11})


def maturities_in(contract: ContractMonth, year: int, month: int) -> tuple[date, ...]:
    """Return the days of a month on which something that a contract takes matures.

    None where it takes nothing of that month; both the 15th and the last day where it may take
    either, as a note of seven years or one of ten.

    >>> [str(day) for day in maturities_in(ContractMonth("FV", 2027, 3), 2031, 11)]
    ['2031-11-30']
    """
    window = contract.spec.window
    left = 12 * (year - contract.year) + month - contract.month
    first, last = deliverable_maturities(contract)
    issued = {
        mid
        for term, mid in _TERMS
        if left <= term <= (window.original_max_months or term)
        and (term < 120 or month in _QUARTER_MONTHS)
    }
    days = [date(year, month, 15 if mid else monthrange(year, month)[1]) for mid in issued]
    return tuple(sorted(day for day in days if first <= day and (last is None or day <= last)))


def _month_first(contract: ContractMonth, months: int) -> date:
    years, month = divmod(contract.month - 1 + months, 12)
    return date(contract.year + years, month + 1, 1)


def check_deliverable(contract: ContractMonth, coupon_pct: float, maturity: date) -> None:
    """Raise bond_ineligible or bond_excluded where a bond is not in the contract's grade."""
    first, last = deliverable_maturities(contract)
    example = _example_maturity(contract).isoformat()
    if maturity < first or (last is not None and maturity > last):
        bounds = {"last": last.isoformat()} if last else {}
        raise CalculatorError(
            "bond_ineligible" if last else "bond_ineligible_open",
            field="maturity",
            value=maturity.isoformat(),
            contract=contract.code,
            first=first.isoformat(),
            example=example,
            **bounds,
        )
    for bond in contract.spec.excluded:
        if (bond.coupon_pct, bond.maturity) == (coupon_pct, maturity):
            raise CalculatorError(
                "bond_excluded",
                field="maturity",
                value=maturity.isoformat(),
                contract=contract.code,
                source=bond.source,
                example=example,
            )


def _example_maturity(contract: ContractMonth) -> date:
    """Return a maturity that can be delivered: mid-month, early in the window."""
    return deliverable_maturities(contract)[0].replace(day=15)


def _notes(inputs: BasisInputs, delivery: date) -> tuple[Note, ...]:
    spec = inputs.contract.spec
    notes = list(tick_notes(inputs.futures_price, "futures_price", spec.root, spec.tick_32nds))
    notes += _doubts(inputs)
    if inputs.dated_date is not None and inputs.dated_date > inputs.settlement:
        notes.append(Note("not_issued", {"dated_date": inputs.dated_date.isoformat()}))
    for field, day in (("settlement", inputs.settlement), ("delivery", delivery)):
        if not is_business_day(day):
            notes.append(Note(f"{field}_not_business_day", {"value": day.isoformat()}))
    return tuple(notes)


def _doubts(inputs: BasisInputs) -> list[Note]:
    """Return a note for each doubtful cell that this calculation rests on."""
    contract, cells = inputs.contract, inputs.contract.spec.cells
    used = ["face_usd"] if inputs.conversion_factor else ["face_usd", "factor_months"]
    notes = [
        Note(f"doubt_{cells[name].doubt}", {"contract": contract.code})
        for name in used
        if cells[name].doubt
    ]
    if _beyond_doubt(contract.spec.window, inputs):
        notes.append(Note(f"doubt_{contract.spec.window.doubt}", {"contract": contract.code}))
    if contract.spec.window.original_max_months:
        notes.append(
            Note(
                "original_term_unchecked",
                {"contract": contract.code, "months": contract.spec.window.original_max_months},
            )
        )
    notes += [
        Note("doubt_good_friday", {"day": day.day.isoformat()}) for day in doubtful_days(contract)
    ]
    return notes


def _beyond_doubt(window: Window, inputs: BasisInputs) -> bool:
    """Tell whether a bond lies in the part of the window that is in doubt."""
    bound = window.doubt_above_months
    months = months_to_maturity(inputs.maturity, inputs.contract)
    return bound is not None and (months, inputs.maturity.day) > (bound, 1)
