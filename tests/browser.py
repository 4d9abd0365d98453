"""A headless Chromium for page tests, and a person at its page; skipped where there is none."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-dev-shm-usage",
]
PHONE = (390, 844)
DESKTOP = (1280, 800)


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Yield Debian's Chromium, or skip."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium on this machine (apt-get install chromium)")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


async def new_context(
    browser: Browser,
    *,
    size: tuple[int, int] = DESKTOP,
    dark: bool = False,
    lang: str = "en",
) -> BrowserContext:
    """Return a browser window of that size, theme and language."""
    phone = size[0] < 500
    return await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        locale="zh-CN" if lang == "zh" else "en-US",
        device_scale_factor=2 if phone else 1,
        has_touch=phone,
    )


async def open_page(
    browser: Browser,
    url: str,
    *,
    size: tuple[int, int] = DESKTOP,
    dark: bool = False,
    lang: str = "en",
) -> Page:
    """Return the chat page, ready; an error in its console fails at the first look at it."""
    context = await new_context(browser, size=size, dark=dark, lang=lang)
    page = await context.new_page()
    page.set_default_timeout(10_000)
    await page.goto(url)
    await page.wait_for_selector("html[data-ready=yes]")
    return page


class Reader:
    """Someone at the page: writes, taps, reads what comes after."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.seen = 0

    async def write(self, text: str) -> str:
        """Write, and return the first answer as it reads."""
        await self.count()
        await self.page.fill("#words", text)
        await self.page.press("#words", "Enter")
        return await self.answer()

    async def count(self) -> None:
        """Remember how many bubbles there are, so that the next one is known."""
        self.seen = await self.page.locator("article.theirs").count()

    async def answer(self, nth: int = 0) -> str:
        """Return the text of a new bubble."""
        bubble = self.page.locator("article.theirs").nth(self.seen + nth)
        await bubble.wait_for(timeout=20_000)
        return await bubble.inner_text()

    async def tap(self, label: str) -> None:
        """Tap the newest button that shows a label."""
        await self.count()
        buttons = self.page.locator("article.theirs button", has_text=label)
        await buttons.last.click()

    async def sees(self, text: str) -> None:
        """Wait until the newest bubble with that text is there."""
        bubble = self.page.locator("article.theirs", has_text=text)
        await bubble.last.wait_for(timeout=20_000)

    async def shot(self, name: str) -> None:
        """Keep a screenshot where BASISBOT_SHOTS names a folder, for eyes."""
        if folder := os.environ.get("BASISBOT_SHOTS"):
            await self.page.wait_for_timeout(400)
            await self.page.screenshot(path=str(Path(folder) / f"{name}.png"))
