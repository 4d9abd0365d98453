"""The library's bond-market holidays -> `tools/holidays.txt`: `python -m tests.holidays`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tools.calendar import FIRST_DAY, LAST_DAY

FILE = Path(__file__).parents[1] / "tools/holidays.txt"


def library_holidays() -> list[date]:
    """Return SIFMA's holidays of US Treasuries as the library keeps them, weekends left out."""
    import numpy as np
    import pandas_market_calendars

    library = pandas_market_calendars.get_calendar("SIFMAUS").holidays().holidays
    days = np.array(library, dtype="datetime64[D]").tolist()
    return sorted({day for day in days if FIRST_DAY <= day <= LAST_DAY and day.weekday() < 5})


if __name__ == "__main__":
    FILE.write_text("".join(f"{day}\n" for day in library_holidays()), encoding="ascii")
