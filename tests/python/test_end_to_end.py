"""From a fresh clone to the page: the sample, no data at all, a company of one's own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project_copy import Build, Project, copy_of_project, differing_tables, marts_rows
from scorecard import headlines, wording
from scorecard.headlines import Scope
from scorecard.reading import open_reader
from scorecard.targets import Target

RAW_SCHEMAS = tuple(f"raw_{tool}" for tool in ("git", "github", "jira", "pagerduty", "hubspot", "planning"))
CURRENT = "select * from marts.scorecard_current order by kpi_number"
KPIS = (
    "lead_time",
    "delivery_predictability",
    "cycle_time",
    "key_person_concentration",
    "change_failure_rate",
    "time_to_restore",
    "defect_escape",
    "rework_ratio",
    "outcome_linked_work",
    "roadmap_accuracy",
)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_plain_build_with_nothing_landed_ends_with_ten_rows_of_the_sample(sample_build: Build) -> None:
    rows = marts_rows(sample_build.warehouse, CURRENT)
    assert tuple(row["kpi"] for row in rows) == KPIS
    assert {row["data_origin"] for row in rows} == {"sample"}
    assert "sample" in sample_build.output
    assert [row["kpi"] for row in rows if row["value"] is None] == []


def test_every_row_has_a_value_or_says_why_it_has_none(sample_build: Build, company_build: Build) -> None:
    for build in (sample_build, company_build):
        rows = marts_rows(build.warehouse, "select * from marts.scorecard")
        assert rows
        assert not [row["scorecard_id"] for row in rows if (row["value"] is None) != bool(row["null_reason"])]


def test_the_rows_behind_a_number_are_as_many_as_it_counts(sample_build: Build, company_build: Build) -> None:
    columns = {
        "counted": "n",
        "open": "open_count",
        "unknown": "unknown_count",
        "immature": "immature_count",
        "left_out": "excluded_count",
    }
    wrong = []
    compared = 0
    for build in (sample_build, company_build):
        with open_reader(Target("made", "duckdb", path=build.warehouse)) as reader:
            scopes = [
                Scope(row["scope_type"], row["scope_id"])
                for row in reader.rows(
                    "select scope_type, scope_id from marts.scorecard group by 1, 2 order by 1, 2"
                )
            ]
            for scope in scopes:
                for entry in headlines.catalog(reader):
                    detail = headlines.read_detail(reader, entry, scope, row_limit=0)
                    latest = detail["periods"][-1] if detail["periods"] else dict.fromkeys(columns.values())
                    for section, column in columns.items():
                        rows = sum(row["row_count"] for row in detail["counts"] if row["section"] == section)
                        compared += rows
                        if rows != (latest[column] or 0):
                            wrong.append(f"{scope} {entry['kpi']} {section}: {rows}, not {latest[column]}")
    assert compared > 1000
    assert wrong == []


def test_a_second_build_gives_the_same_marts(sample_build: Build, tmp_path: Path) -> None:
    before = tmp_path / "before.duckdb"
    shutil.copy2(sample_build.warehouse, before)
    sample_build.project.build("sample", with_data_tests=False)
    assert differing_tables(before, sample_build.warehouse, ("marts", "intermediate", *RAW_SCHEMAS)) == {}


def test_every_column_in_the_warehouse_is_described(sample_build: Build) -> None:
    manifest = json.loads((sample_build.project.root / "target" / "manifest.json").read_text())
    described = {
        (node["schema"], node["name"], name)
        for node in manifest["nodes"].values()
        for name, column in node["columns"].items()
        if column.get("description")
    }
    columns = marts_rows(
        sample_build.warehouse,
        """
        select table_schema, table_name, column_name
        from information_schema.columns
        where table_schema in ('staging', 'intermediate', 'marts', 'dictionaries')
        """,
    )
    assert len(columns) > 500
    missing = {tuple(row.values()) for row in columns} - described
    assert not missing, "\n" + "\n".join(".".join(names) for names in sorted(missing))


def test_own_exports_are_refused_by_the_sample(sample_build: Build, company_folder: Path) -> None:
    before = digest(sample_build.warehouse)
    done = sample_build.project.run("scorecard", "land", "--all", str(company_folder))
    assert done.returncode == 1
    assert "SCORECARD_TARGET=duckdb" in done.stdout
    assert "Traceback" not in done.stdout
    assert digest(sample_build.warehouse) == before


def test_with_nothing_landed_each_number_says_why_there_is_none(project: Project, tmp_path: Path) -> None:
    warehouse = tmp_path / "nothing.duckdb"
    chosen = project.with_environment(SCORECARD_TARGET="duckdb", SCORECARD_WAREHOUSE=str(warehouse))
    chosen.build("duckdb")
    rows = marts_rows(warehouse, CURRENT)
    assert tuple(row["kpi"] for row in rows) == KPIS
    assert {row["data_origin"] for row in rows} == {"none"}
    assert {row["value"] for row in rows} == {None}
    assert {row["null_reason"] for row in rows} == {"source_not_loaded"}
    page = chosen.must("scorecard", "show")
    assert "Nothing has been landed yet" in page
    assert "SAMPLE" not in page
    for kpi in KPIS:
        chosen.must("scorecard", "show", "--kpi", kpi)


def test_a_company_of_ones_own_is_landed_built_and_shown(company_build: Build) -> None:
    rows = marts_rows(company_build.warehouse, CURRENT)
    assert tuple(row["kpi"] for row in rows) == KPIS
    assert {row["data_origin"] for row in rows} == {"own"}
    valued = [row for row in rows if row["value"] is not None and row["coverage_band"] != "poor"]
    assert valued, "the small company has no number at all"
    page = company_build.project.must("scorecard", "show")
    assert "SAMPLE" not in page
    for row in rows:
        assert row["kpi_name"].split()[0] in page
    for row in valued:
        assert wording.quantity(row["value"], row["unit"]) in page
    for kpi in KPIS:
        company_build.project.must("scorecard", "show", "--kpi", kpi)


def test_landing_the_same_exports_again_changes_nothing(
    company_build: Build, company_folder: Path, tmp_path: Path
) -> None:
    before = tmp_path / "before.duckdb"
    shutil.copy2(company_build.warehouse, before)
    again = company_build.project.must("scorecard", "land", "--all", str(company_folder))
    assert "nothing changed" in again
    # Read in full, not passed over because the bytes are known.
    company_build.project.must("scorecard", "land", "--all", str(company_folder), "--again")
    ignored = differing_tables(before, company_build.warehouse, RAW_SCHEMAS)
    company_build.project.build("duckdb", with_data_tests=False)
    assert ignored == {}
    # The quality of the data tells of the landings themselves.
    assert differing_tables(before, company_build.warehouse, ("marts",)).keys() <= {"marts.data_quality"}


def test_a_login_page_is_refused_in_one_sentence_and_spoils_nothing(
    company_build: Build, tmp_path: Path
) -> None:
    export = tmp_path / "issues.json"
    export.write_text("<!DOCTYPE html><html><body>Log in</body></html>")
    before = marts_rows(company_build.warehouse, "select count(*) as issues from raw_jira.issues")
    done = company_build.project.run("scorecard", "land", "jira", str(export))
    assert done.returncode == 1
    assert "HTML" in done.stdout
    assert "Traceback" not in done.stdout
    assert len(done.stdout.strip().splitlines()) == 1
    assert marts_rows(company_build.warehouse, "select count(*) as issues from raw_jira.issues") == before


def test_the_sample_is_marked_wherever_its_numbers_are_shown(sample_build: Build) -> None:
    for arguments in ((), ("--kpi", "lead_time")):
        assert "SAMPLE COMPANY" in sample_build.project.must("scorecard", "show", *arguments)


def test_the_readme_shows_the_page_as_it_is(sample_build: Build) -> None:
    readme = (sample_build.project.root / "README.md").read_text()
    page = sample_build.project.with_environment(COLUMNS="100").must("scorecard", "show")
    assert f"```\n{page.rstrip()}\n```" in readme


@pytest.mark.slow
def test_make_build_in_a_fresh_clone_ends_with_the_page(tmp_path: Path) -> None:
    """The environment too: nothing of the present one is used."""
    clone = copy_of_project(tmp_path / "clone")
    present = ("PYTHON", "VIRTUAL_ENV", "SCORECARD_", "DBT_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(present)}
    python = str(Path(sys.base_prefix) / "bin" / "python3")
    done = subprocess.run(
        ["make", "build", f"PYTHON={python}"],
        cwd=clone.root,
        env=inherited,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "SAMPLE COMPANY" in done.stdout
    assert len(marts_rows(clone.root / "warehouse" / "sample.duckdb", CURRENT)) == 10
