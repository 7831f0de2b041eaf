"""Services and their repositories: two share a monorepo, one is never deployed, each merges its own way."""

from __future__ import annotations

from scorecard.simulate.clock import DAY, HOUR
from scorecard.simulate.codebase import apply_changes, first_files, surroundings
from scorecard.simulate.history import EMPTY, Commit, GitRepository, Signature
from scorecard.simulate.people import opaque
from scorecard.simulate.state import Change, Person, Repo, Service, Team, World
from scorecard.simulate.words import SERVICES

MONOREPO_SERVICES = 2
# One import of more files than a commit may touch and still say who knows them.
BIG_IMPORT = 204


def make_services(world: World) -> None:
    """Services, repositories and the history from before the simulated span."""
    config = world.config
    count = config.services
    for index in range(count):
        name = SERVICES[index] if index < len(SERVICES) else f"Service {index + 1}"
        service_id = name.lower().replace(" ", "-")
        in_monorepo = count > MONOREPO_SERVICES and index < MONOREPO_SERVICES
        # Unlike the others, the last of several is a library: nothing of it runs anywhere.
        is_library = count >= 4 and index == min(count, 6) - 1
        team = world.teams[_owner(index, len(world.teams))]
        service = Service(
            service_id=service_id,
            name=name,
            team=team,
            repo=_repo(world, index, "platform" if in_monorepo else service_id),
            prefix=f"services/{service_id}/" if in_monorepo else "",
            environment=f"production-{service_id}"
            if in_monorepo
            else ("prod" if index == 3 else "production"),
            is_environment_listed=in_monorepo,
            has_production=config.has_deployments and not is_library,
            days_between_deployments=3.6 if index == 4 else 1.45,
            alert_id="P" + opaque(world, 6),
            has_alerts=not is_library and index != 4,
            uses_trains=index == 3,
            has_develop=index == 4,
        )
        world.services.append(service)
        team.services.append(service)
    for repo in world.repos:
        _first_history(world, repo)


def _owner(index: int, teams: int) -> int:
    """Checkout has the monorepo; the last team has what comes late in the list."""
    return {0: 0, 1: 0, 2: 1, 3: 2, 4: 3, 5: 3}.get(index, index) % teams


def _repo(world: World, index: int, short_name: str) -> Repo:
    name = f"{world.config.organisation}/{short_name}"
    for repo in world.repos:
        if repo.name == name:
            return repo
    git = GitRepository(name, "master" if index == 4 else "main")
    style = {3: "merge", 4: "rebase"}.get(index, "squash")
    repo = Repo(git, number=world.next_id("repo", 700_000_000), merge_style=style)
    world.repos.append(repo)
    return repo


def _first_history(world: World, repo: Repo) -> None:
    """Months of work before the span: first files by those who own them, and first edits."""
    rng = world.rng
    services = [service for service in world.services if service.repo is repo]
    at = world.config.start - 300 * DAY + rng.randrange(20 * DAY)
    author = _author(world, services[0].team)
    tip = _plain(None, author, at, surroundings(world), "Initial commit")
    if len(services) > 1:
        # Only whole path segments make a prefix: this folder belongs to no service.
        at += DAY
        legacy = [
            Change("add", f"{services[0].prefix[:-1]}-legacy/src/{n}.py", content=b"pass\n") for n in "abc"
        ]
        tip = _plain(tip, author, at, legacy, "Keep what is left of the old code")
    for service in services:
        size = (
            BIG_IMPORT
            if service is world.services[min(2, len(world.services) - 1)]
            else rng.randrange(40, 56)
        )
        if size == BIG_IMPORT and world.config.people > 3:
            at += DAY + rng.randrange(9 * HOUR)
            files = first_files(world, service.prefix, size)
            tip = _plain(tip, author, at, files, "Import from the old repository")
        else:
            for _ in range(8):
                at += DAY + rng.randrange(9 * HOUR)
                tip = _start_files(world, service, tip, at)
    for _ in range(12 * len(services)):
        at += rng.randrange(2 * DAY) + HOUR
        service = rng.choice(services)
        person = _author(world, service.team)
        mine = [f.split(":", 1)[1] for f in person.favourites if f.startswith(f"{service.service_id}:")]
        if mine:
            edit = Change("edit", rng.choice(mine), token=rng.randrange(1 << 30))
            tip = _plain(tip, person, at, [edit], "Adjust after first use")
    repo.git.branches[repo.git.default_branch] = tip


def _start_files(world: World, service: Service, tip: Commit, at: int) -> Commit:
    person = _author(world, service.team)
    files = first_files(world, service.prefix, 6)
    person.favourites.extend(f"{service.service_id}:{change.path}" for change in files)
    return _plain(tip, person, at, files, f"Start {service.name.lower()}")


def _author(world: World, team: Team) -> Person:
    """Someone who was there from the start, a hero where the team has one."""
    members = [
        p for p in world.people if p.team_id == team.team_id and p.joined_at < world.config.start
    ] or world.people
    heroes = [person for person in members if person.is_hero]
    return world.rng.choice(heroes if heroes and world.chance(0.8) else members)


def _plain(parent: Commit | None, person: Person, at: int, changes: list[Change], message: str) -> Commit:
    signature = Signature(person.name, person.emails[0], at, person.offset)
    tree = apply_changes(parent.tree if parent else EMPTY, changes)
    return Commit(tree, (parent,) if parent else (), signature, signature, message)
