"""A question that states a calculation's inputs -> the result, its formula and the inputs echoed.

Only what the question states is used; with an input missing there is no calculation, and the
question goes on to the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from bot.answering import stated
from bot.answering.ask import Ask
from bot.answering.compose import Draft
from bot.answering.stated import Stated
from bot.i18n import Lang
from knowledge.claims import Ledger
from knowledge.report import Citation
from tools import stated as tools
from tools.contracts import parse_contract_or_root
from tools.errors import CalculatorError
from tools.leverage import balance_sheet_leverage, leverage

# Which claims state the identity that a calculation uses.
FORMULAS = {
    "leverage": ("LV07",),
    "equity": ("LV07",),
    "implied_repo": ("ME05",),
    "gross_basis": ("ME04",),
    "edge": ("ME07",),
    "contracts": ("ME09", "ME04"),
}
_TENORS = (
    ("TU", ("two_year",)),
    ("FV", ("five_year",)),
    ("TY", ("ten_year",)),
)

Writer = Callable[["Sheet", Ask, Stated], bool]


class Sheet:
    """The lines of one calculation, written into a draft with their sources."""

    def __init__(self, draft: Draft, ledger: Ledger, today: date) -> None:
        self.draft = draft
        self.ledger = ledger
        self.today = today

    @property
    def lang(self) -> Lang:
        """Return the reader's language."""
        return self.draft.lang

    def line(self, key: str, **values: object) -> None:
        """Add one line borne by the calculator and the claims that state its formula."""
        source = Citation(
            n=0,
            source="calculator",
            publisher=self.draft.say("calculation.tool"),
            title=self.draft.say("calculation.formula"),
            doc="calculator",
        )
        number = self.draft.cite_source("calculator", source)
        claims = [self.ledger[i] for i in FORMULAS.get(key, ()) if i in self.ledger]
        self.draft.add(self.draft.say(f"calculation.{key}", **values), claims, [number])

    def money(self, value: float) -> str:
        """Return an amount of dollars as the reader's language writes it."""
        return money(value, self.lang)


def write(draft: Draft, ask: Ask, ledger: Ledger) -> bool:
    """Write the calculation that a question states; False where it states none."""
    if not ask.figures or ask.asks("claim_check") or "article" in ask.concepts:
        return False
    given = stated.read(ask.text)
    sheet = Sheet(draft, ledger, draft.today)
    try:
        return any(writer(sheet, ask, given) for writer in _WRITERS)
    except CalculatorError:
        # A stated input that no calculation takes (a haircut and margin of nil): not ours to
        # guess at; the ledger answers, or the refusal says what can be done.
        draft.statements.clear()
        return False


def _implied_repo(sheet: Sheet, ask: Ask, given: Stated) -> bool:
    parts = given.parts
    whole = given.has("clean", "accrued") or given.has("dirty")
    needed = given.has("futures", "factor", "accrued_delivery", "days")
    if not (ask.asks("calc_implied") and whole and needed):
        return False
    purchase = parts["dirty"] if "dirty" in parts else parts["clean"] + parts["accrued"]
    invoice = parts["futures"] * parts["factor"] + parts["accrued_delivery"]
    rate = tools.implied_repo_pct(purchase, invoice, parts["days"])
    days = number(parts["days"])
    values = {"invoice": number(invoice, 5), "purchase": number(purchase, 5), "days": days}
    sheet.line("implied_repo", rate=f"{rate:.3f}", **values)
    if "dirty" not in parts:
        sheet.line(
            "implied_repo_legs",
            futures=number(parts["futures"]),
            factor=number(parts["factor"]),
            accrued_delivery=number(parts["accrued_delivery"]),
            invoice=values["invoice"],
            clean=number(parts["clean"]),
            accrued=number(parts["accrued"]),
            purchase=values["purchase"],
        )
    sheet.draft.note("calculation.inputs")
    return True


def _gross_basis(sheet: Sheet, ask: Ask, given: Stated) -> bool:
    parts = given.parts
    if not (ask.asks("calc_basis") and given.has("clean", "futures", "factor")):
        return False
    points = parts["clean"] - parts["futures"] * parts["factor"]
    sheet.line(
        "gross_basis",
        points=number(points, 4),
        ticks=number(points * 32, 2),
        clean=number(parts["clean"]),
        futures=number(parts["futures"]),
        factor=number(parts["factor"]),
    )
    sheet.draft.note("calculation.stated")
    return True


def _contracts(sheet: Sheet, ask: Ask, given: Stated) -> bool:
    if not (ask.asks("calc_contracts") and given.has("factor")):
        return False
    face = given.parts.get("face") or next(iter(given.money()), None)
    root = next((r for r, ideas in _TENORS if ask.concepts.intersection(ideas)), None)
    if face is None or root is None:
        return False
    month = f"{sheet.today.year}-{(sheet.today.month + 2) // 3 * 3:02d}"
    contract_face = parse_contract_or_root(root, month).spec.face_usd
    exact = tools.hedge_contracts(face, given.parts["factor"], contract_face)
    sheet.line(
        "contracts",
        contracts=f"{exact:,.0f}",
        face=sheet.money(face),
        factor=number(given.parts["factor"]),
        contract_face=sheet.money(contract_face),
    )
    sheet.draft.note("calculation.contracts_exact", exact=number(exact, 2))
    return True


def _margin(sheet: Sheet, ask: Ask, given: Stated) -> bool:
    percents = [f.value for f in ask.figures if f.unit == "percent"]
    amounts = [f.value for f in ask.figures if f.unit == "usd"] or given.money()
    if not ({"margin"} & ask.concepts and ask.asks("calc_margin")):
        return False
    if len(percents) != 2 or len(amounts) != 1 or "haircut" in given.parts:
        return False
    old, new = percents
    extra = tools.extra_margin_usd(amounts[0], old, new)
    sheet.line(
        "margin",
        extra=sheet.money(extra),
        face=sheet.money(amounts[0]),
        old=number(old),
        new=number(new),
    )
    sheet.draft.note("calculation.stated")
    return True


def _equity(sheet: Sheet, ask: Ask, given: Stated) -> bool:
    # "Equity needed for $300m": the amount beside the word is what it is needed for.
    amounts = (given.parts.get("face"), next(iter(given.money()), None), given.parts.get("equity"))
    face = next((amount for amount in amounts if amount), None)
    if not (ask.asks("calc_equity") and given.has("haircut", "margin") and face):
        return False
    haircut, margin = given.parts["haircut"], given.parts["margin"]
    sheet.line(
        "equity",
        equity=sheet.money(tools.equity_usd(face, haircut, margin)),
        face=sheet.money(face),
        haircut=number(haircut),
        margin=number(margin),
    )
    sheet.draft.note("calculation.stated")
    return True


def _leverage(sheet: Sheet, ask: Ask, given: Stated) -> bool:
    if not (ask.asks("calc_leverage") and given.has("haircut")):
        return False
    if "margin" in ask.concepts and not given.has("margin"):
        return False
    haircut, margin = given.parts["haircut"], given.parts.get("margin", 0.0)
    sheet.line(
        "leverage",
        leverage=number(leverage(haircut, margin), 1),
        haircut=number(haircut),
        margin=number(margin),
    )
    sheet.draft.note("calculation.stated")
    return True


def _repo_leverage(sheet: Sheet, ask: Ask, given: Stated) -> bool:
    if not (ask.asks("calc_leverage") and given.has("borrowing", "equity")):
        return False
    borrowing, capital = given.parts["borrowing"], given.parts["equity"]
    sheet.line(
        "repo_leverage",
        leverage=number(balance_sheet_leverage(borrowing, capital), 1),
        borrowing=sheet.money(borrowing),
        capital=sheet.money(capital),
    )
    sheet.draft.note("calculation.stated")
    return True


def _position_leverage(sheet: Sheet, ask: Ask, given: Stated) -> bool:
    if not (ask.asks("calc_leverage") and given.has("face", "equity")):
        return False
    if {"edge", "haircut"} & given.parts.keys():
        return False
    face, equity = given.parts["face"], given.parts["equity"]
    sheet.line(
        "position_leverage",
        leverage=number(balance_sheet_leverage(face, equity), 1),
        face=sheet.money(face),
        equity=sheet.money(equity),
    )
    sheet.draft.note("calculation.stated")
    return True


def _edge(sheet: Sheet, ask: Ask, given: Stated) -> bool:
    parts = given.parts
    face = parts.get("face") or next(iter(given.money()), None)
    if not (given.has("edge", "days") and face):
        return False
    profit = tools.edge_profit_usd(face, parts["edge"], parts["days"])
    days = number(parts["days"])
    sheet.line(
        "edge",
        profit=sheet.money(profit),
        face=sheet.money(face),
        edge=number(parts["edge"]),
        days=days,
    )
    if "equity" in parts:
        rate = tools.annual_return_pct(profit, parts["equity"], parts["days"])
        values = {"profit": sheet.money(profit), "equity": sheet.money(parts["equity"])}
        sheet.line("roe", rate=number(rate, 2), days=days, **values)
    sheet.draft.note("calculation.inputs")
    return True


def _financing(sheet: Sheet, ask: Ask, given: Stated) -> bool:
    parts = given.parts
    amount = parts.get("face") or parts.get("borrowing") or next(iter(given.money()), None)
    rate = parts.get("rate") or next(iter(given.percents()), None)
    if not (ask.asks("calc_financing") and "days" in parts and amount and rate):
        return False
    cost = tools.financing_usd(amount, rate, parts["days"])
    sheet.line(
        "financing",
        cost=sheet.money(cost),
        amount=sheet.money(amount),
        rate=number(rate),
        days=number(parts["days"]),
    )
    sheet.draft.note("calculation.inputs")
    return True


def _share(sheet: Sheet, ask: Ask, given: Stated) -> bool:
    amounts = [f.value for f in ask.figures if f.unit in {"usd", ""} and f.value >= 1e6]
    percents = [f.value for f in ask.figures if f.unit == "percent"]
    if not ask.asks("calc_share") or not 1 <= len(amounts) <= 2 or len(percents) > 1:
        return False
    whole = max(amounts)
    if len(amounts) == 2:
        part = min(amounts)
        share = number(tools.share_pct(part, whole), 2)
        sheet.line("share", share=share, part=sheet.money(part), whole=sheet.money(whole))
    if percents and ask.asks("calc_amount_of"):
        amount = sheet.money(whole * percents[0] / 100)
        sheet.line("share_of", percent=number(percents[0]), whole=sheet.money(whole), amount=amount)
    if not sheet.draft.statements:
        return False
    sheet.draft.note("calculation.stated")
    return True


_WRITERS: tuple[Writer, ...] = (
    _implied_repo,
    _contracts,
    _gross_basis,
    _margin,
    _equity,
    _leverage,
    _repo_leverage,
    _position_leverage,
    _edge,
    _financing,
    _share,
)


def number(value: float, decimals: int = 6) -> str:
    """Return a number with at most so many decimals and no idle zeros; thousands by commas.

    >>> number(33.333333, 1), number(2.0), number(0.9012)
    ('33.3', '2', '0.9012')
    """
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: float, lang: Lang) -> str:
    """Return dollars as a reader of the language writes them.

    >>> money(500_000, "en"), money(1.8e12, "en"), money(1e7, "en")
    ('$500,000', '$1.8 trillion', '$10 million')
    """
    from bot.i18n import say

    size = abs(value)
    scales = (
        ((1e12, "usd_trillion"), (1e9, "usd_billion"), (1e6, "usd_million"), (1.0, "usd"))
        if lang == "en"
        else ((1e12, "usd_trillion"), (1e8, "usd_billion"), (1e6, "usd_wan"), (1.0, "usd"))
    )
    scale, key = next(s for s in scales if size >= s[0] or s[0] == 1.0)
    unit = 1e4 if key == "usd_wan" else scale
    shown = number(value / unit, 4 if unit > 1 else 2)
    return say(lang, f"answer.unit.{key}", value=shown)
