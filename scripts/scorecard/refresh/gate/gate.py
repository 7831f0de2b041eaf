"""The gate: may these marts be published?"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from scorecard.refresh.candidate import Candidate
from scorecard.refresh.gate.pages import finish_pages
from scorecard.refresh.gate.reading import DuckDBConnection, attach, open_connection
from scorecard.refresh.gate.results import Check, GateResult, result_of
from scorecard.refresh.gate.subjects import all_subjects
from scorecard.refresh.gate.validation import validate_frames, validate_queries
from scorecard.refresh.gate.view import View, read_catalog
from scorecard.targets import project_root

# Names of critical checks, `suite.name` and commas between, that somebody has looked at and lets pass once.
ACCEPT_VARIABLE = "SCORECARD_GATE_ACCEPT"


def check(
    candidate: Candidate,
    previous: Candidate | None,
    docs_folder: Path,
    now: datetime | None = None,
    accepted: Collection[str] | None = None,
) -> GateResult:
    """Check a candidate, and against the last published version where there is one.

    docs_folder: where the pages of the checks go (made if need be). now: the clock (UTC), by default that of
    the machine. accepted: critical checks (`suite.name`) that may fail with a warning, default those that
    `SCORECARD_GATE_ACCEPT` names. Raises GateError where the candidate cannot be read or the extra `refresh`
    is not installed.
    """
    clock = now or datetime.now(UTC)
    names = _accepted_names() if accepted is None else list(accepted)
    with open_connection(candidate) as connection:
        place, books, place_before = attach(connection, candidate, previous)
        view = View(connection, place, books, place_before, read_catalog(project_root()), clock)
        missing = view.missing()
        if missing:
            return result_of([_structure(missing)], None)
        wanted = all_subjects(view)
        docs_folder.mkdir(parents=True, exist_ok=True)
        if isinstance(connection, DuckDBConnection):
            checks = validate_frames(wanted, connection, candidate.run_id, docs_folder)
        else:
            checks = validate_queries(wanted, candidate.connection, candidate.run_id, docs_folder)
    return finish_pages(docs_folder, _with_accepted(checks, names), candidate.run_id)


def _accepted_names() -> list[str]:
    return [name.strip() for name in os.environ.get(ACCEPT_VARIABLE, "").split(",") if name.strip()]


def _structure(missing: list[str]) -> Check:
    said = f"The candidate lacks {', '.join(missing)}: build the whole project, not a part of it."
    return Check("structure", "marts_are_there", "critical", False, said)


def _with_accepted(checks: list[Check], names: list[str]) -> list[Check]:
    """Let accepted checks pass with a warning. A name that no check has is itself a critical finding."""
    known = {f"{found.suite}.{found.name}" for found in checks}
    unknown = [name for name in names if name not in known]
    lenient = [
        replace(found, severity="warning", said=f"{found.said} Accepted by {ACCEPT_VARIABLE}.")
        if f"{found.suite}.{found.name}" in names and not found.passed and found.severity == "critical"
        else found
        for found in checks
    ]
    if unknown:
        said = (
            f"{ACCEPT_VARIABLE} names what is no check ({', '.join(unknown)}): a check's name is suite.name."
        )
        lenient.append(Check("gate", "accepted_checks_exist", "critical", False, said))
    return lenient
