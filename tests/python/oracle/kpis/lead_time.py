"""KPI 1, lead time: a merged change from its first work to its first production deployment."""

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from ..changes import Change, changes
from ..deployments import Deployment, DeploymentLog, FirstDeployment, deployment_log, first_deployment
from ..exports import GitCommit, GitHistory
from ..row import Row, seconds_between
from ..world import World
from .key_person_concentration import integrating_commits

KPI = "lead_time"
STAGES = ("coding", "pickup", "review", "deploy")


def rows(world: World) -> list[Row]:
    """Return a row for every pull request merged by ``as_of``; durations in seconds."""
    log = deployment_log(world)
    return [_row(world, change, log) for change in changes(world) if change.merged_at is not None]


def _row(world: World, change: Change, log: DeploymentLog) -> Row:
    row = Row(
        KPI,
        change.change_id,
        started_at=start_of(world, change),
        occurred_at=change.merged_at,
        team_id=change.team_id,
        service_id=change.service_id,
        is_inferred=world.settings.lead_time_start == "first_commit" and not change.own_work,
        method=world.settings.lead_time_start,
        details={
            "are_commits_loaded": bool(change.own_work),
            "merged_at": change.merged_at,
            "is_hotfix": change.is_hotfix,
        },
    )
    deployments = log.of(change.service_id)
    row.excluded_because = change.why_not_a_change()
    if row.excluded_because is None and change.is_pure_revert:
        row.excluded_because = "pure_revert"
    if row.excluded_because is None and not deployments:
        row.excluded_because = "not_deployable"
    if row.excluded_because is not None or change.merged_at is None:
        return row
    if is_before_first_deployment(change, deployments[0]):
        row.verdict = "unknown"
        row.is_inferred = False
        row.details["unknown_because"] = "before_first_known_deployment"
        # What contains it can be said all the same.
        _tell_deployment(row, _first_deployment(world, change, deployments, change.merged_at))
        return row
    _deployed(world, change, row, deployments, change.merged_at)
    return row


def is_before_first_deployment(change: Change, first: Deployment) -> bool:
    """Whether a change merged before its service's first known deployment, and is not what it deployed."""
    assert change.merged_at is not None
    return change.merged_at < first.finished_at and change.pull.merge_commit_sha != first.sha


def _deployed(
    world: World, change: Change, row: Row, deployments: list[Deployment], merged_at: datetime
) -> None:
    found = _first_deployment(world, change, deployments, merged_at)
    row.is_inferred = row.is_inferred or (found.is_inferred and found.deployment is not None)
    row.opens_at = merged_at
    if found.deployment is None:
        row.is_open = True
        row.occurred_at = None
        return
    assert row.started_at is not None
    end = found.deployment.finished_at
    row.ended_at = row.occurred_at = end
    row.duration_seconds = seconds_between(row.started_at, end)
    _tell_deployment(row, found)
    if row.duration_seconds < 0:
        row.excluded_because = "negative_duration"
        row.opens_at = None
        return
    row.details["stages"] = stages(world, change, row.started_at, end)


def _first_deployment(
    world: World, change: Change, deployments: list[Deployment], merged_at: datetime
) -> FirstDeployment:
    history = world.company.histories.get(change.pull.repository)
    return first_deployment(history, deployments, change.pull.merge_commit_sha, merged_at)


def _tell_deployment(row: Row, found: FirstDeployment) -> None:
    if found.deployment is not None:
        row.details["deployment_id"] = found.deployment.deployment_id
        row.details["link_method"] = "time_window" if found.is_inferred else "ancestry"


def start_of(world: World, change: Change) -> datetime | None:
    """Return where a lead time starts, by the setting ``lead_time_start``."""
    if world.settings.lead_time_start == "pr_merged":
        return change.merged_at
    if world.settings.lead_time_start == "pr_opened":
        return change.pull.created_at
    return change.first_work_at


def stages(world: World, change: Change, start: datetime, end: datetime) -> dict[str, float]:
    """Return the seconds of coding, pickup, review and deploy, clipped so that they sum to the whole."""
    pull = change.pull
    merged = change.merged_at or end
    ready = _known_by(world.as_of, pull.ready_for_review_at) or pull.created_at
    reviewed = first_review(world, change, ready, merged) or merged
    marks = [start]
    for mark in (ready, reviewed, merged):
        marks.append(max(marks[-1], min(mark, end)))
    marks.append(end)
    return {
        stage: seconds_between(before, after)
        for stage, before, after in zip(STAGES, marks, marks[1:], strict=False)
    }


def _known_by(as_of: datetime, instant: datetime | None) -> datetime | None:
    return instant if instant is not None and instant <= as_of else None


def first_review(world: World, change: Change, ready: datetime, merged: datetime) -> datetime | None:
    """Return the first review by another person between ready for review and the merge.

    A deleted account has no name any more; it was not that of an author who still has one.
    """
    times = [
        review.submitted_at
        for review in world.reviews_of.get((change.pull.repository, change.pull.number), [])
        if ready <= review.submitted_at <= merged
        and not world.is_bot(review.reviewer)
        and world.person_of(review.reviewer) != change.person_id
    ]
    return min(times, default=None)


@dataclass(frozen=True)
class PushedCommit:
    """A person's commit that no merged pull request brought to the default branch."""

    repository: str
    sha: str
    reached_at: datetime
    """When it came to the default branch: as clocks differ, the latest date on the line so far."""
    team_id: str | None
    service_id: str | None


def changes_without_review(world: World) -> list[PushedCommit]:
    """Return what people pushed straight to default branches; where no pull request is known, nothing."""
    return world.once("changes without review", lambda: _pushed(world))


def _pushed(world: World) -> list[PushedCommit]:
    by_repository: dict[str, list[Change]] = {}
    for change in changes(world):
        by_repository.setdefault(change.pull.repository, []).append(change)
    found = []
    for repository, known in sorted(by_repository.items()):
        history = world.company.histories.get(repository)
        if history is None:
            continue
        merged = [change for change in known if change.merged_at is not None]
        reached = _reached(history)
        for sha, brought_by in integrating_commits(history).items():
            commit, at = history.commits[sha], reached[brought_by]
            is_by_bot = world.is_bot_email(commit.author_name, commit.author_email)
            if commit.is_merge or is_by_bot or at > world.as_of:
                continue
            if not _came_with(merged, commit, history.commits[brought_by]):
                found.append(_pushed_commit(world, repository, commit, at))
    return found


def _reached(history: GitHistory) -> dict[str, datetime]:
    dates = [history.commits[sha].committed_at for sha in history.line]
    return dict(zip(history.line, accumulate(dates, max), strict=True))


def _came_with(merged: list[Change], commit: GitCommit, brought_by: GitCommit) -> bool:
    """Whether a merged pull request brought a commit: landed, held or copied by it, or by its merge."""
    copy = (commit.authored_at, commit.message.strip())
    for change in merged:
        landed = change.pull.merge_commit_sha
        if landed == commit.sha or (landed == brought_by.sha and brought_by.is_merge):
            return True
        if any(
            commit.sha == own.sha or copy == (own.authored_at, own.message.strip()) for own in change.commits
        ):
            return True
    return False


def _pushed_commit(world: World, repository: str, commit: GitCommit, at: datetime) -> PushedCommit:
    person = world.person_of_email(commit.author_name, commit.author_email)
    paths = sorted({change.path for change in commit.changes})
    return PushedCommit(
        repository,
        commit.sha,
        at,
        world.team_of_person(person, world.local_day(at)),
        world.service_of_paths(repository, paths or None),
    )
