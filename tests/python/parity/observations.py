"""Observations: one row per thing counted or left out, from the oracle and from the five facts."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb
from oracle.kpis.lead_time import STAGES
from oracle.row import Row
from oracle.scorecard import rows_of
from oracle.world import World

from .keys import Keys

FACTS = {
    "lead_time": "fct_software_delivery",
    "delivery_predictability": "fct_software_delivery",
    "cycle_time": "fct_team_performance",
    "key_person_concentration": "fct_team_performance",
    "change_failure_rate": "fct_operational_reliability",
    "time_to_restore": "fct_operational_reliability",
    "defect_escape": "fct_technical_quality",
    "rework_ratio": "fct_technical_quality",
    "outcome_linked_work": "fct_roadmap_alignment",
    "roadmap_accuracy": "fct_roadmap_alignment",
}
ALWAYS = ("is_counted", "excluded_because", "team_id", "service_id")
WHERE_COUNTED = (
    "verdict",
    "duration_seconds",
    "started_at",
    "open_from_at",
    "ended_at",
    "occurred_on",
    "is_open",
    "is_immature",
    "is_inferred",
)
"""What a row that is left out holds besides its reason is for the reader, not for a number."""
OF_ITS_KPI: dict[str, dict[str, Callable[[Row], Any]]] = {
    "lead_time": {
        f"{stage}_seconds": lambda row, stage=stage: row.details.get("stages", {}).get(stage)
        for stage in STAGES
    },
    "delivery_predictability": {
        "method": lambda row: row.method,
        "is_done_at_close": lambda row: row.details["is_done_at_close"],
    },
    "key_person_concentration": {
        "author_count": lambda row: None if row.verdict == "unknown" else len(row.details["authors"]),
        "current_author_count": (
            lambda row: None if row.verdict == "unknown" else len(row.details["current_authors"])
        ),
    },
    "time_to_restore": {"is_deployment_blamed": lambda row: row.details["is_deployment_blamed"]},
    "defect_escape": {"is_severe": lambda row: row.details["is_severe"]},
    "roadmap_accuracy": {"slip_days": lambda row: row.details.get("slip_days")},
}
"""What explains a counted row of one KPI, as the oracle holds it."""


def oracle_observations(world: World, keys: Keys, kpi: str) -> dict[str, dict[str, Any]]:
    """Return the oracle's rows of a KPI by the warehouse's observation id."""
    return {keys.observation_id(row): _of_oracle(world, kpi, row) for row in rows_of(world, kpi)}


def warehouse_observations(connection: duckdb.DuckDBPyConnection, kpi: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a KPI in its fact by observation id."""
    columns = (*ALWAYS, *WHERE_COUNTED, *OF_ITS_KPI.get(kpi, {}))
    cursor = connection.execute(
        f"select observation_id, {', '.join(columns)} from marts.{FACTS[kpi]} where kpi = ?", [kpi]
    )
    return {str(row[0]): _kept(dict(zip(columns, row[1:], strict=True))) for row in cursor.fetchall()}


def _of_oracle(world: World, kpi: str, row: Row) -> dict[str, Any]:
    always = {name: getattr(row, name) for name in ALWAYS}
    if not row.is_counted:
        return always
    return {
        **always,
        "verdict": row.verdict,
        "duration_seconds": row.duration_seconds,
        "started_at": _plain(row.started_at),
        "open_from_at": _plain(row.opens_at),
        "ended_at": _plain(row.ended_at),
        "occurred_on": None if row.occurred_at is None else world.local_day(row.occurred_at),
        "is_open": row.is_open,
        "is_immature": row.is_immature,
        "is_inferred": row.is_inferred,
        **{name: of(row) for name, of in OF_ITS_KPI.get(kpi, {}).items()},
    }


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    return row if row["is_counted"] else {name: row[name] for name in ALWAYS}


def _plain(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)
