"""Customers and deals, and how work gets tied to them: by the CRM, by a sheet, or by a field of the issue."""

from __future__ import annotations

from scorecard.simulate.clock import DAY
from scorecard.simulate.people import tracker_account
from scorecard.simulate.state import CrmCompany, Deal, Issue, World
from scorecard.simulate.tracker import Tracker
from scorecard.simulate.words import COMPANY_WORDS

_FINAL = ("won", "lost")


class Crm:
    """Sells, and remembers which work a sale hangs on."""

    def __init__(self, world: World, tracker: Tracker) -> None:
        self.world, self.tracker = world, tracker

    def start(self) -> None:
        """Known customers at the start, then new deals week by week."""
        world = self.world
        for index in range(12):
            self._company(world.config.start - (200 - index * 15) * DAY)
        for _ in range(8):
            self._deal(world.config.start - world.rng.randrange(5, 60) * DAY)
        world.at(world.config.start + 2 * DAY, self.weekly)

    def _company(self, created_at: int) -> CrmCompany:
        world = self.world
        words = COMPANY_WORDS
        count = len(world.companies)
        name = f"{words[count % len(words)]} {('Foods', 'Logistics', 'Stores', 'Travel')[count % 4]}"
        company = CrmCompany(
            world.next_id("company", 9_100_000_000),
            name,
            name.lower().replace(" ", "-") + ".example",
            created_at,
        )
        world.companies.append(company)
        return company

    def _deal(self, created_at: int) -> Deal:
        world = self.world
        company = world.rng.choice(world.companies)
        deal = Deal(
            number=world.next_id("deal", 17_000_000_000),
            name=f"{company.name} {world.rng.choice(('rollout', 'renewal', 'pilot', 'expansion'))}",
            company=company,
            amount=world.rng.randrange(8, 240) * 500,
            currency="USD" if world.every("deal in dollars", 3) else "EUR",
            created_at=created_at,
            updated_at=created_at,
        )
        world.deals.append(deal)
        self._advance(deal)
        return deal

    def _advance(self, deal: Deal) -> None:
        world = self.world

        def step() -> None:
            if deal.stage in _FINAL:
                return
            deal.stage = "proposal" if deal.stage == "qualified" else world.rng.choice(("won", "won", "lost"))
            deal.updated_at = world.now
            if deal.stage in _FINAL:
                deal.closed_at = world.now
                deal.is_archived = world.every("archived deal", 20)
            else:
                self._advance(deal)

        world.at(world.now + world.rng.randrange(12 * DAY, 60 * DAY), step)

    def weekly(self) -> None:
        """New business, and ties between open work and outcomes."""
        world = self.world
        world.at(world.now + 7 * DAY, self.weekly)
        if world.chance(0.75):
            self._deal(world.now)
        if world.every("new customer", 9):
            self._company(world.now)
        recent = [
            issue
            for issue in world.issues[-90:]
            if issue.kind in ("Story", "Task", "Bug") and not issue.is_done and issue.resolution is None
        ]
        # Fewer ties than there are people at work on most weeks.
        for issue in world.rng.sample(recent, min(len(recent), max(1, round(len(world.people) * 0.5)))):
            self.tie(issue)
        done = [issue for issue in world.issues[-200:] if issue.is_done and issue.kind in ("Story", "Task")]
        old = [issue for issue in done if issue.resolved_at and issue.resolved_at < world.now - 9 * DAY]
        if old and world.every("tied too late", 3):
            objective = world.objectives[-1].objective_id if world.objectives else "OBJ-01"
            world.outcome_links.append((world.rng.choice(old).key, "objective", objective, world.now))

    def tie(self, issue: Issue) -> None:
        """One of the ways in which work is said to serve an outcome; not all of them hold."""
        world = self.world
        who = tracker_account(issue.owner) if issue.owner else issue.reporter
        way = world.rng.choice(
            ("deal", "deal", "deal", "company", "sheet", "sheet", "objective", "field", "field", "epic")
        )
        running = [deal for deal in world.deals if deal.stage not in _FINAL]
        deal = world.rng.choice(running or world.deals)
        lost = [d for d in world.deals if d.stage == "lost"]
        if lost and world.every("tied to a lost deal", 14):
            way, deal = "deal", lost[-1]
        if way == "deal":
            deal.keys.append(issue.key)
            deal.updated_at = world.now
        elif way == "company":
            deal.company.keys.append(issue.key)
        elif way == "sheet":
            kind = world.rng.choice(("deal", "account"))
            number = deal.number if kind == "deal" else deal.company.number
            linked_at = None if world.every("tie without a date", 4) else world.now
            world.outcome_links.append((issue.key, kind, str(number), linked_at))
        elif way == "objective" and world.objectives:
            world.outcome_links.append((issue.key, "objective", self._objective(), world.now))
        elif way == "epic" and issue.epic is not None:
            world.outcome_links.append((issue.epic.key, "deal", str(deal.number), world.now))
        else:
            value = world.rng.choice(
                (str(deal.number), str(deal.company.number), self._objective(), deal.name)
            )
            if world.every("field names nothing known", 6):
                value = world.rng.choice(("growth", "Q3 push", "OBJ-99"))
            self.tracker.set_option(issue, "Outcome", value, who)

    def _objective(self) -> str:
        world = self.world
        return world.rng.choice(world.objectives).objective_id if world.objectives else "OBJ-01"
