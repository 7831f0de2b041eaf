"""Work that programs do beside the people: commits, pull requests, reviews, notes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from scorecard.simulate.history import Commit, GitRepository, Signature, Tree
from scorecard.simulate.output import write_bundle
from scorecard.simulate.state import Repo, World

from .exports import Exports, Record, read_exports, rewritten, write_exports

EVERY = 9
"""One commit of a bot comes after so many on the default branch."""
ADDED_DEPLOYMENT = 3_900_000_000
LINE = b"\n# Touched by a program.\n"
LONG = 600
"""Bytes of a file of which that line is so small a part that git takes it for the same after a renaming."""
_SOURCE = re.compile(r"\.(?:py|ts|go|sql)$")
_SHA = re.compile(r"\b[0-9a-f]{40}\b")


@dataclass(frozen=True)
class Bot:
    """A program's account: known by its ending, by its type, or by a list alone."""

    login: str
    number: int
    kind: str

    @property
    def address(self) -> str:
        return f"{self.number}+{self.login}@users.noreply.github.com"

    @property
    def account(self) -> Record:
        return {"login": self.login, "id": self.number, "type": self.kind, "site_admin": False}


BOTS = (
    Bot("dependabot[bot]", 49_699_333, "Bot"),
    Bot("upkeep", 88_000_001, "Bot"),
    Bot("pre-commit-ci[bot]", 66_853_113, "User"),
    Bot("renovate-bot", 25_180_681, "User"),
)


@dataclass(frozen=True)
class Push:
    """A commit that a bot has merged into a default branch."""

    repository: str
    bot: Bot
    commit: Commit


def with_work_of_bots(
    world: World, source: Path, out: Path, rng: random.Random
) -> tuple[Path, dict[str, str]]:
    """The exports of a world in which bots worked beside the people.

    Returns the folder, and the names that the people's commits had without the bots by the names that they
    have with them: a commit's name depends on all that came before it. A bot's commit stands for what it
    came after, which was the tip of the branch without it.
    """
    renamed: dict[str, str] = {}
    pushes: list[Push] = []
    folder = out / "renamed"
    for repo in world.repos:
        history, names = _interspersed(repo.git, pushes, rng)
        renamed |= names
        write_bundle(out / "git" / f"{repo.name.replace('/', '+')}.bundle", history)
    rewritten(source, folder, lambda text: _SHA.sub(lambda sha: renamed.get(sha.group(), sha.group()), text))
    exports = read_exports(folder)
    _add_to_github(exports, world, pushes, rng)
    _add_to_jira(exports, rng)
    _add_to_pagerduty(exports)
    bundles = {path.name: path.read_bytes() for path in (out / "git").iterdir()}
    write_exports(exports, folder, out)
    for name, content in bundles.items():
        (out / "git" / name).write_bytes(content)
    before = {new: old for old, new in renamed.items()}
    return out, before | {push.commit.sha: before[push.commit.parents[0].sha] for push in pushes}


def with_deployment_by(source: Path, out: Path, account: Record) -> Path:
    """The exports with one more production deployment: of a waiting change, a minute after its merge.

    It happens in the headline's three months, and is otherwise like the repository's next deployment.
    """
    exports = read_exports(source)
    deployments, statuses = exports["github", "deployments"], exports["github", "deployment_statuses"]
    waiting, following = next(_waits(exports))
    at = _iso(datetime.fromisoformat(waiting["merged_at"]) + timedelta(minutes=1))
    number = ADDED_DEPLOYMENT
    address = f"{following['url'].rpartition('/')[0]}/{number}"
    own = {"id": number, "creator": account, "created_at": at, "updated_at": at}
    deployments.append({**following, **own, "sha": waiting["merge_commit_sha"], "url": address})
    status = next(row for row in statuses if row["state"] == "success")
    statuses.append({**status, **own, "deployment_url": address, "url": f"{address}/statuses/{number}"})
    return write_exports(exports, source, out)


def _waits(exports: Exports) -> Iterator[tuple[Record, Record]]:
    """Merged changes that nothing deployed for an hour, and the deployment that came then."""
    deployed = {row["sha"] for row in exports["github", "deployments"]}
    production = [row for row in exports["github", "deployments"] if row["production_environment"]]
    for pull in exports["github", "pull_requests"]:
        merged_at = pull["merged_at"] or ""
        repository = pull["base"]["repo"]
        if not "2026-04" < merged_at < "2026-06-28" or pull["merge_commit_sha"] in deployed:
            continue
        if pull["base"]["ref"] != repository["default_branch"]:
            continue
        later = [
            row
            for row in production
            if row["repository_url"].endswith(f"/{repository['full_name']}") and row["created_at"] > merged_at
        ]
        following = min(later, key=lambda row: row["created_at"], default=None)
        hour = _iso(datetime.fromisoformat(merged_at) + timedelta(hours=1))
        if following is not None and following["created_at"] > hour:
            yield pull, following


# git --------------------------------------------------------------------------------------------------------


def _interspersed(
    git: GitRepository, pushes: list[Push], rng: random.Random
) -> tuple[GitRepository, dict[str, str]]:
    """The history with a bot's commit after every few of the default branch, and every commit's new name."""
    line = list(_first_parents(git.head))[::-1]
    places = {commit.sha for commit in line[EVERY::EVERY]}
    made: dict[str, Commit] = {}
    successors: dict[str, Commit] = {}
    touched: dict[str, frozenset[str]] = {}
    on_line = {commit.sha for commit in line}
    for commit in git.reachable():
        parents = [made[parent.sha] for parent in commit.parents]
        if commit.sha in on_line and commit.parents and commit.parents[0].sha in successors:
            parents[0] = successors[commit.parents[0].sha]
        paths = frozenset().union(*(touched[parent.sha] for parent in parents))
        names = {old: new.sha for old, new in made.items()}
        message = _SHA.sub(lambda sha, names=names: names.get(sha.group(), sha.group()), commit.message)  # type: ignore[misc]
        copy = Commit(
            _with_lines(commit.tree, paths), tuple(parents), commit.author, commit.committer, message
        )
        made[commit.sha], touched[copy.sha] = copy, paths
        if commit.sha in places:
            bot = BOTS[len(pushes) % len(BOTS)]
            push = _push(copy, paths, bot, rng)
            pushes.append(Push(git.name, bot, push))
            successors[commit.sha] = push
            touched[push.sha] = paths | {path for path in push.tree.paths() if _is_touched(push.tree, path)}
    tip = successors.get(git.head.sha)
    branches = {name: made[commit.sha] for name, commit in git.branches.items()}
    if tip is not None:
        branches[git.default_branch] = tip
    tags = {name: (made[commit.sha], tagger) for name, (commit, tagger) in git.tags.items()}
    history = GitRepository(git.name, git.default_branch, branches, tags)
    return history, {old: commit.sha for old, commit in made.items()}


def _first_parents(tip: Commit) -> Iterator[Commit]:
    commit: Commit | None = tip
    while commit is not None:
        yield commit
        commit = commit.parents[0] if commit.parents else None


def _push(parent: Commit, touched: frozenset[str], bot: Bot, rng: random.Random) -> Commit:
    """A commit that edits two source files of the people and writes a file that is no source file.

    It bears its parent's instant, so that it is later than nothing that comes after it.
    """
    source = [
        path
        for path in parent.tree.paths()
        if _SOURCE.search(path) and path not in touched and len(parent.tree.get(path) or b"") > LONG
    ]
    paths = frozenset(rng.sample(source, min(2, len(source))))
    tree = _with_lines(parent.tree, paths).with_file("upkeep/report.txt", parent.sha.encode())
    signature = Signature(bot.login, bot.address, parent.committer.at)
    return Commit(tree, (parent,), signature, signature, "Tidy up")


def _with_lines(tree: Tree, paths: frozenset[str]) -> Tree:
    """The tree in which the bots' lines stand in those of the files that exist."""
    for path in sorted(paths):
        content = tree.get(path)
        if content is not None and not content.endswith(LINE):
            tree = tree.with_file(path, content + LINE)
    return tree


def _is_touched(tree: Tree, path: str) -> bool:
    return (tree.get(path) or b"").endswith(LINE)


# GitHub, Jira, PagerDuty ------------------------------------------------------------------------------------


def _add_to_github(exports: Exports, world: World, pushes: Sequence[Push], rng: random.Random) -> None:
    users = exports["github", "users"]
    known = {user["login"] for user in users}
    users.extend(bot.account for bot in BOTS if bot.login not in known)
    pulls, commits = exports["github", "pull_requests"], exports["github", "pull_request_commits"]
    reviews = exports["github", "reviews"]
    of_people = [pull for pull in pulls if not _is_bot(pull["user"])]
    keys = [issue["key"] for issue in exports.get(("jira", "issues"), [])] or ["NONE-1"]
    for place, push in enumerate(pushes):
        pulls.append(_pull(world, place, push, rng.choice(keys)))
        commits.append(_commit(push.repository, 90_000 + place, push.commit.sha, push.bot, _pushed_at(push)))
    with_commits = {
        (row["repository"], row["pull_number"]): row["commit"]["author"]["date"] for row in commits
    }
    for place, pull in enumerate(of_people):
        repository, bot = pull["base"]["repo"]["full_name"], BOTS[place % len(BOTS)]
        reviews.append(_review(pull, 4_000_000_000 + place, bot))
        begun = with_commits.get((repository, pull["number"]))
        if begun is not None:
            # Whatever people left untidy, a program tidies up on their branch.
            at = max(datetime.fromisoformat(begun), datetime.fromisoformat(pull["created_at"]))
            commits.append(
                _commit(repository, pull["number"], f"{place:040x}", bot, at + timedelta(minutes=5))
            )


def _is_bot(account: Record) -> bool:
    return account["type"] == "Bot" or account["login"] in {bot.login for bot in BOTS}


def _pushed_at(push: Push) -> datetime:
    return datetime.fromisoformat("1970-01-01T00:00:00Z") + timedelta(seconds=push.commit.committer.at)


def _pull(world: World, place: int, push: Push, key: str) -> Record:
    """A bot's pull request, merged with its push, that names a person's issue; each ninth is not merged."""
    repo: Repo = next(repo for repo in world.repos if repo.name == push.repository)
    merged_at = None if place % 9 == 8 else _iso(_pushed_at(push))
    branch = repo.git.default_branch
    return {
        "id": 4_100_000_000 + place,
        "number": 90_000 + place,
        "state": "closed" if merged_at else "open",
        "title": f"{key}: tidy up",
        "body": f"Keeps {key} tidy.",
        "user": push.bot.account,
        "labels": [{"id": 1, "name": "upkeep"}],
        "draft": False,
        "created_at": _iso(_pushed_at(push) - timedelta(hours=3)),
        "updated_at": _iso(_pushed_at(push)),
        "closed_at": merged_at,
        "merged_at": merged_at,
        "merge_commit_sha": push.commit.sha if merged_at else None,
        "base": {
            "ref": branch,
            "sha": push.commit.parents[0].sha,
            "repo": {"full_name": repo.name, "default_branch": branch},
        },
        "head": {"ref": f"upkeep/{key}", "sha": push.commit.sha, "repo": {"full_name": repo.name}},
        "html_url": f"https://github.com/{repo.name}/pull/{90_000 + place}",
        "url": f"https://api.github.com/repos/{repo.name}/pulls/{90_000 + place}",
    }


def _commit(repository: str, number: int, sha: str, bot: Bot, at: datetime) -> Record:
    signature = {"name": bot.login, "email": bot.address, "date": _iso(at)}
    return {
        "sha": sha,
        "commit": {"author": signature, "committer": signature, "message": "Tidy up"},
        "author": bot.account,
        "committer": bot.account,
        "parents": [{"sha": "0" * 40}],
        "repository": repository,
        "pull_number": number,
    }


def _review(pull: Record, number: int, bot: Bot) -> Record:
    """A review as soon as the pull request is ready, before any person could look."""
    ready = datetime.fromisoformat(pull.get("ready_for_review_at") or pull["created_at"])
    return {
        "id": number,
        "user": bot.account,
        "body": "Nothing to complain of.",
        "state": "APPROVED",
        "submitted_at": _iso(ready + timedelta(seconds=1)),
        "commit_id": pull["head"]["sha"],
        "pull_request_url": pull["url"],
        "repository": pull["base"]["repo"]["full_name"],
        "pull_number": pull["number"],
    }


def _add_to_jira(exports: Exports, rng: random.Random) -> None:
    """Programs re-rank people's issues, and have issues of their own: in sprints, finished, unfinished."""
    app = {"accountId": "557058:upkeep", "displayName": "Upkeep", "accountType": "app"}
    # No list of accounts holds the other; its issues show what it is.
    unlisted = {"accountId": "557058:sweeper", "displayName": "Sweeper", "accountType": "app"}
    exports["jira", "users"].append({**app, "active": True})
    work = [row for row in exports["jira", "issues"] if row["fields"]["issuetype"]["name"] != "Bug"]
    own = [_of_program(row, place, rng.choice([app, unlisted])) for place, row in enumerate(work[::4])]
    for place, issue in enumerate(exports["jira", "issues"]):
        histories = issue["changelog"]["histories"]
        if not histories or rng.random() < 0.5:
            continue
        item = {
            "field": "Rank",
            "fieldtype": "custom",
            "from": "",
            "fromString": "",
            "to": "",
            "toString": "Ranked",
        }
        histories.insert(
            0,
            {
                "id": str(9_000_000 + place),
                "author": app,
                "created": histories[0]["created"],
                "items": [item],
            },
        )
        issue["changelog"]["total"] += 1
        issue["changelog"]["maxResults"] += 1
    exports["jira", "issues"].extend(own)


def _of_program(issue: Record, place: int, account: Record) -> Record:
    """An issue that went the way of a person's, and that a program had from the beginning."""
    number = 90_001 + place
    copy: Record = deepcopy(issue)
    copy["id"] = str(70_000_000 + place)
    copy["key"] = f"{issue['key'].rpartition('-')[0]}-{number}"
    copy["fields"] |= {"assignee": account, "summary": "Tidy up", "description": None, "issuelinks": []}
    histories = copy["changelog"]["histories"]
    for rank, entry in enumerate(histories):
        # Numbers fall with age, as the tool gives them.
        entry["id"] = str(80_000_000 + place * 1000 + len(histories) - rank)
        entry["items"] = [item for item in entry["items"] if item["field"] != "assignee"]
    return copy


def _add_to_pagerduty(exports: Exports) -> None:
    """A program notes on every incident what it sees, as soon as it opens."""
    entries = exports["pagerduty", "incident_log_entries"]
    for place, entry in enumerate([row for row in entries if row["type"] == "trigger_log_entry"]):
        agent = {"id": "PUPKEEP", "type": "app_reference", "summary": "Upkeep"}
        own = {"id": f"RNOTE{place}", "type": "annotate_log_entry", "summary": "Looked at it", "agent": agent}
        entries.append({**entry, **own, "channel": {"type": "note"}})


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
