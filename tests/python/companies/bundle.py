"""Writes a repository as a git bundle without git: a pack of whole objects, which git reads like any other.

Formats: gitformat-bundle(5) version 2, gitformat-pack(5) version 2.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from scorecard.simulate.history import Blob, Commit, GitRepository, Signature, Tree, object_name

_COMMIT, _TREE, _BLOB, _TAG = 1, 2, 3, 4


def write_bundle(path: Path, repository: GitRepository) -> None:
    """Write all that branches and tags reach, `HEAD` being the default branch."""
    objects: dict[str, tuple[int, bytes]] = {}
    for commit in repository.reachable():
        objects[commit.sha] = _COMMIT, _commit(commit)
        _add_tree(commit.tree, objects)
    references = {"HEAD": repository.head.sha}
    references |= {f"refs/heads/{name}": commit.sha for name, commit in sorted(repository.branches.items())}
    for name, (commit, tagger) in sorted(repository.tags.items()):
        references[f"refs/tags/{name}"] = commit.sha
        if tagger is not None:
            data = _tag(name, commit, tagger)
            sha = object_name("tag", data)
            objects[sha] = _TAG, data
            references[f"refs/tags/{name}"] = sha
    listed = "".join(f"{sha} {name}\n" for name, sha in references.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"# v2 git bundle\n{listed}\n".encode() + _pack(objects))


def _commit(commit: Commit) -> bytes:
    lines = [b"tree " + commit.tree.sha.encode()]
    lines += [b"parent " + parent.sha.encode() for parent in commit.parents]
    lines += [b"author " + commit.author.encode(), b"committer " + commit.committer.encode()]
    return b"\n".join(lines) + b"\n\n" + commit.message.encode()


def _tag(name: str, commit: Commit, tagger: Signature) -> bytes:
    head = f"object {commit.sha}\ntype commit\ntag {name}\n".encode()
    return head + b"tagger " + tagger.encode() + f"\n\nRelease {name}\n".encode()


def _add_tree(tree: Tree, objects: dict[str, tuple[int, bytes]]) -> None:
    if tree.sha in objects:
        return
    parts = []
    ordered = sorted(
        tree.entries.items(), key=lambda item: (item[0] + "/" * isinstance(item[1], Tree)).encode()
    )
    for name, entry in ordered:
        mode = b"40000 " if isinstance(entry, Tree) else b"100644 "
        parts.append(mode + name.encode() + b"\0" + bytes.fromhex(entry.sha))
        if isinstance(entry, Blob):
            objects.setdefault(entry.sha, (_BLOB, entry.data))
    objects[tree.sha] = _TREE, b"".join(parts)
    for entry in tree.entries.values():
        if isinstance(entry, Tree):
            _add_tree(entry, objects)


def _pack(objects: dict[str, tuple[int, bytes]]) -> bytes:
    pack = b"".join([b"PACK", struct.pack(">II", 2, len(objects)), *_entries(objects)])
    return pack + hashlib.sha1(pack, usedforsecurity=False).digest()


def _entries(objects: dict[str, tuple[int, bytes]]) -> Iterator[bytes]:
    for kind, data in objects.values():
        size = len(data)
        head = [kind << 4 | size & 15]
        size >>= 4
        while size:
            head[-1] |= 128
            head.append(size & 127)
            size >>= 7
        yield bytes(head) + zlib.compress(data, 1)
