"""What the tests on Spark share: settings for small inputs, an awkward dictionary, a finished build."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from project_copy import Project
from spark_session import FOR_SMALL_INPUTS

# A quote, a comma, a line break, a backslash, an apostrophe within cells; empty cells, quoted or not.
AWKWARD = (
    "number,text,share,is_on,day\n"
    '1,"a ""q"", b",0.5,true,2026-01-31\n'
    '2,"two\nlines",,false,\n'
    "3,,1.25,,2026-02-28\n"
    '4,"",2,true,2026-03-01\n'
    "5,back\\slash \\n it's,3,true,2026-03-02\n"
)

AWKWARD_WORDS = '"q", back\\slash \\n it\'s, '
"""What a literal of a description has to escape."""

TARGET_PATH = "target/spark"
"""Where a build leaves what dbt compiled."""


def settings_folder(folder: Path) -> Path:
    """A folder of Spark's settings, for every process of Spark's."""
    folder.mkdir()
    (folder / "spark-defaults.conf").write_text(
        "".join(f"{name} {value}\n" for name, value in FOR_SMALL_INPUTS.items())
    )
    return folder


def describe_awkwardly(root: Path) -> None:
    """Put awkward words before the descriptions of a table, dim_kpis, and of its key."""
    path = root / "models" / "marts" / "dimensions" / "_dimensions__models.yml"
    text = path.read_text()
    for plain, words in {
        "The catalog of the ten KPIs": AWKWARD_WORDS,
        "Key: the KPI.": AWKWARD_WORDS.replace("'", "''"),
    }.items():
        assert text.count(plain) == 1
        text = text.replace(plain, words + plain)
    path.write_text(text)


@dataclass(frozen=True)
class SparkBuild:
    """A build on Spark: the project, the folder that holds its tables, and what the build said."""

    project: Project
    folder: Path
    output: str

    @property
    def manifest(self) -> dict[str, Any]:
        """What dbt knows of the build."""
        written = (self.project.root / TARGET_PATH / "manifest.json").read_text()
        manifest: dict[str, Any] = json.loads(written)
        return manifest

    def files(self, schema: str, table: str) -> Path:
        """The files of a table as Spark wrote it, by a pattern."""
        return self.folder / "tables" / f"{schema}.db" / table / "*.parquet"

    def rows(self, schema: str, table: str, order: str) -> list[tuple[Any, ...]]:
        """Rows of a table as Spark wrote it."""
        query = f"select * from read_parquet('{self.files(schema, table)}') order by {order}"
        with duckdb.connect() as connection:
            return connection.execute(query).fetchall()

    def told_by(self, reader: str, asked: Any, folder: Path) -> Any:
        """What a program beside the tests tells of the built warehouse, as JSON; Spark ends with it."""
        (folder / "asked.json").write_text(json.dumps(asked))
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name(reader)), "asked.json", "told.json"],
            cwd=folder,
            env={**os.environ, **self.project.environment},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads((folder / "told.json").read_text())
