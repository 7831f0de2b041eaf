"""The examples of schedules, each as the program that it is for reads it."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from project_copy import ROOT

EXAMPLES = ROOT / "examples" / "scheduling"
SCHEDULERS = ROOT / ".venv-schedules" / "bin"

# Stands in for the command: ends with the codes that it is told one after the other, and notes its options.
STAND_IN = """#!/bin/sh
echo "$*" >> "{folder}/calls.txt"
code=$(head -n 1 "{folder}/codes.txt")
sed -i 1d "{folder}/codes.txt"
exit "$code"
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A project in which the examples lie where they say, with a command that stands in for the real one."""
    shutil.copytree(EXAMPLES, tmp_path / "examples" / "scheduling")
    command = tmp_path / ".venv" / "bin" / "scorecard"
    command.parent.mkdir(parents=True)
    command.write_text(STAND_IN.format(folder=tmp_path))
    command.chmod(0o755)
    return tmp_path


def calls(folder: Path) -> list[str]:
    path = folder / "calls.txt"
    found = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return ["resume" if "--resume" in line else "refresh" for line in found]


@pytest.mark.parametrize(
    ("codes", "called", "ended", "is_told"),
    [
        ([0], ["refresh"], 0, False),
        ([1, 0], ["refresh", "resume"], 0, False),
        ([1, 1], ["refresh", "resume"], 1, True),
        ([1, 2], ["refresh", "resume"], 2, True),
        ([1, 4, 0], ["refresh", "resume", "refresh"], 0, False),
        ([1, 4, 2], ["refresh", "resume", "refresh"], 2, True),
        ([2], ["refresh"], 2, True),
        ([3], ["refresh"], 0, False),
        ([4], ["refresh"], 4, True),
        ([5], ["refresh"], 5, True),
    ],
)
def test_the_script_acts_on_every_exit_code(
    installed: Path, codes: list[int], called: list[str], ended: int, is_told: bool
) -> None:
    (installed / "codes.txt").write_text("".join(f"{code}\n" for code in codes))
    script = installed / "examples" / "scheduling" / "refresh.sh"
    done = subprocess.run([script, "0"], cwd="/", capture_output=True, text=True)
    assert (calls(installed), done.returncode, done.stderr != "") == (called, ended, is_told)
    assert done.stdout == ""
    if ended == 2:
        assert "refused" in done.stderr


def cron_times() -> dict[str, str]:
    """The times of the examples that are written as cron writes them."""
    (line,) = re.findall(r"^(\S+ \S+ \S+ \S+ \S+) /", (EXAMPLES / "crontab").read_text(), re.MULTILINE)
    (workflow,) = re.findall(r'cron: "(.+)"', (EXAMPLES / "github-workflow.yml").read_text())
    (dag,) = re.findall(r'schedule="(.+)"', (EXAMPLES / "airflow_dag.py").read_text())
    return {"crontab": line, "workflow": workflow, "dag": dag}


def test_the_crontab_calls_the_script_and_keeps_what_a_person_is_told() -> None:
    """Standard output goes to the log; standard error is left to cron, which sends it."""
    lines = [line for line in (EXAMPLES / "crontab").read_text().splitlines() if not line.startswith("#")]
    settings = [line for line in lines if re.fullmatch(r"[A-Z_]+=\S+", line)]
    (job,) = [line for line in lines if line not in settings]
    command = job.split(maxsplit=5)[5]
    assert command.startswith("/srv/scorecard/examples/scheduling/refresh.sh ") and "2>" not in command
    # A per cent sign would end the command for cron.
    assert "%" not in command
    assert os.access(EXAMPLES / "refresh.sh", os.X_OK)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_accepts_the_units(installed: Path) -> None:
    units = sorted(path.name for path in EXAMPLES.glob("scorecard-refresh*"))
    assert len(units) == 3
    for name in units:
        path = installed / name
        path.write_text((EXAMPLES / name).read_text().replace("/srv/scorecard", str(installed)))
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{installed}:"}
    for name in units:
        command = ["systemd-analyze", "verify", "--man=no", str(installed / name)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        told = [line for line in done.stderr.splitlines() if str(installed) in line or "scorecard" in line]
        assert (done.returncode, told) == (0, [])
    timer = configparser.ConfigParser(strict=False)
    timer.optionxform = str  # type: ignore[assignment,method-assign]
    timer.read(installed / "scorecard-refresh.timer")
    spoken = ["systemd-analyze", "calendar", timer["Timer"]["OnCalendar"]]
    assert "UTC" in subprocess.run(spoken, check=True, capture_output=True, text=True).stdout


# Stands in for a refresh at work: asked to end, it takes a moment and notes that it did.
WORKING = """#!/bin/sh
trap 'sleep 0.3; echo "$*" >> "{folder}/ended.txt"; exit 1' TERM
echo "$*" >> "{folder}/calls.txt"
while :; do sleep 0.1; done
"""


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, f"no {path.name}"
        time.sleep(0.05)


def test_who_stops_the_unit_lets_the_refresh_end_by_itself_and_begins_no_other(installed: Path) -> None:
    """As systemd does it: SIGTERM; once the first process is gone, again to what is left, or SIGKILL."""
    command = installed / ".venv" / "bin" / "scorecard"
    command.write_text(WORKING.format(folder=installed))
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(EXAMPLES / "scorecard-refresh.service")
    reaches_all = unit["Service"].get("KillMode", "control-group") == "control-group"
    script = installed / "examples" / "scheduling" / "refresh.sh"
    process = subprocess.Popen([script, "0"], start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        wait_for(installed / "calls.txt")
        (os.killpg if reaches_all else os.kill)(process.pid, signal.SIGTERM)
        process.wait(timeout=20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM if reaches_all else signal.SIGKILL)
        wait_for(installed / "ended.txt")
        assert calls(installed) == ["refresh"]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


# What the task does at an attempt, by the exit codes that the command ends with one after the other.
AIRFLOW_ENDS = [
    (1, [0], None),
    (1, [1], "AirflowException"),
    (1, [2], "AirflowFailException"),
    (1, [3], "AirflowSkipException"),
    (1, [4], "AirflowFailException"),
    (1, [5], "AirflowFailException"),
    (2, [0], None),
    (2, [1], "AirflowException"),
    (2, [2], "AirflowFailException"),
    (2, [3], "AirflowSkipException"),
    (2, [4, 0], None),
    (2, [4, 1], "AirflowException"),
    (2, [4, 2], "AirflowFailException"),
    (2, [4, 3], "AirflowSkipException"),
    (2, [4, 4], "AirflowFailException"),
    (2, [5], "AirflowFailException"),
]
# Runs in Airflow's own environment: loads the DAG, and runs its task at each attempt with those codes.
AIRFLOW = """
import json, sys
from datetime import datetime
from pathlib import Path
from unittest import mock

from airflow.dag_processing.dagbag import DagBag
from croniter import croniter

folder = Path(sys.argv[1])
bag = DagBag(dag_folder=str(folder / "examples" / "scheduling" / "airflow_dag.py"))
dag = bag.dags["scorecard_refresh"]
task = dag.get_task("refresh")
module = sys.modules[task.python_callable.__module__]
module.PROJECT = str(folder)
ended = []
for attempt, codes, _ in json.loads(sys.argv[3]):
    (folder / "codes.txt").write_text("".join(f"{code}\\n" for code in codes))
    context = {"ti": mock.Mock(try_number=attempt)}
    with mock.patch.object(module, "get_current_context", return_value=context):
        try:
            task.python_callable()
            ended.append(None)
        except Exception as error:
            ended.append(type(error).__name__)
print(json.dumps({
    "errors": bag.import_errors, "dags": list(bag.dags), "ended": ended, "retries": task.retries,
    "catchup": dag.catchup, "max_active_runs": dag.max_active_runs,
    "next": {name: str(croniter(time, datetime(2026, 3, 1, 12)).get_next(datetime))
             for name, time in json.loads(sys.argv[2]).items()},
}))
"""


@pytest.mark.slow
def test_airflow_loads_the_dag_and_acts_on_every_exit_code(installed: Path) -> None:
    python = SCHEDULERS / "python"
    assert python.exists(), "make .venv-schedules/.installed first; make test-all does."
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(installed / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    done = subprocess.run(
        [python, "-c", AIRFLOW, str(installed), json.dumps(cron_times()), json.dumps(AIRFLOW_ENDS)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["errors"], found["dags"]) == ({}, ["scorecard_refresh"])
    assert (found["retries"], found["catchup"], found["max_active_runs"]) == (1, False, 1)
    assert found["ended"] == [how for *_, how in AIRFLOW_ENDS]
    called = [
        ["resume", "refresh"][: len(codes)] if attempt > 1 else ["refresh"]
        for attempt, codes, _ in AIRFLOW_ENDS
    ]
    assert calls(installed) == [call for of_attempt in called for call in of_attempt]
    assert set(found["next"].values()) == {"2026-03-02 04:00:00"} and len(found["next"]) == 3


@pytest.mark.slow
@pytest.mark.parametrize("broken", [False, True])
def test_the_workflow_is_one_of_github(tmp_path: Path, broken: bool) -> None:
    """By the schema of workflows that comes with the checker; a slip of the pen is found."""
    text = (EXAMPLES / "github-workflow.yml").read_text()
    path = tmp_path / "refresh.yml"
    path.write_text(text.replace("runs-on:", "run-on:") if broken else text)
    command = [SCHEDULERS / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode != 0) is broken, done.stdout + done.stderr
    for script in re.findall(r"run: (\S+/\S+\.sh)", text):
        assert os.access(ROOT / script, os.X_OK)
