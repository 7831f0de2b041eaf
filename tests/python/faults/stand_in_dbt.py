"""Stands in for dbt: builds four small tables one after the other, says what dbt says, writes what it writes.

The tables tell how many rows were landed, so that each version can be told from the one before.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAUSE_SECONDS = 0.04
ROWS = int(os.environ.get("STAND_IN_ROWS", "20000"))
LANDED = "(select count(*) from raw_planning.teams)"


def tables(schema: str) -> dict[str, str]:
    """Names and statements, the same for both engines."""
    return {
        "dim_kpis": f"create table {schema}.dim_kpis as select 'kpi_' || i as kpi, 'KPI ' || i as name "
        "from generate_series(1, 10) as numbers (i)",
        "fct_rows": f"create table {schema}.fct_rows as select i as row_number, "
        f"'kpi_' || (i % 10 + 1) as kpi, {LANDED} as landed from generate_series(1, {ROWS}) as numbers (i)",
        "stat_private": f"create table {schema}.stat_private as select {LANDED} as landed",
        "scorecard": f"create table {schema}.scorecard as select 's' || i as scorecard_id, "
        "'kpi_' || (i % 10 + 1) as kpi, 'month' as period_grain, "
        "cast('2026-05-01' as date) as period_start_on, "
        f"'team' as scope_type, 't' || i as scope_id, cast({LANDED} as double precision) as value, "
        "cast(10 as bigint) as n, cast(1 as bigint) as definition_version, "
        "cast('2026-06-01' as timestamp) as as_of, 'own' as data_origin "
        "from generate_series(1, 2000) as numbers (i)",
    }


def say(name: str, message: str, **data: Any) -> None:
    info = {"name": name, "msg": message, "level": "info", "ts": "2026-07-04T09:00:00Z"}
    print(json.dumps({"info": info, "data": data}), flush=True)


def connection() -> tuple[Any, Callable[[str], Any]]:
    """The warehouse that the environment names, and how it executes a statement."""
    if os.environ["SCORECARD_TARGET"] == "postgres":
        import psycopg2

        server = psycopg2.connect(
            host=os.environ["SCORECARD_PG_HOST"],
            user=os.environ["SCORECARD_PG_USER"],
            dbname=os.environ["SCORECARD_PG_DATABASE"],
        )
        server.autocommit = True
        return server, server.cursor().execute
    import duckdb

    warehouse = duckdb.connect(os.environ["SCORECARD_WAREHOUSE"], config={"threads": 1})
    return warehouse, warehouse.execute


def build(schema: str, chosen: list[str]) -> None:
    opened, execute = connection()
    execute(f"create schema if not exists {schema}")
    for number, name in enumerate(chosen, start=1):
        execute("begin transaction")
        execute(f"drop table if exists {schema}.{name}")
        execute(tables(schema)[name])
        execute("commit")
        say("LogModelResult", f"{number} of {len(chosen)} built {name}", total=len(chosen))
        time.sleep(PAUSE_SECONDS)
    opened.close()


def main() -> int:
    arguments = sys.argv[1:]
    results = Path(arguments[arguments.index("--target-path") + 1]) / "run_results.json"
    is_build = "build" in arguments
    chosen = list(tables("")) if is_build else ["stat_private"]
    failed: list[dict[str, Any]] = []
    try:
        build(os.environ["SCORECARD_MARTS_SCHEMA"], chosen)
    except Exception as error:
        failed = [
            {"unique_id": "model.execution_scorecard.scorecard", "status": "error", "message": str(error)}
        ]
    test = {"unique_id": "test.execution_scorecard.not_null_scorecard.1", "status": "pass", "failures": 0}
    results.write_text(json.dumps({"results": failed or ([test] if is_build else [])}))
    say("StatsLine", "Done.", stats={"total": len(chosen), "error": len(failed)})
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
