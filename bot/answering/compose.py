"""Claims -> the statements of an answer: number first, then who says what, when, how measured."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from bot.answering.answer import Answer, Statement, Table
from bot.i18n import Lang, has, say
from knowledge.claims import amounts, as_of_span, span_of
from knowledge.figures import figures, states, whens
from knowledge.glossary import Term
from knowledge.report import Citation, Claim

OLD_DAYS = 366
# From how many figures on a table helps.
FEWEST_ROWS = 3
# About one line on a phone: a figure within it is seen first, and need not stand before it again.
OPENING = {"en": 44, "zh": 20}
_IDS = re.compile(r"\s?\[(?P<ids>[A-Z]{1,3}\d{2}(?:[,;\s]+[A-Z]{1,3}\d{2})*)\]")
_ID = re.compile(r"[A-Z]{1,3}\d{2}")
_KEY = re.compile(r"[^a-z0-9]+")
_ISO = re.compile(
    r"(?P<year>\d{4})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>\d{2})(?:-(?P<day>\d{2}))?))?"
)


class Draft:
    """An answer being written: statements in order, each source numbered at its first use."""

    def __init__(self, lang: Lang, today: date) -> None:
        self.lang = lang
        self.today = today
        self.statements: list[Statement] = []
        self.notes: list[str] = []
        self._citations: list[Citation] = []
        self._numbers: dict[str, int] = {}
        self._said: dict[str, Claim] = {}

    @property
    def claims(self) -> frozenset[str]:
        """Return the ids of the claims that have a statement of their own."""
        return frozenset(self._said)

    @property
    def said(self) -> tuple[str, ...]:
        """Return the ids of those claims in the order in which they were said."""
        return tuple(self._said)

    def say(self, key: str, **values: object) -> str:
        """Return a sentence in the reader's language."""
        return say(self.lang, key, **values)

    def cite(self, claim: Claim) -> int:
        """Return the number of a claim's citation, giving it the next one at first use."""
        return self._number(
            claim.id,
            Citation(
                n=0,
                source=claim.source.key,
                publisher=publisher(claim, self.lang),
                title=claim.source.title,
                date=claim.source.date,
                as_of=claim.as_of or None,
                url=claim.source.url,
                claim=claim.id,
                quote=claim.quote,
            ),
        )

    def cite_source(self, key: str, citation: Citation) -> int:
        """Return the number of a source that is not a claim: a passage, the glossary."""
        return self._number(key, citation)

    def _number(self, key: str, citation: Citation) -> int:
        if key not in self._numbers:
            self._numbers[key] = len(self._citations) + 1
            self._citations.append(replace(citation, n=self._numbers[key]))
        return self._numbers[key]

    def add(self, text: str, claims: Iterable[Claim] = (), numbers: Iterable[int] = ()) -> None:
        """Add a statement that these claims (and already numbered sources) bear."""
        cites = dict.fromkeys([*numbers, *(self.cite(c) for c in claims)])
        self.statements.append(Statement(text, tuple(cites)))

    def add_claim(self, claim: Claim) -> None:
        """Add a claim as one statement, unless it was said before."""
        if claim.id not in self._said:
            self._said[claim.id] = claim
            self.add(line(claim, self.lang, self.today), [claim])

    def add_term(self, term: Term) -> None:
        """Add the glossary's definition of a term."""
        title = f"{term.en[0]} / {term.zh[0]}"
        source = Citation(
            n=0,
            source="glossary",
            publisher=self.say("answer.glossary"),
            title=title,
            doc="glossary",
        )
        name, definition = term.names(self.lang)[0], term.definition(self.lang)
        number = self._number(f"term:{term.en[0]}", source)
        self.add(self.say("answer.term", term=name, definition=definition), numbers=[number])

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Return the sources numbered so far."""
        return tuple(self._citations)

    def note(self, key: str, **values: object) -> None:
        """Add a remark that needs no source, once."""
        text = self.say(key, **values)
        if text not in self.notes:
            self.notes.append(text)

    def answer(self, route: str, refused: bool = False, nearest: Iterable[str] = ()) -> Answer:
        """Return the finished answer."""
        return Answer(
            lang=self.lang,
            statements=tuple(self.statements),
            citations=tuple(self._citations),
            refused=refused,
            route=route,
            notes=tuple(self.notes),
            nearest=tuple(nearest),
            table=self._table() if route == "series" else None,
        )

    def _table(self) -> Table | None:
        """Return the values of the measure that has most of them; None where a table helps not.

        Figures of two measures never share a column: they would be read as one.
        """
        rows: dict[str, list[tuple[str, str, int]]] = {}
        for claim in self._said.values():
            for as_of, value in dated_values(claim, self.lang):
                measure = claim.measured(self.lang) or ""
                rows.setdefault(measure, []).append((as_of, value, self._numbers[claim.id]))
        measure, longest = max(rows.items(), key=lambda row: len(row[1]), default=("", []))
        return Table(measure, tuple(longest)) if len(longest) >= FEWEST_ROWS else None


def line(claim: Claim, lang: Lang, today: date) -> str:
    """Return one claim as a line: value, statement, and in brackets who, when and how measured."""
    said = claim.statement(lang)
    lead = "".join([_lead(claim, lang, said), _prominent_date(claim, lang, today)])
    details = say(lang, "answer.join").join(_details(claim, lang))
    return say(lang, "answer.line", lead=lead, statement=_unstopped(said), details=details)


def _details(claim: Claim, lang: Lang) -> Iterable[str]:
    yield publisher(claim, lang)
    if claim.source.date and claim.source.date[:1].isdigit():
        yield claim.source.date
    if measure := claim.measured(lang):
        yield say(lang, "answer.measure", measure=measure)
    if status := status_words(claim, lang):
        yield status


def _lead(claim: Claim, lang: Lang, said: str) -> str:
    """Return the value to open a line with, nothing where the sentence opens with it itself."""
    value, known = _as_said(claim, said), value_text(claim, lang)
    # "Four times" may be so often as well as so much.
    if known is None or (value is None and claim.unit == "times"):
        return ""
    value = value or known
    if value in said[: OPENING[lang]]:
        return ""
    return say(lang, "answer.lead", value=value)


def _as_said(claim: Claim, said: str) -> str | None:
    """Return the claim's single value in the words of its own sentence, None where it differs."""
    known = amounts(claim)
    if len(known) != 1 or known[0].is_range:
        return None
    figure = next((f for f in figures(said) if states(f, known[0].value, known[0].unit)), None)
    return figure.text.strip() if figure and figure.unit == known[0].unit else None


def _prominent_date(claim: Claim, lang: Lang, today: date) -> str:
    span = as_of_span(claim)
    if span is None or (today - span[1]).days <= OLD_DAYS or _dates_itself(claim, lang):
        return ""
    return say(lang, "answer.as_of", date=as_of_text(claim, lang))


def _dates_itself(claim: Claim, lang: Lang) -> bool:
    """Tell whether the sentence says its own date, so that no "as of" is needed before it."""
    span = as_of_span(claim)
    years = {w.year for w in whens(claim.statement(lang))}
    return span is not None and {span[0].year, span[1].year} <= years


def as_of_text(claim: Claim, lang: Lang) -> str:
    """Return a claim's as-of as a reader writes it: runs with `to`, several with commas."""
    text = _ISO.sub(lambda m: _iso_text(m, lang), claim.as_of.split(" (")[0])
    return text.replace("..", say(lang, "answer.until")).replace("; ", say(lang, "answer.comma"))


def last_date_text(claim: Claim, lang: Lang) -> str:
    """Return the last of a claim's dates as a reader writes it."""
    pieces = re.split(r";|\.\.", claim.as_of.split(" (")[0])
    ends = {piece.strip(): span[1] for piece in pieces if (span := span_of(piece))}
    return as_of_text(replace(claim, as_of=max(ends, key=lambda p: ends[p])), lang)


def day_text(day: date, lang: Lang) -> str:
    """Return a day as a sentence of the language writes it: `31 December 2026`."""
    return _dated("day", lang, year=day.year, month=day.month, day=day.day)


def _iso_text(match: re.Match[str], lang: Lang) -> str:
    """Return `2025-09`, `2025-09-19` or `2025-Q4` in words."""
    year = int(match["year"])
    if match["quarter"]:
        return _dated("quarter", lang, year=year, quarter=int(match["quarter"]))
    if not match["month"]:
        return _dated("year", lang, year=year)
    if match["day"]:
        return _dated("day", lang, year=year, month=int(match["month"]), day=int(match["day"]))
    return _dated("month", lang, year=year, month=int(match["month"]))


def _dated(form: str, lang: Lang, **values: int) -> str:
    words: dict[str, object] = dict(values)
    for name in {"month", "quarter"} & values.keys():
        words[name] = say(lang, f"answer.date.{name}_{values[name]}")
    return say(lang, f"answer.date.{form}", **words)


def dated_values(claim: Claim, lang: Lang) -> list[tuple[str, str]]:
    """Return a claim's values with their dates: one each where it tells several of both.

    Nothing where the claim has no value, or values and dates that do not pair.
    """
    dates = [part.strip() for part in claim.as_of.split(" (")[0].split(";")]
    values = [part.strip() for part in str(claim.value).split(";")]
    if len(dates) != len(values):
        return []
    single = len(values) == 1
    told = (
        (d, claim if single else replace(claim, value=_number(v)))
        for d, v in zip(dates, values, strict=True)
    )
    shown = ((d, value_text(one, lang)) for d, one in told)
    return [(d, text) for d, text in shown if text is not None and ".." not in d]


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def value_text(claim: Claim, lang: Lang) -> str | None:
    """Return a claim's single value with its unit, None where it has none or several.

    >>> from knowledge.claims import load_ledger
    >>> value_text(load_ledger()["SZ05"], "en")
    '$0.83 trillion'
    """
    value, unit = claim.value, claim.unit
    if value is None or unit is None or ";" in str(value) or unit in {"date", "formula"}:
        return None
    key = f"answer.unit.{_slug(unit)}"
    if not has(key):
        return None
    if (
        lang == "zh"
        and unit.startswith(("USD billion", "GBP billion"))
        and isinstance(value, int | float)
    ):
        return say(lang, key, value=_plain(value * 10))
    return say(lang, key, value=_plain(value))


def _plain(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.4f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"


def publisher(claim: Claim, lang: Lang) -> str:
    """Return who speaks, in the reader's language where a name is known in it."""
    name = claim.source.publisher
    key = f"answer.publisher.{_slug(name)}"
    return say(lang, key) if has(key) else name


def status_words(claim: Claim, lang: Lang) -> str | None:
    """Return any status other than verified in words."""
    if claim.status == "verified":
        return None
    return say(lang, f"answer.status.{_slug(claim.status)}")


def _slug(name: str) -> str:
    return _KEY.sub("_", name.lower()).strip("_")


def _unstopped(text: str) -> str:
    return text.rstrip(" .\u3002")


def verdict_parts(verdict: str) -> tuple[str, list[str]]:
    """Return a verdict without its bracketed claim ids, and the ids in order.

    >>> verdict_parts("Runoff ended on 1 December [QT01].")
    ('Runoff ended on 1 December.', ['QT01'])
    """
    ids = [i for m in _IDS.finditer(verdict) for i in _ID.findall(m["ids"])]
    return _IDS.sub("", verdict), list(dict.fromkeys(ids))
