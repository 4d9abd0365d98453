"""A headless Chromium for page tests; skipped with the reason where the machine has none."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
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
