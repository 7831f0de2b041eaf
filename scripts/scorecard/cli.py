"""The `scorecard` command line: a group whose commands are loaded when they are called."""

from __future__ import annotations

import importlib
import sys

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "land": ("scorecard.landing.command:command", "Land raw exports into the warehouse."),
    "loads": ("scorecard.books:loads_command", "Show what was landed."),
    "rejects": (
        "scorecard.books:rejects_command",
        "Show the rows and files that could not be read, and why.",
    ),
    "show": ("scorecard.show:command", "Show the ten numbers in the terminal."),
    "explain": ("scorecard.explain:command", "Open a number to the rows behind it."),
    "page": ("scorecard.page.command:command", "Write the page: one HTML file, and a PDF of one sheet."),
    "refresh": ("scorecard.refresh.command:refresh_command", "Land, build, check and publish in one go."),
    "rollback": (
        "scorecard.refresh.command:rollback_command",
        "Let readers have an earlier published version.",
    ),
    "bi": ("scorecard.bi:command", "Make the marts ready for BI tools."),
    "simulate": ("scorecard.simulate:command", "Simulate a company and write its exports."),
}


class LazyGroup(click.Group):
    """A click group that imports a command's module only when that command runs or prints its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module_name, attribute = COMMANDS[cmd_name][0].split(":")
        loaded: click.Command = getattr(importlib.import_module(module_name), attribute)
        return loaded

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, description) for name, (_, description) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="execution-scorecard")
def group() -> None:
    """Ten numbers that tell whether a technology function executes."""


def main() -> None:
    """Entry point of the console script."""
    sys.exit(group())


if __name__ == "__main__":
    main()
