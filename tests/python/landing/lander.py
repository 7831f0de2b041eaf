"""Landing into a warehouse and looking into it, and small exports written by code."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from scorecard.landing import Landing, Options, Outcome
from scorecard.landing.warehouse import Warehouse

NOW = datetime(2026, 6, 1)


class Lander:
    """Lands paths and looks into the warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def land(self, tool: str, *paths: Path, **options: Any) -> list[Outcome]:
        stated = Options(**{"landed_at": NOW, **options})
        return list(Landing(self.warehouse).land(tool, paths, stated))

    def one(self, tool: str, path: Path, **options: Any) -> Outcome:
        (outcome,) = self.land(tool, path, **options)
        return outcome

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        return self.warehouse.query(statement)

    def reasons(self) -> list[tuple[int | None, str]]:
        return [
            (row[0], row[1])
            for row in self.query("select position, reason from raw_meta.rejects order by 1, 2")
        ]

    def check_books(self) -> None:
        """Every load adds up, and there is a reject for every rejected row."""
        wrong = self.query(
            "select load_id from raw_meta.loads where rows_read <> rows_landed + rows_rejected "
            "or rows_landed <> rows_new + rows_updated + rows_unchanged "
            "or rows_rejected <> (select count(*) from raw_meta.rejects "
            "where rejects.load_id = loads.load_id and rejects.position is not null)"
        )
        assert wrong == []


def issue(number: int, **fields: Any) -> dict[str, Any]:
    """A GitHub issue with the fields that a row must have."""
    return {
        "id": number,
        "number": number,
        "title": f"Issue {number}",
        "created_at": "2026-01-01T10:00:00Z",
        "updated_at": "2026-01-02T10:00:00Z",
        "user": {"login": "ada", "id": 7},
        **fields,
    }
