"""Writes the physical plans of statements as JSON: `spark_plans.py STATEMENTS.json PLANS.json`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

ONE_ROW_AGGREGATES = {"HashAggregateExec", "ObjectHashAggregateExec", "SortAggregateExec"}


def session(folder: str) -> SparkSession:
    """A session on a built warehouse that broadcasts nothing."""
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
        .enableHiveSupport()
        .getOrCreate()
    )


def items(sequence: Any) -> list[Any]:
    """A Scala sequence as a list."""
    return [sequence.apply(index) for index in range(sequence.size())]


def written(plan: Any) -> dict[str, Any]:
    """An operator of a plan with its inputs."""
    kind = plan.getClass().getSimpleName()
    table = None
    if kind == "FileSourceScanExec":
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
        "is_one_row": kind in ONE_ROW_AGGREGATES and plan.groupingExpressions().size() == 0,
        "inputs": [written(one) for one in items(plan.children())],
    }


def main(statements: Path, plans: Path) -> None:
    spark = session(os.environ["SCORECARD_SPARK_FOLDER"])
    try:
        found = {
            name: written(spark.sql(statement)._jdf.queryExecution().sparkPlan())
            for name, statement in json.loads(statements.read_text()).items()
        }
    finally:
        spark.stop()
    plans.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
