"""The commands as a person meets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from lander import issue
from scorecard.books import loads_command, rejects_command
from scorecard.dbt_plugin import Plugin
from scorecard.landing import land
from scorecard.landing.command import command
from scorecard.landing.warehouse import DuckDBWarehouse

Write = Callable[[str, Any], Path]


@pytest.fixture(autouse=True)
def own_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "warehouse" / "own.duckdb"
    monkeypatch.setenv("SCORECARD_WAREHOUSE", str(path))
    monkeypatch.setenv("SCORECARD_TARGET", "duckdb")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_a_landing_says_what_it_did_and_where_the_rest_is(write: Write) -> None:
    path = write("issues.ndjson", json.dumps(issue(1)) + "\nbroken\n")
    done = run("github", path)
    assert done.exit_code == 0, done.output
    assert "github issues: 1 row (1 new, 0 updated, 0 unchanged), 1 rejected" in done.output
    assert "scorecard rejects --load 1" in done.output
    again = run("github", path)
    assert again.exit_code == 0
    assert "already landed (load 1), nothing changed" in again.output


def test_what_cannot_be_landed_gives_a_sentence_and_exit_code_1(write: Write, tmp_path: Path) -> None:
    for path in (write("issues.json", "<html>login</html>"), tmp_path / "missing.json"):
        done = run("github", path)
        assert done.exit_code == 1
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert "Traceback" not in done.stderr
    mixed = run(
        "github", write("issues.json", "<html>login</html>"), write("issues-1.json", json.dumps(issue(1)))
    )
    assert mixed.exit_code == 1
    assert "1 new" in mixed.stdout


@pytest.mark.parametrize("arguments", [(), ("github",), ("gitlab", "x"), ("--sample", "github", "x")])
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2
    assert run("github", "x", "--covers-to", "tomorrow").exit_code == 2


def test_own_exports_are_not_landed_into_the_sample(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCORECARD_TARGET")
    done = run("github", write("issues.ndjson", [issue(1)]))
    assert done.exit_code == 1
    assert "SCORECARD_TARGET=duckdb" in done.stderr


def test_the_books_can_be_read(write: Write, own_warehouse: Path) -> None:
    missing = CliRunner().invoke(loads_command, [])
    assert missing.exit_code == 1 and "nothing was landed" in missing.stderr
    run("github", write("issues.ndjson", json.dumps(issue(1)) + "\nbroken\n"), "--covers-to", "2026-01-31")
    loads = CliRunner().invoke(loads_command, []).output.splitlines()
    assert loads[0].split("\t")[:3] == ["load_id", "tool", "object"]
    assert loads[1].split("\t")[:3] == ["1", "github", "issues"]
    assert "2026-02-01 00:00:00" in loads[1]
    rejects = CliRunner().invoke(rejects_command, ["--load", "1"]).output.splitlines()
    assert rejects[1].split("\t")[3:5] == ["issues.ndjson", "2"]
    assert CliRunner().invoke(rejects_command, ["--tool", "jira"]).output.count("\n") == 1


def test_a_warehouse_in_use_is_said(write: Write, own_warehouse: Path) -> None:
    own_warehouse.parent.mkdir()
    own_warehouse.write_text("no database")
    done = run("github", write("issues.ndjson", [issue(1)]))
    assert done.exit_code == 1
    assert "no DuckDB warehouse" in done.stderr


def test_a_company_folder_lands_in_one_go(write: Write, tmp_path: Path, own_warehouse: Path) -> None:
    company = tmp_path / "company"
    (company / "github").mkdir(parents=True)
    (company / "planning").mkdir()
    write(
        "company/manifest.json",
        json.dumps({"covers_from": "2025-01-01", "covers_to": "2026-01-31", "is_sample": True}),
    )
    write("company/github/issues.ndjson", [issue(1)])
    write("company/planning/teams.csv", "team_id,name\nt1,One\n")
    done = run("--all", company)
    assert done.exit_code == 0, done.output
    with duckdb.connect(str(own_warehouse)) as connection:
        found = connection.execute(
            "select tool, object, is_sample, is_covers_stated, "
            "cast(covers_to as varchar), cast(landed_at as varchar) "
            "from raw_meta.loads order by load_id"
        ).fetchall()
    span = (True, True, "2026-02-01 00:00:00", "2026-02-01 00:00:00")
    assert found == [("github", "issues", *span), ("planning", "teams", *span)]


def test_the_plugin_lands_the_sample_once(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = tmp_path / "sample"
    (sample / "planning").mkdir(parents=True)
    write(
        "sample/manifest.json",
        json.dumps({"covers_from": "2025-01-01", "covers_to": "2026-01-31", "is_sample": True}),
    )
    write("sample/planning/teams.csv", "team_id,name\nt1,One\n")
    monkeypatch.setattr(land, "sample_folder", lambda: sample)
    connection = duckdb.connect()
    plugin = Plugin("dbt_plugin", {})
    plugin.configure_connection(connection)
    assert "landed it (1 rows" in capsys.readouterr().out
    assert connection.execute("select team_id, _load_id from raw_planning.teams").fetchall() == [("t1", 1)]
    plugin.configure_connection(connection)
    assert capsys.readouterr().out == ""


def test_a_sample_that_is_broken_is_not_half_a_sample(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "planning").mkdir()
    write(
        "manifest.json",
        json.dumps({"covers_from": "2025-01-01", "covers_to": "2026-01-31", "is_sample": True}),
    )
    write("planning/teams.csv", "<html>")
    monkeypatch.setattr(land, "sample_folder", lambda: tmp_path)
    with pytest.raises(land.BadInput, match="HTML"):
        land.land_sample(duckdb.connect())


def test_the_sample_of_this_project_lands_whole() -> None:
    connection = duckdb.connect(config={"threads": 2})
    outcomes = land.land_sample(connection)
    folders = {path.name for path in land.sample_folder().iterdir() if path.is_dir()}
    assert {outcome.tool for outcome in outcomes} == folders
    assert all(outcome.load and outcome.load.rows_read for outcome in outcomes)
    books = "select distinct is_sample, is_covers_stated, landed_at = covers_to from raw_meta.loads"
    assert DuckDBWarehouse(connection).query(books) == [(True, True, True)]
