"""A fresh copy of the project, its builds, and a small company: made once a session and shared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from project_copy import Build, Project, copy_of_project

COMPANY = ("--seed", "11", "--people", "9", "--months", "8")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project in which nothing was built or landed by hand."""
    return copy_of_project(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="session")
def company_folder(tmp_path_factory: pytest.TempPathFactory, project: Project) -> Path:
    """Exports of a small company that passes for a real one: its manifest does not call it a sample."""
    folder = tmp_path_factory.mktemp("company") / "exports"
    project.must("scorecard", "simulate", *COMPANY, "--out", str(folder))
    manifest_path = folder / "manifest.json"
    manifest = json.loads(manifest_path.read_text())
    manifest_path.write_text(json.dumps({**manifest, "is_sample": False}))
    return folder


@pytest.fixture(scope="session")
def sample_build(project: Project) -> Build:
    """A plain `dbt build` with nothing landed, unit tests and all."""
    output = project.must("dbt", "build")
    return Build(project, project.root / "warehouse" / "sample.duckdb", output)


@pytest.fixture(scope="session")
def company_build(tmp_path_factory: pytest.TempPathFactory, project: Project, company_folder: Path) -> Build:
    """The small company landed into target `duckdb` and built."""
    warehouse = tmp_path_factory.mktemp("company_build") / "company.duckdb"
    chosen = project.with_environment(SCORECARD_TARGET="duckdb", SCORECARD_WAREHOUSE=str(warehouse))
    output = chosen.must("scorecard", "land", "--all", str(company_folder))
    return Build(chosen, warehouse, output + chosen.build("duckdb"))
