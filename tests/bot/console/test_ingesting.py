"""Reports by the terminal: files and folders in, each with its outcome, twice no differently."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.console.library import files_in
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
    names = [name for _, name in files_in([folder])]
    assert names == ["deep - note.md", "funds.docx", "scan.pdf"]
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


def test_two_files_of_one_name_in_two_folders_are_two_reports(terminal: Terminal, tmp_path: Path):
    for quarter, times in (("q1", "37"), ("q2", "41")):
        (tmp_path / "notes" / quarter).mkdir(parents=True)
        text = NOTE.replace("37", times).replace("Zanzibar", quarter)
        (tmp_path / "notes" / quarter / "note.md").write_text(text, encoding="utf-8")
    assert terminal.run("ingest", str(tmp_path / "notes")) == 0
    assert "2 added" in terminal.out
    assert {r["title"] for r in terminal.json("sources", "--json")["reports"]} == {
        "q1 note",
        "q2 note",
    }


def test_a_changed_file_replaces_and_one_nearly_the_same_is_told(
    terminal: Terminal, tmp_path: Path
):
    lines = [f"In week {n} the funds borrowed {n * 7919} dollars a note." for n in range(99)]
    (tmp_path / "a.md").write_text(" ".join(lines), encoding="utf-8")
    assert terminal.run("ingest", str(tmp_path / "a.md")) == 0
    (tmp_path / "a.md").write_text(" ".join(lines[1:]), encoding="utf-8")
    (tmp_path / "b.md").write_text(" ".join(lines[1:]) + "!", encoding="utf-8")
    assert terminal.run("ingest", str(tmp_path / "a.md"), str(tmp_path / "b.md")) == 0
    assert "it replaces the earlier file of that name, number 1" in terminal.err
    assert "nearly the same as number 1 (a.md)" in terminal.err
    assert len(terminal.json("sources", "--json")["reports"]) == 2


def test_a_file_that_cannot_be_opened_stops_no_other(
    terminal: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "funds.docx":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert terminal.run("ingest", str(folder)) == 1
    assert "funds.docx: The file cannot be opened: Permission denied." in terminal.err
    assert "1 added, 0 unchanged, 2 refused" in terminal.out


UNREAD = {"en": "3 of its pages hold pictures", "zh": "其中 3 页是没有文字的图片"}


@pytest.mark.parametrize("lang", UNREAD)
def test_pages_that_nobody_could_read_are_told(terminal: Terminal, tmp_path: Path, lang: str):
    path = tmp_path / "partscan.pdf"
    path.write_bytes(files.partly_scanned_pdf())
    assert terminal.run("ingest", str(path), "--lang", lang) == 0
    assert UNREAD[lang] in terminal.out + terminal.err


def test_pages_that_nobody_could_read_are_told_in_json_and_beside_answers(
    terminal: Terminal, tmp_path: Path
):
    path = tmp_path / "partscan.pdf"
    path.write_bytes(files.partly_scanned_pdf())
    (row,) = terminal.json("ingest", str(path), "--json")["files"]
    assert row["pages_without_text"] == 3
    asked = ("What does this report say about leverage?", "What does this report say about ducks?")
    for question in asked:
        answer = terminal.json("ask", question, "--json")
        assert any("3 of the 4 pages" in note for note in answer["notes"])
    told = terminal.json("ask", "这份报告怎么说杠杆？", "--json")
    assert any("共 4 页，其中 3 页" in note for note in told["notes"])
