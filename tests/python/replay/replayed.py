"""Runs the compiled SQL of every model on a company's exports, in a database in memory.

All statements are prepared once over empty tables; a replay empties the tables, lands the exports and
executes them, which saves reading and binding some 200 statements anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from .compiled import DATABASE, INSTANT, PROJECT, ZONE, CompiledModel, CompiledWarehouse, compiled_warehouse
from .quick_landing import land_quickly

LANDED_AT = datetime(2099, 1, 1)
OPTIMIZERS = {
    *("filter_pushdown", "unused_columns", "column_lifetime", "expression_rewriter"),
    *("deliminator", "unnest_rewriter", "cte_inlining", "materialized_cte", "build_side_probe_side"),
}


class Replayer:
    """A database in memory in which one company after another is built."""

    def __init__(self, warehouse: CompiledWarehouse) -> None:
        self.warehouse = warehouse
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'; set threads = 1; set preserve_insertion_order = false")
        # A small company must do with little; nothing is ever spilled into the working folder.
        self.connection.execute("set memory_limit = '2GB'; set temp_directory = ''")
        self.connection.execute(f"set disabled_optimizers = '{','.join(_dispensable(self.connection))}'")
        self.connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}")
        self._make_tables()
        self._prepare()

    def build(self, exports: Path, reporting_timezone: str, as_of: str | None) -> None:
        """Empties every table, lands a company's folder and builds every model."""
        self.empty()
        land_quickly(self.connection, exports, LANDED_AT)
        self.build_models(reporting_timezone, as_of)

    def empty(self) -> None:
        """Empties the raw tables and the models."""
        relations = [*self.warehouse.sources, *(model.relation for model in self.warehouse.models)]
        self.connection.execute("begin transaction")
        for relation in relations:
            self.connection.execute(f"delete from {relation}")
        self.connection.execute("commit")

    def build_models(self, reporting_timezone: str, as_of: str | None) -> None:
        """Builds every model on what the raw tables hold."""
        zone = f"'{reporting_timezone}'"
        self.connection.execute("begin transaction")
        for model in self.warehouse.models:
            if INSTANT in model.sql:
                self.connection.execute(_insert(model, placed(model.sql, reporting_timezone, as_of)))
            elif ZONE in model.sql:
                self.connection.execute(f"execute {model.name} ({zone})")
            else:
                self.connection.execute(f"execute {model.name}")
        self.connection.execute("commit")

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of a query as dictionaries."""
        cursor = self.connection.execute(query)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _make_tables(self) -> None:
        warehouse = self.warehouse
        relations = [relation for relation, _ in warehouse.seeds.values()]
        relations += [*warehouse.sources, *(model.relation for model in warehouse.models)]
        for schema in sorted({relation.rsplit(".", 1)[0] for relation in relations}):
            self.connection.execute(f"create schema if not exists {schema}")
        for relation, columns in warehouse.sources.items():
            described = ", ".join(f'"{name}" {sql_type}' for name, sql_type in columns)
            self.connection.execute(f"create table {relation} ({described})")
        for name, (relation, types) in warehouse.seeds.items():
            path = PROJECT / "seeds" / "dictionaries" / f"{name}.csv"
            columns_sql = ", ".join(f"'{column}': '{sql_type}'" for column, sql_type in types.items())
            read = f"read_csv('{path}', header = true, nullstr = '', columns = {{{columns_sql}}})"
            self.connection.execute(f"create table {relation} as from {read}")
        for model in warehouse.models:
            sql = placed(model.sql, "UTC", None)
            self.connection.execute(f"create table {model.relation} as {sql}")
            self.connection.execute(f"delete from {model.relation}")

    def _prepare(self) -> None:
        for model in self.warehouse.models:
            if INSTANT not in model.sql:
                sql = model.sql.replace(f"'{ZONE}'", "$1")
                assert ZONE not in sql, f"{model.name} holds the time zone within a longer text"
                self.connection.execute(f"prepare {model.name} as {_insert(model, sql)}")


@contextmanager
def replay(
    exports: Path,
    *,
    reporting_timezone: str = "UTC",
    as_of: str | None = None,
    variables: str = "{}",
) -> Iterator[Replayer]:
    """Lands an export folder and builds every model; what is yielded holds until the next replay.

    Args:
        exports: a company's folder, as `scorecard land --all` takes it, with a manifest.
        reporting_timezone: IANA name of the zone in which periods are cut.
        as_of: an instant or None for the newest instant that any landing speaks for.
        variables: further dbt variables as JSON text; each choice is compiled once.
    """
    replayer = replayer_of(as_of is not None, variables)
    replayer.build(exports, reporting_timezone, as_of)
    yield replayer


@cache
def replayer_of(with_as_of: bool = False, variables: str = "{}") -> Replayer:
    """The process's replayer for a choice of variables."""
    return Replayer(compiled_warehouse("duckdb", with_as_of, variables))


def _dispensable(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Optimizers that cost more than they save on a small company, whose plans take longer than their rows.

    Statistics are among them: a plan that is used again must not rest on what the tables held when it was
    made.
    """
    known = [name for (name,) in connection.execute("select name from duckdb_optimizers()").fetchall()]
    assert set(known) > OPTIMIZERS
    return [name for name in known if name not in OPTIMIZERS]


def _insert(model: CompiledModel, sql: str) -> str:
    return f"insert into {model.relation} {sql}"


def placed(sql: str, reporting_timezone: str, as_of: str | None) -> str:
    """A model's SQL with a replay's own time zone and `as_of`."""
    return sql.replace(ZONE, reporting_timezone).replace(INSTANT, as_of or INSTANT)
