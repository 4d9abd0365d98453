"""The words after /basis -> a calculator's request, each input with the token as typed.

The first price after the contract is the futures price, the first after the bond the cash price;
the rest is the grammar's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.reading.amounts import Share
from bot.reading.grammar import (
    SOFR,
    Scan,
    parsed,
    wrong,
)
from tools.basis_inputs import maturities_in
from tools.calendar import FIRST_DAY, LAST_DAY, last_delivery_day, next_business_day
from tools.contracts import ContractMonth, parse_contract
from tools.errors import CalculatorError
from tools.quotes import Quote, cusip_check, parse_cash_price, parse_futures_price

DEFAULT_FACE_USD = 1_000_000.0


@dataclass(frozen=True, slots=True)
class RateOnRecord:
    """The newest repo rate that was fetched or recorded: percent, its day, who published it."""

    percent: float
    day: date
    source: str


RateSource = Callable[[], RateOnRecord | None]


def no_rate() -> None:
    """Return no rate: nothing is on record."""


@dataclass(frozen=True, slots=True)
class OwnRates:
    """A chat's own defaults: repo and haircut in percent, margin in dollars a contract."""

    repo_pct: float | None = None
    haircut_pct: float | None = None
    margin_usd: float | None = None


NO_RATES = OwnRates()


@dataclass(frozen=True, slots=True)
class ListedBond:
    """A Treasury security on record: what its CUSIP stands for, who said so, on which day."""

    cusip: str
    coupon_pct: float
    maturity: date
    dated_date: date | None
    as_of: date
    source: str


FindBond = Callable[[str], ListedBond | None]


@dataclass(frozen=True, slots=True)
class Default:
    """Why an input that nobody gave has its value; `inputs.<reason>` is the sentence."""

    reason: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class BasisRequest:
    """What /basis is asked: prices per 100 face, rates in percent, face and margin in dollars.

    `typed` holds for each input the words that gave it, `defaults` for each other one the reason
    of its value. `repo_pct`, `haircut_pct` and `margin_usd` are None where nobody knows them.
    """

    contract: ContractMonth
    futures: Quote
    cash: Quote
    coupon_pct: float
    maturity: date
    settlement: date
    delivery: date
    face_usd: float
    repo_pct: float | None
    haircut_pct: float | None
    margin_usd: float | None
    conversion_factor: float | None
    cusip: str | None
    typed: Mapping[str, str] = field(hash=False)
    defaults: Mapping[str, Default] = field(hash=False)

    def as_inputs(self) -> dict[str, object]:
        """Return the inputs in the keys and units of the command line's contract."""
        return {
            "contract": self.contract.code,
            "delivery_month": self.contract.delivery_month,
            "futures_price": self.futures.price,
            "clean_price": self.cash.price,
            "coupon_pct": self.coupon_pct,
            "maturity": self.maturity.isoformat(),
            "cusip": self.cusip,
            "repo_pct": self.repo_pct,
            "haircut_pct": self.haircut_pct,
            "margin_usd": self.margin_usd,
            "face_usd": self.face_usd,
            "settlement": self.settlement.isoformat(),
            "delivery": self.delivery.isoformat(),
        }


def with_listed_bond(scan: Scan, find: FindBond) -> dict[str, Default]:
    """Complete a bond named by its CUSIP alone from what is on record; return what was added."""
    typed = scan.typed
    missing = [name for name in ("coupon_pct", "maturity") if name not in typed]
    if "cusip" not in typed or not missing:
        return {}
    bond = find(parsed(scan, "cusip", cusip_check))
    if bond is None:
        return {}
    for name in missing:
        scan.values[name], typed[name] = getattr(bond, name), typed["cusip"]
    reason = Default("listed_bond", {"source": bond.source, "day": bond.as_of})
    return dict.fromkeys(missing, reason)


def require_all(scan: Scan) -> None:
    """Complain of the first input that nothing can stand in for, at the word it should follow."""
    typed = scan.typed
    last = scan.words[-1].typed
    if "coupon_pct" not in typed or "maturity" not in typed:
        raise _bond_missing(scan)
    if "futures_price" not in typed:
        raise wrong("args_missing_futures", typed["contract"], "futures_price")
    if "clean_price" not in typed:
        raise wrong("args_missing_cash", typed.get("maturity", last), "clean_price")


def _bond_missing(scan: Scan) -> CalculatorError:
    """Say what of the bond is missing. A CUSIP alone is checked, and never guessed from."""
    typed = scan.typed
    if "cusip" in typed:
        _cusip(scan)
        return wrong("args_cusip_unknown", typed["cusip"], "cusip")
    if "coupon_pct" in typed:
        return wrong("args_missing_maturity", typed["coupon_pct"], "maturity")
    if "maturity" in typed:
        return wrong("args_missing_coupon", typed["maturity"], "coupon_pct")
    return wrong("args_missing_bond", typed["contract"], "coupon_pct")


def _cusip(scan: Scan) -> str | None:
    if "cusip" not in scan.typed:
        return None
    return parsed(scan, "cusip", cusip_check)


def request_of(
    scan: Scan, today: date, on_record: RateSource = no_rate, own: OwnRates = NO_RATES
) -> BasisRequest:
    """Return the request that scanned words make; every input that is needed was given."""
    defaults: dict[str, Default] = {}
    settlement = scan.values.get("settlement")
    if settlement is None:
        settlement = next_business_day(today)
        defaults["settlement"] = Default("next_business_day", {"today": today})
    elif not FIRST_DAY <= settlement <= LAST_DAY:
        raise wrong(
            "date_range", scan.typed["settlement"], "settlement", first=FIRST_DAY, last=LAST_DAY
        )
    contract = parsed(scan, "contract", lambda t: parse_contract(t, settlement))
    maturity = scan.values["maturity"]
    if "maturity" in scan.month_alone:
        maturity = maturity_of_month(maturity, contract, scan.typed["maturity"])
        defaults["maturity"] = Default("month_alone", {"contract": contract.code})
    delivery = scan.values.get("delivery")
    if delivery is None:
        delivery = last_delivery_day(contract)
        defaults["delivery"] = Default("last_delivery_day", {"contract": contract.code})
    repo = repo_or_default(scan, on_record, own, defaults)
    futures = parsed(scan, "futures_price", lambda t: parse_futures_price(t, contract.root))
    haircut, margin = _funding(scan, own, defaults)
    if isinstance(margin, Share):  # of the future's value, to the cent
        margin = round(margin.percent / 100 * futures.price * contract.spec.usd_per_point, 2)
    face = scan.values.get("face_usd")
    if face is None:
        face = DEFAULT_FACE_USD
        defaults["face_usd"] = Default("one_million")
    return BasisRequest(
        contract=contract,
        futures=futures,
        cash=parsed(scan, "clean_price", parse_cash_price),
        coupon_pct=scan.values["coupon_pct"],
        maturity=maturity,
        settlement=settlement,
        delivery=delivery,
        face_usd=face,
        repo_pct=repo,
        haircut_pct=haircut,
        margin_usd=margin,
        conversion_factor=scan.values.get("conversion_factor"),
        cusip=_cusip(scan),
        typed=scan.typed,
        defaults=defaults,
    )


def maturity_of_month(month: date, contract: ContractMonth, typed: str) -> date:
    """Return the day of a month on which what a contract takes matures.

    Where it may take either of two, only the person knows. Where it takes none, the 15th stands:
    what is wrong with that is said as with any day.
    """
    days = maturities_in(contract, month.year, month.month)
    if len(days) > 1:
        raise wrong(
            "args_two_maturities", typed, "maturity", first=days[0], last=days[-1],
            contract=contract.code,
        )  # fmt: skip
    return days[0] if days else month


def repo_or_default(
    scan: Scan, on_record: RateSource, own: OwnRates, defaults: dict[str, Default]
) -> float | None:
    """Return the repo rate given, else the chat's own, else the one on record, with its reason."""
    given = scan.values.get("repo_pct")
    if given is not None and given is not SOFR:
        return float(given)
    asked = scan.typed.pop("repo_pct", None)  # `sofr` names a default
    if asked is None and own.repo_pct is not None:
        defaults["repo_pct"] = Default("own_default")
        return own.repo_pct
    found = on_record()
    if found is None:
        if asked is not None:
            raise wrong("args_no_sofr", asked, "repo_pct")
        defaults["repo_pct"] = Default("repo_unknown")
        return None
    defaults["repo_pct"] = Default("repo_on_record", {"day": found.day, "source": found.source})
    return found.percent


def _funding(
    scan: Scan, own: OwnRates, defaults: dict[str, Default]
) -> tuple[float | None, float | Share | None]:
    """Return haircut and margin; what nobody gave stays unknown, and its reason is kept."""
    kept = {"haircut_pct": own.haircut_pct, "margin_usd": own.margin_usd}
    found = {name: scan.values.get(name, value) for name, value in kept.items()}
    neither = all(value is None for value in found.values())
    for name, value in found.items():
        if value is None:
            defaults[name] = Default("funding_unknown" if neither else "left_out")
        elif name not in scan.values:
            defaults[name] = Default("own_default")
    return found["haircut_pct"], found["margin_usd"]
