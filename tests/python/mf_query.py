"""What MetricFlow answers, as rows."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from project_copy import Project

Cut = tuple[str, str]
Row = dict[str, Any]


class MetricFlow:
    """`mf query` on the warehouse of a copy of the project; answers go to a folder."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project, self.folder = project, folder
        self.project.must("dbt", "--quiet", "parse")

    def query(self, names: list[str], *options: str) -> list[Row]:
        path = self.folder / "answer.csv"
        self.project.must("mf", "query", "--metrics", ",".join(names), *options, "--csv", str(path))
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def by_period(self, names: list[str], grain: str, scope: str | None) -> dict[Cut, Row]:
        """The metrics of each period and scope; a metric without rows is missing there."""
        period = f"metric_time__{grain}"
        answer: dict[Cut, Row] = {}
        for row in self.query(names, "--group-by", ",".join([period, *([scope] if scope else [])])):
            cut = (row[period][:10], (row[scope] or f"no_{scope}") if scope else "company")
            # Metrics that are asked for together are joined on their cuts, those of no team on none.
            answer.setdefault(cut, {}).update(
                {name: float(row[name]) for name in names if row[name] not in ("", "nan")}
            )
        return answer
