"""What becomes of a chat's files between the upload and the answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.answering.answer import Answer
from bot.answering.engine import Answerer
from bot.answering.reports.keeping import MOST_WAITING, OwnReports
from bot.store.reports import EVERYBODY
from bot.store.store import Store
from knowledge.claims import load_ledger
from knowledge.embedding import Embedder
from knowledge.errors import KnowledgeError
from knowledge.glossary import load_glossary
from knowledge.library import Library
from knowledge.vectors import VectorStore, add_means
from tests.knowledge.parsing import broker, files
from tests.knowledge.parsing.bad import BAD
from tests.knowledge.parsing.broker import Paper
from tests.knowledge.shelf import Bag

ANA, BO = 501, 502
NOTE = b"""# Funding note

In December 2025 the leverage of the basis trade reached 37 times, says the desk.

Mutual funds prefer futures because they free cash for corporate bonds.
"""


class SlowBag(Bag):
    """The bag of words, with a gate that lets embedding through."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.embedded = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.gate.wait(10)
        self.embedded += len(texts)
        return super().embed_documents(texts)


@pytest.fixture(scope="module")
def bag() -> SlowBag:
    return SlowBag()


@pytest.fixture(scope="module")
def library(bag: SlowBag) -> Library:
    glossary = load_glossary()
    embedder = Embedder(bag, "bag")
    store = VectorStore("bag")
    add_means(store, embedder)
    return Library(load_ledger(), glossary, [], embedder=embedder, stored=store)


@pytest.fixture
async def reports(store: Store, library: Library, bag: SlowBag) -> OwnReports:
    bag.gate.set()
    return OwnReports(store.reports, lambda: library)


async def test_words_answer_at_once_and_vectors_follow(reports: OwnReports):
    added = await reports.take(ANA, NOTE, "note.md")
    opened = await reports.open(ANA)
    found = opened.retrieve("leverage", 5, "en")
    assert "37 times" in found[0].passage.text
    assert found[0].passage.owner == str(ANA)
    told: list[tuple[int, int]] = []

    async def tell(done: int, total: int) -> None:
        told.append((done, total))

    await reports.watch(added.report, tell)
    await reports.finish()
    assert told[-1] == (added.report.passages, added.report.passages)
    content = await reports.kept.content(ANA, added.report.id, "bag")
    assert content.complete
    again = (await reports.open(ANA)).retrieve("leverage", 5, "en")
    assert again[0].score > found[0].score


NO_DAYS = [
    "Treasury basis monitor, 30 February 2026",
    "On 31 June 2025 leverage of the basis trade reached 37 times, says the desk.",
    "2025年9月15日至31日基差交易的折扣率为2%\uff0c2月30日没有变化。",
    "From Q5 2025 to 2025-13-40 hedge funds held a short position of $912 billion.",
]


def made(name: str) -> bytes:
    """Return a file of each kind with dates that no calendar has."""
    table = ["Date,Leverage of the basis trade (times)", "2025-02-30,37", "31/06/2025,38"]
    match name:
        case "note.md":
            return "\n\n".join([f"# {NO_DAYS[0]}", *NO_DAYS[1:]]).encode()
        case "note.csv":
            return "\n".join([*table, *NO_DAYS]).encode()
        case "note.html":
            said = "".join(f"<p>{text}</p>" for text in NO_DAYS)
            return f"<html><body><article>{said}</article></body></html>".encode()
        case "note.docx":
            return files.docx(NO_DAYS, [("Date", "Leverage"), ("31 June 2025", "37 times")])
        case "note.pdf":
            return files.small_pdf("\n".join(t for t in NO_DAYS if t.isascii()), NO_DAYS[0])
    return "\n\n".join(NO_DAYS).encode()


@pytest.mark.parametrize(
    "name", ["note.txt", "note.md", "note.csv", "note.html", "note.docx", "note.pdf"]
)
async def test_a_file_with_impossible_dates_is_kept_and_asked(
    reports: OwnReports, answerer: Answerer, name: str
):
    added = await reports.take(BO, made(name), name)
    assert added.outcome == "added"
    opened = await reports.open(BO)
    for question in ("What does this report say about leverage?", "这份报告怎么说杠杆\uff1f"):
        assert "37" in answerer.answer(question, own=opened).text
    assert answerer.answer("Does this report agree with the Fed?", own=opened).statements
    await reports.suggestions(BO, added.report, date(2026, 11, 24))


async def test_embedding_goes_on_after_a_restart_without_doing_anything_twice(
    reports: OwnReports, store: Store, library: Library, bag: SlowBag
):
    text = b"\n\n".join(
        b" ".join(b"In week %d of year %d leverage rose." % (w, y) for w in range(40))
        for y in range(9)
    )
    added = await reports.take(ANA, text, "long.txt")
    total = added.report.passages
    assert total >= 9
    half = asyncio.Event()

    async def stop(done: int, _: int) -> None:
        if done >= 4:
            half.set()
            await asyncio.sleep(60)

    await reports.watch(added.report, stop)
    working = asyncio.create_task(reports.work())
    await asyncio.wait_for(half.wait(), 10)
    working.cancel()
    before = bag.embedded
    later = OwnReports(store.reports, lambda: library)
    await later.finish()
    assert bag.embedded - before == total - 4
    assert await store.reports.unfinished("bag") == []


async def test_a_report_forgotten_while_it_is_embedded_leaves_nothing_and_tells_nothing(
    reports: OwnReports, store: Store, bag: SlowBag, tmp_path: Path
):
    added = await reports.take(ANA, NOTE, "note.md")
    bag.gate.clear()
    told: list[int] = []

    async def tell(done: int, _: int) -> None:
        told.append(done)

    await reports.watch(added.report, tell)
    working = asyncio.create_task(reports.finish())
    await asyncio.sleep(0.05)
    await store.forget(ANA)
    reports.forget(ANA)
    bag.gate.set()
    await working
    assert told == []
    assert await reports.listed(ANA) == []
    assert (await reports.open(ANA)).retrieve("leverage", 5, "en") == []
    assert b"37 times" not in on_disk(tmp_path)


def on_disk(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())


async def test_another_process_that_deletes_is_noticed_at_the_next_question(
    reports: OwnReports, store: Store
):
    await reports.take(ANA, NOTE, "note.md")
    assert (await reports.open(ANA)).figures
    await store.forget(ANA)  # as `basisbot forget` does it
    opened = await reports.open(ANA)
    assert not opened.reports
    assert not opened.figures
    assert reports.shelves.passages(ANA) == ()


async def test_one_chat_opens_its_own_reports_and_those_for_everybody(reports: OwnReports):
    await reports.take(ANA, NOTE, "note.md")
    await reports.take(EVERYBODY, NOTE.replace(b"37", b"38"), "all.md")
    assert [r.shared for r in (await reports.open(ANA)).reports] == [True, False]
    opened = await reports.open(BO)
    assert [r.shared for r in opened.reports] == [True]
    assert {f.passage.owner for f in opened.retrieve("leverage", 9, "en")} == {str(EVERYBODY)}
    assert len((await reports.open(EVERYBODY)).reports) == 1


async def test_uploads_that_would_take_every_worker_are_sent_away(reports: OwnReports):
    going, gate = [], threading.Event()

    def read(*_: object, **__: object) -> None:
        gate.wait(10)
        raise KnowledgeError("report_no_text")

    reports.read = read
    going = [asyncio.create_task(reports.take(n, b"x", "a")) for n in range(1, MOST_WAITING + 1)]
    await asyncio.sleep(0.05)
    with pytest.raises(KnowledgeError, match="report_busy"):
        await reports.take(99, b"x", "a")
    gate.set()
    ended = await asyncio.gather(*going, return_exceptions=True)
    assert all(isinstance(e, KnowledgeError) for e in ended)
    with pytest.raises(KnowledgeError, match="report_no_text"):
        await reports.take(99, b"x", "a")


async def test_cancelling_an_upload_ends_its_child_and_keeps_nothing(reports: OwnReports):
    name, make, _ = BAD["a PDF of one endless page, a thousand times"]
    task = asyncio.create_task(reports.take(ANA, make(), name))
    await asyncio.sleep(1.0)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # The next one is not kept waiting behind it.
    assert (await asyncio.wait_for(reports.take(ANA, NOTE, "note.md"), 10)).outcome == "added"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("how_often", [1, 3])
async def test_a_cancellation_while_a_report_is_stored_is_too_late(
    reports: OwnReports, monkeypatch: pytest.MonkeyPatch, how_often: int
):
    reached, add = asyncio.Event(), reports.kept.add

    async def slowly(*given: object) -> object:
        reached.set()
        await asyncio.sleep(0.05)
        return await add(*given)

    monkeypatch.setattr(reports.kept, "add", slowly)
    task = asyncio.create_task(reports.take(ANA, NOTE, "note.md"))
    await reached.wait()
    for _ in range(how_often):
        task.cancel()
        await asyncio.sleep(0)
    assert (await task).outcome == "added"
    assert len(await reports.listed(ANA)) == 1


async def test_a_model_that_fails_leaves_words_and_is_tried_again(
    reports: OwnReports, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    await reports.take(ANA, NOTE, "note.md")
    monkeypatch.setattr("bot.answering.reports.keeping.RETRY_SECONDS", 0.05)
    tries: list[int] = []
    finished, loop = asyncio.Event(), asyncio.get_running_loop()

    def fail(texts: list[str]) -> np.ndarray:
        tries.append(1)
        if len(tries) < 3:
            raise OSError("no model today")
        loop.call_soon_threadsafe(finished.set)
        return np.ones((len(texts), 256), dtype=np.float32)

    embedder = Embedder(Bag(), "other")
    monkeypatch.setattr(embedder, "passages", fail)
    monkeypatch.setattr(type(reports), "_embedder", lambda _: embedder)
    working = asyncio.create_task(reports.work())
    async with asyncio.timeout(10):
        await finished.wait()
    await asyncio.sleep(0.1)
    working.cancel()
    assert await reports.kept.unfinished("other") == []
    assert len(tries) == 3
    assert "37 times" in (await reports.open(ANA)).retrieve("leverage", 5, "en")[0].passage.text


# Asked

Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def answerer(library: Library) -> Answerer:
    return Answerer(library, lambda: date(2026, 11, 24))


@pytest.fixture
async def ask(reports: OwnReports, answerer: Answerer):
    await reports.take(ANA, files.two_column_report(6), "monitor.pdf")
    opened = await reports.open(ANA)

    def answer(question: str, *history: str) -> Answer:
        return answerer.answer(question, history=history, own=opened)

    return answer


async def test_a_figure_comes_with_page_quote_and_the_word_that_a_machine_read_it(ask: Ask):
    answer = ask("What does this report say about leverage on page 3?")
    assert answer.route == "report"
    assert answer.statements[0].text.startswith("23 times, leverage, as of 2025-09 (page 3:")
    cited = answer.citations[0]
    assert (cited.page, cited.publisher, cited.date) == (3, "Morgan Stanley", "2026-01-14")
    assert "leverage reached 23 times" in cited.quote
    assert any("read by rules" in note for note in answer.notes)


async def test_it_is_set_beside_the_fed_with_both_dates(ask: Ask):
    answer = ask("Does this report agree with the Fed on the size of the basis trade?")
    text = answer.text
    assert "$401 billion" in text
    assert "$830 billion" in text
    assert "52% lower" in text
    assert answer.citations[1].claim == "SZ05"
    chinese = ask("这份报告和美联储的数字一致吗\uff1f")
    assert "两者不一致" in chinese.text
    assert "8300亿美元" in chinese.text


async def test_agreement_is_said_where_there_is_agreement(reports: OwnReports, answerer: Answerer):
    text = b"Hedge funds held a basis trade of about $830 billion in September 2025, we think."
    await reports.take(BO, text, "a.txt")
    opened = await reports.open(BO)
    answer = answerer.answer("Does this report agree with the Fed?", own=opened)
    assert "They agree" in answer.text


async def test_what_a_report_does_not_say_is_not_made_up(ask: Ask):
    for question in ("What does this report say about bitcoin?", "这份报告对黄金怎么说\uff1f"):
        answer = ask(question)
        assert answer.refused
        assert not answer.citations


async def test_a_question_that_goes_on_stays_with_the_report(ask: Ask):
    before = "What does this report say about leverage?"
    answer = ask("Does it agree with the Fed?", before)
    assert "21 times" in answer.text
    assert "Federal Reserve" in answer.text
    more = ask("And the haircuts?", before, "Does it agree with the Fed?")
    assert more.route == "report"
    assert "haircut" in more.text


async def test_a_question_that_does_not_go_on_is_the_corpus_s_again(ask: Ask):
    answer = ask("How big is the basis trade?", "What does this report say about leverage?")
    assert answer.route == "disagreement"
    assert not answer.notes or not any("Read as" in note for note in answer.notes)


async def test_a_report_is_quoted_beside_the_corpus_and_instead_of_a_refusal(ask: Ask):
    answer = ask("Why do mutual funds prefer futures for corporate bonds?")
    assert "From your report “Treasury basis monitor”" in answer.text
    assert answer.citations[-1].doc.startswith("report-")


@pytest.mark.parametrize(("day", "marked"), [("1 July 2026", True), ("31 December 2026", False)])
async def test_a_report_that_gives_another_day_than_the_sources_is_marked(
    reports: OwnReports, answerer: Answerer, day: str, marked: bool
):
    text = f"The deadline for mandatory central clearing of cash Treasuries is {day}, we write."
    await reports.take(BO, text.encode(), "a.txt")
    opened = await reports.open(BO)
    answer = answerer.answer(
        "When does mandatory central clearing of Treasuries start?", own=opened
    )
    assert day in answer.statements[-1].text
    assert any("another day or amount" in note for note in answer.notes) == marked


async def test_without_a_report_this_report_is_asked_for(reports: OwnReports, answerer: Answerer):
    opened = await reports.open(BO)
    answer = answerer.answer("What does this report say about leverage?", own=opened)
    assert answer.refused
    assert "no report" in answer.text


async def test_a_summary_has_a_figure_of_each_measure(ask: Ask):
    for question in ("Summarize this report", "总结一下这份报告"):
        answer = ask(question)
        assert 3 <= len(answer.statements) <= 5
        assert len({s.text for s in answer.statements}) == len(answer.statements)


# A broker's report, as a desk would ask it: what each answer must say, and what it must not.
DESK = {
    "en": [
        ("What does this report say about leverage?", "28 times; 50 times, leverage", ""),
        ("What does the report say about hedge fund shorts?", "$1.34 trillion, short", ""),
        (
            "How large is the net short in the 2-year contract in this report?",
            "$412 billion",
            "406",
        ),
        ("What is the leverage on bills in this report?", "45 times", "28 times"),
        (
            "What share of repo is at zero haircut according to this report?",
            "70%, share",
            "0.4%, haircut",
        ),
        ("What is the implied repo rate in this report?", "3.71%, repo rate", "3.87%"),
        ("What does this report say about Cayman funds?", "$1.85 trillion", ""),
        ("What happens if margins double, according to this report?", "$120-150bn", ""),
        ("Who wrote this report and when?", "Morgan Stanley, dated 2026-01-14", ""),
        ("When does the clearing mandate take effect according to this report?", "31 December", ""),
        ("Does this report agree with the CFTC on shorts?", "4% lower", ""),
        ("What does this report say about gold?", "says nothing", ""),
    ],
    "zh": [
        ("这份报告怎么说杠杆？", "28倍；50倍，杠杆", ""),
        ("这份报告说对冲基金的空头有多少？", "1.34万亿美元，期货空头", ""),
        ("这份报告里2年期合约的净空头是多少？", "4120亿美元", "4060"),
        ("这份报告里国库券的杠杆是多少？", "45倍", "28倍"),
        ("这份报告里零折扣的回购占多少？", "70%，零折扣回购占比", "0.4%，折扣率"),
        ("这份报告中隐含回购利率是多少？", "3.71%，回购利率", "3.87%"),
        ("这份报告怎么说开曼基金？", "1.85万亿美元", ""),
        ("根据这份报告，保证金翻倍会怎样？", "1200亿至1500亿美元", ""),
        ("这份报告是谁写的？什么时候？", "中金公司，日期为2026-01-14", ""),
        ("根据这份报告，清算要求什么时候生效？", "2026年12月31日", ""),
        ("这份报告和CFTC的空头数字一致吗？", "低了 4%", ""),
        ("这份报告对黄金怎么说？", "没有找到", ""),
    ],
}


@pytest.mark.parametrize("lang", DESK)
async def test_a_broker_s_report_answers_what_a_desk_asks(
    reports: OwnReports, answerer: Answerer, lang: str
):
    await reports.take(BO, broker.pdf(Paper.of(lang)), "report.pdf")
    opened = await reports.open(BO)
    for question, wanted, unwanted in DESK[lang]:
        answer = answerer.answer(question, own=opened)
        assert wanted in answer.text, (question, answer.text)
        assert not unwanted or unwanted not in answer.text, (question, answer.text)
        assert all(c.page == 1 for c in answer.citations if c.quote and c.doc.startswith("report"))


async def test_a_year_before_and_its_year_are_said(reports: OwnReports, answerer: Answerer):
    await reports.take(BO, broker.word(Paper.of("en")), "report.docx")
    answer = answerer.answer(
        "How big is the basis trade in this report?", own=await reports.open(BO)
    )
    assert answer.statements[0].text.startswith(
        "$1.1 trillion, as of 2025-09; $830 billion, size of the basis trade, hedge funds, "
        "as of 2024-09"
    )
