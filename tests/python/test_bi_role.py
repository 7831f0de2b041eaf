"""A BI tool's role on Postgres reads the marts; everything else is tried and refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import psycopg2
import pytest
from click.testing import CliRunner, Result
from postgres_server import environment_of, execute, postgres_server
from scorecard.cli import group
from scorecard.targets import Target

PASSWORD = "open sesame of the reader"
SCHEMAS = ("raw_planning", "raw_meta", "staging", "intermediate", "dictionaries", "marts")


@pytest.fixture(scope="module")
def server() -> Iterator[Target]:
    """A server that holds a table in every schema of a warehouse."""
    with postgres_server() as target:
        for schema in SCHEMAS:
            execute(target, f"create schema {schema}", f"create table {schema}.names as select 'Ann' as name")
        yield target


def make_role(server: Target, *arguments: str, password: str = PASSWORD) -> Result:
    environment = {**environment_of(server), "SCORECARD_READER_PASSWORD": password}
    return CliRunner().invoke(group, ["bi", "role", *arguments], env=environment)


def attempt(server: Target, statement: str, user: str = "scorecard_reader") -> str | None:
    """What the server answers to a statement of the role: the class of its error, or None."""
    connection = psycopg2.connect(**cast(Any, {**server.connection, "user": user, "password": PASSWORD}))
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
def role(server: Target) -> Target:
    made = make_role(server)
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    return server


def test_the_role_reads_the_marts(role: Target) -> None:
    assert attempt(role, "select * from marts.names") is None


@pytest.mark.parametrize("schema", [schema for schema in SCHEMAS if schema != "marts"])
def test_the_role_reads_no_other_schema(role: Target, schema: str) -> None:
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
def test_the_role_changes_nothing_even_where_it_asks_to_write(role: Target, statement: str) -> None:
    """Not only by the read-only default, which a session may switch off."""
    assert attempt(role, f"set default_transaction_read_only = off; commit; {statement}") == NOT_ALLOWED
    assert attempt(role, "select * from marts.names") is None


def test_the_role_reads_what_a_later_build_makes(role: Target, server: Target) -> None:
    execute(server, "create table marts.later as select 1 as one")
    assert attempt(role, "select * from marts.later") is None


def test_whatever_the_role_had_before_is_taken(role: Target, server: Target) -> None:
    for given in ("usage on schema raw_meta", "all on raw_meta.names", "pg_read_server_files"):
        execute(server, f"grant {given} to scorecard_reader")
    assert attempt(role, "select * from raw_meta.names") is None
    assert make_role(server).exit_code == 0
    assert attempt(role, "select * from raw_meta.names") == NOT_ALLOWED
    assert attempt(role, "set role pg_read_server_files") == NOT_ALLOWED


def test_without_a_password_nothing_happens(server: Target) -> None:
    refused = make_role(server, password="")
    assert refused.exit_code == 1
    assert "SCORECARD_READER_PASSWORD" in refused.output


def test_a_superuser_is_refused_and_the_password_never_shown(server: Target) -> None:
    refused = make_role(server, "--role", "postgres")
    assert refused.exit_code == 1
    assert "superuser" in refused.output
    assert PASSWORD not in refused.output


def test_a_missing_schema_is_named(server: Target) -> None:
    refused = make_role(server, "--schema", "nowhere")
    assert refused.exit_code == 1
    assert "There is no schema nowhere yet" in refused.output
