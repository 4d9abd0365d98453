"""A ranked basket -> ranking, scenarios, delivery option, hedge, roll: its pages and its CSV."""

from __future__ import annotations

from collections.abc import Iterator

from bot.desk.ctd import CtdReply
from bot.desk.ctd_request import CtdRequest
from bot.i18n import Lang, say
from bot.render.desk.parts import (
    bond_name,
    inputs_block,
    notes_block,
    origin_of,
    page,
    sources_block,
)
from bot.render.html import escape
from bot.render.numbers import decimal, dollars, number, percent
from bot.render.table import table
from bot.render.trouble import sentence
from tools.ctd import Ranked
from tools.quotes import format_futures

SHOWN = 12
PAGES = ("scenario", "option", "delivery", "hedge", "roll")


def pages_of(reply: CtdReply) -> tuple[str, ...]:
    """Return the pages that this basket has."""
    absent = {
        "option": reply.request.repo_pct is None or reply.basket.ctd.basis.days == 0,
        "delivery": reply.first_day() is None,
        "roll": reply.request.back is None,
    }
    return tuple(name for name in PAGES if not absent.get(name))


def ctd_html(reply: CtdReply, lang: Lang) -> str:
    """Return the message of /ctd: the ranking."""
    return page(
        _headline(reply, lang),
        _ranking(reply, lang),
        _left_out(reply, lang),
        notes_block(reply.notes, lang, frozenset({"repo_missing"})),
        inputs_block(_inputs(reply.request, lang), lang),
        escape(say(lang, "ctd.convention")),
        sources_block(_sources(reply, lang)),
    )


def _name(row: Ranked) -> str:
    return bond_name(row.bond.coupon_pct, row.bond.maturity)


def _headline(reply: CtdReply, lang: Lang) -> str:
    first, contract = reply.basket.ctd, reply.request.contract.code
    rate, gap = first.basis.implied_repo_pct, reply.basket.gap_pct
    if rate is None:
        return say(lang, "ctd.headline_same_day", contract=contract, bond=_name(first))
    lines = [
        say(lang, "ctd.headline", contract=contract, bond=_name(first), implied=number(rate, 2))
    ]
    if gap is None:
        lines.append(say(lang, "ctd.alone"))
    else:
        lines.append(_gap(reply, gap, lang))
    if reply.request.repo_pct is None:
        lines.append(say(lang, "ctd.no_repo"))
    return "\n".join(lines)


def _gap(reply: CtdReply, gap: float, lang: Lang) -> str:
    second, ticks = reply.basket.rows[1], reply.basket.gap_32nds
    if ticks is None:
        return say(lang, "ctd.gap_no_repo", bond=_name(second), bp=number(100 * gap, 1))
    return say(lang, "ctd.gap", bond=_name(second), bp=number(100 * gap, 1), ticks=number(ticks, 2))


def _ranking(reply: CtdReply, lang: Lang) -> str:
    """Return the first bonds by implied repo: rate, net or gross basis in 32nds, factor."""
    financed = reply.request.repo_pct is not None
    middle = say(lang, "ctd.col_net" if financed else "ctd.col_gross")
    rows = [(say(lang, "ctd.col_bond"), say(lang, "ctd.col_implied"), middle,
             say(lang, "ctd.col_factor"))]  # fmt: skip
    for row in reply.basket.rows[:SHOWN]:
        rate, basis = row.basis.implied_repo_pct, row.basis
        ticks = basis.net_basis_32nds if financed else basis.gross_basis_32nds
        rows.append(
            (
                _name(row),
                "-" if rate is None else number(rate, 3),
                "-" if ticks is None else number(ticks, 2),
                f"{basis.conversion_factor:.4f}",
            )
        )
    more = len(reply.basket.rows) - SHOWN
    shown = table(rows, gap=1)
    return shown if more <= 0 else f"{shown}\n{say(lang, 'ctd.more', count=more)}"


def _left_out(reply: CtdReply, lang: Lang) -> str:
    lines = [
        say(
            lang,
            "ctd.left_out",
            bond=bond_name(left.bond.coupon_pct, left.bond.maturity),
            why=sentence(left.error, lang),
        )
        for left in reply.basket.left_out[:3]
    ]
    more = len(reply.basket.left_out) - 3
    if more > 0:
        lines.append(say(lang, "ctd.left_out_more", count=more))
    return "\n".join(escape(line) for line in lines)


def _inputs(request: CtdRequest, lang: Lang) -> Iterator[str]:
    contract = request.contract
    yield say(
        lang,
        "inputs.line_futures",
        contract=contract.code,
        month=contract.delivery_month,
        in_32nds=format_futures(request.futures.price, contract.root),
        decimal=decimal(request.futures.price),
        origin=origin_of(request.defaults, "futures_price", lang),
    )
    yield say(
        lang,
        "ctd.line_bond" if len(request.lines) == 1 else "ctd.line_bonds",
        count=len(request.lines),
        origin=origin_of(request.defaults, "bonds", lang),
    )
    for name, day in (("settlement", request.settlement), ("delivery", request.delivery)):
        yield say(
            lang,
            f"inputs.line_{name}",
            day=day,
            days=(request.delivery - request.settlement).days,
            origin=origin_of(request.defaults, name, lang),
        )
    if request.repo_pct is None:
        yield say(lang, "inputs.line_repo_missing", origin=say(lang, "inputs.missing"))
    else:
        where = origin_of(request.defaults, "repo_pct", lang)
        yield say(lang, "inputs.line_repo", rate=percent(request.repo_pct), origin=where)
    if request.vol_bp is not None:
        yield say(lang, "ctd.line_vol", vol=f"{request.vol_bp:g}", origin=say(lang, "inputs.yours"))
    face = origin_of(request.defaults, "face_usd", lang)
    yield say(lang, "inputs.line_face", usd=dollars(request.face_usd), origin=face)


def _sources(reply: CtdReply, lang: Lang) -> Iterator[str]:
    contract = reply.request.contract
    yield say(lang, "basis.source_factor")
    for name in ("face_usd", "last_delivery", "window"):
        cell = contract.spec.cells[name]
        yield say(lang, "basis.source_terms", contract=contract.code, source=cell.source,
                  as_of=cell.as_of)  # fmt: skip
    yield say(lang, "basis.source_calendar")
    yield say(lang, "basis.source_method")
    repo = reply.request.defaults.get("repo_pct")
    if repo and repo.reason == "repo_on_record":
        yield say(lang, "basis.source_repo", **repo.values)


def ctd_page(reply: CtdReply, name: str, lang: Lang) -> str:
    """Return another page of the basket."""
    pages = {
        "scenario": _scenario,
        "option": _option,
        "delivery": _delivery,
        "hedge": _hedge,
        "roll": _roll,
    }
    title = say(lang, f"ctd.page_{name}", contract=reply.request.contract.code)
    return page(title, pages[name](reply, lang))


def _scenario(reply: CtdReply, lang: Lang) -> str:
    rows = [(say(lang, "ctd.col_shift"), say(lang, "ctd.col_futures"), say(lang, "ctd.col_ctd"),
             say(lang, "ctd.col_risk"))]  # fmt: skip
    for found in reply.scenarios():
        bond = reply.bonds[found.ctd]
        price = format_futures(round(found.futures_price * 64) / 64, reply.request.contract.root)
        rows.append(
            (
                number(found.shift_bp, sign=True),
                price,
                bond_name(bond.coupon_pct, bond.maturity),
                number(found.futures_dv01_usd, 2),
            )
        )
    return page(table(rows, gap=1), _switches(reply, lang), escape(say(lang, "ctd.scenario_note")))


def _switches(reply: CtdReply, lang: Lang) -> str:
    found = reply.switches()
    if not found:
        return say(lang, "ctd.no_switch", widest="200")
    return "\n".join(
        say(
            lang,
            "ctd.switch",
            shift=number(switch.shift_bp, 1, sign=True),
            below=bond_name(reply.bonds[switch.below].coupon_pct,
                            reply.bonds[switch.below].maturity),
            above=bond_name(reply.bonds[switch.above].coupon_pct,
                            reply.bonds[switch.above].maturity),
        )
        for switch in found[:6]
    )  # fmt: skip


def _option(reply: CtdReply, lang: Lang) -> str:
    found = reply.option()
    if found is None:
        return say(lang, "ctd.no_repo")
    rows = [(say(lang, "ctd.col_vol"), say(lang, "ctd.col_value"), say(lang, "ctd.col_adjusted"))]
    for value, adjusted in zip(found.values, found.adjusted, strict=True):
        rows.append((f"{value.vol_bp:g}", number(value.value_32nds, 2), number(32 * adjusted, 2)))
    middle = found.values[len(found.values) // 2]
    likely = sorted(zip(middle.probabilities, reply.basket.rows, strict=True), key=lambda p: -p[0])
    shares = [(say(lang, "ctd.col_bond"), say(lang, "ctd.col_share"))]
    shares += [(_name(row), f"{number(100 * share, 1)}%") for share, row in likely[:6]]
    implied = found.implied_vol_bp
    return page(
        table(rows),
        say(lang, "ctd.implied_vol", vol=number(implied))
        if implied is not None
        else say(lang, "ctd.no_implied_vol"),
        say(lang, "ctd.likely", vol=f"{middle.vol_bp:g}"),
        table(shares),
        escape(say(lang, "ctd.option_note")),
    )


def _delivery(reply: CtdReply, lang: Lang) -> str:
    early = reply.first_day()
    if early is None:
        return say(lang, "ctd.first_day_past")
    late = {row.bond: row.basis for row in reply.basket.rows}
    first, last = early.ctd.basis.delivery, reply.request.delivery
    rows: list[tuple[str, ...]] = [(say(lang, "ctd.col_bond"), f"{first:%m-%d}", f"{last:%m-%d}")]
    for row in early.rows[:SHOWN]:
        rates = (row.basis.implied_repo_pct, late[row.bond].implied_repo_pct)
        rows.append((_name(row), *("-" if r is None else number(r, 3) for r in rates)))
    carry = reply.basket.ctd.basis.carry
    said = ""
    if carry is not None:
        said = say(lang, "ctd.deliver_early" if carry < 0 else "ctd.deliver_late")
    return page(table(rows), said)


def _hedge(reply: CtdReply, lang: Lang) -> str:
    ctd = reply.basket.ctd.basis
    rows = [
        (say(lang, "ctd.col_bond"), say(lang, "ctd.col_by_factor"), say(lang, "ctd.col_by_dv01"))
    ]
    rows += [
        (_name(row), number(found.by_factor, 2), number(found.by_dv01, 2))
        for row, found in reply.hedges()[:SHOWN]
    ]
    forward = ctd.futures_dv01_forward_usd
    return page(
        say(lang, "ctd.hedge_for", face=dollars(reply.request.face_usd)),
        table(rows),
        say(
            lang,
            "ctd.dv01",
            spot=dollars(ctd.futures_dv01_usd, 2),
            forward="-" if forward is None else dollars(forward, 2),
        ),
        escape(say(lang, "ctd.hedge_note")),
    )


def _roll(reply: CtdReply, lang: Lang) -> str:
    found = reply.roll()
    if found is None:
        return say(lang, "ctd.no_roll")
    row, rolled = found
    back = reply.request.back
    codes = (reply.request.contract.code, back.code if back else "")
    rows: list[tuple[str, ...]] = [("", *codes)]
    for name, front, after in (
        ("implied", rolled.front.implied_repo_pct, rolled.back.implied_repo_pct),
        ("net", rolled.front.net_basis_32nds, rolled.back.net_basis_32nds),
        ("gross", rolled.front.gross_basis_32nds, rolled.back.gross_basis_32nds),
        ("factor", rolled.front.conversion_factor, rolled.back.conversion_factor),
    ):
        digits = 4 if name == "factor" else 2
        cells = ("-" if value is None else number(value, digits) for value in (front, after))
        rows.append((say(lang, f"ctd.roll_{name}"), *cells))
    between = rolled.implied_repo_between_pct
    return page(
        say(
            lang,
            "ctd.roll_headline",
            spread=number(rolled.spread_32nds, 2, sign=True),
            bond=_name(row),
            between="-" if between is None else number(between, 2),
        ),
        table(rows),
        escape(say(lang, "ctd.roll_note")),
    )


def ctd_formula(reply: CtdReply, lang: Lang) -> list[str]:
    """Return what the ranking rests on, with the numbers of the cheapest bond."""
    row = reply.basket.ctd
    basis = row.basis
    lines = [
        say(
            lang,
            "basis.formula_gross",
            clean=decimal(basis.clean_price),
            futures=decimal(basis.futures_price),
            factor=f"{basis.conversion_factor:.4f}",
            gross=number(basis.gross_basis, 6),
            gross_32nds=number(basis.gross_basis_32nds, 2),
        )
    ]
    if basis.implied_repo_pct is not None:
        lines.append(say(lang, "basis.formula_implied", implied=number(basis.implied_repo_pct, 4)))
    return [say(lang, "ctd.formula_of", bond=_name(row)), *lines, say(lang, "ctd.formula_option")]


def ctd_rows(reply: CtdReply) -> list[tuple[object, ...]]:
    """Return the ranking as rows, a header first."""
    head = (
        "rank", "coupon", "maturity", "cusip", "price", "factor", "gross_basis_32nds",
        "carry_32nds", "net_basis_32nds", "implied_repo_pct", "yield_pct", "dv01",
    )  # fmt: skip
    rows: list[tuple[object, ...]] = [head]
    for rank, row in enumerate(reply.basket.rows, start=1):
        bond, basis = row.bond, row.basis
        carry = None if basis.carry is None else 32 * basis.carry
        rows.append(
            (rank, f"{bond.coupon_pct:g}", bond.maturity, bond.name, bond.clean_price,
             basis.conversion_factor, basis.gross_basis_32nds, carry, basis.net_basis_32nds,
             basis.implied_repo_pct, basis.yield_pct, basis.dv01)
        )  # fmt: skip
    return rows
