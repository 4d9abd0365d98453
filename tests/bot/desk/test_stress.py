"""Replays from words: published episodes, days on record, shocks of one's own."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from bot.desk.commands import corrected
from bot.desk.stress import answer
from bot.i18n import LANGS, Lang, say
from bot.render.desk.stress import stress_html
from tests.bot.desk.asking import KNOWN, SAVED, TRADE, Record, points, wrong
from tools.stress import Held, Shock, episode, relative_repo, replay

# With a buffer that nothing spends.
RICH = re.sub(r"buffer \S+", "buffer 50m", TRADE)

SAVING = replace(KNOWN, positions={"ten": SAVED})
MARCH = date(2020, 3, 9)
YIELDS = (0.0054, 0.0076, 0.0082, 0.0088, 0.0094, 0.0094, 0.0094, 0.0073, 0.0102, 0.0118)
RATES = (0.0109, 0.0120, 0.0120, 0.0120, 0.0110, 0.0110, 0.0110, 0.0026, 0.0054, 0.0010)


def test_an_episode_is_the_published_figures_and_says_what_is_missing():
    reply = answer(f"{TRADE} mar2020", KNOWN)
    assert (reply.path.kind, reply.path.episode, reply.path.start) == ("episode", "mar2020", MARCH)
    assert [shock.yield_bp for shock in reply.path.shocks] == [0, 64]
    assert {"basis", "margin", "repo", "days_between"} <= set(reply.path.missing)
    assert all("BIS" in source for source in reply.path.sources)


def test_a_second_rate_is_offered_as_a_shock():
    text = f"{TRADE} repo 10%"
    error = wrong(answer, text)
    assert corrected("stress", text, error, KNOWN) == f"{TRADE} shock repo 10%"


@pytest.mark.parametrize("lang", LANGS)
def test_a_trade_without_capital_says_what_counts_as_nothing(lang: Lang):
    bare = TRADE.replace("haircut 2% margin 1850 ", "")
    said = [say(lang, "stress.no_haircut"), say(lang, "stress.no_margin")]
    html = stress_html(answer(f"{bare} mar2020", KNOWN), lang)
    assert all(line in html for line in said)
    assert not any(line in stress_html(answer(f"{TRADE} mar2020", KNOWN), lang) for line in said)


@pytest.mark.parametrize("words", ["march 2020", "Mar 2020", "2020-03", "2020年3月", "covid"])
def test_an_episode_has_many_names(words: str):
    assert answer(f"{TRADE} {words}", KNOWN).path.episode == "mar2020"


def test_the_replay_is_the_calculator_s():
    reply = answer(f"{TRADE} sep2019", KNOWN)
    trade = reply.trade
    bond = reply.trade.request
    from tools.bonds import Bond

    held = Held(trade.basis, Bond(bond.coupon_pct, bond.maturity), 500_000)
    assert reply.found == replay(held, relative_repo(episode("sep2019"), 3.9).shocks)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("episode_name", ["sep2019", "mar2020", "apr2025"])
def test_no_verdict_is_given_while_a_channel_is_not_included(episode_name: str, lang: Lang):
    reply = answer(f"{RICH} {episode_name}", KNOWN)
    assert reply.found.ended_by is None
    assert {"basis", "margin", "haircut"} <= set(reply.left_out)
    assert reply.as_json()["result"]["not_included"] == list(reply.left_out)
    text = stress_html(reply, lang)
    assert say(lang, "stress.lives_through") not in text
    assert say(lang, "stress.channel_haircut") in text.split("\n")[1]


@pytest.mark.parametrize("lang", LANGS)
def test_a_verdict_needs_every_channel(lang: Lang):
    words = "shock 5 yield -1 basis -1 repo 4 haircut 2% margin 1900 shock 6"
    whole = stress_html(answer(f"{RICH} {words}", KNOWN), lang)
    assert say(lang, "stress.lives_through") in whole
    for key in ("yield -1", "basis -1", "repo 4", "haircut 2%", "margin 1900"):
        part = stress_html(answer(f"{RICH} {words.replace(key, '')}", KNOWN), lang)
        assert say(lang, "stress.lives_through") not in part


@pytest.mark.parametrize("lang", LANGS)
def test_the_share_of_repo_re_margined_stands_before_the_days(lang: Lang):
    text = stress_html(answer(f"{TRADE} rolling 40% mar2020", KNOWN), lang)
    assert say(lang, "stress.line_rolling", share="40") in text.split("<pre>")[0]


def test_days_on_record_fill_an_episode_in():
    record = Record(points={"ust_10y": points(MARCH, YIELDS), "sofr": points(MARCH, RATES)})
    reply = answer(f"{TRADE} mar2020", replace(KNOWN, market=record))
    assert (reply.path.kind, reply.path.episode) == ("recorded", "mar2020")
    assert len(reply.found.days) == 10
    assert reply.path.shocks[-1].yield_bp == pytest.approx(64)
    assert reply.path.shocks[1].repo_pct == pytest.approx(3.9 + 0.11)
    assert reply.path.missing == ("basis", "margin", "haircut")


def test_any_days_on_record_can_be_replayed():
    record = Record(points={"ust_10y": points(MARCH, YIELDS)})
    known = replace(KNOWN, market=record)
    reply = answer(f"{TRADE} from 2020-03-09 until 2020-03-13", known)
    assert [day.day for day in reply.found.days] == [0, 1, 2, 3, 4]
    assert reply.path.missing == ("basis", "margin", "haircut", "repo")
    assert answer(reply.words, known).found == reply.found


def test_a_short_note_moves_with_the_short_yields():
    record = Record(points={"ust_2y": points(MARCH, YIELDS)})
    text = "TUH7 103-216 4% 12/31/28 99-24 repo 3.9 from 2020-03-09 until 2020-03-12"
    assert answer(text, replace(KNOWN, market=record)).path.sources == ("ust_2y",)


@pytest.mark.parametrize(
    "text",
    [
        "ten shock yield +64bp basis -8/32 repo +135bp haircut +2% margin x1.5",
        "ten yield 64 basis -8 repo 5.25 haircut 4% margin 2775",
        "ten shock day 0 yield 0.64% basis -8 repo 525bp haircut 400bp margin +925",
        "ten 冲击 收益率+64 基差-8 回购5.25% 折扣率4% 保证金2775",
    ],
)
def test_one_shock_many_ways_of_writing_it(text: str):
    [shock] = answer(text, SAVING).path.shocks
    assert (shock.day, shock.yield_bp, shock.basis_32nds) == (0, pytest.approx(64), -8)
    assert shock.repo_pct == pytest.approx(5.25)
    assert (shock.haircut_pct, shock.margin_usd) == (pytest.approx(4.0), pytest.approx(2775))


def test_shocks_by_day_follow_one_another():
    reply = answer("ten shock 0 basis -2 shock 5 basis -8 day 9 repo 9%", SAVING)
    assert [(s.day, s.basis_32nds, s.repo_pct) for s in reply.path.shocks] == [
        (0, -2.0, None), (5, -8.0, None), (9, -8.0, 9.0),
    ]  # fmt: skip


def test_own_shocks_join_an_episode():
    reply = answer("ten mar2020 shock 5 basis -4 shock 9 basis -8 margin +900", SAVING)
    assert [(s.day, s.yield_bp, s.basis_32nds, s.margin_usd) for s in reply.path.shocks] == [
        (0, 0, None, None), (5, 0, -4, None), (9, 64, -8, 2750),
    ]  # fmt: skip
    assert {"basis", "margin"} & set(reply.path.missing) == set()
    assert "repo" in reply.path.missing


def test_term_repo_shields_from_calls():
    text = "ten shock haircut +3%"
    whole, half = (answer(f"{text.replace('ten', f'ten {share}')}", SAVING).found.days[0]
                   for share in ("", "rolling 50%"))  # fmt: skip
    assert half.haircut_call == pytest.approx(whole.haircut_call / 2)


def test_the_words_of_a_reply_ask_the_same_again():
    for text in ("ten mar2020", "ten rolling 60% sep2019 shock 1 basis -8",
                 "ten yield +64bp basis -8/32 repo +300bp haircut 4% margin x1.5"):  # fmt: skip
        reply = answer(text, SAVING)
        assert answer(reply.words, KNOWN).found == reply.found


def test_a_shock_moves_only_what_it_names():
    assert answer("ten shock basis -8", SAVING).path.shocks == (Shock(0, basis_32nds=-8.0),)


WRONG = [
    ("", "bare_stress", "/stress"),
    ("shock yield 64", "args_missing_contract", "shock"),
    (TRADE, "args_no_shock", "500k"),
    (f"{TRADE} mar2021", "episode_unknown", "mar2021"),
    (f"{TRADE} shock", "args_key_value", "shock"),
    (f"{TRADE} shock banana 5", "args_unknown", "banana"),
    (f"{TRADE} shock 5 64", "args_unknown", "64"),
    (f"{TRADE} yield fast", "args_bad_shift", "fast"),
    (f"{TRADE} yield 64 basis -8/16", "args_bad_ticks", "-8/16"),
    (f"{TRADE} yield 5000", "number_range", "5000"),
    (f"{TRADE} yield 64 repo 900%", "number_range", "900%"),
    (f"{TRADE} yield 64 margin xx", "args_bad_dollars", "xx"),
    (f"{TRADE} shock 9 yield 64 shock 5 yield 32", "dates_order", "5"),
    (f"{TRADE} from 2020-03-09", "args_two_days", "2020-03-09"),
    (f"{TRADE} until 2020-03-09", "args_two_days", "2020-03-09"),
    (f"{TRADE} from 2020-03-20 until 2020-03-09", "dates_order", "2020-03-09"),
    (f"{TRADE} from 2020-03-09 until 2020-03-20", "nothing_on_record", "2020-03-09"),
    (f"{TRADE} rolling 120% mar2020", "number_range", "120%"),
    (TRADE.replace("repo 3.90 ", "") + " mar2020", "repo_needed", "TYH7"),
    (f"{TRADE} {'shock 1 yield 5 ' * 61}", "args_too_many", "shock"),
]


@pytest.mark.parametrize(("text", "code", "culprit"), WRONG, ids=lambda value: str(value)[-30:])
def test_what_cannot_be_read_names_the_token_as_typed(text: str, code: str, culprit: str):
    error = wrong(answer, text)
    assert (error.code, error.values["culprit"]) == (code, culprit)
