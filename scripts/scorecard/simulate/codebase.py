"""Files: what a repository holds at first, what a change does, and how changes apply to another tree."""

from __future__ import annotations

import random

from scorecard.simulate.history import Tree
from scorecard.simulate.state import Change, Person, Repo, Service, World
from scorecard.simulate.words import code_line, source_text, word

_EXTENSIONS = ("py", "py", "py", "ts", "go", "sql")
_NOT_SOURCE = ("vendor/", "third_party/", "dist/", "generated/", "docs/", "assets/")
_ROOT_FILES = ("package-lock.json", "poetry.lock", "go.sum", "README.md")


def apply_changes(tree: Tree, changes: list[Change]) -> Tree:
    """The tree after the changes; what no longer exists there is passed over, as a merge would."""
    for change in changes:
        content = tree.get(change.path)
        if change.kind in ("add", "set"):
            tree = tree.with_file(change.path, change.content)
        elif content is None:
            continue
        elif change.kind == "delete":
            tree = tree.with_file(change.path, None)
        elif change.kind == "rename":
            tree = tree.with_file(change.path, None).with_file(change.target, content)
        else:
            tree = tree.with_file(change.path, edited(content, change.token))
    return tree


def edited(content: bytes, token: int) -> bytes:
    """Text with one or two lines replaced and sometimes one more or less; the token decides all."""
    rng = random.Random(token)
    lines = content.decode().split("\n")
    for _ in range(rng.randrange(1, 3)):
        lines[rng.randrange(len(lines))] = code_line(rng)
    if rng.random() < 0.35:
        lines.insert(rng.randrange(len(lines)), code_line(rng))
    elif len(lines) > 24:
        del lines[rng.randrange(len(lines))]
    return "\n".join(lines).encode()


def inverse(before: Tree, after: Tree, paths: list[str]) -> list[Change]:
    """Changes that put `paths` back to what they were."""
    changes = []
    for path in paths:
        old = before.get(path)
        if old is not None:
            changes.append(Change("set", path, content=old))
        elif after.get(path) is not None:
            changes.append(Change("delete", path))
    return changes


def is_text_source(path: str) -> bool:
    """Whether people edit this file by hand in daily work."""
    return not any(part in path for part in _NOT_SOURCE) and not path.endswith(_ROOT_FILES)


def new_path(world: World, prefix: str) -> str:
    """A path for a new source file below a prefix."""
    rng = world.rng
    folder = rng.choice(("api", "core", "jobs", "models", "store", "views", "tests"))
    extension = rng.choice(_EXTENSIONS)
    return f"{prefix}src/{folder}/{word(rng)}_{word(rng)}_{rng.randrange(100)}.{extension}"


def first_files(world: World, prefix: str, count: int) -> list[Change]:
    """Source files with which a service begins."""
    return [
        Change("add", new_path(world, prefix), content=source_text(world.rng, world.rng.randrange(5, 16)))
        for _ in range(count)
    ]


def surroundings(world: World) -> list[Change]:
    """What stands beside the source: vendored, generated, lock and binary files."""
    rng = world.rng
    picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + rng.randbytes(60)
    lock = "\n".join(
        f'"{word(rng)}-{word(rng)}": "{rng.randrange(9)}.{rng.randrange(20)}.0",' for _ in range(20)
    )
    return [
        Change("add", "README.md", content=b"# Notes\n\nHow to run and test this repository.\n"),
        Change("add", "docs/\u00dcber uns.md", content=b"# About\n\nThe team and its duties.\n"),
        Change("add", "assets/logo.png", content=picture),
        Change("add", "vendor/leftpad/pad.py", content=source_text(rng, 8)),
        Change("add", "third_party/chart/chart.js", content=source_text(rng, 8)),
        Change("add", "dist/bundle.min.js", content=source_text(rng, 5)),
        Change("add", "generated/order_pb2.py", content=source_text(rng, 6)),
        Change("add", "package-lock.json", content=lock.encode() + b"\n"),
        Change("add", "poetry.lock", content=lock.encode() + b"\n"),
        Change("add", "go.sum", content=lock.encode() + b"\n"),
    ]


def source_paths(tree: Tree, prefix: str) -> list[str]:
    """Hand-edited files below a prefix."""
    return [path for path in tree.paths() if path.startswith(prefix) and is_text_source(path)]


def choose_paths(world: World, person: Person, tree: Tree, service: Service, count: int) -> list[str]:
    """Files that a person touches: mostly those they know, else any of the service."""
    rng = world.rng
    there = source_paths(tree, service.prefix)
    if not there:
        return []
    known_names = {path for path in person.favourites if path.startswith(f"{service.service_id}:")}
    known = [path for path in there if f"{service.service_id}:{path}" in known_names]
    chosen: list[str] = []
    for _ in range(count):
        is_known = bool(known) and rng.random() < (0.9 if person.is_hero else 0.72)
        path = rng.choice(known if is_known else there)
        if path not in chosen:
            chosen.append(path)
        if not is_known and len(known) < 14:
            person.favourites.append(f"{service.service_id}:{path}")
    return chosen


def working_changes(world: World, person: Person, repo: Repo, tree: Tree, service: Service) -> list[Change]:
    """What one commit does: mostly edits; a new file, a rename, a deletion or a return now and then."""
    rng = world.rng
    changes = [
        Change("edit", path, token=rng.randrange(1 << 30))
        for path in choose_paths(world, person, tree, service, rng.choice((1, 1, 2, 2, 3)))
    ]
    if world.chance(0.12) or not changes:
        path = new_path(world, service.prefix)
        changes.append(Change("add", path, content=source_text(rng, rng.randrange(5, 14))))
        person.favourites.append(f"{service.service_id}:{path}")
    if world.every("rename", 28) and changes[0].kind == "edit":
        target = new_path(world, service.prefix)
        changes = [Change("rename", changes[0].path, target=target), *changes[1:]]
        person.favourites.append(f"{service.service_id}:{target}")
    if world.every("delete", 34):
        path = rng.choice(source_paths(tree, service.prefix) or [""])
        content = tree.get(path)
        if content is not None and path not in [change.path for change in changes]:
            changes.append(Change("delete", path))
            repo.removed.append((path, content))
    if len(repo.removed) > 2 and world.every("add again", 90, 5):
        path, content = repo.removed.pop(0)
        changes.append(Change("set", path, content=edited(content, rng.randrange(1 << 30))))
    if world.every("generated", 45):
        changes.append(Change("edit", "generated/order_pb2.py", token=rng.randrange(1 << 30)))
    if world.every("lock", 30):
        changes.append(Change("edit", "package-lock.json", token=rng.randrange(1 << 30)))
    if world.every("vendored", 120):
        changes.append(Change("set", "vendor/leftpad/pad.py", content=source_text(rng, 8)))
    if world.every("binary", 150):
        changes.append(
            Change("set", "assets/logo.png", content=b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + rng.randbytes(60))
        )
    return changes
