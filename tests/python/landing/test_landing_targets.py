"""`scorecard land --target …` from a shell: the rows are where the option says."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from lander import issue
from postgres_server import environment_of, postgres_server
from project_copy import BIN, ROOT
from scorecard.targets import Target
from spark_session import spark_session

Write = Callable[[str, Any], Path]
Run = Callable[..., subprocess.CompletedProcess[str]]

ISSUES = [issue(1), issue(2, title='a "q", \\ and\nline', comments=4)]
SAID = "github issues: 2 rows (2 new, 0 updated, 0 unchanged)"
QUERY = "select id, title, comments, _load_id from {} order by id"
ROWS = [(1, "Issue 1", None, 1), (2, 'a "q", \\ and\nline', 4, 1)]


@pytest.fixture(scope="module")
def server() -> Iterator[Target]:
    with postgres_server() as target:
        yield target


@pytest.fixture
def own_warehouse(tmp_path: Path) -> Path:
    """The DuckDB file that the environment names, and that no other target may touch."""
    return tmp_path / "own.duckdb"


@pytest.fixture
def land(own_warehouse: Path) -> Run:
    """Land from a shell whose environment means target `duckdb`."""

    def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SCORECARD_")}
        own = {
            "PYTHONPATH": str(ROOT / "scripts"),
            "SCORECARD_TARGET": "duckdb",
            "SCORECARD_WAREHOUSE": str(own_warehouse),
        }
        return subprocess.run(
            [BIN / "scorecard", "land", *arguments],
            env={**inherited, **own, **variables},
            capture_output=True,
            text=True,
        )

    return run


def assert_landed(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    assert SAID in done.stdout
    assert done.stderr == ""


def assert_one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """One line and no more says why, and the exit code that nothing landed."""
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert [word for word in words if word not in done.stderr] == []


def listed(folder: Path, table: str) -> Path:
    """The folder of a table's files, as the list says that Spark reads."""
    lines = (folder / "landed" / "tables" / "tables.json").read_text().splitlines()
    folders = {row["table_name"]: row["folder"] for row in map(json.loads, lines)}
    return folder / "landed" / folders[table]


def test_target_postgres_is_landed_into(server: Target, land: Run, write: Write, own_warehouse: Path) -> None:
    where = {**environment_of(server), "SCORECARD_TARGET": "duckdb"}
    path = write("issues.ndjson", ISSUES)
    assert_landed(land("github", path, "--target", "postgres", **where))
    with psycopg2.connect(**server.connection) as connection, connection.cursor() as cursor:
        cursor.execute(QUERY.format("raw_github.issues"))
        assert cursor.fetchall() == ROWS
        cursor.execute("select tool, object, rows_landed from raw_meta.loads")
        assert cursor.fetchall() == [("github", "issues", 2)]
    connection.close()
    assert "already landed (load 1)" in land("github", path, "--target", "postgres", **where).stdout
    assert not own_warehouse.exists()


def test_target_spark_is_landed_into(land: Run, write: Write, tmp_path: Path, own_warehouse: Path) -> None:
    folder = tmp_path / "spark"
    path = write("issues.ndjson", ISSUES)
    where = {"SCORECARD_SPARK_FOLDER": str(folder)}
    assert_landed(land("github", path, "--target", "spark", **where))
    files = f"read_parquet('{listed(folder, 'raw_github.issues')}/*.parquet')"
    assert duckdb.sql(QUERY.format(files)).fetchall() == ROWS
    assert "already landed (load 1)" in land("github", path, "--target", "spark", **where).stdout
    assert not own_warehouse.exists()


@pytest.mark.slow
def test_spark_reads_what_was_landed(land: Run, write: Write, tmp_path: Path) -> None:
    folder = tmp_path / "spark"
    path = write("issues.ndjson", ISSUES)
    assert_landed(land("github", path, "--target", "spark", SCORECARD_SPARK_FOLDER=str(folder)))
    with spark_session(tmp_path / "session") as session:
        rows = session.sql(QUERY.format(f"parquet.`{listed(folder, 'raw_github.issues')}`")).collect()
        assert [tuple(row) for row in rows] == ROWS
        books = session.sql(f"select rows_landed from parquet.`{listed(folder, 'raw_meta.loads')}`")
        assert [tuple(row) for row in books.collect()] == [(2,)]


def test_without_the_option_the_environment_decides(land: Run, write: Write, own_warehouse: Path) -> None:
    assert_landed(land("github", write("issues.ndjson", ISSUES)))
    with duckdb.connect(str(own_warehouse)) as connection:
        assert connection.execute(QUERY.format("raw_github.issues")).fetchall() == ROWS


def test_an_unknown_target_is_said(land: Run, write: Write, own_warehouse: Path) -> None:
    path = write("issues.ndjson", ISSUES)
    option = land("github", path, "--target", "oracle")
    assert option.returncode == 2
    assert "Traceback" not in option.stderr
    last = option.stderr.splitlines()[-1]
    assert "--target" in last and "oracle" in last and "postgres" in last
    variable = land("github", path, SCORECARD_TARGET="oracle")
    assert_one_sentence(variable, 'There is no target "oracle"', "sample, duckdb, postgres, spark")
    assert not own_warehouse.exists()


def test_a_server_that_cannot_be_reached_is_said(land: Run, write: Write, tmp_path: Path) -> None:
    path = write("issues.ndjson", ISSUES)
    nowhere = {"SCORECARD_PG_HOST": "127.0.0.1", "SCORECARD_PG_PORT": "1", "SCORECARD_PG_PASSWORD": "hush"}
    done = land("github", path, "--target", "postgres", **nowhere)
    assert_one_sentence(done, "Postgres 127.0.0.1:1/scorecard", "cannot be reached", "SCORECARD_PG_")
    assert "hush" not in done.stderr
    socket = land("github", path, "--target", "postgres", SCORECARD_PG_HOST=str(tmp_path))
    assert_one_sentence(socket, "cannot be reached", "SCORECARD_PG_")


def test_a_database_that_is_not_there_is_said(server: Target, land: Run, write: Write) -> None:
    where = {**environment_of(server), "SCORECARD_PG_DATABASE": "nowhere"}
    done = land("github", write("issues.ndjson", ISSUES), "--target", "postgres", **where)
    assert_one_sentence(done, 'database "nowhere" does not exist', "SCORECARD_PG_")


def test_a_folder_that_spark_cannot_have_is_said(land: Run, write: Write, tmp_path: Path) -> None:
    path = write("issues.ndjson", ISSUES)
    (tmp_path / "file").write_text("")
    file = land("github", path, "--target", "spark", SCORECARD_SPARK_FOLDER=str(tmp_path / "file"))
    assert_one_sentence(file, "cannot be used as a warehouse", "SCORECARD_SPARK_FOLDER")
    bucket = land("github", path, "--target", "spark", SCORECARD_SPARK_FOLDER="s3a://bucket/scorecard")
    assert_one_sentence(bucket, "s3a://bucket/scorecard", "Mount it")
