"""`scorecard bi role`: a Postgres role for BI tools that reads the marts and nothing else."""

from __future__ import annotations

import os

import click
import psycopg2
from psycopg2 import sql

from scorecard.targets import TargetError, resolve_target

PASSWORD = "SCORECARD_READER_PASSWORD"

# What a role may have beyond its grants. The server lets few users name them, even to switch them off.
ATTRIBUTES = ("createdb", "createrole", "replication", "bypassrls")
# In this order: nothing is granted before all that the role might have had is taken.
STATEMENTS = (
    "alter role {role} with login noinherit",
    "alter role {role} with password {password}",
    "alter role {role} set default_transaction_read_only = on",
    "revoke all on database {database} from {role}",
    "grant connect on database {database} to {role}",
    "grant usage on schema {marts} to {role}",
    "grant select on all tables in schema {marts} to {role}",
)
# For each user who makes tables there, which need not be the one that is connected.
FOR_MAKERS = (
    # Tables that a later build or refresh makes are read, too.
    "alter default privileges for role {maker} in schema {marts} grant select on tables to {role}",
    # Landing and the gate make temporary tables, which is about to be taken from everybody.
    "grant temporary on database {database} to {maker}",
)
# What must not be so, and what ends it: with a mere warning to no effect where the database is another's.
# Whoever may connect may create in `public` on servers before version 15, and temporary tables everywhere.
OF_THE_DATABASE = (
    (
        "not has_database_privilege({reader}, current_database(), 'connect')",
        "grant connect on database {database} to {role}",
    ),
    (
        "has_schema_privilege({reader}, to_regnamespace('public'), 'create')",
        "revoke create on schema public from public",
    ),
    (
        "has_database_privilege({reader}, current_database(), 'temporary')",
        "revoke temporary on database {database} from public",
    ),
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
    (SCORECARD_PG_*) as the user that builds the marts and may create roles, or as a superuser.
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
            left = grant(cursor, role, schema, password)
    except psycopg2.Error as error:
        # The statement holds the password: only what the server says of it is shown.
        raise RoleError(
            f"{target.shown}: role {role} could not be made ({_first_line(error)}). "
            "Connect as a user that may create roles and owns the marts."
        ) from None
    finally:
        connection.close()
    click.echo(f"{role} reads schema {schema} of {target.shown} and nothing else.")
    if left:
        click.echo(f"What is left to the owner of the database, who should run it: {'; '.join(left)}")


def grant(cursor: psycopg2.extensions.cursor, role: str, schema: str, password: str) -> list[str]:
    """Make the role where it is missing and give it the tables of one schema.

    Returns the statements that only the owner of the database can run. Raises RoleError where the schema is
    not there or the role keeps what it must not have, psycopg2.Error where the user may not do it.
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
        "reader": sql.Literal(role),
        "marts": sql.Identifier(schema),
        "database": sql.Identifier(database),
        "password": sql.Literal(password),
    }
    _take_all(cursor, role)
    for statement in STATEMENTS:
        cursor.execute(sql.SQL(statement).format(**named))
    for maker in _makers(cursor, schema):
        for statement in FOR_MAKERS:
            cursor.execute(sql.SQL(statement).format(maker=sql.Identifier(maker), **named))
    return _left_to_the_owner(cursor, named)


def _take_all(cursor: psycopg2.extensions.cursor, role: str) -> None:
    """Take from the role its attributes, what it may do in any schema, and the roles that it is in."""
    columns = ", ".join(f"rol{attribute}" for attribute in ATTRIBUTES)
    cursor.execute(f"select {columns} from pg_roles where rolname = %s", (role,))
    has = cursor.fetchone() or ()
    for attribute, is_held in zip(ATTRIBUTES, has, strict=True):
        if is_held:
            cursor.execute(sql.SQL(f"alter role {{}} no{attribute}").format(sql.Identifier(role)))
    for held in _held(cursor, role):
        cursor.execute(sql.SQL("revoke all on {} from {}").format(sql.SQL(held), sql.Identifier(role)))
    # To revoke what somebody else granted is a warning to the server, no error.
    if kept := _held(cursor, role):
        raise RoleError(
            f"{role} keeps what this user may not take from it: let the owner revoke all on {kept[0]}."
        )
    cursor.execute(
        "select granted.rolname from pg_auth_members as members "
        "inner join pg_roles as granted on members.roleid = granted.oid "
        "inner join pg_roles as held_by on members.member = held_by.oid where held_by.rolname = %s",
        (role,),
    )
    for (granted,) in cursor.fetchall():
        cursor.execute(sql.SQL("revoke {} from {}").format(sql.Identifier(granted), sql.Identifier(role)))


def _held(cursor: psycopg2.extensions.cursor, role: str) -> list[str]:
    """Schemas, tables and sequences on which the role itself was granted anything, as `revoke` names them."""
    cursor.execute(
        "select distinct (pg_identify_object(classid, objid, 0)).type, "
        "(pg_identify_object(classid, objid, 0)).identity from pg_shdepend "
        "where refclassid = 'pg_authid'::regclass and deptype = 'a' "
        "and refobjid = (select oid from pg_roles where rolname = %s) "
        "and dbid = (select oid from pg_database where datname = current_database()) "
        "and classid in ('pg_class'::regclass, 'pg_namespace'::regclass) order by 1, 2",
        (role,),
    )
    # Views and the like are tables to `revoke`.
    return [f"{kind if kind in ('schema', 'sequence') else 'table'} {name}" for kind, name in cursor]


def _makers(cursor: psycopg2.extensions.cursor, schema: str) -> list[str]:
    """Who owns the schema or a table in it."""
    cursor.execute(
        "select pg_get_userbyid(nspowner) from pg_namespace where nspname = %(schema)s "
        "union select pg_get_userbyid(relowner) from pg_class "
        "inner join pg_namespace on relnamespace = pg_namespace.oid "
        "where relkind in ('r', 'p') and nspname = %(schema)s",
        {"schema": schema},
    )
    return [maker for (maker,) in cursor]


def _left_to_the_owner(cursor: psycopg2.extensions.cursor, named: dict[str, sql.Composable]) -> list[str]:
    """Set right what concerns the database as a whole; returns the statements that came to nothing."""
    left = []
    for is_wrong, remedy in OF_THE_DATABASE:
        asked = sql.SQL(f"select {is_wrong}").format(**named)
        statement = sql.SQL(remedy).format(**named)
        if _is_so(cursor, asked):
            cursor.execute(statement)
            if _is_so(cursor, asked):
                left.append(statement.as_string(cursor))
    return left


def _is_so(cursor: psycopg2.extensions.cursor, asked: sql.Composable) -> bool:
    cursor.execute(asked)
    (answer,) = cursor.fetchone() or (None,)
    return bool(answer)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]
