"""A question and a passage found for it -> whether the passage is about it at all.

The first of two stages of refusal: is this our subject? Whether the passage then holds the value
that was asked for is the answerer's to see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

from knowledge.chunking import search_text
from knowledge.dictionary import load_dictionary
from knowledge.glossary import simplified
from knowledge.lexical import tokens
from knowledge.report import Lang, Passage

# The likeness from which a passage is about a question, by the languages of both (question,
# passage). Across languages words add nothing, so all is lower. How they were chosen, and what
# they answer and refuse: docs/decisions/0002-retrieval.md.
THRESHOLDS: Mapping[tuple[Lang, Lang], float] = {
    ("en", "en"): 0.55,
    ("zh", "zh"): 0.38,
    ("en", "zh"): 0.34,
    ("zh", "en"): 0.39,
}
# A day, an amount or a name of the question that the passage lacks: it speaks of something else.
_LACKING = 0.1
# Characters that foreign names are written with: three in a row, outside every word, are one.
_SOUNDS = (
    "阿埃艾爱安昂奥澳巴白拜班邦包保鲍贝本比彼别宾波玻伯勃博布采策查昌彻茨达大代戴丹当道德登邓迪"
    "蒂丁东杜顿多厄恩尔耳法凡范方菲费芬丰冯佛夫弗福富噶盖甘冈高戈哥格葛根贡古瓜圭果哈海汉豪赫黑"
    "亨洪胡华怀惠霍基吉加贾简江杰捷金京津喀卡开凯坎康考科柯克肯孔库夸昆拉来莱赖兰朗劳勒雷蕾黎里"
    "理利莉立丽连廉良列烈林琳龙隆卢鲁路伦罗洛吕马玛迈麦曼芒毛梅美门蒙孟米密蜜敏明摩莫默姆穆慕那"
    "纳娜乃奈南内嫩能尼妮涅宁纽农努诺欧帕派潘庞佩彭蓬皮匹平珀坡普奇齐恰钱乔切钦琴丘屈让热仁日茹"
    "儒瑞若撒萨塞赛桑瑟森沙莎珊尚绍舍申圣施什史士舒朔丝司斯思松苏孙索塔台太泰坦汤唐陶特腾梯提汀"
    "廷亭通图土托陀瓦万旺威韦维魏温文翁沃乌吾武西锡希席夏香肖谢辛欣兴修休许逊雅亚延扬杨耶叶伊依"
    "易因英永尤于约云载泽扎赞曾詹章哲珍芝治朱卓兹宗祖佐铁木真"
)
_FOREIGN_NAME = re.compile(f"[{_SOUNDS}]{{3,}}")


def about(question: str, lang: Lang, passage: Passage, likeness: float) -> bool:
    """Return whether a passage is about a question; `likeness` is its score without routing."""
    return confidence(question, lang, passage, likeness) >= 0


def confidence(question: str, lang: Lang, passage: Passage, likeness: float) -> float:
    """Return how far a passage is above (or below) the threshold of its pair of languages."""
    lacking = _lacks_figures(question, passage) or (
        lang == "zh" and _lacks_names(question, passage)
    )
    return likeness - _LACKING * lacking - THRESHOLDS[lang, passage.lang]


def _lacks_figures(question: str, passage: Passage) -> bool:
    """Return whether a day or an amount of the question is not in the passage."""
    stated = {t for t in tokens(question) if t[0] in "@#"}
    return not stated <= _held(search_text(passage))


def _lacks_names(question: str, passage: Passage) -> bool:
    """Return whether a Chinese question gives names and the passage has none of them.

    A Latin word is a name that a text of either language would have; a name written by its sound
    is sought in Chinese only. In an English question nothing tells a name from a title's word.
    """
    text = search_text(passage)
    latin = [t for t in tokens(question) if t.isascii() and t[0] not in "@#"]
    sounded = _sounded(question) if passage.lang == "zh" else []
    there = [t in _held(text) for t in latin]
    there += [any(a + b in simplified(text) for a, b in pairwise(name)) for name in sounded]
    return bool(there) and not any(there)


@lru_cache(maxsize=256)
def _sounded(question: str) -> list[str]:
    """Return the foreign names of a question that are written by their sound."""
    text = simplified(question)
    for word in load_dictionary().words(text):
        text = text.replace(word, " ")
    return _FOREIGN_NAME.findall(text)


@lru_cache(maxsize=4096)
def _held(text: str) -> frozenset[str]:
    return frozenset(tokens(text))
