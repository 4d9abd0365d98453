"""What can be wrong with the store itself: a code and values, never a sentence."""

from __future__ import annotations


class StoreError(Exception):
    """A store that cannot be opened or used; `code` names the sentence in the locales."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values = values
