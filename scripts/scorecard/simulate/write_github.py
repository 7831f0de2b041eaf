"""GitHub's exports: the objects of its REST API without the templates of links.

Shapes: https://docs.github.com/en/rest (pulls, reviews, deployments, releases, issues, users).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scorecard.simulate.clock import iso, iso_or_none
from scorecard.simulate.history import Commit
from scorecard.simulate.output import Json, write_ndjson
from scorecard.simulate.people import ACTIONS, DEPENDABOT, RENOVATE
from scorecard.simulate.pulls import REVIEW_BOT
from scorecard.simulate.state import Account, Deployment, PullRequest, Repo, Review, World

API = "https://api.github.com"
SITE = "https://github.com"


def write(world: World, folder: Path) -> None:
    """Every object, one file each."""
    pulls = [pull for repo in world.repos for pull in repo.pulls]
    write_ndjson(folder / "pull_requests.ndjson.gz", (pull_request(world, pull) for pull in pulls))
    write_ndjson(folder / "pull_request_commits.ndjson.gz", _commits(world, pulls))
    write_ndjson(folder / "reviews.ndjson.gz", (_review(p, review) for p in pulls for review in p.reviews))
    write_ndjson(folder / "deployments.ndjson.gz", (_deployment(d) for d in world.deployments))
    write_ndjson(folder / "deployment_statuses.ndjson.gz", _statuses(world))
    write_ndjson(folder / "releases.ndjson.gz", _releases(world))
    write_ndjson(folder / "issues.ndjson.gz", _issues(world))
    write_ndjson(folder / "users.ndjson.gz", _users(world))


def account(who: Account) -> Json:
    """A simple user."""
    is_app = who.login.endswith("[bot]")
    page = f"{SITE}/apps/{who.login[:-5]}" if is_app else f"{SITE}/{who.login}"
    return {
        "login": who.login,
        "id": who.number,
        "type": who.kind,
        "html_url": page,
        "url": f"{API}/users/{who.login}",
        "site_admin": False,
    }


def _repository(repo: Repo) -> Json:
    owner, name = repo.name.split("/")
    return {
        "id": repo.number,
        "name": name,
        "full_name": repo.name,
        "default_branch": repo.git.default_branch,
        "private": True,
        "html_url": f"{SITE}/{repo.name}",
        "url": f"{API}/repos/{repo.name}",
        "owner": {"login": owner, "id": 88_100_200, "type": "Organization"},
    }


def pull_request(world: World, pull: PullRequest) -> Json:
    """A pull request as the list gives it, with `ready_for_review_at` where it was a draft."""
    repo = pull.repo
    owner = repo.name.split("/")[0]
    head_owner = pull.account.login if pull.is_fork else owner
    row = {
        "id": pull.identifier,
        "number": pull.number,
        "state": "closed" if pull.closed_at is not None else "open",
        "locked": False,
        "title": pull.title,
        "body": pull.body or None,
        "user": account(pull.account),
        "labels": [{"id": 5_000_000 + len(name), "name": name, "color": "d73a4a"} for name in pull.labels],
        "draft": pull.was_draft and pull.ready_at is None,
        "created_at": iso(pull.created_at),
        "updated_at": iso(pull.updated_at),
        "closed_at": iso_or_none(pull.closed_at),
        "merged_at": iso_or_none(pull.merged_at),
        "merge_commit_sha": pull.merge_commit.sha if pull.merge_commit else None,
        "assignee": None,
        "requested_reviewers": [account(pull.requested)] if pull.requested and not pull.reviews else [],
        "base": {
            "label": f"{owner}:{pull.base_branch}",
            "ref": pull.base_branch,
            "sha": pull.base_sha,
            "repo": _repository(repo),
        },
        "head": {
            "label": f"{head_owner}:{pull.branch}",
            "ref": pull.branch,
            "sha": pull.commits[-1].sha,
            # A deleted fork leaves nothing behind.
            "repo": None if pull.is_fork else {"id": repo.number, "full_name": repo.name},
        },
        "author_association": "CONTRIBUTOR" if pull.is_fork else "MEMBER",
        "auto_merge": None,
        "html_url": f"{SITE}/{repo.name}/pull/{pull.number}",
        "url": f"{API}/repos/{repo.name}/pulls/{pull.number}",
    }
    if pull.was_draft:
        row["ready_for_review_at"] = iso_or_none(pull.ready_at)
    return row


def _commits(world: World, pulls: list[PullRequest]) -> Iterator[Json]:
    owners = {
        email: p.account
        for p in [*world.people, *world.contractors]
        for email in p.emails
        if "oldname" not in email
    }
    for pull in pulls:
        if pull.are_commits_exported:
            for commit in pull.commits:
                yield _commit(pull, commit, owners)


def _commit(pull: PullRequest, commit: Commit, owners: dict[str, Account]) -> Json:
    name = pull.repo.name
    known = owners.get(commit.author.email) or (pull.account if pull.account.kind == "Bot" else None)
    who = account(known) if known else None
    return {
        "sha": commit.sha,
        "commit": {
            "author": {
                "name": commit.author.name,
                "email": commit.author.email,
                "date": iso(commit.author.at),
            },
            "committer": {
                "name": commit.committer.name,
                "email": commit.committer.email,
                "date": iso(commit.committer.at),
            },
            "message": commit.message.rstrip("\n"),
            "tree": {"sha": commit.tree.sha},
            "comment_count": 0,
        },
        "author": who,
        "committer": who,
        "parents": [{"sha": parent.sha} for parent in commit.parents],
        "html_url": f"{SITE}/{name}/commit/{commit.sha}",
        "url": f"{API}/repos/{name}/commits/{commit.sha}",
        "repository": name,
        "pull_number": pull.number,
    }


def _review(pull: PullRequest, review: Review) -> Json:
    name = pull.repo.name
    return {
        "id": review.number,
        # An account that was deleted since leaves its reviews to nobody.
        "user": None if review.number % 211 == 0 else account(review.account),
        "body": review.body,
        "state": review.state,
        "submitted_at": iso(review.at),
        "commit_id": review.commit_sha,
        "html_url": f"{SITE}/{name}/pull/{pull.number}#pullrequestreview-{review.number}",
        "pull_request_url": f"{API}/repos/{name}/pulls/{pull.number}",
        "author_association": "MEMBER",
        "repository": name,
        "pull_number": pull.number,
    }


def _deployment(deployment: Deployment) -> Json:
    name = deployment.repo.name
    last = deployment.statuses[-1][2] if deployment.statuses else deployment.created_at
    return {
        "id": deployment.identifier,
        "sha": deployment.commit.sha,
        "ref": deployment.ref,
        "task": deployment.task,
        "payload": deployment.payload,
        "environment": deployment.environment,
        "original_environment": deployment.environment,
        "production_environment": deployment.is_production,
        "transient_environment": deployment.environment == "preview",
        "description": None,
        "creator": account(deployment.creator),
        "created_at": iso(deployment.created_at),
        "updated_at": iso(last),
        "repository_url": f"{API}/repos/{name}",
        "statuses_url": f"{API}/repos/{name}/deployments/{deployment.identifier}/statuses",
        "url": f"{API}/repos/{name}/deployments/{deployment.identifier}",
    }


def _statuses(world: World) -> Iterator[Json]:
    for deployment in world.deployments:
        name = deployment.repo.name
        base = f"{API}/repos/{name}/deployments/{deployment.identifier}"
        for number, state, at, creator in deployment.statuses:
            yield {
                "id": number,
                "state": state,
                "description": "",
                "environment": deployment.environment,
                "creator": account(creator),
                "created_at": iso(at),
                "updated_at": iso(at),
                "deployment_url": base,
                "repository_url": f"{API}/repos/{name}",
                "url": f"{base}/statuses/{number}",
            }


def _releases(world: World) -> Iterator[Json]:
    for number, repo, tag, at, who in world.releases:
        yield {
            "id": number,
            "tag_name": tag,
            "target_commitish": f"release/{tag[1:].rsplit('.', 1)[0]}",
            "name": f"Release {tag[1:]}",
            "body": "",
            "draft": False,
            "prerelease": False,
            "created_at": iso(at),
            "published_at": iso(at + 60),
            "author": account(who),
            "html_url": f"{SITE}/{repo.name}/releases/tag/{tag}",
            "url": f"{API}/repos/{repo.name}/releases/{number}",
            "repository": repo.name,
        }


def _issues(world: World) -> Iterator[Json]:
    """The issues endpoint: pull requests among them, and the few issues that people file here."""
    for repo in world.repos:
        expected = 1
        for pull in repo.pulls:
            for number in range(expected, pull.number):
                opened = iso(pull.created_at - 3600)
                yield _issue(
                    repo, number, f"Question about number {number}", pull.account, opened, opened, None
                )
            expected = pull.number + 1
            row = _issue(
                repo,
                pull.number,
                pull.title,
                pull.account,
                iso(pull.created_at),
                iso(pull.updated_at),
                iso_or_none(pull.closed_at),
            )
            link = f"{API}/repos/{repo.name}/pulls/{pull.number}"
            row["pull_request"] = {"url": link, "merged_at": iso_or_none(pull.merged_at)}
            row["html_url"] = f"{SITE}/{repo.name}/pull/{pull.number}"
            row["id"] = 3_000_000_000 + pull.identifier % 1_000_000_000
            yield row


def _issue(
    repo: Repo, number: int, title: str, who: Account, opened: str, updated: str, closed: str | None
) -> Json:
    return {
        "id": 2_900_000_000 + repo.number % 100_000 * 1000 + number,
        "number": number,
        "state": "closed" if closed else "open",
        "title": title,
        "user": account(who),
        "labels": [],
        "created_at": opened,
        "updated_at": updated,
        "closed_at": closed,
        "html_url": f"{SITE}/{repo.name}/issues/{number}",
        "url": f"{API}/repos/{repo.name}/issues/{number}",
        "repository_url": f"{API}/repos/{repo.name}",
        "repository": repo.name,
    }


def _users(world: World) -> Iterator[Json]:
    for person in [*world.people, *world.contractors]:
        yield {
            **account(person.account),
            "name": person.name,
            "email": person.emails[0] if person.is_listed else None,
        }
    for bot in (DEPENDABOT, ACTIONS, RENOVATE, REVIEW_BOT):
        yield {**account(bot), "name": None, "email": None}
