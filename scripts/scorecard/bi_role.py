"""`scorecard bi role`: a Postgres role for BI tools that reads the marts and nothing else."""

from __future__ import annotations

import os

import click
import psycopg2
from psycopg2 import sql

from scorecard.targets import TargetError, resolve_target

PASSWORD = "SCORECARD_READER_PASSWORD"

# In this order: nothing is granted before all that the role might have had is taken.
STATEMENTS = (
    "alter role {role} with login noinherit nosuperuser nocreatedb nocreaterole noreplication",
    "alter role {role} with password {password}",
    "alter role {role} set default_transaction_read_only = on",
    "revoke all on database {database} from {role}",
    "grant connect on database {database} to {role}",
    "grant usage on schema {marts} to {role}",
    "grant select on all tables in schema {marts} to {role}",
    # Tables that a later build or refresh makes are read, too.
    "alter default privileges in schema {marts} grant select on tables to {role}",
)
# Whoever may connect may create in `public` on servers before version 15, and temporary tables everywhere.
FOR_EVERYBODY = (
    "revoke create on schema public from public",
    "revoke temporary on database {database} from public",
)


class RoleError(click.ClickException):
    """What stands in the way of the role, in one sentence."""


@click.command("role")
@click.option("--role", default="scorecard_reader", show_default=True, help="Name of the role.")
@click.option("--schema", default="marts", show_default=True, help="Schema that it may read.")
def command(role: str, schema: str) -> None:
    """Make a read-only Postgres role for BI tools, or set it right.

    The role can read the tables of the marts and nothing else; run it again after anything changed. Its
    password is read from the environment variable SCORECARD_READER_PASSWORD. You must be connected
    (SCORECARD_PG_*) as the user that builds the marts.
    """
    password = os.environ.get(PASSWORD)
    if not password:
        raise RoleError(f"Set {PASSWORD} to the role's password; it is never written anywhere else.")
    try:
        target = resolve_target("postgres")
        connection = psycopg2.connect(**target.connection)  # type: ignore[call-overload]
    except (TargetError, psycopg2.OperationalError) as error:
        raise RoleError(f"Postgres cannot be reached ({_first_line(error)}): check SCORECARD_PG_*.") from None
    try:
        with connection, connection.cursor() as cursor:
            grant(cursor, role, schema, password)
    except psycopg2.Error as error:
        # The statement holds the password: only what the server says of it is shown.
        raise RoleError(
            f"{target.shown}: role {role} could not be made ({_first_line(error)}). "
            "Connect as a user that may create roles and owns the marts."
        ) from None
    finally:
        connection.close()
    click.echo(f"{role} reads schema {schema} of {target.shown} and nothing else.")


def grant(cursor: psycopg2.extensions.cursor, role: str, schema: str, password: str) -> None:
    """Make the role where it is missing and give it the tables of one schema.

    Raises RoleError where the schema is not there, psycopg2.Error where the user may not do it.
    """
    cursor.execute("select 1 from pg_namespace where nspname = %s", (schema,))
    if cursor.fetchone() is None:
        raise RoleError(f"There is no schema {schema} yet: build or refresh first.")
    cursor.execute("select rolsuper from pg_roles where rolname = %s", (role,))
    found = cursor.fetchone()
    if found is None:
        cursor.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
    elif found[0]:
        raise RoleError(f"{role} is a superuser, whom nothing can be kept from: choose another --role.")
    cursor.execute("select current_database()")
    (database,) = cursor.fetchone() or ("",)
    named = {
        "role": sql.Identifier(role),
        "marts": sql.Identifier(schema),
        "database": sql.Identifier(database),
        "password": sql.Literal(password),
    }
    _take_all(cursor, role)
    for statement in (*FOR_EVERYBODY, *STATEMENTS):
        cursor.execute(sql.SQL(statement).format(**named))


def _take_all(cursor: psycopg2.extensions.cursor, role: str) -> None:
    """Take from the role what it may do in any schema, and the roles that it is a member of."""
    cursor.execute(
        "select nspname from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'"
    )
    for (schema,) in cursor.fetchall():
        for what in ("schema", "all tables in schema", "all sequences in schema"):
            statement = sql.SQL(f"revoke all on {what} {{}} from {{}}")
            cursor.execute(statement.format(sql.Identifier(schema), sql.Identifier(role)))
    cursor.execute(
        "select granted.rolname from pg_auth_members as members "
        "inner join pg_roles as granted on members.roleid = granted.oid "
        "inner join pg_roles as held_by on members.member = held_by.oid where held_by.rolname = %s",
        (role,),
    )
    for (granted,) in cursor.fetchall():
        cursor.execute(sql.SQL("revoke {} from {}").format(sql.Identifier(granted), sql.Identifier(role)))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]
