"""What every raw table looks like, read from the dbt source declarations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from scorecard.landing.errors import BadInput
from scorecard.names import snake_case

DATA_TYPES = frozenset({"text", "bigint", "double precision", "boolean", "timestamp"})


@dataclass(frozen=True)
class Column:
    """A declared column. `is_json`: a nested field, kept as JSON text."""

    name: str
    data_type: str
    is_json: bool = False


@dataclass(frozen=True)
class FieldPath:
    """A column, or a place within a nested one: `fields.created` is column `fields`, inner `("created",)`."""

    column: str
    inner: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> FieldPath:
        """Read a path as declarations write it; its first part is the vendor's name or the column's."""
        first, *inner = text.split(".")
        return cls(first if first.endswith("_") else snake_case(first), tuple(inner))

    def __str__(self) -> str:
        return ".".join((self.column, *self.inner))


@dataclass(frozen=True)
class Declaration:
    """A raw table: its columns and how its rows are told apart, ordered, checked and found in a page."""

    tool: str
    object: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    version: FieldPath | None = None
    required: tuple[FieldPath, ...] = ()
    instants: tuple[FieldPath, ...] = ()
    covers: tuple[FieldPath, ...] = ()
    wrappers: tuple[str, ...] = ()
    replaces_by: str | None = None
    dated_by: str | None = None

    @property
    def schema(self) -> str:
        return f"raw_{self.tool}"

    @property
    def table(self) -> str:
        """The table's qualified name; declared names need no quotes."""
        return f"{self.schema}.{self.object}"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


Declarations = dict[str, dict[str, Declaration]]


@lru_cache(maxsize=4)
def load_declarations(root: Path) -> Declarations:
    """Declarations by tool and object, from `models/staging/*/_*__sources.yml` below the project's folder.

    The books are the tool `meta`. Raises BadInput for a declaration that cannot be read.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: Declarations = {}
    for path in sorted((root / "models" / "staging").glob("*/_*__sources.yml")):
        try:
            document = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
            for source in document["sources"]:
                tool = source["name"].removeprefix("raw_")
                tables = found.setdefault(tool, {})
                tables.update(
                    {table["name"]: _declaration(tool, table) for table in source.get("tables", [])}
                )
        except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            raise BadInput(
                f"{path.name}: this source declaration cannot be read ({error}). Correct it."
            ) from error
    if not found:
        raise BadInput(
            f"{root}: there are no source declarations under models/staging. Run it in the project."
        )
    return found


def tools(declarations: Declarations) -> tuple[str, ...]:
    """The tools whose exports can be landed: every declared one but the books."""
    return tuple(tool for tool in declarations if tool != "meta")


def _meta(entry: dict[str, Any]) -> dict[str, Any]:
    """`meta` of a dbt entry, which stands under `config` or, in the older way, beside it."""
    return {**(entry.get("meta") or {}), **((entry.get("config") or {}).get("meta") or {})}


def _declaration(tool: str, table: dict[str, Any]) -> Declaration:
    meta = _meta(table)
    columns = tuple(_column(entry) for entry in table["columns"])
    instants = _paths(meta.get("instants"))
    declaration = Declaration(
        tool=tool,
        object=table["name"],
        columns=columns,
        key=tuple(meta.get("key") or ()),
        version=FieldPath.parse(meta["version"]) if meta.get("version") else None,
        required=_paths(meta.get("required")),
        instants=instants,
        covers=_paths(meta["covers"]) if "covers" in meta else instants,
        wrappers=tuple(meta.get("wrappers") or ()),
        replaces_by=meta.get("replaces_by"),
        dated_by=meta.get("dated_by"),
    )
    _check(declaration)
    return declaration


def _column(entry: dict[str, Any]) -> Column:
    data_type = entry.get("data_type", "text")
    if data_type not in DATA_TYPES:
        raise ValueError(f"column {entry['name']} has the unknown data_type {data_type}")
    return Column(entry["name"], data_type, bool(_meta(entry).get("json", False)))


def _paths(texts: list[str] | None) -> tuple[FieldPath, ...]:
    return tuple(FieldPath.parse(text) for text in texts or ())


def _check(declaration: Declaration) -> None:
    """A key, version, required field, instant or replaced column that is no column is a slip; say which."""
    names = set(declaration.column_names)
    paths = (*declaration.required, *declaration.instants, *declaration.covers)
    used = {*declaration.key, *(path.column for path in paths)}
    used |= {declaration.version.column} if declaration.version else set()
    used |= {name for name in (declaration.replaces_by, declaration.dated_by) if name}
    if used - names:
        raise ValueError(f"{declaration.table} has no column {', '.join(sorted(used - names))}")
