"""KPI 5, change-failure rate: the share of successful production deployments that failed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from ..changes import Change, changes
from ..deployments import (
    Deployment,
    DeploymentLog,
    RejectedJob,
    deployment_log,
    first_deployment,
    started_at,
)
from ..episodes import Episode, episodes
from ..row import Row
from ..world import World

KPI = "change_failure_rate"


FailureMethod = Literal["incident", "revert", "hotfix", "rollback", "incident_in_window"]
LETTERS: dict[FailureMethod, str] = {
    "incident": "a",
    "revert": "b",
    "hotfix": "b",
    "rollback": "c",
    "incident_in_window": "d",
}
"""The letters under which the definition lists what makes a deployment fail; the last two are inferred."""


@dataclass(frozen=True)
class Evidence:
    """One thing that says that a deployment failed: an episode, a change or a redeployment."""

    method: FailureMethod
    evidence_id: str
    at: datetime

    def __str__(self) -> str:
        return f"{self.method} {self.evidence_id}"


@dataclass
class Blame:
    """Why a deployment failed: all that says so, explicitly or by inference."""

    evidence: list[Evidence] = field(default_factory=list)

    @property
    def explicit(self) -> list[str]:
        """Return what says it outright."""
        return [str(item) for item in self.evidence if LETTERS[item.method] in "ab"]

    @property
    def inferred(self) -> list[str]:
        """Return what lets one infer it."""
        return [str(item) for item in self.evidence if LETTERS[item.method] in "cd"]

    def best(self) -> list[Evidence]:
        """Return the evidence of the first letter of the definition that holds."""
        first = min((LETTERS[item.method] for item in self.evidence), default=None)
        return [item for item in self.evidence if LETTERS[item.method] == first]


def rows(world: World) -> list[Row]:
    """Return a row per successful production deployment and per job that is none."""
    log = deployment_log(world)
    blames = blamed(world, log)
    counted = [
        _row(world, deployment, blames.get(deployment.deployment_id, Blame()))
        for deployments in log.by_service.values()
        for deployment in deployments
    ]
    return counted + [_rejected(world, rejected) for rejected in log.rejected]


def _row(world: World, deployment: Deployment, blame: Blame) -> Row:
    window_end = deployment.started_at + timedelta(hours=world.settings.change_failure_window_hours)
    service = world.service(deployment.service_id)
    row = Row(
        KPI,
        deployment.deployment_id,
        started_at=deployment.started_at,
        ended_at=deployment.finished_at,
        occurred_at=deployment.finished_at,
        is_immature=world.is_immature(window_end, "pagerduty"),
        team_id=world.team_of_service(deployment.service_id),
        service_id=deployment.service_id,
        details={
            "explicit": blame.explicit,
            "inferred": blame.inferred,
            "best_evidence": blame.best(),
            "sha": deployment.sha,
            "is_rollback": deployment.is_rollback,
        },
    )
    if deployment.is_redeployment:
        row.excluded_because = "redeployment"
    is_mapped = world.has_incident_source(service)
    if blame.explicit:
        row.verdict = "yes"
    elif not is_mapped:
        row.verdict = "unknown"
    else:
        row.verdict = "yes" if blame.inferred else "no"
        row.is_inferred = bool(blame.inferred)
    return row


def _rejected(world: World, rejected: RejectedJob) -> Row:
    job = rejected.job
    return Row(
        KPI,
        f"{job.deployment_id}:{rejected.service_id or ''}",
        started_at=started_at(world, job),
        occurred_at=started_at(world, job),
        excluded_because=rejected.excluded_because,
        team_id=world.team_of_service(rejected.service_id),
        service_id=rejected.service_id,
    )


# ---------------------------------------------------------------------------------------------
# blame


def blamed(world: World, log: DeploymentLog) -> dict[str, Blame]:
    """Return what blames each deployment, by its id."""
    blames: dict[str, Blame] = {}
    for episode in episodes(world)[0]:
        deployment, is_explicit = deployment_blamed_for(world, log, episode)
        if deployment is not None:
            blame = blames.setdefault(deployment.deployment_id, Blame())
            method: FailureMethod = "incident" if is_explicit else "incident_in_window"
            blame.evidence.append(Evidence(method, episode.episode_id, episode.started_at))
    for deployment, change, method in fixed_deployments(world, log):
        assert change.merged_at is not None
        found = Evidence(method, change.change_id, change.merged_at)
        blames.setdefault(deployment.deployment_id, Blame()).evidence.append(found)
    for deployments in log.by_service.values():
        for deployment in deployments:
            if deployment.replaces is not None:
                blame = blames.setdefault(deployment.replaces.deployment_id, Blame())
                found = Evidence("rollback", deployment.deployment_id, deployment.finished_at)
                blame.evidence.append(found)
    return blames


def deployment_blamed_for(
    world: World, log: DeploymentLog, episode: Episode
) -> tuple[Deployment | None, bool]:
    """Return the one deployment that an episode blames, and whether an incident names it.

    One that is named may be of no service: it fails nobody's rate, and nothing else is suspected.
    """
    if episode.is_transient:
        return None, False
    named = [
        deployment
        for deployments in [*log.by_service.values(), log.without_service]
        for deployment in deployments
        if set(deployment.job_ids) & set(episode.named_deployments)
    ]
    if named:
        of_service = [item for item in named if item.service_id == episode.service_id]
        return min(of_service or named, key=lambda item: (item.finished_at, item.deployment_id)), True
    before = [item for item in log.of(episode.service_id) if item.started_at <= episode.started_at]
    latest = max(before, key=lambda item: (item.started_at, item.finished_at), default=None)
    if latest is None or latest.is_rollback:
        return None, False
    window = timedelta(hours=world.settings.change_failure_window_hours)
    is_within = episode.started_at - latest.started_at <= window
    return (latest, False) if is_within else (None, False)


def fixed_deployments(world: World, log: DeploymentLog) -> list[tuple[Deployment, Change, FailureMethod]]:
    """Return the deployments that a later revert or hotfix names, with that change and how it names them."""
    everything = [change for change in changes(world) if change.merged_at is not None]
    found: list[tuple[Deployment, Change, FailureMethod]] = []
    for fix in everything:
        if not fix.is_revert and not fix.is_hotfix:
            continue
        reverted = _shipping(world, log, fix, everything, fix.reverted_numbers, fix.reverted_shas)
        reverted |= _named_by_id(log, fix)
        mentioned: dict[str, Deployment] = {}
        if fix.is_hotfix:
            mentioned = _shipping(world, log, fix, everything, fix.mentioned_numbers, fix.mentioned_shas)
        for deployment_id, deployment in (mentioned | reverted).items():
            if _is_later(world, log, fix, deployment):
                # What is both a revert and a hotfix reverts no more than it says.
                is_reverted = fix.is_revert and deployment_id in reverted
                found.append((deployment, fix, "revert" if is_reverted else "hotfix"))
    return found


def _shipping(
    world: World,
    log: DeploymentLog,
    fix: Change,
    everything: list[Change],
    numbers: set[int],
    shas: set[str],
) -> dict[str, Deployment]:
    """Return the deployments, by id, that first shipped a change which a fix names by number or commit."""
    found: dict[str, Deployment] = {}
    for change in everything:
        if change is fix or change.pull.repository != fix.pull.repository:
            continue
        known = {change.pull.merge_commit_sha or "", *(commit.sha for commit in change.commits)}
        if change.pull.number in numbers or any(_names(sha, known) for sha in shas):
            deployment = shipped_by(world, log, change)
            if deployment is not None:
                found[deployment.deployment_id] = deployment
    return found


def _named_by_id(log: DeploymentLog, fix: Change) -> dict[str, Deployment]:
    """Return the deployments, by id, that a fix names themselves."""
    return {
        deployment.deployment_id: deployment
        for deployments in log.by_service.values()
        for deployment in deployments
        if deployment.repository == fix.pull.repository and set(deployment.job_ids) & fix.mentioned_ids
    }


def _names(sha: str, known: set[str]) -> bool:
    return any(full.startswith(sha) for full in known if full)


def shipped_by(world: World, log: DeploymentLog, change: Change) -> Deployment | None:
    """Return the deployment of a change's own service that first shipped it; unknown gives ``None``."""
    deployments = log.of(change.service_id)
    if not deployments or change.merged_at is None:
        return None
    first = deployments[0]
    if change.merged_at < first.finished_at and change.pull.merge_commit_sha != first.sha:
        return None
    history = world.company.histories.get(change.pull.repository)
    return first_deployment(history, deployments, change.pull.merge_commit_sha, change.merged_at).deployment


def _is_later(world: World, log: DeploymentLog, fix: Change, deployment: Deployment) -> bool:
    """Whether a fix came after a deployment.

    A revert counts when it first shipped in a later deployment and merged within 30 days; a hotfix when it
    merged after the deployment.
    """
    assert fix.merged_at is not None
    if fix.is_hotfix and fix.merged_at > deployment.finished_at:
        return True
    history = world.company.histories.get(fix.pull.repository)
    shipped = first_deployment(
        history, log.of(deployment.service_id), fix.pull.merge_commit_sha, fix.merged_at
    ).deployment
    if not fix.is_revert or shipped is None or shipped.finished_at <= deployment.finished_at:
        return False
    return fix.merged_at - deployment.finished_at <= timedelta(days=world.settings.revert_window_days)
