"""History of a git repository: git prints it, DuckDB reads what was printed.

Two streams: the commits (`git log`, no diff) and their files (`git diff-tree` on the commits that need one).
Only plumbing options are used and the reader's configuration is shut out, so that a repository lands alike
everywhere. Nothing is ever fetched: what a shallow or partial clone lacks stays unknown and is said.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa

from scorecard.landing.errors import BadInput
from scorecard.landing.files import CHUNK_BYTES, Lines
from scorecard.landing.graph import positions
from scorecard.landing.sql import literal

ARROW = "landing_arrow"
LOG = "landing_log"
GRAPH = "landing_graph"
TAGS = "landing_tags"
FILES = "landing_files"
PATHS = "landing_paths"

# Before each commit's hash among the changed files; a path that holds this character is quoted by git.
BLOCK_MARK = b"\x01"
RENAME_SIMILARITY = 50
RENAME_LIMIT = 1000
# From so many commits on, two processes compare them.
SMALLEST_SPLIT = 1000

# One field a NUL: no other byte is safe in names and messages.
_FIELDS = {
    "sha": "%H",
    "parents": "%P",
    "author_name": "%an",
    "author_email": "%ae",
    "authored_at": "%aI",
    "committer_name": "%cn",
    "committer_email": "%ce",
    "committed_at": "%cI",
    "committed_epoch": "%ct",
    "message": "%B",
    "co_authors": "%(trailers:key=Co-authored-by,valueonly,unfold,separator=%x1e)",
}
_COLUMNS = tuple(_FIELDS)
LOG_FORMAT = "%x00".join(_FIELDS.values())
_WIDTH = len(_FIELDS)

_CONFIG = {
    "safe.directory": "*",
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "core.commitGraph": "true",
    "diff.renameLimit": str(RENAME_LIMIT),
    "log.showSignature": "false",
    "log.mailmap": "false",
    "trailer.separators": ":",
    "i18n.logOutputEncoding": "UTF-8",
}
_REFS = ("refs/heads", "refs/remotes", "refs/tags")


def git_environment() -> dict[str, str]:
    """An environment in which git reads no configuration but the repository's, and reaches no network."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {
        **kept,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        # A git that does not know this variable would fetch a missing object: no transport is allowed to.
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C",
        "TZ": "UTC",
    }


@dataclass(frozen=True)
class Repository:
    """A repository that can be read, and what it can know."""

    git_folder: Path
    shown: str
    name: str
    default_branch: str | None
    tip: str | None
    tips: tuple[str, ...]
    boundary: frozenset[str]
    filter: str | None
    content_hash: str
    notes: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        return self.filter is not None

    @property
    def lacks_trees(self) -> bool:
        """Whether even the names of files were left out."""
        return (self.filter or "").startswith("tree:")

    @property
    def is_complete(self) -> bool:
        """Whether no commit is missing."""
        return not self.boundary


@dataclass
class History:
    """What was read: rows of both tables, in `temp` tables of the reading connection, and notes."""

    commit_count: int
    boundary_epoch: int | None = None
    notes: list[str] = field(default_factory=list)


def run_git(
    folder: Path, *arguments: str, input_bytes: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run git on a repository and give back what it printed, whatever its exit code."""
    return subprocess.run(
        _command(folder, arguments), input=input_bytes, capture_output=True, env=git_environment()
    )


def _command(folder: Path, arguments: Sequence[str]) -> list[str]:
    settings = [part for name, value in _CONFIG.items() for part in ("-c", f"{name}={value}")]
    return ["git", *settings, f"--git-dir={folder}", *arguments]


def _text(output: bytes) -> str:
    return output.decode("utf-8", errors="replace").strip()


# Finding repositories --------------------------------------------------------------------------------------


def git_folder(path: Path) -> Path | None:
    """The git folder of a working tree's root or of a bare repository; None where the path is neither."""
    dot_git = path / ".git"
    if dot_git.is_dir():
        return dot_git
    if dot_git.is_file():
        # A linked working tree or a submodule: the file names the folder.
        target = (
            dot_git.read_text(encoding="utf-8", errors="surrogateescape")
            .strip()
            .removeprefix("gitdir:")
            .strip()
        )
        linked = (path / target).resolve()
        return linked if linked.is_dir() else None
    if (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir():
        return path
    return None


def is_bundle(path: Path) -> bool:
    """Whether a file is a git bundle."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(16).startswith(b"# v")


def repositories_in(path: Path) -> list[Path]:
    """The repositories and bundles that a path means: itself, or those in the folder."""
    if is_bundle(path) or git_folder(path) is not None:
        return [path]
    if not path.is_dir():
        return []
    return [
        child
        for child in sorted(path.iterdir())
        if is_bundle(child) or (child.is_dir() and git_folder(child))
    ]


@contextmanager
def opened(
    path: Path, shown: str, name: str | None = None, branch: str | None = None
) -> Iterator[Repository]:
    """A repository to read: the clone as it stands, or a bundle unpacked into a temporary folder.

    `name` (`owner/name`) and `branch` (the default branch) overrule what the repository says.
    Raises BadInput for what is no repository or holds no commit.
    """
    if not is_bundle(path):
        folder = git_folder(path)
        if folder is None:
            raise BadInput(f"{shown}: this is no git repository. Name the root of a clone, or a bundle file.")
        yield _inspect(folder, path, shown, name, branch)
        return
    with tempfile.TemporaryDirectory(prefix="scorecard-") as temporary:
        folder = Path(temporary) / "bundle.git"
        environment = git_environment() | {"GIT_ALLOW_PROTOCOL": "file"}
        cloned = subprocess.run(
            ["git", "clone", "--quiet", "--mirror", str(path.resolve()), str(folder)],
            capture_output=True,
            env=environment,
        )
        if cloned.returncode != 0:
            why = _last_line(cloned.stderr)
            raise BadInput(
                f"{shown}: this bundle cannot be unpacked ({why}). "
                "Make it again with `git bundle create … --all`."
            )
        yield _inspect(folder, path, shown, name or name_of_path(path), branch)


def _last_line(output: bytes) -> str:
    lines = [line for line in _text(output).splitlines() if line.strip()]
    return re.sub(r"^(fatal|error): ", "", lines[-1]) if lines else "git said nothing"


def _inspect(folder: Path, path: Path, shown: str, name: str | None, branch: str | None) -> Repository:
    if run_git(folder, "rev-parse", "--git-dir").returncode != 0:
        raise BadInput(
            f"{shown}: git cannot read this repository. Check it with `git fsck`, or clone it again."
        )
    refs = run_git(folder, "for-each-ref", "--format=%(objectname) %(refname)", *_REFS).stdout
    head = _text(run_git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").stdout)
    if not refs.strip() and not head:
        raise BadInput(
            f"{shown}: the repository has no commit yet, or none was fetched. "
            "Land it when it has one (`git fetch`)."
        )
    default_branch, tip, notes = _default_branch(folder, branch, shown)
    boundary = _boundary(folder)
    partial_filter = _partial_filter(folder)
    state = (
        f"{default_branch}\n{tip}\n{partial_filter}\n{' '.join(sorted(boundary))}\n{head}\n".encode() + refs
    )
    return Repository(
        git_folder=folder,
        shown=shown,
        name=name or _name(folder, path),
        default_branch=default_branch,
        tip=tip,
        tips=(head,) if head else (),
        boundary=boundary,
        filter=partial_filter,
        content_hash=hashlib.sha256(state).hexdigest(),
        notes=tuple(notes),
    )


def _default_branch(folder: Path, branch: str | None, shown: str) -> tuple[str | None, str | None, list[str]]:
    """Name and last commit of the default branch, and what should be said about the choice.

    Tried in turn: the one named by hand, what `origin/HEAD` says, the branch of HEAD, `main`, `master`.
    """
    if branch is not None:
        tip = _tip(folder, branch)
        if tip is None:
            raise BadInput(f"{shown}: there is no branch {branch}. Name one that `git branch --all` lists.")
        return branch, tip, []
    origin = _text(run_git(folder, "symbolic-ref", "--quiet", "refs/remotes/origin/HEAD").stdout)
    head = _text(run_git(folder, "symbolic-ref", "--quiet", "HEAD").stdout)
    candidates = [
        (origin.removeprefix("refs/remotes/origin/"), ""),
        (head.removeprefix("refs/heads/"), ""),
        ("main", "HEAD is on no branch; main is taken as the default branch"),
        ("master", "HEAD is on no branch; master is taken as the default branch"),
    ]
    for name, note in candidates:
        tip = _tip(folder, name) if name else None
        if tip is not None:
            return name, tip, [note] if note else []
    return (
        None,
        None,
        ["no default branch is known, so no commit has a place on it (--default-branch names it)"],
    )


def _tip(folder: Path, branch: str) -> str | None:
    """The last commit of a branch: the published one where there is a remote, else the local one."""
    for prefix in ("refs/remotes/origin/", "refs/heads/"):
        found = run_git(folder, "rev-parse", "--verify", "--quiet", f"{prefix}{branch}^{{commit}}")
        if found.returncode == 0:
            return _text(found.stdout)
    return None


def _boundary(folder: Path) -> frozenset[str]:
    """Commits whose parents a shallow clone cut off."""
    place = _text(run_git(folder, "rev-parse", "--git-path", "shallow").stdout)
    path = Path(place)
    if not path.is_file():
        return frozenset()
    return frozenset(path.read_text(encoding="ascii").split())


def _partial_filter(folder: Path) -> str | None:
    """What a partial clone left out (`blob:none`); None for a clone with all its objects."""
    listed = _text(run_git(folder, "config", "--get-regexp", r"^remote\..*\.partialclonefilter$").stdout)
    if listed:
        return listed.splitlines()[0].split(" ", 1)[-1]
    if _text(
        run_git(folder, "config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$").stdout
    ):
        return "unknown"
    return "unknown" if any((folder / "objects" / "pack").glob("*.promisor")) else None


def _name(folder: Path, path: Path) -> str:
    """`owner/name` from the address of `origin`, else from the folder's name."""
    address = _text(run_git(folder, "config", "--get", "remote.origin.url").stdout)
    common = Path(_text(run_git(folder, "rev-parse", "--git-common-dir").stdout))
    # A linked working tree is named after the one it belongs to.
    root = common.parent if common.is_absolute() and common.name == ".git" else path.resolve()
    return name_of_address(address) or name_of_path(root)


def name_of_address(address: str) -> str | None:
    """`owner/name` of a remote address; None where it says none.

    Of a server's address the whole path counts (`group/subgroup/name`), of a local path the last two parts.
    """
    if not address:
        return None
    remote = re.match(r"^(?!file:)[a-z+]+://[^/]+/(?P<path>.+)$", address) or re.match(
        r"^(?:[^/@]+@)?[^/:]+:(?!//)(?P<path>.+)$", address
    )
    if remote:
        return re.sub(r"\.git$", "", remote["path"].strip("/"))
    path = Path(address.removeprefix("file://"))
    stem = name_of_path(path)
    if "/" in stem or len(path.parts) < 3:
        return stem
    return f"{path.parent.name}/{stem}"


def name_of_path(path: Path) -> str:
    """`owner/name` from a folder or file: `acme+api.bundle` and `acme__api.git` give `acme/api`."""
    name = re.sub(r"\.(git|bundle)$", "", path.parent.name if path.name == ".git" else path.name)
    return name.replace("+", "/", 1) if "+" in name else name.replace("__", "/", 1)


# Reading ---------------------------------------------------------------------------------------------------


class _CommitStream:
    """`git log` as Arrow batches; keeps of every commit what the graph needs."""

    schema = pa.schema([(name, pa.string()) for name in _COLUMNS])

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.ids: list[str] = []
        self.parents: list[str] = []
        self.committed: list[int] = []
        self.replaced = 0
        self.failure: BadInput | None = None

    def reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self.schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        arguments = ["log", "-z", f"--format=tformat:{LOG_FORMAT}", "--encoding=UTF-8", "--no-show-signature"]
        arguments += ["--no-color", "--no-notes", "--no-patch", "--branches", "--remotes", "--tags"]
        arguments += [*self.repository.tips, "--"]
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                _command(self.repository.git_folder, arguments),
                stdout=subprocess.PIPE,
                stderr=errors,
                env=git_environment(),
            ) as process,
        ):
            assert process.stdout is not None
            yield from self._split(process.stdout)
            if process.wait() != 0:
                errors.seek(0)
                self.failure = _broken(self.repository.shown, errors.read())

    def _split(self, stream: IO[bytes]) -> Iterator[pa.RecordBatch]:
        """Blocks of the stream to batches: fields end with NUL, a commit has a fixed number of them."""
        fields: list[bytes] = []
        rest = b""
        while block := stream.read(CHUNK_BYTES):
            *whole, rest = (rest + block).split(b"\0")
            fields += whole
            count = len(fields) // _WIDTH
            yield self._batch(fields[: count * _WIDTH])
            fields = fields[count * _WIDTH :]
        if fields or rest:
            self.failure = BadInput(
                f"{self.repository.shown}: git's output broke off. Check it with `git fsck`."
            )

    def _batch(self, fields: list[bytes]) -> pa.RecordBatch:
        columns = [fields[place::_WIDTH] for place in range(_WIDTH)]
        arrays = [self._strings(column) for column in columns]
        self.ids += arrays[0].to_pylist()
        self.parents += arrays[1].to_pylist()
        self.committed += [int(seconds) for seconds in columns[_COLUMNS.index("committed_epoch")]]
        return pa.record_batch(arrays, schema=self.schema)

    def _strings(self, values: list[bytes]) -> pa.Array:
        try:
            return pa.array(values, pa.binary()).cast(pa.string())
        except pa.ArrowInvalid:
            texts = [value.decode("utf-8", errors="replace") for value in values]
            self.replaced += sum(map(_replacements, values, texts))
            return pa.array(texts, pa.string())


def _replacements(value: bytes, text: str) -> int:
    """Number of characters that decoding put in for bytes that are not UTF-8."""
    return text.count("\ufffd") - value.count("\ufffd".encode())


def _broken(shown: str, errors: bytes) -> BadInput:
    return BadInput(f"{shown}: git cannot read the history ({_last_line(errors)}). Check it with `git fsck`.")


def read_history(
    connection: duckdb.DuckDBPyConnection, repository: Repository, say: Callable[[str], None] = lambda _: None
) -> History:
    """Read a repository into temporary tables; `commits_sql` and `commit_files_sql` give the rows.

    Raises BadInput where git cannot tell the history.
    """
    say("commits")
    stream = _CommitStream(repository)
    _materialise(connection, LOG, stream.reader())
    if stream.failure:
        raise stream.failure
    place_of = {sha: place for place, sha in enumerate(stream.ids)}
    parents = [[place_of[sha] for sha in shas.split() if sha in place_of] for shas in stream.parents]
    tip = place_of.get(repository.tip) if repository.tip else None
    found = positions(parents, stream.committed, stream.ids, tip)
    graph = {
        "sha": pa.array(stream.ids, pa.string()),
        "first_parent_position": pa.array(found.first_parent, pa.int64()),
        "highest_line_position": pa.array(found.highest_line, pa.int64()),
        "integrated_position": pa.array(found.integrated, pa.int64()),
        "topological_position": pa.array(found.topological, pa.int64()),
        "is_shallow_boundary": pa.array([sha in repository.boundary for sha in stream.ids], pa.bool_()),
    }
    _materialise(connection, GRAPH, pa.table(graph))
    _materialise(connection, TAGS, _tags(repository))
    say("changed files")
    wanted = [
        _diff_order(sha, [stream.ids[parent] for parent in its_parents])
        for sha, its_parents, place in zip(stream.ids, parents, found.first_parent, strict=True)
        if len(its_parents) < 2 or place is not None
    ]
    notes, replaced = _read_files(connection, repository, wanted)
    return History(
        commit_count=len(stream.ids),
        boundary_epoch=max(
            (stream.committed[place_of[sha]] for sha in repository.boundary & place_of.keys()), default=None
        ),
        notes=[
            *repository.notes,
            *_notes(repository),
            *notes,
            *_replacement_notes(stream.replaced + replaced),
        ],
    )


def _materialise(
    connection: duckdb.DuckDBPyConnection, table: str, rows: pa.Table | pa.RecordBatchReader
) -> None:
    connection.register(ARROW, rows)
    try:
        connection.execute(f"create or replace temp table {table} as select * from {ARROW}")
    finally:
        connection.unregister(ARROW)


def _tags(repository: Repository) -> pa.Table:
    """Columns sha, tag: what every tag finally points to."""
    pointed: dict[str, str] = {}
    for line in _text(
        run_git(repository.git_folder, "show-ref", "--tags", "--dereference").stdout
    ).splitlines():
        sha, ref = line.split(" ", 1)
        # An annotated tag is listed twice, the second time with what it points to.
        pointed[ref.removeprefix("refs/tags/").removesuffix("^{}")] = sha
    return pa.table(
        {"sha": pa.array(pointed.values(), pa.string()), "tag": pa.array(pointed.keys(), pa.string())}
    )


def _diff_order(sha: str, parents: list[str]) -> str:
    """A line for `git diff-tree --stdin`: a merge is compared to its first parent only."""
    return f"{sha} {parents[0]}" if len(parents) > 1 else sha


def _notes(repository: Repository) -> list[str]:
    notes = []
    if repository.boundary:
        count = len(repository.boundary)
        before = "1 commit" if count == 1 else f"{count} commits"
        notes.append(
            f"shallow clone: the history before {before} is not known, and each of them lists all of its "
            "files as added (`git fetch --unshallow` brings the rest)"
        )
    if repository.is_partial and not repository.lacks_trees:
        notes.append(
            f"partial clone (filter {repository.filter}): file contents are not here, "
            "so only exact renames are found"
        )
    if repository.lacks_trees:
        notes.append(f"partial clone (filter {repository.filter}): changed files cannot be known")
    return notes


def _replacement_notes(replaced: int) -> list[str]:
    places = "1 place" if replaced == 1 else f"{replaced} places"
    return [f"text that is not valid UTF-8 was replaced by U+FFFD in {places}"] if replaced else []


def _read_files(
    connection: duckdb.DuckDBPyConnection, repository: Repository, wanted: list[str]
) -> tuple[list[str], int]:
    """Read the changed files of the wanted commits into FILES. Returns notes and characters replaced."""
    connection.execute(f"create or replace temp table {FILES} (sha varchar, text varchar)")
    _unquote_paths(connection)
    if repository.lacks_trees or not wanted:
        return [], 0
    middle = (len(wanted) + 1) // 2 if len(wanted) >= SMALLEST_SPLIT else len(wanted)
    parts = [part for part in (wanted[:middle], wanted[middle:]) if part]
    replaced = 0
    with (
        tempfile.TemporaryDirectory(prefix="scorecard-") as temporary,
        ThreadPoolExecutor(len(parts)) as pool,
    ):
        printed = [Path(temporary) / f"files-{number}" for number in range(len(parts))]
        failures = list(
            pool.map(lambda pair: _print_files(repository, *pair), zip(parts, printed, strict=True))
        )
        failure = next((failure for failure in failures if failure), None)
        if failure and repository.is_partial:
            note = f"partial clone (filter {repository.filter}): changed files cannot be known ({failure})"
            return [note], 0
        if failure:
            raise BadInput(
                f"{repository.shown}: git cannot compare the commits ({failure}). Check it with `git fsck`."
            )
        for path in printed:
            replaced += _read_printed(connection, repository.shown, path)
    _unquote_paths(connection)
    return [], replaced


def _print_files(repository: Repository, wanted: list[str], target: Path) -> str | None:
    """Let git print the changed files of commits into a file. Returns why it failed, else None."""
    similarity = 100 if repository.is_partial else RENAME_SIMILARITY
    arguments = ["diff-tree", "--stdin", f"--format=tformat:%x{BLOCK_MARK[0]:02x}%H", "-r", "--root"]
    arguments += ["--name-status", f"-M{similarity}%", f"-l{RENAME_LIMIT}", "--no-notes", "--no-color"]
    arguments += ["--no-ext-diff", "--no-textconv", "--ignore-submodules=none"]
    with tempfile.TemporaryFile() as orders, tempfile.TemporaryFile() as errors, target.open("wb") as output:
        orders.write(("\n".join(wanted) + "\n").encode("ascii"))
        orders.seek(0)
        done = subprocess.run(
            _command(repository.git_folder, arguments),
            stdin=orders,
            stdout=output,
            stderr=errors,
            env=git_environment(),
            check=False,
        )
        errors.seek(0)
        return _last_line(errors.read()) if done.returncode != 0 else None


def _read_printed(connection: duckdb.DuckDBPyConnection, shown: str, path: Path) -> int:
    """What `git diff-tree` printed, into FILES: blocks of a commit's hash and a line per file.

    Returns how many characters were replaced.
    """
    blocks = Lines(path, is_gzip=False, shown=shown, mark=BLOCK_MARK)
    connection.register(ARROW, blocks.reader())
    try:
        connection.execute(
            f"""
            insert into {FILES}
            with

            blocks as (

                select unnest(string_split(text, chr({BLOCK_MARK[0]}))) as block
                from {ARROW}

            ),

            split as (

                select string_split(block, chr(10)) as lines
                from blocks
                where block <> ''

            )

            select
                lines[1] as sha,
                unnest(list_filter(lines[2:], lambda line: line <> '')) as text
            from split
            """
        )
    finally:
        connection.unregister(ARROW)
    if blocks.failure:
        raise blocks.failure
    return blocks.replaced


def _unquote_paths(connection: duckdb.DuckDBPyConnection) -> None:
    """Paths that git printed in quotes (a tab, a newline, a quote or a backslash in them), into PATHS."""
    quoted = connection.execute(
        f"""
        select distinct quoted
        from (select unnest(string_split(text, chr(9))[2:]) as quoted from {FILES} where contains(text, '"'))
        where starts_with(quoted, '"')
        """
    ).fetchall()
    texts = [text for (text,) in quoted]
    plain = [unquote_path(text) for text in texts]
    _materialise(
        connection,
        PATHS,
        pa.table({"quoted": pa.array(texts, pa.string()), "plain": pa.array(plain, pa.string())}),
    )


_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}


def unquote_path(quoted: str) -> str:
    """A path as git quotes it (C style, octal bytes), without the quotes."""

    def byte(match: re.Match[str]) -> str:
        code = match.group(1)
        return chr(_ESCAPES[code]) if code in _ESCAPES else chr(int(code, 8))

    return re.sub(r'\\([abtnvfr"\\]|[0-7]{3})', byte, quoted[1:-1])


def commits_sql(repository: Repository, load_id: int) -> str:
    """SQL of the rows of `raw_git.commits`."""
    branch = literal(repository.default_branch) if repository.default_branch else "cast(null as varchar)"
    co_author = (
        "lambda line: {'name': trim(regexp_extract(line, '^([^<]*)', 1)), "
        "'email': nullif(trim(regexp_extract(line, '<([^>]*)>', 1)), '')}"
    )
    return f"""
        with

        tags as (

            select
                sha,
                to_json(list(tag order by tag)) as tags
            from {TAGS}
            group by sha

        )

        select
            {literal(repository.name)} as repository,
            log.sha,
            cast(
                to_json(list_filter(string_split(log.parents, ' '), lambda sha: sha <> '')) as varchar
            ) as parent_shas,
            log.author_name,
            log.author_email,
            log.authored_at,
            log.committer_name,
            log.committer_email,
            log.committed_at,
            rtrim(log.message, chr(10)) as message,
            cast(to_json(list_transform(
                list_filter(string_split(log.co_authors, chr(30)), lambda line: trim(line) <> ''), {co_author}
            )) as varchar) as co_authors,
            coalesce(cast(tags.tags as varchar), '[]') as tags,
            {branch} as default_branch,
            graph.first_parent_position,
            graph.highest_line_position,
            graph.integrated_position,
            graph.topological_position,
            graph.is_shallow_boundary,
            cast(null as varchar) as _extra,
            cast({load_id} as bigint) as _load_id,
            graph.topological_position as _row_number
        from {LOG} as log
        inner join {GRAPH} as graph
            on log.sha = graph.sha
        left join tags
            on log.sha = tags.sha
    """


def commit_files_sql(repository: Repository, load_id: int) -> str:
    """SQL of the rows of `raw_git.commit_files`."""
    return f"""
        with

        split as (

            select
                files.sha,
                string_split(files.text, chr(9)) as parts
            from {FILES} as files

        ),

        named as (

            select
                split.sha,
                split.parts[1][1] as change_type,
                try_cast(split.parts[1][2:] as bigint) as similarity,
                coalesce(new_path.plain, split.parts[-1]) as path,
                case
                    when len(split.parts) > 2 then coalesce(old_path.plain, split.parts[2])
                end as previous_path
            from split
            left join {PATHS} as new_path
                on split.parts[-1] = new_path.quoted
            left join {PATHS} as old_path
                on split.parts[2] = old_path.quoted

        )

        select
            {literal(repository.name)} as repository,
            sha,
            path,
            previous_path,
            change_type,
            similarity,
            cast(null as varchar) as _extra,
            cast({load_id} as bigint) as _load_id,
            row_number() over () as _row_number
        from named
        -- Two paths may be one after characters that are not UTF-8 were replaced.
        qualify row_number() over (partition by sha, path) = 1
    """


def forget_history(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the temporary tables of read_history."""
    for table in (LOG, GRAPH, TAGS, FILES, PATHS):
        connection.execute(f"drop table if exists temp.{table}")
