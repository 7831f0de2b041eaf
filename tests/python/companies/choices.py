"""Settings other than the defaults: a handful, as the models are compiled anew for each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .export import Export, Json


@dataclass(frozen=True)
class Choice:
    """dbt variables, and how the exports name the fields that some of them name."""

    variables: dict[str, Any] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    """Fields by the names that the simulator gives them."""

    @property
    def text(self) -> str:
        """The variables as dbt takes them."""
        return json.dumps(self.variables, sort_keys=True)

    @property
    def oracle(self) -> dict[str, Any]:
        """The same for the oracle."""
        return {ORACLE_NAMES.get(name, name): value for name, value in self.variables.items()}


ORACLE_NAMES = {
    "jira_epic_link_field": "jira_epic_field",
    "pagerduty_deployment_field": "deployment_custom_field",
    "pagerduty_impact_started_field": "impact_started_custom_field",
    "pagerduty_mitigated_field": "mitigated_custom_field",
}
CHOICES = {
    "usual": Choice(),
    "narrow": Choice(
        {
            "lead_time_start": "pr_opened",
            "deployment_join_minutes": 0,
            "change_failure_window_hours": 2,
            "revert_window_days": 1,
            "episode_gap_minutes": 0,
            "episode_reach_hours": 1,
            "transient_minutes": 1,
            "active_days": 14,
            "defect_escape_min_pre_release": 1,
            "outcome_link_grace_days": 0,
            "roadmap_grace_days": 3,
        }
    ),
    "wide": Choice(
        {
            "lead_time_start": "pr_merged",
            "deployment_join_minutes": 600,
            "change_failure_window_hours": 100,
            "revert_window_days": 90,
            "episode_gap_minutes": 600,
            "episode_reach_hours": 100,
            "transient_minutes": 60,
            "active_days": 400,
            "defect_escape_min_pre_release": 2,
            "outcome_link_grace_days": 30,
            "roadmap_grace_days": 30,
            "jira_sprint_field": "customfield_11020",
            "jira_epic_link_field": "customfield_11014",
            "jira_found_in_field": "customfield_11050",
            "jira_severity_field": "customfield_11051",
            "jira_outcome_field": "customfield_11052",
            "pagerduty_deployment_field": "Blamed deployment",
            "pagerduty_impact_started_field": "impact",
            "pagerduty_mitigated_field": "mitigation",
            "hubspot_issue_keys_property": "tickets",
        },
        {
            "customfield_10020": "customfield_11020",
            "customfield_10014": "customfield_11014",
            "customfield_10050": "customfield_11050",
            "customfield_10051": "customfield_11051",
            "customfield_10052": "customfield_11052",
            "deployment_id": "Blamed deployment",
            "impact_started_at": "impact",
            "mitigated_at": "mitigation",
            "issue_keys": "tickets",
        },
    ),
}


def rename_fields(export: Export, renamed: dict[str, str]) -> None:
    """Give an export's fields their other names, wherever the vendors' rows name them."""
    if not renamed:
        return
    for row in export.of("jira/issues"):
        row["fields"] = _with_keys(row["fields"], renamed)
    logs = [entry for row in export.of("jira/issues") for entry in row["changelog"]["histories"]]
    for item in [item for entry in [*logs, *export.of("jira/issue_changelogs")] for item in entry["items"]]:
        if "fieldId" in item:
            item["fieldId"] = renamed.get(item["fieldId"], item["fieldId"])
    for row in export.of("jira/issue_fields"):
        row["id"] = renamed.get(row["id"], row["id"])
        if row.get("key"):
            row["key"] = renamed.get(row["key"], row["key"])
    for row in export.of("pagerduty/incidents"):
        # One row may stand in several exports; what is renamed already stays.
        row["custom_fields"] = [
            {**entry, "name": renamed.get(entry["name"], entry["name"])}
            for entry in row["custom_fields"] or []
        ]
    for row in [*export.of("hubspot/deals"), *export.of("hubspot/companies")]:
        row["properties"] = _with_keys(row["properties"], renamed)


def _with_keys(row: Json, renamed: dict[str, str]) -> Json:
    return {renamed.get(name, name): value for name, value in row.items()}
