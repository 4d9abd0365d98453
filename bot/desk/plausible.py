"""A trade as it was read -> what in it can hardly be meant, each with the input to look at.

Nothing is refused for that: the figures stand, and the doubt stands above them.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.desk.request import BasisRequest
from tools.basis import Basis
from tools.conversion import conversion_factor
from tools.notes import Note

# A basis trade lives in 32nds and basis points: what lies beyond is a slip of a digit, a unit or a
# place (measured on the slips of the fault page; no trade of the published cases is doubted).
WIDEST_GROSS = 2.0  # points
WIDEST_NET = 0.5  # points
WIDEST_GAP = 5.0  # percentage points of implied repo less repo
FACTOR_OFF = 0.0005
LOWEST_MARGIN = 50.0  # dollars a contract
LOWEST_RATE = 0.1  # percent, where no unit was typed
HIGHEST_HAIRCUT = 50.0  # percent


def doubts(request: BasisRequest, basis: Basis) -> tuple[Note, ...]:
    """Return what can hardly be meant, as notes `odd_...` with the input in `field`."""
    factor = tuple(_of_factor(request))
    # A wrong factor moves the basis: then the prices may well be right.
    return (*_of_rates(request), *factor, *(() if factor else _of_prices(request, basis)))


def _of_rates(request: BasisRequest) -> Iterator[Note]:
    for field, value in (("repo_pct", request.repo_pct), ("haircut_pct", request.haircut_pct)):
        typed = request.typed.get(field, "")
        if value and typed[-1:].isdigit() and 0 < abs(value) < LOWEST_RATE:
            yield Note("odd_rate", {"field": field, "value": typed, "meant": f"{100 * value:g}%"})
    if request.haircut_pct is not None and request.haircut_pct > HIGHEST_HAIRCUT:
        yield Note("odd_haircut", {"field": "haircut_pct", "value": f"{request.haircut_pct:g}%"})
    margin = request.margin_usd
    if margin is not None and 0 < margin < LOWEST_MARGIN:
        typed = request.typed.get("margin_usd", f"{margin:g}")
        yield Note("odd_margin", {"field": "margin_usd", "value": typed})
    if request.coupon_pct * 8 != int(request.coupon_pct * 8):
        yield Note("odd_coupon", {"field": "coupon_pct", "value": f"{request.coupon_pct:g}%"})


def _of_factor(request: BasisRequest) -> Iterator[Note]:
    if request.conversion_factor is None:
        return
    computed = conversion_factor(request.coupon_pct, request.maturity, request.contract)
    if abs(request.conversion_factor - computed) > FACTOR_OFF:
        yield Note(
            "odd_factor",
            {"field": "conversion_factor", "value": f"{request.conversion_factor:g}",
             "computed": f"{computed:.4f}"},
        )  # fmt: skip


def _of_prices(request: BasisRequest, basis: Basis) -> Iterator[Note]:
    gap = (basis.implied_repo_pct or 0.0) - (basis.repo_pct or 0.0)
    net = basis.net_basis or 0.0
    far = abs(gap) > WIDEST_GAP and abs(net) > WIDEST_NET  # near delivery a tick is many percent
    if abs(basis.gross_basis) <= WIDEST_GROSS and not far:
        return
    swapped = basis.futures_price - basis.clean_price * basis.conversion_factor
    fits = abs(swapped) <= WIDEST_GROSS / 2
    values = {
        "field": "clean_price",
        "value": request.typed.get("clean_price", f"{basis.clean_price:g}"),
        "futures": request.typed.get("futures_price", f"{basis.futures_price:g}"),
        "gross": f"{32 * basis.gross_basis:.0f}",
        "implied": "-" if basis.implied_repo_pct is None else f"{basis.implied_repo_pct:.0f}",
    }
    yield Note("odd_swapped" if fits else "odd_price", values)
