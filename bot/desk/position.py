"""/position: `save NAME <trade>`, `list`, `drop NAME` -> what a chat keeps for its calculators."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.desk.known import Known
from bot.desk.trade import TRADE, Trade, read_trade, trade_words
from bot.reading.folding import fold
from bot.reading.grammar import split, wrong
from bot.reading.keys import FILLERS
from bot.reading.words import words

_ACTIONS: dict[str, Literal["save", "list", "drop"]] = {
    **dict.fromkeys(("save", "add", "保存", "存"), "save"),
    **dict.fromkeys(("list", "show", "列表", "查看"), "list"),
    **dict.fromkeys(("drop", "delete", "remove", "删除"), "drop"),
}
_NAME = re.compile(r"[a-z\u4e00-\u9fff][\w\u4e00-\u9fff.-]{0,31}", re.I)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be done: with which position, and for `save` with which trade."""

    action: Literal["save", "list", "drop"]
    name: str = ""
    trade: Trade | None = None

    @property
    def kept_words(self) -> str:
        """Return the trade in the words that are stored; its entry day is written out."""
        if self.trade is None:
            return ""
        words = trade_words(self.trade)
        if not self.trade.gave("settlement"):
            words.append(f"settle {self.trade.basis.settlement}")
        return " ".join(words)


def check_name(name: str, typed: str) -> None:
    """Raise CalculatorError for a name that a position cannot have."""
    if not _NAME.fullmatch(name) or _reserved(name) or len(words(name)) != 1:
        raise wrong("position_name", typed)


def read(text: str, known: Known) -> Ask:
    """Return what the words ask for; bare words ask for the list."""
    if not text.strip():
        return Ask("list")
    found = split(text, TRADE)
    action = _ACTIONS.get(found[0].read.lower())
    if action is None:
        raise wrong("position_action", found[0].typed)
    if action == "list":
        return Ask("list")
    if len(found) == 1:
        raise wrong("position_name_missing", found[0].typed)
    name = found[1]
    if action == "drop":
        return Ask("drop", _known_name(name.read, name.typed, known))
    check_name(name.read, name.typed)
    if len(found) == 2:
        raise wrong("args_missing_contract", name.typed, "contract")
    own = name.typed if _NAME.fullmatch(name.typed) else name.read  # in its own script
    return Ask("save", own, read_trade(found[2:], known, at_entry=True))


def _known_name(name: str, typed: str, known: Known) -> str:
    for saved in known.positions:
        if fold(saved).text.lower() == name.lower():
            return saved
    names = ", ".join(known.positions) or "-"
    raise wrong("position_unknown", typed, names=names)


def _reserved(name: str) -> bool:
    """Tell whether a name means something else in a command: a key, an episode, a contract."""
    from bot.desk.pnl import MARKERS
    from bot.desk.stress import STRESS
    from bot.reading.grammar import is_contract

    lowered = name.lower()
    others = {*MARKERS, "shock", "shocks", "day", *_ACTIONS, *FILLERS}
    return (
        is_contract(name) or lowered in STRESS.keys or lowered in STRESS.named or lowered in others
    )
