"""The desk's commands in the terminal: text, JSON, CSV in and out, rows that stream."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from bot.desk.basket import read_table
from tests.bot.desk.asking import BONDS, KNOWN, TRADE
from tests.bot.terminal import Terminal, _home, terminal
from tests.tools.test_batch import EXAMPLES
from tools.contracts import ContractMonth

__all__ = ["_home", "terminal"]  # fixtures

SETTLED = f"{TRADE} settle 2026-11-25"
HEAD = "/ctd TYH7 112-16+ repo 3.90 settle 2026-11-25"
COMMANDS = {
    "carry": (SETTLED, "Carry 3.20/32", "carry"),
    "pnl": (f"{SETTLED} to 2026-12-24 112-20 101-02", "P&L $", "total_usd"),
    "leverage": (SETTLED, "Leverage 24.2x", "leverage"),
    "stress": (f"{SETTLED} mar2020", "March 2020", "days"),
    "spiral": (
        "size 1tn 5y 100% haircut 1% margin 2% shock margin x1.5 basis -4", "$", "runs",
    ),
    "dates": ("TYH7", "TYH7 (2027-03)", "last_delivery"),
    "ctd": ("TYH7 112-16+ repo 3.9 settle 2026-11-25 4.25% 11/15/34 100-30", "TYH7: 4.25 11/34",
            "ctd_maturity"),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_answers_as_text_as_json_and_as_csv(terminal: Terminal, command: str) -> None:
    words, first, key = COMMANDS[command]
    assert terminal.run("calc", f"/{command} {words}") == 0
    assert terminal.out.startswith(first)
    assert "<" not in terminal.out
    found = terminal.json("calc", f"/{command} {words}", "--json")
    assert set(found) == {"command", "inputs", "defaulted", "result", "notes"}
    assert found["command"] == command
    assert found["result"][key]
    assert terminal.run("calc", f"/{command} {words}", "--csv") == 0
    rows = list(csv.reader(io.StringIO(terminal.out)))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) > 1


def test_basis_as_csv_is_one_row(terminal: Terminal) -> None:
    assert terminal.run("calc", f"/basis {SETTLED.replace(' buffer 500k', '')}", "--csv") == 0
    [row] = csv.DictReader(io.StringIO(terminal.out))
    assert float(row["net_basis"]) == pytest.approx(0.079875, abs=1e-6)


def test_the_json_names_what_was_defaulted_and_speaks_its_notes(terminal: Terminal) -> None:
    found = terminal.json("calc", "/carry TYH7 112-16+ 4.25% 11/34 100-30 repo 3.9", "--json")
    assert {"settlement", "delivery", "maturity", "face_usd"} <= set(found["defaulted"])
    assert found["inputs"]["repo_pct"] == 3.9
    spiral = terminal.json("calc", f"/spiral {COMMANDS['spiral'][0]}", "--json")
    assert spiral["notes"] == ["The price impact is an assumption: no published value is known."]


def test_a_basket_comes_from_a_file_or_from_stdin_and_goes_out_as_csv(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "basket.csv"
    file.write_text("coupon,maturity,price\n4.25,2034-11-15,100-30\n4,2034-05-15,100-03\n")
    by_file = terminal.json("calc", HEAD, "--basket", str(file), "--json")["result"]
    assert terminal.run("calc", HEAD, "--basket", "-", "--json", stdin="\n".join(BONDS[:2])) == 0
    assert json.loads(terminal.out)["result"] == by_file
    assert terminal.run("calc", HEAD, "--basket", str(file), "--csv") == 0
    [first, second] = read_table(terminal.out, KNOWN.market.bond, ContractMonth("TY", 2027, 3))
    assert first.bond.coupon_pct == 4.25
    assert second.bond.clean_price == pytest.approx(100 + 3 / 32)


def test_a_basket_that_cannot_be_read_is_an_error(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.run("calc", HEAD, "--basket", str(tmp_path / "none.csv")) == 1
    assert "none.csv" in terminal.err
    file = tmp_path / "bad.csv"
    file.write_text("coupon,maturity,price\n4.25,2034-11-15,abc\n")
    error = terminal.json("calc", HEAD, "--basket", str(file), "--json", code=1)["error"]
    assert (error["code"], error["culprit"]) == ("args_bad_bond", "abc")


def test_an_error_offers_words_that_work_in_the_reader_s_language(terminal: Terminal) -> None:
    assert terminal.run("calc", "--lang", "zh", "/stress banana") == 1
    assert "“banana”" in terminal.err
    assert "basisbot calc" in terminal.err
    error = terminal.json("calc", "/pnl", "--json", code=1)["error"]
    assert error["code"] == "bare_pnl"
    assert terminal.run("calc", *error["example"].split('"')[1:2]) == 0


ROWS = 10_000


@pytest.mark.slow
def test_ten_thousand_rows_stream_in_constant_memory() -> None:
    """The memory after a tenth of the rows is the memory after all of them."""
    kinds = ("basis_row", "conversion_factor", "quote_parse", "last_delivery_date", "leverage")
    lines = [
        json.dumps({"id": n, "kind": kind, "inputs": EXAMPLES[kind]}) + "\n"
        for n in range(ROWS)
        for kind in [kinds[n % len(kinds)]]
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "calc", "--jsonl"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        feeder = threading.Thread(target=_feed, args=(process.stdin, lines))
        feeder.start()
        watched = psutil.Process(process.pid)
        seen: list[int] = []
        for number in range(ROWS):
            answer = json.loads(process.stdout.readline())
            assert answer["id"] == number
            assert "result" in answer
            if number % (ROWS // 10) == ROWS // 10 - 1:
                seen.append(watched.memory_info().rss)
        feeder.join()
    assert process.returncode == 0
    assert max(seen) - seen[0] < 4 * 2**20


def _feed(stdin: io.TextIOBase, lines: list[str]) -> None:
    stdin.writelines(lines)
    stdin.close()
