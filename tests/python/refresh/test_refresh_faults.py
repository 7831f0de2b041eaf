"""Refreshes that are disturbed for real, on both engines, while others read.

Each fault ends with its exit code and one sentence; readers in a loop beside it have no error and never rows
of two versions; the next refresh publishes; what is landed is what an undisturbed landing of the same exports
holds, and the books add up. Where the server is killed, its readers may lose their connections while it is
down, and nothing else. Landing, books, locks, publication are the project's own; dbt and
the gate are small stand-ins here. `python -m faults` disturbs the real ones, too.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from faults.checking import Watch, wrong_books, wrong_ending, wrong_reading
from faults.exports import small_exports
from faults.kills import Campaign
from faults.place import KEEP, Ended, Place, Server, kinds_of_readers
from project_copy import Project

KILLS = 6
BESIDE = {"duckdb": 2, "postgres": 3}
READERS = 16
PUBLICATIONS = 4
PAUSE = 0.1

pytestmark = pytest.mark.slow

both_engines = pytest.mark.parametrize("engine", ["duckdb", "postgres"])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def watch_on(
    project: Project, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Watch]]:
    """A warehouse on an engine in which nothing was done yet."""
    made: list[Place] = []

    def make(engine: str) -> Watch:
        server = request.getfixturevalue("server") if engine == "postgres" else None
        made.append(Place(tmp_path / "own", project, small_exports, server))
        return Watch(made[0])

    yield make
    for place in made:
        if place.server is not None:
            place.drop_everything()


def publish(watch: Watch, *options: str, is_new: bool = True, **changed: Any) -> str:
    """A refresh that has to publish; returns its run."""
    if is_new:
        watch.new_exports()
    running, wrong = watch.publish(*options, **changed)
    assert wrong == []
    return str(running.run_id)


@contextmanager
def readers_beside(
    watch: Watch, count: int | None = None, publishes: bool = True
) -> Iterator[list[dict[str, Any]]]:
    """Others read on while the block disturbs refreshes and lets the next one publish; what they saw."""
    place = watch.place
    before = watch.publications
    outages = place.server.outages if place.server else []
    count = count or BESIDE[place.engine]
    with place.readers(kinds_of_readers(place.engine, count), PAUSE) as told:
        yield told
    assert wrong_reading(told, outages) == []
    assert len(told) == count and (watch.publications > before) == publishes
    # They read to the end; a connection that is kept may have a version that is older.
    seen = {reader["seen"][-1] for reader in told if reader["kind"] != "pooled"}
    assert seen == {place.current()}


def assert_one_sentence(ended: Ended, exit_code: int, *parts: str) -> None:
    """It ended with its exit code, no traceback, and a last problem that says what to do."""
    assert wrong_ending(ended, exit_code) == []
    told = " ".join(ended.problems)
    assert ended.problems and "\n" not in ended.problems[-1]
    for part in parts:
        assert part in told, told


# kill -9 ----------------------------------------------------------------------------------------------------


@both_engines
def test_a_refresh_that_is_killed_at_any_moment_harms_nothing(
    watch_on: Callable[[str], Watch], engine: str
) -> None:
    figures = Campaign(watch_on(engine).place, seed=7).run(KILLS, readers=2, pause=PAUSE)
    assert figures.wrong == []
    assert figures.killed == KILLS
    assert sum(reader["reads"] for reader in figures.readers) > 20


# The disk ---------------------------------------------------------------------------------------------------


def limited_to(size: int) -> Callable[[], None]:
    """In a child: no file grows beyond a size, as if the disk were full then."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_disk_that_is_full_changes_nothing_for_readers(watch_on: Callable[[str], Watch]) -> None:
    watch = watch_on("duckdb")
    place = watch.place
    first = publish(watch)
    watch.new_exports()
    size = place.warehouse.stat().st_size
    failed = set()
    with readers_beside(watch):
        for room in (1 << 12, 1 << 17, size - (1 << 18), size, size + (1 << 18), size + (1 << 20)):
            ended = place.refresh(preexec_fn=limited_to(room))
            if ended.exit_code == 0:
                break
            assert_one_sentence(ended, 1)
            assert any(word in ended.said for word in ("no room on the disk", "File too large")), ended.said
            assert place.current() == first
            failed |= {
                event["step"] for event in ended.events if event.get("status") == "failed" and "step" in event
            }
            failed |= set() if ended.events[0]["event"] == "begin" else {"start"}
        assert len(failed) > 1, failed
        publish(watch, is_new=False)


def test_a_full_disk_of_the_server_changes_nothing_for_readers(watch_on: Callable[[str], Watch]) -> None:
    watch = watch_on("postgres")
    place = watch.place
    assert place.server is not None
    first = publish(watch)
    watch.new_exports()
    outages = list(place.server.outages)
    # Its log of changes comes in files of 16 MiB; the table that is built takes more.
    with place.server.no_file_beyond(1 << 24), readers_beside(watch, publishes=False):
        ended = place.refresh(env={"STAND_IN_ROWS": "500000"})
        assert_one_sentence(ended, 1, "could not extend file", "--resume")
        assert place.current() == first
    with readers_beside(watch):
        assert publish(watch, "--resume", is_new=False) > first
    # None of their errors was forgiven.
    assert place.server.outages == outages


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    """Nothing can be made or removed in a folder; for root, who may do everything, by an attribute of it."""
    if os.geteuid() == 0:
        done = subprocess.run(["chattr", "+i", str(folder)], capture_output=True)
        if done.returncode != 0:
            pytest.skip("root can close no folder on this file system")
        try:
            yield
        finally:
            subprocess.run(["chattr", "-i", str(folder)], check=True)
        return
    before = folder.stat().st_mode
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(before)


@pytest.mark.parametrize(
    ("engine", "name"),
    [("duckdb", "published"), ("duckdb", "warehouse"), ("duckdb", "logs"), ("postgres", "logs")],
)
def test_a_folder_that_cannot_be_written_to_is_said(
    watch_on: Callable[[str], Watch], engine: str, name: str
) -> None:
    watch = watch_on(engine)
    place = watch.place
    first = publish(watch)
    watch.new_exports()
    folders = {
        "published": place.published,
        "warehouse": place.warehouse.parent,
        "logs": place.project.root / "logs" / "refresh",
    }
    with readers_beside(watch):
        with closed(folders[name]):
            ended = place.refresh()
        assert_one_sentence(
            ended, 1, "may not write to", "Operation not permitted" if os.geteuid() == 0 else "denied"
        )
        assert place.current() == first
        publish(watch, is_new=False)


def test_a_warehouse_that_never_could_be_made_is_said(watch_on: Callable[[str], Watch]) -> None:
    """Nobody can read yet."""
    watch = watch_on("duckdb")
    watch.new_exports()
    watch.place.warehouse.parent.mkdir()
    with closed(watch.place.warehouse.parent):
        assert_one_sentence(watch.place.refresh(), 1, "may not write to")
    publish(watch, is_new=False)


# The server -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["land", "build", "check", "publish"])
def test_a_server_that_is_killed_loses_nothing(watch_on: Callable[[str], Watch], step: str) -> None:
    """Its readers may notice that they lost the connection while it was down, and nothing else."""
    watch = watch_on("postgres")
    place = watch.place
    assert place.server is not None
    first = publish(watch)
    watch.new_exports()
    with readers_beside(watch) as told:
        running = place.start()
        running.wait_for(step)
        time.sleep(0.05)
        place.server.kill()
        ended = running.ended()
        place.server.start()
        has_published = place.current() == running.run_id
        if ended.exit_code != 0 or not has_published:
            assert_one_sentence(ended, 1)
        if has_published:
            # Whether or not it heard of that.
            publish(watch)
        else:
            assert place.current() == first
            # A run that did not reach the books is none to resume.
            publish(watch, *(["--resume"] if "--resume" in ended.said else []), is_new=False)
    assert all(reader["error_count"] for reader in told)
    # What is forgiven is of the time when it was down: without it, the same errors are wrong.
    assert len(wrong_reading(told)) == len(told)


# Exports ----------------------------------------------------------------------------------------------------

GOOD = b"".join(
    json.dumps(
        {"id": number, "number": number, "title": f"Issue {number}", "created_at": "2026-01-01T00:00:00Z"}
    ).encode()
    + b"\n"
    for number in range(2000)
)
PAGE = b"[" + GOOD.replace(b"\n", b",\n").removesuffix(b",\n") + b"]"
TEAMS = b"team_id,name\nt1,One\n"
# A name, what is broken, and what it should have been; None: nobody knows, and it is taken out.
BROKEN: dict[str, tuple[str, bytes, bytes | None]] = {
    "a cut archive": ("issues.ndjson.gz", gzip.compress(GOOD)[:-2000], gzip.compress(GOOD)),
    "an archive of nonsense": ("issues.ndjson.gz", b"\x1f\x8b" + bytes(range(256)) * 20, None),
    "binary": ("issues.json", os.urandom(5000), None),
    "a cut page": ("issues.json", PAGE[:-100], PAGE),
    "an error page": ("teams.csv", b"<!doctype html><title>503</title>", TEAMS),
    "nothing but zeros": ("teams.csv", bytes(4096), None),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_export_that_is_broken_is_named(watch_on: Callable[[str], Watch], kind: str) -> None:
    watch = watch_on("duckdb")
    place = watch.place
    first = publish(watch)
    watch.new_exports()
    name, content, right = BROKEN[kind]
    broken = place.folder / name
    broken.write_bytes(content)
    path = place.folder / "refresh.yml"
    good = json.loads(path.read_text())
    tool = "planning" if name == "teams.csv" else "github"
    path.write_text(json.dumps({**good, "land": [*good["land"], {"tool": tool, "path": str(broken)}]}))
    with readers_beside(watch):
        ended = place.refresh()
        assert_one_sentence(ended, 1, name, "--resume")
        assert place.current() == first
        # What was right was landed; the same run goes on once the broken one is corrected or taken out.
        assert place.query("select count(*) from raw_planning.people where name like '%since 1'")[0][0] > 0
        if right is None:
            path.write_text(json.dumps(good))
        else:
            broken.write_bytes(right)
            watch.land_undisturbed()
        publish(watch, "--resume", is_new=False)
    landed = place.query("select count(*) from raw_meta.loads where rows_landed in (1, 2000)")
    assert landed == [(int(right is not None),)]


# The clock --------------------------------------------------------------------------------------------------


@both_engines
def test_a_clock_that_jumps_back_disturbs_no_order(watch_on: Callable[[str], Watch], engine: str) -> None:
    watch = watch_on(engine)
    place = watch.place
    clock = place.folder / "clock"
    environment = {"FAULTS_CLOCK": str(clock)}
    # An hour ahead, right again, a day back, right again: versions and books go on in the order of the runs.
    clock.write_text("3600")
    runs = [publish(watch, env=environment)]
    with readers_beside(watch):
        for hours in (0, -24, 0, 0):
            clock.write_text(str(hours * 3600))
            runs.append(publish(watch, env=environment))
        assert runs == sorted(runs) and len(set(runs)) == len(runs)
        assert place.versions() == runs[-KEEP:]
        order = place.query(
            "select publication_id from raw_meta.publications group by 1 order by min(published_at)"
        )
        assert [run_id for (run_id,) in order] == runs
        # It jumps back while a refresh builds, which then fails; the run goes on where it failed.
        watch.new_exports()
        clock.write_text("0")
        running = place.start(env={**environment, "STAND_IN_CHECK_SECONDS": "600"})
        running.wait_for("check")
        clock.write_text("-7200")
        running.kill(is_group=True)
        assert running.ended().exit_code < 0
        clock.write_text("-90000")
        resumed, wrong = watch.publish("--resume", env=environment)
        assert wrong == []
        assert resumed.run_id == running.run_id
        # What it had done it does not do again.
        assert [event["step"] for event in resumed.ended().events if event["event"] == "step"] == [
            "check",
            "publish",
        ]
    # "Before" is the version that readers had before.
    gone_back = place.command("rollback")
    assert gone_back.exit_code == 0 and place.current() == runs[-1], gone_back.said


def test_a_clock_that_is_behind_is_said(watch_on: Callable[[str], Watch]) -> None:
    watch = watch_on("duckdb")
    clock = watch.place.folder / "clock"
    environment = {"FAULTS_CLOCK": str(clock)}
    clock.write_text("86400")
    publish(watch, env=environment)
    watch.new_exports()
    clock.write_text("0")
    with readers_beside(watch):
        behind, wrong = watch.publish(env=environment)
        assert wrong == []
    assert any("see that the clock is right" in message for message in behind.ended().messages())


# Others at work ---------------------------------------------------------------------------------------------


@both_engines
@pytest.mark.parametrize("after", ["begin", "check"])
def test_a_second_refresh_is_turned_away(watch_on: Callable[[str], Watch], engine: str, after: str) -> None:
    watch = watch_on(engine)
    place = watch.place
    first = publish(watch)
    watch.new_exports()
    with readers_beside(watch):
        running = place.start(env={"STAND_IN_STOPS_AFTER": after})
        # The second comes while the first is at work.
        with running.stopped():
            second = place.refresh()
            back = place.command("rollback")
        assert_one_sentence(second, 3, "Another refresh or rollback", "try again when it has ended")
        assert back.exit_code == 3
        assert wrong_ending(running.ended(), 0) == []
        assert wrong_books(place) == []
        assert place.versions() == [first, running.run_id]
        publish(watch)


@both_engines
def test_sixteen_readers_notice_no_publication(watch_on: Callable[[str], Watch], engine: str) -> None:
    watch = watch_on(engine)
    runs = [publish(watch)]
    with readers_beside(watch, READERS) as told:
        runs += [publish(watch) for _ in range(PUBLICATIONS)]
    seen = {run_id for reader in told for run_id in reader["seen"]}
    assert seen == set(runs)
    assert_in_order([reader["seen"] for reader in told])


def assert_in_order(seen: Sequence[Sequence[str]]) -> None:
    """No reader went back to a version that it had left."""
    for runs in seen:
        assert list(runs) == sorted(set(runs))
