"""Spark's files hold what DuckDB holds: the same rows, the same books, the same rejects."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lander import Lander, issue
from scorecard.landing import BadInput
from scorecard.landing import spark as spark_landing
from scorecard.landing.spark import SparkWarehouse
from scorecard.landing.warehouse import DuckDBWarehouse
from scorecard.targets import Target, TargetError, resolve_target
from test_landing_git import Repo
from test_landing_postgres import TABLES, land_all

Write = Callable[[str, Any], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spark"


@pytest.fixture
def spark(folder: Path) -> Iterator[Lander]:
    warehouse = opened(folder)
    yield Lander(warehouse)
    warehouse.close()


def opened(folder: Path) -> SparkWarehouse:
    return SparkWarehouse.open_folder(Target("spark", "spark", path=folder))


def listed(folder: Path) -> dict[str, Path]:
    """What Spark would read: the folder of each table."""
    lines = (folder / "landed" / "tables" / "tables.json").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return {row["table_name"]: folder / "landed" / row["folder"] for row in rows}


def rows_on_disk(folder: Path, table: str, columns: str, order: str) -> list[tuple[Any, ...]]:
    files = f"read_parquet('{listed(folder)[table]}/*.parquet', union_by_name = true)"
    return duckdb.sql(f"select {columns} from {files} order by {order}").fetchall()


def test_spark_holds_what_duckdb_holds(spark: Lander, folder: Path, write: Write) -> None:
    other = Lander(DuckDBWarehouse(duckdb.connect(config={"threads": 1})))
    for lander in (spark, other):
        land_all(lander, write)
        lander.check_books()
    anew = opened(folder)
    for table, order in TABLES.items():
        wanted = other.query(f"select * from {table} order by {order}")
        assert spark.query(f"select * from {table} order by {order}") == wanted, table
        assert anew.query(f"select * from {table} order by {order}") == wanted, table
    anew.close()
    assert [row[0] for row in rows_on_disk(folder, "raw_github.issues", "title", "id")] == [
        "newer",
        'a "q", \\ and\nline',
        "Issue 3",
        "Issue 5",
    ]


def test_instants_of_the_books_say_that_they_are_utc(spark: Lander, folder: Path, write: Write) -> None:
    spark.one("github", write("issues.ndjson", [issue(1)]))
    types = dict(rows_on_disk(folder, "raw_meta.loads", "'landed_at', typeof(landed_at)", "1"))
    assert types == {"landed_at": "TIMESTAMP WITH TIME ZONE"}


def test_landing_twice_and_a_failure_leave_the_files_as_they_were(
    spark: Lander, folder: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("issues.ndjson", [issue(1)])
    spark.one("github", path)
    before = listed(folder)
    assert spark.one("github", path).was_there
    with monkeypatch.context() as patch:
        patch.setattr(
            "scorecard.landing.land.write_load", lambda *_: (_ for _ in ()).throw(OSError("disk full"))
        )
        with pytest.raises(OSError, match="disk full"):
            spark.one("github", write("issues-2.ndjson", [issue(2)]))
    with monkeypatch.context() as patch:
        patch.setattr(SparkWarehouse, "_replace_list", lambda _: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            spark.one("github", write("issues-3.ndjson", [issue(3)]))
    assert listed(folder) == before
    assert {path.name for path in before["raw_github.issues"].parent.iterdir()} == {"00000001"}
    assert spark.query("select id from raw_github.issues") == [(1,)]
    assert spark.one("github", write("issues-4.ndjson", [issue(4)])).load is not None
    assert rows_on_disk(folder, "raw_github.issues", "id", "1") == [(1,), (4,)]
    spark.check_books()


def test_a_landing_that_is_killed_was_never_there(folder: Path, write: Write) -> None:
    """Killed when all its files are written and the list is not yet replaced, the last moment that counts."""
    first, second = (
        write("issues-1.ndjson", [issue(1)]),
        write("issues-2.ndjson", [issue(1, title="new"), issue(2)]),
    )
    written = folder.parent / "written"
    lander = Lander(opened(folder))
    lander.one("github", first)
    lander.warehouse.close()
    before = listed(folder)
    script = f"""
        import time
        from pathlib import Path
        from scorecard.landing import Landing, Options
        from scorecard.landing.spark import SparkWarehouse
        from scorecard.targets import Target

        def wait(self):
            Path({str(written)!r}).touch()
            time.sleep(600)

        SparkWarehouse._replace_list = wait
        warehouse = SparkWarehouse.open_folder(Target("spark", "spark", path=Path({str(folder)!r})))
        list(Landing(warehouse).land("github", [Path({str(second)!r})], Options()))
    """
    killed = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)])
    deadline = time.monotonic() + 120
    while not written.exists() and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert written.exists()
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert len(list((folder / "landed" / "raw_github.issues").iterdir())) == 2
    assert listed(folder) == before
    lander = Lander(opened(folder))
    assert lander.query("select id, title from raw_github.issues") == [(1, "Issue 1")]
    outcome = lander.one("github", second)
    assert outcome.load is not None and (outcome.load.rows_new, outcome.load.rows_updated) == (1, 1)
    assert rows_on_disk(folder, "raw_github.issues", "id, title", "1") == [(1, "new"), (2, "Issue 2")]
    lander.check_books()
    lander.warehouse.close()


def test_parts_that_lose_no_row_stay_and_many_become_one(
    spark: Lander, folder: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_landing, "MOST_PARTS", 4)
    for number in range(1, 4):
        spark.one("github", write(f"issues-{number}.ndjson", [issue(number)]))
    parts = {path.name: path.stat().st_ino for path in listed(folder)["raw_github.issues"].iterdir()}
    newer = issue(2, title="newer", updated_at="2026-02-01T00:00:00Z")
    spark.one("github", write("issues-4.ndjson", [newer]))
    after = {path.name: path.stat().st_ino for path in listed(folder)["raw_github.issues"].iterdir()}
    assert len(parts) == 3 and len(after) == 3
    assert len(set(parts.items()) & set(after.items())) == 2
    for number in range(5, 7):
        spark.one("github", write(f"issues-{number}.ndjson", [issue(number)]))
    assert len(list(listed(folder)["raw_github.issues"].iterdir())) == 1
    wanted = [(1, "Issue 1"), (2, "newer"), (3, "Issue 3"), (5, "Issue 5"), (6, "Issue 6")]
    assert rows_on_disk(folder, "raw_github.issues", "id, title", "1") == wanted


def test_a_replaced_generation_is_kept_for_a_day(
    spark: Lander, folder: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build that began before a landing still reads what it began with."""
    spark.one("github", write("issues-1.ndjson", [issue(1)]))
    began_with = listed(folder)["raw_github.issues"]
    os.utime(began_with, (0, 0))
    spark.one("github", write("issues-2.ndjson", [issue(2)]))
    assert began_with.is_dir() and listed(folder)["raw_github.issues"] != began_with
    later = time.time() + spark_landing.KEPT_SECONDS + 60
    monkeypatch.setattr(spark_landing.time, "time", lambda: later)
    spark.one("github", write("issues-3.ndjson", [issue(3)]))
    assert not began_with.exists()
    assert rows_on_disk(folder, "raw_github.issues", "id", "1") == [(1,), (2,), (3,)]


def test_two_processes_take_turns(spark: Lander, folder: Path, write: Write) -> None:
    """Each sees what the other landed, and no number is given out twice."""
    other = Lander(opened(folder))
    spark.one("github", write("issues-1.ndjson", [issue(1)]))
    other.one("github", write("issues-2.ndjson", [issue(2)]))
    spark.one("github", write("issues-3.ndjson", [issue(3)]))
    assert rows_on_disk(folder, "raw_github.issues", "id, _load_id", "1") == [(1, 1), (2, 2), (3, 3)]
    spark.check_books()
    other.warehouse.close()


def test_git_lands_in_files(spark: Lander, folder: Path, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "acme+shop")
    repo.commit("first", a="1")
    repo.commit("second", a="2", b="1")
    spark.land("git", repo.path)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.commit("instead", c="3")
    spark.land("git", repo.path)
    found = spark.query(
        "select message, path, first_parent_position from raw_git.commit_files "
        "inner join raw_git.commits using (repository, sha) order by first_parent_position, path"
    )
    assert found == [("first", "a", 1), ("instead", "c", 2)]
    assert [
        row[0] for row in rows_on_disk(folder, "raw_git.commits", "message", "first_parent_position")
    ] == [
        "first",
        "instead",
    ]


def test_a_folder_that_cannot_be_used_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"cannot be used as a warehouse .*SCORECARD_SPARK_FOLDER"):
        opened(tmp_path / "file")
    (tmp_path / "landed" / "tables").mkdir(parents=True)
    (tmp_path / "landed" / "tables" / "tables.json").write_text("<html>")
    with pytest.raises(BadInput, match="cannot be used as a warehouse"):
        opened(tmp_path)
    monkeypatch.setenv("SCORECARD_SPARK_FOLDER", "s3a://bucket/scorecard")
    with pytest.raises(TargetError, match=r"s3a://bucket/scorecard: landing writes to folders\. Mount it"):
        resolve_target("spark")
