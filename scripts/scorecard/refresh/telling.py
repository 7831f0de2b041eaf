"""What a refresh says while it runs: a line a step for people, a JSON object a line for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from scorecard.landing.command import shown_progress
from scorecard.landing.land import Progress as LandingProgress
from scorecard.landing.land import Silence
from scorecard.masking import masked
from scorecard.refresh.build import Advance
from scorecard.refresh.identity import now


class Teller(Protocol):
    """Where a refresh reports to."""

    def begin(self, run_id: str, target: str, resumed_at: str | None) -> None:
        """A run begins, or goes on at a step."""

    def step(self, name: str, status: str, seconds: float, rows: int | None, message: str) -> None:
        """A step ended: `done` or `failed`."""

    def line(self, text: str) -> None:
        """What was asked for."""

    def note(self, text: str) -> None:
        """Something a reader should know."""

    def problem(self, text: str) -> None:
        """Something that went wrong."""

    def end(self, status: str, exit_code: int, seconds: float) -> None:
        """The run ended."""

    @contextmanager
    def landing(self) -> Iterator[LandingProgress]:
        """Progress of a landing."""
        yield Silence()

    @contextmanager
    def building(self) -> Iterator[Advance]:
        """Progress of a build: nodes done, of how many."""
        yield lambda done, total: None


class TextTeller:
    """Lines for people, and a bar where they sit at a terminal."""

    def __init__(self) -> None:
        self._out = Console(soft_wrap=True, highlight=False)
        self._errors = Console(stderr=True, soft_wrap=True, highlight=False)

    def begin(self, run_id: str, target: str, resumed_at: str | None) -> None:
        goes_on = f", goes on at step {resumed_at}" if resumed_at else ""
        self._say(f"run {run_id}, {target}{goes_on}")

    def step(self, name: str, status: str, seconds: float, rows: int | None, message: str) -> None:
        counted = "" if rows is None else f"{rows:,} rows"
        failed = "" if status == "done" else f"{status}; "
        self._say(f"{name:8}{seconds:8.1f} s {counted:>16}  {failed}{message}".rstrip())

    def line(self, text: str) -> None:
        self._say(text)

    def note(self, text: str) -> None:
        self._say(f"note: {text}")

    def problem(self, text: str) -> None:
        self._errors.print(masked(text), markup=False, style="red")

    def end(self, status: str, exit_code: int, seconds: float) -> None:
        self._say(f"{status} after {seconds:.1f} s")

    @contextmanager
    def landing(self) -> Iterator[LandingProgress]:
        with shown_progress(self._out) as progress:
            yield progress

    @contextmanager
    def building(self) -> Iterator[Advance]:
        if not self._out.is_terminal:
            yield lambda done, total: None
            return
        columns = (TextColumn("dbt"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._out, transient=True) as progress:
            task = progress.add_task("dbt", total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total or None)

    def _say(self, text: str) -> None:
        self._out.print(masked(text), markup=False)


class JsonTeller:
    """One JSON object a line on standard output, nothing else."""

    def __init__(self) -> None:
        self._run_id: str | None = None

    def begin(self, run_id: str, target: str, resumed_at: str | None) -> None:
        self._run_id = run_id
        self._say("info", "begin", target=target, resumed_at=resumed_at)

    def step(self, name: str, status: str, seconds: float, rows: int | None, message: str) -> None:
        level = "info" if status == "done" else "error"
        self._say(
            level, "step", step=name, status=status, seconds=round(seconds, 3), rows=rows, message=message
        )

    def line(self, text: str) -> None:
        self._say("info", "answer", message=text)

    def note(self, text: str) -> None:
        self._say("info", "note", message=text)

    def problem(self, text: str) -> None:
        self._say("error", "problem", message=text)

    def end(self, status: str, exit_code: int, seconds: float) -> None:
        self._say("info", "end", status=status, exit_code=exit_code, seconds=round(seconds, 3))

    @contextmanager
    def landing(self) -> Iterator[LandingProgress]:
        yield Silence()

    @contextmanager
    def building(self) -> Iterator[Advance]:
        yield lambda done, total: None

    def _say(self, level: str, event: str, **details: Any) -> None:
        line = {
            "at": now().isoformat() + "Z",
            "level": level,
            "event": event,
            "run_id": self._run_id,
            # Before JSON spells them otherwise.
            **{name: masked(told) if isinstance(told, str) else told for name, told in details.items()},
        }
        click.echo(json.dumps(line, ensure_ascii=True))
