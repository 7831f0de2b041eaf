"""Writes the physical plans of statements as JSON: `spark_plans.py STATEMENTS.json PLANS.json`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

AGGREGATES = {"HashAggregateExec", "ObjectHashAggregateExec", "SortAggregateExec"}
READS_A_TABLE = {"FileSourceScanExec"}


def session(folder: str) -> SparkSession:
    """A session on a built warehouse that broadcasts nothing and writes each part of a plan out."""
    return (
        SparkSession.builder.master("local[1]")
        .config("spark.sql.warehouse.dir", f"{folder}/tables")
        .config("spark.driver.extraJavaOptions", f"-Dderby.system.home={folder}/catalog")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.ansi.enabled", "false")
        .config("spark.sql.autoBroadcastJoinThreshold", "-1")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.exchange.reuse", "false")
        .config("spark.sql.execution.reuseSubquery", "false")
        .enableHiveSupport()
        .getOrCreate()
    )


def items(sequence: Any) -> list[Any]:
    """A Scala sequence as a list."""
    return [sequence.apply(index) for index in range(sequence.size())]


def kind_of(node: Any) -> str:
    """The name of an operator or expression, without what marks a Scala object."""
    name: str = node.getClass().getSimpleName()
    return name.removesuffix("$")


def fixed_columns(condition: Any) -> list[str]:
    """Columns that a condition holds equal to a literal, whatever else it asks."""
    kind = kind_of(condition)
    if kind == "And":
        return fixed_columns(condition.left()) + fixed_columns(condition.right())
    if kind != "EqualTo":
        return []
    sides = {kind_of(side): side for side in (condition.left(), condition.right())}
    if set(sides) != {"AttributeReference", "Literal"}:
        return []
    return [sides["AttributeReference"].name()]


def constant_keys(plan: Any) -> set[int]:
    """Grouping keys, of an aggregate and of those right below it, that no row differs in, by identity."""
    found = set()
    if kind_of(plan) in AGGREGATES:
        for key in items(plan.groupingExpressions()):
            if kind_of(key) == "Alias" and key.child().foldable():
                found.add(key.exprId().id())
    children = items(plan.children())
    return found | constant_keys(children[0]) if len(children) == 1 else found


def is_one_row(plan: Any) -> bool:
    """Whether an aggregate has no key, or none that varies."""
    if kind_of(plan) not in AGGREGATES:
        return False
    keys = {key.exprId().id() for key in items(plan.groupingExpressions())}
    return keys <= constant_keys(plan)


def written(plan: Any) -> dict[str, Any]:
    """An operator of a plan with its inputs, and the plans of scalar subqueries in its expressions."""
    kind = kind_of(plan)
    table = None
    if kind in READS_A_TABLE:
        identifier = plan.tableIdentifier()
        table = (
            identifier.get().unquotedString().removeprefix("spark_catalog.")
            if identifier.isDefined()
            else None
        )
    return {
        "kind": kind,
        "table": table,
        "has_partition_key": kind == "WindowExec" and plan.partitionSpec().size() > 0,
        "is_one_row": is_one_row(plan),
        "is_one_partition": kind == "ShuffleExchangeExec"
        and kind_of(plan.outputPartitioning()) == "SinglePartition",
        "fixed_columns": fixed_columns(plan.condition()) if kind == "FilterExec" else [],
        "inputs": [written(one) for one in items(plan.children())],
        "subqueries": [written(one) for one in items(plan.subqueries())],
    }


def main(statements: Path, plans: Path) -> None:
    spark = session(os.environ["SCORECARD_SPARK_FOLDER"])
    try:
        found = {
            name: written(spark.sql(statement)._jdf.queryExecution().executedPlan())
            for name, statement in json.loads(statements.read_text()).items()
        }
    finally:
        spark.stop()
    plans.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
