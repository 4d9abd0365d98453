"""The looks that all charts share: sizes, colours, the bundled font, a figure and its PNG.

Pictures are drawn with the figure API of matplotlib, without pyplot: no global state, so several
threads may draw at once. Every text is at least 28 pixels high on 1,200 by 675, and on the 900 by
1,125 of those that are mostly read on a phone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from bot.render.numbers import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

DPI = 100
SIZE = (1200 / DPI, 675 / DPI)
TALL = (900 / DPI, 1125 / DPI)
TEXT = 28 * 72 / DPI  # points that make 28 pixels
TITLE = 34 * 72 / DPI


@dataclass(frozen=True, slots=True)
class Chart:
    """A PNG, a caption that says the same in words, the data as CSV."""

    png: bytes
    caption_html: str
    csv: bytes


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of a theme."""

    paper: str
    text: str
    grid: str
    size: str
    stress: str


INKS: dict[str, Ink] = {
    "light": Ink("#ffffff", "#1a1a1a", "#d5d9de", "#0072B2", "#B84A00"),
    "dark": Ink("#17212b", "#f2f4f6", "#3b4a58", "#56B4E9", "#F0A040"),
}


@cache
def font_file() -> str:
    """Return the path of the bundled font."""
    return str(resources.files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf")


def font(size: float = TEXT) -> FontProperties:
    """Return the bundled font, which knows both scripts."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=font_file(), size=size)


def figure_of(
    ink: Ink, title: str, source: str, size: tuple[float, float] = SIZE, newest: str = ""
) -> Figure:
    """Return an empty picture with its title and, at its foot, its source.

    `newest` stands below the title of a tall picture: what the reader came for.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DPI, facecolor=ink.paper)
    figure.text(0.015, 0.98, title, color=ink.text, font=font(TITLE), va="top")
    figure.text(0.015, 0.935, newest, color=ink.text, font=font(), va="top")
    figure.text(0.015, 0.015, source, color=ink.text, font=font(), va="bottom")
    return figure


def png_of(figure: Figure) -> bytes:
    """Return a picture as PNG."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI)
    return out.getvalue()


def dress(axes: Axes, ink: Ink, digits: int = 0) -> None:
    """Give axes the theme's colours and the bundled font."""
    axes.set_facecolor(ink.paper)
    axes.grid(axis="y", color=ink.grid, linewidth=1)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(ink.text)
    axes.tick_params(colors=ink.text, length=0)
    if len(axes.get_yticks()) > 6:
        axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(lambda value, _: number(value, digits))
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(font())
        label.set_color(ink.text)


def csv_of(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return out.getvalue().encode()
