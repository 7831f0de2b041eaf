"""`scorecard land`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from scorecard.landing.declarations import load_declarations, tools
from scorecard.landing.errors import BadInput
from scorecard.landing.land import (
    Landing,
    Options,
    Outcome,
    Silence,
    parse_instant,
    sample_folder,
    with_manifest,
)
from scorecard.landing.land import Progress as LandingProgress
from scorecard.landing.warehouse import open_warehouse
from scorecard.mishaps import is_mishap, mishap_of, reason
from scorecard.targets import (
    TARGET_NAMES,
    Target,
    TargetError,
    default_target_name,
    project_root,
    resolve_target,
)

NOTHING_LANDED = 1


class TerminalProgress:
    """A bar on a terminal: bytes read of the file at hand."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def start(self, label: str, total: int | None) -> None:
        # A file is read twice; of a compressed one the size says nothing.
        self._task = self._progress.add_task(label, total=2 * total if total else None)

    def advance(self, amount: int) -> None:
        if self._task is not None:
            self._progress.advance(self._task, amount)

    def stop(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None


@contextmanager
def shown_progress(console: Console) -> Iterator[LandingProgress]:
    """A progress bar where the console is a terminal, nothing elsewhere (the lines per file suffice)."""
    if not console.is_terminal:
        yield Silence()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield TerminalProgress(progress)


class Instant(click.ParamType[datetime]):
    """`now`, an ISO 8601 instant, or a date."""

    name = "instant"

    def __init__(self, is_end: bool = False) -> None:
        self.is_end = is_end

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return parse_instant(value, self.is_end)
        except ValueError:
            self.fail(f'"{value}" is no instant; write 2026-01-31, 2026-01-31T09:30:00Z or now.', param, ctx)


@click.command("land")
@click.argument("tool", required=False, metavar="TOOL")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--object", "object_name", metavar="NAME", help="Object of the files, where their names do not say it."
)
@click.option(
    "--target", type=click.Choice(TARGET_NAMES), help="Warehouse; default SCORECARD_TARGET, else sample."
)
@click.option("--sample", is_flag=True, help="Land the sample company of this project.")
@click.option(
    "--all", "company", type=click.Path(path_type=Path), metavar="FOLDER", help="Land every tool's subfolder."
)
@click.option("--covers-from", type=Instant(), help="From when on the export speaks for everything (UTC).")
@click.option(
    "--covers-to", type=Instant(is_end=True), help="Until when; a date counts to its end, `now` is allowed."
)
@click.option(
    "--repository", metavar="OWNER/NAME", help="Name of the git repository, where its origin does not say it."
)
@click.option("--default-branch", metavar="NAME", help="Default branch of the git repository.")
@click.option("--again", is_flag=True, help="Read files again that were landed before.")
def command(
    tool: str | None,
    paths: tuple[Path, ...],
    object_name: str | None,
    target: str | None,
    sample: bool,
    company: Path | None,
    covers_from: datetime | None,
    covers_to: datetime | None,
    repository: str | None,
    default_branch: str | None,
    again: bool,
) -> None:
    """Land raw exports into the warehouse.

    TOOL is one of git, github, jira, pagerduty, hubspot and planning, or a tool that you added under
    models/staging; each PATH a file, a folder of files or a clone.
    A row or file that cannot be read goes to the rejects (`scorecard rejects`), the rest lands.
    Landing the same export twice changes nothing.

    Exit code: 0 = everything landed (rejected rows are announced), 1 = something could not be landed at all.
    """
    _check_usage(tool, paths, sample, company)
    options = Options(
        object=object_name,
        covers_from=covers_from,
        covers_to=covers_to,
        repository=repository,
        default_branch=default_branch,
        is_sample=sample,
        again=again,
    )
    folder = sample_folder() if sample else company
    console, errors = (
        Console(soft_wrap=True, highlight=False),
        Console(stderr=True, soft_wrap=True, highlight=False),
    )
    try:
        if tool is not None:
            _check_tool(tool)
        chosen = resolve_target(target or ("sample" if sample else default_target_name()))
        if chosen.name == "sample" and not sample:
            _refuse_own_exports([folder] if folder else list(paths))
        failures = _run(chosen, tool, paths, folder, options, console, errors)
    except (BadInput, TargetError) as error:
        errors.print(str(error), markup=False, style="red")
        raise SystemExit(NOTHING_LANDED) from error
    except Exception as error:
        if not is_mishap(error):
            raise
        errors.print(_why_broken_off(error), markup=False, style="red")
        raise SystemExit(NOTHING_LANDED) from error
    if failures:
        raise SystemExit(NOTHING_LANDED)


def _why_broken_off(error: Exception) -> str:
    mishap = mishap_of(error)
    if mishap is None:
        what, remedy = f"({type(error).__name__}: {reason(error)})", "land"
    else:
        what, remedy = f"since {mishap.what}", f"{mishap.remedy} and land"
    return (
        f"Landing broke off {what}. {remedy.capitalize()} again: files that were landed before stay landed."
    )


def _check_usage(tool: str | None, paths: tuple[Path, ...], sample: bool, company: Path | None) -> None:
    if sample or company:
        if tool or (sample and company):
            raise click.UsageError("--sample and --all FOLDER stand alone, without TOOL and PATH.")
        return
    if tool is None or not paths:
        raise click.UsageError("Name a TOOL and at least one PATH, or --sample, or --all FOLDER.")


def _check_tool(tool: str) -> None:
    known = tools(load_declarations(project_root()))
    if tool not in known:
        raise click.UsageError(f'There is no tool "{tool}"; choose one of {", ".join(known)}.')


def _refuse_own_exports(paths: list[Path]) -> None:
    """The sample's warehouse holds made-up companies only."""
    for path in paths:
        if not path.exists():
            continue
        stated = with_manifest(path if path.is_dir() else path.parent, Options())
        if not stated.is_sample:
            raise BadInput(
                f"{path}: own exports are not landed into the sample's warehouse. "
                "Set SCORECARD_TARGET=duckdb (or postgres, spark) once, or give --target duckdb."
            )


def _run(
    target: Target,
    tool: str | None,
    paths: tuple[Path, ...],
    folder: Path | None,
    options: Options,
    console: Console,
    errors: Console,
) -> int:
    """Land, say what became of every file, and return how many could not be landed at all."""
    if folder is not None and not folder.is_dir():
        raise BadInput(f"{folder}: there is no such folder. Check the path.")
    warehouse = open_warehouse(target)
    failures = 0
    try:
        with shown_progress(console) as progress:
            landing = Landing(warehouse, progress=progress)
            if folder is not None:
                outcomes = landing.land_company(folder, with_manifest(folder, options))
            else:
                outcomes = landing.land(str(tool), paths, replace(options))
            for outcome in outcomes:
                failures += outcome.failure is not None
                _say(outcome, console, errors)
    finally:
        warehouse.close()
    return failures


def _say(outcome: Outcome, console: Console, errors: Console) -> None:
    if outcome.failure is not None:
        errors.print(outcome.failure, markup=False, style="red")
        return
    if outcome.passed_over is not None:
        console.print(f"{outcome.shown}: passed over, {outcome.passed_over}", markup=False, style="yellow")
        return
    for line in sentences(outcome):
        console.print(line, markup=False)


def sentences(outcome: Outcome) -> list[str]:
    """What a reader is told of one object that was landed."""
    load = outcome.load
    assert load is not None
    what = f"{outcome.shown}: {outcome.tool} {outcome.object}"
    if outcome.was_there:
        return [f"{what}: already landed (load {load.load_id}), nothing changed"]
    told = [f"{load.rows_new:,} new", f"{load.rows_updated:,} updated", f"{load.rows_unchanged:,} unchanged"]
    rows = "1 row" if load.rows_landed == 1 else f"{load.rows_landed:,} rows"
    lines = [f"{what}: {rows} ({', '.join(told)})"]
    if load.rows_rejected:
        lines[0] += f", {load.rows_rejected:,} rejected"
        lines.append(f"  why: scorecard rejects --load {load.load_id}")
    if load.notes:
        lines.append(f"  note: {load.notes}")
    return lines
