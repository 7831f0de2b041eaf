"""A refresh from its lock to its last entry: what is published, what is refused, what the books say."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from scorecard.landing.errors import BadInput
from scorecard.landing.land import Options
from scorecard.refresh import duckdb_versions, journal, lock, run
from scorecard.refresh.build import TestResult
from scorecard.refresh.config import Config, Entry
from scorecard.refresh.journal import Journal
from scorecard.refresh.outcomes import (
    FAILED,
    PUBLISHED,
    REFUSED,
    SAMPLE_REFUSED,
    AnotherIsRunning,
    Misuse,
)
from scorecard.refresh.telling import JsonTeller
from scorecard.targets import Target
from tiny import Company, let_go_while_asked_to_end, passing, refusing, rows, write_marts

# A password that JSON, HTML and Python spell otherwise.
ODD_SECRET = 'pä"s\\s'


def teams(folder: Path, text: str = "team_id,name\nt1,One\n") -> Config:
    path = folder / "teams.csv"
    path.write_text(text)
    return Config((Entry("planning", (path,), Options()),), keep=3)


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_refresh_lands_builds_checks_and_publishes(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    assert company.refresh(config=teams(company.folder)) == PUBLISHED
    told = events(capsys)
    assert [
        (event["step"], event["status"], event["rows"]) for event in told if event["event"] == "step"
    ] == [
        ("land", "done", 1),
        ("build", "done", 5),
        ("check", "done", None),
        ("publish", "done", 5),
    ]
    assert told[-1]["event"] == "end" and told[-1]["exit_code"] == 0
    run_id = told[-1]["run_id"]
    assert company.published_value() == 1
    columns = "run_id, target, status, exit_code, failed_step, cast(as_of as varchar), data_origin"
    assert company.books(columns) == [(run_id, "duckdb", "published", 0, None, "2026-06-01 00:00:00", "own")]
    assert company.books("step, status, rows", "run_steps") == [
        ("land", "done", 1),
        ("build", "done", 5),
        ("check", "done", None),
        ("publish", "done", 5),
    ]
    published = rows(
        company.path,
        "select publication_id, kpi, period_start_on, scope_id, value, n from raw_meta.publications",
    )
    assert sorted(published) == [(run_id, "lead_time", "2026-05-01", f"t{i}", 1.0, 10) for i in (1, 2, 3)]


def test_the_gate_is_given_the_candidate_and_the_version_before(company: Company) -> None:
    given: list[tuple[Any, ...]] = []

    def check(*arguments: Any) -> Any:
        given.append(arguments)
        return passing()

    assert company.refresh(check=check) == PUBLISHED
    first = company.versions.current()
    assert company.refresh(check=check) == PUBLISHED
    (candidate, before, docs), (_, previous, _) = given
    assert (candidate.path, candidate.marts_schema, before) == (company.path, "marts", None)
    assert docs == company.folder / "logs" / candidate.run_id
    assert previous.run_id == first and previous.path.name == f"scorecard-{first}.duckdb"


def test_what_the_checks_refuse_is_not_published(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    assert company.refresh() == PUBLISHED
    company.value = 2
    capsys.readouterr()
    assert company.refresh(check=refusing) == REFUSED
    told = events(capsys)
    messages = {event.get("message") for event in told}
    assert {"critical: facts.row_count: 3 rows, 9 before", "warning: raw.rejects: 7 %"} <= messages
    # What the gate reads can be pasted.
    (refused,) = [message for message in messages if message and "refused" in message]
    assert refused.endswith("SCORECARD_GATE_ACCEPT=facts.row_count scorecard refresh --resume")
    assert told[-1]["status"] == "refused"
    assert company.published_value() == 1
    assert company.books("status, exit_code, failed_step")[-1] == ("refused", 2, "check")
    # What refused it may have been wrong: the same run goes on there, and builds nothing anew.
    builds = company.builds
    assert company.refresh(resume=True) == PUBLISHED
    assert company.builds == builds
    assert company.published_value() == 2
    assert company.books("status, exit_code, failed_step")[-1] == ("published", 0, None)
    assert len(company.books("run_id")) == 2


def test_the_books_hold_how_the_tests_of_each_run_ended(company: Company) -> None:
    warned = TestResult("unique_x", "warn", 3, "Got 3 results, 'quoted'")
    company.tests = (warned, TestResult("not_null_y", "pass", 0, None))
    assert company.refresh() == PUBLISHED
    company.failures = [("scorecard", "no such column")]
    company.tests = (TestResult("unique_x", "fail", 4, None),)
    assert company.refresh() == FAILED
    # A second attempt at a run takes the place of the first.
    company.failures, company.tests = [], (warned,)
    assert company.refresh(resume=True) == PUBLISHED
    first, second = (run_id for (run_id,) in company.books("run_id"))
    columns = "run_id, test_id, status, failures, message"
    told = rows(company.path, f"select {columns} from raw_meta.test_results order by run_id, test_id")
    assert told == [
        (first, "not_null_y", "pass", 0, None),
        (first, "unique_x", "warn", 3, "Got 3 results, 'quoted'"),
        (second, "unique_x", "warn", 3, "Got 3 results, 'quoted'"),
    ]
    instants = rows(
        company.path, "select run_id, count(distinct tested_at) from raw_meta.test_results group by 1"
    )
    assert sorted(instants) == [(first, 1), (second, 1)]


def test_a_failed_build_changes_nothing_and_goes_on_where_it_failed(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    assert company.refresh() == PUBLISHED
    company.failures = [("fct_deliveries", "Runtime Error: no such column")]
    company.value = 2
    capsys.readouterr()
    assert company.refresh(config=teams(company.folder)) == FAILED
    problems = [event["message"] for event in events(capsys) if event["event"] == "problem"]
    assert problems[0] == "fct_deliveries: Runtime Error: no such column"
    assert "dbt failed on fct_deliveries" in problems[1] and "--resume" in problems[1]
    assert company.published_value() == 1
    assert company.books("status, exit_code, failed_step")[-1] == ("failed", 1, "build")
    company.failures = []
    assert company.refresh(resume=True) == PUBLISHED
    assert company.published_value() == 2
    steps = company.books("run_id, step, status", "run_steps")
    last = steps[-1][0]
    assert [step[1:] for step in steps if step[0] == last] == [
        ("land", "done"),
        ("build", "failed"),
        ("build", "done"),
        ("check", "done"),
        ("publish", "done"),
    ]


def test_what_cannot_be_landed_at_all_fails_and_rejected_rows_do_not(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    assert company.refresh(config=teams(company.folder, "<html>")) == FAILED
    assert "teams.csv" in capsys.readouterr().out
    assert company.books("failed_step, exit_code") == [("land", 1)]
    assert company.builds == 0
    assert (
        company.refresh(config=teams(company.folder, "team_id,name\nt1,One\n,Two\n"), resume=True)
        == PUBLISHED
    )
    told = [event for event in events(capsys) if event.get("step") == "land"]
    assert told[0]["rows"] == 1 and "1 row rejected" in told[0]["message"]


def test_there_is_nothing_to_resume_after_a_success(company: Company) -> None:
    for _ in range(2):
        with pytest.raises(Misuse, match="no failed run to resume"):
            company.refresh(resume=True)
        assert company.refresh() == PUBLISHED


def test_the_sample_is_published_where_it_is_allowed_alone(company: Company) -> None:
    company.origin = "sample"
    assert company.refresh() == SAMPLE_REFUSED
    assert company.books("status, exit_code, failed_step") == [("refused", 5, "publish")]
    assert not company.current.exists()
    assert company.refresh(resume=True, allow_sample=True) == PUBLISHED
    # A real company takes the sample's place, and is not held against it.
    company.origin, company.value = "own", 2
    seen: list[Any] = []

    def check(candidate: Any, previous: Any, docs: Path) -> Any:
        seen.append(previous)
        return passing()

    assert company.refresh(check=check) == PUBLISHED
    assert seen == [None]
    # The sample never takes a real company's.
    company.origin, company.value = "sample", 3
    assert company.refresh(allow_sample=True) == SAMPLE_REFUSED
    assert company.published_value() == 2


def test_loads_of_the_sample_are_refused_before_anything_is_built(company: Company) -> None:
    config = teams(company.folder)
    (company.folder / "manifest.json").write_text(
        json.dumps({"covers_from": "2025-01-01", "covers_to": "2026-01-31", "is_sample": True})
    )
    assert company.refresh(config=config) == SAMPLE_REFUSED
    assert company.builds == 0
    assert company.refresh(config=config, allow_sample=True) == PUBLISHED


def test_target_sample_is_refused_at_once(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = Target("sample", "duckdb", path=company.path)
    assert company.refresh(target=sample) == SAMPLE_REFUSED
    assert company.builds == 0
    assert "--allow-sample" in capsys.readouterr().out


def refuse_to_publish(company: Company, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(company.versions.__class__, "publish", raising(BadInput("own.duckdb is in use")))


@pytest.mark.parametrize("step", ["check", "publish"])
def test_marts_that_somebody_else_built_are_built_anew_where_a_run_goes_on(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    assert company.refresh() == PUBLISHED
    company.value = 2
    if step == "check":
        assert company.refresh(check=refusing) == REFUSED
    else:
        with monkeypatch.context() as patch:
            refuse_to_publish(company, patch)
            assert company.refresh() == FAILED
    # Of a developer, whom no lock of a refresh keeps off.
    write_marts(company.path, 9)
    capsys.readouterr()
    given: list[Any] = []

    def check(*arguments: Any) -> Any:
        given.append(rows(company.path, "select distinct value from marts.scorecard"))
        return passing()

    assert company.refresh(resume=True, check=check) == PUBLISHED
    assert (company.published_value(), given, company.builds) == (2, [[(2.0,)]], 3)
    assert "changed since this run built them" in capsys.readouterr().out


def test_marts_that_are_changed_after_their_build_are_not_published(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    assert company.refresh() == PUBLISHED
    company.value = 2

    def check(*_: Any) -> Any:
        write_marts(company.path, 9)
        return passing()

    assert company.refresh(check=check) == FAILED
    told = capsys.readouterr().out
    assert "changed since this run built them" in told and "--resume" in told
    assert company.published_value() == 1
    assert company.refresh(resume=True) == PUBLISHED
    assert (company.published_value(), company.builds) == (2, 3)


def test_a_run_of_which_nobody_knows_what_it_built_builds_anew(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        refuse_to_publish(company, patch)
        assert company.refresh() == FAILED
    # As the books of an earlier release have it.
    company.journal.execute("update raw_meta.runs set marts_hash = null")
    assert company.refresh(resume=True) == PUBLISHED
    assert company.builds == 2


def test_another_refresh_is_turned_away(company: Company) -> None:
    with lock.held(company.target), pytest.raises(AnotherIsRunning):
        company.refresh()
    assert company.refresh() == PUBLISHED


def test_a_warehouse_in_use_is_said(company: Company) -> None:
    company.path.parent.mkdir()
    script = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print(1, flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", script, str(company.path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(BadInput, match="another program has this warehouse open"):
            company.refresh()
    finally:
        holder.kill()
        holder.wait()
    assert duckdb.connect(str(company.path)).execute("select 1").fetchall() == [(1,)]


def test_secrets_are_told_to_nobody(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCORECARD_PG_PASSWORD", ODD_SECRET)
    monkeypatch.setenv("SCORECARD_READER_PASSWORD", "grain of sand")

    def check(*_: Any) -> Any:
        raise RuntimeError(f"password={ODD_SECRET} and grain of sand")

    assert company.refresh(check=check) == FAILED
    said = capsys.readouterr()
    told = said.out + said.err + repr(company.books("message")) + repr(company.books("message", "run_steps"))
    assert "password=*** and ***" in told
    for spelled in (ODD_SECRET, repr(ODD_SECRET)[1:-1], json.dumps(ODD_SECRET)[1:-1], "grain"):
        assert spelled not in told


def test_why_an_export_could_not_be_landed_tells_no_secret(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCORECARD_PG_PASSWORD", ODD_SECRET)
    reasons = []
    for error in (
        BadInput(f"teams.csv: {ODD_SECRET}"),
        # Where it is cut, no part of a secret stays.
        duckdb.IOException(f"{'x' * 294} {ODD_SECRET}"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr("scorecard.landing.land.Landing._land_export", raising(error))
            assert company.refresh(config=teams(company.folder)) == FAILED
        reasons += rows(company.path, "select reason from raw_meta.rejects")
    told = capsys.readouterr().out + repr(reasons)
    assert "***" in told
    assert "p\u00e4" not in told and json.dumps("p\u00e4")[1:-1] not in told


# Killed -----------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
import pytest
from tiny import Company, passing

company = Company(Path(sys.argv[1]), pytest.MonkeyPatch())
company.value = 2
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
real = os.replace
def replace_and_die(*arguments):
    real(*arguments)
    die()
changed = {}
if sys.argv[2] == "check":
    changed["check"] = die
elif sys.argv[2] == "before the swap":
    os.replace = die
elif sys.argv[2] == "after the swap":
    os.replace = replace_and_die
company.refresh(**changed)
"""


def killed(company: Company, where: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(company.folder), where], env={**os.environ, "PYTHONPATH": paths()}
    )
    assert done.returncode == -signal.SIGKILL


def paths() -> str:
    own = Path(__file__).parent
    return os.pathsep.join([str(own), str(own.parent), *(path for path in sys.path if path)])


@pytest.mark.parametrize(("where", "step"), [("check", "check"), ("before the swap", "publish")])
def test_a_killed_run_failed_and_another_goes_on(
    company: Company, capsys: pytest.CaptureFixture[str], where: str, step: str
) -> None:
    assert company.refresh() == PUBLISHED
    killed(company, where)
    assert company.published_value() == 1
    assert company.books("status")[-1] == ("running",)
    capsys.readouterr()
    company.value = 3
    assert company.refresh(resume=True) == PUBLISHED
    assert f"was killed in step {step}" in capsys.readouterr().out
    # It goes on with what was built before it was killed.
    assert company.published_value() == 2
    assert [status for (status,) in company.books("status")] == ["published", "published"]
    assert ("failed", "was killed") in company.books("status, message", "run_steps")
    assert len(company.versions.all()) == 2
    assert [path.name for path in company.current.parent.glob(".*")] == [".refresh.lock"]


def test_a_run_that_was_killed_before_the_swap_leaves_no_version(company: Company) -> None:
    assert company.refresh() == PUBLISHED
    killed(company, "before the swap")
    assert len(company.versions.all()) == 2
    assert company.refresh() == PUBLISHED
    assert [status for (status,) in company.books("status")] == ["published", "failed", "published"]
    published = {run_id for run_id, status in company.books("run_id, status") if status == "published"}
    assert set(company.versions.all()) == published
    assert {
        name for (name,) in rows(company.path, "select publication_id from raw_meta.publications")
    } == published


def test_a_run_that_was_killed_after_the_swap_was_published(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    killed(company, "after the swap")
    assert company.published_value() == 2
    ((first,),) = company.books("run_id")
    assert company.books("status") == [("running",)]
    assert rows(company.path, "select * from raw_meta.publications") == []
    capsys.readouterr()
    company.value = 3
    assert company.refresh() == PUBLISHED
    assert f"run {first} was killed after it had published" in capsys.readouterr().out
    assert company.books("status, exit_code") == [("published", 0), ("published", 0)]
    steps = company.books("step, status", "run_steps")
    assert steps[3] == ("publish", "done") and "running" not in {status for _, status in steps}
    values = rows(
        company.path,
        f"select distinct value from raw_meta.publications where publication_id = '{first}'",
    )
    assert values == [(2.0,)]


def test_a_run_whose_version_readers_have_was_published_whatever_came_after(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert company.refresh() == PUBLISHED
    real = duckdb_versions._to_disk

    def fail_after_the_swap(path: Path) -> None:
        real(path)
        if company.published_value() == 2:
            raise OSError(errno.EIO, "Input/output error")

    company.value = 2
    with monkeypatch.context() as patch:
        patch.setattr(duckdb_versions, "_to_disk", fail_after_the_swap)
        assert company.refresh() == PUBLISHED
    assert "readers have this version all the same" in capsys.readouterr().out
    assert company.published_value() == 2
    assert company.books("status") == [("published",), ("published",)]
    # Where the books say otherwise, such as of a server that was lost while it committed, they are set right.
    last = company.versions.current()
    assert last is not None
    company.journal.end(last, "failed", FAILED, "publish", "the connection was lost")
    capsys.readouterr()
    assert company.refresh() == PUBLISHED
    assert f"run {last} had published" in capsys.readouterr().out
    assert company.books("status, exit_code") == [("published", 0)] * 3


def test_a_disk_that_is_full_while_it_publishes_leaves_no_version_that_nobody_saw(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert company.refresh() == PUBLISHED
    first = company.versions.current()
    company.value = 2
    with monkeypatch.context() as patch:
        patch.setattr(
            Path, "symlink_to", raising(OSError(errno.ENOSPC, "No space left on device", ".current"))
        )
        assert company.refresh() == FAILED
    assert "no room on the disk" in capsys.readouterr().out
    assert (company.published_value(), company.versions.all()) == (1, [first])
    company.value = 3
    assert company.refresh() == PUBLISHED
    (_, failed, third) = (run_id for (run_id,) in company.books("run_id"))
    assert (company.published_value(), company.versions.all()) == (3, [first, third])
    published = rows(company.path, "select distinct publication_id from raw_meta.publications")
    assert sorted(published) == [(first,), (third,)]
    assert company.books("run_id, status")[1] == (failed, "failed")


def test_a_version_that_a_failed_run_could_not_remove_is_no_history(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert company.refresh() == PUBLISHED
    company.value = 2
    with monkeypatch.context() as patch:
        patch.setattr(Path, "symlink_to", raising(OSError(errno.ENOSPC, "No space left on device")))
        patch.setattr(duckdb_versions.DuckDBVersions, "discard", raising(OSError(errno.EIO, "I/O error")))
        assert company.refresh() == FAILED
    left = company.versions.all()[-1]
    assert company.books("run_id, status")[-1] == (left, "failed")
    assert company.refresh() == PUBLISHED
    assert left not in company.versions.all()
    published = rows(company.path, "select distinct publication_id from raw_meta.publications")
    assert sorted(published) == [(run_id,) for run_id in company.versions.all()]


def test_runs_keep_their_order_where_the_clock_goes_back(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def at(text: str) -> None:
        for module in (run, journal):
            monkeypatch.setattr(module, "now", lambda: datetime.fromisoformat(text))

    at("2026-07-04T09:00:00")
    assert company.refresh() == PUBLISHED
    capsys.readouterr()
    at("2026-07-03T09:00:00")
    assert company.refresh(check=refusing) == REFUSED
    assert "see that the clock is right" in capsys.readouterr().out
    at("2026-07-02T09:00:00")
    # The latest is the one that was refused, not the one that bears the latest time of a clock.
    assert company.refresh(resume=True) == PUBLISHED
    at("2026-07-04T09:00:00")
    assert company.refresh() == PUBLISHED
    first, second, third = (run_id for (run_id,) in company.books("run_id"))
    assert [name[:16] for name in (first, second, third)] == [
        "20260704t090000z",
        "20260704t090001z",
        "20260704t090002z",
    ]
    assert company.versions.current() == third
    found = rows(company.path, "select publication_id from raw_meta.publications order by published_at")
    assert [run_id for (run_id,) in found[::3]] == [first, second, third]
    attempts = company.books("step, status", "run_steps")
    assert attempts[4:9] == [
        ("land", "done"),
        ("build", "done"),
        ("check", "failed"),
        ("check", "done"),
        ("publish", "done"),
    ]


def test_versions_restore_the_history_of_books_that_were_lost(company: Company) -> None:
    assert company.refresh() == PUBLISHED
    first = company.versions.current()
    company.path.unlink()
    company.value = 2
    assert company.refresh() == PUBLISHED
    history = rows(
        company.path, "select distinct publication_id, value from raw_meta.publications order by published_at"
    )
    assert history == [(first, 1.0), (company.versions.current(), 2.0)]


def test_a_sample_in_the_same_folder_is_no_history_of_the_company(company: Company) -> None:
    company.origin = "sample"
    assert company.refresh(allow_sample=True) == PUBLISHED
    company.path.unlink()
    company.origin = "own"
    assert company.refresh() == PUBLISHED
    ids = rows(company.path, "select distinct publication_id from raw_meta.publications")
    assert ids == [(company.versions.current(),)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_run_says_so_in_the_books(company: Company, how: signal.Signals) -> None:
    def check(*_: Any) -> Any:
        os.kill(os.getpid(), how)
        time.sleep(5)

    # Whoever started the tests in the background had interrupts ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert company.refresh(check=check) == FAILED
    finally:
        signal.signal(signal.SIGINT, before)
    assert company.books("status, failed_step, message") == [
        ("failed", "check", "The refresh was interrupted in step check.")
    ]


def test_a_second_request_to_end_does_not_keep_the_first_from_the_books(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd sends one more as soon as the script around the refresh has ended."""

    def stop(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    end = Journal.end
    monkeypatch.setattr(Journal, "end", lambda *arguments: (stop(), end(*arguments)))
    assert company.refresh(check=stop) == FAILED
    assert company.books("status, failed_step, message") == [
        ("failed", "check", "The refresh was interrupted in step check.")
    ]


def test_what_fails_after_the_swap_is_made_good_by_the_next_refresh(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("scorecard.refresh.duckdb_versions.publications_sql", raising(OSError("disk full")))
        assert company.refresh() == PUBLISHED
    assert "which the next refresh will do (disk full)" in capsys.readouterr().out
    assert company.published_value() == 1
    assert company.refresh() == PUBLISHED
    assert rows(company.path, "select count(distinct publication_id) from raw_meta.publications") == [(2,)]


@pytest.mark.parametrize(
    ("holder", "name"),
    [
        (os, "replace"),
        (duckdb_versions.DuckDBVersions, "publish"),
        (journal.Journal, "end_step"),
        (JsonTeller, "step"),
        (journal.Journal, "end"),
        (duckdb_versions.DuckDBVersions, "prune"),
        (JsonTeller, "end"),
    ],
)
def test_a_run_that_is_asked_to_end_after_the_swap_has_published(
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    holder: Any,
    name: str,
) -> None:
    company.value = 2
    with monkeypatch.context() as patch:
        stop_after_the_swap(company, patch, holder, name)
        assert company.refresh() == PUBLISHED
    assert company.published_value() == 2
    told = events(capsys)
    assert [event["message"] for event in told if event["event"] == "problem"] == []
    assert "the next refresh completes the books" in str(told[-2]["message"])
    assert (told[-1]["status"], told[-1]["exit_code"]) == ("published", 0)
    company.value = 3
    assert company.refresh() == PUBLISHED
    assert company.books("status, exit_code") == [("published", 0)] * 2
    assert "running" not in {status for (status,) in company.books("status", "run_steps")}
    history = rows(company.path, "select distinct value from raw_meta.publications order by 1")
    assert history == [(2.0,), (3.0,)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    ("check", "exit_code", "status"), [(passing, PUBLISHED, "published"), (refusing, REFUSED, "refused")]
)
def test_a_run_that_is_asked_to_end_while_it_lets_the_lock_go_ends_with_what_was_done(
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    check: Callable[..., Any],
    exit_code: int,
    status: str,
    how: signal.Signals,
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(lock, "held", let_go_while_asked_to_end(how))
            assert company.refresh(check=check) == exit_code
    finally:
        signal.signal(signal.SIGINT, before)
    told = events(capsys)
    assert told[-2]["message"] == "it was asked to end when all was done: what was done stands"
    assert (told[-1]["event"], told[-1]["status"], told[-1]["exit_code"]) == ("end", status, exit_code)
    assert company.books("status, exit_code") == [(status, exit_code)]
    # The lock was let go, and the next one has nothing to make good.
    assert company.refresh() == PUBLISHED
    assert not [event for event in events(capsys) if event["event"] == "note"]


def stop_after_the_swap(company: Company, patch: pytest.MonkeyPatch, holder: Any, name: str) -> None:
    """Ask the process to end once, when it has done something and readers have a version."""
    real = getattr(holder, name)
    asked: list[str] = []

    def stop(*arguments: Any) -> Any:
        done = real(*arguments)
        if company.current.exists() and not asked:
            asked.append(name)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        return done

    patch.setattr(holder, name, stop)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail
