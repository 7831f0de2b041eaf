"""Compares one table as two engines built it: same keys, same values, NULLs in the same places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

TOLERANCE = 1e-9
NULL = "\\N"
QUOTE = '"'


@dataclass(frozen=True)
class Cell:
    """The first value in which a table differs; `column` is None where a row is on one side alone."""

    table: str
    key: Any
    column: str | None
    original: Any
    other: Any

    def __str__(self) -> str:
        if self.column is None:
            return f"{self.table} {self.key}: {self.original} on DuckDB, {self.other} on the other engine"
        return (
            f"{self.table} {self.key} {self.column}: "
            f"{self.original!r} on DuckDB, {self.other!r} on the other engine"
        )


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Names and types of a relation's columns."""
    return {str(row[0]): str(row[1]) for row in connection.execute(f"describe {relation}").fetchall()}


def read_csv_as(
    connection: duckdb.DuckDBPyConnection, path: Path, like: str, columns: list[str], name: str
) -> None:
    """Reads a CSV file without header into a temporary table with the types that `like` has.

    Args:
        connection: where the table is made.
        path: the file; `\\N` is NULL.
        like: the relation whose types hold.
        columns: the file's columns, in its order.
        name: of the temporary table; one of that name is replaced.
    """
    types = columns_of(connection, like)
    described = ", ".join(f"'{column}': '{types[column]}'" for column in columns)
    connection.execute(
        f"create or replace temp table {name} as from read_csv('{path}', header = false, nullstr = '{NULL}', "
        f"quote = '{QUOTE}', escape = '{QUOTE}', auto_detect = false, columns = {{{described}}})"
    )


def read_parquet_as(connection: duckdb.DuckDBPyConnection, files: Path, like: str, name: str) -> None:
    """Reads Parquet files into a temporary table with the columns and types that `like` has.

    Args:
        connection: where the table is made; its time zone is UTC.
        files: the files, by a pattern.
        like: the relation whose columns and types hold.
        name: of the temporary table; one of that name is replaced.
    """
    columns = columns_of(connection, like)
    listed = ", ".join(
        f'cast("{column}" as {sql_type}) as "{column}"' for column, sql_type in columns.items()
    )
    select = f"select {listed} from read_parquet('{files}')"
    connection.execute(f"create or replace temp table {name} as {select}")


def first_difference(
    connection: duckdb.DuckDBPyConnection, table: str, original: str, other: str, key: str
) -> Cell | None:
    """Returns the first difference by key, and by column in the table's order.

    Args:
        connection: holds both relations.
        table: the table's name in what is returned.
        original: relation as DuckDB built it.
        other: relation as the other engine built it, with the same types.
        key: column that is unique in both.
    """
    counts = connection.execute(
        f"select (select count(*) from {original}), (select count(*) from {other}), "
        f"(select count(distinct {key}) from {other})"
    ).fetchall()[0]
    if counts[1] != counts[2]:
        return Cell(table, key, None, "a unique key", f"{counts[2]} keys in {counts[1]} rows")
    types = columns_of(connection, original)
    differing = " or ".join(_differs(column, sql_type) for column, sql_type in types.items())
    row = connection.execute(
        f"""
        select coalesce(original.{key}, other.{key}), original.{key} is null, other.{key} is null,
            {", ".join(f'original."{column}", other."{column}"' for column in types)},
            {", ".join(_differs(column, sql_type) for column, sql_type in types.items())}
        from {original} as original
        full outer join {other} as other on original.{key} = other.{key}
        where original.{key} is null or other.{key} is null or {differing}
        order by 1 limit 1
        """
    ).fetchone()
    if row is None:
        return None
    if row[1] or row[2]:
        return Cell(table, row[0], None, "absent" if row[1] else "there", "absent" if row[2] else "there")
    flags = row[3 + 2 * len(types) :]
    place = flags.index(True)
    return Cell(table, row[0], list(types)[place], row[3 + 2 * place], row[4 + 2 * place])


def _differs(column: str, sql_type: str) -> str:
    one, other = f'original."{column}"', f'other."{column}"'
    if sql_type in ("DOUBLE", "FLOAT"):
        gap = f"abs({one} - {other}) > {TOLERANCE} * greatest(1, abs({one}))"
        return f"(({one} is null) <> ({other} is null) or coalesce({gap}, false))"
    return f"({one} is distinct from {other})"
