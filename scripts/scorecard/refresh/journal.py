"""The books of refreshing, in the working warehouse: runs, their steps, and what was published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scorecard.landing.declarations import load_declarations
from scorecard.landing.sql import literal
from scorecard.landing.warehouse import Warehouse, open_warehouse, transaction, value_literal
from scorecard.refresh.build import TestResult
from scorecard.refresh.identity import began_at, now
from scorecard.targets import Target, project_root

TABLES = ("loads", "rejects", "publications", "runs", "run_steps", "test_results")
PUBLICATION_COLUMNS = (
    "publication_id",
    "published_at",
    "kpi",
    "period_grain",
    "period_start_on",
    "scope_type",
    "scope_id",
    "value",
    "n",
    "definition_version",
)


@dataclass(frozen=True)
class Run:
    """A run as the books hold it."""

    run_id: str
    status: str
    failed_step: str | None
    message: str | None


def publications_sql(run_id: str, published_at: datetime, scorecard: str) -> str:
    """SQL that enters the numbers of a published scorecard in the books, unless they are there."""
    return (
        f"insert into raw_meta.publications ({', '.join(PUBLICATION_COLUMNS)}) "
        f"select {literal(run_id)}, {value_literal(published_at)}, kpi, period_grain, "
        "cast(period_start_on as text), scope_type, scope_id, value, n, definition_version "
        f"from {scorecard} "
        f"where not exists (select 1 from raw_meta.publications where publication_id = {literal(run_id)})"
    )


class Journal:
    """Reads and writes the books; the warehouse is open only while it does, so that dbt can have it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._is_made = False

    @contextmanager
    def opened(self) -> Iterator[Warehouse]:
        """The working warehouse with its books. Raises BadInput where it is in use."""
        warehouse = open_warehouse(self.target)
        try:
            if not self._is_made:
                declarations = load_declarations(project_root())["meta"]
                with transaction(warehouse):
                    for name in TABLES:
                        warehouse.ensure(declarations[name])
                self._is_made = True
            yield warehouse
        finally:
            warehouse.close()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the working warehouse."""
        with self.opened() as warehouse, transaction(warehouse):
            return warehouse.query(statement)

    def execute(self, *statements: str) -> None:
        """Change the books, all or nothing."""
        with self.opened() as warehouse, transaction(warehouse):
            for statement in statements:
                warehouse.execute(statement)

    # Runs

    def runs(self, status: str | None = None) -> list[Run]:
        """Runs, the latest first."""
        where = f"where status = {literal(status)}" if status else ""
        return [
            Run(*row)
            for row in self.query(
                f"select run_id, status, failed_step, message from raw_meta.runs {where} order by run_id desc"
            )
        ]

    def begin(self, run_id: str, project_version: str) -> None:
        """Enter a run that begins, or that goes on after it had ended."""
        self.execute(
            "update raw_meta.runs set status = 'running', finished_at = null, exit_code = null, "
            f"failed_step = null, message = null where run_id = {literal(run_id)}",
            "insert into raw_meta.runs (run_id, target, started_at, status, project_version) "
            f"select {literal(run_id)}, {literal(self.target.name)}, {value_literal(now())}, 'running', "
            f"{literal(project_version)} "
            f"where not exists (select 1 from raw_meta.runs where run_id = {literal(run_id)})",
        )

    def end(
        self,
        run_id: str,
        status: str,
        exit_code: int,
        failed_step: str | None = None,
        message: str | None = None,
    ) -> None:
        """Enter how a run ended: `published`, `failed` or `refused`."""
        self.execute(
            f"update raw_meta.runs set status = {literal(status)}, finished_at = {value_literal(now())}, "
            f"exit_code = {exit_code}, failed_step = {value_literal(failed_step)}, "
            f"message = {value_literal(message)} where run_id = {literal(run_id)}"
        )

    def describe(
        self, run_id: str, as_of: datetime | None, definition_version: int | None, origin: str
    ) -> None:
        """Enter what the run's numbers say of themselves."""
        self.execute(
            f"update raw_meta.runs set as_of = {value_literal(as_of)}, "
            f"definition_version = {value_literal(definition_version)}, data_origin = {literal(origin)} "
            f"where run_id = {literal(run_id)}"
        )

    def enter_build(self, run_id: str, marts_hash: str | None) -> None:
        """Enter what the marts hold that the run built, so that it publishes no others."""
        self.execute(
            f"update raw_meta.runs set marts_hash = {value_literal(marts_hash)} "
            f"where run_id = {literal(run_id)}"
        )

    def built(self, run_id: str) -> str | None:
        """What the marts held that a run built; None where nobody knows."""
        found = self.query(f"select marts_hash from raw_meta.runs where run_id = {literal(run_id)}")
        marts_hash: str | None = found[0][0]
        return marts_hash

    # Steps

    def begin_step(self, run_id: str, step: str) -> datetime:
        """Enter a step that begins; returns when: after what the run did before, whatever the clock says."""
        with self.opened() as warehouse, transaction(warehouse):
            ((latest,),) = warehouse.query(
                f"select max(started_at) from raw_meta.run_steps where run_id = {literal(run_id)}"
            )
            earliest = latest + timedelta(microseconds=1) if latest else began_at(run_id)
            began = max(now(), earliest)
            warehouse.execute(
                "insert into raw_meta.run_steps (run_id, step, started_at, status) "
                f"values ({literal(run_id)}, {literal(step)}, {value_literal(began)}, 'running')"
            )
        return began

    def end_step(
        self, run_id: str, step: str, began: datetime, status: str, rows: int | None, message: str
    ) -> None:
        """Enter how a step ended: `done` or `failed`."""
        self.execute(
            f"update raw_meta.run_steps set status = {literal(status)}, "
            f"finished_at = {value_literal(now())}, rows = {value_literal(rows)}, "
            f"message = {literal(message)} where run_id = {literal(run_id)} and step = {literal(step)} "
            f"and started_at = {value_literal(began)}"
        )

    def note_step(self, run_id: str, step: str, began: datetime, message: str) -> None:
        """Enter something that was done to a run's version at once, such as going back to it."""
        self.execute(
            "insert into raw_meta.run_steps (run_id, step, started_at, finished_at, status, message) "
            f"values ({literal(run_id)}, {literal(step)}, {value_literal(began)}, {value_literal(now())}, "
            f"'done', {literal(message)})"
        )

    def steps_done(self, run_id: str) -> list[str]:
        """Steps of a run whose latest attempt was done."""
        latest = dict(
            self.query(
                "select step, status from raw_meta.run_steps "
                f"where run_id = {literal(run_id)} order by started_at"
            )
        )
        return [step for step, status in latest.items() if status == "done"]

    def step_began(self, run_id: str, step: str) -> datetime | None:
        """When the latest attempt at a step began."""
        found = self.query(
            f"select max(started_at) from raw_meta.run_steps where run_id = {literal(run_id)} "
            f"and step = {literal(step)}"
        )
        began: datetime | None = found[0][0]
        return began

    def latest_instant(self) -> datetime | None:
        """The latest instant at which the books say that something began or was published."""
        ((latest,),) = self.query(
            "select max(instant_at) from (select started_at as instant_at from raw_meta.run_steps "
            "union all select published_at from raw_meta.publications) as instants"
        )
        return latest if isinstance(latest, datetime) else None

    def running_step(self, run_id: str) -> str | None:
        """The step in which a run stands that has not ended."""
        found = self.query(
            f"select step from raw_meta.run_steps where run_id = {literal(run_id)} and status = 'running' "
            "order by started_at desc limit 1"
        )
        return str(found[0][0]) if found else None

    def mark_published(self, run_id: str, exit_code: int, told: str) -> None:
        """Enter that readers have the version of a run, which did not enter it itself."""
        self.execute(
            f"update raw_meta.run_steps set status = 'done', finished_at = {value_literal(now())}, "
            f"message = {literal(told)} where run_id = {literal(run_id)} and status = 'running'",
            f"update raw_meta.runs set status = 'published', finished_at = {value_literal(now())}, "
            f"exit_code = {exit_code}, failed_step = null, message = {literal(told)} "
            f"where run_id = {literal(run_id)}",
        )

    def mark_killed(self, run_id: str, exit_code: int) -> str:
        """Enter that a run was killed; returns the sentence that says in which step."""
        step = self.running_step(run_id)
        told = f"was killed in step {step}" if step else "was killed between two steps"
        self.execute(
            f"update raw_meta.run_steps set status = 'failed', finished_at = {value_literal(now())}, "
            f"message = 'was killed' where run_id = {literal(run_id)} and status = 'running'",
            f"update raw_meta.runs set status = 'failed', finished_at = {value_literal(now())}, "
            f"exit_code = {exit_code}, failed_step = {value_literal(step)}, message = {literal(told)} "
            f"where run_id = {literal(run_id)}",
        )
        return told

    # Tests

    def enter_tests(self, run_id: str, tests: Sequence[TestResult]) -> None:
        """Enter how the data tests of a run ended, in the place of those of an earlier attempt."""
        tested_at = value_literal(now())
        rows = ", ".join(
            f"({literal(run_id)}, {literal(test.test_id)}, {literal(test.status)}, "
            f"{value_literal(test.failures)}, {value_literal(test.message)}, {tested_at})"
            for test in tests
        )
        self.execute(
            f"delete from raw_meta.test_results where run_id = {literal(run_id)}",
            "insert into raw_meta.test_results (run_id, test_id, status, failures, message, tested_at) "
            f"values {rows}",
        )

    # Publications

    def missing_publications(self, run_ids: Sequence[str]) -> list[str]:
        """Those of the given runs whose numbers the books do not hold."""
        there = {name for (name,) in self.query("select distinct publication_id from raw_meta.publications")}
        return [run_id for run_id in run_ids if run_id not in there]
