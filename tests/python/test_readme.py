"""The README's export commands, run against a stand-in for the vendors' APIs that serves the sample."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from project_copy import ROOT

Rows = list[dict[str, Any]]

README = (ROOT / "README.md").read_text()
EXPORTS = ROOT / "seeds" / "sample"
# Enough rows of each object for several pages.
FEW = 7

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="the README's commands need jq")

# Stands in for `gh api` and `curl`: answers from answers.json, which maps an address and its page to a body.
STAND_IN = """#!{python}
import json, subprocess, sys, urllib.parse

answers = json.load(open({answers!r}))
arguments, parameters, jq, address = sys.argv[1:], [], None, None
while arguments:
    argument = arguments.pop(0)
    if argument in ("--data", "--data-urlencode"):
        name, _, value = arguments.pop(0).partition("=")
        parameters.append((name, value))
    elif argument == "--jq":
        jq = arguments.pop(0)
    elif argument in ("--user", "--header", "-F", "-f"):
        told = arguments.pop(0)
        if told.startswith("name="):
            parameters.append(("name", told.removeprefix("name=")))
    elif not argument.startswith("-") and argument != "api":
        address = argument
path, _, query = address.partition("?")
parameters += urllib.parse.parse_qsl(query)
told = dict(parameters)
names = ("nextPageToken", "startAt", "offset", "after", "name")
cursor = next((told[name] for name in names if name in told), "")
if "since" in told:
    cursor = told["since"] + "/" + cursor
pages = answers.get(path + "#" + cursor, answers.get(path))
if pages is None:
    sys.exit("no such address: " + path + "#" + cursor)
for page in pages:
    text = json.dumps(page)
    if jq is None:
        print(text)
    else:
        done = subprocess.run(["jq", "-c", jq], input=text, text=True, capture_output=True, check=True)
        print(done.stdout, end="")
"""


def exported(tool: str, name: str) -> Rows:
    with gzip.open(EXPORTS / tool / f"{name}.ndjson.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def commands(heading: str) -> str:
    """The shell block under a heading of the README."""
    section = README.split(f"\n### {heading}\n", 1)[1]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found, heading
    return found[1]


def in_pages(rows: Rows, size: int = 3) -> list[Rows]:
    """The rows in pages; no row is one empty page, as the APIs answer."""
    return [rows[start : start + size] for start in range(0, len(rows), size)] or [[]]


def run(script: str, folder: Path, answers: dict[str, list[Any]]) -> Callable[[str, str], Rows]:
    """Run a block in an empty folder; the answer reads a file that it wrote."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "answers.json").write_text(json.dumps(answers))
    text = STAND_IN.format(python=sys.executable, answers=str(programs / "answers.json"))
    for name in ("gh", "curl"):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", f'set -euo pipefail; PATH="{programs}:$PATH"\n{script}'],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and not done.stderr, done.stderr

    def written(tool: str, name: str) -> Rows:
        lines = (folder / "exports" / tool / f"{name}.ndjson").read_text().splitlines()
        return [json.loads(line) for line in lines]

    return written


def ordered(rows: Rows) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def repository_of(pull: dict[str, Any]) -> str:
    name: str = pull["base"]["repo"]["full_name"]
    return name


def of_pulls(rows: Rows, pulls: Rows) -> Rows:
    keys = {(repository_of(pull), pull["number"]) for pull in pulls}
    return [row for row in rows if (row["repository"], row["pull_number"]) in keys]


def test_github(tmp_path: Path) -> None:
    all_pulls = exported("github", "pull_requests")
    repositories = sorted({repository_of(pull) for pull in all_pulls})[:2]
    pulls = []
    for repository in repositories:
        own = [pull for pull in all_pulls if repository_of(pull) == repository]
        drafts = [pull for pull in own if pull.get("ready_for_review_at")]
        pulls += drafts[:2] + [pull for pull in own if pull not in drafts][: FEW - 2]
    assert any(pull.get("ready_for_review_at") for pull in pulls)
    commits = of_pulls(exported("github", "pull_request_commits"), pulls)
    reviews = of_pulls(exported("github", "reviews"), pulls)
    logins = {row["user"]["login"] for row in [*pulls, *reviews]}
    users = [
        next((user for user in exported("github", "users") if user["login"] == login), {"login": login})
        for login in sorted(logins)
    ]
    deployments = [
        row
        for repository in repositories
        for row in [d for d in exported("github", "deployments") if d["repository_url"].endswith(repository)][
            :3
        ]
    ]
    urls = {row["url"] for row in deployments}
    statuses = [row for row in exported("github", "deployment_statuses") if row["deployment_url"] in urls]
    assert commits and reviews and statuses

    answers: dict[str, list[Any]] = {f"users/{user['login']}": [user] for user in users}
    for repository in repositories:
        root = f"repos/{repository}"
        own = [pull for pull in pulls if repository_of(pull) == repository]
        answers[f"{root}/pulls"] = in_pages([without(pull, "ready_for_review_at") for pull in own])
        answers[f"graphql#{repository.split('/')[1]}"] = [
            {"data": {"repository": {"pullRequests": {"nodes": [timeline(pull) for pull in page]}}}}
            for page in in_pages(own)
        ]
        for pull in own:
            for name, rows in (("commits", commits), ("reviews", reviews)):
                of_pull = [without(row, "repository", "pull_number") for row in of_pulls(rows, [pull])]
                answers[f"{root}/pulls/{pull['number']}/{name}"] = in_pages(of_pull)
        own_deployments = [row for row in deployments if row["repository_url"].endswith(repository)]
        answers[f"{root}/deployments"] = in_pages(own_deployments)
        for row in own_deployments:
            of_one = [status for status in statuses if status["deployment_url"] == row["url"]]
            answers[f"{root}/deployments/{row['id']}/statuses"] = in_pages(of_one)
        for name in ("issues", "releases"):
            answers[f"{root}/{name}"] = in_pages([])

    script = commands("GitHub").replace("OWNER/NAME OWNER/OTHER", " ".join(repositories))
    written = run(script, tmp_path, answers)
    expected = [{**pull, "ready_for_review_at": pull.get("ready_for_review_at")} for pull in pulls]
    assert ordered(written("github", "pull_requests")) == ordered(expected)
    assert ordered(written("github", "pull_request_commits")) == ordered(commits)
    assert ordered(written("github", "reviews")) == ordered(reviews)
    assert ordered(written("github", "deployments")) == ordered(deployments)
    assert ordered(written("github", "deployment_statuses")) == ordered(statuses)
    assert ordered(written("github", "users")) == ordered(users)


def timeline(pull: dict[str, Any]) -> dict[str, Any]:
    ready = pull.get("ready_for_review_at")
    return {"number": pull["number"], "timelineItems": {"nodes": [{"createdAt": ready}] if ready else []}}


def by_start(rows: Rows, path: str) -> dict[str, list[Any]]:
    """Answers of an endpoint that pages by startAt and says where it ends."""
    pages = in_pages(rows)
    starts = range(0, 3 * len(pages), 3)
    return {
        f"{path}#{start}": [{"startAt": start, "isLast": page is pages[-1], "values": page}]
        for start, page in zip(starts, pages, strict=True)
    }


def test_jira(tmp_path: Path) -> None:
    changes = exported("jira", "issue_changelogs")
    all_issues = exported("jira", "issues")
    cut_short = {change["issueId"] for change in changes}
    whole = [
        issue for issue in all_issues if issue["changelog"]["total"] == len(issue["changelog"]["histories"])
    ]
    issues = [issue for issue in all_issues if issue["id"] in cut_short][:3] + whole[:FEW]
    changes = [change for change in changes if change["issueId"] in {issue["id"] for issue in issues}]
    sprints = exported("jira", "sprints")[:FEW]
    users = exported("jira", "users")[:FEW]
    assert changes and len(issues) > FEW

    answers: dict[str, list[Any]] = {}
    pages = in_pages(issues)
    for place, page in enumerate(pages):
        following = {"nextPageToken": f"token {place + 1}"} if page is not pages[-1] else {"isLast": True}
        token = f"#token {place}" if place else "#"
        answers[f"https://jira.test/rest/api/3/search/jql{token}"] = [{"issues": page, **following}]
    for issue in issues:
        own = [
            without(change, "issueId", "issueKey") for change in changes if change["issueId"] == issue["id"]
        ]
        answers |= by_start(own, f"https://jira.test/rest/api/3/issue/{issue['id']}/changelog")
    boards = [{"id": 1, "type": "scrum"}, {"id": 2, "type": "kanban"}, {"id": 3, "type": "scrum"}]
    answers |= by_start(boards, "https://jira.test/rest/agile/1.0/board")
    answers |= by_start(sprints, "https://jira.test/rest/agile/1.0/board/1/sprint")
    answers |= by_start(sprints[:2], "https://jira.test/rest/agile/1.0/board/3/sprint")
    answers["https://jira.test/rest/api/3/status"] = [exported("jira", "workflow_statuses")]
    answers["https://jira.test/rest/api/3/field"] = [exported("jira", "issue_fields")]
    answers["https://jira.test/rest/api/3/users/search#0"] = [users]
    answers["https://jira.test/rest/api/3/users/search#100"] = [[]]

    setting = "JIRA=https://jira.test JIRA_EMAIL=a@b.test JIRA_TOKEN=secret\n"
    written = run(setting + commands("Jira"), tmp_path, answers)
    assert ordered(written("jira", "issues")) == ordered(issues)
    assert ordered(written("jira", "issue_changelogs")) == ordered(changes)
    assert ordered(written("jira", "sprints")) == ordered(sprints)
    assert ordered(written("jira", "users")) == ordered(users)
    assert ordered(written("jira", "workflow_statuses")) == ordered(exported("jira", "workflow_statuses"))
    assert ordered(written("jira", "issue_fields")) == ordered(exported("jira", "issue_fields"))


def test_pagerduty(tmp_path: Path) -> None:
    incidents = [
        {**row, "custom_fields": row.get("custom_fields", [])} for row in exported("pagerduty", "incidents")
    ]
    incidents = incidents[: 2 * FEW]
    entries = exported("pagerduty", "incident_log_entries")[:FEW]
    services = exported("pagerduty", "services")
    root = "https://api.pagerduty.com"
    answers: dict[str, list[Any]] = {
        f"{root}/incidents/{row['id']}/custom_fields/values": [{"custom_fields": row["custom_fields"]}]
        for row in incidents
    }
    answers[f"{root}/services#0"] = [{"services": services, "more": False}]
    months = ("2025-01", "2025-02", "2025-03")
    for place, month in enumerate(months):
        since = f"{month}-01T00:00:00Z"
        bare = [without(row, "custom_fields") for row in incidents[place::3]]
        answers[f"{root}/incidents#{since}/0"] = [{"incidents": bare[:2], "more": True}]
        answers[f"{root}/incidents#{since}/100"] = [{"incidents": bare[2:], "more": False}]
        answers[f"{root}/log_entries#{since}/0"] = [{"log_entries": entries[place::3], "more": False}]
    written = run("PAGERDUTY_TOKEN=secret\n" + commands("PagerDuty"), tmp_path, answers)
    assert ordered(written("pagerduty", "incidents")) == ordered(incidents)
    assert ordered(written("pagerduty", "incident_log_entries")) == ordered(entries)
    assert ordered(written("pagerduty", "services")) == ordered(services)


def test_hubspot(tmp_path: Path) -> None:
    root = "https://api.hubapi.com/crm/v3"
    answers: dict[str, list[Any]] = {
        f"{root}/pipelines/deals": [{"results": exported("hubspot", "pipelines")}]
    }
    for name in ("deals", "companies"):
        pages = in_pages(exported("hubspot", name)[:FEW])
        for place, page in enumerate(pages):
            following = {} if page is pages[-1] else {"paging": {"next": {"after": f"after {place + 1}"}}}
            cursor = f"after {place}" if place else ""
            answers[f"{root}/objects/{name}#{cursor}"] = [{"results": page, **following}]
    written = run("HUBSPOT_TOKEN=secret\n" + commands("HubSpot"), tmp_path, answers)
    for name in ("deals", "companies", "pipelines"):
        expected = exported("hubspot", name)
        assert ordered(written("hubspot", name)) == ordered(
            expected if name == "pipelines" else expected[:FEW]
        )


def test_planning_sheets_have_the_columns_that_the_readme_tells() -> None:
    told = re.findall(r"^\| `(\w+)\.csv` \| (.+?) \|$", README, re.MULTILINE)
    assert len(told) == len(list((EXPORTS / "planning").glob("*.csv")))
    for sheet, columns in told:
        bare = re.sub(r"\([^)]*\)", "", columns).split(";")[0]
        names = [name.strip().removesuffix("?") for name in bare.split(",")]
        header = (EXPORTS / "planning" / f"{sheet}.csv").read_text().splitlines()[0]
        assert names == header.split(","), sheet


def test_links_of_the_readme_lead_somewhere() -> None:
    places = [place for place in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in place]
    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []
