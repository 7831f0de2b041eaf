"""The progress bar: drawn on a terminal, and nothing of it where the output goes to a file or a program."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import faults.stand_in
import pytest
from faults.exports import small_exports
from faults.place import Place
from project_copy import Project

pytestmark = pytest.mark.slow

STAND_IN = (sys.executable, str(Path(faults.stand_in.__file__)))
BAR = "━"
ESCAPE = "\x1b"
# What makes a program believe in a terminal, or not, whatever it writes to.
TOLD = ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS", "LINES")


@pytest.fixture
def place(project: Project, tmp_path: Path) -> Place:
    made = Place(tmp_path / "own", project, small_exports)
    made.new_exports()
    # A file that takes longer to read than a bar to be drawn.
    rows = (f"t{number},Team {number}\n" for number in range(40000))
    (made.folder / "exports" / "planning" / "teams.csv").write_text("team_id,name\n" + "".join(rows))
    return made


def environment(place: Place) -> dict[str, str]:
    own = {name: value for name, value in place.project.variables().items() if name not in TOLD}
    return {**own, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}


def on_terminal(place: Place, *command: str) -> str:
    """Run a command under a terminal of its own and return all that it drew there."""
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        command, cwd=place.project.root, env=environment(place), stdin=its_end, stdout=its_end, stderr=its_end
    )
    os.close(its_end)
    drawn = b""
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:
            # The other end of a terminal is closed so.
            break
        if not read:
            break
        drawn += read
    os.close(terminal)
    assert process.wait(60) == 0, drawn.decode()
    return drawn.decode()


def into_a_pipe(place: Place, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=place.project.root,
        env=environment(place),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = done.stdout.decode()
    assert done.returncode == 0, said
    return said


def assert_plain(said: str) -> None:
    assert said and not {"\r", ESCAPE, BAR} & set(said), said


def test_a_landing_draws_a_bar_on_a_terminal_alone(place: Place) -> None:
    sheets = place.folder / "exports" / "planning"
    teams, people = str(sheets / "teams.csv"), str(sheets / "people.csv")
    drawn = on_terminal(place, "scorecard", "land", "planning", teams)
    assert BAR in drawn and "\r" in drawn and ESCAPE in drawn
    assert "planning teams" in drawn[: drawn.index(BAR)]
    assert "40,000 new" in drawn
    said = into_a_pipe(place, "scorecard", "land", "planning", people)
    assert_plain(said)
    assert "800 new" in said


def test_a_refresh_draws_bars_on_a_terminal_alone(place: Place) -> None:
    drawn = on_terminal(place, *STAND_IN, "refresh")
    # One for each file that is read, one for the nodes of dbt.
    landing, building = drawn[: drawn.index("40,800 rows")], drawn[drawn.index("40,800 rows") :]
    assert BAR in landing and "planning teams" in landing
    assert BAR in building and "dbt" in building and "4/4" in building
    assert "published after" in drawn
    place.new_exports()
    said = into_a_pipe(place, *STAND_IN, "refresh")
    assert_plain(said)
    assert [line.split()[0] for line in said.splitlines()][-5:-1] == ["land", "build", "check", "publish"]


def test_machines_are_told_the_same_on_a_terminal(place: Place) -> None:
    """The terminal itself makes a carriage return of the end of a line."""
    drawn = on_terminal(place, *STAND_IN, "refresh", "--log-format", "json").replace("\r\n", "\n")
    assert_plain(drawn)
    assert json.loads(drawn.splitlines()[-1])["exit_code"] == 0
