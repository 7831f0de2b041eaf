"""What may be odd in the CRM."""

from __future__ import annotations

from random import Random

from .export import Export, like, parse, seconds
from .registry import mutation, some

DEALS, COMPANIES = "hubspot/deals", "hubspot/companies"


def _keys(export: Export, random: Random) -> str:
    known = [row["key"] for row in export.of("jira/issues")] or ["CHK-1"]
    return random.choice(["; ", ", ", " ", "\n"]).join(
        random.choice([key, key.lower(), f"{key}x"]) for key in some(random, known)
    )


@mutation
def issue_keys_of_records(export: Export, random: Random) -> None:
    """Deals and companies that name issues, in whatever letters and with whatever between."""
    for row in [*some(random, export.of(DEALS)), *some(random, export.of(COMPANIES))]:
        row["properties"]["issue_keys"] = random.choice([_keys(export, random), _keys(export, random), None])


@mutation
def deals_lost(export: Export, random: Random) -> None:
    """Lost before, while or after work was done; when is not always known."""
    closed = [row["fields"]["created"] for row in export.of("jira/issues")] or [
        "2026-01-01T00:00:00.000+0000"
    ]
    for row in some(random, export.of(DEALS), 5):
        properties = row["properties"]
        at = parse(random.choice(closed)) + seconds(random.choice([-86_400, -1, 0, 1, 86_400]))
        properties["closedate"] = random.choice([None, like("2026-01-01T00:00:00.000Z", at)])
        properties["dealstage"] = "closedlost"
        properties["hs_is_closed_lost"], properties["hs_is_closed_won"] = "true", "false"


@mutation
def records_archived(export: Export, random: Random) -> None:
    """HubSpot's word for deleted."""
    for row in [*some(random, export.of(DEALS)), *some(random, export.of(COMPANIES))]:
        row["archived"] = True


@mutation
def records_made_late(export: Export, random: Random) -> None:
    """Made only after the work was done: at, before or after the days of grace."""
    done = [
        row["fields"]["resolutiondate"] for row in export.of("jira/issues") if row["fields"]["resolutiondate"]
    ]
    for row in [*some(random, export.of(DEALS), 4), *some(random, export.of(COMPANIES), 4)]:
        if done:
            at = parse(random.choice(done)) + seconds(
                random.choice([0, 7 * 86_400]) + random.choice([-1, 0, 1])
            )
            row["createdAt"] = row["properties"]["createdate"] = like(row["createdAt"], at)


@mutation
def records_named_alike(export: Export, random: Random) -> None:
    """Two records, or a record and an objective, of one name."""
    names = [row["name"] for row in export.sheet("objectives")] or ["Growth"]
    for row in some(random, export.of(DEALS)):
        row["properties"]["dealname"] = random.choice([*names, "Growth", "", None])
    for row in some(random, export.of(COMPANIES)):
        row["properties"]["name"] = random.choice([*names, "Growth", None])


@mutation
def deal_fields_empty(export: Export, random: Random) -> None:
    """Fields that may be empty are."""
    for row in some(random, export.of(DEALS), 5):
        name = random.choice(["amount", "deal_currency_code", "closedate", "dealname", "dealstage"])
        row["properties"][name] = random.choice([None, ""])


@mutation
def loss_told_otherwise(export: Export, random: Random) -> None:
    """Deals that do not say whether they were lost: their stage, other flags or nothing tells."""
    for row in export.of(DEALS):
        properties = row["properties"]
        lost, won = (
            properties.pop("hs_is_closed_lost", None) == "true",
            properties.get("hs_is_closed_won") == "true",
        )
        told = random.choice(["flags", "closed", "stage", "nothing"])
        if told == "flags":
            properties["hs_is_closed"] = str(lost or won).lower()
        elif told == "closed":
            # Closed, but nobody says how.
            properties["hs_is_closed"] = random.choice([str(lost or won).lower(), None, ""])
            properties["hs_is_closed_won"] = random.choice([None, ""])
        elif told == "nothing":
            properties.pop("hs_is_closed_won", None)
            properties["dealstage"] = random.choice(["77", "", None, properties["dealstage"]])
    for pipeline in export.of("hubspot/pipelines"):
        if random.random() < 0.4:
            stages = pipeline["stages"]
            pipeline["stages"] = [stage for stage in stages if random.random() < 0.7]
        if random.random() < 0.3:
            # A second pipeline means something else by a name.
            stage = {**random.choice(pipeline["stages"] or [{"id": "77", "label": "?"}])}
            stage["metadata"] = {"isClosed": "true", "probability": random.choice(["0.0", "1.0", "0"])}
            export.of("hubspot/pipelines").append({**pipeline, "id": "second", "stages": [stage]})
            break
