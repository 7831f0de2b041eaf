"""Who people are, what they belong to, and the calendar: what every KPI needs to know."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, TypeVar

from .dictionaries import Dictionaries
from .exports import Account, Company, Issue, Review
from .identities import Identities
from .settings import Settings

Made = TypeVar("Made")
DEFAULT_TEAM = "default"


@dataclass(frozen=True)
class Membership:
    """A person's membership of a team, its last day included."""

    team_id: str
    from_on: date
    to_on: date | None


@dataclass(frozen=True)
class Service:
    """A service as the planning sheet names it."""

    service_id: str
    team_id: str | None
    repository: str
    path_prefix: str | None
    deployment_environment: str | None
    incident_service: str | None
    is_default: bool = False
    """Whether no sheet names it: it is a repository."""

    def holds(self, path: str) -> bool:
        """Whether a path lies under the service's prefix, whole path segments only."""
        prefix = _segments(self.path_prefix or "")
        return _segments(path)[: len(prefix)] == prefix


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment not in ("", ".")]


@dataclass
class World:
    """One company, its dictionaries and the settings of one reckoning."""

    company: Company
    dictionaries: Dictionaries
    settings: Settings
    _made: dict[str, Any] = field(default_factory=dict, repr=False)

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """Return what ``make`` gives, made once in this world."""
        if name not in self._made:
            self._made[name] = make()
        made: Made = self._made[name]
        return made

    # -- time

    @property
    def as_of(self) -> datetime:
        """Return the instant after which nothing is read."""
        return self.settings.as_of

    def local_day(self, moment: datetime) -> date:
        """Return the calendar day of an instant in the reporting time zone."""
        return moment.astimezone(self.settings.zone).date()

    def midnight(self, on: date) -> datetime:
        """Return the instant at which a local day begins, in UTC."""
        return datetime.combine(on, time(0), self.settings.zone).astimezone(UTC)

    def covers_to(self, *tools: str) -> datetime | None:
        """Return the earliest instant to which the named tools' exports reach; ``None`` for no end."""
        ends = [self.company.covers[tool][1] for tool in tools if tool in self.company.covers]
        return min((end for end in ends if end is not None), default=None)

    def is_immature(self, window_end: datetime, *tools: str) -> bool:
        """Whether a window passes ``as_of`` or what the named tools' exports cover."""
        covered = self.covers_to(*tools)
        return window_end > self.as_of or (covered is not None and window_end > covered)

    # -- people

    @cached_property
    def identities(self) -> Identities:
        """Return whose every account and address is."""
        return Identities(self.company, self.dictionaries)

    def person_of(self, account: Account | None) -> str | None:
        """Return whose account it is; an account that no sheet names is a person of its own."""
        return None if account is None else self.identities.person(_identity(account))

    def person_of_email(self, name: str, email: str) -> str:
        """Return who wrote under a git name and address; without an address the name stands for one."""
        return self.identities.person(f"email:{email.lower()}") if email else f"name:{name.lower()}"

    def is_bot(self, account: Account | None) -> bool:
        """Whether an account is a bot by its type, its login, or the bot reference."""
        return account is not None and self.identities.is_bot(_identity(account))

    def is_bot_email(self, name: str, email: str) -> bool:
        """Whether a git author is a bot: by the address, and only without one by the name."""
        return self.identities.is_bot(f"email:{email.lower()}") if email else name.lower().endswith("[bot]")

    def persons_of_commit(self, author: tuple[str, str], co_authors: list[tuple[str, str]]) -> set[str]:
        """Return the people (no bots) who wrote a commit, from (name, e-mail) pairs."""
        return {
            self.person_of_email(name, email)
            for name, email in [author, *co_authors]
            if not self.is_bot_email(name, email)
        }

    @cached_property
    def reviews_of(self) -> dict[tuple[str, int], list[Review]]:
        """Return the reviews of each pull request, by repository and number."""
        found: dict[tuple[str, int], list[Review]] = {}
        for review in self.company.reviews:
            found.setdefault((review.repository, review.pull_number), []).append(review)
        return found

    # -- teams

    @cached_property
    def _memberships(self) -> dict[str, list[Membership]]:
        found: dict[str, list[Membership]] = {}
        for row in self.company.sheet("team_memberships"):
            until = row.get("to_on")
            found.setdefault(str(row["person_id"]), []).append(
                Membership(
                    str(row["team_id"]),
                    date.fromisoformat(str(row["from_on"])[:10]),
                    None if until is None else date.fromisoformat(until[:10]),
                )
            )
        return found

    def team_of_person(self, person_id: str | None, on: date) -> str | None:
        """Return a person's team on a day: of several the latest ``from_on``, then the smallest id.

        Where the sheet lists no team there is one, and everybody is in it.
        """
        if not self.company.sheet("teams"):
            return None if person_id is None else DEFAULT_TEAM
        valid = [
            membership
            for membership in self._memberships.get(person_id or "", [])
            if membership.from_on <= on and (membership.to_on is None or on <= membership.to_on)
        ]
        if not valid:
            return None
        latest = max(membership.from_on for membership in valid)
        return min(membership.team_id for membership in valid if membership.from_on == latest)

    def team_of_issue(self, issue: Issue, at: datetime) -> str | None:
        """Return the team that an issue's assignee of an instant had on that day, else its project's."""
        team = self.team_of_person(self.person_of(_assignee_at(issue, at)), self.local_day(at))
        if team is not None:
            return team
        projects = {row["project_key"]: row["team_id"] for row in self.company.sheet("projects")}
        of_project = projects.get(issue.project_key)
        return of_project or (None if self.company.sheet("teams") else DEFAULT_TEAM)

    def is_of_bot(self, issue: Issue, at: datetime) -> bool:
        """Whether a bot had an issue at an instant: by its account, or as any issue shows that account."""
        assignee = _assignee_at(issue, at)
        if assignee is None:
            return False
        return self.is_bot(assignee) or assignee.identifier.lower() in self._apps

    @cached_property
    def _apps(self) -> set[str]:
        """Return the accounts that issues show as an app's."""
        assignees = (issue.assignee for issue in self.company.issues)
        return {
            account.identifier.lower()
            for account in assignees
            if account is not None and account.kind == "app"
        }

    # -- services

    @cached_property
    def services(self) -> list[Service]:
        """Return the services; where the sheet lists none each repository is one, alerted by its own name."""
        if self.company.sheet("services"):
            return [
                Service(
                    str(row["service_id"]),
                    row.get("team_id"),
                    str(row["repository"]),
                    row.get("path_prefix"),
                    row.get("deployment_environment"),
                    row.get("incident_service"),
                )
                for row in self.company.sheet("services")
            ]
        repositories = {pull.repository for pull in self.company.pull_requests}
        repositories |= {job.repository for job in self.company.deployment_jobs} | set(self.company.histories)
        names = sorted({name.lower() for name in repositories})
        team = None if self.company.sheet("teams") else DEFAULT_TEAM
        return [Service(name, team, name, None, None, name.rsplit("/", 1)[-1], True) for name in names]

    def has_incident_source(self, service: Service | None) -> bool:
        """Whether a service is mapped; one that is guessed only where the incident tool knows the name."""
        if service is None or not service.incident_service:
            return False
        if not service.is_default:
            return True
        known = {text for pair in self.company.incident_services.items() for text in pair}
        for incident in self.company.incidents:
            if incident.created_at <= self.as_of:
                known |= {incident.service_id or "", incident.service_name or ""}
        return service.incident_service in {text.lower() for text in known}

    def services_of_repository(self, repository: str) -> list[Service]:
        """Return a repository's services by id."""
        found = [service for service in self.services if service.repository.lower() == repository.lower()]
        return sorted(found, key=lambda service: service.service_id)

    def service(self, service_id: str | None) -> Service | None:
        """Return the service of an id."""
        return next((service for service in self.services if service.service_id == service_id), None)

    def team_of_service(self, service_id: str | None) -> str | None:
        """Return the team that owns a service."""
        service = self.service(service_id)
        return None if service is None else service.team_id

    def service_of_path(self, repository: str, path: str) -> str | None:
        """Return the service with the longest prefix that holds a path."""
        holding = [service for service in self.services_of_repository(repository) if service.holds(path)]
        if not holding:
            return None
        depth = max(len(_segments(service.path_prefix or "")) for service in holding)
        longest = [service for service in holding if len(_segments(service.path_prefix or "")) == depth]
        return min(service.service_id for service in longest)

    def service_of_paths(self, repository: str, paths: list[str] | None) -> str | None:
        """Return the service that holds most of the paths; without a list the repository's only one."""
        if not paths:
            only = self.services_of_repository(repository)
            return only[0].service_id if len(only) == 1 else None
        found = (self.service_of_path(repository, path) for path in paths)
        counts = Counter(service_id for service_id in found if service_id is not None)
        if not counts:
            return None
        return min(counts, key=lambda service_id: (-counts[service_id], service_id))

    def service_of_incident(self, service_id: str | None, service_name: str | None) -> str | None:
        """Return the service that names an incident tool's service by id or name."""
        names = {text.lower() for text in (service_id, service_name) if text}
        found = [
            service.service_id
            for service in self.services
            if service.incident_service and service.incident_service.lower() in names
        ]
        return min(found, default=None)


def _identity(account: Account) -> str:
    return f"{account.tool}:{account.identifier.lower()}"


def _assignee_at(issue: Issue, at: datetime) -> Account | None:
    """Return who was assigned at an instant: what the first later entry replaced, else today's assignee."""
    for change in issue.changes:
        if change.field.lower() == "assignee" and change.at > at:
            return None if change.from_id is None else Account("jira", change.from_id)
    return issue.assignee


def days(count: float) -> timedelta:
    """Return so many days."""
    return timedelta(days=count)
