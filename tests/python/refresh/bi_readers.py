"""Ten readers as BI tools are: run in .venv-superset, they read marts through SQLAlchemy until told to stop.

Arguments: the address of the published file and that of the server. They begin at once, say `reading` when
each has read, stop when standard input ends, and write as JSON what each has seen.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy
from sqlalchemy.pool import NullPool

PER_ENGINE = 5
# Between two reads of one tool.
PAUSE_SECONDS = 0.1
# Rows of several tables in one statement, then another table in a second statement of the same connection.
JOINED = (
    "select s.run_id, d.run_id, s.value from marts.scorecard s inner join marts.dim_kpis d on s.kpi = d.kpi"
)
ALONE = "select run_id from marts.dim_kpis"


class Reader(threading.Thread):
    """A tool with connections of its own: `fresh` ones for every query, `recycled` or `kept` in a pool."""

    def __init__(self, kind: str, engine: sqlalchemy.engine.Engine, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.kind = kind
        self.engine = engine
        self.stop = stop
        self.has_read = threading.Event()
        self.seen: list[str] = []
        self.reads = self.mixed = 0
        self.errors: list[str] = []

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.read()
            except Exception as error:
                self.errors.append(f"{type(error).__name__}: {error}"[:300])
            self.has_read.set()
            self.stop.wait(PAUSE_SECONDS)

    def read(self) -> None:
        with self.engine.connect() as connection:
            rows = connection.execute(sqlalchemy.text(JOINED)).fetchall()
            alone = connection.execute(sqlalchemy.text(ALONE)).fetchall()
        runs = {run for left, right, _ in rows for run in (left, right)} | {run for (run,) in alone}
        self.reads += 1
        self.mixed += len(runs) != 1 or len({value for *_, value in rows}) != 1
        for run in sorted(runs - set(self.seen)):
            self.seen.append(run)

    def told(self) -> dict[str, Any]:
        names = ("kind", "reads", "mixed", "seen", "errors")
        return {"engine": self.engine.name, **{name: getattr(self, name) for name in names}}


def readers(file: str, server: str, stop: threading.Event) -> list[Reader]:
    pools: dict[str, Callable[..., sqlalchemy.engine.Engine]] = {
        "fresh": lambda uri, **options: sqlalchemy.create_engine(uri, poolclass=NullPool, **options),
        "recycled": lambda uri, **options: sqlalchemy.create_engine(uri, pool_recycle=1, **options),
        "kept": lambda uri, **options: sqlalchemy.create_engine(uri, **options),
    }
    kinds = ("fresh", "fresh", "recycled", "recycled", "kept")
    assert len(kinds) == PER_ENGINE
    return [
        *(Reader(kind, pools[kind](file, connect_args={"read_only": True}), stop) for kind in kinds),
        *(Reader(kind, pools[kind](server), stop) for kind in kinds),
    ]


def main() -> None:
    stop = threading.Event()
    threads = readers(sys.argv[1], sys.argv[2], stop)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.has_read.wait()
    print("reading", flush=True)
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join(30)
    print(json.dumps([thread.told() for thread in threads]))


if __name__ == "__main__":
    main()
