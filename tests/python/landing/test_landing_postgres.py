"""Postgres lands what DuckDB lands: the same rows, the same books, the same rejects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lander import Lander, issue
from postgres_server import postgres_server
from scorecard.landing import BadInput
from scorecard.landing.postgres import PostgresWarehouse
from scorecard.landing.warehouse import DuckDBWarehouse
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
    warehouse.rollback()
    for schema in ("raw_github", "raw_jira", "raw_planning", "raw_git", "raw_meta"):
        warehouse.execute(f"drop schema if exists {schema} cascade")
    warehouse.commit()
    warehouse.close()


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
    with pytest.raises(BadInput, match=r"the server cannot be reached .*SCORECARD_PG_"):
        PostgresWarehouse.open(nowhere)
