"""Production deployments of services, from deployment jobs, and what they contain."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .exports import DeploymentJob, GitHistory
from .world import Service, World


@dataclass
class Deployment:
    """One successful production deployment of one service (several jobs of one commit may make it)."""

    deployment_id: str
    service_id: str
    repository: str
    sha: str
    started_at: datetime
    finished_at: datetime
    job_ids: list[str] = field(default_factory=list)
    is_redeployment: bool = False
    is_rollback: bool = False
    replaces: "Deployment | None" = None
    """For a rollback: the deployment that brought the commit which it takes away."""

    @property
    def is_left_out(self) -> bool:
        """Whether it brings a commit that had been deployed before."""
        return self.is_redeployment


@dataclass(frozen=True)
class RejectedJob:
    """A deployment job that is no successful production deployment of a service, and why."""

    job: DeploymentJob
    service_id: str | None
    excluded_because: str


@dataclass
class DeploymentLog:
    """All deployments by service, in order of their finish, and the jobs that are none."""

    by_service: dict[str, list[Deployment]]
    without_service: list[Deployment]
    """Successful in production, of repositories of no service; ``rejected`` holds their first jobs."""
    rejected: list[RejectedJob]

    def of(self, service_id: str | None) -> list[Deployment]:
        """Return a service's deployments, first finished first."""
        return self.by_service.get(service_id or "", [])


def deployment_log(world: World) -> DeploymentLog:
    """Build the deployments of every service as they are known at ``as_of``."""
    return world.once("deployment_log", lambda: _all_deployment_log(world))


def _all_deployment_log(world: World) -> DeploymentLog:
    jobs_of: dict[str, list[tuple[datetime, DeploymentJob]]] = {}
    jobs_of_nobody: dict[str, list[tuple[datetime, DeploymentJob]]] = {}
    rejected: list[RejectedJob] = []
    for job in sorted(world.company.deployment_jobs, key=lambda job: (job.created_at, job.deployment_id)):
        if job.created_at > world.as_of:
            continue
        services = services_of_job(world, job)
        reason = _why_not(world, job)
        if reason is not None:
            owners: list[str | None] = [service.service_id for service in services] or [None]
            rejected.extend(RejectedJob(job, owner, reason) for owner in owners)
            continue
        finish = first_success(world, job)
        assert finish is not None
        if not services:
            jobs_of_nobody.setdefault(job.repository, []).append((finish, job))
        for service in services:
            jobs_of.setdefault(service.service_id, []).append((finish, job))
    without_service: list[Deployment] = []
    for jobs in jobs_of_nobody.values():
        # Jobs of one commit are one deployment here too.
        deployments = _deployments(world, "no_service", jobs)
        without_service.extend(deployments)
        first_jobs = {item.job_ids[0] for item in deployments}
        found = [job for _, job in jobs if job.deployment_id in first_jobs]
        rejected.extend(RejectedJob(job, None, "no_service") for job in found)
    by_service = {service_id: _deployments(world, service_id, jobs) for service_id, jobs in jobs_of.items()}
    return DeploymentLog(by_service, without_service, rejected)


def services_of_job(world: World, job: DeploymentJob) -> list[Service]:
    """Return the services whose environment a job names, else those of its repository that name none."""
    of_repository = world.services_of_repository(job.repository)
    named = [
        service
        for service in of_repository
        if (service.deployment_environment or "").lower() == job.environment.lower()
    ]
    return named or [service for service in of_repository if not service.deployment_environment]


def first_success(world: World, job: DeploymentJob) -> datetime | None:
    """Return when a job first reported success, up to ``as_of``."""
    return min((at for at, state in job.reports if state == "success" and at <= world.as_of), default=None)


def started_at(world: World, job: DeploymentJob) -> datetime:
    """Return when a job first reported to be in progress, else when it was asked for."""
    reports = [at for at, state in job.reports if state == "in_progress" and at <= world.as_of]
    return min(reports, default=job.created_at)


def _why_not(world: World, job: DeploymentJob) -> str | None:
    if not world.dictionaries.is_production_environment(job.environment):
        return "non_production"
    if first_success(world, job) is None:
        return "pipeline_failed"
    return None


def _deployments(
    world: World, service_id: str, jobs: list[tuple[datetime, DeploymentJob]]
) -> list[Deployment]:
    """Group jobs of one commit, then mark redeployments and rollbacks."""
    deployments: list[Deployment] = []
    last_finish: dict[str, datetime] = {}
    gap = timedelta(minutes=world.settings.deployment_join_minutes)
    for finish, job in sorted(
        jobs, key=lambda entry: (entry[0], entry[1].created_at, entry[1].deployment_id)
    ):
        start = started_at(world, job)
        latest = deployments[-1] if deployments else None
        if latest is not None and latest.sha == job.sha and finish - last_finish[job.sha] <= gap:
            latest.job_ids.append(job.deployment_id)
            latest.started_at = min(latest.started_at, start)
        else:
            deployments.append(
                Deployment(
                    f"{job.deployment_id}:{service_id}",
                    service_id,
                    job.repository,
                    job.sha,
                    start,
                    finish,
                    [job.deployment_id],
                )
            )
        last_finish[job.sha] = finish
    _mark_redeployments(deployments)
    return deployments


def _mark_redeployments(deployments: list[Deployment]) -> None:
    first_of: dict[str, int] = {}
    for index, deployment in enumerate(deployments):
        deployment.is_redeployment = deployment.sha in first_of
        first_of.setdefault(deployment.sha, index)
        if index and deployment.is_redeployment:
            live = deployments[index - 1].sha
            if first_of[deployment.sha] < first_of[live]:
                deployment.is_rollback = True
                deployment.replaces = deployments[first_of[live]]


@dataclass(frozen=True)
class FirstDeployment:
    """The first production deployment of a change, and whether only time says so."""

    deployment: Deployment | None
    is_inferred: bool


def first_deployment(
    history: GitHistory | None, deployments: list[Deployment], merge_sha: str | None, merged_at: datetime
) -> FirstDeployment:
    """Return the first of a service's deployments that contains a merge commit.

    Of a deployed commit that the history does not know, and of a merge commit that is not in the default
    branch as far as the history tells, only time can tell: a deployment that started at or after the merge
    contains it, inferred.
    """
    found = []
    for deployment in deployments:
        contains = contains_merge(history, deployment.sha, merge_sha)
        if contains or (contains is None and deployment.started_at >= merged_at):
            found.append(FirstDeployment(deployment, not contains))
    # Of several that finished at one instant, what the history tells stands before what time tells.
    first = min(
        found,
        key=lambda item: (item.deployment and item.deployment.finished_at, item.is_inferred),
        default=None,
    )
    return first or FirstDeployment(None, False)


def contains_merge(history: GitHistory | None, sha: str, merge_sha: str | None) -> bool | None:
    """Return whether a deployed commit contains a merge commit; ``None`` where the history does not tell."""
    if history is None or merge_sha is None or sha not in history.commits:
        return None
    if not history.line or merge_sha not in history.ancestors(history.line[-1]):
        return None
    return merge_sha in history.ancestors(sha)
