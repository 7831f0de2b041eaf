"""Replays the compiled SQL of the statistics and the scorecard on observations that a test makes up.

dbt compiles the models once; every replay runs that SQL in an in-memory DuckDB (or in a scratch database of a
Postgres server) whose facts, sources and sheets are filled by the test. One replay takes about a second, so a
test puts many cases into one: each team is a case of its own.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Protocol

import duckdb
from replay.compiled import DATABASE, PROJECT, CompiledModel, compile_nodes, in_order

FOLDERS = ("statistics", "scorecard", "dimensions")
# What the statistics read of the entities, and is worked out rather than filled.
ENTITIES = ("int_role_coverage",)
OWN = tuple(f"marts/{name}/" for name in FOLDERS)
# What stands beside the numbers reads columns of the facts that no observation here has; the quality of the
# data and the history of publications read more than facts. Unit tests hold them.
NOT_REPLAYED = re.compile("_supporting_|data_quality|scorecard_history|late_sources")
AS_OF = datetime(2026, 7, 4, 9)
ALWAYS = datetime(2000, 1, 1)

Value = str | int | float | bool | date | datetime | None
Row = dict[str, Any]


@dataclass(frozen=True)
class Observation:
    """One row of a fact, with the shared columns that the statistics read; instants in UTC."""

    observation_id: str
    kpi: str
    team_id: str | None = None
    service_id: str | None = None
    subject_type: str | None = None
    subject_id: str | None = None
    subject_title: str | None = None
    subject_url: str | None = None
    verdict: str | None = None
    method: str | None = None
    excluded_because: str | None = None
    duration_seconds: float | None = None
    is_counted: bool = True
    is_immature: bool = False
    is_inferred: bool = False
    started_at: datetime | None = None
    open_from_at: datetime | None = None
    ended_at: datetime | None = None
    occurred_at: datetime | None = None
    occurred_on: date | None = None


@dataclass(frozen=True)
class Target:
    """One row of the targets sheet as staging gives it."""

    target_id: str
    kpi: str
    scope_type: str
    scope_id: str
    owner: str | None
    target: float
    from_on: date


@dataclass(frozen=True)
class Source:
    """One object of a tool that was landed, and the span it speaks for."""

    tool: str
    object: str
    covers_from: datetime | None = ALWAYS
    covers_to: datetime | None = AS_OF
    is_sample: bool = False


@dataclass(frozen=True)
class Publication:
    """One number of a published scorecard."""

    publication_id: str
    published_at: datetime
    kpi: str
    period_grain: str
    period_start_on: date
    scope_type: str
    scope_id: str
    value: float | None
    n: int
    definition_version: int


@dataclass(frozen=True)
class CompiledProject:
    """The statistics' models in an order in which they can be built, and the relations that they read."""

    models: tuple[CompiledModel, ...]
    inputs: Mapping[str, str]
    """Relation by name of every model and seed that is read but not built here."""
    first_fact: str
    """Name of the fact that a replay writes all observations to; the statistics read their union."""
    other_facts: tuple[str, ...]
    seed_types: Mapping[str, Mapping[str, str]]


class Engine(Protocol):
    """What a replay needs of a database."""

    def execute(self, statement: str) -> None:
        """Runs one statement."""

    def insert(self, relation: str, rows: Sequence[Sequence[Value]]) -> None:
        """Appends rows, values in the order of the relation's columns."""

    def query(self, statement: str) -> list[Row]:
        """Rows of a query as dictionaries."""


class DuckDB:
    """An in-memory database of its own."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("set threads = 2")
        self.connection.execute(f"attach ':memory:' as {DATABASE}")

    def execute(self, statement: str) -> None:
        self.connection.execute(statement)

    def insert(self, relation: str, rows: Sequence[Sequence[Value]]) -> None:
        import pyarrow as pa

        if not rows:
            return
        described = self.connection.execute(f"describe {relation}").fetchall()
        columns = [row[0] for row in described]
        arrays = dict(zip(columns, (list(column) for column in zip(*rows, strict=True)), strict=True))
        incoming = pa.table(arrays)
        self.connection.register("incoming", incoming)
        self.connection.execute(f"insert into {relation} by name select * from incoming")
        self.connection.unregister("incoming")

    def query(self, statement: str) -> list[Row]:
        cursor = self.connection.execute(statement)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class Postgres:
    """A database of a running server that is dropped and made anew."""

    def __init__(self, host: str) -> None:
        import psycopg2

        with_server = psycopg2.connect(host=host, user="postgres", dbname="postgres")
        with_server.autocommit = True
        with with_server.cursor() as cursor:
            cursor.execute(f"drop database if exists {DATABASE}")
            cursor.execute(f"create database {DATABASE}")
        with_server.close()
        self.connection = psycopg2.connect(host=host, user="postgres", dbname=DATABASE)
        self.connection.autocommit = True

    def execute(self, statement: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def insert(self, relation: str, rows: Sequence[Sequence[Value]]) -> None:
        from psycopg2.extras import execute_values

        if rows:
            with self.connection.cursor() as cursor:
                execute_values(cursor, f"insert into {relation} values %s", rows)

    def query(self, statement: str) -> list[Row]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def compiled_project(target: str = "duckdb", variables: str = "{}") -> CompiledProject:
    """Compiles the statistics with dbt, without touching a database.

    Args:
        target: `duckdb` or `postgres`.
        variables: dbt variables as JSON text.

    Raises:
        RuntimeError: dbt refused the project; the message holds what it said.
    """
    select = (*(f"path:models/marts/{name}" for name in FOLDERS), *ENTITIES)
    return _project(compile_nodes(target, json.loads(variables), select)["nodes"])


def _project(nodes: Mapping[str, Any]) -> CompiledProject:
    own = {
        key: node
        for key, node in nodes.items()
        if node["resource_type"] == "model"
        and (node["path"].startswith(OWN) or node["name"] in ENTITIES)
        and not NOT_REPLAYED.search(node["name"])
    }
    parents = {parent for node in own.values() for parent in node["depends_on"]["nodes"] if parent not in own}
    observed = next(node for node in own.values() if node["name"] == "stat_observations")
    facts = [
        nodes[key]["name"] for key in observed["depends_on"]["nodes"] if nodes[key]["name"].startswith("fct_")
    ]
    return CompiledProject(
        models=tuple(
            CompiledModel(
                own[key]["name"], own[key]["relation_name"], own[key]["compiled_code"], is_view=False
            )
            for key in in_order(own)
        ),
        inputs={nodes[key]["name"]: nodes[key]["relation_name"] for key in parents},
        first_fact=facts[0],
        other_facts=tuple(facts[1:]),
        seed_types={
            nodes[key]["name"]: nodes[key]["config"]["column_types"]
            for key in parents
            if nodes[key]["resource_type"] == "seed"
        },
    )


SQL_TYPES: Mapping[str, str] = {
    "observation_id": "text",
    "duration_seconds": "double precision",
    "is_counted": "boolean",
    "is_immature": "boolean",
    "is_inferred": "boolean",
    "is_sample": "boolean",
    "started_at": "timestamp",
    "open_from_at": "timestamp",
    "ended_at": "timestamp",
    "occurred_at": "timestamp",
    "covers_from": "timestamp",
    "covers_to": "timestamp",
    "published_at": "timestamp",
    "as_of": "timestamp",
    "as_of_on": "date",
    "occurred_on": "date",
    "from_on": "date",
    "period_start_on": "date",
    "target": "double precision",
    "value": "double precision",
    "n": "bigint",
    "definition_version": "bigint",
}
"""Type of every input column that is not text."""


class Replay:
    """One run of the statistics over made-up inputs."""

    def __init__(
        self,
        observations: Iterable[Observation],
        *,
        as_of: datetime = AS_OF,
        sources: Iterable[Source] | None = None,
        targets: Iterable[Target] = (),
        publications: Iterable[Publication] = (),
        teams: Sequence[str] = (),
        services: Sequence[str] = (),
        project: CompiledProject | None = None,
        engine: Engine | None = None,
    ) -> None:
        """Fills the inputs and builds every model.

        Args:
            observations: rows of the facts.
            as_of: the instant (UTC) up to which anything is known.
            sources: what was landed; every object that a role names, from always to `as_of`, if not given.
            targets: rows of the targets sheet.
            publications: numbers published before.
            teams: teams, by id; also taken from the observations.
            services: services, by id; also taken from the observations.
            project: the compiled models; those of DuckDB with the default variables if not given.
            engine: the database; an in-memory DuckDB if not given.
        """
        self.project = project or compiled_project()
        self.engine = engine or DuckDB()
        rows = list(observations)
        landed = list(sources) if sources is not None else every_source(as_of)
        team_ids = sorted({*teams, *(row.team_id for row in rows if row.team_id)})
        service_ids = sorted({*services, *(row.service_id for row in rows if row.service_id)})
        self._make_schemas()
        self._fill_seeds()
        self._fill(self.project.first_fact, Observation, rows)
        for fact in self.project.other_facts:
            self._fill(fact, Observation, [])
        self._fill("int_source_coverage", Source, landed)
        self._fill("stg_planning__targets", Target, list(targets))
        self._fill("stg_meta__publications", Publication, list(publications))
        self._table("int_as_of", ("as_of", "as_of_on"), [(as_of, as_of.date())])
        self._table("int_masked_texts", ("shown_text", "text_key", "masked_text"), [])
        items = [row for row in rows if row.kpi == "delivery_predictability"]
        # A team that has a service level has no sprints any more, whatever it had before.
        with_levels = {row.team_id or "no_team" for row in items if row.method == "service_level"}
        with_sprints = {row.team_id or "no_team" for row in items} - with_levels
        self._table("int_issue_sprint_teams", ("team_key",), [(team,) for team in sorted(with_sprints)])
        self._table("int_teams", ("team_id", "team_name"), [(team, team) for team in team_ids])
        self._table(
            "int_services",
            ("service_id", "team_id", "service_name", "repository", "path_prefix"),
            [(service, None, service, None, None) for service in service_ids],
        )
        for model in self.project.models:
            self.engine.execute(f"create table {model.relation} as {model.sql}")

    def rows(self, name: str, **equals: Value) -> list[Row]:
        """Rows of a model for which columns equal the given values (text, numbers, dates or booleans)."""
        relation = next(model.relation for model in self.project.models if model.name == name)
        conditions = [f"{column} = '{value}'" for column, value in equals.items()]
        where = f" where {' and '.join(conditions)}" if conditions else ""
        return self.engine.query(f"select * from {relation}{where}")

    def row(self, name: str, **equals: Value) -> Row:
        """The only row of a model for which columns equal the given values.

        Raises:
            LookupError: there is none, or several.
        """
        found = self.rows(name, **equals)
        if len(found) != 1:
            raise LookupError(f"{len(found)} rows of {name} for {equals}, not one")
        return found[0]

    def headline(self, kpi: str, team: str | None = None) -> Row:
        """The newest headline row of a KPI, of the company or of a team."""
        return self.row(
            "scorecard",
            kpi=kpi,
            scope_type="team" if team else "company",
            scope_id=team or "company",
            is_headline_grain=True,
            is_latest_period=True,
        )

    def month(self, kpi: str, start_on: date, team: str | None = None) -> Row:
        """The row of one month of a KPI, of the company or of a team."""
        return self.row(
            "scorecard",
            kpi=kpi,
            scope_type="team" if team else "company",
            scope_id=team or "company",
            period_grain="month",
            period_start_on=start_on,
        )

    def _make_schemas(self) -> None:
        relations = [*self.project.inputs.values(), *(model.relation for model in self.project.models)]
        for schema in sorted({relation.rsplit(".", 1)[0] for relation in relations}):
            self.engine.execute(f"create schema if not exists {self._schema(schema)}")

    def _schema(self, qualified: str) -> str:
        return qualified if isinstance(self.engine, DuckDB) else qualified.split(".")[-1]

    def _fill_seeds(self) -> None:
        for name, types in self.project.seed_types.items():
            path = PROJECT / "seeds" / "dictionaries" / f"{name}.csv"
            with path.open(encoding="utf-8", newline="") as file:
                entries = list(csv.DictReader(file))
            rows = [tuple(_typed(entry[column], types[column]) for column in types) for entry in entries]
            self._table(name, tuple(types), rows, types)

    def _fill(self, name: str, kind: type[Any], records: Sequence[Any]) -> None:
        columns = tuple(field.name for field in fields(kind))
        self._table(name, columns, [tuple(asdict(record).values()) for record in records])

    def _table(
        self,
        name: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Value]],
        types: Mapping[str, str] = SQL_TYPES,
    ) -> None:
        relation = self.project.inputs[name]
        described = ", ".join(f"{column} {types.get(column, 'text')}" for column in columns)
        self.engine.execute(f"create table {relation} ({described})")
        self.engine.insert(relation, rows)


def _typed(text: str, sql_type: str) -> Value:
    if text == "":
        return None
    if sql_type == "bigint":
        return int(text)
    if sql_type == "boolean":
        return text == "true"
    return text


def every_source(as_of: datetime = AS_OF) -> list[Source]:
    """Every object that plays a role, covering all time up to `as_of`."""
    path = PROJECT / "seeds" / "dictionaries" / "source_roles.csv"
    with path.open(encoding="utf-8", newline="") as file:
        pairs = dict.fromkeys((entry["tool"], entry["object"]) for entry in csv.DictReader(file))
    return [Source(tool, name, covers_to=as_of) for tool, name in pairs]


def share_rows(
    kpi: str,
    counts: Mapping[str, int],
    occurred_on: date = date(2026, 6, 10),
    **columns: Any,
) -> list[Observation]:
    """So many rows of a share as `counts` says by verdict, all on one day."""
    prefix = f"{kpi}:{columns.get('team_id')}:{columns.get('subject_type')}:{occurred_on}"
    return [
        Observation(f"{prefix}:{verdict}:{number}", kpi, verdict=verdict, occurred_on=occurred_on, **columns)
        for verdict, count in counts.items()
        for number in range(count)
    ]


def duration_rows(
    kpi: str,
    seconds: Iterable[float],
    ended_at: datetime = datetime(2026, 6, 28),
    **columns: Any,
) -> list[Observation]:
    """Finished rows of a duration, all finished at one instant."""
    prefix = f"{kpi}:{columns.get('team_id')}:{ended_at}"
    rows = []
    for number, duration in enumerate(seconds):
        started_at = ended_at - timedelta(seconds=duration)
        rows.append(
            Observation(
                f"{prefix}:{number}",
                kpi,
                duration_seconds=duration,
                started_at=started_at,
                open_from_at=started_at,
                ended_at=ended_at,
                occurred_on=ended_at.date(),
                **columns,
            )
        )
    return rows


def open_row(kpi: str, started_at: datetime, name: str = "open", **columns: Any) -> Observation:
    """An item that started and never finished."""
    return Observation(
        f"{kpi}:{columns.get('team_id')}:{name}:{started_at}",
        kpi,
        started_at=started_at,
        open_from_at=started_at,
        **columns,
    )
