"""A series' name, the digest and the market -> its chart as messages: picture, then data as CSV."""

from __future__ import annotations

from bot.i18n import Lang, say
from bot.render.charts import NothingToDrawError, positions_chart, stress_chart
from bot.render.curves import curves_chart
from bot.render.drawing import Chart
from bot.render.html import escape
from bot.render.message import Attachment, Message
from bot.week import Digest
from bot.week.series import curves
from tools.errors import CalculatorError
from tools.market.data import MarketData


def series_chart(
    name: str, digest: Digest, data: MarketData, lang: Lang, theme: str = "light"
) -> Chart:
    """Return the chart of a series as it was known on the digest's day."""
    if name == "positions":
        return positions_chart(digest, lang, theme)
    if name == "score":
        return stress_chart(digest, lang, theme)
    return curves_chart(name, curves(data, name, digest.on), lang, theme)


def series_messages(
    name: str, digest: Digest, data: MarketData, lang: Lang, theme: str = "light"
) -> list[Message]:
    """Return the chart with its caption and the CSV; or the sentence that says what is missing."""
    try:
        chart = series_chart(name, digest, data, lang, theme)
    except NothingToDrawError as error:
        text = say(lang, f"chart.{error.code}")
        return [Message(escape(text[0].upper() + text[1:]))]
    stem = f"{name}-{digest.on}"
    return [
        Message(chart.caption_html, attachment=Attachment(f"{stem}.png", chart.png)),
        Message(
            say(lang, "series.csv_caption"),
            attachment=Attachment(f"{stem}.csv", chart.csv, picture=False),
        ),
    ]


def unknown_message(error: CalculatorError, lang: Lang) -> Message:
    """Return that there is no such series, with all those that there are."""
    values = {name: escape(str(value)) for name, value in error.values.items()}
    return Message(say(lang, f"error.{error.code}", **values))
