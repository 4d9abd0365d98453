"""Questions as people put them: laid-out answers, parties and dates first, nothing said twice."""

from __future__ import annotations

import pytest

from bot.answering import topics
from bot.answering.answer import Answer
from bot.answering.compose import OPENING, line
from bot.i18n import LANGS, Lang, language_of, say
from knowledge.claims import is_evidence
from tests.bot.answering.shelf import TODAY, answerer
from tests.eval import gate
from tests.eval.gate import of_claim

# A topic, and how somebody might ask for it.
ASKED = [
    ("unseen_funds", "Do Cayman hedge funds hold more Treasuries than Japan?"),
    ("unseen_funds", "开曼对冲基金持有的美债比日本多吗？"),
    ("unseen_owners", "Does Belgium hold more Treasuries than China?"),
    ("unseen_owners", "英国持有的美债比中国多吗？"),
    ("drivers", "What moves the basis?"),
    ("drivers", "什么会推动基差变化？"),
    ("profit", "How does the basis trade actually make money?"),
    ("profit", "基差交易是怎么赚钱的？"),
    ("why_short", "Why are hedge funds short Treasury futures if they are not bearish?"),
    ("why_short", "对冲基金为什么持有那么多国债期货空头？"),
    ("other_side", "Who is on the other side of the basis trade?"),
    ("other_side", "基差交易的对手方是谁？"),
    ("asset_managers", "Why do asset managers prefer futures to cash bonds?"),
    ("asset_managers", "资管机构为什么做多期货？"),
    ("no_repo", "What happens if repo dries up?"),
    ("no_repo", "如果回购断供会怎样？"),
    ("dearer_repo", "How would higher repo rates hurt the basis trade?"),
    ("dearer_repo", "回购利率上升如何影响基差交易？"),
    ("risks", "Is the basis trade dangerous?"),
    ("risks", "这笔交易的主要风险是什么？"),
    ("crisis", "Could the basis trade bring down the bond market?"),
    ("crisis", "基差交易会引发危机吗？"),
    ("players", "Who does the basis trade?"),
    ("players", "谁在做基差交易？"),
    ("cayman_why", "Why is the trade concentrated in the Cayman Islands?"),
    ("cayman_why", "开曼为什么持有这么多美债？"),
    ("tic_cayman", "Is the Cayman number in TIC wrong?"),
    ("tic_cayman", "TIC里开曼的数字准吗？"),
    ("rules", "Who regulates the basis trade?"),
    ("rules", "监管机构打算怎么管基差交易？"),
    ("boe", "What did the Bank of England say about the basis trade?"),
    ("boe", "英国央行怎么看对冲基金？"),
    ("bailout", "Did the Fed bail out hedge funds in March 2020?"),
    ("bailout", "美联储2020年是不是救了对冲基金？"),
    ("hf_holdings", "How much Treasury debt do hedge funds own?"),
    ("hf_holdings", "对冲基金手里有多少美债？"),
    ("clearing_start", "When does the clearing mandate start?"),
    ("clearing_start", "国债强制清算什么时候开始？"),
    ("runoff_end", "When did QT end?"),
    ("runoff_end", "QT什么时候结束的？"),
    ("bigger", "Is the basis trade bigger than in 2020?"),
    ("bigger", "现在基差交易规模比2020年大吗？"),
    ("swap_or_basis", "How does a swap spread trade differ from the basis trade?"),
    ("swap_or_basis", "基差交易和掉期利差交易有什么区别？"),
    ("leverage_record", "Is hedge fund leverage at a record?"),
    ("leverage_record", "对冲基金杠杆创新高了吗？"),
    ("tff", "What is the TFF report?"),
    ("tff", "TFF报告是什么？"),
    ("china", "Is China dumping Treasuries?"),
    ("china", "中国还在减持美债吗？"),
    ("cayman_rank", "Are Cayman funds the largest foreign holder?"),
    ("cayman_rank", "开曼基金是不是最大的美债持有人？"),
    ("form_pf_date", "When were Form PF changes delayed to?"),
    ("form_pf_date", "Form PF推迟到什么时候？"),
    ("market_size", "How big is the Treasury market?"),
    ("market_size", "美债市场有多大？"),
    ("five_year", "Why is the 5-year the most exposed?"),
    ("five_year", "5年期为什么风险最集中？"),
    ("benefits", "What good does the basis trade do?"),
    ("benefits", "基差交易有什么好处？"),
    ("margin_rise", "How would a sudden rise of margins hurt? What happens if margins are raised?"),
    ("margin_rise", "如果保证金突然上调会怎样？"),
    ("runoff_buyers", "Who absorbed the Treasuries during QT?"),
    ("runoff_buyers", "缩表期间谁买了美债？"),
    ("one_and_a_half", "Is the $1.5 trillion figure reliable?"),
    ("one_and_a_half", "1.5万亿这个数字靠谱吗？"),
    ("swaps_in_april", "Did swap spreads blow up in April 2025?"),
    ("swaps_in_april", "2025年4月掉期利差出了什么事？"),
    ("swap_spread", "What is the swap spread trade?"),
    ("swap_spread", "掉期利差交易是什么？"),
    ("imf", "What did the IMF warn about?"),
    ("imf", "IMF警告了什么？"),
    ("gross_and_net", "What's the difference between gross basis and net basis?"),
    ("gross_and_net", "毛基差和净基差有什么区别？"),
    ("cftc_data", "How often is CFTC data published?"),
    ("cftc_data", "哪里能看到杠杆基金空头？"),
    ("smaller", "Is the trade shrinking in 2026?"),
    ("smaller", "2026年基差交易缩小了吗？"),
    ("why_leverage", "Why does the basis trade need leverage?"),
    ("why_leverage", "为什么要用杠杆做基差交易？"),
    ("fed_cares", "Why does the Fed worry about the basis trade?"),
    ("fed_cares", "为什么美联储要关注基差交易？"),
    ("clearing_effect", "What would clearing mean for the basis trade?"),
    ("clearing_effect", "清算新规对基差交易有什么影响？"),
    ("lenders", "Who lends to hedge funds?"),
    ("lenders", "谁借钱给对冲基金？"),
    ("few_hands", "How many funds run the basis trade?"),
    ("few_hands", "做基差交易的对冲基金有几家？"),
    ("which_contract", "Which contracts do the shorts use most?"),
    ("which_contract", "空头主要在哪些合约？"),
    ("leverage_source", "Where does the leverage of the basis trade come from?"),
    ("leverage_source", "基差交易的杠杆从哪里来？"),
    ("delivery", "What happens at delivery?"),
    ("delivery", "交割的时候到底发生什么"),
    ("unwind_trigger", "What could force a fund to unwind?"),
    ("unwind_trigger", "什么会触发平仓？"),
    ("no_bet", "Is the basis trade a bet on the direction of rates?"),
    ("no_bet", "为什么说基差交易不赌利率方向？"),
    ("cayman_holdings", "How much do Cayman hedge funds hold?"),
    ("cayman_holdings", "开曼对冲基金持仓有多大？"),
    ("unwind_effect", "What would happen if everybody unwinds?"),
    ("unwind_effect", "大家一起平仓会怎么样？"),
    ("growth_compared", "Did the trade double or grow by 75%?"),
    ("growth_compared", "规模翻倍还是增长75%？"),
    ("tic_why", "Why does TIC undercount Cayman funds?"),
    ("tic_why", "TIC为什么低估开曼基金？"),
    ("why_rich", "Why are Treasury futures expensive relative to the bonds?"),
    ("why_rich", "为什么国债期货升水？"),
    ("zero_haircut_why", "Why is zero-haircut repo a worry for leverage?"),
    ("zero_haircut_why", "零折扣为什么让杠杆变高？"),
    ("purchase_pace", "How much does the Fed buy a month now?"),
    ("purchase_pace", "美联储现在每月买多少短期国债？"),
    ("repo_clearers", "Which clearing houses clear Treasury repo?"),
    ("repo_clearers", "哪些机构清算国债回购？"),
    ("clearing_record", "What is FICC's record volume?"),
    ("clearing_record", "FICC清算量的纪录是多少？"),
    ("hedge_fund_repo", "How much repo do hedge funds borrow?"),
    ("hedge_fund_repo", "对冲基金回购借款有多少？"),
    ("fed_holdings", "How many Treasuries does the Fed hold?"),
    ("fed_holdings", "美联储持有多少国债？"),
    ("definition", "Can you explain the basis trade to my grandmother?"),
    ("definition", "用最简单的话解释基差交易"),
]


def claims(answer: Answer) -> list[str]:
    """Return the claims cited, in the order in which the statements stand."""
    by_number = {c.n: c.claim for c in answer.citations}
    cited = (by_number[n] for s in answer.statements for n in s.cites)
    return list(dict.fromkeys(c for c in cited if c))


@pytest.mark.parametrize(("name", "question"), ASKED)
def test_a_question_is_answered_as_laid_out(name: str, question: str) -> None:
    found = next(t for t in topics.topics() if t.name == name)
    answer = answerer().answer(question)
    assert not answer.refused
    assert answer.lang == language_of(question)
    assert set(found.claims) <= set(claims(answer))
    if not found.lead:
        assert claims(answer)[0] == found.claims[0]


def test_every_topic_is_asked_for_here_in_both_languages() -> None:
    asked = {(name, language_of(question)) for name, question in ASKED}
    assert asked == {(t.name, lang) for t in topics.topics() for lang in LANGS}


LED = [t for t in topics.topics() if t.lead]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("found", LED, ids=lambda t: t.name)
def test_an_opening_sentence_is_borne_by_the_claims_it_cites(
    found: topics.Topic, lang: Lang
) -> None:
    ledger = answerer().library.ledger
    evidence = {n: of_claim(n, ledger[i]) for n, i in enumerate(found.lead, start=1)}
    text = say(lang, topics.lead_key(found))
    wrong = set(gate.faults(text, tuple(evidence), evidence, lang))
    # It sums up several claims, so the way that one of them goes binds it not.
    assert wrong <= {"direction", "negation"}, wrong


def test_what_is_laid_out_is_evidence() -> None:
    ledger = answerer().library.ledger
    for found in topics.topics():
        assert all(is_evidence(ledger[i]) for i in (*found.claims, *found.lead)), found.name


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("大摩说基差交易有多大？和美联储的数字差多少？", ["MS01", "SZ05", "CA04"]),
        ("How does Morgan Stanley's size of the trade compare with the Fed's?", ["MS01", "SZ05"]),
        ("What does the Fed say the size of the basis trade is?", ["SZ05"]),
        ("How big was the basis trade for Morgan Stanley in July 2026?", ["MS08"]),
    ],
)
def test_the_figures_of_the_parties_named_come_first(question: str, first: list[str]) -> None:
    assert claims(answerer().answer(question))[: len(first)] == first


@pytest.mark.parametrize(
    "question",
    [
        "Did basis trade unwinding cause the April 2025 selloff?",
        "2025年4月的抛售是基差交易造成的吗？",
    ],
)
def test_officials_come_before_talk(question: str) -> None:
    found = claims(answerer().answer(question))
    assert found[0] == "AP04"
    assert found.index("AP04") < found.index("AP09")


@pytest.mark.parametrize("lang", LANGS)
def test_a_figure_that_opens_a_sentence_does_not_stand_before_it_again(lang: Lang) -> None:
    mark = say(lang, "answer.lead", value="")
    for claim in answerer().library.ledger.values():
        lead, found, rest = line(claim, lang, TODAY).partition(mark)
        if found and claim.statement(lang)[:20] in rest:
            assert lead not in rest[: OPENING[lang]], rest


@pytest.mark.parametrize("question", ["What can't you tell me?", "你的数据到哪天？"])
def test_what_this_is_made_of_is_said_when_asked(question: str) -> None:
    answer = answerer().answer(question)
    assert "/sources" in answer.text
    assert answer.nearest


@pytest.mark.parametrize("question", ["我怎么赚钱？", "How can I make money with the basis trade?"])
def test_advice_is_still_refused(question: str) -> None:
    assert answerer().answer(question).route == "refusal:advice"


@pytest.mark.parametrize(
    ("before", "question", "name"),
    [
        ("How big is the basis trade?", "and is it dangerous?", "risks"),
        ("基差交易有多大？", "那危险吗？", "risks"),
        ("How big is the basis trade?", "who does it?", "players"),
        ("基差交易有多大？", "谁在做？", "players"),
    ],
)
def test_a_follow_up_on_another_aspect_leaves_the_first_behind(
    before: str, question: str, name: str
) -> None:
    found = next(t for t in topics.topics() if t.name == name)
    assert set(found.claims) <= set(claims(answerer().answer(question, history=[before])))
