"""The configuration: what it says is carried out, and what cannot be is said in one sentence."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import yaml
from project_copy import ROOT
from scorecard.landing.declarations import load_declarations
from scorecard.refresh.config import Config, config_path, load_config
from scorecard.refresh.outcomes import MISUSED, Misuse

DECLARATIONS = load_declarations(ROOT)


def load(folder: Path, text: str, lands_own: bool = True) -> Config:
    path = folder / "refresh.yml"
    path.write_text(text)
    return load_config(path, DECLARATIONS, lands_own)


def test_paths_count_from_the_file_and_instants_are_those_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    for name in ("issues-1.json", "issues-2.json"):
        (tmp_path / "exports" / name).write_text("[]")
    config = load(
        tmp_path,
        """
        land:
          - {tool: github, path: exports, covers_from: 2026-01-01, covers_to: 2026-06-30}
          - {tool: jira, glob: "exports/issues-*.json", object: issues, covers_to: 2026-06-30T10:00:00+02:00}
        keep: 3
        """,
    )
    assert config.keep == 3
    folder, files = config.land
    assert (folder.tool, folder.paths) == ("github", (tmp_path / "exports",))
    assert folder.options.covers_from == datetime(2026, 1, 1)
    # A date counts to its end.
    assert folder.options.covers_to == datetime(2026, 7, 1)
    assert [path.name for path in files.paths] == ["issues-1.json", "issues-2.json"]
    assert files.options.object == "issues"
    assert files.options.covers_to == datetime(2026, 6, 30, 8)


def test_an_empty_configuration_only_rebuilds(tmp_path: Path) -> None:
    for text in ("", "land: []", "land:"):
        assert load(tmp_path, text) == Config((), 7)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lands: []", "no key lands; choose from land, keep"),
        ("- 1", "consists of the keys land and keep"),
        ("land: [", "no YAML that can be read"),
        ("land: {tool: git}", "land is a list"),
        ("land: [git]", "item 1 of land: an item has a tool and a path"),
        ("keep: 0", "keep is 0; write how many versions"),
        ("keep: many", "keep is 'many'"),
        ("keep: true", "keep is True"),
        ("land: [{path: there}]", "item 1 of land: it names no tool"),
        ("land: [{tool: gitlab, path: there}]", 'the unknown tool "gitlab"; choose one of git, github'),
        ("land: [{tool: [git], path: there}]", "the unknown tool"),
        ("land: [{tool: meta, path: there}]", 'the unknown tool "meta"'),
        ("land: [{tool: git, path: there}, {tool: git, path: gone}]", "item 2 of land: there is no gone"),
        ("land: [{tool: git, glob: 'gone*'}]", "item 1 of land: no file matches gone*"),
        ("land: [{tool: git}]", "item 1 of land: it needs a path or a glob"),
        ("land: [{tool: git, path: there, glob: there}]", "it needs a path or a glob, one of them"),
        ("land: [{tool: git, path: 7}]", "path is 7; write a path"),
        ("land: [{tool: git, path: there, since: 1}]", "there is no key since"),
        ("land: [{tool: github, path: there, object: prs}]", '"prs" is no object of github; choose one of'),
        ("land: [{tool: github, path: there, object: [x]}]", "object is ['x']; write a text"),
        (
            "land: [{tool: git, path: there, covers_to: tomorrow}]",
            "covers_to is 'tomorrow'; write 2026",
        ),
        ("land: [{tool: git, path: there, covers_from: yes}]", "covers_from is True"),
    ],
)
def test_what_cannot_be_carried_out_names_the_place_and_the_remedy(
    tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(Misuse) as caught:
        load(tmp_path, text)
    assert told in str(caught.value)
    assert "refresh.yml" in str(caught.value)
    assert caught.value.exit_code == MISUSED


def test_a_missing_file_is_no_matter_for_the_sample_alone(tmp_path: Path) -> None:
    path = tmp_path / "refresh.yml"
    assert load_config(path, DECLARATIONS, lands_own=False) == Config()
    with pytest.raises(Misuse, match=r"Copy refresh\.example\.yml"):
        load_config(path, DECLARATIONS)
    with pytest.raises(Misuse, match="no such file"):
        load_config(tmp_path / "other.yml", DECLARATIONS, lands_own=False)
    # The sample lands itself, but keeps as many versions as is said.
    assert load(tmp_path, "land: [{tool: git, path: gone}]\nkeep: 2", lands_own=False) == Config((), 2)


def test_which_file_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCORECARD_REFRESH_CONFIG", raising=False)
    assert config_path(None, tmp_path) == tmp_path / "refresh.yml"
    monkeypatch.setenv("SCORECARD_REFRESH_CONFIG", "config/nightly.yml")
    assert config_path(None, tmp_path) == tmp_path / "config" / "nightly.yml"
    assert config_path(Path("mine.yml"), tmp_path) == Path("mine.yml")


def test_the_example_is_carried_out_where_its_paths_exist(tmp_path: Path) -> None:
    text = (ROOT / "refresh.example.yml").read_text()
    for entry in yaml.safe_load(text)["land"]:
        place = tmp_path / (entry.get("path") or entry["glob"].replace("*", "1"))
        place.mkdir(parents=True) if "path" in entry else place.parent.mkdir(parents=True)
        place.touch()
    config = load(tmp_path, text)
    assert [entry.tool for entry in config.land] == ["git", "github", "jira", "pagerduty", "planning"]
    assert config.keep == 7
