"""Bonds that words without a bond may mean -> what their buttons say, and the line above."""

from __future__ import annotations

from bot.desk.choosing import Choices
from bot.i18n import Lang, say
from bot.render.desk.parts import bond_name
from tools.ctd import Deliverable
from tools.quotes import format_cash


def bond_label(bond: Deliverable) -> str:
    """Return a bond and its price as a button says them."""
    price = format_cash(round(bond.clean_price * 256) / 256)
    return f"{bond_name(bond.coupon_pct, bond.maturity)}  {price}"


def choices_asked(found: Choices, lang: Lang) -> str:
    """Return which bonds stand on the buttons, of which day, from where."""
    return say(lang, "desk.bond_choices", day=found.day, source=found.source)
