"""A measure, the digest and the market -> its chart as picture and CSV, or its newest figure."""

from __future__ import annotations

from datetime import date, timedelta

from bot.i18n import Lang, say
from bot.render.charts import NothingToDrawError, positions_chart, stress_chart
from bot.render.curves import curves_chart
from bot.render.drawing import Chart
from bot.render.html import escape
from bot.render.measures import amount, measure_name
from bot.render.message import Attachment, Message
from bot.week import Digest
from tools.errors import CalculatorError
from tools.market.data import MarketData
from tools.market.measures import Measure, readings
from tools.market.publication import end_of

A_YEAR = timedelta(days=366)  # of the slowest figures, those of a quarter come half a year later


def series_chart(
    measure: Measure, digest: Digest, data: MarketData, lang: Lang, theme: str = "light"
) -> Chart:
    """Return the chart of a measure as it was known on the digest's day."""
    if measure.key == "net:ALL":
        return positions_chart(digest, lang, theme)
    if measure.key == "score":
        return stress_chart(digest, lang, theme)
    lines = ((line, readings(data, line, end_of(digest.on))) for line in measure.drawn)
    return curves_chart({line: points for line, points in lines if points}, lang, theme)


def series_messages(
    measure: Measure, digest: Digest, data: MarketData, lang: Lang, theme: str = "light"
) -> list[Message]:
    """Return the chart with its caption and the CSV; or the sentence that says what is missing."""
    try:
        chart = series_chart(measure, digest, data, lang, theme)
    except NothingToDrawError as error:
        return [Message(escape(_sentence(say(lang, f"chart.{error.code}"))))]
    stem = f"{measure.name.replace(' ', '-')}-{digest.on}"
    return [
        Message(chart.caption_html, attachment=Attachment(f"{stem}.png", chart.png)),
        Message(
            say(lang, "series.csv_caption"),
            attachment=Attachment(f"{stem}.csv", chart.csv, picture=False),
        ),
    ]


def figure_message(measure: Measure, data: MarketData, on: date, lang: Lang) -> Message:
    """Return the newest figure of a measure that was known at the end of a day, if not too old."""
    known = readings(data, measure, end_of(on), on - A_YEAR)
    if not known:
        return Message(escape(_sentence(say(lang, "chart.no_series"))))
    source = say(lang, f"digest.source.{known[-1].source}")
    value, name = amount(lang, measure.key, known[-1].value), measure_name(lang, measure.key)
    text = say(
        lang, "series.figure",
        name=escape(name), value=escape(value), date=known[-1].as_of, source=escape(source),
    )  # fmt: skip
    return Message(text)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def unknown_message(error: CalculatorError, lang: Lang) -> Message:
    """Return that there is no such series, with all those that there are."""
    values = {name: escape(str(value)) for name, value in error.values.items()}
    return Message(say(lang, f"error.{error.code}", **values))
