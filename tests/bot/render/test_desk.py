"""The desk's messages: narrow tables, valid HTML, everything in both languages, charts in words."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PIL import Image

from bot.desk.commands import ANSWERS, answer, example
from bot.desk.ctd import CtdReply
from bot.desk.known import Known, Reply
from bot.desk.steps import COMMANDS, NEW, Steps
from bot.i18n import LANGS, Lang
from bot.render.desk.charts import desk_chart, has_chart, rows_of
from bot.render.desk.ctd import pages_of
from bot.render.desk.steps import steps_message
from bot.render.desk.views import (
    change_keyboard,
    chart_message,
    csv_message,
    desk_message,
    formula_message,
    page_message,
)
from bot.render.html import plain
from bot.render.message import Message
from bot.render.table import WIDEST, width
from knowledge.claims import load_ledger
from tests.bot.desk.asking import BASKET, KNOWN, REPORT, TODAY, TRADE, Record, points
from tests.bot.desk.test_steps import FILLED
from tests.bot.desk.test_stress import MARCH, RATES, YIELDS
from tests.oracles import check_html

KEY = "AbCdEfGhIjKl"
MARKET = Record(
    points={"ust_10y": points(MARCH, YIELDS), "sofr": points(MARCH, RATES)}, shorts=[REPORT]
)
FULL = replace(KNOWN, market=MARKET)
LOW = "TYH7 112-16+ 4.25% 11/15/34 100-00 repo 3.40 haircut 2% margin 1850 face 1bn buffer 3m"
CASES: dict[str, tuple[str, Known]] = {
    **{command: (example(command, TODAY), KNOWN) for command in ANSWERS},
    "ctd with all": (f"{BASKET} roll TYM7 112-08 shift 35\n4% 2/15/56 90-00", KNOWN),
    "ctd without repo": (BASKET.replace("repo 3.90", ""), KNOWN),
    "ctd on the day": (f"{BASKET} settle 2027-03-31", KNOWN),
    "ctd of many": (f"{BASKET}\n" + "\n".join(
        f"{4 + step / 8}% {month}/15/34 {99 + step}-00" for step in range(6) for month in (2, 5, 8)
    ), KNOWN),
    "ctd of one": ("\n".join(BASKET.splitlines()[:2]), KNOWN),
    "carry on the day": (f"{TRADE} settle 2027-03-31", KNOWN),
    "pnl alone": (TRADE, KNOWN),
    "pnl without capital": (
        "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.9 to 2026-12-24 112-20 101-02", KNOWN),
    "pnl with all": (
        f"{TRADE} lots 900 cashrate 4% to 2027-02-24 112-20 101-02 repo 4.1 roll TYM7 112-04"
        " cost 0.5 to 2027-03-15 112-00 101-00", KNOWN),
    "leverage of shares": ("haircut 2% margin 1.8% fund 14%", KNOWN),
    "leverage of nothing": ("haircut 0% margin 0%", KNOWN),
    "leverage locked": (LOW, KNOWN),
    "leverage without capital": ("TYH7 112-16+ 4.25% 11/15/34 100-30", KNOWN),
    "stress survived": (f"{LOW} mar2020", KNOWN),
    "stress recorded": (f"{TRADE} mar2020 shock 9 basis -12 margin x2", FULL),
    "stress ended": (
        f"{TRADE} shock 0 basis -2 shock 3 basis -60 repo 9% haircut 6% margin 4000", KNOWN),
    "stress by days": (f"{TRADE} from 2020-03-09 until 2020-03-18", FULL),
    "spiral of funds": ("haircut 1% margin 2% shock margin x1.5 haircut +1% basis -40", FULL),
    "spiral of one impact": (
        "5y 400bn haircut 1% margin 2% impact 40 shock margin x3 basis -90", KNOWN),
}  # fmt: skip


def reply_of(case: str) -> Reply:
    text, known = CASES[case]
    return answer(case.split(maxsplit=1)[0], text, known)


def messages(case: str, lang: Lang) -> Iterator[Message]:
    """Yield every message that a case can lead to."""
    reply = reply_of(case)
    yield desk_message(reply, lang, KEY, load_ledger())
    yield formula_message(reply, lang)
    if isinstance(reply, CtdReply):
        for name in pages_of(reply):
            yield page_message(reply, name, lang)
    if rows_of(reply):
        yield csv_message(reply, lang)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("case", CASES)
def test_every_message_is_valid_and_every_table_narrow(case: str, lang: Lang):
    for message in messages(case, lang):
        check_html(message.html)
        for block in re.findall(r"<pre>(.*?)</pre>", message.html, re.DOTALL):
            assert max(width(plain(line)) for line in block.split("\n")) <= WIDEST, block
        assert "None" not in message.html
        assert "nan" not in plain(message.html).lower().split()
        for row in message.keyboard:
            assert len(row) <= 4
            for button in row:
                assert len((button.data or "").encode()) <= 64
                assert len((button.copy or "").encode()) <= 256 * 4


@pytest.mark.parametrize("case", CASES)
def test_both_languages_say_the_same_numbers(case: str):
    english, chinese = ([plain(m.html) for m in messages(case, lang)] for lang in LANGS)
    for one, other in zip(english, chinese, strict=True):
        figures = [re.findall(r"\d+\.\d{2,}", text.partition("<blockquote")[0]) for text in
                   (one, other)]  # fmt: skip
        assert figures[0] == figures[1] or sorted(figures[0]) == sorted(figures[1])


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("case", [c for c in CASES if has_chart(reply_of(c))])
def test_a_chart_is_a_picture_and_says_the_same_in_words(case: str, lang: Lang):
    reply = reply_of(case)
    for theme in ("light", "dark"):
        chart = desk_chart(reply, lang, theme)
        assert Image.open(io.BytesIO(chart.png)).size == (1200, 675)
    message = chart_message(reply, lang, "light")
    check_html(message.html)
    assert len(plain(message.html).encode("utf-16-le")) // 2 <= 1024
    assert re.search(r"\d", plain(message.html))


def test_what_has_nothing_to_draw_has_no_chart():
    without = [case for case in CASES if not has_chart(reply_of(case))]
    assert set(without) == {
        "dates", "ctd of one", "carry on the day", "pnl alone", "leverage of nothing",
        "leverage without capital",
    }  # fmt: skip


def test_the_number_comes_first():
    firsts = {case: plain(next(messages(case, "en")).html).split("\n")[0] for case in CASES}
    assert firsts["ctd"] == "TYZ6: 4.5 08/33 is cheapest to deliver"
    assert firsts["leverage of shares"].startswith("Leverage 26.3x")
    assert firsts["leverage of nothing"].startswith("No leverage figure")
    assert firsts["pnl"].startswith("P&L $")
    assert firsts["spiral"].startswith("$225bn must be sold at once")


def test_leverage_names_the_claims_that_use_each_definition():
    said = plain(next(messages("leverage of shares", "zh")).html)
    for claim in ("LV01", "LV02", "LV03", "LV05", "LV06", "LV07"):
        assert claim in said


def test_the_spiral_says_that_it_is_not_calibrated():
    for lang, words in (("en", "not calibrated"), ("zh", "未经校准")):
        for case in ("spiral", "spiral of funds", "spiral of one impact"):
            assert words in plain(next(messages(case, lang)).html)
            assert words in desk_chart(reply_of(case), lang).caption_html


def test_a_replay_says_what_is_missing_and_who_says_the_rest():
    said = plain(next(messages("stress", "en")).html)
    assert "BIS Working Paper 966" in said
    assert "margins of those days are not known" in said
    filled = plain(next(messages("stress recorded", "en")).html)
    assert "series on record" in filled
    assert "margins of those days" not in filled


@pytest.mark.parametrize("lang", LANGS)
def test_the_choices_under_a_result_fit_a_button(lang: Lang):
    for case in CASES:
        reply = reply_of(case)
        for name in ("", "repo_pct", "haircut_pct", "margin_usd", "futures_price", "impact"):
            for row in change_keyboard(reply, lang, KEY, name):
                assert all(len((b.data or "").encode()) <= 64 for b in row)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_step_of_every_form_can_be_shown(command: str, lang: Lang):
    filled = FILLED.get(command, ("ten", *FILLED["leverage"][1:]))
    for count in range(len(filled)):
        for entry in ("", "TY") if Steps(command, filled[:count]).step == "contract" else ("",):
            state = Steps(command, filled[:count], entry)
            message = steps_message(
                state, KEY, lang, TODAY, positions=("ten",), sofr="4.30", refused="<no>"
            )
            check_html(message.html)
            assert sum(len(row) for row in message.keyboard) <= 100
            for row in message.keyboard:
                assert len(row) <= 8
                assert all(len((b.data or "").encode()) <= 64 for b in row)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("command", ["pnl", "leverage", "stress"])
def test_a_form_without_positions_opens_with_nothing_filled_in_and_no_way_back(
    command: str, lang: Lang
):
    message = steps_message(Steps.opened(command, has_positions=False), KEY, lang, TODAY)
    assert "<code>" not in message.html
    assert [b.data for b in message.keyboard[-1]] == ["fc:"]
    chosen = Steps(command, (NEW,))
    among = steps_message(chosen, KEY, lang, TODAY, positions=("ten",))
    assert len(among.keyboard[-1]) == 2
