"""Each feed's parser: right values from a true body, a clear error from every other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.recorded import market_folder, recorded_market
from tests.tools.market import bodies
from tests.tools.market.publisher import stars_first
from tools.market import cftc, fred, nyfed, publication, treasury
from tools.market.errors import FeedError
from tools.market.feed import Parsed, Route

DAYS = [date(2026, 7, 7), date(2026, 7, 14)]


def alone(route: Route) -> Callable[[bytes], Parsed]:
    return lambda body: route.read(body, "2026")


ROUTES = {route.name: alone(route) for route in cftc.FEED.routes}


def nyfed_parse(body: bytes) -> Parsed:
    return nyfed.FEED.routes[0].read(body, "sofr-2026")


def rate(parsed: Parsed, series: str) -> float:
    [frame] = [f for f in parsed.values if len(f) and f["series"].iloc[0] == series]
    return float(frame["value"].iloc[-1])


def code(parse: Callable[[bytes], Parsed], body: bytes) -> str:
    with pytest.raises(FeedError) as error:
        parse(body)
    return error.value.code


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("socrata", bodies.as_json(bodies.socrata(DAYS))),
        ("zip", bodies.annual_zip(DAYS)),
        ("weekly", bodies.weekly_file(DAYS[1])),
    ],
)
def test_every_route_reads_the_same_report(route: str, body: bytes):
    newest = ROUTES[route](body).reports[-1]
    assert newest.as_of == date(2026, 7, 14)
    assert [short.net for short in newest.shorts] == [800_000] * 6
    assert newest.gross_face_bn == pytest.approx(700)
    assert newest.published_at == publication.tff_published(date(2026, 7, 14))


def test_the_form_for_spreadsheets_writes_its_dates_the_american_way():
    header, *lines = bodies.annual_text(DAYS).decode().splitlines()
    header = header.replace("Report_Date_as_YYYY-MM-DD", "Report_Date_as_MM_DD_YYYY")
    text = (
        "\n".join([header, *lines])
        .replace("2026-07-14", "7/14/2026")
        .replace("2026-07-07", "7/7/2026")
    )
    assert [report.as_of for report in cftc.parse_annual(text.encode()).reports] == DAYS


def test_the_recorded_annual_zip_equals_the_recorded_table():
    """The official file of 2025, as the CFTC publishes it."""
    parsed = ROUTES["zip"]((market_folder() / "fut_fin_txt_2025.zip").read_bytes())
    table = [r for r in recorded_market().reports if r.as_of.year == 2025]
    assert parsed.reports == tuple(table)
    assert len(table) == 52


@pytest.mark.parametrize(
    ("name", "parse", "count"),
    [
        ("FinFutYY_2026Q1_treasury_raw.txt", cftc.parse_annual, 12),
        ("tff_excelstyle_2020-02_2020-04_raw.csv", cftc.parse_annual, 8),
        ("FinFutWk_headerless_2026-06-09_raw.txt", cftc.parse_weekly, 1),
    ],
)
def test_every_recorded_wire_form_reads_as_the_table(
    name: str, parse: Callable[[bytes], Parsed], count: int
):
    parsed = parse((market_folder() / name).read_bytes())
    table = {r.as_of: r for r in recorded_market().reports}
    assert len(parsed.reports) == count
    assert all(report == table[report.as_of] for report in parsed.reports)


@pytest.mark.parametrize(
    ("select", "good"),
    [(":*,*", True), ("*,:created_at", True), (":created_at,*", False), ("*,:*", False)],
)
def test_the_server_that_plays_the_api_takes_what_its_language_does(select: str, good: bool):
    assert stars_first(select) is good


def test_the_api_is_asked_for_the_stamps_in_its_own_language():
    """`$select` takes stars at its start only; a refused list would leave no report a stamp."""
    [socrata, *_] = cftc.FEED.routes
    for request in socrata.requests(datetime(2026, 7, 18, tzinfo=UTC)):
        assert stars_first(request.params["$select"])
        assert ":*" in request.params["$select"].split(",")


def test_the_stamp_of_a_row_is_its_publication_where_it_can_be_true():
    rows = bodies.socrata([date(2026, 7, 7)])
    for row in rows:
        row[":created_at"] = "2026-07-13T19:35:12.000Z"
    [report] = ROUTES["socrata"](bodies.as_json(rows)).reports
    assert report.published_at == datetime(2026, 7, 13, 19, 35, 12, tzinfo=UTC)
    for row in rows:  # UTC where it does not say
        row[":created_at"] = "2026-07-13T19:35:12.000"
    [again] = ROUTES["socrata"](bodies.as_json(rows)).reports
    assert again.published_at == report.published_at
    for row in rows:  # the data set was loaded anew: that says nothing of the report
        row[":created_at"] = "2027-02-01T00:00:00.000Z"
    [report] = ROUTES["socrata"](bodies.as_json(rows)).reports
    assert report.published_at == publication.tff_published(date(2026, 7, 7))


@pytest.mark.parametrize("name", ["lev_money_positions_short", "open_interest_all"])
def test_a_renamed_field_is_an_error_never_a_zero(name: str):
    rows = bodies.socrata(DAYS)
    rows[3]["renamed"] = rows[3].pop(name)
    with pytest.raises(FeedError) as error:
        ROUTES["socrata"](bodies.as_json(rows))
    assert error.value.code == "missing_field"
    assert name.removesuffix("_all") in str(error.value.values["field"])


def broken(change: Callable[[list[dict[str, Any]]], object]) -> bytes:
    rows: list[dict[str, Any]] = bodies.socrata(DAYS)
    change(rows)
    return bodies.as_json(rows)


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("bad_json", bodies.as_json(bodies.socrata(DAYS))[:-40]),
        ("bad_table", b'{"error": true, "message": "unavailable"}'),
        ("not_published", b"[]"),
        ("missing_field", b'[{"anything": "else"}]'),
        ("bad_value", broken(lambda rows: rows[0].update(lev_money_positions_long=None))),
        ("bad_value", broken(lambda rows: rows[0].update(lev_money_positions_long="many"))),
        ("tff_identity", broken(lambda rows: rows[0].update(lev_money_positions_long="1"))),
        ("tff_contracts", broken(lambda rows: rows.pop())),
    ],
)
def test_a_report_that_is_not_whole_is_refused(expected: str, body: bytes):
    assert code(ROUTES["socrata"], body) == expected


def test_files_that_are_not_what_their_name_says_are_refused():
    assert code(ROUTES["zip"], b"<html>no such file</html>") == "bad_zip"
    assert code(ROUTES["weekly"], b"a,b,c\n1,2,3\n") == "bad_table"
    assert code(cftc.parse_annual, b"a,b,c\n1,2,3\n") == "missing_field"


def test_a_zip_that_unpacks_to_a_giant_is_not_unpacked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cftc, "UNPACKED_LIMIT", 1000)
    assert code(ROUTES["zip"], bodies.annual_zip(DAYS)) == "too_large"


def test_sofr_comes_as_decimals_with_percentiles_and_volume():
    """17 September 2019, as published: 5.25, first percentile 2.25, last 9.00, 1,177 bn."""
    body = bodies.as_json(
        {"refRates": [{
            "effectiveDate": "2019-09-17", "type": "SOFR", "percentRate": 5.25,
            "percentPercentile1": 2.25, "percentPercentile25": 5.0, "percentPercentile75": 5.85,
            "percentPercentile99": 9.0, "volumeInBillions": 1177, "revisionIndicator": "",
        }]}
    )  # fmt: skip
    parsed = nyfed_parse(body)
    assert rate(parsed, "sofr") == pytest.approx(0.0525)
    assert rate(parsed, "sofr_p99") == pytest.approx(0.09)
    assert rate(parsed, "sofr_volume") == pytest.approx(1.177e12)
    frame = parsed.values[0]
    published = frame["published_at"].iloc[0].tz_convert("America/New_York")
    assert str(published) == "2019-09-18 08:00:00-04:00"


def test_new_york_fed_bodies_that_say_nothing_are_errors():
    assert code(nyfed_parse, b'{"refRates":[]}') == "not_published"
    assert code(nyfed_parse, b'{"rates":[]}') == "missing_field"
    rows = bodies.ref_rates("sofr", DAYS)
    del rows["refRates"][0]["percentRate"]
    assert code(nyfed_parse, bodies.as_json(rows)) == "missing_field"
    assert code(nyfed_parse, bodies.as_json(bodies.ref_rates("libor", DAYS))) == "bad_value"


def test_par_yields_are_read_by_header_in_either_date_form():
    parsed = treasury.parse(bodies.par_csv(DAYS))
    assert rate(parsed, "ust_2y") == pytest.approx(0.041)
    recorded = (market_folder() / "treasury_par_yields_2021_2025-07.csv").read_bytes()
    whole = treasury.parse(recorded)
    assert whole.newest == date(2025, 7, 11)
    assert rate(whole, "ust_10y") == pytest.approx(0.0443)


def test_a_curve_without_its_ten_year_column_is_an_error_an_empty_cell_is_not():
    body = bodies.par_csv(DAYS)
    assert code(treasury.parse, body.replace(b"10 Yr", b"Ten")) == "missing_field"
    assert code(treasury.parse, body.replace(b"4.90", b"n.a.")) == "bad_value"
    assert code(treasury.parse, b"") == "missing_field"
    assert code(treasury.parse, body.splitlines()[0] + b"\n") == "not_published"
    assert code(treasury.parse, body.replace(b",4.90", b"", 1)) == "bad_table"
    assert code(treasury.parse, body.replace(b"4.90", b"")) == "missing_field"  # on every day
    assert len(treasury.parse(body.replace(b"4.90", b"", 1)).values[3]) == 1


def test_iorb_is_read_from_either_route():
    graph = fred.parse_graph(bodies.iorb_csv(DAYS))
    older = fred.parse_graph(b"DATE,IORB\n2026-07-13,3.65\n2026-07-14,.\n")
    api = fred.parse_api(b'{"observations":[{"date":"2026-07-14","value":"3.65"}]}')
    for parsed in (graph, older, api):
        assert rate(parsed, "iorb") == pytest.approx(0.0365)
    assert code(fred.parse_graph, b"observation_date,SOFR\n2026-07-13,3.65\n") == "missing_field"
    assert code(fred.parse_api, b'{"error_code":400}') == "missing_field"


@pytest.mark.parametrize(
    ("now", "tff", "sofr", "par"),
    [
        # Friday 15:00 New York: the report is not out yet, nor is the day's curve.
        ("2026-07-17T19:00:00+00:00", "2026-07-06", "2026-07-16", "2026-07-16"),
        ("2026-07-18T14:00:00+00:00", "2026-07-13", "2026-07-16", "2026-07-17"),
        # Thanksgiving week: the report waits for Monday.
        ("2026-11-28T14:00:00+00:00", "2026-11-16", "2026-11-25", "2026-11-27"),
    ],
)
def test_what_to_expect_of_each_publisher_at_a_moment(now: str, tff: str, sofr: str, par: str):
    moment = datetime.fromisoformat(now)
    assert str(cftc.expected(moment)) == tff
    assert str(nyfed.expected(moment)) == sofr
    assert str(treasury.expected(moment)) == par
