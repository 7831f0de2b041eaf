"""Where the warehouse stands: `sample` and `duckdb` (files), `postgres` (a server), `spark` (a folder)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

TARGET_NAMES = ("sample", "duckdb", "postgres", "spark")
DEFAULT_TARGET = "sample"


class TargetError(ValueError):
    """A target that does not exist or cannot be reached; its text is one sentence for the reader."""


@dataclass(frozen=True)
class Target:
    """One warehouse: a DuckDB file or Spark's folder (`path`), or a Postgres server (`connection`)."""

    name: str
    engine: str
    path: Path | None = None
    connection: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The warehouse as a reader would name it, without a password."""
        if self.path is not None:
            return os.path.relpath(self.path)
        return f"Postgres {self.connection['host']}:{self.connection['port']}/{self.connection['dbname']}"


def project_root() -> Path:
    """Folder of the dbt project: the one this package stands in, else the working folder or one above it.

    Raises TargetError where neither holds a dbt_project.yml.
    """
    here = Path(__file__).resolve().parents[2]
    working = Path.cwd()
    for folder in (here, working, *working.parents):
        if (folder / "dbt_project.yml").is_file() or (folder / "models" / "staging").is_dir():
            return folder
    raise TargetError("There is no dbt_project.yml here or above: run the command in the project's folder.")


def default_target_name() -> str:
    """The target that holds where none is named: `SCORECARD_TARGET`, else `sample`."""
    return os.environ.get("SCORECARD_TARGET") or DEFAULT_TARGET


def resolve_target(name: str | None = None) -> Target:
    """The target of that name (default: `SCORECARD_TARGET`, else `sample`).

    A relative `SCORECARD_WAREHOUSE` or `SCORECARD_SPARK_FOLDER` counts from the project's folder. Raises
    TargetError for an unknown name and for a folder of Spark's that is no path of this machine.
    """
    chosen = name or default_target_name()
    if chosen == "sample":
        return Target("sample", "duckdb", path=project_root() / "warehouse" / "sample.duckdb")
    if chosen == "duckdb":
        path = os.environ.get("SCORECARD_WAREHOUSE") or "warehouse/scorecard.duckdb"
        return Target("duckdb", "duckdb", path=project_root() / path)
    if chosen == "postgres":
        return Target("postgres", "postgres", connection=_postgres_connection())
    if chosen == "spark":
        return Target("spark", "spark", path=_spark_folder())
    raise TargetError(f'There is no target "{chosen}": choose one of {", ".join(TARGET_NAMES)}.')


def published_folder(target: Target) -> Path:
    """Where versions of a DuckDB file are published: `SCORECARD_PUBLISHED`, else `published` beside it."""
    assert target.path is not None
    named = os.environ.get("SCORECARD_PUBLISHED")
    return project_root() / named if named else target.path.parent / "published"


def _spark_folder() -> Path:
    """Where landing writes for Spark, from `SCORECARD_SPARK_FOLDER`."""
    folder = os.environ.get("SCORECARD_SPARK_FOLDER") or "warehouse/spark"
    if "://" in folder:
        raise TargetError(
            f"SCORECARD_SPARK_FOLDER is {folder}: landing writes to folders. "
            "Mount it here and on Spark's machines under one path, and name that path."
        )
    return project_root() / folder


def _postgres_connection() -> dict[str, str]:
    """libpq keywords from `SCORECARD_PG_*`; the host may be the folder of a Unix socket."""
    keywords = {
        "host": os.environ.get("SCORECARD_PG_HOST") or "localhost",
        "port": os.environ.get("SCORECARD_PG_PORT") or "5432",
        "user": os.environ.get("SCORECARD_PG_USER") or "scorecard",
        "dbname": os.environ.get("SCORECARD_PG_DATABASE") or "scorecard",
    }
    password = os.environ.get("SCORECARD_PG_PASSWORD")
    if password:
        keywords["password"] = password
    return keywords
