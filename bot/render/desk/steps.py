"""A desk's form at its current step -> one message, edited in place as it is filled in.

What was chosen stands in the store under the form's short name; a button carries that name, its
step's number and its value, so it means the same after a restart, and pressed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.desk.steps import DONE, MORE, NEW, PASTE, Steps
from bot.i18n import Lang, say
from bot.render.html import escape
from bot.render.keys import (
    NUMBER_KEYS,
    PRICE_KEYS,
    contract_keys,
    digit_keys,
    in_rows,
    maturity_keys,
)
from bot.render.message import Button, Keyboard, Message
from tools.calendar import add_business_days
from tools.contracts import parse_contract

PREFIX = "w:"
_QUICK: dict[str, tuple[tuple[str, str], ...]] = {
    "haircut": tuple((f"{rate}%", rate) for rate in ("0", "0.5", "1", "2", "3", "5")),
    "margin_pct": tuple((f"{rate}%", rate) for rate in ("1", "1.5", "2", "2.5", "3", "4")),
    "buffer_pct": tuple((f"{rate}%", rate) for rate in ("0", "0.5", "1", "1.5", "2", "3")),
    "buffer": (("$0", "0"), ("$100k", "100k"), ("$500k", "500k"), ("$1m", "1m"), ("$2m", "2m"),
               ("$5m", "5m")),
    "face": (("$1m", "1m"), ("$10m", "10m"), ("$50m", "50m"), ("$100m", "100m"),
             ("$500m", "500m"), ("$1bn", "1bn")),
    "shock_margin": tuple((f"x{rate}", rate) for rate in ("1", "1.25", "1.5", "2", "2.5", "3")),
    "shock_haircut": tuple((f"+{rate}", rate) for rate in ("0", "0.5", "1", "2", "3", "5")),
    "shock_basis": tuple((rate, rate) for rate in ("0", "2", "4", "8", "12", "16")),
}  # fmt: skip
_EPISODES = ("sep2019", "mar2020", "apr2025")
_OPTIONAL = frozenset({"repo", "haircut", "margin", "buffer", "face", "buffer_pct"})


def data(key: str, place: int, text: str) -> str:
    """Return a button's data: the form, which step it belongs to, what it says."""
    return f"{PREFIX}{key}:{place}:{text}"


def steps_message(
    state: Steps,
    key: str,
    lang: Lang,
    today: date,
    *,
    positions: Sequence[str] = (),
    sofr: str | None = None,
    refused: str = "",
) -> Message:
    """Return the form at its step; `refused` says what was wrong with the last answer."""
    step = state.step or ""
    lines = [say(lang, "desk.form_title", command=state.command)]
    if words := state.words():
        lines.append(say(lang, "form.so_far", words=escape(words)))
    if refused:
        lines.append(escape(refused))
    lines += ["", _question(state, step, lang, today)]
    if state.entry and step not in {"contract", "maturity"}:
        lines.append(f"<code>{escape(state.entry)}</code>")
    offer = Offer(state, key, lang, today, positions, sofr)
    keyboard = _KEYBOARDS.get(step, _quick)(offer)
    return Message("\n".join(lines), (*keyboard, _last_row(offer)))


def _question(state: Steps, step: str, lang: Lang, today: date) -> str:
    if step == "contract" and state.entry:
        return say(lang, "desk.step.month", contract=state.entry)
    if step == "maturity":
        part = {0: "year", 4: "maturity"}.get(len(state.entry), "day")
        return say(lang, f"desk.step.{part}", year=state.entry[:4])
    if step == "pasted":
        step = "basket"
    contract = state.value("contract")
    code = parse_contract(contract, today).code if contract else ""
    return say(lang, f"desk.step.{step}", contract=code)


def _last_row(offer: Offer) -> tuple[Button, ...]:
    state, place = offer.state, len(offer.state.chosen)
    cancel = Button(say(offer.lang, "button.cancel"), data="fc:")
    # Without saved positions the form opened at its second step: nothing lies before it.
    first = 0 if offer.positions else len(Steps.opened(state.command, has_positions=False).chosen)
    if place <= first and not state.entry:
        return (cancel,)
    # Back takes what is typed away first, then the last answer.
    back = data(offer.key, place, "") if state.entry else data(offer.key, place - 1, "")
    return (Button(say(offer.lang, "button.back"), data=back), cancel)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a step's buttons are made of."""

    state: Steps
    key: str
    lang: Lang
    today: date
    positions: Sequence[str]
    sofr: str | None

    def typing(self, text: str) -> str:
        """Return the data of a button that leads to this entry."""
        return data(self.key, len(self.state.chosen), text)

    def done(self, value: str) -> str:
        """Return the data of a button that settles this step."""
        return self.typing(f"{value}|")

    def choice(self, label: str, value: str) -> Button:
        """Return a button that settles this step, its text from the locales."""
        return Button(say(self.lang, label), data=self.done(value))

    def digits(self, keys: Sequence[str]) -> Keyboard:
        """Return a keypad, with a way to leave an optional answer out."""
        made = digit_keys(self.state.entry, keys, self.typing, self.done, self.lang)
        return (*self.skip(), *made)

    def skip(self) -> Keyboard:
        """Return the way to leave this step out, where it may be."""
        return ((self.choice("button.none", ""),),) if self.state.step in _OPTIONAL else ()


def _maturities(offer: Offer) -> Keyboard:
    contract = parse_contract(offer.state.value("contract"), offer.today)
    return maturity_keys(offer.state.entry, contract, offer.typing, offer.done)


def _positions(offer: Offer) -> Keyboard:
    named = [Button(name, data=offer.done(name)) for name in offer.positions[:12]]
    return (*in_rows(named, 3), (offer.choice("desk.button.new", NEW),))


def _repo(offer: Offer) -> Keyboard:
    keys = offer.digits(NUMBER_KEYS)
    if offer.sofr is None:
        return keys
    label = say(offer.lang, "button.repo_on_record", rate=offer.sofr)
    return ((Button(label, data=offer.done(offer.sofr)),), *keys)


def _mark_days(offer: Offer) -> Keyboard:
    days = [str(add_business_days(offer.today, ahead)) for ahead in (1, 5, 10, 21)]
    return in_rows([Button(day, data=offer.done(day)) for day in days], 2)


def _quick(offer: Offer) -> Keyboard:
    choices = _QUICK.get(offer.state.step or "", ())
    return (
        *in_rows([Button(label, data=offer.done(value)) for label, value in choices], 3),
        *offer.skip(),
    )


_KEYBOARDS: dict[str, Callable[[Offer], Keyboard]] = {
    "contract": lambda o: contract_keys(o.state.entry, o.today, o.typing, o.done),
    "maturity": _maturities,
    "position": _positions,
    "scenario": lambda o: tuple((o.choice(f"episode.{name}", name),) for name in _EPISODES),
    "basket": lambda o: (
        (o.choice("desk.button.paste", PASTE),),
        (o.choice("desk.button.one_by_one", MORE),),
    ),
    "more": lambda o: (
        (o.choice("desk.button.another", MORE), o.choice("desk.button.done", DONE)),
    ),
    "mark_day": _mark_days,
    "repo": _repo,
    **dict.fromkeys(("margin", "coupon"), lambda o: o.digits(NUMBER_KEYS)),
    **dict.fromkeys(
        ("futures", "cash", "mark_futures", "mark_cash"), lambda o: o.digits(PRICE_KEYS)
    ),
}


def place_and_text(rest: str) -> tuple[str, int, str]:
    """Return the form's name, the step's number and the text that a button carries."""
    key, place, text = rest.split(":", 2)
    return key, int(place), text
