"""Foreign keys that a build declares on Postgres: validated, unless rows break them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

import psycopg2
import pytest
from postgres_server import environment_of, execute, postgres_server
from project_copy import Project
from scorecard.targets import Target

pytestmark = pytest.mark.slow

# A dimension and a table that points at it; dictionaries behind them, and no data.
BUILT = ("+dim_kpis", "+dim_reasons")
KEY = "dim_reasons__kpi__fkey"


@pytest.fixture(scope="module")
def built(project: Project) -> Iterator[tuple[Project, Target]]:
    """Both tables on a server of their own."""
    with postgres_server() as target:
        chosen = project.with_environment(**environment_of(target))
        places = ("--target-path", "target/foreign_keys")
        chosen.must("dbt", "build", "--select", *BUILT, "--exclude", "resource_type:test", *places)
        yield chosen, target


def foreign_keys(target: Target) -> dict[str, tuple[str, bool]]:
    """Where each foreign key points, and whether it is validated."""
    with closing(psycopg2.connect(**cast(Any, target.connection))) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "select conname, cast(confrelid as regclass), convalidated from pg_constraint where contype = 'f'"
        )
        return {name: (referenced, is_validated) for name, referenced, is_validated in cursor.fetchall()}


def rebuild(project: Project, model: str) -> str:
    return project.must("dbt", "run", "--select", model, "--target-path", "target/foreign_keys")


def test_a_key_is_declared_and_declared_anew(built: tuple[Project, Target]) -> None:
    """A build of either of its tables drops it, and ends with it."""
    project, target = built
    assert foreign_keys(target) == {KEY: ("marts.dim_kpis", True)}
    for model in ("dim_kpis", "dim_reasons"):
        rebuild(project, model)
        assert foreign_keys(target) == {KEY: ("marts.dim_kpis", True)}


def test_a_key_that_rows_break_is_declared_with_a_warning(built: tuple[Project, Target]) -> None:
    """A row of a KPI that the dimension does not list stays; a sound table is validated again."""
    project, target = built
    execute(
        target,
        f"alter table marts.dim_reasons drop constraint {KEY}",
        "update marts.dim_reasons set kpi = 'morale' "
        "where ctid = (select min(ctid) from marts.dim_reasons where kpi is not null)",
    )
    said = rebuild(project, "dim_kpis")
    assert "marts.dim_reasons.kpi names 'morale', which marts.dim_kpis does not list" in said
    assert foreign_keys(target) == {KEY: ("marts.dim_kpis", False)}
    assert "morale" not in rebuild(project, "dim_reasons")
    assert foreign_keys(target) == {KEY: ("marts.dim_kpis", True)}
