"""Our retriever -> LangChain's `BaseRetriever`, for chains and agents that want one."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from knowledge.report import Found


@runtime_checkable
class Retriever(Protocol):
    """Whatever finds passages for a question."""

    def retrieve(self, question: str, limit: int = 8) -> list[Found]:
        """Return at most `limit` passages, nearest first."""
        ...


class LangChainRetriever(BaseRetriever):
    """Passages as documents: text, id, and in the metadata all that a citation needs."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    limit: int = 8

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [_document(found) for found in self.retriever.retrieve(query, self.limit)]


def wrap(retriever: Retriever, limit: int = 8) -> BaseRetriever:
    """Return a retriever as LangChain's."""
    return LangChainRetriever(retriever=retriever, limit=limit)


def _document(found: Found) -> Document:
    passage = found.passage
    return Document(
        id=passage.id,
        page_content=passage.text,
        metadata={
            "doc_id": passage.doc_id,
            "lang": passage.lang,
            "title": passage.title,
            "publisher": passage.publisher,
            "section": passage.section,
            "claim_ids": list(passage.claim_ids),
            "as_of": passage.as_of,
            "url": passage.url,
            "page": passage.page,
            "score": found.score,
        },
    )
