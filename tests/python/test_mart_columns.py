"""The public marts as BI tools take them: types by name, keys that nothing sums, labels, units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from project_copy import ROOT
from scorecard.bi_declarations import public_models
from scorecard.metabase.describe import DIMENSIONS

MARTS = {
    model["name"]: {column["name"]: column for column in model["columns"]}
    for model in public_models(ROOT).values()
}

IS_FLAG = re.compile(r"(is|has)_")
# The one instant that every number speaks as of.
INSTANTS = {"as_of"}

# Columns that say in words what a key stands for, where their names do not follow from the key's.
LABELS = {
    "evidence_id": "evidence_title",
    "file_id": "path",
    "issue_id": "title",
    "issue_key": "title",
    "observation_id": "subject_title",
    "roadmap_item_id": "title",
}
# Keys without words, and why.
NAMELESS = {
    (
        "fct_roadmap_alignment",
        "outcome_id",
    ): "a deal, an account or an objective of another tool",
    (
        "kpi_outcome_linked_work",
        "outcome_id",
    ): "a deal, an account or an objective of another tool",
    ("fct_software_delivery", "sprint_id"): "told apart by its key alone",
    ("kpi_delivery_predictability", "sprint_id"): "told apart by its key alone",
    ("kpi_key_person_concentration", "only_current_author_key"): "names nobody on purpose",
    ("kpi_lead_time", "deployment_id"): "a deployment has no name",
    ("kpi_time_to_restore", "blamed_deployment_id"): "a deployment has no name",
    ("scorecard_history", "publication_id"): "the name of a run is the run's id",
    ("scorecard_history", "scope_id"): "the numbers' own table, scorecard, has the name",
}

UNIT = re.compile(r"\b(seconds?|minutes?|hours?|days?|unit|shares?|people)\b", re.IGNORECASE)
# Whole numbers that count what their description names, or that name a place or a version.
COUNTS = re.compile(r"(n|.*_n|.*_count|.*_points|numerator|denominator)")
PLACES = re.compile(r".*_(number|version)")


def columns() -> Iterator[tuple[str, str, str, str]]:
    """Mart, column, type and description."""
    for mart, own in MARTS.items():
        for name, column in own.items():
            yield mart, name, column["data_type"], column["description"]


def is_primary_key(column: dict[str, Any]) -> bool:
    return any(constraint["type"] == "primary_key" for constraint in column.get("constraints") or ())


def test_a_name_tells_a_date_an_instant_and_a_flag_and_the_type_agrees() -> None:
    wrong = []
    for mart, name, kind, _ in columns():
        if IS_FLAG.match(name):
            wanted = "boolean"
        elif name.endswith("_on"):
            wanted = "date"
        elif name in INSTANTS or name.endswith("_at"):
            wanted = "timestamp"
        else:
            wanted = None
        told_by_name = kind in ("boolean", "date", "timestamp")
        if kind != wanted and (wanted or told_by_name):
            wrong.append((mart, name, kind))
    assert wrong == []


def test_keys_are_text_so_that_nothing_sums_them() -> None:
    keys = [found for found in columns() if found[1].endswith(("_id", "_key")) or found[1] in DIMENSIONS]
    assert len(keys) > 80
    assert [found for found in keys if found[2] != "text"] == []
    first = [
        (mart, name)
        for mart, own in MARTS.items()
        for name, column in own.items()
        if is_primary_key(column) and column["data_type"] not in ("text", "date")
    ]
    assert first == []


def test_the_keys_are_those_that_a_build_declares() -> None:
    macro = (ROOT / "macros" / "marts" / "declare_foreign_keys.sql").read_text()
    assert dict(re.findall(r"^ +'(\w+)': '(\w+)',$", macro, re.MULTILINE)) == DIMENSIONS


def test_a_dimension_has_the_words_for_its_key() -> None:
    for key, dimension in DIMENSIONS.items():
        assert f"{key.removesuffix('_id')}_name" in MARTS[dimension]


def test_a_key_that_leads_to_no_dimension_has_its_words_beside_it() -> None:
    wordless = []
    for mart, name, _, _ in columns():
        is_key = name.endswith(("_id", "_key")) and not is_primary_key(MARTS[mart][name])
        if not is_key or name in DIMENSIONS:
            continue
        stem = name.rpartition("_")[0]
        labels = {f"{stem}_name", f"{stem}_title", LABELS.get(name)}
        if not labels & MARTS[mart].keys():
            wordless.append((mart, name))
    assert set(wordless) == NAMELESS.keys()


@pytest.mark.parametrize("mart", MARTS)
def test_a_number_has_its_unit_in_the_description(mart: str) -> None:
    wrong = []
    for name, column in MARTS[mart].items():
        kind, told = column["data_type"], column["description"]
        is_whole = kind in ("bigint", "integer") and (COUNTS.fullmatch(name) or PLACES.fullmatch(name))
        if kind in ("bigint", "integer", "double precision") and not is_whole and not UNIT.search(told):
            wrong.append((name, told))
    assert wrong == []
