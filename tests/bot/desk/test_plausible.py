"""What can hardly be meant is doubted above the figures; what a desk trades is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.basis import answer as basis
from bot.desk.commands import answer
from bot.i18n import LANGS, Lang, say
from bot.render.desk.views import change_keyboard, desk_message, reply_html
from bot.render.html import plain
from tests.bot.desk.asking import KNOWN

BOND = "TYH7 112-16+ 4.25% 11/15/34 100-30"


def doubted(words: str) -> list[tuple[str, str]]:
    notes = basis(words, KNOWN).notes
    return [(n.code, str(n.values["field"])) for n in notes if n.code.startswith("odd_")]


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (f"{BOND} repo 0.039", [("odd_rate", "repo_pct")]),
        (f"{BOND} repo 3.9 haircut 0.02", [("odd_rate", "haircut_pct")]),
        (f"{BOND} repo 3.9 haircut 98", [("odd_haircut", "haircut_pct")]),
        (f"{BOND} repo 3.9 haircut 2% margin 1.65", [("odd_margin", "margin_usd")]),
        (f"{BOND} repo 3.9 cf 0.80", [("odd_factor", "conversion_factor")]),
        (f"{BOND.replace('4.25', '4.3')} repo 3.9", [("odd_coupon", "coupon_pct")]),
        ("TYH7 4.25% 11/15/34 100-30 112-16+ repo 3.9", [("odd_swapped", "clean_price")]),
        ("TYH7 100-30 4.25% 11/15/34 112-16+ repo 3.9", [("odd_swapped", "clean_price")]),
        (f"{BOND.replace('100-30', '130-30')} repo 3.9", [("odd_price", "clean_price")]),
        (f"{BOND.replace('100-30', '103-30')} repo 3.9", [("odd_price", "clean_price")]),
        (f"{BOND} repo 3.9 haircut 2% margin 1850", []),
        (f"{BOND} repo 0.05%", []),  # with its unit it is meant
        (f"{BOND} repo 3.9 cf 0.8955", []),
        (f"{BOND} repo 3.9 settle 2027-03-26", []),  # near delivery a tick is many percent
    ],
)
def test_a_doubt_names_its_input(words: str, codes: list[tuple[str, str]]):
    assert doubted(words) == codes


@given(st.integers(-10, 25), st.integers(20, 55), st.integers(0, 6000))
def test_what_a_desk_trades_is_not_doubted(ticks: int, repo: int, margin: int):
    price = 100.9375 - 5.75 / 32 + ticks / 32
    words = f"TYH7 112-16+ 4.25% 11/15/34 cash {price:.6f} repo {repo / 10} margin {50 + margin}"
    assert doubted(f"{words} haircut 2%") == []


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "command",
    ["basis", "carry", "leverage", "pnl", "stress"],
)
def test_every_command_says_it_first_and_offers_to_change_it(lang: Lang, command: str):
    more = " shock yield +10" if command == "stress" else ""
    words = f"{BOND.replace('100-30', '130-30')} repo 3.9 haircut 2% margin 1850{more}"
    reply = answer(command, words, KNOWN)
    first = plain(reply_html(reply, lang)).splitlines()[0]
    assert "130-30" in first
    message = desk_message(reply, lang, "k" * 8)
    assert message.keyboard[0][0].text == say(lang, "desk.fix.clean_price")


def test_the_prices_to_choose_from_fit_the_future():
    reply = basis(f"{BOND.replace('100-30', '130-30')} repo 3.9", KNOWN)
    labels = [b.text for row in change_keyboard(reply, "en", "k", "clean_price") for b in row][:-1]
    around = basis(f"{BOND.replace('100-30', labels[4])} repo 3.9", KNOWN).trade.basis
    assert abs(around.net_basis_32nds) < 3
