"""Changes: merged pull requests with who, where, which issues, and whether they revert something."""

import re
from dataclasses import dataclass, field
from datetime import datetime

from .exports import GitCommit, GitHistory, Issue, PullRequest, PullRequestCommit
from .world import World

LINK_METHODS = ("key_in_branch", "key_in_title", "key_in_body", "key_in_commit")


@dataclass
class Change:
    """A pull request as it is known at ``as_of``."""

    pull: PullRequest
    commits: list[PullRequestCommit]
    merged_at: datetime | None
    person_id: str | None
    is_bot: bool
    team_id: str | None
    service_id: str | None
    paths: list[str] | None
    is_between_long_lived: bool
    is_hotfix: bool
    is_revert: bool
    is_pure_revert: bool
    is_reland: bool
    reverted_numbers: set[int] = field(default_factory=set)
    reverted_shas: set[str] = field(default_factory=set)
    mentioned_numbers: set[int] = field(default_factory=set)
    mentioned_shas: set[str] = field(default_factory=set)
    mentioned_ids: set[str] = field(default_factory=set)
    issues: list[Issue] = field(default_factory=list)
    link_method: str | None = None

    @property
    def change_id(self) -> str:
        """Return the key of the change."""
        return self.pull.pull_request_id

    @property
    def first_work_at(self) -> datetime:
        """Return the earlier of the first authored commit and the opening; a merge brings others' work."""
        return min([self.pull.created_at, *(commit.authored_at for commit in self.own_work)])

    @property
    def own_work(self) -> list[PullRequestCommit]:
        """Return the commits that are no merges."""
        return without_merges(self.commits)

    def why_not_a_change(self) -> str | None:
        """Return why this is no change of a person at all; pure reverts are not judged here."""
        if self.is_bot:
            return "bot"
        if self.merged_at is None:
            return "not_merged"
        if self.pull.base_ref != self.pull.default_branch:
            return "not_default_branch"
        if self.is_between_long_lived:
            return "long_lived_branches"
        return None


def changes(world: World) -> list[Change]:
    """Return every pull request that had been opened by ``as_of``, by repository and number."""
    return world.once("changes", lambda: _all_changes(world))


def _all_changes(world: World) -> list[Change]:
    own: dict[tuple[str, int], list[PullRequestCommit]] = {}
    for commit in world.company.pull_request_commits:
        own.setdefault((commit.repository, commit.pull_number), []).append(commit)
    keys = issue_keys(world)
    found = []
    for pull in sorted(world.company.pull_requests, key=lambda pull: (pull.repository, pull.number)):
        if pull.created_at <= world.as_of:
            commits = sorted(
                own.get((pull.repository, pull.number), []), key=lambda commit: commit.authored_at
            )
            found.append(_change(world, pull, commits, keys))
    return found


def _change(
    world: World, pull: PullRequest, commits: list[PullRequestCommit], keys: dict[str, Issue]
) -> Change:
    merged_at = pull.merged_at if pull.merged_at is not None and pull.merged_at <= world.as_of else None
    person = world.person_of(pull.author)
    paths = changed_paths(world.company.histories.get(pull.repository), pull, commits)
    is_bot = world.is_bot(pull.author)
    change = Change(
        pull=pull,
        commits=commits,
        merged_at=merged_at,
        person_id=person,
        is_bot=is_bot,
        team_id=world.team_of_person(person, world.local_day(merged_at)) if merged_at else None,
        service_id=world.service_of_paths(pull.repository, paths),
        paths=paths,
        is_between_long_lived=_is_between_long_lived(world, pull),
        is_hotfix=world.dictionaries.is_hotfix(pull.head_ref, pull.labels),
        is_revert=False,
        is_pure_revert=False,
        is_reland=False,
    )
    _judge_revert(world, change)
    text = f"{pull.title}\n{pull.body}"
    change.mentioned_numbers = {
        int(number)
        for repository, number in re.findall(r"([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?#(\d+)", text)
        if repository.lower() in ("", pull.repository.lower())
    }
    change.mentioned_ids = set(re.findall(r"deployment #?(\d+)", text.lower()))
    change.mentioned_shas = set(re.findall(r"\b[0-9a-f]{40}\b", text))
    change.link_method, change.issues = linked_issues(pull, commits, keys)
    return change


def _is_between_long_lived(world: World, pull: PullRequest) -> bool:
    if pull.head_repository is not None and pull.head_repository != pull.repository:
        return False
    both = (pull.head_ref, pull.base_ref)
    return all(ref == pull.default_branch or world.dictionaries.is_long_lived(ref) for ref in both)


# ---------------------------------------------------------------------------------------------
# files


def without_merges(commits: list[PullRequestCommit]) -> list[PullRequestCommit]:
    """Return the commits that are no merges, which bring the work of others."""
    return [commit for commit in commits if len(commit.parents) <= 1]


def changed_paths(
    history: GitHistory | None, pull: PullRequest, commits: list[PullRequestCommit]
) -> list[str] | None:
    """Return the paths that a merge brought to the line; ``None`` where the history does not say.

    A merge commit and a squash hold them all against their first parent; after a rebase the merge commit
    is only the last of the pull request's commits, so the others before it are read as well. Where the
    merge commit is not known, the pull request's own commits say it.
    """
    if history is None:
        return None
    merge = history.commits.get(pull.merge_commit_sha or "")
    if merge is None:
        own = without_merges(commits)
        landed = [history.commits[commit.sha] for commit in own if commit.sha in history.commits]
    else:
        landed = rebased_commits(history, merge, commits) or [merge]
    return sorted({change.path for commit in landed for change in commit.changes}) or None


def rebased_commits(
    history: GitHistory, merge: GitCommit, commits: list[PullRequestCommit]
) -> list[GitCommit] | None:
    """Return the commits that a rebase landed, where the line ends in copies of the pull request's own."""
    own = without_merges(commits)
    if merge.is_merge or len(own) < 2:
        return None
    landed: list[GitCommit] = []
    current: GitCommit | None = merge
    while current is not None and len(landed) < len(own):
        landed.append(current)
        current = history.commits.get(current.parents[0]) if current.parents else None
    if len(landed) < len(own):
        return None
    copies = sorted((commit.authored_at, commit.message.strip()) for commit in landed)
    originals = sorted((commit.authored_at, commit.message.strip()) for commit in own)
    return landed if copies == originals else None


# ---------------------------------------------------------------------------------------------
# reverts


def says_reland(title: str) -> bool:
    """Whether a title re-lands a reverted change: ``Reapply``, or an even number of ``Revert``."""
    reverts = len(re.findall(r"\bRevert\b", title))
    return re.search(r"\bReapply\b", title) is not None or (reverts > 0 and reverts % 2 == 0)


def _subject(message: str) -> str:
    return message.split("\n", 1)[0]


def _is_revert_commit(message: str) -> bool:
    return "This reverts commit" in message


def _is_reland_commit(message: str) -> bool:
    """Whether git titled a commit as the revert of a revert, as today (``Reapply``) or as before."""
    reverted = re.match(r'(?:Revert ")+', message)
    return message.startswith('Reapply "') or (reverted is not None and reverted.group().count("R") == 2)


def _is_by_bot(world: World, commit: PullRequestCommit) -> bool:
    if commit.author is not None and world.is_bot(commit.author):
        return True
    return world.is_bot_email(commit.author_name or "", commit.author_email or "")


def _judge_revert(world: World, change: Change) -> None:
    pull = change.pull
    by_body = re.findall(r"\bReverts\s+([\w.-]+/[\w.-]+)?#(\d+)", pull.body)
    numbers = {
        int(number) for repository, number in by_body if repository.lower() in ("", pull.repository.lower())
    }
    # A merge commit brings the work of others, whatever it says.
    reverting = [commit for commit in change.own_work if _is_revert_commit(commit.message)]
    relanding = [commit for commit in reverting if _is_reland_commit(commit.message)]
    if not by_body and not reverting:
        change.is_reland = says_reland(pull.title)
        return
    if says_reland(pull.title) or (reverting and len(relanding) == len(reverting)):
        change.is_reland = True
        return
    change.is_revert = True
    change.reverted_numbers = numbers
    change.reverted_shas = {
        sha
        for commit in reverting
        for sha in re.findall(r"This reverts commit\s+([0-9a-f]{7,40})", commit.message)
    }
    change.is_pure_revert = all(
        _is_revert_commit(commit.message) or _subject(commit.message).startswith('Revert "')
        for commit in change.own_work
        if not _is_by_bot(world, commit)
    )


# ---------------------------------------------------------------------------------------------
# issues


def issue_keys(world: World) -> dict[str, Issue]:
    """Return every key, today's and those before a move between projects, with its issue."""
    return world.once("issue_keys", lambda: _issue_keys(world))


def _issue_keys(world: World) -> dict[str, Issue]:
    there = [issue for issue in world.company.issues if issue.created_at <= world.as_of]
    moves = [
        (change.at, change.from_text.upper(), issue)
        for issue in there
        for change in issue.changes
        if change.field.lower() == "key" and change.from_text and change.at <= world.as_of
    ]
    # A key leads to the issue that bears it, else to the last that bore it.
    keys = {key: issue for _, key, issue in sorted(moves, key=lambda move: move[0])}
    return keys | {issue.key.upper(): issue for issue in there}


def keys_in(text: str, keys: dict[str, Issue]) -> list[Issue]:
    """Return the issues that a text names, each once.

    A key is bounded by anything but a letter or a digit. As a project's key may hold underscores, what stands
    between other bounds is looked up too, and both may be meant.
    """
    found: dict[str, Issue] = {}
    for match in re.finditer(r"(?<![A-Za-z0-9])([A-Za-z0-9][A-Za-z0-9_]*)-(\d+)(?![A-Za-z0-9])", text):
        is_whole = match.start() == 0 or text[match.start() - 1] != "_"
        last = match.group(1).rsplit("_", 1)[-1]
        for project in (match.group(1), last) if is_whole else (last,):
            issue = keys.get(f"{project}-{match.group(2)}".upper())
            if issue is not None:
                found.setdefault(issue.issue_id, issue)
    return list(found.values())


def linked_issues(
    pull: PullRequest, commits: list[PullRequestCommit], keys: dict[str, Issue]
) -> tuple[str | None, list[Issue]]:
    """Return the best method by which a pull request names issues, and the issues named by it."""
    texts = (pull.head_ref, pull.title, pull.body, "\n".join(commit.message for commit in commits))
    for method, text in zip(LINK_METHODS, texts, strict=True):
        issues = keys_in(text, keys)
        if issues:
            return method, issues
    return None, []
