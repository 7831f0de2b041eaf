"""The SQL of every model as dbt compiles it, in an order in which it can be run."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
DATABASE = "replay"
ZONE = "Zone/Of_The_Replay"
INSTANT = "2099-09-09T09:09:09Z"
"""Stand for the reporting time zone and for `as_of` in the compiled SQL until a replay puts in its own."""

Nodes = Mapping[str, Any]


@dataclass(frozen=True)
class CompiledModel:
    """One model's SQL as dbt compiled it, with the relation that it makes."""

    name: str
    relation: str
    sql: str
    is_view: bool


@dataclass(frozen=True)
class CompiledWarehouse:
    """All models in an order in which they can be built, and what they read."""

    target: str
    models: tuple[CompiledModel, ...]
    seeds: Mapping[str, tuple[str, Mapping[str, str]]]
    """Relation and column types by name of every dictionary."""
    sources: Mapping[str, tuple[tuple[str, str], ...]]
    """Columns and their types by relation of every raw table."""
    marts: Mapping[str, str]
    """Primary key by name of every public mart."""

    def relation(self, name: str) -> str:
        """The relation of a model. Raises LookupError where there is none of that name."""
        return next(model.relation for model in self.models if model.name == name)


def compile_nodes(target: str, variables: Mapping[str, Any], select: Sequence[str] = ()) -> dict[str, Any]:
    """Compiles models with dbt, without touching a database, and returns the manifest.

    Args:
        target: `duckdb`, `postgres` or `spark`.
        variables: dbt variables.
        select: dbt selectors; every model if none is given.

    Raises:
        RuntimeError: dbt refused the project; the message holds what it said.
    """
    stated = json.dumps(dict(variables), sort_keys=True)
    # A folder a target and variables keeps what dbt parsed, so that the next run starts quickly.
    name = hashlib.sha256(f"{target} {stated} {select}".encode()).hexdigest()[:12]
    folder = PROJECT / "target" / "replay" / name
    environment = os.environ | {
        "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "SCORECARD_WAREHOUSE": str(folder / f"{DATABASE}.duckdb"),
        "SCORECARD_PG_DATABASE": DATABASE,
    }
    command = [
        *(str(Path(sys.executable).with_name("dbt")), "--quiet", "compile", "--target", target),
        *("--target-path", str(folder), "--log-path", str(folder), "--vars", stated),
        *("--no-introspect", "--no-populate-cache"),
        *(("--select", *select) if select else ()),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        outcome = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
        if outcome.returncode != 0:
            raise RuntimeError(f"dbt could not compile the models:\n{outcome.stdout}{outcome.stderr}")
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return manifest


def in_order(models: Nodes) -> list[str]:
    """Keys of models, each after those that it reads."""
    parents = {
        key: [parent for parent in models[key]["depends_on"]["nodes"] if parent in models] for key in models
    }
    return list(TopologicalSorter(parents).static_order())


@cache
def compiled_warehouse(
    target: str = "duckdb", with_as_of: bool = False, variables: str = "{}"
) -> CompiledWarehouse:
    """Compiles the whole warehouse once a process.

    Args:
        target: `duckdb`, `postgres` or `spark`.
        with_as_of: whether replays will state an `as_of`; without it the newest landing's end is taken.
        variables: further dbt variables as JSON text.
    """
    chosen = {"reporting_timezone": ZONE, "as_of": INSTANT if with_as_of else "", **json.loads(variables)}
    manifest = compile_nodes(target, chosen)
    nodes = manifest["nodes"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    seeds = [node for node in nodes.values() if node["resource_type"] == "seed"]
    return CompiledWarehouse(
        target=target,
        models=tuple(
            CompiledModel(
                models[key]["name"],
                models[key]["relation_name"],
                models[key]["compiled_code"],
                models[key]["config"]["materialized"] == "view",
            )
            for key in in_order(models)
        ),
        seeds={node["name"]: (node["relation_name"], node["config"]["column_types"]) for node in seeds},
        marts=keys_of_marts(nodes),
        sources={node["relation_name"]: _raw_columns(node) for node in manifest["sources"].values()},
    )


def keys_of_marts(nodes: Nodes) -> dict[str, str]:
    """The column that is tested unique, by name of every public mart; the first where several are."""
    public = {key for key, node in nodes.items() if node.get("access") == "public" and _is_mart(node)}
    keys: dict[str, str] = {}
    for node in nodes.values():
        is_unique = (node.get("test_metadata") or {}).get("name") == "unique"
        if is_unique and node["attached_node"] in public:
            keys.setdefault(nodes[node["attached_node"]]["name"], node["column_name"])
    missing = {nodes[key]["name"] for key in public} - set(keys)
    if missing:
        raise LookupError(f"no column is tested unique: {', '.join(sorted(missing))}")
    return keys


def _is_mart(node: Nodes) -> bool:
    return node["resource_type"] == "model" and node["schema"] == "marts"


def _raw_columns(node: Nodes) -> tuple[tuple[str, str], ...]:
    declared = [(column["name"], column["data_type"]) for column in node["columns"].values()]
    if node["schema"] == "raw_meta":
        return tuple(declared)
    return (*declared, ("_extra", "text"), ("_load_id", "bigint"), ("_row_number", "bigint"))
