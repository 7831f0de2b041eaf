"""What may be odd in a history: commits are added to the default branches, near the end of the span."""

from __future__ import annotations

from random import Random

from scorecard.simulate.history import Commit, GitRepository, Signature, Tree

from .export import Export
from .registry import mutation

DAY = 86_400
PEOPLE = (
    ("Ada Abel", "ada.abel@harbourline.example"),
    ("Ada Abel", "Ada.Abel@Harbourline.example"),
    ("Somebody", "somebody@elsewhere.example"),
    ("Login Only", "1005170+dana-eriksen@users.noreply.github.com"),
    ("Claude", "claude@people.example"),
)
BOTS = (
    ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"),
    ("renovate-bot", "renovate-bot@users.noreply.github.com"),
    ("GitHub Actions", "41898282+github-actions[bot]@users.noreply.github.com"),
)


def sources(tree: Tree) -> list[str]:
    """Paths of a tree."""
    return tree.paths()


def commit(
    repository: GitRepository,
    at: int,
    files: dict[str, bytes | None],
    who: tuple[str, str] = PEOPLE[0],
    message: str = "Work",
    parents: tuple[Commit, ...] | None = None,
    base: Tree | None = None,
    authored: int | None = None,
) -> Commit:
    """Make a commit of changed files (None deletes) upon the head, or upon given parents."""
    above = (repository.head,) if parents is None else parents
    tree = base or (above[0].tree if above else Tree({}))
    for path, data in files.items():
        tree = tree.with_file(path, data)
    author = Signature(who[0], who[1], at if authored is None else authored, 825)
    return Commit(tree, above, author, Signature(who[0], who[1], at, -660), message)


def push(repository: GitRepository, *made: Commit) -> None:
    """Let the default branch end in a commit."""
    repository.branches[repository.default_branch] = made[-1]


def place(export: Export, random: Random) -> tuple[GitRepository, int] | None:
    """A repository and an instant at or after its head's, mostly within the span."""
    if not export.repositories:
        return None
    repository = random.choice(export.repositories)
    end = int(export.span[1].timestamp())
    head = repository.head.committer.at
    at = random.choice([head, head + 1, head + (end - head) // 2, end - DAY, end - 40 * DAY])
    return repository, max(head, at)


def content(random: Random, lines: int = 12) -> bytes:
    """A file's content that resembles no other."""
    return "".join(f"{random.getrandbits(40):x} = {random.getrandbits(40)}\n" for _ in range(lines)).encode()


@mutation
def thousand_file_commit(export: Export, random: Random) -> None:
    """One commit of 200, 201 or a thousand files, new ones or old ones."""
    if found := place(export, random):
        repository, at = found
        count = random.choice([199, 200, 201, 1000])
        new = {f"import/f{number}.py": b"%d\n" % number for number in range(count)}
        push(repository, commit(repository, at, new, random.choice(PEOPLE)))
        if random.random() < 0.5:
            again = {path: data + b"more\n" for path, data in list(new.items())[: random.choice([200, 201])]}
            push(repository, commit(repository, at + 60, again, random.choice(PEOPLE)))
        if random.random() < 0.5:
            one = {random.choice(list(new)): content(random)}
            push(repository, commit(repository, at + 120, one, random.choice(PEOPLE)))


@mutation
def files_renamed(export: Export, random: Random) -> None:
    """Renamed once, twice, into each other, in letters alone, onto a path that was deleted."""
    if found := place(export, random):
        repository, at = found
        paths = [
            path for path in sources(repository.head.tree) if path.endswith((".py", ".ts", ".go", ".java"))
        ]
        if len(paths) < 3:
            return
        one, two, three = random.sample(paths, 3)
        tree = repository.head.tree
        data = {path: tree.get(path) or b"" for path in (one, two, three)}
        steps: list[dict[str, bytes | None]] = random.choice(
            [
                [{one: None, "moved/a.py": data[one]}, {"moved/a.py": None, "moved/b.py": data[one]}],
                [{one: data[two], two: data[one]}],
                [{one: None, one.upper(): data[one]}],
                [{one: None}, {two: None, one: data[two]}],
                [{one: None, "moved/a.py": data[one], two: data[three] + b"x\n"}],
                [{one: None, "moved/a.py": data[one]}, {one: content(random)}, {one: content(random)}],
            ]
        )
        for number, files in enumerate(steps):
            push(repository, commit(repository, at + number * 60, files, random.choice(PEOPLE)))


@mutation
def files_deleted_and_back(export: Export, random: Random) -> None:
    """A path that goes and comes back, with other content, by another hand."""
    if found := place(export, random):
        repository, at = found
        paths = [path for path in sources(repository.head.tree) if path.endswith((".py", ".ts", ".go"))]
        if paths:
            path = random.choice(paths)
            old = repository.head.tree.get(path)
            push(repository, commit(repository, at, {path: None}, random.choice(PEOPLE)))
            push(repository, commit(repository, at + 9, {"other.py": content(random)}, random.choice(PEOPLE)))
            back = random.choice([old, content(random)])
            push(repository, commit(repository, at + 20, {path: back}, random.choice(PEOPLE)))


@mutation
def written_by_bots(export: Export, random: Random) -> None:
    """Files of bots alone, of bots with people as co-authors, and of people with assistants."""
    if found := place(export, random):
        repository, at = found
        trailer = random.choice(
            [
                "",
                "Co-authored-by: Ada Abel <ada.abel@harbourline.example>",
                "Co-Authored-By: Claude <noreply@anthropic.com>",
                "co-authored-by:   dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
                "Co-authored-by: Somebody <SOMEBODY@elsewhere.example>\n"
                "Co-authored-by: Ada <ada.abel@harbourline.example>",
                "Co-authored-by: nobody",
            ]
        )
        who = random.choice([*BOTS, *PEOPLE])
        files: dict[str, bytes | None] = {"bots/a.py": content(random), "bots/b.py": content(random)}
        push(repository, commit(repository, at, files, who, f"Update\n\n{trailer}"))
        if random.random() < 0.5:
            files = {"bots/a.py": content(random)}
            push(repository, commit(repository, at + 60, files, random.choice([*BOTS, *PEOPLE])))


@mutation
def merge_brings_files(export: Export, random: Random) -> None:
    """A merge: of a branch with its own commits, with a conflict resolved by a new file, or of nothing."""
    if found := place(export, random):
        repository, at = found
        head = repository.head
        start = random.choice([head, *head.parents])
        branch = commit(
            repository, at, {"side/a.py": content(random)}, random.choice(PEOPLE), parents=(start,)
        )
        if random.random() < 0.5:
            files = {"side/a.py": content(random), "side/b.py": content(random)}
            branch = commit(repository, at + 5, files, random.choice(PEOPLE), parents=(branch,))
        tree = head.tree
        for path in ("side/a.py", "side/b.py"):
            if (data := branch.tree.get(path)) is not None:
                tree = tree.with_file(path, data)
        own = random.choice([{}, {"side/merged.py": content(random)}, {"side/a.py": content(random)}])
        merge = commit(repository, at + 10, own, random.choice(PEOPLE), "Merge", (head, branch), tree)
        push(repository, merge)
        after = {random.choice(["side/a.py", "side/merged.py"]): content(random)}
        push(repository, commit(repository, at + 60, after, random.choice(PEOPLE)))


@mutation
def history_joined(export: Export, random: Random) -> None:
    """Another history, with a root of its own, merged into this one."""
    if found := place(export, random):
        repository, at = found
        root = commit(
            repository, at - 300 * DAY, {"sub/old.py": content(random)}, random.choice(PEOPLE), parents=()
        )
        tree = repository.head.tree.with_file("sub/old.py", root.tree.get("sub/old.py"))
        merge = commit(repository, at, {}, PEOPLE[0], "Join", (repository.head, root), tree)
        push(repository, merge)


@mutation
def paths_odd(export: Export, random: Random) -> None:
    """Blanks, quotes, umlauts, dots; vendored, generated, in no service's folder."""
    if found := place(export, random):
        repository, at = found
        names = [
            "src/with blank.py",
            'src/"quoted".py',
            "src/größe.py",
            "src/tab\tname.py",
            "src/back\\slash.py",
            "node_modules/x/index.js",
            "vendor/lib/a.go",
            "src/api.pb.go",
            "src/types.generated.ts",
            "dist/app.min.js",
            "Makefile",
            "src/UPPER.PY",
            "src/noextension",
            ".hidden.py",
            "services/checkout-legacy/z.py",
            "src/a.d.ts",
            "src/.py",
            "src/日本.py",
        ]
        files: dict[str, bytes | None] = {name: content(random) for name in random.sample(names, 6)}
        push(repository, commit(repository, at, files, random.choice(PEOPLE)))


@mutation
def authored_long_ago(export: Export, random: Random) -> None:
    """Authored in another year than committed; nobody was active since."""
    if found := place(export, random):
        repository, at = found
        files: dict[str, bytes | None] = {"late/a.py": content(random)}
        who = random.choice(PEOPLE)
        push(repository, commit(repository, at, files, who, authored=at - random.choice([400, 90, -2]) * DAY))


@mutation
def empty_commit(export: Export, random: Random) -> None:
    """A commit that changes nothing keeps its author current."""
    if found := place(export, random):
        repository, at = found
        push(repository, commit(repository, at, {}, random.choice(PEOPLE), "Trigger the pipeline"))


@mutation
def branch_never_merged(export: Export, random: Random) -> None:
    """Work on a branch that the default branch does not have."""
    if found := place(export, random):
        repository, at = found
        made = commit(repository, at, {"branch/a.py": content(random)}, random.choice(PEOPLE))
        repository.branches["experiment"] = made


@mutation
def active_at_the_limit(export: Export, random: Random) -> None:
    """Somebody's last commit lies at the limit of ninety days before a month's end."""
    if found := place(export, random):
        repository, _ = found
        end = export.as_of.astimezone(export.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        limit = int(end.timestamp()) - 90 * DAY + random.choice([-1, 0, 1])
        if limit >= repository.head.committer.at:
            push(repository, commit(repository, limit, {"limit/a.py": content(random)}, PEOPLE[2]))
        else:
            made = commit(repository, limit, {"limit/a.py": content(random)}, PEOPLE[2])
            repository.branches["limit"] = made


@mutation
def everything_deleted(export: Export, random: Random) -> None:
    """No file is left."""
    if found := place(export, random):
        repository, at = found
        files: dict[str, bytes | None] = dict.fromkeys(sources(repository.head.tree))
        push(repository, commit(repository, at, files, random.choice(PEOPLE)))
