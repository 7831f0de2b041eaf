"""What went wrong outside the project, in one sentence: a full disk, a closed folder, a lost server."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass

import duckdb

from scorecard.masking import masked

LONGEST_REASON = 300
FULL = re.compile(r"No space left on device|File too large|Disk quota exceeded|could not extend file")
CLOSED = re.compile(r"Permission denied|Read-only file system|Operation not permitted|Not a directory")
NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
NO_ENTRY = (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR)


def is_mishap(error: BaseException) -> bool:
    """Whether an error comes from the disk, from a database, or from the connection to it."""
    return isinstance(error, OSError | duckdb.Error) or _is_of_postgres(error)


@dataclass(frozen=True)
class Mishap:
    """What happened outside the project, in words of the error, too, and what a person does about it."""

    what: str
    remedy: str


def mishap_of(error: BaseException, is_connected: bool = True) -> Mishap | None:
    """The mishap that an error tells of; None where it is none that can be named.

    What led to it counts first: a transaction that cannot be rolled back says less than why it failed.
    `is_connected`: whether there was a connection that can have been lost.
    """
    for cause in _causes(error):
        told = reason(cause)
        number = cause.errno if isinstance(cause, OSError) else None
        if number in NO_ROOM or FULL.search(told):
            return Mishap(
                f"there is no room on the disk, or a limit on files is reached ({told})", "make room"
            )
        if number in NO_ENTRY or CLOSED.search(told):
            return Mishap(
                f"there is a file or a folder that this user may not write to ({told})", "open it to the user"
            )
        if is_connected and _is_connection_lost(cause):
            return Mishap(f"the connection to the server was lost ({told})", "see that the server is up")
    return None


def reason(error: BaseException) -> str:
    """An error's text on one line; an interrupt has none of its own."""
    told = " ".join(masked(str(error)).split())
    if not told:
        return type(error).__name__ if isinstance(error, Exception) else "it was asked to end"
    return told if len(told) <= LONGEST_REASON else told[: LONGEST_REASON - 1] + "…"


def _causes(error: BaseException) -> list[BaseException]:
    """An error and those that led to it, the first of them first."""
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found[::-1]


def _is_of_postgres(error: BaseException) -> bool:
    import adbc_driver_manager
    import psycopg2

    return isinstance(error, psycopg2.Error | adbc_driver_manager.Error)


def _is_connection_lost(error: BaseException) -> bool:
    import adbc_driver_manager
    import psycopg2

    if isinstance(error, psycopg2.InterfaceError):
        return True
    # Of the operational errors those of a server that answers have a code; 57P.. is a server that goes down.
    if isinstance(error, psycopg2.OperationalError):
        return (error.pgcode or "57P").startswith("57P")
    if isinstance(error, adbc_driver_manager.OperationalError):
        return (error.sqlstate or "57P").startswith("57P")
    return False
