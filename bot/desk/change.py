"""A reply and one input's new value -> the words that ask again with it."""

from __future__ import annotations

from bot.desk.basis import BasisReply
from bot.desk.carry import CarryReply
from bot.desk.ctd import CtdReply
from bot.desk.known import Reply
from bot.desk.leverage import LeverageReply
from bot.desk.pnl import PnlReply
from bot.desk.spiral import SpiralReply
from bot.desk.stress import StressReply
from bot.desk.trade import Trade
from tools.quotes import format_cash, format_futures

_MARKERS = frozenset({"to", "roll", "shock", "day"})
_KEYS = {
    "repo_pct": "repo", "haircut_pct": "haircut", "margin_usd": "margin", "margin_pct": "margin",
    "buffer_usd": "buffer", "buffer_pct": "buffer", "vol_bp": "vol", "impact": "impact",
}  # fmt: skip
_STEPS = {
    "repo_pct": (-0.5, -0.25, -0.1, -0.05, 0.05, 0.1, 0.25, 0.5),
    "futures_price": (-1.0, -0.5, -4 / 32, -1 / 64, 1 / 64, 4 / 32, 0.5, 1.0),
    "clean_price": (-1.0, -0.5, -4 / 32, -1 / 32, 1 / 32, 4 / 32, 0.5, 1.0),
}
_CHOICES = {
    "repo_pct": (3.0, 3.25, 3.5, 3.75, 4.0, 4.25, 4.5, 5.0),
    "haircut_pct": (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0),
    "margin_usd": (1000.0, 1500.0, 1850.0, 2000.0, 2500.0, 3000.0, 4000.0, 5000.0),
    "margin_pct": (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0),
    "buffer_usd": (0.0, 1e5, 2.5e5, 5e5, 1e6, 2e6, 5e6, 1e7),
    "buffer_pct": (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0),
    "vol_bp": (50.0, 70.0, 80.0, 90.0, 100.0, 110.0, 120.0, 150.0),
    "impact": (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0),
}


def inputs_of(reply: Reply) -> dict[str, float | None]:
    """Return the inputs that a button may change, with what they are now."""
    match reply:
        case CtdReply():
            request = reply.request
            return {
                "repo_pct": request.repo_pct,
                "futures_price": request.futures.price,
                "vol_bp": request.vol_bp,
            }
        case SpiralReply():
            first = reply.tenors[0]
            given = None if reply.assumed_impacts else reply.runs[0].impact_32nds_per_100bn
            return {
                "haircut_pct": first.haircut_pct,
                "margin_pct": first.margin_pct,
                "buffer_pct": first.buffer_pct,
                "impact": given,
            }
        case LeverageReply() if reply.trade is None:
            return {
                "haircut_pct": reply.haircut_pct,
                "margin_pct": reply.margin_pct,
                "buffer_pct": reply.buffer_pct,
            }
        case LeverageReply() if reply.trade is not None:
            return _of_trade(reply.trade)
        case BasisReply() | CarryReply() | PnlReply() | StressReply():
            return _of_trade(reply.trade)
    return {}


def _of_trade(trade: Trade) -> dict[str, float | None]:
    request = trade.request
    return {
        "repo_pct": request.repo_pct,
        "haircut_pct": request.haircut_pct,
        "margin_usd": request.margin_usd,
        "buffer_usd": trade.buffer_usd,
        "futures_price": request.futures.price,
        "clean_price": request.cash.price,
    }


def near_what(reply: Reply, name: str) -> float | None:
    """Return what the values to choose from lie around: the input now, or a price that fits.

    A bond's price that can hardly be meant is replaced by the one at which the net basis is nil.
    """
    odd = {note.values.get("field") for note in reply.notes if note.code.startswith("odd_")}
    trade = getattr(reply, "trade", None)
    if name == "clean_price" and name in odd and isinstance(trade, Trade):
        basis = trade.basis
        financed = 1 + (basis.repo_pct or 0.0) * basis.days / 36_000  # of each point, at delivery
        apart = basis.gross_basis if basis.net_basis is None else basis.net_basis / financed
        return round(32 * (basis.clean_price - apart)) / 32
    return inputs_of(reply)[name]


def choices(name: str, now: float | None) -> list[float]:
    """Return the values to choose from: some steps away, or round ones."""
    if now is not None and name in _STEPS:
        return [round(now + step, 8) for step in _STEPS[name]]
    return [value for value in _CHOICES[name] if value != now]


def written(name: str, value: float) -> str:
    """Return a value as the grammar reads it."""
    if name == "futures_price":
        return format_futures(value)
    if name == "clean_price":
        return format_cash(value)
    unit = "%" if name.endswith("_pct") else ""
    return f"{value:.10g}{unit}"


def changed(words: str, name: str, value: float) -> str:
    """Return a reply's words with another value of one input."""
    head, *lines = words.split("\n")
    parts = head.split(" ")
    new = written(name, value)
    # A reply writes the futures price second and the bond's price fifth.
    if name in {"futures_price", "clean_price"}:
        parts[1 if name == "futures_price" else 4] = new
        return "\n".join([" ".join(parts), *lines])
    end = next((at for at, part in enumerate(parts) if part in _MARKERS), len(parts))
    key = _KEYS[name]
    if key in parts[:end]:
        parts[parts.index(key) + 1] = new
    else:
        parts[end:end] = [key, new]
    return "\n".join([" ".join(parts), *lines])
