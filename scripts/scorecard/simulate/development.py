"""People at work: they pick issues, write changes, have them reviewed, and take some up again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from scorecard.simulate.clock import DAY, HOUR, work_after
from scorecard.simulate.codebase import source_paths, working_changes
from scorecard.simulate.people import (
    DEPENDABOT,
    RENOVATE,
    at_work,
    team_at,
    tracker_account,
)
from scorecard.simulate.pulls import Pulls, idle_title, place_key
from scorecard.simulate.sprints import Sprints
from scorecard.simulate.state import Change, Issue, Person, PullRequest, Repo, Service, Team, World
from scorecard.simulate.tracker import STATUSES, Tracker
from scorecard.simulate.words import word


class Development:
    """The daily loop of every developer."""

    def __init__(self, world: World, tracker: Tracker, sprints: Sprints, pulls: Pulls) -> None:
        self.world, self.tracker, self.sprints, self.pulls = world, tracker, sprints, pulls
        self.finished_listeners: list[Callable[[Issue], None]] = []

    def start(self) -> None:
        """Everyone comes to work; the bots begin their weekly rounds."""
        world = self.world
        for person in world.people:
            begin = max(world.config.start, person.joined_at)
            at = work_after(begin, 2 + world.rng.random() * 12, person.offset)
            world.at(at, partial(self.pick, person))
        for repo in world.repos:
            world.at(world.config.start + world.rng.randrange(9 * DAY), partial(self.bot_round, repo))
        for person in world.contractors:
            at = world.config.start + world.rng.randrange(30 * DAY)
            world.at(at, partial(self.contribute, person))

    def later(self, person: Person, hours: float) -> None:
        """Look for work again after some working hours, unless that is settled already."""
        if person.has_next:
            return
        person.has_next = True
        self.world.at(work_after(self.world.now, hours, person.offset), lambda: self.pick(person))

    def pick(self, person: Person) -> None:
        """Take the next piece of work, if hands are free."""
        world = self.world
        person.has_next = False
        if person.left_at is not None and world.now >= person.left_at:
            return
        team = team_at(world, person, world.now)
        if team is None or not at_work(person, world.now):
            self.later(person, 8)
            return
        if person.load >= (3 if person.is_hero else 2):
            person.is_waiting = True
            return
        person.is_waiting = False
        service = self.service_for(team)
        if world.every("direct push", 42):
            self.pulls.push_directly(person, service.repo, service)
        if world.chance(0.085):
            self.shadow_work(person, service)
            return
        issue = self.next_issue(team, person)
        if issue is None:
            self.later(person, 3 + 3 * world.rng.random())
            return
        self.begin(issue, person, team)

    def service_for(self, team: Team) -> Service:
        """A service of the team, else any."""
        return self.world.rng.choice(team.services or self.world.services)

    def next_issue(self, team: Team, person: Person) -> Issue | None:
        """The next item of the sprint, else of the backlog; urgent ones jump the queue."""
        world = self.world
        who = tracker_account(person)
        urgent = [i for i in team.backlog if i.is_urgent and i.owner is None]
        if urgent:
            self.sprints.pull_in(urgent[0], team, who)
            return urgent[0]
        if not team.has_sprints:
            ready = [i for i in self.sprints.top_up(team, 4) if i.owner is None]
            return ready[0] if ready else None
        if team.sprint is None:
            return None
        there = [i for i in team.sprint.issues() if i.owner is None and not i.parent]
        ready = [i for i in there if STATUSES[i.status][1] == "new"]
        if ready:
            return ready[0] if world.chance(0.7) else world.rng.choice(ready)
        # With the sprint's items all begun, the next ones come in unplanned.
        if world.chance(0.2):
            extra = [i for i in self.sprints.top_up(team, 3) if i.owner is None]
            if extra:
                self.sprints.pull_in(extra[0], team, who)
                return extra[0]
        return None

    def begin(self, issue: Issue, person: Person, team: Team) -> None:
        """Start work on an issue."""
        world = self.world
        who = tracker_account(person)
        issue.team = team
        self.tracker.assign(issue, person, who)
        if issue.status == "To Do" and world.every("selected first", 15):
            self.tracker.move(issue, "Selected for Development", who)
        self.tracker.move(issue, "In Progress", who)
        issue.started_at = issue.started_at or world.now
        person.load += 1
        for subtask in issue.subtasks:
            self.tracker.assign(subtask, person, who)
            self.tracker.move(subtask, "In Progress", who)
        if world.every("parked", 35):
            world.at(work_after(world.now, world.spread(4)), lambda: self.park(issue, person))
            return
        if not issue.reopened and world.every("no code needed", 11):
            world.at(work_after(world.now, world.spread(7)), lambda: self.verify(issue, person))
            self.later(person, world.spread(14.0, 0.5))
            return
        issue.planned_pulls = 2 if issue.kind == "Story" and world.chance(0.2) else 1
        world.at(
            work_after(world.now, world.spread(5.0, 0.8), person.offset),
            lambda: self.code(issue, person, team),
        )

    def park(self, issue: Issue, person: Person) -> None:
        """Give the issue back to the pile; most are taken up again."""
        who = tracker_account(person)
        self.tracker.move(issue, "To Do", who)
        self.tracker.assign(issue, None, who)
        person.load -= 1
        if issue.team and issue not in issue.team.backlog:
            issue.team.backlog.append(issue)
        self.later(person, 0.5)

    def code(self, issue: Issue, person: Person, team: Team) -> None:
        """Write one change for an issue."""
        world = self.world
        service = self.service_for(team)
        pull = self.pulls.begin(service.repo, person.account, issue.summary, "", person, issue=issue)
        prefix = place_key(world, pull, person, issue)
        self.write(pull, person, service, prefix, effort=world.spread(3.0 if person.is_hero else 3.8, 0.55))

    def shadow_work(self, person: Person, service: Service) -> None:
        """A change that no issue asked for."""
        world = self.world
        person.load += 1
        pull = self.pulls.begin(service.repo, person.account, idle_title(world), "", person)
        place_key(world, pull, person, None)
        self.write(pull, person, service, "", effort=world.spread(1.5))

    def write(self, pull: PullRequest, person: Person, service: Service, prefix: str, effort: float) -> None:
        """Schedule the commits, then the opening."""
        world = self.world
        pull.services = [service]
        neighbours = [s for s in world.services if s.repo is service.repo and s is not service]
        if neighbours and world.every("two services at once", 12):
            pull.services.append(world.rng.choice(neighbours))
        count = world.rng.choice((1, 1, 2, 2, 3, 4))
        at = world.now
        is_draft = world.every("draft", 8)
        for index in range(count):
            if index:
                at = work_after(at, effort / count * (0.5 + world.rng.random()), person.offset)
            target = pull.services[index % len(pull.services)] if count > 1 else service
            world.at(at, partial(self.step, pull, person, target, prefix, index))
        if count == 1 and len(pull.services) > 1:
            world.at(at, lambda: self.step(pull, person, pull.services[1], prefix, 1))
        if is_draft:
            world.at(at, lambda: self.pulls.open(pull, is_draft=True))
            if world.every("draft reviewed", 3):
                world.at(at + 1800, lambda: self.pulls.early_review(pull))
            at = work_after(at, world.spread(3.0), person.offset)
        world.at(
            work_after(at, 0.1 + 0.4 * world.rng.random(), person.offset),
            lambda: self.hand_over(pull, person),
        )

    def step(self, pull: PullRequest, person: Person, service: Service, prefix: str, index: int) -> None:
        """One commit."""
        assert pull.tree is not None
        if self.world.every("reformatted everything", 900):
            changes = self.reformat(pull)
        else:
            changes = working_changes(self.world, person, pull.repo, pull.tree, service)
        verb = self.world.rng.choice(("Add", "Adjust", "Move", "Test", "Wire up"))
        message = pull.title if not index else f"{verb} {word(self.world.rng)} {word(self.world.rng)}"
        self.pulls.commit(pull, changes, prefix + message)

    def reformat(self, pull: PullRequest) -> list[Change]:
        """A formatter run over more than 200 files, where the repository holds as many."""
        assert pull.tree is not None
        paths = source_paths(pull.tree, "")
        if len(paths) <= 200:
            return [Change("edit", path, token=self.world.rng.randrange(1 << 30)) for path in paths[:2]]
        pull.title = "Format all files"
        return [Change("edit", path, token=self.world.rng.randrange(1 << 30)) for path in paths]

    def hand_over(self, pull: PullRequest, person: Person) -> None:
        """Open the pull request (or mark the draft ready), ask for review, and look for the next work."""
        world = self.world
        if not pull.is_opened:
            self.pulls.open(pull)
        if pull.was_draft and world.every("draft left lying", 30):
            pull.on_merge = None
        else:
            pull.is_doomed = world.every("closed without merge", 28)
            pull.on_merge = lambda: self.merged(pull, person)
            self.pulls.ready(pull)
        issue = pull.issue
        if issue is not None:
            issue.open_pulls += 1
            if issue.status == "In Progress" and world.chance(0.8):
                self.tracker.move(issue, "In Review", tracker_account(person))
        if pull.is_doomed or pull.on_merge is None:
            # The work goes on in a fresh attempt, which the issue waits for.
            person.load -= 0 if issue else 1
            if issue and issue.team:
                team = issue.team
                issue.open_pulls -= 1
                world.at(work_after(world.now, 5), lambda: self.code(issue, person, team))
        # Most hours of a week go into meetings, support, reading and others' reviews.
        self.later(person, world.spread(10.0 if person.is_hero else 24.0, 0.5))

    def merged(self, pull: PullRequest, person: Person) -> None:
        """After a merge: the next change of the issue, or its verification."""
        world, issue = self.world, pull.issue
        if issue is None:
            self.release(person)
            return
        issue.open_pulls -= 1
        if issue.open_pulls > 0 or issue.is_done:
            return
        issue.planned_pulls -= 1
        if issue.planned_pulls > 0 and issue.team is not None:
            team = issue.team
            if issue.status == "In Review":
                self.tracker.move(issue, "In Progress", tracker_account(person))
            world.at(work_after(world.now, 0.5), lambda: self.code(issue, person, team))
        else:
            self.verify(issue, person)

    def verify(self, issue: Issue, person: Person) -> None:
        """Quality assurance, which finds defects, then done."""
        world = self.world
        if world.every("verified later", 3):
            world.at(work_after(world.now, 0.1), lambda: self.finish(issue, person))
            return
        self.tracker.move(issue, "In QA", tracker_account(person))
        world.at(work_after(world.now, world.spread(6.0, 0.8)), lambda: self.finish(issue, person))

    def finish(self, issue: Issue, person: Person) -> None:
        """Done, and hands are free; verification may have found a defect."""
        world = self.world
        who = tracker_account(person)
        if (
            issue.team
            and issue.kind in ("Story", "Task", "Bug")
            and world.chance(0.2 if issue.kind != "Bug" else 0.08)
        ):
            where = world.rng.choice(("QA", "QA", "QA", "Staging", "Development", "Review"))
            defect = self.tracker.found_defect(issue.team, where, who)
            self.tracker.link(defect, issue, "Relates")
            if issue.team.sprint is not None and world.every("filed into the running sprint", 8):
                self.tracker.place(defect, [issue.team.sprint])
            if issue.epic is not None and world.chance(0.75):
                self.tracker.set_epic(defect, issue.epic)
        self.tracker.move(issue, "Done", who)
        for subtask in issue.subtasks:
            if not world.every("sub-task outlives its parent", 9):
                self.tracker.move(subtask, "Done", who)
        for listener in self.finished_listeners:
            listener(issue)
        self.release(person)
        if world.every("closed after done", 6):
            world.at(world.now + int(world.spread(3) * DAY), lambda: self.archive(issue))
        if issue.reopened < 2 and world.every("reopened", 18):
            delay = world.spread(30, 0.9) * HOUR
            world.at(work_after(world.now + int(delay), 0.5), lambda: self.reopen(issue, person))

    def archive(self, issue: Issue) -> None:
        """From one done status to another."""
        if issue.status == "Done":
            self.tracker.move(issue, "Closed", issue.reporter)

    def reopen(self, issue: Issue, person: Person) -> None:
        """It was not done after all: back to work, with a further change."""
        world = self.world
        if not issue.is_done or issue.team is None or not at_work(person, world.now):
            return
        issue.reopened += 1
        self.tracker.move(issue, "In Progress", tracker_account(person))
        person.load += 1
        team = issue.team
        world.at(work_after(world.now, world.spread(2)), lambda: self.code(issue, person, team))

    def release(self, person: Person) -> None:
        """One piece of work less; look for the next if waiting."""
        person.load -= 1
        if person.is_waiting:
            person.is_waiting = False
            self.later(person, 0.3)

    def bot_round(self, repo: Repo) -> None:
        """A dependency update by a program, merged by a person or by nobody."""
        world = self.world
        world.at(world.now + world.rng.randrange(8 * DAY, 16 * DAY), lambda: self.bot_round(repo))
        is_listed = world.every("listed bot", 4)
        name, version = word(world.rng), f"{world.rng.randrange(1, 9)}.{world.rng.randrange(20)}.0"
        branch = f"{'renovate' if is_listed else 'dependabot/npm_and_yarn'}/{name}-{version}"
        pull = self.pulls.begin(
            repo, RENOVATE if is_listed else DEPENDABOT, f"Bump {name} to {version}", branch
        )
        pull.labels, pull.body = ["dependencies"], f"Bumps {name} to {version}."
        change = Change("edit", "package-lock.json", token=world.rng.randrange(1 << 30))
        changes = [change]
        if world.every("file by a bot", 9):
            path = f"src/config/{name}_versions_{world.rng.randrange(99)}.py"
            changes.append(Change("add", path, content=f"{name.upper()} = {version!r}\n".encode()))
        self.pulls.commit(pull, changes, f"Bump {name} to {version}")
        self.pulls.open(pull)
        if world.every("bot's change ignored", 7):
            return
        self.pulls.ready(pull)

    def contribute(self, person: Person) -> None:
        """A contribution from a fork, by someone whom no sheet lists."""
        world = self.world
        world.at(world.now + world.rng.randrange(30 * DAY, 60 * DAY), lambda: self.contribute(person))
        service = world.rng.choice(world.services)
        pull = self.pulls.begin(
            service.repo, person.account, idle_title(world), f"patch-{world.rng.randrange(99)}", person
        )
        pull.is_fork, pull.services = True, [service]
        assert pull.tree is not None
        self.pulls.commit(pull, working_changes(world, person, pull.repo, pull.tree, service), pull.title)
        self.pulls.open(pull)
        pull.is_doomed = world.chance(0.3)
        self.pulls.ready(pull)
