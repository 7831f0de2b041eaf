"""Complete months and quarters in the reporting time zone, and the headlines made of them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from .world import World

Grain = Literal["month", "trailing_3_months", "quarter", "trailing_4_quarters", "month_end"]


@dataclass(frozen=True)
class Period:
    """A half-open span of instants, ``[start, end)``, and the local days it is cut from."""

    grain: Grain
    start_on: date
    end_on: date
    """The local day on which the next period begins."""
    start: datetime
    end: datetime

    @property
    def label(self) -> str:
        """Return ``2026-01`` for a month, ``2026-Q1`` for a quarter, both ends for a longer span."""
        if self.grain in ("month", "month_end"):
            return f"{self.start_on:%Y-%m}"
        if self.grain == "quarter":
            return quarter_label(self.start_on)
        return f"{self.start_on:%Y-%m}..{self.end_on - timedelta(days=1):%Y-%m}"

    @property
    def last_day(self) -> date:
        """Return the last local day."""
        return self.end_on - timedelta(days=1)

    def holds(self, moment: datetime | None) -> bool:
        """Whether an instant lies in the period."""
        return moment is not None and self.start <= moment < self.end


def add_months(on: date, count: int) -> date:
    """Return the first day of the month that lies ``count`` months on."""
    months = on.year * 12 + on.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def quarter_label(on: date) -> str:
    """Return a day's quarter as ``2026-Q1``."""
    return f"{on.year}-Q{(on.month - 1) // 3 + 1}"


def quarter_start(label: str) -> date:
    """Return the first day of a quarter written ``2026-Q1``."""
    year, quarter = label.split("-Q")
    return date(int(year), 3 * int(quarter) - 2, 1)


def period(world: World, grain: Grain, start_on: date, months: int) -> Period:
    """Return the period of so many months that begins on a local day."""
    end_on = add_months(start_on, months)
    return Period(grain, start_on, end_on, world.midnight(start_on), world.midnight(end_on))


def complete_months(world: World, count: int, grain: Grain = "month") -> list[Period]:
    """Return the last ``count`` complete calendar months, oldest first."""
    return _complete(world, count, grain, 1)


def complete_quarters(world: World, count: int) -> list[Period]:
    """Return the last ``count`` complete quarters, oldest first."""
    return _complete(world, count, "quarter", 3)


def _complete(world: World, count: int, grain: Grain, months: int) -> list[Period]:
    return world.once(f"last {count} of {grain}", lambda: _all_complete(world, count, grain, months))


def _all_complete(world: World, count: int, grain: Grain, months: int) -> list[Period]:
    today = world.local_day(world.as_of)
    first = date(today.year, today.month - (today.month - 1) % months, 1)
    last = period(world, grain, first, months)
    if last.end > world.as_of:
        first = add_months(first, -months)
    return [
        period(world, grain, add_months(first, -months * back), months) for back in reversed(range(count))
    ]


def headline_months(world: World) -> Period:
    """Return the last three complete months as one period."""
    months = complete_months(world, 3)
    return period(world, "trailing_3_months", months[0].start_on, 3)


def headline_quarters(world: World) -> Period:
    """Return the last four complete quarters as one period."""
    quarters = complete_quarters(world, 4)
    return period(world, "trailing_4_quarters", quarters[0].start_on, 12)
