"""The figures beside the numbers, from the oracle and from the warehouse."""

from typing import Any

import duckdb
from oracle.figures import figures_beside
from oracle.scorecard import line
from oracle.world import World

from .lines import period_of, scope_of

Place = tuple[Any, ...]
BROKEN_DOWN = {"misses", "truck_factor", "contributor_absence_factor", "linked_deal_amount"}
REASONS_OF_SOURCES = ("source_not_loaded", "source_not_covering")


def compared_figures(
    world: World, connection: duckdb.DuckDBPyConnection, kpi: str
) -> tuple[dict[Place, dict[str, Any]], dict[Place, dict[str, Any]]]:
    """Return the oracle's and the warehouse's figures of a KPI, of those that both reckon.

    Where a source withholds a figure nothing is compared.
    """
    cursor = connection.execute(
        """
        select period_grain, period_start_on, scope_type, scope_id, figure, breakdown, value, null_reason
        from marts.scorecard_supporting_figures where kpi = ?
        """,
        [kpi],
    )
    ours: dict[Place, dict[tuple[str, str | None], float | None]] = {}
    theirs: dict[Place, dict[str, Any]] = {}
    withheld: set[Place] = set()
    for *place, figure, breakdown, value, reason in cursor.fetchall():
        where = tuple(place)
        if where not in ours:
            found = line(world, kpi, period_of(world, where), scope_of(*where[2:]))
            ours[where] = dict(figures_beside(world, found))
        if value is None and reason in REASONS_OF_SOURCES:
            withheld.add((*where, figure))
        elif figure in {name for name, _ in ours[where]} | BROKEN_DOWN and not (
            # Without a row to break down a single one says that there is none.
            figure in BROKEN_DOWN and breakdown is None
        ):
            theirs[*where, figure, breakdown] = {"value": value}
    return {
        (*where, *named): {"value": value}
        for where, figures in ours.items()
        for named, value in figures.items()
        if (*where, named[0]) not in withheld
    }, theirs
