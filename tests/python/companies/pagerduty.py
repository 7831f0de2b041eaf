"""What may be odd in the incident tool."""

from __future__ import annotations

from random import Random

from .export import Export, Json, iso, parse, seconds
from .github import DEPLOYMENTS, phrase
from .registry import mutation, some

INCIDENTS = "pagerduty/incidents"
LOG = "pagerduty/incident_log_entries"
MINUTE = 60


def raise_incident(
    export: Export, random: Random, at_text: str, minutes: float | None, **fields: object
) -> Json:
    """Add an incident like another that lasts so many minutes (None: open), resolved by a person."""
    template = random.choice(export.of(INCIDENTS))
    at = parse(at_text)
    end = None if minutes is None else iso(at + seconds(minutes * MINUTE))
    number = export.number()
    row = {
        **template,
        "id": f"Q{number}",
        "incident_number": number,
        "title": "Checkout: out of memory",
        "description": "",
        "urgency": "high",
        "status": "triggered" if end is None else "resolved",
        "created_at": iso(at),
        "updated_at": end or iso(at),
        "resolved_at": end,
        "last_status_change_at": end or iso(at),
        "last_status_change_by": {"id": "PX", "type": "user_reference", "summary": "Ann"},
        "resolve_reason": None,
        "custom_fields": [],
        "html_url": f"https://acme.pagerduty.com/incidents/Q{number}",
        **fields,
    }
    export.of(INCIDENTS).append(row)
    return row


def log(export: Export, incident: Json, kind: str, at_text: str, agent: str | None) -> None:
    """Add an entry to an incident's log."""
    if LOG in export.rows:
        export.of(LOG).append(
            {
                "id": f"R{export.number()}",
                "type": f"{kind}_log_entry",
                "created_at": at_text,
                "agent": None if agent is None else {"id": "PY", "type": agent, "summary": "?"},
                "channel": {"type": "auto"},
                "incident": {"id": incident["id"], "type": "incident_reference"},
            }
        )


def resolved(export: Export) -> list[Json]:
    """Incidents that are over."""
    return [row for row in export.of(INCIDENTS) if row["resolved_at"]]


@mutation
def nine_incidents_in_an_hour(export: Export, random: Random) -> None:
    """One service, nine incidents: overlapping, touching, just apart."""
    if not export.of(INCIDENTS):
        return
    at = parse(random.choice(export.of(INCIDENTS))["created_at"])
    for _ in range(9):
        start = at + seconds(random.randrange(3600))
        raise_incident(export, random, iso(start), random.choice([None, 0, 1, 5, 20, 45]))


@mutation
def incidents_at_the_gap(export: Export, random: Random) -> None:
    """The next one begins 29:59, 30:00 or 30:01 after the end of the one before."""
    for before in some(random, resolved(export)):
        gap = random.choice([29 * MINUTE + 59, 30 * MINUTE, 30 * MINUTE + 1])
        start = parse(before["resolved_at"]) + seconds(gap)
        raise_incident(export, random, iso(start), 10, service=before["service"])


@mutation
def incident_longer_than_a_day(export: Export, random: Random) -> None:
    """Open for days, or for good; another begins around the day's end."""
    for before in some(random, export.of(INCIDENTS), 2):
        start = parse(before["created_at"])
        minutes = random.choice([24 * 60, 24 * 60 + 1, 4000, None])
        raise_incident(export, random, iso(start), minutes, service=before["service"])
        later = start + seconds(86_400 + 30 * MINUTE + random.choice([-1, 0, 1]))
        raise_incident(export, random, iso(later), 10, service=before["service"])


@mutation
def incidents_merged(export: Export, random: Random) -> None:
    """Merged in chains, in circles, into what is not exported."""
    chosen = some(random, export.of(INCIDENTS), 4)
    targets = (
        [*(row["id"] for row in chosen[1:]), random.choice(["QGONE", chosen[0]["id"]])] if chosen else []
    )
    for row, target in zip(chosen, targets, strict=False):
        row["resolve_reason"] = {
            "type": "merge_resolve_reason",
            "incident": {"id": target, "type": "incident_reference"},
        }
        row["status"] = "resolved"
        row["resolved_at"] = row["resolved_at"] or row["created_at"]


@mutation
def urgency_changed(export: Export, random: Random) -> None:
    """Low, or not said."""
    for row in some(random, export.of(INCIDENTS), 4):
        row["urgency"] = random.choice(["low", "high", None, "Low"])


@mutation
def resolved_by_itself(export: Export, random: Random) -> None:
    """Resolved by the monitor after 4:59, 5:00 or 5:01, as the log or the last change tells."""
    for row in some(random, export.of(INCIDENTS), 4):
        end = iso(parse(row["created_at"]) + seconds(random.choice([0, 299, 300, 301])))
        row["status"], row["resolved_at"], row["last_status_change_at"] = "resolved", end, end
        row["updated_at"] = end
        agent = random.choice(["service_reference", "user_reference", "integration_reference", None])
        row["last_status_change_by"] = None if agent is None else {"id": "P1", "type": agent}
        if LOG in export.rows:
            export.rows[LOG] = [entry for entry in export.of(LOG) if entry["incident"]["id"] != row["id"]]
            for _ in range(random.randint(0, 2)):
                other = random.choice(["service_reference", "user_reference", None])
                log(export, row, random.choice(["resolve", "acknowledge"]), end, other)


@mutation
def service_of_incident_odd(export: Export, random: Random) -> None:
    """No service, one that no sheet maps, or one that was renamed."""
    for row in some(random, export.of(INCIDENTS), 4):
        service = row["service"] or {"id": "P1", "type": "service_reference"}
        row["service"] = random.choice(
            [None, {**service, "id": "PXXXXXX", "summary": "Somewhere"}, {**service, "summary": "Renamed"}]
        )


@mutation
def reopened_or_open(export: Export, random: Random) -> None:
    """Opened again, or resolved without saying when."""
    for row in some(random, export.of(INCIDENTS)):
        status = random.choice(["triggered", "acknowledged", "resolved"])
        row["status"], row["resolved_at"] = status, None


@mutation
def titles_of_incidents(export: Export, random: Random) -> None:
    """Tests, maintenance, other environments, as titles say; and titles that only mention them."""
    for row in some(random, export.of(INCIDENTS), 4):
        row["title"] = random.choice(
            [
                "[TEST] paging",
                "Test: paging",
                "latest build fails",
                "Planned maintenance of the database",
                "maintenance: index",
                "after maintenance: slow",
                "[staging] down",
                "staging: down",
                "Upstaging: down",
                "",
            ]
        )


@mutation
def incident_names_deployment(export: Export, random: Random) -> None:
    """One, two, unknown ones, with blanks."""
    numbers = [str(row["id"]) for row in export.of(DEPLOYMENTS)] or ["1"]
    for row in some(random, export.of(INCIDENTS), 4):
        named = [random.choice(numbers) for _ in range(random.randint(1, 2))]
        value = random.choice([named[0], f" {named[0]} ", "999", named[-1]])
        row["custom_fields"] = [{"id": "F1", "name": "deployment_id", "type": "field_value", "value": value}]


@mutation
def impact_and_mitigation(export: Export, random: Random) -> None:
    """Impact before or after the page; mitigated before it began, or after the resolution."""
    for row in some(random, export.of(INCIDENTS), 4):
        start = parse(row["created_at"])
        for name in random.sample(["impact_started_at", "mitigated_at"], random.randint(1, 2)):
            at = start + seconds(random.choice([-90_000, -1800, -1, 0, 1, 600, 90_000]))
            field = {"id": "F2", "name": name, "type": "field_value", "value": iso(at)}
            others = [other for other in row["custom_fields"] or [] if other["name"] != name]
            row["custom_fields"] = [*others, field]


@mutation
def incident_names_issue(export: Export, random: Random) -> None:
    """An incident's texts name an issue."""
    for row in some(random, export.of(INCIDENTS)):
        row["title"] = row["description"] = phrase(export, random).replace("\n", " ")


@mutation
def description_says_more(export: Export, random: Random) -> None:
    """A description that is not the title again names an issue, alone or beside the title."""
    for row in some(random, export.of(INCIDENTS), 4):
        text = phrase(export, random)
        row["description"] = random.choice([text, f"{row['title']}\n{text}", text.lower()])


@mutation
def log_lost(export: Export, random: Random) -> None:
    """No log at all."""
    if LOG in export.rows:
        export.rows[LOG] = []


@mutation
def incident_fields_empty(export: Export, random: Random) -> None:
    """Fields that may be empty are."""
    for row in some(random, export.of(INCIDENTS), 4):
        name = random.choice(
            ["priority", "description", "custom_fields", "last_status_change_by", "html_url", "service"]
        )
        row[name] = [] if name == "custom_fields" else None


@mutation
def zero_incidents(export: Export, random: Random) -> None:
    """Nothing ever broke."""
    for name in (INCIDENTS, LOG):
        if name in export.rows:
            export.rows[name] = []
