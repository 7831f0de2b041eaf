"""A warehouse that an earlier release landed works without landing again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import duckdb
import psycopg2
import pytest
from older_release import (
    NO_COLUMNS,
    NO_MART_COLUMNS,
    NO_MARTS,
    OLDER_RUN,
    UNDECLARED,
    age,
    publish_older,
    publish_older_on_postgres,
)
from postgres_server import environment_of, postgres_server
from project_copy import Build, Project, differing_tables, public_marts
from scorecard.refresh.identity import began_at

pytestmark = pytest.mark.slow

# What tells of tests: the earlier release kept no books of them.
OF_THE_TESTS = {"intermediate.int_failed_tests", "marts.data_quality"}

# As landed by a release that declared the keys alone; the last row's draft flag is none.
LANDED = (
    "create schema raw_github",
    "create schema raw_meta",
    "create table raw_github.pull_requests (id bigint, repository text, _extra text, _load_id bigint, "
    "_row_number bigint)",
    "insert into raw_github.pull_requests values "
    """(1, 'r', '{"number":7,"draft":true,"title":"a''s","user":{"login":"ada"},"mergedAt":"2026-01-01"}', """
    "1, 1), (2, 'r', null, 1, 2), "
    """(3, 'r', '{"number":"x","draft":"maybe","merged_at":"2026-01-02"}', 1, 3)""",
    "create table raw_meta.loads (load_id bigint, tool text, object text, is_sample boolean)",
    "insert into raw_meta.loads values (1, 'github', 'pull_requests', false)",
)
TAKEN = (
    "select id, number, draft, title, user_, merged_at, closed_at from raw_github.pull_requests order by id"
)
SALT = "select salt from raw_meta.person_salts"

Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def on_postgres(project: Project) -> Iterator[tuple[Project, Query]]:
    with postgres_server() as target:

        def query(statement: str) -> list[tuple[Any, ...]]:
            with closing(psycopg2.connect(**cast(Any, target.connection))) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(statement)
                    return list(cursor.fetchall()) if cursor.description else []

        yield project.with_environment(**environment_of(target)), query


@pytest.fixture
def on_duckdb(project: Project, tmp_path: Path) -> tuple[Project, Query]:
    path = tmp_path / "own.duckdb"

    def query(statement: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(path)) as connection:
            return connection.execute(statement).fetchall()

    return project.with_environment(SCORECARD_TARGET="duckdb", SCORECARD_WAREHOUSE=str(path)), query


@pytest.fixture
def lands_nothing(tmp_path: Path) -> Path:
    """The configuration of a refresh that has no exports."""
    path = tmp_path / "refresh.yml"
    path.write_text(json.dumps({"land": []}))
    return path


@pytest.mark.parametrize("engine", ["on_duckdb", "on_postgres"])
def test_columns_and_books_declared_since_are_added(engine: str, request: pytest.FixtureRequest) -> None:
    project, query = request.getfixturevalue(engine)
    for statement in LANDED:
        query(statement)
    build = ("dbt", "run", "--select", "stg_meta__person_salts", "--target-path", f"target/{engine}")
    project.must(*build)
    first, second, third = query(TAKEN)
    assert first[:4] == (1, 7, True, "a's") and first[5:] == ("2026-01-01", None)
    assert first[4].replace(" ", "") == '{"login":"ada"}'
    assert second == (2, None, None, None, None, None, None)
    assert third == (3, None, None, None, None, "2026-01-02", None)
    assert query("select load_id, rows_read, notes from raw_meta.loads") == [(1, None, None)]
    assert query("select count(*) from raw_meta.test_results") == [(0,)]
    # Without the secret nobody would have a key. It is drawn once.
    ((salt,),) = query(SALT)
    assert len(salt) == 32
    query("update raw_github.pull_requests set title = 'kept' where id = 1")
    project.must(*build)
    assert query(SALT) == [(salt,)]
    assert query(TAKEN)[0][3] == "kept"


def test_an_older_warehouse_gives_the_same_scorecard_and_is_published(
    sample_build: Build, project: Project, lands_nothing: Path, tmp_path: Path
) -> None:
    warehouse = tmp_path / "older.duckdb"
    shutil.copy2(sample_build.warehouse, warehouse)
    current = publish_older(warehouse)
    assert OLDER_RUN in current.resolve().name
    with duckdb.connect(str(warehouse)) as connection:
        age(connection.execute, "duckdb")
    older = project.with_environment(
        SCORECARD_TARGET="duckdb",
        SCORECARD_WAREHOUSE=str(warehouse),
        SCORECARD_REFRESH_CONFIG=str(lands_nothing),
    )
    older.must("scorecard", "refresh", "--allow-sample")
    differing = differing_tables(sample_build.warehouse, warehouse, ("dictionaries", "intermediate", "marts"))
    assert set(differing) <= OF_THE_TESTS
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name, column_name from information_schema.columns"
        ).fetchall()
    assert {(table, column) for table, column, _ in UNDECLARED} | set(NO_COLUMNS) <= set(names)

    def read(statement: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(current), read_only=True) as connection:
            return connection.execute(statement).fetchall()

    assert_readers_have_the_new_and_can_go_back(older, read)


def test_an_older_warehouse_on_postgres_gives_the_same_scorecard_and_is_published(
    on_postgres: tuple[Project, Query], company_folder: Path, lands_nothing: Path
) -> None:
    project, query = on_postgres
    project.must("scorecard", "land", "--all", str(company_folder))
    project.build("postgres", with_data_tests=False)
    query("create schema kept")
    # The other two tell of what was published, and of the tests.
    kept = [name for name in public_marts() if name not in ("data_quality", "scorecard_history")]
    for name in kept:
        query(f"create table kept.{name} as select * from marts.{name}")
    query("create table kept.person_salts as select * from raw_meta.person_salts")
    publish_older_on_postgres(query)
    age(query, "postgres")
    # This one had its secret already: keys of persons stay what they were.
    query("create table raw_meta.person_salts as select * from kept.person_salts")
    older = project.with_environment(SCORECARD_REFRESH_CONFIG=str(lands_nothing))
    older.must("scorecard", "refresh")
    for name in kept:
        columns = ", ".join(
            column
            for (column,) in query(
                "select column_name from information_schema.columns where table_schema = 'kept' "
                f"and table_name = '{name}' and column_name not like 'first_published_%' order by 1"
            )
        )
        before, after = (f"select {columns} from {schema}.{name}" for schema in ("kept", "marts"))
        differing = query(
            f"(({before}) except all ({after})) union all (({after}) except all ({before})) limit 5"
        )
        assert differing == [], name
    # What readers had before is what was published first.
    first = "select distinct first_published_at, first_published_value is not distinct from value from "
    assert query(first + "marts.scorecard") == [(began_at(OLDER_RUN).replace(tzinfo=None), True)]
    assert_readers_have_the_new_and_can_go_back(older, query)


def assert_readers_have_the_new_and_can_go_back(older: Project, query: Query) -> None:
    """Readers have what was added since, and go back to what they had before."""
    run_id, tables, columns = published(query)
    assert run_id > OLDER_RUN and tables == set(public_marts()) and columns >= set(NO_MART_COLUMNS)
    assert f"{OLDER_RUN} is current again" in older.must("scorecard", "rollback")
    assert published(query) == (OLDER_RUN, tables - set(NO_MARTS), columns - set(NO_MART_COLUMNS))
    listed = older.must("scorecard", "rollback", "--list").splitlines()
    assert [line.split()[0] for line in listed] == [run_id, OLDER_RUN]
    assert listed[1].endswith("current")


def published(query: Query) -> tuple[str, set[str], set[str]]:
    """What readers have: the run, the tables, and the scorecard's columns."""
    ((run_id,),) = query("select distinct run_id from marts.scorecard")
    tables = query("select table_name from information_schema.tables where table_schema = 'marts'")
    columns = query(
        "select column_name from information_schema.columns "
        "where table_schema = 'marts' and table_name = 'scorecard'"
    )
    return run_id, {name for (name,) in tables}, {name for (name,) in columns}
