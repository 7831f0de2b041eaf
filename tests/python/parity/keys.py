"""The warehouse's ids for the oracle's subjects."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

from oracle.periods import complete_months
from oracle.row import Row
from oracle.world import World


class Keys:
    """Names an oracle's row as the warehouse names it.

    The oracle speaks of issues by key and of changes by repository and number, the warehouse of both by the
    id that the tool gave them.
    """

    def __init__(self, world: World, exports: Path) -> None:
        self._issues = {issue.key: issue.issue_id for issue in world.company.issues}
        self._changes = _pull_request_ids(exports)
        self._month_ends = {month.label: month.last_day for month in complete_months(world, 36)}

    def observation_id(self, row: Row) -> str:
        """Return the observation id that the facts give to an oracle's row."""
        named: dict[str, Callable[[Row], str]] = {
            "lead_time": self._change,
            "delivery_predictability": self._commitment,
            "cycle_time": self._issue,
            "key_person_concentration": self._file,
            "change_failure_rate": self._deployment,
            "time_to_restore": lambda row: f"pagerduty:{row.subject_id}",
            "defect_escape": self._issue,
            "rework_ratio": self._change,
            "outcome_linked_work": lambda row: (self._issue if row.method == "issue" else self._change)(row),
            "roadmap_accuracy": lambda row: ":".join(reversed(row.subject_id.split("@"))),
        }
        return f"{row.kpi}:{named[row.kpi](row)}"

    def issue_id(self, issue_key: str) -> str:
        """Return the id of the issue of a key."""
        return f"jira:{self._issues[issue_key]}"

    def change_id(self, change_id: str) -> str:
        """Return the id of a pull request of a repository and number."""
        return f"github:{self._changes[change_id]}"

    def _change(self, row: Row) -> str:
        return self.change_id(row.subject_id)

    def _deployment(self, row: Row) -> str:
        return f"github:{row.subject_id}{'' if row.service_id else 'no_service'}"

    def _issue(self, row: Row) -> str:
        return self.issue_id(row.subject_id)

    def _commitment(self, row: Row) -> str:
        issue = self.issue_id(row.details["issue_key"])
        sprint = f"jira:{row.details['sprint_id']}" if row.method == "sprint" else "service_level"
        return f"{sprint}:{issue}"

    def _file(self, row: Row) -> str:
        month_end = self._month_ends[row.details["month"]]
        return f"git:{row.details['repository']}:{row.details['path']}:{month_end}"


def _pull_request_ids(exports: Path) -> dict[str, str]:
    """Return GitHub's id of each pull request by repository and number, from the raw export."""
    path = exports / "github" / "pull_requests.ndjson.gz"
    if not path.exists():
        return {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        pulls = [json.loads(line) for line in lines if not line.startswith("[")]
    return {f"{pull['base']['repo']['full_name']}#{pull['number']}": str(pull["id"]) for pull in pulls}
