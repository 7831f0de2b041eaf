"""Files that come out the same on every run: sorted keys, fixed dates, no name or time of compression."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scorecard.simulate.config import SimulationError
from scorecard.simulate.history import GitRepository

Json = dict[str, Any]


def write_ndjson(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line, gzip without name and time; of no rows an empty list, as an API answers."""
    lines = [json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")) for row in rows]
    text = "".join(line + "\n" for line in lines) or "[]\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as file,
    ):
        file.write(text.encode())


def write_csv(path: Path, columns: tuple[str, ...], rows: Iterable[Mapping[str, str]]) -> None:
    """A planning sheet; an empty cell is an unknown value."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue().encode())


def write_bundle(path: Path, repository: GitRepository) -> None:
    """A repository as a bundle, by git itself, undisturbed by anyone's git configuration."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_DEFAULT_HASH": "sha1",
            "HOME": folder,
            "LC_ALL": "C",
            "TZ": "UTC",
        }

        def git(*arguments: str, stdin: bytes = b"") -> str:
            command = ["git", "-c", "pack.threads=1", "-c", "core.compression=9", "-C", folder, *arguments]
            try:
                done = subprocess.run(command, input=stdin, capture_output=True, env=environment, check=True)
            except FileNotFoundError as error:
                raise SimulationError(
                    "git is not installed: install it, or leave out the tool git."
                ) from error
            except subprocess.CalledProcessError as error:
                raise SimulationError(
                    f"git {arguments[0]} failed: {error.stderr.decode().strip()}"
                ) from error
            return done.stdout.decode()

        git("init", "--quiet", "--bare", f"--initial-branch={repository.default_branch}", ".")
        git("fast-import", "--quiet", "--done", stdin=b"".join(repository.fast_import()))
        _compare(repository, git("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads"))
        git("repack", "-a", "-d", "-f", "-q", "--depth=50", "--window=50")
        git("bundle", "create", "--quiet", str(path.resolve()), "HEAD", "--branches", "--tags")


def _compare(repository: GitRepository, listing: str) -> None:
    """Git must have given every branch the name that the exports use."""
    found = {line.split(" ", 1)[1]: line.split(" ", 1)[0] for line in listing.splitlines()}
    expected = {name: commit.sha for name, commit in repository.branches.items()}
    if found != expected:
        raise SimulationError(f"The history of {repository.name} did not import as computed.")
