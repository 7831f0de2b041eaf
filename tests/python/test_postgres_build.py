"""The whole project and the sample on Postgres, unit tests included."""

from __future__ import annotations

import pytest
from postgres_server import environment_of, postgres_server
from project_copy import Project, check_whole_build

pytestmark = pytest.mark.slow


def test_everything_passes(project: Project) -> None:
    with postgres_server() as target:
        there = project.with_environment(**environment_of(target))
        there.must("scorecard", "land", "--all", str(project.root / "seeds" / "sample"))
        check_whole_build(there.must("dbt", "build", "--target-path", "target/postgres_build"))
