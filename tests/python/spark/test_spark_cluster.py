"""dbt over the Thrift server of a cluster of two workers: the same page, and nothing left running."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from cluster import WORKERS, Cluster, running_cluster
from ports import LOOPBACK
from processes import still_running
from project_copy import Build, Project
from scorecard.targets import Target
from test_postgres_smoke import current, is_same

pytestmark = pytest.mark.slow


def test_a_cluster_builds_the_same_page(
    spark_project: Project, company_folder: Path, company_build: Build, tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse"
    project = spark_project.with_environment(SCORECARD_SPARK_FOLDER=str(warehouse))
    project.must("scorecard", "land", "--all", str(company_folder))
    with running_cluster(tmp_path, warehouse, project.environment) as cluster:
        connected = project.with_environment(
            SCORECARD_SPARK_METHOD="thrift",
            SCORECARD_SPARK_HOST=LOOPBACK,
            SCORECARD_SPARK_PORT=str(cluster.thrift_port),
            SCORECARD_SPARK_POLL_SECONDS="0",
        )
        output = connected.build("spark", with_data_tests=False)
        assert "ERROR=0" in output
        assert [worker["coresused"] for worker in cluster.status()["workers"]] == [1] * WORKERS
    # The server heeds the profile: each task of a shuffle writes one file.
    files = list((warehouse / "tables" / "intermediate.db" / "int_issue_teams").glob("*.parquet"))
    assert 1 <= len(files) <= int(project.environment["SCORECARD_SPARK_SHUFFLE_PARTITIONS"])
    assert survivors(cluster) == []
    expected = current(Target("duckdb", "duckdb", path=company_build.warehouse))
    actual = current(Target("spark", "spark", path=warehouse))
    assert len(actual) == len(expected) == 10
    assert all(
        is_same(left[column], right[column])
        for left, right in zip(expected, actual, strict=True)
        for column in left
    )


def test_a_failure_leaves_nothing_running(tmp_path: Path, spark_project: Project) -> None:
    with (
        pytest.raises(RuntimeError),
        running_cluster(tmp_path, tmp_path, spark_project.environment) as cluster,
    ):
        raise RuntimeError
    assert len(cluster.processes) == 2 + WORKERS
    assert survivors(cluster) == []


def survivors(cluster: Cluster) -> list[psutil.Process]:
    """What of the cluster still runs some seconds after it was stopped."""
    groups = {process.pid for process in cluster.processes}
    return still_running([one for one in psutil.process_iter() if _group_of(one) in groups], 10)


def _group_of(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None
