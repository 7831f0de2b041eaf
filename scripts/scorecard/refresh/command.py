"""`scorecard refresh` and `scorecard rollback`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from scorecard.landing.declarations import load_declarations
from scorecard.landing.errors import BadInput
from scorecard.mishaps import is_mishap, reason
from scorecard.refresh.config import config_path, load_config
from scorecard.refresh.identity import now
from scorecard.refresh.journal import Journal
from scorecard.refresh.marts import published_tables
from scorecard.refresh.outcomes import FAILED, INSTALL_CHECKS, MISUSED, Misuse, RefreshError, failure_of
from scorecard.refresh.run import ASKED_TO_END_WHEN_DONE, Settings, Stopped, alone, complete_books, refresh
from scorecard.refresh.telling import JsonTeller, Teller, TextTeller
from scorecard.refresh.versions import Versions, is_current, open_versions
from scorecard.targets import Target, TargetError, project_root, resolve_target

TARGETS = ("sample", "duckdb", "postgres")

Callback = Callable[..., Any]
Decorator = Callable[[Callback], Callback]


class WrongUsage(click.UsageError):
    """A wrong usage that ends with 4, for 2 says that the checks refused."""

    exit_code = MISUSED


class ScheduledCommand(click.Command):
    """A command whose wrong usage ends with 4."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            raise WrongUsage(error.format_message(), error.ctx) from error


def _target_option() -> Decorator:
    return click.option(
        "--target",
        "target_name",
        type=click.Choice(TARGETS),
        help="Warehouse; default SCORECARD_TARGET, else sample.",
    )


def _log_format_option() -> Decorator:
    return click.option(
        "--log-format",
        type=click.Choice(("text", "json")),
        default="text",
        show_default=True,
        help="json: one object a line on standard output.",
    )


@click.command("refresh", cls=ScheduledCommand)
@_target_option()
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What to land; default SCORECARD_REFRESH_CONFIG, else refresh.yml in the project.",
)
@click.option("--resume", is_flag=True, help="Go on with the last run at the step that failed.")
@click.option("--allow-sample", is_flag=True, help="Publish the invented company, marked as such.")
@click.option(
    "--swap-timeout",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="On Postgres: how long the swap may wait for those who read.",
)
@_log_format_option()
def refresh_command(
    target_name: str | None,
    config_file: Path | None,
    resume: bool,
    allow_sample: bool,
    swap_timeout: float,
    log_format: str,
) -> None:
    """Land, build, check and publish: a new version of the scorecard, or none.

    \b
    Exit code:
      0  published
      1  failed; readers have what they had
      2  the checks refused it; readers have what they had
      3  another refresh or rollback is running
      4  the configuration or the command is wrong
      5  it is the sample, and --allow-sample was not given
    """
    teller: Teller = JsonTeller() if log_format == "json" else TextTeller()
    with _ended_in_a_sentence(teller):
        target = _target(target_name)
        root = project_root()
        config = load_config(
            config_path(config_file, root), load_declarations(root), lands_own=target.name != "sample"
        )
        if importlib.util.find_spec("great_expectations") is None:
            raise Misuse(f"The checks need Great Expectations, which is not installed: {INSTALL_CHECKS}.")
        from scorecard.refresh.gate import check

        settings = Settings(
            target=target,
            config=config,
            root=root,
            logs=root / "logs" / "refresh",
            check=check,
            allow_sample=allow_sample,
            resume=resume,
            swap_timeout=timedelta(seconds=swap_timeout),
        )
        exit_code = refresh(settings, teller)
    raise SystemExit(exit_code)


@click.command("rollback", cls=ScheduledCommand)
@click.argument("run_id", required=False, metavar="[RUN_ID]")
@_target_option()
@click.option("--list", "lists", is_flag=True, help="List the versions that are kept, the latest first.")
@click.option(
    "--swap-timeout",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="On Postgres: how long the swap may wait for those who read.",
)
@_log_format_option()
def rollback_command(
    run_id: str | None, target_name: str | None, lists: bool, swap_timeout: float, log_format: str
) -> None:
    """Let readers have an earlier version: the one before the current one, or that of RUN_ID.

    Exit code: 0 = done, 1 = failed and nothing changed, 3 = a refresh is running, 4 = no such version.
    """
    teller: Teller = JsonTeller() if log_format == "json" else TextTeller()
    with _ended_in_a_sentence(teller):
        target = _target(target_name)
        tables = published_tables(project_root())
        versions = open_versions(target, tables, timedelta(seconds=swap_timeout), teller.note)
        if lists:
            _list(versions, teller)
            return
        alone(
            target,
            lambda _: _go_back(target, versions, run_id, teller),
            when_asked_to_end=lambda _: teller.note(ASKED_TO_END_WHEN_DONE),
        )


def _target(name: str | None) -> Target:
    target = resolve_target(name)
    if target.name not in TARGETS:
        raise Misuse(
            f"Target {target.name} has no published versions: its tables are read where dbt writes them. "
            f"Choose one of {', '.join(TARGETS)}."
        )
    return target


@contextmanager
def _ended_in_a_sentence(teller: Teller) -> Iterator[None]:
    """Say what went wrong in one sentence and end with its exit code; an error of the code goes on."""
    try:
        yield
    except (RefreshError, TargetError) as error:
        teller.problem(str(error))
        raise SystemExit(_exit_code(error)) from error
    except Stopped as error:
        teller.problem("It was asked to end before anything was published: readers have what they had.")
        raise SystemExit(FAILED) from error
    except Exception as error:
        if not isinstance(error, BadInput) and not is_mishap(error):
            raise
        teller.problem(str(failure_of(error)))
        raise SystemExit(FAILED) from error


def _exit_code(error: Exception) -> int:
    if isinstance(error, RefreshError):
        return error.exit_code
    return MISUSED if isinstance(error, TargetError) else FAILED


def _list(versions: Versions, teller: Teller) -> None:
    current = versions.current()
    kept = versions.all()
    for run_id in reversed(kept):
        marks = ["current"] if run_id == current else []
        try:
            about = versions.about(versions.version(run_id))
        except RefreshError as error:
            # The others can be gone back to all the same.
            teller.line(", ".join([f"{run_id}  cannot be read", *marks]) + f": {error}")
            continue
        as_of = f"as of {about.as_of:%Y-%m-%d %H:%M} UTC" if about.as_of else "without a day"
        origin = ["sample"] if about.data_origin == "sample" else []
        teller.line(", ".join([f"{run_id}  {as_of}", *origin, *marks]))
    if not kept:
        teller.note("nothing was published yet: run scorecard refresh")


def _go_back(target: Target, versions: Versions, wanted: str | None, teller: Teller) -> None:
    """Go back and enter it in the books. Raises Misuse where there is no version to go to."""
    journal = Journal(target)
    began = now()
    _settle(target, journal, versions, teller)
    current, kept = versions.current(), versions.all()
    run_id = wanted if wanted is not None else _before(kept, current)
    if run_id not in kept:
        known = ", ".join(reversed(kept)) or "none"
        raise Misuse(f'There is no version "{run_id}": choose one of those kept ({known}).')
    if run_id == current:
        teller.line(f"{run_id} is the current version already: nothing changed")
        return
    about = versions.about(versions.version(run_id))
    as_of = f", as of {about.as_of:%Y-%m-%d %H:%M} UTC" if about.as_of else ""
    try:
        for note in versions.go_back(run_id):
            teller.note(note)
        teller.line(f"{run_id} is current again{as_of}; before it was {current or 'none'}")
        journal.note_step(run_id, "rollback", began, f"instead of {current or 'no version'}")
    except BaseException as error:
        # Once readers have the version it is done, whatever became of what is told and booked of it.
        if not is_current(versions, run_id):
            raise
        teller.note(f"readers have {run_id}; this rollback may be missing in the books ({reason(error)})")


def _before(kept: list[str], current: str | None) -> str:
    earlier = [run_id for run_id in kept if current is None or run_id < current]
    if not earlier:
        raise Misuse("There is no version before the current one: see scorecard rollback --list.")
    return earlier[-1]


def _settle(target: Target, journal: Journal, versions: Versions, teller: Teller) -> None:
    """Complete the books first, that a killed publication is known as what it was; they may be in use."""
    try:
        for note in complete_books(target, journal, versions):
            teller.note(note)
    except Exception as error:
        teller.note(f"the books were not looked at ({reason(error)})")
