"""Time that passes only while somebody sleeps."""


class Sundial:
    """Call it for the time; sleep on it to move its shadow."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
