"""`scorecard loads` and `scorecard rejects`: the books of landing."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console
from rich.table import Table

from scorecard.landing.declarations import load_declarations
from scorecard.landing.errors import BadInput
from scorecard.landing.sql import literal
from scorecard.landing.warehouse import ensure_books, open_warehouse, transaction
from scorecard.mishaps import is_mishap, reason
from scorecard.targets import TARGET_NAMES, TargetError, project_root, resolve_target

_LOADS = (
    "load_id, tool, object, source_path, rows_read, rows_new, rows_updated, rows_unchanged, rows_rejected, "
    "covers_from, covers_to, is_sample, landed_at, notes"
)
_REJECTS = "load_id, tool, object, source_path, position, reason, raw_text"


def _query(target_name: str | None, statement: str) -> list[tuple[Any, ...]]:
    target = resolve_target(target_name)
    if target.path is not None and not target.path.exists():
        raise BadInput(f"{target.shown}: nothing was landed here yet. Land something with `scorecard land`.")
    warehouse = open_warehouse(target)
    try:
        with transaction(warehouse):
            ensure_books(warehouse, load_declarations(project_root())["meta"])
        return warehouse.query(statement)
    finally:
        warehouse.close()


def _where(conditions: dict[str, str | int | None]) -> str:
    given = [
        f"{name} = {value if isinstance(value, int) else literal(value)}"
        for name, value in conditions.items()
        if value is not None
    ]
    return f"where {' and '.join(given)}" if given else ""


def _fetch(target: str | None, statement: str) -> list[tuple[Any, ...]]:
    """Rows of the books; what cannot be opened becomes one sentence and exit code 1."""
    try:
        return _query(target, statement)
    except Exception as error:
        if isinstance(error, BadInput | TargetError):
            told = str(error)
        elif is_mishap(error):
            told = f"The books of landing cannot be read ({reason(error)})."
        else:
            raise
        Console(stderr=True, soft_wrap=True, highlight=False).print(told, markup=False, style="red")
        raise SystemExit(1) from error


@click.command("loads")
@click.option(
    "--target", type=click.Choice(TARGET_NAMES), help="Warehouse; default SCORECARD_TARGET, else sample."
)
@click.option("--tool", help="Only this tool.")
@click.option("--object", "object_name", help="Only this object.")
@click.option("--limit", default=50, show_default=True, help="At most so many, the latest first.")
def loads_command(target: str | None, tool: str | None, object_name: str | None, limit: int) -> None:
    """Show what was landed, the latest first."""
    where = _where({"tool": tool, "object": object_name})
    rows = _fetch(target, f"select {_LOADS} from raw_meta.loads {where} order by load_id desc limit {limit}")
    console = Console(highlight=False)
    if not console.is_terminal:
        _plain(console, _LOADS, rows)
        return
    table = Table(title="Loads", title_justify="left")
    for name in ("load", "what", "from", "read", "new", "updated", "same", "rejected", "covers", "landed"):
        table.add_column(
            name, justify="right" if name in ("read", "new", "updated", "same", "rejected") else "left"
        )
    for row in rows:
        load_id, its_tool, its_object, path, *counts, covers_from, covers_to, is_sample, landed_at, notes = (
            row
        )
        name = (
            f"{its_tool} {its_object}" + (" (sample)" if is_sample else "") + (f"\n{notes}" if notes else "")
        )
        covers = f"{_day(covers_from)} to {_day(covers_to)}"
        table.add_row(str(load_id), name, path, *(f"{count:,}" for count in counts), covers, str(landed_at))
    console.print(table)


@click.command("rejects")
@click.option(
    "--target", type=click.Choice(TARGET_NAMES), help="Warehouse; default SCORECARD_TARGET, else sample."
)
@click.option("--load", "load_id", type=int, help="Only those of this load.")
@click.option("--tool", help="Only this tool.")
@click.option("--object", "object_name", help="Only this object.")
@click.option("--limit", default=50, show_default=True, help="At most so many, the latest load first.")
def rejects_command(
    target: str | None, load_id: int | None, tool: str | None, object_name: str | None, limit: int
) -> None:
    """Show the rows and files that could not be read, and why."""
    where = _where({"load_id": load_id, "tool": tool, "object": object_name})
    statement = (
        f"select {_REJECTS} from raw_meta.rejects {where} order by load_id desc, position limit {limit}"
    )
    rows = _fetch(target, statement)
    console = Console(highlight=False)
    if not console.is_terminal:
        _plain(console, _REJECTS, rows)
        return
    table = Table(title="Rejects", title_justify="left")
    for name in ("load", "what", "from", "position", "why", "text"):
        table.add_column(name)
    for its_load, its_tool, its_object, path, position, why, text in rows:
        place = "whole file" if position is None else str(position)
        table.add_row(str(its_load), f"{its_tool} {its_object}", path, place, why, (text or "")[:80])
    console.print(table)


def _day(instant: Any) -> str:
    return str(instant)[:10] if instant else "?"


def _plain(console: Console, columns: str, rows: list[tuple[Any, ...]]) -> None:
    """Lines of tab-separated values, for a pipe."""
    click.echo("\t".join(columns.split(", ")))
    for row in rows:
        click.echo("\t".join("" if value is None else " ".join(str(value).split()) for value in row))
