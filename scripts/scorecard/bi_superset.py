"""`scorecard bi superset`: the dashboard of bi/superset in a running Superset, over its REST API."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import quote, urlencode

import click

from scorecard.bi_http import NoRedirect
from scorecard.bi_role import PASSWORD as READER_PASSWORD
from scorecard.bi_superset_assets import (
    NAME,
    AssetError,
    Declarations,
    bundle,
    completed,
    read_assets,
    slug_of,
)
from scorecard.reading import ReadingError, published
from scorecard.targets import Target, TargetError, project_root, resolve_target

PASSWORD = "SCORECARD_SUPERSET_PASSWORD"
TIMEOUT_SECONDS = 120
LONGEST_REASON = 300


class SupersetError(click.ClickException):
    """What stands in the way of the dashboard, in one sentence."""


@click.command("superset")
@click.option("--url", required=True, help="Address of Superset, such as https://superset.example.com.")
@click.option("--username", default="admin", show_default=True, help="Account that may import and write.")
@click.option(
    "--provider", default="db", show_default=True, help="How Superset knows the account: db or ldap."
)
@click.option("--target", "target_name", help="Published marts of this target.  [default: SCORECARD_TARGET]")
@click.option("--role", default="scorecard_reader", show_default=True, help="Role that reads on Postgres.")
@click.option("--database-uri", help="Address of the marts as Superset reaches them, without a password.")
@click.option("--name", default=NAME, show_default=True, help="Name of the database and the dashboard.")
def command(
    url: str,
    username: str,
    provider: str,
    target_name: str | None,
    role: str,
    database_uri: str | None,
    name: str,
) -> None:
    """Bring the scorecard's dashboard into Apache Superset, or bring it up to date.

    Registers what `scorecard refresh` published, with its datasets, charts and dashboard, and asks every
    chart once. Run it again after an upgrade: it changes what it made and makes nothing twice. The account's
    password is read from the environment variable SCORECARD_SUPERSET_PASSWORD, that of the role on Postgres
    from SCORECARD_READER_PASSWORD.
    """
    password = os.environ.get(PASSWORD)
    if not password:
        raise SupersetError(
            f"Set {PASSWORD} to the password of {username}; it is never written anywhere else."
        )
    try:
        root = project_root()
        uri = address_of_marts(target_name, role, database_uri)
        assets = completed(read_assets(root), Declarations(root), uri, name)
    except (AssetError, ReadingError, TargetError) as error:
        raise SupersetError(str(error)) from None
    superset = Superset(url.rstrip("/"))
    superset.log_in(username, password, provider)
    try:
        superset.import_assets(bundle(assets))
    except Refused as error:
        raise SupersetError(
            f"{superset.url} does not import the dashboard ({error.reason}): {username} must be an "
            f'administrator, and what else is called "{name}" needs another name; Superset\'s log says more.'
        ) from None
    slug = slug_of(name)
    silent = superset.silent_charts(slug)
    address = f"{superset.url}/superset/dashboard/{slug}/"
    if silent:
        chart, reason = silent[0]
        raise SupersetError(
            f'{address} is there, but {len(silent)} of its charts have no answer, "{chart}" among them '
            f"({reason}): check that Superset reaches {_without_password(uri)}."
        )
    click.echo(f"{address} shows {_without_password(uri)}.")


def address_of_marts(target_name: str | None, role: str, given: str | None = None) -> str:
    """SQLAlchemy's address of a target's published marts, or the one that was given, with the password.

    Raises ReadingError or TargetError where nothing was published or the target does not exist.
    """
    password = os.environ.get(READER_PASSWORD)
    if given:
        return _with_password(given, password)
    target = resolve_target(target_name)
    if target.engine == "postgres":
        if not password:
            raise SupersetError(f"Set {READER_PASSWORD} to the password of {role} (scorecard bi role).")
        return _with_password(_postgres_address(target, role), password)
    if target.engine == "spark":
        raise ReadingError("Superset reads what was published: choose --target duckdb or postgres.")
    path = published(target).path
    assert path is not None
    # The link itself: behind it a refresh puts the next version.
    return f"duckdb:///{quote(os.path.abspath(path))}"


def _postgres_address(target: Target, role: str) -> str:
    host, port = target.connection["host"], target.connection["port"]
    database = quote(target.connection["dbname"], safe="")
    user = quote(role, safe="")
    if host.startswith("/"):
        return f"postgresql+psycopg2://{user}@/{database}?{urlencode({'host': host, 'port': port})}"
    return f"postgresql+psycopg2://{user}@{host}:{port}/{database}"


def _with_password(uri: str, password: str | None) -> str:
    """The address with the password of its user, where it names one and has none."""
    scheme, separator, rest = uri.partition("://")
    user, at, place = rest.rpartition("@")
    if not password or not at or ":" in user:
        return uri
    return f"{scheme}{separator}{user}:{quote(password, safe='')}@{place}"


def _without_password(uri: str) -> str:
    scheme, separator, rest = uri.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{user.partition(':')[0]}@{place}" if at else uri


@dataclass
class Superset:
    """A running Superset and an account that is logged in there."""

    url: str
    _headers: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        # The token against forged requests belongs to a session, which is kept in a cookie.
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies, NoRedirect())

    def log_in(self, username: str, password: str, provider: str = "db") -> None:
        """Log in. Raises SupersetError where Superset does not answer or does not know the account."""
        account = {"username": username, "password": password, "provider": provider, "refresh": False}
        try:
            answer = self._send("POST", "/api/v1/security/login", json.dumps(account).encode())
        except Refused as error:
            if error.code == 401:
                raise SupersetError(
                    f"{self.url} does not let {username} in: check --username, --provider and {PASSWORD}."
                ) from None
            raise SupersetError(f"{self.url} does not answer as Superset does ({error.reason}).") from None
        self._headers["Authorization"] = f"Bearer {answer['access_token']}"
        token = self.get("/api/v1/security/csrf_token/")["result"]
        self._headers |= {"X-CSRFToken": token, "Referer": self.url}

    def import_assets(self, archive: bytes) -> None:
        """Import databases, datasets, charts and dashboards; what has the same uuid is overwritten.

        Raises Refused where Superset does not take them.
        """
        boundary = uuid.uuid4().hex
        head = (
            f"--{boundary}\r\n"
            'Content-Disposition: form-data; name="bundle"; filename="scorecard.zip"\r\n'
            "Content-Type: application/zip\r\n\r\n"
        )
        body = head.encode() + archive + f"\r\n--{boundary}--\r\n".encode()
        self._send("POST", "/api/v1/assets/import/", body, f"multipart/form-data; boundary={boundary}")

    def get(self, path: str) -> Any:
        """What a path of the REST API answers. Raises SupersetError where it is refused."""
        return self._call("GET", path)

    def put(self, path: str, changed: dict[str, Any]) -> None:
        """Change something that is there. Raises SupersetError where that is refused."""
        self._call("PUT", path, json.dumps(changed).encode())

    def charts(self, slug: str) -> dict[str, int]:
        """Names and numbers of a dashboard's charts."""
        found = self.get(f"/api/v1/dashboard/{slug}/charts")["result"]
        return {chart["slice_name"]: chart["id"] for chart in found}

    def rows(self, chart: int) -> list[list[dict[str, Any]]]:
        """What a chart's queries answer now: rows of each. Raises SupersetError where one fails."""
        answer = self.get(f"/api/v1/chart/{chart}/data/?force=true")
        return [query["data"] for query in answer["result"]]

    def silent_charts(self, slug: str) -> list[tuple[str, str]]:
        """Charts of a dashboard that do not answer, each with the reason."""
        silent = []
        for name, number in sorted(self.charts(slug).items()):
            try:
                self.rows(number)
            except SupersetError as error:
                silent.append((name, error.message))
        return silent

    def _call(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        try:
            return self._send(method, path, body, kind)
        except Refused as error:
            raise SupersetError(f"{self.url} refuses {path.partition('?')[0]} ({error.reason}).") from None

    def _send(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        headers = {**self._headers, "Accept": "application/json", **({"Content-Type": kind} if body else {})}
        try:
            request = urllib.request.Request(f"{self.url}{path}", data=body, method=method, headers=headers)
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _reason(error.read())) from None
        except (OSError, ValueError) as error:
            raise SupersetError(
                f"{self.url} does not answer as Superset does ({error}): check --url."
            ) from None


class Refused(Exception):
    """Superset's answer to a request that it did not carry out."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = f"{code}: {reason}"


def _reason(answer: bytes) -> str:
    """What an answer says of an error, on one line."""
    try:
        told = json.loads(answer)
    except ValueError:
        return "a page and no reason"
    said = told.get("message") or [_told(error) for error in told.get("errors", ())]
    return " ".join(str(said).split())[:LONGEST_REASON]


def _told(error: dict[str, Any]) -> str:
    # Of an import the messages by file, beside them what every one of them has in common.
    extra = {key: value for key, value in error.get("extra", {}).items() if key != "issue_codes"}
    return f"{error.get('message')} {extra or ''}".strip()
