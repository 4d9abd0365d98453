"""The pages a reader opens first: their examples run, their links lead somewhere, both agree.

A ```console block holds `$ basisbot ...` with the output beneath it (`...` stands for anything);
the ```pycon blocks of a page are one doctest.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from bot.console import run
from bot.i18n import LANGS, Lang, say, sentences
from bot.render.chat import COMMANDS
from bot.settings import NAMES, Settings

ROOT = Path(__file__).parent.parent
READMES: dict[Lang, Path] = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
METHODS = ROOT / "docs" / "methods"
PAGES = sorted([*READMES.values(), *(ROOT / "docs").rglob("*.md")])

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_VARIABLE = re.compile(r"\b(?:BASISBOT|TELEGRAM|FRED)_[A-Z_]+[A-Z]\b")
_COMMAND_ROW = re.compile(r"^\| `/(\w+)", re.MULTILINE)
_CLI_ROW = re.compile(r"^\| `basisbot (\w+)", re.MULTILINE)
_MACHINE_PATH = re.compile(
    r"(?<![\w./~:-])/(?:home|root|Users|work|tmp|opt|usr|var|mnt|srv)\b|\b[A-Z]:\\"
)


@dataclass(frozen=True)
class Example:
    """A command as a reader types it, what goes in, what comes out, and the page's language."""

    page: Path
    command: str
    output: str

    @property
    def lang(self) -> Lang:
        return "zh" if ".zh" in self.page.name else "en"

    def __str__(self) -> str:
        return f"{self.page.name}: {self.command[:60]}"


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, kind: str) -> list[str]:
    return [body for name, body in _BLOCK.findall(read(page)) if name == kind]


def console_examples() -> list[Example]:
    found = []
    for page in PAGES:
        for block in blocks(page, "console"):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                found.append(Example(page, command, output))
    return found


def doctests() -> list[tuple[Path, str]]:
    """Return each page's examples as one: the later go on from the earlier."""
    return [(page, "\n".join(parts)) for page in PAGES if (parts := blocks(page, "pycon"))]


def output_of(command: str) -> str:
    """Run `basisbot ...`, or `echo '...' | basisbot ...`, in this process."""
    first, _, second = command.rpartition(" | ")
    words = shlex.split(second)
    assert words[0] == "basisbot", "examples are of basisbot alone"
    told = io.StringIO()
    typed = f"{shlex.split(first)[1]}\n" if first else ""
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(told),
        contextlib.redirect_stderr(told),
    ):
        patch.setattr("sys.stdin", io.StringIO(typed))
        run(words[1:])
    return told.getvalue()


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set, nothing was ever fetched, no `.env` lies about."""
    for name in os.environ:
        if _VARIABLE.fullmatch(name):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BASISBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("example", console_examples(), ids=str)
def test_a_console_example_prints_what_its_page_shows(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8" if example.lang == "zh" else "C.UTF-8")
    got = output_of(example.command)
    same = doctest.OutputChecker().check_output(example.output, got, doctest.ELLIPSIS)
    assert same, f"{example.page.name} shows\n{example.output}\nbut it prints\n{got}"


@pytest.mark.parametrize(
    ("page", "body"), [pytest.param(page, body, id=page.name) for page, body in doctests()]
)
def test_a_python_example_gives_what_its_page_shows(page: Path, body: str) -> None:
    test = doctest.DocTestParser().get_doctest(body, {}, page.name, str(page), 0)
    told = io.StringIO()
    result = doctest.DocTestRunner().run(test, out=told.write)
    assert result.attempted
    assert not result.failed, told.getvalue()


def slug(heading: str) -> str:
    """Return a heading's anchor as the forge makes it."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def test_anchors_are_made_as_the_forge_makes_them() -> None:
    assert slug("The `/basis` command, in words") == "the-basis-command-in-words"
    assert slug("许可证与来源") == "许可证与来源"


def links(page: Path) -> list[str]:
    text = _BLOCK.sub("", read(page))
    return [link for link in _LINK.findall(text) if not link.startswith(("http://", "https://"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_internal_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if target.suffix == ".png" and not target.parent.exists():
            continue  # screenshots, checked below
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in {slug(h) for h in _HEADING.findall(read(target))}, link


def test_screenshots_are_where_the_readmes_look_for_them() -> None:
    wanted = {ROOT / link for page in READMES.values() for link in links(page) if ".png" in link}
    assert wanted
    if not (ROOT / "docs" / "images").exists():
        pytest.skip("docs/images is not there: no screenshots were taken yet")
    assert not [path for path in wanted if not path.exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_path_of_one_machine(page: Path) -> None:
    text = read(page).replace("--tmpfs /tmp", "")  # a path in the container
    assert not _MACHINE_PATH.findall(text)


def test_every_page_of_the_docs_can_be_reached_from_a_readme() -> None:
    seen: set[Path] = set()
    waiting = [*READMES.values()]
    while waiting:
        page = waiting.pop().resolve()
        if page in seen:
            continue
        seen.add(page)
        waiting += [page.parent / link.split("#")[0] for link in links(page) if ".md" in link]
    assert not [str(page) for page in PAGES if page not in seen]


def sections(page: Path) -> int:
    return len(re.findall(r"^## ", read(page), re.MULTILINE))


def test_both_readmes_have_the_same_sections_and_links() -> None:
    english, chinese = READMES.values()
    assert sections(english) == sections(chinese)
    assert len(_LINK.findall(read(english))) == len(_LINK.findall(read(chinese)))


@pytest.mark.parametrize("lang", LANGS)
def test_a_readme_lists_the_commands_of_the_menu(lang: Lang) -> None:
    listed = _COMMAND_ROW.findall(read(READMES[lang]))
    assert len(listed) == len(set(listed))
    menu = {key.removeprefix("command.") for key in sentences(lang) if key.startswith("command.")}
    assert set(listed) == menu


@pytest.mark.parametrize("lang", LANGS)
def test_a_readme_lists_the_commands_of_the_terminal(lang: Lang) -> None:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), pytest.raises(SystemExit):
        run(["--help"])
    known = set(re.findall(r"^    (\w+)", told.getvalue(), re.MULTILINE))
    assert set(_CLI_ROW.findall(read(READMES[lang]))) == known


def variables_of_the_code() -> set[str]:
    values = {value.name for value in fields(Settings)} - {"provider_keys", "unknown"}
    return {NAMES.get(value, f"BASISBOT_{value.upper()}") for value in values} | {
        "TELEGRAM_BOT_TOKEN_FILE"
    }


def test_both_readmes_name_every_variable_of_the_environment() -> None:
    english, chinese = (set(_VARIABLE.findall(read(page))) for page in READMES.values())
    assert english == chinese
    assert variables_of_the_code() <= english


def test_every_setting_is_used() -> None:
    """A variable that the README explains does something."""
    code = "\n".join(read(path) for path in (ROOT / "bot").rglob("*.py"))
    code = re.sub(r"^ *secrets = .*$", "", code, flags=re.MULTILINE)  # hidden in logs, no more
    names = {field.name for field in fields(Settings)} - {"reference_dir"}  # the tests' own
    used = set(re.findall(r"(?:settings|self|given)\.([a-z_]+)\b", code))
    assert names <= used


def test_no_page_names_a_variable_that_is_not_read() -> None:
    known = variables_of_the_code()
    known |= {f"{name}_FILE" for name in known}  # secrets are read from files too
    named = {name for page in PAGES for name in _VARIABLE.findall(read(page))}
    assert not named - known


def dated_rows(page: Path) -> list[list[str]]:
    """Return the figures of each row, in a page's tables, that begins with a date."""
    rows = re.findall(r"^\| \d{4}-.*$", read(page), re.MULTILINE)
    return [re.findall(r"\d+(?:[.,]\d+)*", row) for row in rows]


@pytest.mark.parametrize("page", sorted(METHODS.glob("*.md")), ids=lambda page: page.name)
def test_a_method_is_explained_in_both_languages_with_the_same_examples(page: Path) -> None:
    english = page.with_name(page.name.replace(".zh.md", ".md"))
    chinese = page.with_name(english.name.replace(".md", ".zh.md"))
    assert english.exists()
    assert chinese.exists()
    assert blocks(english, "pycon") == blocks(chinese, "pycon")
    assert len(blocks(english, "console")) == len(blocks(chinese, "console"))
    assert dated_rows(english) == dated_rows(chinese)


@pytest.mark.parametrize("lang", LANGS)
def test_the_texts_for_botfather_are_those_of_the_bot(lang: Lang) -> None:
    page = read(ROOT / "docs" / "operations" / "telegram.md")
    assert say(lang, "chat.description") in page
    assert say(lang, "chat.short_description") in page
    assert "\n".join(f"{name} - {say(lang, f'command.{name}')}" for name in COMMANDS) in page
