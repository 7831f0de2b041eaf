"""The whole project and the sample on a session of Spark's: the same marts and dictionaries as on DuckDB."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from parity.tables import first_difference, read_parquet_as
from project_copy import Build, check_whole_build, public_marts
from replay.compiled import keys_of_marts
from spark_project import AWKWARD_WORDS, SparkBuild

pytestmark = pytest.mark.slow


def test_everything_passes(spark_build: SparkBuild) -> None:
    check_whole_build(spark_build.output)


def test_every_public_mart_is_the_same_as_on_duckdb(spark_build: SparkBuild, sample_build: Build) -> None:
    keys = keys_of_marts(spark_build.manifest["nodes"])
    assert set(keys) == set(public_marts(spark_build.project.root))
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{sample_build.warehouse}' as sample (read_only)")
        found = {}
        for name, key in keys.items():
            original = f"sample.marts.{name}"
            assert connection.execute(f"from {original} limit 1").fetchone(), f"{name} has no rows"
            read_parquet_as(connection, spark_build.files("marts", name), original, "on_spark")
            found[name] = first_difference(connection, name, original, "on_spark", key)
    assert [str(cell) for cell in found.values() if cell] == []


def test_the_marts_bear_the_descriptions_of_their_yaml(spark_build: SparkBuild, tmp_path: Path) -> None:
    """What `describe` shows of the table and of every column, quotes and backslashes included."""
    marts = set(public_marts(spark_build.project.root))
    nodes = [node for node in spark_build.manifest["nodes"].values() if node["name"] in marts]
    expected = {
        f"{node['schema']}.{node['alias']}": {
            "": node["description"],
            **{column["name"]: column["description"] for column in node["columns"].values()},
        }
        for node in nodes
    }
    assert {"marts.scorecard", "marts.scorecard_current"} <= set(expected) and len(expected) == len(marts)
    assert all(text for texts in expected.values() for text in texts.values())
    assert all(expected["marts.dim_kpis"][name].startswith(AWKWARD_WORDS) for name in ("", "kpi"))
    shown = spark_build.told_by("spark_comments.py", sorted(expected), tmp_path)
    wrong = {
        (table, name): (shown[table].get(name), text)
        for table, texts in expected.items()
        for name, text in texts.items()
        if shown[table].get(name) != text
    }
    assert wrong == {}
    assert {table: set(texts) for table, texts in shown.items()} == {
        table: set(texts) for table, texts in expected.items()
    }


def test_the_page_is_shown(spark_build: SparkBuild) -> None:
    assert "Execution scorecard" in spark_build.project.must("scorecard", "show")


def test_dictionaries_are_the_same_as_on_duckdb(spark_build: SparkBuild, sample_build: Build) -> None:
    with duckdb.connect(str(sample_build.warehouse), read_only=True) as connection:
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
