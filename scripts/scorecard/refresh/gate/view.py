"""What the subjects are made from: one candidate, what lies beside it, and the publication before it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from scorecard.refresh.gate.reading import DICTIONARIES, RAW_META, Books, Connection, Place

# What the queries read of the marts. Of a publication before they read the columns with a type alone.
SCORECARD = {
    "scorecard_id": "text",
    "kpi": "text",
    "scope_type": "text",
    "period_grain": "text",
    "period_start_on": "date",
    "value": "double precision",
    "null_reason": "text",
    "n": "bigint",
    "interval_low": "double precision",
    "interval_high": "double precision",
    "definition_version": "bigint",
    "as_of": "timestamp",
}
_SCORECARD_ALONE = (
    "unit",
    "numerator",
    "denominator",
    "p85",
    "bound_low",
    "bound_high",
    "coverage",
    "chart_middle",
    "chart_high",
    "is_latest_period",
    "data_origin",
)
PAGE = {"scorecard_id": "text", "kpi": "text", "value": "double precision"}
_PAGE_ALONE = ("n", "null_reason", "period_start_on", "period_end_on")
_FACT_ALONE = (
    "is_counted",
    "is_immature",
    "duration_seconds",
    "started_at",
    "ended_at",
    "occurred_at",
    "excluded_because",
)
_OBSERVATIONS = ("kpi", "role", "is_of_company", "month_on")
# What is said in place of a fall where there is nothing to have fallen from.
NO_PRIOR = "no earlier publication to compare with"
_CATALOG = ("kpi", "statistic", "base_grain", "headline_grain")


def read_catalog(root: Path) -> dict[str, str]:
    """The KPIs of the project and the accountability of each, from its dictionary."""
    with (root / "seeds" / "dictionaries" / "kpis.csv").open(encoding="utf-8", newline="") as file:
        return {row["kpi"]: row["accountability"] for row in csv.DictReader(file)}


@dataclass(frozen=True)
class View:
    """One candidate as the queries see it. catalog: accountability by KPI; now: the clock (UTC)."""

    connection: Connection
    place: Place
    books: Books
    previous: Place | None
    catalog: dict[str, str]
    now: datetime

    def missing(self) -> list[str]:
        """What the gate needs and the candidate does not have, by name."""
        needed = {
            "scorecard": (*SCORECARD, *_SCORECARD_ALONE),
            "scorecard_current": (*PAGE, *_PAGE_ALONE),
            "scorecard_observations": _OBSERVATIONS,
            "dim_kpis": _CATALOG,
            **{fact: ("kpi", *_FACT_ALONE) for fact in self.facts},
            **{f"kpi_{kpi}": () for kpi in self.catalog},
        }
        found = self.place.columns
        lacking = [
            table if table not in found else f"{table}.{column}"
            for table, columns in needed.items()
            for column in (columns if table in found else ("",))
            if table not in found or column not in found[table]
        ]
        beside = [(RAW_META, "loads"), (RAW_META, "rejects"), (DICTIONARIES, "source_roles")]
        return lacking + [
            f"{schema}.{table}" for schema, table in beside if not self.books.has(schema, table)
        ]

    @cached_property
    def facts(self) -> list[str]:
        """The facts, one an accountability, in the catalog's order."""
        return [f"fct_{accountability}" for accountability in dict.fromkeys(self.catalog.values())]

    def has_prior(self, table: str, columns: dict[str, str]) -> bool:
        """Whether there was a publication before that has this mart."""
        return self.previous is not None and self.previous.has(table, tuple(columns))

    def prior(self, table: str, columns: dict[str, str]) -> str:
        """A mart of the publication before as a subquery; no rows where there is none, or no such columns."""
        if self.previous is not None and self.has_prior(table, columns):
            return f"(select {', '.join(columns)} from {self.previous.mart(table)})"
        empty = ", ".join(f"cast(null as {data_type}) as {name}" for name, data_type in columns.items())
        return f"(select {empty} where 1 = 0)"
