"""What a calculator wants said beside its number: a code and values, never a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on a result; `note.<code>` in the locales is its sentence, `values` fill it."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)
