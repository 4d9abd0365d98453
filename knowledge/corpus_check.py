"""The corpus -> what is wrong with it: figures without a claim, links, twins, words, lengths.

`python -m knowledge.corpus_check [DIR]` prints one line a problem and exits with 1 if there is any.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from knowledge.amounts import amounts
from knowledge.chunking import marks, unmarked
from knowledge.claims import load_ledger
from knowledge.errors import KnowledgeError
from knowledge.figures import Figure, When, figures, whens
from knowledge.loaders import Brief, read_brief
from knowledge.report import Claim, Lang, Status

CORPUS = Path(__file__).parent / "corpus"
QUOTE_WORDS = 15
# Words of English, characters of Chinese (a Latin word or number is one): a brief, a passage.
BRIEF_SIZE = {"en": (350, 700), "zh": (600, 1100)}
PASSAGE_SIZE = {"en": (70, 170), "zh": (100, 260)}
# The fact-check speaks to each of the article's claims, so it takes the room that they need.
LONG_BRIEFS = {"15-fact-check": {"en": (350, 2400), "zh": (600, 4000)}}
PASSAGES = (5, 9)
LONG_PASSAGES = (5, 18)

_ALARM = re.compile(
    r"\bbombs?\b|time bomb|will collapse|doomsday|armageddon|meltdown|catastroph|"
    "炸弹|核弹|引爆|末日|雪崩|浩劫|必将崩",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\byou should (?:buy|sell|hold|avoid)|\bwe recommend\b|\binvestors should\b|"
    "建议(?:买入|卖出|做多|做空|持有|增持|减持)|应当(?:买入|卖出)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|around|near|nearly|almost|roughly|some|close to|over|above|under|more than|"
    r"less than|at least|up to)\b|[约近逾超]|接近|以上|左右|不到|至少|最多",
    re.IGNORECASE,
)
# How a sentence says that what it cites does not hold ...
_DENIAL = re.compile(
    r"\b(?:wrong|contradict\w*|unsupported|not supported|incorrect|does not hold|do not hold|"
    r"misstat\w*|mistaken|is not so|not true)\b|"
    "不成立|有误|错误|没有依据|无依据|不符|不属实|矛盾|被推翻",
    re.IGNORECASE,
)
# ... and that it was read at second hand, or is under dispute.
_SECOND_HAND = re.compile(
    r"\b(?:report(?:s|ed)?|press|summar(?:y|ies)|according to|secondary|third[- ]part(?:y|ies)|"
    r"quoted?|quotes|citations?|cited|is said|disputed?|not checked|unconfirmed|market talk|"
    r"unsourced|claims?)\b|据|媒体|报道|摘要|二手|第三方|转引|引述|转述|传言|争议|未核查|未证实|一说",
    re.IGNORECASE,
)
# Digits that are names: a command, or a paper's number.
_NAME = re.compile(r"(?<![\w/])/[a-z]+\b|(?:FEDS|WP|Brief|简报|工作论文)\s?\d{2,4}-\d{2,3}")
# A sentence ends at a full-width stop, or at a Latin one before a space and a capital or figure.
_END = re.compile(r"(?<=[\u3002\uff01\uff1f])|(?<=[.!?])\s+(?=[A-Z\d$/\u201c\"])")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: what kind, where it stands, and the culprit as written."""

    kind: str
    where: str
    detail: str

    def __str__(self) -> str:
        """Return the problem as one line."""
        return f"{self.where}: {self.kind}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence without its marks, and the ids that it cites in their order."""

    text: str
    claims: tuple[str, ...]


def sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of a marked text in either language.

    >>> [s.claims for s in sentences("About $830bn [SZ05]. It was less before [SZ06 CA07].")]
    [('SZ05',), ('SZ06', 'CA07')]
    """
    parts = (part.strip() for part in _END.split(text))
    return tuple(Sentence(unmarked(part), marks(part)) for part in parts if part)


def check(corpus_dir: Path = CORPUS, today: date | None = None) -> list[Problem]:
    """Return every problem of a corpus folder; an empty list means that it may ship.

    `today` says which rows are past their review; without it no row is.
    """
    try:
        ledger: Mapping[str, Claim] = load_ledger(corpus_dir / "claims.json")
    except (KnowledgeError, json.JSONDecodeError, OSError) as error:
        return [Problem("unreadable", "claims.json", str(error))]
    problems: list[Problem] = []
    briefs = list(_read(corpus_dir, problems))
    problems += _ledger_problems(ledger, _sites(corpus_dir))
    if today is not None:
        problems += _overdue(ledger, today)
    problems += _glossary_problems(corpus_dir / "glossary.json")
    for brief in briefs:
        problems += _brief_problems(brief, ledger)
    problems += _twin_problems(briefs)
    return problems


def main(arguments: list[str]) -> int:
    """Print the problems of the folder named, or of the bundled corpus; return the exit code."""
    folder = Path(arguments[0]) if arguments else CORPUS
    problems = check(folder, datetime.now(UTC).date())
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"corpus check: {len(problems)} problems\n")
    return 1 if problems else 0


# --- the ledger ----------------------------------------------------------------------------


def _sites(corpus_dir: Path) -> dict[str, list[str]]:
    text = (corpus_dir / "publishers.toml").read_text(encoding="utf-8")
    sites: dict[str, list[str]] = tomllib.loads(text)["publishers"]
    return sites


def _ledger_problems(
    ledger: Mapping[str, Claim], sites: Mapping[str, list[str]]
) -> Iterator[Problem]:
    for claim in ledger.values():
        yield from (replace(p, where=claim.id) for p in _row_problems(claim, ledger))
        yield from (replace(p, where=claim.id) for p in _link_problems(claim, sites))


def _overdue(ledger: Mapping[str, Claim], today: date) -> Iterator[Problem]:
    """Yield the rows whose day of review has passed."""
    for claim in ledger.values():
        if claim.review_by is not None and today > claim.review_by:
            yield Problem("review_overdue", claim.id, f"was due by {claim.review_by}")


def _row_problems(claim: Claim, ledger: Mapping[str, Claim]) -> Iterator[Problem]:
    for other in claim.related:
        if other not in ledger:
            yield Problem("related_unknown", "", other)
    if claim.status not in get_args(Status):
        yield Problem("status_unknown", "", claim.status)
    if _words(claim.quote or "") > QUOTE_WORDS:
        yield Problem("quote_long", "", claim.quote or "")
    if (claim.measure is None) != (claim.measure_zh is None):
        yield Problem("measure_one_language", "", claim.measure or claim.measure_zh or "")
    for text in (claim.statement_en, claim.statement_zh):
        yield from _tone_problems(text)
    yield from _statement_problems(claim)
    yield from _verdict_problems(claim, ledger)


def _statement_problems(claim: Claim) -> Iterator[Problem]:
    """Yield figures that only one of the two statements gives, or that differ between them."""
    value = Backing.of(claim, with_text=False)
    for text, other in (
        (claim.statement_en, claim.statement_zh),
        (claim.statement_zh, claim.statement_en),
    ):
        backing = Backing.union((Backing.of_text(other), value))
        for figure in _digits(text):
            if not backing.bears(figure, rounded=True):
                yield Problem("statement_figures_differ", "", f"{figure.text} in: {text}")


def _verdict_problems(claim: Claim, ledger: Mapping[str, Claim]) -> Iterator[Problem]:
    verdicts = {"en": claim.verdict_en, "zh": claim.verdict_zh}
    if claim.topic == "article" and not all(verdicts.values()):
        yield Problem("verdict_missing", "", claim.id)
    for text in filter(None, verdicts.values()):
        yield from _tone_problems(text)
        for sentence in sentences(text):
            yield from _figure_problems(sentence, ledger)
    if set(marks(claim.verdict_en or "")) != set(marks(claim.verdict_zh or "")):
        yield Problem("twin_claims", "", "verdict_en and verdict_zh cite different claims")


def _link_problems(claim: Claim, sites: Mapping[str, list[str]]) -> Iterator[Problem]:
    if claim.source.url is None:
        return
    host = urlsplit(claim.source.url).hostname or ""
    owners = [names for site, names in sites.items() if host == site or host.endswith(f".{site}")]
    if not owners:
        yield Problem("link_site", "", claim.source.url)
    elif not any(claim.source.publisher.startswith(name) for name in owners[0]):
        yield Problem("link_publisher", "", f"{claim.source.publisher}: {claim.source.url}")


def _glossary_problems(path: Path) -> Iterator[Problem]:
    for row in json.loads(path.read_text(encoding="utf-8")):
        name = row["en"][0] if row.get("en") else "?"
        missing = [k for k in ("en", "zh", "definition_en", "definition_zh") if not row.get(k)]
        if missing:
            yield Problem("term_field", f"glossary: {name}", ", ".join(missing))
        for text in (row.get("definition_en", ""), row.get("definition_zh", "")):
            yield from (replace(p, where=f"glossary: {name}") for p in _tone_problems(text))


# --- briefs --------------------------------------------------------------------------------


def _read(corpus_dir: Path, problems: list[Problem]) -> Iterator[Brief]:
    for lang in ("en", "zh"):
        for path in sorted((corpus_dir / "briefs" / lang).glob("*.md")):
            try:
                brief = read_brief(path.read_text(encoding="utf-8"), path.name)
            except KnowledgeError as error:
                problems.append(Problem("unreadable", f"{lang}/{path.name}", str(error)))
                continue
            if (brief.id, brief.lang) != (path.stem, lang):
                problems.append(
                    Problem("brief_name", f"{lang}/{path.name}", f"{brief.lang}/{brief.id}")
                )
            yield brief


def _brief_problems(brief: Brief, ledger: Mapping[str, Claim]) -> Iterator[Problem]:
    here = f"{brief.lang}/{brief.id}"
    groups = {claim.group for claim in ledger.values()}
    for group in brief.groups:
        if group not in groups:
            yield Problem("group_unknown", here, group)
    yield from (replace(p, where=here) for p in _size_problems(brief))
    for heading, paragraph in brief.paragraphs:
        where = f"{here} ({heading})"
        for text in (heading, paragraph):
            yield from (replace(p, where=where) for p in _tone_problems(text))
        if _digits(heading):
            yield Problem("figure_uncited", where, heading)
        for sentence in sentences(paragraph):
            yield from (replace(p, where=where) for p in _sentence_problems(sentence, ledger))


def _sentence_problems(sentence: Sentence, ledger: Mapping[str, Claim]) -> Iterator[Problem]:
    yield from _figure_problems(sentence, ledger)
    for claim in (ledger[i] for i in sentence.claims if i in ledger):
        if claim.status == "contradicted" and not _DENIAL.search(sentence.text):
            yield Problem("contradiction_unsaid", "", f"{claim.id}: {sentence.text}")
        elif claim.status not in {"verified", "contradicted"} and not _hedged(sentence.text, claim):
            yield Problem("status_unsaid", "", f"{claim.id}: {sentence.text}")


def _hedged(text: str, claim: Claim) -> bool:
    return bool(_SECOND_HAND.search(text) or (claim.topic == "article" and _DENIAL.search(text)))


def _figure_problems(sentence: Sentence, ledger: Mapping[str, Claim]) -> Iterator[Problem]:
    """Yield ids that the ledger does not have, and figures that no cited claim bears."""
    for claim_id in sentence.claims:
        if claim_id not in ledger:
            yield Problem("claim_unknown", "", claim_id)
    plain = _NAME.sub("", sentence.text)
    if not sentence.claims:
        if re.search(r"\d", plain):
            yield Problem("figure_uncited", "", sentence.text)
        return
    backing = Backing.union(Backing.of(ledger[i]) for i in sentence.claims if i in ledger)
    rounded = bool(_ABOUT.search(plain))
    for figure in _digits(plain):
        if not backing.bears(figure, rounded=rounded):
            yield Problem("figure_unbacked", "", f"{figure.text} in: {sentence.text}")
    for when in whens(plain):
        if not backing.dates(when):
            yield Problem("date_unbacked", "", f"{when.text} in: {sentence.text}")


def _digits(text: str) -> list[Figure]:
    """Return the figures written in digits; spelled counts are prose."""
    return [f for f in figures(_NAME.sub("", text)) if re.search(r"\d", f.text)]


def _size_problems(brief: Brief) -> Iterator[Problem]:
    long = brief.id in LONG_BRIEFS
    low, high = LONG_BRIEFS[brief.id][brief.lang] if long else BRIEF_SIZE[brief.lang]
    sizes = [_size(unmarked(text), brief.lang) for _, text in brief.paragraphs]
    if not low <= sum(sizes) <= high:
        yield Problem("brief_size", "", f"{sum(sizes)}, allowed {low}-{high}")
    few, many = LONG_PASSAGES if long else PASSAGES
    if not few <= len(sizes) <= many:
        yield Problem("passage_count", "", f"{len(sizes)}, allowed {few}-{many}")
    low, high = PASSAGE_SIZE[brief.lang]
    for (heading, _), size in zip(brief.paragraphs, sizes, strict=True):
        if not low <= size <= high:
            yield Problem("passage_size", "", f"{heading}: {size}, allowed {low}-{high}")


def _size(text: str, lang: Lang) -> int:
    """Return words of English, or characters of Chinese with a Latin word or number as one."""
    if lang == "en":
        return len(text.split())
    return len(re.findall(r"[A-Za-z0-9][A-Za-z0-9.,%/-]*|\S", text))


def _twin_problems(briefs: Iterable[Brief]) -> Iterator[Problem]:
    """Yield briefs without their twin, and twins whose passages cite different claims."""
    sides: dict[str, dict[str, Brief]] = {"en": {}, "zh": {}}
    for brief in briefs:
        sides[brief.lang][brief.id] = brief
    for lone in sorted(sides["en"].keys() ^ sides["zh"].keys()):
        yield Problem("twin_missing", lone, "is there in one language only")
    for name in sorted(sides["en"].keys() & sides["zh"].keys()):
        en, zh = sides["en"][name], sides["zh"][name]
        if (en.topic, en.groups, en.reviewed_on) != (zh.topic, zh.groups, zh.reviewed_on):
            yield Problem("twin_fields", name, "topic, groups or reviewed_on differ")
        if len(en.paragraphs) != len(zh.paragraphs):
            yield Problem("twin_passages", name, f"{len(en.paragraphs)}, {len(zh.paragraphs)}")
            continue
        for (heading, one), (_, other) in zip(en.paragraphs, zh.paragraphs, strict=True):
            if differing := set(marks(one)) ^ set(marks(other)):
                yield Problem("twin_claims", f"{name} ({heading})", " ".join(sorted(differing)))


# --- what a claim bears --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Backing:
    """The figures and the dates that some claims state."""

    numbers: tuple[Figure, ...]
    days: tuple[When, ...]

    @classmethod
    def of(cls, claim: Claim, *, with_text: bool = True) -> Backing:
        """Return what one claim bears: its value, its dates and the figures of its statements."""
        texts = [claim.statement_en, claim.statement_zh] if with_text else []
        dated = f"{claim.as_of} ; {claim.source.date or ''} ; {claim.source.title}"
        if claim.unit and "date" in claim.unit and claim.value is not None:
            dated += f" ; {claim.value}"
        valued = [
            Figure(value, _unit(a.unit), str(value), (0, 0), value)
            for a in amounts(claim)
            for value in (a.low, a.high)
        ]
        found = [f for text in texts for f in figures(text)]
        days = [w for text in (*texts, dated.replace("..", " ; ")) for w in whens(text)]
        days += whens(claim.as_of.replace("..", "-"))
        return cls((*valued, *found), (*days, *_with_year(days)))

    @classmethod
    def of_text(cls, text: str) -> Backing:
        """Return what a text states."""
        return cls(tuple(figures(text)), tuple(whens(text)))

    @classmethod
    def union(cls, parts: Iterable[Backing]) -> Backing:
        """Return what several claims bear together."""
        parts = list(parts)
        return cls(
            tuple(f for p in parts for f in p.numbers), tuple(w for p in parts for w in p.days)
        )

    def bears(self, figure: Figure, *, rounded: bool) -> bool:
        """Return whether a figure is stated, or rounds one stated to the precision written."""
        return any(_same(figure, other, rounded=rounded) for other in self.numbers)

    def dates(self, when: When) -> bool:
        """Return whether a date is stated, or is the month, quarter or year of one stated."""
        return any(_within(other, when) for other in self.days)


def _with_year(days: list[When]) -> Iterator[When]:
    """Yield the days stated without a year, such as 2 April, in the year of the claim."""
    years = {w.year for w in days if w.year is not None}
    for when in days:
        if when.year is None and when.month is not None:
            yield from (replace(when, year=year) for year in years)


def _unit(unit: str) -> str:
    return unit if unit in {"usd", "gbp", "percent", "bp", "times", "days"} else ""


def _same(figure: Figure, other: Figure, *, rounded: bool) -> bool:
    if figure.unit and other.unit and figure.unit != other.unit:
        return False
    gap = abs(abs(figure.value) - abs(other.value))
    exact = 1e-9 * max(abs(figure.value), 1.0)
    return gap <= (max(figure.tolerance, exact) if rounded else exact)


def _within(stated: When, written: When) -> bool:
    """Return whether a stated date lies in the day, month, quarter or year written."""
    if written.first is None or written.last is None:
        return stated.day == written.day and written.month in {None, stated.month}
    if stated.first is None or stated.last is None:
        return False
    if written.until_year or stated.until_year:
        ends = {stated.first.year, stated.last.year}
        return bool(ends & {written.first.year, written.last.year})
    return written.first <= stated.first and stated.last <= written.last


def _words(text: str) -> int:
    """Return the length of a quote in words; two Chinese characters count as one."""
    latin = len(re.sub(r"[\u3400-\u9fff]+", " ", text).split())
    return latin + (len(_HAN.findall(text)) + 1) // 2


def _tone_problems(text: str) -> Iterator[Problem]:
    for kind, pattern in (("alarm", _ALARM), ("advice", _ADVICE)):
        if match := pattern.search(text):
            yield Problem(kind, "", match[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
