"""KPI 1, lead time: a merged change from its first work to its first production deployment."""

from datetime import datetime

from ..changes import Change, changes, rebased_commits
from ..deployments import Deployment, DeploymentLog, deployment_log, first_deployment
from ..row import Row, seconds_between
from ..world import World

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
        is_inferred=world.settings.lead_time_start == "first_commit" and not change.commits,
        method=world.settings.lead_time_start,
        details={"are_commits_loaded": bool(change.commits), "merged_at": change.merged_at},
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
    history = world.company.histories.get(change.pull.repository)
    found = first_deployment(history, deployments, change.pull.merge_commit_sha, merged_at)
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
    row.details["deployment_id"] = found.deployment.deployment_id
    if row.duration_seconds < 0:
        row.excluded_because = "negative_duration"
        row.opens_at = None
        return
    row.details["stages"] = stages(world, change, row.started_at, end)


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
    ready = pull.ready_for_review_at or pull.created_at
    reviewed = first_review(world, change, ready, merged) or merged
    marks = [start]
    for mark in (ready, reviewed, merged):
        marks.append(max(marks[-1], min(mark, end)))
    marks.append(end)
    return {
        stage: seconds_between(before, after)
        for stage, before, after in zip(STAGES, marks, marks[1:], strict=False)
    }


def first_review(world: World, change: Change, ready: datetime, merged: datetime) -> datetime | None:
    """Return the first review by another person between ready for review and the merge."""
    times = [
        review.submitted_at
        for review in world.reviews_of.get((change.pull.repository, change.pull.number), [])
        if ready <= review.submitted_at <= merged
        and not world.is_bot(review.reviewer)
        and world.person_of(review.reviewer) not in (None, change.person_id)
    ]
    return min(times, default=None)


def changes_without_review(world: World) -> list[tuple[str, str, datetime]]:
    """Return (repository, sha, committed) of commits that people pushed straight to the default branch."""
    from_pulls: dict[str, set[str]] = {}
    for change in changes(world):
        known = from_pulls.setdefault(change.pull.repository, set())
        known.add(change.pull.merge_commit_sha or "")
        known.update(commit.sha for commit in change.commits)
        known.update(_rebased(world, change))
    found = []
    for repository, history in sorted(world.company.histories.items()):
        for sha in history.line:
            commit = history.commits[sha]
            is_by_person = not world.is_bot_email(commit.author_name, commit.author_email)
            if commit.is_merge or sha in from_pulls.get(repository, set()) or not is_by_person:
                continue
            if commit.committed_at <= world.as_of:
                found.append((repository, sha, commit.committed_at))
    return found


def _rebased(world: World, change: Change) -> set[str]:
    history = world.company.histories.get(change.pull.repository)
    merge = history.commits.get(change.pull.merge_commit_sha or "") if history is not None else None
    if history is None or merge is None:
        return set()
    return {commit.sha for commit in rebased_commits(history, merge, change.commits) or []}
