"""Disturbs refreshes for real and prints what happened.

In tests/python, with the environment of the tests::

    python -m faults --kills 200 --target duckdb --seed 1              # small stand-ins for dbt and the gate
    python -m faults --kills 50 --target postgres --seed 1 --real      # the project's own dbt and gate
    python -m faults --kills 0 --publications 3 --readers 16 --real    # readers alone

Exit code 1 where something did not hold.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import click
from project_copy import copy_of_project

from .exports import company_exports, small_exports
from .kills import Campaign
from .place import Place, Server

COMPANY = ("--seed", "11", "--people", "9", "--months", "8")


@click.command()
@click.option("--kills", default=20, show_default=True, help="How many refreshes are killed.")
@click.option("--publications", default=0, show_default=True, help="Refreshes that are not killed, besides.")
@click.option("--target", type=click.Choice(("duckdb", "postgres")), default="duckdb", show_default=True)
@click.option("--seed", default=1, show_default=True, help="Says which moments.")
@click.option("--real", "is_real", is_flag=True, help="The project's dbt and gate: minutes a refresh.")
@click.option("--readers", default=2, show_default=True, help="Processes that read meanwhile.")
@click.option("--pause", default=0.02, show_default=True, help="Seconds between two queries of a reader.")
@click.option("--minutes", default=0.0, help="Begin no series after so many minutes.")
def main(
    kills: int,
    publications: int,
    target: str,
    seed: int,
    is_real: bool,
    readers: int,
    pause: float,
    minutes: float,
) -> None:
    """Kill refreshes at random moments, or read while they publish."""
    folder = Path(tempfile.mkdtemp(prefix="faults"))
    server = Server() if target == "postgres" else None
    began = time.monotonic()
    try:
        project = copy_of_project(folder / "project")
        exports = small_exports
        if is_real:
            project.must("scorecard", "simulate", *COMPANY, "--out", str(folder / "company"))
            exports = company_exports(folder / "company")
        place = Place(folder / "own", project, exports, server, is_real)
        campaign = Campaign(place, seed, click.echo, minutes * 60)
        figures = campaign.run(kills, readers, pause, publications)
    finally:
        if server:
            server.close()
        shutil.rmtree(folder, ignore_errors=True)
    click.echo(figures.table())
    click.echo(f"{'minutes':34}{(time.monotonic() - began) / 60:>10.1f}")
    for told in figures.wrong:
        click.echo(told)
    raise SystemExit(bool(figures.wrong))


if __name__ == "__main__":
    main()
