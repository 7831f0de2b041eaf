"""Metabase's REST API: one request at a time, one sentence where it does not do what it was asked."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import click

from scorecard.bi_http import NoRedirect

TIMEOUT_SECONDS = 60
ASK_FOR_KEY = "make one for the group Administrators (Admin settings, Authentication, API keys)"


class MetabaseError(click.ClickException):
    """What stands in the way of provisioning, in one sentence without a secret; `said` is the server's."""

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said


@dataclass
class Client:
    """A Metabase at an address. `headers` let it in; `secrets` are what no text may ever show."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise MetabaseError(
                "--url must be the address of a Metabase such as https://metabase.example.com, "
                "without a user, a password or a query."
            )
        self.url = self.url.rstrip("/")
        self._opener = urllib.request.build_opener(NoRedirect)

    def get(self, path: str) -> Any:
        return self.request("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.request("POST", path, {} if body is None else body)

    def put(self, path: str, body: Any) -> Any:
        return self.request("PUT", path, body)

    def delete(self, path: str) -> Any:
        return self.request("DELETE", path)

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """What the server answers, from JSON; None where it answers nothing.

        Raises MetabaseError where nothing answers, where the answer is not Metabase's, and where it is a
        refusal.
        """
        headers = {"Accept": "application/json", **self.headers}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        asked = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with self._opener.open(asked, timeout=TIMEOUT_SECONDS) as answer:
                text = answer.read().decode("utf-8", errors="replace")
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(method, path, error) from None
        except (urllib.error.URLError, OSError, http.client.HTTPException, ValueError) as error:
            reason = self.clean(str(getattr(error, "reason", None) or error or type(error).__name__))
            raise MetabaseError(
                f"Nothing answers at {self.url} ({reason}): check --url, and that Metabase runs."
            ) from None
        if not text:
            return None
        try:
            return json.loads(text)
        except ValueError:
            raise self._not_metabase(path) from None

    def clean(self, text: str) -> str:
        """A text on one line without the secrets."""
        for secret in self.secrets:
            if secret:
                text = text.replace(secret, "…")
        return " ".join(text.split())

    def _refusal(self, method: str, path: str, error: urllib.error.HTTPError) -> MetabaseError:
        asked = f"{method} {path.partition('?')[0]}"
        if error.code in (301, 302, 303, 307, 308):
            place = self.clean(str(error.headers.get("Location", "elsewhere")))
            return MetabaseError(f"{self.url} sends on to {place}: give --url the address that answers.")
        if error.code == 401:
            return MetabaseError(f"Metabase at {self.url} refuses the key or password: {ASK_FOR_KEY}.")
        if error.code == 403:
            return MetabaseError(f"Metabase does not let this key do {asked}: {ASK_FOR_KEY}.")
        said = self.clean(_said(error.read().decode("utf-8", errors="replace")))
        if error.code == 404 and "not found" in said.lower() and path == "/api/session/properties":
            return self._not_metabase(path)
        said = said or "no reason given"
        return MetabaseError(f"Metabase answers {asked} with {error.code}: {said}", said)

    def _not_metabase(self, path: str) -> MetabaseError:
        return MetabaseError(
            f"{self.url} does not answer {path.partition('?')[0]} as a Metabase does: check --url."
        )


def _said(text: str) -> str:
    """What a refusal says: its message, or its errors by field."""
    try:
        body = json.loads(text)
    except ValueError:
        return text[:300]
    if not isinstance(body, dict):
        return str(body)[:300]
    named = body.get("specific-errors") or body.get("errors") or {}
    parts = [str(body["message"])] if body.get("message") else []
    if isinstance(named, dict):
        parts += [f"{name}: {told}" for name, told in named.items()]
    return "; ".join(parts)[:600]


def major_version(client: Client) -> int:
    """Major version of the server: 50 for v0.50.1 and v1.50.1.

    Raises MetabaseError where the server does not tell one.
    """
    properties = client.get("/api/session/properties")
    version = properties.get("version") if isinstance(properties, dict) else None
    tag = str(version.get("tag")) if isinstance(version, dict) else "none"
    found = re.match(r"v?[01]\.(\d+)", tag)
    if found is None:
        raise MetabaseError(
            f'Metabase at {client.url} gives its version as "{client.clean(tag)}", which says nothing: '
            "name it with --server-version."
        )
    return int(found.group(1))


def sign_in(client: Client, api_key: str | None, user: str | None, password: str | None) -> None:
    """Let the client in: by an API key, or by the session of a user where the server knows no keys yet.

    Raises MetabaseError where neither is given.
    """
    client.secrets += [secret for secret in (api_key, password) if secret]
    if api_key:
        client.headers["x-api-key"] = api_key
    elif user and password:
        session = client.post("/api/session", {"username": user, "password": password})
        token = str(session["id"])
        client.secrets.append(token)
        client.headers["X-Metabase-Session"] = token
    else:
        raise MetabaseError(f"Set SCORECARD_METABASE_API_KEY to a key of Metabase's: {ASK_FOR_KEY}.")
