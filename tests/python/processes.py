"""Whether processes that are nobody's children here have ended."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psutil


def still_running(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    """What of them has not ended within some seconds."""
    deadline = time.monotonic() + seconds
    while running := [process for process in processes if not _has_ended(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return running


def _has_ended(process: psutil.Process) -> bool:
    """It is gone, or only waits to be collected: by whom, and how soon, is the machine's own matter."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
