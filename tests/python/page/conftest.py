"""Warehouses to make pages of, and a page read back as a tree."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from page_tree import Changed, Made
from project_copy import Build


@pytest.fixture(scope="session")
def marts(tmp_path_factory: pytest.TempPathFactory, sample_build: Build) -> Path:
    """The sample's marts alone, in a file that is quick to copy."""
    path = tmp_path_factory.mktemp("page") / "small.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"attach '{sample_build.warehouse}' as sample (read_only)")
        connection.execute("create schema marts")
        tables = connection.execute(
            "select table_name from information_schema.tables "
            "where table_catalog = 'sample' and table_schema = 'marts'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(f"create table marts.{table} as select * from sample.marts.{table}")
    return path


@pytest.fixture
def changed(marts: Path, tmp_path: Path) -> Changed:
    """A copy of the marts in which statements have changed something."""

    def change(*statements: str) -> Path:
        path = tmp_path / "changed.duckdb"
        shutil.copy2(marts, path)
        with duckdb.connect(str(path)) as connection:
            for statement in statements:
                connection.execute(statement)
        return path

    return change


@pytest.fixture(scope="session")
def sample_page(tmp_path_factory: pytest.TempPathFactory, marts: Path) -> Made:
    """The sample's page as the command writes it."""
    return Made.of(marts, tmp_path_factory.mktemp("sample_page"))
