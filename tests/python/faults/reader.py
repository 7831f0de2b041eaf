"""One reader of what is published: asks again and again, and notices whatever does not belong together.

    python reader.py ENGINE ADDRESS KIND TABLES STOP PAUSE

`ADDRESS`: the link to the current file, or the host of the server. `KIND`: `fresh` (a connection a query),
`pooled` (one for fifty), `prepared` (a prepared statement on one that is kept; Postgres). Ends when the file
`STOP` is there, and says what it saw as one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

POOLED = 50


def query_of(tables: list[str]) -> str:
    """Every table's run ids and rows, in one statement."""
    return " union all ".join(
        f"select '{table}', min(run_id), max(run_id), count(*) from marts.{table}" for table in tables
    )


class Reader:
    """Reads, counts and compares."""

    def __init__(self, engine: str, address: str, kind: str, tables: list[str]) -> None:
        self.engine, self.address, self.kind = engine, address, kind
        self.query = query_of(tables)
        self.connection: Any = None
        self.uses = 0
        self.reads, self.mixed = 0, 0
        self.errors: list[dict[str, Any]] = []
        self.opened_at = 0.0
        self.slowest = 0.0
        self.rows_of: dict[str, Any] = {}
        self.seen: list[str] = []

    def read(self) -> None:
        began = time.monotonic()
        try:
            found = self._ask()
        except Exception as error:
            self.errors.append(self._told_of(error))
            self._leave()
            return
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.reads += 1
        runs = {run for _, first, last, _ in found for run in (first, last)}
        counts = sorted((table, rows) for table, _, _, rows in found)
        if len(runs) != 1 or None in runs:
            self.mixed += 1
            return
        (run,) = runs
        # A version is one thing: it never has other rows than it had.
        if self.rows_of.setdefault(run, counts) != counts:
            self.mixed += 1
        if not self.seen or self.seen[-1] != run:
            self.seen.append(run)

    def _ask(self) -> list[tuple[Any, ...]]:
        if self.connection is None:
            # The clock of the machine, the same for every process of it.
            self.opened_at = time.monotonic()
            self.connection, self.uses = self._connect(), 0
        found = self._execute("execute whole" if self.kind == "prepared" else self.query)
        self.uses += 1
        if self.kind == "fresh" or (self.kind == "pooled" and self.uses >= POOLED):
            self._leave()
        return found

    def _connect(self) -> Any:
        if self.engine == "duckdb":
            import duckdb

            return duckdb.connect(self.address, read_only=True, config={"threads": 1})
        import psycopg2

        connection = psycopg2.connect(host=self.address, user="postgres", dbname="postgres")
        connection.autocommit = True
        if self.kind == "prepared":
            connection.cursor().execute(f"prepare whole as {self.query}")
        return connection

    def _execute(self, statement: str) -> list[tuple[Any, ...]]:
        if self.engine == "duckdb":
            return list(self.connection.execute(statement).fetchall())
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def _told_of(self, error: Exception) -> dict[str, Any]:
        """What an error says, when it came, and since when there was, or should have been, a connection."""
        return {
            "message": f"{type(error).__name__}: {error}",
            "is_lost": self.engine == "postgres" and _is_connection_lost(error),
            "since": self.opened_at,
            "at": time.monotonic(),
        }

    def _leave(self) -> None:
        if self.connection is not None:
            connection, self.connection = self.connection, None
            connection.close()

    def told(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "reads": self.reads,
            "mixed": self.mixed,
            "errors": self.errors,
            "error_count": len(self.errors),
            "slowest": round(self.slowest, 3),
            "seen": self.seen,
        }


def _is_connection_lost(error: Exception) -> bool:
    """Whether the server was not there, went down, or did not answer yet: what it said itself has a code."""
    import psycopg2

    code = getattr(error, "pgcode", None) or "57P"
    return isinstance(error, psycopg2.OperationalError) and code.startswith("57P")


def main(engine: str, address: str, kind: str, tables: str, stop: str, pause: str) -> None:
    reader = Reader(engine, address, kind, tables.split(","))
    print("ready", flush=True)
    is_last: Callable[[], bool] = Path(stop).exists
    while True:
        last = is_last()
        reader.read()
        if last:
            break
        time.sleep(float(pause))
    print(json.dumps(reader.told()))


if __name__ == "__main__":
    main(*sys.argv[1:])
