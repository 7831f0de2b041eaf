"""A refresh from its lock to its last entry in the books."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import yaml

from scorecard.landing.land import Landing, Options, Outcome, sample_folder
from scorecard.landing.warehouse import open_warehouse
from scorecard.masking import masked
from scorecard.refresh import lock
from scorecard.refresh.build import run_dbt
from scorecard.refresh.candidate import Candidate
from scorecard.refresh.config import Config
from scorecard.refresh.identity import RUN_ID, began_at, new_run_id, now
from scorecard.refresh.journal import Journal
from scorecard.refresh.marts import published_tables
from scorecard.refresh.outcomes import (
    FAILED,
    PUBLISHED,
    ChecksRefused,
    Misuse,
    RefreshError,
    SampleRefused,
    failure_of,
)
from scorecard.refresh.telling import Teller
from scorecard.refresh.versions import Versions, is_current, open_versions
from scorecard.targets import Target
from scorecard.wording import counted

STEPS = ("land", "build", "check", "publish")
FAILURES_TOLD = 20
LOGS_KEPT = 30
# How far clocks of two machines may be apart before a refresh speaks of it.
CLOCK_TOLERANCE = timedelta(minutes=1)
SAMPLE = "sample"

# What a step returns: rows, and a sentence.
Told = tuple[int | None, str]
Check = Callable[[Candidate, Candidate | None, Path], Any]
Done = TypeVar("Done")

ASKED_TO_END_WHEN_DONE = "it was asked to end when all was done: what was done stands"


@dataclass(frozen=True)
class Settings:
    """What was asked for. `check`: the gate, as scorecard.refresh.gate has it."""

    target: Target
    config: Config
    root: Path
    logs: Path
    check: Check
    allow_sample: bool = False
    resume: bool = False
    swap_timeout: timedelta = timedelta(seconds=60)


class Stopped(BaseException):
    """The process was asked to end."""


def refresh(settings: Settings, teller: Teller) -> int:
    """Land, build, check and publish; returns the exit code.

    Raises RefreshError, BadInput or TargetError where no run began.
    """
    began = time.monotonic()

    def say(exit_code: int) -> None:
        teller.note(ASKED_TO_END_WHEN_DONE)
        teller.end(_status(exit_code), exit_code, time.monotonic() - began)

    return alone(
        settings.target,
        lambda descriptor: _Refresh(settings, teller, descriptor).run(),
        when_asked_to_end=say,
    )


def alone(target: Target, do: Callable[[int], Done], when_asked_to_end: Callable[[Done], None]) -> Done:
    """Do something while no other refresh or rollback does, and let a SIGTERM unwind it.

    A request to end that comes once it is done, while the lock is let go, changes nothing about it.
    """
    done: list[Done] = []
    try:
        with stoppable(), lock.held(target) as descriptor:
            done.append(do(descriptor))
    except (KeyboardInterrupt, Stopped):
        if not done:
            raise
        when_asked_to_end(done[0])
    return done[0]


@contextmanager
def stoppable() -> Iterator[None]:
    """Let a SIGTERM unwind as an interrupt from the keyboard does, so that the books hear of it."""

    def stop(*_: object) -> None:
        # One more would break off what the first began: ending dbt, writing the books.
        signal.signal(signal.SIGTERM, lambda *_: None)
        raise Stopped

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def complete_books(target: Target, journal: Journal, versions: Versions) -> list[str]:
    """Settle runs that were killed and enter published numbers that the books lack; returns what was found.

    A run that was killed after the swap was published: only the entry is missing. One that was killed before
    has failed, and what it left behind is removed, as is what a failed run could not remove itself.
    """
    notes = []
    current, kept = versions.current(), versions.all()
    for run in journal.runs():
        if run.run_id == current and run.status != "published":
            told = "was killed after it had published" if run.status == "running" else "had published"
            journal.mark_published(run.run_id, PUBLISHED, told)
            notes.append(f"run {run.run_id} {told}: the books say so now")
        elif run.status == "running":
            versions.discard(run.run_id)
            notes.append(f"run {run.run_id} {journal.mark_killed(run.run_id, FAILED)}")
        elif run.status != "published" and run.run_id in kept:
            versions.discard(run.run_id)
    known = {run.run_id for run in journal.runs()}
    for run_id in journal.missing_publications(versions.all()):
        # A folder may hold versions of the sample beside a company's own, whose history they are not.
        try:
            is_sample = versions.about(versions.version(run_id)).data_origin == SAMPLE
        except RefreshError as error:
            notes.append(f"version {run_id} cannot be read: {error}")
            continue
        if run_id in known or is_sample == (target.name == SAMPLE):
            versions.enter(run_id, journal.step_began(run_id, "publish") or began_at(run_id))
            notes.append(f"the numbers of version {run_id} were not in the books: entered them")
    return notes


class _Refresh:
    """One run."""

    def __init__(self, settings: Settings, teller: Teller, descriptor: int) -> None:
        self.settings = settings
        self.target = settings.target
        self.teller = teller
        self._lock = descriptor
        self.journal = Journal(settings.target)
        self.versions = open_versions(
            settings.target, published_tables(settings.root), settings.swap_timeout, teller.note
        )
        self.run_id = ""

    def run(self) -> int:
        """Whatever ends a run once readers have its version, the run has published."""
        began = time.monotonic()
        try:
            return self._run(began)
        except (KeyboardInterrupt, Stopped):
            if not is_current(self.versions, self.run_id):
                raise
            self.teller.note(
                "it was asked to end, and readers have this version: the next refresh completes the books"
            )
            self.teller.end("published", PUBLISHED, time.monotonic() - began)
            return PUBLISHED

    def _run(self, began: float) -> int:
        for note in complete_books(self.target, self.journal, self.versions):
            self.teller.note(note)
        self.run_id = self._new_run_id()
        steps = self._steps_to_do()
        self.journal.begin(self.run_id, _project_version(self.settings.root))
        self.teller.begin(
            self.run_id,
            f"target {self.target.name}, {self.target.shown}",
            steps[0] if self.settings.resume else None,
        )
        for step in steps:
            error = self._do(step)
            if error is not None:
                exit_code = error.exit_code if isinstance(error, RefreshError) else FAILED
                return self._ended(exit_code, step, error, began)
        self._after_publishing()
        self.teller.end("published", PUBLISHED, time.monotonic() - began)
        return PUBLISHED

    def _new_run_id(self) -> str:
        """A name that sorts after all that is known, also where the clock went back."""
        runs = [*(run.run_id for run in self.journal.runs()), *self.versions.all()]
        instants = [began_at(run_id) for run_id in runs]
        latest = max([*instants, self.journal.latest_instant() or datetime.min])
        if latest - now() > CLOCK_TOLERANCE:
            self.teller.note(
                f"the clock says {now():%Y-%m-%d %H:%M} UTC, and earlier runs are of "
                f"{latest:%Y-%m-%d %H:%M}: this run is named after them, to keep the order; "
                "see that the clock is right"
            )
        return new_run_id(now(), latest)

    def _steps_to_do(self) -> tuple[str, ...]:
        """All steps, or with --resume those from the failed one on. Raises Misuse where there is none."""
        if not self.settings.resume:
            return STEPS
        runs = self.journal.runs()
        if not runs or runs[0].status == "published":
            raise Misuse("There is no failed run to resume: run scorecard refresh without --resume.")
        self.run_id = runs[0].run_id
        done = self.journal.steps_done(self.run_id)
        first = next((number for number, step in enumerate(STEPS) if step not in done), len(STEPS) - 1)
        build = STEPS.index("build")
        if first > build and self.versions.fingerprint(self.run_id) != self.journal.built(self.run_id):
            self.teller.note("the marts were changed since this run built them: it builds them anew")
            first = build
        return STEPS[first:]

    def _ended(self, exit_code: int, step: str, error: BaseException, began: float) -> int:
        status = _status(exit_code)
        message = masked(str(error)) or "was interrupted"
        self.teller.problem(message)
        try:
            self.journal.end(self.run_id, status, exit_code, step, message)
        except Exception as unwritten:
            why = failure_of(unwritten, step)
            self.teller.problem(
                f"The books do not hold the end of this run, which the next one enters: {why}"
            )
        self.teller.end(status, exit_code, time.monotonic() - began)
        return exit_code

    def _do(self, step: str) -> BaseException | None:
        """Do a step and enter it in the books; returns why it failed."""
        began = time.monotonic()
        entered = None
        rows: int | None = None
        error: BaseException | None = None
        try:
            entered = self.journal.begin_step(self.run_id, step)
            rows, message = getattr(self, f"_{step}")()
        except (KeyboardInterrupt, Stopped):
            if is_current(self.versions, self.run_id):
                raise
            error, message = RefreshError(f"The refresh was interrupted in step {step}."), "interrupted"
        except RefreshError as failure:
            error = failure if failure.__cause__ is None else failure_of(failure, step)
            message = masked(str(error))
        except Exception as failure:
            error = failure_of(failure, step)
            message = str(error)
        status = "done" if error is None else "failed"
        # Told when it is in the books, so that what was told as done is never done again.
        if entered is not None:
            try:
                self.journal.end_step(self.run_id, step, entered, status, rows, message)
            except Exception as unwritten:
                why = failure_of(unwritten, step)
                # After a publication the next refresh completes the books; before it, nothing was changed.
                if error is None and step != "publish":
                    error, status = why, "failed"
                else:
                    self.teller.note(f"the books do not hold the end of step {step}: {why}")
        self.teller.step(
            step, status, time.monotonic() - began, rows, message if error is None else "see below"
        )
        return error

    # Steps

    def _land(self) -> Told:
        if self.target.name == SAMPLE and not self.settings.allow_sample:
            raise SampleRefused(
                "Target sample holds an invented company, which is never published as if it were real: "
                "give --allow-sample to publish it all the same, or --target duckdb for your own."
            )
        rows = files = there = rejected = 0
        failures = []
        with self.teller.landing() as progress:
            warehouse = open_warehouse(self.target)
            try:
                landing = Landing(warehouse, progress=progress)
                for outcome in self._outcomes(landing):
                    if outcome.failure is not None:
                        failures.append(outcome.failure)
                        continue
                    if outcome.load is None:
                        continue
                    files += 1
                    there += outcome.was_there
                    if not outcome.was_there:
                        rows += outcome.load.rows_new + outcome.load.rows_updated
                        rejected += outcome.load.rows_rejected
            finally:
                warehouse.close()
        if failures:
            for failure in failures:
                self.teller.problem(failure)
            raise RefreshError(
                f"{counted(len(failures), 'export')} could not be landed at all: "
                "correct what is named above and run scorecard refresh --resume."
            )
        self._refuse_sample_loads()
        told = f"{counted(files, 'export')}, {there:,} of them landed before"
        if rejected:
            told += (
                f"; {counted(rejected, 'row')} rejected, why: scorecard rejects --target {self.target.name}"
            )
        return rows, told

    def _outcomes(self, landing: Landing) -> Iterator[Outcome]:
        if self.target.name == SAMPLE:
            yield from landing.land_company(sample_folder(), Options(is_sample=True))
            return
        for entry in self.settings.config.land:
            yield from landing.land(entry.tool, entry.paths, entry.options)

    def _refuse_sample_loads(self) -> None:
        if self.settings.allow_sample:
            return
        found = self.journal.query("select count(*) from raw_meta.loads where is_sample and rows_landed > 0")
        if found[0][0]:
            raise SampleRefused(
                f"{self.target.shown} holds exports of an invented company ({found[0][0]} loads), "
                "which is never published as if it were real: move the warehouse away and land your own, or "
                "give --allow-sample."
            )

    def _build(self) -> Told:
        self.versions.new_candidate()
        log_path = self.settings.logs / f"{self.run_id}.log"
        schema = self.versions.candidate(self.run_id).marts_schema
        with self.teller.building() as advance:
            result = run_dbt(
                self.target,
                self.settings.root,
                log_path,
                {"SCORECARD_MARTS_SCHEMA": schema},
                self._lock,
                advance,
                lambda tests: self.journal.enter_tests(self.run_id, tests),
            )
        if not result.is_done:
            for name, message in result.failures[:FAILURES_TOLD]:
                self.teller.problem(f"{name}: {message}")
            raise RefreshError(
                f"dbt failed on {_named(result.failures)}: {os.path.relpath(log_path)} tells all. "
                "Correct it and run scorecard refresh --resume."
            )
        self.journal.enter_build(self.run_id, self.versions.fingerprint(self.run_id))
        return self.versions.count_rows(self.versions.candidate(self.run_id)), result.told

    def _check(self) -> Told:
        candidate = self.versions.candidate(self.run_id)
        about = self.versions.about(candidate)
        self.journal.describe(self.run_id, about.as_of, about.definition_version, about.data_origin)
        docs = self.settings.logs / self.run_id
        result = self.settings.check(candidate, self._previous(about.data_origin), docs)
        failed = [check for check in result.checks if not check.passed]
        for check in failed:
            told = f"{check.severity}: {check.suite}.{check.name}: {check.said}"
            if check.severity == "critical":
                self.teller.problem(told)
            else:
                self.teller.note(told)
        page = f"; {os.path.relpath(result.data_docs)}" if result.data_docs else ""
        critical = [check for check in failed if check.severity == "critical"]
        if not result.passed:
            accepted = ",".join(f"{check.suite}.{check.name}" for check in critical)
            raise ChecksRefused(
                f"{counted(len(critical), 'check')} refused this version{page}. Look into what is named; "
                "if it is right, accept it and publish what was built: "
                f"SCORECARD_GATE_ACCEPT={accepted} scorecard refresh --resume"
            )
        told = f"{len(result.checks)} checks passed"
        if failed:
            told = f"{len(result.checks)} checks, {len(failed)} of them with a warning"
        return None, told + page

    def _previous(self, data_origin: str) -> Candidate | None:
        """The version that readers have now; a company is not held against the sample."""
        current = self.versions.current()
        if current is None:
            return None
        version = self.versions.version(current)
        try:
            is_sample = self.versions.about(version).data_origin == SAMPLE
        except RefreshError as error:
            self.teller.note(f"the current version cannot be compared with: {error}")
            return None
        return version if is_sample == (data_origin == SAMPLE) else None

    def _publish(self) -> Told:
        self._refuse_sample()
        published_at = self.journal.step_began(self.run_id, "publish") or now()
        try:
            published = self.versions.publish(self.run_id, published_at, self.journal.built(self.run_id))
        except Exception as error:
            if not is_current(self.versions, self.run_id):
                raise
            self.teller.note(f"readers have this version all the same: {failure_of(error, 'publish')}")
            return None, "this version is current"
        for note in published.notes:
            self.teller.note(note)
        return published.rows, published.shown

    def _refuse_sample(self) -> None:
        origin = self.versions.about(self.versions.candidate(self.run_id)).data_origin
        if origin != SAMPLE:
            return
        if not self.settings.allow_sample:
            raise SampleRefused(
                "What was built holds an invented company, which is never published as if it were real: "
                "give --allow-sample to publish it all the same."
            )
        current = self.versions.current()
        if current and self.versions.about(self.versions.version(current)).data_origin != SAMPLE:
            raise SampleRefused(
                f"Readers have a real company's version ({current}), and the sample never takes its place: "
                "publish it elsewhere (SCORECARD_PUBLISHED names a folder)."
            )

    def _after_publishing(self) -> None:
        """Complete the books and remove old versions. What fails here the next refresh makes good."""
        try:
            self.journal.end(self.run_id, "published", PUBLISHED)
            for note in complete_books(self.target, self.journal, self.versions):
                if self.run_id not in note:
                    self.teller.note(note)
            removed, notes = self.versions.prune(self.settings.config.keep)
            for note in notes:
                self.teller.note(note)
            if removed:
                self.teller.note(
                    f"removed {', '.join(removed)}: the last {self.settings.config.keep} versions stay"
                )
            _prune_logs(self.settings.logs, self.versions.all())
        except Exception as error:
            why = " ".join(masked(str(error)).split())
            self.teller.note(
                f"published, but not all was put in order, which the next refresh will do ({why})"
            )


def _status(exit_code: int) -> str:
    return {PUBLISHED: "published", FAILED: "failed"}.get(exit_code, "refused")


def _named(failures: list[tuple[str, str]]) -> str:
    names = [name for name, _ in failures]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _project_version(root: Path) -> str:
    return str(yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))["version"])


def _prune_logs(logs: Path, kept: list[str]) -> None:
    """Remove logs and data docs of runs beyond the last thirty, unless their version is kept."""
    runs = sorted({path.stem for path in logs.iterdir() if RUN_ID.fullmatch(path.stem)})
    for run_id in runs[:-LOGS_KEPT]:
        if run_id not in kept:
            (logs / f"{run_id}.log").unlink(missing_ok=True)
            shutil.rmtree(logs / run_id, ignore_errors=True)
