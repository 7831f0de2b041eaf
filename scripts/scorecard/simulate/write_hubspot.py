"""HubSpot's exports. Shapes: https://developers.hubspot.com/docs/api/crm (deals, companies, pipelines)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scorecard.simulate.clock import iso_millis
from scorecard.simulate.output import Json, write_ndjson
from scorecard.simulate.state import CrmCompany, Deal, World

_STAGES = {
    "qualified": ("qualifiedtobuy", "Qualified to buy", 0.2),
    "proposal": ("contractsent", "Contract sent", 0.6),
    "won": ("closedwon", "Closed won", 1.0),
    "lost": ("closedlost", "Closed lost", 0.0),
}


def write(world: World, folder: Path) -> None:
    """Every object, one file each."""
    write_ndjson(folder / "deals.ndjson.gz", (_deal(deal) for deal in world.deals))
    write_ndjson(folder / "companies.ndjson.gz", (_company(company) for company in world.companies))
    write_ndjson(folder / "pipelines.ndjson.gz", _pipelines())


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _deal(deal: Deal) -> Json:
    created, updated = iso_millis(deal.created_at, "Z"), iso_millis(deal.updated_at, "Z")
    link = {"id": str(deal.company.number), "type": "deal_to_company"}
    return {
        "id": str(deal.number),
        "properties": {
            "hs_object_id": str(deal.number),
            "dealname": deal.name,
            "amount": f"{deal.amount}.00",
            "deal_currency_code": deal.currency,
            "dealstage": _STAGES[deal.stage][0],
            "pipeline": "default",
            "createdate": created,
            "closedate": iso_millis(deal.closed_at, "Z") if deal.closed_at else None,
            "hs_lastmodifieddate": updated,
            "hs_is_closed_won": _flag(deal.stage == "won"),
            "hs_is_closed_lost": _flag(deal.stage == "lost"),
            "issue_keys": "; ".join(deal.keys) or None,
        },
        "createdAt": created,
        "updatedAt": updated,
        "archived": deal.is_archived,
        "associations": {"companies": {"results": [link]}},
    }


def _company(company: CrmCompany) -> Json:
    created = iso_millis(company.created_at, "Z")
    return {
        "id": str(company.number),
        "properties": {
            "hs_object_id": str(company.number),
            "name": company.name,
            "domain": company.domain,
            "createdate": created,
            "hs_lastmodifieddate": created,
            "issue_keys": ", ".join(company.keys) or None,
        },
        "createdAt": created,
        "updatedAt": created,
        "archived": False,
    }


def _pipelines() -> Iterator[Json]:
    stages = [
        {
            "id": key,
            "label": label,
            "displayOrder": index,
            "metadata": {"isClosed": _flag(stage in ("won", "lost")), "probability": str(probability)},
        }
        for index, (stage, (key, label, probability)) in enumerate(_STAGES.items())
    ]
    yield {"id": "default", "label": "Sales pipeline", "displayOrder": 0, "archived": False, "stages": stages}
