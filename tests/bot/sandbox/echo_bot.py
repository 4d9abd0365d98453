"""A small python-telegram-bot application that shows all that the page has to draw."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw
from telegram import (
    BotCommand,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Update,
)
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.sandbox.server import Sandbox

TABLE = """\
Position      net, contracts
2Y   (TU)         -1,842,310
5Y   (FV)         -2,310,942
10Y  (TY)         -1,702,115
Ultra (UB)          -411,870"""
RICH = f"""<b>Net basis 2.5/32</b> (+$781 per $1mm)
<pre>{TABLE}</pre>
Formula: <i>gross basis - carry</i>, quoted as <code>112-16+</code>; see \
<a href="https://www.cmegroup.com/">CME</a> and /help. <tg-spoiler>Answer: 3.70 %</tg-spoiler>
<blockquote expandable>[1] Federal Reserve, FEDS Notes, as of 2024-03-08
[2] CFTC, Traders in Financial Futures, as of 2026-10-13
[3] Office of Financial Research, Hedge Fund Monitor, as of 2026-06-30
[4] New York Fed, SOFR, as of 2026-10-19
[5] Treasury, par yield curve, as of 2026-10-19</blockquote>"""
ZH = (Path(__file__).parent / "answer_zh.html").read_text(encoding="utf-8").strip()
KEYS = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("Chart", callback_data="chart"),
            InlineKeyboardButton("Stress +25bp", callback_data="stress"),
        ],
        [
            InlineKeyboardButton(
                "Copy the example", copy_text=CopyTextButton("/basis TYH7 112-165")
            ),
            InlineKeyboardButton("Source", url="https://www.cftc.gov/"),
        ],
    ]
)
COMMANDS = [
    BotCommand("start", "What this bot can do"),
    BotCommand("basis", "Basis of one bond against its contract"),
    BotCommand("photo", "A chart"),
    BotCommand("long", "A long message"),
]
COMMANDS_ZH = [
    BotCommand("start", "\u8fd9\u4e2a\u673a\u5668\u4eba\u80fd\u505a\u4ec0\u4e48"),
    BotCommand("basis", "\u4e00\u53ea\u503a\u5238\u5bf9\u671f\u8d27\u7684\u57fa\u5dee"),
]


def chart() -> bytes:
    picture = Image.new("RGB", (1200, 675), "white")
    draw = ImageDraw.Draw(picture)
    points = [(100 + 50 * n, 500 - (n * 37) % 260) for n in range(20)]
    draw.line(points, fill="#2473c2", width=6)
    draw.rectangle((90, 60, 1110, 560), outline="#99aabb", width=2)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    user = update.effective_user
    zh = user is not None and (user.language_code or "").startswith("zh")
    if update.effective_message:
        await update.effective_message.reply_html(ZH if zh else RICH, reply_markup=KEYS)


async def photo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    if update.effective_message:
        caption = "<b>Leveraged funds</b>, net short in millions of contracts, as of 2026-10-13."
        await update.effective_message.reply_photo(chart(), caption=caption, parse_mode="HTML")
        await update.effective_message.reply_document(b"date,net\n", filename="positions.csv")


async def long(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    if update.effective_message:
        words = "The repo rate is the price of the cash that carries the bond. " * 60
        await update.effective_message.reply_text(words.strip())


async def pressed(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    query = update.callback_query
    if query:
        await query.answer(f"You pressed {query.data}")
        await query.edit_message_text(f"You chose <b>{query.data}</b>.", parse_mode="HTML")


async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    message = update.effective_message
    if message and message.text:
        await message.reply_text(message.text)
    elif message and message.document:
        await message.reply_text(
            f"{message.document.file_name}: {message.document.file_size} bytes"
        )


@contextlib.asynccontextmanager
async def running(sandbox: Sandbox) -> AsyncIterator[Application]:  # type: ignore[type-arg]  # six of them
    """Run the bot against the sandbox."""
    builder = ApplicationBuilder().token(sandbox.token)
    app = builder.base_url(sandbox.api_base_url).base_file_url(sandbox.file_url).build()
    app.add_handler(CommandHandler(["start", "basis"], start))
    app.add_handler(CommandHandler("photo", photo))
    app.add_handler(CommandHandler("long", long))
    app.add_handler(CallbackQueryHandler(pressed))
    app.add_handler(MessageHandler(filters.ChatType.PRIVATE, echo))
    async with app:
        await app.start()
        await app.bot.set_my_commands(COMMANDS)
        await app.bot.set_my_commands(COMMANDS_ZH, language_code="zh")
        await app.bot.set_my_description(
            "Ask about the Treasury basis trade.\nCalculate. Subscribe."
        )
        await app.updater.start_polling(poll_interval=0, timeout=2)
        try:
            yield app
        finally:
            # Also where the test failed: what it leaves running would fail the tests after it.
            await app.updater.stop()
            await app.stop()
