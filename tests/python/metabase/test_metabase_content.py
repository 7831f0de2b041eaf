"""bi/metabase: one piece, up to date with the models, and true to the marts; the published schema holds."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
import question_checks as checks
import yaml
from project_copy import ROOT, Build
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from scorecard.metabase import describe
from scorecard.metabase.content import FOLDER, Content, Entity, load, native_stage, template_tags
from template_sql import compiled, tags_in

CONTENT = load(ROOT / FOLDER)
CARDS = {card["entity_id"]: card for card in CONTENT.cards}
DASHBOARD = CONTENT.dashboard
every_card = pytest.mark.parametrize("card", CONTENT.cards, ids=lambda card: card["name"])


@pytest.fixture(scope="module")
def query(sample_build: Build) -> checks.Query:
    """Rows of a statement on the sample's marts."""

    def run(statement: str) -> tuple[list[str], checks.Rows]:
        with duckdb.connect(str(sample_build.warehouse), read_only=True) as connection:
            result = connection.execute(statement)
            names = [column[0] for column in result.description]
            return names, [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    return run


def test_the_descriptions_are_those_of_the_models() -> None:
    """Where this fails: `scorecard bi metabase --write`."""
    there = {
        path.relative_to(ROOT / FOLDER): path.read_text(encoding="utf-8")
        for path in (ROOT / FOLDER / "databases").rglob("*.yaml")
    }
    assert there == describe.described_files(ROOT)


def test_writing_brings_every_file_back(tmp_path: Path) -> None:
    folder = tmp_path / "metabase"
    shutil.copytree(ROOT / FOLDER, folder)
    tables = folder / "databases/execution_scorecard/schemas/marts/tables"
    (tables / "scorecard" / "scorecard.yaml").write_text("name: another")
    (tables / "dim_kpis" / "fields" / "kpi.yaml").unlink()
    (tables / "dim_kpis" / "fields" / "gone.yaml").write_text("name: gone")
    assert describe.write(ROOT, folder) == 3
    assert describe.write(ROOT, folder) == 0
    assert load(folder) == CONTENT


def test_every_identifier_is_one_things_alone() -> None:
    dashcards = [card["entity_id"] for card in DASHBOARD["dashcards"]]
    tabs = [tab["entity_id"] for tab in DASHBOARD["tabs"]]
    tags = [tag["id"] for card in CONTENT.cards for tag in template_tags(card)]
    others = [CONTENT.collection["entity_id"], DASHBOARD["entity_id"]]
    found = [*CARDS, *dashcards, *tabs, *tags, *others]
    assert len(CARDS) == len(CONTENT.cards) and len(found) == len(set(found))
    names = [card["name"] for card in CONTENT.cards]
    assert len(names) == len(set(names))


@every_card
def test_a_question_stands_in_the_collection_and_reads_the_database(card: Entity) -> None:
    assert card["collection_id"] == CONTENT.collection["entity_id"]
    assert card["serdes/meta"][0]["id"] == card["entity_id"]
    assert card["dataset_query"]["database"] == CONTENT.database["name"] == describe.DATABASE


@every_card
def test_the_tags_of_a_question_are_those_of_its_sql_and_name_columns(card: Entity) -> None:
    tags = list(template_tags(card))
    assert {tag["name"] for tag in tags} == tags_in(native_stage(card)["native"])
    for tag in tags:
        if tag["type"] == "dimension":
            column = CONTENT.fields[tuple(tag["dimension"][2])]
            wanted = {"string/=": "type/Text", "date/month-year": "type/Date"}[tag["widget-type"]]
            assert column["base_type"] == wanted


def test_every_question_is_on_the_dashboard_once_but_the_list_of_teams() -> None:
    shown = [card["card_id"] for card in DASHBOARD["dashcards"] if card["card_id"]]
    assert len(shown) == len(set(shown))
    assert [CARDS[left]["name"] for left in CARDS.keys() - set(shown)] == ["Teams"]


def test_every_filter_reaches_the_questions_that_know_it() -> None:
    """A question with a tag is mapped to the dashboard's parameter of that name, in the tag's own manner."""
    slugs = {parameter["id"]: parameter["slug"] for parameter in DASHBOARD["parameters"]}
    for dashcard in DASHBOARD["dashcards"]:
        mapped = {}
        for mapping in dashcard["parameter_mappings"]:
            assert mapping["card_id"] == dashcard["card_id"]
            kind, (_, tag) = mapping["target"]
            assert slugs[mapping["parameter_id"]] == tag
            mapped[tag] = kind
        tags = template_tags(CARDS[dashcard["card_id"]]) if dashcard["card_id"] else ()
        assert mapped == {
            tag["name"]: "dimension" if tag["type"] == "dimension" else "variable" for tag in tags
        }
    (source,) = [parameter for parameter in DASHBOARD["parameters"] if "values_source_config" in parameter]
    assert CARDS[source["values_source_config"]["card_id"]]["name"] == "Teams"
    # A text tag stands for one value.
    assert source["isMultiSelect"] is False


def test_the_cards_of_a_tab_do_not_overlap_and_fit_both_grids() -> None:
    tabs = {tab["entity_id"] for tab in DASHBOARD["tabs"]}
    by_tab: dict[str, list[Entity]] = {}
    for card in DASHBOARD["dashcards"]:
        dashboard, tab = card["dashboard_tab_id"]
        assert dashboard == DASHBOARD["entity_id"]
        by_tab.setdefault(tab, []).append(card)
        assert card["col"] + card["size_x"] <= 24
        assert card["col"] % 4 == card["size_x"] % 4 == 0, "eighteen columns cannot show it"
    assert by_tab.keys() == tabs
    for cards in by_tab.values():
        for one, other in combinations(cards, 2):
            apart = (
                one["col"] + one["size_x"] <= other["col"]
                or other["col"] + other["size_x"] <= one["col"]
                or one["row"] + one["size_y"] <= other["row"]
                or other["row"] + other["size_y"] <= one["row"]
            )
            assert apart, (one["entity_id"], other["entity_id"])


def trends(content: Content) -> dict[str, Entity]:
    """The trends by the KPI that their SQL names."""
    cards = [card for card in content.cards if card["display"] == "line"]
    return {checks.KPI_OF_TREND.findall(native_stage(card)["native"])[0]: card for card in cards}


def test_every_kpi_has_its_trend_and_the_trends_differ_in_nothing_else(query: checks.Query) -> None:
    """A KPI that is added needs a trend: a copy with identifiers of its own, put on the dashboard."""
    found = trends(CONTENT)
    _, kpis = query("select kpi, kpi_name, unit from marts.dim_kpis order by kpi_number")
    assert {kpi["kpi"] for kpi in kpis} == found.keys()
    texts = {native_stage(card)["native"].replace(f"'{kpi}'", "'…'") for kpi, card in found.items()}
    assert len(texts) == 1
    for kpi in kpis:
        card = found[kpi["kpi"]]
        assert card["name"] == f"Trend: {kpi['kpi_name']}"
        settings = card["visualization_settings"]
        assert settings["graph.y_axis.title_text"].lower() == kpi["unit"]
        styles = {column.get("number_style") for column in settings["column_settings"].values()}
        assert styles == {"percent" if kpi["unit"] == "share" else None}


@every_card
def test_a_question_runs_and_draws_what_it_returns(query: checks.Query, card: Entity) -> None:
    checks.assert_draws_what_it_returns(query, card)


def test_the_ten_numbers_are_those_of_the_page(query: checks.Query) -> None:
    checks.assert_the_ten_numbers(query, CONTENT)


@pytest.mark.parametrize("kpi", trends(CONTENT))
def test_a_trend_is_that_of_the_scorecard(query: checks.Query, kpi: str) -> None:
    assert checks.assert_trend(query, trends(CONTENT)[kpi], kpi, None) > 4
    checks.assert_trend(query, trends(CONTENT)[kpi], kpi, "Payments")


@pytest.mark.parametrize("scope", ["team", "service"])
def test_numbers_by_scope_are_those_of_the_scorecard(query: checks.Query, scope: str) -> None:
    checks.assert_scopes(query, CONTENT, scope)


def test_what_is_left_out_is_counted_once(query: checks.Query) -> None:
    checks.assert_what_is_left_out(query, CONTENT)


def test_the_rows_behind_are_those_of_the_filters(query: checks.Query) -> None:
    checks.assert_rows_behind(query, CONTENT)


def test_quality_and_restatements_are_those_of_the_marts(query: checks.Query) -> None:
    checks.assert_quality_and_restatements(query, CONTENT)


def test_the_sample_is_marked_as_such(query: checks.Query) -> None:
    _, (row,) = query(compiled(checks.question(CONTENT, "What this speaks of")))
    assert row["speaks_of"].startswith("SAMPLE COMPANY")
    assert (row["numbers"], row["known"]) == (10, 10)


@pytest.fixture(scope="module")
def published_schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Metabase's published package, installed as its lock says and without running anything of it."""
    folder = tmp_path_factory.mktemp("schemas")
    for name in ("package.json", "package-lock.json"):
        shutil.copy2(Path(__file__).parent / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "node_modules" / "@metabase" / "representations"


def validated(package: Path, folder: Path) -> tuple[int, str]:
    """Exit code and words of the published validator."""
    command = ["node", str(package / "dist" / "bin" / "cli.js"), "validate-schema", "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_the_published_validator_passes_every_question_and_the_dashboard(
    published_schemas: Path, tmp_path: Path
) -> None:
    code, said = validated(published_schemas, ROOT / FOLDER)
    assert code == 0, said
    assert f"{len(CONTENT.cards) + 2} passed, 0 failed" in said
    broken = tmp_path / "metabase"
    shutil.copytree(ROOT / FOLDER, broken)
    path = next(broken.rglob("the_ten_numbers.yaml"))
    path.write_text(path.read_text().replace("display: table", "display: painting"))
    assert validated(published_schemas, broken)[0] != 0


@pytest.mark.slow
def test_the_published_schemas_pass_every_description(published_schemas: Path) -> None:
    """The validator leaves databases aside; their schemas are published beside the others."""
    folder = published_schemas / "core-spec" / "v1" / "schemas"
    schemas: dict[str, Any] = {
        path.relative_to(folder).as_posix(): yaml.safe_load(path.read_text())
        for path in folder.rglob("*.yaml")
    }
    registry = Registry().with_resources(
        [(name, Resource(contents=schema, specification=DRAFT202012)) for name, schema in schemas.items()]
    )
    validators = {
        model: jsonschema.Draft202012Validator(
            {**schemas[f"{model.lower()}.yaml"], "$id": f"{model.lower()}.yaml"}, registry=registry
        )
        for model in ("Database", "Table", "Field")
    }
    entities = [CONTENT.database, *CONTENT.tables.values(), *CONTENT.fields.values()]
    wrong = [
        (json.dumps(entity["serdes/meta"]), error.message)
        for entity in entities
        for error in validators[entity["serdes/meta"][-1]["model"]].iter_errors(entity)
    ]
    assert wrong == []
    field = next(iter(CONTENT.fields.values()))
    assert not validators["Field"].is_valid({**field, "table_id": "scorecard"})
