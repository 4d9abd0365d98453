"""/basis: the words of a trade -> the basis of its bond against its contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.desk.known import Known
from bot.desk.trade import (
    TRADE,
    Trade,
    inputs_of,
    notes_of,
    read_trade,
    trade_words,
)
from bot.reading.grammar import split
from tools.basis import basis
from tools.batch import basis_figures
from tools.notes import Note

BASIS = replace(TRADE, command="basis", bare="args_bare")


@dataclass(frozen=True, slots=True)
class BasisReply:
    """The basis of a trade; its figures stand in `trade.basis`."""

    trade: Trade

    command = "basis"

    @property
    def words(self) -> str:
        """Return words that ask the same again."""
        return " ".join(trade_words(self.trade))

    @property
    def whole_lots(self) -> int:
        """Return the contracts of the hedge in whole lots."""
        return round(self.trade.sold)

    @property
    def residual_dv01_usd(self) -> float:
        """Return the dollars a basis point that whole lots leave of the bonds' DV01."""
        held = self.trade.basis
        return held.dv01 * held.face_usd / 100 - self.whole_lots * held.futures_dv01_usd

    @property
    def tailed_lots(self) -> float | None:
        """Return the hedge made smaller by what variation margin costs at the repo rate.

        A dollar of margin today is 1 + repo x days / 360 at delivery, where the basis converges.
        """
        held = self.trade.basis
        if held.repo_pct is None:
            return None
        return self.trade.sold / (1 + held.repo_pct * held.days / 36_000)

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return what must be said beside the figures."""
        return notes_of(self.trade)

    def as_json(self) -> dict[str, object]:
        """Return inputs, defaults and result; the result has the keys of a `basis_row`."""
        trade = self.trade
        more = {
            "conversion_factor": trade.request.conversion_factor,
            "buffer_usd": trade.buffer_usd or None,
            "contracts": trade.contracts,
            "cash_rate_pct": trade.cash_rate_pct or None,
            "position": trade.position,
        }
        inputs = trade.request.as_inputs()
        inputs |= {name: value for name, value in more.items() if value is not None}
        result = {
            **basis_figures(trade.basis),
            "notes": [note.code for note in trade.basis.notes],
            "contracts_sold": trade.sold,
            "whole_lots": self.whole_lots,
            "residual_dv01_usd": self.residual_dv01_usd,
            "contracts_tailed": self.tailed_lots,
            "equity_usd": trade.equity_usd,
            "leverage": trade.leverage,
        }
        return {
            "inputs": inputs,
            "defaulted": [name for name in trade.defaults if name in inputs],
            "result": result,
        }


def answer(text: str, known: Known) -> BasisReply:
    """Return the basis that the words ask for.

    Raises CalculatorError with the token at fault as typed in `values["culprit"]`.
    """
    return BasisReply(read_trade(split(text, BASIS), known, BASIS))


def net_by_repo(trade: Trade, rates: Sequence[float]) -> list[float]:
    """Return the net basis in 32nds at each repo rate in percent, for a chart."""
    inputs = inputs_of(trade.request)
    return [32 * (basis(replace(inputs, repo_pct=rate)).net_basis or 0.0) for rate in rates]
