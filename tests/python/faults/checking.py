"""What has to hold of a warehouse after a refresh that published, whatever befell the ones before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from scorecard.landing.declarations import Declaration, load_declarations
from scorecard.landing.land import Landing, Options
from scorecard.landing.warehouse import DuckDBWarehouse
from scorecard.targets import project_root

from .place import KEEP, Ended, Place, Running

BOOKED = "tool, object, content_hash, rows_read, rows_landed, rows_rejected"
# The books also hold what could not be landed at all: with a reject that is of no row.
IS_LANDED = "load_id not in (select load_id from raw_meta.rejects where position is null)"


class Undisturbed:
    """The same exports, landed in the same order by landings that nothing disturbs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        declared = load_declarations(project_root())
        self._declarations = [
            declaration
            for tool, several in declared.items()
            if tool != "meta"
            for declaration in several.values()
        ]

    def land(self, configuration: Path) -> None:
        warehouse = DuckDBWarehouse.open(self.path, self.path.name)
        try:
            landing = Landing(warehouse)
            for entry in yaml.safe_load(configuration.read_text())["land"]:
                for outcome in landing.land(entry["tool"], [Path(entry["path"])], Options()):
                    assert outcome.failure is None, outcome.failure
        finally:
            warehouse.close()

    def differences(self, place: Place) -> list[str]:
        """Raw tables, and books of landing, in which the place does not hold what is here."""
        warehouse = DuckDBWarehouse.open(self.path, self.path.name)
        try:
            found = [
                told
                for declaration in self._declarations
                if warehouse.query(
                    "select 1 from duckdb_tables() where schema_name = "
                    f"'{declaration.schema}' and table_name = '{declaration.object}'"
                )
                for told in _compared(warehouse, place, declaration)
            ]
            booked = f"select {BOOKED} from raw_meta.loads where {IS_LANDED}"
            if Counter(warehouse.query(booked)) != Counter(place.query(booked)):
                found.append("the books of landing differ")
        finally:
            warehouse.close()
        return found


class Watch:
    """All that has to hold of a place, whatever befalls its refreshes, beside an undisturbed landing."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.publications = 0
        self._undisturbed = Undisturbed(place.folder / "undisturbed.duckdb")

    def new_exports(self) -> None:
        """Exports that no refresh has landed yet."""
        self.place.new_exports()
        self.land_undisturbed()

    def land_undisturbed(self) -> None:
        """Land without disturbance what the place's configuration names."""
        self._undisturbed.land(self.place.folder / "refresh.yml")

    def publish(self, *options: str, **changed: Any) -> tuple[Running, list[str]]:
        """A refresh that has to publish, and what does not hold then: its end, the books, what was landed."""
        before = self.place.current()
        running = self.place.start(*options, **changed)
        found = wrong_ending(running.ended(), 0)
        if found:
            return running, found
        found = [*wrong_books(self.place), *self._undisturbed.differences(self.place)]
        current = self.place.current()
        if current != running.run_id or current == before:
            found.append(f"{current} is current after {before}, not {running.run_id}")
        self.publications += 1
        return running, found


def _compared(warehouse: DuckDBWarehouse, place: Place, declaration: Declaration) -> list[str]:
    # As text 48 is 48.0 on one engine and 48 on the other.
    columns = [
        column.name if column.data_type == "double precision" else f"cast({column.name} as text)"
        for column in declaration.columns
    ]
    query = f"select {', '.join([*columns, '_extra'])} from {declaration.table}"
    expected, there = Counter(warehouse.query(query)), Counter(place.query(query))
    missing, more = (expected - there).total(), (there - expected).total()
    if not missing and not more:
        return []
    return [f"{declaration.table}: {missing} rows missing, {more} that should not be there"]


def wrong_books(place: Place) -> list[str]:
    """What does not add up in the books, in the versions that are kept, and in what is current."""
    found = []
    runs: dict[str, Any] = dict(place.query("select run_id, status from raw_meta.runs"))
    if len(runs) != place.query("select count(*) from raw_meta.runs")[0][0]:
        found.append("a run stands in the books twice")
    if open_runs := [run_id for run_id, status in runs.items() if status == "running"]:
        found.append(f"runs that do not run are said to run: {open_runs}")
    if place.query("select 1 from raw_meta.run_steps where status = 'running'"):
        found.append("a step that does not run is said to run")
    published = sorted(run_id for run_id, status in runs.items() if status == "published")
    entered: dict[str, int] = dict(
        place.query("select publication_id, count(*) from raw_meta.publications group by 1")
    )
    if sorted(entered) != published:
        found.append(f"publications {sorted(entered)} are not the published runs {published}")
    versions = place.versions()
    if versions != published[-KEEP:]:
        found.append(f"the versions kept are {versions}, the last that were published {published[-KEEP:]}")
    if place.current() != published[-1]:
        found.append(f"{place.current()} is current, and {published[-1]} was published last")
    for run_id in versions:
        if entered.get(run_id) != place.published_rows(run_id):
            found.append(
                f"{run_id}: {entered.get(run_id)} numbers in the books, {place.published_rows(run_id)} there"
            )
    return found


def wrong_ending(ended: Ended, exit_code: int) -> list[str]:
    """Whether a command ended otherwise than it should, or with a traceback."""
    found = []
    if ended.exit_code != exit_code:
        found.append(f"exit code {ended.exit_code}, not {exit_code}: {ended.said[-1500:]}")
    if "Traceback" in ended.said:
        found.append(f"a traceback: {ended.said[-1500:]}")
    return found


def wrong_reading(told: list[dict[str, Any]], outages: Sequence[tuple[float, float]] = ()) -> list[str]:
    """What readers should not have seen: any error, but that a server which was down took the connection."""
    found = []
    for reader in told:
        errors = [error["message"] for error in reader["errors"] if not _is_of_an_outage(error, outages)]
        if errors or reader["mixed"] or not reader["reads"]:
            found.append(
                f"a {reader['kind']} reader had {len(errors)} errors, {reader['mixed']} mixed versions, "
                f"{reader['reads']} reads: {errors[:5]}"
            )
    return found


def _is_of_an_outage(error: dict[str, Any], outages: Sequence[tuple[float, float]]) -> bool:
    """Whether a connection was lost that was opened, or asked for, before the server was up again."""
    return error["is_lost"] and any(error["at"] >= down and error["since"] <= up for down, up in outages)
