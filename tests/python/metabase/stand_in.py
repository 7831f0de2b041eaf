"""A stand-in for Metabase's REST API, as strict as its public source: what it does not know it refuses.

Three generations of the cards of a dashboard: with the dashboard (0.48 and later), all cards and tabs at once
(0.47), card by card (0.46). Unknown fields are refused in all of them, as the newest does.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Body = dict[str, Any]
Check = Callable[[Any], bool]

SEMANTIC_TYPES = {
    "type/PK",
    "type/FK",
    "type/Category",
    "type/Name",
    "type/Title",
    "type/URL",
    "type/Description",
}


def text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def natural(value: Any) -> bool:
    return positive(value) or value == 0


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def mapping(value: Any) -> bool:
    return isinstance(value, dict)


def maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def one_of(*values: Any) -> Check:
    return lambda value: value in values


def many(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(check(one) for one in value)


def closed(needed: dict[str, Check], optional: dict[str, Check]) -> Check:
    """A map with these keys and no other."""

    def check(value: Any) -> bool:
        return mapping(value) and not faults(value, needed, optional)

    return check


def faults(body: Body, needed: dict[str, Check], optional: dict[str, Check]) -> dict[str, str]:
    """What is wrong with a map, by key, as Metabase tells it."""
    found = {key: "missing required key" for key in needed if key not in body}
    for key, value in body.items():
        check = needed.get(key) or optional.get(key)
        if check is None:
            found[key] = "disallowed key"
        elif not check(value):
            found[key] = f"invalid value, received: {value!r}"
    return found


def unique_ids(value: Any) -> bool:
    return len({one["id"] for one in value}) == len(value)


MAPPING = closed(
    {"parameter_id": text, "target": lambda value: isinstance(value, list) and len(value) >= 2},
    {"card_id": positive},
)
PARAMETER = closed(
    {"id": text, "type": text},
    {
        "name": text,
        "slug": text,
        "default": lambda value: True,
        "sectionId": text,
        "isMultiSelect": flag,
        "values_query_type": one_of("none", "list", "search"),
        "values_source_type": one_of("card", "static-list"),
        "values_source_config": closed(
            {},
            {
                "values": many(lambda value: True),
                "card_id": positive,
                "value_field": lambda value: value[0] == "field" and isinstance(value[2], dict),
            },
        ),
    },
)
CARD = {"name": text, "dataset_query": mapping, "display": text, "visualization_settings": mapping}
CARD_MORE: dict[str, Check] = {"description": maybe(text), "collection_id": maybe(positive)}
PLACED: dict[str, Check] = {"size_x": positive, "size_y": positive, "row": natural, "col": natural}
PLACED_MORE: dict[str, Check] = {
    "parameter_mappings": maybe(many(MAPPING)),
    "visualization_settings": maybe(mapping),
    "series": maybe(many(closed({"id": positive}, {}))),
}
DASHBOARD_CARD = closed(
    {"id": whole, **PLACED},
    {"card_id": maybe(positive), "dashboard_tab_id": maybe(whole), **PLACED_MORE},
)
TAB = closed({"id": whole, "name": text}, {"position": natural})


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


@dataclass
class StandIn:
    """A Metabase with nothing in it. `catalog`: columns and their base types by table, of schema marts."""

    catalog: dict[str, dict[str, str]]
    tag: str = "v0.62.1"
    api_key: str | None = None
    user: tuple[str, str] | None = None
    is_admin: bool = True
    database_password: str = "open sesame"
    # Requests for metadata that are answered before the sync has found anything.
    polls_before_sync: int = 2

    databases: dict[int, Body] = field(default_factory=dict)
    tables: dict[int, Body] = field(default_factory=dict)
    fields: dict[int, Body] = field(default_factory=dict)
    collections: dict[int, Body] = field(default_factory=dict)
    cards: dict[int, Body] = field(default_factory=dict)
    dashboards: dict[int, Body] = field(default_factory=dict)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    _last_id: int = 100
    _polls: int = 0

    @property
    def version(self) -> int:
        return int(self.tag.split(".")[1])

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def answer(self, method: str, address: str, headers: dict[str, str], body: Any) -> Any:
        parts = urlsplit(address)
        query = {name: values for name, values in parse_qs(parts.query).items()}
        self.requests.append((method, address, body))
        if parts.path == "/api/session/properties":
            return {"version": {"tag": self.tag}, "engines": {}}
        if (method, parts.path) == ("POST", "/api/session"):
            self.must(body, {"username": text, "password": text}, {})
            if (body["username"], body["password"]) != self.user:
                raise Refused(401, {"errors": {"password": "did not match stored password"}})
            return {"id": "a-session-of-the-user"}
        self.let_in(headers)
        for pattern, handler in self.routes(method):
            found = re.fullmatch(pattern, parts.path)
            if found:
                return handler(*(int(part) for part in found.groups()), *self.given(method, body, query))
        raise Refused(404, "API endpoint does not exist.")

    def given(self, method: str, body: Any, query: dict[str, list[str]]) -> list[Any]:
        return [body] if method in ("POST", "PUT") else [query]

    def let_in(self, headers: dict[str, str]) -> None:
        # Keys came with 0.49.
        by_key = self.api_key and self.version >= 49 and headers.get("x-api-key") == self.api_key
        by_session = headers.get("x-metabase-session") == "a-session-of-the-user"
        if not (by_key or by_session):
            raise Refused(401, "Unauthenticated")
        if not self.is_admin:
            raise Refused(403, "You don't have permissions to do that.")

    def routes(self, method: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        number = r"(\d+)"
        yield from {
            "GET": [
                ("/api/database", self.list_databases),
                (f"/api/database/{number}/metadata", self.metadata),
                ("/api/collection", self.list_collections),
                (f"/api/collection/{number}/items", self.items),
                (f"/api/dashboard/{number}", self.get_dashboard),
            ],
            "POST": [
                ("/api/database", self.add_database),
                (f"/api/database/{number}/sync_schema", self.sync),
                ("/api/collection", self.add_collection),
                ("/api/card", self.add_card),
                ("/api/dashboard", self.add_dashboard),
                *([(f"/api/dashboard/{number}/cards", self.add_one_card)] if self.version < 47 else []),
            ],
            "PUT": [
                (f"/api/database/{number}", self.set_database),
                (f"/api/table/{number}", self.set_table),
                (f"/api/field/{number}", self.set_field),
                (f"/api/collection/{number}", self.set_collection),
                (f"/api/card/{number}", self.set_card),
                (f"/api/dashboard/{number}", self.set_dashboard),
                *([(f"/api/dashboard/{number}/cards", self.set_cards)] if self.version < 48 else []),
            ],
            "DELETE": [(f"/api/dashboard/{number}/cards", self.drop_one_card)] if self.version < 47 else [],
        }[method]

    def must(self, body: Any, needed: dict[str, Check], optional: dict[str, Check]) -> None:
        if not mapping(body):
            raise Refused(400, {"errors": {"_error": "value must be a map"}})
        found = faults(body, needed, optional)
        if found:
            raise Refused(400, {"errors": {key: "nope" for key in found}, "specific-errors": found})

    def there(self, kind: dict[int, Body], number: int) -> Body:
        if number not in kind:
            raise Refused(404, "Not found.")
        return kind[number]

    # Databases

    def list_databases(self, _: Any) -> Any:
        return {"data": list(self.databases.values()), "total": len(self.databases)}

    def connects(self, body: Body) -> None:
        details = body["details"]
        if body["engine"] == "postgres" and details.get("password") != self.database_password:
            said = f'FATAL: password authentication failed, tried "{details.get("password")}"'
            raise Refused(400, {"message": said, "errors": {"password": "check your password"}})

    def add_database(self, body: Body) -> Body:
        more: dict[str, Check] = {"is_full_sync": flag, "is_on_demand": flag, "auto_run_queries": flag}
        self.must(body, {"name": text, "engine": one_of("postgres", "duckdb"), "details": mapping}, more)
        self.connects(body)
        number = self.new_id()
        self.databases[number] = {"id": number, **body}
        self._polls = 0
        return self.databases[number]

    def set_database(self, number: int, body: Body) -> Body:
        there = self.there(self.databases, number)
        optional: dict[str, Check] = {
            "name": maybe(text),
            "engine": one_of("postgres", "duckdb"),
            "details": mapping,
            "description": maybe(lambda value: isinstance(value, str)),
        }
        self.must(body, {}, optional)
        if "details" in body:
            self.connects({**there, **body})
        there.update(body)
        return there

    def sync(self, number: int, _: Any) -> Body:
        self.there(self.databases, number)
        return {"status": "ok"}

    def metadata(self, number: int, query: dict[str, list[str]]) -> Body:
        there = self.there(self.databases, number)
        assert query.keys() <= {"include_hidden"}, query
        self._polls += 1
        if self._polls > self.polls_before_sync:
            self.find_tables(number)
        tables = [table for table in self.tables.values() if table["db_id"] == number]
        if query.get("include_hidden") != ["true"]:
            tables = [table for table in tables if table["visibility_type"] is None]
        found = [
            {
                **table,
                "fields": [one for one in self.fields.values() if one["table_id"] == table["id"]],
            }
            for table in tables
        ]
        return {**there, "tables": found}

    def find_tables(self, database: int) -> None:
        """What a sync does: the tables and columns of the catalog that are not known yet."""
        known = {table["name"]: table["id"] for table in self.tables.values()}
        for name, columns in self.catalog.items():
            if name not in known:
                known[name] = self.new_id()
                told = {"db_id": database, "schema": "marts", "name": name, "visibility_type": None}
                self.tables[known[name]] = {
                    **told,
                    "id": known[name],
                    "display_name": name.replace("_", " ").title(),
                    "description": None,
                }
            there = {one["name"] for one in self.fields.values() if one["table_id"] == known[name]}
            for column, base_type in columns.items():
                if column not in there:
                    number = self.new_id()
                    self.fields[number] = {
                        "id": number,
                        "table_id": known[name],
                        "name": column,
                        "display_name": column.replace("_", " ").title(),
                        "description": None,
                        "base_type": base_type,
                        "semantic_type": None,
                        "fk_target_field_id": None,
                    }

    def set_table(self, number: int, body: Body) -> Body:
        there = self.there(self.tables, number)
        optional: dict[str, Check] = {
            "display_name": maybe(text),
            "description": maybe(lambda value: isinstance(value, str)),
            "visibility_type": one_of(None, "hidden", "technical", "cruft"),
        }
        self.must(body, {}, optional)
        there.update(body)
        return there

    def set_field(self, number: int, body: Body) -> Body:
        there = self.there(self.fields, number)
        optional: dict[str, Check] = {
            "display_name": maybe(text),
            "description": maybe(text),
            "semantic_type": one_of(None, *SEMANTIC_TYPES),
            "fk_target_field_id": maybe(lambda value: value in self.fields),
        }
        self.must(body, {}, optional)
        there.update(body)
        if there["semantic_type"] != "type/FK":
            there["fk_target_field_id"] = None
        return there

    # Collections and questions

    def list_collections(self, _: Any) -> list[Body]:
        return [{"id": "root", "name": "Our analytics"}, *self.collections.values()]

    def collection_schema(self) -> dict[str, Check]:
        return {"description": maybe(text), **({"color": text} if self.version < 48 else {})}

    def add_collection(self, body: Body) -> Body:
        needed: dict[str, Check] = {"name": text, **({"color": text} if self.version < 47 else {})}
        self.must(body, needed, {"parent_id": maybe(positive), **self.collection_schema()})
        number = self.new_id()
        self.collections[number] = {"id": number, "location": "/", "entity_id": f"c{number}", **body}
        return self.collections[number]

    def set_collection(self, number: int, body: Body) -> Body:
        there = self.there(self.collections, number)
        self.must(body, {}, {"name": text, **self.collection_schema()})
        there.update(body)
        return there

    def items(self, number: int, query: dict[str, list[str]]) -> Body:
        self.there(self.collections, number)
        kinds = {"card": self.cards, "dashboard": self.dashboards}
        found = [
            {"id": one["id"], "name": one["name"], "entity_id": one.get("entity_id"), "model": model}
            for model in query["models"]
            for one in kinds[model].values()
            if one["collection_id"] == number
        ]
        return {"data": found, "total": len(found)}

    def is_query(self, query: Body) -> None:
        """SQL with its tags: those that it names, each of a kind that is known, on columns that are there."""
        self.must(query, {"database": positive, "type": one_of("native"), "native": mapping}, {})
        self.there(self.databases, query["database"])
        native = query["native"]
        self.must(native, {"query": text, "template-tags": mapping}, {})
        named = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", native["query"]))
        if named != native["template-tags"].keys():
            raise Refused(400, {"message": f"Template tags {named} are not {list(native['template-tags'])}."})
        for name, tag in native["template-tags"].items():
            needed: dict[str, Check] = {
                "id": text,
                "name": one_of(name),
                "display-name": text,
                "type": one_of("text", "dimension"),
            }
            if tag.get("type") == "dimension":
                needed |= {
                    "widget-type": one_of("string/=", "date/month-year"),
                    "dimension": lambda value: value[0] == "field" and value[1] in self.fields,
                }
            self.must(tag, needed, {})

    def add_card(self, body: Body) -> Body:
        more: dict[str, Check] = {"entity_id": maybe(text)} if self.version >= 50 else {}
        self.must(body, CARD, {**CARD_MORE, **more})
        self.is_query(body["dataset_query"])
        number = self.new_id()
        self.cards[number] = {"id": number, "entity_id": f"q{number}", **body}
        return self.cards[number]

    def set_card(self, number: int, body: Body) -> Body:
        there = self.there(self.cards, number)
        self.must(body, {}, {**CARD, **CARD_MORE})
        self.is_query(body["dataset_query"])
        there.update(body)
        return there

    # Dashboards

    def are_parameters(self, parameters: list[Body]) -> None:
        for parameter in parameters:
            source = parameter.get("values_source_config") or {}
            if "card_id" in source:
                self.there(self.cards, source["card_id"])

    def add_dashboard(self, body: Body) -> Body:
        more: dict[str, Check] = {
            "parameters": many(PARAMETER),
            "description": maybe(lambda value: isinstance(value, str)),
            "collection_id": maybe(positive),
            "collection_position": maybe(positive),
        }
        self.must(body, {"name": text}, more)
        self.are_parameters(body.get("parameters") or [])
        number = self.new_id()
        self.dashboards[number] = {"id": number, "entity_id": f"d{number}", "cards": [], "tabs": [], **body}
        return self.get_dashboard(number, {})

    def get_dashboard(self, number: int, _: Any) -> Body:
        there = dict(self.there(self.dashboards, number))
        cards, tabs = there.pop("cards"), there.pop("tabs")
        if self.version >= 48:
            return {**there, "dashcards": cards, "tabs": tabs}
        return {**there, "ordered_cards": cards, **({"ordered_tabs": tabs} if self.version == 47 else {})}

    def set_dashboard(self, number: int, body: Body) -> Body:
        there = self.there(self.dashboards, number)
        optional: dict[str, Check] = {
            "name": maybe(text),
            "description": maybe(lambda value: isinstance(value, str)),
            "parameters": maybe(many(PARAMETER)),
            "collection_id": maybe(positive),
        }
        if self.version >= 48:
            optional |= {"dashcards": many(DASHBOARD_CARD), "tabs": many(TAB)}
        if self.version >= 50:
            optional["width"] = one_of("fixed", "full")
        self.must(body, {}, optional)
        self.are_parameters(body.get("parameters") or [])
        settings = dict(body)
        if "dashcards" in settings:
            self.replace_cards(there, settings.pop("dashcards"), settings.pop("tabs", []))
        there.update(settings)
        return self.get_dashboard(number, {})

    def set_cards(self, number: int, body: Body) -> Any:
        there = self.there(self.dashboards, number)
        if self.version == 47:
            self.must(body, {"cards": many(DASHBOARD_CARD)}, {"ordered_tabs": many(TAB)})
            self.replace_cards(there, body["cards"], body.get("ordered_tabs", []))
            return {"cards": there["cards"], "ordered_tabs": there["tabs"]}
        placed = closed({"id": positive, **PLACED}, {"card_id": maybe(positive), **PLACED_MORE})
        self.must(body, {"cards": many(placed)}, {})
        known = {card["id"]: card for card in there["cards"]}
        for card in body["cards"]:
            if card["id"] not in known:
                raise Refused(404, "Not found.")
            if card["col"] + card["size_x"] > 18:
                raise Refused(500, {"message": "The grid has eighteen columns."})
            known[card["id"]].update(card)
        return {"status": "ok"}

    def add_one_card(self, number: int, body: Body) -> Body:
        there = self.there(self.dashboards, number)
        self.must(body, {"cardId": maybe(positive)}, {**PLACED, **PLACED_MORE})
        if body["cardId"] is not None:
            self.there(self.cards, body["cardId"])
        card = {name: value for name, value in body.items() if name != "cardId"}
        there["cards"].append({"id": self.new_id(), "card_id": body["cardId"], **card})
        return dict(there["cards"][-1])

    def drop_one_card(self, number: int, query: dict[str, list[str]]) -> None:
        there = self.there(self.dashboards, number)
        (wanted,) = query["dashcardId"]
        there["cards"] = [card for card in there["cards"] if card["id"] != int(wanted)]

    def replace_cards(self, there: Body, cards: list[Body], tabs: list[Body]) -> None:
        """Cards and tabs with negative numbers are made, those that are not named go, others are renewed."""
        if not (unique_ids(cards) and unique_ids(tabs)):
            raise Refused(400, {"message": "value must be seq of maps in which ids are unique"})
        known_tabs = {tab["id"] for tab in there["tabs"]}
        tab_ids = {tab["id"]: self.new_id() if tab["id"] < 0 else tab["id"] for tab in tabs}
        known = {card["id"]: card for card in there["cards"]}
        if any(tab["id"] > 0 and tab["id"] not in known_tabs for tab in tabs):
            raise Refused(404, "Not found.")
        if tabs and any(card.get("dashboard_tab_id") not in tab_ids for card in cards):
            raise Refused(400, {"message": "This dashboard has tab, makes sure every card has a tab"})
        renewed = []
        for card in cards:
            if card["id"] >= 0 and card["id"] not in known:
                raise Refused(404, "Not found.")
            if card.get("card_id") is not None:
                self.there(self.cards, card["card_id"])
            number = card["id"] if card["id"] >= 0 else self.new_id()
            tab = tab_ids.get(card.get("dashboard_tab_id"))
            renewed.append({**known.get(number, {}), **card, "id": number, "dashboard_tab_id": tab})
        there["cards"] = renewed
        there["tabs"] = [
            {"id": tab_ids[tab["id"]], "name": tab["name"], "position": position}
            for position, tab in enumerate(tabs)
        ]

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address at which the stand-in answers."""
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    status, answer = 200, stand_in.answer(self.command, self.path, headers, body)
                except Refused as refused:
                    status, answer = refused.status, refused.body
                is_text = isinstance(answer, str)
                data = b"" if answer is None else (answer if is_text else json.dumps(answer)).encode()
                self.send_response(204 if answer is None else status)
                self.send_header("Content-Type", "text/plain" if is_text else "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
