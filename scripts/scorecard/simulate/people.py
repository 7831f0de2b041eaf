"""Who works here: people with many identities, teams with dated memberships, bots, customers."""

from __future__ import annotations

from scorecard.simulate.clock import DAY, on
from scorecard.simulate.config import SimulationConfig
from scorecard.simulate.state import Account, Membership, Person, Reporter, Team, World
from scorecard.simulate.words import FIRST_NAMES, LAST_NAMES, PROJECT_KEYS, TEAMS

DEPENDABOT = Account("dependabot[bot]", 49_699_333, "Bot")
ACTIONS = Account("github-actions[bot]", 41_898_282, "Bot")
# An ordinary account that a program uses: only a list can say so.
RENOVATE = Account("renovate-bot", 25_180_681)
AUTOMATION = Reporter("557058:f58131cb-b67d-43c7-b30d-6b58d40bd077", "Automation for Jira", "", "app")
# Files what customers tell on the telephone, from an ordinary account: only a list of reporters can say so.
SUPPORT_DESK = Reporter("5f00support0desk", "Support Desk", "support@harbourline.example")
ASSISTANTS = (
    "Co-authored-by: Copilot <198982749+Copilot@users.noreply.github.com>",
    "Co-Authored-By: Claude <noreply@anthropic.com>",
)
BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def opaque(world: World, length: int) -> str:
    """An identifier such as PagerDuty gives."""
    return "".join(world.rng.choice(BASE36) for _ in range(length))


def make_teams(world: World) -> None:
    """Teams; the last of several works without sprints."""
    config = world.config
    for index in range(min(config.teams, config.people)):
        name = TEAMS[index] if index < len(TEAMS) else f"Team {index + 1}"
        key = PROJECT_KEYS[index] if index < len(PROJECT_KEYS) else f"TM{index + 1}"
        is_kanban = index > 0 and index == min(config.teams, config.people) - 1
        world.teams.append(
            Team(
                team_id=name.lower().replace(" ", "-"),
                name=name,
                project_key=key,
                project_id=10_000 + index,
                board_id=20 + index,
                has_sprints=config.has_sprints and not is_kanban,
            )
        )


def make_people(world: World) -> None:
    """People spread over the teams; some change teams, join late, leave, or take a long leave."""
    rng, config = world.rng, world.config
    for index in range(config.people):
        world.people.append(_person(world, index, world.teams[index % len(world.teams)]))
    for index, person in enumerate(world.people):
        person.memberships = _memberships(world, index, person)
    heroes = [
        person
        for person in world.people
        if person.team_id == world.teams[-2 if len(world.teams) > 1 else 0].team_id
    ]
    for person in heroes[:2] if len(heroes) > 2 else []:
        person.is_hero = True
    if config.people >= 8:
        contractor = _person(world, config.people, world.teams[0])
        contractor.is_listed = False
        contractor.emails = [f"{contractor.account.login}@contractors.example"]
        world.contractors.append(contractor)
    for index in range(8):
        name = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
        world.customers.append(
            Reporter(
                f"qm:{index:04d}-{opaque(world, 10).lower()}",
                name,
                f"customer{index}@clients.example",
                "customer",
            )
        )


def _person(world: World, index: int, team: Team) -> Person:
    rng, config = world.rng, world.config
    first = FIRST_NAMES[index * 7 % len(FIRST_NAMES)]
    last = LAST_NAMES[(index * 11 + index // len(FIRST_NAMES)) % len(LAST_NAMES)]
    handle = f"{first}.{last}".lower() + (str(index) if index >= 50 else "")
    login = handle.replace(".", "-")
    number = 1_000_000 + index * 4_211 + rng.randrange(4_000)
    emails = [f"{handle}@{config.organisation}.example"]
    if index % 3 == 1:
        emails.append(f"{first.lower()}{index}@mail.example")
    if index % 4 == 2:
        emails.append(f"{number}+{login}@users.noreply.github.com")
    if index % 5 == 0:
        emails.append(f"{handle}@oldname.example")
    return Person(
        person_id=f"p{index + 1:03d}",
        name=f"{first} {last}",
        emails=emails,
        account=Account(login, number),
        jira_id=f"5f{index:02x}{rng.randrange(16**18):018x}",
        pagerduty_id="P" + opaque(world, 6),
        offset=rng.choice((0, 60, 60, 120, -300)),
        team_id=team.team_id,
        joined_at=config.start - 400 * DAY,
    )


def _memberships(world: World, index: int, person: Person) -> list[Membership]:
    """Dated memberships: some people move, overlap on the day of the move, pause, join late or leave."""
    config, rng = world.config, world.rng
    span = config.end - config.start
    first = Membership(person.team_id, on(person.joined_at))
    others = [team.team_id for team in world.teams if team.team_id != person.team_id]
    if index % 8 == 5 and others:
        changed = config.start + int(span * rng.uniform(0.3, 0.7))
        overlap = changed if index % 16 == 5 else changed - DAY
        first.to_on = on(overlap)
        return [first, Membership(rng.choice(others), on(changed))]
    if index % 12 == 7:
        person.away_from = config.start + int(span * 0.45)
        person.away_to = person.away_from + min(60 * DAY, span // 6)
        first.to_on = on(person.away_from - DAY)
        return [first, Membership(person.team_id, on(person.away_to))]
    if index % 11 == 9:
        person.joined_at = config.start + int(span * 0.35)
        first.from_on = on(person.joined_at)
    if index % 13 == 10:
        person.left_at = config.start + int(span * 0.72)
        first.to_on = on(person.left_at)
    if index % 10 == 3 and others:
        # Lent to another team for a while: two memberships on one day.
        lent = config.start + int(span * 0.55)
        return [first, Membership(rng.choice(others), on(lent), on(lent + min(45 * DAY, span // 8)))]
    return [first]


def team_at(world: World, person: Person, instant: int) -> Team | None:
    """The person's team on a day: of several the latest begun, then the smallest `team_id`; None in a gap."""
    day = on(instant)
    held = [m for m in person.memberships if m.from_on <= day and (m.to_on is None or day <= m.to_on)]
    if not held:
        return None
    latest = max(m.from_on for m in held)
    team_id = min(m.team_id for m in held if m.from_on == latest)
    return next(team for team in world.teams if team.team_id == team_id)


def at_work(person: Person, instant: int) -> bool:
    """Whether a person has joined, has not left and is not on leave."""
    if instant < person.joined_at or (person.left_at is not None and instant >= person.left_at):
        return False
    return not (
        person.away_from is not None
        and person.away_to is not None
        and person.away_from <= instant < person.away_to
    )


def colleagues(world: World, person: Person) -> list[Person]:
    """Others at work now, those of the same team if there are any."""
    others = [other for other in world.people if other is not person and at_work(other, world.now)]
    team = team_at(world, person, world.now)
    return [other for other in others if team and team_at(world, other, world.now) is team] or others


def tracker_account(person: Person) -> Reporter:
    """The person's account in the tracker."""
    return Reporter(person.jira_id, person.name, person.emails[0])


def email_at(person: Person, world: World) -> str:
    """The address that a person's machine signs commits with today."""
    return world.rng.choice(person.emails) if world.chance(0.25) else person.emails[0]


def make_company(config: SimulationConfig, world: World) -> None:
    """Teams, then people."""
    make_teams(world)
    make_people(world)
