"""The command line contract: what goes in, what comes out, with which exit code."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.console import run

FULL = "/basis TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2% settle 2026-11-25"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BASISBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LANG", "C")
    for name in ("LC_ALL", "LC_MESSAGES", "TELEGRAM_BOT_TOKEN"):
        monkeypatch.delenv(name, raising=False)


class Terminal:
    """Runs commands and keeps what they wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capsys, self._patch = capsys, patch
        self.out = self.err = ""

    def run(self, *words: str, stdin: str = "") -> int:
        self._patch.setattr(sys, "stdin", io.StringIO(stdin))
        try:
            code = run(list(words))
        except SystemExit as stop:
            code = int(stop.code or 0)
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *words: str, code: int = 0) -> Any:
        assert self.run(*words) == code, self.err
        return json.loads(self.out)

    def lines(self, *words: str, stdin: str) -> list[Any]:
        assert self.run(*words, stdin=stdin) == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(capsys, monkeypatch)


def test_calc_answers_what_the_chat_command_answers(terminal: Terminal):
    assert terminal.run("calc", FULL) == 0
    assert terminal.out.startswith("Net basis 2.56/32 ($799 per $1mm)\n")
    assert terminal.err == ""


@pytest.mark.parametrize("form", [FULL, FULL.replace("/basis", "/basis@any_bot"), FULL[1:]])
def test_calc_json_has_the_keys_of_the_contract(terminal: Terminal, form: str):
    found = terminal.json("calc", form, "--json")
    assert found["command"] == "basis"
    assert found["inputs"] == {
        "contract": "TYH7",
        "delivery_month": "2027-03",
        "futures_price": 112.515625,
        "clean_price": 100.9375,
        "coupon_pct": 4.25,
        "maturity": "2034-11-15",
        "cusip": None,
        "repo_pct": 3.9,
        "haircut_pct": 2.0,
        "margin_usd": None,
        "face_usd": 1_000_000.0,
        "settlement": "2026-11-25",
        "delivery": "2027-03-31",
    }
    assert set(found["defaulted"]) == {"delivery", "margin_usd", "face_usd"}
    assert found["result"]["net_basis"] * 32 == pytest.approx(2.556, abs=0.001)
    assert found["result"]["implied_repo_pct"] == pytest.approx(3.674, abs=0.001)
    assert found["notes"]


@pytest.mark.parametrize(
    ("words", "code", "culprit"),
    [
        (FULL.replace("112-16+", "112-325"), "price_32nds", "112-325"),
        ("/basis", "args_bare", "/basis"),
        ("/ask TYH7", "args_wrong_command", "/ask"),
        ("/ctd TYH7 112-16+", "basket_missing", "TYH7"),
        ("", "args_bare", "/basis"),
        (FULL.replace("2026-11-25", "2027-04-05"), "settlement_after_delivery", "2027-04-05"),
    ],
)
def test_an_error_is_an_object_on_stdout_with_json(
    terminal: Terminal, words: str, code: str, culprit: str
):
    error = terminal.json("calc", words, "--json", code=1)["error"]
    assert (error["code"], error["culprit"]) == (code, culprit)
    assert error["message"]
    assert "TY" in error["example"]


def test_an_error_is_a_sentence_on_stderr_without(terminal: Terminal):
    assert terminal.run("calc", "/basis TYH7 112-325 4.25 11/34 100-30") == 1
    assert terminal.out == ""
    assert terminal.err.startswith("error: “112-325”")
    assert "this works: /basis TYH7 112-16 4.25 11/34 100-30" in terminal.err
    assert "Traceback" not in terminal.err


def test_a_chinese_command_gets_a_chinese_answer(terminal: Terminal):
    assert terminal.run("calc", "/basis TYH7 112-16+ 4.25 2034年11月 100-30 回购3.9 折扣率2%") == 0
    assert terminal.out.startswith("净基差")


def test_calc_jsonl_goes_on_after_a_bad_line(terminal: Terminal):
    rows = [
        '{"id":"a","kind":"quote_parse","inputs":{"text":"179-20"}}',
        "nonsense",
        "[1]",
        '{"id":"b","kind":"no_such_kind","inputs":{}}',
        "",
        '{"id":"c","kind":"quote_parse","inputs":{"text":"112-325"}}',
        '{"id":"d","kind":"leverage","inputs":{"repo_borrowing_usd_bn":553,"capital_usd_bn":9.9}}',
        '{"id":"e","kind":"quote_parse"}',
        '{"id":"f","kind":["x"],"inputs":"y"}',
    ]
    found = terminal.lines("calc", "--jsonl", stdin="\n".join(rows))
    assert [row["id"] for row in found] == ["a", None, None, "b", "c", "d", "e", "f"]
    assert found[0]["result"]["price"] == 179.625
    assert found[5]["result"]["leverage"] == pytest.approx(55.86, abs=0.01)
    bad = [row["error"]["code"] for row in found if "error" in row]
    assert bad[:4] == ["bad_json", "bad_json", "kind_unknown", "price_32nds"]


def test_the_reference_cases_hold_through_the_command_line(terminal: Terminal, reference_dir: Path):
    cases = json.loads((reference_dir / "basis_cases.json").read_text(encoding="utf-8"))
    kinds = {"basis_row", "conversion_factor", "quote_parse", "last_delivery_date"}
    cases = [case for case in cases if case["kind"] in kinds]
    lines = "\n".join(json.dumps({k: case[k] for k in ("id", "kind", "inputs")}) for case in cases)
    found = {row["id"]: row for row in terminal.lines("calc", "--jsonl", stdin=lines)}
    for case in cases:
        for key, wanted in case["expected"].items():
            got = found[case["id"]]["result"][key]
            slack = case["tolerance"]
            slack = slack.get(key, slack.get("default", 0)) if isinstance(slack, dict) else slack
            same = got == wanted if isinstance(wanted, str) else abs(got - wanted) <= slack + 1e-12
            assert same, (case["id"], key, got, wanted)


def test_ask_answers_with_citations(terminal: Terminal):
    assert terminal.run("ask", "How big is the basis trade?") == 0
    assert "[1]" in terminal.out
    assert "https://" in terminal.out
    found = terminal.json("ask", "基差交易有多大?", "--json")
    assert found["lang"] == "zh"
    assert not found["refused"]
    assert {"n", "source", "publisher", "url", "as_of", "claim", "doc", "page", "quote"} <= set(
        found["citations"][0]
    )


def test_ask_jsonl_takes_history(terminal: Terminal):
    rows = [
        {"id": 1, "question": "What will the weather be?"},
        {"id": 2, "question": "And in March 2020?", "history": ["How much did the Fed buy?"]},
        {"id": 3},
    ]
    found = terminal.lines("ask", "--jsonl", stdin="\n".join(map(json.dumps, rows)))
    assert found[0]["refused"]
    assert found[0]["ms"] >= 0
    assert found[1]["answer"]
    assert found[2]["error"]["code"] == "input_missing"


def test_ask_without_a_question_fails_clearly(terminal: Terminal):
    assert terminal.run("ask") == 1
    assert terminal.err.startswith("error: a question is needed")


def test_the_digest_as_text_json_and_charts(terminal: Terminal, tmp_path: Path):
    out = tmp_path / "charts"
    assert terminal.run("digest", "--date", "2026-07-17", "--out", str(out)) == 0
    assert "Weekly risk digest, 2026-07-17" in terminal.out
    assert [path.suffix for path in out.iterdir()] == [".png"]
    found = terminal.json("digest", "--date", "2026-07-17", "--lang", "zh", "--json")
    assert found["date"] == "2026-07-17"


def test_the_digest_and_the_backtest_of_recorded_weeks(terminal: Terminal, reference_dir: Path):
    data = str(reference_dir / "market")
    found = terminal.json("digest", "--date", "2025-04-11", "--data", data, "--json")
    assert found["score"]["score"] == pytest.approx(65, abs=1)
    weeks = terminal.json("backtest", "--data", data, "--json")["weeks"]
    assert len(weeks) == 399
    assert sum(week["score"] is not None for week in weeks) == 333


def test_a_data_folder_that_is_not_there_is_named(terminal: Terminal):
    error = terminal.json("digest", "--data", "/no/such", "--json", code=1)["error"]
    assert "/no/such" in error["message"]


def test_sources_as_text_and_json(terminal: Terminal):
    assert terminal.run("sources") == 0
    assert "Federal Reserve" in terminal.out
    found = terminal.json("sources", "--json")["sources"]
    assert {"publisher", "title", "date", "url", "licence", "statuses"} <= set(found[0])


def test_eval_questions_scores_a_file(terminal: Terminal, tmp_path: Path):
    file = tmp_path / "questions.json"
    row = {
        "id": "Q1",
        "lang": "en",
        "class": "unanswerable",
        "question": "What will the weather be?",
        "gold_answer": "",
    }
    file.write_text(json.dumps([row]), encoding="utf-8")
    assert terminal.json("eval", "questions", str(file), "--json")["questions"] == 1
    missing = terminal.json("eval", "questions", "nowhere.json", "--json", code=1)["error"]
    assert missing["culprit"] == "nowhere.json"


def test_operations_on_an_empty_store(terminal: Terminal):
    assert terminal.run("migrate") == 0
    assert "basisbot.db" in terminal.out
    assert terminal.json("export", "42")["chat_id"] == 42
    assert terminal.run("forget", "42") == 0
    assert "0 records" in terminal.out
    assert terminal.run("healthcheck") == 1
    assert "not alive" in terminal.err


def test_the_doctor_finds_nothing_broken_without_a_network(terminal: Terminal):
    findings = terminal.json("doctor", "--json")["findings"]
    assert {"python", "corpus", "no_token", "no_model"} <= {f["code"] for f in findings}
    assert "fail" not in {f["level"] for f in findings}


def test_the_doctor_exits_1_on_trouble(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "file").write_text("", encoding="ascii")
    monkeypatch.setenv("BASISBOT_DATA_DIR", str(tmp_path / "file" / "data"))
    assert terminal.run("doctor") == 1
    assert "FAIL" in terminal.out


class Typing(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "code"), [("yes\n", 0), ("是\n", 0), ("no\n", 1), ("", 1)])
def test_a_person_is_asked_before_a_chat_is_forgotten(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
):
    assert terminal.run("migrate") == 0
    monkeypatch.setattr(sys, "stdin", Typing(typed))
    assert run(["forget", "42"]) == code
    monkeypatch.setattr(sys, "stdin", Typing(""))
    assert run(["forget", "42", "--yes"]) == 0


def test_a_question_is_needed_and_the_example_works(terminal: Terminal):
    error = terminal.json("ask", "--json", code=1)["error"]
    assert error["code"] == "no_text"
    command, question = error["example"].split(" ", 2)[1:]
    assert terminal.run(command, question.strip('"')) == 0
    assert "[1]" in terminal.out


def test_a_row_with_a_quoted_price_is_told_that_decimals_are_wanted(terminal: Terminal):
    inputs = {
        "contract": "TYH7",
        "futures_price": "112-16+",
        "clean_price": 100.9375,
        "coupon_pct": 4.25,
        "maturity": "2034-11-15",
        "settlement": "2026-11-25",
        "delivery": "2027-03-31",
    }
    row = json.dumps({"id": 1, "kind": "basis_row", "inputs": inputs})
    (answer,) = terminal.lines("calc", "--jsonl", stdin=row)
    assert "decimal" in answer["error"]["message"]
    example = float(answer["error"]["message"].rstrip(".").rsplit(" ", 1)[1])
    row = json.dumps({"id": 1, "kind": "basis_row", "inputs": inputs | {"futures_price": example}})
    (answer,) = terminal.lines("calc", "--jsonl", stdin=row)
    assert "result" in answer


def test_an_error_quotes_what_was_typed(terminal: Terminal):
    words = "/basis TYH7 112-16+ 4.25% 11/15/44 100-30"
    error = terminal.json("calc", words, "--json", code=1)["error"]
    assert error["culprit"] == "11/15/44"
    assert "maturing 11/15/44 " in error["message"]


def test_what_is_lacking_is_said_in_words(terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("knowledge.embedding.find_spec", lambda _: None)
    monkeypatch.setenv("BASISBOT_MODEL", "ollama:any")
    assert terminal.run("doctor") == 0
    assert "Linux with x86-64" in terminal.out
    assert "langchain-ollama is not installed" in terminal.out
    assert terminal.run("ask", "How many hedge funds run the basis trade?") == 0
    assert "Linux with x86-64" in terminal.err


def test_a_setting_that_cannot_be_used_is_named(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("BASISBOT_SANDBOX_PORT", "http")
    assert terminal.run("doctor") == 1
    assert "BASISBOT_SANDBOX_PORT" in terminal.err


@pytest.mark.parametrize("words", [[], ["bogus"], ["digest", "--date", "someday"], ["export", "x"]])
def test_wrong_usage_exits_2(terminal: Terminal, words: list[str]):
    assert terminal.run(*words) == 2


def test_help_names_only_what_works(terminal: Terminal):
    assert terminal.run("--help") == 0
    assert "webhook" not in terminal.out


@pytest.mark.slow
def test_the_command_is_installed_and_quick_to_start():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "COMMAND" in done.stdout
    for heavy in ("pandas", "chromadb", "langchain_core", "matplotlib", "telegram", "sqlalchemy"):
        assert f" {heavy}\n" not in done.stderr


def test_a_backup_is_written_and_restored_by_two_commands(terminal: Terminal, tmp_path: Path):
    assert terminal.run("migrate") == 0
    assert terminal.run("backup", "kept.db") == 0
    assert terminal.out.startswith("Backup kept.db: 0 rows")
    assert terminal.run("backup", "kept.db") == 1
    assert "exists already" in terminal.err
    assert terminal.run("restore", "kept.db") == 0
    assert "Restored kept.db to sqlite:///" in terminal.out
    assert (tmp_path / "data" / "basisbot.db.before-restore").exists()
    assert terminal.run("restore", "none.db") == 1
    assert "no file none.db" in terminal.err
