"""`scorecard bi metabase` against a stand-in for the REST API: what it makes, twice, in every generation."""

from __future__ import annotations

import copy
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner, Result
from project_copy import ROOT
from scorecard.cli import group
from scorecard.metabase import command, provision
from scorecard.metabase.content import FOLDER, load
from stand_in import StandIn

KEY, PASSWORD, DATABASE_PASSWORD = "mb_planted_key_7f3a=", "planted password of the user", "planted role's"
CONTENT = load(ROOT / FOLDER)
DASHBOARD = CONTENT.dashboard

# A server of each generation, and how one gets in.
GENERATIONS = {"v0.62.1": True, "v1.49.3": True, "v0.48.0": False, "v0.47.5": False, "v0.46.2": False}
every_generation = pytest.mark.parametrize("tag", GENERATIONS)


def catalog() -> dict[str, dict[str, str]]:
    """Tables and columns as they are published."""
    tables: dict[str, dict[str, str]] = {}
    for (*_, table, column), entity in CONTENT.fields.items():
        tables.setdefault(table, {})[column] = entity["base_type"]
    return tables


def server_of(tag: str, **settings: Any) -> StandIn:
    way_in: dict[str, Any] = {"api_key": KEY} if GENERATIONS.get(tag, True) else {"user": ("admin", PASSWORD)}
    return StandIn(
        **{"catalog": catalog(), "tag": tag, "database_password": DATABASE_PASSWORD, **way_in, **settings}
    )


def provision_with(
    url: str, *arguments: str, environment: dict[str, str | None] | None = None, is_key: bool = True
) -> Result:
    way_in: dict[str, str | None] = (
        {"SCORECARD_METABASE_API_KEY": KEY}
        if is_key
        else {
            "SCORECARD_METABASE_API_KEY": None,
            "SCORECARD_METABASE_USER": "admin",
            "SCORECARD_METABASE_PASSWORD": PASSWORD,
        }
    )
    settings: dict[str, str | None] = {
        "SCORECARD_TARGET": "postgres",
        "SCORECARD_PG_HOST": "db.example.com",
        "SCORECARD_PG_DATABASE": "warehouse",
        "SCORECARD_READER_PASSWORD": DATABASE_PASSWORD,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        **way_in,
        **(environment or {}),
    }
    done = CliRunner().invoke(group, ["bi", "metabase", "--url", url, *arguments], env=settings)
    told = done.output + (repr(done.exception) if done.exception else "")
    for secret in (KEY, PASSWORD, DATABASE_PASSWORD, "a-session-of-the-user"):
        assert secret not in told
    return done


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """No pause while the server syncs, and the files are read once."""
    monkeypatch.setattr(provision.time, "sleep", lambda _: None)
    if "tmp_path" not in request.fixturenames:
        monkeypatch.setattr(command, "load", lambda folder: copy.deepcopy(CONTENT))


def state(server: StandIn) -> Any:
    kinds = (
        server.databases,
        server.tables,
        server.fields,
        server.collections,
        server.cards,
        server.dashboards,
    )
    return copy.deepcopy(kinds)


@every_generation
def test_once_makes_everything_and_twice_changes_nothing(tag: str) -> None:
    server = server_of(tag)
    with server.serving() as url:
        first = provision_with(url, is_key=GENERATIONS[tag])
        assert first.exit_code == 0, first.output
        made = state(server)
        second = provision_with(url, is_key=GENERATIONS[tag])
    assert second.exit_code == 0, second.output
    assert state(server) == made
    things = len(CONTENT.cards) + 3
    assert f"{things} things made, 0 renewed" in first.output
    assert (
        f"0 things made, {things} renewed; 0 tables and 0 columns described anew, 0 hidden" in second.output
    )
    assert [len(kind) for kind in (server.databases, server.collections, server.dashboards)] == [1, 1, 1]
    assert {card["name"] for card in server.cards.values()} == {card["name"] for card in CONTENT.cards}
    assert len(server.cards) == len(CONTENT.cards)
    assert f"{url}/dashboard/{next(iter(server.dashboards))}" in first.output


@every_generation
def test_the_dashboard_has_every_question_in_its_place_with_its_filters(tag: str) -> None:
    server = server_of(tag)
    with server.serving() as url:
        provision_with(url, is_key=GENERATIONS[tag])
    (dashboard,) = server.dashboards.values()
    names = {card["entity_id"]: card["name"] for card in CONTENT.cards}
    titles = {tab["entity_id"]: tab["name"] for tab in DASHBOARD["tabs"]}
    tabs = {tab["id"]: tab["name"] for tab in dashboard["tabs"]}
    has_tabs = server.version >= 47
    wanted = {
        (
            names[card["card_id"]],
            titles[card["dashboard_tab_id"][1]] if has_tabs else None,
            card["size_x"] if has_tabs else card["size_x"] * 3 // 4,
            tuple(mapping["target"][1][1] for mapping in card["parameter_mappings"]),
        )
        for card in DASHBOARD["dashcards"]
        if card["card_id"]
    }
    shown = {
        (
            server.cards[card["card_id"]]["name"],
            tabs.get(card.get("dashboard_tab_id")),
            card["size_x"],
            tuple(mapping["target"][1][1] for mapping in card["parameter_mappings"]),
        )
        for card in dashboard["cards"]
        if card["card_id"]
    }
    assert shown == wanted
    texts = [card["visualization_settings"]["text"] for card in dashboard["cards"] if not card["card_id"]]
    headings = [card for card in DASHBOARD["dashcards"] if not card["card_id"]]
    assert len(texts) == len(headings) + (0 if has_tabs else len(titles))
    assert [tab["name"] for tab in dashboard["tabs"]] == (list(titles.values()) if has_tabs else [])
    places = [(card.get("dashboard_tab_id"), card["row"], card["col"]) for card in dashboard["cards"]]
    assert len(places) == len(set(places))
    (source,) = [one for one in dashboard["parameters"] if "values_source_config" in one]
    assert server.cards[source["values_source_config"]["card_id"]]["name"] == "Teams"


def test_columns_are_described_keys_are_keys_and_labels_are_not_summed() -> None:
    server = server_of("v0.62.1")
    with server.serving() as url:
        provision_with(url)
    tables = {number: table["name"] for number, table in server.tables.items()}
    columns = {(tables[one["table_id"]], one["name"]): one for one in server.fields.values()}
    assert all(one["description"] for one in columns.values())
    assert all(table["description"] for table in server.tables.values())
    assert columns["scorecard", "scorecard_id"]["semantic_type"] == "type/PK"
    key = columns["scorecard", "kpi"]
    assert (key["semantic_type"], key["fk_target_field_id"]) == ("type/FK", columns["dim_kpis", "kpi"]["id"])
    assert columns["scorecard", "kpi_number"]["semantic_type"] == "type/Category"
    assert columns["scorecard_observations", "subject_url"]["semantic_type"] == "type/URL"
    owner = columns["dim_services", "team_id"]
    assert (owner["semantic_type"], owner["fk_target_field_id"]) == (
        "type/FK",
        columns["dim_teams", "team_id"]["id"],
    )


def test_what_metabase_guesses_of_other_columns_stays() -> None:
    server = server_of("v0.62.1")
    with server.serving() as url:
        provision_with(url)
        (note, *_) = [one for one in server.fields.values() if one["name"] == "repository"]
        note["semantic_type"] = "type/Category"
        provision_with(url)
    assert note["semantic_type"] == "type/Category"


def test_tables_that_nobody_describes_are_hidden_and_shown_ones_are_shown_again() -> None:
    server = server_of("v0.62.1", catalog={**catalog(), "stat_private": {"kpi": "type/Text"}})
    with server.serving() as url:
        provision_with(url)
        (one,) = [table for table in server.tables.values() if table["name"] == "scorecard"]
        one["visibility_type"] = "hidden"
        provision_with(url)
    hidden = {table["name"]: table["visibility_type"] for table in server.tables.values()}
    assert [name for name, kind in hidden.items() if kind] == ["stat_private"]


@every_generation
def test_what_was_changed_by_hand_is_set_right_and_what_others_made_stays(tag: str) -> None:
    server = server_of(tag)
    with server.serving() as url:
        provision_with(url, is_key=GENERATIONS[tag])
        made = state(server)
        (dashboard,) = server.dashboards.values()
        collection = next(iter(server.collections))
        card = next(iter(server.cards.values()))
        card["display"] = "pie"
        dashboard["cards"][1].update(row=99, size_x=4)
        dashboard["cards"].append({**dashboard["cards"][0], "id": 9, "row": 50})
        if server.version >= 47:
            dashboard["tabs"].append({"id": 8, "name": "Mine", "position": 9})
        (field, *_) = server.fields.values()
        field["description"] = "Mine"
        other = {**card, "id": 7, "name": "A question of somebody's", "entity_id": "mine"}
        server.cards[7] = {**other, "collection_id": collection}
        assert provision_with(url, is_key=GENERATIONS[tag]).exit_code == 0
        del server.cards[7]
    assert state(server) == made


def test_things_are_known_by_their_entity_id_under_another_name() -> None:
    server = server_of("v0.62.1")
    with server.serving() as url:
        provision_with(url)
        made = state(server)
        for card in server.cards.values():
            card["name"] += " (renamed)"
        (collection,) = server.collections.values()
        collection.update(name="Renamed", entity_id=CONTENT.collection["entity_id"])
        provision_with(url)
        collection["entity_id"] = f"c{collection['id']}"
    assert state(server) == made


def test_a_dashboard_of_another_collection_is_left_alone() -> None:
    server = server_of("v0.62.1")
    with server.serving() as url:
        provision_with(url)
        (number,) = server.dashboards
        server.dashboards[number]["collection_id"] = None
        provision_with(url)
    assert len(server.dashboards) == 2


def test_the_connection_is_the_readers_and_shows_the_marts_alone() -> None:
    server = server_of("v0.62.1")
    with server.serving() as url:
        assert provision_with(url, "--port", "6543").exit_code == 0
        (database,) = server.databases.values()
        assert database["details"] == {
            "host": "db.example.com",
            "port": 6543,
            "dbname": "warehouse",
            "user": "scorecard_reader",
            "password": DATABASE_PASSWORD,
            "ssl": True,
            "schema-filters-type": "inclusion",
            "schema-filters-patterns": "marts",
        }
        provision_with(url, "--host", "localhost")
        assert database["details"]["ssl"] is False


def test_a_published_file_is_read_by_the_driver_of_duckdb() -> None:
    server = server_of("v0.62.1")
    with server.serving() as url:
        done = provision_with(url, "--target", "duckdb", "--file", "/data/current.duckdb")
    assert done.exit_code == 0, done.output
    (database,) = server.databases.values()
    assert database["engine"] == "duckdb"
    assert database["details"] == {"database_file": "/data/current.duckdb", "read_only": True}


@pytest.mark.parametrize(
    ("server", "arguments", "environment", "said"),
    [
        ({"api_key": "another"}, (), {}, "refuses the key"),
        ({"is_admin": False}, (), {}, "does not let this key do GET /api/database"),
        ({"tag": "vUNKNOWN"}, (), {}, 'gives its version as "vUNKNOWN"'),
        ({"tag": "v0.45.3"}, (), {}, "Metabase 0.45 is too old"),
        ({"database_password": "x"}, (), {}, "cannot connect to the database (FATAL"),
        ({"catalog": {}}, ("--wait", "0"), {}, "did not find 6"),
        ({}, (), {"SCORECARD_METABASE_API_KEY": None}, "Set SCORECARD_METABASE_API_KEY"),
        ({}, (), {"SCORECARD_READER_PASSWORD": None}, "Set SCORECARD_READER_PASSWORD"),
        ({}, (), {"SCORECARD_PG_HOST": "/var/run"}, "name a host with --host"),
        ({}, ("--target", "spark"), {}, "choose with --target"),
        ({}, ("--target", "excel"), {}, 'There is no target "excel"'),
    ],
)
def test_what_stands_in_the_way_is_said_in_one_sentence(
    server: dict[str, Any], arguments: tuple[str, ...], environment: dict[str, str | None], said: str
) -> None:
    settings = dict(server)
    stand_in = server_of(settings.pop("tag", "v0.62.1"), **settings)
    with stand_in.serving() as url:
        done = provision_with(url, *arguments, environment=environment)
    assert done.exit_code == 1
    assert said in done.output
    assert done.output.startswith("Error: ") and done.output.count("\n") == 1
    assert not (stand_in.cards or stand_in.dashboards)


def test_a_version_that_the_server_hides_can_be_named() -> None:
    server = server_of("v0.62.1")
    with server.serving() as url:
        real, server.answer = (
            server.answer,
            lambda method, address, *rest: (  # type: ignore[method-assign]
                {"version": {"tag": "vLOCAL_DEV"}}
                if "properties" in address
                else real(method, address, *rest)
            ),
        )
        done = provision_with(url, "--server-version", "62")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9", "Nothing answers at http://127.0.0.1:9"),
        ("metabase.example.com", "--url must be the address"),
        ("http://admin:secret@127.0.0.1:9", "--url must be the address"),
    ],
)
def test_a_wrong_address_is_said(url: str, said: str) -> None:
    done = provision_with(url)
    assert done.exit_code == 1
    assert said in done.output and "secret" not in done.output


class Elsewhere(BaseHTTPRequestHandler):
    """Sends on to another address, or answers with a page."""

    page: bytes | None = None
    keys: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        Elsewhere.keys.append(self.headers.get("x-api-key"))
        self.send_response(302 if self.page is None else 200)
        if self.page is None:
            self.send_header("Location", f"http://localhost:{self.server.server_port}/other")
        self.end_headers()
        self.wfile.write(self.page or b"")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("page", "said"),
    [(None, "sends on to"), (b"<html>hello</html>", "does not answer /api/session/properties")],
)
def test_an_address_that_is_no_metabase_is_said_and_gets_no_key(
    page: bytes | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Elsewhere, "page", page)
    monkeypatch.setattr(Elsewhere, "keys", [])
    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        done = provision_with(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
    assert done.exit_code == 1 and said in done.output
    assert Elsewhere.keys == [None]


def test_a_file_that_is_no_entity_is_named(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bi" / "metabase").mkdir(parents=True)
    (tmp_path / "bi" / "metabase" / "broken.yaml").write_text("name: [")
    monkeypatch.setattr(command, "project_root", lambda: tmp_path)
    done = provision_with("http://127.0.0.1:9")
    assert done.exit_code == 1
    assert "broken.yaml is no entity of Metabase's" in done.output
