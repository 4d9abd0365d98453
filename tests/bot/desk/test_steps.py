"""The forms: step by step to words that the command answers, whatever was saved or skipped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.desk.commands import answer
from bot.desk.position import read
from bot.desk.steps import COMMANDS, NEW, Steps, cleaned, first_wrong
from tests.bot.desk.asking import BONDS, KNOWN, SAVED, TODAY
from tools.errors import CalculatorError

TRADE = ("TYH7", "112-16+", "2034-11-15", "4.25", "100-30", "3.9")
FUNDING = ("2", "1850", "500k", "100m")
FILLED = {
    "basis": (*TRADE, "2"),
    "carry": TRADE,
    "pnl": (NEW, *TRADE, "100m", "2026-12-24", "112-20", "101-02"),
    "leverage": (NEW, *TRADE, *FUNDING),
    "stress": (NEW, *TRADE, *FUNDING, "mar2020"),
    "spiral": ("1", "2", "1", "1.5", "1", "4"),
    "dates": ("TYH7",),
    "ctd": ("TYH7", "112-16+", "3.9", "+", "2034-11-15", "4.25", "100-30", "+", "2034-05-15", "4",
            "100-03", "."),
}  # fmt: skip


@pytest.mark.parametrize("command", FILLED)
def test_a_form_filled_in_is_words_that_the_command_answers(command: str):
    state = Steps(command, FILLED[command])
    assert state.step is None
    assert first_wrong(state, TODAY) == (state, None)
    words = state.words()
    if command == "spiral":
        words = f"size 1tn 5y 100% {words}"
    assert answer(command, words, KNOWN).command == command


@pytest.mark.parametrize("command", FILLED)
def test_a_form_stops_at_its_first_wrong_answer(command: str):
    chosen = list(FILLED[command])
    at = 1 if chosen[0] == NEW else 0
    chosen[at] = "banana"
    state, error = first_wrong(Steps(command, tuple(chosen)), TODAY)
    assert error is not None
    assert len(state.chosen) == at


def test_every_command_has_a_form():
    assert set(COMMANDS) == {*FILLED, "position"}


def test_a_saved_position_stands_for_the_whole_trade():
    known = replace(KNOWN, positions={"ten": SAVED})
    state = Steps("stress", ("ten", "mar2020"))
    assert (state.step, state.words()) == (None, "ten mar2020")
    assert answer("stress", state.words(), known).command == "stress"
    marked = Steps("pnl", ("ten", "2026-12-24", "112-20", "101-02"))
    assert marked.words() == "ten to 2026-12-24 112-20 101-02"
    assert answer("pnl", marked.words(), known).command == "pnl"


def test_without_saved_positions_a_form_is_about_a_new_trade():
    assert Steps.opened("pnl", has_positions=False).step == "contract"
    assert Steps.opened("pnl", has_positions=True).step == "position"
    assert Steps.opened("carry", has_positions=True).step == "contract"


def test_optional_steps_may_be_left_out():
    state = Steps("leverage", (NEW, *TRADE[:5], "", "2", "", "", ""))
    assert state.step is None
    assert "repo" not in state.words()
    assert state.words().endswith("cash 100-30 haircut 2%")


def test_a_basket_can_be_pasted_instead_of_typed_bond_by_bond():
    state = Steps("ctd", ("TYH7", "112-16+", "3.9", "="))
    assert state.step == "pasted"
    whole = Steps("ctd", (*state.chosen, cleaned("pasted", "\n".join(BONDS), TODAY)))
    assert whole.step is None
    assert len(answer("ctd", whole.words(), KNOWN).basket.rows) == 3  # type: ignore[attr-defined]


def test_a_position_s_form_saves_it_under_the_typed_name():
    ask = read(Steps("position", ("ten", *TRADE, *FUNDING)).words(), KNOWN)
    assert (ask.action, ask.name, ask.kept_words) == ("save", "ten", SAVED)


def test_typed_dates_and_rates_are_cleaned():
    assert cleaned("maturity", "15 Nov 2034", TODAY) == "2034-11-15"
    assert cleaned("haircut", " 2 % ", TODAY) == "2"
    assert cleaned("futures", "112-16 +", TODAY) == "112-16+"
    assert cleaned("futures", "112 33/64", TODAY) == "112-16.5"
    assert cleaned("contract", "TY Mar 27", TODAY) == "TYH2027"
    assert cleaned("mark_day", "下周一", TODAY) == "2026-11-30"
    assert cleaned("repo", "３.9％", TODAY) == "3.9"


WORDINGS = (
    "TYH7", "TYZ6", "112-16", "112-325", "2034-11-15", "15 Nov 2034", "2034年11月15日", "4.25%",
    "4 1/4", "3,90", "120", "-3", "0", "2034", "500k", "2,5bn", "1e9", "99999999", "repo 4", "?",
)  # fmt: skip
LAST_DAYS = frozenset({"mark_day", "mark_futures", "mark_cash"})  # told once the trade is priced


@pytest.mark.parametrize("command", ["carry", "pnl", "leverage", "stress", "position"])
def test_what_a_step_takes_is_not_refused_once_all_is_filled_in(command: str):
    """Read whole or refused at its own step: at the end a refusal costs all the answers."""
    filled = FILLED.get(command, ("ten", *TRADE, *FUNDING))
    taken = 0
    for place in range(len(filled)):
        step = Steps(command, filled[:place]).step
        if step in LAST_DAYS or step in {"position", "scenario"}:
            continue
        for typed in WORDINGS:
            chosen = (*filled[:place], cleaned(step, typed, TODAY), *filled[place + 1 :])
            if first_wrong(Steps(command, chosen[: place + 1]), TODAY)[1]:
                continue
            taken += 1
            said = _refusal(command, Steps(command, chosen).words())
            # Another bond or contract may not fit the rest; the step itself was read.
            assert said not in {"number_range", "position_name"}, (step, typed)
            assert not said.startswith("args_"), (step, typed)
    assert taken > 10


def _refusal(command: str, words: str) -> str:
    """Return the code of the error that words meet, empty where they are answered."""
    try:
        read(words, KNOWN) if command == "position" else answer(command, words, KNOWN)
    except CalculatorError as error:
        return error.code
    return ""
