"""What went wrong outside the project is said in one sentence that names it and what to do."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import adbc_driver_manager
import duckdb
import psycopg2
import pytest
from click.testing import CliRunner
from scorecard.landing.errors import BadInput
from scorecard.mishaps import is_mishap
from scorecard.refresh import command
from scorecard.refresh.outcomes import failure_of
from scorecard.refresh.telling import JsonTeller


def of_landing(told: str, sqlstate: str | None = None) -> Exception:
    """An error of the connection that landing writes through."""
    status = adbc_driver_manager.AdbcStatusCode.IO
    return adbc_driver_manager.OperationalError(told, status_code=status, sqlstate=sqlstate)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "x.log"), "no room on the disk"),
        (OSError(errno.EFBIG, "File too large"), "no room on the disk"),
        (duckdb.IOException("Could not write file: No space left on device"), "no room on the disk"),
        (PermissionError(errno.EACCES, "Permission denied", "x.lock"), "may not write to"),
        (duckdb.IOException('Cannot open file "x": Read-only file system'), "may not write to"),
        (
            caused(BadInput("this is no warehouse"), duckdb.IOException("Permission denied")),
            "may not write to",
        ),
        (
            psycopg2.OperationalError("server closed the connection unexpectedly"),
            "connection to the server was lost",
        ),
        (
            caused(psycopg2.InterfaceError("connection already closed"), OSError(errno.ENOSPC, "full")),
            "no room on the disk",
        ),
        (
            caused(BadInput("cannot be reached"), psycopg2.OperationalError("refused")),
            "See that the server is up",
        ),
        (of_landing("server closed the connection unexpectedly"), "connection to the server was lost"),
        (of_landing("terminating connection", "57P01"), "connection to the server was lost"),
        (of_landing("could not extend file", "53100"), "no room on the disk"),
        (BadInput("x.csv: this is no CSV. Export it again."), "x.csv: this is no CSV. Export it again."),
        (ValueError("a list\nof lines"), "Step land failed (ValueError: a list of lines)."),
    ],
)
def test_a_mishap_is_one_sentence(error: Exception, told: str) -> None:
    said = str(failure_of(error, "land"))
    assert told in said and "\n" not in said
    if "Step" in said and "ValueError" not in said:
        assert said.startswith("Step land failed: ") and said.endswith("run scorecard refresh --resume.")


def test_a_server_that_answers_is_not_lost() -> None:
    said = str(failure_of(of_landing("canceling statement due to statement timeout", "57014"), "land"))
    assert said == "Step land failed (OperationalError: canceling statement due to statement timeout)."


def test_before_a_run_began_there_is_nothing_to_resume() -> None:
    error = OSError(errno.EROFS, "Read-only file system", "x.lock")
    assert str(failure_of(error)).endswith("run scorecard refresh again.")
    unreachable = caused(BadInput("cannot be reached: check the address"), psycopg2.OperationalError("no"))
    assert str(failure_of(unreachable)) == "cannot be reached: check the address"


def test_secrets_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for secret in ("open sesame", 'pä"s\\s'):
        monkeypatch.setenv("SCORECARD_PG_PASSWORD", secret)
        for step in ("land", None):
            said = str(failure_of(psycopg2.OperationalError(f"password {secret}"), step))
            assert "***" in said and secret not in said


def test_secrets_are_not_told_in_json_and_what_is_told_stays_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCORECARD_PG_PASSWORD", 'pä"s\\s')
    teller = JsonTeller()
    teller.begin("r", 'postgres of pä"s\\s', None)
    teller.step("land", "failed", 1.0, None, 'pä"s\\s')
    for tell in (teller.line, teller.note, teller.problem):
        tell('It is "pä"s\\s".')
    # One that is part of what every line holds does no harm to the line.
    monkeypatch.setenv("SCORECARD_PG_PASSWORD", '"')
    teller.note('a "b"')
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event.get("target", event.get("message")) for event in told] == [
        "postgres of ***",
        "***",
        *['It is "***".'] * 3,
        "a ***b***",
    ]


@pytest.mark.parametrize(
    ("error", "is_one"),
    [(OSError(), True), (duckdb.Error(), True), (of_landing("x"), True), (KeyError("x"), False)],
)
def test_an_error_of_the_code_is_no_mishap(error: Exception, is_one: bool) -> None:
    assert is_mishap(error) is is_one


def test_a_command_that_is_asked_to_end_before_it_began_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCORECARD_WAREHOUSE", str(tmp_path / "own.duckdb"))

    def stop(*_: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    monkeypatch.setattr("scorecard.refresh.lock.held", stop)
    done = CliRunner().invoke(command.rollback_command, ["--target", "duckdb"])
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "asked to end" in done.stderr


def test_a_command_that_meets_one_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a run began, too: here the lock's file cannot be made."""
    monkeypatch.setenv("SCORECARD_WAREHOUSE", str(tmp_path / "own.duckdb"))

    def fail(*_: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", "own.duckdb.refresh.lock")

    monkeypatch.setattr("scorecard.refresh.lock.held", fail)
    done = CliRunner().invoke(command.rollback_command, ["--target", "duckdb"])
    assert done.exit_code == 1
    assert "may not write to" in done.stderr and "Traceback" not in done.output
