"""`scorecard show`: the ten numbers on a terminal, and the rows behind each of them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scorecard import headlines, wording
from scorecard.headlines import Scope
from scorecard.reading import ReadingError, Row, json_value, open_reader, published
from scorecard.targets import TargetError, resolve_target
from scorecard.terminal_detail import render_detail
from scorecard.terminal_page import render_page

# Columns where the output goes to a file or a pipe and nobody said how wide it shall be.
PLAIN_WIDTH = 100
NARROWEST = 60
ROWS_LISTED = 20


def _parse_scope(context: click.Context, option: click.Parameter, value: str | None) -> Scope:
    """`team:<id>` or `service:<id>`; the company where nothing is said."""
    if value is None:
        return Scope()
    scope_type, _, scope_id = value.partition(":")
    if scope_type not in ("team", "service") or not scope_id:
        raise click.BadParameter(f'"{value}" is no scope: write team:<id> or service:<id>.', context, option)
    return Scope(scope_type, scope_id)


@click.command("show")
@click.option(
    "--target",
    "target_name",
    help="sample, duckdb, postgres or spark; default SCORECARD_TARGET, else sample.",
)
@click.option(
    "--published",
    "is_published",
    is_flag=True,
    help="The version that `scorecard refresh` published, not the build at hand.",
)
@click.option("--kpi", help="One KPI: its months and the rows behind the latest one.")
@click.option("--scope", callback=_parse_scope, help="team:<id> or service:<id>; default: the company.")
@click.option(
    "--rows",
    "row_limit",
    type=click.IntRange(min=0),
    help=f"With --kpi, rows to list a group; default: {ROWS_LISTED}, with --json all.",
)
@click.option(
    "--sentences/--no-sentences", default=True, help="A plain sentence under each number (default)."
)
@click.option("--json", "as_json", is_flag=True, help="The rows as they are in the warehouse, for machines.")
def command(
    target_name: str | None,
    is_published: bool,
    kpi: str | None,
    scope: Scope,
    row_limit: int | None,
    sentences: bool,
    as_json: bool,
) -> None:
    """Show the ten numbers, grouped by the accountability that they answer for."""
    try:
        target = resolve_target(target_name)
        with open_reader(published(target) if is_published else target) as reader:
            catalog = headlines.catalog(reader)
            if kpi is None:
                rows = headlines.headline_rows(reader, scope)
                if as_json:
                    _write_json(rows)
                else:
                    points = headlines.single_periods(reader, scope)
                    write_lines(render_page(catalog, rows, points, scope, sentences, output_width()))
                return
            entry = _catalog_entry(catalog, kpi)
            limit = row_limit if row_limit is not None or as_json else ROWS_LISTED
            detail = headlines.read_detail(reader, entry, scope, limit)
            if as_json:
                _write_json(detail)
            else:
                write_lines(render_detail(detail, output_width()))
    except (ReadingError, TargetError) as error:
        raise click.ClickException(str(error)) from error


def _catalog_entry(catalog: Sequence[Row], kpi: str) -> Row:
    """The catalog's row of a KPI; a usage error that names the ten keys where there is none."""
    try:
        return headlines.find_entry(catalog, kpi)
    except ReadingError as error:
        raise click.BadParameter(str(error), param_hint="--kpi") from error


def output_width() -> int:
    """Columns to write in: the terminal's, else what COLUMNS says, else 100; never under 60."""
    console = Console()
    if console.is_terminal or os.environ.get("COLUMNS"):
        return max(console.width, NARROWEST)
    return PLAIN_WIDTH


def _write_json(output: Any) -> None:
    click.echo(json.dumps(output, default=json_value, indent=2, ensure_ascii=True))


def write_lines(parts: Sequence[Text | Table]) -> None:
    """Lines and tables as text: colour on a terminal alone, blocks and dashes where they can be shown."""
    console = Console(width=output_width(), highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part, no_wrap=isinstance(part, Text), overflow="ignore", crop=False)
    text = "\n".join(line.rstrip() for line in captured.get().splitlines())
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    is_utf8 = encoding.lower().replace("-", "") == "utf8"
    # Whether there is colour has been decided by then; click shall not strip it.
    click.echo(text if is_utf8 else wording.ascii_only(text), color=True)
