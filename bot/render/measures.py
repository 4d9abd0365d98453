"""A measure -> its name and its figures, as charts, alerts and /market write them."""

from __future__ import annotations

from bot.i18n import Lang, say
from bot.render.numbers import billions, number
from tools.market.measures import MEASURES


def measure_name(lang: Lang, key: str) -> str:
    """Return a measure's name."""
    if MEASURES[key].block == "buckets":
        return say(lang, "measure.name.bucket", span=say(lang, f"digest.row.{key}"))
    if key.startswith("ust_"):
        return say(lang, "measure.name.ust", years=key[len("ust_") : -1])
    kind, _, contract = key.partition(":")
    kind = kind.removesuffix("_pct")  # its unit says that the change is in percent
    name = f"{kind}_all" if contract == "ALL" else kind
    return say(lang, f"measure.name.{name}", contract=contract)


def amount(lang: Lang, key: str, value: float) -> str:
    """Return a figure of a measure in its unit, without needless decimals."""
    unit = MEASURES[key].unit
    sign = key.startswith("change")
    if unit == "usd_bn":
        return billions(value, _digits(value), sign)
    digits = 0 if unit == "contracts" else _digits(value)
    return say(lang, f"measure.amount.{unit}", value=number(value, digits, sign))


def _digits(value: float) -> int:
    """Return how many decimals a figure needs, two at most."""
    return next((n for n in (0, 1) if round(value, n) == round(value, 2)), 2)
