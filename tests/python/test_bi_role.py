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


def made(server: Target, *arguments: str) -> Result:
    """A role that could be made, without a word of its password."""
    result = make_role(server, *arguments)
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
    return result


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
    made(server)
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
    made(server)
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


# Beside whom the database belongs to -----------------------------------------------------------------------


@pytest.fixture
def builder(server: Target) -> Iterator[Target]:
    """The marts of an ordinary user who may make roles, in a database of somebody else."""
    execute(
        server,
        "create role builder login createrole",
        "create database company",
        "revoke all on database company from public",
        "grant connect, temporary on database company to public",
        "grant create on database company to builder",
    )
    database = Target("postgres", "postgres", connection={**server.connection, "dbname": "company"})
    # What somebody else keeps there is no business of the builder.
    execute(database, "create schema private", "create table private.names (name text)")
    builder = Target("postgres", "postgres", connection={**database.connection, "user": "builder"})
    execute(builder, "create schema marts", "create table marts.names as select 'Ann' as name")
    yield builder
    execute(
        server, "drop database company with (force)", "drop owned by builder", "drop role if exists reader"
    )
    execute(server, "drop role builder")


def test_an_ordinary_user_who_builds_the_marts_makes_the_role_and_sets_it_right(builder: Target) -> None:
    for _ in range(2):
        told = made(builder, "--role", "reader").output
        execute(builder, "create table if not exists marts.later as select 1 as one")
        for table in ("names", "later"):
            assert attempt(builder, f"select * from marts.{table}", "reader") is None
            writing = f"set default_transaction_read_only = off; commit; delete from marts.{table}"
            assert attempt(builder, writing, "reader") == NOT_ALLOWED
        assert attempt(builder, "select * from private.names", "reader") == NOT_ALLOWED
    # What is left to the owner of the database is said, and no more.
    assert 'revoke temporary on database "company" from public' in told
    assert "grant connect" not in told and "on schema public" not in told


def test_a_database_that_lets_nobody_in_is_left_to_its_owner(builder: Target, server: Target) -> None:
    execute(
        server,
        "revoke all on database company from public",
        "grant connect on database company to builder",
    )
    assert 'grant connect on database "company" to "reader"' in made(builder, "--role", "reader").output


def test_what_the_user_may_not_take_is_named(builder: Target, server: Target) -> None:
    made(builder, "--role", "reader")
    others = Target("postgres", "postgres", connection={**builder.connection, "user": "postgres"})
    execute(others, "grant usage on schema private to public", "grant select on private.names to public")
    execute(others, "grant select on private.names to reader")
    refused = make_role(builder, "--role", "reader")
    assert refused.exit_code == 1
    assert "private.names" in refused.output


@pytest.mark.parametrize("attribute", ["createdb", "createrole", "replication", "bypassrls"])
def test_attributes_that_the_role_has_are_taken(role: Target, server: Target, attribute: str) -> None:
    execute(server, f"alter role scorecard_reader {attribute}")
    made(server)
    name = f"rol{attribute}"
    held = f"select 1 / cast(not {name} as integer) from pg_roles where rolname = 'scorecard_reader'"
    assert attempt(server, held) is None


def test_a_superuser_beside_the_builder_lets_the_role_read_what_the_builder_makes_later(
    builder: Target,
) -> None:
    superuser = Target("postgres", "postgres", connection={**builder.connection, "user": "postgres"})
    told = made(superuser, "--role", "reader").output
    assert "revoke" not in told
    execute(builder, "create table marts.later as select 1 as one")
    assert attempt(builder, "select * from marts.later", "reader") is None
    writing = "set default_transaction_read_only = off; commit; create temporary table more (name text)"
    assert attempt(builder, writing, "reader") == NOT_ALLOWED
    # Landing and the gate need temporary tables.
    execute(builder, "create temporary table more (name text)")
