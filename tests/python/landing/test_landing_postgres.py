"""Postgres lands what DuckDB lands: the same rows, the same books, the same rejects."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import adbc_driver_manager
import click
import duckdb
import psycopg2
import pyarrow as pa
import pytest
from click.testing import CliRunner
from lander import Lander, issue
from postgres_server import environment_of, execute, postgres_server
from scorecard.books import loads_command, rejects_command
from scorecard.landing import BadInput
from scorecard.landing.command import command
from scorecard.landing.declarations import Column, Declaration, FieldPath
from scorecard.landing.postgres import BATCH_ROWS, PostgresWarehouse, _Batches
from scorecard.landing.warehouse import DuckDBWarehouse, transaction
from scorecard.refresh.outcomes import failure_of
from scorecard.targets import Target

Write = Callable[[str, Any], Path]


@pytest.fixture(scope="module")
def server() -> Iterator[Target]:
    with postgres_server() as target:
        yield target


@pytest.fixture
def postgres(server: Target) -> Iterator[Lander]:
    warehouse = PostgresWarehouse.open(server)
    yield Lander(warehouse)
    # Closed first: a test may have lost it, and what it holds open would block the drops.
    warehouse.close()
    schemas = ("raw_github", "raw_jira", "raw_planning", "raw_git", "raw_meta", "raw_values")
    execute(server, *(f"drop schema if exists {schema} cascade" for schema in schemas))


def rows_of(server: Target, statement: str) -> list[tuple[Any, ...]]:
    """Rows as another client reads them, once they are committed."""
    with (
        closing(psycopg2.connect(**cast(Any, server.connection))) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
        return cursor.fetchall()


def land_all(lander: Lander, write: Write) -> None:
    """Landings that meet every arm of the merge, and rejects of every kind."""
    rows = [
        issue(1),
        issue(2, title='a "q", \\ and\nline', body="", odd={"x": [1]}),
        issue(3, updated_at=1775000000),
    ]
    lander.one("github", write("issues-1.ndjson", rows))
    rows = [
        issue(1, title="newer", updated_at="2026-02-01T00:00:00+02:00"),
        issue(2, title="older", updated_at="2026-01-01T10:00:00Z"),
        issue(3, title="older", updated_at="2026-03-01"),
        issue(4, title="a\0b"),
        issue(5),
        issue(5),
    ]
    lander.one("github", write("issues-2.ndjson", rows))
    lander.one("github", write("issues-3.json", "<html>"))
    fields = {"created": "2026-01-01T00:00:00.000+0000", "updated": "2026-02-01T00:00:00.123+0200"}
    lander.one(
        "jira", write("issues-4.json", json.dumps({"issues": [{"id": "1", "key": "A-1", "fields": fields}]}))
    )
    later = {**fields, "updated": "2026-02-01T00:00:00.124+0200"}
    lander.one("jira", write("issues-5.json", json.dumps([{"id": "1", "key": "A-1", "fields": later}])))
    lander.one("jira", write("issues-6.json", json.dumps([{"id": "1", "key": "A-2", "fields": fields}])))
    header = "kpi,scope_type,scope_id,target,owner,from_on\n"
    lander.one("planning", write("targets.csv", header + "lead_time,company,,40,CTO,2026-01-01\n"))
    lander.one("planning", write("targets-2.csv", header + "lead_time,company,,30.5,CTO,2026-01-01\n"))


TABLES = {
    "raw_github.issues": "id",
    "raw_jira.issues": "id",
    "raw_planning.targets": "kpi",
    "raw_meta.rejects": "load_id, position",
    "raw_meta.loads": "load_id",
}


def test_postgres_holds_what_duckdb_holds(postgres: Lander, write: Write) -> None:
    other = Lander(DuckDBWarehouse(duckdb.connect(config={"threads": 1})))
    for lander in (postgres, other):
        land_all(lander, write)
        lander.check_books()
    for table, order in TABLES.items():
        found, wanted = (
            lander.query(f"select * from {table} order by {order}") for lander in (postgres, other)
        )
        assert found == wanted, table
    assert [row[0] for row in postgres.query("select title from raw_github.issues order by id")] == [
        "newer",
        'a "q", \\ and\nline',
        "Issue 3",
        "Issue 5",
    ]
    columns = (
        "select column_name, data_type from information_schema.columns where table_schema = 'raw_github'"
    )
    assert dict(postgres.query(columns))["comments"] == "bigint"


def test_landing_twice_and_a_failure_leave_postgres_as_it_was(
    postgres: Lander, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("issues.ndjson", [issue(1)])
    postgres.one("github", path)
    assert postgres.one("github", path).was_there
    with monkeypatch.context() as patch:
        patch.setattr(
            "scorecard.landing.land.write_load", lambda *_: (_ for _ in ()).throw(OSError("disk full"))
        )
        with pytest.raises(OSError, match="disk full"):
            postgres.one("github", write("issues-2.ndjson", [issue(2)]))
    assert postgres.query("select id from raw_github.issues") == [(1,)]


def test_git_lands_in_postgres(postgres: Lander, tmp_path: Path) -> None:
    from test_landing_git import Repo

    repo = Repo(tmp_path / "acme+shop")
    repo.commit("first", a="1")
    repo.commit("second", a="2", b="1")
    postgres.land("git", repo.path)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.commit("instead", c="3")
    postgres.land("git", repo.path)
    found = postgres.query(
        "select message, path, first_parent_position from raw_git.commit_files "
        "inner join raw_git.commits using (repository, sha) order by first_parent_position, path"
    )
    assert found == [("first", "a", 1), ("instead", "c", 2)]


def test_a_server_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    nowhere = Target(
        "postgres", "postgres", connection={"host": str(tmp_path), "port": "1", "dbname": "x", "user": "y"}
    )
    with pytest.raises(BadInput, match=r"the server cannot be reached \(connection to .*SCORECARD_PG_"):
        PostgresWarehouse.open(nowhere)


VALUES = Declaration(
    tool="values",
    object="kinds",
    columns=(
        Column("id", "bigint"),
        Column("body", "text"),
        Column("happened_at", "timestamp with time zone"),
        Column("local_at", "timestamp"),
        Column("is_open", "boolean"),
        Column("ratio", "double precision"),
        Column("payload", "text", is_json=True),
    ),
    key=("id",),
    required=(FieldPath("id"),),
)
# SQL of DuckDB for a row, and the row as Postgres shows it: instants as text, for Python's end in 9999.
KINDS: list[tuple[str, tuple[Any, ...]]] = [
    (
        r"""1, 'a "q", it''s \ and \N \.', timestamptz '2026-01-31 09:30:00.123456+02', """
        r"""timestamp '2026-01-31 09:30:00.000001', true, 0.1, '{"a": "\u00e9\n", "b": [1.10]}'""",
        (
            1,
            r"""a "q", it's \ and \N \.""",
            "2026-01-31 07:30:00.123456+00",
            "2026-01-31 09:30:00.000001",
            True,
            0.1,
            r'{"a": "\u00e9\n", "b": [1.10]}',
        ),
    ),
    (
        "9223372036854775807, chr(10) || chr(13) || chr(9) || ' ', "
        "timestamptz '1969-12-31 23:59:59.999999+00', timestamp '1600-02-29 00:00:00', "
        "false, cast('-0.0' as double), '[]'",
        (
            9223372036854775807,
            "\n\r\t ",
            "1969-12-31 23:59:59.999999+00",
            "1600-02-29 00:00:00",
            False,
            -0.0,
            "[]",
        ),
    ),
    (
        "-9223372036854775808, '', timestamptz '1899-12-31 23:59:59.000001+00', "
        "timestamp '2262-04-12 00:00:00.000001', null, 'inf', ''",
        (
            -9223372036854775808,
            "",
            "1899-12-31 23:59:59.000001+00",
            "2262-04-12 00:00:00.000001",
            None,
            float("inf"),
            "",
        ),
    ),
    (
        "0, 'Grüße 😀 日本', make_timestamptz(12000, 1, 1, 0, 0, 0.5), "
        "make_timestamp(294000, 1, 1, 0, 0, 0), null, 1e-308, 'null'",
        (0, "Grüße 😀 日本", "12000-01-01 00:00:00.5+00", "294000-01-01 00:00:00", None, 1e-308, "null"),
    ),
    (
        "2, 'null', make_timestamptz(-43, 3, 15, 0, 0, 0), timestamp '0001-01-01', null, "
        "1.7976931348623157e308, null",
        (2, "null", "0043-03-15 00:00:00+00 BC", "0001-01-01 00:00:00", None, 1.7976931348623157e308, None),
    ),
    ("3, null, null, null, null, null, null", (3, None, None, None, None, None, None)),
]


def staged_rows(values: str, source: str) -> str:
    """SQL on `reading` of rows of VALUES and landing's own columns."""
    names = ", ".join(VALUES.column_names)
    return (
        f"select {names}, cast(null as varchar) as _extra, 1::bigint as _load_id, "
        f"id as _row_number from (select {values} {source}) as given ({names})"
    )


def test_every_value_comes_over_as_it_is(postgres: Lander, server: Target) -> None:
    warehouse = postgres.warehouse
    with transaction(warehouse):
        for values, _ in KINDS:
            merged = warehouse.merge(VALUES, warehouse.stage(VALUES, staged_rows(values, "")))
            assert merged.new == 1
    found = rows_of(
        server,
        "set time zone 'UTC'; select id, body, cast(happened_at as text), cast(local_at as text), "
        "is_open, ratio, payload from raw_values.kinds",
    )
    by_id = {row[0]: row for row in found}
    for _, wanted in KINDS:
        # -0.0 equals 0.0, but is not written like it.
        assert repr(by_id[wanted[0]]) == repr(wanted)
    assert len(found) == len(KINDS)


def test_no_rows_come_over_as_none(postgres: Lander, server: Target) -> None:
    warehouse = postgres.warehouse
    with transaction(warehouse):
        rows = staged_rows(KINDS[0][0], "where false")
        merged = warehouse.merge(VALUES, warehouse.stage(VALUES, rows))
    assert (merged.new, merged.updated, merged.unchanged) == (0, 0, 0)
    assert rows_of(server, "select count(*) from raw_values.kinds") == [(0,)]


def test_more_rows_than_a_batch_holds_all_come_over(postgres: Lander, server: Target, write: Write) -> None:
    count = 2 * BATCH_ROWS + 1
    rows = [
        issue(number, title=f"{number} {'é' * (number % 50)}", comments=None if number % 3 else number)
        for number in range(1, count + 1)
    ]
    # Every row of the second half is a reject, so that those are more than a batch, too.
    rows += [{"id": number, "number": number} for number in range(count + 1, 2 * count + 1)]
    load = postgres.one("github", write("issues.ndjson", rows)).load
    assert load is not None and (load.rows_new, load.rows_rejected) == (count, count)
    postgres.check_books()
    wanted = [(row["id"], row["title"], row["comments"]) for row in rows[:count]]
    assert rows_of(server, "select id, title, comments from raw_github.issues order by id") == wanted
    texts = rows_of(server, "select position, raw_text from raw_meta.rejects order by position")
    assert [(place, json.loads(text)["id"]) for place, text in texts] == [
        (place, place) for place in range(count + 1, 2 * count + 1)
    ]


BREAKS = {
    "raise exception 'the server had enough'": ("the server had enough", "Step land failed (", "broke off ("),
    "perform pg_sleep(60)": ("statement timeout", "Step land failed (", "broke off ("),
    "perform pg_terminate_backend(pg_backend_pid())": (
        "terminating connection|server closed|Failed to rollback",
        "connection to the server was lost",
        "broke off since the connection to the server was lost",
    ),
}


@pytest.mark.parametrize("breaking", BREAKS)
def test_a_server_that_breaks_off_in_the_middle_of_a_file_leaves_nothing_of_it(
    postgres: Lander, server: Target, write: Write, breaking: str
) -> None:
    reason, told, told_by_command = BREAKS[breaking]
    postgres.one("github", write("issues.ndjson", [issue(1), {"id": 2}]))
    # The rows are merged when it breaks: in the second batch of the rejects, which are what is written last.
    execute(
        server,
        f"create function raw_meta.break_off() returns trigger language plpgsql as "
        f"$$ begin if new.position = {2 + BATCH_ROWS} then {breaking}; end if; return new; end $$",
        "create trigger break_off before insert on raw_meta.rejects "
        "for each row execute function raw_meta.break_off()",
    )
    postgres.warehouse.execute("set statement_timeout = '5s'")
    postgres.warehouse.commit()
    path = write("issues-2.ndjson", [issue(3), *({"id": number} for number in range(4, 4 + 20 * BATCH_ROWS))])
    with pytest.raises(adbc_driver_manager.Error, match=reason) as failure:
        postgres.one("github", path)
    assert told in str(failure_of(failure.value, "land"))
    environment = {**environment_of(server), "PGOPTIONS": "-c statement_timeout=2s"}
    done = CliRunner().invoke(command, ["github", str(path), "--target", "postgres"], env=environment)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1), done.output
    assert told_by_command in done.stderr and "land again" in done.stderr.lower()
    # Whatever was on its way when the server broke off holds up no other reading.
    assert postgres.warehouse.reading.execute("select 1").fetchall() == [(1,)]
    assert rows_of(server, "select id from raw_github.issues") == [(1,)]
    assert rows_of(server, "select load_id, rows_new from raw_meta.loads") == [(1, 1)]
    assert rows_of(server, "select position from raw_meta.rejects") == [(2,)]

    execute(server, "drop trigger break_off on raw_meta.rejects")
    again = Lander(PostgresWarehouse.open(server))
    load = again.one("github", path).load
    assert load is not None and (load.rows_new, load.rows_rejected) == (1, 20 * BATCH_ROWS)
    again.warehouse.close()


def test_reading_that_breaks_off_in_the_middle_leaves_nothing(postgres: Lander, server: Target) -> None:
    warehouse = postgres.warehouse
    last = 3 * BATCH_ROWS
    body = f"case when range = {last} then error('a spilled row is gone') end"
    rows = staged_rows(f"range, {body}, null, null, null, null, null", f"from range({last + 1})")
    warehouse.reading.execute(f"create temp view broken as {rows}")
    with pytest.raises(duckdb.Error, match="a spilled row is gone") as failure, transaction(warehouse):
        warehouse.merge(VALUES, "broken")
    # It came up on the way, not before: the rows were never gathered.
    assert isinstance(failure.value.__context__, adbc_driver_manager.Error)
    assert rows_of(server, "select to_regclass('raw_values.kinds')") == [(None,)]
    # Both connections are as good as before.
    with transaction(warehouse):
        assert warehouse.merge(VALUES, warehouse.stage(VALUES, staged_rows(KINDS[0][0], ""))).new == 1
    assert rows_of(server, "select id from raw_values.kinds") == [(1,)]


class AskedToEnd(BaseException):
    """What a handler of a signal raises."""


class Interrupted:
    """Batches of which the second comes with a signal."""

    def __init__(self, source: pa.RecordBatchReader) -> None:
        self.schema = source.schema
        self._source = source

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for number, batch in enumerate(self._source):
            if number == 1:
                signal.raise_signal(signal.SIGALRM)
            yield batch


def test_a_signal_in_the_middle_is_no_lost_server_and_leaves_nothing(
    postgres: Lander, server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*_: object) -> None:
        raise AskedToEnd

    make = _Batches.__init__
    monkeypatch.setattr(_Batches, "__init__", lambda made, source: make(made, cast(Any, Interrupted(source))))
    warehouse = postgres.warehouse
    rows = staged_rows("range, null, null, null, null, null, null", "from range(3000000)")
    warehouse.reading.execute(f"create temp view long as {rows}")
    before = signal.signal(signal.SIGALRM, ask)
    try:
        with pytest.raises(AskedToEnd) as failure, transaction(warehouse):
            warehouse.merge(VALUES, "long")
    finally:
        signal.signal(signal.SIGALRM, before)
    # It came while rows were on their way.
    assert isinstance(failure.value.__context__, adbc_driver_manager.Error)
    assert rows_of(server, "select to_regclass('raw_values.kinds')") == [(None,)]
    with transaction(warehouse):
        assert warehouse.merge(VALUES, warehouse.stage(VALUES, staged_rows(KINDS[0][0], ""))).new == 1


def test_ctrl_c_ends_a_statement_and_is_told_as_what_it_is(postgres: Lander) -> None:
    interrupting = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    interrupting.start()
    with pytest.raises(KeyboardInterrupt), transaction(postgres.warehouse):
        postgres.warehouse.query("select cast(pg_sleep(30) as text)")
    interrupting.join()
    assert postgres.warehouse.query("select 1") == [(1,)]


@pytest.mark.parametrize("command_of_books", [loads_command, rejects_command])
def test_books_that_cannot_be_read_are_one_sentence(
    postgres: Lander, server: Target, write: Write, command_of_books: click.Command
) -> None:
    postgres.one("github", write("issues.ndjson", [issue(1)]))
    execute(server, "drop role if exists nobody_special", "create role nobody_special login")
    environment = {**environment_of(server), "SCORECARD_PG_USER": "nobody_special"}
    done = CliRunner().invoke(command_of_books, ["--target", "postgres"], env=environment)
    execute(server, "drop role nobody_special")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1), done.output
    assert "cannot be read (" in done.stderr and "permission denied" in done.stderr


def test_two_landings_take_turns(postgres: Lander, server: Target) -> None:
    other = PostgresWarehouse.open(server)
    other.execute("set lock_timeout = '200ms'")
    other.commit()
    with (
        transaction(postgres.warehouse),
        pytest.raises(adbc_driver_manager.Error, match="lock timeout"),
        transaction(other),
    ):
        raise AssertionError("both landings are within their transactions")
    other.rollback()
    with transaction(other):
        assert other.query("select 1") == [(1,)]
    other.close()


def test_an_error_does_not_tell_the_statement(postgres: Lander) -> None:
    for statement in ("select 'salt', 1 / (select 0)", "select 'salt' where cast(md5('x') as bigint) = 1"):
        with pytest.raises(adbc_driver_manager.Error) as failure:
            postgres.query(statement)
        assert "salt" not in str(failure.value) and str(failure.value).startswith("ERROR: ")
        postgres.warehouse.rollback()
