"""The parameters that the definitions name, with the defaults that they give."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Settings:
    """Parameters of one reckoning; ``as_of`` is an instant in UTC."""

    as_of: datetime
    reporting_timezone: str = "UTC"
    lead_time_start: Literal["first_commit", "pr_opened", "pr_merged"] = "first_commit"
    active_days: int = 90
    deployment_join_minutes: int = 60
    episode_gap_minutes: int = 30
    episode_reach_hours: int = 24
    transient_minutes: int = 5
    revert_window_days: int = 30
    change_failure_window_hours: int = 24
    defect_escape_min_pre_release: int = 5
    outcome_link_grace_days: int = 7
    roadmap_grace_days: int = 0
    jira_epic_field: str = "customfield_10014"
    jira_sprint_field: str = "customfield_10020"
    jira_found_in_field: str = "customfield_10050"
    jira_severity_field: str = "customfield_10051"
    jira_outcome_field: str = "customfield_10052"
    hubspot_issue_keys_property: str = "issue_keys"
    deployment_custom_field: str = "deployment_id"
    impact_started_custom_field: str = "impact_started_at"
    mitigated_custom_field: str = "mitigated_at"

    @property
    def zone(self) -> ZoneInfo:
        """Return the organisation's time zone."""
        return ZoneInfo(self.reporting_timezone)

    @property
    def outcome_grace(self) -> timedelta:
        """Return the time after completion within which a link to an outcome still counts."""
        return timedelta(days=self.outcome_link_grace_days)
