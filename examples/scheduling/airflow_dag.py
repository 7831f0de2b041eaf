"""The refresh as a DAG of Airflow 3: copy it to the folder of the DAGs."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta

from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

PROJECT = "/srv/scorecard"


@task(retries=1, retry_delay=timedelta(minutes=5))
def refresh() -> None:
    """Exit code 1 is tried once more where it failed; 3, another refresh at work, is skipped."""
    command = [f"{PROJECT}/.venv/bin/scorecard", "refresh", "--log-format", "json"]
    is_retry = get_current_context()["ti"].try_number > 1
    code = subprocess.run([*command, "--resume"] if is_retry else command, cwd=PROJECT).returncode
    # Nothing to resume: it had failed before a run began.
    if is_retry and code == 4:
        code = subprocess.run(command, cwd=PROJECT).returncode
    if code == 3:
        raise AirflowSkipException("Another refresh is running.")
    if code == 1:
        raise AirflowException("The refresh failed; readers have the version before.")
    if code != 0:
        # Nothing that another attempt would mend: a person is told as Airflow tells of failures.
        raise AirflowFailException(
            f"The refresh ended with exit code {code}; readers have the version before."
        )


@dag(
    schedule="0 4 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    tags=["scorecard"],
)
def scorecard_refresh() -> None:
    """A new version of the execution scorecard each morning."""
    refresh()


scorecard_refresh()
