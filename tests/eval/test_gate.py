"""What the gate lets pass and what it stops, sentence by sentence."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.bot.answering.shelf import room
from tests.eval.gate import Evidence, Fault, faults, of_claim

FED = of_claim(1, room().ledger["SZ05"])
SHORTS = Evidence(
    2,
    (
        "Leveraged funds' shorts rose from $304 billion in October 2022 to $715 billion in May "
        "2023.",
        "杠杆基金空头由2022年10月的3040亿美元升至2023年5月的7150亿美元。",
    ),
    "2023-05",
    "https://www.federalreserve.gov/notes",
)
EVIDENCE = {1: FED, 2: SHORTS}


def found(text: str, *cites: int) -> list[Fault]:
    return faults(text, cites, EVIDENCE)


@pytest.mark.parametrize(
    ("text", "cite"),
    [
        ("Fed staff estimate the basis trade at about $830 billion in September 2025.", 1),
        ("美联储研究人员估计2025年9月美债期现基差交易约0.83万亿美元。", 1),
        ("Leveraged funds' shorts rose to $0.715 trillion in May 2023.", 2),
        ("杠杆基金空头2023年5月升至7150亿美元。", 2),
    ],
)
def test_what_the_source_says_passes_in_either_language_and_any_scale(text: str, cite: int) -> None:
    assert found(text, cite) == []


@pytest.mark.parametrize(
    ("text", "cites", "fault"),
    [
        ("The basis trade is about $830 billion.", (), "uncited"),
        ("The basis trade is about $830 billion.", (7,), "unknown_citation"),
        ("Fed staff estimate the basis trade at $930 billion.", (1,), "number"),
        ("Fed staff estimate the basis trade at $830 million.", (1,), "number"),
        ("Fed staff estimate the basis trade at $830.4 billion.", (1,), "number"),
        ("美联储研究人员估计美债期现基差交易约8300万美元。", (1,), "number"),
        ("Fed staff estimate the basis trade at $830 billion in March 2019.", (1,), "date"),
        ("Leveraged funds' shorts fell to $715 billion in May 2023.", (2,), "direction"),
        ("杠杆基金空头2023年5月降至7150亿美元。", (2,), "direction"),
        ("Fed staff do not estimate the basis trade at $830 billion.", (1,), "negation"),
        (
            "Leveraged funds' shorts rose from $715 billion in October 2022 to $304 billion in "
            "May 2023.",
            (2,),
            "swapped",
        ),
        ("Fed staff call it “a catastrophe waiting to happen” for the basis trade.", (1,), "quote"),
        ("See https://evil.example/x for the Fed staff's basis trade estimate.", (1,), "link"),
        ("![x](https://evil.example/p.png) Fed staff estimate the basis trade.", (1,), "link"),
        ("Bananas are a popular fruit in many tropical countries.", (1,), "subject"),
    ],
)
def test_a_faulty_sentence_is_stopped(text: str, cites: tuple[int, ...], fault: Fault) -> None:
    assert fault in found(text, *cites)


def test_a_sentence_in_the_other_language_is_stopped_where_one_is_expected() -> None:
    text = "Fed staff estimate the basis trade at about $830 billion in September 2025."
    assert "language" in faults(text, (1,), EVIDENCE, "zh")
    assert faults(text, (1,), EVIDENCE, "en") == []


def test_a_publishers_own_link_passes() -> None:
    text = "Leveraged funds' shorts rose to $715 billion (https://www.federalreserve.gov/notes)."
    assert found(text, 2) == []


# What must be caught of each kind of edit.
CAUGHT = {"digit": 0.99, "year": 0.99, "unit": 0.99, "swap_two_numbers": 0.99, "direction": 0.95}


def test_edited_numbers_of_real_filings_are_caught_without_false_alarms(
    reference_dir: Path,
) -> None:
    file = reference_dir / "benchmarks" / "sets" / "verify_numeric_en" / "dev.jsonl"
    flagged: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        kind = row["kind"] if not row["supported"] else "supported"
        total[kind] += 1
        flagged[kind] += bool(faults(row["claim"], (1,), {1: Evidence(1, (row["source"],))}))
    assert flagged["supported"] <= 0.02 * total["supported"]
    for kind, least in CAUGHT.items():
        assert flagged[kind] >= least * total[kind], kind
