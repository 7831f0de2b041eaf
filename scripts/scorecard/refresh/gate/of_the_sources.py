"""The subjects of what was landed: the books, how fresh the sources are, and as_of against the clock."""

from __future__ import annotations

from scorecard.landing.sql import literal
from scorecard.refresh.gate import limits
from scorecard.refresh.gate.reading import DICTIONARIES, RAW_META
from scorecard.refresh.gate.rules import Subject, between, nothing_in
from scorecard.refresh.gate.view import SCORECARD, View

_EPSILON = limits.TOLERANCE


def landing(view: View) -> Subject:
    loads = view.books.table(RAW_META, "loads")
    objects = view.connection.rows(f"select distinct tool, object from {loads} order by tool, object")
    counts = [
        f"select {literal(tool)} as tool, {literal(name)} as object, "
        + (
            f"count(*) as rows_there from {view.books.table(f'raw_{tool}', name)}"
            if view.books.has(f"raw_{tool}", name)
            else "0 as rows_there"
        )
        for tool, name in objects
    ] or ["select cast(null as text) as tool, cast(null as text) as object, 0 as rows_there where 1 = 0"]
    query = f"""
        with

        loads as (
            select
                loads.*,
                landed_at >= max(landed_at) over (partition by tool) - interval '1 day' as is_recent
            from {loads} as loads
        ),

        whole_files as (
            select load_id, count(*) as files
            from {view.books.table(RAW_META, "rejects")}
            where position is null
            group by load_id
        ),

        there as (
            {" union all ".join(counts)}
        ),

        summed as (
            select
                loads.tool,
                loads.object,
                sum(loads.rows_new) as rows_new,
                sum(abs(loads.rows_read - loads.rows_landed - loads.rows_rejected)) as unaccounted,
                sum(abs(loads.rows_landed - loads.rows_new - loads.rows_updated - loads.rows_unchanged))
                    as unsorted,
                sum(case when loads.is_recent then loads.rows_read else 0 end) as rows_read,
                sum(case when loads.is_recent then loads.rows_rejected else 0 end) as rows_rejected,
                sum(case when loads.is_recent then coalesce(whole_files.files, 0) else 0 end)
                    as files_rejected
            from loads
            left join whole_files on loads.load_id = whole_files.load_id
            group by loads.tool, loads.object
        )

        select
            summed.tool || ' ' || summed.object
            || ' (' || cast(cast(summed.rows_rejected as bigint) as text)
            || ' of ' || cast(cast(summed.rows_read as bigint) as text) || ' rejected on its last day)'
                as place,
            cast(summed.unaccounted as bigint) as unaccounted,
            cast(summed.unsorted as bigint) as unsorted,
            cast(100.0 * summed.rows_rejected / nullif(summed.rows_read, 0) as double precision)
                as rejected_percent,
            cast(summed.files_rejected as bigint) as files_rejected,
            cast(summed.rows_new - there.rows_there as bigint) as rows_gone
        from summed
        inner join there on summed.tool = there.tool and summed.object = there.object
    """
    rules = (
        between(
            "rows_accounted_for",
            "Of every object, the rows read are the rows landed and the rows rejected",
            "unaccounted",
            0,
            0,
        ),
        between(
            "landed_rows_sorted",
            "Of every object, the rows landed are the new, the updated and the unchanged ones",
            "unsorted",
            0,
            0,
        ),
        between(
            "raw_rows_there",
            "Every raw table still holds the rows that the books say were new",
            "rows_gone",
            None,
            0,
            severity="warning",
        ),
        between(
            "few_rows_rejected",
            f"Of no object more than {limits.DOUBTED_REJECTS:.0f} % were rejected on its tool's last day",
            "rejected_percent",
            0,
            limits.DOUBTED_REJECTS,
            severity="warning",
        ),
        between(
            "no_file_rejected",
            "No whole file was rejected on its tool's last day",
            "files_rejected",
            0,
            0,
            severity="warning",
        ),
    )
    return Subject("landing", query, rules, "object", "objects")


def sources(view: View) -> Subject:
    query = f"""
        with

        as_of as (
            select max(as_of) as as_of from {view.place.mart("scorecard")}
        ),

        roles as (
            select tool, object, min(stale_after_days) as stale_after_days
            from {view.books.table(DICTIONARIES, "source_roles")}
            group by tool, object
        ),

        spans as (
            select tool, object, max(covers_to) as covers_to
            from {view.books.table(RAW_META, "loads")}
            group by tool, object
        )

        select
            spans.tool || ' ' || spans.object || ' (covers to '
            || coalesce(cast(spans.covers_to as text), 'no known instant') || ')' as place,
            case when spans.covers_to is null then 'unknown' end as has_no_end,
            {_days("as_of.as_of", "spans.covers_to")} - roles.stale_after_days as days_stale
        from spans
        inner join roles on spans.tool = roles.tool and spans.object = roles.object
        cross join as_of
        where roles.stale_after_days is not null
    """
    rules = (
        between(
            "sources_are_fresh",
            "No tool's export ends more days before as_of than the dictionary source_roles allows it",
            "days_stale",
            None,
            0,
            severity="warning",
        ),
        nothing_in(
            "sources_say_how_far",
            "Every export says how far it reaches",
            "has_no_end",
            severity="warning",
        ),
    )
    return Subject("sources", query, rules, "object", "objects")


def as_of(view: View) -> Subject:
    now = f"timestamp '{view.now:%Y-%m-%d %H:%M:%S}'"
    query = f"""
        with

        present as (
            select
                max(as_of) as as_of,
                -- The sample company lived when it lived: no clock judges it.
                max(case when data_origin = 'own' then as_of end) as own_as_of
            from {view.place.mart("scorecard")}
        ),

        before as (
            select max(as_of) as as_of from {view.prior("scorecard", SCORECARD)} as prior
        )

        select
            'as_of ' || coalesce(cast(present.as_of as text), 'unknown') as place,
            {_days(now, "present.own_as_of")} as days_old,
            {_days("present.own_as_of", now)} as days_ahead,
            {_days("before.as_of", "present.as_of")} as days_back
        from present
        cross join before
    """
    rules = (
        between(
            "as_of_not_ahead",
            f"as_of lies no more than {limits.REFUSED_DAYS_AHEAD:.0f} days ahead of the clock",
            "days_ahead",
            None,
            limits.REFUSED_DAYS_AHEAD,
        ),
        between(
            "as_of_not_old",
            f"as_of lies no more than {limits.DOUBTED_AGE_DAYS:.0f} days behind the clock",
            "days_old",
            None,
            limits.DOUBTED_AGE_DAYS,
            severity="warning",
        ),
        between(
            "as_of_not_back",
            "as_of does not lie before that of the last publication",
            "days_back",
            None,
            0,
            severity="warning",
        ),
    )
    return Subject("as_of", query, rules)


def _days(later: str, earlier: str) -> str:
    """Days between two instants."""
    return f"cast(extract(epoch from ({later} - {earlier})) / 86400 as double precision)"
