"""/market, /positions and /chart through the sandbox, with what is in the box."""

from __future__ import annotations

from tests.sandbox_client import Chat


async def test_the_market_says_what_is_on_record_and_what_is_not(you: Chat):
    answer = await you.ask("/market")
    assert "The market on record" in answer["text"]
    assert "No rates or yields were fetched yet." in answer["text"]


async def test_a_contract_is_drawn_with_its_data(you: Chat):
    picture = await you.ask("/chart TY")
    messages = await you.until(
        lambda found: any("document" in m for m in found), picture["message_id"]
    )
    assert "TY: leveraged funds' net short" in picture["caption"]
    assert messages[-1]["document"]["file_name"].startswith("TY-")


async def test_a_chart_alone_is_that_of_positions(you: Chat):
    assert "net short in Treasury futures" in (await you.ask("/chart"))["caption"]


async def test_what_was_never_fetched_cannot_be_drawn_and_that_is_said(you: Chat):
    assert "first fetch" in (await you.ask("/chart sofr-iorb"))["text"]
    assert "first fetch" in (await you.ask("/chart 波动率"))["text"]


async def test_an_unknown_series_gets_the_list(you: Chat):
    answer = await you.ask("/chart gold")
    assert "gold" in answer["text"]
    assert "sofr-iorb" in answer["text"]
