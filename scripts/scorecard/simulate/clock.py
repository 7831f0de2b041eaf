"""Time: the event queue, working hours, and how vendors write an instant. Instants are epoch seconds."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache

HOUR = 3600
DAY = 86_400
OPENING = 9 * HOUR
CLOSING = 17 * HOUR + HOUR // 2


class EventQueue:
    """Discrete events in order of time; those of one instant run in the order of their scheduling."""

    def __init__(self, now: int) -> None:
        self.now = now
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, when: int, action: Callable[[], None]) -> None:
        """Run `action` at `when`, or now where `when` has passed."""
        self._count += 1
        heapq.heappush(self._heap, (max(when, self.now), self._count, action))

    def run(self, until: int) -> None:
        """Run all events up to and including `until`; later ones never happen."""
        while self._heap and self._heap[0][0] <= until:
            self.now, _, action = heapq.heappop(self._heap)
            action()
        self.now = until


@lru_cache(maxsize=4096)
def is_holiday(day_number: int) -> bool:
    """Whether a day (days since the epoch) is a weekend or lies in the shut-down around New Year."""
    if (day_number + 3) % 7 >= 5:
        return True
    day = date.fromordinal(day_number + date(1970, 1, 1).toordinal())
    return (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 1)


def work_after(start: int, hours: float, offset_minutes: int = 0) -> int:
    """The instant after `hours` of working time (local 9:00 to 17:30, Monday to Friday)."""
    remaining = int(hours * HOUR)
    local = start + offset_minutes * 60
    while True:
        day_number, second = divmod(local, DAY)
        if is_holiday(day_number) or second >= CLOSING:
            local = (day_number + 1) * DAY + OPENING
            continue
        if second < OPENING:
            local, second = day_number * DAY + OPENING, OPENING
        if remaining <= CLOSING - second:
            return local + remaining - offset_minutes * 60
        remaining -= CLOSING - second
        local = (day_number + 1) * DAY + OPENING


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """Epoch seconds of a UTC calendar instant."""
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())


def moment(instant: int) -> datetime:
    """The instant as an aware datetime in UTC."""
    return datetime.fromtimestamp(instant, UTC)


def iso(instant: int) -> str:
    """`2025-03-04T10:12:33Z`, as GitHub and PagerDuty write it."""
    return moment(instant).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(instant: int | None) -> str | None:
    """`iso` of an instant that may be unknown."""
    return None if instant is None else iso(instant)


def iso_millis(instant: int, suffix: str) -> str:
    """`2025-03-04T10:12:33.417` and a suffix (`+0000` in Jira issues, `Z` in sprints and HubSpot)."""
    return moment(instant).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant * 7919 % 1000:03d}" + suffix


def on(instant: int) -> str:
    """The UTC date, `2025-03-04`."""
    return _date(instant // DAY)


@lru_cache(maxsize=16_384)
def _date(day_number: int) -> str:
    return moment(day_number * DAY).strftime("%Y-%m-%d")


def quarter_of(instant: int) -> str:
    """`2025-Q1`."""
    at = moment(instant)
    return f"{at.year}-Q{(at.month - 1) // 3 + 1}"


def quarter_start(quarter: str) -> int:
    """First instant (UTC) of a quarter such as `2025-Q1`."""
    return utc(int(quarter[:4]), int(quarter[-1]) * 3 - 2, 1)


def next_quarter(quarter: str) -> str:
    """The quarter after a quarter."""
    return quarter_of(quarter_start(quarter) + 100 * DAY)


def month_starts(start: int, end: int) -> list[int]:
    """First instants of the calendar months that begin in `[start, end]`."""
    at = moment(start)
    index = at.year * 12 + at.month - 1
    starts = []
    while (first := utc(index // 12, index % 12 + 1, 1)) <= end:
        if first >= start:
            starts.append(first)
        index += 1
    return starts
