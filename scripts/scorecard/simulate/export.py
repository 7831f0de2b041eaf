"""Writes a simulated company's exports as a folder, as `docs/raw-contract.md` describes it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from scorecard.simulate import write_github, write_hubspot, write_jira, write_pagerduty, write_planning
from scorecard.simulate.clock import iso
from scorecard.simulate.company import simulate
from scorecard.simulate.config import TOOLS, SimulationConfig, SimulationError
from scorecard.simulate.output import write_bundle
from scorecard.simulate.state import World

_WRITERS: dict[str, Callable[[World, Path], None]] = {
    "github": write_github.write,
    "jira": write_jira.write,
    "pagerduty": write_pagerduty.write,
    "hubspot": write_hubspot.write,
    "planning": write_planning.write,
}


def write_company(config: SimulationConfig, out: Path, until: int | None = None) -> World:
    """Simulate and write. Folders of an earlier run in `out` are replaced; anything else there is left alone.

    With `until` (epoch seconds) these are the exports that the same company would have given at that instant.
    Raises SimulationError where `out` cannot be written, or holds something that no run wrote.
    """
    manifest = out / "manifest.json"
    if out.exists() and any(out.iterdir()) and not manifest.exists():
        raise SimulationError(f"{out} holds files and no manifest.json: give an empty folder.")
    world = simulate(config, until)
    for tool in TOOLS:
        if (out / tool).is_dir():
            shutil.rmtree(out / tool)
    out.mkdir(parents=True, exist_ok=True)
    if "git" in config.tools:
        for repo in world.repos:
            write_bundle(out / "git" / f"{repo.name.replace('/', '+')}.bundle", repo.git)
    for tool, write in _WRITERS.items():
        if tool in config.tools:
            write(world, out / tool)
    speaks_for = {
        "covers_from": iso(config.start),
        "covers_to": iso(world.now),
        "reporting_timezone": config.timezone,
        "is_sample": True,
    }
    manifest.write_text(json.dumps(speaks_for, indent=2) + "\n", encoding="utf-8")
    return world
