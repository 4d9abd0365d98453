"""/leverage: haircut, margin, buffer -> leverage by each definition, the repo loop, four distances.

Two ways to ask: shares alone (`haircut 2% margin 1.8%`), or a whole trade, which also gives the
equity in dollars and how far each of four ends is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.desk.known import Known
from bot.desk.request import Default
from bot.desk.trade import (
    TRADE,
    Trade,
    blamed,
    notes_of,
    trade_inputs,
    trade_of,
    trade_words,
    with_positions,
)
from bot.reading.amounts import Share, read_amount, read_dollars, read_rate
from bot.reading.grammar import Scan, one, parsed, scan, split, wrong
from tools.basis_inputs import check_field
from tools.bonds import Bond
from tools.contracts import ContractMonth, parse_contract
from tools.distances import Distances, distances
from tools.errors import CalculatorError
from tools.leverage import LoopRound, Measure, margin_share_pct, measures, repo_loop
from tools.notes import Note
from tools.numbers import check_number
from tools.quotes import format_futures, parse_futures_price
from tools.stress import Held

LEVERAGE = replace(
    TRADE,
    command="leverage",
    spellings={
        **TRADE.spellings,
        "equity_usd": "equity capital 权益 本金 资本",
        "fund_pct": "fund fundequity 基金权益",
        "rolling_pct": "rolling overnight 隔夜占比",
    },
    readers={
        **TRADE.readers,
        "equity_usd": ("args_bad_dollars", one(read_dollars)),
        "fund_pct": ("args_bad_dollars", one(read_amount)),
        "rolling_pct": ("args_bad_rate", one(read_rate)),
    },
    bare="bare_leverage",
)
ROUNDS = (1, 2, 3, 5, 10, 20, 50)
DEFAULT_EQUITY = 1_000_000.0


@dataclass(frozen=True, slots=True)
class FutureMargin:
    """A contract's margin in dollars, and as a share of its value at a price."""

    contract: ContractMonth
    price: float
    margin_usd: float
    margin_pct: float


@dataclass(frozen=True, slots=True)
class LeverageReply:
    """Leverage of a trade or of shares alone, in percent; dollars in `_usd`.

    `rolling_pct` is the share of the repo that is re-margined the same day, `other_end` the
    distances at the opposite share. `distances` is None without a whole trade, or where no
    capital stands behind it.
    """

    trade: Trade | None
    haircut_pct: float | None
    margin_pct: float | None
    buffer_pct: float
    fund_pct: float | None
    equity_usd: float
    measures: tuple[Measure, ...]
    loop: tuple[LoopRound, ...]
    distances: Distances | None
    typed: dict[str, str] = field(hash=False)
    defaults: dict[str, Default] = field(hash=False)
    future: FutureMargin | None = None
    rolling_pct: float = 0.0
    other_end: Distances | None = None

    command = "leverage"

    @property
    def needed_pct(self) -> float:
        """Return the capital that 100 of bonds need."""
        return (self.haircut_pct or 0.0) + (self.margin_pct or 0.0) + self.buffer_pct

    @property
    def capital_usd(self) -> float | None:
        """Return haircut, margin and buffer of a whole trade, also where they are below zero."""
        return None if self.trade is None else self.trade.equity_usd

    @property
    def missing(self) -> str | None:
        """Return why there is no leverage figure, None where there is one."""
        if self.needed_pct > 0:
            return None
        if self.needed_pct < 0:
            return "capital_negative"
        unknown = self.haircut_pct is None or self.margin_pct is None
        return "capital_unknown" if unknown else "capital_zero"

    @property
    def words(self) -> str:
        """Return words that ask the same again."""
        if self.trade is None:
            margin = None if self.future else self.margin_pct
            shares = (("haircut", self.haircut_pct), ("margin", margin),
                      ("buffer", self.buffer_pct or None))  # fmt: skip
            parts = [f"{key} {share:.10g}%" for key, share in shares if share is not None]
            if future := self.future:
                price = format_futures(future.price, future.contract.root)
                code = f"{future.contract.code[:-1]}{future.contract.year}"
                parts = [code, price, *parts, f"margin {future.margin_usd:.10g}"]
        else:
            parts = trade_words(self.trade)
            if "rolling_pct" in self.typed:
                parts.append(f"rolling {self.rolling_pct:.10g}%")
        if "equity_usd" in self.typed:
            parts.append(f"equity {self.equity_usd:.15g}")
        if self.fund_pct is not None:
            parts.append(f"fund {self.fund_pct:.10g}%")
        return " ".join(parts)

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what must be said beside the figures."""
        return notes_of(self.trade) if self.trade else ()

    def as_json(self) -> dict[str, object]:
        """Return inputs, defaults and result."""
        far = self.distances
        own: dict[str, object] = {
            "haircut_pct": self.haircut_pct,
            "margin_pct": self.margin_pct,
            "buffer_pct": self.buffer_pct,
            "fund_equity_pct": self.fund_pct,
            "loop_equity_usd": self.equity_usd,
        }
        if self.trade:
            own["rolling_pct"] = self.rolling_pct
        if future := self.future:
            own |= {
                "contract": future.contract.code,
                "futures_price": future.price,
                "margin_usd": future.margin_usd,
            }
        return {
            "inputs": {**(trade_inputs(self.trade) if self.trade else {}), **own},
            "defaulted": list(self.defaults),
            "result": {
                "leverage": self.measures[0].value,
                "leverage_missing": self.missing,
                "measures": [
                    {"code": m.code, "value": m.value, "claims": list(m.claims)}
                    for m in self.measures
                ],
                "loop": [
                    {"round": r.number, "bought_usd": r.bought, "held_usd": r.held,
                     "borrowed_usd": r.borrowed}
                    for r in self.loop
                ],
                "equity_usd": self.capital_usd,
                "liquidity_bp": far and far.liquidity_bp,
                "liquidity_bp_other_end": self.other_end and self.other_end.liquidity_bp,
                "solvency_32nds": far and far.solvency_32nds,
                "funding_pct": far and far.funding_pct,
                "haircut_rise_pct": far and far.haircut_pct,
            },
        }  # fmt: skip


def answer(text: str, known: Known) -> LeverageReply:
    """Return the leverage that the words ask for."""
    made = scan(split(text, LEVERAGE), with_positions(LEVERAGE, known))
    bond = {"position", "maturity", "cusip", "clean_price"} & made.typed.keys()
    priced = made.prices or "futures_price" in made.typed
    if bond or len(made.prices) > 1 or (priced and "contract" not in made.typed):
        return _of_trade(made, known)
    if "coupon_pct" in made.typed:
        raise wrong("args_nameless_rate", made.typed["coupon_pct"])
    return _of_shares(made, known)


def _of_trade(made: Scan, known: Known) -> LeverageReply:
    trade = trade_of(made, known)
    basis = trade.basis
    bonds = trade.bonds_usd
    bond = Bond(trade.request.coupon_pct, trade.request.maturity)
    rolling = made.values.get("rolling_pct", 0.0)
    far = other = None
    try:
        check_number("rolling_pct", rolling, 0, 100, "60%")
        if trade.equity_usd > 0:
            held = Held(basis, bond, trade.buffer_usd, trade.contracts, rolling)
            far = distances(held)
            other = distances(replace(held, rolling_pct=0.0 if rolling > 50 else 100.0))
    except CalculatorError as error:
        raise blamed(error, made.typed) from error
    haircut = trade.request.haircut_pct
    margin = 100 * basis.capital_usd(trade.contracts) / bonds - (haircut or 0.0)
    capital = (
        haircut, None if basis.margin_pct is None else margin, 100 * trade.buffer_usd / bonds
    )  # fmt: skip
    futures = trade.sold * basis.futures_price * basis.contract_face_usd / 100
    defaults = dict(trade.defaults)
    reply = _reply(made, capital, defaults, trade, far, futures_pct=100 * futures / bonds)
    return replace(reply, rolling_pct=rolling, other_end=other)


def _of_shares(made: Scan, known: Known) -> LeverageReply:
    """Return the leverage of shares; a margin in dollars needs a contract and its price."""
    lost = [name for name in made.typed if name not in _OF_SHARES]
    if lost:
        raise wrong("args_needs_trade", made.typed[lost[0]], lost[0])
    haircut = made.values.get("haircut_pct", known.own.haircut_pct)
    defaults: dict[str, Default] = {}
    future = _future(made, known, defaults)
    margin = future.margin_pct if future else _share(made, "margin_usd")
    buffer = _share(made, "buffer_usd")
    if haircut is None and margin is None and buffer is None:
        raise wrong("args_no_capital", made.words[0].typed, "haircut_pct")
    if "haircut_pct" not in made.values:
        defaults["haircut_pct"] = Default("left_out" if haircut is None else "own_default")
    if margin is None:
        defaults["margin_pct"] = Default("left_out")
    if buffer is None:
        defaults["buffer_pct"] = Default("no_buffer")
    if haircut is not None:
        try:
            check_field("haircut_pct", haircut)
        except CalculatorError as error:
            raise blamed(error, made.typed) from error
    return replace(_reply(made, (haircut, margin, buffer or 0.0), defaults), future=future)


_OF_SHARES = frozenset(
    {"contract", "futures_price", "haircut_pct", "margin_usd"}
    | {"buffer_usd", "equity_usd", "fund_pct"}
)


def _future(made: Scan, known: Known, defaults: dict[str, Default]) -> FutureMargin | None:
    """Return the margin in dollars of the future that is named, None where there is none."""
    if "contract" not in made.typed:
        return None
    margin = made.values.get("margin_usd", known.own.margin_usd)
    if margin is None or isinstance(margin, Share):
        return None
    for price in made.prices:
        made.values["futures_price"], made.typed["futures_price"] = price.word, price.word.typed
    if "futures_price" not in made.typed:
        raise wrong("args_missing_futures", made.typed["contract"], "futures_price")
    if "margin_usd" not in made.values:
        defaults["margin_pct"] = Default("own_default")
    contract = parsed(made, "contract", lambda text: parse_contract(text, known.today))
    quote = parsed(made, "futures_price", lambda text: parse_futures_price(text, contract.root))
    try:
        check_field("margin_usd", margin)
        share = margin_share_pct(margin, quote.price, contract.spec.face_usd)
        check_number("margin_usd", share, 0, 100, "1850")
    except CalculatorError as error:
        raise blamed(error, made.typed) from error
    return FutureMargin(contract, quote.price, margin, share)


def _share(made: Scan, name: str) -> float | None:
    """Return an input that must be a share, checked; None where it was not given."""
    value = made.values.get(name)
    if value is None:
        return None
    if not isinstance(value, Share):
        raise wrong("args_needs_share", made.typed[name], name)
    try:
        return check_number(name.replace("_usd", "_pct"), value.percent, 0, 100, "1.8%")
    except CalculatorError as error:
        values = {**error.values, "culprit": made.typed[name]}
        raise CalculatorError(error.code, **values) from error


def _reply(
    made: Scan,
    capital: tuple[float | None, float | None, float],
    defaults: dict[str, Default],
    trade: Trade | None = None,
    far: Distances | None = None,
    *,
    futures_pct: float = 100.0,
) -> LeverageReply:
    """Return the reply; `capital` is haircut, margin and buffer in percent of the bonds."""
    haircut, margin, buffer = capital
    fund = _share(made, "fund_pct")
    equity = _equity(made, far)
    if "equity_usd" not in made.typed:
        defaults["equity_usd"] = Default("this_trade" if far else "one_million")
    loop: tuple[LoopRound, ...] = ()
    if haircut is not None and 0 < haircut <= 100:
        turns = repo_loop(equity, haircut, ROUNDS[-1])
        loop = tuple(turn for turn in turns if turn.number in ROUNDS)
    return LeverageReply(
        trade=trade,
        haircut_pct=haircut,
        margin_pct=margin,
        buffer_pct=buffer,
        fund_pct=fund,
        equity_usd=equity,
        measures=measures(haircut or 0.0, margin or 0.0, buffer, fund, futures_pct),
        loop=loop,
        distances=far,
        typed=made.typed,
        defaults=defaults,
    )


def _equity(made: Scan, far: Distances | None) -> float:
    if "equity_usd" not in made.typed:
        return far.equity_usd if far else DEFAULT_EQUITY
    try:
        return check_number("equity_usd", made.values["equity_usd"], 1, 1e13, "10m")
    except CalculatorError as error:
        raise blamed(error, made.typed) from error
