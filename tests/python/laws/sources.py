"""Tools and objects that are missing, and what the definitions then let a KPI say."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from .exports import MANIFEST

ISSUES = ("delivery_predictability", "cycle_time", "defect_escape", "rework_ratio", "outcome_linked_work")
CHANGES = ("lead_time", "rework_ratio", "outcome_linked_work")
DEPLOYMENTS = ("lead_time", "change_failure_rate")
INCIDENTS = ("change_failure_rate", "time_to_restore")


@dataclass(frozen=True)
class Removal:
    """Objects that are taken away, by tool (none named = all of it), and what becomes of the KPIs.

    A KPI that cannot be told without them is NULL; one that they inform may change; any other stays as it is.
    """

    objects: Mapping[str, Sequence[str]]
    unknown: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "+".join(f"{tool}.{name}" for tool, names in self.objects.items() for name in names or ["*"])


TOOLS = (
    # Without a history time tells what a deployment holds, and nothing tells a rollback from a redeployment.
    Removal({"git": ()}, ("key_person_concentration",), DEPLOYMENTS),
    # A review shows that somebody is still here.
    Removal({"github": ()}, tuple(dict.fromkeys(CHANGES + DEPLOYMENTS)), ("key_person_concentration",)),
    Removal({"jira": ()}, ISSUES),
    # A defect may be tied to an incident, a change may follow one up.
    Removal({"pagerduty": ()}, INCIDENTS, ("defect_escape", "rework_ratio")),
    Removal({"hubspot": ()}, (), ("outcome_linked_work",)),
    # Without sheets services, teams and identities are guessed at.
    Removal(
        {"planning": ()},
        ("roadmap_accuracy",),
        (*DEPLOYMENTS, "key_person_concentration", "time_to_restore", "delivery_predictability", *CHANGES),
    ),
)
OBJECTS = (
    Removal(
        {"hubspot": (), "planning": ("roadmap_items", "objectives")},
        ("outcome_linked_work", "roadmap_accuracy"),
    ),
    Removal({"planning": ("roadmap_items",)}, ("roadmap_accuracy",), ("outcome_linked_work",)),
    Removal({"planning": ("objectives",)}, (), ("outcome_linked_work",)),
    Removal({"planning": ("outcome_links",)}, (), ("outcome_linked_work",)),
    # A revert shows that a deployment failed.
    Removal({"github": ("pull_requests",)}, CHANGES, ("change_failure_rate", "key_person_concentration")),
    Removal({"github": ("deployments",)}, DEPLOYMENTS, ("rework_ratio",)),
    Removal({"github": ("deployment_statuses",)}, DEPLOYMENTS, ("rework_ratio",)),
    Removal({"github": ("reviews",)}, (), ("key_person_concentration",)),
    Removal(
        {"github": ("pull_request_commits",)},
        (),
        (*CHANGES, "change_failure_rate", "key_person_concentration"),
    ),
    Removal({"jira": ("issues",)}, ISSUES),
    # A company without sprints is measured by its service level.
    Removal({"jira": ("sprints",)}, (), ("delivery_predictability",)),
    Removal({"pagerduty": ("incidents",)}, INCIDENTS, ("defect_escape", "rework_ratio")),
)


def without(removal: Removal) -> Callable[[duckdb.DuckDBPyConnection], None]:
    """Takes landed objects out of the raw tables and out of the books, as if they had never been landed."""

    def prepare(connection: duckdb.DuckDBPyConnection) -> None:
        for tool, names in removal.objects.items():
            tables = connection.execute(
                "select table_name from duckdb_tables() where schema_name = ?", [f"raw_{tool}"]
            ).fetchall()
            for (name,) in tables:
                if name in names or not names:
                    connection.execute(f"delete from raw_{tool}.{name}")
                    connection.execute(
                        "delete from raw_meta.loads where tool = ? and object = ?", [tool, name]
                    )

    return prepare


@dataclass(frozen=True)
class Stop:
    """A tool whose export reaches less far than the others', and the KPIs that it must cover."""

    tool: str
    unknown: tuple[str, ...] = field(default=())


STOPS = (
    Stop("git", ("key_person_concentration",)),
    Stop("github", tuple(dict.fromkeys(CHANGES + DEPLOYMENTS))),
    Stop("jira", ISSUES),
    Stop("pagerduty", INCIDENTS),
    Stop("planning", ("roadmap_accuracy",)),
)


def stopped(full: Path, past: Path, out: Path, tool: str) -> Path:
    """The exports of `full`, but of one tool those that it gave at an earlier instant."""
    shutil.copytree(full, out, dirs_exist_ok=True)
    shutil.rmtree(out / tool)
    shutil.copytree(past / tool, out / tool)
    shutil.copy(past / MANIFEST, out / tool / MANIFEST)
    return out
