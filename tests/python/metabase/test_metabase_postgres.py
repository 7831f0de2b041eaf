"""Published marts on Postgres: Metabase's sync finds tables, comments and keys; every question runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import question_checks as checks
import sync_queries
from click.testing import CliRunner
from postgres_server import environment_of, postgres_server
from project_copy import ROOT, Project
from scorecard.bi_declarations import public_models
from scorecard.cli import group
from scorecard.metabase import command, describe, provision
from scorecard.metabase.content import FOLDER, Entity, load, native_stage
from scorecard.refresh.identity import began_at
from scorecard.refresh.journal import Journal
from scorecard.refresh.marts import published_tables
from scorecard.refresh.postgres_versions import PostgresVersions
from scorecard.targets import Target
from stand_in import StandIn
from template_sql import compiled

pytestmark = pytest.mark.slow

CONTENT = load(ROOT / FOLDER)
RUN_ID = "20260704t040000z_e6be"
PASSWORD = "open sesame of the reader"
READER = "scorecard_reader"
OWNER = "postgres"
every_card = pytest.mark.parametrize("card", CONTENT.cards, ids=lambda card: card["name"])


@pytest.fixture(scope="module")
def host(project: Project, company_folder: Path) -> Iterator[str]:
    """Folder of the socket of a server with the small company's marts, published and read by a role."""
    with postgres_server() as target:
        publish(project, company_folder, target)
        yield target.connection["host"]


def publish(project: Project, company_folder: Path, target: Target) -> None:
    """What a refresh does to publish, but for the tests of the data and the gate, which stand elsewhere."""
    environment = environment_of(target)
    project.with_environment(**environment).must("scorecard", "land", "--all", str(company_folder))
    versions = PostgresVersions(target, published_tables(project.root), timedelta(seconds=30), print)
    with Journal(target).opened():
        pass
    versions.new_candidate()
    building = project.with_environment(**environment, SCORECARD_MARTS_SCHEMA="marts_candidate")
    building.build("postgres", with_data_tests=False)
    versions.publish(RUN_ID, began_at(RUN_ID))
    done = CliRunner().invoke(
        group, ["bi", "role"], env={**environment, "SCORECARD_READER_PASSWORD": PASSWORD}
    )
    assert done.exit_code == 0, done.output


def asked(host: str, statement: str, user: str) -> tuple[list[str], checks.Rows]:
    connection = psycopg2.connect(host=host, user=user, password=PASSWORD, dbname="postgres")
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(statement)
        names = [column.name for column in cursor.description or ()]
        return names, [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def query(host: str) -> checks.Query:
    """Rows of a statement in the rights of the role that Metabase connects as."""
    return lambda statement: asked(host, statement, READER)


def rows(host: str, statement: str, user: str) -> checks.Rows:
    return asked(host, statement, user)[1]


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())


each_role = pytest.mark.parametrize("user", [OWNER, READER])


@each_role
def test_every_table_and_its_comment_is_found(host: str, user: str) -> None:
    found = {row["table_name"]: one_line(row["description"]) for row in rows(host, sync_queries.TABLES, user)}
    declared = {model["name"]: one_line(model["description"]) for model in public_models(ROOT).values()}
    assert found == declared
    assert len(found) > 20 and all(found.values())


@each_role
def test_every_column_its_type_and_its_comment_is_found(host: str, user: str) -> None:
    found = {
        (row["table_name"], row["column_name"]): (row["udt_name"], one_line(row["description"]))
        for row in rows(host, sync_queries.COLUMNS, user)
    }
    declared = {
        (model["name"], column["name"]): one_line(column["description"])
        for model in public_models(ROOT).values()
        for column in model["columns"]
    }
    assert {place: told for place, (_, told) in found.items() if place[1] != "run_id"} == declared
    written = {
        place[2:]: (entity["database_type"], entity["description"])
        for place, entity in CONTENT.fields.items()
    }
    assert found == written


def primary_keys_declared() -> set[tuple[str, str]]:
    return {
        (model["name"], column["name"])
        for model in public_models(ROOT).values()
        for column in model["columns"]
        if any(constraint["type"] == "primary_key" for constraint in column.get("constraints") or ())
    }


def test_every_primary_key_is_found_by_its_owner(host: str) -> None:
    found = {
        (row["table_name"], row["column_name"])
        for row in rows(host, sync_queries.COLUMNS, OWNER)
        if row["is_primary_key"]
    }
    assert found == primary_keys_declared()
    assert {table for table, _ in found} == set(published_tables(ROOT))


def test_a_reader_is_told_of_no_primary_key_so_the_files_name_them(host: str) -> None:
    """Postgres shows constraints in information_schema to who may do more than read."""
    assert [row for row in rows(host, sync_queries.COLUMNS, READER) if row["is_primary_key"]] == []
    named = {place[2:] for place, one in CONTENT.fields.items() if one.get("semantic_type") == "type/PK"}
    assert named == primary_keys_declared()


@each_role
def test_every_foreign_key_is_found(host: str, user: str) -> None:
    found = {
        (row["table_name"], row["column_name"], row["target_table"], row["target_column"])
        for row in rows(host, sync_queries.FOREIGN_KEYS, user)
    }
    declared = {
        (model["name"], column["name"], describe.DIMENSIONS[column["name"]], column["name"])
        for model in public_models(ROOT).values()
        for column in model["columns"]
        if column["name"] in describe.DIMENSIONS and describe.DIMENSIONS[column["name"]] != model["name"]
    }
    assert found == declared
    written = {
        (*place[2:], *entity["fk_target_field_id"][2:])
        for place, entity in CONTENT.fields.items()
        if "fk_target_field_id" in entity
    }
    assert found == written and len(found) > 30


def test_what_the_sync_finds_is_enough_to_provision(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog: dict[str, dict[str, str]] = {}
    for row in rows(host, sync_queries.COLUMNS, READER):
        catalog.setdefault(row["table_name"], {})[row["column_name"]] = row["udt_name"]
    server = StandIn(catalog, api_key="key", database_password=PASSWORD)
    environment: dict[str, Any] = {
        "SCORECARD_METABASE_API_KEY": "key",
        "SCORECARD_READER_PASSWORD": PASSWORD,
        "SCORECARD_PG_HOST": "localhost",
        "SCORECARD_TARGET": "postgres",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    monkeypatch.setattr(provision.time, "sleep", lambda _: None)
    monkeypatch.setattr(command, "load", lambda folder: CONTENT)
    with server.serving() as url:
        done = CliRunner().invoke(group, ["bi", "metabase", "--url", url], env=environment)
    assert done.exit_code == 0, done.output
    assert {card["name"] for card in server.cards.values()} == {card["name"] for card in CONTENT.cards}


@every_card
def test_a_question_runs_and_draws_what_it_returns(query: checks.Query, card: Entity) -> None:
    checks.assert_draws_what_it_returns(query, card)


def test_the_ten_numbers_are_those_of_the_page(query: checks.Query) -> None:
    checks.assert_the_ten_numbers(query, CONTENT)


def test_trends_are_those_of_the_scorecard(query: checks.Query) -> None:
    _, (team, *_) = query(compiled(checks.question(CONTENT, "Teams")))
    with_values = 0
    for card in (card for card in CONTENT.cards if card["display"] == "line"):
        (kpi,) = checks.KPI_OF_TREND.findall(native_stage(card)["native"])
        with_values += checks.assert_trend(query, card, kpi, None) > 0
        checks.assert_trend(query, card, kpi, team["team_name"])
    assert with_values > 5


@pytest.mark.parametrize("scope", ["team", "service"])
def test_numbers_by_scope_are_those_of_the_scorecard(query: checks.Query, scope: str) -> None:
    checks.assert_scopes(query, CONTENT, scope)


def test_what_is_left_out_is_counted_once(query: checks.Query) -> None:
    checks.assert_what_is_left_out(query, CONTENT)


def test_the_rows_behind_are_those_of_the_filters(query: checks.Query) -> None:
    checks.assert_rows_behind(query, CONTENT)


def test_quality_and_restatements_are_those_of_the_marts(query: checks.Query) -> None:
    checks.assert_quality_and_restatements(query, CONTENT)
