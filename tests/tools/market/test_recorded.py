"""A folder of recorded files: whole, in part, packed, odd; what is wrong is named with its file."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.console.main import run
from bot.console.weeks import backtest_json, backtest_text
from bot.i18n import LANGS
from bot.render.digest.text import digest_text
from bot.render.trouble import words_for
from bot.week import compose
from tests.tools.market import bodies
from tools.market import recorded
from tools.market.backtest import backtest
from tools.market.errors import FeedError
from tools.market.publication import end_of
from tools.market.recorded import READERS, TEN_YEAR_TFF, TIDY_TFF, read_recorded
from tools.market.snapshot import sofr_over_iorb_bp
from tools.market.store import MarketShelf, load_market
from tools.positions import TREASURY

TUESDAY = date(2025, 9, 16)
GROUPS = {"dealer": "dealer", "asset_mgr": "am", "lev_money": "lev", "other_rept": "other"}
# Made up in figures: what the files hold is what is tried, not what it says.
SMALL = {
    "treasury_par_yields_2021_2025-07.csv": ("Date,2 Yr,5 Yr,10 Yr,30 Yr", "2025-07-11,3,4,4,5"),
    "fred_rates_2022_2025-11.csv": ("date,TGCR_Rate,SRF_Rate", "2025-09-18,4.1,4.25"),
    "fred_DGS30_to_2024-08.csv": ("DATE,DGS30", "2024-07-29,4.4", "2024-07-30,."),
    "fred_RRPONTSYD.csv": ("observation_date,RRPONTSYD", "2025-09-18,11"),
    "fred_T10Y2Y.csv": ("observation_date,T10Y2Y", "2025-09-18,0.5"),
    "policy_rates_2025-07_2026-09.csv": ("effective_date,iorb,srf", "2025-09-18,4.15,4.25"),
    "ofr_stfm_sample_2025-05_2025-11.csv": (
        "date,FNYR-SOFR-A,FNYR-TGCR-A,FNYR-BGCR-A,FNYR-SOFR_UV-A", "2025-09-18,4,4.1,4.1,2.9e12",
    ),
    "repo_rates_ofr_fred_2014_2025-01.csv": (
        "date,EFFR,SOFR,REPO_DVP_AR_OO_P", "2025-01-23,4.33,4.3,4.4",
    ),
    TEN_YEAR_TFF: ("date,all", "2025-08-05,1", "2025-09-16,1"),
}  # fmt: skip


def tidy(days: list[date]) -> str:
    """Return the six-contract table, its codes as a spreadsheet leaves them: without the zero."""
    lines = []
    for day in days:
        for root, futures in TREASURY.items():
            row = {"report_date": str(day), "code": futures.cftc_code.lstrip("0")}
            for name, count in bodies.tff_row(day, root).items():
                group, _, side = name.rpartition("_")
                row[f"{GROUPS.get(group, group)}_{side}"] = str(count)
            lines.append(row)
        lines.append(lines[-1] | {"code": "042602"})  # a contract that is not ours
    text = [",".join(lines[0])] + [",".join(row.values()) for row in lines]
    return "\n".join(text) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    days = bodies.weekdays(date(2025, 9, 18), 60)
    for name, lines in SMALL.items():
        (tmp_path / name).write_text("\n".join([*lines, ""]))
    for name, series, first in (("fred_SOFR.csv", "SOFR", 4.3), ("fred_DGS10.csv", "DGS10", 4.1)):
        rows = [f"{day},{first + 0.05 * (n % 2)}" for n, day in enumerate(days)]
        (tmp_path / name).write_text("\n".join([f"observation_date,{series}", *rows, ""]))
    (tmp_path / TIDY_TFF).write_text(tidy(bodies.tuesdays(TUESDAY, 6)))
    (tmp_path / recorded.HOLDERS).write_bytes(bodies.tic_history())
    return tmp_path


def test_every_file_of_the_folder_is_read(folder: Path):
    assert {*READERS, TIDY_TFF, TEN_YEAR_TFF, recorded.HOLDERS} <= {
        p.name for p in folder.iterdir()
    }
    data = read_recorded(folder)
    assert [r.as_of for r in data.reports] == bodies.tuesdays(TUESDAY, 6)
    newest = {name: data.series(name)[-1].value for name in (
        "sofr", "ust_2y", "ust_10y", "ust_30y", "rrp", "srf_rate", "tgcr", "sofr_volume",
        "repo_dvp_rate", "tic_cayman",
    )}  # fmt: skip
    assert newest == pytest.approx({
        "sofr": 0.0435, "ust_2y": 0.0365, "ust_10y": 0.0415, "ust_30y": 0.05, "rrp": 11e9,
        "srf_rate": 0.0425, "tgcr": 0.041, "sofr_volume": 2.9e12, "repo_dvp_rate": 0.044,
        "tic_cayman": 421.2e9,
    })  # fmt: skip
    assert data.missing_reports == ()


def test_the_week_is_scored_as_the_formula_says(folder: Path):
    [week] = [w for w in backtest(read_recorded(folder)) if w.friday == date(2025, 9, 19)]
    assert week.tff_age == 3
    assert week.net_face_bn == pytest.approx(0.8 * 700)
    assert week.inputs.sofr_iorb_max_bp == pytest.approx(435 - 415)
    assert week.inputs.unwind_pct == pytest.approx(0)
    assert week.inputs.rv20_bp == pytest.approx(5 * math.sqrt(20 / 19))
    score = week.score
    assert score is not None
    funding, volatility = 100 * 30 / 35, 100 * (week.inputs.rv20_bp - 3) / 7
    stress = 0.5 * (funding + volatility) / 3 + 0.5 * max(funding, volatility)
    assert score.score == pytest.approx(0.4 * score.size + 0.6 * stress)


def test_sofr_beyond_the_table_of_policy_rates_has_nothing_to_be_compared_with(folder: Path):
    data, known = read_recorded(folder), date(2025, 9, 16)
    later = (data.values["series"] == "iorb") & (data.values["as_of"] > "2025-09-01")
    data = replace(data, values=data.values[~later], iorb_known_through=known)
    window = sofr_over_iorb_bp(data, end_of(date(2025, 9, 12)), end_of(date(2025, 9, 19)))
    assert [day for day, _ in window] == [date(2025, 9, 12), date(2025, 9, 15), known]


def test_a_shelf_reads_recorded_files_once(folder: Path):
    shelf = MarketShelf(None, folder)
    held = shelf()
    (folder / "fred_SOFR.csv").unlink()
    assert shelf.renew() is held


def test_a_report_that_the_ten_year_file_knows_leaves_its_weeks_without_a_score(folder: Path):
    (folder / TEN_YEAR_TFF).write_text("date,all\n2025-09-09,1\n2025-09-16,1\n2025-09-23,1\n")
    weeks = {w["date"]: w for w in backtest_json(backtest(read_recorded(folder)))["weeks"]}
    assert weeks["2025-09-19"]["score"] is not None
    assert weeks["2025-09-26"]["score"] is None
    assert len(weeks) == 399


@pytest.mark.parametrize("gone", sorted([*READERS, TEN_YEAR_TFF, recorded.HOLDERS]))
def test_without_any_one_file_the_rest_is_read(folder: Path, gone: str):
    (folder / gone).unlink()
    data = read_recorded(folder)
    weeks = {w.friday: w for w in backtest(data)}
    assert weeks[date(2025, 9, 19)].score is not None
    assert digest_text(compose(data, date(2025, 9, 20)), "en")


def test_without_positions_there_is_no_score_and_nothing_stands_in_for_them(folder: Path):
    (folder / TIDY_TFF).unlink()
    data = read_recorded(folder)
    assert data.reports == ()
    weeks = backtest(data)
    assert len(weeks) == 399
    assert all(week.score is None and week.tff_age is None for week in weeks)
    for lang in LANGS:
        assert "399" in backtest_text(weeks, lang)
        assert digest_text(compose(data, date(2025, 9, 20)), lang)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("fut_fin_txt_2025.zip", bodies.annual_zip(bodies.tuesdays(TUESDAY, 6))),
        ("FinFutWk_2025-09-16.txt", bodies.weekly_file(TUESDAY)),
    ],
)
def test_the_cftcs_own_files_say_the_same(folder: Path, name: str, body: bytes):
    tidy_reports = read_recorded(folder).reports
    (folder / TIDY_TFF).unlink()
    (folder / name).write_bytes(body)
    (folder / "FinFutYY_2020.txt").mkdir()  # a folder is no file
    reports = read_recorded(folder).reports
    assert reports == tidy_reports[-len(reports) :]


def test_a_packed_file_is_read_and_a_broken_one_named(folder: Path):
    whole = read_recorded(folder).series("sofr")
    path = folder / "fred_SOFR.csv"
    packed = folder / "fred_SOFR.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert read_recorded(folder).series("sofr") == whole
    packed.write_bytes(packed.read_bytes()[:-20])
    assert trouble(folder)[0] == str(packed)


def trouble(folder: Path) -> tuple[str, str, str]:
    with pytest.raises(FeedError) as error:
        load_market(None, folder)
    words = [words_for(error.value, lang) for lang in LANGS]
    assert all(words)
    return str(error.value.values.get("path")), str(words[0]), str(words[1])


SOFR, SLOPE, POLICY = "fred_SOFR.csv", "fred_T10Y2Y.csv", "policy_rates_2025-07_2026-09.csv"
Change = Callable[[str], str]


def put(old: str, new: str, times: int = 1) -> Change:
    return lambda text: text.replace(old, new, times)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (SOFR, put(",4.35\n", ",abc\n"), "SOFR is not a number: abc"),
        (SOFR, put(",4.35\n", ",inf\n"), "SOFR is not a number: inf"),
        (SOFR, lambda text: text + "never,4.3\n", "observation_date is not a day"),
        (SOFR, lambda text: text + ",4.3\n", "observation_date is not a day"),
        (SOFR, lambda _: "", "an empty answer"),
        (SOFR, lambda _: "<html>moved</html>", "not the table expected"),
        (SLOPE, put("T10Y2Y", "spread"), "T10Y2Y is missing"),
        (POLICY, put("iorb", "rate"), "iorb is missing"),
        (TIDY_TFF, put("lev_short", "short"), "lev_short is missing"),
        (TIDY_TFF, put(",1000000,", ",,"), "is not a number"),
        (TIDY_TFF, put(",1000000,", ",1,"), "TU long of 2025-08-12"),
        (TIDY_TFF, lambda text: "\n".join(text.splitlines()[:-3]), "2025-09-16 lacks US"),
        (TEN_YEAR_TFF, put("date,", "day,"), "date is missing"),
        (recorded.HOLDERS, put("Cayman Islands", "Caymans"), "Cayman Islands is missing"),
    ],
)
def test_an_odd_file_is_named_with_what_is_wrong(
    folder: Path, name: str, change: Change, words: str
):
    path = folder / name
    path.write_text(change(path.read_text()))
    told, english, chinese = trouble(folder)
    assert told == str(path)
    assert words in english
    assert told in english
    assert told in chinese


def test_a_folder_without_known_files_is_an_error_that_names_it(tmp_path: Path):
    assert trouble(tmp_path)[0] == str(tmp_path)
    path, english, _ = trouble(tmp_path / "absent")
    assert path == str(tmp_path / "absent")
    assert "is not a folder" in english


def test_the_command_line_hands_an_error_over_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(["backtest", "--data", str(tmp_path / "absent"), "--json"]) == 1
    out, _ = capsys.readouterr()
    error = json.loads(out)["error"]
    assert error["code"] == "recorded_folder"
    assert error["culprit"] == str(tmp_path / "absent")
    assert error["example"].startswith("basisbot ")


def test_columns_and_rows_that_nobody_asked_for_change_nothing(folder: Path):
    before = read_recorded(folder)
    for name in ("fred_SOFR.csv", TIDY_TFF):
        path = folder / name
        first, *rows = path.read_text().splitlines()
        lines = [f"\ufeff{first},note", *(f"{row},x" for row in reversed(rows))]
        path.write_text("\r\n".join(lines) + "\r\n")
    after = read_recorded(folder)
    assert after.reports == before.reports
    assert after.series("sofr") == before.series("sofr")
