"""Column names: the rule, and that the declarations follow it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scorecard.landing.declarations import load_declarations
from scorecard.landing.files import object_of
from scorecard.names import RESERVED, snake_case
from scorecard.targets import project_root


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("htmlUrl", "html_url"),
        ("html_url", "html_url"),
        ("_links", "links"),
        ("user", "user_"),
        ("from", "from_"),
        ("to", "to_"),
        ("order", "order_"),
        ("group", "group_"),
        ("Story Points (est.)", "story_points_est"),
        ("2fa", "_2fa"),
        ("issueURL", "issue_url"),
        ("a2B", "a2_b"),
        ("HTML", "html"),
        ("+1", "_1"),
        ("---", "_"),
        ("propertiesWithHistory", "properties_with_history"),
    ],
)
def test_snake_case(name: str, column: str) -> None:
    assert snake_case(name) == column


@given(st.text())
def test_a_column_name_needs_no_quotes_and_stays_as_it_is(name: str) -> None:
    column = snake_case(name)
    assert column and not column[0].isdigit()
    assert all(letter in "abcdefghijklmnopqrstuvwxyz0123456789_" for letter in column)
    assert column not in RESERVED
    if not column.endswith("_") and not column.startswith("_"):
        assert snake_case(column) == column


def test_declared_columns_are_names_that_the_rule_gives() -> None:
    for tool, tables in load_declarations(project_root()).items():
        for declaration in tables.values():
            for column in declaration.column_names:
                assert snake_case(column.rstrip("_")) == column, f"{tool}.{declaration.object}.{column}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("issues.ndjson", "issues"),
        ("issues-2026-01.json.gz", "issues"),
        ("issues_2.csv", "issues"),
        ("pull_requests.json", "pull_requests"),
        ("pull_request_commits-1.ndjson.gz", "pull_request_commits"),
    ],
)
def test_the_file_name_says_the_object(name: str, expected: str) -> None:
    assert object_of(name) == expected
