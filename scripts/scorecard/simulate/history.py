"""Git history in memory: blobs, trees and commits with their real object names, and the fast-import stream.

Object names are computed here (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects), since a revert
names the commit that it reverts and the vendors' exports name merge commits long before git writes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field


def object_name(kind: str, data: bytes) -> str:
    """SHA-1 of a git object."""
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


class Blob:
    """A file's content."""

    __slots__ = ("data", "sha")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sha = object_name("blob", data)


class Tree:
    """A folder; never changed once made, so that versions share what they have in common."""

    __slots__ = ("_paths", "entries", "sha")
    sha: str

    def __init__(self, entries: dict[str, Tree | Blob]) -> None:
        self.entries = entries
        self._paths: list[str] | None = None
        # Git sorts a folder as if its name ended in a slash.
        ordered = sorted(
            entries.items(), key=lambda item: (item[0] + "/" * isinstance(item[1], Tree)).encode()
        )
        self.sha = object_name(
            "tree",
            b"".join(
                (b"40000 " if isinstance(entry, Tree) else b"100644 ")
                + name.encode()
                + b"\0"
                + bytes.fromhex(entry.sha)
                for name, entry in ordered
            ),
        )

    def get(self, path: str) -> bytes | None:
        """Content of a file, or None where there is no such file."""
        node: Tree | Blob | None = self
        for part in path.split("/"):
            if not isinstance(node, Tree):
                return None
            node = node.entries.get(part)
        return node.data if isinstance(node, Blob) else None

    def with_file(self, path: str, data: bytes | None) -> Tree:
        """This tree with a file written, or deleted where `data` is None."""
        name, _, rest = path.partition("/")
        entries = dict(self.entries)
        if not rest:
            if data is None:
                entries.pop(name, None)
            else:
                entries[name] = Blob(data)
            return Tree(entries)
        child = entries.get(name)
        updated = (child if isinstance(child, Tree) else Tree({})).with_file(rest, data)
        if updated.entries:
            entries[name] = updated
        else:
            entries.pop(name, None)
        return Tree(entries)

    def paths(self) -> list[str]:
        """All files below, sorted."""
        if self._paths is None:
            found: list[str] = []
            for name, entry in self.entries.items():
                if isinstance(entry, Tree):
                    found.extend(f"{name}/{below}" for below in entry.paths())
                else:
                    found.append(name)
            self._paths = sorted(found)
        return self._paths


EMPTY = Tree({})


def differences(old: Tree, new: Tree, prefix: str = "") -> Iterator[tuple[str, bytes | None]]:
    """Paths that differ between two trees with their new content (None = deleted), sorted within a folder."""
    if old.sha == new.sha:
        return
    for name in sorted({**old.entries, **new.entries}):
        before, after = old.entries.get(name), new.entries.get(name)
        path = prefix + name
        if before is not None and after is not None and before.sha == after.sha:
            continue
        if isinstance(before, Tree) or isinstance(after, Tree):
            if isinstance(before, Blob):
                yield path, None
            yield from differences(
                before if isinstance(before, Tree) else EMPTY,
                after if isinstance(after, Tree) else EMPTY,
                path + "/",
            )
            if isinstance(after, Blob):
                yield path, after.data
        else:
            yield path, after.data if isinstance(after, Blob) else None


@dataclass(frozen=True)
class Signature:
    """Who and when, as a commit header says it; the offset is in minutes east of UTC."""

    name: str
    email: str
    at: int
    offset: int = 0

    def encode(self) -> bytes:
        sign = "-" if self.offset < 0 else "+"
        hours, minutes = divmod(abs(self.offset), 60)
        return f"{self.name} <{self.email}> {self.at} {sign}{hours:02d}{minutes:02d}".encode()


class Commit:
    """A commit with its real object name."""

    sha: str
    __slots__ = ("author", "committer", "message", "parents", "sha", "tree")

    def __init__(
        self, tree: Tree, parents: tuple[Commit, ...], author: Signature, committer: Signature, message: str
    ) -> None:
        self.tree, self.parents, self.author, self.committer = tree, parents, author, committer
        self.message = message if message.endswith("\n") else message + "\n"
        header = [b"tree " + tree.sha.encode()]
        header += [b"parent " + parent.sha.encode() for parent in parents]
        header += [b"author " + author.encode(), b"committer " + committer.encode()]
        self.sha = object_name("commit", b"\n".join(header) + b"\n\n" + self.message.encode())


@dataclass
class GitRepository:
    """Branches and tags over commits. `tags` holds lightweight and annotated ones (with a tagger)."""

    name: str
    default_branch: str = "main"
    branches: dict[str, Commit] = field(default_factory=dict)
    tags: dict[str, tuple[Commit, Signature | None]] = field(default_factory=dict)

    @property
    def head(self) -> Commit:
        return self.branches[self.default_branch]

    def reachable(self) -> list[Commit]:
        """All commits that a branch or tag reaches, parents before children, always in the same order."""
        ordered: list[Commit] = []
        seen: set[str] = set()
        tips = [self.branches[name] for name in sorted(self.branches)]
        tips += [self.tags[name][0] for name in sorted(self.tags)]
        for tip in tips:
            stack: list[tuple[Commit, bool]] = [(tip, False)]
            while stack:
                commit, is_expanded = stack.pop()
                if is_expanded:
                    ordered.append(commit)
                elif commit.sha not in seen:
                    seen.add(commit.sha)
                    stack.append((commit, True))
                    stack.extend((parent, False) for parent in reversed(commit.parents))
        return ordered

    def fast_import(self) -> Iterator[bytes]:
        """The `git fast-import` stream of all that is reachable."""
        marks: dict[str, int] = {}
        for mark, commit in enumerate(self.reachable(), start=1):
            marks[commit.sha] = mark
            message = commit.message.encode()
            if not commit.parents:
                # Without this, a second root commit would become a child of the first.
                yield b"reset refs/import/tip\n"
            yield b"commit refs/import/tip\nmark :%d\n" % mark
            yield b"author " + commit.author.encode() + b"\ncommitter " + commit.committer.encode() + b"\n"
            yield b"data %d\n" % len(message) + message + b"\n"
            for word, parent in zip((b"from", *[b"merge"] * 9), commit.parents, strict=False):
                yield word + b" :%d\n" % marks[parent.sha]
            base = commit.parents[0].tree if commit.parents else EMPTY
            for path, data in differences(base, commit.tree):
                if data is None:
                    yield b"D " + path.encode() + b"\n"
                else:
                    yield b"M 100644 inline " + path.encode() + b"\ndata %d\n" % len(data) + data + b"\n"
            yield b"\n"
        for branch in sorted(self.branches):
            yield (
                b"reset refs/heads/" + branch.encode() + b"\nfrom :%d\n\n" % marks[self.branches[branch].sha]
            )
        for tag in sorted(self.tags):
            commit, tagger = self.tags[tag]
            if tagger is None:
                yield b"reset refs/tags/" + tag.encode() + b"\nfrom :%d\n\n" % marks[commit.sha]
            else:
                note = f"Release {tag}\n".encode()
                yield b"tag " + tag.encode() + b"\nfrom :%d\ntagger " % marks[commit.sha] + tagger.encode()
                yield b"\ndata %d\n" % len(note) + note + b"\n"
        yield b"reset refs/import/tip\nfrom 0000000000000000000000000000000000000000\n\n"
        yield b"done\n"
