"""What went wrong outside the project, in one sentence: a full disk, a closed folder, a lost server."""

from __future__ import annotations

import errno
import re

import duckdb

from scorecard.landing.errors import BadInput
from scorecard.masking import masked
from scorecard.refresh.outcomes import RefreshError

LONGEST_REASON = 300
FULL = re.compile(r"No space left on device|File too large|Disk quota exceeded|could not extend file")
CLOSED = re.compile(r"Permission denied|Read-only file system|Operation not permitted|Not a directory")
NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
NO_ENTRY = (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR)


def is_mishap(error: BaseException) -> bool:
    """Whether an error comes from the disk, from a database, or from the connection to it."""
    return isinstance(error, OSError | duckdb.Error) or _is_of_postgres(error)


def sentence(error: BaseException, step: str | None = None) -> RefreshError:
    """An error as one sentence with the remedy. `step`: where it came up; None before a run began.

    What led to it counts first: a transaction that cannot be rolled back says less than why it failed.
    """
    remedy = "run scorecard refresh --resume" if step else "run scorecard refresh again"
    where = f"Step {step} failed: t" if step else "T"
    is_said = isinstance(error, BadInput | RefreshError)
    for cause in _causes(error):
        reason = _short(str(cause))
        number = cause.errno if isinstance(cause, OSError) else None
        if number in NO_ROOM or FULL.search(reason):
            return RefreshError(
                f"{where}here is no room on the disk, or a limit on files is reached ({reason}). "
                f"Make room and {remedy}."
            )
        if number in NO_ENTRY or CLOSED.search(reason):
            return RefreshError(
                f"{where}here is a file or a folder that this user may not write to ({reason}). "
                f"Open it to the user and {remedy}."
            )
        # Before a run began the connection was never there; what is said of that stands.
        if (step or not is_said) and _is_connection_lost(cause):
            return RefreshError(
                f"{where}he connection to the server was lost ({reason}). "
                f"See that the server is up and {remedy}."
            )
    if is_said:
        return RefreshError(masked(str(error)))
    reason = f"{type(error).__name__}: {_short(str(error))}"
    return RefreshError(
        f"Step {step} failed ({reason})." if step else f"The refresh did not begin ({reason})."
    )


def reason(error: BaseException) -> str:
    """An error's text on one line; an interrupt has none of its own."""
    return _short(str(error)) or "it was asked to end"


def _causes(error: BaseException) -> list[BaseException]:
    """An error and those that led to it, the first of them first."""
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found[::-1]


def _is_of_postgres(error: BaseException) -> bool:
    import psycopg2

    return isinstance(error, psycopg2.Error)


def _is_connection_lost(error: BaseException) -> bool:
    import psycopg2

    # Of the operational errors those of a server that answers have a code; 57P.. is a server that goes down.
    if isinstance(error, psycopg2.InterfaceError):
        return True
    return isinstance(error, psycopg2.OperationalError) and (error.pgcode or "57P").startswith("57P")


def _short(text: str) -> str:
    told = " ".join(masked(text).split())
    return told if len(told) <= LONGEST_REASON else told[: LONGEST_REASON - 1] + "…"
