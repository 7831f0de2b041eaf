"""Runs the compiled SQL of every model on a Spark session, on the raw rows that DuckDB holds."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from .compiled import CompiledWarehouse
from .replayed import Replayer, placed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SPARK_TYPES = {"text": "string", "double precision": "double"}
"""Spark's names of the declared types that it knows under another."""


class SparkReplayer:
    """A catalog in memory, in which the companies of a `Replayer` are built once more, as Parquet."""

    def __init__(self, session: SparkSession, warehouse: CompiledWarehouse, folder: Path) -> None:
        """Makes the schemas.

        Args:
            session: the session; its owner stops it.
            warehouse: the models as compiled for target `spark`.
            folder: where raw rows are put; it is made anew for each company.
        """
        self.session = session
        self.warehouse = warehouse
        self.folder = folder
        relations = [relation for relation, _ in warehouse.seeds.values()]
        relations += [*warehouse.sources, *(model.relation for model in warehouse.models)]
        for schema in sorted({relation.rsplit(".", 1)[0] for relation in relations}):
            session.sql(f"create schema if not exists {schema}")

    def build(self, original: Replayer, reporting_timezone: str, as_of: str | None) -> None:
        """Copies raw rows and dictionaries of the company that `original` holds and builds every model."""
        for model in reversed(self.warehouse.models):
            self.session.sql(f"drop {'view' if model.is_view else 'table'} if exists {model.relation}")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for relation, columns in self.warehouse.sources.items():
            self._copy_in(original, relation, dict(columns))
        for relation, types in self.warehouse.seeds.values():
            self._copy_in(original, relation, dict(types))
        for model in self.warehouse.models:
            sql = placed(model.sql, reporting_timezone, as_of)
            kind = "view" if model.is_view else "table"
            storage = "" if model.is_view else "using parquet"
            self.session.sql(f"create {kind} {model.relation} {storage} as {sql}")

    def export(self, relation: str, folder: Path) -> Path:
        """Writes a table as Parquet and returns what DuckDB reads it by."""
        self.session.table(relation).write.parquet(str(folder), mode="overwrite")
        return folder / "*.parquet"

    def _copy_in(self, original: Replayer, relation: str, types: dict[str, str]) -> None:
        """Writes rows as one Parquet file and tells Spark where it is; instants are in UTC in both."""
        parts = [part.strip('"`') for part in relation.split(".")]
        name = ".".join(parts[-2:])
        place = self.folder / name
        place.mkdir()
        listed = ", ".join(
            f'"{column}"::timestamptz as "{column}"' if sql_type == "timestamp" else f'"{column}"'
            for column, sql_type in types.items()
        )
        original.connection.execute(f"copy (select {listed} from {name}) to '{place / 'rows.parquet'}'")
        described = ", ".join(
            f"`{column}` {SPARK_TYPES.get(sql_type, sql_type)}" for column, sql_type in types.items()
        )
        self.session.sql(f"drop table if exists {relation}")
        self.session.sql(f"create table {relation} ({described}) using parquet location '{place}'")
