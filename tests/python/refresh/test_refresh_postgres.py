"""Versions as schemas: one statement never sees two, a long reader delays the swap alone, grants stay."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, cast

import psycopg2
import pytest
from click.testing import CliRunner, Result
from postgres_server import execute, postgres_server
from project_copy import ROOT
from scorecard.landing.land import Options
from scorecard.reading import ReadingError, published
from scorecard.refresh import command, lock, run
from scorecard.refresh.build import BuildResult, TestResult
from scorecard.refresh.config import Config, Entry
from scorecard.refresh.identity import began_at
from scorecard.refresh.journal import Journal
from scorecard.refresh.outcomes import PUBLISHED, REFUSED, AnotherIsRunning, RefreshError
from scorecard.refresh.postgres_versions import PostgresVersions
from scorecard.refresh.run import Settings
from scorecard.refresh.telling import JsonTeller
from scorecard.targets import Target
from tiny import RUNS, TABLES, marts_sql, passing, refusing

SWAPS = 50
JOINED = "select s.run_id, d.run_id from marts.scorecard as s inner join marts.dim_kpis as d on s.kpi = d.kpi"


@pytest.fixture(scope="module")
def server() -> Iterator[Target]:
    with postgres_server() as target:
        yield target


class Database:
    """A database with small marts, and versions of them."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.versions = self.versions_within(60)
        self.said: list[str] = []

    def versions_within(self, seconds: float) -> PostgresVersions:
        return PostgresVersions(
            self.target, TABLES, timedelta(seconds=seconds), lambda text: self.said.append(text)
        )

    def connect(self, **keywords: Any) -> Any:
        connection = psycopg2.connect(**cast(Any, {**self.target.connection, **keywords}))
        connection.autocommit = True
        return connection

    def query(self, statement: str, **keywords: Any) -> list[tuple[Any, ...]]:
        with closing(self.connect(**keywords)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def build(self, value: float = 1.0, origin: str = "own", schema: str = "marts_candidate") -> None:
        if schema == "marts_candidate":
            self.versions.new_candidate()
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            for statement in marts_sql(schema, value, origin):
                cursor.execute(statement)

    def publish(self, run_id: str, value: float = 1.0) -> tuple[str, ...]:
        self.build(value)
        return self.versions.publish(run_id, began_at(run_id)).notes

    def schemas(self) -> list[str]:
        return [
            name
            for (name,) in self.query(
                "select nspname from pg_namespace where nspname like 'marts%' order by 1"
            )
        ]

    def value(self) -> float:
        ((value,),) = self.query("select distinct value from marts.scorecard")
        return float(value)


@pytest.fixture
def database(server: Target) -> Iterator[Database]:
    found = Database(server)
    with Journal(server).opened():
        pass
    yield found
    for (name,) in found.query(
        "select nspname from pg_namespace where nspname like 'marts%' or nspname in ('raw_meta', 'reporting')"
    ):
        found.query(f"drop schema {name} cascade")
    for (role,) in found.query("select quote_ident(rolname) from pg_roles where rolname like 'bi%'"):
        found.query(f"drop owned by {role}")
        found.query(f"drop role {role}")


def test_a_publication_renames_and_every_mart_names_its_run(database: Database) -> None:
    assert database.versions.current() is None
    assert database.publish(RUNS[0]) == ()
    assert database.versions.current() == RUNS[0]
    for table in TABLES:
        assert database.query(f"select distinct run_id from marts.{table}") == [(RUNS[0],)]
        ((nullable, told),) = database.query(
            "select is_nullable, col_description('marts.scorecard'::regclass, "
            "(select attnum from pg_attribute where attrelid = 'marts.scorecard'::regclass "
            "and attname = 'run_id')) "
            f"from information_schema.columns where table_schema = 'marts' and table_name = '{table}' "
            "and column_name = 'run_id'"
        )
        assert nullable == "NO" and "published this version" in told
    database.publish(RUNS[1], 2)
    assert database.schemas() == ["marts", f"marts_{RUNS[0]}"]
    assert database.value() == 2
    history = database.query("select distinct publication_id, value from raw_meta.publications order by 1")
    assert history == [(RUNS[0], 1.0), (RUNS[1], 2.0)]


def test_private_tables_are_not_published(database: Database) -> None:
    database.publish(RUNS[0])
    tables = database.query(
        "select relname from pg_class where relnamespace = 'marts'::regnamespace and relkind = 'r'"
    )
    assert sorted(tables) == [("dim_kpis",), ("scorecard",)]


def test_what_was_built_without_a_refresh_is_moved_away_and_said(database: Database) -> None:
    database.build(7, schema="marts")
    notes = database.publish(RUNS[0], 1)
    assert notes == (f"what stood in marts was never published; it is in marts_unpublished_{RUNS[0]} now",)
    assert database.query(f"select distinct value from marts_unpublished_{RUNS[0]}.scorecard") == [(7.0,)]
    # A plain build over a published version leaves tables without a run: that is no version either.
    database.query("alter table marts.dim_kpis drop column run_id")
    assert database.versions.current() is None
    assert "never published" in database.publish(RUNS[1], 2)[0]


def test_rollback_and_retention(database: Database) -> None:
    for number in range(4):
        database.publish(RUNS[number], number)
    versions = database.versions
    assert versions.go_back(RUNS[1]) == ()
    assert (versions.current(), database.value()) == (RUNS[1], 1)
    assert database.schemas() == ["marts", *(f"marts_{RUNS[number]}" for number in (0, 2, 3))]
    assert versions.all() == RUNS[:4]
    assert versions.version(RUNS[1]).marts_schema == "marts"
    assert versions.version(RUNS[3]).marts_schema == f"marts_{RUNS[3]}"
    assert versions.prune(2) == ([RUNS[0], RUNS[2]], [])
    assert versions.all() == [RUNS[1], RUNS[3]]
    versions.go_back(RUNS[3])
    assert database.value() == 3


def grants(database: Database) -> set[tuple[Any, ...]]:
    """Who may do what in marts: the schema, tables, columns."""
    found = database.query(
        "select 'schema', '', grantee::regrole::text, privilege_type, is_grantable "
        "from pg_namespace, aclexplode(nspacl) "
        "where nspname = 'marts' and grantee <> nspowner and grantee <> 0 "
        "union all select 'table', relname, grantee::regrole::text, privilege_type, is_grantable "
        "from pg_class, aclexplode(relacl) "
        "where relnamespace = 'marts'::regnamespace and grantee <> relowner and grantee <> 0 "
        "union all "
        "select 'column', relname || '.' || attname, grantee::regrole::text, privilege_type, is_grantable "
        "from pg_class inner join pg_attribute on attrelid = pg_class.oid, aclexplode(attacl) "
        "where relnamespace = 'marts'::regnamespace"
    )
    return set(found)


def test_grants_are_kept_through_swap_and_rollback(database: Database) -> None:
    for role in ("bi", '"bi Reader"', "bi_late"):
        database.query(f"create role {role} login")
    database.publish(RUNS[0])
    for statement in (
        'grant usage on schema marts to bi, "bi Reader"',
        "grant select on marts.scorecard to bi with grant option",
        'grant select (kpi) on marts.dim_kpis to "bi Reader"',
        "alter default privileges in schema marts grant select on tables to bi",
    ):
        database.query(statement)
    before = grants(database)
    assert len(before) == 4
    database.publish(RUNS[1], 2)
    # Tables made since the default was set have it, the ones that were there have what they had.
    assert grants(database) == before
    assert database.query("select distinct value from marts.scorecard", user="bi") == [(2.0,)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        database.query("select * from marts.dim_kpis", user="bi")
    # What was taken back since is not given back by a rollback, and what was given since holds.
    database.query("revoke select on marts.scorecard from bi")
    database.query("grant usage on schema marts to bi_late")
    database.query("grant select on all tables in schema marts to bi_late")
    after = grants(database)
    database.versions.go_back(RUNS[0])
    assert grants(database) == after
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        database.query("select * from marts.scorecard", user="bi")
    assert database.query("select distinct value from marts.scorecard", user="bi_late") == [(1.0,)]


def test_a_role_that_the_build_lets_in_stays_in(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("bi", "bi_late"):
        database.query(f"create role {role} login")
    database.publish(RUNS[0])
    database.build(2)
    for role in ("bi", "bi_late"):
        database.query(f"grant usage on schema marts_candidate to {role}")
        database.query(f"grant select on marts_candidate.scorecard to {role}")
    monkeypatch.setenv("SCORECARD_READERS", "board, bi")
    database.versions.publish(RUNS[1], began_at(RUNS[1]))
    assert database.query("select distinct value from marts.scorecard", user="bi") == [(2.0,)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        database.query("select * from marts.scorecard", user="bi_late")


def test_a_table_that_is_new_is_granted_by_default(database: Database) -> None:
    database.query("create role bi login")
    database.publish(RUNS[0])
    database.query("grant usage on schema marts to bi")
    database.query("alter default privileges in schema marts grant select on tables to bi")
    for number in (1, 2):
        database.build(number)
        database.query(f"create table marts_candidate.kpi_new_{number} (kpi text)")
        versions = PostgresVersions(
            database.target, (*TABLES, f"kpi_new_{number}"), timedelta(seconds=5), lambda _: None
        )
        versions.publish(RUNS[number], began_at(RUNS[number]))
        assert database.query(f"select * from marts.kpi_new_{number}", user="bi") == []


def test_a_version_of_an_earlier_release_lacks_a_mart_and_is_a_version_all_the_same(
    database: Database, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (0, 1):
        database.publish(RUNS[number], number)
    # The release that follows publishes one mart more.
    tables = (*TABLES, "kpi_new")
    monkeypatch.setattr(run, "published_tables", lambda root: tables)
    monkeypatch.setattr(command, "published_tables", lambda root: tables)
    monkeypatch.setattr(command, "resolve_target", lambda name: database.target)
    versions = PostgresVersions(database.target, tables, timedelta(seconds=5), lambda _: None)
    assert versions.about(versions.version(RUNS[0])).data_origin == "own"

    def build(*arguments: Any) -> BuildResult:
        with closing(database.connect()) as connection, connection.cursor() as cursor:
            for statement in (
                *marts_sql("marts_candidate", 2),
                "create table marts_candidate.kpi_new (kpi text)",
            ):
                cursor.execute(statement)
        return BuildResult(is_done=True, counts={"total": 4})

    monkeypatch.setattr(run, "run_dbt", build)
    (tmp_path / "logs").mkdir()
    compared: list[Any] = []

    def check(candidate: Any, previous: Any, docs: Any) -> Any:
        compared.append(previous and previous.run_id)
        return passing()

    settings = Settings(database.target, Config(keep=3), ROOT, tmp_path / "logs", check)
    assert run.refresh(settings, JsonTeller()) == PUBLISHED
    assert compared == [RUNS[1]]

    def rollback(*arguments: str) -> Result:
        return CliRunner().invoke(command.rollback_command, arguments)

    listed = rollback("--list")
    assert (listed.exit_code, listed.output.count("as of 2026-06-01")) == (0, 3), listed.output
    done = rollback()
    assert done.exit_code == 0, done.output
    assert (versions.current(), database.value()) == (RUNS[1], 1)
    assert database.query("select run_id from raw_meta.run_steps where step = 'rollback'") == [(RUNS[1],)]


def test_a_schema_without_a_scorecard_is_no_version_to_tell_about(database: Database) -> None:
    database.publish(RUNS[0])
    database.query("alter table marts.scorecard drop column data_origin")
    with pytest.raises(RefreshError, match=r"Schema marts holds no scorecard.*without --resume"):
        database.versions.about(database.versions.version(RUNS[0]))


@contextmanager
def reading(database: Database, *statements: str) -> Iterator[Any]:
    """A transaction that has read and does not end."""
    with closing(database.connect()) as connection:
        connection.autocommit = False
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            yield connection
        # The server has answered: it holds nothing any more.
        connection.rollback()


def test_a_long_reader_delays_the_swap_and_nobody_else(database: Database) -> None:
    database.publish(RUNS[0])
    database.build(2)
    longest = [0.0]
    stop = threading.Event()

    def others() -> None:
        with closing(database.connect()) as connection, connection.cursor() as cursor:
            while not stop.is_set():
                began = time.monotonic()
                cursor.execute(JOINED)
                longest[0] = max(longest[0], time.monotonic() - began)
                time.sleep(0.01)

    thread = threading.Thread(target=others)
    thread.start()
    try:
        with reading(database, "select * from marts.dim_kpis") as connection:
            with pytest.raises(RefreshError, match=r"being read for 2 s on end.*--resume"):
                database.versions_within(2).publish(RUNS[1], began_at(RUNS[1]))
            assert (database.versions.current(), database.value()) == (RUNS[0], 1)
            assert database.query("select count(*) from raw_meta.publications") == [(3,)]
            ender = threading.Timer(1.5, connection.rollback)
            ender.start()
            database.versions_within(30).publish(RUNS[1], began_at(RUNS[1]))
            ender.join()
    finally:
        stop.set()
        thread.join()
    assert database.value() == 2
    assert any("the swap waits for it" in text for text in database.said)
    # While the swap waited for seconds, others waited for what it waits at a time.
    assert longest[0] < 1.5


def test_no_statement_sees_two_versions(database: Database) -> None:
    database.publish(RUNS[0])
    stop = threading.Event()
    reads, mixed, seen, errors = [0, 0, 0], [0], set(), []

    def read(kind: int) -> None:
        kept = database.connect() if kind else None
        try:
            if kind == 2 and kept is not None:
                with kept.cursor() as cursor:
                    cursor.execute(f"prepare both_marts as {JOINED}")
            while not stop.is_set():
                connection = kept or database.connect()
                with connection.cursor() as cursor:
                    cursor.execute("execute both_marts" if kind == 2 else JOINED)
                    found = {run_id for pair in cursor.fetchall() for run_id in pair}
                if kept is None:
                    connection.close()
                reads[kind] += 1
                mixed[0] += len(found) != 1
                seen.update(found)
        except psycopg2.Error as error:
            errors.append(repr(error))

    threads = [threading.Thread(target=read, args=(kind,)) for kind in (0, 1, 2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(SWAPS):
            run_id = f"20260801t0900{number:02}z_0001"
            database.publish(run_id, number)
            database.versions.prune(3)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert mixed == [0]
    assert min(reads) > SWAPS
    assert len(seen) > 10
    assert database.value() == SWAPS - 1


def test_views_of_others_are_named_and_not_dropped(database: Database) -> None:
    database.publish(RUNS[0], 1)
    database.query("create schema reporting")
    database.query("create view reporting.page as select * from marts.scorecard")
    (note,) = database.publish(RUNS[1], 2)
    assert f"reporting.page reads marts_{RUNS[0]}" in note
    database.publish(RUNS[2], 3)
    removed, notes = database.versions.prune(1)
    assert removed == [RUNS[1]]
    assert "reporting.page" in notes[0]
    assert database.query("select distinct value from reporting.page") == [(1.0,)]


def test_an_old_version_that_is_read_goes_later(database: Database) -> None:
    database.publish(RUNS[0], 1)
    database.publish(RUNS[1], 2)
    with reading(database, f"select * from marts_{RUNS[0]}.scorecard"):
        removed, notes = database.versions.prune(1)
        assert (removed, len(notes)) == ([], 1)
    assert database.versions.prune(1) == ([RUNS[0]], [])


# Whole refreshes --------------------------------------------------------------------------------------------


@pytest.fixture
def ordinary(server: Target) -> Database:
    """A database in which the user has the privileges that docs/refreshing.md lists, and no others."""
    execute(
        server,
        "create role builder login",
        "create role reader login",
        "create role maker",
        # A member who does not inherit may not set the defaults of a role, though it could become it.
        "grant maker to builder with inherit false",
        "create database ordinary",
        "revoke all on database ordinary from public",
        "grant connect, create, temporary on database ordinary to builder",
        "grant connect on database ordinary to reader",
    )
    connection = {**server.connection, "user": "builder", "dbname": "ordinary"}
    return Database(Target("postgres", "postgres", connection=connection))


def test_an_ordinary_user_refreshes_and_rolls_back_and_readers_keep_their_grants(
    ordinary: Database, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    values = iter((1.0, 2.0, 3.0))

    def build(*_: Any) -> BuildResult:
        with closing(ordinary.connect()) as connection, connection.cursor() as cursor:
            for statement in marts_sql("marts_candidate", next(values)):
                cursor.execute(statement)
        return BuildResult(is_done=True, counts={"total": 3})

    monkeypatch.setattr(run, "published_tables", lambda root: TABLES)
    monkeypatch.setattr(run, "run_dbt", build)
    (tmp_path / "logs").mkdir()
    (tmp_path / "teams.csv").write_text("team_id,name\nt1,One\n")
    config = Config((Entry("planning", (tmp_path / "teams.csv",), Options()),), keep=2)
    settings = Settings(ordinary.target, config, ROOT, tmp_path / "logs", passing)

    def refresh() -> str:
        assert run.refresh(settings, JsonTeller()) == PUBLISHED
        return capsys.readouterr().out

    refresh()
    first = ordinary.versions.current()
    ordinary.query("grant usage on schema marts to reader")
    ordinary.query("grant select on all tables in schema marts to reader")
    ordinary.query("alter default privileges in schema marts grant select on tables to reader")
    # Defaults of others, who made tables there once: the swap cannot keep them, and says so.
    for other in ("postgres", "maker"):
        ordinary.query(
            f"alter default privileges for role {other} in schema marts grant select on tables to reader",
            user="postgres",
        )
    told = refresh()
    assert told.count("maker, postgres") == 1 and "scorecard bi role" in told
    assert ordinary.query("select distinct value from marts.scorecard", user="reader") == [(2.0,)]
    assert "maker" not in refresh()
    assert ordinary.query("select distinct value from marts.scorecard", user="reader") == [(3.0,)]
    assert len(ordinary.versions.all()) == 2 and first not in ordinary.versions.all()
    ordinary.versions.go_back(ordinary.versions.all()[0])
    assert ordinary.query("select distinct value from marts.scorecard", user="reader") == [(2.0,)]
    ordinary.query("create table marts.later as select 1 as one")
    assert ordinary.query("select one from marts.later", user="reader") == [(1,)]


def test_a_refresh_on_postgres(
    database: Database, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[Any] = []

    def build(target: Target, *arguments: Any) -> BuildResult:
        given.append(arguments[2])
        with closing(database.connect()) as connection, connection.cursor() as cursor:
            for statement in marts_sql("marts_candidate", float(len(given))):
                cursor.execute(statement)
        *_, record = arguments
        record([TestResult("unique_x", "warn", len(given), "it's 3 %")])
        return BuildResult(is_done=True, counts={"total": 3})

    monkeypatch.setattr(run, "published_tables", lambda root: TABLES)
    monkeypatch.setattr(run, "run_dbt", build)
    (tmp_path / "logs").mkdir()

    def refresh(**changed: Any) -> int:
        chosen = {
            "config": Config(keep=2),
            "root": ROOT,
            "logs": tmp_path / "logs",
            "check": passing,
            **changed,
        }
        return run.refresh(Settings(target=database.target, **chosen), JsonTeller())

    with pytest.raises(ReadingError, match="holds no published version"):
        published(database.target)
    assert refresh() == PUBLISHED
    assert given == [{"SCORECARD_MARTS_SCHEMA": "marts_candidate"}]
    assert published(database.target) == database.target
    first = database.versions.current()
    seen: list[Any] = []

    def check(candidate: Any, previous: Any, docs: Any) -> Any:
        seen.append((candidate.marts_schema, previous.marts_schema, previous.run_id))
        return refusing()

    assert refresh(check=check) == REFUSED
    assert seen == [("marts_candidate", "marts", first)]
    assert database.value() == 1
    assert refresh(resume=True) == PUBLISHED
    assert database.value() == 2
    assert database.query("select status from raw_meta.runs order by run_id") == [
        ("published",),
        ("published",),
    ]
    assert database.query("select count(*) from raw_meta.publications") == [(6,)]
    tests = database.query(
        "select test_id, status, failures, message from raw_meta.test_results order by run_id"
    )
    assert tests == [("unique_x", "warn", number, "it's 3 %") for number in (1, 2)]
    # Books that were lost are restored from the versions.
    database.query("drop schema raw_meta cascade")
    assert refresh() == PUBLISHED
    history = database.query("select distinct publication_id, value from raw_meta.publications order by 1")
    assert [value for _, value in history] == [1.0, 2.0, 3.0]
    assert len(database.versions.all()) == 2


def test_another_machine_is_turned_away(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(database.connect()) as elsewhere, elsewhere.cursor() as cursor:
        cursor.execute(f"select pg_advisory_lock({lock.ADVISORY_KEY})")
        with pytest.raises(AnotherIsRunning, match="another machine"), lock.held(database.target):
            pass
    # The server hears of a closed connection a moment later.
    deadline = time.monotonic() + 5
    while True:
        try:
            with lock.held(database.target):
                break
        except AnotherIsRunning:
            assert time.monotonic() < deadline
            time.sleep(0.05)


class SlowToClose(psycopg2.extensions.connection):
    """A connection of which the server has not yet heard that it was closed."""

    unheard: ClassVar[list[SlowToClose]] = []

    def close(self) -> None:
        self.unheard.append(self)


def test_whoever_comes_right_after_a_refresh_is_not_turned_away(database: Database) -> None:
    slow = {**database.target.connection, "connection_factory": SlowToClose}
    with lock.held(replace(database.target, connection=slow)):
        pass
    with lock.held(database.target):
        pass


def test_a_server_that_does_not_answer_is_said(tmp_path: Any) -> None:
    nowhere = Target(
        "postgres",
        "postgres",
        connection={"host": str(tmp_path), "port": "5432", "user": "x", "dbname": "x", "password": "sesame"},
    )
    with pytest.raises(RefreshError, match="cannot be reached") as caught:
        lock.connect(nowhere, "test")
    assert "sesame" not in str(caught.value)
