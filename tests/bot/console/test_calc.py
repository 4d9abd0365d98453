"""`basisbot calc`: what the chat answers, as text, JSON and rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bot.terminal import Terminal

FULL = "/basis TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2% settle 2026-11-25"


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
    assert 'for example: basisbot calc "/basis TYZ6 112-16+' in terminal.err
    assert terminal.run("calc", "/basis TYH7 112-16 4.25 11/34 100-30 rpo 3.90") == 1
    works = 'basisbot calc "/basis TYH7 112-16 4.25 11/34 100-30 repo 3.90"'
    assert f"this works: {works}\n" in terminal.err
    assert "Traceback" not in terminal.err


def test_a_chinese_command_gets_a_chinese_answer(terminal: Terminal):
    assert terminal.run("calc", "/basis TYH7 112-16+ 4.25 2034年11月 100-30 回购3.9 折扣率2%") == 0
    assert terminal.out.startswith("净基差")


def test_an_error_quotes_what_was_typed(terminal: Terminal):
    words = "/basis TYH7 112-16+ 4.25% 11/15/44 100-30"
    error = terminal.json("calc", words, "--json", code=1)["error"]
    assert error["culprit"] == "11/15/44"
    assert "maturing 11/15/44 " in error["message"]


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
