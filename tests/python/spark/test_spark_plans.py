"""Physical plans: no model pairs every row with every row, none puts a large input into one partition.

Broadcasts are switched off, so that Spark plans as it would for tables that fit on no single machine. What is
then left of a join without an equality is a nested loop or a Cartesian product. It may stand where one of its
sides is bounded: its size does not grow with the company. A single partition may take bounded inputs alone.

That an input is bounded is read from plans, not claimed: it is made of dictionaries, literals, sums over a
whole table and bounded tables, and a table is bounded if the plan of its model is. What a filter names by the
whole of a table's tested key is one row. What no plan can tell stands in STATED, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from spark_project import TARGET_PATH, SparkBuild

pytestmark = pytest.mark.slow

STATED: dict[str, str] = {
    "intermediate.int_roadmap_plan_versions": "a row a version of the plan, which people make by hand",
}
LITERALS = {"LocalTableScanExec", "OneRowRelationExec", "RangeExec"}
PAIRING = {"CartesianProductExec", "BroadcastNestedLoopJoinExec"}
PYTHON = {"BatchEvalPythonExec", "ArrowEvalPythonExec", "MapInPandasExec", "FlatMapGroupsInPandasExec"}

Keys = Mapping[str, set[frozenset[str]]]
"""Sets of columns that are tested unique, by table."""


@dataclass(frozen=True)
class Node:
    """An operator of a plan: its kind, what tells it apart, its inputs, and subqueries in its expressions."""

    kind: str
    table: str | None
    has_partition_key: bool
    is_one_row: bool
    is_one_partition: bool
    fixed_columns: frozenset[str]
    inputs: tuple[Node, ...]
    subqueries: tuple[Node, ...]

    @classmethod
    def of(cls, written: dict[str, Any]) -> Node:
        return cls(
            written["kind"],
            written["table"],
            written["has_partition_key"],
            written["is_one_row"],
            written["is_one_partition"],
            frozenset(written["fixed_columns"]),
            tuple(cls.of(one) for one in written["inputs"]),
            tuple(cls.of(one) for one in written["subqueries"]),
        )

    def nodes(self) -> list[Node]:
        return [self, *(node for one in (*self.inputs, *self.subqueries) for node in one.nodes())]

    def is_bounded(self, bounded: frozenset[str], keys: Keys) -> bool:
        """Whether the size of what comes out does not grow with the company."""
        if self.is_one_row or self._names_one_row(keys):
            return True
        if not self.inputs:
            return self.kind in LITERALS or self.table in bounded
        return all(one.is_bounded(bounded, keys) for one in self.inputs)

    def _names_one_row(self, keys: Keys) -> bool:
        """Whether a filter right over a table fixes all columns of a key of that table."""
        if not self.fixed_columns:
            return False
        table = self.inputs[0].table
        return table is not None and any(key <= self.fixed_columns for key in keys.get(table, ()))


@dataclass(frozen=True)
class Plans:
    """The plan of every model, tables that are bounded by them, and keys."""

    by_model: dict[str, Node]
    bounded: frozenset[str]
    keys: Keys

    def faults(self, plan: Node) -> list[str]:
        """What of a plan would not scale, in words."""
        found = []
        for node in plan.nodes():
            are_bounded = [one.is_bounded(self.bounded, self.keys) for one in node.inputs]
            if node.kind in PAIRING and not any(are_bounded):
                found.append(f"{node.kind} of {tables(node.inputs[0])} and {tables(node.inputs[1])}")
            if node.kind == "WindowExec" and not node.has_partition_key and not all(are_bounded):
                found.append(f"a window without a partition key over {tables(node)}")
            if node.is_one_partition and not all(are_bounded) and not _is_gathered_by_window(plan, node):
                found.append(f"a single partition of {tables(node)}")
            if node.kind in PYTHON:
                found.append(f"{node.kind} over {tables(node)}")
        return found


def _is_gathered_by_window(plan: Node, exchange: Node) -> bool:
    """Whether a window without a partition key asks for the exchange: it is told as that window."""
    windows = [node for node in plan.nodes() if node.kind == "WindowExec" and not node.has_partition_key]
    below = [one for window in windows for one in window.inputs]
    return any(exchange is one or exchange in (one.inputs if one.kind == "SortExec" else ()) for one in below)


def tables(node: Node) -> str:
    return ", ".join(sorted({one.table for one in node.nodes() if one.table is not None}))


def keys_of(nodes: Mapping[str, Any]) -> dict[str, set[frozenset[str]]]:
    """Columns that a data test holds unique, one or several together, by relation."""
    keys: dict[str, set[frozenset[str]]] = {}
    for test in nodes.values():
        name = (test.get("test_metadata") or {}).get("name")
        if name in ("unique", "unique_rows") and test.get("attached_node") in nodes:
            arguments = test["test_metadata"]["kwargs"]
            columns = [test["column_name"]] if name == "unique" else arguments["columns"]
            keys.setdefault(relation_of(nodes[test["attached_node"]]), set()).add(frozenset(columns))
    return keys


def relation_of(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node['alias']}"


def bounded_tables(plans: Mapping[str, Node], given: frozenset[str], keys: Keys) -> frozenset[str]:
    """The given tables and all that are made of bounded ones alone; `plans` are by relation."""
    bounded = given
    while True:
        more = {relation for relation, plan in plans.items() if plan.is_bounded(bounded, keys)} - bounded
        if not more:
            return bounded
        bounded |= more


@dataclass(frozen=True)
class Explained:
    """What dbt and Spark tell: nodes of the project, plans by the name of a model or of a statement below."""

    nodes: Mapping[str, Any]
    plans: dict[str, Node]

    def judged(self, stated: Iterable[str] = STATED) -> Plans:
        """The models' plans, with what is stated to be bounded."""
        by_kind: dict[str, list[Mapping[str, Any]]] = {"model": [], "seed": []}
        for node in self.nodes.values():
            by_kind.setdefault(node["resource_type"], []).append(node)
        keys = keys_of(self.nodes)
        given = frozenset({*stated, *map(relation_of, by_kind["seed"])})
        by_relation = {relation_of(node): self.plans[node["name"]] for node in by_kind["model"]}
        by_model = {node["name"]: self.plans[node["name"]] for node in by_kind["model"]}
        return Plans(by_model, bounded_tables(by_relation, given, keys), keys)


@pytest.fixture(scope="module")
def spark_plans(spark_build: SparkBuild, tmp_path_factory: pytest.TempPathFactory) -> Explained:
    """Plans of every model and of the statements that are tried below, made by one process."""
    nodes = spark_build.manifest["nodes"]
    compiled = spark_build.project.root / TARGET_PATH / "compiled" / "execution_scorecard" / "models"
    statements = {
        node["name"]: (compiled / Path(node["original_file_path"]).relative_to("models")).read_text()
        for node in nodes.values()
        if node["resource_type"] == "model"
    }
    statements |= {name: statement for name, (statement, _) in WRONG.items()} | RIGHT
    written = spark_build.told_by("spark_plans.py", statements, tmp_path_factory.mktemp("plans"))
    return Explained(nodes, {name: Node.of(plan) for name, plan in written.items()})


@pytest.fixture(scope="module")
def plans(spark_plans: Explained) -> Plans:
    return spark_plans.judged()


def test_no_model_pairs_everything_or_gathers_it_in_one_place(plans: Plans) -> None:
    assert len(plans.by_model) > 100
    found = {name: plans.faults(plan) for name, plan in plans.by_model.items() if plans.faults(plan)}
    assert found == {}


def test_every_model_is_sql(spark_build: SparkBuild) -> None:
    """Python models would gather rows in the driver."""
    nodes = spark_build.manifest["nodes"].values()
    assert {node["language"] for node in nodes if node["resource_type"] == "model"} == {"sql"}


def test_plans_tell_what_they_read(plans: Plans) -> None:
    """The check above sees tables, joins, windows and single partitions, else it would find nothing wrong."""
    nodes = [node for plan in plans.by_model.values() for node in plan.nodes()]
    assert {"SortMergeJoinExec", "WindowExec"} <= {node.kind for node in nodes}
    assert any(node.is_one_partition for node in nodes)
    assert any(node.fixed_columns for node in nodes)
    leaves = {node.kind for node in nodes if not node.inputs and node.table is None}
    assert leaves <= LITERALS
    assert "raw_jira.issues" in tables(plans.by_model["stg_jira__issues"])
    assert "marts.scorecard" in tables(plans.by_model["scorecard_current"])


def test_what_is_bounded_is_read_from_plans(plans: Plans) -> None:
    assert {"intermediate.int_as_of", "marts.dim_dates", "marts.dim_kpis"} <= plans.bounded
    grows_with_a_company = {
        "intermediate.int_issues",
        "intermediate.int_teams",
        "intermediate.int_people",
        "marts.stat_predictability_methods",
        "marts.scorecard",
    }
    assert plans.bounded.isdisjoint(grows_with_a_company)


WRONG = {
    "cross_join": (
        "select l.issue_id from intermediate.int_issues as l cross join intermediate.int_commits as r",
        ["CartesianProductExec of intermediate.int_issues and intermediate.int_commits"],
    ),
    "join_without_equality": (
        "select l.issue_id from intermediate.int_issues as l "
        "left join intermediate.int_commits as r on r.committed_at < l.created_at",
        ["BroadcastNestedLoopJoinExec of intermediate.int_issues and intermediate.int_commits"],
    ),
    "window_without_key": (
        "select row_number() over (order by issue_id) as n from intermediate.int_issues",
        ["a window without a partition key over intermediate.int_issues"],
    ),
    "limit": (
        "select count(*) as n from (select issue_id from intermediate.int_issues limit 1000) as i",
        ["a single partition of intermediate.int_issues"],
    ),
    "every_team": (
        "select i.issue_id from intermediate.int_issues as i cross join intermediate.int_teams as t",
        ["CartesianProductExec of intermediate.int_issues and intermediate.int_teams"],
    ),
    "part_of_a_key": (
        "select i.issue_id from intermediate.int_issues as i cross join "
        "(select * from marts.stat_predictability_methods where scope_type = 'team') as m",
        ["CartesianProductExec of intermediate.int_issues and marts.stat_predictability_methods"],
    ),
}
RIGHT = {
    "a_row": "select i.issue_id, a.as_of from intermediate.int_issues as i "
    "cross join intermediate.int_as_of as a",
    "a_sum": "select i.issue_id, s.n from intermediate.int_issues as i "
    "cross join (select count(*) as n from intermediate.int_commits) as s",
    "a_constant_key": "select i.issue_id, s.n from intermediate.int_issues as i left join "
    "(select 'jira' as tool, count(*) as n from intermediate.int_commits group by 1) as s "
    "on substring(i.issue_id, 1, 4) = s.tool",
    "a_key": "select i.issue_id, m.is_service_level from intermediate.int_issues as i cross join "
    "(select * from marts.stat_predictability_methods where scope_type = 'team' and scope_id = 'a') as m",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_would_not_scale_is_found(spark_plans: Explained, plans: Plans, name: str) -> None:
    assert plans.faults(spark_plans.plans[name]) == WRONG[name][1]


@pytest.mark.parametrize("name", RIGHT)
def test_a_pairing_with_one_row_is_none(spark_plans: Explained, plans: Plans, name: str) -> None:
    assert plans.faults(spark_plans.plans[name]) == []


@pytest.mark.parametrize("table", STATED)
def test_what_is_stated_is_needed(spark_plans: Explained, table: str) -> None:
    plans = spark_plans.judged(set(STATED) - {table})
    assert table not in plans.bounded
    assert any(plans.faults(plan) for plan in plans.by_model.values())
