"""The whole project on a session of Spark's: the same page and the same dictionaries as on DuckDB."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest
from project_copy import Build
from scorecard.targets import Target
from spark_project import SparkBuild
from test_postgres_smoke import current, is_same

pytestmark = pytest.mark.slow


def test_everything_passes(spark_build: SparkBuild) -> None:
    summary = re.search(r"Done\. PASS=(\d+) WARN=(\d+) ERROR=0 SKIP=0", spark_build.output)
    assert summary, spark_build.output[-3000:]
    counts = re.search(
        r"Found (\d+) models, (\d+) data tests, (\d+) seeds, .* (\d+) unit tests", spark_build.output
    )
    assert counts
    assert int(summary[1]) + int(summary[2]) >= sum(int(count) for count in counts.groups())


def test_the_page_is_the_same_as_on_duckdb(spark_build: SparkBuild, company_build: Build) -> None:
    expected = current(Target("duckdb", "duckdb", path=company_build.warehouse))
    actual = current(Target("spark", "spark", path=spark_build.folder))
    assert len(expected) == 10
    assert any(row["value"] is not None for row in expected)
    assert [row["kpi"] for row in actual] == [row["kpi"] for row in expected]
    different = [
        f"{left['kpi']}.{column}: {left[column]!r} on DuckDB, {right[column]!r} on Spark"
        for left, right in zip(expected, actual, strict=True)
        for column in left
        if not is_same(left[column], right[column])
    ]
    assert different == []
    assert "Execution scorecard" in spark_build.project.must("scorecard", "show")


def test_dictionaries_are_the_same_as_on_duckdb(spark_build: SparkBuild, company_build: Build) -> None:
    with duckdb.connect(str(company_build.warehouse), read_only=True) as connection:
        found = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'dictionaries'"
        ).fetchall()
        names = [name for (name,) in found if name != "awkward"]
        assert names
        for name in names:
            expected = connection.execute(f"select * from dictionaries.{name} order by all").fetchall()
            assert spark_build.rows("dictionaries", name, "all") == expected, name


def test_awkward_cells_of_a_dictionary_arrive(spark_build: SparkBuild) -> None:
    assert [row[1] for row in spark_build.rows("dictionaries", "awkward", "number")] == [
        'a "q", b',
        "two\nlines",
        None,
        None,
        "back\\slash \\n it's",
    ]
    assert spark_build.rows("dictionaries", "awkward", "number")[2] == (
        3,
        None,
        1.25,
        None,
        date(2026, 2, 28),
    )


def test_spark_leaves_nothing_beside_its_warehouse(spark_build: SparkBuild) -> None:
    left = {"metastore_db", "derby.log", "spark-warehouse"}
    assert left.isdisjoint(path.name for path in spark_build.project.root.iterdir())
    assert (spark_build.folder / "catalog" / "metastore_db").is_dir()
    assert left.isdisjoint(path.name for path in Path.cwd().iterdir())
