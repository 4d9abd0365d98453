"""/alert, sections, pause and /status in chat, in both languages."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.sandbox.server import Sandbox
from bot.sandbox.world import COLLEAGUE, YOU
from tests.bot.handlers.conftest import Running
from tests.sandbox_client import Chat, buttons, group

BOT = "@basis_sandbox_bot"


async def test_an_alert_is_set_in_words_listed_and_dropped_by_its_button(you: Chat):
    made = await you.ask("/alert TY net short > 100k")
    assert "TY net short > 100,000 contracts" in made["text"]
    assert "already beyond it" in made["text"]
    await you.ask("/alert SOFR-IORB > 15bp")
    listed = await you.ask("/alert")
    assert "2. SOFR over IORB > 15 bp: not crossed" in listed["text"]
    await you.press(listed, "Drop 1")
    left = await you.edited(listed)
    assert "TY" not in left["text"].split("Another")[0]
    assert "1. SOFR over IORB" in left["text"]
    assert "Alerts: 1 set, 0 crossed now" in (await you.ask("/status"))["text"]


async def test_an_alert_in_chinese_and_by_the_buttons_of_an_empty_list(you: Chat):
    await you.ask("/settings 中文")
    empty = await you.ask("/alert")
    assert "这里没有提醒" in empty["text"]
    await you.press(empty, "总分 > 65")
    [made, *_] = await you.until(bool, empty["message_id"])
    assert "总分 > 65" in made["text"]
    assert "目前没有可比较的数值" in made["text"]
    assert "TY 净空头周变化 > +10%" in (await you.ask("/alert TY 净空头变化 > 10%"))["text"]


async def test_words_that_are_no_alert_are_named_with_an_example(you: Chat):
    for typed, said in (
        ("hello <b>", "cannot read “hello <b>”"),
        ("basis > 3", "nothing called “basis”"),
        ("score > 65bp", "“65bp” has the wrong unit"),
    ):
        answer = await you.ask(f"/alert {typed}")
        assert said in answer["text"]
        assert "/alert" in answer["text"]


async def test_a_group_s_alerts_are_its_admins_affair(bot: Running, sandbox: Sandbox):
    async with group(sandbox.page_url, COLLEAGUE) as member, group(sandbox.page_url, YOU) as admin:
        member.patience = admin.patience = 30
        assert "only its admins" in (await member.ask(f"/alert{BOT} score > 65"))["text"]
        assert "Alert set" in (await admin.ask(f"/alert{BOT} score > 65"))["text"]
        assert "1. SCORE > 65" in (await member.ask(f"/alert{BOT}"))["text"]


async def test_sections_and_pause_by_buttons(you: Chat):
    done = await you.ask("/subscribe 周一 8:00 上海")
    assert "every Monday at 08:00 (Shanghai)" in done["text"]
    await you.press(done, "Sections")
    shown = await you.edited(done)
    assert next(b["text"] for b in buttons(shown)) == "✓ Positions"
    await you.press(shown, "✓ Charts")
    shown = await you.edited(shown)
    assert "✗ Charts" in [b["text"] for b in buttons(shown)]
    await you.press(shown, "Back")
    back = await you.edited(shown)
    await you.press(back, "Pause")
    paused = await you.edited(back)
    assert "is paused" in paused["text"]
    assert "paused; /subscribe resumes it" in (await you.ask("/status"))["text"]
    await you.press(paused, "Resume")
    assert "comes every Monday" in (await you.edited(paused))["text"]


async def test_stop_ends_alerts_too(you: Chat):
    await you.ask("/alert score > 65")
    assert "have ended" in (await you.ask("/stop"))["text"]
    assert "No alerts here" in (await you.ask("/alert"))["text"]


async def test_status_tells_the_operator_how_delivery_stands(
    bot: Running, sandbox: Sandbox, you: Chat
):
    assert "For the operator" not in (await you.ask("/status"))["text"]
    await bot.stop()
    bot.settings = replace(bot.settings, admins=(YOU,))
    await bot.start()
    told = (await you.ask("/status"))["text"]
    assert "uncertain sends 0" in told
    assert "Chats: 1 active" in told


SCHEDULES = {
    "fri 18:00 New York": "every Friday at 18:00 (New York)",
    "Shanghai": "every Friday at 18:00 (Shanghai)",
    "monday": "every Monday at 18:00 (Shanghai)",
    "7am": "every Monday at 07:00 (Shanghai)",
    "UTC+8": "every Monday at 07:00 (UTC+8)",
    "every Tuesday at 8 in Sao Paulo": "every Tuesday at 08:00 (America/Sao Paulo)",
    "thurs. 5:30 p.m. eastern time": "every Thursday at 17:30 (New York)",
    "中文": "每周四 17:30（纽约）",
    "每周五晚上八点 北京时间": "每周五 20:00（上海）",
    "上海": "每周五 20:00（上海）",
    "周一８点半": "每周一 08:30（上海）",
    "Asia/Shanghai": "每周一 08:30（上海）",
    "english": "every Monday at 08:30 (Shanghai)",
}
REFUSED = {
    "fri 18:00 Singapor": "Did you mean Singapore?",
    "fri 18:00 CST": "more than one time zone. Name a city, such as Chicago, Shanghai",
    "daily 9:00": "once a week, so “daily” is too often",
    "UTC+20": "No clock is “UTC+20” away",
    "fri 25:00": "cannot read “25:00”",
    "fri 18:00 <b>": "cannot read “&lt;b&gt;”",
}


async def test_a_schedule_is_made_and_changed_in_words_of_many_kinds(you: Chat):
    for typed, said in SCHEDULES.items():
        assert said in (await you.ask(f"/subscribe {typed}"))["text"], typed
    for typed, said in REFUSED.items():
        answer = await you.ask(f"/subscribe {typed}")
        assert said.replace("&lt;b&gt;", "<b>") in answer["text"], typed
        assert "/subscribe" in answer["text"]
    assert "every Monday at 08:30 (Shanghai)" in (await you.ask("/subscribe"))["text"]


async def test_the_language_of_the_digest_is_changed_by_its_button(you: Chat):
    done = await you.ask("/subscribe sat 10:00 London")
    await you.press(done, "中文")
    chinese = await you.edited(done)
    assert "每周六 10:00（伦敦）" in chinese["text"]
    await you.press(chinese, "English")
    assert "every Saturday at 10:00 (London)" in (await you.edited(chinese))["text"]


ALERTS = {
    "when the score rises above 65": "SCORE > 65",
    "SOFR-IORB spread > 0.15%": "SOFR over IORB > 15 bp",
    "TY net short w/w > 10%": "TY net short, change on the week > +10%",
    "TY net short > 2.5m contracts": "TY net short > 2,500,000 contracts",
    "当评分超过65时提醒我": "SCORE > 65",
    "ＳＯＦＲ－ＩＯＲＢ＞１５ｂｐ": "SOFR over IORB > 15 bp",
    "ＴＹ净空头变化＞１０％": "TY net short, change on the week > +10%",
    "10年期国债收益率超过5%": "10-year yield > 5%",
}


async def test_alerts_in_sentences_chinese_and_full_width(you: Chat):
    for typed, said in ALERTS.items():
        answer = await you.ask(f"/alert {typed}")
        assert said in answer["text"], (typed, answer["text"])
    out = await you.ask("/alert score > 1000")
    assert "a bound lies between 0 and 100" in out["text"]


def _use_up(file: Path) -> str:
    """Write down that this week's digest went out; return the local instant promised till then."""
    with contextlib.closing(sqlite3.connect(file, timeout=30)) as link, link:
        sub, user, due = link.execute("SELECT id, user_id, next_due FROM subscriptions").fetchone()
        (chat,) = link.execute("SELECT chat_id FROM users WHERE id = ?", (user,)).fetchone()
        day = datetime.fromtimestamp(due / 1_000_000, UTC).date()
        year, week, _ = day.isocalendar()
        row = {"kind": "digest", "sub_id": sub, "period": f"{year}-W{week:02}", "chat_id": chat,
               "part": 0, "policy": "resend", "state": "sent", "not_before": due, "epoch": 0,
               "attempts": 0, "uncertain": 0, "created": due}  # fmt: skip
        marks = ", ".join(f":{name}" for name in row)
        link.execute(f"INSERT INTO outbox ({', '.join(row)}) VALUES ({marks})", row)  # noqa: S608 - our own names
    return day.isoformat()


@pytest.mark.parametrize(
    ("words", "says"),
    [("/subscribe wed 13:00 UTC", "Each week has one digest"),
     ("/subscribe 周三 13:00 UTC 中文", "每周只有一期摘要")],
)  # fmt: skip
async def test_where_the_week_is_used_up_the_week_after_is_promised_and_said(
    you: Chat, tmp_path: Path, words: str, says: str
):
    first = (await you.ask(words))["text"]
    due = _use_up(tmp_path / "basisbot.db")
    assert due in first
    assert says not in first
    later = (date.fromisoformat(due) + timedelta(days=7)).isoformat()
    again = (await you.ask(words))["text"]
    assert says in again
    assert later in again
    assert due not in again
    assert f"{later} 13:00" in (await you.ask("/status"))["text"]
