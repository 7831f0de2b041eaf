"""What may be odd on the code host: pull requests, reviews, deployments and their reports."""

from __future__ import annotations

from random import Random

from .export import Export, Json, iso, like, parse, seconds
from .registry import mutation, some

PULLS = "github/pull_requests"
COMMITS = "github/pull_request_commits"
REVIEWS = "github/reviews"
DEPLOYMENTS = "github/deployments"
STATUSES = "github/deployment_statuses"
NOBODY = "0123456789abcdef0123456789abcdef01234567"


def keys_of(export: Export, random: Random) -> list[str]:
    """Keys of issues, those before a move among them, and texts that only look like keys."""
    known = [row["key"] for row in export.of("jira/issues")]
    former = [
        item["fromString"]
        for row in export.of("jira/issues")
        for entry in row["changelog"]["histories"]
        for item in entry["items"]
        if item["field"] == "Key"
    ]
    chosen = [random.choice(known)] if known else []
    chosen += [random.choice(former)] if former else []
    return [*chosen, random.choice(["UTF-8", "SHA-256", "ZZZ-1", "CHK-99999", "A-1"])]


def phrase(export: Export, random: Random) -> str:
    """A text that names an issue, or nearly."""
    key = random.choice(keys_of(export, random))
    other = random.choice(keys_of(export, random))
    shape = random.choice(
        [
            "{key}",
            "{low}",
            "{low}-retry-login",
            "fix({key}): again",
            "{key}, {other}",
            "{key}/{other}",
            "see https://acme.atlassian.net/browse/{key}?focused=1",
            "X{key}",
            "{key}b",
            "{key}-2",
            "_{key}_",
            "{key}_{other}",
            "[{key}] Überarbeitet",
            "é{key}",
            "{key}é",
            "no key, line two:\n{key}",
            "{key} #{number}",
            "UTF-8 and {low}",
            "{key}.",
            "0{key}",
            "-{key}-",
        ]
    )
    numbers = [row["number"] for row in export.of(PULLS)] or [1]
    return shape.format(key=key, low=key.lower(), other=other, number=random.choice(numbers))


def own_commits(export: Export, pull: Json) -> list[Json]:
    """The commits on a pull request's list."""
    place = pull["base"]["repo"]["full_name"], pull["number"]
    return [row for row in export.of(COMMITS) if (row["repository"], row["pull_number"]) == place]


def merged(export: Export) -> list[Json]:
    """Merged pull requests."""
    return [row for row in export.of(PULLS) if row["merged_at"]]


# Which issue -----------------------------------------------------------------------------------------


@mutation
def key_in_branch(export: Export, random: Random) -> None:
    """A branch named after an issue, or after what looks like one; git allows no blanks."""
    for pull in some(random, export.of(PULLS)):
        name = phrase(export, random).replace(" ", "-").replace("\n", "-").replace(":", "")
        pull["head"]["ref"] = random.choice(["", "feature/", "ann/"]) + name


@mutation
def key_in_title(export: Export, random: Random) -> None:
    """A title that names an issue."""
    for pull in some(random, export.of(PULLS)):
        pull["title"] = phrase(export, random).replace("\n", " ")


@mutation
def key_in_body(export: Export, random: Random) -> None:
    """A description that names an issue."""
    for pull in some(random, export.of(PULLS)):
        pull["body"] = phrase(export, random)


@mutation
def key_in_commit_alone(export: Export, random: Random) -> None:
    """Only a commit's message names an issue."""
    for pull in some(random, export.of(PULLS)):
        pull["title"], pull["body"], pull["head"]["ref"] = "Tidy up", None, "tidy"
        for commit in own_commits(export, pull)[:1]:
            commit["commit"]["message"] = "Tidy up\n\n" + phrase(export, random)


@mutation
def shadow_work_alone(export: Export, random: Random) -> None:
    """No change names an issue."""
    for pull in export.of(PULLS):
        pull["title"], pull["body"], pull["head"]["ref"] = "Tidy up", None, "tidy"
    for commit in export.of(COMMITS):
        commit["commit"]["message"] = "Tidy up"


# Who -------------------------------------------------------------------------------------------------


@mutation
def author_is_a_bot(export: Export, random: Random) -> None:
    """Bots by type, by login, by list; and a person whose name only sounds like one."""
    for pull in some(random, export.of(PULLS)):
        login, kind = random.choice(
            [
                ("acme-app", "Bot"),
                ("renovate[bot]", "Bot"),
                ("renovate-bot", "User"),
                ("Renovate-Bot", "User"),
                ("dependabot", "User"),
                ("robotta", "User"),
                ("claude", "User"),
            ]
        )
        pull["user"] = {"login": login, "id": 77, "type": kind}


@mutation
def account_unknown(export: Export, random: Random) -> None:
    """Authors and reviewers whom no sheet names, or whose account was deleted."""
    user = random.choice([None, {"login": "someone-else", "id": 78, "type": "User"}])
    for row in [*some(random, export.of(PULLS)), *some(random, export.of(REVIEWS))]:
        row["user"] = user


@mutation
def reviewed_by_author_alone(export: Export, random: Random) -> None:
    """Every review is the author's own."""
    authors = {(row["base"]["repo"]["full_name"], row["number"]): row["user"] for row in export.of(PULLS)}
    for review in export.of(REVIEWS):
        review["user"] = authors.get((review["repository"], review["pull_number"]))


@mutation
def login_in_other_case(export: Export, random: Random) -> None:
    """Logins are compared without regard to case."""
    for pull in some(random, export.of(PULLS)):
        if pull["user"]:
            pull["user"] = {**pull["user"], "login": pull["user"]["login"].upper()}


# What kind of change ---------------------------------------------------------------------------------


@mutation
def only_hotfixes(export: Export, random: Random) -> None:
    """Every change is a hotfix, by branch or by label."""
    names = random.choice(["hotfix/{}", "hotfix-{}", "Hotfix/{}", "hotfix_{}"])
    by_label = random.random() < 0.5
    for pull in export.of(PULLS):
        if by_label:
            pull["labels"] = [{"id": 1, "name": random.choice(["hotfix", "Hotfix", "hot-fix"])}]
        else:
            pull["head"]["ref"] = names.format(pull["number"])


@mutation
def hotfix_label(export: Export, random: Random) -> None:
    """Labels that say hotfix, or almost."""
    for pull in some(random, export.of(PULLS)):
        name = random.choice(["hotfix", "HOTFIX", "hot-fix", "hotfixes", "bug hotfix", " hotfix ", "hot fix"])
        pull["labels"] = [*pull["labels"], {"id": 2, "name": name}]


@mutation
def hotfix_names_something(export: Export, random: Random) -> None:
    """A hotfix that names a change, a commit or a deployment."""
    for pull in some(random, export.of(PULLS)):
        pull["head"]["ref"] = f"hotfix/{pull['number']}"
        pull["body"] = "Repairs " + _name_of_something(export, random, pull)


def _name_of_something(export: Export, random: Random, pull: Json) -> str:
    repository = pull["base"]["repo"]["full_name"]
    other = random.choice(export.of(PULLS))
    names = [f"#{other['number']}", f"PR #{other['number']}.", f"{repository}#{other['number']}"]
    names += [other["merge_commit_sha"] or NOBODY, (other["merge_commit_sha"] or NOBODY)[:8]]
    names += [row["commit"]["tree"]["sha"] for row in own_commits(export, other)[:1]]
    names += [row["sha"] for row in own_commits(export, other)[-1:]]
    for deployment in some(random, export.of(DEPLOYMENTS)):
        names += [f"deployment {deployment['id']}", deployment["sha"]]
    return random.choice(names)


@mutation
def revert_by_body(export: Export, random: Random) -> None:
    """A revert as the code host makes it, of a change that may be its own, unknown, or elsewhere."""
    for pull in some(random, export.of(PULLS)):
        repository = pull["base"]["repo"]["full_name"]
        other = random.choice(export.of(PULLS))
        named = random.choice(["", repository, "someone/else"])
        number = random.choice([other["number"], other["number"], pull["number"], 99_999])
        pull["title"] = random.choice(
            [
                f'Revert "{other["title"]}"',
                f'Revert "Revert "{other["title"]}""',
                f'Reapply "{other["title"]}"',
                'Revert "Reapply "it""',
                "Undo",
            ]
        )
        word = random.choice(["Reverts", "Reverts", "reverts", "This reverts"])
        pull["body"] = f"{word} {named}#{number}" + random.choice(["", ".", "\n\nIt broke."])


@mutation
def revert_by_commit(export: Export, random: Random) -> None:
    """A revert that only its commits tell: whole, in part, again and again, by a short name."""
    for pull in some(random, export.of(PULLS)):
        commits = own_commits(export, pull)
        other = random.choice(export.of(PULLS))
        named = [row["sha"] for row in own_commits(export, other)] + [other["merge_commit_sha"] or NOBODY]
        for commit in some(random, commits, max(1, len(commits))):
            sha = random.choice([*named, NOBODY])
            sha = random.choice([sha, sha, sha[:12], sha[:7]])
            subject = random.choice(['Revert "Add x"', 'Reapply "Add x"', 'Revert "Revert "Add x""', "Undo"])
            commit["commit"]["message"] = f"{subject}\n\nThis reverts commit {sha}."


@mutation
def branches_long_lived(export: Export, random: Random) -> None:
    """Back-merges and releases, and forks whose branch bears a long-lived name."""
    for pull in some(random, export.of(PULLS)):
        default = pull["base"]["repo"]["default_branch"]
        pull["head"]["ref"] = random.choice(["main", "master", "develop", "release/1.2", "releases", default])
        pull["base"]["ref"] = random.choice([default, default, "develop", "release/1.2"])
        if random.random() < 0.3:
            pull["head"]["repo"] = random.choice([None, {"id": 1, "full_name": "fork/of-it"}])


@mutation
def base_is_another_branch(export: Export, random: Random) -> None:
    """Merged into a branch that is not the default one."""
    for pull in some(random, export.of(PULLS)):
        pull["base"]["ref"] = random.choice(["release/2.0", "feature/big", "develop"])


@mutation
def draft_merged(export: Export, random: Random) -> None:
    """Drafts: merged as such, made ready late or never."""
    for pull in some(random, export.of(PULLS)):
        pull["draft"] = random.random() < 0.5
        late = parse(pull["merged_at"] or pull["created_at"]) + seconds(random.choice([-3600, 0, 3600]))
        pull["ready_for_review_at"] = random.choice([None, iso(late), pull["created_at"]])


@mutation
def merge_commit_odd(export: Export, random: Random) -> None:
    """A merge commit that is missing, that no history knows, or that is another change's."""
    for pull in some(random, merged(export)):
        other = random.choice(merged(export))
        pull["merge_commit_sha"] = random.choice([None, NOBODY, other["merge_commit_sha"]])


@mutation
def commits_not_exported(export: Export, random: Random) -> None:
    """The lists of commits of some pull requests are missing."""
    gone = {(pull["base"]["repo"]["full_name"], pull["number"]) for pull in some(random, export.of(PULLS), 6)}
    if COMMITS in export.rows:
        export.rows[COMMITS] = [
            row for row in export.of(COMMITS) if (row["repository"], row["pull_number"]) not in gone
        ]


@mutation
def author_dates_odd(export: Export, random: Random) -> None:
    """A machine's clock is wrong: authored long before, or after the merge."""
    for commit in some(random, export.of(COMMITS), 4):
        date = commit["commit"]["author"]["date"]
        shift = random.choice([-400, -30, -1, 1, 20, 400]) * 86_400
        commit["commit"]["author"] = {**commit["commit"]["author"], "date": iso(parse(date) + seconds(shift))}


@mutation
def commit_author_missing(export: Export, random: Random) -> None:
    """Commits that no account is known to have written."""
    for commit in some(random, export.of(COMMITS), 6):
        commit["author"] = commit["committer"] = None


# Deployments -----------------------------------------------------------------------------------------


@mutation
def zero_deployments(export: Export, random: Random) -> None:
    """Nothing was ever deployed."""
    for name in (DEPLOYMENTS, STATUSES):
        if name in export.rows:
            export.rows[name] = []


def deploy(
    export: Export, template: Json, sha: str, at_seconds: float, states: list[tuple[str, float]]
) -> Json:
    """Add a deployment like another, so many seconds later, with reports (state, seconds after it)."""
    at = parse(template["created_at"]) + seconds(at_seconds)
    number = export.number()
    base = template["url"].rsplit("/", 1)[0]
    row = {**template, "id": number, "sha": sha, "created_at": iso(at), "updated_at": iso(at)}
    row |= {"url": f"{base}/{number}", "statuses_url": f"{base}/{number}/statuses"}
    export.of(DEPLOYMENTS).append(row)
    for state, after in states:
        report(export, row, state, after)
    return row


def report(export: Export, deployment: Json, state: str, after: float) -> None:
    """Add a report of a deployment, so many seconds after it was asked for."""
    at = iso(parse(deployment["created_at"]) + seconds(after))
    if STATUSES in export.rows:
        number = export.number()
        export.of(STATUSES).append(
            {
                "id": number,
                "state": state,
                "environment": deployment["environment"],
                "created_at": at,
                "updated_at": at,
                "deployment_url": deployment["url"],
                "repository_url": deployment["repository_url"],
                "url": f"{deployment['url']}/statuses/{number}",
            }
        )


@mutation
def redeployed(export: Export, random: Random) -> None:
    """An earlier commit again: a rollback, a redeployment, to and fro."""
    for deployment in some(random, export.of(DEPLOYMENTS)):
        others = [
            row for row in export.of(DEPLOYMENTS) if row["repository_url"] == deployment["repository_url"]
        ]
        for turn in range(random.randint(1, 3)):
            sha = random.choice(others)["sha"]
            after = random.choice([600, 3599, 3600, 3601, 7200, 90_000]) * (turn + 1)
            deploy(export, deployment, sha, after, [("in_progress", 10), ("success", 60)])


@mutation
def jobs_of_one_deployment(export: Export, random: Random) -> None:
    """Several jobs of one commit, at and around the limit of an hour."""
    for deployment in some(random, export.of(DEPLOYMENTS)):
        for turn in range(1, random.randint(2, 4)):
            apart = random.choice([0, 60, 3599, 3600, 3601]) * turn
            deploy(export, deployment, deployment["sha"], apart, [("success", random.choice([30, 300, 300]))])


@mutation
def reports_odd(export: Export, random: Random) -> None:
    """Failed, then succeeded; succeeded twice; inactive afterwards; two reports at one instant."""
    for deployment in some(random, export.of(DEPLOYMENTS), 4):
        for state, after in random.choice(
            [
                [("failure", 5), ("success", 5)],
                [("success", 1), ("success", 0)],
                [("inactive", 9_000)],
                [("success", 30), ("failure", 40)],
                [("in_progress", 700), ("success", 700)],
                [("error", 1)],
                [("in_progress", 90_000), ("success", 90_030)],
            ]
        ):
            report(export, deployment, state, after)


@mutation
def start_not_reported(export: Export, random: Random) -> None:
    """No report says when a deployment began."""
    if STATUSES in export.rows:
        export.rows[STATUSES] = [row for row in export.of(STATUSES) if row["state"] != "in_progress"]


@mutation
def reports_lost(export: Export, random: Random) -> None:
    """All reports of some deployments are missing; and reports of deployments that are missing."""
    gone = {row["url"] for row in some(random, export.of(DEPLOYMENTS), 4)}
    if random.random() < 0.5 and STATUSES in export.rows:
        export.rows[STATUSES] = [row for row in export.of(STATUSES) if row["deployment_url"] not in gone]
    elif DEPLOYMENTS in export.rows:
        export.rows[DEPLOYMENTS] = [row for row in export.of(DEPLOYMENTS) if row["url"] not in gone]


@mutation
def deployed_commit_unknown(export: Export, random: Random) -> None:
    """A deployed commit that no history knows, or that is on no line."""
    for deployment in some(random, export.of(DEPLOYMENTS)):
        branches = [commit.sha for repo in export.repositories for commit in repo.branches.values()]
        deployment["sha"] = random.choice([NOBODY, *branches])


@mutation
def environments_odd(export: Export, random: Random) -> None:
    """Environments by other names, in other letters."""
    named = [
        row["deployment_environment"] for row in export.sheet("services") if row["deployment_environment"]
    ]
    for deployment in some(random, export.of(DEPLOYMENTS), 4):
        deployment["environment"] = random.choice(
            ["Production", "PROD", "prod-eu", "live-1", "staging", "production-checkout", "preview", *named]
        )


@mutation
def payload_and_task_odd(export: Export, random: Random) -> None:
    """Payloads are whatever the deployer wrote, tasks too."""
    for deployment in some(random, export.of(DEPLOYMENTS), 4):
        deployment["payload"] = random.choice(["", "{}", "free text", {"a": [1]}, [], None])
        deployment["task"] = random.choice(["deploy", "deploy:rollback", "migrate", None])


# Rows ------------------------------------------------------------------------------------------------


@mutation
def pull_request_of_an_unknown_repository(export: Export, random: Random) -> None:
    """A repository that no service names."""
    for pull in some(random, export.of(PULLS)):
        known = {row["number"] for row in export.of(PULLS)}
        number = max(known) + export.number()
        commits = own_commits(export, pull)
        pull["number"] = number
        pull["base"]["repo"] = {**pull["base"]["repo"], "full_name": "harbourline/attic"}
        for commit in commits:
            commit["repository"], commit["pull_number"] = "harbourline/attic", number


@mutation
def github_fields_empty(export: Export, random: Random) -> None:
    """Fields that may be empty are."""
    for pull in some(random, export.of(PULLS), 4):
        name = random.choice(["body", "user", "ready_for_review_at", "merge_commit_sha", "title"])
        pull[name] = "" if name == "title" else None
    for review in some(random, export.of(REVIEWS)):
        review["user"] = None


@mutation
def review_shortly_before(export: Export, random: Random) -> None:
    """Reviews at the very instants of ready and of merge."""
    pulls = {(row["base"]["repo"]["full_name"], row["number"]): row for row in export.of(PULLS)}
    for review in some(random, export.of(REVIEWS), 5):
        pull = pulls.get((review["repository"], review["pull_number"]))
        if pull:
            edge = random.choice([pull["created_at"], pull["merged_at"] or pull["created_at"]])
            review["submitted_at"] = like(edge, parse(edge) + seconds(random.choice([-1, 0, 1])))
