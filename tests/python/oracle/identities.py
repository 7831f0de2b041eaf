"""Whose an account or an address is: what sheets list, and what tools tell of their accounts."""

import re
from collections.abc import Iterable, Iterator

from .dictionaries import Dictionaries
from .exports import Account, Company


def noreply_login(email: str) -> str | None:
    """Return the login within a GitHub no-reply address."""
    found = re.fullmatch(r"(?:\d+\+)?([^@+]+)@users\.noreply\.github\.com", email)
    return found.group(1) if found else None


class Identities:
    """Every identity (``email:…``, ``github:…``, ``jira:…``), its group, and that group's person.

    A group is anchored in a login where an address is known to be that login's: by GitHub's no-reply form, by
    the commits of pull requests, by the account's profile. A Jira account belongs where its address belongs.
    """

    def __init__(self, company: Company, dictionaries: Dictionaries) -> None:
        self._company = company
        self._login_of_address = _sole(
            (commit.author_email, commit.author)
            for commit in company.pull_request_commits
            if commit.author_email and commit.author is not None
        )
        self._login_of_profile = _sole((user.email, user) for user in company.github_users if user.email)
        self._address_of_jira: dict[str, str] = {}
        for user in company.jira_users:
            if user.email and user.kind != "app":
                key = user.identifier.lower()
                address = user.email.lower()
                self._address_of_jira[key] = min(address, self._address_of_jira.get(key, address))
        self._listed: dict[str, str] = {}
        self._people: dict[str, str] = {}
        for identity, person in self._listings():
            self._listed[identity] = min(person, self._listed.get(identity, person))
        for identity, person in self._listed.items():
            group = self.group(identity)
            self._people[group] = min(person, self._people.get(group, person))
        self._bots = {
            self.group(identity)
            for identity, is_bot in self._seen()
            if is_bot or _is_bot(identity, dictionaries)
        }
        self._dictionaries = dictionaries

    def person(self, identity: str) -> str:
        """Return whose an identity is; what no sheet lists is a person of its own."""
        group = self.group(identity)
        return self._listed.get(identity) or self._people.get(group) or group

    def is_bot(self, identity: str) -> bool:
        """Whether any identity of the group is a bot's by its type, its name or the bot reference."""
        group = self.group(identity)
        listed = group.startswith("github:") and self._dictionaries.is_bot(group.removeprefix("github:"))
        return group in self._bots or listed or _is_bot(identity, self._dictionaries)

    def group(self, identity: str) -> str:
        """Return the anchor of the group that an identity belongs to."""
        kind, _, name = identity.partition(":")
        if kind == "jira" and name in self._address_of_jira:
            return self.group(f"email:{self._address_of_jira[name]}")
        if kind != "email":
            return identity
        login = noreply_login(name) or self._login_of_address.get(name) or self._login_of_profile.get(name)
        return identity if login is None else f"github:{login}"

    def _listings(self) -> Iterator[tuple[str, str]]:
        for row in self._company.sheet("people"):
            if row.get("email"):
                yield f"email:{str(row['email']).lower()}", str(row["person_id"])
        for row in self._company.sheet("identities"):
            name = str(row["identifier"]).lower()
            kind = "email" if "@" in name else str(row["tool"]).lower()
            yield f"{kind}:{name}", str(row["person_id"])

    def _seen(self) -> Iterator[tuple[str, bool]]:
        """Give every identity that any tool names, and whether that tool calls it a bot."""
        company = self._company
        for history in company.histories.values():
            for commit in history.commits.values():
                for _, email in [("", commit.author_email), *commit.co_authors]:
                    yield f"email:{email.lower()}", False
        for row in company.pull_request_commits:
            if row.author_email:
                yield f"email:{row.author_email.lower()}", False
        accounts: list[Account | None] = [*company.github_users, *company.jira_users]
        accounts += [row.author for row in company.pull_request_commits]
        accounts += [row.author for row in company.pull_requests]
        accounts += [row.reviewer for row in company.reviews]
        accounts += [issue.reporter for issue in company.issues]
        for account in accounts:
            if account is not None:
                bot = "app" if account.tool == "jira" else "Bot"
                yield f"{account.tool}:{account.identifier.lower()}", account.kind == bot
        for identity, _ in self._listings():
            yield identity, False


def _is_bot(identity: str, dictionaries: Dictionaries) -> bool:
    name = identity.partition(":")[2]
    return name.endswith("[bot]") or "[bot]@" in name or dictionaries.is_bot(name)


def _sole(claims: Iterable[tuple[str, Account]]) -> dict[str, str]:
    """Return the login that claims an address; one that two claim says nothing."""
    found: dict[str, set[str]] = {}
    for email, account in claims:
        found.setdefault(email.lower(), set()).add(account.identifier.lower())
    return {email: next(iter(logins)) for email, logins in found.items() if len(logins) == 1}
