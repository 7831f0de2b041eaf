"""A fresh copy of the project, its builds, and a small company: made once a session and shared."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from project_copy import Build, Project, copy_of_project
from xdist.scheduler import LoadFileScheduling

# A machine that stands still for a moment is no finding.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

COMPANY = ("--seed", "11", "--people", "9", "--months", "8")


class FilesOfTests(LoadFileScheduling):
    """Each file of tests stays with one worker, and so do all that need Spark: it takes a whole machine."""

    def _split_scope(self, nodeid: str) -> str:
        return "spark" if "/spark/" in nodeid else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesOfTests:
    return FilesOfTests(config, log)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first worker to need it fills, and that all workers of a session read."""
    own = factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, complete = shared / name, shared / f"{name}.complete"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            complete.touch()
    return folder


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project in which nothing was built or landed by hand."""
    return copy_of_project(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="session")
def company_folder(tmp_path_factory: pytest.TempPathFactory, project: Project) -> Path:
    """Exports of a small company that passes for a real one: its manifest does not call it a sample."""

    def make(folder: Path) -> None:
        project.must("scorecard", "simulate", *COMPANY, "--out", str(folder))
        manifest_path = folder / "manifest.json"
        manifest = json.loads(manifest_path.read_text())
        manifest_path.write_text(json.dumps({**manifest, "is_sample": False}))

    return made_once(tmp_path_factory, "company_exports", make)


@pytest.fixture(scope="session")
def sample_build(tmp_path_factory: pytest.TempPathFactory, project: Project) -> Build:
    """A plain `dbt build` with nothing landed, unit tests and all."""
    parts = ("warehouse/sample.duckdb", "target/manifest.json")

    def make(folder: Path) -> None:
        (folder / "output.txt").write_text(project.must("dbt", "build"))
        for part in parts:
            shutil.copy2(project.root / part, folder)

    made = made_once(tmp_path_factory, "sample_build", make)
    for place in (project.root / part for part in parts):
        # What lies in another worker's copy is not the build: any command may have made an empty one.
        place.parent.mkdir(exist_ok=True)
        shutil.copy2(made / place.name, place)
    return Build(project, project.root / parts[0], (made / "output.txt").read_text())


@pytest.fixture(scope="session")
def company_build(tmp_path_factory: pytest.TempPathFactory, project: Project, company_folder: Path) -> Build:
    """The small company landed into target `duckdb` and built."""

    def at(warehouse: Path) -> Project:
        return project.with_environment(SCORECARD_TARGET="duckdb", SCORECARD_WAREHOUSE=str(warehouse))

    def make(folder: Path) -> None:
        building = at(folder / "company.duckdb")
        output = building.must("scorecard", "land", "--all", str(company_folder))
        (folder / "output.txt").write_text(output + building.build("duckdb"))

    made = made_once(tmp_path_factory, "company_build", make)
    warehouse = tmp_path_factory.mktemp("company_build") / "company.duckdb"
    shutil.copy2(made / "company.duckdb", warehouse)
    return Build(at(warehouse), warehouse, (made / "output.txt").read_text())
