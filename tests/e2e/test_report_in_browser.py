"""A long report handed over on the page: asked with page and quote, nobody else's, then gone."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from bot.sandbox.world import COLLEAGUE
from tests.browser import DESKTOP, Reader, chromium, open_page
from tests.e2e.processes import newcomer
from tests.knowledge.parsing import files
from tests.sandbox_client import Chat

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

PAGES = 40
# Said by the report and by nothing else: its title, its name, sentences of pages 7 and 8.
SAID = (
    "Treasury basis monitor",
    "monitor.pdf",
    "leverage reached 27 times the margin",
    "financed about $407 billion",
    "基差交易规模约为4080亿美元",
    "平均杠杆为28倍",
)
STRANGERS_ASK = (
    "/start",
    "What does this report say about leverage on page 7?",
    "What multiple of the posted margin did leverage reach?",
    "基差交易有4080亿美元吗\uff1f",
    "How big is the basis trade?",
    "/sources",
    "/export",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_forty_pages_half_chinese_are_asked_by_one_chat_and_forgotten(
    browser: Browser, tmp_path: Path
) -> None:
    async with newcomer(tmp_path) as (product, address):
        reader = Reader(await open_page(browser, address, size=DESKTOP))
        await reader.write("/start")
        report = files.two_column_report(PAGES)
        upload = {"name": "monitor.pdf", "mimeType": "application/pdf", "buffer": report}
        await reader.page.set_input_files("#file", upload)
        await reader.sees("40 pages")
        await reader.sees("Preparing the search by meaning")
        await asked_with_page_and_quote(reader)
        assert left_in(tmp_path / "data") == set(SAID)
        await stranger_meets_nothing(address)
        await reader.write("/forget")
        await reader.tap("Yes, delete")
        await reader.sees("Deleted")
        assert "no report" in await reader.write("What does this report say about leverage?")
        assert left_in(tmp_path / "data") == set()
        await product.end(signal.SIGTERM)
        assert left_in(tmp_path) == set()


async def asked_with_page_and_quote(reader: Reader) -> None:
    english = await reader.write("What does this report say about leverage on page 7?")
    assert "27 times" in english
    assert "page 7: “" in english
    assert "leverage reached 27 times the margin that was posted" in english
    await reader.shot("en-light-report")
    chinese = await reader.write("这份报告第8页对基差交易规模怎么说\uff1f")
    assert "4080亿美元" in chinese
    assert "第 8 页\uff1a“" in chinese
    table = await reader.write("What is the haircut on 5-year collateral on page 9 of this report?")
    assert "Tenor: 5-year; Haircut (%): 1.0" in table
    compared = await reader.write("Does this report agree with the Fed on the size?")
    assert "Federal Reserve Board" in compared


async def stranger_meets_nothing(address: str) -> None:
    """Ask as another person, and look at all that was ever sent to her."""
    async with Chat(address, COLLEAGUE, patience=30) as other:
        heard = [await other.ask(question) for question in STRANGERS_ASK]
        export = heard[-1]["document"]["file_id"]
        everything = str([m for m in await other.messages() if m["from"]["is_bot"]])
        calls = [call for call in await other.calls() if f"{COLLEAGUE}" in str(call)]
        file = await other.client.get(f"/page/file/{export}")
    assert file.status_code == 200
    for words in SAID:
        assert words not in everything
        assert words not in str(calls)
        assert words not in file.text


def left_in(folder: Path) -> set[str]:
    """Return the words that stand in any byte of a folder, as UTF-8, UTF-16 or JSON's escapes."""
    disk = b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
    forms = ("utf-8", "utf-16-le", "unicode_escape")
    return {words for words in SAID if any(words.encode(form) in disk for form in forms)}
