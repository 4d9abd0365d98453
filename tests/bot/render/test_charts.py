"""Charts: what the picture, its caption and its CSV say, in both languages and themes."""

from __future__ import annotations

import csv
import io
import struct
import threading
from dataclasses import dataclass
from datetime import date

import pytest

from bot.i18n import LANGS, Lang
from bot.render.charts import Chart, NothingToDrawError, positions_chart, stress_chart
from bot.render.html import measure, plain
from tests.recorded import recorded_digest
from tools.market.backtest import Week
from tools.market.bundled import bundled_market
from tools.positions import Report

THEMES = ("light", "dark")


@dataclass
class Empty:
    """Data that hold nothing."""

    reports: tuple[Report, ...] = ()
    weeks: tuple[Week, ...] = ()


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def rows(chart: Chart) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(chart.csv.decode())))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("theme", THEMES)
def test_the_bundled_table_alone_makes_a_picture(lang: Lang, theme: str):
    chart = positions_chart(bundled_market(), lang, theme)
    assert size(chart.png) == (900, 1125)
    caption = plain(chart.caption_html)
    assert "2026-07-14" in caption
    assert "$923bn" in caption
    assert "CFTC" in caption
    assert measure(chart.caption_html)[0] <= 1024
    assert len(rows(chart)) == 9


def test_the_csv_of_the_bundled_table_holds_contracts_and_face():
    newest = rows(positions_chart(bundled_market(), "en"))[-1]
    assert newest["report_date"] == "2026-07-14"
    assert newest["FV_net_short_contracts"] == "2156750"
    assert float(newest["TU_face_usd_bn"]) == pytest.approx(334.3532)
    assert float(newest["gross_face_usd_bn"]) == 1113


@pytest.mark.parametrize("lang", LANGS)
def test_recorded_reports_make_a_stacked_area_whose_caption_says_its_extremes(lang: Lang):
    digest = recorded_digest(date(2026, 7, 17))
    chart = positions_chart(digest, lang, "light")
    caption = plain(chart.caption_html)
    for said in ("$1,156bn", "2025-09-02", "2017-01-03", "424"):
        assert said in caption
    assert len(rows(chart)) == 424


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("day", [date(2019, 9, 20), date(2020, 3, 20), date(2026, 7, 17)])
def test_the_stress_chart_says_the_peak_that_its_axis_cuts(lang: Lang, day: date):
    chart = stress_chart(recorded_digest(day), lang, "dark")
    assert size(chart.png) == (900, 1125)
    assert "315 bp" in plain(chart.caption_html)
    assert measure(chart.caption_html)[0] <= 1024
    assert rows(chart)[-1]["week"] == day.isoformat()


def test_two_themes_and_two_languages_are_four_pictures():
    data = bundled_market()
    assert len({positions_chart(data, lang, theme).png for lang in LANGS for theme in THEMES}) == 4


def test_nothing_to_draw_is_said_not_drawn():
    with pytest.raises(NothingToDrawError) as error:
        positions_chart(Empty(), "en")
    assert error.value.code == "no_positions"
    with pytest.raises(NothingToDrawError):
        stress_chart(Empty(), "en")


def test_threads_draw_the_same_pictures_as_one():
    data = bundled_market()
    alone = {lang: positions_chart(data, lang, "dark").png for lang in LANGS}
    made: dict[Lang, bytes] = {}

    def draw(lang: Lang) -> None:
        made[lang] = positions_chart(data, lang, "dark").png

    threads = [threading.Thread(target=draw, args=(lang,)) for lang in LANGS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == alone


def inked(png: bytes) -> tuple[int, int]:
    """Return how many pixels of the outer frame and of the whole differ from the paper."""
    import numpy as np
    from matplotlib.image import imread

    picture = imread(io.BytesIO(png))[:, :, :3]
    paper = picture[0, 0]
    differs = (abs(picture - paper) > 0.05).any(axis=2)
    frame = np.concatenate(
        [differs[:4].ravel(), differs[-4:].ravel(), differs[:, -4:].ravel(), differs[:, :4].ravel()]
    )
    return int(frame.sum()), int(differs.sum())


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("day", [date(2019, 9, 20), date(2025, 4, 11), date(2026, 7, 17)])
def test_nothing_is_cut_at_the_edge(lang: Lang, day: date):
    """A label that leaves the picture would leave ink on its outermost pixels."""
    digest = recorded_digest(day)
    for chart in (positions_chart(digest, lang), stress_chart(digest, lang)):
        frame, whole = inked(chart.png)
        assert frame == 0
        assert whole > 10_000
