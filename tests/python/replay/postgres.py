"""Runs the compiled SQL of every model in a Postgres database, on the raw rows that DuckDB holds."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg2

from .compiled import DATABASE, PROJECT, CompiledWarehouse
from .replayed import Replayer, placed

NULL = "\\N"


class PostgresReplayer:
    """A database of a running server, in which the companies of a `Replayer` are built once more."""

    def __init__(self, host: str, warehouse: CompiledWarehouse) -> None:
        """Makes the database anew.

        Args:
            host: folder of the server's socket, or its name.
            warehouse: the models as compiled for target `postgres`.
        """
        self.warehouse = warehouse
        with_server = psycopg2.connect(host=host, user="postgres", dbname="postgres")
        with_server.autocommit = True
        with with_server.cursor() as cursor:
            cursor.execute(f"drop database if exists {DATABASE}")
            cursor.execute(f"create database {DATABASE}")
        with_server.close()
        self.connection = psycopg2.connect(host=host, user="postgres", dbname=DATABASE)
        self.connection.autocommit = True
        self._make_tables()

    def build(self, original: Replayer, reporting_timezone: str, as_of: str | None) -> None:
        """Copies the raw rows of the company that `original` holds and builds every model on them."""
        for relation in self.warehouse.sources:
            self._execute(f"truncate {relation}")
            self._copy_in(original, relation)
        for model in reversed(self.warehouse.models):
            self._execute(f"drop {'view' if model.is_view else 'table'} if exists {model.relation} cascade")
        for model in self.warehouse.models:
            kind = "view" if model.is_view else "table"
            sql = placed(model.sql, reporting_timezone, as_of)
            self._execute(f"create {kind} {model.relation} as {sql}")

    def export(self, relation: str, columns: list[str], path: Path) -> None:
        """Writes a table as CSV: no header, `\\N` for NULL, columns in the given order."""
        listed = ", ".join(columns)
        with self.connection.cursor() as cursor, path.open("w", encoding="utf-8") as file:
            statement = f"copy (select {listed} from {relation}) to stdout (format csv, null '{NULL}')"
            cursor.copy_expert(statement, file)

    def close(self) -> None:
        """Closes the connection; the server is its owner's."""
        self.connection.close()

    def _execute(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def _make_tables(self) -> None:
        self._execute("set timezone = 'UTC'")
        warehouse = self.warehouse
        relations = [relation for relation, _ in warehouse.seeds.values()]
        relations += [*warehouse.sources, *(model.relation for model in warehouse.models)]
        for schema in sorted({relation.split(".")[-2] for relation in relations}):
            self._execute(f"create schema if not exists {schema}")
        for relation, columns in warehouse.sources.items():
            described = ", ".join(f'"{name}" {sql_type}' for name, sql_type in columns)
            self._execute(f"create table {relation} ({described})")
        for name, (relation, types) in warehouse.seeds.items():
            described = ", ".join(f'"{name}" {sql_type}' for name, sql_type in types.items())
            self._execute(f"create table {relation} ({described})")
            with (
                (PROJECT / "seeds" / "dictionaries" / f"{name}.csv").open(encoding="utf-8") as file,
                self.connection.cursor() as cursor,
            ):
                cursor.copy_expert(f"copy {relation} from stdin (format csv, header true)", file)

    def _copy_in(self, original: Replayer, relation: str) -> None:
        columns = ", ".join(f'"{name}"' for name, _ in self.warehouse.sources[relation])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.csv"
            original.connection.execute(
                f"copy (select {columns} from {relation}) to '{path}' "
                f"(format csv, header false, nullstr '{NULL}')"
            )
            with path.open(encoding="utf-8") as file, self.connection.cursor() as cursor:
                statement = f"copy {relation} ({columns}) from stdin (format csv, null '{NULL}')"
                cursor.copy_expert(statement, file)
