"""Conversations about the desk's commands: words, buttons, forms, files, a chat's own numbers."""

from __future__ import annotations

import json

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.world import COLLEAGUE, YOU
from tests.bot.handlers.conftest import Running
from tests.sandbox_client import Chat, Json, buttons, group

TRADE = "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2% margin 1850 face 100m buffer 500k"
BONDS = "4.25% 11/15/34 100-30\n4% 5/15/34 100-03\n4.5% 11/15/33 103-21+"
BASKET = f"TYH7 112-16+ repo 3.90 vol 100\n{BONDS}"
SPIRAL = "size 1tn 2y 40% 5y 60% haircut 1% margin 2% shock margin x1.5 haircut +1% basis -4"


async def after(you: Chat, message: Json, label: str) -> Json:
    """Press a button and return the message that comes."""
    before = (await you.messages())[-1]["message_id"]
    await you.press(message, label)
    return (await you.until(bool, before))[-1]


async def walk(you: Chat, form: Json, *answers: str) -> Json:
    """Press or type what a form asks for, step by step; return the message as it ends."""
    for answer in answers:
        before = form
        if answer in {button["text"] for button in buttons(form)}:
            await you.press(form, answer)
        else:
            await you.say(answer, reply_to=form["message_id"])
        form = await you.edited(before)
    return form


async def test_a_basket_is_ranked_and_its_pages_open_after_a_restart(you: Chat, bot: Running):
    answer = await you.ask(f"/ctd {BASKET} roll TYM7 112-08")
    assert answer["text"].startswith("TYH7: 4.5 11/33 is cheapest to deliver")
    await bot.stop()
    await bot.start()
    for label, words in (
        ("Yield shifts", "on the delivery day, by yield shift"),
        ("Delivery option", "right to choose the bond"),
        ("First/last day", "delivered on the first or the last day"),
        ("Hedge", "Futures DV01"),
        ("Roll", "Spread +8.50/32"),
        ("Formula", "Switch option ="),
    ):
        assert words in (await after(you, answer, label))["text"]
    picture = await after(you, answer, "Chart")
    assert picture["photo"]
    assert "which bond is cheapest" in picture["caption"]
    file = await after(you, answer, "CSV")
    assert file["document"]["file_name"] == "ctd.csv"


COMMANDS = {
    "carry": (TRADE, "Carry 3.20/32", "持有收益 3.20/32"),
    "pnl": (f"{TRADE} to 2026-12-24 112-20 101-02", "P&L $", "损益 $"),
    "leverage": (TRADE, "Leverage 24.2x", "杠杆 24.2x"),
    "stress": (f"{TRADE} mar2020", "March 2020", "2020 年 3 月"),
    "spiral": (SPIRAL, "$225bn must be sold", "须立即卖出 $225bn"),
    "dates": ("TYH7", "TYH7 (2027-03)", "TYH7（2027-03）"),
}


@pytest.mark.parametrize("command", COMMANDS)
async def test_each_command_answers_in_both_languages_with_its_buttons(you: Chat, command: str):
    words, english, chinese = COMMANDS[command]
    answer = await you.ask(f"/{command} {words}")
    assert answer["text"].startswith(english)
    for button in buttons(answer):
        if "callback_data" in button and button["text"] != "Change an input":
            found = await after(you, answer, button["text"])
            assert found.get("text") or found.get("caption")
    await you.ask("/settings language zh")
    assert (await you.ask(f"/{command} {words}"))["text"].startswith(chinese)


async def test_another_value_of_one_input_changes_the_answer_in_place(you: Chat):
    answer = await you.ask(f"/leverage {TRADE}")
    await you.press(answer, "Change an input")
    choosing = await you.edited(answer)
    await you.press(choosing, "haircut")
    values = await you.edited(choosing)
    await you.press(values, "4%")
    changed = await you.edited(values)
    assert changed["message_id"] == answer["message_id"]
    assert "at haircut 4.00%" in changed["text"]
    await you.press(changed, "Change an input")
    back = await you.edited(changed)
    await you.press(back, "Back")
    assert "at haircut 4.00%" in (await you.edited(back))["text"]


async def test_a_wrong_token_is_named_and_what_works_is_one_tap_away(you: Chat):
    wrong = await you.ask(f"/ctd {BASKET.replace('112-16+', '112-325')}")
    assert "“112-325”" in wrong["text"]
    assert "cheapest to deliver" in (await after(you, wrong, "Try:"))["text"]
    form = await after(you, wrong, "Fill in step by step")
    assert "/ctd, step by step" in form["text"]


@pytest.mark.parametrize("command", [*COMMANDS, "ctd", "position"])
async def test_the_help_of_a_command_shows_words_that_work(you: Chat, command: str):
    told = await you.ask(f"/help {command}")
    pre = next(e for e in told["entities"] if e["type"] == "pre")
    text = told["text"].encode("utf-16-le")
    words = text[2 * pre["offset"] : 2 * (pre["offset"] + pre["length"])].decode("utf-16-le")
    answer = await you.ask(words)
    assert "Try:" not in str(buttons(answer))
    assert "step by step" in (await after(you, told, "Fill in"))["text"]


# Forms


PRICE = ("1", "1", "2", "-", "1", "6", "+")
LEG = ("TY", "TYH7", *PRICE, "OK", "2034", "2034-11", "2034-11-15", "4.25", "100-30", "3.9")


async def test_a_form_leads_to_the_answer_by_taps_and_typed_values(you: Chat):
    form = await you.ask("/stress")
    episode = "March 2020: the dash for cash"
    ended = await walk(you, form, *LEG, "2%", "1850", "$500k", "$100m", episode)
    assert ended["text"].startswith("March 2020")
    assert ended["message_id"] == form["message_id"]


async def test_a_form_outlives_a_restart_and_takes_a_wrong_answer_back(you: Chat, bot: Running):
    form = await walk(you, await you.ask("/leverage"), "TY", "TYH7")
    await bot.stop()
    await bot.start()
    form = await walk(you, form, "112-325")
    assert "“112-325”" in form["text"]
    form = await walk(you, form, "112-16+", "2034", "Back", "2034")
    assert "In which month of 2034" in form["text"]


async def test_a_basket_can_be_built_bond_by_bond(you: Chat):
    form = await you.ask("/ctd")
    bond = ("2034", "2034-11", "2034-11-15", "4.25", "100-30")
    other = ("2034", "2034-05", "2034-05-15", "4", "OK", "100-03")
    ended = await walk(you, form, "TY", "TYH7", "112-16+", "3.9", "Bond by bond", *bond,
                       "Another bond", *other, "Done")  # fmt: skip
    assert "cheapest to deliver" in ended["text"]
    assert "basket of 2 bonds" in ended["text"]


async def test_a_basket_can_be_pasted_into_the_form(you: Chat):
    form = await walk(you, await you.ask("/ctd"), "TY", "TYH7", "112-16+", "3.9")
    await you.say(BONDS)
    assert "basket of 3 bonds" in (await you.edited(form))["text"]


async def test_a_question_beside_an_open_form_is_still_a_question(you: Chat):
    form = await walk(you, await you.ask("/ctd"), "TY", "TYH7", "112-16+", "3.9")
    asked = await you.say("How big was the basis trade in 2025?")
    answer = (await you.until(bool, asked["message_id"]))[0]
    assert answer["message_id"] != form["message_id"]
    assert "[1]" in answer["text"]


@pytest.mark.parametrize("command", ["pnl", "leverage", "stress", "carry", "basis"])
async def test_a_form_begins_with_the_contract_and_price_of_words_without_a_bond(
    you: Chat, command: str
):
    lacking = "112-16+" if command != "leverage" else "112-16+ 11/15/34"
    refused = await you.ask(f"/{command} TYH7 {lacking}")
    assert "bond" in refused["text"]
    await you.press(refused, "Fill in step by step")
    form = await you.edited(refused)
    assert "TYH7 futures 112-16+" in form["text"]


# A basket as a file


CSV = "coupon,maturity,price\n4.25,2034-11-15,100.9375\n4,2034-05-15,100-03\n"


async def test_a_csv_with_a_caption_is_ranked(you: Chat):
    sent = await you.upload("basket.csv", CSV.encode(), "text/csv", "/ctd TYH7 112-16+ repo 3.9")
    answer = (await you.until(bool, sent["message_id"]))[0]
    assert "basket of 2 bonds" in answer["text"]


async def test_a_csv_completes_an_open_form(you: Chat):
    await walk(you, await you.ask("/ctd"), "TY", "TYH7", "112-16+", "3.9")
    sent = await you.upload("basket.csv", CSV.encode(), "text/csv")
    answer = (await you.until(bool, sent["message_id"]))[0]
    assert "basket of 2 bonds" in answer["text"]


@pytest.mark.parametrize(
    "caption",
    ["/ctd TYH7 112-16+ repo 3.9", "/ctd@basis_sandbox_bot TYH7 112-16+ repo 390bp",
     "@basis_sandbox_bot TYH7 112-16+ repo 3.9", "@basis_sandbox_bot\n/ctd TYH7\n112-16+"],
)  # fmt: skip
async def test_a_group_s_csv_that_names_us_is_ranked(bot: Running, sandbox: Sandbox, caption: str):
    async with group(sandbox.page_url) as desk:
        sent = await desk.upload("basket.csv", CSV.encode(), "text/csv", caption)
        answer = (await desk.until(bool, sent["message_id"]))[0]
        assert "basket of 2 bonds" in answer["text"]


async def test_a_csv_that_somebody_else_is_told_of_is_left_alone(bot: Running, sandbox: Sandbox):
    async with group(sandbox.page_url) as desk:
        sent = await desk.upload("basket.csv", CSV.encode(), "text/csv", "the basket, colleagues")
        await desk.upload("other.csv", CSV.encode(), "text/csv", "/ctd@another_bot TYH7 112-16+")
        asked = await desk.say("/dates@basis_sandbox_bot TYH7")
        assert len(await desk.until(bool, sent["message_id"])) == 1
        assert (await desk.until(bool, asked["message_id"]))[0]["text"].startswith("TYH7")


@pytest.mark.parametrize("place", ["private", "group"])
async def test_ctd_in_reply_to_a_csv_ranks_it(
    you: Chat, bot: Running, sandbox: Sandbox, place: str
):
    async with group(sandbox.page_url) as desk:
        here = desk if place == "group" else you
        sent = await here.upload("basket.csv", CSV.encode(), "text/csv", "the basket")
        asked = await here.say("/ctd TYH7 112-16+ repo 3.9", reply_to=sent["message_id"])
        ranked = "basket of 2 bonds"
        await here.until(lambda said: any(ranked in m["text"] for m in said), asked["message_id"])


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [("empty.csv", b"\n", "needs a contract"), ("broken.csv", b"coupon,maturity,price\n4,x,y\n",
     "“x”"), ("big.csv", b"4.25 11/15/34 100-30\n" * 20_000, "too large"),
     ("binary.csv", bytes(range(256)), "“")],
)  # fmt: skip
async def test_a_csv_that_cannot_be_read_says_why(you: Chat, name: str, data: bytes, words: str):
    caption = "" if name == "empty.csv" else "TYH7 112-16+"
    sent = await you.upload(name, data, "text/csv", caption)
    assert words in (await you.until(bool, sent["message_id"]))[0]["text"]


# A chat's own numbers


async def test_a_position_is_saved_used_listed_exported_and_dropped(you: Chat, sandbox: Sandbox):
    saved = await you.ask(f"/position save ten {TRADE}")
    assert "Saved as ten" in saved["text"]
    for words, said in (
        ("/basis ten", "Net basis 2.56/32"),
        ("/ctd TEN", "TYH7: 4.25 11/34 is cheapest"),
        ("/carry ten", "Carry 3.20/32"),
        ("/leverage ten", "Leverage 24.2x"),
        ("/stress TEN sep2019", "September 2019"),
        ("/pnl ten to 2026-12-24 112-20 101-02", "P&L $"),
    ):
        answer = await you.ask(words)
        assert answer["text"].startswith(said)
        assert "from your position ten" in answer["text"]
    assert "TYH2027 112-165" in (await you.ask("/position list"))["text"]
    exported = await you.ask("/export")
    kept = json.loads(sandbox.world.files.known(exported["document"]["file_id"]).data)
    assert [row["name"] for row in kept["positions"]] == ["ten"]
    assert "Dropped: ten" in (await you.ask("/position drop ten"))["text"]
    assert "No position is saved" in (await you.ask("/position list"))["text"]


async def test_a_form_offers_the_saved_position(you: Chat):
    await you.ask(f"/position save ten {TRADE}")
    ended = await walk(you, await you.ask("/stress"), "ten", "September 2019: the repo spike")
    assert "from your position ten" in ended["text"]


async def test_default_rates_are_named_in_each_answer_that_uses_them(you: Chat):
    for words, said in (
        ("/settings repo 4.30", "repo is 4.30%"),
        ("/settings 折扣率 2%", "haircut is 2.00%"),
        ("/settings initial margin $1,850", "margin is $1,850"),
        ("/settings 保證金：1.85k", "margin is $1,850"),
        ("/settings repo rate 4,30%", "repo is 4.30%"),
    ):
        assert said in (await you.ask(words))["text"]
    assert "repo: 4.30%" in (await you.ask("/settings"))["text"]
    basis = await you.ask("/basis TYH7 112-16+ 4.25% 11/34 100-30")
    assert "repo 4.30% (default: your default, /settings)" in basis["text"]
    ctd = await you.ask(f"/ctd {BASKET.replace('repo 3.90', '')}")
    assert "repo 4.30% (default: your default, /settings)" in ctd["text"]
    await you.ask("/settings repo off")
    assert "No net basis" in (await you.ask("/basis TYH7 112-16+ 4.25% 11/34 100-30"))["text"]
    assert "101.0 is outside" in (await you.ask("/settings repo 101"))["text"]
    assert "“lots”" in (await you.ask("/settings repo lots"))["text"]


async def test_forget_takes_positions_and_rates_away(you: Chat):
    await you.ask(f"/position save ten {TRADE}")
    await you.ask("/settings repo 4.3")
    ask = await you.ask("/forget")
    await you.press(ask, "Yes, delete everything")
    await you.edited(ask)
    assert "No position is saved" in (await you.ask("/position"))["text"]
    assert "repo: none" in (await you.ask("/settings"))["text"]


async def test_in_a_group_only_an_admin_keeps_positions(bot: Running, sandbox: Sandbox):
    at = "@basis_sandbox_bot"
    async with group(sandbox.page_url, COLLEAGUE) as member, group(sandbox.page_url, YOU) as admin:
        member.patience = admin.patience = 30
        assert "only its admins" in (await member.ask(f"/position{at} save ten {TRADE}"))["text"]
        assert "Saved as ten" in (await admin.ask(f"/position{at} save ten {TRADE}"))["text"]
        assert "24.2x" in (await member.ask(f"/leverage{at} ten"))["text"]
