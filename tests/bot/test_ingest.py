"""Reports by the terminal: files and folders in, each with its outcome, twice no differently."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ingest import files_in
from knowledge.errors import KnowledgeError
from tests.bot.terminal import Terminal
from tests.knowledge.parsing import files

NOTE = "# Zanzibar note\n\nIn December 2025 leverage of the basis trade reached 37 times.\n"


@pytest.fixture
def terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    monkeypatch.setenv("BASISBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LANG", "C")
    return Terminal(capsys, monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "reports"
    (made / "deep").mkdir(parents=True)
    (made / "deep" / "note.md").write_text(NOTE, encoding="utf-8")
    (made / "funds.docx").write_bytes(files.docx(["Mutual funds prefer futures, says the desk."]))
    (made / "scan.pdf").write_bytes(files.scanned_pdf())
    (made / ".hidden.md").write_text(NOTE, encoding="utf-8")
    return made


def test_files_are_found_in_folders_in_order_and_hidden_ones_are_not(folder: Path):
    names = [p.name for p in files_in([folder])]
    assert names == ["note.md", "funds.docx", "scan.pdf"]
    with pytest.raises(KnowledgeError, match="no_path"):
        list(files_in([folder / "nothing"]))


def test_a_folder_twice_changes_nothing(terminal: Terminal, folder: Path):
    assert terminal.run("ingest", str(folder)) == 1
    assert "2 added, 0 unchanged, 1 refused" in terminal.out
    assert "a scan" in terminal.err
    before = terminal.json("sources", "--json")["reports"]
    again = terminal.json("ingest", str(folder), "--json", code=1)["files"]
    assert [f["outcome"] for f in again] == ["same", "same", "refused"]
    assert again[2]["error"]["code"] == "report_scanned"
    assert terminal.json("sources", "--json")["reports"] == before
    assert {r["title"] for r in before} == {"Zanzibar note", "funds"}


def test_everybody_may_ask_what_is_shared_and_nobody_else_what_is_private(
    terminal: Terminal, folder: Path
):
    question = "What does this report say about leverage?"
    assert terminal.run("ingest", str(folder / "deep"), "--private", "501") == 0
    assert terminal.json("sources", "--json")["reports"] == []
    assert "37 times" not in terminal.json("ask", question, "--json")["answer"]
    assert "37 times" in terminal.json("export", "501")["report_passages"][0]["text"]
    assert terminal.run("ingest", str(folder / "deep")) == 0
    answer = terminal.json("ask", question, "--json")
    assert "37 times" in answer["answer"]
    assert answer["citations"][0]["title"] == "Zanzibar note"


def test_a_path_that_is_not_there_is_named(terminal: Terminal, folder: Path):
    assert terminal.run("ingest", str(folder / "nothing")) == 1
    assert f"no file or folder {folder / 'nothing'}" in terminal.err
