"""Writing into a warehouse: one protocol, one merge rule, one thin writer per engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import duckdb

from scorecard.landing.declarations import Column, Declaration, FieldPath
from scorecard.landing.errors import BadInput
from scorecard.landing.sql import duckdb_instant, json_path, literal
from scorecard.names import spellings
from scorecard.targets import Target

STAGED = "landing_staged"
DECISIONS = "landing_decisions"
OWN_COLUMNS = (Column("_extra", "text"), Column("_load_id", "bigint"), Column("_row_number", "bigint"))


@dataclass
class Load:
    """One row of `raw_meta.loads`. Instants are UTC without an offset."""

    load_id: int
    tool: str
    object: str
    source_path: str
    content_hash: str
    rows_read: int = 0
    rows_landed: int = 0
    rows_new: int = 0
    rows_updated: int = 0
    rows_unchanged: int = 0
    rows_rejected: int = 0
    covers_from: datetime | None = None
    covers_to: datetime | None = None
    is_covers_stated: bool = False
    is_sample: bool = False
    is_complete_history: bool | None = None
    notes: str | None = None
    landed_at: datetime | None = None

    def check(self) -> None:
        """Raise AssertionError where the books do not add up."""
        if self.rows_landed != self.rows_new + self.rows_updated + self.rows_unchanged:
            raise AssertionError(
                f"load {self.load_id}: landed rows are not new + updated + unchanged: {self}"
            )
        if self.rows_read != self.rows_landed + self.rows_rejected:
            raise AssertionError(f"load {self.load_id}: rows read are not rows landed + rejected: {self}")


LOAD_COLUMNS = tuple(field.name for field in fields(Load))


@dataclass(frozen=True)
class Merged:
    """What a merge did. `refused`: numbers of rows that what is there keeps out; they are not landed."""

    new: int
    updated: int
    unchanged: int
    refused: list[int]


class Warehouse(Protocol):
    """What landing asks of an engine. `reading` is the DuckDB connection that reads files."""

    reading: duckdb.DuckDBPyConnection

    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...
    def execute(self, statement: str) -> None: ...
    def query(self, statement: str) -> list[tuple[Any, ...]]: ...
    def ensure(self, declaration: Declaration) -> None: ...
    def stage(self, declaration: Declaration, rows: str, replaced: str | None = None) -> str: ...
    def merge(self, declaration: Declaration, staged: str, replaced: str | None = None) -> Merged: ...
    def write_rejects(self, load: Load, rejects: str) -> None: ...


class SqlDialect(Protocol):
    """The two expressions of the merge that differ between engines."""

    def instant(self, expression: str) -> str: ...
    def json_text(self, expression: str, inner: Sequence[str]) -> str: ...


def create_table_sql(declaration: Declaration) -> str:
    """DDL of a raw table (or of the books) as it is declared."""
    columns = declaration.columns if declaration.tool == "meta" else (*declaration.columns, *OWN_COLUMNS)
    listed = ", ".join(f"{column.name} {column.data_type}" for column in columns)
    return f"create table if not exists {declaration.table} ({listed})"


def ensure_table(warehouse: Warehouse, declaration: Declaration, dialect: SqlDialect) -> None:
    """Create a declared table where it is missing, and columns that were declared since.

    What earlier landings read of such a column lies in `_extra`, and is taken from there: the same export is
    not landed twice. `create_missing_raw_tables` does the same where dbt comes first.
    """
    schema, table = literal(declaration.schema), literal(declaration.object)
    present = {
        name
        for (name,) in warehouse.query(
            f"select column_name from information_schema.columns where table_schema = {schema} "
            f"and table_name = {table} and table_catalog = current_database()"
        )
    }
    if not present:
        warehouse.execute(f"create schema if not exists {declaration.schema}")
        warehouse.execute(create_table_sql(declaration))
        return
    columns = declaration.columns if declaration.tool == "meta" else (*declaration.columns, *OWN_COLUMNS)
    for column in columns:
        if column.name not in present:
            warehouse.execute(f"alter table {declaration.table} add column {column.name} {column.data_type}")
            if declaration.tool != "meta":
                kept = ", ".join(dialect.json_text("_extra", [name]) for name in spellings(column.name))
                value = _of_type(f"coalesce({kept})", column.data_type)
                warehouse.execute(
                    f"update {declaration.table} set {column.name} = {value} where _extra is not null"
                )


def _of_type(text: str, data_type: str) -> str:
    """SQL of a text as a declared type; NULL where it is none."""
    if data_type == "boolean":
        return f"case {text} when 'true' then true when 'false' then false end"
    if data_type == "text":
        return text
    number = r"^-?\d{1,18}$" if data_type == "bigint" else r"^-?\d{1,18}(\.\d{1,18})?$"
    return f"case when {text} ~ '{number}' then cast({text} as {data_type}) end"


def merge_statements(declaration: Declaration, dialect: SqlDialect) -> tuple[str, str, str]:
    """SQL that decides on the staged rows, removes what they replace, and inserts them.

    The rule, on every engine: a key that is not there is new; the same content is unchanged; an older version
    is refused, as is other content of what its key dates; anything else replaces what is there, so that
    without a version the later landing wins.
    """
    same_key = _same_key(declaration)
    names = (*declaration.column_names, "_extra")
    refused = "false"
    if declaration.version:
        staged, present = (_version(declaration.version, table, dialect) for table in ("staged", "present"))
        refused = f"coalesce({staged} < {present}, false)"
    if declaration.dated_by:
        # What nobody declared is in no number, and comes to lie elsewhere when a release declares it.
        refused = f"not ({_same_content(declaration.column_names)})"
    decide = f"""
        create temporary table {DECISIONS} as
        select
            staged._row_number,
            case
                when present._load_id is null then 'new'
                when {_same_content(names)} then 'unchanged'
                when {refused} then 'refused'
                else 'updated'
            end as decision
        from {STAGED} as staged
        left join {declaration.table} as present
            on {same_key}
    """
    remove = f"""
        delete from {declaration.table} as present
        using {STAGED} as staged, {DECISIONS} as decisions
        where staged._row_number = decisions._row_number and decisions.decision = 'updated' and {same_key}
    """
    columns = ", ".join(name for name in (*names, "_load_id", "_row_number"))
    insert = f"""
        insert into {declaration.table} ({columns})
        select {", ".join(f"staged.{name}" for name in (*names, "_load_id", "_row_number"))}
        from {STAGED} as staged
        inner join {DECISIONS} as decisions
            on staged._row_number = decisions._row_number
        where decisions.decision in ('new', 'updated')
    """
    return decide, remove, insert


def remove_gone_sql(declaration: Declaration, replaced: str) -> str:
    """SQL that removes the rows of one replaced value (a repository) that the staged rows no longer hold."""
    return f"delete from {declaration.table} as present where {gone_condition(declaration, replaced)}"


def gone_condition(declaration: Declaration, replaced: str) -> str:
    """SQL of whether a row of one replaced value (a repository) is no longer among the staged ones."""
    return (
        f"present.{declaration.replaces_by} = {literal(replaced)} "
        f"and not exists (select 1 from {STAGED} as staged where {_same_key(declaration)})"
    )


def updated_condition(declaration: Declaration) -> str:
    """SQL of whether a staged row replaces a row that is there."""
    return (
        f"exists (select 1 from {STAGED} as staged "
        f"inner join {DECISIONS} as decisions on staged._row_number = decisions._row_number "
        f"where decisions.decision = 'updated' and {_same_key(declaration)})"
    )


def _same_content(names: Sequence[str]) -> str:
    return " and ".join(f"staged.{name} is not distinct from present.{name}" for name in names)


def _same_key(declaration: Declaration) -> str:
    return " and ".join(_same(name, declaration) for name in declaration.key)


def _same(name: str, declaration: Declaration) -> str:
    """Equality of a key's part; one that may be empty is compared as text: both engines can hash it."""
    if FieldPath(name) in declaration.required:
        return f"staged.{name} = present.{name}"
    return f"coalesce(cast(staged.{name} as text), '') = coalesce(cast(present.{name} as text), '')"


def _version(path: FieldPath, table: str, dialect: SqlDialect) -> str:
    column = f"{table}.{path.column}"
    return dialect.instant(dialect.json_text(column, path.inner) if path.inner else f"cast({column} as text)")


def merge_staged(
    warehouse: Warehouse, declaration: Declaration, dialect: SqlDialect, replaced: str | None
) -> Merged:
    """Merge the staged rows by the rule above; with `replaced`, remove what that value no longer holds."""
    decide, remove, insert = merge_statements(declaration, dialect)
    warehouse.execute(f"drop table if exists {DECISIONS}")
    warehouse.execute(decide)
    counts = dict(warehouse.query(f"select decision, count(*) from {DECISIONS} group by decision"))
    if counts.get("updated"):
        warehouse.execute(remove)
    if counts.get("updated") or counts.get("new"):
        warehouse.execute(insert)
    if replaced is not None:
        warehouse.execute(remove_gone_sql(declaration, replaced))
    return close_merge(warehouse, counts)


def close_merge(warehouse: Warehouse, counts: dict[str, int]) -> Merged:
    """What the decisions came to, by how many there were of each; they are dropped."""
    refused = warehouse.query(f"select _row_number from {DECISIONS} where decision = 'refused' order by 1")
    warehouse.execute(f"drop table {DECISIONS}")
    return Merged(
        counts.get("new", 0),
        counts.get("updated", 0),
        counts.get("unchanged", 0),
        [place for (place,) in refused],
    )


class DuckDBWarehouse:
    """A warehouse in a DuckDB file, or on a connection that somebody else holds open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, owns_connection: bool = False) -> None:
        self.reading = connection
        self._owns_connection = owns_connection
        self.execute("set TimeZone = 'UTC'")

    @classmethod
    def open(cls, path: Path, shown: str) -> DuckDBWarehouse:
        """Open (or create) a file. Raises BadInput where another process holds it or it is no warehouse."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = duckdb.connect(str(path), config={"threads": 2, "memory_limit": "1GB"})
        except duckdb.Error as error:
            raise BadInput(_cannot_open(shown, str(error))) from error
        return cls(connection, owns_connection=True)

    def begin(self) -> None:
        self.execute("begin transaction")

    def commit(self) -> None:
        self.execute("commit")

    def rollback(self) -> None:
        self.execute("rollback")

    def close(self) -> None:
        if self._owns_connection:
            self.reading.close()

    def execute(self, statement: str) -> None:
        self.reading.execute(statement)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        return self.reading.execute(statement).fetchall()

    def ensure(self, declaration: Declaration) -> None:
        ensure_table(self, declaration, self)

    def instant(self, expression: str) -> str:
        return duckdb_instant(expression)

    def json_text(self, expression: str, inner: Sequence[str]) -> str:
        return f"json_extract_string({expression}, {json_path(inner)})"

    def stage(self, declaration: Declaration, rows: str, replaced: str | None = None) -> str:
        """Put rows, given as SQL on `reading`, where they can be judged; returns that relation.

        Into an empty table they go at once, so that a first landing writes once; else into a temporary one.
        """
        self.ensure(declaration)
        self.execute(f"drop table if exists temp.{STAGED}")
        if self._has_rows(declaration, replaced):
            self.execute(f"create temp table {STAGED} as {rows}")
            return STAGED
        columns = ", ".join((*declaration.column_names, *(column.name for column in OWN_COLUMNS)))
        self.execute(f"insert into {declaration.table} ({columns}) {rows}")
        return declaration.table

    def merge(self, declaration: Declaration, staged: str, replaced: str | None = None) -> Merged:
        """Merge the rows of a relation that `stage` gave, their keys being unique."""
        if staged != STAGED:
            return Merged(
                self.query(f"select count(*) from {staged}{_of(declaration, replaced)}")[0][0], 0, 0, []
            )
        merged = merge_staged(self, declaration, self, replaced)
        self.execute(f"drop table {STAGED}")
        return merged

    def _has_rows(self, declaration: Declaration, replaced: str | None) -> bool:
        return bool(self.query(f"select 1 from {declaration.table}{_of(declaration, replaced)} limit 1"))

    def write_rejects(self, load: Load, rejects: str) -> None:
        """Write rejected rows, given as SQL of position, raw_text and reason on `reading`."""
        self.execute(f"insert into raw_meta.rejects by name {rejects_of(load, rejects)}")


def _of(declaration: Declaration, replaced: str | None) -> str:
    """A `where` for the rows of one replaced value; for no value, of all."""
    return "" if replaced is None else f" where {declaration.replaces_by} = {literal(replaced)}"


def rejects_of(load: Load, rejects: str) -> str:
    """SQL of whole rows of `raw_meta.rejects`."""
    return (
        f"select cast({load.load_id} as bigint) as load_id, {literal(load.tool)} as tool, "
        f"{literal(load.object)} as object, {literal(load.source_path)} as source_path, "
        f"cast(position as bigint) as position, raw_text, reason from ({rejects})"
    )


def _cannot_open(shown: str, message: str) -> str:
    if "lock" in message.lower():
        return (
            f"{shown}: another program has this warehouse open. "
            "Close it (a SQL client, a dbt run) and try again."
        )
    return f"{shown}: this file is no DuckDB warehouse that can be opened. Move it away or name another."


def open_warehouse(target: Target) -> Warehouse:
    """The warehouse of a target. Raises BadInput where it cannot be opened."""
    if target.engine == "postgres":
        from scorecard.landing.postgres import PostgresWarehouse

        return PostgresWarehouse.open(target)
    if target.engine == "spark":
        from scorecard.landing.spark import SparkWarehouse

        return SparkWarehouse.open_folder(target)
    assert target.path is not None
    return DuckDBWarehouse.open(target.path, target.shown)


# The books ------------------------------------------------------------------------------------------------


def value_literal(value: object) -> str:
    """A SQL literal of a load's value, the same on every engine."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return f"cast({literal(value.isoformat(sep=' '))} as timestamp)"
    return literal(str(value))


def ensure_books(warehouse: Warehouse, declarations: dict[str, Declaration]) -> None:
    """Create `raw_meta.loads`, `raw_meta.rejects` and `raw_meta.person_salts` where they are missing."""
    for name in ("loads", "rejects", "person_salts"):
        warehouse.ensure(declarations[name])


def ensure_salt(warehouse: Warehouse, is_sample: bool) -> None:
    """Draw the secret that person keys are hashed with, once in a warehouse's life.

    It stays in the warehouse, which holds the names anyway: no setting, log or compiled model ever shows it.
    The sample company's is no secret, so that its keys are the same everywhere.
    """
    if not warehouse.query("select 1 from raw_meta.person_salts limit 1"):
        salt = "sample" if is_sample else uuid4().hex
        warehouse.execute(f"insert into raw_meta.person_salts (salt) values ({literal(salt)})")


def next_load_id(warehouse: Warehouse) -> int:
    """The number of the next load."""
    return int(warehouse.query("select coalesce(max(load_id), 0) + 1 from raw_meta.loads")[0][0])


def find_load(warehouse: Warehouse, tool: str, name: str, content_hash: str) -> Load | None:
    """The load that landed these bytes, where they were landed; a failed attempt does not count."""
    found = warehouse.query(
        f"select {', '.join(LOAD_COLUMNS)} from raw_meta.loads where tool = {literal(tool)} "
        f"and object = {literal(name)} and content_hash = {literal(content_hash)} "
        "and (rows_landed > 0 or (rows_rejected = 0 and not exists ("
        "select 1 from raw_meta.rejects where rejects.load_id = loads.load_id))) "
        "order by load_id desc limit 1"
    )
    return Load(*found[0]) if found else None


def forget_failures(warehouse: Warehouse, tool: str, name: str, content_hash: str) -> None:
    """Remove earlier attempts at these bytes that landed nothing; a new one takes their place."""
    failed = (
        f"select load_id from raw_meta.loads where tool = {literal(tool)} and object = {literal(name)} "
        f"and content_hash = {literal(content_hash)} and rows_landed = 0"
    )
    warehouse.execute(f"delete from raw_meta.rejects where load_id in ({failed})")
    warehouse.execute(f"delete from raw_meta.loads where load_id in ({failed})")


def write_load(warehouse: Warehouse, load: Load) -> None:
    """Enter a load in the books. Raises AssertionError where its numbers do not add up."""
    load.check()
    values = ", ".join(value_literal(getattr(load, name)) for name in LOAD_COLUMNS)
    warehouse.execute(f"insert into raw_meta.loads ({', '.join(LOAD_COLUMNS)}) values ({values})")


def state_covers(warehouse: Warehouse, load: Load) -> None:
    """Change what an earlier load covers, as it was stated by hand."""
    warehouse.execute(
        f"update raw_meta.loads set covers_from = {value_literal(load.covers_from)}, "
        f"covers_to = {value_literal(load.covers_to)}, is_covers_stated = true where load_id = {load.load_id}"
    )


@contextmanager
def transaction(warehouse: Warehouse) -> Iterator[None]:
    """All or nothing."""
    warehouse.begin()
    try:
        yield
    except BaseException:
        warehouse.rollback()
        raise
    warehouse.commit()


Advance = Callable[[int], None]
