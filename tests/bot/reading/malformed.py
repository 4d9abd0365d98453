"""What people and machines may send after /basis that no calculation can be made from."""

from __future__ import annotations

from tests.bot.desk.test_request import FULL


def _list(words: str) -> list[str]:
    return words.split()


CONTRACT, FUTURES, COUPON, MATURITY, CASH, _, REPO, _, HAIRCUT = FULL.split()

_BAD_PRICES = _list(
    "0 -1 -112-16 112-32 112-99 112-4 112-164 112-169 112-16++ 112--16 112-1 1e308 1e5 nan inf "
    "-inf NaN Infinity 112,5 1001 99999999999999999999 112-16/32 112-165.5 +112 112%% "
    "0x70 ١١٢ 112-16- .. - ' + 112-320 1112-16 -0 0-00 000 112.5.5 112-16+5 $ $-5 112-3x"
)
_BAD_DATES = _list(
    "13/15/34 0/15/34 11/31/34 2034-02-30 2034-13-01 2034-00-10 15/11/34 99/99 11/15/1834 "
    "2034-11-99 32Nov2034 0/34 13/34 2034年13月 2034年2月30日 11/15/24 2010-11-15 11/15/99 "
    "2200-01-01 0000-00-00 11/15/54 2027-11-15 31/31/31"
)
_BAD_RATES = _list(
    "nan inf 1e308 4..3 4,3,3 4.3%% %4.3 bp 4.3x four 4.3.3 -- - ٣ 101 -26 1000000bp "
    "99999999999999999999999 0x4 4e2"
)
_BAD_CONTRACTS = _list(
    "TYF7 TY TYH TYH123 XXH7 ZZZ9 TYH-7 HTY7 TYH7H7 CLZ6 ESZ6 FGBLZ6 TYH99999 TUX7 3YA7 TYQ7 "
    "TY7 T7 TYHH7 US UBUB7"
)
_BAD_COUPONS = _list("abc 4.25.25 -4.25% 26% 4-9/8 9/8 100% 25.01%")
_BAD_DOLLARS = _list("abc 1e9 -5 $ 100q 1亿亿 nan inf -1亿 9999999tn 1.2.3")
_BAD_FACTORS = _list("abc 0 -0.9 1.2.3 nan 9.5 0.05 1e0 90%")

MALFORMED = [
    *(FULL.replace(FUTURES, bad) for bad in _BAD_PRICES),
    *(FULL.replace(CASH, bad) for bad in _BAD_PRICES if bad != "112-164"),
    *(FULL.replace(MATURITY, bad) for bad in _BAD_DATES),
    *(f"{FULL} settle {bad}" for bad in _BAD_DATES if bad[:4] not in {"2010", "2027", "11/1"}),
    *(FULL.replace(REPO, bad) for bad in _BAD_RATES),
    *(FULL.replace(HAIRCUT, bad) for bad in _BAD_RATES),
    *(FULL.replace(CONTRACT, bad) for bad in _BAD_CONTRACTS),
    *(FULL.replace(COUPON, f"coupon {bad}") for bad in _BAD_COUPONS),
    *(f"{FULL} margin {bad}" for bad in _BAD_DOLLARS),
    *(f"{FULL} face {bad}" for bad in _BAD_DOLLARS),
    *(f"{FULL} cf {bad}" for bad in _BAD_FACTORS),
    "\x00",
    "\u202e\u202d",
    "<b>TYH7</b>",
    "TYH7 " * 5000,
    "9" * 5000,
    "回购",
    "基差 怎么算",
    "TYH7 多少",
    "请算 TYH7 112-16+ 4.25% 11/15/34 100-30",
    "TYH7 112-16+ 912810TW9 98-24+",
    "TYH7 112-16+ 91282CJZ 98-24+",
    "TYH7 112-16+ AAAAAAAAA 98-24+",
    "{value} {culprit}",
    "%s %d {0}",
    "'; DROP TABLE users; --",
    "/basis",
    "/basis /basis",
    "TYH7 TYM7 TYU7",
    "repo repo repo",
    "= = =",
    ", , ,",
    "\U0001f4c8 \U0001f4c9",
]
