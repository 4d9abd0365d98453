"""A question and two texts that answer it -> how far they agree on the answer.

Two texts that give the same answer share it: the same day, the same amount, the same name, where
the question asks for one. What the question says itself does not count, nor does whoever was
merely beaten, replaced or compared with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from knowledge.chunking import language_of_text
from knowledge.figures import When, figures, narrow, whens
from knowledge.glossary import simplified
from knowledge.lexical import tokens
from knowledge.report import Lang

# Below this two texts are taken to give different answers. In Chinese nothing marks a name, so
# texts share more that may be one.
AGREE: Mapping[Lang, float] = {"en": 0.5, "zh": 0.7}

_DAY = re.compile(
    r"\bwhen\b|\bdates?\b|\bwhat day\b|时间|日期|什么时候|何时|哪(?:一)?[天年月日]", re.I
)
_AMOUNT = re.compile(
    r"how (?:many|much|big|large|high|long|old)|\bnumber of\b|多少|几[个名次级]|震级|多[大高长]",
    re.I,
)
_PERSON = re.compile(r"\bwho\b|谁|导演|演员|主演|作者|总统|议长|主席|原名", re.I)
_NAME = re.compile(
    r"[A-Z][\w'\u2019.-]*(?:\s+(?:(?:of|the|de|van|der)\s+)?[A-Z0-9][\w'\u2019.-]*)*"
)
_WORD = re.compile(r"[A-Za-z0-9][\w'\u2019.-]*")
_BESIDE = re.compile(
    r"\b(?:defeat\w*|beat\w*|over|against|vs\.?|versus|overcame|from|replac\w+|succe\w+)\s+$", re.I
)
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?", re.I)
_RUN = re.compile(r"[\u4e00-\u9fff\u00b7]{2,}|[A-Z][A-Za-z]+")
# Characters that begin or end no name but a phrase cut short.
_LOOSE = frozenset(
    "在的是了为和与及或又也都被把从到对由其之中上下会称加入行日月年时一二三四五六七八九十"
)
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁"
    "任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴"
    "莫孔向汤温费鲁文施柳康伍俞安倪佩"
)


def agreement(question: str, one: str, other: str) -> float:
    """Return 0 (different answers) to 1 (the same); see `differ`.

    >>> agreement("When did runoff end?", "Runoff ended on 1 December 2025.", "On 2025-12-01.")
    1.0
    """
    asked, a, b = (simplified(narrow(text)) for text in (question, one, other))
    if _DAY.search(asked):
        return float(_same_day(asked, a, b))
    if _AMOUNT.search(asked):
        return float(bool((_amounts(a) & _amounts(b)) - _amounts(asked)))
    lang = language_of_text(asked)
    return _english(asked, a, b) if lang == "en" else _chinese(asked, a, b)


def differ(question: str, one: str, other: str) -> bool:
    """Return whether two texts give different answers to a question."""
    return agreement(question, one, other) < AGREE[language_of_text(question)]


# --- days and amounts ---------------------------------------------------------------------


def _same_day(asked: str, a: str, b: str) -> bool:
    known = {w.iso for w in whens(asked)}
    first, second = ([w for w in whens(t) if w.day and w.iso not in known] for t in (a, b))
    return any(_one_day(x, y) for x in first for y in second)


def _one_day(x: When, y: When) -> bool:
    if (x.month, x.day) != (y.month, y.day):
        return False
    return None in (x.year, y.year) or x.year == y.year


def _amounts(text: str) -> frozenset[tuple[float, str]]:
    """Return the amounts of a text with their units, or the character behind them."""
    plain = narrow(text)
    return frozenset(
        (round(f.value, 6), f.unit or plain[f.span[1] : f.span[1] + 1]) for f in figures(plain)
    )


# --- names --------------------------------------------------------------------------------

# A name that only stands beside the one asked for, a second name in common.
_AN_OPPONENT, _MORE = 0.35, 0.02


def _english(asked: str, a: str, b: str) -> float:
    said = frozenset(_stems(_WORD.findall(asked)))
    first, second = _names(a, said), _names(b, said)
    shared = [min(first[name], second[name]) for name in first.keys() & second.keys()]
    return min(1.0, max(shared) + _MORE * min(3, len(shared))) if shared else 0.0


def _names(text: str, said: frozenset[str]) -> dict[str, float]:
    """Return the words of the names in a text, and how much each speaks for an answer."""
    found: dict[str, float] = {}
    for match in _NAME.finditer(text):
        weight = _AN_OPPONENT if _BESIDE.search(text[: match.start()]) else 1.0
        for word in _stems(w for w in match[0].split() if not _MONTH.fullmatch(w)):
            if word not in said:
                found[word] = max(found.get(word, 0.0), weight)
    return found


def _stems(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if len(word) > 1:
            yield from tokens(word)


def _chinese(asked: str, a: str, b: str) -> float:
    person = bool(_PERSON.search(asked))
    runs = (r for shared in _shared_runs(a, b) for r in _RUN.findall(shared))
    pieces = (p for run in runs for p in _unsaid(run, asked))
    return max((_telling(p, person) for p in pieces), default=0.0)


def _telling(piece: str, person: bool) -> float:
    """Return how much a shared piece of Chinese looks like the answer."""
    if "\u00b7" in piece.strip("\u00b7") and len(piece) > 4:
        return 1.0  # a foreigner's name
    if piece[0].isascii():
        return 0.0 if _MONTH.fullmatch(piece) else 0.8
    weight = 0.9 if len(piece) <= 4 else 0.5
    if piece[0] in _LOOSE or piece[-1] in _LOOSE:
        weight = 0.25
    named = piece[0] in _SURNAMES and len(piece) <= 4
    return weight if named or not person else 0.65 * weight


def _shared_runs(a: str, b: str) -> Iterator[str]:
    """Yield the pieces of one text, as long as can be, that the other has too."""
    start = 0
    while start < len(a):
        size = _longest(a, start, b)
        if size > 1:
            yield a[start : start + size]
        start += max(1, size)


def _longest(a: str, start: int, b: str) -> int:
    size = 0
    while start + size < len(a) and a[start : start + size + 1] in b:
        size += 1
    return size


def _unsaid(run: str, asked: str) -> Iterator[str]:
    """Yield the parts of a run that the question does not say itself."""
    if run[0].isascii() or "\u00b7" in run:
        if run not in asked:
            yield run
        return
    rest, start = "", 0
    while start < len(run):
        size = _longest(run, start, asked)
        if size > 1:
            yield from (rest,) if len(rest) > 1 else ()
            rest, start = "", start + size
        else:
            rest, start = rest + run[start], start + 1
    if len(rest) > 1:
        yield rest
