"""Deployments: cadence, pipelines, release trains, roll-backs, and changes that break what they reach."""

from __future__ import annotations

from functools import partial

from scorecard.simulate.clock import DAY, HOUR, moment, work_after
from scorecard.simulate.codebase import apply_changes, working_changes
from scorecard.simulate.history import Commit, Signature, differences
from scorecard.simulate.incidents import Incidents
from scorecard.simulate.people import ACTIONS, at_work, team_at
from scorecard.simulate.pulls import Pulls
from scorecard.simulate.state import Account, Change, Deployment, Person, PullRequest, Repo, Service, World
from scorecard.simulate.words import word

# The deployment tool was connected this long after the span begins.
FIRST_KNOWN = 20 * DAY
# Staged roll-outs were introduced here, as a share of the span; fewer deployments fail from then on.
STAGED_FROM = 0.62


class Deployments:
    """Takes merged changes to production."""

    def __init__(self, world: World, pulls: Pulls, incidents: Incidents) -> None:
        self.world, self.pulls, self.incidents = world, pulls, incidents
        pulls.merged_listeners.append(self.on_merge)

    def start(self) -> None:
        """Begin the cadence of every service, and the habits of its repository."""
        world = self.world
        first = world.config.start + min(FIRST_KNOWN, (world.config.end - world.config.start) // 5)
        for service in world.services:
            if service.has_production:
                at = work_after(first + world.rng.randrange(2 * DAY), 4 * world.rng.random())
                world.at(at, partial(self.consider, service))
            if service.has_develop:
                world.at(first + 15 * DAY, partial(self.develop, service))

    def on_merge(self, pull: PullRequest) -> None:
        """A merged change waits for the next deployment of its services."""
        if pull.base_branch == pull.repo.git.default_branch:
            for service in pull.services:
                service.pending.append(pull)

    def consider(self, service: Service) -> None:
        """Deploy if anything waits, then think of it again."""
        world = self.world
        gap = 8.5 * service.days_between_deployments * (0.35 + 0.65 * world.rng.expovariate(1.0))
        world.at(work_after(world.now, gap), lambda: self.consider(service))
        if not service.pending:
            return
        if service.uses_trains and world.every("release train", 3):
            self.train(service)
        else:
            self.release(service)

    def release(self, service: Service) -> None:
        """Deploy the default branch as it is."""
        git = service.repo.git
        carried, service.pending = service.pending, []
        self.deploy(service, git.head, git.default_branch, carried)

    def deploy(self, service: Service, commit: Commit, ref: str, carried: list[PullRequest]) -> None:
        """Staging first where there is one, then production."""
        world = self.world
        if not service.has_production:
            return
        delay = 0
        if service.environment != "prod" and world.every("staging first", 3):
            staging = self._create(
                service, commit, ref, world.rng.choice(("staging", "staging", "qa", "preview"))
            )
            self._run(staging, 200)
            delay = world.rng.randrange(1200, 4800)
        world.at(world.now + delay, lambda: self.produce(service, commit, ref, carried))

    def _create(
        self, service: Service, commit: Commit, ref: str, environment: str, task: str = "deploy"
    ) -> Deployment:
        world = self.world
        creator = ACTIONS
        if world.every("deployed by hand", 9):
            creator = world.rng.choice(world.people).account
        deployment = Deployment(
            identifier=world.next_id("deployment", 1_200_000_000),
            repo=service.repo,
            service=service,
            environment=environment,
            commit=commit,
            ref=ref,
            created_at=world.now,
            creator=creator,
            is_production=environment.startswith("prod"),
            task=task,
        )
        world.deployments.append(deployment)
        return deployment

    def _status(self, deployment: Deployment, state: str, creator: Account = ACTIONS) -> None:
        number = self.world.next_id("status", 2_200_000_000)
        deployment.statuses.append((number, state, self.world.now, creator))

    def _run(self, deployment: Deployment, seconds: int, result: str = "success") -> int:
        """Report the pipeline's states as they come; returns when it ends."""
        world = self.world
        begin = world.now + world.rng.randrange(15, 90)
        if not world.every("start not reported", 30):
            world.at(world.now + 2, lambda: self._status(deployment, "queued"))
            world.at(begin, lambda: self._status(deployment, "in_progress"))
        world.at(begin + seconds, lambda: self._status(deployment, result))
        return begin + seconds

    def produce(self, service: Service, commit: Commit, ref: str, carried: list[PullRequest]) -> None:
        """One production deployment, with all that can happen to it."""
        world = self.world
        deployment = self._create(service, commit, ref, service.environment)
        deployment.carried = carried
        if world.every("never left the queue", 70):
            self._status(deployment, "queued")
            world.at(world.now + 3600, lambda: self.produce(service, commit, ref, carried))
            return
        seconds = world.rng.randrange(200, 900)
        if world.every("pipeline failed", 19):
            result = "error" if world.every("pipeline error", 4) else "failure"
            ended = self._run(deployment, seconds, result)
            world.at(
                ended + world.rng.randrange(1800, 6000), lambda: self.produce(service, commit, ref, carried)
            )
            return
        if world.every("second job", 14):
            job = self._create(service, commit, ref, service.environment, task="deploy:assets")
            self._run(job, seconds + world.rng.randrange(60, 1500))
        if service.is_environment_listed and world.every("environment that no service names", 20):
            self._run(self._create(service, commit, ref, "production"), seconds)
        ended = self._run(deployment, seconds)
        world.at(ended, lambda: self.succeeded(service, deployment))

    def succeeded(self, service: Service, deployment: Deployment) -> None:
        """In production: the one before is inactive, and some time later all is well or not."""
        world = self.world
        if service.deployments and world.every("inactive", 2):
            self._status(service.deployments[-1], "inactive")
        deployment.succeeded_at = world.now
        service.deployments.append(deployment)
        if world.every("redeployed", 26):
            at = work_after(world.now + 2 * HOUR, 4 * world.rng.random())
            world.at(at, lambda: self.redeploy(service, deployment))
        if deployment.ref.endswith(".0") and world.every("release repaired", 11):
            person = self._fixer(service)
            if person is not None:
                self.incidents.occur(service, [deployment])
                at = work_after(world.now, 0.5)
                world.at(at, partial(self.patch_release, service, deployment, person))
            return
        progress = (world.now - world.config.start) / (world.config.end - world.config.start)
        risk = 0.17 if progress < STAGED_FROM else 0.025
        if world.chance(risk * (1.2 if service.uses_trains else 1.0)):
            delay = int(world.spread(1.2, 0.8) * HOUR)
            world.at(world.now + delay, lambda: self.broken(service, deployment))

    def redeploy(self, service: Service, deployment: Deployment) -> None:
        """The same commit once more, hours later."""
        if service.deployments and service.deployments[-1] is deployment:
            again = self._create(service, deployment.commit, deployment.ref, service.environment)
            ended = self._run(again, 300)
            self.world.at(ended, lambda: service.deployments.append(again))

    def broken(self, service: Service, deployment: Deployment) -> None:
        """A deployment broke something: how it shows, and how it is repaired."""
        world = self.world
        mode = world.rng.choice(
            ("alert", "alert", "named", "named", "revert", "rollback", "hotfix", "hotfix")
        )
        person = self._fixer(service)
        suspects = [
            pull for pull in deployment.carried if pull.merge_commit is not None and pull.author is not None
        ]
        if mode == "named":
            named = [deployment]
            if len(service.deployments) > 1 and world.every("two deployments named", 4):
                named.insert(0, service.deployments[-2])
            self.incidents.occur(service, named)
        elif mode != "revert" or world.chance(0.6):
            self.incidents.occur(service)
        if person is None:
            return
        if suspects and world.every("reverted long after", 15):
            # Too late to say that the deployment failed.
            world.at(work_after(world.now + 40 * DAY, 2), lambda: self.revert(service, suspects[0], person))
        delay = world.now + world.rng.randrange(900, 5400)
        if mode == "rollback" and len(service.deployments) > 1:
            world.at(delay, lambda: self.roll_back(service, deployment))
        elif mode == "revert" and suspects:
            world.at(delay, lambda: self.revert(service, suspects[-1], person))
        elif mode == "hotfix":
            world.at(delay, lambda: self.hotfix(service, deployment, suspects, person))

    def _fixer(self, service: Service) -> Person | None:
        world = self.world
        there = [person for person in world.people if at_work(person, world.now)]
        own = [person for person in there if team_at(world, person, world.now) is service.team]
        return world.rng.choice(own or there) if there else None

    def roll_back(self, service: Service, deployment: Deployment) -> None:
        """Put the earlier commit back; a fix follows in the usual way."""
        if not service.deployments or service.deployments[-1] is not deployment:
            return
        earlier = next((d for d in reversed(service.deployments) if d.commit is not deployment.commit), None)
        if earlier is None:
            return
        back = self._create(service, earlier.commit, earlier.ref, service.environment, task="rollback")
        back.payload = {"reason": "rollback"}
        ended = self._run(back, 150)
        self.world.at(ended, lambda: service.deployments.append(back))
        service.pending = [*deployment.carried, *service.pending]

    def revert(self, service: Service, pull: PullRequest, person: Person) -> None:
        """Revert a change, ship that, and often bring the change back days later."""
        world = self.world
        extra = None
        if world.every("impure revert", 3):
            extra = working_changes(world, person, pull.repo, pull.repo.git.head.tree, service)
        revert = self.pulls.revert(pull, person, extra)
        self._rush(revert, service)
        if world.every("re-land", 2):
            at = work_after(world.now + DAY, 4 + 12 * world.rng.random())
            world.at(at, lambda: self._reland(revert, pull, person))

    def _reland(self, revert: PullRequest, pull: PullRequest, person: Person) -> None:
        if revert.merge_commit is not None:
            self.pulls.reland(revert, pull, person)

    def _rush(self, pull: PullRequest, service: Service) -> None:
        """Through review at once and to production right after the merge."""
        world = self.world
        pull.is_hotfix = True
        pull.on_merge = lambda: world.at(
            world.now + world.rng.randrange(300, 1500), lambda: self.release(service)
        )
        self.pulls.open(pull)
        self.pulls.ready(pull)

    def hotfix(
        self, service: Service, deployment: Deployment, suspects: list[PullRequest], person: Person
    ) -> None:
        """Repair forward, on a hotfix branch or under a label, naming what it repairs."""
        world = self.world
        if service.uses_trains and deployment.ref.startswith("v"):
            self.patch_release(service, deployment, person)
            return
        repo = service.repo
        title = f"Repair {word(world.rng)} {word(world.rng)}"
        is_branch = world.every("hotfix branch", 2)
        branch = (
            f"hotfix/{word(world.rng)}-{world.rng.randrange(999)}"
            if is_branch
            else f"repair-{world.rng.randrange(9999)}"
        )
        pull = self.pulls.begin(repo, person.account, title, branch, person)
        pull.services = [service]
        pull.labels = ["bug"] if is_branch else ["hotfix"]
        if suspects and world.every("fix names the change", 2):
            pull.body = f"Hotfix for #{suspects[-1].number}"
        elif world.every("fix names the deployment", 2):
            pull.body = f"Fixes deployment {deployment.identifier}"
        assert pull.tree is not None
        self.pulls.commit(pull, working_changes(world, person, repo, pull.tree, service), title)
        self._rush(pull, service)

    def train(self, service: Service) -> None:
        """Cut a release branch, tag a commit that only this branch has, and deploy the tag."""
        world, git = self.world, service.repo.git
        at = moment(world.now)
        version = f"{at.year}.{at.timetuple().tm_yday:03d}"
        branch = f"release/{version}"
        if branch in git.branches:
            return
        person = self._fixer(service)
        if person is None:
            return
        change = Change("set", "VERSION.txt", content=f"{version}.0\n".encode())
        commit = self._on_branch(service, branch, person, git.head, change, f"Release {version}")
        self._tag(service.repo, f"v{version}.0", commit, person)
        carried, service.pending = service.pending, []
        self.deploy(service, commit, f"v{version}.0", carried)
        world.at(work_after(world.now, 9), lambda: self.back_merge(service, branch, person))

    def _on_branch(
        self, service: Service, branch: str, person: Person, tip: Commit, change: Change, message: str
    ) -> Commit:
        signature = Signature(person.name, person.emails[0], self.world.now, person.offset)
        commit = Commit(apply_changes(tip.tree, [change]), (tip,), signature, signature, message)
        service.repo.git.branches[branch] = commit
        return commit

    def _tag(self, repo: Repo, tag: str, commit: Commit, person: Person) -> None:
        world = self.world
        is_annotated = world.every("annotated tag", 2)
        tagger = Signature(person.name, person.emails[0], world.now, person.offset) if is_annotated else None
        repo.git.tags[tag] = (commit, tagger)
        world.releases.append((world.next_id("release", 150_000_000), repo, tag, world.now, person.account))

    def patch_release(self, service: Service, deployment: Deployment, person: Person) -> None:
        """A hotfix on the release branch: a pull request whose base is not the default branch."""
        world = self.world
        branch = "release/" + deployment.ref[1:].rsplit(".", 1)[0]
        if branch not in service.repo.git.branches:
            return
        pull = self.pulls.begin(
            service.repo, person.account, "Repair the release", f"hotfix/{branch[8:]}", person, base=branch
        )
        pull.services, pull.is_hotfix = [service], True
        pull.body = f"Fixes deployment {deployment.identifier}"
        assert pull.tree is not None
        self.pulls.commit(pull, working_changes(world, person, service.repo, pull.tree, service), pull.title)

        def ship() -> None:
            commit = service.repo.git.branches[branch]
            tag = deployment.ref.rsplit(".", 1)[0] + ".1"
            if tag not in service.repo.git.tags:
                self._tag(service.repo, tag, commit, person)
                self.deploy(service, commit, tag, [])
                world.at(work_after(world.now, 6), lambda: self.back_merge(service, branch, person))

        pull.on_merge = ship
        self.pulls.open(pull)
        self.pulls.ready(pull)

    def back_merge(self, service: Service, branch: str, person: Person, target: str = "") -> None:
        """Bring one long-lived branch into another by a pull request."""
        git = service.repo.git
        target = target or git.default_branch
        tip, base = git.branches[branch], git.branches[target]
        if tip is base:
            return
        pull = self.pulls.begin(
            service.repo, person.account, f"Merge {branch} into {target}", branch, person, base=target
        )
        pull.merge_style, pull.is_hotfix = "merge", True
        known = ancestors(base)
        while tip.sha not in known and len(pull.commits) < 50:
            pull.commits.insert(0, tip)
            brought = list(differences(tip.parents[0].tree, tip.tree))
            pull.changes.insert(0, [_as_change(path, content) for path, content in brought])
            tip = tip.parents[0]
        if not pull.commits:
            return
        self.pulls.open(pull)
        self.pulls.ready(pull)

    def develop(self, service: Service) -> None:
        """Some work gathers on `develop`, which is merged to the default branch and brought up again."""
        world, git = self.world, service.repo.git
        world.at(world.now + world.rng.randrange(38 * DAY, 60 * DAY), lambda: self.develop(service))
        person = self._fixer(service)
        if person is None:
            return
        name = f"{word(world.rng)}_{world.rng.randrange(999)}"
        change = Change("add", f"src/jobs/{name}.py", content=f"# {name} job\nrun = {name!r}\n".encode())
        tip = git.branches.get("develop", git.head)
        self._on_branch(service, "develop", person, tip, change, "Collect for the next release")
        world.at(work_after(world.now, 3), lambda: self.back_merge(service, "develop", person))
        at = work_after(world.now, 24)
        world.at(at, lambda: self.back_merge(service, git.default_branch, person, target="develop"))


def ancestors(tip: Commit) -> set[str]:
    """Names of a commit and all that it is made from."""
    found: set[str] = set()
    stack = [tip]
    while stack:
        commit = stack.pop()
        if commit.sha not in found:
            found.add(commit.sha)
            stack.extend(commit.parents)
    return found


def _as_change(path: str, content: bytes | None) -> Change:
    return Change("delete", path) if content is None else Change("set", path, content=content)
