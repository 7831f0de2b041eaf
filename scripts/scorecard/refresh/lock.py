"""One refresh of a warehouse at a time. The operating system lets go of the lock when its holder dies."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scorecard.refresh.outcomes import AnotherIsRunning, RefreshError
from scorecard.targets import Target, project_root, published_folder

# Of the server's advisory locks; the other half of the key is the database itself.
ADVISORY_KEY = "hashtext('scorecard refresh')"


def lock_path(target: Target) -> Path:
    """The file that is locked: beside the warehouse; for a server in the project's folder of warehouses."""
    if target.path is not None:
        return target.path.with_name(target.path.name + ".refresh.lock")
    digest = hashlib.sha256(target.shown.encode()).hexdigest()[:8]
    return project_root() / "warehouse" / f"{target.name}-{digest}.refresh.lock"


@contextmanager
def held(target: Target) -> Iterator[int]:
    """Hold the warehouse's lock; yields its descriptor, which a child may inherit so that it holds on, too.

    Raises AnotherIsRunning where somebody else holds it, on this machine or, of Postgres, on any; or where
    another warehouse is being published to the same folder.
    """
    with _locked(lock_path(target), target.shown) as descriptor:
        if target.engine == "postgres":
            with _held_on_server(target):
                yield descriptor
        else:
            folder = published_folder(target)
            with _locked(folder / ".refresh.lock", f"what is published to {os.path.relpath(folder)}"):
                yield descriptor


@contextmanager
def _locked(path: Path, shown: str) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            told = f" (process {holder})" if holder.isdigit() else ""
            raise AnotherIsRunning(
                f"Another refresh or rollback of {shown} is running{told}: try again when it has ended."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        # The file stays: who removed it could lock another file of that name than who opened it before.
        os.close(descriptor)


@contextmanager
def _held_on_server(target: Target) -> Iterator[None]:
    import psycopg2

    connection = connect(target, "scorecard refresh (lock)")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"select pg_try_advisory_lock({ADVISORY_KEY})")
            if not cursor.fetchone()[0]:
                raise AnotherIsRunning(
                    f"Another refresh or rollback of {target.shown} is running, perhaps on another machine: "
                    "try again when it has ended."
                )
        yield
    finally:
        # A server hears of a closed connection in its own time, and would refuse who comes before.
        with suppress(psycopg2.Error), connection.cursor() as cursor:
            cursor.execute(f"select pg_advisory_unlock({ADVISORY_KEY})")
        connection.close()


def connect(target: Target, application_name: str) -> Any:
    """A connection to the target's server. Raises RefreshError where it does not answer."""
    import psycopg2

    try:
        keywords: dict[str, Any] = {**target.connection, "connect_timeout": 10}
        return psycopg2.connect(application_name=application_name, **keywords)
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise RefreshError(
            f"{target.shown} cannot be reached ({reason}): check SCORECARD_PG_HOST, SCORECARD_PG_PORT, "
            "SCORECARD_PG_USER, SCORECARD_PG_PASSWORD and SCORECARD_PG_DATABASE."
        ) from error
