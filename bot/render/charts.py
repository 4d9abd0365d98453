"""Reports or weeks of scores -> a picture, its caption in words, and its data as CSV.

What colour says, a hatch, a line style or a marker says too; the rest of the looks is shared.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from bot.i18n import Lang, say
from bot.render.drawing import INKS, Chart, Ink, dress, figure_of, font, png_of
from bot.render.html import escape
from bot.render.numbers import billions, number
from tools.market.backtest import Week
from tools.market.bundled import TABLE_SOURCE, episodes
from tools.positions import TREASURY, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

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


class HasReports(Protocol):
    """Whatever holds reports by ascending date: MarketData or a Digest."""

    @property
    def reports(self) -> tuple[Report, ...]:
        """Return the reports."""
        ...


class HasWeeks(Protocol):
    """Whatever holds scored weeks by ascending date: a Digest."""

    @property
    def weeks(self) -> tuple[Week, ...]:
        """Return the weeks."""
        ...


def _years(axes: Axes, first: date, last: date) -> None:
    """Mark January of each year, every second one where they stand close; else the two ends."""
    step = 1 if last.year - first.year <= 10 else 2
    years = range(first.year + 1, last.year + 1, step)
    days = {date(year, 1, 1): str(year) for year in years} or {first: str(first), last: str(last)}
    axes.set_xticks([_x(day) for day in days], list(days.values()))


def _x(day: date) -> float:
    """Return a day on the axis: days since year 1. matplotlib's own dates need global state."""
    return float(day.toordinal())


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


def positions_chart(data: HasReports, lang: Lang, theme: str = "light") -> Chart:
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
    figure = figure_of(ink, say(lang, "chart.positions_title"), source)
    axes = figure.add_axes((0.085, 0.17, 0.9, 0.61))
    (_areas if len(fetched) > 1 else _bars)(axes, reports, ink, lang)
    _legend(figure, axes, ink)
    axes.set_title(say(lang, "chart.positions_axis"), loc="left", color=ink.text, font=font())
    return Chart(
        png_of(figure), _positions_caption(reports, lang, bool(fetched)), _by_date(reports)
    )


def _legend(figure: Figure, axes: Axes, ink: Ink) -> None:
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(
        unique.values(), unique.keys(), loc="upper right", bbox_to_anchor=(0.995, 0.905),
        ncols=len(unique), prop=font(), labelcolor=ink.text, frameon=False,
        handlelength=1.2, columnspacing=1.0, handletextpad=0.4,
    )  # fmt: skip


def _areas(axes: Axes, reports: Sequence[Report], ink: Ink, lang: Lang) -> None:
    for run in _runs(reports):
        days = [_x(report.as_of) for report in run]
        for root, bottoms, tops in _all_bands(run):
            axes.fill_between(
                days, bottoms, tops, label=root, linewidth=0,
                facecolor=COLOURS[root], edgecolor=HATCH, hatch=HATCHES[root],
            )  # fmt: skip
        axes.plot(days, [r.net_face_bn for r in run], color=ink.text, linewidth=2)
    first, last = reports[0].as_of, reports[-1].as_of
    axes.set_xlim(_x(first), _x(last) + 30)
    top = max(sum(max(0, s.face_bn) for s in r.shorts) for r in reports)
    bottom = min(sum(min(0, s.face_bn) for s in r.shorts) for r in reports)
    axes.set_ylim(1.1 * bottom, 1.3 * top)
    axes.plot([_x(last)], [reports[-1].net_face_bn], "o", color=ink.text, markersize=9)
    _years(axes, first, last)
    dress(axes, ink)
    _events(axes, first, last, ink, lang)


def _events(axes: Axes, first: date, last: date, ink: Ink, lang: Lang) -> None:
    """Draw a line at each episode, its name left and right in turn.

    A name that would leave the picture on the right goes to the left, a row lower.
    """
    height, edge = axes.get_ylim()[1], _x(first) + 0.88 * (_x(last) - _x(first))
    shown = [episode for episode in episodes() if first < episode.friday <= last]
    for place, episode in enumerate(shown):
        x = _x(episode.friday)
        axes.axvline(x, color=ink.text, linestyle="--", linewidth=1.5)
        left, lower = place % 2 == 0 or x > edge, place % 2 == 1 and x > edge
        axes.text(
            x + (-20 if left else 20), height * (0.88 if lower else 0.99),
            say(lang, f"chart.event.{episode.key}"), font=font(), color=ink.text,
            ha="right" if left else "left", va="top",
            bbox={"facecolor": ink.paper, "edgecolor": "none", "pad": 1},
        )  # fmt: skip


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
        caption += " " + say(lang, "chart.gap")
    return caption


def _by_date(reports: Sequence[Report]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [
        f"{root}_{what}" for root in TREASURY for what in ("net_short_contracts", "face_usd_bn")
    ]
    writer.writerow(("report_date", *names, "net_face_usd_bn", "gross_face_usd_bn", "source"))
    for report in reports:
        cells: list[object] = []
        for root in TREASURY:
            short = report.short(root)
            cells += [short.net, short.face_bn] if short else ["", ""]
        gross = "" if report.gross_face_bn is None else report.gross_face_bn
        writer.writerow((report.as_of, *cells, report.net_face_bn, gross, report.source))
    return out.getvalue().encode()


_PANELS = (("funding_panel", 0.665), ("volatility_panel", 0.41), ("score_panel", 0.155))


def stress_chart(data: HasWeeks, lang: Lang, theme: str = "light") -> Chart:
    """Return three panels, week by week: SOFR over IORB, the 10-year's volatility, the score."""
    weeks = [week for week in data.weeks if week.inputs.rv20_bp is not None]
    scored = [week for week in weeks if week.score]
    if not scored:
        raise NothingToDrawError("no_weeks")
    ink = INKS[theme]
    name = say(lang, "chart.short_source.score")
    source = say(lang, "chart.source", source=name, date=weeks[-1].friday)
    figure = figure_of(ink, say(lang, "chart.stress_title"), source)
    funding, volatility, score = (
        figure.add_axes((0.07, bottom, 0.915, 0.175)) for _, bottom in _PANELS
    )
    _funding_panel(funding, weeks, ink)
    _volatility_panel(volatility, weeks, ink)
    _score_panel(score, weeks, ink, lang)
    for axes, (key, _) in zip((funding, volatility, score), _PANELS, strict=True):
        axes.set_xlim(_x(weeks[0].friday), _x(weeks[-1].friday) + 30)
        _years(axes, weeks[0].friday, weeks[-1].friday)
        dress(axes, ink)
        axes.set_title(say(lang, f"chart.{key}"), loc="left", color=ink.text, font=font(), pad=4)
        if axes is not score:
            axes.set_xticklabels([])
    return Chart(png_of(figure), _stress_caption(weeks, scored, lang), _by_week(weeks))


def _line(
    axes: Axes, points: Sequence[tuple[date, float | None]], colour: str, style: str = "-o"
) -> Line2D:
    """Draw a line that breaks where a value is missing, with its mark on the newest."""
    days = [_x(day) for day, _ in points]
    values = [float("nan") if value is None else value for _, value in points]
    newest = [len(points) - 1]
    [line] = axes.plot(days, values, style, color=colour, markevery=newest, markersize=9)
    line.set_linewidth(2.5)
    return line


def _funding_panel(axes: Axes, weeks: Sequence[Week], ink: Ink) -> None:
    points = [(week.friday, week.inputs.sofr_iorb_max_bp) for week in weeks]
    clipped = [(day, None if bp is None else min(bp, FUNDING_TOP)) for day, bp in points]
    _line(axes, clipped, ink.text)
    axes.axhline(0, color=ink.text, linewidth=1)
    axes.set_ylim(-25, FUNDING_TOP + 5)
    axes.set_yticks([0, 30, 60])
    late = points[-1][0] - (points[-1][0] - points[0][0]) / 10
    for day, bp in points:
        if bp is not None and bp > FUNDING_TOP:
            _cut_peak(axes, day, bp, ink, left=day > late)


def _cut_peak(axes: Axes, day: date, bp: float, ink: Ink, left: bool) -> None:
    """Mark a peak that the axis cuts with an arrow and its figure, towards the middle."""
    axes.plot([_x(day)], [FUNDING_TOP], "^", color=ink.text, markersize=11)
    axes.annotate(
        number(bp), (_x(day), FUNDING_TOP), (-10 if left else 10, 0),
        textcoords="offset points", font=font(), color=ink.text,
        ha="right" if left else "left", va="top",
        bbox={"facecolor": ink.paper, "edgecolor": "none", "pad": 0},
    )  # fmt: skip


def _volatility_panel(axes: Axes, weeks: Sequence[Week], ink: Ink) -> None:
    _line(axes, [(week.friday, week.inputs.rv20_bp) for week in weeks], ink.text)
    axes.set_ylim(0, max(16, 1.05 * max(week.inputs.rv20_bp or 0 for week in weeks)))
    axes.set_yticks([0, 5, 10, 15])


def _score_panel(axes: Axes, weeks: Sequence[Week], ink: Ink, lang: Lang) -> None:
    styles = {"size": (ink.size, "--s"), "stress": (ink.stress, ":^"), "score": (ink.text, "-o")}
    for name, (colour, style) in styles.items():
        points = [(w.friday, getattr(w.score, name) if w.score else None) for w in weeks]
        _line(axes, points, colour, style).set_label(say(lang, f"chart.{name}"))
    axes.set_ylim(0, 105)
    axes.set_yticks([0, 50, 100])
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.005, 0.93), ncols=3, prop=font(), frameon=False,
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
        score=shown(score.score if score else None),
        size=shown(score.size if score else None),
        stress=shown(score.stress if score else None),
        high=shown(highest.score if highest else None),
        high_date=high.friday,
        peak=shown(peak.inputs.sofr_iorb_max_bp),
        peak_date=peak.friday,
        scored=len(scored),
        count=len(weeks),
    )


def _by_week(weeks: Sequence[Week]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("week", "sofr_iorb_max_bp", "rv20_bp", "score", "size", "stress"))
    for week in weeks:
        score, inputs = week.score, week.inputs
        parts = (score.score, score.size, score.stress) if score else (None, None, None)
        cells = (inputs.sofr_iorb_max_bp, inputs.rv20_bp, *parts)
        writer.writerow((week.friday, *("" if cell is None else cell for cell in cells)))
    return out.getvalue().encode()
