"""The command `scorecard`, real but for what takes long: dbt's build and the gate are small stand-ins.

    python stand_in.py refresh --log-format json

Locks, landing, books, the process that builds, publication and rollback are the product's own. Where
FAULTS_CLOCK names a file, its clock is off by the seconds that the file holds, read anew each time. The gate
takes STAND_IN_CHECK_SECONDS. Once it has told that it begins (`begin`) or that a step is done, as
STAND_IN_STOPS_AFTER says, it stops itself (SIGSTOP).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

TABLES = ("dim_kpis", "fct_rows", "scorecard")
CHECK_SECONDS = "0.15"


def check(candidate: Any, *_: Any) -> Any:
    """A gate that takes its time and finds nothing."""
    time.sleep(float(os.environ.get("STAND_IN_CHECK_SECONDS", CHECK_SECONDS)))
    return SimpleNamespace(passed=True, checks=(), data_docs=None)


def set_clock(offset: Path) -> None:
    """Put a clock that can be set in the place of the one that the project asks."""
    from scorecard.landing import land
    from scorecard.refresh import command, identity, journal, postgres_versions, run, telling

    right, right_in_seconds = identity.now, land.utc_now

    def off(instant: datetime) -> datetime:
        return instant + timedelta(seconds=float(offset.read_text()))

    askers: tuple[Any, ...] = (command, identity, journal, postgres_versions, run, telling)
    for module in askers:
        assert module.now is right
        module.now = lambda: off(right())
    land.utc_now = lambda: off(right_in_seconds())


def stop_after(told: str) -> None:
    """Stand still, until it is woken, once an event or a step is told."""
    from scorecard.refresh.telling import JsonTeller

    say = JsonTeller._say

    def say_and_stop(teller: JsonTeller, level: str, event: str, **details: Any) -> None:
        say(teller, level, event, **details)
        if details.get("step", event) == told:
            os.kill(os.getpid(), signal.SIGSTOP)

    JsonTeller._say = say_and_stop  # type: ignore[method-assign]


def main() -> None:
    from scorecard import cli
    from scorecard.refresh import build, command, run

    gate: Any = ModuleType("scorecard.refresh.gate")
    gate.check = check
    sys.modules[gate.__name__] = gate
    stand_ins: dict[Any, dict[str, Any]] = {
        build: {"_dbt": lambda: [sys.executable, str(Path(__file__).with_name("stand_in_dbt.py"))]},
        command: {"published_tables": lambda root: TABLES},
        run: {"published_tables": lambda root: TABLES},
    }
    for module, replaced in stand_ins.items():
        for name, value in replaced.items():
            assert hasattr(module, name), name
            setattr(module, name, value)
    if "FAULTS_CLOCK" in os.environ:
        set_clock(Path(os.environ["FAULTS_CLOCK"]))
    if "STAND_IN_STOPS_AFTER" in os.environ:
        stop_after(os.environ["STAND_IN_STOPS_AFTER"])
    cli.main()


if __name__ == "__main__":
    main()
