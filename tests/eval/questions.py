"""A question file and whoever answers -> a scorecard by class and language, the missed ones named.

The rules are those of the question file's format: every entry of `must_mention` is needed (`a|b`
accepts either), numbers count as values and whole tokens, dates in any of three written forms.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from bot.answering.answer import Answer
from bot.i18n import Lang, say

AnswerFn = Callable[["Question"], Answer]

SCALES = {
    "万亿": 1e12, "trillion": 1e12, "tn": 1e12, "trn": 1e12,
    "亿": 1e8, "十亿": 1e9, "billion": 1e9, "bn": 1e9,
    "million": 1e6, "mn": 1e6, "mln": 1e6, "m": 1e6, "百万": 1e6, "万": 1e4,
}  # fmt: skip
READINGS = (1.0, 1e12, 1e9, 1e8, 1e6)
MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june",
         "jul july", "aug august", "sep sept september", "oct october", "nov november",
         "dec december"), start=1)
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATES = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?!\d)"),
    re.compile(r"(?:(?P<y>\d{4})年)?(?P<m>\d{1,2})月(?P<d>\d{1,2})日"),
    re.compile(rf"(?<!\d)(?P<d>\d{{1,2}}) (?P<m>{_MONTH})\b(?:,? (?P<y>\d{{4}}))?", re.IGNORECASE),
    re.compile(rf"\b(?P<m>{_MONTH}) (?P<d>\d{{1,2}})\b(?:,? (?P<y>\d{{4}}))?", re.IGNORECASE),
)
_SCALE = "|".join(sorted(SCALES, key=len, reverse=True))
# A number is a whole token: not the tail of an identifier (`SZ29`) nor a part of a longer number.
_NUMBER = re.compile(
    rf"(?<![A-Za-z\d_.])(?P<n>\d[\d,]*(?:\.\d+)?)\s?(?P<u>(?:{_SCALE})(?![a-z]))?(?![\d])",
    re.IGNORECASE,
)
_MARK = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Question:
    """One question with what its answer must say."""

    id: str
    lang: Lang
    kind: str
    question: str
    must_mention: tuple[str, ...] = ()
    must_not_say: tuple[str, ...] = ()
    claim_ids: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    tolerance: float | None = None

    @property
    def refusable(self) -> bool:
        """Tell whether an honest refusal is the right answer."""
        return self.kind == "unanswerable"


@dataclass(frozen=True, slots=True)
class Mark:
    """How one answer fared: what it lacks, what it must not have said, how it was refused."""

    question: Question
    route: str
    missing: tuple[str, ...]
    forbidden: tuple[str, ...]
    refused: bool
    cited: tuple[str, ...]
    ms: float

    @property
    def passed(self) -> bool:
        """Tell whether nothing is missing or forbidden and refusal is where it belongs."""
        return not self.missing and not self.forbidden and self.refused == self.question.refusable

    @property
    def cites_expected(self) -> bool:
        """Tell whether a claim that bears the answer is cited (or none is expected)."""
        wanted = set(self.question.claim_ids)
        return not wanted or bool(wanted & set(self.cited))


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The marks of a whole file."""

    marks: tuple[Mark, ...]

    @property
    def mentions(self) -> tuple[int, int]:
        """Return how many `must_mention` entries were met, and how many there are."""
        total = sum(len(m.question.must_mention) for m in self.marks)
        return total - sum(len(m.missing) for m in self.marks), total

    @property
    def passed(self) -> tuple[int, int]:
        """Return how many questions passed whole, and how many there are."""
        return sum(m.passed for m in self.marks), len(self.marks)

    def of(self, kind: str | None = None, lang: Lang | None = None) -> Scorecard:
        """Return the marks of one class, one language, or both."""
        return Scorecard(
            tuple(
                m
                for m in self.marks
                if kind in (None, m.question.kind) and lang in (None, m.question.lang)
            )
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the classes in the order of the file."""
        return tuple(dict.fromkeys(m.question.kind for m in self.marks))

    def as_json(self) -> dict[str, Any]:
        """Return the scores as plain values: totals, by class and language, and what was missed."""
        return {
            "questions": len(self.marks),
            "passed": self.passed[0],
            "must_mention": {"met": self.mentions[0], "of": self.mentions[1]},
            "p50_ms": _percentile([m.ms for m in self.marks], 0.5),
            "p95_ms": _percentile([m.ms for m in self.marks], 0.95),
            "by": [
                {"class": kind, "lang": lang, "passed": part.passed[0], "of": part.passed[1]}
                for kind in self.kinds
                for lang in ("en", "zh")
                if (part := self.of(kind, lang)).marks
            ],
            "missed": [
                {
                    "id": m.question.id,
                    "question": m.question.question,
                    "missing": list(m.missing),
                    "forbidden": list(m.forbidden),
                    "refused": m.refused,
                    "route": m.route,
                }
                for m in self.marks
                if not m.passed
            ],
        }


def load_questions(path: Path) -> list[Question]:
    """Return the questions of a JSON file (a list of objects; extra fields are ignored).

    Raises ValueError naming the row that lacks a needed field.
    """
    rows = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(rows, list):
        raise ValueError("not_a_list")  # noqa: TRY004  # a file's content, not a caller's type
    return [question_of(row, place) for place, row in enumerate(rows, start=1)]


def question_of(row: dict[str, Any], place: int = 1) -> Question:
    """Return the question that one object of a file states."""
    try:
        return Question(
            id=str(row["id"]),
            lang="zh" if row["lang"] == "zh" else "en",
            kind=str(row["class"]),
            question=str(row["question"]),
            must_mention=tuple(row.get("must_mention") or ()),
            must_not_say=tuple(row.get("must_not_say") or ()),
            claim_ids=tuple(row.get("claim_ids") or ()),
            history=tuple(row.get("history") or ()),
            tolerance=row.get("tolerance"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"row {place}: {error}") from error


def score(questions: Iterable[Question], answer: AnswerFn) -> Scorecard:
    """Return the marks of every question put to `answer`."""
    return Scorecard(tuple(_mark(question, answer) for question in questions))


def _mark(question: Question, answer: AnswerFn) -> Mark:
    start = perf_counter()
    given = answer(question)
    ms = (perf_counter() - start) * 1000
    tolerance = question.tolerance if question.kind == "calculation" else None
    return Mark(
        question=question,
        route=given.route,
        missing=tuple(n for n in question.must_mention if not mentions(given.text, n, tolerance)),
        forbidden=tuple(n for n in question.must_not_say if mentions(given.text, n)),
        refused=given.refused,
        cited=tuple(c.claim for c in given.citations if c.claim),
        ms=ms,
    )


def mentions(text: str, needle: str, tolerance: float | None = None) -> bool:
    """Tell whether `text` says `needle`: either side of `a|b`, as a word, number or date.

    >>> mentions("about 8300亿美元", "0.83"), mentions("in 2027", "7")
    (True, False)
    >>> mentions("by 2026-12-31", "31 December 2026")
    True
    """
    plain = _MARK.sub(" ", unicodedata.normalize("NFKC", text)).casefold()
    return any(
        _says(plain, unicodedata.normalize("NFKC", side).casefold().strip(), tolerance)
        for side in needle.split("|")
    )


def _says(text: str, needle: str, tolerance: float | None) -> bool:
    if dates := _dates(needle):
        return all(any(_same_day(a, b) for b in _dates(text)) for a in dates)
    number = _NUMBER.fullmatch(needle)
    if number is None:
        return needle in text
    return any(_same_number(number, found, tolerance) for found in _numbers(text))


Day = tuple[int | None, int, int]


def _dates(text: str) -> list[Day]:
    found: list[Day] = []
    for pattern in _DATES:
        for m in pattern.finditer(text):
            month = m["m"] if m["m"].isdecimal() else str(MONTHS[m["m"].casefold()])
            found.append((int(m["y"]) if m["y"] else None, int(month), int(m["d"])))
    return found


def _same_day(wanted: Day, said: Day) -> bool:
    return wanted[1:] == said[1:] and (wanted[0] is None or wanted[0] == said[0])


def _numbers(text: str) -> list[re.Match[str]]:
    for pattern in _DATES:
        text = pattern.sub(" ", text)
    return list(_NUMBER.finditer(text))


def _same_number(wanted: re.Match[str], said: re.Match[str], tolerance: float | None) -> bool:
    digits = wanted["n"].replace(",", "")
    decimals = len(digits.partition(".")[2])
    target, value = float(digits), float(said["n"].replace(",", ""))
    dollars = value * _scale(said)
    if wanted["u"]:
        return round(dollars / _scale(wanted), decimals) == target
    readings = [value, *(dollars / unit for unit in READINGS)]
    slack = tolerance or 0.0
    return any(round(r, decimals) == target or abs(r - target) <= slack for r in readings)


def _scale(number: re.Match[str]) -> float:
    return SCALES[number["u"].casefold()] if number["u"] else 1.0


def _percentile(values: Sequence[float], share: float) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


def report(card: Scorecard, lang: Lang) -> str:
    """Return the scorecard as lines that a person reads: totals, a table, the missed ones."""
    met, entries = card.mentions
    passed, total = card.passed
    lines = [
        say(lang, "eval.total", passed=passed, total=total, share=_share(passed, total)),
        say(lang, "eval.mentions", met=met, total=entries, share=_share(met, entries)),
        "",
        say(lang, "eval.header"),
    ]
    for kind in card.kinds:
        cells = [_cell(card.of(kind, spoken)) for spoken in ("en", "zh")]
        lines.append(f"{kind:<26}{cells[0]:>8}{cells[1]:>8}")
    missed = [_missed(m, lang) for m in card.marks if not m.passed]
    return "\n".join([*lines, "", say(lang, "eval.missed" if missed else "eval.none"), *missed])


def _missed(mark: Mark, lang: Lang) -> str:
    reasons = [say(lang, "eval.lacks", what=n) for n in mark.missing]
    reasons += [say(lang, "eval.forbidden", what=n) for n in mark.forbidden]
    if mark.refused != mark.question.refusable:
        reasons.append(say(lang, "eval.refused" if mark.refused else "eval.answered"))
    return say(
        lang,
        "eval.miss",
        id=mark.question.id,
        route=mark.route,
        question=mark.question.question,
        reasons="; ".join(reasons),
    )


def _cell(part: Scorecard) -> str:
    passed, total = part.passed
    return f"{passed}/{total}" if total else "-"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"
