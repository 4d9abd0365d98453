"""Four weeks of the digest on a phone, both languages, both themes, and every button below it.

The product's own sandbox over recorded market data, as `basisbot run --data DIR` starts it;
`/digest 2019-09-20` shows a past week as it could be known then. With BASISBOT_SHOTS the
screenshots are kept, for eyes.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.browser import PHONE, Reader, chromium, open_page
from tests.e2e.processes import newcomer
from tests.oracles import check_log
from tests.recorded import market_folder
from tests.sandbox_client import Chat

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]

WEEKS = ("2019-09-20", "2020-03-20", "2025-04-11", "2026-07-17")
LIMIT = 3500

# What of the newest bubbles leaves its place: a bubble or picture off the page, a table or a
# button's label wider than what shows it, a label broken into two lines.
MISPLACED = """from => [...document.querySelectorAll("article.theirs")].slice(from)
  .flatMap(article =>
    [...article.querySelectorAll(".bubble, .photo img, pre, .key, blockquote")].filter(part => {
      const box = part.getBoundingClientRect();
      const broken = part.className === "key" && part.clientHeight > 45;
      const wide = part.scrollWidth > part.clientWidth + 1;
      return box.left < 0 || box.right > innerWidth || wide || broken;
    }))
  .map(part => `${part.className || part.tagName}: ${part.innerText.slice(0, 60)}`)"""
PICTURES = """from => Promise.all([...document.querySelectorAll("article.theirs")].slice(from)
  .flatMap(article => [...article.querySelectorAll("img")]).map(async image => {
    await image.decode();
    return [image.naturalWidth, image.naturalHeight];
  }))"""
HEIGHT = "document.querySelector('.log').scrollHeight + 200"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Yield the sandbox's address; afterwards every call of all tests is judged."""
    recorded = str(market_folder())
    async with newcomer(tmp_path_factory.mktemp("phone"), "--data", recorded) as (_, address):
        yield address
        async with Chat(address) as anyone:
            assert check_log(await anyone.calls()) > 20


async def digest_page(browser: Browser, address: str, lang: str, theme: str) -> Reader:
    """Return someone at a phone whose chat is set to that language and theme."""
    page = await open_page(browser, address, size=PHONE, dark=theme == "dark", lang=lang)
    reader = Reader(page)
    await reader.write(f"/settings language {lang}")
    await reader.write(f"/settings theme {theme}")
    return reader


async def keep(reader: Reader, name: str) -> None:
    """Keep a picture of all that came last, on a page as long as it takes."""
    if folder := os.environ.get("BASISBOT_SHOTS"):
        page = reader.page
        height = await page.evaluate(HEIGHT)
        await page.set_viewport_size({"width": PHONE[0], "height": height})
        bubbles = await page.locator("article.theirs").all()
        boxes = [await bubble.bounding_box() for bubble in bubbles[reader.seen :]]
        tops = [box["y"] for box in boxes if box]
        ends = [box["y"] + box["height"] for box in boxes if box]
        high = max(ends) - min(tops) + 16
        await page.screenshot(
            path=str(Path(folder) / f"{name}.png"),
            clip={"x": 0, "y": min(tops) - 8, "width": PHONE[0], "height": high},
        )
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


async def unfold(page: Page) -> None:
    """Open the sources under the newest digest."""
    for fold in await page.locator(".fold:visible").all():
        await fold.click()


async def all_in_place(reader: Reader, pictures: int) -> None:
    """Fail where something new is cut or off the page, or a picture did not load."""
    wide = await reader.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE[0]
    assert await reader.page.evaluate(MISPLACED, reader.seen) == []
    assert await reader.page.evaluate(PICTURES, reader.seen) == [[900, 1125]] * pictures


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_four_weeks_on_a_phone(browser: Browser, address: str, lang: str, theme: str) -> None:
    reader = await digest_page(browser, address, lang, theme)
    for week in WEEKS:
        text = await reader.write(f"/digest {week}")
        await reader.answer(2)
        await unfold(reader.page)
        assert week in text.splitlines()[0]
        assert len(text) < LIMIT
        await all_in_place(reader, pictures=2)
        await keep(reader, f"digest-{week}-{lang}-{theme}")


# Each button under a digest, and what is seen after it is tapped.
BUTTONS = {
    "en": {
        "Details": "How the score is made",
        "Charts": "Funding, volatility and the risk score",
        "CSV data": "each figure with its unit, date and source",
        "Change schedule": "On which day",
        "Unsubscribe": "no subscription here",
    },
    "zh": {
        "明细": "评分怎样算出",
        "图表": "融资、波动与风险评分",
        "CSV 数据": "每个数字附单位、日期与来源",
        "修改时间": "星期几",
        "退订": "没有订阅",
    },
}


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_each_button_under_a_digest_does_what_it_says(
    browser: Browser, address: str, lang: str
) -> None:
    reader = await digest_page(browser, address, lang, "light" if lang == "en" else "dark")
    await reader.write("/digest 2025-04-11")
    await reader.answer(2)
    for place, (label, seen) in enumerate(BUTTONS[lang].items()):
        await reader.tap(label)
        await reader.page.locator("article.theirs", has_text=seen).nth(-1).wait_for()
        await reader.answer(1 if label in {"Charts", "图表"} else 0)
        await all_in_place(reader, pictures=2 * (label in {"Charts", "图表"}))
        await keep(reader, f"button-{place}-{lang}")
