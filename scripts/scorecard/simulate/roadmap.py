"""The roadmap: objectives, quarterly items with their epics, replanning, and the plan versions kept."""

from __future__ import annotations

from functools import partial

from scorecard.simulate.clock import DAY, HOUR, iso, month_starts, next_quarter, on, quarter_of, quarter_start
from scorecard.simulate.people import tracker_account
from scorecard.simulate.sprints import Sprints
from scorecard.simulate.state import Issue, Objective, RoadmapItem, Team, World
from scorecard.simulate.tracker import Tracker
from scorecard.simulate.words import epic_title

_OBJECTIVES = (
    "Win larger customers",
    "Keep the customers we have",
    "Enter a second country",
    "Halve the cost per order",
    "Sell through partners",
)


class Roadmap:
    """Plans quarters, writes the epics' issues, and keeps every version of the plan."""

    def __init__(self, world: World, tracker: Tracker, sprints: Sprints) -> None:
        self.world, self.tracker, self.sprints = world, tracker, sprints

    def start(self) -> None:
        """Set objectives, and plan each quarter shortly before it begins (the first one too late)."""
        world, config = self.world, self.world.config
        if not config.has_roadmap:
            return
        self._set_objectives()
        quarter = quarter_of(config.start)
        world.at(config.start + 9 * HOUR, lambda: self.plan(quarter))
        following = next_quarter(quarter)
        while quarter_start(following) - 40 * DAY < config.end:
            at = max(config.start, quarter_start(following) - 16 * DAY) + 9 * HOUR
            world.at(at, partial(self.plan, following))
            following = next_quarter(following)
        world.at(config.start + 17 * DAY, self.write_version)
        for first in month_starts(config.start + 20 * DAY, config.end):
            world.at(first - 2 * DAY + 15 * HOUR, self.write_version)
            world.at(first + 12 * DAY, self.replan)
        third = next_quarter(next_quarter(quarter_of(config.start)))
        if quarter_start(third) < config.end:
            # This quarter's plan was frozen a week into the quarter.
            day = quarter_start(third) + 6 * DAY
            world.baselines.append((third, on(day)))
            world.at(day - DAY, self.write_version)

    def _set_objectives(self) -> None:
        world, config = self.world, self.world.config
        half = 182 * DAY
        begin = config.start - 60 * DAY
        number = 0
        while begin < config.end:
            for name in world.rng.sample(_OBJECTIVES, 3):
                number += 1
                # An objective given up after three weeks: work that still names it serves nothing.
                is_given_up = number % 5 == 4
                end = begin + 21 * DAY if is_given_up else begin + half - DAY
                is_open = end > config.end and number % 2 == 0
                world.objectives.append(
                    Objective(
                        f"OBJ-{number:02d}",
                        f"{name} ({quarter_of(begin)})",
                        on(begin),
                        None if is_open else on(end),
                    )
                )
            begin += half

    def _objective_for(self, quarter: str) -> Objective | None:
        world = self.world
        day = on(quarter_start(quarter) + 30 * DAY)
        active = [
            o for o in world.objectives if o.active_from_on <= day and (o.active_to_on or "9999") >= day
        ]
        expired = [o for o in world.objectives if o.active_to_on and o.active_to_on < day]
        if expired and world.every("objective no longer active", 12):
            return world.rng.choice(expired)
        if not active or world.every("item without objective", 8):
            return None
        return world.rng.choice(active)

    def plan(self, quarter: str) -> None:
        """Three or four items a team."""
        for team in self.world.teams:
            for _ in range(self.world.rng.choice((3, 4, 4))):
                self.add_item(team, quarter)

    def add_item(self, team: Team, quarter: str) -> RoadmapItem:
        """An item with its epic; the epic's issues come over the weeks around the quarter's start."""
        world = self.world
        lead = self.sprints.lead(team)
        epic = self.tracker.create(team, "Epic", lead, epic_title(world.rng))
        begin, end = quarter_start(quarter), quarter_start(next_quarter(quarter))
        planned_end = begin + int((end - begin) * world.rng.uniform(0.35, 0.98))
        item = RoadmapItem(
            item_id=f"RM-{len(world.roadmap) + 1:03d}",
            title=epic.summary,
            team=team,
            quarter=quarter,
            end_on=None if world.every("no planned end", 6) else on(planned_end),
            commitment="aspirational" if world.every("aspirational", 7) else "committed",
            objective=self._objective_for(quarter),
            epic=None if world.every("item without epic", 9) else epic,
            added_at=world.now,
        )
        world.roadmap.append(item)
        team.epics.append(epic)
        members = max(1, len(self.sprints.members(team)))
        item.remaining = max(1, round(members * world.rng.uniform(0.7, 1.7)))
        for _ in range(item.remaining):
            at = max(world.now, begin - 12 * DAY) + world.rng.randrange(int((end - begin) * 0.62))
            world.at(at, lambda: self._write_issue(item, epic, planned_end))
        world.at(max(world.now + DAY, planned_end - 36 * HOUR), lambda: self.decide(item, epic))
        return item

    def _write_issue(self, item: RoadmapItem, epic: Issue, planned_end: int) -> None:
        world = self.world
        if item.state in ("delivered", "cancelled", "deferred"):
            return
        members = self.sprints.members(item.team)
        reporter = tracker_account(world.rng.choice(members)) if members else self.sprints.lead(item.team)
        issue = self.tracker.create(item.team, world.rng.choice(("Story", "Story", "Task")), reporter)
        issue.due_at = planned_end
        if world.every("epic set later", 10):
            world.at(world.now + 3 * DAY, lambda: self.tracker.set_epic(issue, epic, reporter))
        else:
            self.tracker.set_epic(issue, epic)
        if world.every("sub-tasks", 14):
            self.tracker.add_subtasks(issue, reporter)
        item.issues.append(issue)

    def finished(self, issue: Issue) -> None:
        """Note progress; with the last of its issues an item is delivered."""
        for item in self.world.roadmap:
            if issue in item.issues and item.state in ("planned", "in_progress"):
                item.state = "in_progress"
                if self._share(item) >= 1.0:
                    self.deliver(item)

    def _share(self, item: RoadmapItem) -> float:
        return sum(issue.is_done for issue in item.issues) / max(1, item.remaining)

    def decide(self, item: RoadmapItem, epic: Issue) -> None:
        """Shortly before the planned end: cut the scope and deliver, or let it run late."""
        world = self.world
        if item.state not in ("planned", "in_progress"):
            return
        if self._share(item) > 0.3 and world.chance(0.45):
            world.at(world.now + world.rng.randrange(4 * HOUR, 24 * HOUR), lambda: self.deliver(item))
        else:
            world.at(world.now + world.rng.randrange(5 * DAY, 40 * DAY), lambda: self.deliver(item))

    def deliver(self, item: RoadmapItem) -> None:
        """Delivered; of some the sheet never says when."""
        if item.state not in ("planned", "in_progress"):
            return
        item.state, item.delivered_at = "delivered", self.world.now
        item.is_date_lost = self.world.every("delivered without date", 12)
        if item.epic is not None:
            self.tracker.move(item.epic, "Done", self.sprints.lead(item.team))

    def replan(self) -> None:
        """Monthly: cancel, defer, move, drop or add."""
        world = self.world
        open_items = [i for i in world.roadmap if i.state in ("planned", "in_progress") and not i.is_dropped]
        this_quarter = [item for item in open_items if item.quarter == quarter_of(world.now)]
        world.rng.shuffle(this_quarter)
        for item, habit in zip(this_quarter, ("cancel", "replan", "defer", "drop"), strict=False):
            if habit == "cancel" and world.every("cancelled", 3):
                item.state = "cancelled"
                if item.epic is not None:
                    self.tracker.move(item.epic, "Closed", self.sprints.lead(item.team), "Won't Do")
            elif habit == "replan" and world.every("replanned", 2):
                item.quarter = next_quarter(item.quarter)
                item.end_on = on(quarter_start(item.quarter) + 50 * DAY)
            elif habit == "defer" and world.every("deferred", 4):
                item.state = "deferred"
            elif habit == "drop" and world.every("dropped", 3):
                item.is_dropped = True
        if world.every("added after the baseline", 2):
            self.add_item(world.rng.choice(world.teams), quarter_of(world.now))

    def write_version(self) -> None:
        """Keep the plan as it stands: a complete list of this quarter's items and of those around it."""
        world = self.world
        now = quarter_of(world.now)
        previous = quarter_of(quarter_start(now) - DAY)
        rows = []
        for item in world.roadmap:
            is_near = item.quarter in (previous, now, next_quarter(now))
            if item.is_dropped or not is_near:
                continue
            delivered = "" if item.delivered_at is None or item.is_date_lost else iso(item.delivered_at)
            rows.append(
                {
                    "roadmap_item_id": item.item_id,
                    "plan_version_on": on(world.now),
                    "title": item.title,
                    "team_id": item.team.team_id,
                    "planned_quarter": item.quarter,
                    "planned_end_on": item.end_on or "",
                    "commitment": item.commitment,
                    "state": item.state,
                    "delivered_at": delivered,
                    "objective_id": item.objective.objective_id if item.objective else "",
                    "epic_key": item.epic.key if item.epic else "",
                }
            )
        if rows:
            world.plan_versions.append(rows)
