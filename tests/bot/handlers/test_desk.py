"""Conversations about the desk's commands: words, buttons, forms, files, a chat's own numbers."""

from __future__ import annotations

from tests.bot.handlers.conftest import Running
from tests.sandbox_client import Chat

TRADE = "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2% margin 1850 face 100m buffer 500k"
BASKET = """TYH7 112-16+ repo 3.90 vol 100
4.25% 11/15/34 100-30
4% 5/15/34 100-03
4.5% 11/15/33 103-21+"""


async def pressed(you: Chat, message: dict, label: str) -> dict:
    await you.press(message, label)
    return (await you.until(bool, message["message_id"]))[-1]


async def test_a_basket_is_ranked_and_its_pages_open(you: Chat, bot: Running):
    answer = await you.ask(f"/ctd {BASKET}")
    assert answer["text"].startswith("TYH7: 4.5 11/33 is cheapest to deliver")
    await bot.stop()
    await bot.start()
    for label, words in (
        ("Yield shifts", "on the delivery day, by yield shift"),
        ("Delivery option", "right to choose the bond"),
        ("First/last day", "delivered on the first or the last day"),
        ("Hedge", "Futures DV01"),
        ("Formula", "Switch option ="),
    ):
        await you.press(answer, label)
        found = await you.until(lambda seen, w=words: any(w in m.get("text", "") for m in seen))
        assert found
