"""Everything that the marts hold, and where two builds of them differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from replay import Replayer

TOLERANCE = 1e-9
"""Absolute below 1, relative above: a sum of floating-point numbers depends on the order of its terms."""

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """A table's columns and rows, in no order."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def only(self, keep: Callable[[Mapping[str, Any]], bool]) -> Table:
        """The rows that a condition on their columns keeps."""
        kept = (row for row in self.rows if keep(dict(zip(self.columns, row, strict=True))))
        return Table(self.columns, tuple(kept))

    def without(self, *columns: str) -> Table:
        """The table without some of its columns."""
        places = [place for place, name in enumerate(self.columns) if name not in columns]
        return Table(
            tuple(self.columns[place] for place in places),
            tuple(tuple(row[place] for place in places) for row in self.rows),
        )

    def records(self) -> Iterator[dict[str, Any]]:
        """The rows as dictionaries."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)


Marts = Mapping[str, Table]


def read_marts(replayer: Replayer) -> Marts:
    """The tables of `marts` that a replayer has just built, but `data_quality`, which tells of landings."""
    tables = {}
    for model in replayer.warehouse.models:
        if '"marts"' in model.relation and model.name != "data_quality":
            cursor = replayer.connection.execute(f"from {model.relation}")
            columns = tuple(column[0] for column in cursor.description or ())
            tables[model.name] = Table(columns, tuple(cursor.fetchall()))
    return tables


def mapped(marts: Marts, change: Callable[[Any], Any]) -> Marts:
    """The marts with every value passed through a function."""
    return {
        name: Table(table.columns, tuple(tuple(map(change, row)) for row in table.rows))
        for name, table in marts.items()
    }


def assert_same(before: Marts, after: Marts, limit: int = 5) -> None:
    """Fails with the first differing rows of the first differing tables, by table, key and column."""
    found = list(differences(before, after))
    shown = "\n".join(found[:limit])
    assert not found, f"{len(found)} differences, the first of them:\n{shown}"


def differences(before: Marts, after: Marts) -> Iterator[str]:
    """Where two builds differ: table, key, column and both values."""
    assert before.keys() == after.keys()
    for name, one in before.items():
        other = after[name]
        assert one.columns == other.columns, f"{name} has other columns"
        yield from _table_differences(name, one, other)


def _table_differences(name: str, one: Table, other: Table) -> Iterator[str]:
    width = _key_width(one, other)
    before, after = ({row[:width]: row for row in table.rows} for table in (one, other))
    assert len(before) == len(one.rows) and len(after) == len(other.rows), f"{name} repeats a row"
    key_names = one.columns[:width]
    # Rows that are there come before rows that are not: they tell more.
    for key in sorted(before.keys() & after.keys(), key=str):
        for column, value, found in zip(one.columns, before[key], after[key], strict=True):
            if not _equal(value, found):
                yield f"{name} {_shown(key_names, key)}: {column} was {value!r}, is {found!r}"
    for key in sorted(before.keys() ^ after.keys(), key=str):
        what = "is missing" if key in before else "is new"
        row = dict(zip(one.columns, before.get(key) or after[key], strict=True))
        yield f"{name} {_shown(key_names, key)} {what}: {row}"


def _key_width(*tables: Table) -> int:
    """How many leading columns tell the rows of every table apart; all of them if only that does."""
    columns = len(tables[0].columns)
    for width in range(1, columns):
        if all(len({row[:width] for row in table.rows}) == len(table.rows) for table in tables):
            return width
    return columns


def _shown(names: Iterable[str], key: Row) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(names, key, strict=True))


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= TOLERANCE * max(1.0, abs(one), abs(other))
    return bool(one == other)
