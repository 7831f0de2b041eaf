"""The KPI tables: every column that the definitions determine, from the oracle and from the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
from oracle.kpis.cycle_time import DAY, ageing_threshold_days
from oracle.kpis.delivery_predictability import is_carried_over
from oracle.kpis.key_person_concentration import concentration
from oracle.kpis.lead_time import STAGES
from oracle.periods import Period, complete_months
from oracle.row import Row
from oracle.scorecard import rows_of
from oracle.world import World

from .differences import Difference, differences
from .keys import Keys

TABLE = "kpi table"
Cell = Callable[["Told", Row], Any]
Table = dict[str, dict[str, Any]]
OF_A_TEAM = ("team_id", "excluded_because", "is_counted")
OF_A_SERVICE = (*OF_A_TEAM, "service_id")


@dataclass(frozen=True)
class Told:
    """What the cells of a row are told from, besides the row."""

    world: World
    keys: Keys

    @property
    def rows_of_cycle_time(self) -> list[Row]:
        """Return the issues, by whose ages others are ageing."""
        return rows_of(self.world, "cycle_time")

    @property
    def missed_commitments(self) -> list[Row]:
        """Return what sprints were committed to and closed without."""

        def missed() -> list[Row]:
            rows = rows_of(self.world, "delivery_predictability")
            return [row for row in rows if row.is_counted and row.verdict == "no"]

        return self.world.once("missed commitments", missed)

    @property
    def ageing_threshold_days(self) -> float | None:
        """Return the age from which the company's open issues are ageing at ``as_of``."""

        def threshold() -> float | None:
            return ageing_threshold_days(self.rows_of_cycle_time, self.world.as_of)

        return self.world.once("ageing threshold", threshold)

    def month(self, row: Row) -> Period:
        """Return the month at whose end a file is looked at."""
        months = {month.label: month for month in complete_months(self.world, 36)}
        return months[row.details["month"]]


@dataclass(frozen=True)
class KpiTable:
    """How a KPI's table is compared."""

    key: str
    columns: dict[str, Cell]
    """Compared in counted rows."""
    always: tuple[str, ...] = OF_A_SERVICE
    """Compared in every row."""
    shown_when_left_out: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns that are compared in rows left out as well, by the reason; ``""`` for any reason."""
    one_of: dict[str, Cell] = field(default_factory=dict)
    """The values that the definitions allow, where they do not choose among them."""
    groups: dict[str, Cell] = field(default_factory=dict)
    """Keys of the warehouse's own making: which rows bear the same one is compared, not the key."""
    left_open: dict[str, str] = field(default_factory=dict)
    """Columns that are not compared, and why."""

    def names(self) -> set[str]:
        """Return every column that is compared or deliberately is not."""
        return {self.key, *self.always, *self.columns, *self.one_of, *self.groups, *self.left_open}

    def shown(self, excluded_because: str | None) -> tuple[str, ...]:
        """Return the columns that are compared in a row by the reason that leaves it out."""
        if excluded_because is None:
            return (*self.always, *self.columns, *self.one_of, *self.groups)
        of_reason = self.shown_when_left_out.get(excluded_because, ())
        return (*self.always, *self.shown_when_left_out.get("", ()), *of_reason)


def _told(name: str) -> Cell:
    return lambda _, row: row.details.get(name)


def _of_row(name: str) -> Cell:
    return lambda _, row: getattr(row, name)


def _instant(name: str) -> Cell:
    return lambda _, row: _plain(getattr(row, name))


def _plain(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def _native(tool: str, name: str) -> Cell:
    return lambda _, row: f"{tool}:{row.details[name]}" if row.details.get(name) else None


# ---------------------------------------------------------------------------------------------
# cells that take more than a name


def _stage(stage: str) -> Cell:
    return lambda _, row: row.details.get("stages", {}).get(stage)


def _age_days(told: Told, row: Row) -> float | None:
    if not row.is_open or row.started_at is None:
        return None
    return (told.world.as_of - row.started_at) / timedelta(days=1)


def _is_ageing(told: Told, row: Row) -> bool:
    age, threshold = _age_days(told, row), told.ageing_threshold_days
    return age is not None and threshold is not None and age > threshold


def _threshold_days(_: Told, row: Row) -> float | None:
    seconds = row.details.get("threshold_seconds")
    return None if seconds is None else seconds / DAY


def _file_age_days(told: Told, row: Row) -> float | None:
    return None if row.started_at is None else (told.month(row).end - row.started_at) / timedelta(days=1)


def _people(name: str) -> Cell:
    return lambda _, row: None if row.verdict == "unknown" else len(row.details[name])


def _of_service(name: str) -> Cell:
    def cell(told: Told, row: Row) -> int | None:
        if row.service_id is None:
            return None
        beside: int | None = getattr(concentration(told.world, told.month(row), row.service_id), name)
        return beside

    return cell


def _only_current_author(_: Told, row: Row) -> str | None:
    current = row.details["current_authors"]
    return current[0] if len(current) == 1 else None


def _evidence_ids(told: Told, row: Row) -> set[str | None]:
    """Return the best evidence, of which the table shows one piece."""
    kinds = {"incident": "pagerduty:{}", "incident_in_window": "pagerduty:{}", "rollback": "github:{}"}
    return {
        kinds[item.method].format(item.evidence_id)
        if item.method in kinds
        else told.keys.change_id(item.evidence_id)
        for item in row.details["best_evidence"]
    } or {None}


def _failure_methods(_: Told, row: Row) -> set[str | None]:
    return {item.method for item in row.details["best_evidence"]} or {None}


def _unknown_because(_: Told, row: Row) -> set[str | None]:
    return {"no_person_authored", "history_cut_off"} if row.verdict == "unknown" else {None}


def _outcomes(told: Told, row: Row) -> set[str | None]:
    company = told.world.company
    exported = {("deal", deal.deal_id) for deal in company.deals}
    exported |= {("account", account.account_id) for account in company.crm_accounts}
    # What only the sheet knows bears the sheet's name.
    return {
        f"hubspot:{outcome[1]}" if outcome in exported else outcome[1]
        for outcome in _distinct_outcomes(told, row)
    } or {None}


def _distinct_outcomes(_: Told, row: Row) -> set[tuple[str, str]]:
    return {(tie.outcome_type, tie.outcome_id) for tie in row.details["ties"]}


def _local_day_of_end(told: Told, row: Row) -> Any:
    return None if row.ended_at is None else told.world.local_day(row.ended_at)


# ---------------------------------------------------------------------------------------------
# the tables

TITLE = {"title": "masking changes titles", "url": "an address in the tool says nothing of the number"}

TABLES = {
    "lead_time": KpiTable(
        key="pull_request_id",
        columns={
            "verdict": _of_row("verdict"),
            "deployment_id": _native("github", "deployment_id"),
            "link_method": _told("link_method"),
            "lead_seconds": _of_row("duration_seconds"),
            **{f"{stage}_seconds": _stage(stage) for stage in STAGES},
            "is_open": _of_row("is_open"),
            "is_inferred": _of_row("is_inferred"),
            "is_first_commit_unknown": lambda _, row: not row.details["are_commits_loaded"],
            "is_hotfix": _told("is_hotfix"),
            "started_at": _instant("started_at"),
            "merged_at": lambda _, row: _plain(row.details["merged_at"]),
            "deployed_at": _instant("ended_at"),
            "occurred_at": _instant("occurred_at"),
        },
        shown_when_left_out={"negative_duration": ("lead_seconds", "started_at", "deployed_at")},
        left_open=TITLE,
    ),
    "delivery_predictability": KpiTable(
        key="delivery_predictability_id",
        always=OF_A_TEAM,
        columns={
            "issue_id": lambda told, row: told.keys.issue_id(row.details["issue_key"]),
            "sprint_id": _native("jira", "sprint_id"),
            "measure": _of_row("method"),
            "issue_key": _told("issue_key"),
            "verdict": _of_row("verdict"),
            "missed_because": _told("missed_because"),
            "threshold_days": _threshold_days,
            "is_immature": _of_row("is_immature"),
            "is_inferred": _of_row("is_inferred"),
            "is_added": _told("is_added"),
            "is_done_at_close": _told("is_done_at_close"),
            "is_carried_over": lambda told, row: is_carried_over(row, told.missed_commitments),
            "started_at": _instant("started_at"),
            "ended_at": _instant("ended_at"),
            "occurred_at": _instant("occurred_at"),
        },
        # The unplanned share rests on what is left out.
        shown_when_left_out={"": ("is_added", "is_done_at_close", "is_carried_over")},
        left_open=TITLE,
    ),
    "cycle_time": KpiTable(
        key="issue_id",
        always=OF_A_TEAM,
        columns={
            "issue_key": lambda _, row: row.subject_id,
            "issue_type": _told("type_name"),
            "verdict": _of_row("verdict"),
            "cycle_seconds": _of_row("duration_seconds"),
            "cycle_days": (
                lambda _, row: None if row.duration_seconds is None else row.duration_seconds / DAY
            ),
            "age_days": _age_days,
            "ageing_threshold_days": (lambda told, row: told.ageing_threshold_days if row.is_open else None),
            "is_open": _of_row("is_open"),
            "is_ageing": _is_ageing,
            "is_history_complete": _told("is_history_complete"),
            "is_inferred": _of_row("is_inferred"),
            "created_at": lambda _, row: _plain(row.details["created_at"]),
            "started_at": _instant("started_at"),
            "open_from_at": _instant("opens_at"),
            "finished_at": _instant("ended_at"),
        },
        shown_when_left_out={
            "": ("is_open", "is_ageing"),
            "negative_duration": ("cycle_seconds", "started_at", "finished_at"),
        },
        left_open=TITLE,
    ),
    "key_person_concentration": KpiTable(
        key="observation_id",
        columns={
            "repository": _told("repository"),
            "path": _told("path"),
            "verdict": _of_row("verdict"),
            "contributor_count": _people("contributors"),
            "author_count": _people("authors"),
            "current_author_count": _people("current_authors"),
            "age_days": _file_age_days,
            "service_truck_factor": _of_service("truck_factor"),
            "service_contributor_absence_factor": _of_service("absence_factor"),
            "month_end_on": lambda told, row: told.month(row).last_day,
            "created_at": _instant("started_at"),
            "month_ends_at": lambda told, row: _plain(told.month(row).end),
        },
        one_of={"unknown_because": _unknown_because},
        groups={"file_id": _told("origin"), "only_current_author_key": _only_current_author},
        left_open={
            "language": "a name for the extension; only the list of extensions is defined",
            "url": TITLE["url"],
        },
    ),
    "change_failure_rate": KpiTable(
        key="deployment_id",
        columns={
            "verdict": _of_row("verdict"),
            "evidence_count": lambda _, row: len(row.details["explicit"]) + len(row.details["inferred"]),
            "is_immature": _of_row("is_immature"),
            "is_inferred": _of_row("is_inferred"),
            "is_rollback": _told("is_rollback"),
            "started_at": _instant("started_at"),
            "finished_at": _instant("ended_at"),
        },
        # A rollback is a redeployment, which is left out.
        shown_when_left_out={"redeployment": ("is_rollback", "started_at", "finished_at")},
        one_of={"evidence_id": _evidence_ids, "failure_method": _failure_methods},
        left_open={
            **TITLE,
            "evidence_title": TITLE["title"],
            "evidence_url": TITLE["url"],
        },
    ),
    "time_to_restore": KpiTable(
        key="episode_id",
        columns={
            "blamed_deployment_id": _native("github", "blamed_deployment_id"),
            "incident_count": lambda _, row: len(row.details["incident_ids"]),
            "restore_seconds": _of_row("duration_seconds"),
            "is_open": _of_row("is_open"),
            "is_deployment_blamed": _told("is_deployment_blamed"),
            "started_at": _instant("started_at"),
            "restored_at": _instant("ended_at"),
        },
        shown_when_left_out={
            reason: ("incident_count", "restore_seconds", "started_at", "restored_at")
            for reason in ("transient", "negative_duration")
        },
        left_open=TITLE,
    ),
    "defect_escape": KpiTable(
        key="issue_id",
        always=OF_A_TEAM,
        columns={
            "issue_key": lambda _, row: row.subject_id,
            "verdict": _of_row("verdict"),
            "decided_by": (lambda _, row: None if row.verdict == "unknown" else row.details["because"]),
            "found_in": _told("found_in"),
            "stage": _told("stage"),
            "severity": _told("severity"),
            "is_severe": _told("is_severe"),
            "created_at": _instant("started_at"),
        },
        left_open=TITLE,
    ),
    "rework_ratio": KpiTable(
        key="pull_request_id",
        columns={
            "verdict": _of_row("verdict"),
            "rework_reason": lambda _, row: row.details["because"] if row.verdict == "yes" else None,
            "has_issue": lambda _, row: bool(row.details["issue_keys"]),
            "is_reland": _told("is_reland"),
            "first_commit_at": _instant("started_at"),
            "merged_at": _instant("ended_at"),
        },
        left_open=TITLE,
    ),
    "outcome_linked_work": KpiTable(
        key="work_id",
        columns={
            "work_type": lambda _, row: "issue" if row.method == "issue" else "pull_request",
            "verdict": _of_row("verdict"),
            "outcome_count": lambda told, row: len(_distinct_outcomes(told, row)),
            "is_immature": _of_row("is_immature"),
            "is_inferred": _of_row("is_inferred"),
            "is_keeping_the_lights_on": _told("is_keeping_the_lights_on"),
            "started_at": _instant("started_at"),
            "completed_at": _instant("ended_at"),
        },
        one_of={
            "outcome_id": _outcomes,
            "outcome_type": lambda _, row: {tie.outcome_type for tie in row.details["ties"]} or {None},
            "link_method": lambda _, row: {tie.method for tie in row.details["ties"]} or {None},
        },
        left_open=TITLE,
    ),
    "roadmap_accuracy": KpiTable(
        key="roadmap_promise_id",
        always=OF_A_TEAM,
        columns={
            "roadmap_item_id": _told("item_id"),
            "planned_quarter": _told("quarter"),
            "verdict": _of_row("verdict"),
            "miss_reason": _told("missed_because"),
            "slip_days": _told("slip_days"),
            "is_immature": _of_row("is_immature"),
            "is_inferred": _of_row("is_inferred"),
            "baseline_version_on": _told("version_on"),
            "planned_end_on": _told("deadline"),
            "quarter_end_on": _told("quarter_end_on"),
            "delivered_on": _local_day_of_end,
            "delivered_at": lambda _, row: None if row.is_inferred else _plain(row.ended_at),
        },
        left_open=TITLE,
    ),
}
"""Every column of every KPI table is named here, so that a new one asks whether the definitions tell it."""


# ---------------------------------------------------------------------------------------------
# both sides


def compared_tables(
    world: World, keys: Keys, connection: duckdb.DuckDBPyConnection, kpi: str
) -> tuple[Table, Table]:
    """Return the oracle's and the warehouse's table of a KPI, with the cells that are compared."""
    table = TABLES[kpi]
    theirs = _of_warehouse(connection, kpi)
    rows = {_key(table, keys, row): row for row in rows_of(world, kpi)}
    ours = {key: _of_oracle(Told(world, keys), table, row, theirs.get(key)) for key, row in rows.items()}
    kept = {
        key: {name: cells[name] for name in table.shown(cells["excluded_because"]) if name in cells}
        for key, cells in theirs.items()
    }
    for name in table.groups:
        _name_by_first(ours, name)
        _name_by_first(kept, name)
    return ours, kept


def unjudged_columns(connection: duckdb.DuckDBPyConnection, kpi: str) -> list[Difference]:
    """Return every column of a KPI's table that nobody judged, and every one named here that it lacks."""
    cursor = connection.execute(f"select * from marts.kpi_{kpi} limit 0")
    there, named = {str(column[0]) for column in cursor.description or ()}, TABLES[kpi].names()
    return [
        *(Difference(TABLE, kpi, name, "column", "not judged", "there") for name in sorted(there - named)),
        *(Difference(TABLE, kpi, name, "column", "named", "absent") for name in sorted(named - there)),
    ]


def compare_kpi_table(
    world: World, keys: Keys, connection: duckdb.DuckDBPyConnection, kpi: str
) -> list[Difference]:
    """Return every difference between a KPI's table and the oracle, in its columns, rows and cells."""
    return unjudged_columns(connection, kpi) + differences(
        TABLE, kpi, *compared_tables(world, keys, connection, kpi)
    )


def _key(table: KpiTable, keys: Keys, row: Row) -> str:
    observation_id = keys.observation_id(row)
    return observation_id if table.key == "observation_id" else observation_id.removeprefix(f"{row.kpi}:")


def _of_warehouse(connection: duckdb.DuckDBPyConnection, kpi: str) -> Table:
    cursor = connection.execute(f"select * from marts.kpi_{kpi}")
    columns = [str(column[0]) for column in cursor.description or ()]
    found = (dict(zip(columns, values, strict=True)) for values in cursor.fetchall())
    return {str(cells[TABLES[kpi].key]): cells for cells in found}


def _of_oracle(told: Told, table: KpiTable, row: Row, theirs: Mapping[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in table.shown(row.excluded_because):
        if name in table.always:
            found[name] = getattr(row, name)
        elif name in table.one_of:
            found[name] = _allowed(table.one_of[name](told, row), theirs, name)
        else:
            found[name] = (table.columns.get(name) or table.groups[name])(told, row)
    return found


def _allowed(values: set[Any], theirs: Mapping[str, Any] | None, name: str) -> Any:
    """Return what the warehouse says if that is allowed, else what would be."""
    if theirs is not None and name in theirs and theirs[name] in values:
        return theirs[name]
    return " or ".join(sorted(map(str, values)))


def _name_by_first(rows: Table, name: str) -> None:
    """Replace each key of one side's making by the first row that bears it."""
    first: dict[Any, str] = {}
    for row_key in sorted(rows):
        value = rows[row_key].get(name)
        if value is not None:
            rows[row_key][name] = first.setdefault(value, row_key)
