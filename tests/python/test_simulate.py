"""The simulated company: repeatable, complete, of the vendors' shapes, and with every awkward case in it."""

from __future__ import annotations

import collections
import csv
import dataclasses
import gzip
import hashlib
import json
import re
import subprocess
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from scorecard.simulate import SimulationConfig, SimulationError, command, write_company
from scorecard.simulate.cases import CASES
from scorecard.simulate.clock import work_after
from scorecard.simulate.history import EMPTY, Commit, Signature

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "seeds" / "sample"
SMALL = SimulationConfig(seed=3, people=4, months=2, teams=2, services=3)
DONE = ("Done", "Closed")
WORKING = ("In Progress", "In Review", "In QA")
DISMISSED = ("Won't Do", "Duplicate", "Cannot Reproduce", "Not a Bug")
KEY = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2,4}-\d+)(?![A-Za-z0-9])")

Row = dict[str, Any]


def instant(text: str) -> datetime:
    """Any instant of the exports, in UTC."""
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def rows_of(path: Path) -> list[Row]:
    """Rows of a sheet or of a file with one object a line."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def digest(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def content(path: Path) -> object:
    """What a file says, whatever the version of git or zlib that packed it."""
    if path.suffix == ".bundle":
        listed = subprocess.run(["git", "bundle", "list-heads", path], capture_output=True, check=True)
        return listed.stdout
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@dataclasses.dataclass
class GitCommit:
    repository: str
    sha: str
    parents: list[str]
    author: str
    authored_at: datetime
    committed_at: datetime
    message: str
    files: list[tuple[str, str, str]]


def read_history(bundle: Path, folder: Path) -> list[GitCommit]:
    """All commits of a bundle with their files (against the first parent), oldest first."""
    name = bundle.stem.replace("+", "/")
    clone = folder / bundle.stem
    subprocess.run(["git", "clone", "--quiet", "--mirror", bundle, clone], check=True, capture_output=True)
    pretty = "--format=%x02%H%x00%P%x00%ae%x00%aI%x00%cI%x00%B%x03"
    command_line = [
        "git",
        "-C",
        clone,
        "-c",
        "core.quotePath=false",
        "log",
        "--all",
        "--topo-order",
        "--reverse",
    ]
    command_line += ["-m", "--first-parent", "--name-status", "-M50%", pretty]
    # With --first-parent over all branches, what only side branches hold is listed without it.
    command_line.remove("--first-parent")
    command_line[command_line.index("-m")] = "--diff-merges=first-parent"
    text = subprocess.run(command_line, check=True, capture_output=True).stdout.decode()
    commits = []
    for block in text.split("\x02")[1:]:
        header, _, listing = block.partition("\x03")
        sha, parents, author, authored, committed, message = header.split("\x00")
        files = []
        for line in listing.strip().splitlines():
            kind, *paths = line.split("\t")
            files.append((kind[0], paths[-1], paths[0] if len(paths) > 1 else ""))
        commits.append(
            GitCommit(
                name, sha, parents.split(), author, instant(authored), instant(committed), message, files
            )
        )
    return commits


class Exports:
    """A folder of exports with what the checks look up again and again."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch = folder, scratch
        self.end = instant(json.loads((folder / "manifest.json").read_text())["covers_to"])
        self._rows: dict[str, list[Row]] = {}

    def __getattr__(self, name: str) -> list[Row]:
        """`github__reviews` reads github/reviews."""
        if "__" not in name or name.startswith("__"):
            raise AttributeError(name)
        if name not in self._rows:
            tool, table = name.split("__")
            suffix = "csv" if tool == "planning" else "ndjson.gz"
            self._rows[name] = rows_of(self.folder / tool / f"{table}.{suffix}")
        return self._rows[name]

    @cached_property
    def commits(self) -> list[GitCommit]:
        bundles = sorted((self.folder / "git").glob("*.bundle"))
        return [commit for bundle in bundles for commit in read_history(bundle, self.scratch)]

    @cached_property
    def commit(self) -> dict[str, GitCommit]:
        return {commit.sha: commit for commit in self.commits}

    @cached_property
    def line(self) -> dict[str, list[str]]:
        """First-parent line of each repository's default branch, newest first."""
        tips: dict[str, str] = {}
        for pull in self.github__pull_requests:
            repo = pull["base"]["repo"]
            if repo["full_name"] not in tips:
                clone = self.scratch / repo["full_name"].replace("/", "+")
                assert self.commits
                listed = subprocess.run(
                    ["git", "-C", clone, "rev-parse", repo["default_branch"]], capture_output=True, check=True
                )
                tips[repo["full_name"]] = listed.stdout.decode().strip()
        lines = {}
        for name, tip in tips.items():
            shas, sha = [], tip
            while True:
                shas.append(sha)
                if not self.commit[sha].parents:
                    break
                sha = self.commit[sha].parents[0]
            lines[name] = shas
        return lines

    @cached_property
    def pulls(self) -> list[Row]:
        """Pull requests with their exported commits and reviews."""
        parts: dict[tuple[str, int], dict[str, list[Row]]] = collections.defaultdict(
            lambda: {"commits": [], "reviews": []}
        )
        for row in self.github__pull_request_commits:
            parts[row["repository"], row["pull_number"]]["commits"].append(row)
        for row in self.github__reviews:
            parts[row["repository"], row["pull_number"]]["reviews"].append(row)
        return [
            {**pull, **parts[pull["base"]["repo"]["full_name"], pull["number"]]}
            for pull in self.github__pull_requests
        ]

    @cached_property
    def merged(self) -> list[Row]:
        """Merged into the default branch."""
        return [
            p
            for p in self.pulls
            if p["merged_at"] and p["base"]["ref"] == p["base"]["repo"]["default_branch"]
        ]

    @cached_property
    def human(self) -> list[Row]:
        return [
            p for p in self.merged if p["user"]["type"] == "User" and p["user"]["login"] != "renovate-bot"
        ]

    @cached_property
    def issue_keys(self) -> set[str]:
        """Every key by which an issue is or was known."""
        old = {i["fromString"] for issue in self.jira__issues for _, i in items(issue) if i["field"] == "Key"}
        return old | {issue["key"] for issue in self.jira__issues}

    def keys_in(self, text: str | None) -> set[str]:
        return {key.upper() for key in KEY.findall(text or "")} & self.issue_keys

    @cached_property
    def identities(self) -> dict[str, set[str]]:
        known: dict[str, set[str]] = collections.defaultdict(set)
        for row in self.planning__identities:
            known[row["tool"]].add(row["identifier"])
        return known

    @cached_property
    def successes(self) -> dict[int, list[Row]]:
        by: dict[int, list[Row]] = collections.defaultdict(list)
        for status in self.github__deployment_statuses:
            by[int(status["deployment_url"].rsplit("/", 1)[1])].append(status)
        return by

    @cached_property
    def live(self) -> list[tuple[datetime, Row]]:
        """Successful production deployments by their first success."""
        found = []
        for row in self.github__deployments:
            done = [s["created_at"] for s in self.successes[row["id"]] if s["state"] == "success"]
            if done and row["environment"].startswith("prod"):
                found.append((instant(min(done)), row))
        return sorted(found, key=lambda pair: (pair[0], pair[1]["id"]))

    @cached_property
    def runs(self) -> list[tuple[tuple[datetime, Row], tuple[datetime, Row]]]:
        """Each successful production deployment with the next of the same repository and environment."""
        by: dict[tuple[str, str], list[tuple[datetime, Row]]] = collections.defaultdict(list)
        for pair in self.live:
            by[pair[1]["repository_url"], pair[1]["environment"]].append(pair)
        return [pair for deployments in by.values() for pair in pairwise(deployments)]

    @cached_property
    def standard(self) -> list[Row]:
        kinds = ("Epic", "Sub-task", "Incident")
        return [i for i in self.jira__issues if i["fields"]["issuetype"]["name"] not in kinds]

    @cached_property
    def completed(self) -> list[Row]:
        return [
            i
            for i in self.standard
            if i["fields"]["status"]["name"] in DONE and i["fields"]["resolution"]["name"] not in DISMISSED
        ]

    @cached_property
    def bugs(self) -> list[Row]:
        return [i for i in self.standard if i["fields"]["issuetype"]["name"] == "Bug"]

    @cached_property
    def incidents(self) -> list[Row]:
        return [{**row, "named": field_values(row)} for row in self.pagerduty__incidents]

    @cached_property
    def versions(self) -> dict[str, dict[str, dict[str, Row]]]:
        """Quarter → plan version → item."""
        by: dict[str, dict[str, dict[str, Row]]] = collections.defaultdict(
            lambda: collections.defaultdict(dict)
        )
        for row in self.planning__roadmap_items:
            by[row["planned_quarter"]][row["plan_version_on"]][row["roadmap_item_id"]] = row
        return by

    @cached_property
    def baselines(self) -> dict[str, dict[str, Row]]:
        """Quarter → items of its baseline."""
        given = {row["planned_quarter"]: row["baseline_date"] for row in self.planning__baselines}
        found = {}
        for quarter, versions in self.versions.items():
            first = f"{quarter[:4]}-{int(quarter[-1]) * 3 - 2:02d}-01"
            before = [day for day in versions if day <= given.get(quarter, first)]
            if before:
                found[quarter] = versions[max(before)]
        return found

    @cached_property
    def fates(self) -> list[tuple[Row, Row | None]]:
        """Committed items of a baseline with what the newest version that has them says."""
        newest = max(row["plan_version_on"] for row in self.planning__roadmap_items)
        last = {}
        for row in sorted(self.planning__roadmap_items, key=lambda row: row["plan_version_on"]):
            last[row["roadmap_item_id"]] = row
        assert newest
        committed = [
            r for items in self.baselines.values() for r in items.values() if r["commitment"] == "committed"
        ]
        return [(row, last.get(row["roadmap_item_id"])) for row in committed]

    @cached_property
    def outcome_ids(self) -> set[str]:
        known = {row["objective_id"] for row in self.planning__objectives}
        known |= {row["id"] for row in self.hubspot__deals} | {row["id"] for row in self.hubspot__companies}
        return known | {row["properties"]["dealname"] for row in self.hubspot__deals}

    @cached_property
    def objective_items(self) -> dict[str, Row]:
        """Epic key → newest roadmap item that names it and an objective."""
        return {r["epic_key"]: r for r in self.planning__roadmap_items if r["epic_key"] and r["objective_id"]}

    @cached_property
    def objectives(self) -> dict[str, Row]:
        return {row["objective_id"]: row for row in self.planning__objectives}


def items(issue: Row) -> list[tuple[datetime, Row]]:
    """Entries of the embedded changelog, oldest first; read once per issue."""
    if "_items" in issue:
        return issue["_items"]  # type: ignore[no-any-return]
    entries = [(instant(h["created"]), item) for h in issue["changelog"]["histories"] for item in h["items"]]
    issue["_items"] = sorted(entries, key=lambda entry: entry[0])
    return issue["_items"]  # type: ignore[no-any-return]


def moves(issue: Row) -> list[tuple[datetime, str, str]]:
    """Status changes, oldest first."""
    return [(at, i["fromString"], i["toString"]) for at, i in items(issue) if i["field"] == "status"]


def sprint_moves(issue: Row) -> list[tuple[datetime, set[str], set[str]]]:
    """Changes of the sprint field as sets of sprint numbers, oldest first."""
    if "_sprint_moves" not in issue:
        issue["_sprint_moves"] = [
            (at, set(filter(None, item["from"].split(", "))), set(filter(None, item["to"].split(", "))))
            for at, item in items(issue)
            if item["field"] == "Sprint"
        ]
    return issue["_sprint_moves"]  # type: ignore[no-any-return]


def field_values(incident: Row) -> dict[str, list[str]]:
    """Custom fields of an incident by name."""
    values: dict[str, list[str]] = collections.defaultdict(list)
    for item in incident["custom_fields"]:
        values[item["name"]].append(item["value"])
    return values


def duration(incident: Row) -> timedelta:
    if not incident["resolved_at"]:
        return timedelta(0)
    return instant(incident["resolved_at"]) - instant(incident["created_at"])


def membership_pairs(x: Exports) -> list[tuple[Row, Row]]:
    by: dict[str, list[Row]] = collections.defaultdict(list)
    for row in x.planning__team_memberships:
        by[row["person_id"]].append(row)
    return [pair for rows in by.values() for pair in pairwise(sorted(rows, key=lambda row: row["from_on"]))]


def transients(x: Exports) -> list[Row]:
    return [
        i
        for i in x.incidents
        if i["resolved_at"]
        and (i["last_status_change_by"] or {}).get("type") == "service_reference"
        and duration(i) <= timedelta(minutes=5)
        and not i["resolve_reason"]
    ]


def prefixes(x: Exports) -> list[tuple[str, str]]:
    return [(s["repository"], s["path_prefix"] + "/") for s in x.planning__services if s["path_prefix"]]


def touched(x: Exports, commit: GitCommit) -> set[str]:
    """Prefixes of services that a commit touches."""
    return {
        p
        for repo, p in prefixes(x)
        if repo == commit.repository and any(f[1].startswith(p) for f in commit.files)
    }


def direct_pushes(x: Exports) -> list[str]:
    merges = {pull["merge_commit_sha"] for pull in x.merged}
    squashing = ("harbourline/platform", "harbourline/storefront")
    begin = instant(json.loads((x.folder / "manifest.json").read_text())["covers_from"])
    return [
        sha
        for name in squashing
        for sha in x.line[name]
        if sha not in merges and x.commit[sha].committed_at > begin
    ]


def first_authored(pull: Row) -> list[datetime]:
    return [instant(c["commit"]["author"]["date"]) for c in pull["commits"]]


def is_revert(pull: Row) -> bool:
    texts = [pull["body"] or "", *[c["commit"]["message"] for c in pull["commits"]]]
    says = any(re.search(r"Reverts \S*#\d+|This reverts commit", text) for text in texts)
    return says and "Reapply" not in pull["title"] and pull["title"].count("Revert") % 2 == 1


def ancestors(x: Exports, sha: str) -> set[str]:
    found, stack = set(), [sha]
    while stack:
        one = stack.pop()
        if one not in found:
            found.add(one)
            stack.extend(x.commit[one].parents)
    return found


def late_reverts(x: Exports) -> list[Row]:
    by_number = {(p["base"]["repo"]["full_name"], p["number"]): p for p in x.merged}
    found = []
    for pull in x.merged:
        named = re.search(r"Reverts (\S+)#(\d+)", pull["body"] or "")
        if named and is_revert(pull):
            target = by_number[named[1], int(named[2])]
            if instant(pull["merged_at"]) - instant(target["merged_at"]) > timedelta(days=31):
                found.append(pull)
    return found


def two_active_sprints(x: Exports) -> list[Row]:
    """Issues that at one instant stood in two sprints that were both running."""
    spans = {
        str(s["id"]): (instant(s["startDate"]), instant(s.get("completeDate", x.end.isoformat())))
        for s in x.jira__sprints
    }
    return [
        issue
        for issue in x.standard
        for at, _, now in sprint_moves(issue)
        if sum(spans[s][0] - timedelta(hours=3) <= at < spans[s][1] for s in now) > 1
    ]


def in_running_sprint(x: Exports, test: Callable[[Row, datetime, datetime, str], object]) -> list[Row]:
    """Issues for which `test(issue, activation, completion, sprint number)` holds in a completed sprint."""
    found = []
    for sprint in x.jira__sprints:
        if "activatedDate" in sprint and "completeDate" in sprint:
            begin, end = instant(sprint["activatedDate"]), instant(sprint["completeDate"])
            found += [i for i in x.standard if test(i, begin, end, str(sprint["id"]))]
    return found


def was_in(issue: Row, number: str) -> bool:
    today = {str(s["id"]) for s in issue["fields"]["customfield_10020"] or []}
    return number in today or any(number in before | after for _, before, after in sprint_moves(issue))


def reopened_before_close(issue: Row, begin: datetime, end: datetime, number: str) -> bool:
    if not was_in(issue, number):
        return False
    undone = [at for at, old, new in moves(issue) if old in DONE and new not in DONE and begin < at <= end]
    status = [new for at, _, new in moves(issue) if at <= end]
    return bool(undone) and status[-1] not in DONE


def added_and_done(issue: Row, begin: datetime, end: datetime, number: str) -> bool:
    added = any(number in now - old and begin < at < end for at, old, now in sprint_moves(issue))
    status = [new for at, _, new in moves(issue) if at <= end]
    return added and bool(status) and status[-1] in DONE


def deleted_and_added(x: Exports) -> list[str]:
    gone: set[tuple[str, str]] = set()
    back = []
    for commit in x.commits:
        for kind, path, _ in commit.files:
            if kind == "D":
                gone.add((commit.repository, path))
            elif kind == "A" and (commit.repository, path) in gone:
                back.append(path)
    return back


def files_of_bots_alone(x: Exports) -> list[str]:
    authors: dict[tuple[str, str], set[str]] = collections.defaultdict(set)
    for commit in x.commits:
        for _, path, _ in commit.files:
            authors[commit.repository, path].add(commit.author)
    is_bot = re.compile(r"\[bot\]@|renovate-bot@")
    return [
        path
        for (_, path), who in authors.items()
        if path.endswith(".py") and all(is_bot.search(a) for a in who)
    ]


def authors_who_left(x: Exports) -> set[str]:
    last: dict[str, datetime] = {}
    for commit in x.commits:
        last[commit.author] = max(commit.authored_at, last.get(commit.author, commit.authored_at))
    gone = {row["person_id"] for row in x.planning__team_memberships if row["to_on"]}
    gone -= {row["person_id"] for row in x.planning__team_memberships if not row["to_on"]}
    emails = {
        row["identifier"]
        for row in x.planning__identities
        if row["tool"] == "git" and row["person_id"] in gone
    }
    return {email for email in emails & set(last) if last[email] < x.end - timedelta(days=90)}


def changed(x: Exports, pattern: str) -> list[GitCommit]:
    return [
        c for c in x.commits if any(kind == "M" and re.search(pattern, path) for kind, path, _ in c.files)
    ]


def mentions_incident(issue: Row) -> bool:
    linked = [link for link in issue["fields"]["issuelinks"] if link["type"]["name"] == "Problem/Incident"]
    return bool(linked) or "pagerduty.com/incidents/" in (issue["fields"]["description"] or "")


def found_in(issue: Row) -> str | None:
    option = issue["fields"]["customfield_10050"]
    return option["value"] if option else None


def resolved(issue: Row, name: str) -> bool:
    return (issue["fields"]["resolution"] or {}).get("name") == name


def relapses(x: Exports) -> list[Row]:
    found = []
    for service in {i["service"]["id"] for i in x.incidents if i["service"]}:
        mine = [
            i
            for i in x.incidents
            if i["service"] and i["service"]["id"] == service and not i["resolve_reason"]
        ]
        mine = sorted((i for i in mine if i["urgency"] == "high"), key=lambda i: i["created_at"])
        for one, two in pairwise(mine):
            if one["resolved_at"]:
                gap = instant(two["created_at"]) - instant(one["resolved_at"])
                if timedelta(0) < gap <= timedelta(minutes=30):
                    found.append(two)
    return found


def changes_after_reopening(x: Exports) -> list[Row]:
    reopened = {}
    for issue in x.completed:
        back = [at for at, old, new in moves(issue) if old in DONE and new not in DONE]
        if back:
            reopened[issue["key"]] = min(back)
    found = []
    for pull in x.human:
        for key in x.keys_in(pull["head"]["ref"]) | x.keys_in(pull["title"]):
            if key in reopened and pull["commits"] and min(first_authored(pull)) > reopened[key]:
                found.append(pull)
    return found


def crm_keys(rows: Iterable[Row]) -> set[str]:
    return {key for row in rows for key in KEY.findall(row["properties"]["issue_keys"] or "")}


def ties(x: Exports) -> set[str]:
    tied = crm_keys(x.hubspot__deals) | crm_keys(x.hubspot__companies)
    return tied | {row["issue_key"] for row in x.planning__outcome_links}


def epic_objective(x: Exports, issue: Row) -> Row | None:
    item = x.objective_items.get(issue["fields"]["customfield_10014"] or "")
    return x.objectives[item["objective_id"]] if item else None


def tied_too_late(x: Exports) -> list[Row]:
    done = {i["key"]: instant(i["fields"]["resolutiondate"]) for i in x.completed}
    return [
        row
        for row in x.planning__outcome_links
        if row["linked_at"]
        and row["issue_key"] in done
        and instant(row["linked_at"]) > done[row["issue_key"]] + timedelta(days=7)
    ]


def deployed_prefix(x: Exports) -> set[str]:
    return {row["repository_url"].split("/repos/")[1] for _, row in x.live}


def at_the_instant(x: Exports, field: str) -> list[Row]:
    instants = {s[field] for s in x.jira__sprints if field in s}
    marks = {instant(text) for text in instants}
    wanted = "Sprint" if field == "activatedDate" else "status"
    return [i for i in x.standard for at, item in items(i) if at in marks and item["field"] == wanted]


CHECKS: dict[str, Callable[[Exports], object]] = {
    # general
    "bot_by_type": lambda x: [p for p in x.pulls if p["user"]["type"] == "Bot"],
    "bot_by_login": lambda x: [
        r for r in x.github__reviews if r["user"] and r["user"]["login"].endswith("[bot]")
    ],
    "bot_by_list": lambda x: [
        p for p in x.merged if p["user"]["login"] == "renovate-bot" and p["user"]["type"] == "User"
    ],
    "assistant_as_co_author": lambda x: (
        [c for c in x.commits if "<noreply@anthropic.com>" in c.message]
        and [c for c in x.commits if "+Copilot@users.noreply.github.com>" in c.message]
    ),
    "co_author": lambda x: [c for c in x.commits if re.search(r"Co-authored-by: .*@harbourline", c.message)],
    "co_author_in_lower_case": lambda x: [c for c in x.commits if "\nco-authored-by: " in c.message],
    "many_identities": lambda x: [
        person
        for person, count in collections.Counter(
            row["person_id"]
            for row in x.planning__identities
            if row["tool"] == "git" and any(c.author == row["identifier"] for c in x.commits)
        ).items()
        if count > 1
    ],
    "unlisted_person": lambda x: [p for p in x.human if p["user"]["login"] not in x.identities["github"]],
    "deleted_account": lambda x: [r for r in x.github__reviews if r["user"] is None],
    "merge_commit": lambda x: [c for c in x.commits if len(c.parents) == 2],
    "base_taken_in": lambda x: [c for c in x.commits if re.match(r"Merge branch 'm\w+' into ", c.message)],
    "draft_open": lambda x: [p for p in x.pulls if p["draft"] and p["state"] == "open"],
    "draft_made_ready": lambda x: [
        p for p in x.merged if p.get("ready_for_review_at") and p["ready_for_review_at"] > p["created_at"]
    ],
    "closed_without_merge": lambda x: [p for p in x.pulls if p["closed_at"] and not p["merged_at"]],
    "negative_duration": lambda x: [
        i for i in x.incidents for at in i["named"]["mitigated_at"] if instant(at) < instant(i["created_at"])
    ],
    "membership_changed": lambda x: [
        (a, b) for a, b in membership_pairs(x) if a["team_id"] != b["team_id"] and a["to_on"] < b["from_on"]
    ],
    "membership_overlap": lambda x: (
        [(a, b) for a, b in membership_pairs(x) if a["to_on"] == b["from_on"]]
        and [(a, b) for a, b in membership_pairs(x) if not a["to_on"]]
    ),
    "membership_gap": lambda x: [
        (a, b)
        for a, b in membership_pairs(x)
        if a["to_on"] and instant(b["from_on"]) - instant(a["to_on"]) > timedelta(2)
    ],
    "no_team": lambda x: [i for i in x.completed if i["fields"]["assignee"] is None],
    "latest_days": lambda x: [p for p in x.human if x.end - instant(p["merged_at"]) < timedelta(days=7)],
    # links
    "path_prefix_is_no_string_prefix": lambda x: [
        f
        for c in x.commits
        for _, f, _ in c.files
        for repo, p in prefixes(x)
        if repo == c.repository and f.startswith(p[:-1]) and not f.startswith(p)
    ],
    "file_of_no_service": lambda x: [
        f
        for c in x.commits
        for _, f, _ in c.files
        if c.repository == prefixes(x)[0][0] and not any(f.startswith(p) for _, p in prefixes(x))
    ],
    "change_of_two_services": lambda x: [
        p
        for p in x.human
        if len(touched(x, x.commit[p["merge_commit_sha"]])) > 1 and "Format" not in p["title"]
    ],
    "key_in_branch": lambda x: [p for p in x.human if x.keys_in(p["head"]["ref"])],
    "key_in_title": lambda x: [p for p in x.human if x.keys_in(p["title"])],
    "key_in_body": lambda x: [
        p for p in x.human if x.keys_in(p["body"]) and not x.keys_in(p["title"]) | x.keys_in(p["head"]["ref"])
    ],
    "key_in_commit": lambda x: [
        p
        for p in x.human
        if any(x.keys_in(c["commit"]["message"]) for c in p["commits"])
        and not x.keys_in(p["title"]) | x.keys_in(p["head"]["ref"]) | x.keys_in(p["body"])
    ],
    "key_in_lower_case": lambda x: [
        p for p in x.human if x.keys_in(p["head"]["ref"]) and not re.search("[A-Z]", p["head"]["ref"])
    ],
    "key_decoy": lambda x: [p for p in x.human if re.search(r"\b(UTF-8|SHA-256|ISO-8601)\b", p["title"])],
    "key_of_before_the_move": lambda x: [
        p
        for p in x.human
        if any(key.startswith("HELP-") for key in x.keys_in(p["head"]["ref"]) | x.keys_in(p["title"]))
    ],
    "moved_project": lambda x: [i for i in x.standard if any(item["field"] == "Key" for _, item in items(i))],
    "direct_push": direct_pushes,
    # lead time
    "squash_overwrites_the_date": lambda x: [
        p
        for p in x.human
        if p["commits"]
        and len(x.commit[p["merge_commit_sha"]].parents) == 1
        and x.commit[p["merge_commit_sha"]].authored_at == instant(p["merged_at"])
        and min(first_authored(p)) < instant(p["merged_at"])
    ],
    "rebase_merge": lambda x: [
        p
        for p in x.human
        if p["commits"]
        and len(x.commit[p["merge_commit_sha"]].parents) == 1
        and x.commit[p["merge_commit_sha"]].authored_at < x.commit[p["merge_commit_sha"]].committed_at
        and p["head"]["sha"] != p["merge_commit_sha"]
    ],
    "opening_before_commits": lambda x: [
        p for p in x.human if p["commits"] and min(first_authored(p)) > instant(p["created_at"])
    ],
    "commits_not_exported": lambda x: [p for p in x.human if not p["commits"]],
    "clock_of_a_machine_wrong": lambda x: [
        p for p in x.human if p["commits"] and max(first_authored(p)) > instant(p["merged_at"])
    ],
    "before_first_deployment": lambda x: [p for p in x.human if instant(p["merged_at"]) < x.live[0][0]],
    "not_deployed_yet": lambda x: [
        p
        for p in x.human
        if instant(p["merged_at"])
        > max(
            (at for at, d in x.live if d["repository_url"].endswith(p["base"]["repo"]["full_name"])),
            default=x.end,
        )
    ],
    "service_without_production": lambda x: [
        s for s in x.planning__services if s["repository"] not in deployed_prefix(x)
    ],
    "hotfix_branch": lambda x: [p for p in x.human if p["head"]["ref"].startswith("hotfix/")],
    "hotfix_label": lambda x: [p for p in x.human if any(label["name"] == "hotfix" for label in p["labels"])],
    "pure_revert": lambda x: [p for p in x.human if is_revert(p) and len(p["commits"]) == 1],
    "impure_revert": lambda x: [p for p in x.human if is_revert(p) and len(p["commits"]) > 1],
    "revert_by_hand": lambda x: [p for p in x.human if is_revert(p) and not p["body"]],
    "reland_reapply": lambda x: [p for p in x.human if p["title"].startswith('Reapply "')],
    "reland_double_revert": lambda x: [p for p in x.human if p["title"].startswith('Revert "Revert "')],
    "release_into_default": lambda x: [p for p in x.merged if p["head"]["ref"].startswith("release/")],
    "default_into_develop": lambda x: [
        p
        for p in x.pulls
        if p["base"]["ref"] == "develop" and p["head"]["ref"] == "master" and p["merged_at"]
    ],
    "base_not_default": lambda x: [
        p
        for p in x.pulls
        if p["merged_at"] and p["base"]["ref"].startswith("release/") and "hotfix/" in p["head"]["ref"]
    ],
    "review_of_a_draft": lambda x: [
        p
        for p in x.pulls
        if p.get("ready_for_review_at")
        and any(r["submitted_at"] < p["ready_for_review_at"] for r in p["reviews"])
    ],
    "review_after_merge": lambda x: [
        p for p in x.human if any(r["submitted_at"] > p["merged_at"] for r in p["reviews"])
    ],
    "reviewed_by_author_or_bot_alone": lambda x: [
        p
        for p in x.pulls
        if p["reviews"]
        and all(
            r["user"] and (r["user"]["id"] == p["user"]["id"] or r["user"]["type"] == "Bot")
            for r in p["reviews"]
        )
    ],
    "merged_without_review": lambda x: [p for p in x.human if not p["reviews"]],
    # deployments
    "staging_environment": lambda x: [d for d in x.github__deployments if d["environment"] == "staging"],
    "pipeline_failed": lambda x: [
        d
        for d in x.github__deployments
        if d["environment"].startswith("prod")
        and x.successes[d["id"]][-1:]
        and x.successes[d["id"]][-1]["state"] == "failure"
    ],
    "two_jobs": lambda x: [
        (a, b) for (t, a), (u, b) in x.runs if a["sha"] == b["sha"] and u - t <= timedelta(minutes=60)
    ],
    "redeployment": lambda x: [
        (a, b) for (t, a), (u, b) in x.runs if a["sha"] == b["sha"] and u - t > timedelta(minutes=60)
    ],
    "rollback": lambda x: [
        (a, b) for (_, a), (_, b) in x.runs if a["sha"] != b["sha"] and b["sha"] in ancestors(x, a["sha"])
    ],
    "commit_off_the_line": lambda x: [
        d for _, d in x.live if d["sha"] not in x.line[d["repository_url"].split("/repos/")[1]]
    ],
    "tag_deployed": lambda x: [d for _, d in x.live if re.match(r"v\d", d["ref"])],
    "start_not_reported": lambda x: [
        d for _, d in x.live if all(s["state"] not in ("queued", "in_progress") for s in x.successes[d["id"]])
    ],
    "never_left_the_queue": lambda x: [
        d for d in x.github__deployments if [s["state"] for s in x.successes[d["id"]]] == ["queued"]
    ],
    "environment_of_no_service": lambda x: [
        d
        for _, d in x.live
        if d["environment"] not in {s["deployment_environment"] for s in x.planning__services}
        and d["repository_url"].endswith(prefixes(x)[0][0])
    ],
    "became_inactive": lambda x: [d for _, d in x.live if x.successes[d["id"]][-1]["state"] == "inactive"],
    "deployed_by_a_bot": lambda x: [d for _, d in x.live if d["creator"]["type"] == "Bot"],
    "deployed_by_a_person": lambda x: [d for _, d in x.live if d["creator"]["type"] == "User"],
    # predictability
    "carried_over": lambda x: [i for i in x.completed if len(i["fields"]["customfield_10020"] or []) > 1],
    "in_two_sprints": two_active_sprints,
    "removed_from_sprint": lambda x: in_running_sprint(
        x,
        lambda i, begin, end, n: any(n in old - now and begin < at < end for at, old, now in sprint_moves(i)),
    ),
    "cancelled_in_sprint": lambda x: in_running_sprint(
        x,
        lambda i, begin, end, n: (
            was_in(i, n) and resolved(i, "Won't Do") and begin < instant(i["fields"]["resolutiondate"]) < end
        ),
    ),
    "added_after_start": lambda x: in_running_sprint(x, added_and_done),
    "reopened_before_close": lambda x: in_running_sprint(x, reopened_before_close),
    "started_late": lambda x: [
        s
        for s in x.jira__sprints
        if "activatedDate" in s
        and instant(s["activatedDate"]) - instant(s["startDate"]) > timedelta(hours=12)
    ],
    "completed_late": lambda x: [
        s
        for s in x.jira__sprints
        if "completeDate" in s and instant(s["completeDate"]) - instant(s["endDate"]) > timedelta(days=1)
    ],
    "activation_unknown": lambda x: [
        s for s in x.jira__sprints if s["state"] == "closed" and "activatedDate" not in s
    ],
    "subtask_in_sprint": lambda x: [
        i
        for i in x.jira__issues
        if i["fields"]["issuetype"]["subtask"] and i["fields"]["customfield_10020"] and i["fields"]["parent"]
    ],
    "at_the_instant_of_the_start": lambda x: at_the_instant(x, "activatedDate"),
    "at_the_instant_of_the_close": lambda x: at_the_instant(x, "completeDate"),
    "in_sprint_from_creation": lambda x: [
        i
        for i in x.standard
        if i["fields"]["customfield_10020"]
        and not sprint_moves(i)
        and i["changelog"]["total"] == len(i["changelog"]["histories"])
    ],
    "team_without_sprints": lambda x: (
        {p["project_key"] for p in x.planning__projects if p["project_key"] != "HELP"}
        - {s["name"].split()[0] for s in x.jira__sprints}
    ),
    "sprint_running_at_the_end": lambda x: [s for s in x.jira__sprints if s["state"] == "active"],
    # cycle time
    "reopened": lambda x: [
        i for i in x.completed if any(old in DONE and new not in DONE for _, old, new in moves(i))
    ],
    "done_to_closed": lambda x: [
        i for i in x.completed if any((old, new) == ("Done", "Closed") for _, old, new in moves(i))
    ],
    "straight_to_done": lambda x: [
        i for i in x.completed if [new for _, _, new in moves(i)] in (["Done"], ["Done", "Closed"])
    ],
    "back_in_to_do": lambda x: [
        i for i in x.standard if any(old in WORKING and new == "To Do" for _, old, new in moves(i))
    ],
    "changelog_cut_short": lambda x: [
        i
        for i in x.standard
        if i["changelog"]["total"] > len(i["changelog"]["histories"])
        and i["id"] not in {row["issueId"] for row in x.jira__issue_changelogs}
    ],
    "changelog_completed": lambda x: [
        i
        for i in x.standard
        if i["changelog"]["total"]
        == sum(row["issueId"] == i["id"] for row in x.jira__issue_changelogs)
        > len(i["changelog"]["histories"])
    ],
    "first_status_not_named": lambda x: [
        i for i in x.standard if moves(i) and moves(i)[0][1] == "Selected for Development"
    ],
    "no_history": lambda x: [i for i in x.standard if not i["changelog"]["total"]],
    "wont_do": lambda x: [i for i in x.standard if resolved(i, "Won't Do")],
    "duplicate": lambda x: [i for i in x.bugs if resolved(i, "Duplicate")],
    "cannot_reproduce": lambda x: [i for i in x.bugs if resolved(i, "Cannot Reproduce")],
    "in_progress_at_the_end": lambda x: [i for i in x.standard if i["fields"]["status"]["name"] in WORKING],
    "epic": lambda x: [i for i in x.jira__issues if i["fields"]["issuetype"]["hierarchyLevel"] == 1],
    # concentration
    "rename": lambda x: [c for c in x.commits if any(kind == "R" for kind, _, _ in c.files)],
    "deleted_and_added_again": deleted_and_added,
    "more_than_200_files_created": lambda x: [
        c for c in x.commits if sum(kind == "A" for kind, _, _ in c.files) > 200
    ],
    "more_than_200_files_changed": lambda x: [
        c for c in x.commits if sum(kind == "M" for kind, _, _ in c.files) > 200
    ],
    "vendored_file": lambda x: changed(x, "^vendor/"),
    "generated_file": lambda x: changed(x, "_pb2.py$"),
    "lock_file": lambda x: changed(x, "^package-lock.json$"),
    "binary_file": lambda x: changed(x, r"\.png$"),
    "file_of_a_bot_alone": files_of_bots_alone,
    "author_left": authors_who_left,
    "path_that_needs_quoting": lambda x: [
        c for c in x.commits for _, path, _ in c.files if "\u00dcber uns" in path
    ],
    # change failure
    "incident_names_deployment": lambda x: [
        i for i in x.incidents if set(i["named"]["deployment_id"]) & {str(d["id"]) for _, d in x.live}
    ],
    "incident_names_two": lambda x: [i for i in x.incidents if len(i["named"]["deployment_id"]) > 1],
    "fix_names_change": lambda x: [p for p in x.human if re.match(r"Hotfix for #\d+", p["body"] or "")],
    "fix_names_deployment": lambda x: [
        p for p in x.human if re.match(r"Fixes deployment \d+", p["body"] or "")
    ],
    "late_revert": late_reverts,
    "service_without_alerts": lambda x: [
        s for s in x.planning__services if not s["incident_service"] and s["repository"] in deployed_prefix(x)
    ],
    "younger_than_window": lambda x: [d for at, d in x.live if x.end - at < timedelta(hours=24)],
    # restore
    "merged_duplicate": lambda x: [i for i in x.incidents if i["resolve_reason"]],
    "duplicate_of_a_duplicate": lambda x: [
        i
        for i in x.incidents
        if i["resolve_reason"]
        and i["resolve_reason"]["incident"]["id"] in {j["id"] for j in x.incidents if j["resolve_reason"]}
    ],
    "joined": relapses,
    "open_at_the_end": lambda x: [
        i for i in x.incidents if i["status"] == "acknowledged" and not i["resolved_at"]
    ],
    "without_service": lambda x: [i for i in x.incidents if i["service"] is None],
    "unmapped_service": lambda x: [
        i
        for i in x.incidents
        if i["service"]
        and not {i["service"]["id"], i["service"]["summary"]}
        & {s["incident_service"] for s in x.planning__services}
        and "staging" not in i["service"]["summary"]
    ],
    "low_urgency": lambda x: [i for i in x.incidents if i["urgency"] == "low"],
    "test_incident": lambda x: [i for i in x.incidents if i["title"].startswith("[TEST]")],
    "maintenance": lambda x: [i for i in x.incidents if i["title"].startswith("[MAINTENANCE]")],
    "staging_incident": lambda x: [i for i in x.incidents if i["title"].startswith("[STAGING]")],
    "transient": transients,
    "transient_at_the_limit": lambda x: [i for i in transients(x) if duration(i) == timedelta(minutes=5)],
    "impact_before_creation": lambda x: [
        i for i in x.incidents for at in i["named"]["impact_started_at"] if at < i["created_at"]
    ],
    "mitigated": lambda x: [
        i
        for i in x.incidents
        for at in i["named"]["mitigated_at"]
        if i["resolved_at"] and i["created_at"] < at < i["resolved_at"]
    ],
    "longer_than_a_day": lambda x: [i for i in x.incidents if duration(i) > timedelta(hours=24)],
    # defects
    "found_in_production": lambda x: [i for i in x.bugs if found_in(i) == "Production"],
    "found_before_release": lambda x: (
        {"QA", "Staging", "Development", "Review"} <= {found_in(i) for i in x.bugs}
    ),
    "customer_without_found_in": lambda x: [
        i for i in x.bugs if not found_in(i) and i["fields"]["reporter"]["accountType"] == "customer"
    ],
    "incident_without_found_in": lambda x: [i for i in x.bugs if not found_in(i) and mentions_incident(i)],
    "defect_of_unknown_place": lambda x: [
        i
        for i in x.bugs
        if not found_in(i)
        and not mentions_incident(i)
        and i["fields"]["reporter"]["accountType"] == "atlassian"
        and i["fields"]["reporter"]["displayName"] != "Support Desk"
    ],
    "found_in_filled_later": lambda x: [
        i for i in x.bugs if any(item["field"] == "Found In" for _, item in items(i))
    ],
    "reported_by_the_desk": lambda x: [
        i for i in x.bugs if i["fields"]["reporter"]["displayName"] == "Support Desk"
    ],
    "not_a_bug": lambda x: [i for i in x.bugs if resolved(i, "Not a Bug")],
    "defect_wont_fix": lambda x: [i for i in x.bugs if resolved(i, "Won't Do")],
    "severe": lambda x: [
        i
        for i in x.bugs
        if found_in(i) == "Production" and (i["fields"]["customfield_10051"] or {}).get("value") == "Critical"
    ],
    # rework
    "follow_up_by_type": lambda x: [
        i for i in x.completed if i["fields"]["issuetype"]["name"] == "Incident Follow-up"
    ],
    "follow_up_by_text": lambda x: [
        i for i in x.completed if i["fields"]["issuetype"]["name"] == "Task" and mentions_incident(i)
    ],
    "linked_to_incident_issue": lambda x: [
        i
        for i in x.bugs
        if any(link["type"]["name"] == "Problem/Incident" for link in i["fields"]["issuelinks"])
    ],
    "issue_named_by_incident": lambda x: [
        i for i in x.incidents if set(i["named"]["jira_issue"]) & {issue["key"] for issue in x.bugs}
    ],
    "shadow_work": lambda x: [
        p
        for p in x.human
        if p["commits"]
        and not x.keys_in(" ".join([p["head"]["ref"], p["title"], p["body"] or ""]))
        and not any(x.keys_in(c["commit"]["message"]) for c in p["commits"])
    ],
    "change_after_reopening": changes_after_reopening,
    # outcome
    "by_epic_path": lambda x: [
        i
        for i in x.completed
        if (o := epic_objective(x, i)) and (o["active_to_on"] or "9999") >= i["fields"]["resolutiondate"][:10]
    ],
    "objective_not_active": lambda x: [
        i
        for i in x.completed
        if (o := epic_objective(x, i))
        and o["active_to_on"]
        and o["active_to_on"] < i["fields"]["created"][:10]
    ],
    "by_deal": lambda x: crm_keys(x.hubspot__deals) & {i["key"] for i in x.completed},
    "by_lost_deal": lambda x: [
        d
        for d in x.hubspot__deals
        if d["properties"]["hs_is_closed_lost"] == "true"
        and any(
            i["key"] in crm_keys([d])
            and instant(i["fields"]["created"]) > instant(d["properties"]["closedate"])
            for i in x.standard
        )
    ],
    "by_account": lambda x: crm_keys(x.hubspot__companies) & {i["key"] for i in x.completed},
    "by_objective": lambda x: [
        r
        for r in x.planning__outcome_links
        if r["outcome_type"] == "objective" and r["issue_key"] in {i["key"] for i in x.standard}
    ],
    "by_epic_and_deal": lambda x: [
        r
        for r in x.planning__outcome_links
        if r["issue_key"] in {i["key"] for i in x.jira__issues if i["fields"]["issuetype"]["name"] == "Epic"}
    ],
    "by_field": lambda x: [i for i in x.completed if i["fields"]["customfield_10052"] in x.outcome_ids],
    "field_unresolvable": lambda x: [
        i
        for i in x.standard
        if i["fields"]["customfield_10052"] and i["fields"]["customfield_10052"] not in x.outcome_ids
    ],
    "label_alone": lambda x: [
        i
        for i in x.completed
        if set(i["fields"]["labels"]) & {"revenue", "okr-growth"}
        and i["key"] not in ties(x)
        and not i["fields"]["customfield_10014"]
        and not i["fields"]["customfield_10052"]
    ],
    "tied_too_late": tied_too_late,
    "tie_without_date": lambda x: [r for r in x.planning__outcome_links if not r["linked_at"]],
    "two_currencies": lambda x: len({d["properties"]["deal_currency_code"] for d in x.hubspot__deals}) > 1,
    "archived_deal": lambda x: [d for d in x.hubspot__deals if d["archived"]],
    # roadmap
    "late": lambda x: [
        row
        for row, last in x.fates
        if last
        and row["planned_end_on"]
        and last["delivered_at"]
        and last["delivered_at"][:10] > row["planned_end_on"]
    ],
    "cancelled": lambda x: [row for row, last in x.fates if last and last["state"] == "cancelled"],
    "deferred": lambda x: [row for row, last in x.fates if last and last["state"] == "deferred"],
    "replanned": lambda x: [
        row for row, last in x.fates if last and last["planned_quarter"] != row["planned_quarter"]
    ],
    "dropped": lambda x: [
        row
        for quarter, rows in x.baselines.items()
        for number, row in rows.items()
        if row["state"] != "delivered"
        and any(day > row["plan_version_on"] for day in x.versions[quarter])
        and not any(
            number in v
            for versions in x.versions.values()
            for day, v in versions.items()
            if day > row["plan_version_on"]
        )
    ],
    "added": lambda x: [
        number
        for quarter, rows in x.baselines.items()
        for day, version in x.versions[quarter].items()
        for number in version
        if number not in rows and day > next(iter(rows.values()))["plan_version_on"]
    ],
    "aspirational": lambda x: [
        r for rows in x.baselines.values() for r in rows.values() if r["commitment"] == "aspirational"
    ],
    "delivered_without_date": lambda x: [
        r for r in x.planning__roadmap_items if r["state"] == "delivered" and not r["delivered_at"]
    ],
    "no_planned_end": lambda x: [row for row, _ in x.fates if not row["planned_end_on"]],
    "item_without_epic": lambda x: [row for row, _ in x.fates if not row["epic_key"]],
    "no_baseline": lambda x: set(x.versions) - set(x.baselines),
    "baseline_date_given": lambda x: {r["planned_quarter"] for r in x.planning__baselines} & set(x.baselines),
    "delivered_before_baseline": lambda x: [row for row, _ in x.fates if row["state"] == "delivered"],
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    return Exports(SAMPLE, tmp_path_factory.mktemp("clones"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "company"
    write_company(SMALL, folder)
    return folder


@pytest.mark.parametrize("name", [case.name for case in CASES])
def test_the_sample_holds_the_awkward_case(sample: Exports, name: str) -> None:
    assert CHECKS[name](sample), f"no instance of {name}"


def test_every_case_is_checked_once() -> None:
    assert [case.name for case in CASES] == list(dict.fromkeys(case.name for case in CASES))
    assert set(CHECKS) == {case.name for case in CASES}


def test_every_case_says_where_it_is_made() -> None:
    for case in CASES:
        module, *path = case.made_in.split(" ")[0].split(".")
        source = (ROOT / "scripts" / "scorecard" / "simulate" / f"{module}.py").read_text()
        assert f"def {path[-1]}(" in source, case


@pytest.mark.slow
def test_the_sample_is_what_the_code_makes(tmp_path: Path) -> None:
    write_company(SimulationConfig(), tmp_path / "again")
    made = sorted(p.relative_to(tmp_path / "again") for p in (tmp_path / "again").rglob("*") if p.is_file())
    kept = sorted(p.relative_to(SAMPLE) for p in SAMPLE.rglob("*") if p.is_file())
    assert made == kept
    differing = [str(path) for path in made if content(tmp_path / "again" / path) != content(SAMPLE / path)]
    assert not differing, "run `make sample`"


def test_the_sample_stays_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) <= 10_000_000


def test_the_same_arguments_give_the_same_bytes(small: Path, tmp_path: Path) -> None:
    write_company(SMALL, tmp_path / "again")
    assert digest(tmp_path / "again") == digest(small)


def test_writing_over_an_earlier_run_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    write_company(dataclasses.replace(SMALL, seed=4, services=5), tmp_path / "company")
    write_company(SMALL, tmp_path / "company")
    assert digest(tmp_path / "company") == digest(small)


def test_another_seed_gives_another_company(small: Path, tmp_path: Path) -> None:
    write_company(dataclasses.replace(SMALL, seed=4), tmp_path / "other")
    same = set(digest(tmp_path / "other").items()) & set(digest(small).items())
    assert not {name for name, _ in same} & {"jira/issues.ndjson.gz", "github/pull_requests.ndjson.gz"}


def test_no_export_speaks_of_what_came_after_its_end(sample: Exports) -> None:
    for table, fields in {
        "github__pull_requests": ("created_at", "updated_at", "merged_at"),
        "github__reviews": ("submitted_at",),
        "github__deployment_statuses": ("created_at",),
        "pagerduty__incidents": ("created_at", "resolved_at"),
        "pagerduty__incident_log_entries": ("created_at",),
        "hubspot__deals": ("createdAt", "updatedAt"),
    }.items():
        rows = getattr(sample, table)
        assert rows
        assert all(instant(row[f]) <= sample.end for row in rows for f in fields if row[f]), table
    for issue in sample.jira__issues:
        assert instant(issue["fields"]["updated"]) <= sample.end + timedelta(seconds=5), issue["key"]


def test_keys_are_unique(sample: Exports) -> None:
    for table, key in {
        "github__pull_requests": "id",
        "github__reviews": "id",
        "github__deployments": "id",
        "github__deployment_statuses": "id",
        "github__issues": "id",
        "jira__issues": "key",
        "jira__sprints": "id",
        "pagerduty__incidents": "id",
        "pagerduty__incident_log_entries": "id",
        "hubspot__deals": "id",
    }.items():
        rows = getattr(sample, table)
        assert len({row[key] for row in rows}) == len(rows), table


def test_exports_and_history_agree(sample: Exports) -> None:
    for pull in sample.merged:
        merged = sample.commit[pull["merge_commit_sha"]]
        assert merged.committed_at == instant(pull["merged_at"])
    for _, row in sample.live:
        assert row["sha"] in sample.commit
    for issue in sample.jira__issues:
        last = moves(issue)
        assert not last or last[-1][2] == issue["fields"]["status"]["name"]


def test_bundles_clone_with_their_default_branch(tmp_path: Path) -> None:
    for name, branch in (("accounts", "master"), ("platform", "main")):
        bundle = SAMPLE / "git" / f"harbourline+{name}.bundle"
        subprocess.run(["git", "clone", "--quiet", bundle, tmp_path / name], check=True, capture_output=True)
        head = subprocess.run(
            ["git", "-C", tmp_path / name, "rev-parse", "--abbrev-ref", "HEAD"],
            check=True,
            capture_output=True,
        )
        assert head.stdout.decode().strip() == branch
        subprocess.run(["git", "-C", tmp_path / name, "fsck", "--strict"], check=True, capture_output=True)


def test_sheets_have_the_columns_of_the_contract() -> None:
    wanted = {
        "people": "person_id name email",
        "team_memberships": "person_id team_id from_on to_on",
        "identities": "person_id tool identifier",
        "teams": "team_id name",
        "projects": "project_key team_id",
        "services": "service_id name team_id repository path_prefix deployment_environment incident_service",
        "roadmap_items": "roadmap_item_id plan_version_on title team_id planned_quarter planned_end_on"
        " commitment state delivered_at objective_id epic_key",
        "baselines": "planned_quarter baseline_date",
        "objectives": "objective_id name active_from_on active_to_on",
        "targets": "kpi scope_type scope_id target owner from_on",
        "outcome_links": "issue_key outcome_type outcome_id linked_at",
    }
    found = {
        path.stem: path.read_text().splitlines()[0].replace(",", " ")
        for path in SAMPLE.glob("planning/*.csv")
    }
    assert found == wanted


@pytest.mark.parametrize(
    "config",
    [
        SimulationConfig(people=1, months=1, teams=1, services=1),
        SimulationConfig(people=1, months=1),
        SimulationConfig(people=3, months=1, has_sprints=False, has_deployments=False, has_incidents=False),
        SimulationConfig(
            people=5, months=1, teams=3, services=12, has_roadmap=False, timezone="Asia/Kolkata"
        ),
    ],
)
def test_odd_companies_can_be_written(config: SimulationConfig, tmp_path: Path) -> None:
    world = write_company(config, tmp_path / "odd")
    files = [path for path in (tmp_path / "odd").rglob("*") if path.suffix in (".gz", ".csv")]
    assert sum(len(rows_of(path)) for path in files) > 20
    assert bool(world.sprints) is config.has_sprints
    assert bool(world.deployments) is config.has_deployments
    assert (
        json.loads((tmp_path / "odd" / "manifest.json").read_text())["reporting_timezone"] == config.timezone
    )


def test_tools_can_be_left_out(tmp_path: Path) -> None:
    arguments = ["--people", "2", "--months", "1", "--services", "1", "--out", str(tmp_path / "out")]
    for tool in ("git", "pagerduty", "hubspot"):
        arguments += ["--without", tool]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "github",
        "jira",
        "manifest.json",
        "planning",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--people", "0"], "--people is 0"),
        (["--end", "yesterday"], "2026-07-04T09:00:00Z"),
        (["--timezone", "Mars/Olympus"], "IANA"),
    ],
)
def test_bad_options_get_one_sentence(arguments: list[str], words: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [*arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert words in result.output and "Traceback" not in result.output


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SimulationError, match="empty folder"):
        write_company(SMALL, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_work_happens_in_working_hours() -> None:
    friday = int(datetime(2026, 5, 8, 17, 0, tzinfo=UTC).timestamp())
    assert datetime.fromtimestamp(work_after(friday, 1.0), UTC) == datetime(2026, 5, 11, 9, 30, tzinfo=UTC)
    # Two hours west the working day still has two hours.
    assert datetime.fromtimestamp(work_after(friday, 1.0, -120), UTC) == datetime(
        2026, 5, 8, 18, 0, tzinfo=UTC
    )


def test_object_names_are_git_s_own() -> None:
    # The names of the empty tree and of a commit with one file, as git 2.39 gives them.
    assert EMPTY.sha == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    ann = Signature("Ann", "ann@x.example", 1_700_000_000, -90)
    tree = EMPTY.with_file("a/b.txt", b"hello\n")
    commit = Commit(tree, (), ann, ann, "First")
    assert (tree.sha, commit.sha) == (
        "4b378868f9def8dfbfa9494e931d7367e276bb3a",
        "1d4bd310f4f3ab1057abc42379f678001cb880bf",
    )
