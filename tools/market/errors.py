"""What a feed or a file of market data says when it cannot be trusted: a code and values."""

from __future__ import annotations


class FeedError(Exception):
    """A body that is missing, unreadable or not what its publisher documents.

    `code` names the sentence in the locales (`feed.<code>`); `values` fill it.
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values = values
