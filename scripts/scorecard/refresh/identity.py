"""Names of runs: an instant and four hexadecimal digits, fit for a file and for a schema."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta

RUN_ID = re.compile(r"\d{8}t\d{6}z_[0-9a-f]{4}")


def now() -> datetime:
    """Now, in UTC without an offset."""
    return datetime.now(UTC).replace(tzinfo=None)


def new_run_id(instant: datetime, latest: datetime | None = None) -> str:
    """The name of a run that begins at an instant (UTC): `20260704t090000z_1a2b`. Names sort by time.

    `latest`: the latest instant that earlier runs know of. The name is of a later second, whatever the clock
    says, so that runs sort in the order in which they were made.
    """
    if latest is not None:
        instant = max(instant, latest + timedelta(seconds=1))
    return f"{instant:%Y%m%dt%H%M%Sz}_{secrets.token_hex(2)}"


def began_at(run_id: str) -> datetime:
    """The instant (UTC) at which a run began, by its name. Raises ValueError for what is no name of a run."""
    if not RUN_ID.fullmatch(run_id):
        raise ValueError(f'"{run_id}" is no name of a run')
    return datetime.strptime(run_id[:16], "%Y%m%dt%H%M%Sz")
