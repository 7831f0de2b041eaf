"""What dbt's documentation says of who reads which mart is what they read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from project_copy import ROOT, Build, public_marts
from scorecard.page.contents import read_contents
from scorecard.reading import Reader, open_reader
from scorecard.targets import resolve_target

MART = re.compile(r"\bmarts\.([a-z][a-z0-9_]*)")


def exposures() -> dict[str, set[str]]:
    listed = yaml.safe_load((ROOT / "models/exposures.yml").read_text(encoding="utf-8"))["exposures"]
    return {
        exposure["name"]: {re.sub(r"ref\('(\w+)'\)", r"\1", name) for name in exposure["depends_on"]}
        for exposure in listed
    }


def tables_of(document: Any) -> set[str]:
    """Marts that a dashboard's document names: in SQL, or as the table of a data set without SQL."""
    found: set[str] = set()
    if isinstance(document, dict):
        if document.get("schema") == "marts" and "table_name" in document and not document.get("sql"):
            found.add(document["table_name"])
        for value in document.values():
            found |= tables_of(value)
    elif isinstance(document, list):
        for value in document:
            found |= tables_of(value)
    elif isinstance(document, str):
        found |= set(MART.findall(document))
    return found


def test_the_page_reads_what_its_exposure_says(sample_build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[str] = set()
    rows = Reader.rows

    def noting(self: Reader, query: str, parameters: Any = ()) -> Any:
        read.update(MART.findall(query))
        return rows(self, query, parameters)

    monkeypatch.setattr(Reader, "rows", noting)
    monkeypatch.setenv("SCORECARD_WAREHOUSE", str(sample_build.warehouse))
    with open_reader(resolve_target("duckdb")) as reader:
        read_contents(reader)
    assert read == exposures()["page"]


@pytest.mark.parametrize(("name", "folder"), [("metabase", "collections"), ("superset", "datasets")])
def test_a_dashboard_reads_what_its_exposure_says(name: str, folder: str) -> None:
    documents = sorted((ROOT / "bi" / name / folder).rglob("*.yaml"))
    if not documents:
        pytest.skip(f"bi/{name} is not there")
    read: set[str] = set()
    for path in documents:
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            read |= tables_of(document)
    assert read == exposures()[name]


def test_an_exposure_reads_what_people_may_read_and_is_owned_by_a_role() -> None:
    public = set(public_marts())
    for name, read in exposures().items():
        assert read <= public, name
    listed = yaml.safe_load((ROOT / "models/exposures.yml").read_text(encoding="utf-8"))["exposures"]
    for exposure in listed:
        assert set(exposure["owner"]) == {"name"}
        for page in re.findall(r"docs/[\w-]+\.md", exposure["description"]):
            assert (ROOT / Path(page)).exists(), page
