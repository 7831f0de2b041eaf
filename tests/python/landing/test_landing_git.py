"""git: every kind of clone, what is in a commit, and the positions against git's own answers."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scorecard.landing.git import name_of_address, name_of_path, unquote_path

IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada Ünlü",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Carl",
    "GIT_COMMITTER_EMAIL": "carl@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}
ODD_NAME = 'we"ird\tname\\.txt'


class Repo:
    """A repository that grows by a commit an hour."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hour = 0
        subprocess.run(
            ["git", "init", "-q", "-b", "main", str(path)], check=True, env={**os.environ, **IDENTITY}
        )
        self.git("config", "uploadpack.allowFilter", "true")

    def git(self, *arguments: str, check: bool = True) -> str:
        at = f"{1_767_250_800 + 3600 * self.hour} +0130"
        environment = {**os.environ, **IDENTITY, "GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments], capture_output=True, env=environment, check=check
        )
        return done.stdout.decode("utf-8", "replace").strip()

    def commit(self, message: str, **files: str | None) -> str:
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
            else:
                path.write_text(content, encoding="utf-8")
        self.hour += 1
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def merge(self, *branches: str) -> str:
        self.hour += 1
        self.git("merge", "-q", "--no-ff", "-m", f"Merge {' '.join(branches)}", *branches)
        return self.git("rev-parse", "HEAD")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Renames, a merge, an octopus merge, a tagged commit off the line, odd bytes."""
    repo = Repo(tmp_path_factory.mktemp("origin") / "acme+shop")
    text = "".join(f"line {number}\n" for number in range(100))
    (repo.path / ODD_NAME).write_text("odd")
    Path(os.fsdecode(os.fsencode(repo.path) + b"/bad\xff.txt")).write_text("bad")
    repo.commit("first", a=text, kept="kept")
    (repo.path / "a").rename(repo.path / "b c")
    repo.commit(
        "Rename a file\n\nWith a body.\n\n"
        "Co-authored-by: Bo <bo@example.com>\nCO-AUTHORED-BY: Cy D <cy@example.com>",
        **{"b c": text + "more\n"},
    )
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit("topic 1", t1="1")
    repo.commit("topic 2", t2="2")
    repo.git("tag", "-a", "-m", "annotated", "v1")
    repo.git("checkout", "-q", "-b", "other", "main")
    repo.commit("other", o1="1")
    repo.git("checkout", "-q", "main")
    repo.commit("on main", m1="1")
    repo.merge("topic", "other")
    repo.commit("remove", m1=None)
    repo.git("tag", "light")
    repo.git("checkout", "-q", "-b", "hotfix", "v1")
    repo.commit("hotfix", h="1")
    repo.git("tag", "hot-1")
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-q", "-D", "hotfix")
    return repo


def clone(repo: Repo, target: Path, *options: str) -> Path:
    address = f"file://{repo.path}"
    subprocess.run(
        ["git", "clone", "-q", *options, address, str(target)],
        check=True,
        env={**os.environ, **IDENTITY},
        capture_output=True,
    )
    return target


def commits(lander: Any) -> list[tuple[Any, ...]]:
    """The commits without what landing adds about itself."""
    return lander.query("select * exclude (_load_id) from raw_git.commits order by topological_position")


def files(lander: Any) -> list[tuple[Any, ...]]:
    return lander.query("select * exclude (_load_id, _row_number) from raw_git.commit_files order by all")


def test_what_a_commit_tells(lander: Any, shop: Repo) -> None:
    lander.land("git", shop.path)
    rows = {
        row[0].split("\n")[0]: row[1:]
        for row in lander.query(
            "select message, sha, parent_shas, author_name, author_email, authored_at, committer_name, "
            "committed_at, co_authors, tags, default_branch, repository from raw_git.commits"
        )
    }
    assert len(rows) == 9
    sha, parents, author, email, authored, committer, committed, co_authors, tags, branch, name = rows[
        "Rename a file"
    ]
    assert sha == shop.git("rev-parse", "main~3")
    assert json.loads(parents) == [shop.git("rev-parse", "main~4")]
    assert (author, email, committer) == ("Ada Ünlü", "ada@example.com", "Carl")
    assert authored == committed == "2026-01-01T10:30:00+01:30"
    assert json.loads(co_authors) == [
        {"name": "Bo", "email": "bo@example.com"},
        {"name": "Cy D", "email": "cy@example.com"},
    ]
    assert (tags, branch, name) == ("[]", "main", "acme/shop")
    assert [json.loads(rows[title][8]) for title in ("topic 2", "remove", "hotfix")] == [
        ["v1"],
        ["light"],
        ["hot-1"],
    ]
    messages = dict(lander.query("select sha, message from raw_git.commits"))
    for sha, message in messages.items():
        assert message == shop.git("log", "-1", "--format=%B", sha)
    octopus = json.loads(rows["Merge topic other"][1])
    assert octopus == [shop.git("rev-parse", f"main~1^{number}") for number in (1, 2, 3)]


def test_what_files_a_commit_changed(lander: Any, shop: Repo) -> None:
    lander.land("git", shop.path)
    found = lander.query(
        "select split_part(message, chr(10), 1), change_type, path, previous_path from raw_git.commit_files "
        "inner join raw_git.commits using (repository, sha)"
    )
    assert sorted(found, key=str) == sorted(
        [
            ("first", "A", "a", None),
            ("first", "A", "kept", None),
            ("first", "A", ODD_NAME, None),
            ("first", "A", "bad\ufffd.txt", None),
            ("Rename a file", "R", "b c", "a"),
            ("topic 1", "A", "t1", None),
            ("topic 2", "A", "t2", None),
            ("other", "A", "o1", None),
            ("on main", "A", "m1", None),
            ("Merge topic other", "A", "t1", None),
            ("Merge topic other", "A", "t2", None),
            ("Merge topic other", "A", "o1", None),
            ("remove", "D", "m1", None),
            ("hotfix", "A", "h", None),
        ],
        key=str,
    )
    ((similarity,),) = lander.query(
        "select similarity from raw_git.commit_files where similarity is not null"
    )
    assert 90 < similarity < 100
    notes = lander.query("select distinct notes from raw_meta.loads")
    assert notes == [("text that is not valid UTF-8 was replaced by U+FFFD in 1 place",)]


def test_a_merge_off_the_line_has_no_files(lander: Any, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit("first", a="1")
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side", s="1")
    repo.git("checkout", "-q", "-b", "topic", "main")
    repo.commit("topic", t="1")
    off_line = repo.merge("side")
    repo.git("checkout", "-q", "main")
    on_line = repo.merge("topic")
    lander.land("git", repo.path)
    changed = lander.query("select sha, count(*) from raw_git.commit_files group by sha")
    assert dict(changed)[on_line] == 2
    assert off_line not in dict(changed)


@pytest.mark.parametrize("kind", ["bare", "mirror", "bundle", "working tree", "linked working tree"])
def test_every_whole_clone_lands_the_same(lander: Any, shop: Repo, tmp_path: Path, kind: str) -> None:
    lander.land("git", shop.path)
    before = (commits(lander), files(lander))
    path = tmp_path / "clone"
    if kind == "bundle":
        path = tmp_path / "acme+shop.bundle"
        shop.git("bundle", "create", "-q", str(path), "--all")
    elif kind == "linked working tree":
        shop.git("worktree", "add", "-q", "--detach", str(path), "main~2")
    else:
        clone(shop, path, *{"bare": ["--bare"], "mirror": ["--mirror"]}.get(kind, []))
    outcomes = lander.land("git", path, again=True)
    assert [outcome.failure for outcome in outcomes] == [None, None]
    assert outcomes[0].load.rows_unchanged == 9
    assert (commits(lander), files(lander)) == before
    if kind == "linked working tree":
        shop.git("worktree", "remove", "--force", str(path))


def test_landing_the_same_refs_twice_changes_nothing(lander: Any, shop: Repo, tmp_path: Path) -> None:
    lander.land("git", shop.path)
    before = lander.query("select * from raw_meta.loads")
    assert all(outcome.was_there for outcome in lander.land("git", shop.path))
    assert lander.query("select * from raw_meta.loads") == before


def test_a_later_landing_replaces_what_is_gone(lander: Any, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "acme+api")
    repo.commit("first", a="1")
    gone = repo.commit("to be amended", a="2")
    lander.land("git", repo.path)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.commit("instead", b="3")
    first, second = lander.land("git", repo.path)
    assert (first.load.rows_new, first.load.rows_unchanged) == (1, 1)
    assert lander.query(f"select count(*) from raw_git.commits where sha = '{gone}'") == [(0,)]
    assert lander.query(f"select count(*) from raw_git.commit_files where sha = '{gone}'") == [(0,)]
    assert second.load.rows_read == 2
    lander.check_books()


def test_a_shallow_clone_says_what_it_cannot_know(lander: Any, shop: Repo, tmp_path: Path) -> None:
    path = clone(shop, tmp_path / "shallow", "--depth", "2")
    first, _ = lander.land("git", path)
    assert first.load.is_complete_history is False
    assert "shallow clone" in first.load.notes and "git fetch --unshallow" in first.load.notes
    found = lander.query("select message, parent_shas, is_shallow_boundary from raw_git.commits order by 1")
    assert found[0] == ("Merge topic other", "[]", True)
    assert found[1][2] is False
    listed = lander.query("select path, change_type from raw_git.commit_files where change_type = 'A'")
    assert len(listed) == 8
    assert str(first.load.covers_from) == str(
        lander.query(
            "select cast(committed_at as timestamptz) at time zone 'UTC' from raw_git.commits "
            "where is_shallow_boundary"
        )[0][0]
    )


def test_a_shallow_clone_does_not_forget_a_whole_history(lander: Any, shop: Repo, tmp_path: Path) -> None:
    lander.land("git", shop.path)
    path = clone(shop, tmp_path / "shallow", "--depth", "1")
    outcome = lander.one("git", path, repository="acme/shop")
    assert "would replace the whole history of acme/shop" in outcome.failure
    assert len(commits(lander)) == 9


def test_a_partial_clone_lands_without_fetching(lander: Any, shop: Repo, tmp_path: Path) -> None:
    path = clone(shop, tmp_path / "partial", "--filter=blob:none", "--no-checkout")

    before = objects(path)
    first, second = lander.land("git", path)
    assert objects(path) == before
    assert (first.load.rows_landed, first.load.is_complete_history) == (9, True)
    assert "only exact renames" in first.load.notes
    # The rename with a change is not exact, so it is a removal and an addition.
    assert second.load.rows_landed == 15
    assert lander.query("select count(*) from raw_git.commit_files where change_type = 'R'") == [(0,)]


def objects(path: Path) -> list[str]:
    """How many objects a repository holds, in packs and loose."""
    listed = subprocess.run(
        ["git", "-C", str(path), "count-objects", "-v"], capture_output=True, text=True, check=True
    )
    return [line for line in listed.stdout.splitlines() if line.startswith(("count:", "in-pack:"))]


def test_what_a_partial_clone_lacks_is_never_fetched(lander: Any, shop: Repo, tmp_path: Path) -> None:
    path = clone(shop, tmp_path / "odd", "--filter=tree:0", "--no-checkout")
    subprocess.run(
        ["git", "-C", str(path), "config", "remote.origin.partialclonefilter", "blob:none"], check=True
    )
    before = objects(path)
    first, second = lander.land("git", path)
    assert objects(path) == before
    assert (first.load.rows_landed, second.load.rows_landed) == (9, 0)
    assert "changed files cannot be known" in first.load.notes


def test_a_clone_without_trees_still_lands_its_commits(lander: Any, shop: Repo, tmp_path: Path) -> None:
    path = clone(shop, tmp_path / "treeless", "--filter=tree:0", "--no-checkout")
    first, second = lander.land("git", path)
    assert (first.load.rows_landed, second.load.rows_landed) == (9, 0)
    assert "changed files cannot be known" in first.load.notes


def test_the_readers_configuration_changes_nothing(
    lander: Any, shop: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lander.land("git", shop.path)
    before = (commits(lander), files(lander))
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[diff]\nrenames = false\nnoprefix = true\norderFile = nowhere\n"
        "[log]\nshowSignature = true\nfollow = true\n"
        "decorate = full\n[color]\nui = always\n[core]\nquotePath = true\n[trailer]\nseparators = '#'\n"
        "[i18n]\nlogOutputEncoding = latin-1\n[format]\npretty = oneline\n",
        encoding="utf-8",
    )
    path = clone_config(shop, tmp_path / "configured", (home / ".gitconfig").read_text())
    with (home / ".gitconfig").open("a") as stream:
        stream.write("[not closed\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    outcomes = lander.land("git", path, repository="acme/shop", again=True)
    assert [outcome.failure for outcome in outcomes] == [None, None]
    assert (commits(lander), files(lander)) == before


def clone_config(repo: Repo, target: Path, config: str) -> Path:
    """A clone whose own configuration is odd too."""
    environment = {name: value for name, value in os.environ.items() if name != "GIT_DIR"} | IDENTITY
    subprocess.run(
        ["git", "clone", "-q", "--mirror", str(repo.path), str(target)], check=True, env=environment
    )
    with (target / "config").open("a") as stream:
        stream.write(config)
    return target


def test_the_default_branch_is_the_published_one(lander: Any, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "origin")
    repo.commit("published", a="1")
    path = clone(repo, tmp_path / "clone")
    work = Repo.__new__(Repo)
    work.path, work.hour = path, 5
    work.commit("not pushed", a="2")
    work.git("checkout", "-q", "-b", "feature")
    work.commit("feature", a="3")
    lander.land("git", path)
    found = lander.query(
        "select message, default_branch, first_parent_position, integrated_position from raw_git.commits "
        "order by topological_position"
    )
    assert found == [
        ("published", "main", 1, 1),
        ("not pushed", "main", None, None),
        ("feature", "main", None, None),
    ]


def test_a_detached_head_is_landed_and_the_branch_is_said(lander: Any, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit("first", a="1")
    repo.git("checkout", "-q", "--detach")
    repo.commit("detached", a="2")
    first, _ = lander.land("git", repo.path)
    assert "main is taken as the default branch" in first.load.notes
    assert lander.query("select message, first_parent_position from raw_git.commits order by 1") == [
        ("detached", None),
        ("first", 1),
    ]


def test_without_a_default_branch_commits_have_no_place(lander: Any, tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit("first", a="1")
    repo.git("branch", "-m", "trunk")
    repo.git("symbolic-ref", "HEAD", "refs/heads/nowhere")
    first, _ = lander.land("git", repo.path)
    assert "no default branch is known" in first.load.notes
    assert lander.query("select default_branch, first_parent_position from raw_git.commits") == [(None, None)]
    lander.land("git", repo.path, default_branch="trunk", again=True)
    assert lander.query("select default_branch, first_parent_position from raw_git.commits") == [("trunk", 1)]
    assert "no branch nope" in lander.one("git", repo.path, default_branch="nope").failure


def test_what_is_no_repository(lander: Any, shop: Repo, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "no git repository" in lander.one("git", tmp_path / "folder").failure
    (tmp_path / "file.txt").write_text("hello")
    assert "no git repository" in lander.one("git", tmp_path / "file.txt").failure
    repo = Repo(tmp_path / "empty")
    assert "no commit yet" in lander.one("git", repo.path).failure
    (repo.path / "sub").mkdir()
    assert "no git repository" in lander.one("git", repo.path / "sub").failure
    bundle = tmp_path / "cut.bundle"
    shop.git("bundle", "create", "-q", str(bundle), "--all")
    bundle.write_bytes(bundle.read_bytes()[:-100])
    assert "cannot be unpacked" in lander.one("git", bundle).failure
    broken = clone(shop, tmp_path / "broken", "--mirror")
    for pack in (broken / "objects" / "pack").iterdir():
        pack.unlink()
    assert lander.one("git", broken).failure
    assert lander.query("select sum(rows_landed) from raw_meta.loads") == [(0,)]
    lander.check_books()


def test_a_folder_of_repositories_lands_each(lander: Any, shop: Repo, tmp_path: Path) -> None:
    shop.git("bundle", "create", "-q", str(tmp_path / "acme+web.bundle"), "--all")
    clone(shop, tmp_path / "acme__api.git", "--mirror")
    lander.land("git", tmp_path)
    assert lander.query("select distinct repository from raw_git.commits order by 1") == [
        ("acme/shop",),
        ("acme/web",),
    ]


def random_repository(path: Path, seed: int, count: int = 40) -> Repo:
    """A history with branches and merges at random, made without a working tree."""
    repo = Repo(path)
    generator = random.Random(seed)
    tree = repo.git("write-tree")
    shas: list[str] = []
    for _ in range(count):
        repo.hour += generator.randrange(-1, 3)
        parents = generator.sample(shas[-6:], min(len(shas), generator.choice((1, 1, 1, 2, 3))))
        shas.append(
            repo.git(
                "commit-tree", tree, "-m", str(len(shas)), *(part for sha in parents for part in ("-p", sha))
            )
        )
    repo.git("update-ref", "refs/heads/main", shas[-1])
    for number, sha in enumerate(shas[-8:]):
        repo.git("tag", f"t{number}", sha)
    return repo


def test_positions_agree_with_git(lander: Any, tmp_path: Path) -> None:
    repo = random_repository(tmp_path / "random", seed=4)
    lander.land("git", repo.path)
    rows = lander.query(
        "select sha, first_parent_position, highest_line_position, integrated_position, "
        "topological_position, parent_shas from raw_git.commits"
    )
    line = repo.git("rev-list", "--first-parent", "--reverse", "main").splitlines()
    reachable = {sha: set(repo.git("rev-list", sha).splitlines()) for sha, *_ in rows}
    place = {sha: topological for sha, _, _, _, topological, _ in rows}
    assert len(line) < len(rows)
    assert any(integrated is None for _, _, _, integrated, _, _ in rows)
    for sha, first_parent, highest, integrated, topological, parents in rows:
        assert first_parent == (line.index(sha) + 1 if sha in line else None)
        assert highest == max((line.index(one) + 1 for one in reachable[sha] & set(line)), default=None)
        holders = [number for number, one in enumerate(line, start=1) if sha in reachable[one]]
        assert integrated == min(holders, default=None)
        assert all(place[parent] < topological for parent in json.loads(parents))
    for earlier, later in zip(rows, rows[7:], strict=False):
        says = subprocess.run(
            ["git", "-C", str(repo.path), "merge-base", "--is-ancestor", earlier[0], later[0]]
        )
        assert (says.returncode == 0) == (earlier[0] in reachable[later[0]])
    assert sorted(place.values()) == list(range(1, len(rows) + 1))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("https://github.com/acme/shop", "acme/shop"),
        ("https://token@github.com/acme/shop.git/", "acme/shop"),
        ("ssh://git@host:2222/group/sub/shop.git", "group/sub/shop"),
        ("/srv/git/acme/shop.git", "acme/shop"),
        ("file:///srv/exports/acme+shop.bundle", "acme/shop"),
        ("", None),
    ],
)
def test_a_repository_is_named_after_its_origin(address: str, name: str | None) -> None:
    assert name_of_address(address) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("x/acme+shop.bundle", "acme/shop"),
        ("acme__shop.git", "acme/shop"),
        ("acme+a+b", "acme/a+b"),
        ("solo", "solo"),
    ],
)
def test_a_repository_is_named_after_its_folder(path: str, name: str) -> None:
    assert name_of_path(Path(path)) == name


def test_quoted_paths_are_read() -> None:
    assert unquote_path(r'"a\tb\"c\\d\001é"') == 'a\tb"c\\d\x01é'


@pytest.fixture(autouse=True)
def no_git_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("GIT_DIR", raising=False)
    yield
