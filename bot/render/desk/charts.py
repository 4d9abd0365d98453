"""A desk's reply -> a picture, its caption in words, and its figures as CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bot.desk.basis import BasisReply, net_by_repo
from bot.desk.carry import CarryReply, by_day
from bot.desk.ctd import CtdReply
from bot.desk.known import Reply
from bot.desk.leverage import LeverageReply
from bot.desk.pnl import PnlReply
from bot.desk.spiral import SpiralReply
from bot.desk.stress import StressReply
from bot.i18n import Lang, say
from bot.render.desk.basis import basis_rows
from bot.render.desk.carry import carry_rows
from bot.render.desk.ctd import ctd_rows
from bot.render.desk.dates import dates_rows
from bot.render.desk.leverage import leverage_rows, times
from bot.render.desk.parts import bond_name
from bot.render.desk.pnl import pnl_rows
from bot.render.desk.spiral import rounds_shown, spiral_rows, worst_fall
from bot.render.desk.stress import day_name, stress_rows, title, verdict
from bot.render.drawing import INKS, Chart, Ink, csv_of, dress, figure_of, font, png_of
from bot.render.html import escape
from bot.render.numbers import billions, dollars, number, percent, thirty_seconds
from tools.basis_inputs import RANGES
from tools.ctd import scenario, switches
from tools.errors import CalculatorError
from tools.leverage import leverage
from tools.pnl import PARTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Told apart by colour, line and mark alike (Okabe and Ito's palette, readable on both papers).
_COLOURS = {
    "light": ("#0072B2", "#D55E00", "#009E73", "#CC79A7"),
    "dark": ("#56B4E9", "#F0A040", "#4FD1A5", "#E6A8CF"),
}
_STYLES = ("-o", "--s", ":^", "-.D")
_BONDS = 4
_AREA = (0.1, 0.2, 0.88, 0.58)


def has_chart(reply: Reply) -> bool:
    """Tell whether there is something to draw."""
    drawable = _DRAWABLE.get(reply.command)
    return drawable is not None and drawable(reply)


def desk_chart(reply: Reply, lang: Lang, theme: str = "light") -> Chart:
    """Return the chart of a reply; `has_chart` tells whether there is one."""
    return _CHARTS[reply.command](reply, lang, INKS[theme])


def rows_of(reply: Reply) -> list[tuple[object, ...]]:
    """Return a reply's figures as rows, a header first; empty where it has none."""
    rows = _ROWS.get(reply.command)
    return rows(reply) if rows else []


def _frame(ink: Ink, name: str, axis: str, lang: Lang) -> tuple[Figure, Axes]:
    figure = figure_of(ink, name, say(lang, "desk.chart_source"))
    axes = figure.add_axes(_AREA)
    axes.set_title(axis, loc="left", color=ink.text, font=font(), pad=12)
    return figure, axes


def _palette(ink: Ink) -> tuple[str, ...]:
    return _COLOURS["dark" if ink is INKS["dark"] else "light"]


def _legend(figure: Figure, axes: Axes, ink: Ink) -> None:
    figure.legend(
        *axes.get_legend_handles_labels(), loc="upper right", bbox_to_anchor=(0.99, 0.9),
        ncols=4, prop=font(), labelcolor=ink.text, frameon=False, handlelength=1.6,
        columnspacing=1.0, handletextpad=0.4,
    )  # fmt: skip


def _below(axes: Axes, text: str, ink: Ink) -> None:
    axes.set_xlabel(text, font=font(), color=ink.text)


def _zero(axes: Axes, ink: Ink) -> None:
    axes.axhline(0, color=ink.text, linewidth=1)


def _chart(figure: Figure, caption: str, reply: Reply) -> Chart:
    return Chart(png_of(figure), caption, csv_of(rows_of(reply)))


# /basis


_RATES = [step / 4 for step in range(-6, 7)]
_LOWEST, _HIGHEST, _ = RANGES["repo_pct"]


def _basis(reply: BasisReply, lang: Lang, ink: Ink) -> Chart:
    """Draw the net basis by repo rate, with the implied repo where it is nil, and yours marked."""
    result, contract = reply.trade.basis, reply.trade.contract.code
    yours = result.repo_pct or 0.0
    rates = [rate for step in _RATES if _LOWEST <= (rate := yours + step) <= _HIGHEST]
    nets = net_by_repo(reply.trade, rates)
    title = say(lang, "basis.chart_title", contract=contract)
    figure, axes = _frame(ink, title, say(lang, "basis.chart_axis"), lang)
    axes.plot(rates, nets, "-", color=ink.size, linewidth=3)
    axes.plot([yours], [32 * (result.net_basis or 0.0)], "o", color=ink.text, markersize=14)
    _zero(axes, ink)
    axes.set_xlabel(say(lang, "basis.chart_x"), font=font(), color=ink.text)
    dress(axes, ink, 1)
    caption = say(
        lang,
        "basis.chart_caption",
        contract=contract,
        repo=percent(yours),
        net=thirty_seconds(result.net_basis or 0.0),
        implied=number(result.implied_repo_pct or 0.0, 2),
        low=number(nets[0], 2),
        low_repo=percent(rates[0]),
        high=number(nets[-1], 2),
        high_repo=percent(rates[-1]),
    )
    return Chart(png_of(figure), caption, csv_of(rows_of(reply)))


# /carry


def _carry(reply: CarryReply, lang: Lang, ink: Ink) -> Chart:
    points = by_day(reply.trade)
    figure, axes = _frame(ink, say(lang, "carry.chart_title"), say(lang, "carry.chart_axis"), lang)
    axes.plot([(day - points[0][0]).days for day, _ in points], [32 * c for _, c in points],
              color=ink.size, linewidth=3)  # fmt: skip
    _zero(axes, ink)
    marks = [points[0], points[len(points) // 2], points[-1]]
    axes.set_xticks([(day - points[0][0]).days for day, _ in marks], [str(d) for d, _ in marks])
    axes.set_xlim(-0.08 * len(points), 1.08 * len(points))
    dress(axes, ink, 1)
    leg = reply.to_delivery
    caption = say(
        lang,
        "carry.chart_caption",
        carry=thirty_seconds(leg.carry),
        day=leg.day,
        half=thirty_seconds(marks[1][1]),
        half_day=marks[1][0],
        usd=dollars(leg.carry * 1e4),
    )
    return _chart(figure, caption, reply)


# /ctd


def _ctd(reply: CtdReply, lang: Lang, ink: Ink) -> Chart:
    """Draw the bases of the cheapest bonds on the delivery day against the yield shift."""
    shifts = range(-100, 101, 10)
    states = [scenario(reply.market, float(shift)) for shift in shifts]
    shown = _cheapest(reply, [state.ctd for state in states])
    contract = reply.request.contract.code
    figure, axes = _frame(
        ink, say(lang, "ctd.chart_title", contract=contract), say(lang, "ctd.chart_axis"), lang
    )
    for place, bond in enumerate(shown):
        name = bond_name(reply.bonds[bond].coupon_pct, reply.bonds[bond].maturity)
        axes.plot(
            list(shifts), [state.basis_32nds[bond] for state in states], _STYLES[place],
            color=_palette(ink)[place], linewidth=2.5, markevery=5, markersize=10, label=name,
        )  # fmt: skip
    _zero(axes, ink)
    axes.set_xlim(-105, 105)
    dress(axes, ink)
    _below(axes, say(lang, "ctd.chart_x"), ink)
    _legend(figure, axes, ink)
    return _chart(figure, _ctd_caption(reply, len(shown), lang), reply)


def _cheapest(reply: CtdReply, winners: Sequence[int]) -> list[int]:
    """Return the bonds to draw: those ever cheapest first, then the next in the ranking."""
    ever = list(dict.fromkeys(winners))
    rest = [place for place in range(len(reply.bonds)) if place not in ever]
    return sorted((ever + rest)[:_BONDS])


def _ctd_caption(reply: CtdReply, count: int, lang: Lang) -> str:
    def name(place: int) -> str:
        return bond_name(reply.bonds[place].coupon_pct, reply.bonds[place].maturity)

    found = switches(reply.market, -100, 100)
    said = [
        say(lang, "ctd.chart_switch", shift=number(switch.shift_bp, sign=True),
            above=name(switch.above), below=name(switch.below))
        for switch in found[:4]
    ]  # fmt: skip
    return say(
        lang,
        "ctd.chart_caption",
        contract=reply.request.contract.code,
        now=name(scenario(reply.market, 0.0).ctd),
        switches=" ".join(said) or say(lang, "ctd.chart_no_switch"),
        day=reply.request.delivery,
        count=count,
    )


# /pnl


def _pnl(reply: PnlReply, lang: Lang, ink: Ink) -> Chart:
    """Draw the parts as bars, the total below them; gains are hatched, losses are not."""
    assert reply.found is not None  # noqa: S101 - has_chart
    parts = [(name, reply.found.parts[name]) for name in PARTS if reply.found.parts[name]]
    bars = [*parts, ("total", reply.found.total)]
    figure = figure_of(ink, say(lang, "pnl.chart_title"), say(lang, "desk.chart_source"))
    axes = figure.add_axes((0.26, 0.12, 0.72, 0.74))
    places = list(range(len(bars)))[::-1]
    for place, (name, amount) in zip(places, bars, strict=True):
        axes.barh(
            place, amount, 0.7, color=ink.size if amount > 0 else ink.stress,
            hatch="//" if amount > 0 else "", edgecolor=ink.paper, linewidth=0,
        )  # fmt: skip
        axes.annotate(
            dollars(amount), (amount, place), (8 if amount >= 0 else -8, 0),
            textcoords="offset points", va="center", ha="left" if amount >= 0 else "right",
            font=font(), color=ink.text,
        )  # fmt: skip
        del name
    low, high = min(0.0, *(a for _, a in bars)), max(0.0, *(a for _, a in bars))
    room = 0.32 * (high - low or 1)
    axes.set_xlim(low - (room if low < 0 else 0.02 * room), high + (room if high > 0 else 0))
    axes.set_yticks(places, [say(lang, f"pnl.{name}") for name, _ in bars])
    axes.axvline(0, color=ink.text, linewidth=1)
    _dress_across(axes, ink)
    gains = [part for part in parts if part[1] > 0]
    losses = [part for part in parts if part[1] < 0]
    caption = say(
        lang,
        "pnl.chart_caption",
        first=reply.marks[0].day,
        last=reply.marks[-1].day,
        gain=_named(max(gains, key=lambda p: p[1], default=None), lang),
        loss=_named(min(losses, key=lambda p: p[1], default=None), lang),
        total=dollars(reply.found.total, 2),
    )
    return _chart(figure, caption, reply)


def _named(part: tuple[str, float] | None, lang: Lang) -> str:
    if part is None:
        return say(lang, "pnl.nothing")
    return f"{say(lang, f'pnl.{part[0]}')} {dollars(part[1], 2)}"


def _dress_across(axes: Axes, ink: Ink) -> None:
    """Give axes with bars across the theme's colours; the bars carry their figures."""
    axes.set_facecolor(ink.paper)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(colors=ink.text, length=0)
    axes.set_xticks([])
    for label in axes.get_yticklabels():
        label.set_fontproperties(font())
        label.set_color(ink.text)


# /leverage


def _at(haircut: float, margin: float, buffer: float) -> float | None:
    try:
        return leverage(haircut, margin, buffer)
    except CalculatorError:
        return None


def _leverage(reply: LeverageReply, lang: Lang, ink: Ink) -> Chart:
    """Draw leverage against the haircut, with the user's margin and buffer and without."""
    margin, buffer = reply.margin_pct or 0.0, reply.buffer_pct
    haircuts = [step / 20 for step in range(101)]
    figure, axes = _frame(
        ink, say(lang, "leverage.chart_title"), say(lang, "leverage.chart_axis"), lang
    )
    alone = [(h, 100 / h) for h in haircuts if h >= 0.5]
    axes.plot(*zip(*alone, strict=True), "--", color=ink.stress, linewidth=2.5,
              label=say(lang, "leverage.chart_no_margin"))  # fmt: skip
    if margin + buffer > 0:
        shown = {"margin": number(margin, 2), "buffer": number(buffer, 2)}
        axes.plot(haircuts, [_at(h, margin, buffer) or float("nan") for h in haircuts], "-",
                  color=ink.size, linewidth=3,
                  label=say(lang, "leverage.chart_margin", **shown))  # fmt: skip
    yours = reply.measures[0].value or 0.0
    axes.plot([reply.haircut_pct or 0.0], [yours], "o", color=ink.text, markersize=14)
    axes.set_ylim(0, max(60.0, min(1.15 * yours, 210.0)))
    axes.set_xlim(
        min(-0.1, (reply.haircut_pct or 0) - 0.1), max(5.1, (reply.haircut_pct or 0) + 0.1)
    )
    dress(axes, ink)
    _below(axes, say(lang, "leverage.chart_x"), ink)
    _legend(figure, axes, ink)
    caption = say(
        lang,
        "leverage.chart_caption",
        margin=number(margin, 2),
        buffer=number(buffer, 2),
        at_zero=times(_at(0, margin, buffer)),
        at_two=times(_at(2, margin, buffer)),
        at_five=times(_at(5, margin, buffer)),
        yours=times(yours),
        haircut=number(reply.haircut_pct or 0, 2),
    )
    return _chart(figure, caption, reply)


# /stress


def _stress(reply: StressReply, lang: Lang, ink: Ink) -> Chart:
    days = reply.found.days
    name = title(reply, lang)
    figure, axes = _frame(
        ink, say(lang, "stress.chart_title", name=name), say(lang, "stress.chart_axis"), lang
    )
    at = [day.day for day in days]
    often = max(1, len(days) // 10)
    for key, values, colour, style in (
        ("cash", [(day.cash - day.shortfall) / 1e6 for day in days], ink.stress, "--s"),
        ("equity", [day.equity / 1e6 for day in days], ink.size, "-o"),
    ):
        axes.plot(at, values, style, color=colour, linewidth=2.5, markersize=10, markevery=often,
                  label=say(lang, f"stress.chart_{key}"))  # fmt: skip
    _zero(axes, ink)
    marks = sorted({at[0], at[len(at) // 2], at[-1]})
    labels = [day_name(reply, mark, lang) for mark in marks]
    axes.set_xticks(marks, labels)
    axes.margins(x=0.12, y=0.15)
    dress(axes, ink, 1)
    _legend(figure, axes, ink)
    return _chart(figure, _stress_caption(reply, name, lang), reply)


def _stress_caption(reply: StressReply, name: str, lang: Lang) -> str:
    days, found = reply.found.days, reply.found
    low = min(days, key=lambda day: day.cash - day.shortfall)
    if found.ended_by is None:
        end = escape(verdict(reply, lang))
    else:
        event, day = found.events[0]
        end = say(lang, "stress.chart_ends", event=say(lang, f"stress.event_name_{event}"),
                  day=day_name(reply, day, lang))  # fmt: skip
    return say(
        lang,
        "stress.chart_caption",
        name=escape(name),
        cash_first=dollars(days[0].cash - days[0].shortfall),
        cash_last=dollars(days[-1].cash - days[-1].shortfall),
        cash_low=dollars(low.cash - low.shortfall),
        low_day=day_name(reply, low.day, lang),
        equity_first=dollars(days[0].equity),
        equity_last=dollars(days[-1].equity),
        end=end,
    )


# /spiral


_PANELS = (("sold", 0.645), ("fall", 0.395), ("funds", 0.145))


def _spiral(reply: SpiralReply, lang: Lang, ink: Ink) -> Chart:
    """Draw what is sold in all, the basis and the funds left, round by round, for each impact."""
    figure = figure_of(ink, say(lang, "spiral.chart_title"), say(lang, "desk.chart_source"))
    panels = {name: figure.add_axes((0.1, bottom, 0.88, 0.155)) for name, bottom in _PANELS}
    longest = max(len(rounds_shown(run)) for run in reply.runs)
    for place, run in enumerate(reply.runs):
        rounds = rounds_shown(run)
        name = say(lang, "spiral.chart_impact", impact=f"{run.impact_32nds_per_100bn:g}")
        start = -reply.shock.basis_fall_32nds
        for key, values in (
            ("sold", [0.0, *(r.total_sold_bn for r in rounds)]),
            ("fall", [start, *(-max(r.basis_fall_32nds) for r in rounds)]),
            ("funds", [run.funds, *(r.funds_left for r in rounds)]),
        ):
            panels[key].plot(
                range(len(values)), values, _STYLES[place % 4], color=_palette(ink)[place % 4],
                linewidth=2.5, markersize=9, label=name,
            )  # fmt: skip
    for key, axes in panels.items():
        axes.set_title(say(lang, f"spiral.chart_{key}"), loc="left", color=ink.text, font=font(),
                       pad=6)  # fmt: skip
        axes.set_xlim(-0.2, max(longest, 1) + 0.3)
        axes.margins(y=0.2)
        axes.set_xticks(range(0, longest + 1, max(1, longest // 8)))
        axes.locator_params(axis="y", nbins=3)
        dress(axes, ink, 1 if key == "fall" else 0)
        if key != "funds":
            axes.set_xticklabels([])
    panels["funds"].set_ylim(0, 1.2 * reply.runs[0].funds)
    panels["funds"].set_yticks([0, reply.runs[0].funds])
    _legend(figure, panels["sold"], ink)
    return _chart(figure, _spiral_caption(reply, lang), reply)


def _spiral_caption(reply: SpiralReply, lang: Lang) -> str:
    parts = [
        say(
            lang,
            "spiral.chart_part",
            impact=f"{run.impact_32nds_per_100bn:g}",
            sold=billions(run.rounds[-1].total_sold_bn),
            rounds=len(rounds_shown(run)),
            fall=number(worst_fall(run), 1),
            funds=run.rounds[-1].funds_left,
            all=run.funds,
        )
        for run in reply.runs
    ]
    joined = (" " if lang == "en" else "").join(parts)
    return say(lang, "spiral.chart_caption", parts=joined, size=billions(reply.size_bn))


# By command; each function takes its own command's reply.
_DRAWABLE: dict[str, Callable[[Any], bool]] = {
    "basis": lambda reply: reply.trade.basis.net_basis is not None and reply.trade.basis.days > 0,
    "carry": lambda reply: reply.to_delivery.days > 1,
    "ctd": lambda reply: len(reply.basket.rows) > 1,
    "pnl": lambda reply: reply.found is not None,
    "leverage": lambda reply: reply.missing is None,
    "stress": lambda reply: len(reply.found.days) > 1,
    "spiral": lambda reply: bool(reply.runs),
}
_CHARTS: dict[str, Callable[[Any, Lang, Ink], Chart]] = {
    "basis": _basis,
    "carry": _carry,
    "ctd": _ctd,
    "pnl": _pnl,
    "leverage": _leverage,
    "stress": _stress,
    "spiral": _spiral,
}
_ROWS: dict[str, Callable[[Any], list[tuple[object, ...]]]] = {
    "basis": basis_rows,
    "carry": carry_rows,
    "ctd": ctd_rows,
    "pnl": pnl_rows,
    "leverage": leverage_rows,
    "stress": stress_rows,
    "spiral": spiral_rows,
    "dates": dates_rows,
}
