"""Ten BI connections read while refreshes publish: no error, and never two versions in one read."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from postgres_server import environment_of, execute, postgres_server
from project_copy import ROOT
from scorecard.bi_superset import address_of_marts
from scorecard.cli import group
from scorecard.refresh import run
from scorecard.refresh.build import BuildResult
from scorecard.refresh.outcomes import PUBLISHED
from scorecard.refresh.postgres_versions import CANDIDATE
from scorecard.refresh.versions import open_versions
from scorecard.targets import Target
from tiny import TABLES, Company, marts_sql, write_marts

PYTHON = ROOT / ".venv-superset" / "bin" / "python"
READERS = Path(__file__).with_name("bi_readers.py")
PUBLICATIONS = 4
SWAP_TIMEOUT = timedelta(seconds=60)
PASSWORD = "open sesame of the reader"

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[Target]:
    with postgres_server() as target:
        yield target


@contextmanager
def reading(file: str, server: str) -> Iterator[list[dict[str, Any]]]:
    """Ten readers at work; what they saw is there afterwards."""
    assert PYTHON.exists(), "make .venv-superset/.installed first; make test-all does."
    process = subprocess.Popen(
        [PYTHON, READERS, file, server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    told: list[dict[str, Any]] = []
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        yield told
        output, _ = process.communicate(timeout=120)
        told += json.loads(output)
    finally:
        process.kill()
        process.wait()


def test_ten_bi_connections_read_while_refreshes_publish(
    company: Company, server: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: dict[str, list[str]] = {"duckdb": [], "postgresql": []}

    def build(target: Target, *_: Any) -> BuildResult:
        value = float(len(published["duckdb"]))
        if target.engine == "postgres":
            execute(target, *marts_sql(CANDIDATE, value))
        else:
            write_marts(company.path, value)
        return BuildResult(is_done=True, counts={"total": 3})

    def refresh() -> None:
        for target in (company.target, server):
            assert company.refresh(target=target, swap_timeout=SWAP_TIMEOUT) == PUBLISHED
        published["duckdb"].append(open_versions(company.target, TABLES).current() or "")
        published["postgresql"].append(open_versions(server, TABLES).current() or "")

    monkeypatch.setattr(run, "run_dbt", build)
    monkeypatch.setenv("SCORECARD_WAREHOUSE", str(company.path))
    monkeypatch.setenv("SCORECARD_READER_PASSWORD", PASSWORD)
    for name, value in environment_of(server).items():
        monkeypatch.setenv(name, value)
    refresh()
    made = CliRunner().invoke(group, ["bi", "role"])
    assert made.exit_code == 0, made.output
    addresses = (address_of_marts(name, "scorecard_reader") for name in ("duckdb", "postgres"))
    with reading(*addresses) as told:
        for _ in range(PUBLICATIONS):
            refresh()
            time.sleep(0.2)
        # Long enough for a connection to be recycled.
        time.sleep(1.5)
    assert len(told) == 10
    assert [reader["errors"] for reader in told] == [[]] * 10
    assert [reader["mixed"] for reader in told] == [0] * 10
    for reader in told:
        versions = published[reader["engine"]]
        assert reader["reads"] > PUBLICATIONS, reader
        assert set(reader["seen"]) <= set(versions), reader
        # In their order, none of them after a later one.
        assert reader["seen"] == sorted(reader["seen"]), reader
        if (reader["engine"], reader["kind"]) == ("duckdb", "kept"):
            # A connection that a pool keeps stays with the file that it opened.
            assert reader["seen"] == versions[:1]
        else:
            assert reader["seen"][-1] == versions[-1], reader
            assert len(reader["seen"]) > 2, reader
