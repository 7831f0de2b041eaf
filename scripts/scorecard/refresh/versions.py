"""Published versions, and the one step that makes another of them current."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from scorecard.refresh.candidate import Candidate
from scorecard.targets import Target


@dataclass(frozen=True)
class About:
    """What a version's numbers say of themselves."""

    as_of: datetime | None
    definition_version: int | None
    data_origin: str


@dataclass(frozen=True)
class Published:
    """What a publication did: rows of all its tables, where it stands, and what a reader should know."""

    rows: int
    shown: str
    notes: tuple[str, ...] = ()


class Versions(Protocol):
    """Where versions of one warehouse are published. Every change is made by whoever holds the lock."""

    def current(self) -> str | None:
        """The run whose version readers get."""

    def all(self) -> list[str]:
        """Runs of the versions that are kept, the oldest first."""

    def new_candidate(self) -> None:
        """Make room for a build."""

    def candidate(self, run_id: str) -> Candidate:
        """The marts that were built and not yet published."""

    def version(self, run_id: str) -> Candidate:
        """A published version."""

    def about(self, version: Candidate) -> About:
        """What its scorecard says. Raises RefreshError where there is none."""

    def count_rows(self, version: Candidate) -> int:
        """Rows of all tables that a publication consists of."""

    def fingerprint(self, run_id: str) -> str | None:
        """What the candidate's tables hold, as a hash; None where nobody but a refresh writes to them."""

    def publish(self, run_id: str, published_at: datetime, built: str | None = None) -> Published:
        """Make the candidate the current version, in one step.

        Raises RefreshError where its fingerprint is not `built`; None asks for none.
        """

    def go_back(self, run_id: str) -> tuple[str, ...]:
        """Make an earlier version current, in the same step; returns what a reader should know besides."""

    def enter(self, run_id: str, published_at: datetime) -> None:
        """Enter a published version's numbers in the books, unless they are there."""

    def discard(self, run_id: str) -> None:
        """Remove what a run left behind that was never published."""

    def prune(self, keep: int) -> tuple[list[str], list[str]]:
        """Remove the oldest versions but `keep`, never the current one: those removed, and notes."""


def to_remove(kept: list[str], current: str | None, keep: int) -> list[str]:
    """Of versions (the oldest first) those beyond `keep`; the current one counts and stays."""
    others = [run_id for run_id in kept if run_id != current]
    stay = max(keep - (current is not None), 0)
    return others[: max(len(others) - stay, 0)]


def is_current(versions: Versions, run_id: str) -> bool:
    """Whether readers have a run's version, whatever was said while it was swapped in."""
    try:
        return versions.current() == run_id
    except Exception:
        return False


def open_versions(
    target: Target,
    tables: tuple[str, ...],
    swap_timeout: timedelta = timedelta(seconds=60),
    say: Callable[[str], None] = lambda _: None,
) -> Versions:
    """The versions of a target's warehouse."""
    if target.engine == "postgres":
        from scorecard.refresh.postgres_versions import PostgresVersions

        return PostgresVersions(target, tables, swap_timeout, say)
    from scorecard.refresh.duckdb_versions import DuckDBVersions

    return DuckDBVersions(target, tables)
