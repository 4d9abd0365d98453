"""The chat page in a real browser shows what Telegram would show, in both languages."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from bot.sandbox.server import Sandbox, new_token
from bot.sandbox.world import COLLEAGUE, DESK, YOU
from tests.bot.sandbox.echo_bot import running
from tests.browser import DESKTOP, PHONE, chromium, open_page
from tests.oracles import check_log

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

# One browser for the module: all its tests share one event loop.
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    box = Sandbox()
    await box.start()
    yield box
    await box.stop()
    check_log(box.log.calls)


@pytest.fixture
def show(sandbox: Sandbox, browser: Browser) -> Show:
    return partial(shown, sandbox, browser)


Show = Callable[..., AbstractAsyncContextManager["Screen"]]


@dataclass
class Screen:
    """The page, the bot behind it, and what went wrong or went elsewhere meanwhile."""

    page: Page
    sandbox: Sandbox
    bot: Any
    complaints: list[str]
    requests: list[str]

    async def write(self, text: str) -> None:
        await self.page.fill("#words", text)
        await self.page.press("#words", "Enter")

    async def sees(self, selector: str, text: str = "") -> Any:
        """Wait until an element shows that text, and return it."""
        found = self.page.locator(selector).filter(has_text=text).last
        await found.wait_for()
        return found

    async def colour(self, selector: str) -> str:
        script = f"getComputedStyle(document.querySelector('{selector}')).backgroundColor"
        return await self.page.evaluate(script)

    async def until(self, met: Callable[[], object]) -> None:
        for _ in range(200):
            if met():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("waited 4 s in vain")


@contextlib.asynccontextmanager
async def shown(sandbox: Sandbox, browser: Browser, **how: Any) -> AsyncIterator[Screen]:
    """Show the page with a running bot; fail on console errors and requests to elsewhere."""
    async with running(sandbox) as app:
        page = await open_page(browser, sandbox.page_url, **how)
        screen = Screen(page, sandbox, app.bot, [], [])
        page.on("pageerror", lambda error: screen.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: screen.complaints.append(line.text) if line.type == "error" else None,
        )
        page.on("request", lambda request: screen.requests.append(request.url))
        yield screen
        await page.context.close()
        assert not screen.complaints
        assert all(url.startswith((sandbox.url, "blob:")) for url in screen.requests)


async def test_an_answer_is_drawn_with_its_entities_and_buttons(show: Show):
    async with show() as screen:
        await screen.page.get_by_role("button", name="Start").click()
        await screen.sees("article.theirs strong", "Net basis 2.5/32")
        assert "5Y   (FV)         -2,310,942\n" in await screen.page.inner_text("article pre")
        link = await screen.sees("article a", "CME")
        assert await link.get_attribute("rel") == "noopener noreferrer"
        await screen.page.click("article .fold")
        assert await screen.page.get_attribute("article .fold", "aria-expanded") == "true"
        await screen.page.click("article .spoiler")
        await screen.sees("article .spoiler.shown", "3.70 %")
        await screen.page.get_by_role("button", name="Chart").click()
        await screen.sees("article.theirs .text", "You chose chart.")
        await screen.sees("article.theirs .stamp", "edited")
        await screen.sees(".toast", "You pressed chart")


async def test_typing_a_slash_offers_the_bots_commands(show: Show):
    async with show() as screen:
        await screen.page.fill("#words", "/")
        options = screen.page.locator("#menu li")
        assert await options.count() == 4
        assert await screen.page.get_attribute("#words", "aria-expanded") == "true"
        await screen.page.fill("#words", "/ba")
        assert await options.count() == 1
        await screen.page.press("#words", "ArrowDown")
        await screen.page.press("#words", "Enter")
        await screen.sees("article.mine .text", "/basis")
        await screen.sees("article.theirs strong", "Net basis")


async def test_the_menu_button_opens_and_closes_the_commands(show: Show):
    async with show(size=PHONE) as screen:
        await screen.page.click("#commands")
        await screen.sees("#menu li", "/photo")
        await screen.page.click(".log")
        assert await screen.page.locator("#menu").is_hidden()
        await screen.page.click("#commands")
        await screen.page.locator("#menu li", has_text="/basis").click()
        await screen.sees("article.theirs strong", "Net basis")


async def test_the_language_switch_changes_page_menu_and_answers(show: Show, sandbox: Sandbox):
    async with show() as screen:
        await screen.page.get_by_role("radio", name="中文").click()
        await screen.sees("#commands", "菜单")
        assert await screen.page.get_attribute("html", "lang") == "zh-Hans"
        await screen.until(lambda: sandbox.world.users[YOU]["language_code"] == "zh-hans")
        await screen.write("/start")
        await screen.sees("article.theirs strong", "净基差")
        await screen.sees("#menu, .commands", "菜单")
        await screen.page.fill("#words", "/")
        await screen.sees("#menu li", "这个机器人能做什么")


async def test_a_browser_in_chinese_opens_in_chinese(show: Show, sandbox: Sandbox):
    async with show(lang="zh") as screen:
        await screen.sees(".begin", "开始")
        assert sandbox.world.users[YOU]["language_code"] == "zh-hans"


async def test_two_people_write_in_the_group(show: Show, sandbox: Sandbox):
    async with show() as screen:
        await screen.page.get_by_role("tab", name="Desk").click()
        await screen.page.get_by_role("radio", name="Colleague").click()
        await screen.write("/start@basis_sandbox_bot")
        await screen.sees("article.theirs .name", "basisbot")
        await screen.page.get_by_role("radio", name="You").click()
        await screen.sees("article.theirs .name", "Colleague")
        await screen.page.hover("article.theirs:last-of-type .bubble")
        await screen.page.locator("article.theirs .answer").last.click()
        await screen.sees(".context b", "Reply to basisbot")
        await screen.write("thanks")
        await screen.sees("article.mine .quoted", "basisbot")
    senders = [m["from"]["id"] for m in sandbox.world.messages[DESK].values()]
    assert senders == [COLLEAGUE, sandbox.world.bot["id"], YOU]


async def test_photos_grow_and_documents_are_saved(show: Show):
    async with show() as screen:
        await screen.write("/photo")
        picture = await screen.sees("article .photo")
        assert (
            await picture.locator("img").evaluate("e => e.decode().then(() => e.naturalWidth)")
            == 1200
        )
        await picture.click()
        await screen.sees(".viewer[open] p", "Leveraged funds")
        await screen.page.keyboard.press("Escape")
        async with screen.page.expect_download() as download:
            await (await screen.sees("article .file", "positions.csv")).click()
        assert (await download.value).suggested_filename == "positions.csv"


async def test_files_are_sent_to_the_bot(show: Show):
    async with show() as screen:
        file = {"name": "report.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
        await screen.page.set_input_files("#file", file)
        await screen.sees("article.mine .file", "report.pdf")
        await screen.sees("article.theirs .text", "report.pdf: 8 bytes")


async def test_the_last_own_message_can_be_changed(show: Show):
    async with show() as screen:
        await screen.write("frist")
        await screen.sees("article.mine .text", "frist")
        await screen.page.press("#words", "ArrowUp")
        await screen.write("first")
        await screen.sees("article.mine .stamp", "edited")
        assert await screen.page.locator("article.mine .text").inner_text() == "first"


async def test_drafts_and_typing_are_visible_until_the_message_comes(show: Show):
    async with show() as screen:
        await screen.bot.send_chat_action(YOU, "typing")
        await screen.sees(".status.active", "typing")
        await screen.bot.send_message_draft(YOU, 1, "The <b>repo</b> rate", parse_mode="HTML")
        await screen.sees(".writing strong", "repo")
        await screen.bot.send_message(YOU, "The repo rate is 3.90 %.")
        await screen.sees("article.theirs .text", "3.90 %.")
        assert await screen.page.locator(".writing").count() == 0
        assert await screen.page.inner_text(".status") == "bot"


async def test_the_drawer_tells_what_was_sent(show: Show):
    async with show() as screen:
        await screen.write("hello")
        await screen.sees("article.theirs .text", "hello")
        await screen.page.get_by_role("button", name="Show what was sent").click()
        call = await screen.sees(".calls li", "sendMessage")
        await call.locator("summary").click()
        await screen.sees(".calls pre", '"text": "hello"')
        await screen.page.keyboard.press("Escape")
        assert await screen.page.locator("#drawer").is_hidden()


async def test_text_is_only_ever_text(show: Show):
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    async with show() as screen:
        await screen.write(hostile)
        shown_text = await screen.sees("article.theirs .text", "<img")
        assert await shown_text.inner_text() == hostile
        assert await screen.page.locator("article img, article script").count() == 0


async def test_light_and_dark_follow_the_system_until_chosen(show: Show):
    async with show(dark=True) as screen:
        dark = await screen.colour(".bar")
        await screen.page.get_by_role("button", name=re.compile("^Theme")).click()
        light = await screen.colour(".bar")
        assert (dark, light) == ("rgb(23, 33, 43)", "rgb(255, 255, 255)")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_nothing_is_wider_than_the_screen(show: Show, size: tuple[int, int]):
    wide = "<pre>" + "x" * 200 + "\ny</pre>" + "w" * 300
    async with show(size=size) as screen:
        await screen.write("/start")
        await screen.sees("article pre", "Position")  # else it may come after the wide one
        await screen.bot.send_message(YOU, wide, parse_mode="HTML")
        pre = await screen.sees("article pre", "xxx")
        assert await pre.evaluate("e => e.scrollWidth > e.clientWidth")
        assert await screen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        boxes = await screen.page.locator("article, .bar, .composer").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect().right)"
        )
        assert max(boxes) <= size[0]


async def test_a_message_longer_than_the_screen_is_shown_from_its_beginning(show: Show):
    async with show(size=PHONE) as screen:
        await screen.write("/long")
        answer = await screen.sees("article.theirs", "repo rate")
        await screen.page.wait_for_timeout(300)
        box, log = await answer.bounding_box(), await screen.page.locator(".log").bounding_box()
        assert 0 <= box["y"] - log["y"] < 40
        assert await screen.page.locator(".down").is_visible()


async def test_every_control_has_a_name(show: Show):
    script = """() => [...document.querySelectorAll('button, a, textarea, [role]')]
        .filter(e => e.checkVisibility() && !e.getAttribute('aria-label') && !e.textContent.trim())
        .map(e => e.outerHTML)"""
    async with show() as screen:
        await screen.write("/photo")
        await screen.sees("article .file")
        assert await screen.page.evaluate(script) == []
        log = screen.page.get_by_role("log")
        assert await log.get_attribute("aria-live") == "polite"


async def test_both_languages_of_the_page_have_the_same_sentences(show: Show):
    script = "import('/static/texts.js').then(m => m.TEXTS)"
    async with show() as screen:
        texts = await screen.page.evaluate(script)
    names = {lang: {k: re.findall(r"\{\w+\}", v) for k, v in texts[lang].items()} for lang in texts}
    assert names["en"] == names["zh"]
    assert all(text.strip() for lang in texts for text in texts[lang].values())


async def test_the_page_finds_its_way_back_after_the_server_was_away(browser: Browser):
    first = Sandbox(token=new_token(), key="k" * 24)
    await first.start()
    page = await open_page(browser, first.page_url)
    await first.stop()
    await page.locator(".status").filter(has_text="connecting").wait_for()
    second = Sandbox(token=first.token, key=first.key)
    await second.start(first.port)
    second.world.say("still here")
    await page.locator("article.mine").filter(has_text="still here").wait_for()
    await page.context.close()
    await second.stop()
