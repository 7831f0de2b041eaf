"""What may be odd in the sheets that people keep by hand."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from .export import Export, like, parse, seconds
from .registry import mutation, some

KPIS = (
    "lead_time",
    "delivery_predictability",
    "cycle_time",
    "key_person_concentration",
    "change_failure_rate",
    "time_to_restore",
    "defect_escape",
    "rework_ratio",
    "outcome_linked_work",
    "roadmap_accuracy",
)


def any_day(export: Export, random: Random) -> str:
    """A day within the span, or the first or last of a month in it."""
    begin, end = export.span
    at = begin + timedelta(days=random.randrange(max(1, (end - begin).days + 2)))
    return random.choice([at, at.replace(day=1), at.replace(day=1) - timedelta(days=1)]).strftime("%Y-%m-%d")


def shifted(text: str, days: int) -> str:
    """A day so many days later."""
    return (parse(text) + timedelta(days=days)).strftime("%Y-%m-%d")


# People and teams ------------------------------------------------------------------------------------


@mutation
def memberships_odd(export: Export, random: Random) -> None:
    """In two teams at once, in none for a while, for one day, out on the day of the work."""
    teams = [row["team_id"] for row in export.sheet("teams")] or ["t"]
    rows = export.sheet("team_memberships")
    for row in some(random, rows, 3):
        day = any_day(export, random)
        known = {(other["person_id"], other["team_id"], other["from_on"]) for other in rows}
        added = {
            **row,
            "team_id": random.choice([*teams, "zeta", "alpha"]),
            "from_on": random.choice([day, row["from_on"]]),
        }
        added["to_on"] = random.choice(["", added["from_on"], shifted(added["from_on"], 20)])
        if (added["person_id"], added["team_id"], added["from_on"]) not in known:
            rows.append(added)
        if random.random() < 0.5:
            row["to_on"] = random.choice([day, max(row["from_on"], shifted(day, -1))])
            row["to_on"] = max(row["to_on"], row["from_on"])


@mutation
def nobody_in_a_team(export: Export, random: Random) -> None:
    """Who is in which team is not kept."""
    export.sheet("team_memberships").clear()
    if random.random() < 0.5:
        export.sheet("projects").clear()


@mutation
def identities_missing(export: Export, random: Random) -> None:
    """Some accounts are listed for nobody; some addresses differ in their letters."""
    rows = export.sheet("identities")
    for row in some(random, rows, 6):
        if random.random() < 0.5:
            row["identifier"] = row["identifier"].upper()
        else:
            rows.remove(row)


@mutation
def emails_of_people(export: Export, random: Random) -> None:
    """An address that is missing, or in other letters."""
    rows = export.sheet("people")
    for row in some(random, rows, 3):
        row["email"] = random.choice(["", row["email"].upper()])


@mutation
def two_people_of_one_address(export: Export, random: Random) -> None:
    """Two people share an address, written alike or not."""
    rows = export.sheet("people")
    for row in some(random, rows, 2):
        other = random.choice(rows)
        row["email"] = random.choice([other["email"], other["email"].upper()])


@mutation
def projects_odd(export: Export, random: Random) -> None:
    """Projects without a team, of an unknown team, or not listed."""
    rows = export.sheet("projects")
    for row in some(random, rows):
        row["team_id"] = random.choice(["unheard-of", *(team["team_id"] for team in export.sheet("teams"))])
    if rows and random.random() < 0.4:
        rows.remove(random.choice(rows))


# Services --------------------------------------------------------------------------------------------


@mutation
def services_odd(export: Export, random: Random) -> None:
    """Prefixes within prefixes, shared sources, no team, other letters."""
    rows = export.sheet("services")
    for row in some(random, rows, 3):
        change = random.choice(list(row))
        if change == "path_prefix":
            row[change] = random.choice(["src", "src/", "./src", "services", "docs", "", "src/api"])
        elif change == "incident_service":
            row[change] = random.choice(["", row[change].upper(), *(other[change] for other in rows)])
        elif change == "deployment_environment":
            row[change] = random.choice(["", "production", "Production", "prod-eu", "staging"])
        elif change == "repository":
            row[change] = random.choice([row[change].upper(), *(other[change] for other in rows)])
        elif change == "team_id":
            row[change] = random.choice(["unheard-of", *(team["team_id"] for team in export.sheet("teams"))])


@mutation
def two_services_of_one_repository(export: Export, random: Random) -> None:
    """A service beside another one of the same repository, whose name comes before or after."""
    rows = export.sheet("services")
    for row in some(random, rows, 2):
        added = {
            **row,
            "service_id": random.choice(["aaa", "zzz"]) + str(export.number()),
            "path_prefix": random.choice(["src", "docs", "", row["path_prefix"], "services/checkout"]),
            "deployment_environment": random.choice(
                ["", "prod-eu", row["deployment_environment"], "production"]
            ),
            "incident_service": random.choice(["", row["incident_service"], "PNEW"]),
        }
        rows.append(added)


@mutation
def service_without_alerts(export: Export, random: Random) -> None:
    """No source of incidents for some services."""
    for row in some(random, export.sheet("services"), 3):
        row["incident_service"] = ""


# Roadmap ---------------------------------------------------------------------------------------------


def _versions(export: Export) -> list[str]:
    return sorted({row["plan_version_on"] for row in export.sheet("roadmap_items")})


@mutation
def plan_versions_lost(export: Export, random: Random) -> None:
    """Versions of the plan that nobody kept."""
    gone = some(random, _versions(export), 3)
    rows = export.sheet("roadmap_items")
    rows[:] = [row for row in rows if row["plan_version_on"] not in gone]


@mutation
def plan_versions_added(export: Export, random: Random) -> None:
    """A version on another day: a copy of one, with items moved, cancelled, dropped, delivered."""
    rows = export.sheet("roadmap_items")
    for version in some(random, _versions(export), 2):
        day = any_day(export, random)
        if day in _versions(export):
            continue
        for row in [row for row in rows if row["plan_version_on"] == version]:
            if random.random() < 0.8:
                rows.append(
                    {
                        **row,
                        "plan_version_on": day,
                        "state": random.choice([row["state"], "planned", "deferred"]),
                    }
                )


@mutation
def plan_items_changed(export: Export, random: Random) -> None:
    """Other states, ends, quarters, promises, from version to version."""
    quarters = sorted({row["planned_quarter"] for row in export.sheet("roadmap_items")})
    for row in some(random, export.sheet("roadmap_items"), 8):
        change = random.choice(
            ["state", "planned_end_on", "planned_quarter", "commitment", "delivered_at", "team_id"]
        )
        if change == "state":
            row[change] = random.choice(["planned", "in_progress", "delivered", "cancelled", "deferred"])
        elif change == "planned_end_on":
            row[change] = random.choice(["", any_day(export, random)])
        elif change == "planned_quarter":
            row[change] = random.choice(quarters)
        elif change == "commitment":
            row[change] = random.choice(["committed", "aspirational"])
        elif change == "team_id":
            row[change] = random.choice(["", "unheard-of", row[change]])
        else:
            row["state"] = "delivered"
            at = parse(any_day(export, random)) + seconds(random.choice([0, 13 * 3600, 86_399]))
            row[change] = random.choice(["", at.strftime("%Y-%m-%d"), like("2026-01-01T00:00:00Z", at)])


@mutation
def plan_items_dropped(export: Export, random: Random) -> None:
    """Items that are absent from some versions, later ones mostly, and come back."""
    rows = export.sheet("roadmap_items")
    for item in some(random, sorted({row["roadmap_item_id"] for row in rows}), 4):
        versions = _versions(export)[random.randint(0, 2) :]
        gone = versions[-random.randint(1, 3) :] if random.random() < 0.6 else versions[:1]
        rows[:] = [
            row for row in rows if row["roadmap_item_id"] != item or row["plan_version_on"] not in gone
        ]


@mutation
def delivered_without_date(export: Export, random: Random) -> None:
    """The plan says delivered and not when."""
    for row in export.sheet("roadmap_items"):
        if row["state"] == "delivered" and random.random() < 0.7:
            row["delivered_at"] = ""


@mutation
def epics_of_items(export: Export, random: Random) -> None:
    """Items for any issue as their epic, for none, for an unknown one; with other objectives."""
    keys = [row["key"] for row in export.of("jira/issues")] or ["CHK-1"]
    objectives = [row["objective_id"] for row in export.sheet("objectives")]
    for row in some(random, export.sheet("roadmap_items"), 6):
        row["epic_key"] = random.choice([random.choice(keys), random.choice(keys).lower(), "", "GONE-1"])
        row["objective_id"] = random.choice([*objectives, "", "OBJ-GONE"])


@mutation
def baselines_given(export: Export, random: Random) -> None:
    """Frozen within the quarter, before it, 92 or 93 days after the last version."""
    rows = export.sheet("baselines")
    quarters = sorted({row["planned_quarter"] for row in export.sheet("roadmap_items")})
    for quarter in some(random, quarters, 3):
        version = random.choice(_versions(export))
        day = random.choice([any_day(export, random), shifted(version, random.choice([0, -1, 91, 92, 93]))])
        rows[:] = [row for row in rows if row["planned_quarter"] != quarter]
        rows.append({"planned_quarter": quarter, "baseline_date": day})


@mutation
def objectives_odd(export: Export, random: Random) -> None:
    """Objectives that begin or end on the day of the work, that never end, that are gone."""
    rows = export.sheet("objectives")
    for row in some(random, rows, 4):
        row["active_from_on"] = any_day(export, random)
        row["active_to_on"] = random.choice(["", row["active_from_on"], shifted(row["active_from_on"], 30)])
    if rows and random.random() < 0.3:
        rows.remove(random.choice(rows))


# Targets and links -----------------------------------------------------------------------------------


@mutation
def targets_odd(export: Export, random: Random) -> None:
    """Targets at nought, out of reach, of the future, for teams and services, without an owner."""
    rows = export.sheet("targets")
    teams = [row["team_id"] for row in export.sheet("teams")]
    services = [row["service_id"] for row in export.sheet("services")]
    for kpi in random.sample(KPIS, 5):
        kind = random.choice(["company", "team", "service"])
        scope = (
            "" if kind == "company" else random.choice([*(teams if kind == "team" else services), "unknown"])
        )
        row = {
            "kpi": kpi,
            "scope_type": kind,
            "scope_id": scope,
            "target": random.choice(["0", "1", "0.5", "1000", "0.3333333333", "24"]),
            "owner": random.choice(["", "Head of It"]),
            "from_on": any_day(export, random),
        }
        place = [row[name] for name in ("kpi", "scope_type", "scope_id", "from_on")]
        rows[:] = [
            old for old in rows if [old[n] for n in ("kpi", "scope_type", "scope_id", "from_on")] != place
        ]
        rows.append(row)


@mutation
def outcome_links_odd(export: Export, random: Random) -> None:
    """Links of epics, to unknown outcomes, without a date, on the last day of grace or after."""
    rows = export.sheet("outcome_links")
    outcomes = [("objective", row["objective_id"]) for row in export.sheet("objectives")]
    outcomes += [("deal", row["id"]) for row in export.of("hubspot/deals")]
    outcomes += [("account", row["id"]) for row in export.of("hubspot/companies")]
    for issue in some(random, export.of("jira/issues"), 6):
        kind, number = random.choice([*outcomes, ("deal", "404"), ("objective", "OBJ-GONE")])
        done = issue["fields"]["resolutiondate"] or issue["fields"]["created"]
        at = parse(done) + seconds(random.choice([0, 7 * 86_400, -86_400]) + random.choice([-1, 0, 1]))
        linked = random.choice(["", like("2026-01-01T00:00:00Z", at), at.strftime("%Y-%m-%d")])
        key = random.choice([issue["key"], issue["key"].lower()])
        rows.append({"issue_key": key, "outcome_type": kind, "outcome_id": number, "linked_at": linked})


@mutation
def no_planning_sheets(export: Export, random: Random) -> None:
    """No sheets at all, or none of people, teams and services."""
    organisation = ("people", "identities", "teams", "team_memberships", "projects", "services")
    for name in organisation if random.random() < 0.5 else list(export.sheets):
        export.sheets.pop(name, None)


@mutation
def some_sheets_missing(export: Export, random: Random) -> None:
    """A sheet that nobody keeps."""
    for name in some(random, sorted(export.sheets), 2):
        export.sheets.pop(name)


@mutation
def only_hits(export: Export, random: Random) -> None:
    """Every link is without a date and to what exists."""
    for row in export.sheet("outcome_links"):
        row["linked_at"] = ""


@mutation
def sheet_emptied(export: Export, random: Random) -> None:
    """A sheet that holds its header alone."""
    names = [
        name
        for name in ("targets", "objectives", "baselines", "outcome_links", "roadmap_items", "projects")
        if name in export.sheets
    ]
    for name in some(random, names, 2):
        export.sheet(name).clear()
