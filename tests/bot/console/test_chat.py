"""`basisbot chat --jsonl`: every command and every form to its end, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.desk.steps import COMMANDS as FORM_COMMANDS
from bot.handlers.application import COMMANDS as HANDLED
from bot.i18n import LANGS, Lang, say
from tests.bot.console.talking import Key, Said, check_fine, figures, walks

# English beside Chinese.
LEG = (Key("TY"), Key("TYH7"), "112-16", "2034-11-15", "4.25", "100-30", "3.9")
FUNDING = ("2%", "1850", "$500k", "$100m")
BASKET = "4.25% 11/15/34 100-30\n4% 5/15/34 100-03\n4.5% 11/15/33 103-21+"
BOND = "TYH7 112-16+ 4.25% 11/15/34 100-30"
FUNDED = (
    "repo 3.90 haircut 2% margin 1850 face 100m buffer 500k",
    "回购 3.90 折扣率 2% 保证金 1850 面值 1亿 缓冲 50万",
)
QUESTION = ("How big is the basis trade?", "基差交易有多大？")

# What each command of the chat is asked.
ASKED: dict[str, Sequence[str]] = {
    **{name: (f"/{name}",) * 2 for name in (
        "start", "help", "positions", "market", "chart", "factcheck", "sources", "digest",
        "unsubscribe", "settings", "status", "privacy", "export", "forget", "cancel", "stop",
    )},
    "ask": [f"/ask {question}" for question in QUESTION],
    "basis": (f"/basis {BOND} repo 3.90", f"/basis {BOND} 回购 3.90"),
    "ctd": (f"/ctd TYH7 112-16+ repo 3.90 {BASKET}", f"/ctd TYH7 112-16+ 回购 3.90 {BASKET}"),
    "carry": (f"/carry {BOND} repo 3.90", f"/carry {BOND} 回购 3.90"),
    "pnl": (
        f"/pnl {BOND} {FUNDED[0]} to 2026-12-24 112-20 101-02",
        f"/pnl {BOND} {FUNDED[1]} 至 2026-12-24 112-20 101-02",
    ),
    "leverage": [f"/leverage {BOND} {funded}" for funded in FUNDED],
    "stress": [f"/stress {BOND} {funded} mar2020" for funded in FUNDED],
    "spiral": (
        "/spiral size 1tn 2y 40% 5y 30% 10y 30% haircut 1% margin 2% shock margin x1.5 basis -4",
        "/spiral 规模 1万亿 2y 40% 5y 30% 10y 30% 折扣率 1% 保证金 2% 冲击 保证金 x1.5 基差 -4",
    ),
    "dates": ("/dates TYH7",) * 2,
    "position": [f"/position save ten {BOND} {funded}" for funded in FUNDED],
    "subscribe": (
        "/subscribe every Friday at 6pm in New York",
        "/subscribe 每周五晚上八点 北京时间",
    ),
    "alert": ("/alert score > 65", "/alert 评分 > 65"),
}  # fmt: skip
CALCULATES = ("basis", "ctd", "carry", "pnl", "leverage", "stress", "spiral", "dates")
# Other names of a command, and what needs a report.
BESIDE = {"b", "alerts", "drop", "label"}


def forms(lang: Lang) -> dict[str, Sequence[str]]:
    """Return each form with what is pressed and written in it, to its end."""
    digits = [*"112-16", say(lang, "button.enter")]
    coupon, cash, repo = ([*text, digits[-1]] for text in ("4.25", "100-30", "3.9"))
    days = ("2034", "2034-11", "2034-11-15")
    keys = ["TY", "TYH7", *digits, *days, *coupon, *cash, *repo, "2%"]
    return {
        "basis": ("/basis", *LEG, "2%"),
        "basis by keys": ("/basis", *map(Key, keys)),
        "ctd": ("/ctd", *LEG[:3], "3.9", BASKET),
        "carry": ("/carry", *LEG),
        "pnl": ("/pnl", *LEG, Key("$100m"), Key("2026-12-24"), "112-20", "101-02"),
        "leverage": ("/leverage", *LEG, *FUNDING),
        "stress": ("/stress", *LEG, *FUNDING, Key(say(lang, "episode.mar2020"))),
        "spiral": ("/spiral", *map(Key, ("2%", "1%", "0%", "x1.5", "+1", "4"))),
        "dates": ("/dates", *LEG[:2]),
        "position": ("/position", Key(say(lang, "button.fill_in")), "ten", *LEG, *FUNDING),
    }


@pytest.fixture(scope="module", params=LANGS)
def lang(request: pytest.FixtureRequest) -> Lang:
    return request.param


@pytest.fixture(scope="module")
def commands(lang: Lang, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Said]]:
    asked = {name: (words[LANGS.index(lang)],) for name, words in ASKED.items()}
    return walks(tmp_path_factory.mktemp(lang), asked, lang)


@pytest.fixture(scope="module")
def filled(lang: Lang, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Said]]:
    return walks(tmp_path_factory.mktemp(lang), forms(lang), lang)


def test_each_command_of_the_bot_is_asked():
    assert set(ASKED) == set(HANDLED) - BESIDE
    assert {name.partition(" ")[0] for name in forms("en")} == {"basis", *FORM_COMMANDS}


@pytest.mark.parametrize("command", ASKED)
def test_each_command_is_answered_in_its_language(
    commands: dict[str, list[Said]], lang: Lang, command: str
):
    (said,) = commands[command]
    check_fine(said, lang)
    if command in CALCULATES:
        assert len(figures(said.words)) > 8
        assert {"CSV"} & set(said.keys)
    if command in {"chart", "export"}:
        assert [m for m in said.messages if "photo" in m or "file" in m]


@pytest.mark.parametrize("form", forms("en"))
def test_each_form_ends_in_figures(filled: dict[str, list[Said]], lang: Lang, form: str):
    said = filled[form]
    for step in said:
        check_fine(step, lang)
    title = say(lang, "desk.form_title", command=form.partition(" ")[0])
    title = title.removeprefix("<b>").partition("<")[0]
    asked = [step for step in said[:-1] if title in step.words]
    assert len(asked) == len(said) - 1 - (form == "position")  # which lists what is saved, first
    end = said[-1]
    assert title not in end.words
    assert end.messages[0]["edited"], "a form becomes its result"
    if form == "position":
        assert "/leverage ten" in end.words
    else:
        assert len(figures(end.words)) > 8
        assert "CSV" in end.keys


def test_keys_and_typing_come_to_the_same(filled: dict[str, list[Said]]):
    typed, pressed = (filled[form][-1].words.splitlines() for form in ("basis", "basis by keys"))
    assert typed == pressed


def test_a_form_and_its_words_come_to_the_same_in_both_languages(
    tmp_path_factory: pytest.TempPathFactory,
):
    ends = {}
    for lang in LANGS:
        found = walks(tmp_path_factory.mktemp(lang), {"carry": forms(lang)["carry"]}, lang)
        ends[lang] = figures(found["carry"][-1].words.partition("\n\n")[0])[:3]
    assert ends["en"] == ends["zh"]
    assert ends["en"][0] == "3.20"


@pytest.mark.slow
def test_each_key_under_each_answer_does_something(
    commands: dict[str, list[Said]], lang: Lang, tmp_path: Path
):
    """Each pressed in a chat of its own, behind the same words."""
    copies = {say(lang, "button.copy")}
    speaks = {say("en", "button.language"), say("zh", "button.language"), "English", "中文"}
    steps = {
        f"{name} {key}": (ASKED[name][LANGS.index(lang)], Key(key))
        for name, (said,) in commands.items()
        for key in said.keys
        if key not in copies | speaks
    }
    assert len(steps) > 60
    for _, pressed in walks(tmp_path, steps, lang).values():
        check_fine(pressed, lang)
