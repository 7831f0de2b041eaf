"""The pages say what is so: links, names, commands, examples; and whoever follows them arrives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import duckdb
import pytest
from docs_text import TOLD, Block, apply, blocks, new_files, prose
from project_copy import BIN, ROOT, Build, Project, copy_of_project, shipped_files
from scorecard.cli import group

PAGES = [path for path in shipped_files() if path.suffix == ".md"]
FOLDERS = ("docs", "macros", "models", "profiles", "scripts", "seeds", "tests")
# Where the project's names are written down; the pages themselves are no witness.
WITNESSES = ("macros", "models", "profiles", "scripts", "seeds/dictionaries", "tests/python/oracle")
WITNESS_FILES = ("dbt_project.yml", "Makefile", "pyproject.toml")
SUFFIXES = {".csv", ".py", ".sql", ".toml", ".yml"}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
NAME = re.compile(r"_?[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
PATH = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w./-]*")
COMMAND = re.compile(r"(?:\.venv/bin/)?scorecard +([a-z]+)([^\n`#|]*)")

every_page = pytest.mark.parametrize("page", PAGES, ids=str)


def text_of(page: Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Anchors that a site makes of the headings: lower case, blanks to dashes, punctuation dropped."""
    headings = re.findall(r"^#+ (.+)$", prose(text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code_spans(page: Path) -> Iterator[str]:
    yield from CODE.findall(prose(text_of(page)))


@pytest.fixture(scope="module")
def names() -> set[str]:
    """Every word of the project's own files, the names of the files among them."""
    found = set()
    for path in shipped_files():
        if not (path.as_posix().startswith(WITNESSES) or path.as_posix() in WITNESS_FILES):
            continue
        found.add(path.stem)
        if path.suffix in SUFFIXES:
            found |= set(re.findall(r"\w+", (ROOT / path).read_text(encoding="utf-8")))
    return found


@every_page
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(prose(text_of(page))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / page).parent / name if name else ROOT / page
        is_there = target.exists() and (not anchor or anchor in anchors(target.resolve().relative_to(ROOT)))
        if not is_there:
            broken.append(link)
    assert broken == []


@every_page
def test_every_path_that_is_named_exists(page: Path) -> None:
    made = new_files(text_of(page))
    named = [span for span in code_spans(page) if PATH.fullmatch(span)]
    assert [span for span in named if not (ROOT / span).exists() and span not in made] == []


@every_page
def test_every_name_is_one_of_the_project(page: Path, names: set[str]) -> None:
    """Models, columns, settings, reasons: what a page calls by name, the code calls so, too."""
    own = {Path(name).stem for name in new_files(text_of(page))}
    own |= {word for block in blocks(text_of(page)) for word in re.findall(r"\w+", block.text)}
    named = [span for span in code_spans(page) if NAME.fullmatch(span)]
    assert [span for span in named if span not in names | own] == []


@every_page
def test_every_command_exists_with_its_options(page: Path) -> None:
    context = click.Context(group)
    wrong = []
    for name, rest in COMMAND.findall(text_of(page)):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            command = command.get_command(context, rest.split()[0])
        options = {option for part in command.params for option in part.opts} if command else set()
        unknown = [option for option in re.findall(r"--[a-z-]+", rest) if option not in options | {"--help"}]
        if command is None or unknown:
            wrong.append((name, unknown))
    assert wrong == []


@every_page
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {span.split()[1] for span in code_spans(page) if re.fullmatch(r"make [a-z-]+", span)}
    assert named - targets == set()


def test_every_example_query_finds_rows_in_the_sample(sample_build: Build) -> None:
    queries = [
        block.text for block in blocks(text_of(Path("docs/reading-a-number.md"))) if block.language == "sql"
    ]
    assert len(queries) > 10
    with duckdb.connect(str(sample_build.warehouse), read_only=True) as connection:
        assert [query for query in queries if not connection.execute(query).fetchall()] == []


def test_every_quoted_sentence_is_one_of_the_sample(sample_build: Build) -> None:
    quoted = re.findall(r"^> (.+)$", text_of(Path("docs/reading-a-number.md")), re.MULTILINE)
    assert len(quoted) > 5
    with duckdb.connect(str(sample_build.warehouse), read_only=True) as connection:
        rows = connection.execute("select distinct sentence from marts.scorecard").fetchall()
    assert set(quoted) - {sentence for (sentence,) in rows} == set()


def test_every_reason_for_no_number_is_explained() -> None:
    keys = [
        line.split(",")[0] for line in (ROOT / "seeds/dictionaries/null_reasons.csv").read_text().splitlines()
    ]
    page = text_of(Path("docs/reading-a-number.md"))
    assert [key for key in keys[1:] if f"| `{key}` |" not in page] == []


def follow(page: str, folder: Path) -> Project:
    """Do in a fresh copy of the project all that a page tells, its commands last."""
    project = copy_of_project(folder)
    told = list(blocks(text_of(Path(page))))
    for block in told:
        if block.told:
            apply(block, project.root)
    (project.root / ".venv").mkdir()
    (project.root / ".venv" / "bin").symlink_to(BIN)
    project.must("bash", "-c", commands(told))
    return project


def commands(told: list[Block]) -> str:
    return "set -euo pipefail\n" + "\n".join(block.text for block in told if block.language == "sh")


@pytest.mark.slow
def test_whoever_follows_the_page_adds_a_tool(tmp_path: Path) -> None:
    project = follow("docs/adding-a-tool.md", tmp_path / "clone")
    warehouse = project.root / "warehouse" / "opsgenie.duckdb"
    chosen = project.with_environment(SCORECARD_TARGET="duckdb", SCORECARD_WAREHOUSE=str(warehouse))
    chosen.must("dbt", "seed", "--select", "source_roles")
    chosen.must("dbt", "run", "--select", "+int_role_coverage")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select restore_seconds / 60, is_open, excluded_because from marts.kpi_time_to_restore "
            "order by started_at"
        ).fetchall()
        reach = connection.execute(
            "select is_loaded, covers_to from intermediate.int_role_coverage where role = 'incidents'"
        ).fetchall()
    assert rows == [(90, False, None), (30, False, "low_urgency"), (None, True, None)]
    assert [(is_loaded, str(covers_to)) for is_loaded, covers_to in reach] == [(True, "2026-07-02 00:00:00")]


@pytest.mark.slow
def test_whoever_follows_the_page_adds_a_kpi(tmp_path: Path) -> None:
    project = follow("docs/adding-a-kpi.md", tmp_path / "clone")
    with duckdb.connect(str(project.root / "warehouse" / "sample.duckdb"), read_only=True) as connection:
        headline = connection.execute(
            "select numerator, denominator, value, interval_low is not null, null_reason "
            "from marts.scorecard_current where kpi = 'review_coverage'"
        ).fetchall()
        counted = connection.execute(
            "select count(*) filter (where verdict = 'yes'), count(*) from marts.kpi_review_coverage "
            "where is_counted and merged_at >= '2026-04-01' and merged_at < '2026-07-01'"
        ).fetchall()
    ((yes, total),) = counted
    assert 0 < yes < total
    assert headline == [(yes, total, pytest.approx(yes / total, abs=1e-9), True, None)]


def test_the_pages_that_are_followed_tell_of_every_file_they_show() -> None:
    for page in ("docs/adding-a-tool.md", "docs/adding-a-kpi.md"):
        shown = [block for block in blocks(text_of(Path(page))) if block.language not in ("sh", "")]
        assert len(shown) > 5
        assert [block.text for block in shown if not (block.told and TOLD.match(block.told))] == []
