"""What a calculator says when no calculation can be made: a code and values, never a sentence."""

from __future__ import annotations


class CalculatorError(ValueError):
    """An input that no calculation can be made from.

    `code` names the sentence in the locales (`error.<code>`); `values` fill it. By convention
    `values["field"]` is the input's name (`"haircut_pct"`) and `values["value"]` what was given.
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values = values
