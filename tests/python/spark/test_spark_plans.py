"""Physical plans: no model pairs every row with every row, none puts a large input into one partition.

Broadcasts are switched off, so that Spark plans as it would for tables that fit on no single machine. What is
then left of a join without an equality is a nested loop or a Cartesian product. It may stand where one of its
sides has a size that does not grow with the company; windows without a partition key may stand on such inputs
alone. The size of an input is judged by where it comes from: each table that it reads is in BOUNDED, or it is
a sum over a whole table, one row.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from spark_project import SparkBuild

pytestmark = pytest.mark.slow

# Of fixed size, or one row a month, a day, a KPI, a period or a plan; of teams and methods one row is named.
BOUNDED = frozenset(
    {
        "intermediate.int_as_of",
        "intermediate.int_file_month_ends",
        "intermediate.int_issue_service_level_windows",
        "intermediate.int_months",
        "intermediate.int_roadmap_plan_versions",
        "intermediate.int_teams",
        "intermediate.int_source_coverage",
        "intermediate.int_role_coverage",
        "marts.dim_dates",
        "marts.dim_kpis",
        "marts.stat_data_origins",
        "marts.stat_periods",
        "marts.stat_predictability_methods",
        "marts.stat_kpi_period_months",
        "raw_meta.loads",
    }
)
PAIRING = {"CartesianProductExec", "BroadcastNestedLoopJoinExec"}
PYTHON = {"BatchEvalPythonExec", "ArrowEvalPythonExec", "MapInPandasExec", "FlatMapGroupsInPandasExec"}
READER = Path(__file__).with_name("spark_plans.py")


@dataclass(frozen=True)
class Node:
    """An operator of a plan: its kind, what tells it apart, and its inputs."""

    kind: str
    table: str | None
    has_partition_key: bool
    is_one_row: bool
    inputs: tuple[Node, ...]

    @classmethod
    def of(cls, written: dict[str, Any]) -> Node:
        return cls(
            written["kind"],
            written["table"],
            written["has_partition_key"],
            written["is_one_row"],
            tuple(cls.of(one) for one in written["inputs"]),
        )

    def nodes(self) -> list[Node]:
        return [self, *(node for one in self.inputs for node in one.nodes())]

    @property
    def is_bounded(self) -> bool:
        """Whether the size of what comes out does not grow with the company."""
        if self.is_one_row:
            return True
        if self.table is not None:
            return self.table in BOUNDED or self.table.startswith("dictionaries.")
        return all(one.is_bounded for one in self.inputs)


def faults(plan: Node) -> list[str]:
    """What of a plan would not scale, in words."""
    found = []
    for node in plan.nodes():
        if node.kind in PAIRING and not any(one.is_bounded for one in node.inputs):
            found.append(f"{node.kind} of {tables(node.inputs[0])} and {tables(node.inputs[1])}")
        if node.kind == "WindowExec" and not node.has_partition_key and not node.is_bounded:
            found.append(f"a window without a partition key over {tables(node)}")
        if node.kind in PYTHON:
            found.append(f"{node.kind} over {tables(node)}")
    return found


def tables(node: Node) -> str:
    return ", ".join(sorted({one.table for one in node.nodes() if one.table is not None}))


@pytest.fixture(scope="module")
def plans(spark_build: SparkBuild, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Node]:
    """The plan of every model that is a table, by the model's name."""
    project = spark_build.project
    compiled = project.root / "target" / "spark" / "compiled" / "execution_scorecard" / "models"
    manifest = json.loads((project.root / "target" / "spark" / "manifest.json").read_text())
    statements = {
        node["name"]: (compiled / Path(node["original_file_path"]).relative_to("models")).read_text()
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    return explained(statements, spark_build, tmp_path_factory.mktemp("plans"))


def explained(statements: dict[str, str], build: SparkBuild, folder: Path) -> dict[str, Node]:
    """Plans of statements on the built warehouse, made by a process of its own: Spark ends with it."""
    (folder / "statements.json").write_text(json.dumps(statements))
    done = subprocess.run(
        [sys.executable, str(READER), str(folder / "statements.json"), str(folder / "plans.json")],
        cwd=folder,
        env={**os.environ, **build.project.environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    written = json.loads((folder / "plans.json").read_text())
    return {name: Node.of(plan) for name, plan in written.items()}


def test_no_model_pairs_everything_or_gathers_it_in_one_place(plans: dict[str, Node]) -> None:
    assert len(plans) > 100
    found = {name: faults(plan) for name, plan in plans.items() if faults(plan)}
    assert found == {}


def test_plans_tell_what_they_read(plans: dict[str, Node]) -> None:
    """The check above sees tables, joins and windows; without them it would find nothing wrong ever."""
    kinds = {node.kind for plan in plans.values() for node in plan.nodes()}
    assert {"SortMergeJoinExec", "WindowExec"} <= kinds
    assert "raw_jira.issues" in tables(plans["stg_jira__issues"])
    assert "marts.scorecard" in tables(plans["scorecard_current"])


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "select l.issue_id from intermediate.int_issues as l cross join intermediate.int_commits as r",
            "CartesianProductExec of intermediate.int_issues and intermediate.int_commits",
        ),
        (
            "select l.issue_id from intermediate.int_issues as l "
            "left join intermediate.int_commits as r on r.committed_at < l.created_at",
            "BroadcastNestedLoopJoinExec of intermediate.int_issues and intermediate.int_commits",
        ),
        (
            "select row_number() over (order by issue_id) as n from intermediate.int_issues",
            "a window without a partition key over intermediate.int_issues",
        ),
    ],
)
def test_what_would_not_scale_is_found(
    spark_build: SparkBuild, tmp_path: Path, statement: str, fault: str
) -> None:
    assert faults(explained({"wrong": statement}, spark_build, tmp_path)["wrong"]) == [fault]


def test_a_pairing_with_a_row_is_none(spark_build: SparkBuild, tmp_path: Path) -> None:
    statements = {
        "as_of": "select i.issue_id, a.as_of from intermediate.int_issues as i "
        "cross join intermediate.int_as_of as a",
        "sum": "select i.issue_id, s.n from intermediate.int_issues as i "
        "cross join (select count(*) as n from intermediate.int_commits) as s",
    }
    found = explained(statements, spark_build, tmp_path)
    assert {name: faults(plan) for name, plan in found.items()} == {"as_of": [], "sum": []}
