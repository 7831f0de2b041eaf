"""What the tests on Spark share: settings for small inputs, an awkward dictionary, a finished build."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from project_copy import Project

# A quote, a comma, a line break, a backslash, an apostrophe within cells; empty cells, quoted or not.
AWKWARD = (
    "number,text,share,is_on,day\n"
    '1,"a ""q"", b",0.5,true,2026-01-31\n'
    '2,"two\nlines",,false,\n'
    "3,,1.25,,2026-02-28\n"
    '4,"",2,true,2026-03-01\n'
    "5,back\\slash \\n it's,3,true,2026-03-02\n"
)

SETTINGS = """\
# Statements are many and inputs small: interpreting them is faster than compiling them.
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
"""


def settings_folder(folder: Path) -> Path:
    """A folder of Spark's settings, for every process of Spark's."""
    folder.mkdir()
    (folder / "spark-defaults.conf").write_text(SETTINGS)
    return folder


@dataclass(frozen=True)
class SparkBuild:
    """A build on Spark: the project, the folder that holds its tables, and what the build said."""

    project: Project
    folder: Path
    output: str

    def rows(self, schema: str, table: str, order: str) -> list[tuple[Any, ...]]:
        """Rows of a table as Spark wrote it."""
        files = self.folder / "tables" / f"{schema}.db" / table / "*.parquet"
        with duckdb.connect() as connection:
            return connection.execute(f"select * from read_parquet('{files}') order by {order}").fetchall()
