"""`scorecard bi metabase`: the dashboard of bi/metabase in a Metabase, through its open-source REST API."""

from __future__ import annotations

import os
from pathlib import Path

import click

from scorecard.bi_role import PASSWORD
from scorecard.metabase import describe
from scorecard.metabase.client import Client, MetabaseError, major_version, sign_in
from scorecard.metabase.content import FOLDER, Entity, load
from scorecard.metabase.provision import Connection, Outcome, Provisioning
from scorecard.targets import TargetError, default_target_name, project_root, published_folder, resolve_target

HERE = ("localhost", "127.0.0.1", "::1")


@click.command("metabase")
@click.option(
    "--url", envvar="SCORECARD_METABASE_URL", help="Address of the Metabase; or SCORECARD_METABASE_URL."
)
@click.option(
    "--api-key",
    envvar="SCORECARD_METABASE_API_KEY",
    help="A key of the group Administrators; better in SCORECARD_METABASE_API_KEY, which nobody else sees.",
)
@click.option("--target", "target_name", help="postgres or duckdb; default SCORECARD_TARGET, else postgres.")
@click.option("--host", help="Postgres as Metabase sees it; default SCORECARD_PG_HOST.")
@click.option("--port", type=int, help="Its port; default SCORECARD_PG_PORT, else 5432.")
@click.option("--database", help="Its database; default SCORECARD_PG_DATABASE.")
@click.option("--role", default="scorecard_reader", show_default=True, help="Role of `scorecard bi role`.")
@click.option(
    "--ssl/--no-ssl", default=None, help="Encrypt what lies between; default: unless it is localhost."
)
@click.option("--file", "file_name", help="DuckDB: the published file as Metabase sees it.")
@click.option(
    "--wait", default=180.0, show_default=True, help="Seconds that Metabase may take to find the tables."
)
@click.option("--server-version", type=int, help="Metabase's version where it tells none: 50 for 0.50.")
@click.option("--write", is_flag=True, help="Write bi/metabase/databases from the models' YAML, and stop.")
def command(
    url: str | None,
    api_key: str | None,
    target_name: str | None,
    host: str | None,
    port: int | None,
    database: str | None,
    role: str,
    ssl: bool | None,
    file_name: str | None,
    wait: float,
    server_version: int | None,
    write: bool,
) -> None:
    """Show the scorecard in a Metabase: database, descriptions, questions and dashboard, from bi/metabase.

    Run it again whenever anything changed: what is there is renewed, nothing is doubled. The role's password
    is read from SCORECARD_READER_PASSWORD. A Metabase before 0.49 has no keys: set SCORECARD_METABASE_USER
    and SCORECARD_METABASE_PASSWORD.
    """
    folder = project_root() / FOLDER
    if write:
        changed = describe.write(project_root(), folder)
        click.echo(f"{FOLDER / 'databases'} says what the models say: {changed} files changed.")
        return
    if not url:
        raise MetabaseError("Name the Metabase with --url or SCORECARD_METABASE_URL.")
    content = load(folder)
    client = Client(url)
    connection = _connection(client, target_name, host, port, database, role, ssl, file_name)
    user, password = os.environ.get("SCORECARD_METABASE_USER"), os.environ.get("SCORECARD_METABASE_PASSWORD")
    version = server_version or major_version(client)
    sign_in(client, api_key, user, password)
    outcome = Provisioning(client, version, content).run(connection, wait)
    _tell(client, version, outcome)


def _connection(
    client: Client,
    target_name: str | None,
    host: str | None,
    port: int | None,
    database: str | None,
    role: str,
    ssl: bool | None,
    file_name: str | None,
) -> Connection:
    """How Metabase is to reach the marts. Raises MetabaseError where something for it is missing."""
    chosen = target_name or (os.environ.get("SCORECARD_TARGET") and default_target_name()) or "postgres"
    try:
        target = resolve_target(chosen)
    except TargetError as error:
        raise MetabaseError(str(error)) from None
    if target.name == "duckdb":
        path = Path(file_name) if file_name else published_folder(target) / "current.duckdb"
        return Connection("duckdb", {"database_file": str(path), "read_only": True})
    if target.name != "postgres":
        raise MetabaseError(
            f"Metabase reads targets postgres and duckdb, not {target.name}: choose with --target."
        )
    there = target.connection
    host = host or there["host"]
    if host.startswith("/"):
        raise MetabaseError("SCORECARD_PG_HOST is a folder of this machine: name a host with --host.")
    password = os.environ.get(PASSWORD)
    if not password:
        raise MetabaseError(
            f"Set {PASSWORD} to the password of the role {role}; `scorecard bi role` makes it."
        )
    client.secrets.append(password)
    details: Entity = {
        "host": host,
        "port": port or int(there["port"]),
        "dbname": database or there["dbname"],
        "user": role,
        "password": password,
        "ssl": host not in HERE if ssl is None else ssl,
        # Earlier versions of the marts stand in schemas of their own, which nobody should pick by mistake.
        "schema-filters-type": "inclusion",
        "schema-filters-patterns": describe.SCHEMA,
    }
    return Connection("postgres", details)


def _tell(client: Client, version: int, outcome: Outcome) -> None:
    click.echo(
        f"Metabase 0.{version} at {client.url}: {outcome.made} things made, {outcome.renewed} renewed; "
        f"{outcome.described_tables} tables and {outcome.described_fields} columns described anew, "
        f"{outcome.hidden_tables} hidden."
    )
    click.echo(f"The scorecard: {client.url}/dashboard/{outcome.dashboard_id}")
