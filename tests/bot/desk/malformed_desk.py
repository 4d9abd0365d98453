"""What people and machines may send after the desk's commands that nothing can be made from."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bot.desk.asking import BASKET, BONDS, HEAD, TRADE

_SPIRAL = "size 1tn 2y 40% 5y 60% haircut 1% margin 2% shock margin x1.5 haircut +1% basis -4"


def _list(words: str) -> list[str]:
    return words.split()


BAD_NUMBERS = _list(
    "nan inf -inf 1e308 NaN Infinity 0x10 4..3 -- - % %% \u0663 9e99 1e-400 four \u00bd\u00bd"
)
BAD_PRICES = _list(
    "0 -1 112-32 112-99 112-4 112-164 112-169 112-16++ 112--16 1e308 nan inf 1001 112,5 "
    "112-3x 999999999999999999999 -112-16 112-325 112-16-"
)
BAD_DATES = _list("13/15/34 2034-02-30 0/15/34 99/99 2034-13-01 11/31/34 2034年13月1日 0000-00-00")
HOSTILE = (
    "\x00",
    "\u202e\u202d",
    "<b>TYH7</b>",
    "'; DROP TABLE positions; --",
    "{value} {culprit}",
    "%s %d {0}",
    "TYH7 " * 5000,
    "112-16 " * 10_000,
    "9" * 5000,
    "4.25 11/15/34 100-30 " * 4000,
    "= = =",
    ", , ,",
    "回购 回购 回购",
    "基差 怎么算",
    "TYH7 多少",
    "\U0001f4c8 \U0001f4c9",
    "/ctd /ctd",
    "TYH7 TYM7 TYU7",
)


def _ctd() -> Iterator[str]:
    for bad in BAD_PRICES:
        yield BASKET.replace("112-16+", bad)
        if bad not in {"112-164"}:
            yield f"{HEAD}\n4.25% 11/15/34 {bad}"
    for bad in BAD_DATES:
        yield f"{HEAD}\n4.25% {bad} 100-30"
        yield f"{BASKET} settle {bad}"
    for bad in BAD_NUMBERS:
        yield BASKET.replace("repo 3.90", f"repo {bad}")
        yield BASKET.replace("vol 100", f"vol {bad}")
    yield from (
        f"{HEAD}\n4.25 11/15/24 100-30",
        f"{HEAD}\n4.25 11/15/54 100-30",
        f"{HEAD}\n91282CJZ6 99-24",
        f"{HEAD}\n91282CJZ5 99-24",
        f"{HEAD}\n{BONDS[0]} extra",
        f"{HEAD}\ncoupon,maturity,price\n4.25,,100-30",
        f"{HEAD}\ncoupon,maturity,price\n,2034-11-15,100-30",
        f"{HEAD}\ncoupon,maturity,price\n4.25,2034-11-15,",
        f"{HEAD}\ncoupon,maturity,price\n4.25,2034-11-15,abc",
        f"{HEAD}\ncoupon,maturity,price\n",
        f"{BASKET} settle 2027-04-20",
        f"{BASKET} date 2027-06-30",
        f"{BASKET} roll XXM7 112",
        f"{BASKET} roll",
        f"{BASKET} repo 101",
        f"{BASKET.replace('repo 3.90', 'repo 101')}",
        BASKET.replace("TYH7", "TYF7"),
        BASKET.replace("TYH7", "TYH6"),
        BASKET.replace("TYH7", "USH7"),
        HEAD,
    )


def _trade(ending: str) -> Iterator[str]:
    for bad in BAD_NUMBERS:
        for key in ("repo 3.90", "haircut 2%", "margin 1850", "face 100m", "buffer 500k"):
            yield f"{TRADE.replace(key, f'{key.split()[0]} {bad}')}{ending}"
    for bad in BAD_PRICES[:9]:
        yield f"{TRADE.replace('112-16+', bad)}{ending}"
    for bad in BAD_DATES:
        yield f"{TRADE.replace('11/15/34', bad)}{ending}"
    yield from (
        f"{TRADE.replace('4.25%', '26%')}{ending}",
        f"{TRADE.replace('11/15/34', '11/15/24')}{ending}",
        f"{TRADE.replace('TYH7', 'ESZ6')}{ending}",
        f"{TRADE} settle 2027-04-20{ending}",
        f"{TRADE} lots -3{ending}",
        f"{TRADE} 912810TW9{ending}",
        f"{TRADE} face 1{ending}",
        f"unknown_position{ending}",
    )


def _pnl() -> Iterator[str]:
    yield from _trade(" to 2026-12-24 112-20 101-02")
    for bad in BAD_PRICES[:8]:
        yield f"{TRADE} to 2026-12-24 {bad} 101-02"
    for bad in BAD_DATES:
        yield f"{TRADE} to {bad} 112-20 101-02"
    yield from (f"{TRADE} to to to", f"{TRADE} roll roll", "to", "roll TYM7 112-08")


def _stress() -> Iterator[str]:
    yield from _trade(" mar2020")
    for bad in BAD_NUMBERS:
        yield f"{TRADE} shock yield {bad}"
        yield f"{TRADE} shock basis {bad}"
        yield f"{TRADE} shock 5 margin {bad}"
    yield from (
        f"{TRADE} mar2019",
        f"{TRADE} shock shock",
        f"{TRADE} from 2020-03-09 until 2020-03-01",
        f"{TRADE} from 2020-02-30 until 2020-03-09",
        f"{TRADE} shock 99999 yield 5",
        f"{TRADE} shock yield 1e6",
    )


def _leverage() -> Iterator[str]:
    yield from _trade("")
    for bad in BAD_NUMBERS:
        yield f"haircut {bad} margin 1.8%"
        yield f"haircut 2% margin {bad}"
        yield f"haircut 2% equity {bad}"
    yield from ("haircut", "haircut haircut", "margin 1850", "haircut 101%", "margin 300%")


def _spiral() -> Iterator[str]:
    for bad in BAD_NUMBERS:
        yield _SPIRAL.replace("size 1tn", f"size {bad}")
        yield _SPIRAL.replace("haircut 1%", f"haircut {bad}", 1)
        yield _SPIRAL.replace("margin x1.5", f"margin {bad}")
        yield _SPIRAL.replace("basis -4", f"basis {bad}")
    yield from (
        _SPIRAL.replace("40%", "90%"),
        _SPIRAL.replace("2y", "2w"),
        _SPIRAL.partition(" shock")[0],
        "shock",
        "size 1tn",
        f"{_SPIRAL} impact",
    )


MALFORMED: dict[str, tuple[str, ...]] = {
    "ctd": (*_ctd(), *HOSTILE),
    "carry": (*_trade(""), *HOSTILE),
    "pnl": (*_pnl(), *HOSTILE),
    "leverage": (*_leverage(), *HOSTILE),
    "stress": (*_stress(), *HOSTILE),
    "spiral": (*_spiral(), *HOSTILE),
    "dates": ("TY 112", "TYF7", "TYH7 x", "112", "H7", *HOSTILE),
}
