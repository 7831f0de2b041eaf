"""Pull requests: branches and their commits, opening, review, and the three ways to merge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from scorecard.simulate.clock import DAY, work_after
from scorecard.simulate.codebase import apply_changes, inverse, working_changes
from scorecard.simulate.history import Commit, Signature, Tree, differences
from scorecard.simulate.people import ASSISTANTS, at_work, colleagues, email_at
from scorecard.simulate.state import Account, Change, Issue, Person, PullRequest, Repo, Review, Service, World
from scorecard.simulate.words import slug, task_title

GITHUB = ("GitHub", "noreply@github.com")
REVIEW_BOT = Account("review-helper[bot]", 90_118_223, "Bot")


class Pulls:
    """Writes commits on branches and takes pull requests through review to their merge."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.merged_listeners: list[Callable[[PullRequest], None]] = []

    def begin(
        self,
        repo: Repo,
        account: Account,
        title: str,
        branch: str,
        author: Person | None = None,
        base: str = "",
        issue: Issue | None = None,
    ) -> PullRequest:
        """A branch from today's base; its pull request gets a number when it opens."""
        base = base or repo.git.default_branch
        tip = repo.git.branches[base]
        return PullRequest(
            number=0,
            identifier=0,
            repo=repo,
            account=account,
            title=title,
            branch=branch,
            base_branch=base,
            created_at=self.world.now,
            base_sha=tip.sha,
            author=author,
            issue=issue,
            tree=tip.tree,
        )

    def signature(self, pull: PullRequest) -> Signature:
        """Name, address and clock of the author's machine."""
        if pull.author is None:
            address = f"{pull.account.number}+{pull.account.login}@users.noreply.github.com"
            return Signature(pull.account.login, address, self.world.now)
        email = email_at(pull.author, self.world)
        return Signature(pull.author.name, email, self.world.now, pull.author.offset)

    def commit(self, pull: PullRequest, changes: list[Change], message: str) -> Commit:
        """One commit on the pull request's branch."""
        assert pull.tree is not None
        pull.tree = apply_changes(pull.tree, changes)
        parent = pull.commits[-1] if pull.commits else self._tip_of_base(pull)
        signature = self.signature(pull)
        if self.world.every("clock of a machine is wrong", 400):
            # Three weeks ahead: the author date lies after the merge.
            signature = replace(signature, at=signature.at + 21 * DAY)
        commit = Commit(pull.tree, (parent,), signature, signature, message + self._trailers(pull))
        pull.commits.append(commit)
        pull.changes.append(changes)
        pull.updated_at = self.world.now
        return commit

    def _tip_of_base(self, pull: PullRequest) -> Commit:
        tip = pull.repo.git.branches[pull.base_branch]
        pull.base_sha = tip.sha
        pull.tree = apply_changes(tip.tree, [change for changes in pull.changes for change in changes])
        return tip

    def _trailers(self, pull: PullRequest) -> str:
        if pull.author is None:
            return ""
        if self.world.every("assistant as co-author", 14):
            return "\n\n" + ASSISTANTS[pull.created_at % 2]
        if self.world.every("co-author", 16):
            others = colleagues(self.world, pull.author)
            if others:
                other = self.world.rng.choice(others)
                key = "co-authored-by" if self.world.every("trailer in lower case", 5) else "Co-authored-by"
                return f"\n\n{key}: {other.name} <{self.world.rng.choice(other.emails)}>"
        return ""

    def take_in_base(self, pull: PullRequest) -> None:
        """Merge the base branch into the feature branch."""
        tip = pull.repo.git.branches[pull.base_branch]
        if not pull.commits or tip.sha == pull.base_sha:
            return
        pull.tree = apply_changes(tip.tree, [change for changes in pull.changes for change in changes])
        signature = self.signature(pull)
        message = f"Merge branch '{pull.base_branch}' into {pull.branch}"
        pull.commits.append(Commit(pull.tree, (pull.commits[-1], tip), signature, signature, message))
        pull.changes.append([])

    def open(self, pull: PullRequest, is_draft: bool = False) -> None:
        """Open the pull request, as a draft or ready for review."""
        world, repo = self.world, pull.repo
        repo.next_number += world.every("a real issue takes the number", 40)
        pull.number, repo.next_number = repo.next_number, repo.next_number + 1
        pull.identifier = world.next_id("pull", 2_100_000_000)
        pull.created_at, pull.updated_at, pull.is_opened = world.now, world.now, True
        pull.was_draft = is_draft
        pull.are_commits_exported = not world.every("commits not exported", 50)
        repo.pulls.append(pull)

    def ready(self, pull: PullRequest) -> None:
        """Ask for review; without anyone else at work the author merges alone."""
        world = self.world
        pull.ready_at = pull.updated_at = world.now
        reviewers = (
            colleagues(world, pull.author)
            if pull.author
            else [p for p in world.people if at_work(p, world.now)]
        )
        if not reviewers or world.every("merged without review", 25):
            if world.every("author comments alone", 2):
                self._review(pull, pull.account, "COMMENTED", "Small enough to go in as it is.")
            world.at(work_after(world.now, world.spread(1.0)), lambda: self.merge(pull))
            return
        heroes = [person for person in reviewers if person.is_hero]
        reviewer = world.rng.choice(heroes if heroes and world.chance(0.5) else reviewers)
        pull.requested = reviewer.account
        if world.every("bot reviews", 12):
            self._review(pull, REVIEW_BOT, "COMMENTED", "Looks tidy. Two nits inline.")
        if world.every("author comments", 15):
            self._review(pull, pull.account, "COMMENTED", "See the note on the second file.")
        hours = world.spread(0.5 if pull.is_hotfix else 3.0 if reviewer.is_hero else 2.0, 0.8)
        world.at(work_after(world.now, hours, reviewer.offset), lambda: self.first_review(pull, reviewer))

    def _review(self, pull: PullRequest, account: Account, state: str, body: str = "") -> None:
        sha = pull.commits[-1].sha
        pull.reviews.append(
            Review(self.world.next_id("review", 1_900_000_000), account, state, self.world.now, sha, body)
        )
        pull.updated_at = self.world.now

    def early_review(self, pull: PullRequest) -> None:
        """Someone looks at a draft before its author asks for it."""
        others = colleagues(self.world, pull.author) if pull.author else []
        if others:
            self._review(pull, others[0].account, "COMMENTED", "Early thoughts, before it is ready.")

    def first_review(self, pull: PullRequest, reviewer: Person) -> None:
        """Approve, or ask for changes and look again."""
        world = self.world
        if pull.closed_at is not None:
            return
        if pull.is_doomed:
            self._review(pull, reviewer.account, "COMMENTED", "Let us not do this after all.")
            world.at(work_after(world.now, world.spread(6.0)), lambda: self.close(pull))
        elif pull.is_hotfix or world.chance(0.62):
            self._review(pull, reviewer.account, "APPROVED")
            world.at(
                work_after(world.now, world.spread(0.3 if pull.is_hotfix else 0.7)), lambda: self.merge(pull)
            )
        else:
            state = "CHANGES_REQUESTED" if world.chance(0.5) else "COMMENTED"
            self._review(pull, reviewer.account, state, "A few questions.")
            world.at(work_after(world.now, world.spread(1.6)), lambda: self._fix_up(pull, reviewer))

    def _fix_up(self, pull: PullRequest, reviewer: Person) -> None:
        world = self.world
        if world.every("history of the branch rewritten", 9):
            self._rewrite(pull)
        if pull.author is not None and pull.services and pull.tree is not None:
            changes = working_changes(world, pull.author, pull.repo, pull.tree, pull.services[0])
            self.commit(
                pull, changes[:1], world.rng.choice(("Address review", "Fix tests", "Rename for clarity"))
            )
            if world.every("base taken in", 3):
                self.take_in_base(pull)
        world.at(
            work_after(world.now, world.spread(1.2), reviewer.offset), lambda: self._approve(pull, reviewer)
        )

    def _rewrite(self, pull: PullRequest) -> None:
        """The branch becomes one commit with today's author date: the opening is older than that."""
        changes = [change for part in pull.changes for change in part]
        message = pull.commits[0].message
        pull.commits, pull.changes, pull.tree = [], [], None
        tip = self._tip_of_base(pull)
        signature = self.signature(pull)
        pull.tree = apply_changes(tip.tree, changes)
        pull.commits.append(Commit(pull.tree, (tip,), signature, signature, message))
        pull.changes.append(changes)

    def _approve(self, pull: PullRequest, reviewer: Person) -> None:
        self._review(pull, reviewer.account, "APPROVED")
        self.world.at(work_after(self.world.now, self.world.spread(0.6)), lambda: self.merge(pull))

    def close(self, pull: PullRequest) -> None:
        """Close without a merge."""
        pull.closed_at = pull.updated_at = self.world.now

    def merge(self, pull: PullRequest) -> None:
        """Merge the way the repository does, then tell whoever waits for it."""
        if pull.closed_at is not None or pull.merged_at is not None:
            return
        if pull.is_doomed:
            self.close(pull)
            return
        world, git = self.world, pull.repo.git
        tip = git.branches[pull.base_branch]
        everything = [change for changes in pull.changes for change in changes]
        style = pull.merge_style or pull.repo.merge_style
        if style == "merge":
            merged = self._merge_commit(pull, tip, apply_changes(tip.tree, everything))
        elif style == "rebase":
            merged = self._rebase(pull, tip)
        else:
            merged = self._squash(pull, tip, apply_changes(tip.tree, everything))
        pull.before, pull.merge_commit = tip, merged
        git.branches[pull.base_branch] = merged
        pull.merged_at = pull.closed_at = pull.updated_at = world.now
        if pull.on_merge is not None:
            pull.on_merge()
        for listener in self.merged_listeners:
            listener(pull)
        if pull.author is not None and world.every("review after the merge", 45):
            others = colleagues(world, pull.author)
            if others:
                late = others[-1].account
                world.at(
                    world.now + 3 * DAY, lambda: self._review(pull, late, "COMMENTED", "Saw this only now.")
                )

    def _web(self) -> Signature:
        return Signature(*GITHUB, self.world.now)

    def _squash(self, pull: PullRequest, tip: Commit, tree: Tree) -> Commit:
        trailers = [
            line
            for c in pull.commits
            for line in c.message.splitlines()
            if line.lower().startswith("co-authored-by:")
        ]
        bullets = "\n".join(f"* {commit.message.splitlines()[0]}" for commit in pull.commits)
        message = f"{pull.title} (#{pull.number})\n\n{bullets}"
        reverted = [
            line
            for c in pull.commits
            for line in c.message.splitlines()
            if line.startswith("This reverts commit")
        ]
        for block in (reverted, list(dict.fromkeys(trailers))):
            if block:
                message += "\n\n" + "\n".join(block)
        author = self.signature(pull)
        return Commit(tree, (tip,), author, self._web(), message)

    def _merge_commit(self, pull: PullRequest, tip: Commit, tree: Tree) -> Commit:
        owner = pull.repo.name.split("/")[0]
        message = f"Merge pull request #{pull.number} from {owner}/{pull.branch}\n\n{pull.title}"
        return Commit(tree, (tip, pull.commits[-1]), self.signature(pull), self._web(), message)

    def _rebase(self, pull: PullRequest, tip: Commit) -> Commit:
        for commit, changes in zip(pull.commits, pull.changes, strict=True):
            if len(commit.parents) > 1:
                continue
            committer = self.signature(pull)
            tip = Commit(apply_changes(tip.tree, changes), (tip,), commit.author, committer, commit.message)
        return tip

    def push_directly(self, person: Person, repo: Repo, service: Service) -> None:
        """A commit straight to the default branch."""
        tip = repo.git.head
        changes = working_changes(self.world, person, repo, tip.tree, service)
        signature = Signature(person.name, email_at(person, self.world), self.world.now, person.offset)
        message = self.world.rng.choice(("Fix typo", "Bump timeout", "Quick fix", "Update settings"))
        repo.git.branches[repo.git.default_branch] = Commit(
            apply_changes(tip.tree, changes), (tip,), signature, signature, message
        )

    def revert(self, pull: PullRequest, person: Person, extra: list[Change] | None = None) -> PullRequest:
        """Undo a merged pull request as the code host words it; with `extra` it is not only a revert."""
        assert pull.merge_commit is not None and pull.before is not None
        repo = pull.repo
        revert = self.begin(
            repo, person.account, f'Revert "{pull.title}"', f"revert-{pull.number}-{pull.branch}", person
        )
        # Undone on a machine, only the commit says what it undoes.
        revert.body = "" if self.world.every("reverted by hand", 4) else f"Reverts {repo.name}#{pull.number}"
        revert.services = list(pull.services)
        paths = [path for path, _ in differences(pull.before.tree, pull.merge_commit.tree)]
        changes = inverse(pull.before.tree, repo.git.head.tree, paths)
        message = f'Revert "{pull.title}"\n\nThis reverts commit {pull.merge_commit.sha}.'
        self.commit(revert, changes, message)
        if extra:
            self.commit(revert, extra, "Keep the new settings page while at it")
        return revert

    def reland(self, revert: PullRequest, pull: PullRequest, person: Person) -> None:
        """Bring a reverted change back, in one of the two wordings."""
        is_reapply = self.world.every("reapply", 2)
        title = f'Reapply "{pull.title}"' if is_reapply else f'Revert "{revert.title}"'
        branch = f"{'reapply' if is_reapply else 'revert'}-{revert.number}-{pull.branch}"
        again = self.begin(pull.repo, person.account, title, branch, person)
        again.services = list(pull.services)
        again.body = f"Reverts {pull.repo.name}#{revert.number}"
        assert pull.merge_commit is not None and pull.before is not None and revert.merge_commit is not None
        paths = [path for path, _ in differences(pull.before.tree, pull.merge_commit.tree)]
        changes = [
            Change("set", p, content=data)
            for p in paths
            if (data := pull.merge_commit.tree.get(p)) is not None
        ]
        self.commit(again, changes, f"{title}\n\nThis reverts commit {revert.merge_commit.sha}.")
        self.open(again)
        self.ready(again)


def branch_name(world: World, person: Person, issue: Issue | None, title: str) -> str:
    """`chk-12-cache-price-lists`, with or without the key, with the prefixes that people use."""
    stem = slug(title)
    if issue is None:
        return f"{person.name.split()[0].lower()}/{stem}"
    key = issue.old_keys[0] if issue.old_keys and world.every("old key", 2) else issue.key
    kind = "fix" if issue.kind == "Bug" else "feature"
    return world.rng.choice((f"{key.lower()}-{stem}", f"{kind}/{key}-{stem}", f"{kind}/{key.lower()}_{stem}"))


def place_key(world: World, pull: PullRequest, person: Person, issue: Issue | None) -> str:
    """Name the issue in branch, title, body or commits. Returns a prefix for commit messages."""
    pull.branch = branch_name(world, person, None, pull.title)
    if issue is None:
        return ""
    key = issue.old_keys[0] if issue.old_keys and world.every("old key named", 2) else issue.key
    roll = world.rng.random()
    if roll < 0.58:
        pull.branch = branch_name(world, person, issue, pull.title)
    elif roll < 0.82:
        pull.title = f"{key}: {pull.title}"
    elif roll < 0.90:
        pull.body = f"Closes {key.lower() if world.every('lower-case key', 3) else key}.\n\nTested by hand."
    else:
        return f"[{key}] "
    if roll < 0.1:
        other = world.rng.choice(world.issues[-30:])
        pull.body = f"Related to {other.key}, see there."
    return ""


def idle_title(world: World) -> str:
    """A title for work that no issue asked for."""
    return world.rng.choice(("Tidy up: ", "Small: ", "Chore: ", "")) + task_title(world.rng)
