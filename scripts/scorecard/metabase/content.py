"""bi/metabase as it stands in the project: Metabase's serialization format, read as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import yaml

Entity = dict[str, Any]
FOLDER = Path("bi") / "metabase"
# A table's or a column's place: database, schema, table and, for a column, its name.
Place = tuple[str, ...]


class ContentError(click.ClickException):
    """A file of bi/metabase that cannot be used; its text is one sentence for the reader."""


@dataclass
class Content:
    """What is provisioned. Entities refer to each other by entity_id, to tables and columns by place."""

    collection: Entity
    dashboard: Entity
    database: Entity
    cards: list[Entity] = field(default_factory=list)
    tables: dict[Place, Entity] = field(default_factory=dict)
    fields: dict[Place, Entity] = field(default_factory=dict)


def load(folder: Path) -> Content:
    """Read every file of a folder in the serialization format.

    Raises ContentError where a file cannot be read or the folder does not hold one collection, one
    dashboard and one database.
    """
    found: dict[str, list[Entity]] = {}
    for path in sorted(folder.rglob("*.yaml")):
        entity = _read(path)
        found.setdefault(entity["serdes/meta"][-1]["model"], []).append(entity)
    for model in ("Collection", "Dashboard", "Database"):
        if len(found.get(model, [])) != 1:
            raise ContentError(
                f"{folder} must hold one {model}, not {len(found.get(model, []))}: restore it."
            )
    return Content(
        collection=found["Collection"][0],
        dashboard=found["Dashboard"][0],
        database=found["Database"][0],
        cards=found.get("Card", []),
        tables={place_of(entity): entity for entity in found.get("Table", [])},
        fields={place_of(entity): entity for entity in found.get("Field", [])},
    )


def place_of(entity: Entity) -> Place:
    """Where a table or a column stands, from its identity path."""
    return tuple(step["id"] for step in entity["serdes/meta"])


def native_stage(card: Entity) -> Entity:
    """The SQL of a card (`native`) and its template tags."""
    stage: Entity = card["dataset_query"]["stages"][0]
    return stage


def template_tags(card: Entity) -> Iterator[Entity]:
    """The template tags of a card's SQL, in their order."""
    yield from native_stage(card).get("template-tags") or []


def _read(path: Path) -> Entity:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        entity = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        model = entity["serdes/meta"][-1]["model"]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, IndexError, TypeError) as error:
        told = " ".join(str(error).split())
        raise ContentError(f"{path} is no entity of Metabase's ({told}): correct or restore it.") from None
    if model == "Card" and "native" not in native_stage(entity):
        raise ContentError(f"{path} is a question without SQL: write it as a native query.")
    loaded: Entity = entity
    return loaded
