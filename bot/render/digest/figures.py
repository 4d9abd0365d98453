"""A Figure -> its line: name, value, change on the week, date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.digest import Digest, Figure
from bot.i18n import Lang, say
from bot.render.numbers import billions, number

YIELDS = {"ust_2y", "ust_5y", "ust_10y", "ust_30y"}
FAILS = {"pd_fails_deliver", "pd_fails_receive"}
STEPS = {"iorb", "srf_rate"}  # rates that hold from the day that they are of


def section(lang: Lang, key: str, figures: tuple[Figure, ...]) -> Iterator[str]:
    """Yield a heading and a line for each figure, nothing where there is none."""
    if figures:
        yield f"<b>{say(lang, f'digest.{key}')}</b>"
        yield from (_figure(lang, figure) for figure in figures)


def volatility_lines(digest: Digest, lang: Lang) -> Iterator[str]:
    """Yield the realised volatility and, in one line, the yields."""
    if digest.volatility:
        yields = [figure for figure in digest.volatility if figure.key in YIELDS]
        others = [figure for figure in digest.volatility if figure.key not in YIELDS]
        yield f"<b>{say(lang, 'digest.volatility')}</b>"
        yield from (_figure(lang, figure) for figure in others)
        yield from _together(lang, "yields", yields)


def dealer_lines(digest: Digest, lang: Lang) -> Iterator[str]:
    """Yield the dealers' figures under a heading that says how late they are."""
    if digest.dealers:
        newest = max(figure.as_of for figure in digest.dealers)
        title, days = say(lang, "digest.dealers"), (digest.on - newest).days
        yield f"<b>{say(lang, 'digest.lagged', title=title, days=days)}</b>"
        fails = [figure for figure in digest.dealers if figure.key in FAILS]
        yield from (_figure(lang, figure) for figure in digest.dealers if figure.key not in FAILS)
        yield from _together(lang, "fails", fails)


def slow_lines(digest: Digest, lang: Lang) -> Iterator[str]:
    """Yield monthly and quarterly figures that are new, under their heading."""
    if digest.slow:
        yield f"<b>{say(lang, 'digest.slow')}</b>"
        yield from (_slow(lang, figure) for figure in digest.slow)
        yield f"<i>{say(lang, 'digest.slow_note')}</i>"


def _figure(lang: Lang, figure: Figure) -> str:
    name = say(lang, f"digest.figure.{figure.key}")
    value = _amount(lang, figure.unit, figure.value)
    if figure.change is None:
        key = "line_since" if figure.key in STEPS else "line"
        return say(lang, f"digest.figure.{key}", name=name, value=value, date=figure.as_of)
    return say(
        lang, "digest.figure.line_change", name=name, value=value, change=_change(lang, figure),
        date=figure.as_of,
    )  # fmt: skip


def _together(lang: Lang, key: str, figures: Sequence[Figure]) -> Iterator[str]:
    """Yield figures of one day in one line, others each in its own."""
    if len(figures) < 2 or len({figure.as_of for figure in figures}) > 1:
        yield from (_figure(lang, figure) for figure in figures)
        return
    items = say(lang, "digest.comma").join(
        say(
            lang,
            "digest.figure.item" if figure.change is None else "digest.figure.item_change",
            name=say(lang, f"digest.short.{figure.key}"),
            value=_amount(lang, figure.unit, figure.value),
            change=_change(lang, figure),
        )
        for figure in figures
    )
    yield say(lang, f"digest.together.{key}", items=items, date=figures[0].as_of)


def _slow(lang: Lang, figure: Figure) -> str:
    name = say(lang, f"digest.figure.{figure.key}")
    value = _amount(lang, figure.unit, figure.value)
    if figure.change is None:
        return say(lang, "digest.figure.line", name=name, value=value, date=_period(figure))
    change = _amount(lang, figure.unit, figure.change, sign=True)
    return say(
        lang, "digest.figure.line_slow", name=name, value=value, change=change,
        date=_period(figure),
    )  # fmt: skip


def _period(figure: Figure) -> str:
    """Return the month or quarter that a slow figure is of."""
    day = figure.as_of
    return f"{day:%Y}Q{(day.month + 2) // 3}" if figure.key.startswith("hf") else f"{day:%Y-%m}"


def _amount(lang: Lang, unit: str, value: float, sign: bool = False) -> str:
    if unit == "usd":
        return billions(value / 1e9, 1 if abs(value) < 1e11 else 0, sign)
    digits = 2 if unit in {"pct", "times"} else 1
    return say(lang, f"digest.unit.{unit}", value=number(value, digits, sign))


def _change(lang: Lang, figure: Figure) -> str:
    change = figure.change or 0.0
    # A rate moves in basis points, whatever it is quoted in.
    if figure.unit == "pct":
        return say(lang, "digest.unit.bp", value=number(change, sign=True))
    return _amount(lang, figure.unit, change, sign=True)
