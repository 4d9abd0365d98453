"""Small hand-made claims, terms and passages for the tests of knowledge."""

from __future__ import annotations

from knowledge.glossary import Glossary, Term
from knowledge.report import Claim, Source


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
