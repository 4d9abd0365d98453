"""Measures and their figures through time -> a picture, its caption, and its data as CSV."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.i18n import Lang, say
from bot.render.charts import FUNDING_TOP, NothingToDrawError
from bot.render.drawing import INKS, Chart, Ink, csv_of, dress, figure_of, font, png_of
from bot.render.html import escape
from bot.render.measures import measure_name
from bot.render.numbers import number
from bot.render.timeline import cut_peak, draw_line, mark_episodes, mark_years, name_lines, x_of
from tools.market.measures import Measure, Reading

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Points = Sequence[tuple[date, float]]
Lines = Mapping[Measure, Sequence[Reading]]  # the first is the one that is asked for

OVER_IORB = "sofr_iorb"
STYLES = ("-o", "--s", ":^")
DIGITS = {
    "bp": 0, "bp_day": 1, "pct": 2, "usd_bn": 1, "contracts": 0, "times": 2, "points": 1,
    "change_pct": 1,
}  # fmt: skip
OF_EPISODES = {"bp", "bp_day", "contracts", "points", "change_pct"}  # units whose charts mark them
APART = timedelta(days=120)  # peaks nearer than this are one


def curves_chart(lines: Lines, lang: Lang, theme: str = "light") -> Chart:
    """Return the chart of a measure's lines; raises NothingToDrawError where there are none."""
    if not lines:
        raise NothingToDrawError("no_series")
    curves = {measure: _points(measure, known) for measure, known in lines.items()}
    main, known = next(iter(lines.items()))
    first, last = known[0].as_of, known[-1].as_of
    ink, title = INKS[theme], measure_name(lang, main.key)
    if len(main.drawn) > 1:
        title = say(lang, "series.contract", contract=main.contract)
    named = _source(main, known[-1], lang)
    figure = figure_of(ink, title, say(lang, "chart.source", source=named, date=last))
    axes = figure.add_axes((0.085, 0.17, 0.9, 0.61))
    _draw(axes, curves, ink, lang)
    axes.set_xlim(x_of(first), x_of(last) + max(5, (last - first).days / 60))
    mark_years(axes, first, last)
    dress(axes, ink, _axis_digits(curves.values()))
    if main.unit in OF_EPISODES:
        mark_episodes(axes, first, last, ink, lang)
    if len(curves) > 1:
        name_lines(figure, axes, ink)
    unit = say(lang, f"series.unit.{main.unit}")
    axes.set_title(unit, loc="left", color=ink.text, font=font())
    return Chart(png_of(figure), _caption(title, named, curves, lang), _csv(lines))


def _points(measure: Measure, known: Sequence[Reading]) -> Points:
    """Return what is drawn: contracts by the thousand."""
    scale = 1e-3 if measure.unit == "contracts" else 1
    return [(reading.as_of, reading.value * scale) for reading in known]


def _source(measure: Measure, newest: Reading, lang: Lang) -> str:
    key = "series.over_iorb" if measure.key == OVER_IORB else f"digest.source.{newest.source}"
    return say(lang, key)


def _draw(axes: Axes, curves: Mapping[Measure, Points], ink: Ink, lang: Lang) -> None:
    colours = (ink.text, ink.size, ink.stress)
    main, first = next(iter(curves.items()))
    cut = main.key == OVER_IORB
    for (measure, drawn), colour, style in zip(curves.items(), colours, STYLES, strict=False):
        points = [(day, min(v, FUNDING_TOP) if cut else v) for day, v in drawn]
        line = draw_line(axes, list(_with_gaps(points)), colour, style)
        if len(curves) > 1:
            line.set_label(_line_name(measure, lang))
    low, high = _range(curves.values(), cut)
    axes.set_ylim(low - 0.05 * (high - low), high + 0.25 * (high - low))
    if low < 0 < high:
        axes.axhline(0, color=ink.text, linewidth=1)
    if cut:
        axes.set_yticks([-20, 0, 20, 40, FUNDING_TOP])
        middle = first[len(first) // 2][0]
        for day, value in _peaks(first):
            cut_peak(axes, day, FUNDING_TOP, value, ink, left=day > middle)


def _line_name(measure: Measure, lang: Lang) -> str:
    return say(lang, f"series.line.{measure.key.partition(':')[0]}")


def _range(curves: Collection[Points], cut: bool) -> tuple[float, float]:
    values = [value for points in curves for _, value in points]
    low, high = min(values), min(max(values), FUNDING_TOP) if cut else max(values)
    if low > 0 and low < high / 2:
        low = 0.0
    return (low, high) if high > low else (low - 1, high + 1)


def _axis_digits(curves: Collection[Points]) -> int:
    values = [value for points in curves for _, value in points]
    spread = max(values) - min(values)
    return 0 if spread >= 5 else 1 if spread >= 0.5 else 2


def _with_gaps(
    points: Sequence[tuple[date, float]],
) -> Iterator[tuple[date, float | None]]:
    """Yield points with a break where the silence is far longer than usual."""
    spans = sorted((after[0] - before[0]).days for before, after in pairwise(points))
    usual = spans[len(spans) // 2] if spans else 1
    last: date | None = None
    for day, value in points:
        if last is not None and (day - last).days > max(7, 5 * usual):
            yield last + timedelta(days=1), None
        yield day, value
        last = day


def _peaks(points: Sequence[tuple[date, float]]) -> Iterator[tuple[date, float]]:
    """Yield the highest day of each cluster that the axis cuts."""
    cluster: list[tuple[date, float]] = []
    for day, value in points:
        if value <= FUNDING_TOP:
            continue
        if cluster and day - cluster[-1][0] > APART:
            yield max(cluster, key=lambda point: point[1])
            cluster = []
        cluster.append((day, value))
    if cluster:
        yield max(cluster, key=lambda point: point[1])


def _caption(title: str, source: str, curves: Mapping[Measure, Points], lang: Lang) -> str:
    (main, points), *others = curves.items()
    high = max(points, key=lambda point: point[1])
    low = min(points, key=lambda point: point[1])
    digits = max(DIGITS[main.unit], _axis_digits(curves.values()))
    caption = say(
        lang, "series.caption", title=escape(title), unit=say(lang, f"series.unit.{main.unit}"),
        date=points[-1][0], value=number(points[-1][1], digits), high=number(high[1], digits),
        high_date=high[0], low=number(low[1], digits), low_date=low[0], count=len(points),
        first=points[0][0], source=escape(source),
    )  # fmt: skip
    if not others:
        return caption
    named = [
        (_line_name(measure, lang), number(beside[-1][1], DIGITS[measure.unit]))
        for measure, beside in others
    ]
    items = say(lang, "digest.comma").join(f"{name} {value}" for name, value in named)
    gap = " " if lang == "en" else ""
    return f"{caption}{gap}{say(lang, 'series.other', items=items)}"


def _csv(lines: Lines) -> bytes:
    """Return the figures by date, a column a measure, then the source."""
    held = [{r.as_of: round(r.value, 6) for r in known} for known in lines.values()]
    head = ("date", *(f"{measure.key}_{measure.unit}" for measure in lines), "source")
    source = next(iter(lines.values()))[-1].source
    days = sorted({day for points in held for day in points})
    return csv_of([head, *((day, *(h.get(day) for h in held), source) for day in days)])
