"""/market, /positions and /chart through the sandbox, with what is in the box."""

from __future__ import annotations

import pytest

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


async def test_a_past_day_shows_what_was_known_then(you: Chat):
    then = await you.ask("/positions 2025-12-31")
    assert "as of 2025-04-15" in then["text"]  # that of December came in January, after a shutdown
    assert "The market on record, 2025-04-16" in (await you.ask("/market 16 Apr 2025"))["text"]


@pytest.mark.parametrize("words", ["/chart positions 2025-04-16", "/chart 持仓 2025年4月16日"])
async def test_a_chart_ends_where_it_is_told_to(you: Chat, words: str):
    assert "2025-04-08" in (await you.ask(words))["caption"]


async def test_a_day_that_is_none_is_named(you: Chat):
    for words in ("/positions soon", "/market 2025-13-01", "/market 2025-04-16 and more"):
        assert words.split(maxsplit=1)[1] in (await you.ask(words))["text"]


async def test_the_positions_of_one_contract_are_drawn(you: Chat):
    assert "TY: leveraged funds' net short" in (await you.ask("/positions ty"))["caption"]


async def test_positions_name_their_own_sources_alone(you: Chat):
    text = (await you.ask("/positions"))["text"]
    sources = text[text.index("Sources") :]
    assert "CFTC" in sources
    assert "Details" not in sources


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/market 31 June 2025", "There is no such date: “31 June 2025”."),
        ("/digest 2025年9月31日", "There is no such date: “2025年9月31日”."),
        ("/chart 持仓 2025年2月30日", "There is no such date: “2025年2月30日”."),
        ("/alert score > 65 on 30 February", "There is no such date: “30 February”."),
        ("/subscribe 9月31日 周一", "There is no such date: “9月31日”."),
        ("/dates TYH7 2027-02-30", "There is no such date: “2027-02-30”."),
        ("/chart sofr last 30 potatoes", "“last 30 potatoes” is not understood behind sofr"),
        ("/chart 持仓 最近30天", "“最近30天” is not understood behind positions"),
        ("/subscribe monday 9am except holidays", "I cannot read “except holidays”"),
        ("/market SOFR vs EFFR", "“SOFR vs EFFR” is not a date or a week"),
        ("/chart sofr 2099-01-01", "/chart sofr 2020-03-20"),
    ],
)
async def test_a_day_that_no_calendar_has_and_a_word_not_understood_are_named(
    you: Chat, words: str, said: str
):
    assert said in (await you.ask(words))["text"]


async def test_one_measure_is_asked_for_by_its_name_of_now_or_of_a_day(you: Chat):
    """What /chart draws and /alert watches, /market says: the newest figure with day and source."""
    assert "TY net short: 2,079,653 contracts, 2026-07-14." in (await you.ask("/market TY"))["text"]
    chinese = (await you.ask("/market 10年期国债期货净空头"))["text"]
    assert "2,079,653" in chinese
    assert "2025-04-08" in (await you.ask("/market net short 2025-04-16"))["text"]
    assert "first fetch" in (await you.ask("/market sofr"))["text"]


@pytest.mark.parametrize(
    "command", ["/chart implied repo", "/alert implied repo > 4%", "/market 隐含回购"]
)
async def test_what_is_not_to_be_had_is_answered_with_the_reason(you: Chat, command: str):
    text = (await you.ask(command))["text"]
    assert "/ctd TYH7 112-16+" in text


async def test_what_is_drawn_can_be_watched(you: Chat):
    for words, said in (
        ("dealers > 400bn", "Primary dealers"),
        ("TY gross short > 3m", "TY gross"),
    ):
        assert said in (await you.ask(f"/alert {words}"))["text"]
