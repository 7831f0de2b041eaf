"""Incident episodes: duplicates collapsed, what is left out dropped, neighbours joined."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .exports import Incident, instant
from .world import World


@dataclass
class Episode:
    """Incidents of one service that are one interruption; ``ended_at`` is ``None`` while one is open."""

    episode_id: str
    service_id: str | None
    started_at: datetime
    ended_at: datetime | None
    incidents: list[Incident]
    is_transient: bool
    named_deployments: list[str] = field(default_factory=list)

    @property
    def is_negative(self) -> bool:
        """Whether it ends before it starts, which is a data error."""
        return self.ended_at is not None and self.ended_at < self.started_at


@dataclass(frozen=True)
class LeftOut:
    """An incident that makes no episode, and why."""

    incident: Incident
    service_id: str | None
    excluded_because: str


def started_at(world: World, incident: Incident) -> datetime:
    """Return when impact began, else when the incident was created."""
    return (
        instant(incident.custom_fields.get(world.settings.impact_started_custom_field)) or incident.created_at
    )


def ended_at(world: World, incident: Incident) -> datetime | None:
    """Return when an incident was mitigated, else resolved, as known at ``as_of``."""
    mitigated = incident.custom_fields.get(world.settings.mitigated_custom_field)
    for moment in (instant(mitigated), incident.resolved_at):
        if moment is not None and moment <= world.as_of:
            return moment
    return None


def resolved_by_itself(incident: Incident, as_of: datetime) -> bool:
    """Whether no person resolved it, however often it was resolved."""
    resolving = [agent for at, kind, agent in incident.log if kind.startswith("resolve") and at <= as_of]
    agents = resolving or [incident.last_changed_by_kind]
    return all(agent is not None and not agent.startswith("user") for agent in agents)


def episodes(world: World) -> tuple[list[Episode], list[LeftOut]]:
    """Build the episodes known at ``as_of``, and name the incidents that are in none."""
    return world.once("episodes", lambda: _all_episodes(world))


def _all_episodes(world: World) -> tuple[list[Episode], list[LeftOut]]:
    incidents = [incident for incident in world.company.incidents if incident.created_at <= world.as_of]
    known = {incident.incident_id: incident for incident in incidents}
    kept: list[Incident] = []
    left_out: list[LeftOut] = []
    named: dict[str, list[str]] = {}
    for incident in incidents:
        root = _root(incident, known, world.as_of)
        names = incident.custom_fields.get(world.settings.deployment_custom_field)
        if names:
            named.setdefault(root.incident_id, []).append(names.strip())
        reason = _why_left_out(world, incident, root)
        if reason is None:
            kept.append(incident)
        else:
            service_id = world.service_of_incident(incident.service_id, incident.service_name)
            left_out.append(LeftOut(incident, service_id, reason))
    found = []
    for group in _joined(world, kept):
        found.append(_episode(world, group, named))
    return sorted(found, key=lambda item: (item.started_at, item.episode_id)), left_out


def _root(incident: Incident, known: dict[str, Incident], as_of: datetime) -> Incident:
    """Follow merges to the last incident; in a circle, to the one of the smallest id in it."""
    path = [incident.incident_id]
    while (following := _merged_into(known[path[-1]], as_of)) in known and following not in path:
        path.append(str(following))
    if following in path:
        return known[min(path[path.index(str(following)) :])]
    return known[path[-1]]


def _merged_into(incident: Incident, as_of: datetime) -> str | None:
    """Return what an incident was merged into by ``as_of``; a merge resolves it."""
    happened_at = incident.resolved_at or incident.last_changed_at
    return incident.merged_into if happened_at is None or happened_at <= as_of else None


def _why_left_out(world: World, incident: Incident, root: Incident) -> str | None:
    if root is not incident:
        return "duplicate"
    return world.dictionaries.incident_exclusion(incident.urgency, incident.title, incident.service_name)


def _joined(world: World, incidents: list[Incident]) -> list[list[Incident]]:
    groups: list[list[Incident]] = []
    by_service: dict[str, list[Incident]] = {}
    for incident in incidents:
        service_id = world.service_of_incident(incident.service_id, incident.service_name)
        if service_id is None:
            groups.append([incident])
        else:
            by_service.setdefault(service_id, []).append(incident)
    gap = timedelta(minutes=world.settings.episode_gap_minutes)
    for of_service in by_service.values():
        reach: datetime | None = None
        for incident in sorted(of_service, key=lambda item: (started_at(world, item), item.incident_id)):
            start = started_at(world, incident)
            if reach is None or start > reach + gap:
                groups.append([incident])
                reach = _reach(world, incident)
            else:
                groups[-1].append(incident)
                reach = max(reach, _reach(world, incident))
    return groups


def _reach(world: World, incident: Incident) -> datetime:
    furthest = started_at(world, incident) + timedelta(hours=world.settings.episode_reach_hours)
    end = ended_at(world, incident)
    return furthest if end is None else min(end, furthest)


def _episode(world: World, group: list[Incident], named: dict[str, list[str]]) -> Episode:
    first = group[0]
    start = min(started_at(world, incident) for incident in group)
    ends = [ended_at(world, incident) for incident in group]
    closed = [end for end in ends if end is not None]
    end = max(closed) if len(closed) == len(group) else None
    limit = timedelta(minutes=world.settings.transient_minutes)
    is_short = end is not None and timedelta(0) <= end - start <= limit
    return Episode(
        episode_id=first.incident_id,
        service_id=world.service_of_incident(first.service_id, first.service_name),
        started_at=start,
        ended_at=end,
        incidents=group,
        is_transient=is_short and all(resolved_by_itself(incident, world.as_of) for incident in group),
        named_deployments=[name for incident in group for name in named.get(incident.incident_id, [])],
    )
