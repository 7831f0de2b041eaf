"""One refresh at a time, and none for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from scorecard.refresh import lock
from scorecard.refresh.outcomes import RUNNING, AnotherIsRunning
from scorecard.targets import Target

HOLDER = """
import subprocess, sys, time
from pathlib import Path
from scorecard.refresh import lock
from scorecard.targets import Target
with lock.held(Target("duckdb", "duckdb", path=Path(sys.argv[1]))) as descriptor:
    if sys.argv[2] == "with child":
        subprocess.Popen(["sleep", "60"], pass_fds=(descriptor,), stdout=subprocess.DEVNULL)
    print("held", flush=True)
    time.sleep(60)
"""


def hold(path: Path, kind: str) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), kind],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    return holder


def test_a_second_one_is_turned_away_until_the_first_is_dead(tmp_path: Path) -> None:
    target = Target("duckdb", "duckdb", path=tmp_path / "own.duckdb")
    holder = hold(tmp_path / "own.duckdb", "alone")
    try:
        with pytest.raises(AnotherIsRunning, match=f"process {holder.pid}") as caught, lock.held(target):
            pass
        assert caught.value.exit_code == RUNNING
    finally:
        holder.kill()
        holder.wait()
    with lock.held(target):
        pass
    with lock.held(Target("duckdb", "duckdb", path=tmp_path / "other" / "own.duckdb")), lock.held(target):
        pass


def test_two_warehouses_do_not_publish_to_one_folder_at_once(tmp_path: Path) -> None:
    sample = Target("sample", "duckdb", path=tmp_path / "sample.duckdb")
    own = Target("duckdb", "duckdb", path=tmp_path / "own.duckdb")
    with lock.held(sample), pytest.raises(AnotherIsRunning, match="what is published to"), lock.held(own):
        pass
    with lock.held(own):
        pass


def test_a_child_that_still_works_holds_on(tmp_path: Path) -> None:
    target = Target("duckdb", "duckdb", path=tmp_path / "own.duckdb")
    holder = hold(tmp_path / "own.duckdb", "with child")
    group = os.getpgid(holder.pid)
    try:
        holder.kill()
        holder.wait()
        with pytest.raises(AnotherIsRunning), lock.held(target):
            pass
    finally:
        os.killpg(group, signal.SIGKILL)
