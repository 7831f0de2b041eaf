"""Sprints: planning, starting, changing and closing them; and the care of the backlog."""

from __future__ import annotations

from functools import partial

from scorecard.simulate.clock import DAY, HOUR, moment, work_after
from scorecard.simulate.people import AUTOMATION, at_work, team_at, tracker_account
from scorecard.simulate.state import Issue, Person, Reporter, Sprint, Team, World
from scorecard.simulate.tracker import STATUSES, Tracker

LENGTH = 14 * DAY


class Sprints:
    """Two-week sprints of the teams that use them."""

    def __init__(self, world: World, tracker: Tracker) -> None:
        self.world, self.tracker = world, tracker

    def start(self) -> None:
        """Schedule the first planning of every team, and its weekly grooming."""
        for index, team in enumerate(self.world.teams):
            monday = self.world.config.start
            while moment(monday).weekday() != 0:
                monday += DAY
            monday += (index % 2) * 7 * DAY
            if team.has_sprints:
                self.world.at(monday + 7 * HOUR, partial(self.plan, team, monday))
            self.world.at(monday + 30 * HOUR, partial(self.groom, team))

    def lead(self, team: Team) -> Reporter:
        """Who runs the team's board: the first member at work, else the automation."""
        member = next(iter(self.members(team)), None)
        return tracker_account(member) if member else AUTOMATION

    def members(self, team: Team) -> list[Person]:
        world = self.world
        return [p for p in world.people if at_work(p, world.now) and team_at(world, p, world.now) is team]

    def plan(self, team: Team, monday: int) -> None:
        """Fill a sprint in the morning and schedule its start and its close."""
        world = self.world
        sprint = team.next_sprint or self._create(team, monday)
        team.next_sprint = None
        members = len(self.members(team))
        recent = team.done_counts[-3:]
        # More is taken on than was done of late, and never less than people feel able to.
        average = sum(recent) / len(recent) if recent else 0.0
        capacity = max(1, round(1.2 * average), round(members * 2.3))
        carried = [issue for issue in sprint.issues() if issue.parent is None and not issue.is_done]
        needed = max(1, capacity - len(carried))
        # Carried items stand in the backlog as well, and among its most wanted.
        ready = self.top_up(team, needed + len(carried), sprint)
        wanted = [issue for issue in ready if sprint not in issue.sprints]
        for issue in wanted[:needed]:
            at = world.now + world.rng.randrange(60, 5400)
            world.at(at, partial(self._add, issue, sprint, team))
        late = 26 * HOUR if world.every("sprint started late", 9) else 0
        world.at(monday + 9 * HOUR + world.rng.randrange(600, 3000) + late, lambda: self.activate(sprint))

    def _create(self, team: Team, monday: int) -> Sprint:
        world = self.world
        number = sum(1 for sprint in world.sprints if sprint.team is team) + 1
        sprint = Sprint(
            number=world.next_id("sprint", 100),
            team=team,
            name=f"{team.project_key} Sprint {number}",
            start_at=monday + 9 * HOUR,
            end_at=monday + LENGTH - 64 * HOUR,
            goal=world.rng.choice(("", "Finish what was begun", "Fewer defects", "Ready for the release")),
        )
        world.sprints.append(sprint)
        return sprint

    def _add(self, issue: Issue, sprint: Sprint, team: Team) -> None:
        if sprint in issue.sprints or issue.is_done or issue.resolution:
            return
        sprints = [*issue.sprints, sprint]
        if self.world.every("in two sprints", 45):
            # Two teams share the item: it stands in two active sprints at once.
            other = next((t.sprint for t in self.world.teams if t is not team and t.sprint), None)
            if other is not None and other not in sprints:
                sprints.append(other)
        self.tracker.set_sprints(issue, sprints, self.lead(team))
        for subtask in issue.subtasks:
            self.tracker.set_sprints(subtask, list(sprints), self.lead(team))

    def activate(self, sprint: Sprint) -> None:
        """Press start."""
        world, team = self.world, sprint.team
        sprint.state, sprint.activated_at = "active", world.now
        sprint.is_activation_known = not world.every("activation not known", 7)
        team.sprint = sprint
        overrun = 3 * DAY if world.every("sprint completed late", 8) else 0
        close = sprint.end_at + overrun + world.rng.randrange(0, 3600)
        world.at(close, lambda: self.close(sprint))
        if team.backlog and world.every("added at the instant of the start", 6):
            self._add(team.backlog[-1], sprint, team)
        for _ in range(world.rng.choice((0, 1, 1, 2))):
            world.at(world.now + world.rng.randrange(DAY, 9 * DAY), lambda: self.remove_one(sprint))

    def remove_one(self, sprint: Sprint) -> None:
        """Take an item that nobody has begun out of the running sprint, or call it off altogether."""
        world = self.world
        there = [i for i in sprint.issues() if STATUSES[i.status][1] == "new" and not i.parent]
        if sprint.state != "active" or len(there) < 2:
            return
        issue = there[-1]
        if world.every("cancelled within the sprint", 3) and issue.owner is None:
            self.tracker.cancel(issue, "Won't Do", self.lead(sprint.team))
        else:
            self.tracker.set_sprints(
                issue, [s for s in issue.sprints if s is not sprint], self.lead(sprint.team)
            )

    def pull_in(self, issue: Issue, team: Team, who: Reporter) -> None:
        """Add an item to the running sprint after its start."""
        if team.sprint is not None and team.sprint.state == "active" and team.sprint not in issue.sprints:
            self.tracker.set_sprints(issue, [*issue.sprints, team.sprint], who)

    def close(self, sprint: Sprint) -> None:
        """Complete the sprint; what is unfinished moves to the next one, which is planned on Monday."""
        world, team = self.world, sprint.team
        sprint.state, sprint.completed_at = "closed", world.now
        waiting = [issue for issue in sprint.issues() if issue.status == "In QA"]
        if waiting and world.every("done at the instant of the close", 5):
            self.tracker.move(waiting[0], "Done", self.lead(team))
        team.sprint = None
        mine = sprint.issues()
        done = [issue for issue in mine if issue.is_done and issue.parent is None]
        team.done_counts.append(len(done))
        monday = sprint.start_at - 9 * HOUR + LENGTH
        team.next_sprint = self._create(team, monday)
        for issue in mine:
            if not issue.is_done:
                self.tracker.set_sprints(issue, [*issue.sprints, team.next_sprint], self.lead(team))
        world.at(max(world.now + 60, monday + 7 * HOUR), lambda: self.plan(team, monday))

    def top_up(self, team: Team, count: int, sprint: Sprint | None = None) -> list[Issue]:
        """The most wanted items of the backlog, with new ones written where there are too few."""
        lead = self.lead(team)
        ready = [issue for issue in team.backlog if not issue.is_done]
        while len(ready) < count:
            issue = self.write_chore(team, lead, sprint)
            ready.append(issue)
        scored = [(self._score(issue), index, issue) for index, issue in enumerate(ready)]
        return [issue for _, _, issue in sorted(scored)[:count]]

    def _score(self, issue: Issue) -> float:
        base = {"Bug": 2.2, "Incident Follow-up": 1.4}.get(issue.kind, 3.0)
        if issue.epic is not None:
            base -= 1.0 if issue.due_at - self.world.now < 45 * DAY else 0.5
        base -= {"High": 0.5, "Medium": 0.0, "Low": -0.5}.get(issue.priority, 0.0)
        return (
            base - min(1.5, (self.world.now - issue.created_at) / (60 * DAY)) + self.world.rng.random() * 1.6
        )

    def write_chore(self, team: Team, who: Reporter, sprint: Sprint | None = None) -> Issue:
        """A task or story without a roadmap epic."""
        world = self.world
        issue = self.tracker.create(team, world.rng.choice(("Task", "Task", "Story")), who)
        if team.epics and world.chance(0.5):
            self.tracker.set_epic(issue, world.rng.choice(team.epics[-6:]))
        if world.every("sub-tasks", 14):
            self.tracker.add_subtasks(issue, who)
        if sprint is not None and world.every("in the sprint from creation", 12):
            self.tracker.place(issue, [sprint])
        return issue

    def groom(self, team: Team) -> None:
        """Weekly: close what nobody wants, what is a duplicate, or what was done along the way."""
        world = self.world
        world.at(world.now + 7 * DAY, lambda: self.groom(team))
        idle = [
            i
            for i in team.backlog
            if i.owner is None and not i.sprints and world.now - i.created_at > 20 * DAY
        ]
        if len(idle) > 4:
            self.tracker.cancel(
                idle[0],
                world.rng.choice(("Won't Do", "Won't Do", "Duplicate", "Cannot Reproduce")),
                self.lead(team),
            )
        if idle[1:] and world.chance(0.35):
            member = next(iter(self.members(team)), None)
            issue = idle[1]
            if not world.every("done by nobody", 4):
                self.tracker.assign(issue, member, self.lead(team))
            at = work_after(world.now, 1.0)
            world.at(at, lambda: self.tracker.move(issue, "Done", self.lead(team)))
