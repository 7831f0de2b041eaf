"""PagerDuty's exports.

Shapes: https://developer.pagerduty.com/api-reference/ (incidents, log entries, services).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scorecard.simulate.clock import iso, iso_or_none
from scorecard.simulate.incidents import incident_url
from scorecard.simulate.output import Json, write_ndjson
from scorecard.simulate.state import Incident, Person, World

API = "https://api.pagerduty.com"


def write(world: World, folder: Path) -> None:
    """Every object, one file each."""
    write_ndjson(folder / "incidents.ndjson.gz", (_incident(world, incident) for incident in world.incidents))
    write_ndjson(folder / "incident_log_entries.ndjson.gz", _log_entries(world))
    write_ndjson(folder / "services.ndjson.gz", _services(world))


def _reference(kind: str, number: str, summary: str) -> Json:
    return {"id": number, "type": f"{kind}_reference", "summary": summary, "self": f"{API}/{kind}s/{number}"}


def _service(incident: Incident) -> Json | None:
    if incident.service_id is None or incident.service_name is None:
        return None
    return _reference("service", incident.service_id, incident.service_name)


def _user(person: Person) -> Json:
    return _reference("user", person.pagerduty_id, person.name)


def _resolver(incident: Incident) -> Json | None:
    if incident.is_resolved_by_itself or incident.responder is None:
        return _service(incident)
    return _user(incident.responder)


def _incident(world: World, incident: Incident) -> Json:
    last = incident.resolved_at or incident.acknowledged_at or incident.created_at
    status = (
        "resolved" if incident.resolved_at else "acknowledged" if incident.acknowledged_at else "triggered"
    )
    merged = incident.merged_into
    reason = None
    if merged is not None:
        reason = {
            "type": "merge_resolve_reason",
            "incident": {"id": merged.identifier, "type": "incident_reference", "summary": _summary(merged)},
        }
    return {
        "id": incident.identifier,
        "type": "incident",
        "incident_number": incident.number,
        "summary": _summary(incident),
        "title": incident.title,
        "description": incident.title,
        "status": status,
        "urgency": incident.urgency,
        "priority": {"id": f"PRI{incident.priority}", "type": "priority", "summary": incident.priority}
        if incident.priority
        else None,
        "created_at": iso(incident.created_at),
        "updated_at": iso(last),
        "resolved_at": iso_or_none(incident.resolved_at),
        "last_status_change_at": iso(last),
        "last_status_change_by": _resolver(incident),
        "service": _service(incident),
        "resolve_reason": reason,
        "custom_fields": [
            {"id": f"PFIELD{len(name)}", "name": name, "type": "field_value", "value": value}
            for name, value in incident.fields
        ],
        "html_url": incident_url(world, incident),
        "self": f"{API}/incidents/{incident.identifier}",
    }


def _summary(incident: Incident) -> str:
    return f"[#{incident.number}] {incident.title}"


def _log_entries(world: World) -> Iterator[Json]:
    for incident in world.incidents:
        monitor = _service(incident)
        responder = _user(incident.responder) if incident.responder else monitor
        entries = [("trigger", incident.created_at, monitor)]
        if incident.acknowledged_at is not None:
            entries.append(("acknowledge", incident.acknowledged_at, responder))
            if incident.number % 3 == 0:
                entries.append(("annotate", incident.acknowledged_at + 60, responder))
        if incident.resolved_at is not None:
            entries.append(("resolve", incident.resolved_at, _resolver(incident)))
        for index, (kind, at, agent) in enumerate(entries):
            if at <= world.config.end:
                yield {
                    "id": f"R{index}{incident.identifier}",
                    "type": f"{kind}_log_entry",
                    "summary": f"{kind.capitalize()} of {_summary(incident)}",
                    "created_at": iso(at),
                    "agent": agent,
                    "channel": {"type": "auto" if agent is monitor else "website"},
                    "service": monitor,
                    "incident": _reference("incident", incident.identifier, _summary(incident)),
                }


def _services(world: World) -> Iterator[Json]:
    listed = [(service.alert_id, service.name) for service in world.services if service.has_alerts]
    staging = [("S" + number[1:], f"{name} (staging)") for number, name in listed]
    for number, name in [*listed, *staging, ("PUPTIME", "Website uptime")]:
        yield {
            "id": number,
            "type": "service",
            "name": name,
            "summary": name,
            "status": "active",
            "created_at": iso(world.config.start - 86_400 * 200),
            "html_url": f"https://{world.config.organisation}.pagerduty.com/service-directory/{number}",
            "self": f"{API}/services/{number}",
        }
