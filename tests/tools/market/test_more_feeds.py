"""Dealers, operations, OFR, auctions, prices, holders: right values, or an error that names why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from tests.recorded import market_folder
from tests.tools.market import bodies
from tools.market import auctions, dealers, fedinvest, ofr_hfm, ofr_stfm, operations, tic
from tools.market.client import hidden_fields
from tools.market.errors import FeedError
from tools.market.feed import Feed, Parsed
from tools.market.publication import NEW_YORK

WEDNESDAYS = [date(2026, 7, 1), date(2026, 7, 8)]
DAYS = [date(2026, 7, 14), date(2026, 7, 15), date(2026, 7, 16)]


def newest(parsed: Parsed, series: str) -> tuple[date, float]:
    [frame] = [f for f in parsed.values if len(f) and f["series"].iloc[0] == series]
    return frame["as_of"].iloc[-1].date(), float(frame["value"].iloc[-1])


def code(read: Callable[[], Parsed]) -> str:
    with pytest.raises(FeedError) as error:
        read()
    return error.value.code


# Dealers


def test_dealers_are_usd_by_bucket_and_what_is_withheld_is_left_out():
    parsed = dealers.parse(bodies.as_json(bodies.dealers(WEDNESDAYS)))
    assert newest(parsed, "pd_pos_7_11y") == (date(2026, 7, 8), 2_001e6)
    [front] = [f for f in parsed.values if f["series"].iloc[0] == "pd_pos_0_2y"]
    assert list(front["as_of"].dt.date) == [date(2026, 7, 8)]
    published = front["published_at"].iloc[0].tz_convert(str(NEW_YORK))
    assert str(published) == "2026-07-16 16:15:00-04:00"


def test_the_keys_of_the_dealers_are_in_the_publishers_own_list():
    """The recorded list holds positions and financing; fails and totals of repo are not in it."""
    import json

    text = (market_folder() / "nyfed_pd_timeseries_list_subset.json").read_text("utf-8")
    listed = {row["keyid"] for row in json.loads(text)["pd"]["timeseries"]}
    ours = {key for key in dealers.KEYS if key.startswith("PDPOSGS")}
    assert len(ours) == 9
    assert ours <= listed


def test_a_series_of_the_dealers_that_is_gone_is_an_error():
    rows = bodies.dealers(WEDNESDAYS)
    held = rows["pd"]["timeseries"]
    rows["pd"]["timeseries"] = [row for row in held if row["keyid"] != "PDFTD-USTET"]
    with pytest.raises(FeedError) as error:
        dealers.parse(bodies.as_json(rows))
    assert (error.value.code, error.value.values["field"]) == ("missing_field", "PDFTD-USTET")


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("bad_json", b'{"pd":{"timeseries":[{"asof'),
        ("missing_field", b'{"pd":{}}'), ("missing_field", b'{"pd":null}'),
        ("not_published", b'{"pd":{"timeseries":[]}}'),
        ("missing_field", b'{"pd":{"timeseries":[{"asofdate":"2026-07-08","keyid":"PDPOSGS-B"}]}}'),
        ("bad_value", b'{"pd":{"timeseries":[{"asofdate":"?","keyid":"PDPOSGS-B","value":"1"}]}}'),
    ],
)  # fmt: skip
def test_dealer_bodies_that_are_not_whole(expected: str, body: bytes):
    assert code(lambda: dealers.parse(body)) == expected


# Operations


def test_several_operations_of_a_day_add_up_and_exercises_do_not_count():
    parsed = operations.parse(bodies.as_json(bodies.operations(DAYS, srf=10e9, rrp=7e9)))
    assert newest(parsed, "srf_takeup") == (date(2026, 7, 16), 15e9)
    assert newest(parsed, "rrp") == (date(2026, 7, 16), 7e9)


def test_term_operations_are_no_overnight_take_up():
    body = bodies.operations(DAYS, srf=10e9)
    for row in body["repo"]["operations"]:
        if row["operationType"] == "Repo":
            row["term"] = "14-Day"
    parsed = operations.parse(bodies.as_json(body))
    assert [f["series"].iloc[0] for f in parsed.values] == ["rrp"]


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("bad_json", b'{"repo":{"operations":[{'), ("missing_field", b'{"repo":{}}'),
        ("not_published", b'{"repo":{"operations":[]}}'),
        ("missing_field", b'{"repo":{"operations":[{"operationDate":"2026-07-16"}]}}'),
        ("bad_value", b'{"repo":{"operations":[{"operationDate":"2026-07-16",'
         b'"operationType":"Repo","totalAmtAccepted":null}]}}'),
    ],
)  # fmt: skip
def test_operation_bodies_that_are_not_whole(expected: str, body: bytes):
    assert code(lambda: operations.parse(body)) == expected


# OFR


def ofr(feed: Feed, mnemonic: str, body: bytes) -> Parsed:
    return feed.routes[0].read(body, mnemonic)


def test_ofr_rates_are_decimals_volumes_dollars_and_masked_days_are_left_out():
    parsed = ofr(ofr_stfm.FEED, "REPO-DVP_AR_OO-P", bodies.as_json(bodies.ofr(DAYS, 3.66)))
    assert newest(parsed, "repo_dvp_rate") == (DAYS[-1], pytest.approx(0.0366))
    assert len(parsed.values[0]) == 2
    volume = ofr(ofr_stfm.FEED, "REPO-DVP_TV_TOT-P", bodies.as_json(bodies.ofr(DAYS, 1.1e12)))
    assert newest(volume, "repo_dvp_volume")[1] == 1.1e12


def test_the_rate_of_gcf_is_never_asked_for():
    """Disclosure edits leave 106 of some 1,700 days: a spread over it would be noise."""
    assert "REPO-GCF_AR_OO-P" not in ofr_stfm.SERIES


def test_form_pf_is_public_months_after_its_quarter():
    body = bodies.as_json([["2026-03-31", 1.85]])
    [frame] = ofr(ofr_hfm.FEED, "FPF-ALLQHF_LEVERAGERATIO_GAVWMEAN", body).values
    assert frame["value"].iloc[0] == 1.85
    assert frame["published_at"].iloc[0].date() == date(2026, 9, 2)


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("bad_json", b'[["2026-07-16",3.6'), ("bad_table", b'{"error":"unknown mnemonic"}'),
        ("not_published", b"[]"), ("not_published", b'[["2026-07-16",null]]'),
        ("bad_value", b'[["2026-07-16","much"]]'), ("missing_field", b'[["2026-07-16"]]'),
    ],
)  # fmt: skip
def test_ofr_bodies_that_are_not_whole(expected: str, body: bytes):
    assert code(lambda: ofr(ofr_stfm.FEED, "REPO-DVP_AR_OO-P", body)) == expected


# Auctions


def test_a_bond_is_described_by_its_first_auction():
    """A reopening repeats it; in 2019 one of a ten-year came as a three-year."""
    rows = [
        bodies.auction("91282CAB1", "4.250", "2026-02-11", "2036-02-15"),
        bodies.auction(
            "91282CAB1", "4.250", "2026-03-11", "2036-02-15",
            security_term="9-Year 11-Month", reopening="Yes",
        ),
        bodies.auction("912828TIP", "1.875", "2026-01-22", "2036-01-15",
                       inflation_index_security="Yes"),
        bodies.auction("912828FRN", "null", "2026-01-22", "2028-01-31", floating_rate="Yes"),
        bodies.auction("91282CNEW", "null", "2026-07-22", "2031-07-31"),  # announced, no coupon yet
    ]  # fmt: skip
    parsed = auctions.parse(bodies.as_json(bodies.auctions(rows[::-1])))
    [bond] = parsed.securities
    [coming] = parsed.announced
    assert (coming.cusip, coming.auction) == ("91282CNEW", date(2026, 7, 22))
    assert (bond.cusip, bond.coupon_pct, bond.maturity) == ("91282CAB1", 4.25, date(2036, 2, 15))
    assert bond.issued == bond.auctioned == date(2026, 2, 11)
    assert bond.original_months == 120


def test_an_auction_is_known_from_its_announcement_on():
    """`record_date` is the day of the auction itself; the publisher's own name of the other."""
    told = bodies.auction(
        "91282CNEW", "null", "2026-06-11", "2036-05-15",
        record_date="2026-06-11", announcemt_date="2026-06-04",
    )  # fmt: skip
    untold = told | {"cusip": "91282COLD", "announcemt_date": "null"}
    parsed = auctions.parse(bodies.as_json(bodies.auctions([told, untold])))
    assert [a.known for a in parsed.announced] == [date(2026, 6, 4)] * 2


def test_auction_answers_that_are_not_whole():
    rows = [bodies.auction("91282CAB1", "4.250", "2026-02-11", "2036-02-15")]

    def parse(body: object) -> str:
        return code(lambda: auctions.parse(bodies.as_json(body)))

    assert parse(bodies.auctions(rows, pages=2)) == "cut_short"
    assert parse(bodies.auctions([])) == "not_published"
    assert parse({"error": "Invalid Query Param", "message": "?"}) == "missing_field"
    assert parse({"data": rows}) == "missing_field"
    renamed = [{("coupon" if k == "int_rate" else k): v for k, v in rows[0].items()}]
    assert parse(bodies.auctions(renamed)) == "missing_field"
    assert parse(bodies.auctions([rows[0] | {"maturity_date": "null"}])) == "bad_value"
    assert code(lambda: auctions.parse(b'{"data":[')) == "bad_json"


# Prices

PRICES = {f"91282{n:04d}": 99.5 + n / 32 for n in range(120)}


def test_prices_are_of_the_day_that_was_asked_for_and_bills_are_none():
    parsed = fedinvest.parse(bodies.fedinvest(PRICES), "2026-07-17")
    assert parsed.prices == {date(2026, 7, 17): PRICES}
    assert parsed.newest == date(2026, 7, 17)


def test_a_price_of_zero_is_none_yet():
    body = bodies.fedinvest(dict.fromkeys(PRICES, 0.0))
    assert code(lambda: fedinvest.parse(body, "2026-07-17")) == "not_published"
    assert code(lambda: fedinvest.parse(b"", "2026-07-17")) == "not_published"


def test_price_files_that_are_not_whole():
    body = bodies.fedinvest(PRICES)
    narrow = body.replace(b",99.5,99.5,99.5", b",99.5,99.5", 1)
    assert code(lambda: fedinvest.parse(narrow, "2026-07-17")) == "bad_table"
    far = body.replace(b"99.5,99.5,99.5", b"99.5,99.5,9.95", 1)
    assert code(lambda: fedinvest.parse(far, "2026-07-17")) == "bad_value"
    cut = fedinvest.parse(body[:-5], "2026-07-17")  # 103.21875 would pass for 103.2
    assert cut.prices[date(2026, 7, 17)] == dict(list(PRICES.items())[:-1])
    few = bodies.fedinvest(dict(list(PRICES.items())[:9]))
    assert code(lambda: fedinvest.parse(few, "2026-07-17")) == "too_few"
    odd = body.replace(b"99.5,99.5,99.5", b"99.5,99.5,n/a", 1)
    assert code(lambda: fedinvest.parse(odd, "2026-07-17")) == "bad_value"


def test_on_a_saturday_the_prices_of_the_five_days_before_are_asked_for():
    requests = fedinvest.FEED.routes[0].requests(datetime(2026, 7, 18, 14, tzinfo=UTC))
    assert [r.slice for r in requests] == [f"2026-07-{day}" for day in (17, 16, 15, 14, 13)]
    assert requests[0].form is not None
    assert requests[0].form["priceDateDay"] == "17"


def test_the_form_gives_its_hidden_fields():
    page = b'<form><input type="hidden" name="_csrf" value="a&amp;b"/><input name="day"></form>'
    assert hidden_fields(page) == {"_csrf": "a&b"}


# Holders


def test_the_cayman_row_of_both_files():
    current, history = tic.parse(bodies.slt_table5()), tic.parse(bodies.tic_history())
    assert newest(current, "tic_cayman") == (date(2026, 6, 30), 453.1e9)
    assert newest(current, "tic_total") == (date(2026, 6, 30), 9412e9)
    assert newest(history, "tic_cayman") == (date(2025, 12, 31), 421.2e9)
    [cayman] = [f for f in current.values if f["series"].iloc[0] == "tic_cayman"]
    assert len(cayman) == 2  # April's is n.a.
    published = cayman["published_at"].iloc[-1].tz_convert(str(NEW_YORK))
    assert str(published) == "2026-08-18 16:00:00-04:00"


def test_a_month_without_a_figure_is_left_out():
    """The history's lines may end early, and cells may be empty."""
    body = bodies.slt_table5().replace(b"453.1\t450.0\tn.a.", b"\t450.0")
    assert newest(tic.parse(body), "tic_cayman") == (date(2026, 5, 31), 450e9)


def test_the_recorded_history_holds_the_published_year_ends():
    """Cayman, as published: 314.8 bn December 2023, 423.0 December 2024, 421.2 December 2025."""
    body = (market_folder() / "tic_mfhhis01_to_2025-12.txt").read_bytes()
    [cayman, total] = tic.parse(body).values
    held = dict(zip(cayman["as_of"].dt.date, cayman["value"] / 1e9, strict=True))
    ends = [round(held[date(year, 12, 31)], 1) for year in (2023, 2024, 2025)]
    assert ends == [314.8, 423.0, 421.2]
    assert newest(tic.parse(body), "tic_total") == (date(2025, 12, 31), 9271e9)
    assert total["as_of"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("missing_field", b"Country\t2026-06\nJapan\t1116.7\n"), ("missing_field", b"nothing"),
        ("missing_field", bodies.slt_table5().replace(b"Cayman Islands", b"Caymans")),
        ("missing_field", bodies.slt_table5().replace(b"2026-0", b"06/2026-")),
        ("bad_value", bodies.slt_table5().replace(b"453.1", b"much")),
    ],
)  # fmt: skip
def test_holder_files_that_are_not_whole(expected: str, body: bytes):
    assert code(lambda: tic.parse(body)) == expected
