"""Roles named in SCORECARD_READERS read what people read, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg2
import pytest
from postgres_server import environment_of, execute, postgres_server
from project_copy import Project, public_marts

pytestmark = pytest.mark.slow

READERS = ("analyst", "board")
# Tables that need no data, dictionaries behind them, and a private one beside them.
BUILT = ("+dim_kpis", "+dim_reasons", "+stat_periods")


@pytest.fixture(scope="module")
def built(project: Project) -> Iterator[tuple[Project, str]]:
    """A warehouse on a server of its own with two roles, and the folder of the server's socket."""
    with postgres_server() as target:
        execute(target, *(f"create role {role} login" for role in (*READERS, "stranger")))
        chosen = project.with_environment(**environment_of(target), SCORECARD_READERS=", ".join(READERS))
        places = ("--target-path", "target/grants")
        chosen.must("dbt", "build", "--select", *BUILT, "--exclude", "resource_type:test", *places)
        yield chosen, target.connection["host"]


def readable(socket: str, role: str) -> set[str]:
    """Tables of the project that a role can read, each tried."""
    with psycopg2.connect(host=socket, user="postgres", dbname="postgres") as connection:
        cursor = connection.cursor()
        cursor.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_schema not in ('pg_catalog', 'information_schema')"
        )
        names = [row[0] for row in cursor.fetchall()]
    found = set()
    connection = psycopg2.connect(host=socket, user=role, dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name in names:
            try:
                cursor.execute(f"select * from {name} limit 1")
            except psycopg2.errors.InsufficientPrivilege:
                continue
            found.add(name)
    connection.close()
    return found


@pytest.mark.parametrize("role", READERS)
def test_a_reader_reads_public_marts_and_nothing_else(built: tuple[Project, str], role: str) -> None:
    assert readable(built[1], role) == {"marts.dim_kpis", "marts.dim_reasons"}


def test_another_role_reads_nothing(built: tuple[Project, str]) -> None:
    assert readable(built[1], "stranger") == set()


def test_every_public_mart_and_no_other_table_is_granted(built: tuple[Project, str]) -> None:
    manifest = json.loads((built[0].root / "target" / "grants" / "manifest.json").read_text())
    granted = {
        node["name"]: node["config"]["grants"]
        for node in manifest["nodes"].values()
        if node["config"].get("grants")
    }
    assert granted == {name: {"select": list(READERS)} for name in public_marts(built[0].root)}


def test_a_role_that_is_no_longer_named_is_let_out(built: tuple[Project, str]) -> None:
    project, socket = built
    one = project.with_environment(SCORECARD_READERS=READERS[1])
    one.must("dbt", "run", "--select", "dim_kpis", "dim_reasons")
    assert readable(socket, READERS[0]) == set()
    assert readable(socket, READERS[1]) == {"marts.dim_kpis", "marts.dim_reasons"}


@pytest.mark.parametrize("target", ["duckdb", "spark"])
def test_an_engine_without_roles_grants_nothing(project: Project, target: str) -> None:
    output = project.with_environment(SCORECARD_READERS="analyst").must(
        *(
            "dbt",
            "--quiet",
            "ls",
            "--target",
            target,
            "--resource-type",
            "model",
            "--select",
            "path:models/marts",
        ),
        *("--output", "json", "--output-keys", "name", "config", "--target-path", "target/readers"),
    )
    grants = [json.loads(line)["config"]["grants"] for line in output.splitlines() if line[:1] == "{"]
    assert len(grants) > 20
    assert not any(grants)
