"""`dbt source freshness --selector landed_tools`, as docs/data-quality.md has it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from project_copy import ROOT, Build, Project, copy_of_project, marts_rows

# The sheets that a company keeps itself change when somebody changes them: they are never stale.
LANDED = "select distinct 'raw_' || tool as schema from raw_meta.loads where tool <> 'planning'"


class Landed:
    """A project and a warehouse that holds what the sample landed, all of it just now."""

    def __init__(self, clone: Project, sample: Path, warehouse: Path) -> None:
        self.project = clone.with_environment(SCORECARD_TARGET="duckdb", SCORECARD_WAREHOUSE=str(warehouse))
        self.warehouse = warehouse
        self.selectors = clone.root / "selectors.yml"
        shutil.copy2(sample, warehouse)
        shutil.copy2(ROOT / "selectors.yml", self.selectors)
        self.change("update raw_meta.loads set landed_at = current_timestamp at time zone 'UTC'")

    def change(self, statement: str) -> None:
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(statement)

    def tools(self) -> set[str]:
        return {row["schema"] for row in marts_rows(self.warehouse, LANDED)}

    def freshness(self) -> tuple[int, dict[str, set[str]]]:
        """The exit code, and how the tables of each tool stand."""
        written = self.project.root / "target" / "sources.json"
        written.unlink(missing_ok=True)
        done = self.project.run("dbt", "source", "freshness", "--selector", "landed_tools")
        assert written.exists(), done.stdout[-3000:]
        found: dict[str, set[str]] = {}
        for result in json.loads(written.read_text())["results"]:
            found.setdefault(result["unique_id"].split(".")[2], set()).add(result["status"])
        return done.returncode, found


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_of_project(tmp_path_factory.mktemp("freshness"))


@pytest.fixture
def landed(clone: Project, sample_build: Build, tmp_path: Path) -> Landed:
    return Landed(clone, sample_build.warehouse, tmp_path / "landed.duckdb")


def test_every_tool_that_landed_is_looked_at_and_fresh(landed: Landed) -> None:
    assert len(landed.tools()) == 5
    assert landed.freshness() == (0, {tool: {"pass"} for tool in landed.tools()})


def test_an_export_that_stayed_away_warns_and_then_is_an_error(landed: Landed) -> None:
    for tool, days in (("jira", 3), ("git", 15)):
        landed.change(
            f"update raw_meta.loads set landed_at = landed_at - interval {days} days where tool = '{tool}'"
        )
    exit_code, found = landed.freshness()
    assert exit_code == 1
    assert {tool: how for tool, how in found.items() if how != {"pass"}} == {
        "raw_jira": {"warn"},
        "raw_git": {"error"},
    }


def test_a_tool_that_never_landed_is_stale_until_it_is_taken_out_of_the_selector(landed: Landed) -> None:
    landed.change("delete from raw_meta.loads where tool = 'hubspot'")
    exit_code, found = landed.freshness()
    assert (exit_code, found.pop("raw_hubspot")) == (1, {"error"})
    text = landed.selectors.read_text()
    assert "        - source:raw_hubspot\n" in text
    landed.selectors.write_text(text.replace("        - source:raw_hubspot\n", ""))
    assert landed.freshness() == (0, found)
    assert set(found) == landed.tools()
