"""Figures -> narrow tables: name, level, change on the week, day; beneath, what the names mean."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from bot.i18n import Lang, say
from bot.render.digest.words import amount
from bot.render.measures import measure_name
from bot.render.numbers import number, together
from bot.render.table import table
from bot.week import Digest, Figure
from tools.market.measures import MEASURES

COLUMNS = ("level", "week", "day")
FAILS = {"pd_fails_deliver", "pd_fails_receive"}
STEPS = {key for key, measure in MEASURES.items() if measure.shown == "step"}
# Figures whose short name in the table needs a word of explanation.
EXPLAINED = ("sofr_iorb_mean", "sofr_p99", "sofr_tgcr", "dvp_tgcr", "srf_takeup", "rrp", "rv20")


def figure_lines(
    lang: Lang, key: str, figures: Sequence[Figure], leave: Collection[str] = ()
) -> Iterator[str]:
    """Yield a heading, the figures' table and its legend; nothing where there is no figure."""
    if figures:
        yield f"<b>{say(lang, f'digest.{key}')}</b>"
        yield from _block(lang, figures)
        if "legend" not in leave:
            yield from legend_lines(lang, figures)


def legend_lines(lang: Lang, figures: Sequence[Figure]) -> Iterator[str]:
    """Yield in one line what the short names of some figures mean."""
    shown = {figure.key for figure in figures}
    meant = [say(lang, f"digest.meaning.{key}") for key in EXPLAINED if key in shown]
    if meant:
        meanings = say(lang, "digest.semicolon").join(meant)
        yield f"<i>{say(lang, 'digest.legend', meanings=meanings)}</i>"


def dealer_lines(digest: Digest, lang: Lang) -> Iterator[str]:
    """Yield the dealers' figures under a heading that says how late they are."""
    if digest.dealers:
        newest = max(figure.as_of for figure in digest.dealers)
        title, days = say(lang, "digest.dealers"), (digest.on - newest).days
        yield f"<b>{say(lang, 'digest.lagged', title=title, days=days)}</b>"
        yield from _block(lang, digest.dealers)


def slow_lines(digest: Digest, lang: Lang) -> Iterator[str]:
    """Yield monthly and quarterly figures that are new, under their heading."""
    if digest.slow:
        yield f"<b>{say(lang, 'digest.slow')}</b>"
        yield from (_slow(lang, figure) for figure in digest.slow)
        yield f"<i>{say(lang, 'digest.slow_note')}</i>"


def _block(lang: Lang, figures: Sequence[Figure]) -> Iterator[str]:
    rows = list(_rows(lang, [figure for figure in figures if figure.key not in STEPS]))
    if rows:
        yield table([("", *(say(lang, f"digest.column.{head}") for head in COLUMNS)), *rows], gap=1)
    yield from (_step(lang, figure) for figure in figures if figure.key in STEPS)


def _rows(lang: Lang, figures: Sequence[Figure]) -> Iterator[tuple[str, ...]]:
    """Yield a row a figure, and above the fails what they are."""
    for place, figure in enumerate(figures):
        if figure.key in FAILS and not any(f.key in FAILS for f in figures[:place]):
            yield (say(lang, "digest.row.pd_fails"),)
        yield _row(lang, figure)


def _row(lang: Lang, figure: Figure) -> tuple[str, ...]:
    """Return a row; the year is the digest's own, a figure so old is not shown."""
    return (
        say(lang, f"digest.row.{figure.key}"),
        amount(lang, figure.unit, figure.value),
        "" if figure.change is None else _change(lang, figure),
        f"{figure.as_of:%m-%d}",
    )


def _change(lang: Lang, figure: Figure) -> str:
    change = figure.change or 0.0
    # A rate moves in basis points, whatever it is quoted in.
    if figure.unit == "pct":
        return say(lang, "digest.unit.bp", value=number(change, sign=True))
    return amount(lang, figure.unit, change, sign=True)


def _step(lang: Lang, figure: Figure) -> str:
    name, value = measure_name(lang, figure.key), amount(lang, figure.unit, figure.value)
    return say(lang, "digest.figure.line_since", name=name, value=value, date=figure.as_of)


def _slow(lang: Lang, figure: Figure) -> str:
    name = measure_name(lang, figure.key)
    value = amount(lang, figure.unit, figure.value)
    if figure.change is None:
        return say(lang, "digest.figure.line", name=name, value=value, date=_period(figure))
    change = amount(lang, figure.unit, figure.change, sign=True)
    key, day = "digest.figure.line_slow", _period(figure)
    return together(say(lang, key, name=name, value=value, change=change, date=day))


def _period(figure: Figure) -> str:
    """Return the month or quarter that a slow figure is of."""
    day = figure.as_of
    return f"{day:%Y}Q{(day.month + 2) // 3}" if figure.key.startswith("hf") else f"{day:%Y-%m}"
