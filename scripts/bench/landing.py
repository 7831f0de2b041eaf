"""How long landing takes, as a ratio to the tool that does the bare work, measured in one run.

    python scripts/bench/landing.py                     generated rows and a generated repository
    python scripts/bench/landing.py --repository PATH   a clone of your own

JSON: landing one object a line into a DuckDB file, against `create table as select * from read_json(…)` into
a file (limit 2.0). git: landing a repository, against `git log` printing the same fields (limit 1.4). Every
time is the best of `--rounds`; on a busy machine the processor's seconds say more than
the clock's. The exit code is 1 where a limit is missed.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import duckdb
from scorecard.landing import Landing, Options
from scorecard.landing import git as landing_git
from scorecard.landing.land import Outcome
from scorecard.landing.warehouse import DuckDBWarehouse

JSON_LIMIT = 2.0
GIT_LIMIT = 1.4
WORDS = (
    "retry",
    "the",
    "payment",
    "when",
    "a",
    "card",
    "token",
    "has",
    "expired",
    "and",
    "tell",
    "customer",
    "why",
)


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock, and of processors (ours and those of git)."""

    wall: float
    processor: float


def best_of(rounds: int, works: Sequence[Callable[[], None]]) -> list[Cost]:
    """The least of each cost over the rounds; the works take turns, so that a busy machine hits all alike."""
    costs: list[list[Cost]] = [[] for _ in works]
    for _ in range(rounds):
        for work, found in zip(works, costs, strict=True):
            started, before = time.perf_counter(), os.times()
            work()
            after = os.times()
            found.append(Cost(time.perf_counter() - started, sum(after[:4]) - sum(before[:4])))
    return [Cost(min(one.wall for one in found), min(one.processor for one in found)) for found in costs]


def write_issues(path: Path, count: int) -> None:
    """Issues as the GitHub API gives them, one a line, about 2.3 kB each."""
    generator = random.Random(1)
    with path.open("w", encoding="utf-8") as stream:
        for number in range(1, count + 1):
            stream.write(json.dumps(_issue(number, generator)) + "\n")


def _issue(number: int, generator: random.Random) -> dict[str, object]:
    api = "https://api.github.com"
    login = f"person-{generator.randrange(200)}"
    user = {
        "login": login,
        "id": generator.randrange(10**7),
        "type": "User",
        "site_admin": False,
        **{
            f"{name}_url": f"{api}/users/{login}/{name}"
            for name in ("html", "avatar", "events", "repos", "gists")
        },
    }
    month, day, minute = (generator.randrange(1, top) for top in (13, 29, 60))
    at = f"2025-{month:02}-{day:02}T10:{minute:02}:00Z"
    base = f"{api}/repos/acme/shop/issues/{number}"
    return {
        "url": base,
        "repository_url": f"{api}/repos/acme/shop",
        "labels_url": f"{base}/labels{{/name}}",
        "comments_url": f"{base}/comments",
        "events_url": f"{base}/events",
        "html_url": f"https://github.com/acme/shop/issues/{number}",
        "id": 10**9 + number,
        "node_id": f"I_{number:020}",
        "number": number,
        "title": " ".join(generator.sample(WORDS, 6)),
        "user": user,
        "labels": [
            {"id": place, "name": name, "color": "ededed"} for place, name in enumerate(("bug", "p1"))
        ],
        "state": generator.choice(("open", "closed")),
        "locked": False,
        "assignee": user,
        "assignees": [user],
        "milestone": None,
        "comments": generator.randrange(9),
        "created_at": at,
        "updated_at": at,
        "closed_at": None,
        "author_association": "MEMBER",
        "body": " ".join(generator.choice(WORDS) for _ in range(60)),
        "reactions": {"total_count": generator.randrange(4), "+1": 0, "-1": 0},
        "state_reason": None,
        "repository": "acme/shop",
    }


def write_repository(folder: Path, count: int) -> None:
    """A bare repository of `count` commits: some 2,000 files, renames, a merged branch every tenth commit."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder)], check=True)
    process = subprocess.Popen(["git", "-C", str(folder), "fast-import", "--quiet"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    generator = random.Random(2)
    paths: list[str] = []
    lines = {}
    for mark in range(1, count + 1):
        message = f"Change {mark}\n\n{' '.join(generator.choice(WORDS) for _ in range(30))}"
        branch = "topic" if mark % 10 in (7, 8) else "main"
        out = [f"commit refs/heads/{branch}", f"mark :{mark}"]
        out.append(f"author Person {mark % 40} <p{mark % 40}@example.com> {1_500_000_000 + 600 * mark} +0200")
        out.append(
            f"committer Person {mark % 40} <p{mark % 40}@example.com> {1_500_000_000 + 600 * mark} +0200"
        )
        out.append(f"data {len(message.encode())}\n{message}")
        if mark % 10 == 7 and mark > 7:
            out.append(f"from :{mark - 1}")
        elif mark % 10 == 9 and mark > 9:
            out += [f"from :{mark - 3}", f"merge :{mark - 1}"]
        elif mark > 1 and mark % 10 not in (7, 8):
            out.append(f"from :{mark - 1}")
        for _ in range(generator.randrange(1, 5)):
            if len(paths) < 2000:
                path = (
                    f"src/m{generator.randrange(40)}/part{generator.randrange(9)}/file{mark}_{len(paths)}.py"
                )
                paths.append(path)
                lines[path] = [f"value_{mark}_{number} = {number}" for number in range(60)]
            else:
                path = generator.choice(paths)
                lines[path][generator.randrange(60)] = f"changed_{mark} = {generator.random()}"
            body = "\n".join(lines[path])
            out.append(f"M 100644 inline {path}\ndata {len(body)}\n{body}")
        process.stdin.write(("\n".join(out) + "\n").encode())
    process.stdin.close()
    if process.wait() != 0:
        raise click.ClickException("git fast-import failed")


def land_afresh(folder: Path, tool: str, path: Path) -> None:
    """Land one path into a new DuckDB file."""
    target = folder / "landed.duckdb"
    target.unlink(missing_ok=True)
    warehouse = DuckDBWarehouse.open(target, target.name)
    outcomes: list[Outcome] = list(Landing(warehouse).land(tool, [path], Options(repository=_name(tool))))
    warehouse.close()
    for outcome in outcomes:
        if outcome.failure or outcome.load is None or outcome.load.rows_landed == 0:
            raise click.ClickException(f"nothing was landed: {outcome.failure}")


def _name(tool: str) -> str | None:
    return "bench/repository" if tool == "git" else None


def read_json_afresh(folder: Path, path: Path) -> None:
    """The bare work: DuckDB's own reader into a table of a new file."""
    target = folder / "bare.duckdb"
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target), config={"threads": 2}) as connection:
        connection.execute(f"create table issues as select * from read_json('{path}')")


def print_log(repository: Path, diff_merges: str) -> None:
    """The bare work: `git log` printing the same fields, and the files with renames."""
    arguments = [
        "log",
        "-z",
        f"--format=tformat:{landing_git.LOG_FORMAT}",
        "--branches",
        "--remotes",
        "--tags",
    ]
    arguments += ["--raw", "-r", "-M50%", "-l1000", f"--diff-merges={diff_merges}"]
    with subprocess.Popen(
        ["git", "-C", str(repository), *arguments], stdout=subprocess.PIPE, env=landing_git.git_environment()
    ) as process:
        assert process.stdout is not None
        while process.stdout.read(1 << 20):
            continue


def report(name: str, landing: Cost, bare: Cost, limit: float | None) -> bool:
    """Print one comparison; True where the limit is kept."""
    ratio = landing.wall / bare.wall
    wanted = f" (limit {limit})" if limit else ""
    click.echo(
        f"{name}: landing {landing.wall:.2f} s, bare {bare.wall:.2f} s, ratio {ratio:.2f}{wanted}; "
        f"processor {landing.processor:.2f} s against {bare.processor:.2f} s, "
        f"ratio {landing.processor / bare.processor:.2f}"
    )
    return limit is None or ratio <= limit


@click.command(help=__doc__)
@click.option("--rows", default=200_000, show_default=True, help="Rows of the JSON export.")
@click.option("--commits", default=40_000, show_default=True, help="Commits of the generated repository.")
@click.option("--repository", type=click.Path(exists=True, path_type=Path), help="A clone to land instead.")
@click.option("--rounds", default=3, show_default=True, help="Rounds; the fastest counts.")
def main(rows: int, commits: int, repository: Path | None, rounds: int) -> None:
    kept = True
    with tempfile.TemporaryDirectory(prefix="scorecard-bench-") as temporary:
        folder = Path(temporary)
        export = folder / "issues.ndjson"
        write_issues(export, rows)
        bare, landing = best_of(
            rounds,
            [lambda: read_json_afresh(folder, export), lambda: land_afresh(folder, "github", export)],
        )
        kept &= report(f"JSON, {rows:,} rows, {export.stat().st_size >> 20} MB", landing, bare, JSON_LIMIT)
        export.unlink()
        clone = repository or folder / "bench.git"
        if repository is None:
            write_repository(clone, commits)
        bare, without_merges, landing = best_of(
            rounds,
            [
                lambda: print_log(clone, "first-parent"),
                lambda: print_log(clone, "off"),
                lambda: land_afresh(folder, "git", clone),
            ],
        )
        kept &= report(f"git, {clone.name}", landing, bare, GIT_LIMIT)
        report("git, against a log that does not compare merges", landing, without_merges, None)
    if not kept:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
