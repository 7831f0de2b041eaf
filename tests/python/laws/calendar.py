"""The same life 400 years later: the Gregorian calendar repeats itself, weekdays, leap years and all."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from .marts import Marts, Table, mapped

YEARS = 400
_WRITTEN = r"(?<![0-9]){century}(?=[0-9]{{2}}-(?:0[1-9]|1[0-2]|Q[1-4]|W[0-5][0-9])(?![0-9]))"
_NOW = re.compile(_WRITTEN.format(century="20"))
_THEN = re.compile(_WRITTEN.format(century="24"))


def later(text: str) -> str:
    """A text with every date, instant, quarter and week of this century that it holds 400 years later."""
    return _NOW.sub("24", text)


def back(marts: Marts) -> Marts:
    """Marts with every date, instant and year 400 years earlier."""
    moved = mapped(marts, _earlier)
    years = moved["dim_dates"]
    at = years.columns.index("year_number")
    rows = tuple((*row[:at], row[at] - YEARS, *row[at + 1 :]) for row in years.rows)
    return {**moved, "dim_dates": Table(years.columns, rows)}


def _earlier(value: Any) -> Any:
    if isinstance(value, str):
        return _THEN.sub("20", value)
    if isinstance(value, date | datetime):
        return value.replace(year=value.year - YEARS)
    return value
