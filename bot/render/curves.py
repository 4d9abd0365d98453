"""Curves through time -> a picture, its caption in words, and its data as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.i18n import Lang, say
from bot.render.charts import FUNDING_TOP, NothingToDrawError
from bot.render.drawing import INKS, Chart, Ink, csv_of, dress, figure_of, font, png_of
from bot.render.html import escape
from bot.render.numbers import number
from bot.render.timeline import cut_peak, draw_line, mark_episodes, mark_years, name_lines, x_of
from bot.week.series import COMPUTED, Curve
from tools.positions import TREASURY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OVER_IORB = "sofr-iorb"
STYLES = ("-o", "--s", ":^")
DIGITS = {"bp": 0, "bp_day": 1, "pct": 2, "usd_bn": 1, "thousands": 0, "times": 2}
APART = timedelta(days=120)  # peaks nearer than this are one


def curves_chart(name: str, curves: Sequence[Curve], lang: Lang, theme: str = "light") -> Chart:
    """Return the curves of one series; raises NothingToDrawError where there are none."""
    if not curves:
        raise NothingToDrawError("no_series")
    ink, main = INKS[theme], curves[0]
    first, last = main.points[0][0], main.points[-1][0]
    source = say(lang, "chart.source", source=_source(main, lang), date=last)
    figure = figure_of(ink, title(name, lang), source)
    axes = figure.add_axes((0.085, 0.17, 0.9, 0.61))
    _draw(axes, curves, ink, lang)
    axes.set_xlim(x_of(first), x_of(last) + max(5, (last - first).days / 60))
    mark_years(axes, first, last)
    dress(axes, ink, _axis_digits(curves))
    if name in COMPUTED or name in TREASURY:
        mark_episodes(axes, first, last, ink, lang)
    if len(curves) > 1:
        name_lines(figure, axes, ink)
    unit = say(lang, f"series.unit.{main.unit}")
    axes.set_title(unit, loc="left", color=ink.text, font=font())
    return Chart(png_of(figure), _caption(name, curves, lang), _csv(curves))


def title(name: str, lang: Lang) -> str:
    """Return what the chart of a series is called."""
    if name in TREASURY:
        return say(lang, "series.contract", contract=name)
    return say(lang, f"series.name.{name}")


def _source(curve: Curve, lang: Lang) -> str:
    key = "series.over_iorb" if curve.key == OVER_IORB else f"digest.source.{curve.source}"
    return say(lang, key)


def _draw(axes: Axes, curves: Sequence[Curve], ink: Ink, lang: Lang) -> None:
    colours = (ink.text, ink.size, ink.stress)
    cut = curves[0].key == OVER_IORB
    for curve, colour, style in zip(curves, colours, STYLES, strict=False):
        points = [(day, min(v, FUNDING_TOP) if cut else v) for day, v in curve.points]
        line = draw_line(axes, list(_with_gaps(points)), colour, style)
        if len(curves) > 1:
            line.set_label(say(lang, f"series.line.{curve.key}"))
    low, high = _range(curves, cut)
    axes.set_ylim(low - 0.05 * (high - low), high + 0.25 * (high - low))
    if low < 0 < high:
        axes.axhline(0, color=ink.text, linewidth=1)
    if cut:
        axes.set_yticks([-20, 0, 20, 40, FUNDING_TOP])
        middle = curves[0].points[len(curves[0].points) // 2][0]
        for day, value in _peaks(curves[0].points):
            cut_peak(axes, day, FUNDING_TOP, value, ink, left=day > middle)


def _range(curves: Sequence[Curve], cut: bool) -> tuple[float, float]:
    values = [value for curve in curves for _, value in curve.points]
    low, high = min(values), min(max(values), FUNDING_TOP) if cut else max(values)
    if low > 0 and low < high / 2:
        low = 0.0
    return (low, high) if high > low else (low - 1, high + 1)


def _axis_digits(curves: Sequence[Curve]) -> int:
    values = [value for curve in curves for _, value in curve.points]
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


def _caption(name: str, curves: Sequence[Curve], lang: Lang) -> str:
    main = curves[0]
    high = max(main.points, key=lambda point: point[1])
    low = min(main.points, key=lambda point: point[1])
    unit = say(lang, f"series.unit.{main.unit}")

    digits = max(DIGITS[main.unit], _axis_digits(curves))

    def shown(value: float) -> str:
        return number(value, digits)

    caption = say(
        lang,
        "series.caption",
        title=escape(title(name, lang)),
        unit=unit,
        date=main.points[-1][0],
        value=shown(main.points[-1][1]),
        high=shown(high[1]),
        high_date=high[0],
        low=shown(low[1]),
        low_date=low[0],
        count=len(main.points),
        first=main.points[0][0],
        source=escape(_source(main, lang)),
    )
    if len(curves) == 1:
        return caption
    items = say(lang, "digest.comma").join(
        say(
            lang,
            "series.item",
            name=say(lang, f"series.line.{curve.key}"),
            value=number(curve.points[-1][1], DIGITS[curve.unit]),
        )
        for curve in curves[1:]
    )
    gap = " " if lang == "en" else ""
    return f"{caption}{gap}{say(lang, 'series.other', items=items)}"


def _csv(curves: Sequence[Curve]) -> bytes:
    """Return the points by date, a column a curve, then the source."""
    days = sorted({day for curve in curves for day, _ in curve.points})
    held = [{day: round(value, 6) for day, value in curve.points} for curve in curves]
    head = ("date", *(f"{curve.key}_{curve.unit}" for curve in curves), "source")
    source = curves[0].source
    return csv_of([head, *((day, *(h.get(day) for h in held), source) for day in days)])
