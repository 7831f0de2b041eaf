"""Compares all that the warehouse and the oracle say of a company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from oracle.reckon import reckon
from oracle.world import World

from .differences import Difference, differences
from .figures import compared_figures
from .keys import Keys
from .kpi_tables import compare_kpi_table
from .lines import expected_places, oracle_lines, warehouse_lines
from .observations import FACTS, oracle_observations, warehouse_observations


@dataclass(frozen=True)
class Sides:
    """An oracle's world and a warehouse that were made from the same exports."""

    world: World
    keys: Keys
    connection: duckdb.DuckDBPyConnection

    @classmethod
    def open(
        cls,
        exports: Path,
        dictionaries: Path,
        workspace: Path,
        connection: duckdb.DuckDBPyConnection,
        as_of: str | None = None,
        **settings: Any,
    ) -> Sides:
        """Read the exports into a world; its clones go to ``workspace``.

        ``as_of`` and the settings are those that the warehouse was built with.
        """
        world = reckon(exports, dictionaries, workspace, as_of, **settings)
        return cls(world, Keys(world, exports), connection)


def compare(sides: Sides, kpis: Sequence[str] = ()) -> list[Difference]:
    """Return every difference in the rows and numbers of the named KPIs, of all if none is named."""
    found = []
    for kpi in kpis or FACTS:
        found += compare_observations(sides, kpi)
        found += compare_lines(sides, kpi)
        found += compare_figures(sides, kpi)
        found += compare_tables(sides, kpi)
    return found


def compare_tables(sides: Sides, kpi: str) -> list[Difference]:
    """Return every difference between a KPI's own table and the oracle, column by column."""
    return compare_kpi_table(sides.world, sides.keys, sides.connection, kpi)


def compare_figures(sides: Sides, kpi: str) -> list[Difference]:
    """Return every difference between the figures beside a KPI's numbers and the oracle's."""
    return differences("figure", kpi, *compared_figures(sides.world, sides.connection, kpi))


def compare_observations(sides: Sides, kpi: str) -> list[Difference]:
    """Return every difference between the rows of a KPI's fact and the oracle's."""
    return differences(
        "observation",
        kpi,
        oracle_observations(sides.world, sides.keys, kpi),
        warehouse_observations(sides.connection, kpi),
    )


def compare_lines(sides: Sides, kpi: str) -> list[Difference]:
    """Return every difference between a KPI's rows of the scorecard and the oracle's numbers."""
    wanted = warehouse_lines(sides.connection, kpi)
    found = differences("scorecard", kpi, oracle_lines(sides.world, kpi, wanted), wanted)
    # The oracle is asked for what the warehouse shows; what the warehouse does not show must be nothing.
    return found + [
        Difference("scorecard", kpi, place, "presence", "counted", "absent")
        for place in expected_places(sides.world, kpi)
        if place not in wanted
    ]
