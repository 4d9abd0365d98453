"""Settlements from a CSV of one's own, read whole or refused; CTDs and implied repo rates."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.i18n import LANGS, Lang, say
from bot.render.digest.data import digest_csv, digest_json
from bot.render.digest.messages import market_message
from bot.render.digest.text import LIMIT, digest_html, digest_text
from bot.render.feeds import feed_line
from bot.render.html import measure
from bot.week import compose
from tools.contracts import ContractMonth
from tools.conversion import conversion_factor
from tools.market.bundled import bundled_market
from tools.market.data import FUTURES_FILE as FILE
from tools.market.data import MarketData, Security, values_frame
from tools.market.errors import FeedError
from tools.market.futures import parse, read_futures
from tools.market.implied import implied_repos, lack
from tools.market.store import MarketShelf, load_market
from tools.positions import TREASURY

DAY = date(2026, 7, 17)
TY = ContractMonth("TY", 2026, 9)
FV = ContractMonth("FV", 2026, 12)
# Two that are deliverable into TYU6, and one that is too long for it.
MAY = Security("91282MAY0", 4.0, date(2033, 5, 15), *3 * (date(2023, 5, 15),))
AUG = Security("91282AUG0", 3.5, date(2033, 8, 15), *3 * (date(2023, 8, 15),))
LONG = Security("912810LNG", 4.0, date(2037, 5, 15), *3 * (date(2005, 5, 15),))


def market(
    price: float, prices: dict[str, float] | None = None, sofr: float | None = 0.0366
) -> MarketData:
    days = [date(2026, 7, 16)] if sofr else []
    return replace(
        bundled_market(),
        values=values_frame("sofr", days, [sofr] if sofr else [], "nyfed_sofr"),
        securities=(MAY, LONG, AUG),
        prices={DAY: prices or {MAY.cusip: 98.5, LONG.cusip: 98.5, AUG.cusip: 97.0}},
        futures={DAY: {TY: price}},
    )


@pytest.mark.parametrize(
    "text",
    [
        "date,contract,settle\n2026-07-17,ZNU6,112-165\n2026-07-17,FVZ26,108.25\n",
        "\ufeffSettle;Volume;Contract;Date\r\n112.515625;9;TYU2026;2026-07-17\r\n\r\n"
        "108-08;1;ZFZ6;2026-07-17\r\n",
        "日期\t合约\t结算价\n2026-07-17\tTYU6\t112'165\n2026-07-17\tZFZ26\t108.25\n"
        "2026-07-17\tZFZ26\t108.25\n",
    ],
)
def test_a_file_is_read_as_people_write_it(text: str):
    assert parse(text.encode()) == {DAY: {TY: 112.515625, FV: 108.25}}


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("", "missing_field", "date"),
        ("date,contract,close\n", "missing_field", "settle"),
        ("date,contract,settle\n", "no_prices", "112-165"),
        ("date,contract,settle\n7/17/2026,TYU6,112-165\n", "bad_line", "line 2: 7/17/2026"),
        ("date,contract,settle\n\n2026-07-17,TYU6\n", "bad_line", "line 3: 2026-07-17,TYU6"),
        ("date,contract,settle\n2026-07-17,XXU6,112-165\n", "bad_line_because", "line 2: “XXU6”"),
        ("date,contract,settle\n2026-07-17,TYU6,n/a\n", "bad_line_because", "line 2: “n/a”"),
        ("date,contract,settle\n2026-07-17,TYU6,-5\n", "bad_line_because", "line 2: "),
        (
            "date,contract,settle\n2026-07-17,TYU6,112-165\n2026-07-17,ZNU6,112-16\n",
            "conflict", "TYU6 on 2026-07-17",
        ),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_named(text: str, code: str, told: str, tmp_path: Path):
    with pytest.raises(FeedError) as error:
        parse(text.encode())
    assert error.value.code == code
    (tmp_path / FILE).write_text(text)
    prices, status = read_futures(tmp_path)
    assert prices == {}
    assert status is not None
    assert told in feed_line(status, "en")
    assert feed_line(status, "zh")


def test_without_a_file_there_is_nothing_to_say(tmp_path: Path):
    assert read_futures(tmp_path) == ({}, None)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / FILE).write_text("date,contract,settle\n")

    def closed(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", closed)
    _, status = read_futures(tmp_path)
    assert status is not None
    assert "Permission denied" in feed_line(status, "en")


def test_a_new_file_is_seen_without_a_restart(tmp_path: Path):
    shelf, path = MarketShelf(tmp_path), tmp_path / FILE
    assert shelf().futures == {}
    path.write_text("date,contract,settle\n2026-07-17,TYU6,112-165\n")
    market = shelf.renew()
    assert market.futures == {DAY: {TY: 112.515625}}
    assert [(s.feed, s.newest, s.ok) for s in market.feeds] == [("futures_file", DAY, True)]
    path.write_text("date,contract,settle\nsoon,TYU6,112-165\n")
    os.utime(path, ns=(1, 1))
    assert [s.ok for s in shelf.renew().feeds] == [False]
    assert load_market(tmp_path).origin == "bundled"


def test_recorded_files_bring_their_own(tmp_path: Path):
    (tmp_path / "fred_SOFR.csv").write_text("observation_date,SOFR\n2026-07-16,3.66\n")
    (tmp_path / FILE).write_text("date,contract,settle\n2026-07-17,TYU6,112-165\n")
    assert load_market(None, tmp_path).futures == {DAY: {TY: 112.515625}}


def test_the_implied_repo_is_that_of_the_formula():
    """By hand: no coupon falls between Monday 20 July and 30 September, the last delivery day."""
    price = 110.0
    factor = conversion_factor(4.0, MAY.maturity, TY)
    paid = 98.5 + 2.0 * 66 / 184
    received = price * factor + 2.0 * 138 / 184
    by_hand = 100 * (received / paid - 1) * 360 / 72
    [made] = implied_repos(market(price), DAY)
    assert (made.contract, made.cusip, made.basket) == ("TYU6", MAY.cusip, 2)
    assert made.implied_repo_pct == pytest.approx(by_hand, abs=1e-9)
    assert made.over_sofr_bp == pytest.approx(100 * (by_hand - 3.66), abs=1e-7)
    assert (made.day, made.sofr_day) == (DAY, date(2026, 7, 16))
    assert (made.futures_price, made.clean_price, made.coupon_pct) == (price, 98.5, 4.0)


def test_the_cheapest_is_the_bond_of_the_highest_implied_repo():
    cheap_august = {MAY.cusip: 98.5, AUG.cusip: 90.0}
    [made] = implied_repos(market(110.0, cheap_august), DAY)
    assert made.cusip == AUG.cusip


def test_prices_up_to_a_week_old_count_and_say_their_day():
    data = market(110.0)
    [made] = implied_repos(data, date(2026, 7, 24))
    assert made.day == DAY
    assert implied_repos(data, date(2026, 7, 25)) == ()
    assert implied_repos(data, date(2026, 7, 16)) == ()
    assert lack(data, date(2026, 7, 25)) == "old"
    assert lack(data, date(2026, 7, 16)) == "none"


def test_without_the_bonds_of_its_day_a_settlement_implies_nothing():
    data = market(110.0)
    for without in (replace(data, prices={}), replace(data, securities=())):
        assert implied_repos(without, DAY) == ()
        assert lack(without, DAY) == "bonds"
    assert lack(bundled_market(), DAY) == "none"


def test_without_a_sofr_of_the_week_there_is_no_gap():
    [made] = implied_repos(market(110.0, sofr=None), DAY)
    assert (made.over_sofr_bp, made.sofr_day) == (None, None)


def test_a_contract_in_delivery_gives_way_to_the_next_that_is_priced():
    """TYM6 is past its first intention day; TYU6 is not given, TYZ6 is."""
    bond = {AUG.cusip: 97.0, "91282NOV0": 98.0}
    november = replace(MAY, cusip="91282NOV0", maturity=date(2033, 11, 15))
    december = ContractMonth("TY", 2026, 12)
    months = (ContractMonth("TY", 2026, 6), december, ContractMonth("TY", 2027, 3))
    given = dict.fromkeys(months, 109.0)
    data = replace(
        market(110.0), prices={DAY: bond}, futures={DAY: given}, securities=(AUG, november)
    )
    [made] = implied_repos(data, DAY)
    assert made.contract == december.code


def test_what_no_calculator_accepts_is_left_out():
    """A settlement that the grammar lets pass and the basis does not is no reason to fail."""
    assert implied_repos(market(110.0, {MAY.cusip: 98.5, LONG.cusip: 1.0}), DAY)
    assert implied_repos(replace(market(0.0)), DAY) == ()


def test_nobody_knew_a_settlement_before_its_day():
    data = market(110.0)
    assert data.until(datetime(2026, 7, 17, 3, 59, tzinfo=UTC)).futures == {}
    assert data.until(datetime(2026, 7, 17, 4, 0, tzinfo=UTC)).futures == data.futures


SIX = ("TUU6", "FVU6", "TYU6", "TNU6", "USU6", "UBU6")


def settled(folder: Path) -> Path:
    """Give settlements of all six contracts on the day of the healthy feeds' prices."""
    lines = [f"2026-07-17,{contract},{104 + n}" for n, contract in enumerate(SIX)]
    (folder / FILE).write_text("\n".join(["date,contract,settle", *lines, ""]))
    return folder


@pytest.mark.parametrize("lang", LANGS)
def test_the_digest_shows_each_ctd_with_its_gap_to_sofr(held: Path, lang: Lang):
    digest = compose(load_market(settled(held)), date(2026, 7, 18))
    html = digest_html(digest, lang)
    assert measure(html)[0] < LIMIT
    assert [made.contract for made in digest.implied] == list(SIX)
    text = digest_text(digest, lang)
    for made in digest.implied:
        [line] = [line for line in text.splitlines() if line.startswith(made.contract)]
        assert f"{made.coupon_pct:g} {made.maturity:%m/%y}" in line
        assert f"{made.implied_repo_pct:.2f}".replace("-", "\N{MINUS SIGN}") in line
        assert made.over_sofr_bp == pytest.approx(100 * (made.implied_repo_pct - 3.66))
    assert say(lang, "digest.implied.legend") in market_message(digest, lang).html
    assert say(lang, "digest.implied.title") in market_message(digest, lang).html
    told = digest_json(digest)["implied"]
    assert [row["contract"] for row in told] == list(SIX)
    assert told[0]["day"] == "2026-07-17"
    cells = [row.split(",") for row in digest_csv(digest).data.decode().splitlines()]
    assert [c[0] for c in cells if c[0].endswith("_over_sofr")] == [
        f"{contract}_implied_repo_over_sofr" for contract in SIX
    ]


@pytest.mark.parametrize("lang", LANGS)
def test_the_digest_says_why_it_shows_none(held: Path, lang: Lang):
    def spots(data: MarketData, day: date = date(2026, 7, 18)) -> str:
        digest = compose(data, day)
        assert digest.implied == ()
        assert say(lang, "digest.implied.title") not in digest_text(digest, lang)
        return digest.blind_spots[-1]

    assert spots(load_market(held)) == "implied_none"
    data = load_market(settled(held))
    assert spots(replace(data, prices={})) == "implied_bonds"
    assert spots(data, date(2026, 7, 25)) == "implied_old"
    (held / FILE).write_text("date,contract,settle\n17/7/2026,TYU6,112-165\n")
    broken = compose(load_market(held), date(2026, 7, 18))
    assert broken.blind_spots[-1] == "implied_none"
    assert say(lang, "feed.name.futures_file") in digest_text(broken, lang)


def test_the_dv01s_are_of_the_cheapest_where_basket_and_prices_exist_else_of_the_table(held: Path):
    digest = compose(load_market(held), date(2026, 7, 18))
    block = digest.positions
    assert block is not None
    assert block.static == ()
    assert block.priced == DAY
    assert all(row.dv01_usd != TREASURY[row.short.contract].dv01_usd for row in block.rows)
    bare = compose(replace(load_market(held), prices={}), date(2026, 7, 18)).positions
    assert bare is not None
    assert bare.static == tuple(TREASURY)
    assert [row.dv01_usd for row in bare.rows] == [f.dv01_usd for f in TREASURY.values()]
    for lang in LANGS:
        with_ctd = say(lang, "positions.dv01_ctd", date=DAY)
        static = say(lang, "positions.dv01_static")
        assert with_ctd in digest_text(digest, lang)
        assert static not in digest_text(digest, lang)
        alone = compose(replace(load_market(held), prices={}), date(2026, 7, 18))
        assert static in digest_text(alone, lang)
