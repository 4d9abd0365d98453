"""Briefs and long texts cut into passages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunking import (
    cut,
    header,
    language_of_text,
    marks,
    passages,
    search_text,
    sentences,
    split_text,
    unmarked,
)
from knowledge.errors import KnowledgeError
from knowledge.loaders import read_brief
from tests.knowledge.shelf import passage

BRIEF = """+++
id = "05-how-big"
lang = "en"
title = "How big?"
topic = "size"
groups = ["size"]
reviewed_on = 2026-11-22
publisher = "basisbot"
+++

## The short answer

The Fed says about $830 billion [SZ05]. A bank says
$1.5 trillion [MS01 MS07].

No mark here.
"""


def test_one_paragraph_is_one_passage_without_marks() -> None:
    first, second = passages(read_brief(BRIEF, "b.md"))
    assert first.id == "en/05-how-big/1"
    assert first.text == "The Fed says about $830 billion. A bank says $1.5 trillion."
    assert first.claim_ids == ("SZ05", "MS01", "MS07")
    assert (first.section, second.section) == ("The short answer", "The short answer")
    assert second.claim_ids == ()


def test_marks_may_stand_behind_the_full_stop() -> None:
    text = "约8300亿美元。[SZ05]大摩称1.5万亿美元[MS01、MS07]。"
    assert unmarked(text) == "约8300亿美元。大摩称1.5万亿美元。"
    assert marks(text) == ("SZ05", "MS01", "MS07")


def test_brackets_that_are_no_claim_stay() -> None:
    assert unmarked("a [note] and [12] and [SZ5]") == "a [note] and [12] and [SZ5]"


def test_chinese_lines_meet_without_a_space() -> None:
    text = BRIEF.replace('"en"', '"zh"').replace("A bank says\n", "甲方称\n乙方称")
    assert "甲方称乙方称" in passages(read_brief(text, "b.md"))[0].text


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("+++", "---", "brief_fence"),
        ('title = "How big?"\n', "", "brief_field"),
        ('"en"', '"fr"', "brief_field"),
        ("2026-11-22", '"soon"', "brief_field"),
        ("2026-11-22", "soon", "brief_fence"),
    ],
)
def test_a_broken_brief_is_named(old: str, new: str, code: str) -> None:
    with pytest.raises(KnowledgeError, match=r"b\.md") as caught:
        read_brief(BRIEF.replace(old, new), "b.md")
    assert caught.value.code == code


def test_the_header_places_a_passage_and_leaves_out_what_is_unknown() -> None:
    placed = passage("p", "Text.", publisher="OFR", title="Brief", meta={"published": "2026-01"})
    assert header(placed) == "OFR | Brief | 2026-01"
    assert search_text(placed) == "OFR | Brief | 2026-01\nText."
    assert search_text(passage("p", "Text.")) == "Text."


def test_long_texts_are_cut_behind_sentences() -> None:
    english = split_text("The fund sold bonds. " * 200, "en")
    chinese = split_text("基金卖出国债。" * 300, "zh")
    assert len(english) > 2
    assert len(chinese) > 2
    assert all(p.endswith(".") for p in english)
    assert all(p.endswith("。") for p in chinese)


@pytest.mark.parametrize(
    ("text", "lang", "count"),
    [
        ("Repo rates rose by 1.5% in March 2020. Funds that held bonds had to sell them.", "en", 2),
        ("回购利率在2020年3月大幅上升1.5%。持有债券的基金不得不卖出债券换取现金。", "zh", 2),
        ("No. Yes.", "en", 1),
        ("", "en", 0),
    ],
)
def test_sentences_are_told_apart_and_short_ones_joined(text: str, lang: str, count: int) -> None:
    assert len(sentences(text, lang)) == count


def test_a_short_passage_is_left_whole_and_a_long_one_numbered() -> None:
    assert cut(passage("p", "Short.")) == [passage("p", "Short.")]
    assert [p.id for p in cut(passage("p", "The fund sold bonds. " * 100))][:2] == ["p.1", "p.2"]


@given(st.text(alphabet="ab。\uff0c. \n基差", max_size=4000))
def test_cutting_loses_no_character(text: str) -> None:
    pieces = split_text(text, "zh")
    assert "".join("".join(pieces).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "lang"),
    [("How big is 基差?", "en"), ("CTD是什么?", "zh"), ("FICC的DVP回购", "zh"), ("12345", "en")],
)
def test_the_language_is_the_one_mostly_written(text: str, lang: str) -> None:
    assert language_of_text(text) == lang
