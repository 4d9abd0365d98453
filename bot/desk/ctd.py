"""/ctd: a contract and a basket -> who is cheapest, by how much, and when that changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from bot.desk.ctd_request import CtdRequest, read_ctd
from bot.desk.known import Known
from bot.desk.trade import blamed
from tools.calendar import first_delivery_day
from tools.contracts import ContractMonth
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
from tools.quotes import format_futures

SHIFTS_BP = (-100, -50, -25, 0, 25, 50, 100)
VOLS_BP = (50.0, 80.0, 100.0, 120.0, 150.0)
WIDEST_BP = 200.0


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
