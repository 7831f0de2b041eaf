"""`scorecard bi`: what BI tools need."""

from __future__ import annotations

import click

from scorecard.bi_role import command as role_command
from scorecard.bi_superset import command as superset_command
from scorecard.metabase.command import command as metabase_command


@click.group("bi")
def command() -> None:
    """Make the marts ready for BI tools."""


command.add_command(role_command)
command.add_command(metabase_command)
command.add_command(superset_command)
