"""`scorecard simulate`."""

from __future__ import annotations

from pathlib import Path

import click

from scorecard.simulate.config import DEFAULT_END, TOOLS, SimulationConfig, SimulationError, parse_instant
from scorecard.simulate.export import write_company


@click.command("simulate")
@click.option("--seed", default=7, show_default=True, help="Another seed is another company.")
@click.option("--people", default=25, show_default=True, help="How many people work there.")
@click.option("--months", default=18, show_default=True, help="How many complete months before --end.")
@click.option("--teams", default=4, show_default=True, help="How many teams they form.")
@click.option("--services", default=6, show_default=True, help="How many services they run.")
@click.option("--end", default=DEFAULT_END, show_default=True, help="Last instant of the exports.")
@click.option("--timezone", default="UTC", show_default=True, help="Reporting time zone in the manifest.")
@click.option(
    "--sprints/--no-sprints", default=True, show_default=True, help="Whether teams work in sprints."
)
@click.option(
    "--deployments/--no-deployments", default=True, show_default=True, help="Whether anything is deployed."
)
@click.option(
    "--without", multiple=True, type=click.Choice(TOOLS), help="Leave a tool's exports out (repeatable)."
)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write."
)
def command(
    seed: int,
    people: int,
    months: int,
    teams: int,
    services: int,
    end: str,
    timezone: str,
    sprints: bool,
    deployments: bool,
    without: tuple[str, ...],
    out: Path,
) -> None:
    """Simulate a company at work and write its exports as the tools' vendors give them."""
    try:
        config = SimulationConfig(
            seed=seed,
            people=people,
            months=months,
            teams=teams,
            services=services,
            end=parse_instant(end),
            timezone=timezone,
            has_sprints=sprints,
            has_deployments=deployments,
            tools=tuple(tool for tool in TOOLS if tool not in without),
        )
        world = write_company(config, out)
    except (SimulationError, OSError) as error:
        raise click.ClickException(str(error)) from error
    pulls = sum(len(repo.pulls) for repo in world.repos)
    click.echo(
        f"{len(world.people)} people, {len(world.issues)} issues, {pulls} pull requests, "
        f"{len(world.deployments)} deployments, {len(world.incidents)} incidents in {out}"
    )
