"""Versions as files: what they hold, that readers never notice a swap, which stay and which go."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from click.testing import CliRunner, Result
from project_copy import ROOT, Build
from scorecard import reading
from scorecard.reading import ReadingError
from scorecard.refresh import command, lock
from scorecard.refresh.duckdb_versions import STORAGE_VERSION, DuckDBVersions
from scorecard.refresh.identity import began_at
from scorecard.refresh.journal import Journal
from scorecard.refresh.marts import published_tables
from scorecard.refresh.outcomes import RefreshError
from scorecard.refresh.telling import TextTeller
from scorecard.refresh.versions import to_remove
from scorecard.targets import Target
from tiny import RUNS, TABLES, Company, let_go_while_asked_to_end, rows, write_marts

SWAPS = 50

READER = """
import json, os, sys
from pathlib import Path
import duckdb

current, stop, kind = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
query = "select s.run_id, d.run_id from marts.scorecard as s inner join marts.dim_kpis as d on s.kpi = d.kpi"
reads, mixed, errors, seen = 0, 0, [], set()
kept = duckdb.connect(current, read_only=True) if kind == "pooled" else None
print("ready", flush=True)
while True:
    last = stop.exists()
    try:
        if kind == "watching":
            # Nothing but whether there is a version, as often as can be.
            for _ in range(1000):
                os.stat(current)
            reads += 1000
            if not last:
                continue
            break
        connection = kept or duckdb.connect(current, read_only=True)
        # Two statements and a join: all of one version.
        found = {run for pair in connection.execute(query).fetchall() for run in pair}
        found |= {run for (run,) in connection.execute("select run_id from marts.dim_kpis").fetchall()}
        if kept is None:
            connection.close()
        reads += 1
        mixed += len(found) != 1
        seen |= found
    except Exception as error:
        errors.append(repr(error))
    if last:
        break
print(json.dumps({"reads": reads, "mixed": mixed, "errors": errors, "seen": sorted(seen)}))
"""


@pytest.fixture
def published(company: Company) -> Company:
    """The company with marts that were built and published once."""
    write_marts(company.path)
    company.versions.publish(RUNS[0], began_at(RUNS[0]))
    return company


def described(path: Path, run_id: bool = False) -> dict[str, Any]:
    """Tables of the marts: comments, columns, keys."""
    left_out = "" if run_id else "and column_name <> 'run_id'"
    return {
        "tables": rows(
            path, "select table_name, comment from duckdb_tables() where schema_name = 'marts' order by 1"
        ),
        "columns": rows(
            path,
            "select table_name, column_name, data_type, is_nullable, comment from duckdb_columns() "
            f"where schema_name = 'marts' {left_out} order by table_name, column_index",
        ),
        "keys": rows(
            path,
            "select table_name, constraint_column_names from duckdb_constraints() "
            "where schema_name = 'marts' and constraint_type = 'PRIMARY KEY' order by 1",
        ),
    }


def test_a_version_holds_the_published_marts_alone_each_with_its_run(published: Company) -> None:
    everything = rows(published.current, "select schema_name, table_name from duckdb_tables() order by all")
    assert everything == [("marts", "dim_kpis"), ("marts", "scorecard")]
    for table in TABLES:
        assert rows(published.current, f"select distinct run_id from marts.{table}") == [(RUNS[0],)]
        ((nullable, comment),) = rows(
            published.current,
            "select is_nullable, comment from duckdb_columns() "
            f"where table_name = '{table}' and column_name = 'run_id'",
        )
        assert not nullable and "published this version" in comment
    before, after = described(published.path), described(published.current)
    assert after["keys"] == before["keys"] != []
    assert after["columns"] == [row for row in before["columns"] if row[0] in TABLES]
    assert after["tables"] == [row for row in before["tables"] if row[0] in TABLES]
    assert ("scorecard", "Every number; one row's key is its id.") in after["tables"]


def test_a_version_can_be_read_by_older_releases_and_changed_by_nobody(published: Company) -> None:
    path = published.versions.path(RUNS[0])
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as version (read_only)")
        ((tags,),) = connection.execute(
            "select tags from duckdb_databases() where database_name = 'version'"
        ).fetchall()
    assert tags["storage_version"].startswith(STORAGE_VERSION)
    assert path.stat().st_mode & 0o777 == 0o444
    # A link to a name, not to a path: the folder can be moved.
    assert os.readlink(published.current) == path.name
    assert not list(published.current.parent.glob("*.wal"))


def test_the_real_marts_are_published_as_they_were_built(company_build: Build, tmp_path: Path) -> None:
    tables = published_tables(ROOT)
    path = tmp_path / "own.duckdb"
    os.link(company_build.warehouse, path)
    versions = DuckDBVersions(Target("duckdb", "duckdb", path=path), tables)
    told = versions.publish(RUNS[0], began_at(RUNS[0]))
    version = versions.path(RUNS[0])
    before, after = described(path), described(version)
    for kind in before:
        assert after[kind] == [row for row in before[kind] if row[0] in tables]
    assert len(after["keys"]) == len(tables) > 20
    assert all(row[-1] for row in after["columns"])
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as built (read_only)")
        connection.execute(f"attach '{version}' as published (read_only)")
        counted = 0
        for table in tables:
            ((different, count),) = connection.execute(
                f"select (select count(*) from (select * exclude (run_id) from published.marts.{table} "
                f"except all select * from built.marts.{table})), "
                f"(select count(*) from built.marts.{table})"
            ).fetchall()
            assert different == 0, table
            counted += count
    assert told.rows == counted == versions.count_rows(versions.version(RUNS[0]))


READ_ALL = """
import sys, duckdb
assert duckdb.__version__.startswith("1.1."), duckdb.__version__
connection = duckdb.connect(sys.argv[1], read_only=True)
tables = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
print(len(tables), sum(len(connection.execute(f"from marts.{name}").fetchall()) for name in tables))
"""


@pytest.mark.slow
def test_the_oldest_driver_that_is_promised_reads_every_row(company_build: Build, tmp_path: Path) -> None:
    python = ROOT / ".venv-old-driver" / "bin" / "python"
    assert python.exists(), "make test-all makes .venv-old-driver first"
    path = tmp_path / "own.duckdb"
    os.link(company_build.warehouse, path)
    tables = published_tables(ROOT)
    versions = DuckDBVersions(Target("duckdb", "duckdb", path=path), tables)
    told = versions.publish(RUNS[0], began_at(RUNS[0]))
    read = subprocess.run(
        [python, "-c", READ_ALL, versions.path(RUNS[0])], capture_output=True, text=True, check=False
    )
    assert read.stdout == f"{len(tables)} {told.rows}\n", read.stderr


@pytest.mark.parametrize("kind", ["fresh", "pooled", "watching"])
def test_readers_notice_no_swap(published: Company, kind: str) -> None:
    stop = published.folder / "stop"
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(published.current), str(stop), kind],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None and reader.stdout.readline() == "ready\n"
    versions = published.versions
    for number in range(SWAPS):
        run_id = f"20260801t0900{number:02}z_0001"
        versions.publish(run_id, began_at(run_id))
        versions.prune(3)
    stop.touch()
    told = json.loads(reader.communicate()[0])
    assert told["errors"] == []
    assert told["mixed"] == 0
    assert told["reads"] > SWAPS
    if kind == "pooled":
        # Whoever keeps a connection keeps their version, though its file is gone.
        assert told["seen"] == [RUNS[0]]
        assert RUNS[0] not in versions.all()
    elif kind == "fresh":
        assert len(told["seen"]) > 10
        assert told["seen"][-1] == versions.current()


def test_a_failed_copy_leaves_readers_what_they_had(published: Company) -> None:
    with duckdb.connect(str(published.path)) as connection:
        connection.execute("drop table marts.scorecard")
    with pytest.raises(RefreshError, match=r"lacks the table marts\.scorecard"):
        published.versions.publish(RUNS[1], began_at(RUNS[1]))
    assert published.versions.current() == RUNS[0]
    assert published.versions.all() == [RUNS[0]]
    write_marts(published.path)
    published.versions.publish(RUNS[2], began_at(RUNS[2]))
    # What the failed copy left is gone.
    assert sorted(path.name for path in published.current.parent.iterdir()) == [
        "current.duckdb",
        f"scorecard-{RUNS[0]}.duckdb",
        f"scorecard-{RUNS[2]}.duckdb",
    ]


def test_a_fingerprint_is_of_what_the_marts_hold_and_of_nothing_else(company: Company) -> None:
    def fingerprint(*changes: str) -> str | None:
        with duckdb.connect(str(company.path)) as connection:
            for change in changes:
                connection.execute(change)
        return company.versions.fingerprint(RUNS[0])

    write_marts(company.path)
    built = fingerprint()
    # The same rows, built again in another order, beside tables that are not published.
    write_marts(company.path)
    assert built == fingerprint(
        "create table kept as from marts.dim_kpis",
        "delete from marts.dim_kpis",
        "insert into marts.dim_kpis from kept order by kpi desc",
        "insert into marts.stat_private values ('lead_time')",
    )
    for change in (
        "update marts.dim_kpis set name = 'Other' where kpi = 'lead_time'",
        "alter table marts.dim_kpis rename name to title",
        "alter table marts.scorecard drop column n",
        "insert into marts.dim_kpis values ('new', null), ('newer', null)",
        "drop table marts.dim_kpis",
    ):
        changed = fingerprint(change)
        assert changed not in (built, None), change
        built = changed


def test_a_file_in_the_links_place_is_not_overwritten(company: Company) -> None:
    write_marts(company.path)
    company.current.parent.mkdir()
    company.current.write_text("mine")
    with pytest.raises(RefreshError, match="move it away"):
        company.versions.publish(RUNS[0], began_at(RUNS[0]))
    assert company.current.read_text() == "mine"


@pytest.mark.parametrize(
    ("kept", "current", "keep", "removed"),
    [
        ("abc", "c", 3, ""),
        ("abcd", "d", 3, "a"),
        ("abcd", "a", 3, "b"),
        ("abcd", "b", 1, "acd"),
        ("abcd", "d", 1, "abc"),
        ("abcd", None, 2, "ab"),
        ("", None, 7, ""),
    ],
)
def test_the_oldest_go_and_the_current_one_never(
    kept: str, current: str | None, keep: int, removed: str
) -> None:
    assert to_remove(list(kept), current, keep) == list(removed)


# Rollback ---------------------------------------------------------------------------------------------------


@pytest.fixture
def rollback(company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The command, on a company with three versions whose values are 1, 2 and 3."""
    monkeypatch.setenv("SCORECARD_WAREHOUSE", str(company.path))
    monkeypatch.setenv("SCORECARD_TARGET", "duckdb")
    monkeypatch.setattr(command, "published_tables", lambda root: TABLES)
    for number in (1, 2, 3):
        write_marts(company.path, number)
        company.versions.publish(RUNS[number], began_at(RUNS[number]))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(command.rollback_command, arguments)

    yield run


def test_rollback_goes_to_the_version_before_or_to_the_one_named(company: Company, rollback: Any) -> None:
    done = rollback()
    assert done.exit_code == 0, done.output
    assert f"{RUNS[2]} is current again, as of 2026-06-01 00:00 UTC; before it was {RUNS[3]}" in done.output
    assert company.published_value() == 2
    assert rollback(RUNS[3]).exit_code == 0
    assert company.published_value() == 3
    assert "nothing changed" in rollback(RUNS[3]).output
    assert rollback(RUNS[1]).exit_code == 0
    assert company.published_value() == 1
    none = rollback()
    assert (none.exit_code, company.published_value()) == (4, 1)
    assert "no version before" in none.stderr
    unknown = rollback("20200101t000000z_0000")
    assert unknown.exit_code == 4 and RUNS[3] in unknown.stderr
    assert company.books("run_id, step, status, message", "run_steps") == [
        (RUNS[1], "rollback", "done", f"instead of {RUNS[3]}"),
        (RUNS[2], "rollback", "done", f"instead of {RUNS[3]}"),
        (RUNS[3], "rollback", "done", f"instead of {RUNS[2]}"),
    ]


def test_the_list_says_which_is_current(company: Company, rollback: Any) -> None:
    rollback(RUNS[2])
    lines = rollback("--list").output.splitlines()
    assert lines == [
        f"{RUNS[3]}  as of 2026-06-01 00:00 UTC",
        f"{RUNS[2]}  as of 2026-06-01 00:00 UTC, current",
        f"{RUNS[1]}  as of 2026-06-01 00:00 UTC",
    ]
    told = json.loads(rollback("--list", "--log-format", "json").output.splitlines()[0])
    assert told["message"] == lines[0]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("kind", ["nonsense", "nothing", "cut", "no scorecard"])
def test_the_list_names_a_version_that_cannot_be_read(
    company: Company, rollback: Any, number: int, kind: str
) -> None:
    path = company.versions.path(RUNS[number])
    path.chmod(0o644)
    if kind == "no scorecard":
        with duckdb.connect(str(path)) as connection:
            connection.execute("drop table marts.scorecard")
    else:
        cut = path.read_bytes()[:6000]
        path.write_bytes({"nonsense": b"no database", "nothing": b"", "cut": cut}[kind])
    done = rollback("--list")
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    lines = done.output.splitlines()
    assert [line.split()[0] for line in lines] == [RUNS[3], RUNS[2], RUNS[1]]
    assert ["current" in line for line in lines] == [True, False, False]
    told = lines.pop(3 - number)
    assert "cannot be read" in told and path.name in told
    assert told.endswith(
        "run scorecard refresh without --resume." if kind == "no scorecard" else "move it away."
    )
    assert ["as of 2026-06-01 00:00 UTC" in line for line in lines] == [True, True]


def test_rollback_needs_no_warehouse(company: Company, rollback: Any) -> None:
    company.path.write_text("no database")
    done = rollback()
    assert done.exit_code == 0, done.output
    assert company.published_value() == 2
    assert "this rollback may be missing in the books" in done.output


@pytest.mark.parametrize(
    ("holder", "name"),
    [(os, "replace"), (DuckDBVersions, "go_back"), (TextTeller, "line"), (Journal, "note_step")],
)
def test_a_rollback_that_is_asked_to_end_after_the_swap_is_done(
    company: Company, rollback: Any, monkeypatch: pytest.MonkeyPatch, holder: Any, name: str
) -> None:
    real = getattr(holder, name)

    def stop(*arguments: Any) -> Any:
        done = real(*arguments)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
        return done

    monkeypatch.setattr(holder, name, stop)
    done = rollback()
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert (
        f"readers have {RUNS[2]}; this rollback may be missing in the books (it was asked to end)"
        in done.output
    )
    assert company.published_value() == 2


def test_a_rollback_that_is_asked_to_end_while_it_lets_the_lock_go_is_done(
    company: Company, rollback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "held", let_go_while_asked_to_end(signal.SIGTERM))
    done = rollback()
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert "it was asked to end when all was done: what was done stands" in done.output
    assert company.published_value() == 2
    assert company.books("run_id, step, status", "run_steps") == [(RUNS[2], "rollback", "done")]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EIO, "Input/output error"),
        duckdb.IOException("No space left on device"),
        psycopg2.OperationalError("could not extend file"),
    ],
)
@pytest.mark.parametrize("place", ["DuckDBVersions.go_back", "complete_books", "Journal.note_step"])
def test_a_rollback_whose_books_cannot_be_written_is_done_and_says_so(
    company: Company, rollback: Any, monkeypatch: pytest.MonkeyPatch, place: str, error: Exception
) -> None:
    holder: Any = {"DuckDBVersions": DuckDBVersions, "Journal": Journal}.get(place.split(".")[0], command)
    real = getattr(holder, place.split(".")[-1])

    def fail(*arguments: Any) -> Any:
        if holder is DuckDBVersions:
            real(*arguments)
        raise error

    monkeypatch.setattr(holder, place.split(".")[-1], fail)
    done = rollback()
    assert done.exit_code == 0, done.output
    assert str(error) in done.output and "the books" in done.output
    assert company.published_value() == 2


def test_a_rollback_that_fails_before_the_swap_changes_nothing(
    company: Company, rollback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "symlink_to", fail)
    done = rollback()
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "no room on the disk" in done.stderr
    assert company.published_value() == 3


def test_wrong_usage_is_exit_code_4(rollback: Any) -> None:
    assert rollback("--what").exit_code == 4
    assert rollback("a", "b").exit_code == 4
    assert rollback("--target", "spark").exit_code == 4
    assert CliRunner().invoke(command.refresh_command, ["--keep", "3"]).exit_code == 4
    assert CliRunner().invoke(command.refresh_command, ["--config", "nowhere.yml"]).exit_code == 4


def test_the_published_version_is_read_where_there_is_one(company: Company) -> None:
    write_marts(company.path)
    with pytest.raises(ReadingError, match="scorecard refresh --target duckdb"):
        reading.published(company.target)
    company.versions.publish(RUNS[0], began_at(RUNS[0]))
    assert reading.published(company.target).path == company.current
    with pytest.raises(ReadingError, match="no published versions"):
        reading.published(Target("spark", "spark", path=company.folder))
