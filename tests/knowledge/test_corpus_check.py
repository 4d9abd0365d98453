"""What the corpus check lets through, and each kind of fault that it stops."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge.claims import load_ledger
from knowledge.corpus_check import CORPUS, Backing, check, main
from knowledge.figures import figures

EN_FILLER = "Prose without any figure may stand here as long as it needs no source of its own. " * 5
ZH_FILLER = "没有数字的叙述可以不注来源。它只解释文意。" * 5
EN = "Fed staff put the trade at about $830 billion in September 2025 [SZ05]."
ZH = "美联储研究人员估计2025年9月约8300亿美元[SZ05]。"
FRONT = (
    '+++\nid = "05-size"\nlang = "{lang}"\ntitle = "t"\ntopic = "size"\ngroups = ["size"]\n'
    'reviewed_on = 2026-11-22\npublisher = "basisbot"\n+++\n\n'
)


def claim(claim_id: str, **fields: Any) -> dict[str, Any]:
    """Return one good row of the ledger; say only what the test is about."""
    row = {
        "id": claim_id,
        "topic": "size",
        "group": "size",
        "measure": "Form PF",
        "measure_zh": "Form PF",
        "statement_en": "Fed staff put the trade at $830 billion in September 2025.",
        "statement_zh": "美联储研究人员估计2025年9月为8300亿美元。",
        "value": 0.83,
        "unit": "USD trillion",
        "as_of": "2025-09",
        "source": {
            "key": "FN",
            "title": "A note",
            "publisher": "Federal Reserve Board",
            "author": None,
            "date": "2026-06-22",
            "url": "https://www.federalreserve.gov/note.html",
        },
        "status": "verified",
        "quote": None,
        "note": None,
        "licence": "public",
        "tier": 1,
        "related": [],
    }
    return row | fields


class Corpus:
    """A small sound corpus on disk that a test can break in one place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for lang in ("en", "zh"):
            (folder / "briefs" / lang).mkdir(parents=True)
        text = (CORPUS / "publishers.toml").read_text(encoding="utf-8")
        (folder / "publishers.toml").write_text(text, encoding="utf-8")
        self.terms([{"en": ["basis"], "zh": ["基差"], "definition_en": "d", "definition_zh": "d"}])
        self.rows(
            claim("SZ05"),
            claim("MS01", status="reported-only", value=1.5, statement_en="Reported: $1.5tn.",
                  statement_zh="据报道1.5万亿美元。"),
            claim("S03", status="contradicted", value=3, unit="times", statement_en="Three times.",
                  statement_zh="三倍。"),
        )  # fmt: skip
        self.brief()

    def rows(self, *rows: dict[str, Any]) -> None:
        text = json.dumps(rows, ensure_ascii=False)
        (self.folder / "claims.json").write_text(text, encoding="utf-8")

    def terms(self, rows: list[dict[str, Any]]) -> None:
        text = json.dumps(rows, ensure_ascii=False)
        (self.folder / "glossary.json").write_text(text, encoding="utf-8")

    def brief(self, en: str = EN, zh: str = ZH, passages: int = 5, heading: str = "H") -> None:
        """Write the brief with the given first sentences of its first passage."""
        for lang, first, good, filler in (
            ("en", en, EN, f" {EN_FILLER}"),
            ("zh", zh, ZH, ZH_FILLER),
        ):
            bodies = [first + filler, *([good + filler] * (passages - 1))]
            text = "\n\n".join(f"## {heading}\n\n{body}" for body in bodies)
            path = self.folder / "briefs" / lang / "05-size.md"
            path.write_text(FRONT.format(lang=lang) + text + "\n", encoding="utf-8")

    def kinds(self) -> set[str]:
        return {problem.kind for problem in check(self.folder)}


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path)


def test_the_bundled_corpus_is_clean() -> None:
    assert [str(p) for p in check()] == []


def test_no_bundled_row_is_past_its_review_when_the_year_turns() -> None:
    assert [str(p) for p in check(today=date(2027, 1, 31))] == []


def test_a_row_past_its_day_of_review_is_named_with_the_day(corpus: Corpus) -> None:
    corpus.rows(claim("SZ05", review_by="2027-01-31"), claim("MS01"), claim("S03"))
    assert check(corpus.folder, date(2027, 1, 31)) == []
    assert [str(p) for p in check(corpus.folder, date(2027, 2, 1))] == [
        "SZ05: review_overdue: was due by 2027-01-31"
    ]


def test_a_day_of_review_that_is_no_day_makes_the_ledger_unreadable(corpus: Corpus) -> None:
    corpus.rows(claim("SZ05", review_by="spring 2027"))
    assert corpus.kinds() == {"unreadable"}


def test_rows_with_a_day_of_review_stand_in_the_readme_with_it() -> None:
    readme = (CORPUS / "README.md").read_text(encoding="utf-8")
    table = [line for line in readme.splitlines() if re.match(r"\| [A-Z]{2}\d\d", line)]
    for row in load_ledger().values():
        if row.review_by is not None:
            day = f"{row.review_by.day} {row.review_by:%B %Y}"
            assert any(row.id in line and day in line for line in table), row.id


def test_a_sound_corpus_has_no_problem(corpus: Corpus) -> None:
    assert check(corpus.folder) == []


@pytest.mark.parametrize(
    ("en", "zh", "kind"),
    [
        ("It is about $830 billion [SZ99].", "约8300亿美元[SZ99]。", "claim_unknown"),
        ("It is about $840 billion [SZ05].", "约8300亿美元[SZ05]。", "figure_unbacked"),
        ("It is about $830 billion [SZ05].", "约8400亿美元[SZ05]。", "figure_unbacked"),
        ("It is $830 million [SZ05].", "为8300亿美元[SZ05]。", "figure_unbacked"),
        ("It is 830 percent [SZ05].", "为8300亿美元[SZ05]。", "figure_unbacked"),
        ("It was so in October 2025 [SZ05].", "2025年9月如此[SZ05]。", "date_unbacked"),
        ("It was so on 4 September 2025 [SZ05].", "2025年9月如此[SZ05]。", "date_unbacked"),
        ("It is about $830 billion.", "约8300亿美元[SZ05]。", "figure_uncited"),
        ("It tripled [S03].", "规模增至三倍[S03]。", "contradiction_unsaid"),
        ("It is $1.5 trillion [MS01].", "为1.5万亿美元[MS01]。", "status_unsaid"),
        ("It is large [SZ05].", "规模很大。", "twin_claims"),
        ("This bomb is large [SZ05].", "规模很大[SZ05]。", "alarm"),
        ("It is large [SZ05].", "这是金融核弹[SZ05]。", "alarm"),
        ("You should buy it now [SZ05].", "规模很大[SZ05]。", "advice"),
        ("It is large [SZ05].", "建议买入[SZ05]。", "advice"),
    ],
)
def test_a_broken_sentence_is_stopped(corpus: Corpus, en: str, zh: str, kind: str) -> None:
    corpus.brief(en=en, zh=zh)
    assert kind in corpus.kinds()


@pytest.mark.parametrize(
    ("en", "zh"),
    [
        ("It is 0.83tn in 2025 [SZ05].", "2025年为0.83万亿美元[SZ05]。"),
        ("It is about $0.8 trillion [SZ05].", "约0.8万亿美元[SZ05]。"),
        ("It was published on 22 June 2026 [SZ05].", "2026年6月22日发表[SZ05]。"),
        ("It is reported at $1.5 trillion [MS01].", "据报道为1.5万亿美元[MS01]。"),
        ("The tripling is wrong [S03].", "三倍之说有误[S03]。"),
        ("Three legs make the trade.", "交易有三条腿。"),
        ("The command /basis shows it.", "用 /basis 可以看到。"),
    ],
)
def test_the_same_fact_in_other_clothes_passes(corpus: Corpus, en: str, zh: str) -> None:
    corpus.brief(en=en, zh=zh)
    assert check(corpus.folder) == []


def test_rounding_needs_a_word_that_says_so(corpus: Corpus) -> None:
    corpus.brief(en="It is $0.8 trillion [SZ05].", zh="为0.83万亿美元[SZ05]。")
    assert corpus.kinds() == {"figure_unbacked"}


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"related": ["SZ98"]}, "related_unknown"),
        ({"status": "surely"}, "status_unknown"),
        ({"quote": "one two three four " * 4}, "quote_long"),
        ({"quote": "字" * 32}, "quote_long"),
        ({"measure_zh": None}, "measure_one_language"),
        ({"statement_en": "A time bomb of $830 billion."}, "alarm"),
        ({"statement_en": "Fed staff put the trade at $840 billion."}, "statement_figures_differ"),
        ({"topic": "article"}, "verdict_missing"),
        (
            {"verdict_en": "No: $840 billion [SZ05].", "verdict_zh": "不对。8400亿美元[SZ05]。"},
            "figure_unbacked",
        ),
        ({"verdict_en": "No [SZ05].", "verdict_zh": "不成立。"}, "twin_claims"),
    ],
)
def test_a_broken_row_is_stopped(corpus: Corpus, fields: dict[str, Any], kind: str) -> None:
    corpus.rows(claim("SZ05", **fields))
    assert kind in corpus.kinds()


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://mirror.example/note.html", "link_site"),
        ("https://notfederalreserve.gov/note.html", "link_site"),
        ("https://www.bis.org/note.html", "link_publisher"),
    ],
)
def test_a_link_leads_to_the_publishers_own_site(corpus: Corpus, url: str, kind: str) -> None:
    row = claim("SZ05")
    corpus.rows(row | {"source": row["source"] | {"url": url}})
    assert kind in corpus.kinds()


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ({"passages": 3}, "passage_count"),
        ({"passages": 3}, "brief_size"),
        ({"passages": 9}, "brief_size"),
        ({"en": EN + EN_FILLER + " " + EN_FILLER}, "passage_size"),
        ({"heading": "About $830 billion"}, "figure_uncited"),
    ],
)
def test_a_brief_out_of_shape_is_stopped(corpus: Corpus, shape: dict[str, Any], kind: str) -> None:
    corpus.brief(**shape)
    assert kind in corpus.kinds()


def _drop_twin(corpus: Corpus) -> None:
    (corpus.folder / "briefs" / "zh" / "05-size.md").unlink()


def _rename(corpus: Corpus) -> None:
    path = corpus.folder / "briefs" / "en" / "05-size.md"
    path.rename(path.with_name("06-size.md"))


def _drop_passage(corpus: Corpus) -> None:
    path = corpus.folder / "briefs" / "zh" / "05-size.md"
    path.write_text(path.read_text(encoding="utf-8").rsplit("## H", 1)[0], encoding="utf-8")


def _change(old: str, new: str) -> Callable[[Corpus], None]:
    def change(corpus: Corpus) -> None:
        path = corpus.folder / "briefs" / "en" / "05-size.md"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("break_it", "kind"),
    [
        (_drop_twin, "twin_missing"),
        (_drop_passage, "twin_passages"),
        (_change('topic = "size"', 'topic = "repo"'), "twin_fields"),
        (_rename, "brief_name"),
        (_change('groups = ["size"]', 'groups = ["weather"]'), "group_unknown"),
        (_change('title = "t"\n', ""), "unreadable"),
        (_change("+++\n\n", "\n"), "unreadable"),
        (lambda corpus: corpus.rows({"id": "SZ05"}), "unreadable"),
        (lambda corpus: corpus.rows(claim("SZ05"), claim("SZ05")), "unreadable"),
        (lambda corpus: corpus.terms([{"en": ["basis"], "zh": []}]), "term_field"),
    ],
)
def test_a_broken_file_is_stopped(
    corpus: Corpus, break_it: Callable[[Corpus], None], kind: str
) -> None:
    break_it(corpus)
    assert kind in corpus.kinds()


def test_the_command_lists_problems_and_fails(
    corpus: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(corpus.folder)]) == 0
    corpus.brief(en="It is about $840 billion [SZ05].")
    assert main([str(corpus.folder)]) == 1
    assert "$840 billion" in capsys.readouterr().out


def test_a_figure_is_not_borne_by_one_of_another_unit() -> None:
    backing = Backing.of_text("10% in a year")
    assert not backing.bears(figures("10 years")[0], rounded=True)
    assert backing.bears(figures("10 percent")[0], rounded=False)
