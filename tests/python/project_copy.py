"""A fresh copy of the project, and commands that run in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def shipped_files(root: Path = ROOT) -> list[Path]:
    """The files that a clone would hold once all is committed: tracked and untracked, none ignored."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(name for name in listed.stdout.split("\0") if name)
    # A file that was deleted but not yet committed as such is still listed.
    return [Path(name) for name in names if os.path.lexists(root / name)]


@dataclass(frozen=True)
class Project:
    """A copy of the project and commands that run in it; `environment` alone says where the warehouse is."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def with_environment(self, **variables: str) -> Project:
        return Project(self.root, {**self.environment, **variables})

    def variables(self) -> dict[str, str]:
        """The environment of a command: this one's, without its warehouses and with the copy's code."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("SCORECARD_", "DBT_"))
        }
        own = {
            "PATH": f"{BIN}{os.pathsep}{inherited.get('PATH', '')}",
            "PYTHONPATH": str(self.root / "scripts"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        return {**inherited, **own, **self.environment}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command (`dbt`, `scorecard`) in the copy; standard error goes to the output."""
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def must(self, *command: str) -> str:
        """Run a command that has to succeed and return what it said."""
        done = self.run(*command)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}"
        return done.stdout

    def build(self, target: str, with_data_tests: bool = True) -> str:
        """Build all that the warehouse holds, without the unit tests: they do not depend on the data."""
        left_out = ["resource_type:unit_test"] + ([] if with_data_tests else ["resource_type:test"])
        target_path = f"target/{target}"
        return self.must(
            "dbt", "build", "--target", target, "--target-path", target_path, "--exclude", *left_out
        )


def check_whole_build(output: str) -> None:
    """A plain `dbt build` ran all that it found; nothing failed or was skipped."""
    summary = re.search(r"Done\. PASS=(\d+) WARN=(\d+) ERROR=0 SKIP=0", output)
    assert summary, output[-3000:]
    found = re.search(r"Found (\d+) models, (\d+) data tests, (\d+) seeds, .* (\d+) unit tests", output)
    assert found
    assert all(int(count) for count in found.groups())
    assert int(summary[1]) + int(summary[2]) >= sum(int(count) for count in found.groups())


def copy_of_project(destination: Path) -> Project:
    """What a clone would hold, in an empty folder."""
    for name in shipped_files():
        place = destination / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place, follow_symlinks=False)
    return Project(destination)


def public_marts(root: Path = ROOT) -> list[str]:
    """The tables that people and their tools read."""
    folders = ("kpis", "facts", "dimensions", "scorecard")
    tables = [path.stem for folder in folders for path in (root / "models/marts" / folder).glob("*.sql")]
    assert len(tables) > 20
    return sorted(tables)


def marts_rows(warehouse: Path, query: str) -> list[dict[str, Any]]:
    """Rows of a DuckDB warehouse as dictionaries."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        result = connection.execute(query)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def differing_tables(before: Path, after: Path, schemas: tuple[str, ...]) -> dict[str, int]:
    """Tables that do not hold the same rows in two warehouses, with how many rows differ."""
    differences = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{before}' as before (read_only)")
        connection.execute(f"attach '{after}' as after (read_only)")
        tables = connection.execute(
            """
            select table_schema || '.' || table_name, list(distinct table_catalog)
            from information_schema.tables
            where table_catalog in ('before', 'after') and table_schema in (select unnest(?))
            group by all order by all
            """,
            [list(schemas)],
        ).fetchall()
        assert tables, f"no table in {schemas}"
        for table, holders in tables:
            if len(holders) != 2:
                differences[table] = -1
                continue
            count = connection.execute(
                f"""
                select count(*)
                from (
                    (select * from before.{table} except all select * from after.{table})
                    union all
                    (select * from after.{table} except all select * from before.{table})
                )
                """
            ).fetchone()
            assert count is not None
            if count[0]:
                differences[table] = count[0]
    return differences


@dataclass(frozen=True)
class Build:
    """A warehouse that was built, and what the build said."""

    project: Project
    warehouse: Path
    output: str
