"""Tools that read the database find there what the documentation says: descriptions and keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from project_copy import Build, marts_rows, public_marts


def test_every_mart_has_a_comment_and_so_has_each_of_its_columns(company_build: Build) -> None:
    described = marts_rows(
        company_build.warehouse,
        """
        select
            tables.table_name,
            columns.column_name,
            tables.comment as said_of_table,
            columns.comment as said
        from duckdb_tables() as tables
        inner join duckdb_columns() as columns
            on tables.table_oid = columns.table_oid
        where tables.schema_name = 'marts'
        """,
    )
    tables = set(public_marts())
    assert tables <= {row["table_name"] for row in described}
    assert [
        f"{row['table_name']}.{row['column_name']}"
        for row in described
        if row["table_name"] in tables and not (row["said_of_table"] and row["said"])
    ] == []


def test_every_mart_has_a_primary_key(company_build: Build) -> None:
    keys = marts_rows(
        company_build.warehouse,
        """
        select table_name, constraint_column_names
        from duckdb_constraints()
        where schema_name = 'marts' and constraint_type = 'PRIMARY KEY'
        """,
    )
    found = {row["table_name"]: row["constraint_column_names"] for row in keys}
    assert set(public_marts()) - set(found) == set()
    assert found["kpi_cycle_time"] == ["issue_id"]


@pytest.mark.slow
def test_dbt_docs_generate_describes_every_column_of_every_table(sample_build: Build, tmp_path: Path) -> None:
    sample_build.project.must("dbt", "docs", "generate", "--no-compile", "--target-path", str(tmp_path))
    catalog = json.loads((tmp_path / "catalog.json").read_text())
    # Without compiling no manifest is written: the build's is what the catalog describes.
    manifest = json.loads((sample_build.project.root / "target" / "manifest.json").read_text())
    known = {**manifest["nodes"], **manifest["sources"]}
    missing = []
    for key, table in {**catalog["nodes"], **catalog["sources"]}.items():
        said = {name.lower(): column["description"] for name, column in known[key]["columns"].items()}
        # Landing adds columns with an underscore to every raw table; docs/raw-contract.md tells of them once.
        missing += [
            f"{key}.{name}"
            for name in table["columns"]
            if not said.get(name.lower()) and not (key.startswith("source.") and name.startswith("_"))
        ]
    assert len(catalog["nodes"]) > 100
    assert missing == []
