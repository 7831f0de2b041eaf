"""Postgres and Spark build the same KPI tables, facts and scorecard as DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from companies.company import write_company
from companies.export import iso
from companies.shapes import Recipe, recipe_of_seed
from parity.tables import Cell, columns_of, first_difference, read_csv_as, read_parquet_as
from postgres_server import postgres_server
from replay import Replayer, compiled_warehouse, replayer_of
from replay.postgres import PostgresReplayer
from replay.spark import SparkReplayer
from spark_session import spark_session

AT_EVERY_CHANGE = 3
BEFORE_A_RELEASE = 20
ON_SPARK = 5
SAMPLE = Path(__file__).resolve().parents[2] / "seeds" / "sample"
SAMPLE_ENDS = "2026-07-04T09:00:00Z"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresReplayer]:
    """A database on a server of its own."""
    compiled = compiled_warehouse("postgres", with_as_of=True)
    with (
        postgres_server() as target,
        closing(PostgresReplayer(target.connection["host"], compiled)) as replayer,
    ):
        yield replayer


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkReplayer]:
    """A session of two threads."""
    folder = tmp_path_factory.mktemp("spark")
    with spark_session(folder, threads=2) as session:
        yield SparkReplayer(session, compiled_warehouse("spark", with_as_of=True), folder / "raw")


Engine = PostgresReplayer | SparkReplayer


def company_of_seed(seed: int) -> Recipe:
    """A random company with the settings for which the models were compiled."""
    return replace(recipe_of_seed(seed), settings="usual")


def differences(
    engine: Engine, exports: Path, reporting_timezone: str, as_of: str, folder: Path
) -> list[str]:
    """Builds a company on both engines and returns the first difference of each public mart."""
    original = replayer_of(with_as_of=True)
    original.build(exports, reporting_timezone, as_of)
    engine.build(original, reporting_timezone, as_of)
    cells = (_difference(original, engine, name, folder / "table") for name in original.warehouse.marts)
    return [str(cell) for cell in cells if cell]


def _difference(original: Replayer, engine: Engine, name: str, path: Path) -> Cell | None:
    relation, others = original.warehouse.relation(name), engine.warehouse.relation(name)
    if isinstance(engine, PostgresReplayer):
        columns = list(columns_of(original.connection, relation))
        engine.export(others, columns, path)
        read_csv_as(original.connection, path, relation, columns, "other_engine")
    else:
        read_parquet_as(original.connection, engine.export(others, path), relation, "other_engine")
    key = original.warehouse.marts[name]
    return first_difference(original.connection, name, relation, "other_engine", key)


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(seed, marks=() if seed < AT_EVERY_CHANGE else pytest.mark.slow)
        for seed in range(BEFORE_A_RELEASE)
    ],
)
def test_a_random_company_is_the_same_on_postgres(
    postgres: PostgresReplayer, seed: int, tmp_path: Path
) -> None:
    recipe = company_of_seed(seed)
    write_company(recipe, tmp_path / "exports")
    found = differences(postgres, tmp_path / "exports", recipe.timezone, iso(recipe.as_of), tmp_path)
    assert found == [], f"{recipe}\n" + "\n".join(found)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(ON_SPARK))
def test_a_random_company_is_the_same_on_spark(spark: SparkReplayer, seed: int, tmp_path: Path) -> None:
    recipe = company_of_seed(seed)
    write_company(recipe, tmp_path / "exports")
    found = differences(spark, tmp_path / "exports", recipe.timezone, iso(recipe.as_of), tmp_path)
    assert found == [], f"{recipe}\n" + "\n".join(found)


@pytest.mark.slow
def test_the_sample_is_the_same_on_postgres(postgres: PostgresReplayer, tmp_path: Path) -> None:
    assert differences(postgres, SAMPLE, "UTC", SAMPLE_ENDS, tmp_path) == []


def test_the_first_difference_is_named_by_table_key_and_column() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table one as select * from (values ('a', 1.5::double, 'x'), ('b', 2, null)) t(k, v, w)"
        )
        connection.execute("create table same as select k, v + 1e-12 as v, w from one")
        connection.execute(
            "create table wrong as select k, v, case k when 'a' then w else '' end as w from one"
        )
        connection.execute("create table fewer as from one where k = 'a'")
        connection.execute("create table twice as from one union all from one")
        assert first_difference(connection, "t", "one", "same", "k") is None
        assert first_difference(connection, "t", "one", "wrong", "k") == Cell("t", "b", "w", None, "")
        assert first_difference(connection, "t", "one", "fewer", "k") == Cell(
            "t", "b", None, "there", "absent"
        )
        assert first_difference(connection, "t", "fewer", "one", "k") == Cell(
            "t", "b", None, "absent", "there"
        )
        found = first_difference(connection, "t", "one", "twice", "k")
        assert found is not None and found.other == "2 keys in 4 rows"
