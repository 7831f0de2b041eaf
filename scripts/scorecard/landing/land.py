"""Landing: from paths to rows in the warehouse and entries in its books."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import duckdb

from scorecard.landing import git
from scorecard.landing.declarations import Declaration, Declarations, load_declarations, tools
from scorecard.landing.errors import BadInput
from scorecard.landing.files import Export, Form, content_hash, object_of, open_export
from scorecard.landing.rows import Judged, RowReader
from scorecard.landing.sql import literal
from scorecard.landing.warehouse import (
    DuckDBWarehouse,
    Load,
    Merged,
    Warehouse,
    ensure_books,
    ensure_salt,
    find_load,
    forget_failures,
    next_load_id,
    state_covers,
    transaction,
    write_load,
)
from scorecard.masking import masked
from scorecard.targets import project_root

MANIFEST = "manifest.json"
OLDER_VERSION = "older version: the warehouse holds a newer one of this key"


@dataclass(frozen=True)
class Options:
    """How to land. Instants are UTC without an offset; None = not stated (for `landed_at`: now)."""

    object: str | None = None
    covers_from: datetime | None = None
    covers_to: datetime | None = None
    repository: str | None = None
    default_branch: str | None = None
    is_sample: bool = False
    landed_at: datetime | None = None
    again: bool = False

    @property
    def states_covers(self) -> bool:
        return self.covers_from is not None or self.covers_to is not None


@dataclass(frozen=True)
class Outcome:
    """What became of one object of one path. `failure`: why nothing of it could be landed."""

    shown: str
    tool: str
    object: str | None
    load: Load | None = None
    was_there: bool = False
    failure: str | None = None
    passed_over: str | None = None


class Progress(Protocol):
    """What landing tells while it works."""

    def start(self, label: str, total: int | None) -> None: ...
    def advance(self, amount: int) -> None: ...
    def stop(self) -> None: ...


class Silence:
    """No progress at all."""

    def start(self, label: str, total: int | None) -> None:
        """Nothing to say."""

    def advance(self, amount: int) -> None:
        """Nothing to say."""

    def stop(self) -> None:
        """Nothing to say."""


def utc_now() -> datetime:
    """Now, in UTC without an offset, in whole seconds."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def parse_instant(text: str, is_end: bool = False) -> datetime:
    """An instant of the command line, in UTC: `now`, ISO 8601, or a date: its start, with `is_end` its end.

    Raises ValueError for anything else.
    """
    if text == "now":
        return utc_now()
    instant = datetime.fromisoformat(text)
    if len(text) == 10:
        return instant + timedelta(days=1) if is_end else instant
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant


# Paths -----------------------------------------------------------------------------------------------------


def with_manifest(folder: Path, options: Options) -> Options:
    """Options with what a company folder's manifest states, where there is one in the folder or above it.

    What was stated by hand holds. Raises BadInput for a manifest that cannot be read.
    """
    for place in (folder, folder.parent):
        path = place / MANIFEST
        if path.is_file():
            return _stated_by(path, options)
    return options


def _stated_by(path: Path, options: Options) -> Options:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        covers_from = parse_instant(manifest["covers_from"])
        covers_to = parse_instant(manifest["covers_to"], is_end=True)
        is_sample = bool(manifest.get("is_sample", False))
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise BadInput(
            f"{shown_path(path)}: this manifest cannot be read ({error}). "
            "It holds covers_from, covers_to and is_sample."
        ) from error
    return replace(
        options,
        covers_from=options.covers_from or covers_from,
        covers_to=options.covers_to or covers_to,
        is_sample=options.is_sample or is_sample,
        # A sample lands at its own end, so that a build of it can be repeated.
        landed_at=options.landed_at or (covers_to if is_sample else None),
    )


def shown_path(path: Path) -> str:
    """A path as the books show it: relative to the working folder, never absolute."""
    if not path.is_absolute():
        return path.as_posix()
    relative = os.path.relpath(path)
    return path.name if relative.startswith("..") else Path(relative).as_posix()


def company_folders(folder: Path, known: tuple[str, ...]) -> list[tuple[str, Path]]:
    """The known tools of a company folder and their subfolders. Raises BadInput where it has none."""
    found = [(tool, folder / tool) for tool in known if (folder / tool).is_dir()]
    if not found:
        raise BadInput(
            f"{shown_path(folder)}: no folder of a tool is in it. It should hold {', '.join(known)}."
        )
    return found


# Landing ---------------------------------------------------------------------------------------------------


class Landing:
    """Lands paths into one warehouse. Every file is a transaction of its own."""

    def __init__(
        self, warehouse: Warehouse, declarations: Declarations | None = None, progress: Progress | None = None
    ) -> None:
        self.warehouse = warehouse
        self.declarations = declarations if declarations is not None else load_declarations(project_root())
        self.progress = progress or Silence()

    def land(self, tool: str, paths: Iterable[Path], options: Options) -> Iterator[Outcome]:
        """Land files, folders or repositories of a tool, one outcome for each object of each."""
        for path in paths:
            if not path.exists():
                yield Outcome(shown_path(path), tool, None, failure=_missing(path))
                continue
            try:
                stated = with_manifest(path if path.is_dir() else path.parent, options)
            except BadInput as error:
                yield Outcome(shown_path(path), tool, None, failure=str(error))
                continue
            if tool == "git":
                yield from self._land_repositories(path, stated)
            elif path.is_dir():
                yield from self._land_folder(tool, path, stated)
            else:
                yield self._land_file(tool, path, stated)

    def land_company(self, folder: Path, options: Options) -> Iterator[Outcome]:
        """Land every tool's subfolder of a company folder. Raises BadInput where it has none."""
        for tool, subfolder in company_folders(folder, tools(self.declarations)):
            yield from self.land(tool, [subfolder], options)

    # Files

    def _land_folder(self, tool: str, folder: Path, options: Options) -> Iterator[Outcome]:
        if (folder / tool).is_dir() and (folder / MANIFEST).is_file():
            folder = folder / tool
        outcomes = 0
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or path.name == MANIFEST:
                continue
            if path.is_dir() or (options.object or object_of(path.name)) not in self.declarations[tool]:
                known = ", ".join(sorted(self.declarations[tool]))
                why = (
                    "a folder within the folder"
                    if path.is_dir()
                    else f"its name gives no object of {tool} ({known})"
                )
                yield Outcome(shown_path(path), tool, None, passed_over=why)
                continue
            outcomes += 1
            yield self._land_file(tool, path, options)
        if outcomes == 0:
            known = ", ".join(sorted(self.declarations[tool]))
            failure = (
                f"{shown_path(folder)}: no export of {tool} is in this folder. Name files after {known}."
            )
            yield Outcome(shown_path(folder), tool, None, failure=failure)

    def _land_file(self, tool: str, path: Path, options: Options) -> Outcome:
        shown = shown_path(path)
        name = options.object or object_of(path.name)
        declaration = self.declarations[tool].get(name)
        if declaration is None:
            known = ", ".join(sorted(self.declarations[tool]))
            failure = f'{shown}: "{name}" is no object of {tool}. Name one with --object: {known}.'
            return Outcome(shown, tool, None, failure=failure)
        try:
            self.progress.start(f"{tool} {name}", _size(path))
            return self._land_export(path, shown, declaration, options)
        except (BadInput, duckdb.Error) as error:
            return self._fail(path, shown, declaration, options, _why_failed(shown, error))
        finally:
            self.progress.stop()

    def _land_export(self, path: Path, shown: str, declaration: Declaration, options: Options) -> Outcome:
        export = open_export(path, shown, declaration)
        landed_at = options.landed_at or utc_now()
        known = self._known(declaration, export.content_hash, options)
        if known is not None:
            return Outcome(shown, declaration.tool, declaration.object, load=known, was_there=True)
        reading = self.warehouse.reading
        with (
            writing(reading, in_any_order=export.form in (Form.LINES, Form.CSV)),
            RowReader(reading, export, self.declarations, self.progress.advance) as reader,
        ):
            reader.prepare()
            with transaction(self.warehouse):
                forget_failures(self.warehouse, declaration.tool, declaration.object, export.content_hash)
                load_id = next_load_id(self.warehouse)
                staged = self._stage(reader, load_id)
                judged = reader.judge(staged, landed_at)
                merged = self.warehouse.merge(declaration, staged)
                reader.reject(merged.refused, _why_refused(declaration))
                load = _load_of(load_id, export, judged, merged, options, landed_at)
                write_load(self.warehouse, load)
                if load.rows_rejected:
                    self.warehouse.write_rejects(load, reader.rejects_sql())
            failure = None
            if judged.rows_rejected and judged.rows_rejected == judged.rows_read:
                failure = f"{shown}: none of its rows could be landed. {reader.first_reason()}"
        return Outcome(shown, declaration.tool, declaration.object, load=load, failure=failure)

    def _stage(self, reader: RowReader, load_id: int) -> str:
        """Stage a file's rows, once more where it has fields that its first rows did not show."""
        declaration = reader.declaration
        for is_whole in (False, True):
            with reader.rows(load_id) as rows:
                staged = self.warehouse.stage(declaration, rows)
            unseen = reader.connection.execute(
                f"select 1 from {staged} where _row_number < 0 limit 1"
            ).fetchall()
            if not unseen:
                break
            if is_whole:
                raise BadInput(f"{reader.export.shown}: the file changed while it was read. Land it again.")
            reader.connection.execute(f"delete from {staged}")
            reader.look_at_all()
        return staged

    def _known(self, declaration: Declaration, digest: str, options: Options) -> Load | None:
        """The load that landed these bytes already; what it covers may be stated anew."""
        with transaction(self.warehouse):
            ensure_books(self.warehouse, self.declarations["meta"])
            ensure_salt(self.warehouse, options.is_sample)
            if options.again:
                return None
            load = find_load(self.warehouse, declaration.tool, declaration.object, digest)
            if load is None or not options.states_covers:
                return load
            stated = replace(
                load,
                covers_from=options.covers_from or load.covers_from,
                covers_to=options.covers_to or load.covers_to,
                is_covers_stated=True,
            )
            if stated != load:
                state_covers(self.warehouse, stated)
            return stated

    def _fail(
        self, path: Path, shown: str, declaration: Declaration, options: Options, failure: str
    ) -> Outcome:
        """Enter a file that could not be read in the books: a reject without a position."""
        try:
            digest = content_hash(path, shown)
        except BadInput:
            digest = _hash_of_failure(shown)
        with transaction(self.warehouse):
            load = self._enter_failure(declaration, shown, digest, options, failure)
        return Outcome(shown, declaration.tool, declaration.object, load=load, failure=failure)

    def _enter_failure(
        self, declaration: Declaration, shown: str, digest: str, options: Options, failure: str
    ) -> Load:
        ensure_books(self.warehouse, self.declarations["meta"])
        ensure_salt(self.warehouse, options.is_sample)
        forget_failures(self.warehouse, declaration.tool, declaration.object, digest)
        load = Load(
            load_id=next_load_id(self.warehouse),
            tool=declaration.tool,
            object=declaration.object,
            source_path=shown,
            content_hash=digest,
            is_sample=options.is_sample,
            landed_at=options.landed_at or utc_now(),
        )
        write_load(self.warehouse, load)
        rejects = (
            "select cast(null as bigint) as position, cast(null as varchar) as raw_text, "
            f"{literal(failure)} as reason"
        )
        self.warehouse.write_rejects(load, rejects)
        return load

    # git

    def _land_repositories(self, path: Path, options: Options) -> Iterator[Outcome]:
        if (path / "git").is_dir() and (path / MANIFEST).is_file():
            path = path / "git"
        found = git.repositories_in(path)
        if not found:
            failure = (
                f"{shown_path(path)}: this is no git repository. Name the root of a clone, or a bundle file."
            )
            yield Outcome(shown_path(path), "git", None, failure=failure)
        if len(found) > 1 and options.repository:
            failure = (
                f"{shown_path(path)}: --repository names one repository, and {len(found)} are here. Land one."
            )
            yield Outcome(shown_path(path), "git", None, failure=failure)
            return
        for one in found:
            yield from self._land_repository(one, options)

    def _land_repository(self, path: Path, options: Options) -> list[Outcome]:
        shown = shown_path(path)
        declaration = self.declarations["git"]["commits"]
        try:
            self.progress.start(f"git {path.name}", None)
            with git.opened(path, shown, options.repository, options.default_branch) as repository:
                return self._land_history(repository, options)
        except (BadInput, duckdb.Error) as error:
            failure = _why_failed(shown, error)
        finally:
            self.progress.stop()
        with transaction(self.warehouse):
            load = self._enter_failure(declaration, shown, _hash_of_failure(shown), options, failure)
        return [Outcome(shown, "git", None, load=load, failure=failure)]

    def _land_history(self, repository: git.Repository, options: Options) -> list[Outcome]:
        commits, files = (self.declarations["git"][name] for name in ("commits", "commit_files"))
        known = [
            self._known(declaration, repository.content_hash, options) for declaration in (commits, files)
        ]
        if all(known) and self._is_latest(repository, known):
            return [
                Outcome(repository.shown, "git", declaration.object, load=load, was_there=True)
                for declaration, load in zip((commits, files), known, strict=True)
            ]
        self._refuse_to_forget(repository)
        reading = self.warehouse.reading
        try:
            history = git.read_history(reading, repository)
            with writing(reading, in_any_order=False), transaction(self.warehouse):
                outcomes = []
                for declaration, select in ((commits, git.commits_sql), (files, git.commit_files_sql)):
                    load_id = next_load_id(self.warehouse)
                    rows = select(repository, load_id)
                    staged = self.warehouse.stage(declaration, rows, replaced=repository.name)
                    merged = self.warehouse.merge(declaration, staged, replaced=repository.name)
                    load = self._git_load(load_id, declaration, repository, history, merged, options)
                    write_load(self.warehouse, load)
                    outcomes.append(Outcome(repository.shown, "git", declaration.object, load=load))
        finally:
            git.forget_history(reading)
        return outcomes

    def _refuse_to_forget(self, repository: git.Repository) -> None:
        """A shallow clone does not replace a history that is known in whole."""
        if repository.is_complete:
            return
        self.warehouse.ensure(self.declarations["git"]["commits"])
        known = self.warehouse.query(
            "select count(*) from raw_git.commits "
            "inner join raw_meta.loads on commits._load_id = loads.load_id "
            f"where commits.repository = {literal(repository.name)} and loads.is_complete_history"
        )[0][0]
        if known:
            raise BadInput(
                f"{repository.shown}: this shallow clone would replace the whole history of "
                f"{repository.name} that is landed ({known} commits). "
                "Fetch the rest (`git fetch --unshallow`) and land it then."
            )

    def _is_latest(self, repository: git.Repository, known: list[Load | None]) -> bool:
        """Whether the rows that are there are of these very refs; a later landing replaces them."""
        name = literal(repository.name)
        for declaration, load in zip(("commits", "commit_files"), known, strict=True):
            assert load is not None
            there = self.warehouse.query(
                f"select count(*), max(_load_id) from raw_git.{declaration} where repository = {name}"
            )[0]
            if there[0] != load.rows_landed or (there[1] or 0) > load.load_id:
                return False
        return True

    def _git_load(
        self,
        load_id: int,
        declaration: Declaration,
        repository: git.Repository,
        history: git.History,
        merged: Merged,
        options: Options,
    ) -> Load:
        landed_at = options.landed_at or utc_now()
        landed = merged.new + merged.updated + merged.unchanged
        covers_from, covers_to = self._history_covers(history, landed_at)
        return Load(
            load_id=load_id,
            tool="git",
            object=declaration.object,
            source_path=repository.shown,
            content_hash=repository.content_hash,
            rows_read=landed,
            rows_landed=landed,
            rows_new=merged.new,
            rows_updated=merged.updated,
            rows_unchanged=merged.unchanged,
            covers_from=options.covers_from or covers_from,
            covers_to=options.covers_to or covers_to,
            is_covers_stated=options.states_covers,
            is_sample=options.is_sample,
            is_complete_history=repository.is_complete,
            notes="; ".join(history.notes) or None,
            landed_at=landed_at,
        )

    def _history_covers(
        self, history: git.History, landed_at: datetime
    ) -> tuple[datetime | None, datetime | None]:
        """The oldest and the newest commit; a shallow clone is whole from its newest boundary on."""
        until = int(landed_at.replace(tzinfo=UTC).timestamp())
        since = history.boundary_epoch if history.boundary_epoch is not None else "null"
        ((oldest, newest),) = self.warehouse.reading.execute(
            f"select coalesce({since}, min(cast(committed_epoch as bigint))), "
            f"max(cast(committed_epoch as bigint)) from {git.LOG} "
            f"where cast(committed_epoch as bigint) <= {until}"
        ).fetchall()
        return _from_epoch(oldest), _from_epoch(newest)


@contextmanager
def writing(connection: duckdb.DuckDBPyConnection, in_any_order: bool) -> Iterator[None]:
    """Settings of the engine while raw rows are written; the connection's own come back afterwards.

    `in_any_order` is for rows that carry their position themselves. Zstandard suits vendors' JSON: a third
    less on disk and a fifth less work than letting the engine try every method.
    """
    wanted = {"preserve_insertion_order": str(not in_any_order), "force_compression": "zstd"}
    before = {
        name: connection.execute(f"select current_setting('{name}')").fetchall()[0][0] for name in wanted
    }
    try:
        for name, value in wanted.items():
            connection.execute(f"set {name} = {literal(value)}")
        yield
    finally:
        for name, value in before.items():
            connection.execute(f"set {name} = {literal(str(value))}")


def _from_epoch(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None) if seconds is not None else None


def _hash_of_failure(shown: str) -> str:
    """What stands for the bytes of what has none to read, so that a later attempt replaces its entry."""
    return hashlib.sha256(shown.encode()).hexdigest()


def _missing(path: Path) -> str:
    return f"{path}: there is no such file or folder. Check the path."


def _why_failed(shown: str, error: BadInput | duckdb.Error) -> str:
    """Why nothing of an export was landed, without a secret, which no cut leaves a part of."""
    why = masked(str(error))
    if isinstance(error, BadInput):
        return why
    return f"{shown}: the engine could not land it ({' '.join(why.split())[:300]})."


def _why_refused(declaration: Declaration) -> str:
    if declaration.dated_by is None:
        return OLDER_VERSION
    return (
        f"other content of a {declaration.dated_by} that was landed before and stays as it was: "
        f"give what changed a {declaration.dated_by} of its own"
    )


def _size(path: Path) -> int | None:
    return path.stat().st_size


def _load_of(
    load_id: int, export: Export, judged: Judged, merged: Merged, options: Options, landed_at: datetime
) -> Load:
    return Load(
        load_id=load_id,
        tool=export.declaration.tool,
        object=export.declaration.object,
        source_path=export.shown,
        content_hash=export.content_hash,
        rows_read=judged.rows_read,
        rows_landed=merged.new + merged.updated + merged.unchanged,
        rows_new=merged.new,
        rows_updated=merged.updated,
        rows_unchanged=merged.unchanged,
        rows_rejected=judged.rows_rejected + len(merged.refused),
        covers_from=options.covers_from or judged.covers_from,
        covers_to=options.covers_to or judged.covers_to,
        is_covers_stated=options.states_covers,
        is_sample=options.is_sample,
        landed_at=landed_at,
    )


# The sample company ----------------------------------------------------------------------------------------


def sample_folder() -> Path:
    """The sample company's exports."""
    return project_root() / "seeds" / "sample"


def is_sample_landed(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether every file of the sample has been landed on this connection; half a sample is none."""
    found: Any = connection.execute(
        "select 1 from information_schema.tables where table_schema = 'raw_meta' and table_name = 'loads' "
        "and table_catalog = current_database()"
    ).fetchall()
    if not found:
        return False
    paths: Any = connection.execute("select source_path from raw_meta.loads where rows_landed > 0").fetchall()
    landed = {Path(path).name for (path,) in paths}
    files = {
        path.name for path in sample_folder().rglob("*") if path.is_file() and path.name != "manifest.json"
    }
    return files <= landed


def land_sample(connection: duckdb.DuckDBPyConnection, progress: Progress | None = None) -> list[Outcome]:
    """Land the sample company on an open DuckDB connection.

    Raises BadInput where one of its files cannot be landed: the sample is whole or it is not there.
    """
    landing = Landing(DuckDBWarehouse(connection), progress=progress)
    outcomes = list(landing.land_company(sample_folder(), Options(is_sample=True)))
    for outcome in outcomes:
        if outcome.failure:
            raise BadInput(outcome.failure)
    return outcomes
