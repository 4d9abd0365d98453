"""Reports or weeks of scores -> a picture, its caption in words, and its data as CSV.

What colour says, a hatch, a line style or a marker says too; the rest of the looks is shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.i18n import Lang, say
from bot.render.drawing import INKS, TALL, Chart, Ink, csv_of, dress, figure_of, font, png_of
from bot.render.html import escape
from bot.render.numbers import billions, number, together
from bot.render.timeline import cut_peak, draw_line, mark_episodes, mark_years, name_lines, x_of
from tools.market.backtest import Week
from tools.market.bundled import TABLE_SOURCE
from tools.positions import TREASURY, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bot.week import Digest
    from tools.market.data import MarketData

GAP = timedelta(days=35)  # a longer silence between two reports breaks the line
FUNDING_TOP = 60  # September 2019 stood at 315 bp and would flatten everything else
COLOURS = {
    "TU": "#0072B2", "FV": "#56B4E9", "TY": "#009E73",
    "TN": "#F0E442", "US": "#E69F00", "UB": "#D55E00",
}  # fmt: skip
HATCH = "#17212b"
HATCHES = {"TU": "", "FV": "//", "TY": "..", "TN": "xx", "US": "\\\\", "UB": "oo"}


class NothingToDrawError(Exception):
    """No data for the chart; `code` names the sentence `chart.<code>`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _runs(reports: Sequence[Report]) -> Iterator[list[Report]]:
    """Yield reports in runs without a gap."""
    run = list(reports[:1])
    for before, after in pairwise(reports):
        if after.as_of - before.as_of > GAP:
            yield run
            run = []
        run.append(after)
    yield run


def _bands(reports: Sequence[Report], sign: int) -> Iterator[tuple[str, list[float], list[float]]]:
    """Yield each contract's band, from and to: net shorts (sign 1) up, net longs (-1) down.

    The two signs are stacked apart, so that a contract that changes sides leaves no sliver.
    """
    base = [0.0] * len(reports)
    for root in TREASURY:
        faces = [short.face_bn if (short := r.short(root)) else 0.0 for r in reports]
        top = [b + (face if face * sign > 0 else 0) for b, face in zip(base, faces, strict=True)]
        yield root, base, top
        base = top


def _all_bands(reports: Sequence[Report]) -> Iterator[tuple[str, list[float], list[float]]]:
    yield from _bands(reports, 1)
    yield from _bands(reports, -1)


def positions_chart(data: Digest | MarketData, lang: Lang, theme: str = "light") -> Chart:
    """Return leveraged funds' net short by contract, face in USD billion, through time.

    From the bundled table alone it is one bar a date; with the CFTC's reports a stacked area.
    """
    fetched = [report for report in data.reports if report.source != TABLE_SOURCE]
    reports = fetched or list(data.reports)
    if not reports:
        raise NothingToDrawError("no_positions")
    ink = INKS[theme]
    newest = reports[-1]
    name = say(lang, f"chart.short_source.{newest.source}")
    source = say(lang, "chart.source", source=name, date=newest.as_of)
    net = say(lang, "chart.positions_newest", net=billions(newest.net_face_bn), date=newest.as_of)
    figure = figure_of(ink, say(lang, "chart.positions_title"), source, TALL, net)
    axes = figure.add_axes((0.115, 0.115, 0.865, 0.71))
    (_areas if len(fetched) > 1 else _bars)(axes, reports, ink, lang)
    name_lines(figure, axes, ink, top=0.9)
    axes.set_title(say(lang, "chart.positions_axis"), loc="left", color=ink.text, font=font())
    return Chart(
        png_of(figure), _positions_caption(reports, lang, bool(fetched)), _by_date(reports)
    )


def _areas(axes: Axes, reports: Sequence[Report], ink: Ink, lang: Lang) -> None:
    for run in _runs(reports):
        days = [x_of(report.as_of) for report in run]
        for root, bottoms, tops in _all_bands(run):
            axes.fill_between(
                days, bottoms, tops, label=root, linewidth=0,
                facecolor=COLOURS[root], edgecolor=HATCH, hatch=HATCHES[root],
            )  # fmt: skip
        axes.plot(days, [r.net_face_bn for r in run], color=ink.text, linewidth=2)
    first, last = reports[0].as_of, reports[-1].as_of
    axes.set_xlim(x_of(first), x_of(last) + 30)
    top = max(sum(max(0, s.face_bn) for s in r.shorts) for r in reports)
    bottom = min(sum(min(0, s.face_bn) for s in r.shorts) for r in reports)
    axes.set_ylim(1.1 * bottom, 1.22 * top)
    axes.plot([x_of(last)], [reports[-1].net_face_bn], "o", color=ink.text, markersize=9)
    mark_years(axes, first, last)
    dress(axes, ink)
    mark_episodes(axes, first, last, ink, lang)


def _bars(axes: Axes, reports: Sequence[Report], ink: Ink, lang: Lang) -> None:
    places = list(range(len(reports)))
    for root, bottoms, tops in _all_bands(reports):
        heights = [top - bottom for bottom, top in zip(bottoms, tops, strict=True)]
        axes.bar(
            places, heights, 0.7, bottoms, label=root, linewidth=0,
            facecolor=COLOURS[root], edgecolor=HATCH, hatch=HATCHES[root],
        )  # fmt: skip
    tops = [sum(max(0, short.face_bn) for short in report.shorts) for report in reports]
    floors = [sum(min(0, short.face_bn) for short in report.shorts) for report in reports]
    for place, top, report in zip(places, tops, reports, strict=True):
        axes.annotate(
            number(report.net_face_bn), (place, top), (0, 5), textcoords="offset points",
            color=ink.text, font=font(), ha="center", va="bottom",
        )  # fmt: skip
    axes.set_xlim(-0.6, len(reports) - 0.4)
    axes.set_ylim(1.3 * min(floors), 1.2 * max(tops))
    labels = [f"{r.as_of:%Y}\n{r.as_of:%m-%d}" for r in reports]
    axes.set_xticks(places, labels)
    axes.axhline(0, color=ink.text, linewidth=1)
    dress(axes, ink)


def _positions_caption(reports: Sequence[Report], lang: Lang, fetched: bool) -> str:
    newest = reports[-1]
    high = max(reports, key=lambda report: report.net_face_bn)
    low = min(reports, key=lambda report: report.net_face_bn)
    parts = say(lang, "digest.comma").join(
        say(lang, "chart.positions_part", contract=s.contract, face=number(s.face_bn))
        for s in newest.shorts
    )
    caption = say(
        lang,
        "chart.positions_caption" if fetched else "chart.positions_caption_table",
        date=newest.as_of,
        net=billions(newest.net_face_bn),
        parts=parts,
        high=billions(high.net_face_bn),
        high_date=high.as_of,
        low=billions(low.net_face_bn),
        low_date=low.as_of,
        source=escape(say(lang, f"digest.source.{newest.source}")),
        count=len(reports),
        first=reports[0].as_of,
    )
    if fetched and len(list(_runs(reports))) > 1:
        caption += say(lang, "chart.gap")
    return together(caption)


def _by_date(reports: Sequence[Report]) -> bytes:
    names = [
        f"{root}_{what}" for root in TREASURY for what in ("net_short_contracts", "face_usd_bn")
    ]
    rows: list[tuple[object, ...]] = [
        ("report_date", *names, "net_face_usd_bn", "gross_face_usd_bn", "source")
    ]
    for report in reports:
        shorts = [report.short(root) for root in TREASURY]
        cells = [cell for s in shorts for cell in ((s.net, s.face_bn) if s else (None, None))]
        rows.append((report.as_of, *cells, report.net_face_bn, report.gross_face_bn, report.source))
    return csv_of(rows)


# Each panel's name, foot and height in the picture.
_PANELS = (
    ("funding_panel", 0.7, 0.16),
    ("volatility_panel", 0.475, 0.155),
    ("score_panel", 0.145, 0.235),
)


def stress_chart(data: Digest, lang: Lang, theme: str = "light") -> Chart:
    """Return three panels, week by week: SOFR over IORB, the 10-year's volatility, the score."""
    weeks = [week for week in data.weeks if week.inputs.rv20_bp is not None]
    scored = [week for week in weeks if week.score]
    if not scored:
        raise NothingToDrawError("no_weeks")
    ink = INKS[theme]
    name = say(lang, "chart.short_source.score")
    source = say(lang, "chart.source", source=name, date=weeks[-1].friday)
    figure = figure_of(ink, say(lang, "chart.stress_title"), source, TALL, _newest(weeks[-1], lang))
    funding, volatility, score = (
        figure.add_axes((0.085, foot, 0.895, height)) for _, foot, height in _PANELS
    )
    _funding_panel(funding, weeks, ink)
    _volatility_panel(volatility, weeks, ink)
    _score_panel(score, weeks, ink, lang)
    for axes, (key, _, _) in zip((funding, volatility, score), _PANELS, strict=True):
        axes.set_xlim(x_of(weeks[0].friday), x_of(weeks[-1].friday) + 30)
        mark_years(axes, weeks[0].friday, weeks[-1].friday)
        dress(axes, ink)
        pad = 34 if axes is score else 6  # below the score's title stand the names of its lines
        axes.set_title(say(lang, f"chart.{key}"), loc="left", color=ink.text, font=font(), pad=pad)
        if axes is not score:
            axes.set_xticklabels([])
    return Chart(png_of(figure), _stress_caption(weeks, scored, lang), _by_week(weeks))


def _newest(week: Week, lang: Lang) -> str:
    """Return the newest week's score and its two halves, as the picture's first words."""
    score = week.score
    if score is None:
        return say(lang, "chart.stress_newest_none", date=week.friday)
    return say(
        lang, "chart.stress_newest", date=week.friday, score=number(score.score, 1),
        size=number(score.size), stress=number(score.stress),
    )  # fmt: skip


def _funding_panel(axes: Axes, weeks: Sequence[Week], ink: Ink) -> None:
    points = [(week.friday, week.inputs.sofr_iorb_max_bp) for week in weeks]
    clipped = [(day, None if bp is None else min(bp, FUNDING_TOP)) for day, bp in points]
    draw_line(axes, clipped, ink.text)
    axes.axhline(0, color=ink.text, linewidth=1)
    axes.set_ylim(-25, FUNDING_TOP + 30)  # room for the figures of cut peaks
    axes.set_yticks([0, 30, 60])
    late = points[-1][0] - (points[-1][0] - points[0][0]) / 10
    for day, bp in points:
        if bp is not None and bp > FUNDING_TOP:
            cut_peak(axes, day, FUNDING_TOP, bp, ink, left=day > late)


def _volatility_panel(axes: Axes, weeks: Sequence[Week], ink: Ink) -> None:
    draw_line(axes, [(week.friday, week.inputs.rv20_bp) for week in weeks], ink.text)
    axes.set_ylim(0, max(16, 1.05 * max(week.inputs.rv20_bp or 0 for week in weeks)))
    axes.set_yticks([0, 5, 10, 15])


def _score_panel(axes: Axes, weeks: Sequence[Week], ink: Ink, lang: Lang) -> None:
    styles = {"size": (ink.size, "--s"), "stress": (ink.stress, ":^"), "score": (ink.text, "-o")}
    for name, (colour, style) in styles.items():
        points = [(w.friday, getattr(w.score, name) if w.score else None) for w in weeks]
        line = draw_line(axes, points, colour, style)
        line.set_label(say(lang, f"chart.{name}"))
        line.set_linewidth(3 if name == "score" else 2)
    axes.set_ylim(0, 105)
    axes.set_yticks([0, 40, 70, 100])  # calm ends at 40, severe begins at 70
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.01, 0.97), ncols=3, prop=font(), frameon=False,
        labelcolor=ink.text, borderpad=0, handlelength=2, columnspacing=1.2,
    )  # fmt: skip


def _stress_caption(weeks: Sequence[Week], scored: Sequence[Week], lang: Lang) -> str:
    newest = weeks[-1]
    high = max(scored, key=lambda week: week.score.score if week.score else 0)
    peak = max(weeks, key=lambda week: week.inputs.sofr_iorb_max_bp or float("-inf"))

    def shown(value: float | None, digits: int = 0) -> str:
        return say(lang, "score.na") if value is None else number(value, digits)

    score, highest = newest.score, high.score
    return say(
        lang,
        "chart.stress_caption",
        first=weeks[0].friday,
        date=newest.friday,
        funding=shown(newest.inputs.sofr_iorb_max_bp),
        volatility=shown(newest.inputs.rv20_bp, 1),
        score=shown(score.score if score else None, 1),
        size=shown(score.size if score else None),
        stress=shown(score.stress if score else None),
        high=shown(highest.score if highest else None, 1),
        high_date=high.friday,
        peak=shown(peak.inputs.sofr_iorb_max_bp),
        peak_date=peak.friday,
        scored=len(scored),
        count=len(weeks),
    )


def _by_week(weeks: Sequence[Week]) -> bytes:
    rows: list[tuple[object, ...]] = [
        ("week", "sofr_iorb_max_bp", "rv20_bp", "score", "size", "stress")
    ]
    for week in weeks:
        score, inputs = week.score, week.inputs
        parts = (score.score, score.size, score.stress) if score else (None, None, None)
        rows.append((week.friday, inputs.sofr_iorb_max_bp, inputs.rv20_bp, *parts))
    return csv_of(rows)
