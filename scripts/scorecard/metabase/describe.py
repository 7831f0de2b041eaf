"""Tables and columns of the public marts in Metabase's serialization format, from the models' own YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from scorecard.bi_declarations import DeclarationError, public_models, published_columns
from scorecard.metabase.content import ContentError, Entity

DATABASE = "Execution scorecard"
SCHEMA = "marts"
# The columns that a build on Postgres declares as foreign keys, and the dimension of each.
DIMENSIONS = {"kpi": "dim_kpis", "team_id": "dim_teams", "service_id": "dim_services"}
# By data type of a model: base type of Metabase, and how Postgres calls the type.
TYPES = {
    "text": ("type/Text", "text"),
    "bigint": ("type/BigInteger", "int8"),
    "integer": ("type/Integer", "int4"),
    "double precision": ("type/Float", "float8"),
    "boolean": ("type/Boolean", "bool"),
    "date": ("type/Date", "date"),
    "timestamp": ("type/DateTime", "timestamp"),
}
WORDS = {"kpi": "KPI", "kpis": "KPIs", "id": "ID", "url": "URL", "iso": "ISO", "p85": "P85"}
PREFIXES = {"dim": "", "fct": "Facts: ", "kpi": "KPI: "}
LONG_TEXTS = {"definition", "question", "remedy", "sentence", "wording"}


def described_files(root: Path) -> dict[Path, str]:
    """Every file of bi/metabase/databases by its path there, from the public models of a project.

    Raises ContentError where the models cannot be read.
    """
    home = Path("databases") / _slug(DATABASE)
    meta = [{"id": DATABASE, "model": "Database"}]
    about = "Ten numbers that tell whether a technology function executes, and the rows behind them."
    database = {"name": DATABASE, "engine": "postgres", "description": about, "serdes/meta": meta}
    files = {home / f"{_slug(DATABASE)}.yaml": _text(database)}
    for model in _models(root):
        folder = home / "schemas" / SCHEMA / "tables" / model["name"]
        files[folder / f"{model['name']}.yaml"] = _text(_table(model))
        for position, column in enumerate(published_columns(model)):
            entity = _field(model["name"], column, position)
            files[folder / "fields" / f"{column['name']}.yaml"] = _text(entity)
    return files


def write(root: Path, folder: Path) -> int:
    """Make folder/databases say what the models say, and nothing else; return how many files changed."""
    wanted = described_files(root)
    changed = 0
    for path in [found.relative_to(folder) for found in (folder / "databases").rglob("*.yaml")]:
        if path not in wanted:
            (folder / path).unlink()
            changed += 1
    for path, text in wanted.items():
        place = folder / path
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
            changed += 1
    return changed


def _models(root: Path) -> Iterable[dict[str, Any]]:
    try:
        return public_models(root).values()
    except DeclarationError as error:
        raise ContentError(str(error)) from None


def _table(model: dict[str, Any]) -> Entity:
    name = model["name"]
    prefix, _, rest = name.partition("_")
    shown = PREFIXES[prefix] + _words(rest) if prefix in PREFIXES else _words(name)
    return {
        "name": name,
        "display_name": shown[0].upper() + shown[1:],
        "description": _one_line(model["description"]),
        "db_id": DATABASE,
        "schema": SCHEMA,
        "serdes/meta": _path(name),
    }


def _field(table: str, column: dict[str, Any], position: int) -> Entity:
    name = column["name"]
    base_type, database_type = TYPES[column["data_type"]]
    shown = _words(name)
    entity: Entity = {
        "name": name,
        "display_name": shown[0].upper() + shown[1:],
        "description": _one_line(column["description"]),
        "base_type": base_type,
        "database_type": database_type,
        "position": position,
        "table_id": [DATABASE, SCHEMA, table],
    }
    meaning = _semantic_type(table, column)
    if meaning:
        entity["semantic_type"] = meaning
    if meaning == "type/FK":
        entity["fk_target_field_id"] = [DATABASE, SCHEMA, DIMENSIONS[name], name]
    entity["serdes/meta"] = [*_path(table), {"id": name, "model": "Field"}]
    return entity


def _semantic_type(table: str, column: dict[str, Any]) -> str | None:
    """What a column is to Metabase: keys, labels and lists of words; a number that labels is never summed."""
    name, kind = column["name"], column["data_type"]
    if any(constraint["type"] == "primary_key" for constraint in column.get("constraints") or ()):
        return "type/PK"
    if name in DIMENSIONS:
        return "type/FK" if table != DIMENSIONS[name] else None
    if kind in ("bigint", "integer"):
        return "type/Category" if name.endswith(("_number", "_version")) else None
    if kind != "text":
        return None
    if any(isinstance(test, dict) and "accepted_values" in test for test in column.get("data_tests") or ()):
        return "type/Category"
    if name in LONG_TEXTS:
        return "type/Description"
    endings = {"_name": "type/Name", "_title": "type/Title", "_url": "type/URL"}
    return next((meaning for ending, meaning in endings.items() if name.endswith(ending)), None)


def _path(table: str) -> list[dict[str, str]]:
    steps = ((DATABASE, "Database"), (SCHEMA, "Schema"), (table, "Table"))
    return [{"id": name, "model": model} for name, model in steps]


def _words(name: str) -> str:
    return " ".join(WORDS.get(word, word) for word in name.split("_"))


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name.lower())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text(entity: Entity) -> str:
    return yaml.safe_dump(entity, sort_keys=False, allow_unicode=True, width=120)
