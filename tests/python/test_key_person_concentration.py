"""Key-person concentration over real git histories, against a count made by hand from git's own output.

The histories are written with git, landed, built, and then counted again here by replaying the commits one
by one over a dictionary of paths. The count shares no code and no table with the models.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[2]
MAX_FILES = 10
PEOPLE = "%cI%x00<%ae>%n%(trailers:key=Co-authored-by,valueonly)"
BOTS = ("dependabot[bot]@users.noreply.github.com", "noreply@anthropic.com")
MONTH_ENDS = [dt.date(2025, month, 1) for month in range(8, 13)] + [
    dt.date(2026, month, 1) for month in range(1, 8)
]
WORDS = [
    f"{first}_{second}"
    for first in ["red", "blue", "cold", "warm", "slow"]
    for second in ["ox", "owl", "elk", "bee", "ant"]
]


def instant(day: dt.date, seconds: int = 0) -> dt.datetime:
    """Midnight UTC of a day, moved by seconds."""
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)


@dataclass
class Repository:
    """A working tree that commits as anybody at any time, untouched by the user's git configuration."""

    path: Path

    def git(self, *arguments: str, **environment: str) -> str:
        """Run git here and give what it printed; a failure raises CalledProcessError."""
        isolated = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "x",
            "GIT_AUTHOR_EMAIL": "x@x",
            "GIT_COMMITTER_NAME": "committer",
            "GIT_COMMITTER_EMAIL": "committer@example.com",
        }
        finished = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            env=isolated | environment,
            capture_output=True,
            check=True,
            encoding="utf-8",
        )
        return finished.stdout

    @classmethod
    def create(cls, folder: Path, name: str) -> Repository:
        """An empty repository whose origin says that it is `name` (owner/name)."""
        path = folder / name.replace("/", "+")
        path.mkdir(parents=True)
        repository = cls(path)
        repository.git("init", "--quiet", "--initial-branch=main")
        repository.git("remote", "add", "origin", f"https://github.com/{name}.git")
        return repository

    def write(self, path: str, text: str) -> None:
        """Put a file into the working tree."""
        target = self.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def commit(self, email: str, at: dt.datetime, co_authors: tuple[str, ...] = ()) -> None:
        """Commit the working tree as an author at an instant."""
        trailers = "".join(f"\nCo-authored-by: somebody <{other}>" for other in co_authors)
        self.git("add", "--all")
        self.git(
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            f"work\n{trailers}",
            GIT_AUTHOR_NAME=email.split("@")[0],
            GIT_AUTHOR_EMAIL=email,
            GIT_AUTHOR_DATE=at.isoformat(),
            GIT_COMMITTER_DATE=at.isoformat(),
        )


def write_golden(repository: Repository, domain: str, ann_at: dt.datetime) -> None:
    """The six files of the definition: Ann's commits around `ann_at`, those of Bob and Cid in June 2026."""
    plan = {
        "f1.py": ("ann", ["ann"] * 3),
        "f2.py": ("ann", ["bob"]),
        "f3.py": ("bob", ["bob"] * 2),
        "f4.py": ("ann", ["cid"] * 4),
        "f5.py": ("ann", []),
        "f6.py": ("cid", ["cid"]),
    }
    moments = {
        "ann": ann_at,
        "bob": instant(dt.date(2026, 6, 10)),
        "cid": instant(dt.date(2026, 6, 11)),
    }
    steps = [
        (moments[person], path, person, number)
        for path, (creator, others) in plan.items()
        for number, person in enumerate([creator, *others])
    ]
    for tick, (moment, path, person, number) in enumerate(sorted(steps)):
        repository.write(path, f"# {path}\n" * 5 + f"version = {number}\n")
        repository.commit(f"{person}@{domain}", moment + dt.timedelta(minutes=tick))


@dataclass
class HistoryWriter:
    """Writes a random history: branches, renames, deletions, bots, co-authors, a commit of too many files."""

    repository: Repository
    chance: random.Random
    at: dt.datetime = field(default_factory=lambda: instant(dt.date(2025, 2, 1)))
    made: int = 0
    deleted: list[str] = field(default_factory=list)
    branches: list[str] = field(default_factory=list)

    def write_history(self, steps: int) -> None:
        """Commit on the line and on branches, and merge these, some after the line renamed their files."""
        for _ in range(12):
            self.add()
        self.author()
        for step in range(steps):
            self.at += dt.timedelta(hours=self.chance.randint(40, 210))
            action = self.chance.choices(["line", "open", "branch", "merge"], [5, 1, 4, 1])[0]
            if step == steps // 2:
                for _ in range(MAX_FILES + 1):
                    self.add()
                self.author()
            elif action == "open" and len(self.branches) < 3:
                self.open_branch(step)
            elif action == "branch" and self.branches:
                self.on_branch()
            elif action == "merge" and self.branches:
                self.merge()
            else:
                self.change_files()
                self.author()

    def files(self) -> list[str]:
        """Paths in the index."""
        return self.repository.git("ls-files").splitlines()

    def text(self) -> str:
        """A file that resembles no other."""
        return "".join(f"{self.chance.choice(WORDS)} = {self.chance.random()}\n" for _ in range(12))

    def add(self) -> None:
        """Add a file, under a path that was deleted before or a new one."""
        if self.deleted and self.chance.random() < 0.4:
            path = self.deleted.pop()
        else:
            self.made += 1
            folder = self.chance.choice(["app/", "lib/", "", "vendor/"])
            path = f"{folder}f{self.made}.{self.chance.choice(['py', 'py', 'md'])}"
        self.repository.write(path, self.text())

    def modify(self, path: str) -> None:
        """Change one line of a file."""
        target = self.repository.path / path
        lines = target.read_text(encoding="utf-8").splitlines(keepends=True)
        lines[self.chance.randrange(len(lines))] = f"changed = {self.chance.random()}\n"
        target.write_text("".join(lines), encoding="utf-8")

    def rename(self, path: str) -> None:
        """Rename a file, with or without a change, and sometimes put another under its old path."""
        self.made += 1
        target = f"app/r{self.made}.py"
        self.repository.write(target, "")
        (self.repository.path / path).rename(self.repository.path / target)
        if self.chance.random() < 0.5:
            self.modify(target)
        if self.chance.random() < 0.3:
            self.deleted.append(path)

    def change_files(self) -> None:
        """Change one to four files in one of the ways there are."""
        paths = self.files()
        for path in self.chance.sample(paths, min(len(paths), self.chance.randint(1, 4))):
            kind = self.chance.choices(["modify", "rename", "delete", "add"], [12, 3, 1, 2])[0]
            if kind == "modify":
                self.modify(path)
            elif kind == "rename":
                self.rename(path)
            elif kind == "delete":
                (self.repository.path / path).unlink()
                self.deleted.append(path)
            else:
                self.add()

    def author(self) -> None:
        """Commit as one of the people, or a bot, with co-authors now and then."""
        people = [f"{name}@random.example" for name in ("ann", "bob", "cid", "dee")]
        if self.at > instant(dt.date(2026, 1, 15)):
            people.remove("ann@random.example")
        author = self.chance.choice([*people, BOTS[0]])
        others = tuple(other for other in [*people, BOTS[1]] if self.chance.random() < 0.12)
        self.repository.commit(author, self.at, others)

    def open_branch(self, step: int) -> None:
        """Fork a branch from the line."""
        name = f"topic-{step}"
        self.repository.git("branch", name, "main")
        self.branches.append(name)

    def on_branch(self) -> None:
        """Commit on a branch and go back to the line."""
        self.repository.git("switch", "--quiet", self.chance.choice(self.branches))
        self.change_files()
        self.author()
        self.repository.git("switch", "--quiet", "main")

    def merge(self) -> None:
        """Merge the oldest branch; one that conflicts is never merged."""
        name = self.branches.pop(0)
        date = self.at.isoformat()
        try:
            self.repository.git(
                "merge",
                "--quiet",
                "--no-ff",
                "-m",
                "merge",
                name,
                GIT_AUTHOR_DATE=date,
                GIT_COMMITTER_DATE=date,
            )
        except subprocess.CalledProcessError:
            self.repository.git("merge", "--abort")


def people_of(trailers: str) -> frozenset[str]:
    """The persons among an author's address and the trailers below it."""
    return frozenset(re.findall(r"<(.+?)>", trailers)) - set(BOTS)


def read_activity(repositories: Iterable[Repository]) -> dict[str, list[dt.datetime]]:
    """When each person committed anything, on any branch of any repository."""
    found: dict[str, list[dt.datetime]] = {}
    for repository in repositories:
        for entry in repository.git("log", "--all", f"--format=%x01{PEOPLE}").split("\1")[1:]:
            date, emails = entry.split("\0")
            for person in people_of(emails):
                found.setdefault(person, []).append(dt.datetime.fromisoformat(date))
    return found


@dataclass
class File:
    """A file through its life: its creators, and for each later commit who wrote it."""

    creators: frozenset[str] = frozenset()
    touches: list[frozenset[str]] = field(default_factory=list)


@dataclass
class Commit:
    """A commit as git prints it."""

    sha: str
    is_merge: bool
    at: dt.datetime
    people: frozenset[str]
    changes: list[list[str]]


class HandCount:
    """Replays the default branch of a repository and counts authors with dictionaries."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.holds: dict[str, File] = {}
        self.left: set[str] = set()
        self.line = repository.git("rev-list", "--first-parent", "--reverse", "main").split()

    def read(self, sha: str) -> Commit:
        """One commit with its people and the files that it changed."""
        parents, date, emails = self.repository.git(
            "show", "--no-patch", f"--format=%P%x00{PEOPLE}", sha
        ).split("\0")
        changes = self.repository.git(
            "diff-tree", "--root", "-r", "--no-commit-id", "-M50%", "--name-status", sha
        )
        return Commit(
            sha=sha,
            is_merge=" " in parents,
            at=dt.datetime.fromisoformat(date),
            people=people_of(emails),
            changes=[line.split("\t") for line in changes.splitlines()],
        )

    def steps(self) -> Iterator[tuple[str, dt.datetime]]:
        """The line's commits in order, replayed with what each brought in, and the latest date so far."""
        latest = dt.datetime.min.replace(tzinfo=dt.UTC)
        before: list[str] = []
        for sha in self.line:
            for brought in self.repository.git("rev-list", "--topo-order", "--reverse", sha, *before).split():
                commit = self.read(brought)
                if brought == sha:
                    latest = max(latest, commit.at)
                if not commit.is_merge:
                    self.replay(commit)
            before = [f"^{sha}"]
            yield sha, latest

    def replay(self, commit: Commit) -> None:
        """Let one commit change the files."""
        touched: list[File] = []
        counts = len(commit.changes) <= MAX_FILES and commit.people
        people = commit.people if counts else frozenset()
        for change in commit.changes:
            if change[0].startswith("R"):
                _, old, new = change
                file = self.holds[old]
                self.holds[new] = file
                self.left.add(old)
                self.left.discard(new)
            elif change[0] == "A" and (change[1] not in self.holds or change[1] in self.left):
                self.holds[change[1]] = File(creators=people)
                self.left.discard(change[1])
                continue
            else:
                file = self.holds[change[1]]
            if counts and not any(file is other for other in touched):
                file.touches.append(people)
                touched.append(file)

    def degrees(self, file: File) -> dict[str, float]:
        """Avelino's degree of authorship of everybody who touched a file."""
        degrees = {}
        for person in set(file.creators).union(*file.touches):
            delivered = sum(person in people for people in file.touches)
            accepted = len(file.touches) - delivered
            degrees[person] = (
                3.293 + 1.098 * (person in file.creators) + 0.164 * delivered - 0.321 * math.log(1 + accepted)
            )
        return degrees


def run(arguments: list[str], environment: dict[str, str]) -> None:
    """Run a command that stands beside this Python; a failure shows what it printed."""
    finished = subprocess.run(
        [str(Path(sys.executable).parent / arguments[0]), *arguments[1:]],
        cwd=PROJECT_ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Repository]:
    """The golden example twice, two random histories, and a shallow clone of the first of them."""
    folder = tmp_path_factory.mktemp("repositories")
    found = {}
    for name, moment in (("golden/active", dt.date(2026, 5, 20)), ("golden/left", dt.date(2025, 11, 20))):
        found[name] = Repository.create(folder, name)
        write_golden(found[name], f"{name.split('/')[1]}.example", instant(moment))
    for seed in (1, 2):
        name = f"random/history{seed}"
        found[name] = Repository.create(folder, name)
        HistoryWriter(found[name], random.Random(seed)).write_history(90)
    source = found["random/history1"]
    source.write("after_the_cut.py", "new = True\n")
    source.commit("bob@random.example", instant(dt.date(2026, 6, 20)))
    shallow = Repository(folder / "random+shallow")
    source.git("clone", "--quiet", "--depth=20", f"file://{source.path}", str(shallow.path))
    shallow.git("remote", "set-url", "origin", "https://github.com/random/shallow.git")
    return found | {"random/shallow": shallow}


@pytest.fixture(scope="module")
def warehouse(
    repositories: dict[str, Repository], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The repositories landed and the KPI built, as of 4 July 2026."""
    folder = tmp_path_factory.mktemp("warehouse")
    environment = {
        "SCORECARD_TARGET": "duckdb",
        "SCORECARD_WAREHOUSE": str(folder / "w.duckdb"),
        "DBT_PROFILES_DIR": str(PROJECT_ROOT / "profiles"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    run(["scorecard", "land", "git", *(str(each.path) for each in repositories.values())], environment)
    variables = f"{{as_of: '2026-07-04', authorship_max_files: {MAX_FILES}}}"
    run(
        [
            *("dbt", "--quiet", "build", "--select", "+kpi_key_person_concentration", "--vars", variables),
            *("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        ],
        environment,
    )
    with duckdb.connect(environment["SCORECARD_WAREHOUSE"], read_only=True) as connection:
        yield connection


def built_rows(
    warehouse: duckdb.DuckDBPyConnection, repository: str, month_end: dt.date
) -> dict[str, tuple[str, int | None, int | None]]:
    """Verdict, authors and current authors of each counted file."""
    rows = warehouse.execute(
        """
        select path, verdict, author_count, current_author_count
        from marts.kpi_key_person_concentration
        where repository = ? and month_end_on = ? and is_counted
        """,
        [repository, month_end],
    ).fetchall()
    assert len({row[0] for row in rows}) == len(rows)
    return {row[0]: row[1:] for row in rows}


def test_golden_four_of_six_files_have_one_current_author(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = built_rows(warehouse, "golden/active", dt.date(2026, 6, 30))
    assert {path: row[0] for path, row in rows.items()} == {
        "f1.py": "yes", "f2.py": "no", "f3.py": "yes", "f4.py": "no", "f5.py": "yes", "f6.py": "yes"
    }  # fmt: skip


def test_golden_with_ann_inactive_two_files_have_no_current_author(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    rows = built_rows(warehouse, "golden/left", dt.date(2026, 6, 30))
    assert [row[0] for row in rows.values()] == ["yes"] * 6
    assert sorted(path for path, row in rows.items() if row[2] == 0) == ["f1.py", "f5.py"]


def test_golden_degree_of_bob(warehouse: duckdb.DuckDBPyConnection) -> None:
    relative = warehouse.execute(
        """
        select relative_degree from intermediate.int_file_authorships
        where file_id = 'git:golden/active:f2.py#1' and month_end_on = '2026-06-30' and first_authorship = 0
        """
    ).fetchall()
    assert relative == [(pytest.approx((3.293 + 0.164) / (3.293 + 1.098 - 0.321 * math.log(2)), abs=1e-12),)]
    assert relative[0][0] == pytest.approx(0.829, abs=5e-4)


def test_golden_truck_and_absence_factors(warehouse: duckdb.DuckDBPyConnection) -> None:
    factors = warehouse.execute(
        """
        select distinct repository, service_truck_factor, service_contributor_absence_factor
        from marts.kpi_key_person_concentration
        where repository like 'golden/%' and month_end_on = '2026-06-30'
        order by repository
        """
    ).fetchall()
    # Without Ann, Cid (6 changes) goes before Bob (4) and leaves Bob's two of six files.
    assert factors == [("golden/active", 2, 2), ("golden/left", 1, 1)]


@pytest.mark.parametrize("name", ["random/history1", "random/history2", "random/shallow", "golden/active"])
def test_the_files_of_a_month_end_are_those_of_gits_own_tree(
    repositories: dict[str, Repository], warehouse: duckdb.DuckDBPyConnection, name: str
) -> None:
    repository = repositories[name]
    line = repository.git("log", "--first-parent", "--reverse", "--format=%H %cI", "main").splitlines()
    compared = 0
    for end in MONTH_ENDS:
        latest, state = dt.datetime.min.replace(tzinfo=dt.UTC), None
        for sha, date in (entry.split() for entry in line):
            latest = max(latest, dt.datetime.fromisoformat(date))
            state = sha if latest < instant(end) else state
        tree = set(repository.git("ls-tree", "-r", "--name-only", state).splitlines()) if state else set()
        rows = warehouse.execute(
            "select path from intermediate.int_file_presence where repository = ? and month_end_on = ?",
            [name, end - dt.timedelta(days=1)],
        ).fetchall()
        assert sorted(row[0] for row in rows) == sorted(tree), end
        compared += len(tree)
    assert compared > 5


@dataclass
class Judged:
    """What is said of a file at a month's end."""

    verdict: str
    author_count: int | None
    current_author_count: int | None
    degrees: Sequence[object]


@pytest.mark.parametrize("name", ["random/history1", "random/history2"])
def test_every_file_has_the_authors_that_a_count_by_hand_finds(
    repositories: dict[str, Repository], warehouse: duckdb.DuckDBPyConnection, name: str
) -> None:
    count = HandCount(repositories[name])
    activity = read_activity(repositories.values())
    expected: dict[dt.date, dict[str, Judged]] = {}
    for sha, latest in count.steps():
        for end in MONTH_ENDS:
            # The last commit before the month's end has the last word.
            if latest < instant(end):
                paths = count.repository.git("ls-tree", "-r", "--name-only", sha).splitlines()
                expected[end] = judge_by_hand(count, activity, paths, end)
    verdicts = set()
    for end in MONTH_ENDS:
        month_end = end - dt.timedelta(days=1)
        degrees = built_degrees(warehouse, name, month_end)
        built = {
            path: Judged(*row, [pytest.approx(degree, abs=1e-9) for degree in degrees.get(path, [])])
            for path, row in built_rows(warehouse, name, month_end).items()
        }
        assert built == expected[end], end
        verdicts |= {judged.verdict for judged in built.values()}
    assert verdicts == {"yes", "no", "unknown"}


def built_degrees(
    warehouse: duckdb.DuckDBPyConnection, repository: str, month_end: dt.date
) -> dict[str, list[float]]:
    """Degrees of authorship of each source file, ascending."""
    rows = warehouse.execute(
        """
        select
            live_files.path,
            list(authorships.degree_of_authorship order by authorships.degree_of_authorship)
        from intermediate.int_live_source_files as live_files
        inner join intermediate.int_file_authorships as authorships
            on live_files.file_id = authorships.file_id and live_files.month_end_on = authorships.month_end_on
        where live_files.repository = ? and live_files.month_end_on = ?
        group by live_files.path
        """,
        [repository, month_end],
    ).fetchall()
    return dict(rows)


def judge_by_hand(
    count: HandCount, activity: dict[str, list[dt.datetime]], paths: list[str], end: dt.date
) -> dict[str, Judged]:
    """What is to be said of each source file of a tree."""
    since = instant(end) - dt.timedelta(days=90)
    current = {
        person for person, moments in activity.items() if any(since <= at < instant(end) for at in moments)
    }
    found = {}
    for path in paths:
        if not path.endswith(".py") or path.startswith("vendor/"):
            continue
        degrees = count.degrees(count.holds[path])
        authors = {person for person, degree in degrees.items() if degree / max(degrees.values()) > 0.75}
        here = len(authors & current)
        verdict = "unknown" if not authors else "yes" if here <= 1 else "no"
        found[path] = Judged(
            verdict=verdict,
            author_count=len(authors) or None,
            current_author_count=here if authors else None,
            degrees=sorted(degrees.values()),
        )
    return found


def test_vendored_files_are_rows_that_do_not_count(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        """
        select path, is_counted, excluded_because from marts.kpi_key_person_concentration
        where repository = 'random/history1' and month_end_on = '2026-06-30'
        """
    ).fetchall()
    vendored = [row for row in rows if row[0].startswith("vendor/")]
    assert vendored
    assert {row[1:] for row in vendored} == {(False, "vendored")}
    assert {row[1:] for row in rows if not row[0].startswith("vendor/")} == {(True, None)}


def test_a_file_whose_creator_lies_behind_the_cut_stays_unknown(
    repositories: dict[str, Repository], warehouse: duckdb.DuckDBPyConnection
) -> None:
    repository = repositories["random/shallow"]
    cut = (repository.path / ".git" / "shallow").read_text(encoding="utf-8").split()
    behind = {
        path for sha in cut for path in repository.git("ls-tree", "-r", "--name-only", sha).splitlines()
    }
    rows = built_rows(warehouse, "random/shallow", dt.date(2026, 6, 30))
    kept = {path: row for path, row in rows.items() if path in behind}
    assert kept
    assert {row[0] for row in kept.values()} == {"unknown"}
    assert rows["after_the_cut.py"] == ("yes", 1, 1)
