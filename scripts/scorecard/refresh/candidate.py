"""What is about to be published, or was: where its marts stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Candidate:
    """Marts of one run.

    `engine`: `duckdb` (a file, `path`) or `postgres` (a server, `connection`: libpq's keywords).
    `marts_schema`: `marts`, on Postgres `marts_candidate` until it is published.
    """

    engine: str
    path: Path | None
    connection: dict[str, str] = field(repr=False)
    marts_schema: str
    run_id: str
