"""A build in a process of its own: what it says, what it leaves, and that it does not outlive its refresh."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from processes import still_running
from scorecard.refresh import build
from scorecard.refresh.build import BuildResult, TestResult, run_dbt
from scorecard.targets import Target

# Stands in for dbt: says what dbt says, and writes what dbt writes.
STAND_IN = """
import json, os, sys, time
from pathlib import Path

arguments = sys.argv[1:]
folder = Path(arguments[arguments.index("--target-path") + 1])
if "run" in arguments:
    assert (folder / "manifest.json").exists(), "what the build parsed is parsed again"
    (Path(__file__).parent / "again.txt").write_text(" ".join(arguments))
    print(json.dumps({"info": {"name": "StatsLine", "msg": ""}, "data": {"stats": {"total": 2}}}))
    failed = {"unique_id": "model.execution_scorecard.data_quality", "status": "error", "message": "no space"}
    is_broken = os.environ.get("STAND_IN") == "fail again"
    (folder / "run_results.json").write_text(json.dumps({"results": [failed] if is_broken else []}))
    sys.exit(1 if is_broken else 0)
(folder / "run").mkdir()
for name in ("run/int_people.sql", "manifest.json", "partial_parse.msgpack"):
    (folder / name).write_text(os.environ["SCORECARD_READER_PASSWORD"])

def say(name, message, **data):
    info = {"name": name, "msg": message, "level": "info", "ts": "2026-07-04T09:00:00Z"}
    print(json.dumps({"info": info, "data": data}), flush=True)

say("MainReportVersion", "Running with \\x1b[32mdbt\\x1b[0m " + os.environ["SCORECARD_MARTS_SCHEMA"])
print("a line that is no event, grain of sand", flush=True)
for number in (1, 2):
    secret = os.environ["SCORECARD_READER_PASSWORD"]
    say("LogModelResult", f"{number} of 2 sanded with {secret}", index=number, total=2)
if "sleep" in os.environ.get("STAND_IN", ""):
    print(os.getpid(), flush=True)
    time.sleep(60)
failed = os.environ.get("STAND_IN") == "fail"
results = [{"unique_id": "model.execution_scorecard.dim_kpis", "status": "success", "message": "OK"}]
for test_id, status, failures in (
    ("not_null_y.123", "pass", 0),
    ("twice.1", "pass", 0),
    ("twice.2", "warn", 3),
    ("last.4", "skipped", None),
):
    told = f"Got {failures} results, grain of sand" if failures else None
    unique_id = f"test.execution_scorecard.{test_id}"
    results.append({"unique_id": unique_id, "status": status, "failures": failures, "message": told})
if failed:
    told = "Runtime Error\\n  no such column, grain of sand"
    results.append({"unique_id": "model.execution_scorecard.scorecard", "status": "error", "message": told})
    results.append({"unique_id": "test.execution_scorecard.unique_x.123", "status": "fail", "message": None})
    results.append({"unique_id": "model.execution_scorecard.last", "status": "skipped", "message": None})
(folder / "run_results.json").write_text(json.dumps({"results": results}))
say("StatsLine", "Done.", stats={"total": 1124, "warn": 2, "error": 0, "skip": 0})
sys.exit(1 if failed else 0)
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    script = tmp_path / "dbt.py"
    script.write_text(STAND_IN)
    monkeypatch.setattr(build, "_dbt", lambda: [sys.executable, str(script)])
    monkeypatch.setenv("SCORECARD_READER_PASSWORD", "grain of sand")
    monkeypatch.delenv("STAND_IN", raising=False)
    return tmp_path


def run(
    root: Path,
    steps: list[tuple[int, int]] | None = None,
    recorded: list[Sequence[TestResult]] | None = None,
) -> BuildResult:
    read, write = os.pipe()
    try:
        return run_dbt(
            Target("duckdb", "duckdb", path=root / "own.duckdb"),
            root,
            root / "logs" / "run.log",
            {"SCORECARD_MARTS_SCHEMA": "marts_candidate"},
            write,
            lambda done, total: steps.append((done, total)) if steps is not None else None,
            lambda tests: recorded.append(tests) if recorded is not None else None,
        )
    finally:
        os.close(read)
        os.close(write)


def test_what_dbt_says_goes_to_the_log_without_colour_and_secrets(root: Path) -> None:
    steps: list[tuple[int, int]] = []
    result = run(root, steps)
    assert (result.is_done, result.failures) == (True, [])
    assert result.told == "1,124 nodes of dbt, 2 warned"
    assert steps == [(1, 2), (2, 2)]
    log = (root / "logs" / "run.log").read_text()
    assert "Running with dbt marts_candidate" in log
    assert "1 of 2 sanded with ***" in log and "a line that is no event, ***" in log
    assert "grain" not in log


def test_nothing_that_dbt_keeps_stays(root: Path) -> None:
    run(root)
    folder = root / "target" / "refresh" / "duckdb"
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o700


def test_failed_nodes_are_named_with_their_message(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "fail")
    result = run(root)
    assert not result.is_done
    assert result.failures == [
        ("scorecard", "Runtime Error no such column, ***"),
        ("unique_x", "fail"),
    ]


@pytest.mark.parametrize("failed", [False, True])
def test_how_the_tests_ended_is_recorded_and_then_built(
    root: Path, monkeypatch: pytest.MonkeyPatch, failed: bool
) -> None:
    """Where two tests share a name, the books tell them apart; what was not run has not ended."""
    monkeypatch.setenv("STAND_IN", "fail" if failed else "")
    recorded: list[Sequence[TestResult]] = []
    result = run(root, recorded=recorded)
    ended = [
        TestResult("not_null_y", "pass", 0, None),
        TestResult("twice.1", "pass", 0, None),
        TestResult("twice.2", "warn", 3, "Got 3 results, ***"),
    ]
    assert recorded == [(*ended, *([TestResult("unique_x", "fail", None, None)] if failed else []))]
    assert result.is_done is not failed
    # Of a build that failed nothing is published: nothing more is built of it.
    assert (root / "again.txt").exists() is not failed
    if not failed:
        again = (root / "again.txt").read_text()
        assert "run --select int_failed_tests data_quality --target duckdb" in again
        assert result.told == "1,124 nodes of dbt, 2 warned"


def test_a_build_whose_last_models_failed_has_failed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN", "fail again")
    result = run(root)
    assert (result.is_done, result.failures) == (False, [("data_quality", "no space")])
    assert list((root / "target" / "refresh" / "duckdb").iterdir()) == []


def test_a_dbt_that_says_nothing_failed_all_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_dbt", lambda: [sys.executable, "-c", "import sys; sys.exit(7)"])
    result = run(root)
    assert (result.is_done, result.failures) == (False, [("dbt", "it ended with 7")])


RUNNER = """
import os, signal, sys
from pathlib import Path
from scorecard.refresh import build
from scorecard.targets import Target

root = Path(sys.argv[1])
build._dbt = lambda: [sys.executable, str(root / "dbt.py")]
signal.signal(signal.SIGINT, signal.default_int_handler)
_, write = os.pipe()
build.run_dbt(Target("duckdb", "duckdb", path=root / "own.duckdb"), root, root / "run.log",
              {"SCORECARD_MARTS_SCHEMA": "marts"}, write, lambda done, total: None, lambda tests: None)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere dbt holds on to the lock instead")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_dbt_does_not_outlive_its_refresh(root: Path, how: signal.Signals) -> None:
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(root)],
        env={**os.environ, "STAND_IN": "sleep"},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while (
        not (children := psutil.Process(runner.pid).children())
        or not (root / "target/refresh/duckdb/run").exists()
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (child,) = children
    runner.send_signal(how)
    runner.wait(timeout=30)
    assert still_running([child], 10) == []
