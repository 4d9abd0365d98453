"""A basis -> the message of /basis: the number, one narrow table, inputs, formula, sources."""

from __future__ import annotations

from collections.abc import Iterator

from bot.desk.calculate import BasisReply, answer_basis, with_repo
from bot.desk.request import BasisRequest, Default
from bot.i18n import Lang, say
from bot.render.html import escape
from bot.render.message import Button, Keyboard, Message
from bot.render.numbers import number
from bot.render.table import table
from tools.basis import Basis
from tools.calendar import first_delivery_day
from tools.notes import Note
from tools.quotes import format_cash, format_futures

STRESS_BP = 25.0


def thirty_seconds(points: float) -> str:
    """Return points as 32nds with two decimals."""
    return number(points * 32, 2)


def dollars(amount: float, digits: int = 0) -> str:
    """Return dollars with the sign before the currency: `-$1,234`."""
    text = number(amount, digits)
    return f"{text[0]}${text[1:]}" if text[0] not in "0123456789" else f"${text}"


def decimal(value: float) -> str:
    """Return a price in decimals as far as it has any, at least three."""
    whole, _, rest = f"{value:.8f}".rstrip("0").partition(".")
    return f"{whole}.{rest.ljust(3, '0')}"


def percent(value: float) -> str:
    """Return a rate with the decimals it has, at least two and at most four."""
    whole, _, rest = f"{abs(value):.4f}".rstrip("0").partition(".")
    sign = "\N{MINUS SIGN}" if value < 0 else ""
    return f"{sign}{whole}.{rest.ljust(2, '0')}"


def basis_message(reply: BasisReply, lang: Lang, before: BasisReply | None = None) -> Message:
    """Return the reply to /basis; with `before`, what another repo rate did comes first."""
    parts = [
        *([_stressed(before, reply, lang)] if before else []),
        *_headline(reply.result, lang),
        table(list(_rows(reply.result, lang))),
        "\n".join(_remarks(reply, lang)),
        "\n".join([say(lang, "inputs.title"), *_inputs(reply, lang)]),
        escape(say(lang, "basis.convention")),
        _sources(reply, lang),
    ]
    return Message("\n".join(part for part in parts if part), _keyboard(reply, lang))


def _stressed(before: BasisReply, after: BasisReply, lang: Lang) -> str:
    old, new = before.result, after.result
    if old.net_basis is None or new.net_basis is None:
        return ""
    shift = 100 * ((new.repo_pct or 0) - (old.repo_pct or 0))
    return say(
        lang,
        "basis.stressed",
        before=percent(old.repo_pct or 0),
        after=percent(new.repo_pct or 0),
        shift=number(shift, 0, sign=True),
        net_before=thirty_seconds(old.net_basis),
        net_after=thirty_seconds(new.net_basis),
        change=dollars((old.net_basis - new.net_basis) * 10_000),
    )


def _headline(result: Basis, lang: Lang) -> Iterator[str]:
    gross = {"gross": thirty_seconds(result.gross_basis), "usd": dollars(result.gross_basis * 1e4)}
    if result.implied_repo_pct is None:
        yield say(lang, "basis.headline_same_day", **gross)
        return
    implied = number(result.implied_repo_pct, 2)
    if result.net_basis is None or result.repo_pct is None:
        yield say(lang, "basis.headline_no_repo", implied=implied, **gross)
        yield say(lang, "basis.no_repo")
        return
    yield say(
        lang,
        "basis.headline",
        net=thirty_seconds(result.net_basis),
        usd=dollars(result.net_basis * 1e4),
        implied=implied,
        repo=percent(result.repo_pct),
        gap=number(100 * (result.implied_repo_pct - result.repo_pct), 1, sign=True),
    )


def _rows(result: Basis, lang: Lang) -> Iterator[tuple[str, ...]]:
    """Yield the table: label, 32nds, dollars per million of face."""
    yield "", say(lang, "basis.col_32nds"), say(lang, "basis.col_usd")
    for name, points in (
        ("gross", result.gross_basis),
        ("carry", result.carry),
        ("net", result.net_basis),
    ):
        if points is not None:
            yield say(lang, f"basis.{name}"), thirty_seconds(points), number(points * 1e4)
    for name, value in _single(result):
        yield say(lang, f"basis.{name}"), "", value


def _single(result: Basis) -> Iterator[tuple[str, str]]:
    """Yield the lines of the table that have one figure."""
    if result.implied_repo_pct is not None:
        yield "implied", f"{number(result.implied_repo_pct, 3)}%"
    yield "factor", f"{result.conversion_factor:.4f}"
    yield "invoice", f"{result.invoice_per_100:.4f}"
    if result.forward is not None:
        yield "forward", f"{result.forward:.4f}"
    yield "yield", f"{number(result.yield_pct, 3)}%"
    yield "contracts", number(result.contracts * 1e6 / result.face_usd, 2)
    yield "dv01", dollars(result.futures_dv01_usd, 2)
    if result.leverage is not None and result.equity_per_100 is not None:
        yield "equity", dollars(result.equity_per_100 * 1e4)
        yield "leverage", f"{number(result.leverage, 1)}x"


def _remarks(reply: BasisReply, lang: Lang) -> Iterator[str]:
    """Yield what must be said beside the figures, each once."""
    result = reply.result
    if result.leverage_missing:
        yield say(lang, f"basis.{result.leverage_missing}")
    if result.carry is not None and result.carry < 0:
        first = first_delivery_day(reply.request.contract)
        if result.settlement < first < result.delivery:
            yield say(lang, "basis.first_day", first=first)
    if result.face_usd != 1e6:
        yield _on_face(result, lang)
    said = {"repo_missing"}  # the headline says it
    for note in (*reply.request.futures.notes, *reply.request.cash.notes, *result.notes):
        if note.code not in said:
            said.add(note.code)
            yield escape(note_text(note, lang))


def note_text(note: Note, lang: Lang) -> str:
    """Return what a calculator wants said, as plain text."""
    return say(lang, f"note.{note.code}", **note.values)


def _on_face(result: Basis, lang: Lang) -> str:
    face = dollars(result.face_usd)
    if result.net_basis_usd is None or result.carry_usd is None:
        return say(lang, "basis.on_face_gross", face=face, gross=dollars(result.gross_basis_usd))
    return say(
        lang,
        "basis.on_face",
        face=face,
        net=dollars(result.net_basis_usd),
        carry=dollars(result.carry_usd),
    )


def origin(request: BasisRequest, name: str, lang: Lang) -> str:
    """Return where an input came from: the user, or a default and its reason."""
    default = request.defaults.get(name)
    if default is None:
        return say(lang, "inputs.yours")
    if default.reason == "position":
        return reason(default, lang)
    return say(lang, "inputs.default", why=reason(default, lang))


def reason(default: Default, lang: Lang) -> str:
    """Return why an input has the value that nobody gave."""
    return say(lang, f"inputs.{default.reason}", **default.values)


def input_lines(reply: BasisReply, lang: Lang) -> Iterator[str]:
    """Yield each input in both notations, with where it came from, as plain text."""
    request, result = reply.request, reply.result

    def line(key: str, name: str, **values: object) -> str:
        return say(lang, f"inputs.line_{key}", origin=origin(request, name, lang), **values)

    yield line(
        "futures",
        "futures_price",
        contract=request.contract.code,
        month=request.contract.delivery_month,
        in_32nds=format_futures(request.futures.price, request.contract.root),
        decimal=decimal(request.futures.price),
    )
    yield line(
        "bond",
        "maturity",
        coupon=percent(request.coupon_pct),
        maturity=request.maturity,
        cusip=f" {request.cusip}" if request.cusip else "",
        in_32nds=format_cash(request.cash.price),
        decimal=decimal(request.cash.price),
    )
    yield line("settlement", "settlement", day=request.settlement)
    yield line("delivery", "delivery", day=request.delivery, days=result.days)
    yield from _rate_lines(request, result, lang)
    yield line("face", "face_usd", usd=dollars(request.face_usd))


def _rate_lines(request: BasisRequest, result: Basis, lang: Lang) -> Iterator[str]:
    def line(key: str, name: str, **values: object) -> str:
        return say(lang, f"inputs.line_{key}", origin=origin(request, name, lang), **values)

    if request.repo_pct is None:
        yield say(lang, "inputs.line_repo_missing", origin=say(lang, "inputs.missing"))
    else:
        yield line("repo", "repo_pct", rate=percent(request.repo_pct))
    computed = say(lang, "inputs.factor_computed")
    own = say(lang, "inputs.yours")
    yield say(
        lang,
        "inputs.line_factor",
        factor=f"{result.conversion_factor:.4f}",
        origin=computed if request.conversion_factor is None else own,
    )
    if request.haircut_pct is not None:
        yield line("haircut", "haircut_pct", rate=percent(request.haircut_pct))
    if request.margin_usd is not None and result.margin_pct is not None:
        yield line(
            "margin",
            "margin_usd",
            usd=dollars(request.margin_usd),
            rate=number(result.margin_pct, 2),
        )


def _inputs(reply: BasisReply, lang: Lang) -> Iterator[str]:
    return (f"\N{BULLET} {escape(line)}" for line in input_lines(reply, lang))


def source_lines(reply: BasisReply, lang: Lang) -> Iterator[str]:
    """Yield where factor, terms, calendar, method and a defaulted repo rate come from."""
    contract = reply.request.contract
    if reply.request.conversion_factor is None:
        yield say(lang, "basis.source_factor")
    terms = {
        (cell.source, cell.as_of)
        for name, cell in contract.spec.cells.items()
        if name in {"face_usd", "last_delivery", "window"}
    }
    for source, as_of in sorted(terms):
        yield say(lang, "basis.source_terms", contract=contract.code, source=source, as_of=as_of)
    yield say(lang, "basis.source_calendar")
    yield say(lang, "basis.source_method")
    repo = reply.request.defaults.get("repo_pct")
    if repo and repo.reason == "repo_on_record":
        yield say(lang, "basis.source_repo", **repo.values)


def _sources(reply: BasisReply, lang: Lang) -> str:
    lines = "\n".join(escape(line) for line in source_lines(reply, lang))
    return f"<blockquote expandable>{lines}</blockquote>"


def _keyboard(reply: BasisReply, lang: Lang) -> Keyboard:
    copy = Button(say(lang, "button.copy"), copy=reply.command)
    packed = reply.packed
    if packed is None:
        return ((copy,),) if len(reply.command) <= 256 else ()
    formula = Button(say(lang, "button.formula"), data=f"bf:{packed}")
    if reply.result.repo_pct is None:
        give = Button(say(lang, "button.give_repo"), data=f"br:{packed}")
        return ((give,), (formula, copy))
    stress = Button(say(lang, "button.stress", bp=int(STRESS_BP)), data=f"bs:{packed}")
    change = Button(say(lang, "button.change_repo"), data=f"br:{packed}")
    chart = Button(say(lang, "desk.button.chart"), data=f"bc:{packed}")
    rows = Button(say(lang, "desk.button.csv"), data=f"bv:{packed}")
    figures = (rows,) if reply.result.days == 0 else (chart, rows)
    return ((stress, change), (*figures, formula), (copy,))


def formula_message(reply: BasisReply, lang: Lang) -> Message:
    """Return the formulas with this trade's numbers in them."""
    result = reply.result
    values = {
        "clean": decimal(result.clean_price),
        "futures": decimal(result.futures_price),
        "factor": f"{result.conversion_factor:.4f}",
        "gross": number(result.gross_basis, 6),
        "gross_32nds": thirty_seconds(result.gross_basis),
    }
    lines = [say(lang, "basis.formula_gross", **values)]
    if result.net_basis is not None and result.carry is not None:
        lines += _financed_lines(result, lang)
    if result.implied_repo_pct is not None:
        implied = number(result.implied_repo_pct, 4)
        lines.append(say(lang, "basis.formula_implied", implied=implied))
    if result.leverage is not None:
        lines.append(
            say(
                lang,
                "basis.formula_leverage",
                haircut=percent(result.haircut_pct or 0),
                margin=number(result.margin_pct or 0, 2),
                leverage=number(result.leverage, 1),
            )
        )
    title = say(lang, "basis.formula_title")
    return Message("\n\n".join([title, *(escape(line) for line in lines), _sources(reply, lang)]))


def _financed_lines(result: Basis, lang: Lang) -> list[str]:
    carry = say(
        lang,
        "basis.formula_carry",
        income=number(result.coupon_income, 6),
        reinvestment=number(result.reinvestment or 0, 6),
        financing=number(result.financing or 0, 6),
        carry=number(result.carry or 0, 6),
        dirty=number(result.dirty, 6),
        repo=percent(result.repo_pct or 0),
        days=result.days,
    )
    net = say(
        lang,
        "basis.formula_net",
        gross=number(result.gross_basis, 6),
        carry=number(result.carry or 0, 6),
        net=number(result.net_basis or 0, 6),
        net_32nds=thirty_seconds(result.net_basis or 0),
    )
    return [carry, net]


def repo_keyboard(reply: BasisReply, words: str, lang: Lang) -> Keyboard:
    """Return the choice of other repo rates: some steps away, or round ones where none is known."""
    rate = reply.request.repo_pct
    if rate is None:
        rates = [3.0, 3.25, 3.5, 3.75, 4.0, 4.25, 4.5, 5.0]
    else:
        rates = [rate + step / 100 for step in (-50, -25, -10, -5, 5, 10, 25, 50)]
    buttons = []
    for value in rates:
        changed = answer_basis(with_repo(words, value), reply.asked)
        if changed.packed:
            buttons.append(Button(f"{percent(value)}%", data=f"bw:{changed.packed}"))
    back = Button(say(lang, "button.back"), data=f"bw:{reply.packed}")
    return (tuple(buttons[:4]), tuple(buttons[4:]), (back,))
