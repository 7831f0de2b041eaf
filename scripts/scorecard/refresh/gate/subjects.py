"""All that the gate checks. Every query runs on DuckDB and on Postgres alike."""

from __future__ import annotations

from scorecard.refresh.gate.of_the_facts import fact_rows
from scorecard.refresh.gate.of_the_scorecard import movements, page, periods, scorecard_rows
from scorecard.refresh.gate.of_the_sources import as_of, landing, sources
from scorecard.refresh.gate.rules import Subject
from scorecard.refresh.gate.view import View


def all_subjects(view: View) -> list[Subject]:
    """Every subject, the scorecard's first."""
    return [
        scorecard_rows(view),
        periods(view),
        page(view),
        movements(view),
        *(fact_rows(view, fact) for fact in view.facts),
        landing(view),
        sources(view),
        as_of(view),
    ]
