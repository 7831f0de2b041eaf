"""`scorecard explain`: a number opened to the rows behind it, the rows it left out, and what is not known."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

import click
from rich.console import Console

from scorecard import headlines, wording
from scorecard.explanations import (
    HEADLINE,
    OWN_COLUMNS,
    Explanation,
    Period,
    explain,
    find_number,
    find_scope,
    parse_month,
    parse_quarter,
)
from scorecard.headlines import Scope
from scorecard.reading import Reader, ReadingError, Row, json_value, open_reader, published
from scorecard.show import output_width, write_lines
from scorecard.targets import TargetError, resolve_target
from scorecard.terminal_explain import certainty, formula, render_explanation, why

ROWS_LISTED = 40
DOES_NOT_ADD_UP = 3

# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def _parsed_by(parse: Callable[[str], Period]) -> Callable[[Any, Any, str | None], Period | None]:
    def parsed(context: click.Context, option: click.Parameter, value: str | None) -> Period | None:
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error), context, option) from error

    return parsed


@click.command("explain")
@click.argument("kpi")
@click.option(
    "--month", callback=_parsed_by(parse_month), help="One month, 2026-05; default: the page's period."
)
@click.option("--quarter", callback=_parsed_by(parse_quarter), help="One quarter, 2026-Q1.")
@click.option("--team", help="A team's number, by its id or name; default: the company's.")
@click.option("--service", help="A service's number, by its id or name.")
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
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=ROWS_LISTED,
    show_default=True,
    help="Rows to list on the terminal; 0 = all of them.",
)
@click.option("--csv", "csv_path", help="Write all rows to this file instead; - is standard output.")
@click.option("--json", "as_json", is_flag=True, help="The number and all its rows, for machines.")
@click.pass_context
def command(
    context: click.Context,
    kpi: str,
    month: Period | None,
    quarter: Period | None,
    team: str | None,
    service: str | None,
    target_name: str | None,
    is_published: bool,
    limit: int,
    csv_path: str | None,
    as_json: bool,
) -> None:
    """Open a number: the rows behind it, the rows it left out and why, and what is not known.

    KPI is a key such as lead_time. Ends with 3 where the rows do not add up to the scorecard.
    """
    for first, second, names in (
        (month, quarter, "--month and --quarter"),
        (team, service, "--team and --service"),
        (csv_path, as_json or None, "--csv and --json"),
    ):
        if first is not None and second is not None:
            raise click.UsageError(f"{names} exclude each other: give one of them.")
    try:
        target = resolve_target(target_name)
        with open_reader(published(target) if is_published else target) as reader:
            entry = headlines.find_entry(headlines.catalog(reader), kpi)
            scope = _scope(reader, entry, team, service)
            number = find_number(reader, entry, scope, month or quarter or HEADLINE)
            explanation = explain(reader, entry, number)
    except (ReadingError, TargetError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(as_document(explanation), default=json_value, indent=2, ensure_ascii=True))
    elif csv_path is not None:
        _write_csv(explanation, csv_path)
    else:
        has_links = Console().is_terminal
        write_lines(render_explanation(explanation, limit, output_width(), has_links))
    if explanation.mismatches:
        told = "; ".join(explanation.mismatches)
        click.echo(
            f"Error: the rows do not add up to the number ({told}): "
            "build again, some tables are of another build.",
            err=True,
        )
        context.exit(DOES_NOT_ADD_UP)


def _scope(reader: Reader, entry: Row, team: str | None, service: str | None) -> Scope:
    if team is not None:
        return find_scope(reader, entry["kpi"], "team", team)
    if service is not None:
        return find_scope(reader, entry["kpi"], "service", service)
    return Scope()


def as_document(explanation: Explanation) -> dict[str, Any]:
    """The explanation as JSON holds it: the catalog's row, the scorecard's row, the words and all rows."""
    return {
        "definition": explanation.entry,
        "number": explanation.number,
        "formula": formula(explanation),
        "certainty": list(certainty(explanation)),
        "remedy": explanation.remedy("no_number", explanation.number["null_reason"]) or None,
        "mismatches": explanation.mismatches,
        "rows": list(_records(explanation)),
    }


def _records(explanation: Explanation) -> Iterator[Row]:
    """All rows, role by role, each with the number that it belongs to and its reason in words."""
    for role in headlines.ROLES:
        for row in explanation.rows[role]:
            yield {"scorecard_id": explanation.number["scorecard_id"], **row, "why": _why(explanation, row)}


def _why(explanation: Explanation, row: Row) -> str | None:
    """The reason in words: why it is left out or not judged, else what its KPI says of it."""
    if row["role"] == "left_out":
        return explanation.words("left_out", row["excluded_because"])
    if row["role"] == "immature":
        return explanation.words("immature", "immature")
    told = why(explanation, row)
    if row["role"] == "unknown":
        told = [explanation.words("unknown", row.get("unknown_because") or "unknown"), *told]
    return ", ".join(told) or None


def _write_csv(explanation: Explanation, path: str) -> None:
    """Write all rows; raises ClickException where the file cannot be written."""
    if path == "-":
        _write_rows(explanation, sys.stdout)
        return
    try:
        with Path(path).open("w", encoding="utf-8", newline="") as file:
            count = _write_rows(explanation, file)
    except OSError as error:
        reason = error.strerror or str(error)
        raise click.ClickException(f"{path} cannot be written ({reason}): choose another file.") from error
    click.echo(
        f"{wording.counted(count, 'row')} behind {explanation.number['scorecard_id']} written to {path}."
    )


def _write_rows(explanation: Explanation, file: TextIO) -> int:
    """Write the rows as CSV and return how many; a NULL is an empty cell."""
    own = OWN_COLUMNS[explanation.entry["kpi"]][1]
    shared = next((list(row) for rows in explanation.rows.values() for row in rows), list(own))
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["scorecard_id", *shared, "why"])
    count = 0
    for record in _records(explanation):
        writer.writerow([_cell(value) for value in record.values()])
        count += 1
    return count


def _cell(value: Any) -> Any:
    """A value as a cell, instants and dates as in JSON; what a spreadsheet takes for a formula is quoted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date)):
        return json_value(value)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value
