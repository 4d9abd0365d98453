"""What a newcomer sees in the browser, with the product started as he starts it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from bot.sandbox.log import Call
from tests.browser import DESKTOP, PHONE, Reader, chromium, open_page
from tests.e2e.processes import newcomer
from tests.oracles import check_log
from tests.sandbox_client import Chat

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

BASIS = "/basis TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2%"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Yield the printed address; afterwards every call of all tests is judged."""
    async with newcomer(tmp_path_factory.mktemp("newcomer")) as (_, address):
        yield address
        async with Chat(address) as anyone:
            calls = (await anyone.client.get("/page/log")).json()["calls"]
    assert check_log(Call(**call) for call in calls) > 20


async def test_a_newcomer_in_english(browser: Browser, address: str) -> None:
    reader = Reader(await open_page(browser, address, size=DESKTOP))
    assert "U.S. Treasury cash-futures basis trade" in await reader.write("/start")
    await reader.shot("en-light-start")
    size = await reader.write("How big is the basis trade?")
    assert_positions(size, "measure:", "$830 billion", "$1.5 trillion")
    assert "Federal Reserve Board; 2026-06-22" in size
    await reader.shot("en-light-size")
    weather = await reader.write("What's the weather in London?")
    assert "no source" in weather
    assert "basis trade, and why do sources differ?" in weather
    await reader.tap("How big is the basis trade, and why")
    assert "$830 billion" in await reader.answer()


async def test_a_newcomer_in_chinese_on_a_dark_phone(browser: Browser, address: str) -> None:
    page = await open_page(browser, address, size=PHONE, dark=True, lang="zh")
    reader = Reader(page)
    size = await reader.write("大摩说基差交易有多大？和美联储的数字差多少？")
    assert_positions(size, "口径：", "1.5万亿美元", "8300亿美元")
    await reader.shot("zh-dark-size")
    sum_ = await reader.write("开曼对冲基金持有的美债超过中日英三国总和吗？")
    assert re.match(r"\W*不", sum_)
    assert "1.85万亿" in sum_
    assert "2.54" in sum_
    await reader.shot("zh-dark-cayman")
    assert "没有" in await reader.write("今天北京天气怎么样？")
    table = await reader.write(BASIS)
    assert "净基差" in table
    assert "隐含回购" in table
    await reader.shot("zh-dark-basis")


def assert_positions(answer: str, measure: str, *figures: str) -> None:
    """Fail unless at least two positions stand there, each with a measure and a date."""
    assert all(figure in answer for figure in figures), answer
    lines = [line for line in answer.splitlines() if measure in line]
    assert len(lines) >= 2
    assert all(re.search(r"20\d\d", line) for line in lines)


async def test_the_basis_of_one_bond(browser: Browser, address: str) -> None:
    reader = Reader(await open_page(browser, address, size=PHONE))
    table = await reader.write(BASIS)
    net = re.search(r"Net basis\s+(-?[\d.]+)/32", table)
    repo = re.search(r"Implied repo\s+(-?[\d.]+)%", table)
    assert net
    assert repo
    assert abs(float(net[1]) - 2.5) < 1.5  # moves with the day
    assert abs(float(repo[1]) - 3.7) < 0.3
    await reader.shot("en-phone-basis")
    dated = await reader.write("/basis TYZ7 125-08+ 2.125 7/31/24 98-18+ settle 2017-10-10")
    assert "TYZ7 (2017-12)" in dated
    wrong = await reader.write("/basis TYH7 112-16+ 4.25% 11/15/34 100-30 repoo 3.90")
    assert "repoo" in wrong
    await reader.tap("Try:")
    assert "Net basis" in await reader.answer()


async def test_the_digest_comes_with_its_chart_and_a_schedule(
    browser: Browser, address: str
) -> None:
    reader = Reader(await open_page(browser, address, size=DESKTOP, dark=True))
    assert "Weekly risk digest" in await reader.write("/digest")
    assert "net short" in await reader.answer(1)
    await reader.page.locator("article.theirs img").last.wait_for()
    await reader.shot("en-dark-digest")
    await reader.write("/subscribe")
    await reader.tap("Mon")
    await reader.shot("en-dark-subscribe")


DESK = {
    "ctd": "/ctd TYH7 112-16+ repo 3.90 vol 100\n4.25% 11/15/34 100-30\n"
    "3.875% 8/15/34 98-15\n4.375% 5/15/34 102-02",
    "pnl": "/pnl TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2% margin 1850 face 100m",
    "leverage": "/leverage TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2% margin 1850 "
    "face 100m buffer 500k",
    "stress": "/stress TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2% margin 1850 "
    "face 100m buffer 500k mar2020",
    "spiral": "/spiral size 1tn 2y 40% 5y 30% 10y 30% haircut 1% margin 2% "
    "shock margin x1.5 haircut +1% basis -4",
}


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_the_desk_answers_on_a_phone(browser: Browser, address: str, lang: str) -> None:
    page = await open_page(browser, address, size=PHONE, dark=lang == "zh", lang=lang)
    reader = Reader(page)
    for name, words in DESK.items():
        answer = await reader.write(words)
        assert "112-16" in answer or name == "spiral"
        await reader.shot(f"{lang}-phone-{name}")
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE[0]


async def test_words_after_the_bots_name_offer_what_can_be_sent(
    browser: Browser, address: str
) -> None:
    page = await open_page(browser, address, size=PHONE)
    words, results = page.locator("#words"), page.locator("#menu .result")
    await words.fill("@basis_sandbox_bot TYH7 112-16 4.125 2033-11-15 98-20 repo 3.90")
    await results.filter(has_text="Net basis").wait_for()
    await Reader(page).shot("en-phone-inline")
    await results.filter(has_text="Net basis").click()
    sent = page.locator("article.mine", has_text="Implied repo").last
    await sent.wait_for()
    assert await words.input_value() == ""
    await sent.locator("button.key", has_text="Change the figures").click()
    assert (await words.input_value()).endswith("98-20 repo 3.90")
    # By the keys alone, and what is wrong is said before anything is sent.
    await words.fill("@basis_sandbox_bot TYH7 112-16")
    await results.filter(has_text="No bond is named").wait_for()
    await words.fill("@basis_sandbox_bot impl")
    await results.filter(has_text="implied repo rate").first.wait_for()
    await words.press("ArrowDown")
    await words.press("ArrowDown")
    await words.press("Enter")
    await page.locator("article.mine", has_text="Annualised return").last.wait_for()
