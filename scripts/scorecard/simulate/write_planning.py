"""The sheets that a company keeps by hand, one CSV each."""

from __future__ import annotations

from pathlib import Path

from scorecard.simulate.clock import DAY, iso, on
from scorecard.simulate.output import write_csv
from scorecard.simulate.state import World
from scorecard.simulate.tracker import SUPPORT_PROJECT

# Per KPI: unit as in the catalog, the first target, the later one, and the role that answers for it.
_TARGETS: tuple[tuple[str, str, str, str], ...] = (
    ("lead_time", "60", "48", "VP Engineering"),
    ("delivery_predictability", "0.7", "0.75", "Head of Delivery"),
    ("cycle_time", "4", "3.5", "Head of Delivery"),
    ("key_person_concentration", "0.6", "0.55", "Chief Architect"),
    ("change_failure_rate", "0.2", "0.15", "Head of Operations"),
    ("time_to_restore", "90", "75", "Head of Operations"),
    ("defect_escape", "0.3", "0.25", "Head of Quality"),
    ("rework_ratio", "0.35", "0.3", "Chief Architect"),
    ("outcome_linked_work", "0.6", "0.65", "Chief Product Officer"),
    ("roadmap_accuracy", "0.6", "0.7", "Chief Product Officer"),
)
_TEAM_TARGETS = (("lead_time", "40"), ("cycle_time", "3"), ("change_failure_rate", "0.1"))


def write(world: World, folder: Path) -> None:
    """Every sheet."""
    _people(world, folder)
    _organisation(world, folder)
    _plans(world, folder)
    _targets(world, folder)
    write_csv(
        folder / "outcome_links.csv",
        ("issue_key", "outcome_type", "outcome_id", "linked_at"),
        [
            {"issue_key": key, "outcome_type": kind, "outcome_id": number, "linked_at": iso(at) if at else ""}
            for key, kind, number, at in world.outcome_links
        ],
    )


def _people(world: World, folder: Path) -> None:
    people = [person for person in world.people if person.is_listed]
    write_csv(
        folder / "people.csv",
        ("person_id", "name", "email"),
        [{"person_id": p.person_id, "name": p.name, "email": p.emails[0]} for p in people],
    )
    write_csv(
        folder / "team_memberships.csv",
        ("person_id", "team_id", "from_on", "to_on"),
        [
            {"person_id": p.person_id, "team_id": m.team_id, "from_on": m.from_on, "to_on": m.to_on or ""}
            for p in people
            for m in p.memberships
        ],
    )
    rows = []
    for person in people:
        known = [("git", email) for email in person.emails]
        known += [
            ("github", person.account.login),
            ("jira", person.jira_id),
            ("pagerduty", person.pagerduty_id),
        ]
        rows += [{"person_id": person.person_id, "tool": tool, "identifier": name} for tool, name in known]
    write_csv(folder / "identities.csv", ("person_id", "tool", "identifier"), rows)


def _organisation(world: World, folder: Path) -> None:
    write_csv(
        folder / "teams.csv",
        ("team_id", "name"),
        [{"team_id": team.team_id, "name": team.name} for team in world.teams],
    )
    projects = [{"project_key": team.project_key, "team_id": team.team_id} for team in world.teams]
    projects.append({"project_key": SUPPORT_PROJECT[0], "team_id": world.teams[0].team_id})
    write_csv(folder / "projects.csv", ("project_key", "team_id"), projects)
    columns = (
        "service_id",
        "name",
        "team_id",
        "repository",
        "path_prefix",
        "deployment_environment",
        "incident_service",
    )
    rows = []
    for index, service in enumerate(world.services):
        # The incident tool's service is named by its identifier here, by its name there.
        alert = (service.alert_id if index % 2 else service.name) if service.has_alerts else ""
        rows.append(
            {
                "service_id": service.service_id,
                "name": service.name,
                "team_id": service.team.team_id,
                "repository": service.repo.name,
                "path_prefix": service.prefix.rstrip("/"),
                "deployment_environment": service.environment if service.is_environment_listed else "",
                "incident_service": alert,
            }
        )
    write_csv(folder / "services.csv", columns, rows)


def _plans(world: World, folder: Path) -> None:
    columns = (
        "roadmap_item_id",
        "plan_version_on",
        "title",
        "team_id",
        "planned_quarter",
        "planned_end_on",
        "commitment",
        "state",
        "delivered_at",
        "objective_id",
        "epic_key",
    )
    write_csv(
        folder / "roadmap_items.csv", columns, [row for version in world.plan_versions for row in version]
    )
    write_csv(
        folder / "baselines.csv",
        ("planned_quarter", "baseline_date"),
        [{"planned_quarter": quarter, "baseline_date": day} for quarter, day in world.baselines],
    )
    write_csv(
        folder / "objectives.csv",
        ("objective_id", "name", "active_from_on", "active_to_on"),
        [
            {
                "objective_id": objective.objective_id,
                "name": objective.name,
                "active_from_on": objective.active_from_on,
                "active_to_on": objective.active_to_on or "",
            }
            for objective in world.objectives
        ],
    )


def _targets(world: World, folder: Path) -> None:
    begin = on(world.config.start)
    later = on(world.config.start + (world.config.end - world.config.start) // 2 // DAY * DAY)
    rows = []
    for kpi, first, second, owner in _TARGETS:
        for target, day in ((first, begin), (second, later)):
            rows.append(
                {
                    "kpi": kpi,
                    "scope_type": "company",
                    "scope_id": "",
                    "target": target,
                    "owner": owner,
                    "from_on": day,
                }
            )
    for team in world.teams[:2]:
        for kpi, target in _TEAM_TARGETS:
            rows.append(
                {
                    "kpi": kpi,
                    "scope_type": "team",
                    "scope_id": team.team_id,
                    "target": target,
                    "owner": f"Lead of {team.name}",
                    "from_on": begin,
                }
            )
    write_csv(folder / "targets.csv", ("kpi", "scope_type", "scope_id", "target", "owner", "from_on"), rows)
