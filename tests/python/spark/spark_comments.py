"""Writes what `describe` shows of tables as JSON: `spark_comments.py TABLES.json COMMENTS.json`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from pyspark.sql import SparkSession
from spark_plans import session


def comments(spark: SparkSession, table: str) -> dict[str, str | None]:
    """The comment of every column by its name, and that of the table under an empty name."""
    rows = [tuple(row) for row in spark.sql(f"describe table extended {table}").collect()]
    names = [name for name, _, _ in rows]
    # Columns come first; what is told of partitions and of the table follows under headings.
    end = next(index for index, name in enumerate(names) if not name or name.startswith("#"))
    told = {name: value for name, value, _ in rows[names.index("# Detailed Table Information") :]}
    return {**{name: comment for name, _, comment in rows[:end]}, "": told.get("Comment")}


def main(tables: Path, written: Path) -> None:
    spark = session(os.environ["SCORECARD_SPARK_FOLDER"])
    try:
        found = {table: comments(spark, table) for table in json.loads(tables.read_text())}
    finally:
        spark.stop()
    written.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
