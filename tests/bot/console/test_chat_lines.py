"""`basisbot chat`: what a line may be, files, other chats, the time, and the terminal itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.console.chat import EXAMPLES, NAMED
from bot.i18n import LANGS, Lang, say
from tests.bot.console.talking import NOW, Key, Said, check_fine, lines_of, talk
from tests.bot.terminal import Terminal

REPORT = (
    "# Zanzibar funding note\n\nPublished by Morgan Stanley on 14 January 2026.\n\n"
    "In December 2025 the leverage of the basis trade reached 37 times, says the desk.\n"
)
HELP = {"text": "/help"}
# Lines by what they are answered; those in the second table are of chat 1.
NO_CHAT = [HELP, *(HELP | {"chat": chat} for chat in (None, True, 0, 2**52, " "))]
BAD = {
    "chat_deed": [{}, HELP | {"press": "TY"}, {"tetx": "/help"}],
    "chat_no_string": [{"text": 5}, {"press": ["TY"]}, {"file": "x", "caption": 3}],
    "chat_text": [{"text": " "}, {"text": "x" * 4097}, {"text": "\ud83d"}],
    "chat_now": [{"now": now} for now in ("noon", "2026-11-30T15:00:00", "1066-10-14T09:00:00Z")],
    "chat_file": [{"file": "nowhere.pdf"}, {"file": "\0"}, {"file": "."}],
    "chat_key_none": [{"press": "TY"}],
}


@pytest.mark.parametrize("lang", LANGS)
def test_a_bad_line_names_what_is_allowed_and_the_next_goes_on(tmp_path: Path, lang: Lang):
    lines = [*NO_CHAT, *({"chat": 1} | line for bad in BAD.values() for line in bad)]
    *answers, good = talk(tmp_path, [*lines, {"chat": 1, "text": "/dates TYH7"}], lang)
    codes = [said.answer["error"]["code"] for said in answers]
    expected = {"chat_chat": NO_CHAT, **BAD}
    assert codes == [code for code, bad in expected.items() for _ in bad]
    for said in answers:
        error = said.answer["error"]
        assert error["example"] in error["message"]
        assert set(json.loads(error["example"])) - {"chat"} <= set(EXAMPLES)
    check_fine(good, lang)


def test_what_is_no_json_is_told_with_an_example(terminal: Terminal):
    found = terminal.lines(
        "chat", "--jsonl", stdin='{"chat"\n\n[1]\n{"chat": 1, "text": "/cancel"}\n'
    )
    assert [row.get("error", {}).get("code") for row in found] == ["bad_json", "bad_json", None]
    assert found[0]["error"]["example"] == EXAMPLES["text"]


def test_the_examples_of_lines_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.pdf").write_text(REPORT, encoding="utf-8")
    lines = [{"chat": 1, "text": "/carry"}, *map(json.loads, EXAMPLES.values())]
    for said in talk(tmp_path, lines, "en"):
        assert "now" in said.line or said.messages


def test_a_key_that_is_not_there_is_told_with_those_that_are(tmp_path: Path):
    steps = ("/carry", Key("TYY"), Key("TY"), Key("TYH7"), "/dates TYH7", Key("Copy command"))
    _, wrong, *_, copied = talk(tmp_path, lines_of("a", steps), "en")
    assert wrong.answer["error"]["code"] == "chat_key"
    assert "“TY”" in wrong.answer["error"]["message"]
    assert copied.answer["error"]["code"] == "chat_key_copies"
    assert copied.answer["error"]["message"].endswith("/dates TYH2027")


def test_pressing_goes_on_from_the_message_that_was_pressed(tmp_path: Path):
    """The newest key of a name counts; an answer beside it leaves the form where it stands."""
    steps = ("/carry", Key("TY"), "What is a haircut?", Key("TYH7"))
    opened, month, _, price = talk(tmp_path, lines_of("a", steps), "en")
    assert not opened.messages[0]["edited"]
    assert month.messages[0]["edited"]
    assert "Futures price of TYH7?" in price.words


@pytest.mark.parametrize("lang", LANGS)
def test_the_keys_under_results_are_answered(tmp_path: Path, lang: Lang):
    words = "/carry TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90"
    names = ("desk.button.chart", "desk.button.csv", "button.formula", "desk.button.change")
    keys = [Key(say(lang, name)) for name in names]
    out = tmp_path / "sent"
    said = talk(tmp_path, lines_of(7, (words, *keys)), lang, "--out", str(out))
    for one in said:
        check_fine(one, lang)
    _, chart, table, formula, change = said
    (picture,) = chart.messages
    assert picture["text"] == ""
    assert Path(picture["photo"]).read_bytes().startswith(b"\x89PNG")
    assert picture["caption"]
    (file,) = table.messages
    assert Path(file["file"]).parent == out
    assert "," in Path(file["file"]).read_text(encoding="utf-8")
    assert not formula.messages[0]["edited"]
    assert change.messages[0]["edited"]


def test_forget_and_settings_by_keys(tmp_path: Path):
    steps = ("/settings", Key("中文"), "/forget", Key("是，全部删除"), "/status")
    said = talk(tmp_path, lines_of("a", steps), "en")
    assert "用中文回答" in said[1].words or "语言" in said[1].words
    assert said[3].messages
    assert "Digest" in said[4].words, "what is forgotten is spoken to as Telegram says"


@pytest.mark.parametrize("lang", LANGS)
def test_a_report_is_read_asked_and_kept_to_its_chat(tmp_path: Path, lang: Lang):
    (tmp_path / "note.md").write_text(REPORT, encoding="utf-8")
    asked = ("What does my report say about leverage?", "我的报告如何看待杠杆？")[LANGS.index(lang)]
    lines = [
        {"chat": "a", "file": str(tmp_path / "note.md"), "caption": "Morgan Stanley, 2026-01-14"},
        *lines_of("a", (asked, "/sources")),
        *lines_of("b", ("/sources",)),
    ]
    told, answer, own, others = talk(tmp_path / "data", lines, lang)
    for said in (told, answer, own, others):
        check_fine(said, lang)
    assert "Zanzibar" in told.words
    assert not told.messages[0]["edited"], "that it is being read is over when the line is answered"
    assert "37" in answer.words
    assert "Zanzibar" in own.words
    assert "Zanzibar" not in others.words


def test_the_time_is_that_of_the_chat(tmp_path: Path):
    lines = [
        {"chat": "a", "now": NOW},
        {"chat": "b", "now": "2025-04-14T15:00:00+02:00"},
        *lines_of("a", ("/digest", "/subscribe every Friday at 6pm in New York")),
        *lines_of("b", ("/digest",)),
    ]
    first, second, now, due, then = talk(tmp_path, lines, "en")
    assert (first.messages, second.messages) == ([], [])
    assert "2026-11-24" in now.words
    assert "2026-11-27 18:00" in due.words
    assert "2025-04-14" in then.words


def test_what_a_chat_set_is_there_the_next_time(tmp_path: Path):
    """The store is that of the data folder; a form goes on in a message of its own."""
    steps = ("/settings repo 4.30", "/settings zh", "/carry", Key("TY"), Key("TYH7"))
    talk(tmp_path, lines_of("a", steps), "en")
    price, settings = talk(tmp_path, lines_of("a", ("112-16", "/settings")), "en")
    assert "112-16" in price.words
    assert not price.messages[0]["edited"]
    assert "4.30%" in settings.words
    assert say("zh", "button.privacy") in settings.keys


def test_a_group_is_answered_where_it_asks(tmp_path: Path):
    steps = ("Good morning, all", "/dates TYH7", "/settings zh")
    idle, dates, settings = talk(tmp_path, lines_of(-5, steps), "en")
    assert idle.messages == []
    assert "TYH7" in dates.words
    assert "中文" in settings.words, "who is there runs the group"


def test_named_chats_are_no_chat_of_telegram(tmp_path: Path):
    number, name = talk(tmp_path, [{"chat": c, "text": "/export"} for c in (12, "desk")], "en")
    kept = [json.loads(Path(s.messages[0]["file"]).read_text("utf-8")) for s in (number, name)]
    assert json.dumps(kept[0]).count("12")
    assert [n for n in _numbers(kept[1]) if n >= NAMED]


def _numbers(value: object) -> list[int]:
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return [n for item in inside for n in _numbers(item)]
    return [value] if isinstance(value, int) else []


# The terminal


def test_a_form_is_filled_in_by_numbered_keys(terminal: Terminal):
    typed = ["/carry", "4", "2", "112-16", "#2", "11", "2034-11-15", "4.25", "100-30", "3.9"]
    assert terminal.run("chat", stdin="\n".join(typed)) == 0
    assert "[1] TU  [2] 3Y  [3] FV  [4] TY" in terminal.out
    assert "[#1] Delete" in terminal.out, "where numbers are typed in a number is no key"
    end = terminal.out.rstrip().rpartition("/carry, step by step")[2]
    assert "Carry " in end
    assert "[1] Chart  [2] CSV  [3] Formula" in end
    assert terminal.err == ""


def test_a_keypad_s_other_keys_are_pressed_with_a_sign(terminal: Terminal):
    assert terminal.run("chat", "--lang", "zh", stdin="/carry\n4\n2\n#2\n") == 0
    assert terminal.out.count("哪个合约？") == 2, "back it went"


def test_a_figure_on_a_key_is_that_figure(terminal: Terminal):
    """Where 4 stands on the third key, `4` is no number of a key."""
    typed = ["/spiral", "#4", "#1", "#1", "#3", "#3"]
    assert terminal.run("chat", stdin="\n".join([*typed, "4"])) == 0
    end = terminal.out.rpartition("step by step")[2]
    assert "[#3] 4" in end
    assert "basis −4.0/32" in end


def test_a_file_is_sent_by_its_path(terminal: Terminal, tmp_path: Path):
    (tmp_path / "my note.md").write_text(REPORT, encoding="utf-8")
    assert terminal.run("chat", stdin='@nowhere.md\n\n@"my note.md" Zanzibar\n') == 0
    assert "nowhere.md cannot be read: No such file" in terminal.err
    assert terminal.err.rstrip().endswith("@report.pdf")
    assert "Zanzibar" in terminal.out


def test_a_chart_is_written_and_its_path_told(terminal: Terminal, tmp_path: Path):
    assert terminal.run("chat", "--out", "sent", stdin="/chart\n") == 0
    assert "Written: " in terminal.out
    assert sorted(path.suffix for path in (tmp_path / "sent").iterdir()) == [".csv", ".png"]


def test_recorded_files_that_are_none_are_told(terminal: Terminal, tmp_path: Path):
    error = terminal.json("chat", "--jsonl", "--data", str(tmp_path), code=1)["error"]
    assert error["code"] == "recorded_nothing"


@pytest.mark.slow
def test_the_command_itself_talks_beside_another(tmp_path: Path):
    """Two processes over one store, as beside a running bot, each with its own Telegram."""
    env = {**os.environ, "BASISBOT_DATA_DIR": str(tmp_path), "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-m", "bot", "chat", "--jsonl"]
    both = [
        subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1, text=True, env=env)
        for _ in range(2)
    ]
    for child, lang in zip(both, LANGS, strict=True):
        typed = "".join(
            json.dumps(line) + "\n" for line in lines_of(lang, (f"/settings {lang}", "/dates TYH7"))
        )
        out, err = child.communicate(typed, timeout=60)
        assert (child.returncode, err) == (0, "")
        line, answer = {}, json.loads(out.splitlines()[-1])
        check_fine(Said(line, answer), lang)
