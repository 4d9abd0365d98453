"""Every call of the bot -> a record of what was sent and what came back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Call:
    """One call: method, parameters, and the answer (status 0: none was given)."""

    number: int
    at: float
    method: str
    params: dict[str, Any]
    status: int = 0
    answer: Any = None
    accepted: bool = False  # the method did its work, whatever was answered
    injected: bool = False  # a fault of the policy had its hand in it
    ms: float = 0.0

    @property
    def ok(self) -> bool:
        """Tell whether the bot was told that the call worked."""
        return self.status == 200

    @property
    def result(self) -> Any:
        """Return the result of a call that worked."""
        return self.answer.get("result") if isinstance(self.answer, dict) else None

    def to_json(self) -> dict[str, Any]:
        """Return the record for the page's drawer."""
        return {name: getattr(self, name) for name in self.__slots__}


QUIET = frozenset({"getupdates"})  # polling says nothing; it would drown the rest


@dataclass(slots=True)
class RequestLog:
    """The calls in order, the oldest given up beyond `limit`."""

    limit: int = 100_000
    calls: deque[Call] = field(init=False)
    counted: int = 0

    def __post_init__(self) -> None:
        """Make room."""
        self.calls = deque(maxlen=self.limit)

    def open(self, at: float, method: str, params: dict[str, Any]) -> Call:
        """Start a record."""
        self.counted += 1
        call = Call(self.counted, at, method, params)
        if method.lower() not in QUIET:
            self.calls.append(call)
        return call

    def of(self, *methods: str) -> list[Call]:
        """Return the calls of some methods."""
        wanted = {method.lower() for method in methods}
        return [call for call in self.calls if call.method.lower() in wanted]

    def refused(self) -> list[Call]:
        """Return the calls that the server itself refused with a 4xx."""
        return [c for c in self.calls if 400 <= c.status < 500 and not c.injected]
