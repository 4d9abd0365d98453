"""What the calculators answer to some four hundred lines, rows and forms -> a file to compare with.

    python -m tests.record take FILE        write what this checkout answers
    python -m tests.record against FILE     list what it answers otherwise than the file says

It is no test: a change that is meant shows up here, with its line, before anybody has to find it.
The day is fixed, no feed is asked, and the rows of the recorded cases are named by their ids only.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.app import run
from bot.assistant import make_assistant
from bot.console.asking import desk_json, desk_text
from bot.delivery.pacing import Pace
from bot.i18n import LANGS, Lang
from bot.render.trouble import sentence
from bot.sandbox.server import Sandbox
from bot.settings import Secret, Settings
from tests.sandbox_client import Chat, buttons
from tools.batch import compute
from tools.errors import CalculatorError

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
ROOT = Path(__file__).parent.parent

BONDS = (
    "TYH7 112-16+ 4.25% 11/15/34 100-30",
    "FVH7 108-11¾ 4.125% 2031-10-31 101-12",
    "TUH7 103-24+ 3.875% 2028-12-31 100-06",
    "USH7 116-22 4.5% 11/15/44 98-16",
    "UBH7 121-05 4.625% 5/15/54 99-28",
    "TNH7 114-08 4.25% 8/15/36 100-02",
)
# Words that may stand behind a trade, English beside Chinese.
REPO = ("repo 3.90", "回购 3.90")
FUNDED = (
    "repo 3.90 haircut 2% margin 1850 face 100m buffer 500k",
    "回购 3.90 折扣率 2% 保证金 1850 面值 1亿 缓冲 50万",
)
SETTLE = ("settle 2026-12-01", "结算 2026-12-01")
EXTRAS: dict[str, tuple[tuple[str, str], ...]] = {
    "basis": (
        ("", ""), REPO, ("repo 3.90 haircut 2%", "回购 3.90 折扣率 2%"),
        ("repo 3.90 date 2027-03-15", "回购 3.90 交割日 2027-03-15"),
        ("repo 3.90 cf 0.8955", "回购 3.90 转换因子 0.8955"),
        ("repo 3.90 haircut 2% margin 1850", "回购 3.90 折扣率 2% 保证金 1850"),
    ),
    "carry": (REPO, ("repo 3.90 haircut 2% margin 1850", "回购 3.90 折扣率 2% 保证金 1850")),
    "leverage": (FUNDED, (FUNDED[0] + " lots 500", FUNDED[1] + " 手数 500"),
        (FUNDED[0] + " rolling 50%", FUNDED[1] + " 展期比例 50%")),
    "pnl": (
        (FUNDED[0] + " to 2026-12-24 112-20 101-02", FUNDED[1] + " 至 2026-12-24 112-20 101-02"),
        (FUNDED[0] + " lots 500 to 2026-12-31 112-10 100-28", FUNDED[1] + " 手数 500 至 2026-12-31 112-10 100-28"),
    ),
    "stress": (
        (FUNDED[0] + " mar2020", FUNDED[1] + " mar2020"),
        (FUNDED[0] + " shock 5 basis -8 margin x1.5", FUNDED[1] + " 冲击 5 基差 -8 保证金 x1.5"),
        (FUNDED[0] + " shock 5 yield -20 haircut +1%", FUNDED[1] + " 冲击 5 收益率 -20 折扣率 +1%"),
    ),
}  # fmt: skip
BASKET = "4.25% 11/15/34 100-30 4% 5/15/34 100-03 4.5% 11/15/33 103-21+"
OTHERS: tuple[tuple[str, str], ...] = (
    (f"/ctd TYH7 112-16+ repo 3.90 {SETTLE[0]} {BASKET}", f"/ctd TYH7 112-16+ 回购 3.90 {SETTLE[1]} {BASKET}"),
    (f"/ctd TYH7 112-16+ repo 3.90 {SETTLE[0]} vol 90 {BASKET}", f"/ctd TYH7 112-16+ 回购 3.90 {SETTLE[1]} 波动率 90 {BASKET}"),
    ("/spiral size 1tn 2y 40% 5y 30% 10y 30% haircut 1% margin 2% shock margin x1.5 haircut +1% basis -4",
     "/spiral 规模 1万亿 2y 40% 5y 30% 10y 30% 折扣率 1% 保证金 2% 冲击 保证金 x1.5 折扣率 +1% 基差 -4"),
    ("/leverage haircut 2% margin 1%", "/leverage 折扣率 2% 保证金 1%"),
    ("/leverage TYH7 112-16+ haircut 2% margin 1850", "/leverage TYH7 112-16+ 折扣率 2% 保证金 1850"),
    *((f"/dates {code}", f"/dates {code}") for code in ("TYH7", "FVH7", "TUM7", "USZ6", "UBU7", "TNH8", "Z3NH7", "TYZ26", "TNM7", "FVZ7", "UBH8", "TYH9", "USU7", "TUH7")),
    # What is refused, and what is offered instead.
    ("/basis", "/basis"), ("/basis TYH7", "/basis TYH7"), ("/ctd", "/ctd"), ("/pnl", "/pnl"),
    ("/basis TYH7 112-325 4.25% 11/15/34 100-30", "/basis TYH7 112-325 4.25% 11/15/34 100-30"),
    ("/basis TYH7 112-16 4.25% 11/15/38 100-30", "/basis TYH7 112-16 4.25% 11/15/38 100-30"),
    ("/basis TYH7 112-16 4.25% 11/15/34 100-30 repoo 3.9", "/basis TYH7 112-16 4.25% 11/15/34 100-30 回沟 3.9"),
    ("/basis TYH7 112-16 4,25% 11/15/34 100-30", "/basis TYH7 112-16 4,25% 11/15/34 100-30"),
    ("/basis ZZH7 112-16 4.25% 11/15/34 100-30", "/basis ZZH7 112-16 4.25% 11/15/34 100-30"),
    ("/leverage haircut 120% margin 1%", "/leverage 折扣率 120% 保证金 1%"),
    ("/dates TYX7", "/dates TYX7"), ("/spiral size 1tn", "/spiral 规模 1万亿"),
)  # fmt: skip
FORMS = ("basis", "ctd", "carry", "pnl", "leverage", "stress", "spiral", "dates")
STEPS = 14  # no form has more
# What is typed where a step shows a keypad, by what its question names; the first that fits.
TYPED = (
    ("Futures price", "112-16+"), ("期货价格", "112-16+"), ("repo", "3.90"), ("回购", "3.90"),
    ("haircut", "2%"), ("折扣率", "2%"), ("margin", "1850"), ("保证金", "1850"), ("oupon", "4.25"),
    ("票息", "4.25"), ("rice", "100-30"), ("价格", "100-30"), ("", "5"),
)  # fmt: skip


def lines() -> Iterator[tuple[str, Lang, str]]:
    """Yield an id, a language and a command line."""
    for command, extras in EXTRAS.items():
        for bond in BONDS:
            for n, extra in enumerate(extras):
                for i, lang in enumerate(LANGS):
                    words = f"/{command} {bond} {SETTLE[i]} {extra[i]}".strip()
                    yield f"{command}-{bond[:4]}-{n}-{lang}", lang, words
    for n, pair in enumerate(OTHERS):
        for i, lang in enumerate(LANGS):
            yield f"other-{n}-{lang}", lang, pair[i]


def answer_line(lang: Lang, line: str) -> Any:
    """Return what a command line comes to: its JSON and its text, or the error with its offer."""
    joined = make_assistant(Settings(data_dir=Path(tempfile.mkdtemp())), now=lambda: NOON)
    command, _, words = line.removeprefix("/").partition(" ")
    known = joined.known(basket="")
    try:
        desk = joined.desk(command, words, known)
        return {"json": desk_json(desk, lang), "text": desk_text(desk, lang, joined.claims)}
    except CalculatorError as error:
        offer = joined.mend_desk(command, words, error, known)
        return {"error": error.code, "says": sentence(error, lang), "offer": offer}


def rows() -> Iterator[tuple[str, Any]]:
    """Yield the id of each recorded case with what its row comes to."""
    reference = os.environ.get("BASISBOT_REFERENCE_DIR", "../shared/reference")
    path = (ROOT / reference / "basis_cases.json").resolve()
    if not path.exists():
        sys.stderr.write("no recorded cases here: the rows are left out\n")
        return
    cases = json.loads(path.read_text("utf-8"))
    for case in cases if isinstance(cases, list) else cases["cases"]:
        try:
            yield f"row-{case['id']}", compute(case["kind"], case["inputs"])
        except CalculatorError as error:
            yield f"row-{case['id']}", {"error": error.code}


async def walks() -> dict[str, Any]:
    """Return each form in each language: what it shows when its first button is always pressed."""
    shown: dict[str, Any] = {}
    for lang in LANGS:
        box = Sandbox(webhook_wait=0.05)
        await box.start()
        settings = Settings(
            token=Secret(box.token), api_base_url=box.api_base_url, api_file_url=box.file_url,
            data_dir=Path(tempfile.mkdtemp()), feeds=False,
        )  # fmt: skip
        stop, haste = asyncio.Event(), (1000, 1.0)
        pace = Pace(haste, haste, haste)
        bot = asyncio.create_task(run(settings, stop=stop, pace=pace, now=lambda: NOON, warm=False))
        async with Chat(box.page_url, patience=2.0) as you:
            await you.ask("/settings en" if lang == "en" else "/settings zh")
            for command in FORMS:
                shown[f"form-{command}-{lang}"] = await _walk(you, f"/{command}")
        stop.set()
        await bot
        await box.stop()
    return shown


async def _walk(you: Chat, command: str) -> list[str]:
    message = await you.ask(command)
    seen = [message.get("text", "")]
    for _ in range(STEPS):
        choices = [b["text"] for b in buttons(message) if "callback_data" in b]
        if not choices:
            break
        try:
            if "7" in choices and "8" in choices:
                question = message["text"].rstrip().rpartition("\n")[2]
                value = next(value for word, value in TYPED if word in question)
                await you.say(value, reply_to=message["message_id"])
            else:
                await you.press(message, "TY" if "TY" in choices else choices[0])
            message = await you.edited(message)
        except AssertionError:  # the last step is an answer of its own
            break
        seen.append(message.get("text", ""))
    return seen


def answers() -> dict[str, Any]:
    """Return everything, by id."""
    found = {name: answer_line(lang, line) for name, lang, line in lines()}
    found.update(rows())
    found.update(asyncio.run(walks()))
    return json.loads(json.dumps(found, default=str))


def main(arguments: list[str]) -> int:
    """Take the record or compare with one; 1 where something differs."""
    if len(arguments) != 2 or arguments[0] not in {"take", "against"}:
        sys.stderr.write(__doc__ or "")
        return 2
    path, now = Path(arguments[1]), answers()
    if arguments[0] == "take":
        path.write_text(json.dumps(now, ensure_ascii=False, indent=1, sort_keys=True), "utf-8")
        sys.stdout.write(f"{len(now)} answers in {path}\n")
        return 0
    before = json.loads(path.read_text("utf-8"))
    changed = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    for name in changed:
        sys.stdout.write(f"\n## {name}\n- {before.get(name)}\n+ {now.get(name)}\n")
    sys.stdout.write(f"\n{len(changed)} of {len(now)} answers differ\n")
    return int(bool(changed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
