"""Versions as schemas: the current one is called `marts`, and a publication renames two schemas at once."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from scorecard.landing.sql import identifier, literal
from scorecard.refresh.candidate import Candidate
from scorecard.refresh.identity import RUN_ID, now
from scorecard.refresh.journal import publications_sql
from scorecard.refresh.lock import connect
from scorecard.refresh.marts import RUN_ID_COMMENT
from scorecard.refresh.outcomes import RefreshError
from scorecard.refresh.versions import About, Published, to_remove
from scorecard.targets import Target

MARTS = "marts"
CANDIDATE = "marts_candidate"
VERSION = re.compile(rf"marts_({RUN_ID.pattern})")
# How long readers of the other tables may wait for the swap while one table is still being read.
LOCK_TIMEOUT_MS = 200
STATEMENT_TIMEOUT_MS = 1000
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 0.5

Rows = list[tuple[Any, ...]]


class PostgresVersions:
    """Versions in a database. No statement of a reader sees two of them, for the swap holds every table."""

    def __init__(
        self, target: Target, tables: tuple[str, ...], swap_timeout: timedelta, say: Callable[[str], None]
    ) -> None:
        self._target = target
        self._tables = tables
        self._swap_timeout = swap_timeout
        self._say = say

    @contextmanager
    def _session(self) -> Iterator[_Session]:
        connection = connect(self._target, "scorecard refresh")
        try:
            yield _Session(connection)
        finally:
            connection.close()

    def current(self) -> str | None:
        with self._session() as session:
            return session.run_of(MARTS)

    def all(self) -> list[str]:
        with self._session() as session:
            current = session.run_of(MARTS)
            found = (VERSION.fullmatch(name) for name in session.schemas())
            kept = {match[1] for match in found if match}
        return sorted(kept | ({current} if current else set()))

    def new_candidate(self) -> None:
        """An empty candidate whose tables will be granted what those of `marts` are granted by default."""
        with self._session() as session:
            session.execute(f"drop schema if exists {CANDIDATE} cascade")
            session.execute(f"create schema {CANDIDATE}")
            if session.exists(MARTS):
                session.copy_default_grants(MARTS, CANDIDATE)
            session.commit()

    def candidate(self, run_id: str) -> Candidate:
        return Candidate("postgres", None, self._target.connection, CANDIDATE, run_id)

    def version(self, run_id: str) -> Candidate:
        schema = MARTS if run_id == self.current() else f"marts_{run_id}"
        return Candidate("postgres", None, self._target.connection, schema, run_id)

    def about(self, version: Candidate) -> About:
        from psycopg2 import errors

        with self._session() as session:
            # Of the scorecard alone: a version of an earlier release lacks marts that were added since.
            try:
                ((as_of, definition_version, origin),) = session.query(
                    "select max(as_of), max(definition_version), max(data_origin) "
                    f"from {version.marts_schema}.scorecard"
                )
            except (errors.UndefinedTable, errors.UndefinedColumn) as error:
                raise RefreshError(
                    f"Schema {version.marts_schema} holds no scorecard: "
                    "run scorecard refresh without --resume."
                ) from error
        return About(as_of, definition_version, origin or "none")

    def count_rows(self, version: Candidate) -> int:
        with self._session() as session:
            self._need(session, version.marts_schema)
            return self._count(session, version.marts_schema)

    def fingerprint(self, run_id: str) -> str | None:
        """None: a build that is no refresh's does not write to the candidate's schema."""
        return None

    def publish(self, run_id: str, published_at: datetime, built: str | None = None) -> Published:
        """Swap the candidate in; the books hold its numbers from the same instant on."""

        def prepare(session: _Session) -> None:
            self._need(session, CANDIDATE)
            for table in session.tables(CANDIDATE):
                name = f"{CANDIDATE}.{identifier(table)}"
                if table not in self._tables:
                    session.execute(f"drop table {name}")
                    continue
                session.execute(
                    f"alter table {name} add column if not exists "
                    f"run_id text not null default {literal(run_id)}"
                )
                session.execute(f"comment on column {name}.run_id is {literal(RUN_ID_COMMENT)}")
            session.execute(publications_sql(run_id, published_at, f"{CANDIDATE}.scorecard"))

        with self._session() as session:
            self._need(session, CANDIDATE)
            rows = self._count(session, CANDIDATE)
            session.rollback()
            notes = self._swap(session, CANDIDATE, f"marts_unpublished_{run_id}", prepare)
        return Published(rows, "schema marts is this version", notes)

    def go_back(self, run_id: str) -> tuple[str, ...]:
        with self._session() as session:
            return self._swap(
                session,
                f"marts_{run_id}",
                f"marts_unpublished_{now():%Y%m%dt%H%M%S}",
                lambda _: None,
            )

    def enter(self, run_id: str, published_at: datetime) -> None:
        schema = self.version(run_id).marts_schema
        with self._session() as session:
            session.execute(publications_sql(run_id, published_at, f"{schema}.scorecard"))
            session.commit()

    def discard(self, run_id: str) -> None:
        """What a run built and did not publish is the candidate, which the next build replaces."""

    def prune(self, keep: int) -> tuple[list[str], list[str]]:
        removed, notes = [], []
        for run_id in to_remove(self.all(), self.current(), keep):
            schema = f"marts_{run_id}"
            with self._session() as session:
                views = session.views_on(schema)
                if views:
                    notes.append(
                        f"{schema} stays beyond the {keep} versions kept: {', '.join(views)} reads it. "
                        "Make the view anew on marts."
                    )
                elif self._try_within(session, f"drop schema {schema} cascade"):
                    removed.append(run_id)
                else:
                    notes.append(f"{schema} is still being read: a later refresh removes it.")
        return removed, notes

    # The swap

    def _swap(
        self, session: _Session, incoming: str, unpublished: str, prepare: Callable[[_Session], None]
    ) -> tuple[str, ...]:
        """In one transaction: grants, locks on every table of `marts`, both renames. Tries until the timeout.

        Raises RefreshError where a reader held one of the tables for all that time.
        """
        deadline = time.monotonic() + self._swap_timeout.total_seconds()
        pause = FIRST_PAUSE_SECONDS
        is_told = False
        while True:
            outgoing_run = session.run_of(MARTS)
            outgoing = f"marts_{outgoing_run}" if outgoing_run else unpublished
            has_outgoing = session.exists(MARTS)
            notes = []
            prepare(session)
            if has_outgoing:
                others = session.copy_grants(MARTS, incoming)
                if others:
                    notes.append(
                        f"what {', '.join(others)} granted by default on tables made later in marts is not "
                        "kept, for this user may not set it: run scorecard bi role for what this user makes"
                    )
                views = session.views_on(MARTS)
                if not self._lock(session):
                    session.rollback()
                    if time.monotonic() + pause > deadline:
                        raise self._held_by_readers()
                    if not is_told:
                        self._say("A reader holds a table of marts; the swap waits for it.")
                        is_told = True
                    time.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                    continue
                session.execute(f"alter schema {MARTS} rename to {outgoing}")
                if not outgoing_run:
                    notes.append(f"what stood in marts was never published; it is in {outgoing} now")
                if views:
                    notes.append(
                        f"views follow the tables that they were made on: {', '.join(views)} reads {outgoing}"
                    )
            session.execute(f"alter schema {incoming} rename to {MARTS}")
            session.commit()
            return tuple(notes)

    def _held_by_readers(self) -> RefreshError:
        return RefreshError(
            f"Schema marts was being read for {self._swap_timeout.total_seconds():g} s on end, so that it "
            "could not be replaced: end the long transaction (pg_stat_activity shows it) and run "
            "scorecard refresh --resume, or give a longer --swap-timeout."
        )

    def _lock(self, session: _Session) -> bool:
        tables = [f"{MARTS}.{identifier(table)}" for table in session.tables(MARTS)]
        if not tables:
            return True
        return session.try_execute(f"lock table {', '.join(tables)} in access exclusive mode")

    def _try_within(self, session: _Session, statement: str) -> bool:
        if session.try_execute(statement):
            session.commit()
            return True
        session.rollback()
        return False

    def _need(self, session: _Session, schema: str) -> None:
        missing = sorted(set(self._tables) - set(session.tables(schema)))
        if missing:
            raise RefreshError(
                f"Schema {schema} lacks {', '.join(missing[:3])}: run scorecard refresh without --resume."
            )

    def _count(self, session: _Session, schema: str) -> int:
        counts = " + ".join(f"(select count(*) from {schema}.{identifier(table)})" for table in self._tables)
        return int(session.query(f"select {counts}")[0][0])


class _Session:
    """A connection, and what the catalog says of schemas."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def commit(self) -> None:
        self._connection.commit()

    def rollback(self) -> None:
        self._connection.rollback()

    def execute(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def query(self, statement: str) -> Rows:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def try_execute(self, statement: str) -> bool:
        """Execute what waits for a lock, and give up soon: later readers queue behind who waits."""
        from psycopg2 import errors

        self.execute(f"set local lock_timeout = '{LOCK_TIMEOUT_MS}ms'")
        self.execute(f"set local statement_timeout = '{STATEMENT_TIMEOUT_MS}ms'")
        try:
            self.execute(statement)
        except (errors.LockNotAvailable, errors.QueryCanceled, errors.DeadlockDetected):
            return False
        self.execute("set local lock_timeout = 0")
        self.execute("set local statement_timeout = 0")
        return True

    def schemas(self) -> list[str]:
        return [name for (name,) in self.query("select nspname from pg_namespace order by 1")]

    def exists(self, schema: str) -> bool:
        return bool(self.query(f"select 1 from pg_namespace where nspname = {literal(schema)}"))

    def tables(self, schema: str) -> list[str]:
        found = self.query(
            "select relname from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid "
            f"where relkind in ('r', 'p') and nspname = {literal(schema)} order by 1"
        )
        return [name for (name,) in found]

    def run_of(self, schema: str) -> str | None:
        """The run that published a schema: the one that every table names; None where one names none."""
        found = self.query(
            "select distinct pg_get_expr(pg_attrdef.adbin, pg_attrdef.adrelid) "
            "from pg_class "
            "inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid "
            "left join pg_attribute "
            "on pg_attribute.attrelid = pg_class.oid and attname = 'run_id' and not attisdropped "
            "left join pg_attrdef on adrelid = pg_attribute.attrelid and adnum = pg_attribute.attnum "
            f"where relkind in ('r', 'p') and nspname = {literal(schema)}"
        )
        if len(found) != 1 or found[0][0] is None:
            return None
        run_id = re.fullmatch(rf"'({RUN_ID.pattern})'::text", found[0][0])
        return run_id[1] if run_id else None

    def views_on(self, schema: str) -> list[str]:
        """Views of other schemas that read tables of this one."""
        found = self.query(
            "select distinct viewers.nspname || '.' || views.relname "
            "from pg_depend "
            "inner join pg_rewrite on pg_depend.classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid "
            "inner join pg_class as views on pg_rewrite.ev_class = views.oid "
            "inner join pg_namespace as viewers on views.relnamespace = viewers.oid "
            "inner join pg_class as tables "
            "on pg_depend.refclassid = 'pg_class'::regclass and refobjid = tables.oid "
            "inner join pg_namespace as owners on tables.relnamespace = owners.oid "
            f"where owners.nspname = {literal(schema)} and viewers.nspname <> {literal(schema)} order by 1"
        )
        return [name for (name,) in found]

    def copy_grants(self, source: str, destination: str) -> list[str]:
        """Let a schema, its tables and columns be granted what those of another are, no more and no less.

        A table that the other does not have keeps what it was granted when it was made. Returns the roles
        whose default privileges this user may not set.
        """
        self._revoke(source, destination)
        self._copy(
            "select 'schema ' || quote_ident({destination}), acl.* "
            "from pg_namespace, aclexplode(nspacl) as acl "
            "where nspname = {source} and acl.grantee <> nspowner",
            source,
            destination,
        )
        of_tables = (
            "inner join pg_namespace as old on tables.relnamespace = old.oid and old.nspname = {source} "
            "inner join pg_namespace as new on new.nspname = {destination} "
            "inner join pg_class as others "
            "on others.relnamespace = new.oid and others.relname = tables.relname "
        )
        on_table = "'table ' || quote_ident({destination}) || '.' || quote_ident(tables.relname)"
        self._copy(
            f"select {on_table}, acl.* from pg_class as tables {of_tables}, aclexplode(tables.relacl) as acl "
            "where tables.relkind in ('r', 'p') and acl.grantee <> tables.relowner",
            source,
            destination,
        )
        self._copy(
            f"select {on_table}, acl.*, quote_ident(columns.attname) from pg_class as tables {of_tables} "
            "inner join pg_attribute as columns "
            "on columns.attrelid = tables.oid and not columns.attisdropped "
            "inner join pg_attribute as columns_there on columns_there.attrelid = others.oid "
            "and columns_there.attname = columns.attname and not columns_there.attisdropped, "
            "aclexplode(columns.attacl) as acl where tables.relkind in ('r', 'p')",
            source,
            destination,
        )
        return self.copy_default_grants(source, destination)

    def _revoke(self, source: str, destination: str) -> None:
        """Take back what was granted on a schema, and on its tables that another schema has, too."""
        granted = self.query(
            "select distinct 'schema ' || quote_ident(nspname), acl.grantee "
            "from pg_namespace, aclexplode(nspacl) as acl "
            f"where nspname = {literal(destination)} and acl.grantee <> nspowner "
            "union all select distinct "
            "'table ' || quote_ident(nspname) || '.' || quote_ident(relname), acl.grantee "
            "from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid, "
            "aclexplode(relacl) as acl "
            f"where nspname = {literal(destination)} and relkind in ('r', 'p') and acl.grantee <> relowner "
            "and relname in (select relname from pg_class "
            "inner join pg_namespace on relnamespace = pg_namespace.oid "
            f"where nspname = {literal(source)}) "
            "union all select distinct "
            "'table ' || quote_ident(nspname) || '.' || quote_ident(relname), acl.grantee "
            "from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid "
            "inner join pg_attribute on attrelid = pg_class.oid, aclexplode(attacl) as acl "
            f"where nspname = {literal(destination)} and relkind in ('r', 'p')"
        )
        # Roles that are named for the build were let in by it, and stay in.
        named = {name.strip() for name in os.environ.get("SCORECARD_READERS", "").split(",")}
        for target, grantee in granted:
            role = self._role(grantee)
            if role.strip('"') not in named:
                self.execute(f"revoke all on {target} from {role} cascade")

    def _copy(self, query: str, source: str, destination: str) -> None:
        """Grant what a query lists: an object, then aclexplode's columns, then perhaps a column's name."""
        rows = self.query(query.format(source=literal(source), destination=literal(destination)))
        for target, _, grantee, privilege, is_grantable, *column in rows:
            of_column = f" ({column[0]})" if column else ""
            option = " with grant option" if is_grantable else ""
            self.execute(f"grant {privilege}{of_column} on {target} to {self._role(grantee)}{option}")

    def copy_default_grants(self, source: str, destination: str) -> list[str]:
        """Let tables that are made in a schema later be granted what they would be granted in another.

        Returns the roles whose defaults this user may not set: they go by who makes a table.
        """
        kinds = {"r": "tables", "S": "sequences", "f": "functions", "T": "types"}
        # To be a member is not enough since Postgres 16: one has to have the role's privileges ('usage').
        rows = self.query(
            "select quote_ident(pg_get_userbyid(defaclrole)), pg_has_role(defaclrole, 'usage'), "
            "defaclobjtype, acl.grantee, acl.privilege_type, "
            "acl.is_grantable from pg_default_acl "
            "inner join pg_namespace on defaclnamespace = pg_namespace.oid, aclexplode(defaclacl) as acl "
            f"where nspname = {literal(source)}"
        )
        for maker, may_set, kind, grantee, privilege, is_grantable in rows:
            if not may_set:
                continue
            option = " with grant option" if is_grantable else ""
            self.execute(
                f"alter default privileges for role {maker} in schema {destination} "
                f"grant {privilege} on {kinds[str(kind)]} to {self._role(grantee)}{option}"
            )
        return sorted({maker for maker, may_set, *_ in rows if not may_set})

    def _role(self, role: int) -> str:
        """A role by its number; 0 is everybody."""
        if role == 0:
            return "public"
        return str(self.query(f"select quote_ident(pg_get_userbyid({role}))")[0][0])
