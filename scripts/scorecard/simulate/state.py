"""What exists in a simulated company. Plain records; the behaviour lives in the modules that change them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from scorecard.simulate.clock import EventQueue
from scorecard.simulate.config import SimulationConfig
from scorecard.simulate.history import Commit, GitRepository, Tree


@dataclass(frozen=True)
class Account:
    """A GitHub account."""

    login: str
    number: int
    kind: str = "User"


@dataclass(eq=False)
class Membership:
    """A person's time in a team; the last day is included, None = still there."""

    team_id: str
    from_on: str
    to_on: str | None = None


@dataclass(eq=False)
class Person:
    """Someone who works here, with the identities that the tools know."""

    person_id: str
    name: str
    emails: list[str]
    account: Account
    jira_id: str
    pagerduty_id: str
    offset: int
    team_id: str
    joined_at: int
    left_at: int | None = None
    is_hero: bool = False
    is_listed: bool = True
    memberships: list[Membership] = field(default_factory=list)
    favourites: list[str] = field(default_factory=list)
    load: int = 0
    is_waiting: bool = False
    has_next: bool = False
    away_from: int | None = None
    away_to: int | None = None


@dataclass(eq=False)
class Team:
    """A team, its tracker project and its board."""

    team_id: str
    name: str
    project_key: str
    project_id: int
    board_id: int
    has_sprints: bool
    services: list[Service] = field(default_factory=list)
    epics: list[Issue] = field(default_factory=list)
    backlog: list[Issue] = field(default_factory=list)
    sprint: Sprint | None = None
    next_sprint: Sprint | None = None
    done_counts: list[int] = field(default_factory=list)


@dataclass(eq=False)
class Repo:
    """A repository on the code host: git history, pull requests and how it merges."""

    git: GitRepository
    number: int
    merge_style: str
    pulls: list[PullRequest] = field(default_factory=list)
    next_number: int = 1
    removed: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.git.name


@dataclass(eq=False)
class Service:
    """Something that runs, or is meant to."""

    service_id: str
    name: str
    team: Team
    repo: Repo
    prefix: str
    environment: str
    is_environment_listed: bool
    has_production: bool
    days_between_deployments: float
    alert_id: str
    has_alerts: bool
    pending: list[PullRequest] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    uses_trains: bool = False
    has_develop: bool = False


@dataclass(eq=False)
class Sprint:
    number: int
    team: Team
    name: str
    start_at: int
    end_at: int
    state: str = "future"
    activated_at: int | None = None
    completed_at: int | None = None
    is_activation_known: bool = True
    goal: str = ""
    seen: list[Issue] = field(default_factory=list)

    def issues(self) -> list[Issue]:
        """What is in the sprint now."""
        return [issue for issue in self.seen if self in issue.sprints]


@dataclass(eq=False)
class Reporter:
    """An account of the tracker: a person here, a customer on the portal, or an app."""

    account_id: str
    name: str
    email: str
    kind: str = "atlassian"


@dataclass(eq=False)
class Issue:
    number: int
    key: str
    project_key: str
    kind: str
    summary: str
    created_at: int
    reporter: Reporter
    description: str = ""
    status: str = "To Do"
    resolution: str | None = None
    resolved_at: int | None = None
    updated_at: int = 0
    assignee: Reporter | None = None
    epic: Issue | None = None
    parent: Issue | None = None
    labels: list[str] = field(default_factory=list)
    priority: str = "Medium"
    sprints: list[Sprint] = field(default_factory=list)
    histories: list[tuple[int, int, Reporter, list[dict[str, str | None]]]] = field(default_factory=list)
    links: list[tuple[int, str, str, Issue]] = field(default_factory=list)
    found_in: str | None = None
    severity: str | None = None
    outcome: str | None = None
    old_keys: list[str] = field(default_factory=list)
    subtasks: list[Issue] = field(default_factory=list)
    due_at: int = 0
    started_at: int | None = None
    team: Team | None = None
    owner: Person | None = None
    open_pulls: int = 0
    planned_pulls: int = 1
    reopened: int = 0
    is_urgent: bool = False

    @property
    def is_done(self) -> bool:
        return self.status in ("Done", "Closed")


@dataclass(eq=False)
class Review:
    number: int
    account: Account
    state: str
    at: int
    commit_sha: str
    body: str = ""


@dataclass(frozen=True)
class Change:
    """One thing done to a file: add, edit, set, delete or rename (to `content` as a path)."""

    kind: str
    path: str
    content: bytes = b""
    target: str = ""
    token: int = 0


@dataclass(eq=False)
class PullRequest:
    number: int
    identifier: int
    repo: Repo
    account: Account
    title: str
    branch: str
    base_branch: str
    created_at: int
    base_sha: str
    author: Person | None = None
    body: str = ""
    labels: list[str] = field(default_factory=list)
    was_draft: bool = False
    ready_at: int | None = None
    merged_at: int | None = None
    closed_at: int | None = None
    updated_at: int = 0
    commits: list[Commit] = field(default_factory=list)
    changes: list[list[Change]] = field(default_factory=list)
    merge_commit: Commit | None = None
    reviews: list[Review] = field(default_factory=list)
    requested: Account | None = None
    is_fork: bool = False
    are_commits_exported: bool = True
    services: list[Service] = field(default_factory=list)
    issue: Issue | None = None
    is_opened: bool = False
    merge_style: str | None = None
    is_hotfix: bool = False
    is_doomed: bool = False
    on_merge: Callable[[], None] | None = None
    tree: Tree | None = None
    before: Commit | None = None


@dataclass(eq=False)
class Deployment:
    identifier: int
    repo: Repo
    service: Service | None
    environment: str
    commit: Commit
    ref: str
    created_at: int
    creator: Account
    is_production: bool
    task: str = "deploy"
    statuses: list[tuple[int, str, int, Account]] = field(default_factory=list)
    succeeded_at: int | None = None
    carried: list[PullRequest] = field(default_factory=list)
    payload: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Incident:
    identifier: str
    number: int
    title: str
    service_name: str | None
    service_id: str | None
    urgency: str
    created_at: int
    acknowledged_at: int | None = None
    resolved_at: int | None = None
    is_resolved_by_itself: bool = False
    merged_into: Incident | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)
    priority: str | None = None
    responder: Person | None = None
    notes: list[tuple[int, str]] = field(default_factory=list)


@dataclass(eq=False)
class Objective:
    objective_id: str
    name: str
    active_from_on: str
    active_to_on: str | None


@dataclass(eq=False)
class RoadmapItem:
    item_id: str
    title: str
    team: Team
    quarter: str
    end_on: str | None
    commitment: str
    objective: Objective | None
    epic: Issue | None
    added_at: int
    state: str = "planned"
    delivered_at: int | None = None
    is_date_lost: bool = False
    is_dropped: bool = False
    remaining: int = 0
    issues: list[Issue] = field(default_factory=list)


@dataclass(eq=False)
class CrmCompany:
    number: int
    name: str
    domain: str
    created_at: int
    keys: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Deal:
    number: int
    name: str
    company: CrmCompany
    amount: int
    currency: str
    created_at: int
    updated_at: int
    stage: str = "qualified"
    closed_at: int | None = None
    keys: list[str] = field(default_factory=list)
    is_archived: bool = False


@dataclass(eq=False, repr=False)
class World:
    """The company and its clock. Its parts name each other, so written out it would never end."""

    config: SimulationConfig
    rng: random.Random
    queue: EventQueue
    people: list[Person] = field(default_factory=list)
    contractors: list[Person] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)
    repos: list[Repo] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    sprints: list[Sprint] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    objectives: list[Objective] = field(default_factory=list)
    roadmap: list[RoadmapItem] = field(default_factory=list)
    plan_versions: list[list[dict[str, str]]] = field(default_factory=list)
    baselines: list[tuple[str, str]] = field(default_factory=list)
    companies: list[CrmCompany] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    outcome_links: list[tuple[str, str, str, int | None]] = field(default_factory=list)
    releases: list[tuple[int, Repo, str, int, Account]] = field(default_factory=list)
    customers: list[Reporter] = field(default_factory=list)
    tracker_numbers: dict[str, int] = field(default_factory=dict)
    _counters: dict[str, int] = field(default_factory=dict)
    _turns: dict[str, int] = field(default_factory=dict)

    @property
    def now(self) -> int:
        return self.queue.now

    def at(self, when: int, action: Callable[[], None]) -> None:
        """Schedule an event; one after the end of the simulated span never happens."""
        self.queue.at(when, action)

    def next_id(self, kind: str, first: int) -> int:
        """The next identifier of a kind: rising, with the gaps that other tenants of a vendor leave."""
        value = self._counters.get(kind, first) + self.rng.randrange(1, 40)
        self._counters[kind] = value
        return value

    def every(self, habit: str, turns: int, first: int = 0) -> bool:
        """True on every `turns`-th call for a habit: awkward cases come by count, not by luck."""
        count = self._turns.get(habit, 0)
        self._turns[habit] = count + 1
        return count % turns == (first or turns // 2)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def spread(self, median: float, sigma: float = 0.6) -> float:
        """A log-normal duration by its median."""
        return median * float(self.rng.lognormvariate(0.0, sigma))
