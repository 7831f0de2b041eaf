"""Incidents: what breaks, what only looks like it, and what follows; and what customers report."""

from __future__ import annotations

from functools import partial

from scorecard.simulate.clock import DAY, HOUR, iso
from scorecard.simulate.people import AUTOMATION, SUPPORT_DESK, at_work, opaque, tracker_account
from scorecard.simulate.state import Deployment, Incident, Issue, Person, Service, Team, World
from scorecard.simulate.tracker import OPERATIONS_PROJECT, SUPPORT_PROJECT, Tracker

MINUTE = 60
_SYMPTOMS = (
    "error rate above 5 %",
    "p99 latency above 4 s",
    "queue is not drained",
    "health check fails",
    "out of memory",
    "database connections exhausted",
)


class Incidents:
    """Raises incidents and takes them to their end."""

    def __init__(self, world: World, tracker: Tracker) -> None:
        self.world, self.tracker = world, tracker

    def start(self) -> None:
        """Troubles without a deployment behind them, noise, customers' reports, and what stays open."""
        world, config = self.world, self.world.config
        for service in world.services:
            if service.has_alerts and config.has_incidents:
                self._again(service)
                world.at(config.start + world.rng.randrange(9 * DAY), partial(self.noise, service))
        for team in world.teams:
            at = config.start + world.rng.randrange(12 * DAY)
            world.at(at, partial(self.customer_report, team))
        alerting = [service for service in world.services if service.has_alerts]
        if alerting and config.has_incidents:
            world.at(config.end - 26 * HOUR, lambda: self.leave_open(alerting[-1]))
            world.at(config.end - 3 * HOUR, lambda: self.leave_open(alerting[0]))

    def _again(self, service: Service) -> None:
        at = self.world.now + int(self.world.rng.expovariate(1 / (28 * DAY)))

        def strike() -> None:
            self.occur(service)
            self._again(service)

        self.world.at(at, strike)

    def _new(self, service: Service | None, title: str, urgency: str = "high") -> Incident:
        world = self.world
        incident = Incident(
            identifier="Q" + opaque(world, 13),
            number=world.next_id("incident", 0),
            title=title,
            service_name=service.name if service else None,
            service_id=service.alert_id if service else None,
            urgency=urgency,
            created_at=world.now,
            responder=self._responder(service),
        )
        world.incidents.append(incident)
        return incident

    def _responder(self, service: Service | None) -> Person | None:
        there = [person for person in self.world.people if at_work(person, self.world.now)]
        own = [person for person in there if service and person.team_id == service.team.team_id]
        return self.world.rng.choice(own or there) if there else None

    def _resolve(self, incident: Incident, seconds: int, by_itself: bool = False) -> None:
        def resolve() -> None:
            if incident.resolved_at is None:
                incident.resolved_at, incident.is_resolved_by_itself = self.world.now, by_itself

        self.world.at(incident.created_at + seconds, resolve)

    def _acknowledge(self, incident: Incident, seconds: int) -> None:
        def acknowledge() -> None:
            if incident.resolved_at is None:
                incident.acknowledged_at = self.world.now

        self.world.at(incident.created_at + seconds, acknowledge)

    def occur(self, service: Service, named: list[Deployment] | None = None) -> None:
        """A real incident: acknowledged, perhaps mitigated, resolved; at times reported twice."""
        world = self.world
        if not service.has_alerts or not world.config.has_incidents:
            return
        incident = self._new(service, f"{service.name}: {world.rng.choice(_SYMPTOMS)}")
        incident.priority = world.rng.choice(("P1", "P2", "P2", "P3"))
        duration = int(world.spread(62, 0.85) * MINUTE) + 6 * MINUTE
        if world.every("longer than a day", 70):
            duration += 27 * HOUR
        self._acknowledge(incident, min(duration - MINUTE, int(world.spread(4, 0.7) * MINUTE) + 20))
        self._resolve(incident, duration)
        for deployment in named or []:
            incident.fields.append(("deployment_id", str(deployment.identifier)))
        if world.every("impact began earlier", 5):
            incident.fields.append(
                ("impact_started_at", iso(world.now - world.rng.randrange(5, 30) * MINUTE))
            )
        if world.every("mitigated before resolved", 4):
            at = world.now + int(duration * world.rng.uniform(0.5, 0.95))
            if world.every("mitigated before it began", 8):
                at = world.now - 45 * MINUTE
            if at <= world.config.end:
                incident.fields.append(("mitigated_at", iso(at)))
        if world.every("reported twice", 6):
            world.at(world.now + world.rng.randrange(60, 480), lambda: self._duplicate(incident, service))
        if world.every("breaks again", 6):
            world.at(
                world.now + duration + world.rng.randrange(8, 29) * MINUTE, lambda: self._relapse(service)
            )
        self._follow_up(incident, service.team, duration)

    def _duplicate(self, incident: Incident, service: Service) -> None:
        """Reported again and merged; now and then the duplicate of a duplicate."""
        world = self.world
        other = self._new(service, f"{service.name}: customers report errors")
        other.merged_into = incident
        self._resolve(other, world.rng.randrange(120, 900))
        if world.every("duplicate of a duplicate", 3):
            world.at(world.now + 90, lambda: self._duplicate_of(other, service))

    def _duplicate_of(self, incident: Incident, service: Service) -> None:
        third = self._new(service, f"{service.name}: website monitor red")
        third.merged_into = incident
        self._resolve(third, 400)

    def _relapse(self, service: Service) -> None:
        incident = self._new(service, f"{service.name}: {self.world.rng.choice(_SYMPTOMS)} again")
        self._acknowledge(incident, 200)
        self._resolve(incident, self.world.rng.randrange(15, 70) * MINUTE)

    def _follow_up(self, incident: Incident, team: Team, duration: int) -> None:
        """An entry in the tracker, a production defect, or an action after the review."""
        world = self.world
        url = incident_url(world, incident)
        if world.every("incident in the tracker", 4):
            mirror = self.tracker.create(team, "Incident", AUTOMATION, incident.title, OPERATIONS_PROJECT[0])
            mirror.description = f"Raised by PagerDuty: {url}"
            world.at(world.now + duration, lambda: self.tracker.move(mirror, "Done", AUTOMATION))
            world.at(world.now + duration + 2 * HOUR, lambda: self._defect(team, incident, mirror))
        elif world.chance(0.2):
            world.at(world.now + duration + HOUR, lambda: self._defect(team, incident, None))
        if world.every("follow-up", 3):
            world.at(world.now + duration + DAY, lambda: self._action(team, incident))

    def _defect(self, team: Team, incident: Incident, mirror: Issue | None) -> None:
        responder = incident.responder or self.world.people[0]
        defect = self.tracker.found_defect(team, "Production", tracker_account(responder))
        defect.is_urgent = defect.resolution is None and self.world.chance(0.5)
        if mirror is not None:
            self.tracker.link(defect, mirror, "Problem/Incident")
        else:
            defect.description = f"Seen in {incident_url(self.world, incident)}"
        if self.world.every("incident names its issue", 3):
            incident.fields.append(("jira_issue", defect.key))

    def _action(self, team: Team, incident: Incident) -> None:
        responder = incident.responder or self.world.people[0]
        kind = "Incident Follow-up" if self.world.every("follow-up by type", 2) else "Task"
        action = self.tracker.create(
            team, kind, tracker_account(responder), f"After the incident: {incident.title}"
        )
        action.description = f"Action from the review of {incident_url(self.world, incident)}"

    def noise(self, service: Service) -> None:
        """What is no outage: low urgency, transients, tests, staging, alarms of no service."""
        world = self.world
        world.at(world.now + int(world.rng.expovariate(1 / (8 * DAY))), lambda: self.noise(service))
        kind = (
            "low",
            "transient",
            "low",
            "test",
            "low",
            "staging",
            "transient",
            "maintenance",
            "unmapped",
            "nothing",
        )
        turn = next(
            k for index, k in enumerate(kind) if world.every(f"noise {index}", 10, index) or index == 9
        )
        if turn == "low":
            self._resolve(
                self._new(service, f"{service.name}: disk 80 % full", "low"),
                world.rng.randrange(HOUR, 9 * HOUR),
            )
        elif turn == "transient":
            flapping = self._new(service, f"{service.name}: {world.rng.choice(_SYMPTOMS)}")
            self._resolve(flapping, world.rng.choice((45, 130, 240, 300)), by_itself=True)
        elif turn == "test":
            self._resolve(self._new(service, f"[TEST] {service.name}: paging drill"), 1500)
        elif turn == "maintenance":
            self._resolve(
                self._new(service, f"[MAINTENANCE] {service.name}: planned database upgrade"), 2 * HOUR
            )
        elif turn == "staging":
            incident = self._new(None, f"[STAGING] {service.name}: health check fails")
            incident.service_name, incident.service_id = (
                f"{service.name} (staging)",
                "S" + service.alert_id[1:],
            )
            self._resolve(incident, 3 * HOUR)
        else:
            incident = self._new(
                None, "Website uptime monitor red" if turn == "unmapped" else "Office network down"
            )
            if turn == "unmapped":
                incident.service_name, incident.service_id = "Website uptime", "PUPTIME"
            self._resolve(incident, world.rng.randrange(20, 120) * MINUTE)

    def leave_open(self, service: Service) -> None:
        """An incident that is still open when the span ends."""
        incident = self._new(service, f"{service.name}: replication lags behind")
        self._acknowledge(incident, 300)

    def customer_report(self, team: Team) -> None:
        """A customer reports a defect on the portal, to support's project or to the team's own."""
        world = self.world
        at = world.now + int(world.rng.expovariate(1 / (32 * DAY)))
        world.at(at, lambda: self.customer_report(team))
        customer = (
            SUPPORT_DESK if world.every("reported by the desk", 5) else world.rng.choice(world.customers)
        )
        if world.every("reported to support", 2):
            issue = self.tracker.found_defect(team, None, customer, project=SUPPORT_PROJECT[0])
            agent = tracker_account(self._responder(None) or world.people[0])
            world.at(
                world.now + world.rng.randrange(DAY), lambda: self.tracker.move_project(issue, team, agent)
            )
        else:
            where = "Production" if world.every("customer's defect says where", 2) else None
            self.tracker.found_defect(team, where, customer)


def incident_url(world: World, incident: Incident) -> str:
    """Page of an incident."""
    return f"https://{world.config.organisation}.pagerduty.com/incidents/{incident.identifier}"
