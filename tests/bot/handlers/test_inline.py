"""`@bot words` in any chat: what is offered, in whose language, and what is sent."""

from __future__ import annotations

import asyncio
import statistics
import time

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.world import COLLEAGUE, DESK, YOU
from bot.store.store import Store
from tests.bot.handlers.conftest import Running
from tests.sandbox_client import Chat, buttons, group

BASIS = "TYH7 112-16 4.125 2033-11-15 98-20"


async def offered(you: Chat, sandbox: Sandbox, text: str) -> tuple[str, list[dict]]:
    """Return the id of a question typed after the bot's name, and what is offered for it."""
    query = await you.act("inline", text=text, user_id=you.user_id)
    for _ in range(500):
        if query in sandbox.world.inline_answers:
            return query, sandbox.world.inline_answers[query]["results"]
        await asyncio.sleep(0.02)
    raise AssertionError(f"nothing is offered for {text!r}")


async def test_a_basis_is_offered_and_sent_in_another_chat(you: Chat, sandbox: Sandbox):
    query, results = await offered(you, sandbox, BASIS + " repo 3.90")
    first = results[0]
    assert first["title"].startswith("Net basis ")
    assert "implied repo" in first["title"]
    assert first["description"] == "TYH7 112-16, 4.125% 2033-11-15 at 98-20, repo 3.90%"
    sent = await you.act("choose", query_id=query, result_id=first["id"], chat_id=DESK)
    assert "Implied repo" in sent["text"]
    assert "not investment advice" in sent["text"]
    change = buttons(sent)[0]
    assert change["switch_inline_query_current_chat"] == BASIS + " repo 3.90"


async def test_what_was_sent_so_asks_us_nothing(you: Chat, sandbox: Sandbox):
    query, results = await offered(you, sandbox, BASIS)
    sent = await you.act("choose", query_id=query, result_id=results[0]["id"], chat_id=YOU)
    assert sent["via_bot"]["username"] == "basis_sandbox_bot"
    told = await you.ask("/privacy")
    assert await you.from_bot(sent["message_id"]) == [told]


async def test_a_contract_alone_offers_its_days(you: Chat, sandbox: Sandbox):
    _, results = await offered(you, sandbox, "znh7")
    assert results[0]["title"] == "TYH7: the days of 2027-03"
    assert "last trade 2027-03-19" in results[0]["description"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("TYH7 112-325 4.125 2033-11-15 98-20", "112-325"),
        ("TYH7 112-16", "No bond is named"),
        ("112-16 98-20", "No contract is named"),
        ("TYH7 112-16 4.125 2033-11-15 98-20 repoo 4", "repoo"),
    ],
)
async def test_words_that_cannot_be_calculated_are_explained(
    you: Chat, sandbox: Sandbox, typed: str, said: str
):
    query, results = await offered(you, sandbox, typed)
    assert said in results[0]["title"]
    assert results[0]["description"].startswith(("This works: TY", "For example: TY"))
    sent = await you.act("choose", query_id=query, result_id=results[0]["id"], chat_id=DESK)
    assert said in sent["text"]
    works = buttons(sent)[0]["switch_inline_query_current_chat"]
    _, mended = await offered(you, sandbox, works)
    assert "basis" in mended[0]["title"]


async def test_nothing_typed_and_nothing_found_offer_an_example(you: Chat, sandbox: Sandbox):
    for typed, said in (("", "Type a contract"), ("xyzzy", "Nothing here by these words")):
        _, results = await offered(you, sandbox, typed)
        assert said in results[0]["title"]
        assert "Net basis" in results[0]["message"]["text"]


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("impl", "implied repo rate / 隐含回购利率"),
        ("hairct", "haircut / 折扣率"),
        ("隐含回购", "implied repo rate / 隐含回购利率"),
        ("Morgan Stanley", "Morgan Stanley / 摩根士丹利"),
    ],
)
async def test_half_a_word_or_a_slip_finds_the_term(
    you: Chat, sandbox: Sandbox, typed: str, title: str
):
    _, results = await offered(you, sandbox, typed)
    assert results[0]["title"] == title


async def test_a_claim_is_sent_with_its_source_and_date(you: Chat, sandbox: Sandbox):
    query, results = await offered(you, sandbox, "cayman TIC")
    claim = next(r for r in results if r["id"].startswith("claim:"))
    sent = await you.act("choose", query_id=query, result_id=claim["id"], chat_id=DESK)
    assert "[1]" in sent["text"]
    assert any(e["type"] == "expandable_blockquote" for e in sent["entities"])


async def test_a_question_is_answered_with_its_sources(you: Chat, sandbox: Sandbox):
    _, results = await offered(you, sandbox, "How big is the basis trade?")
    assert results[0]["title"] == "Answer: How big is the basis trade?"
    text = results[0]["message"]["text"]
    assert text.startswith("How big is the basis trade?\n")
    assert "[2]" in text


async def test_each_reads_it_in_his_own_language(bot: Running, sandbox: Sandbox):
    sandbox.world.add_user(7_000_009, "Wang", "zh-hans")
    async with (
        Chat(sandbox.page_url, patience=30) as you,
        Chat(sandbox.page_url, 7_000_009, patience=30) as wang,
    ):
        await you.ask("/settings language zh")  # chosen here, though this Telegram speaks English
        for person in (you, wang):
            _, results = await offered(person, sandbox, BASIS + " repo 3.90")
            assert results[0]["title"].startswith("净基差 ")
            assert "隐含回购" in results[0]["message"]["text"]
        async with Chat(sandbox.page_url, COLLEAGUE) as colleague:
            _, results = await offered(colleague, sandbox, BASIS + " repo 3.90")
            assert results[0]["title"].startswith("Net basis ")


async def test_who_only_types_is_not_remembered(bot: Running, sandbox: Sandbox):
    async with Chat(sandbox.page_url, patience=30) as you:
        await offered(you, sandbox, BASIS)
        await offered(you, sandbox, "impl")
    await bot.stop()
    store = await Store.open(bot.settings.database)
    status = await store.status()
    await store.close()
    await bot.start()
    assert status["users"] == {}
    assert status["inbox"] == {}


async def test_only_the_newest_letters_count(you: Chat, sandbox: Sandbox):
    """Typing fast is not answered letter by letter in the wrong order: the last word wins."""
    await offered(you, sandbox, BASIS)
    ids = [
        await you.act("inline", text=BASIS[:n], user_id=you.user_id) for n in range(5, len(BASIS))
    ]
    _, results = await offered(you, sandbox, BASIS)
    assert results[0]["id"] == "basis"
    assert len(ids) > 20


async def test_a_longest_and_a_strange_question_get_something(you: Chat, sandbox: Sandbox):
    for typed in (
        "x" * 300,
        "TYH7 " * 60,
        "<b>&amp;",
        "\u202e\u0000",
        "9" * 256,
        "?" * 9,
        "基" * 256,
    ):
        _, results = await offered(you, sandbox, typed)
        assert results


async def test_figures_are_offered_at_once(you: Chat, sandbox: Sandbox):
    await offered(you, sandbox, BASIS)
    took = []
    for n in range(20):
        began = time.perf_counter()
        await offered(you, sandbox, f"{BASIS} repo 3.{n}")
        took.append(time.perf_counter() - began)
    # The way through HTTP and back, with a look every 20 ms at what came.
    assert statistics.median(took) < 0.25


async def test_the_button_above_opens_the_chat(you: Chat, sandbox: Sandbox):
    await offered(you, sandbox, "")
    call = sandbox.log.of("answerInlineQuery")[-1]
    assert call.params["button"]["start_parameter"] == "inline"
    assert call.params["is_personal"] in {True, "true"}
    assert "basisbot" in (await you.ask("/start inline"))["text"]


async def test_a_mention_in_the_group_is_still_a_question(bot: Running, sandbox: Sandbox):
    async with group(sandbox.page_url) as desk:
        desk.patience = 30
        answer = await desk.ask("@basis_sandbox_bot how big is the basis trade?")
        assert "[1]" in answer["text"]
