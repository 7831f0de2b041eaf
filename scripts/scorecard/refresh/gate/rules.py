"""What is checked, and of what: subjects (rows that a query finds) and the rules that hold for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scorecard.refresh.gate.results import Severity

# Every subject names its rows in this column, so that a finding can say where it is.
PLACE = "place"


@dataclass(frozen=True)
class Rule:
    """One expectation of Great Expectations with its weight and its wording.

    claim: what holds, a sentence without its full stop. figure: how an observed number is said, where the
    expectation observes one.
    """

    name: str
    severity: Severity
    claim: str
    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    figure: str | None = None


@dataclass(frozen=True)
class Subject:
    """Rows to check. name: that of the suite. query: one row a thing, PLACE among its columns.

    thing, things: what a row is, one and many of them.
    """

    name: str
    query: str
    rules: tuple[Rule, ...]
    thing: str = "row"
    things: str = "rows"


def between(
    name: str,
    claim: str,
    column: str,
    low: float | None,
    high: float | None,
    severity: Severity = "critical",
) -> Rule:
    """Every value of a column lies within the ends; NULL is passed over."""
    arguments = {"column": column, "min_value": low, "max_value": high}
    return Rule(name, severity, claim, "ExpectColumnValuesToBeBetween", arguments)


def nothing_in(name: str, claim: str, column: str, severity: Severity = "critical") -> Rule:
    """A column is NULL in every row."""
    return Rule(name, severity, claim, "ExpectColumnValuesToBeNull", {"column": column})


def one_of(name: str, claim: str, column: str, values: list[Any], severity: Severity = "critical") -> Rule:
    """Every value of a column is one of these; NULL is passed over."""
    return Rule(name, severity, claim, "ExpectColumnValuesToBeInSet", {"column": column, "value_set": values})


def at_most(
    name: str, claim: str, column: str, high: float, figure: str, severity: Severity = "critical"
) -> Rule:
    """The greatest value of a column is no greater than that."""
    arguments = {"column": column, "max_value": high}
    return Rule(name, severity, claim, "ExpectColumnMaxToBeBetween", arguments, figure)


def single(name: str, claim: str, column: str) -> Rule:
    """A column has one value in all rows."""
    arguments = {"column": column, "min_value": 1, "max_value": 1}
    return Rule(
        name, "critical", claim, "ExpectColumnUniqueValueCountToBeBetween", arguments, "{:,.0f} in all"
    )


def any_rows(name: str, claim: str, severity: Severity = "critical") -> Rule:
    """There is a row."""
    arguments = {"min_value": 1}
    return Rule(name, severity, claim, "ExpectTableRowCountToBeBetween", arguments, "{:,.0f} rows")
