"""What charts through time share: days on an axis, years, lines with gaps, cut peaks, episodes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from bot.i18n import Lang, say
from bot.render.drawing import Ink, font
from bot.render.numbers import number
from tools.market.bundled import episodes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D


def x_of(day: date) -> float:
    """Return a day on the axis: days since year 1. matplotlib's own dates need global state."""
    return float(day.toordinal())


def mark_years(axes: Axes, first: date, last: date) -> None:
    """Mark January of each year, every second one where they stand close; else the two ends."""
    step = 1 if last.year - first.year <= 10 else 2
    years = range(first.year + 1, last.year + 1, step)
    days = {date(year, 1, 1): str(year) for year in years} or {first: str(first), last: str(last)}
    axes.set_xticks([x_of(day) for day in days], list(days.values()))


def draw_line(
    axes: Axes, points: Sequence[tuple[date, float | None]], colour: str, style: str = "-o"
) -> Line2D:
    """Draw a line that breaks where a value is missing, with its mark on the newest."""
    days = [x_of(day) for day, _ in points]
    values = [float("nan") if value is None else value for _, value in points]
    newest = [len(points) - 1]
    [line] = axes.plot(days, values, style, color=colour, markevery=newest, markersize=9)
    line.set_linewidth(2.5)
    return line


def cut_peak(axes: Axes, day: date, top: float, value: float, ink: Ink, *, left: bool) -> None:
    """Mark a peak cut at `top` with an arrow and, above all lines, its figure left or right of it.

    The axis must leave room for the figure above `top`.
    """
    axes.plot([x_of(day)], [top], "^", color=ink.text, markersize=11)
    axes.annotate(
        number(value), (x_of(day), top), (-9 if left else 9, -4),
        textcoords="offset points", font=font(), color=ink.text,
        ha="right" if left else "left", va="bottom",
    )  # fmt: skip


def mark_episodes(axes: Axes, first: date, last: date, ink: Ink, lang: Lang) -> None:
    """Draw a line at each episode, its name left and right in turn.

    A name that would leave the picture on the right goes to the left, a row lower.
    """
    low, high = axes.get_ylim()
    edge = x_of(first) + 0.88 * (x_of(last) - x_of(first))
    shown = [episode for episode in episodes() if first < episode.friday <= last]
    for place, episode in enumerate(shown):
        x = x_of(episode.friday)
        axes.axvline(x, color=ink.text, linestyle="--", linewidth=1.5)
        left, lower = place % 2 == 0 or x > edge, place % 2 == 1 and x > edge
        axes.text(
            x + (-20 if left else 20), low + (high - low) * (0.91 if lower else 0.995),
            say(lang, f"chart.event.{episode.key}"), font=font(), color=ink.text,
            ha="right" if left else "left", va="top",
            bbox={"facecolor": ink.paper, "edgecolor": "none", "pad": 1},
        )  # fmt: skip


def name_lines(figure: Figure, axes: Axes, ink: Ink, top: float = 0.905) -> None:
    """Name what was drawn in one row that begins at `top` of the picture, each name once."""
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(
        unique.values(), unique.keys(), loc="upper right", bbox_to_anchor=(0.995, top),
        ncols=len(unique), prop=font(), labelcolor=ink.text, frameon=False,
        handlelength=1.2, columnspacing=1.0, handletextpad=0.4,
    )  # fmt: skip
