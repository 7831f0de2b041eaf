"""The command as a schedule runs it: a company's exports, dbt and the gate, all of them real."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from postgres_server import environment_of, postgres_server
from project_copy import Project, public_marts
from tiny import rows

READER_PASSWORD, PASSWORD = "open sesame of the reader", "open sesame of the builder"

OF_THE_TESTS = "select run_id, whole_count, instant_at from marts.data_quality where measure = 'failed_tests'"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scheduled(project: Project, company_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose configuration names the small company's exports."""
    path = tmp_path_factory.mktemp("config") / "refresh.yml"
    tools = ("git", "github", "jira", "pagerduty", "hubspot", "planning")
    entries = [{"tool": tool, "path": str(company_folder / tool)} for tool in tools]
    path.write_text(json.dumps({"land": entries, "keep": 2}))
    return project.with_environment(
        SCORECARD_REFRESH_CONFIG=str(path),
        SCORECARD_READER_PASSWORD=READER_PASSWORD,
        SCORECARD_PG_PASSWORD=PASSWORD,
    )


def killed_while_it_builds(project: Project) -> None:
    """Begin a refresh and kill it once dbt has built some models."""
    before = set((project.root / "logs" / "refresh").glob("*.log"))
    started = subprocess.Popen(
        ["scorecard", "refresh"], cwd=project.root, env=project.variables(), stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 900
    while True:
        logs = set((project.root / "logs" / "refresh").glob("*.log")) - before
        if any("intermediate.int_" in path.read_text() for path in logs):
            break
        assert started.poll() is None and time.monotonic() < deadline
        time.sleep(0.2)
    started.send_signal(signal.SIGKILL)
    started.wait()


def assert_no_secret(folder: Path, said: str) -> None:
    """Nothing that a refresh wrote or said holds a password."""
    for path in (*(folder / "logs").rglob("*"), *(folder / "target" / "refresh").rglob("*")):
        if path.is_file():
            held = path.read_bytes()
            assert READER_PASSWORD.encode() not in held and PASSWORD.encode() not in held, path
    assert READER_PASSWORD not in said and PASSWORD not in said


def test_a_company_is_refreshed_on_duckdb(scheduled: Project, tmp_path: Path) -> None:
    warehouse = tmp_path / "own.duckdb"
    project = scheduled.with_environment(SCORECARD_TARGET="duckdb", SCORECARD_WAREHOUSE=str(warehouse))
    said = project.must("scorecard", "refresh")
    assert [line.split()[0] for line in said.splitlines() if " s " in line and "rows" in line] == [
        "land",
        "build",
        "publish",
    ]
    current = tmp_path / "published" / "current.duckdb"
    tables = rows(current, "select table_name from duckdb_tables() order by 1")
    assert [name for (name,) in tables] == public_marts(project.root)
    (first,) = {
        run_id for name in public_marts() for (run_id,) in rows(current, f"select run_id from marts.{name}")
    }
    # What is published knows the tests of its own run.
    tests = rows(warehouse, "select distinct run_id, count(*) over (), tested_at from raw_meta.test_results")
    assert tests[0][0] == first and tests[0][1] > 900
    assert rows(current, OF_THE_TESTS) == [tests[0]]
    assert "Execution scorecard" in project.must("scorecard", "show", "--published")
    project.must("scorecard", "explain", "lead_time", "--published")

    # The second is killed amid the build; readers have the first, the next run takes it up.
    killed_while_it_builds(project)
    assert project.must("scorecard", "rollback", "--list").splitlines()[-1].startswith(first)
    said += project.must("scorecard", "refresh", "--resume")
    assert "was killed in step build" in said
    second = rows(current, "select distinct run_id from marts.scorecard")[0][0]
    assert second > first
    # It knows what was published first, and nothing of what was published changed.
    again = rows(
        current,
        "select count(*), count(*) filter (where first_published_at is not null "
        "and first_published_value is not distinct from value) from marts.scorecard",
    )
    assert again[0][0] == again[0][1] > 0
    assert rows(warehouse, "select status from raw_meta.runs order by run_id") == [("published",)] * 2
    assert f"{first} is current again" in project.must("scorecard", "rollback")
    assert_no_secret(project.root, said)


@pytest.fixture
def server() -> Iterator[dict[str, str]]:
    """What leads commands to a server of its own."""
    with postgres_server() as target:
        yield environment_of(target)


def test_a_company_is_refreshed_on_postgres(scheduled: Project, server: dict[str, str]) -> None:
    project = scheduled.with_environment(**server)
    said = project.must("scorecard", "refresh", "--log-format", "json")
    assert json.loads(said.splitlines()[-1])["exit_code"] == 0
    connection = psycopg2.connect(host=server["SCORECARD_PG_HOST"], user="postgres", dbname="postgres")
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.columns where table_schema = 'marts' "
            "and column_name = 'run_id' and is_nullable = 'NO' order by 1"
        )
        assert [name for (name,) in cursor.fetchall()] == public_marts(project.root)
        cursor.execute("select nspname from pg_namespace where nspname like 'marts%'")
        assert cursor.fetchall() == [("marts",)]
        # Keys point at dimensions of the same version.
        cursor.execute(
            "select count(*), count(*) filter (where namespaces.nspname = 'marts') from pg_constraint "
            "inner join pg_class on confrelid = pg_class.oid "
            "inner join pg_namespace as namespaces on relnamespace = namespaces.oid where contype = 'f'"
        )
        keys, within = cursor.fetchall()[0]
        assert keys == within > 10
        cursor.execute("select distinct run_id, count(*) over (), tested_at from raw_meta.test_results")
        tests = cursor.fetchall()
        cursor.execute(OF_THE_TESTS)
        assert cursor.fetchall() == tests and tests[0][1] > 900
    connection.close()
    assert "Execution scorecard" in project.must("scorecard", "show", "--published")
    assert_no_secret(project.root, said)
