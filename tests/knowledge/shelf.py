"""Small hand-made claims, terms and passages for the tests of knowledge."""

from __future__ import annotations

import numpy as np
from langchain_core.embeddings import Embeddings

from knowledge.chunking import content_hash
from knowledge.glossary import Glossary, Term
from knowledge.lexical import tokens
from knowledge.report import Claim, Passage, Source


def claim(claim_id: str, **fields: object) -> Claim:
    """Return a verified official claim; say only what the test is about."""
    source = Source(
        key=fields.pop("key", claim_id),
        title=fields.pop("title", "A note"),
        publisher=fields.pop("publisher", "Federal Reserve Board"),
        date=fields.pop("date", "2026-01-01"),
    )
    row: dict[str, object] = {
        "topic": "size",
        "group": "size",
        "measure": None,
        "statement_en": "The trade was large.",
        "statement_zh": "该交易规模很大。",
        "value": None,
        "unit": None,
        "as_of": "2025-09",
        "status": "verified",
        "quote": None,
        "licence": "own work",
        "tier": 1,
    }
    return Claim(id=claim_id, source=source, **(row | fields))


TERMS = Glossary(
    [
        Term(("Treasury basis trade", "basis trade"), ("基差交易", "美债基差交易"), "d", "d"),
        Term(("basis",), ("基差",), "d", "d"),
        Term(("Morgan Stanley",), ("摩根士丹利", "大摩"), "d", "d"),
        Term(("Federal Reserve", "the Fed"), ("美联储",), "d", "d"),
        Term(("conversion factor", "CF"), ("转换因子",), "d", "d"),
        Term(("cheapest to deliver", "CTD"), ("最便宜可交割券", "CTD券"), "d", "d"),
        Term(("hedge fund",), ("对冲基金",), "d", "d"),
        Term(("quantitative tightening", "QT"), ("缩表",), "d", "d"),
        Term(("short's delivery options",), ("空头交割选择权",), "d", "d"),
    ]
)


def passage(passage_id: str, text: str, **fields: object) -> Passage:
    """Return an English passage of its own document; say only what the test is about."""
    row: dict[str, object] = {"doc_id": passage_id, "lang": "en", "title": "", "publisher": ""}
    return Passage(id=passage_id, text=text, **(row | fields))


class Bag(Embeddings):
    """Embeddings that know words only: each word has its own direction, each language an offset."""

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        vector = np.zeros(256)
        for token in tokens(text):
            vector[int(content_hash(token), 16) % 255] += 1.0
        vector[255] = 1.0 if any("\u4e00" <= c <= "\u9fff" for c in text) else -1.0
        return [float(x) for x in vector]
