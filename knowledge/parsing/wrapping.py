"""Lines as a page or an editor broke them -> the paragraph that they were."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from knowledge.chunking import language_of_text
from knowledge.loaders import joined
from knowledge.parsing.blocks import Block

SOFT = "\u00ad"
_NUMBER_BROKEN = re.compile(r"\d[.,]?\n\d|\d\n\.\d")
_WORD_BROKEN = re.compile(r"[A-Za-z]-\n[a-z]")
_HYPHENED = re.compile(r"\b([A-Za-z]?[a-z]+)-([a-z]+)\b")
# Justified Chinese is set with gaps, which no writer typed.
_GAP = re.compile(r"(?<=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]) (?=[\u3400-\u9fff\uff00-\uffef])"
                  r"|(?<=\d) (?=[\u3400-\u9fff])")  # fmt: skip


def unbroken(lines: Sequence[str]) -> str:
    """Return lines as one paragraph, a word parted by a soft hyphen made whole again.

    Chinese breaks a line wherever it is full, within a number too.

    >>> unbroken(["规模约为1.", "1万亿美元"])
    '规模约为1.1万亿美元'
    """
    whole: list[str] = []
    chinese = language_of_text("".join(lines)) == "zh"
    for line in lines:
        if whole and whole[-1].endswith(SOFT) and line[:1].islower():
            whole[-1] = whole[-1][:-1] + line
        elif whole and _is_broken(f"{whole[-1][-2:]}\n{line[:2]}", chinese):
            whole[-1] += line
        else:
            if whole:
                whole[-1] = whole[-1].replace(SOFT, "-")
            whole.append(line)
    text = joined([line.replace(SOFT, "-") for line in whole])
    return _GAP.sub("", text) if chinese and len(lines) > 1 else text


def _is_broken(around: str, chinese: bool) -> bool:
    """Tell whether a line ended within a number (as Chinese lets it) or behind a hyphen."""
    return bool(_WORD_BROKEN.search(around) or (chinese and _NUMBER_BROKEN.search(around)))


def rejoined(blocks: Sequence[Block]) -> list[Block]:
    """Return blocks without the hyphens of line ends: in words that stand whole elsewhere."""
    text = "\n".join(block.text for block in blocks)
    words = Counter(word.lower() for word in re.findall(r"[A-Za-z]+", text))
    hyphened = Counter(match[0].lower() for match in _HYPHENED.finditer(text))

    def whole(match: re.Match[str]) -> str:
        word = match[1] + match[2]
        is_broken = words[word.lower()] > hyphened[match[0].lower()]
        return word if is_broken else match[0]

    return [
        replace(b, text=_HYPHENED.sub(whole, b.text)) if b.kind == "text" else b for b in blocks
    ]
