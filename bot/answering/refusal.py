"""A question that must not be answered -> why not, and what can be done instead."""

from __future__ import annotations

from bot.answering.ask import Ask
from bot.answering.compose import Draft
from bot.answering.ledger import Shelf

# Ideas whose newest published figure is a fair answer to "now": sizes, rules, holdings.
_PUBLISHED = frozenset({
    "size", "leverage", "exposure", "holdings", "clearing", "market_share", "market_size",
    "futures_shorts", "concentration", "risk", "undercount", "zero_haircut", "repo_market",
    "hedged_purchases", "share", "qt", "reserve_purchases",
})  # fmt: skip
# The claims that a refusal may rest on: how few funds there are, and how much they hold.
SUPPORT = {"position": ("SZ38", "SZ40", "SZ41", "SZ37")}


def reason(ask: Ask) -> str | None:
    """Return why a question is refused (`advice`, `quotation`, ...), None where it is not."""
    if ask.asks("quotation"):
        return "quotation"
    if ask.asks("advice"):
        return "advice"
    if ask.asks("position") or _names_a_fund(ask):
        return "position"
    if _wants_live(ask):
        return "live"
    if ask.asks("forecast") and "clearing" not in ask.concepts:
        return "forecast"
    return None


def _names_a_fund(ask: Ask) -> bool:
    return (
        bool(ask.reading.strangers)
        and bool(
            {"basis_trade", "futures_shorts", "exposure", "long_exposure", "leverage"}
            & ask.concepts
        )
        and bool(
            {"holdings", "size", "exposure", "leverage"} & ask.concepts or ask.asks("how_much")
        )
    )


def _wants_live(ask: Ask) -> bool:
    """Tell whether today's market is asked for; a published figure's newest value is not that."""
    if ask.asks("contract_price"):
        return True
    return ask.asks("live") and ask.asks("market_price") and _PUBLISHED.isdisjoint(ask.concepts)


def write(draft: Draft, why: str, shelf: Shelf) -> None:
    """Write a refusal: the reason, what can be done, and what little is public."""
    supports = [shelf.ledger[i] for i in SUPPORT.get(why, ()) if i in shelf.ledger]
    draft.add(draft.say(f"refusal.{why}"))
    for claim in supports[:3]:
        draft.add_claim(claim)
