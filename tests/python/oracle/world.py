"""Who people are, what they belong to, and the calendar: what every KPI needs to know."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, TypeVar

from .dictionaries import Dictionaries
from .exports import Account, Company, Issue, Review
from .settings import Settings

Made = TypeVar("Made")


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
    def _identities(self) -> dict[tuple[str, str], str]:
        known: dict[tuple[str, str], str] = {}
        for row in self.company.sheet("people"):
            if row.get("email"):
                known.setdefault(("", str(row["email"]).lower()), str(row["person_id"]))
        for row in self.company.sheet("identities"):
            identifier = str(row["identifier"]).lower()
            known.setdefault((str(row["tool"]).lower(), identifier), str(row["person_id"]))
            if "@" in identifier:
                known.setdefault(("", identifier), str(row["person_id"]))
        return known

    def person_of(self, account: Account | None) -> str | None:
        """Return whose account it is; an account that no sheet names is a person of its own."""
        if account is None:
            return None
        known = self._identities
        login = account.identifier.lower()
        email = (account.email or "").lower()
        for key in ((account.tool, login), ("", login), (account.tool, email), ("", email)):
            if key[1] and key in known:
                return known[key]
        return f"{account.tool}:{login}"

    def person_of_email(self, name: str, email: str) -> str:
        """Return who wrote under a git name and e-mail address."""
        known = self._identities
        address = email.lower()
        for key in (("git", address), ("", address), ("github", address)):
            if key in known:
                return known[key]
        login = noreply_login(address)
        if login is not None and ("github", login) in known:
            return known[("github", login)]
        return f"git:{address or name.lower()}"

    def is_bot(self, account: Account | None) -> bool:
        """Whether an account is a bot by its type, its login, or the bot reference."""
        if account is None:
            return False
        if (account.kind or "").lower() == "bot":
            return True
        return self._is_bot_login(account.identifier) or self._is_bot_login(account.email)

    def is_bot_email(self, name: str, email: str) -> bool:
        """Whether a git author is a bot.

        A git name is no login, and people are called Claude too: a name tells a bot only by ``[bot]``.
        """
        if name.lower().endswith("[bot]"):
            return True
        return self._is_bot_login(email) or self._is_bot_login(noreply_login(email.lower()))

    def _is_bot_login(self, login: str | None) -> bool:
        return bool(login) and (str(login).lower().endswith("[bot]") or self.dictionaries.is_bot(str(login)))

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
        """Return a person's team on a day: of several the latest ``from_on``, then the smallest id."""
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
        return projects.get(issue.project_key)

    # -- services

    @cached_property
    def services(self) -> list[Service]:
        """Return the services; with no sheet each repository is one."""
        if "planning.services" in self.company.loaded or self.company.sheet("services"):
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
        return [Service(name, None, name, None, None, None) for name in sorted(repositories)]

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


def _assignee_at(issue: Issue, at: datetime) -> Account | None:
    """Return who was assigned at an instant: what the first later entry replaced, else today's assignee."""
    for change in issue.changes:
        if change.field.lower() == "assignee" and change.at > at:
            return None if change.from_id is None else Account("jira", change.from_id)
    return issue.assignee


def noreply_login(email: str) -> str | None:
    """Return the login within a GitHub no-reply address."""
    found = re.fullmatch(r"(?:\d+\+)?(.+)@users\.noreply\.github\.com", email)
    return found.group(1) if found else None


def days(count: float) -> timedelta:
    """Return so many days."""
    return timedelta(days=count)
