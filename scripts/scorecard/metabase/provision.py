"""Make a Metabase show what bi/metabase holds: found things are renewed, missing ones made, none doubled."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from scorecard.metabase.client import Client, MetabaseError
from scorecard.metabase.content import Content, ContentError, Entity, Place, native_stage, template_tags
from scorecard.metabase.dashboards import check_version, put_cards

# The server takes the entity_id of a question from here on.
WITH_ENTITY_IDS = 50
# Needed before, refused by no server that ignores it.
COLLECTION_COLOUR = "#509EE3"
WITHOUT_COLOUR = 48


@dataclass(frozen=True)
class Connection:
    """How Metabase reaches the marts: an engine of its and the details that this engine asks for."""

    engine: str
    details: Entity


@dataclass
class Outcome:
    """What was done, for the reader."""

    made: int = 0
    renewed: int = 0
    described_tables: int = 0
    described_fields: int = 0
    hidden_tables: int = 0
    dashboard_id: int = 0
    notes: list[str] = field(default_factory=list)


class Provisioning:
    """One run against one server. Raises MetabaseError or ContentError where it cannot go on."""

    def __init__(self, client: Client, version: int, content: Content, pause: float = 2.0) -> None:
        check_version(version)
        self._client = client
        self._version = version
        self._content = content
        self._pause = pause
        self._field_ids: dict[Place, int] = {}
        self._card_ids: dict[str, int] = {}
        self.outcome = Outcome()

    def run(self, connection: Connection, wait_seconds: float) -> Outcome:
        """Database, descriptions, collection, questions, dashboard, in this order."""
        database_id = self._database(connection)
        self._describe(self._synced(database_id, wait_seconds))
        collection_id = self._collection()
        items = self._items(collection_id)
        for card in self._content.cards:
            body = {**self._card(card, database_id), "collection_id": collection_id}
            self._card_ids[card["entity_id"]] = self._save_card(card, body, items)
        self._dashboard(collection_id, items)
        return self.outcome

    def _database(self, connection: Connection) -> int:
        name = self._content.database["name"]
        answer = self._client.get("/api/database")
        rows = answer["data"] if isinstance(answer, dict) else answer
        found = next((row for row in rows if row["name"] == name), None)
        body = {"name": name, "engine": connection.engine, "details": connection.details}
        try:
            if found is None:
                database_id = int(self._client.post("/api/database", body)["id"])
            else:
                database_id = int(found["id"])
                self._client.put(f"/api/database/{database_id}", body)
        except MetabaseError as error:
            if not error.said:
                raise
            raise MetabaseError(
                f"Metabase cannot connect to the database ({error.said}): name its address as Metabase sees "
                "it with --host and --port (or --file), and the reader's password."
            ) from None
        self._count(found)
        about = {"description": self._content.database["description"]}
        self._client.put(f"/api/database/{database_id}", about)
        self._client.post(f"/api/database/{database_id}/sync_schema")
        return database_id

    def _synced(self, database_id: int, wait_seconds: float) -> list[Entity]:
        """Tables and columns as Metabase knows them, once it knows all that are described."""
        until = time.monotonic() + wait_seconds
        while True:
            metadata = self._client.get(f"/api/database/{database_id}/metadata?include_hidden=true")
            tables: list[Entity] = metadata["tables"]
            known = self._places(tables)
            missing = [
                place for place in (*self._content.tables, *self._content.fields) if place not in known
            ]
            if not missing:
                return tables
            if time.monotonic() >= until:
                names = ", ".join(".".join(place[1:]) for place in missing[:3])
                raise MetabaseError(
                    f"Metabase did not find {len(missing)} tables and columns within {wait_seconds:g} s "
                    f"({names}, …): publish with `scorecard refresh`, let the role read the schema marts, "
                    "and try again."
                )
            time.sleep(self._pause)

    def _places(self, tables: Iterable[Entity]) -> set[Place]:
        places = set()
        for table in tables:
            place = self._place(table)
            places.add(place)
            for column in table.get("fields") or ():
                places.add((*place, column["name"]))
                self._field_ids[(*place, column["name"])] = int(column["id"])
        return places

    def _place(self, table: Entity) -> Place:
        return (self._content.database["name"], table.get("schema") or "", table["name"])

    def _describe(self, tables: list[Entity]) -> None:
        """Names, descriptions and meanings, where Metabase has others; other tables are hidden."""
        schemas = {place[1] for place in self._content.tables}
        for table in tables:
            place = self._place(table)
            wanted = self._content.tables.get(place)
            if wanted is None:
                if place[1] in schemas and table.get("visibility_type") is None:
                    self._client.put(f"/api/table/{table['id']}", {"visibility_type": "hidden"})
                    self.outcome.hidden_tables += 1
                continue
            told = {name: wanted[name] for name in ("display_name", "description")}
            if self._put_changes("table", table, {**told, "visibility_type": None}):
                self.outcome.described_tables += 1
            for column in table["fields"]:
                entity = self._content.fields.get((*place, column["name"]))
                if entity and self._put_changes("field", column, self._meaning(entity)):
                    self.outcome.described_fields += 1

    def _meaning(self, entity: Entity) -> Entity:
        """What a column is. Where the files leave its semantic type open, Metabase's own guess stays."""
        told = {
            name: entity[name] for name in ("display_name", "description", "semantic_type") if name in entity
        }
        if "fk_target_field_id" in entity:
            told["fk_target_field_id"] = self._field_id(entity["fk_target_field_id"])
        return told

    def _put_changes(self, kind: str, there: Entity, wanted: Entity) -> bool:
        changes = {name: value for name, value in wanted.items() if there.get(name) != value}
        if changes.get("semantic_type") == "type/FK" or "fk_target_field_id" in changes:
            # The one means nothing without the other.
            changes = {
                **changes,
                "semantic_type": "type/FK",
                "fk_target_field_id": wanted["fk_target_field_id"],
            }
        if changes:
            self._client.put(f"/api/{kind}/{there['id']}", changes)
        return bool(changes)

    def _collection(self) -> int:
        wanted = self._content.collection
        rows = [row for row in self._client.get("/api/collection") if row["id"] != "root"]
        found = _found(wanted, [row for row in rows if row.get("location") in ("/", None)])
        body = {"name": wanted["name"], "description": wanted["description"]}
        if self._version < WITHOUT_COLOUR:
            body["color"] = COLLECTION_COLOUR
        self._count(found)
        if found is None:
            return int(self._client.post("/api/collection", body)["id"])
        self._client.put(f"/api/collection/{found['id']}", body)
        return int(found["id"])

    def _items(self, collection_id: int) -> list[Entity]:
        answer = self._client.get(f"/api/collection/{collection_id}/items?models=card&models=dashboard")
        items: list[Entity] = answer["data"] if isinstance(answer, dict) else answer
        return items

    def _card(self, card: Entity, database_id: int) -> Entity:
        """A question as the REST API takes it from every version on: numbers for names, one map of tags."""
        tags = {}
        for tag in template_tags(card):
            told = dict(tag)
            if "dimension" in tag:
                told["dimension"] = ["field", self._field_id(tag["dimension"][2]), None]
            tags[tag["name"]] = told
        native = {"query": native_stage(card)["native"], "template-tags": tags}
        return {
            "name": card["name"],
            "description": card["description"],
            "display": card["display"],
            "visualization_settings": card["visualization_settings"],
            "dataset_query": {"database": database_id, "type": "native", "native": native},
        }

    def _save_card(self, card: Entity, body: Entity, items: list[Entity]) -> int:
        found = _found(card, [item for item in items if item["model"] == "card"])
        self._count(found)
        if found is not None:
            self._client.put(f"/api/card/{found['id']}", body)
            return int(found["id"])
        if self._version >= WITH_ENTITY_IDS:
            body = {**body, "entity_id": card["entity_id"]}
        return int(self._client.post("/api/card", body)["id"])

    def _dashboard(self, collection_id: int, items: list[Entity]) -> None:
        wanted = self._content.dashboard
        found = _found(wanted, [item for item in items if item["model"] == "dashboard"])
        settings: Entity = {
            "name": wanted["name"],
            "description": wanted["description"],
            "collection_id": collection_id,
            "parameters": [self._parameter(parameter) for parameter in wanted["parameters"]],
        }
        self._count(found)
        dashboard_id = int((found or self._client.post("/api/dashboard", settings))["id"])
        settings["width"] = wanted["width"]
        put_cards(self._client, self._version, dashboard_id, settings, self._layout())
        self.outcome.dashboard_id = dashboard_id

    def _layout(self) -> list[Entity]:
        """Tabs in their order, each with its cards as every version of the API takes them."""
        wanted = self._content.dashboard
        tabs = sorted(wanted["tabs"], key=lambda tab: int(tab["position"]))
        return [
            {
                "name": tab["name"],
                "cards": [
                    self._dashboard_card(card)
                    for card in wanted["dashcards"]
                    if card["dashboard_tab_id"][1] == tab["entity_id"]
                ],
            }
            for tab in tabs
        ]

    def _dashboard_card(self, card: Entity) -> Entity:
        mappings = [
            {**mapping, "card_id": self._card_id(mapping["card_id"])}
            for mapping in card.get("parameter_mappings") or ()
        ]
        return {
            "card_id": self._card_id(card["card_id"]) if card.get("card_id") else None,
            **{name: card[name] for name in ("row", "col", "size_x", "size_y")},
            "parameter_mappings": mappings,
            "visualization_settings": card.get("visualization_settings") or {},
        }

    def _parameter(self, parameter: Entity) -> Entity:
        source = parameter.get("values_source_config")
        if not source or "card_id" not in source:
            return parameter
        return {**parameter, "values_source_config": {**source, "card_id": self._card_id(source["card_id"])}}

    def _card_id(self, entity_id: str) -> int:
        if entity_id not in self._card_ids:
            raise ContentError(
                f"The dashboard names the question {entity_id}, which is not there: correct it."
            )
        return self._card_ids[entity_id]

    def _field_id(self, place: list[str]) -> int:
        if tuple(place) not in self._field_ids:
            raise ContentError(
                f"A question names the column {'.'.join(place)}, which is not there: correct it."
            )
        return self._field_ids[tuple(place)]

    def _count(self, found: Any) -> None:
        if found is None:
            self.outcome.made += 1
        else:
            self.outcome.renewed += 1


def _found(wanted: Entity, rows: list[Entity]) -> Entity | None:
    """What is there under the same entity_id, else under the same name."""
    by_id = (row for row in rows if row.get("entity_id") == wanted["entity_id"])
    by_name = (row for row in rows if row["name"] == wanted["name"])
    return next(by_id, None) or next(by_name, None)
