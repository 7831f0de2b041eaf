"""Faults that a candidate can have, and which checks must see each of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Statements that break a candidate, and what is found: `suite.name` of checks, parts of sentences."""

    statements: tuple[str, ...]
    seen: frozenset[str]
    says: tuple[str, ...] = ()


def _row(kpi: str, place: int, scope: str = "team", grain: str = "month") -> str:
    """The condition for one row of the scorecard with a value and an interval, the same on every engine."""
    return (
        "scorecard_id = (select scorecard_id from marts.scorecard "
        f"where kpi = '{kpi}' and scope_type = '{scope}' and period_grain = '{grain}' "
        f"and interval_low is not null order by scorecard_id limit 1 offset {place})"
    )


def _set(kpi: str, place: int, change: str) -> str:
    return f"update marts.scorecard set {change} where {_row(kpi, place)}"


def _fault(statements: str | tuple[str, ...], *seen: str, says: tuple[str, ...] = ()) -> Fault:
    several = (statements,) if isinstance(statements, str) else statements
    return Fault(several, frozenset(seen), says)


SCORECARD = (
    _fault(
        _set("rework_ratio", 0, "null_reason = 'no_events'"),
        "scorecard.value_or_reason",
        says=("in 1 of 4,165 rows", "rework_ratio:month:"),
    ),
    _fault(_set("lead_time", 0, "value = 'nan'"), "scorecard.values_are_finite"),
    _fault(
        _set(
            "rework_ratio",
            1,
            "value = 1.5, numerator = 3, denominator = 2, bound_low = null, bound_high = null, "
            "interval_low = null, interval_high = null",
        ),
        "scorecard.shares_within_0_and_100",
        says=("1.5",),
    ),
    _fault(
        _set("lead_time", 1, "value = -5, interval_low = -6"),
        "scorecard.durations_not_negative",
        says=("-5",),
    ),
    _fault(_set("rework_ratio", 2, "bound_low = value + 0.1"), "scorecard.bounds_below_values"),
    _fault(_set("rework_ratio", 3, "bound_high = value - 0.1"), "scorecard.bounds_above_values"),
    _fault(_set("rework_ratio", 4, "interval_low = value + 0.1"), "scorecard.intervals_below_values"),
    _fault(_set("rework_ratio", 5, "interval_high = value - 0.1"), "scorecard.intervals_above_values"),
    _fault(_set("lead_time", 2, "p85 = value - 1"), "scorecard.p85_above_median"),
    _fault(_set("rework_ratio", 6, "numerator = numerator + 1"), "scorecard.shares_are_ratios"),
    _fault(_set("lead_time", 3, "n = 0"), "scorecard.values_rest_on_rows"),
    _fault(_set("rework_ratio", 7, "coverage = 1.2"), "scorecard.coverage_within_0_and_100"),
    _fault(
        f"insert into marts.scorecard select * from marts.scorecard where {_row('cycle_time', 0)}",
        "scorecard.keys_are_unique",
    ),
    _fault(
        _set("cycle_time", 1, "as_of = as_of - interval '1 day'"), "scorecard.one_as_of", says=("(2 in all)",)
    ),
    _fault(_set("cycle_time", 2, "data_origin = 'own'"), "scorecard.one_data_origin"),
)

_COMPANY_MONTH = "scope_type = 'company' and period_grain = 'month'"
_NEWEST = f"{_COMPANY_MONTH} and is_latest_period"
_TENFOLD = ", ".join(f"{name} = {name} * 10" for name in ("value", "interval_low", "interval_high", "p85"))

PAGE = (
    _fault(
        "delete from marts.scorecard where kpi = 'defect_escape' and period_start_on = date '2026-01-01' "
        f"and {_COMPANY_MONTH}",
        "scorecard_periods.every_kpi_each_period",
        says=("month 2026-01-01: 1",),
    ),
    _fault(
        "insert into marts.scorecard select * replace (scorecard_id || ':again' as scorecard_id) "
        f"from marts.scorecard where kpi = 'rework_ratio' and period_start_on = date '2026-01-01' "
        f"and {_COMPANY_MONTH}",
        "scorecard_periods.one_row_each_period",
    ),
    _fault(
        "delete from marts.scorecard where period_grain = 'quarter' and period_start_on = date '2023-07-01'",
        "scorecard_periods.no_period_skipped",
        says=("quarter 2023-10-01: 3",),
    ),
    _fault(
        "delete from marts.scorecard_current where kpi = 'lead_time'",
        "scorecard_current.page_has_every_kpi_once",
        says=("lead_time: 0",),
    ),
    _fault(
        "update marts.scorecard_current set value = value / 2 where kpi = 'cycle_time'",
        "scorecard_current.page_agrees_with_scorecard",
        says=("another value",),
    ),
    _fault(
        "insert into marts.scorecard_current select * replace "
        "('guesswork' as kpi, 'guesswork' as scorecard_id, 0 as n, null as value) "
        "from marts.scorecard_current where kpi = 'cycle_time'",
        "scorecard_current.page_holds_the_catalog",
        "scorecard_current.page_agrees_with_scorecard",
        says=("guesswork",),
    ),
    _fault(
        "delete from marts.scorecard_observations where kpi = 'rework_ratio' and role = 'counted'",
        "scorecard_current.numbers_open_to_their_rows",
        says=("rework_ratio: 349",),
    ),
    _fault(
        f"update marts.scorecard set {_TENFOLD} where kpi = 'lead_time' and {_NEWEST}",
        "scorecard_movements.no_unexplained_jump",
        "scorecard_movements.no_unexplained_restatement",
        says=("lead_time of the month from 2026-06-01: ",),
    ),
    _fault(
        f"update marts.scorecard set {_TENFOLD} where kpi = 'cycle_time' and {_COMPANY_MONTH} "
        "and period_start_on = date '2026-01-01'",
        "scorecard_movements.no_unexplained_restatement",
        says=("cycle_time of the month from 2026-01-01: ",),
    ),
    _fault(
        "update marts.scorecard_current set value = null, null_reason = 'source_not_loaded' "
        "where kpi in ('key_person_concentration', 'change_failure_rate', 'time_to_restore', "
        "'defect_escape', 'outcome_linked_work')",
        "scorecard_current.most_numbers_kept",
        "scorecard_current.every_number_kept",
        "scorecard_current.page_agrees_with_scorecard",
        says=("(60 % were lost)", "(source_not_loaded): lost"),
    ),
)


def thinned(table: str, condition: str, keep: float) -> str:
    """Keep that share of the rows, in the order of their keys."""
    return (
        f"delete from {table} where {condition} and observation_id not in "
        f"(select observation_id from {table} where {condition} order by observation_id "
        f"limit (select cast(floor(count(*) * {keep}) as bigint) from {table} where {condition}))"
    )


_RELIABILITY, _TEAM = "fct_operational_reliability", "fct_team_performance"
_QUALITY, _ROADMAP = "fct_technical_quality", "fct_roadmap_alignment"


def _one(fact: str, place: int) -> str:
    return (
        f"observation_id = (select observation_id from marts.{fact} where is_counted and not is_immature "
        f"and kpi = 'rework_ratio' and ended_at is not null order by observation_id limit 1 offset {place})"
    )


FACTS = (
    _fault(
        "delete from marts.fct_operational_reliability where kpi = 'time_to_restore'",
        f"{_RELIABILITY}.nearly_all_rows_kept",
        f"{_RELIABILITY}.rows_of_each_kpi_kept",
        f"{_RELIABILITY}.nearly_all_rows_of_each_kpi_kept",
        f"{_RELIABILITY}.rows_of_the_kpi_tables",
        says=("they fell by 29.6 %", "time_to_restore (0 rows, 529 before): 100"),
    ),
    _fault(
        thinned("marts.fct_team_performance", "kpi is not null", 0.3),
        f"{_TEAM}.rows_kept",
        f"{_TEAM}.nearly_all_rows_kept",
        f"{_TEAM}.rows_of_each_kpi_kept",
        f"{_TEAM}.nearly_all_rows_of_each_kpi_kept",
        f"{_TEAM}.rows_of_the_kpi_tables",
        says=("they fell by 70.0 %",),
    ),
    _fault(
        f"update marts.{_QUALITY} set duration_seconds = -1 where {_one(_QUALITY, 0)}",
        f"{_QUALITY}.durations_not_negative",
    ),
    _fault(
        f"update marts.{_QUALITY} set started_at = ended_at + interval '1 hour' where {_one(_QUALITY, 1)}",
        f"{_QUALITY}.ends_after_starts",
    ),
    _fault(
        f"update marts.{_QUALITY} set occurred_at = timestamp '2031-01-01' where {_one(_QUALITY, 2)}",
        f"{_QUALITY}.nothing_after_as_of",
    ),
    _fault(
        f"update marts.{_QUALITY} set excluded_because = 'bot' where {_one(_QUALITY, 3)}",
        f"{_QUALITY}.left_out_with_reason",
    ),
    _fault(
        f"insert into marts.{_ROADMAP} select * replace ('guesswork' as kpi) from marts.{_ROADMAP} limit 3",
        f"{_ROADMAP}.kpis_of_the_accountability",
        f"{_ROADMAP}.rows_of_the_kpi_tables",
        says=("guesswork (3 rows, 0 before)",),
    ),
)


def _load(tool: str, name: str) -> str:
    return f"tool = '{tool}' and object = '{name}'"


LANDING = (
    _fault(
        f"update raw_meta.loads set rows_read = rows_read + 7 where {_load('jira', 'sprints')}",
        "landing.rows_accounted_for",
        says=("jira sprints", ": 7"),
    ),
    _fault(
        f"update raw_meta.loads set rows_updated = rows_updated + 2 where {_load('github', 'reviews')}",
        "landing.landed_rows_sorted",
    ),
    _fault("delete from raw_pagerduty.services", "landing.raw_rows_there", says=("pagerduty services",)),
    _fault(
        "update raw_meta.loads set rows_rejected = 30, rows_read = rows_landed + 30 "
        f"where {_load('hubspot', 'deals')}",
        "landing.few_rows_rejected",
        says=("hubspot deals (30 of 102 rejected", ": 29.41"),
    ),
    _fault(
        "insert into raw_meta.rejects select * replace (null as position, "
        f"(select max(load_id) from raw_meta.loads where {_load('github', 'users')}) as load_id) "
        "from raw_meta.rejects limit 1",
        "landing.no_file_rejected",
        says=("github users",),
    ),
    _fault(
        "update raw_meta.loads set covers_to = covers_to - interval '30 days' "
        f"where {_load('jira', 'issues')}",
        "sources.sources_are_fresh",
        says=("jira issues (covers to 2026-06-04 09:00:00): 16",),
    ),
    _fault(
        f"update raw_meta.loads set covers_to = null where {_load('pagerduty', 'incidents')}",
        "sources.sources_say_how_far",
        says=("pagerduty incidents (covers to no known instant)",),
    ),
)
