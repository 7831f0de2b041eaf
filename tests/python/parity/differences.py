"""Two sets of keyed rows, and where they differ."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TOLERANCE = 1e-9
"""Absolute below 1, relative above: seconds of a year hold no more digits than that."""

Rows = Mapping[Any, Mapping[str, Any]]


@dataclass(frozen=True)
class Difference:
    """One cell on which the sides do not agree; ``column`` is ``presence`` for a row that one side lacks."""

    table: str
    kpi: str
    key: Any
    column: str
    oracle: Any
    warehouse: Any

    def __str__(self) -> str:
        return f"{self.table} {self.key} {self.column}: oracle {self.oracle!r}, warehouse {self.warehouse!r}"


def differences(table: str, kpi: str, oracle: Rows, warehouse: Rows) -> list[Difference]:
    """Return every cell that differs; a column that one side's row lacks is not compared."""
    found = []
    for key in sorted({*oracle, *warehouse}, key=str):
        ours, theirs = oracle.get(key), warehouse.get(key)
        if ours is None or theirs is None:
            there = ours if theirs is None else theirs
            assert there is not None
            what = there.get("excluded_because") or "counted"
            sides = ("absent", what) if ours is None else (what, "absent")
            found.append(Difference(table, kpi, key, "presence", *sides))
            continue
        for column in [name for name in ours if name in theirs]:
            if not equal(ours[column], theirs[column]):
                found.append(Difference(table, kpi, key, column, ours[column], theirs[column]))
    return found


def equal(one: Any, other: Any) -> bool:
    """Whether two cells agree: floats within the tolerance, all else exactly."""
    if isinstance(one, float) and isinstance(other, int | float) and not isinstance(other, bool):
        return abs(one - other) <= TOLERANCE * max(1.0, abs(one), abs(other))
    return bool(one == other)


def report(found: list[Difference], examples: int = 3) -> str:
    """Return how many differences there are of each kind, with the first of each."""
    kinds = Counter(kind_of(difference) for difference in found)
    shown: Counter[tuple[str, ...]] = Counter()
    lines = {kind: [f"{count} x {' '.join(kind)}"] for kind, count in sorted(kinds.items())}
    for difference in found:
        kind = kind_of(difference)
        if shown[kind] < examples:
            shown[kind] += 1
            lines[kind].append(f"    {difference}")
    return "\n".join(line for kind in lines for line in lines[kind])


def kind_of(difference: Difference) -> tuple[str, ...]:
    """A kind is a column with its two values where they are words, else the column alone."""
    words = [
        repr(value) if value is None or isinstance(value, str | bool) else type(value).__name__
        for value in (difference.oracle, difference.warehouse)
    ]
    return (difference.table, difference.kpi, difference.column, *words)
