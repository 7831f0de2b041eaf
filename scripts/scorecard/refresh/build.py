"""One build by dbt, in a process of its own."""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scorecard.masking import masked
from scorecard.targets import Target

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SETTLED = (
    "LogModelResult",
    "LogTestResult",
    "LogSeedResult",
    "SkippingDetails",
)
LONGEST_MESSAGE = 300

# What tells of the tests; it is built once more when all of them have ended.
OF_THE_TESTS = ("int_failed_tests", "data_quality")


@dataclass(frozen=True)
class TestResult:
    """How a data test ended: `pass`, `warn`, `fail` or `error`. `failures`: rows that failed it."""

    __test__ = False  # No test of pytest's.

    test_id: str
    status: str
    failures: int | None
    message: str | None


Advance = Callable[[int, int], None]
Record = Callable[[Sequence[TestResult]], None]


@dataclass
class BuildResult:
    """What dbt did. `failures`: name and message of each node that failed, or of dbt where none ran."""

    is_done: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    tests: tuple[TestResult, ...] = ()

    @property
    def told(self) -> str:
        """The counts in words."""
        total = self.counts.get("total", 0)
        parts = [f"{total:,} nodes of dbt"]
        parts += [
            f"{self.counts[key]:,} {word}"
            for key, word in (("warn", "warned"), ("error", "failed"), ("skip", "skipped"))
            if self.counts.get(key)
        ]
        return ", ".join(parts)


def run_dbt(
    target: Target,
    root: Path,
    log_path: Path,
    environment: dict[str, str],
    lock: int,
    advance: Advance,
    record: Record,
) -> BuildResult:
    """Build everything but the unit tests; the whole log goes to `log_path`.

    How the data tests ended is given to `record`, also where the build failed; what tells of them is then
    built once more, so that a version knows its own tests. dbt dies with this process. Where the system
    cannot promise that, it holds on to the `lock` until its end.
    """
    folder = root / "target" / "refresh" / target.name
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    _forget(folder)

    def dbt(*command: str, advance: Advance) -> BuildResult:
        return _run(
            (*command, *_options(target, root, folder)),
            root,
            log_path,
            {**os.environ, **environment, "SCORECARD_TARGET": target.name},
            lock,
            advance,
            folder / "run_results.json",
        )

    try:
        result = dbt("build", "--exclude-resource-type", "unit_test", "--no-partial-parse", advance=advance)
        if result.tests:
            record(result.tests)
        if result.is_done and result.tests:
            again = dbt("run", "--select", *OF_THE_TESTS, advance=lambda done, total: None)
            result.is_done, result.failures = again.is_done, again.failures
    finally:
        _forget(folder)
    return result


def _options(target: Target, root: Path, folder: Path) -> tuple[str, ...]:
    return (
        *("--target", target.name),
        *("--profiles-dir", str(root / "profiles"), "--target-path", str(folder)),
    )


def _run(
    command: Sequence[str],
    root: Path,
    log_path: Path,
    environment: dict[str, str],
    lock: int,
    advance: Advance,
    results: Path,
) -> BuildResult:
    """One command of dbt's; what it did is read from what it says and from `results`."""
    result = BuildResult()
    process = subprocess.Popen(
        [
            *_dbt(),
            *("--log-format", "json", "--log-level-file", "none", "--no-send-anonymous-usage-stats"),
            *command,
        ],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=(lock,),
        preexec_fn=_die_with_parent,
    )
    try:
        assert process.stdout is not None
        _follow(process.stdout, log_path, result, advance)
        result.is_done = process.wait() == 0
        _read_results(results, result)
    finally:
        _stop(process)
    if not result.is_done and not result.failures:
        result.failures.append(("dbt", f"it ended with {process.returncode}"))
    return result


def _dbt() -> list[str]:
    """dbt of this environment."""
    beside = Path(sys.executable).parent / "dbt"
    return [str(beside)] if beside.is_file() else [sys.executable, "-m", "dbt.cli.main"]


def _die_with_parent() -> None:
    """On Linux: be killed when the parent is, lest somebody writes into a warehouse that nobody locks."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _stop(process: subprocess.Popen[str]) -> None:
    """End dbt where it still runs: this process was interrupted."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _forget(folder: Path) -> None:
    """Remove what dbt wrote: what it keeps for the next parse may hold what the environment said."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _follow(lines: Iterator[str], log_path: Path, result: BuildResult, advance: Advance) -> None:
    """Write what dbt says to the log, and tell how far it is."""
    log_path.parent.mkdir(parents=True, exist_ok=True)
    settled = 0
    with log_path.open("a", encoding="utf-8") as log:
        for line in lines:
            event = _event(line)
            info = event.get("info", {})
            text = masked(COLOUR.sub("", str(info.get("msg", line)))).rstrip()
            if text:
                log.write(f"{info.get('ts', ''):27} {info.get('level', ''):5} {text}\n")
            if info.get("name") in SETTLED:
                settled += 1
                advance(settled, int(event["data"].get("total") or 0))
            elif info.get("name") == "StatsLine":
                result.counts = {str(key): int(value) for key, value in event["data"]["stats"].items()}
            elif info.get("name") in ("MainEncounteredError", "MainStackTrace"):
                result.failures.append(("dbt", _short(text)))


def _event(line: str) -> dict[str, Any]:
    """An event of dbt's; an empty one for a line that is none."""
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _read_results(path: Path, result: BuildResult) -> None:
    """Names and messages of the nodes that failed, and how the data tests ended."""
    if not path.is_file():
        return
    nodes = json.loads(path.read_text(encoding="utf-8"))["results"]
    for node in nodes:
        if node["status"] in ("error", "fail", "runtime error"):
            message = masked(node.get("message") or node["status"])
            result.failures.append((_name(node["unique_id"]), _short(message)))
    result.tests = tuple(_test_results(nodes))


def _test_results(nodes: Sequence[dict[str, Any]]) -> Iterator[TestResult]:
    """The data tests that were run; where two share a name, each has its key with it."""
    tests = [
        node
        for node in nodes
        if node["unique_id"].startswith("test.") and node["status"] in ("pass", "warn", "fail", "error")
    ]
    times = Counter(_name(node["unique_id"]) for node in tests)
    for node in tests:
        name, message = _name(node["unique_id"]), node.get("message")
        yield TestResult(
            name if times[name] == 1 else node["unique_id"].split(".", 2)[2],
            node["status"],
            node.get("failures"),
            _short(masked(message)) if message else None,
        )


def _name(unique_id: str) -> str:
    return unique_id.split(".")[2]


def _short(text: str) -> str:
    told = " ".join(text.split())
    return told if len(told) <= LONGEST_MESSAGE else told[: LONGEST_MESSAGE - 1] + "…"
