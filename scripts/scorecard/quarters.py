"""Quarters as people write them, `2026-Q1`, of the calendar year or of the company's fiscal year."""

from __future__ import annotations

from datetime import date

from scorecard.reading import Reader


def quarter_shift(reader: Reader) -> int:
    """Months from the quarter of the calendar year to that of the fiscal year which bears the same name.

    The warehouse knows with which fiscal year it was built.
    """
    known = reader.rows(
        "select quarter_label, quarter_start_on from marts.dim_dates order by date_on desc limit 1"
    )
    if not known:
        return 0
    start_on: date = known[0]["quarter_start_on"]
    year, quarter = known[0]["quarter_label"].split("-Q")
    return (start_on.year - int(year)) * 12 + start_on.month - (3 * int(quarter) - 2)


def moved(start_on: date, months: int) -> date:
    """The first day of a month, moved by whole months, within the years that a date can have."""
    year, month = divmod(start_on.year * 12 + start_on.month - 1 + months, 12)
    return date(min(max(year, 1), 9999), month + 1, 1)


def quarter_name(start_on: date, shift: int) -> str:
    """`2026-Q1` of a month in that quarter."""
    twin = moved(start_on, -shift)
    return f"{twin.year}-Q{(twin.month + 2) // 3}"
