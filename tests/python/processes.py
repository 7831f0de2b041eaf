"""Whether processes that are nobody's children here have ended."""

from __future__ import annotations

import psutil


def has_ended(process: psutil.Process) -> bool:
    """It is gone, or only waits to be collected: by whom, and how soon, is the machine's own matter."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
