"""A dbt-duckdb plugin: a build of target `sample` lands the sample company first where it is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from scorecard.landing.land import is_sample_landed, land_sample


class Plugin(BasePlugin):
    """Lands the sample on dbt's own connection."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Make the warehouse's folder: DuckDB creates the file, not the folder."""
        Path(creds.path).parent.mkdir(parents=True, exist_ok=True)

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Land the sample where it is not there as a whole, and say so in one line."""
        if is_sample_landed(conn):
            return
        outcomes = land_sample(conn)
        rows = sum(outcome.load.rows_landed for outcome in outcomes if outcome.load)
        print(
            f"The sample company was not landed yet: landed it ({rows:,} rows from seeds/sample).",
            flush=True,
        )
