"""What can go wrong with reports, claims and indexes: a code and values, never a sentence."""

from __future__ import annotations


class KnowledgeError(ValueError):
    """Something that knowledge cannot be made from; the faces say it in the reader's language."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values = values
