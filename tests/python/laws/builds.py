"""Building a company's marts in memory: landed quickly, or by the product's own landing file by file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from replay import Replayer, replayer_of
from replay.quick_landing import land_quickly, salt_as_ever
from replay.replayed import LANDED_AT
from scorecard.landing.land import Landing, Options
from scorecard.landing.warehouse import DuckDBWarehouse

from .marts import Marts, read_marts

Prepare = Callable[[duckdb.DuckDBPyConnection], None]
WORDS_OF_COMMITS = (
    "author_name",
    "author_email",
    "authored_at",
    "committer_name",
    "committer_email",
    "committed_at",
    "message",
    "co_authors",
)


def replayer() -> Replayer:
    """The process's replayer for builds that state an `as_of`."""
    return replayer_of(with_as_of=True)


def marts_of(
    exports: Path,
    as_of: str,
    reporting_timezone: str = "UTC",
    landed_at: datetime = LANDED_AT,
    prepare: Prepare | None = None,
) -> Marts:
    """Lands a company's folder and builds it; `prepare` may change the raw tables in between."""
    chosen = replayer()
    chosen.empty()
    land_quickly(chosen.connection, exports, landed_at)
    if prepare is not None:
        prepare(chosen.connection)
    chosen.build_models(reporting_timezone, as_of)
    return read_marts(chosen)


def marts_of_files(
    files: Iterable[Path], as_of: str, reporting_timezone: str = "UTC", again: bool = False
) -> Marts:
    """Lands files and bundles as `scorecard land` does, in the order given, and builds what was landed.

    Each lies in the folder of its tool, and one that is given twice is landed twice.
    """
    chosen = replayer()
    chosen.empty()
    landing = Landing(DuckDBWarehouse(chosen.connection))
    for path in files:
        for outcome in landing.land(path.parent.name, [path], Options(landed_at=LANDED_AT, again=again)):
            assert outcome.failure is None and outcome.passed_over is None, outcome
    salt_as_ever(chosen.connection)
    chosen.build_models(reporting_timezone, as_of)
    return read_marts(chosen)


def files_of(exports: Path) -> list[Path]:
    """Every file and bundle of a company's folder."""
    return sorted(exports.glob("*/*"))


def rewrite_commits(rewrite: Callable[[str], str]) -> Prepare:
    """Passes the words and instants of landed commits through a function; their names (SHA) stay.

    A commit's name is a hash of its author and dates: rewritten in git, every commit would have another one.
    """

    def prepare(connection: duckdb.DuckDBPyConnection) -> None:
        for column in WORDS_OF_COMMITS:
            cursor = connection.execute(
                f"select distinct {column} from raw_git.commits where {column} is not null"
            )
            known = [value for (value,) in cursor.fetchall()]
            pairs = {"known": known, "rewritten": [rewrite(value) for value in known]}
            connection.register("pairs", pa.table(pairs))
            connection.execute(
                f"update raw_git.commits set {column} = pairs.rewritten from pairs "
                f"where commits.{column} = pairs.known"
            )
            connection.unregister("pairs")

    return prepare
