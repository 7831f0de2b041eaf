"""KPI 4, key-person concentration: live source files with at most one current author.

Authorship after Avelino et al. (arXiv 1604.06766): the degree of authorship of a person in a file is
``3.293 + 1.098 FA + 0.164 DL - 0.321 ln(1 + AC)``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log

from ..exports import FileChange, GitCommit, GitHistory
from ..periods import Period, complete_months
from ..row import Row
from ..world import World

KPI = "key_person_concentration"
AUTHOR_SHARE = 0.75
LARGE_COMMIT_FILES = 200
MONTHS_SHOWN = 12


@dataclass
class Touch:
    """One commit's change of one file, by the people who wrote the commit."""

    at: datetime
    people: frozenset[str]
    is_creation: bool


@dataclass
class LiveFile:
    """One source file that exists at a month's end, with the changes that tell its authors."""

    repository: str
    path: str
    service_id: str | None
    touches: list[Touch] = field(default_factory=list)
    excluded_because: str | None = None
    began_at: datetime | None = None
    """When the first of its changes came to the default branch's line."""
    origin: str | None = None
    """The first of its changes, commit and path: the same in all months, under whatever name."""

    def authors(self) -> set[str]:
        """Return the people whose authorship exceeds three quarters of the file's highest."""
        degrees = degrees_of_authorship(self.touches)
        highest = max(degrees.values(), default=0.0)
        return {person for person, degree in degrees.items() if degree / highest > AUTHOR_SHARE}


def degrees_of_authorship(touches: Sequence[Touch]) -> dict[str, float]:
    """Return each person's degree of authorship in a file, from the touches that count."""
    people = {person for touch in touches for person in touch.people}
    later = [touch for touch in touches if not touch.is_creation]
    degrees = {}
    for person in people:
        first = any(touch.is_creation and person in touch.people for touch in touches)
        delivered = sum(1 for touch in later if person in touch.people)
        accepted = len(later) - delivered
        degrees[person] = 3.293 + 1.098 * first + 0.164 * delivered - 0.321 * log(1 + accepted)
    return degrees


def rows(world: World) -> list[Row]:
    """Return a row per file and month end, for the months that the scorecard shows."""
    return [row for month in complete_months(world, MONTHS_SHOWN) for row in month_rows(world, month)]


def month_rows(world: World, month: Period) -> list[Row]:
    """Return a row for every file that exists at the end of one month."""
    current = current_people(world, month.end)
    return [_row(world, file, month, current) for file in live_files(world, month.end)]


def _row(world: World, file: LiveFile, month: Period, current: set[str]) -> Row:
    authors = file.authors()
    row = Row(
        KPI,
        f"{file.repository}:{file.path}@{month.label}",
        started_at=file.began_at,
        occurred_at=month.end - timedelta(microseconds=1),
        excluded_because=file.excluded_because,
        service_id=file.service_id,
        team_id=world.team_of_service(file.service_id),
        details={
            "month": month.label,
            "path": file.path,
            "repository": file.repository,
            "authors": sorted(authors),
            "current_authors": sorted(authors & current),
            "contributors": sorted({person for touch in file.touches for person in touch.people}),
            "origin": file.origin,
        },
    )
    if row.excluded_because is None:
        row.verdict = "unknown" if not authors else ("yes" if len(authors & current) <= 1 else "no")
    return row


# ---------------------------------------------------------------------------------------------
# files and who wrote them


def live_files(world: World, until: datetime) -> list[LiveFile]:
    """Return every file that exists on the default branches just before an instant."""
    return world.once(f"files before {until}", lambda: _live_files(world, until))


def _live_files(world: World, until: datetime) -> list[LiveFile]:
    found = []
    for repository, history in sorted(world.company.histories.items()):
        head = head_before(history, until)
        if head is None:
            continue
        for path, told in file_touches(world, history, head).items():
            if not world.dictionaries.is_source(path):
                continue
            reason = world.dictionaries.file_exclusion(path)
            service_id = world.service_of_path(repository, path)
            origin = f"{repository} {told.origin}"
            found.append(LiveFile(repository, path, service_id, told.touches, reason, told.began_at, origin))
    return found


def head_before(history: GitHistory, until: datetime) -> str | None:
    """Return the last commit of the default branch's line that was committed before an instant."""
    before = [sha for sha in history.line if history.commits[sha].committed_at < until]
    return before[-1] if before else None


class Paths:
    """Which file each path is: a number that stays with the file through renames and deletions."""

    def __init__(self) -> None:
        self.live: dict[str, int] = {}
        self.deleted: dict[str, int] = {}
        self.renamed: dict[str, int] = {}
        self._first_paths: list[str] = []
        self._last_paths: list[str] = []

    def known(self, path: str) -> int | None:
        """Return the file of a path that a commit changes, deletes or renames.

        A branch may change a path that another branch has renamed: the change goes to the renamed file.
        """
        for held in (self.live, self.renamed, self.deleted):
            if path in held:
                return held[path]
        return None

    def added(self, path: str) -> int | None:
        """Return the file that an added path goes on with: a deleted one, not one that was renamed away."""
        return self.live.get(path, self.deleted.get(path))

    def new(self, path: str) -> int:
        """Return a number that no file has, for one that begins at a path."""
        self._first_paths.append(path)
        self._last_paths.append(path)
        return len(self._first_paths)

    def first_path(self, file_id: int) -> str:
        """Return the path at which a file began."""
        return self._first_paths[file_id - 1]

    def last_path(self, file_id: int) -> str:
        """Return the path at which a file is, or was when it was deleted."""
        return self._last_paths[file_id - 1]

    def at(self, path: str) -> int | None:
        """Return the file of a path that exists in a tree."""
        return self.live.get(path, self.deleted.get(path, self.renamed.get(path)))

    def apply(self, changes: Sequence[FileChange]) -> dict[int, bool]:
        """Apply one commit's changes at once; return the files touched, and whether each was created."""
        found = []
        for change in changes:
            old = change.previous_path or change.path
            file_id = self.added(old) if change.change_type == "A" else self.known(old)
            is_new = file_id is None
            found.append((change, old, self.new(change.path) if file_id is None else file_id, is_new))
        for change, old, file_id, _ in found:
            if change.change_type in ("D", "R") and self.live.get(old) == file_id:
                del self.live[old]
                (self.deleted if change.change_type == "D" else self.renamed)[old] = file_id
        for change, _, file_id, is_created in found:
            if change.change_type in ("A", "R") or (is_created and change.change_type != "D"):
                self.live[change.path] = file_id
                self._last_paths[file_id - 1] = change.path
                self.deleted.pop(change.path, None)
                self.renamed.pop(change.path, None)
        touched: dict[int, bool] = {}
        for change, _, file_id, is_new in found:
            touched[file_id] = touched.get(file_id, False) or (is_new and change.change_type == "A")
        return touched


@dataclass
class FileHistory:
    """What the commits tell of one file: its touches, when it came to the line, and its first change."""

    began_at: datetime | None = None
    origin: str | None = None
    touches: list[Touch] = field(default_factory=list)
    last_path: str = ""


def file_touches(world: World, history: GitHistory, head: str) -> dict[str, FileHistory]:
    """Return what led to each path that exists at ``head``."""
    paths, found = file_histories(world, history, head)
    return {path: found.get(paths.at(path) or 0, FileHistory()) for path in history.tree_at(head)}


def file_histories(world: World, history: GitHistory, head: str) -> tuple[Paths, dict[int, FileHistory]]:
    """Follow every file, deleted ones too, through the commits that lead to ``head``.

    Merge commits are no changes; the commits that they merge are.
    """
    name = f"files of {history.repository} at {head}"
    return world.once(name, lambda: _file_histories(world, history, head))


def _file_histories(world: World, history: GitHistory, head: str) -> tuple[Paths, dict[int, FileHistory]]:
    reachable = history.ancestors(head)
    integrating = world.once(f"integration {history.repository}", lambda: integrating_commits(history))
    paths = Paths()
    found: dict[int, FileHistory] = {}
    for sha, commit in history.commits.items():
        if sha not in reachable:
            continue
        changes = own_work_of_merge(history, integrating, sha) if commit.is_merge else commit.changes
        people = frozenset() if commit.is_merge else frozenset(people_who_count(world, commit))
        for file_id, is_creation in paths.apply(changes).items():
            if file_id not in found:
                reached_at = history.commits[integrating[sha]].committed_at
                found[file_id] = FileHistory(reached_at, f"{sha} {paths.first_path(file_id)}")
            if people:
                found[file_id].touches.append(Touch(commit.authored_at, people, is_creation))
    for file_id, told in found.items():
        told.last_path = paths.last_path(file_id)
    return paths, found


def integrating_commits(history: GitHistory) -> dict[str, str]:
    """Return, for each commit of the default branch, the commit of its line that brought it there."""
    found: dict[str, str] = {}
    for sha in history.line:
        for ancestor in history.ancestors(sha):
            found.setdefault(ancestor, sha)
    return found


def own_work_of_merge(history: GitHistory, integrating: dict[str, str], sha: str) -> list[FileChange]:
    """Return the paths that a merge into the line brought though no commit of its branch touched them.

    Such a path begins, or goes on, with the merge, which credits nobody.
    """
    if integrating.get(sha) != sha:
        return []
    brought = [change for change in history.commits[sha].changes if change.change_type in ("A", "R")]
    branch = [history.commits[own] for own in history.ancestors(sha) if integrating[own] == sha]
    told = {change.path for commit in branch if not commit.is_merge for change in commit.changes}
    return [change for change in brought if change.path not in told]


def people_who_count(world: World, commit: GitCommit) -> set[str]:
    """Return the people whom a commit credits: none for a bot's commit or one of more than 200 files."""
    if len(commit.changes) > LARGE_COMMIT_FILES:
        return set()
    return world.persons_of_commit((commit.author_name, commit.author_email), commit.co_authors)


# ---------------------------------------------------------------------------------------------
# current people


def activity(world: World) -> list[tuple[datetime, str]]:
    """Return (instant, person) of every commit, co-authored ones too, and every review."""

    def gather() -> list[tuple[datetime, str]]:
        found: list[tuple[datetime, str]] = []
        for history in world.company.histories.values():
            for commit in history.commits.values():
                author = (commit.author_name, commit.author_email)
                for person in world.persons_of_commit(author, commit.co_authors):
                    found.append((commit.committed_at, person))
        for review in world.company.reviews:
            reviewer = world.person_of(review.reviewer)
            if reviewer is not None and not world.is_bot(review.reviewer):
                found.append((review.submitted_at, reviewer))
        return found

    return world.once("activity", gather)


def current_people(world: World, until: datetime) -> set[str]:
    """Return who committed or reviewed anything within the active days before an instant."""
    since = until - timedelta(days=world.settings.active_days)
    return {person for at, person in activity(world) if since <= at < until}


# ---------------------------------------------------------------------------------------------
# beside the number


def truck_factor(authors_of: Sequence[set[str]], changes_of: Mapping[str, int]) -> int:
    """Return how many people must leave until under half of the files keep an author.

    Those with most files leave first, then those with most changes, then by ``person_id``.
    """
    files_of = Counter(person for authors in authors_of for person in authors)
    leaving = sorted(files_of, key=lambda person: (-files_of[person], -changes_of.get(person, 0), person))
    gone: set[str] = set()
    for person in leaving:
        if 2 * sum(1 for authors in authors_of if authors - gone) < len(authors_of):
            break
        gone.add(person)
    return len(gone)


def absence_factor(changes_of: Sequence[int]) -> int | None:
    """Return the fewest people who make at least half of the changes (CHAOSS); ``None`` for none."""
    total = sum(changes_of)
    if total == 0:
        return None
    made = 0
    for count, changes in enumerate(sorted(changes_of, reverse=True), start=1):
        made += changes
        if 2 * made >= total:
            return count
    return None


@dataclass(frozen=True)
class Concentration:
    """What stands beside the share: for the files of one service (or of all) at one month's end."""

    truck_factor: int | None
    """``None`` where nobody's authorship of any file is known: nothing is not zero."""
    files_without_current_author: int
    absence_factor: int | None


def concentration(world: World, month: Period, service_id: str | None = None) -> Concentration:
    """Return truck factor, files without a current author and absence factor, reckoned once in a world."""
    name = f"concentration of {service_id} at {month.end}"
    return world.once(name, lambda: _concentration(world, month, service_id))


def _concentration(world: World, month: Period, service_id: str | None) -> Concentration:
    current = current_people(world, month.end)
    files = [
        file
        for file in live_files(world, month.end)
        if file.excluded_because is None and (service_id is None or file.service_id == service_id)
    ]
    known = [file for file in files if file.authors()]
    authors_of = [file.authors() & current for file in known]
    all_changes: Counter[str] = Counter()
    for file in files:
        for touch in file.touches:
            all_changes.update(touch.people)
    return Concentration(
        truck_factor(authors_of, all_changes) if known else None,
        sum(1 for authors in authors_of if not authors),
        absence_factor(list(recent_changes(world, month, service_id, current).values())),
    )


def recent_changes(world: World, month: Period, service_id: str | None, current: set[str]) -> Counter[str]:
    """Return how many file changes each current person made in the 365 days before a month's end.

    A file that was deleted since was changed all the same.
    """
    since = month.end - timedelta(days=365)
    changes: Counter[str] = Counter()
    for repository, history in world.company.histories.items():
        head = head_before(history, month.end)
        for file in file_histories(world, history, head)[1].values() if head else ():
            path = file.last_path
            is_of_kpi = world.dictionaries.is_source(path) and not world.dictionaries.file_exclusion(path)
            if is_of_kpi and service_id in (None, world.service_of_path(repository, path)):
                for touch in file.touches:
                    if touch.at >= since:
                        changes.update(touch.people & current)
    return changes
